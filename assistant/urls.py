from django.urls import path

from assistant.views import ActionConfirm, ChatOrchestrator, ConversationFeedback

urlpatterns = [
    path("chat-orchestrator", ChatOrchestrator.as_view({"post": "create"})),
    path("action-confirm", ActionConfirm.as_view({"post": "create"})),
    path("conversation-feedback", ConversationFeedback.as_view({"post": "create"})),
]

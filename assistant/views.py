from django.http import HttpResponse
from rest_framework.request import Request

from assistant import services
from fashionos.kit.functions import FunctionViewSet, answer, caller, raw_body


class ChatOrchestrator(FunctionViewSet):
    """Routes a message to the skill that answers it."""

    def create(self, request: Request) -> HttpResponse:
        return answer(services.answer(caller(request), raw_body(request)))


class ConversationFeedback(FunctionViewSet):
    """Thumbs up, thumbs down, or neither."""

    def create(self, request: Request) -> HttpResponse:
        return answer(services.rate_conversation(caller(request), raw_body(request)))

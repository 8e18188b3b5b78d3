from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from assistant.models import Conversation
from fashionos.kit.encryption import Unreadable
from fashionos.kit.support import ReadOnlyAdmin
from fashionos.kit.wire import write_json

# Beside Django's 1 to 3 for added, changed and deleted.
READ = 4


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    """The audit log. Lists show no words; opening a turn decrypts it, and is itself logged."""

    list_display = (
        "created_at",
        "user",
        "kit_context",
        "intent_detected",
        "skill_used",
        "response_time_ms",
        "helpful",
        "session_id",
    )
    list_filter = ("created_at", "kit_context", "intent_detected", "helpful", "skill_used")
    date_hierarchy = "created_at"
    list_select_related = ("user",)
    search_ids = ("id", "user_id", "session_id")
    search_words = ("user__email", "skill_used", "kit_context", "page_route")
    search_day = "created_at"
    ordering = ("-created_at",)
    fields = (
        "id",
        "user",
        "session_id",
        "created_at",
        "message_text",
        "response_text",
        "kit_context",
        "page_route",
        "intent_detected",
        "skill_used",
        "response_time_ms",
        "helpful",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        # Lists show no words; a deferred ciphertext is fetched where it is opened.
        return super().get_queryset(request).defer("message", "response")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        turn = self.get_object(request, object_id)
        if turn is not None and self.has_view_permission(request, turn):
            LogEntry.objects.create(
                user_id=str(request.user.pk),
                content_type=ContentType.objects.get_for_model(Conversation),
                object_id=str(turn.pk),
                object_repr=str(turn)[:200],
                action_flag=READ,
                change_message="Read the conversation.",
            )
        return super().change_view(request, object_id, form_url, extra_context)

    @admin.display(description="message")
    def message_text(self, turn: Conversation) -> str:
        try:
            return turn.text
        except Unreadable:
            return "(unreadable: the key of this user is gone)"

    @admin.display(description="response")
    def response_text(self, turn: Conversation) -> str:
        try:
            return format_html("<pre>{}</pre>", write_json(turn.answer).decode())
        except Unreadable:
            return "(unreadable: the key of this user is gone)"

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html

from assistant import review
from assistant.models import Conversation
from assistant.schemas import SUGGESTIONS
from assistant.skills import SKILLS
from fashionos.kit.encryption import Unreadable
from fashionos.kit.support import ReadOnlyAdmin
from fashionos.kit.wire import write_json

# Beside Django's 1 to 3 for added, changed and deleted.
READ = 4


class _KnownFilter(admin.SimpleListFilter):
    """Filters by the names that there are: clients write turns too, and to list what they wrote would have no end."""

    names: Collection[str] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- Django's signature
        return [(name, name) for name in self.names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 -- Django's signature
        return (
            queryset.filter(**{str(self.parameter_name): self.value()})
            if self.value()
            else queryset
        )


class KitFilter(_KnownFilter):
    title = "kit"
    parameter_name = "kit_context"
    names = tuple(SUGGESTIONS)


class SkillFilter(_KnownFilter):
    title = "skill"
    parameter_name = "skill_used"
    names = sorted(SKILLS)


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
    list_filter = ("created_at", KitFilter, "intent_detected", "helpful", SkillFilter)
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

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("review/", wrap(self.review_view), name="assistant_review"),
            path("unhelpful/", wrap(self.unhelpful_view), name="assistant_unhelpful"),
            path("unhelpful.yml", wrap(self.unhelpful_export), name="assistant_unhelpful_export"),
            *super().get_urls(),
        ]

    def review_view(self, request: HttpRequest) -> HttpResponse:
        """Show what was not understood, and what the assistant is used for."""
        turns = self._newest(request)
        self._log_reading(request, f"Read what was not understood in {len(turns)} conversations.")
        return self._page(
            request,
            "review",
            title="What the assistant does not understand",
            turns=len(turns),
            unmatched=review.unmatched(turns),
            shares=[
                ("Skills", review.shares(turn.skill_used for turn in turns)),
                ("Intents", review.shares(turn.intent_detected for turn in turns)),
            ],
        )

    def unhelpful_view(self, request: HttpRequest) -> HttpResponse:
        """Show the turns with a thumb down."""
        turns = self._newest(request, helpful=False)
        self._log_reading(request, f"Read {len(turns)} conversations with a thumb down.")
        return self._page(
            request, "unhelpful", title="Answers that were no help", rated=review.rated(turns)
        )

    def unhelpful_export(self, request: HttpRequest) -> HttpResponse:
        """Give the messages with a thumb down as a file of the corpus."""
        turns = self._newest(request, helpful=False)
        self._log_reading(request, f"Exported {len(turns)} messages with a thumb down.")
        return HttpResponse(
            review.to_corpus(turns),
            content_type="application/yaml; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="unhelpful.yml"'},
        )

    def _newest(self, request: HttpRequest, **filters: Any) -> list[Conversation]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Conversation.objects.filter(**filters).order_by("-created_at")
        return list(rows[: review.NEWEST])

    def _log_reading(self, request: HttpRequest, what: str) -> None:
        LogEntry.objects.create(
            user_id=str(request.user.pk),
            content_type=ContentType.objects.get_for_model(Conversation),
            object_repr="conversations",
            action_flag=READ,
            change_message=what,
        )

    def _page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request,
            f"admin/assistant/conversation/{name}.html",
            {**self.admin_site.each_context(request), "opts": self.opts, **context},
        )

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

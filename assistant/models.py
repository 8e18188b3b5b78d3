import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import msgspec
from django.conf import settings
from django.db import models

from fashionos.kit.encryption import Sealed, SealedField
from fashionos.kit.owned import OwnedQuerySet


class ConversationQuerySet(OwnedQuerySet):
    def last_of(self, session_id: uuid.UUID) -> Any:
        """Return the newest turn of a session, without its message; None without any."""
        rows = self.filter(session_id=session_id).order_by("-created_at")
        return rows.only("user_id", "response").first()

    def denied_since(self, turn: "Conversation") -> Self:
        """Keep what said no after this turn in its session."""
        return self.filter(
            session_id=turn.session_id, created_at__gt=turn.created_at, skill_used="dialog.deny"
        )


class Conversation(models.Model):
    """One turn: what a person said and what the assistant answered. Immutable but for the person's thumb.

    `message` and `response` are ciphertext; `text` and `answer` are what they say.
    """

    id = models.UUIDField(
        primary_key=True,
        default=uuid.uuid4,
        db_default=models.Func(function="gen_random_uuid"),
        editable=False,
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    session_id = models.UUIDField()
    message = SealedField()
    response = SealedField()
    kit_context = models.TextField()
    page_route = models.TextField(blank=True)
    intent_detected = models.TextField()
    skill_used = models.TextField()
    response_time_ms = models.IntegerField()
    helpful = models.BooleanField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())

    objects = ConversationQuerySet.as_manager()

    _sealed_message = Sealed("message")
    _sealed_response = Sealed("response")

    class Meta:
        db_table = "assistant_conversations"
        indexes = [
            models.Index(
                "user", models.F("created_at").desc(), name="assistant_conversations_user"
            ),
            models.Index(
                "session_id", models.F("created_at").desc(), name="assistant_conversations_sess"
            ),
            models.Index("kit_context", name="assistant_conversations_kit"),
            models.Index(models.F("created_at").desc(), name="assistant_conversations_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(response_time_ms__gte=0), name="assistant_conversations_time_ms"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    intent_detected__in=["navigation", "question", "action", "help", "out_of_scope"]
                ),
                name="assistant_conversations_intent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.skill_used} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def text(self) -> str:
        return self._sealed_message.decode()

    @text.setter
    def text(self, value: str) -> None:
        self._sealed_message = value.encode()

    @property
    def answer(self) -> Any:
        """Any JSON: clients write turns, too."""
        return msgspec.json.decode(self._sealed_response)

    @answer.setter
    def answer(self, value: bytes) -> None:
        """Take the JSON as it went to the client."""
        self._sealed_response = value

    @property
    def said(self) -> "Said":
        """What is read of the answer here; nothing, where it is none of ours."""
        answer = self.answer
        document = answer if isinstance(answer, dict) else {}
        meta = document.get("meta")
        return Said(str(document.get("content", "")), meta if isinstance(meta, dict) else {})


class Said(NamedTuple):
    """What an answer says to people, and of itself."""

    content: str
    meta: Mapping[str, Any]

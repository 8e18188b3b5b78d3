"""What crosses the wire in a chat: a message with its context in, an answer out."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import msgspec

from fashionos.kit.wire import Document

Kit = Literal["logistics", "events", "media", "recommendations", "home"]
Role = Literal["user", "assistant", "system"]
ReplyType = Literal["text", "action", "navigation"]
Severity = Literal["info", "warning", "critical", "success"]
Problem = Literal["invalid_request", "invalid_message", "message_too_long", "too_many_records"]

Value = str | int | float | bool | tuple[str, ...] | None  # of a field; moments are ISO 8601

_MAX_SHORT_TEXT = 500  # of routes, session ids and the like: longer ones are cut
_MAX_TURN = 4_000

# Questions that each kit can answer, offered when a message cannot be read.
SUGGESTIONS: dict[Kit, tuple[str, ...]] = {
    "logistics": ("Are we ready?", "Show me the blockers", "What arrives today?"),
    "events": ("What is the critical path?", "Which roles are unfilled?", "Show my tasks"),
    "media": ("Which shots are missing?", "Pick the top 10 images", "Check image quality"),
    "recommendations": ("Recommend a package", "What should I do next?"),
    "home": ("Give me a status update", "What needs my attention?", "What can you do?"),
}


class ChatInvalid(ValueError):  # noqa: N818 -- the name the views know
    """The request cannot be answered; `suggestions` are messages that could be."""

    def __init__(self, code: Problem, message: str, suggestions: tuple[str, ...]) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.suggestions = suggestions


@dataclass(frozen=True)
class ChatLimits:
    """What one request may hold; the settings say how much in production."""

    message_characters: int = 2_000
    context_records: int = 5_000  # in each list of the context
    history_messages: int = 10


class Message(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One earlier message of the conversation."""

    role: Role
    content: str
    created_at: str | None = None


class UserContext(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The data on the user's screen, as sent; rows are read by the analyses.

    `extra` holds what has no field of its own.
    """

    sample_list: list[Any] = []
    event_tasks: list[Any] = []
    event: Any = None
    gallery_assets: list[Any] = []
    shot_list: list[Any] = []
    now: Any = None
    timezone: str | None = None
    user: Any = None
    extra: dict[str, Any] = {}


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A chat message; `session_id` is whatever text the client sent, None without any."""

    message: str
    current_kit: Kit = "home"
    current_route: str = ""
    session_id: str | None = None
    conversation_history: tuple[Message, ...] = ()
    user_context: UserContext = UserContext()


class Action(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A button; `target` is a route of the app, or `back`."""

    label: str
    target: str
    primary: bool = False


class Change(Document, frozen=True, kw_only=True):
    """One field of one record: what it holds, and what it would hold.

    `table` and `field` are names of the database; a new record has no `id` yet. `label` is what people call it.
    """

    table: str
    id: str
    label: str
    field: str
    old: Value = None
    new: Value = None


class Proposal(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A change that waits for its user: fully resolved, in `words` and field by field.

    A wide one wants the number of its records (`count`) typed.
    """

    skill: str
    words: str
    changes: tuple[Change, ...]
    count: int
    warning: str | None = None
    needs_typed_count: bool = False


class AnswerMeta(Document, frozen=True, kw_only=True, omit_defaults=True):
    """How the message was understood; `alternatives` are the next best skills.

    `clarifies` marks an answer that asks back which of them was meant. The first primary button of an answer with
    a `proposal` confirms it. `source` is `llm` for the words of the language model, else `embedded`; `llm` is why it
    was asked in vain.
    """

    intent: str
    skill: str
    confidence: float
    source: Literal["embedded", "llm"]
    conversation_id: str
    session_id: str
    alternatives: tuple[str, ...] = ()
    cached: bool | None = None
    clarifies: bool = False
    proposal: Proposal | None = None
    llm: str | None = None


class ChatAnswer(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to one message; `response_time` in milliseconds."""

    content: str
    type: ReplyType
    severity: Severity | None = None
    actions: tuple[Action, ...] = ()
    follow_up: tuple[str, ...] = ()
    response_time: int
    meta: AnswerMeta


class Confirmation(Document, frozen=True, kw_only=True):
    """The token of a proposal; `count` is the number that a wide change wants typed."""

    token: str
    count: int | None = None


class Confirmed(Document, frozen=True, kw_only=True):
    """A proposal after its confirmation.

    `applied` tells that the workspace was changed; otherwise the records are the client's own, and it makes the
    `changes`.
    """

    applied: bool
    content: str
    skill: str
    changes: tuple[Change, ...]
    conversation_id: str


class Feedback(Document, frozen=True, kw_only=True):
    """The thumb of one turn: up, down, or null for neither."""

    conversation_id: UUID
    helpful: bool | None


def read_chat(document: Any, limits: ChatLimits = ChatLimits()) -> ChatRequest:
    """Read a decoded body leniently; `ChatInvalid` when there is no message to answer.

    Field names are accepted in camelCase and snake_case. What is odd in the history or in the
    context is left out.
    """
    if not isinstance(document, dict):
        raise ChatInvalid(
            "invalid_request",
            "I need an object with a message to answer.",
            SUGGESTIONS["home"],
        )
    kit = _kit(_get(document, "currentKit", "current_kit"))
    session = _get(document, "sessionId", "session_id")
    return ChatRequest(
        message=_message(document.get("message"), kit, limits.message_characters),
        current_kit=kit,
        current_route=_short(_get(document, "currentRoute", "current_route")) or "",
        session_id=_short(session),
        conversation_history=_history(
            _get(document, "conversationHistory", "conversation_history"), limits.history_messages
        ),
        user_context=_context(
            _get(document, "userContext", "user_context"), kit, limits.context_records
        ),
    )


def _get(row: dict[str, Any], *names: str) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _kit(value: Any) -> Kit:
    name = value.strip().lower() if isinstance(value, str) else ""
    return next((kit for kit in SUGGESTIONS if kit == name), "home")


def _short(value: Any) -> str | None:
    return value[:_MAX_SHORT_TEXT] if isinstance(value, str) and value else None


def _message(value: Any, kit: Kit, most: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ChatInvalid(
            "invalid_message",
            "I did not get a message. Ask me something, for example one of these.",
            SUGGESTIONS[kit],
        )
    if len(value) > most:
        raise ChatInvalid(
            "message_too_long",
            f"That message has {len(value)} characters; I can read up to {most}. "
            "Try asking one thing at a time.",
            SUGGESTIONS[kit],
        )
    return value


def _history(value: Any, most: int) -> tuple[Message, ...]:
    turns = [_turn(row) for row in value] if isinstance(value, list) else []
    return tuple([turn for turn in turns if turn][-most:])


def _turn(row: Any) -> Message | None:
    if not isinstance(row, dict) or not isinstance(row.get("content"), str):
        return None
    role = row.get("role")
    if role not in ("user", "assistant", "system"):
        return None
    created_at = _short(_get(row, "createdAt", "created_at"))
    return Message(role=role, content=row["content"][:_MAX_TURN], created_at=created_at)


# The context's fields: wire name -> (field, whether it is a list of records).
_CONTEXT_FIELDS = {
    "sampleList": ("sample_list", True),
    "eventTasks": ("event_tasks", True),
    "event": ("event", False),
    "galleryAssets": ("gallery_assets", True),
    "shotList": ("shot_list", True),
    "now": ("now", False),
    "timezone": ("timezone", False),
    "user": ("user", False),
}
_CONTEXT_NAMES = _CONTEXT_FIELDS | {entry[0]: entry for entry in _CONTEXT_FIELDS.values()}


def _context(value: Any, kit: Kit, most: int) -> UserContext:
    if value is None:
        return UserContext()
    if not isinstance(value, dict):
        raise ChatInvalid("invalid_request", "userContext has to be an object.", SUGGESTIONS[kit])
    fields: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name, held in value.items():
        if isinstance(held, list) and len(held) > most:
            raise ChatInvalid(
                "too_many_records",
                f"userContext.{name[:60]} has {len(held)} records; I can read up to {most}. "
                "Send what is on the screen.",
                SUGGESTIONS[kit],
            )
        field, is_list = _CONTEXT_NAMES.get(name, ("", False))
        if not field:
            extra[name] = held
        elif isinstance(held, list) if is_list else held is not None:
            fields[field] = held
    fields["timezone"] = _short(fields.get("timezone"))
    return UserContext(**fields, extra=extra)

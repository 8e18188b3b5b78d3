"""The facts that the three channels carry: closed types, one for each event, named as the requirements name them.

A fact goes to one topic, and says what changed (old and new), what that means for the insights, and when. Texts
are cut, so that a fact always fits into one notification of PostgreSQL.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

import msgspec

from fashionos.kit.wire import Document

MAX_TEXT = 200  # characters of a name, title or reason

Severity = Literal["info", "success", "warning", "critical"]  # of the toast
# The kind of insights that the change made stale; what a client refetches.
Insights = Literal["logistics", "event", "media"]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Fact(Document, frozen=True, kw_only=True):
    """What happened, to whom it may concern; `event` is its name on the wire."""

    event: ClassVar[str]
    insights: Insights
    severity: Severity = "info"
    at: Instant

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, str) and len(value) > MAX_TEXT:
                msgspec.structs.force_setattr(self, name, f"{value[: MAX_TEXT - 1]}…")

    @property
    def topic(self) -> str:
        raise NotImplementedError


class _SampleFact(Fact, frozen=True, kw_only=True):
    insights: Insights = "logistics"
    user_id: UUID
    sample_id: UUID
    sku: str | None
    name: str
    is_hero: bool

    @property
    def topic(self) -> str:
        return f"samples:{self.user_id}"


class SampleStatusChanged(_SampleFact, frozen=True, kw_only=True):
    """A sample moved on, or back; `blocker_resolved` when it held up the shoot before and does not now."""

    event: ClassVar[str] = "sample_status_changed"
    old_status: str
    new_status: str
    blocker_resolved: bool
    blocker_raised: bool


class SampleAdded(_SampleFact, frozen=True, kw_only=True):
    event: ClassVar[str] = "sample_added"
    status: str
    category: str | None


class SampleRemoved(_SampleFact, frozen=True, kw_only=True):
    event: ClassVar[str] = "sample_removed"
    status: str
    blocker_resolved: bool


class _TaskFact(Fact, frozen=True, kw_only=True):
    insights: Insights = "event"
    event_id: UUID
    task_id: UUID
    title: str
    critical_path_affected: bool

    @property
    def topic(self) -> str:
        return f"events:{self.event_id}"


class TaskStatusChanged(_TaskFact, frozen=True, kw_only=True):
    """A task was started, completed, blocked ...; `blocker_resolved` when what waited for it may start."""

    event: ClassVar[str] = "task_status_changed"
    old_status: str
    new_status: str
    owner_id: UUID | None
    blocker_resolved: bool


class TaskAssigned(_TaskFact, frozen=True, kw_only=True):
    """A task got an owner, another one, or (None) lost it."""

    event: ClassVar[str] = "task_assigned"
    old_owner_id: UUID | None
    old_owner_name: str | None
    new_owner_id: UUID | None
    new_owner_name: str | None
    due_at: Instant | None


class DeadlineApproaching(_TaskFact, frozen=True, kw_only=True):
    """A task that is not done is due within a day; `hours_left` is negative once it is overdue."""

    event: ClassVar[str] = "deadline_approaching"
    status: str
    owner_id: UUID | None
    due_at: Instant
    hours_left: float


class _AssetFact(Fact, frozen=True, kw_only=True):
    insights: Insights = "media"
    user_id: UUID
    asset_id: UUID
    file_name: str

    @property
    def topic(self) -> str:
        return f"assets:{self.user_id}"


class AssetUploaded(_AssetFact, frozen=True, kw_only=True):
    event: ClassVar[str] = "asset_uploaded"
    status: str
    sku: str | None
    look_id: str | None


class AssetApproved(_AssetFact, frozen=True, kw_only=True):
    event: ClassVar[str] = "asset_approved"
    old_status: str
    new_status: str


class AssetRejected(_AssetFact, frozen=True, kw_only=True):
    event: ClassVar[str] = "asset_rejected"
    old_status: str
    new_status: str
    reason: str | None


FACTS: dict[str, type[Fact]] = {
    fact.event: fact
    for fact in (
        SampleStatusChanged,
        SampleAdded,
        SampleRemoved,
        TaskStatusChanged,
        TaskAssigned,
        DeadlineApproaching,
        AssetUploaded,
        AssetApproved,
        AssetRejected,
    )
}

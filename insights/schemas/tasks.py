"""What crosses the wire for an event's tasks: tasks and links in, the critical path out."""

from datetime import UTC, date, datetime, time
from operator import attrgetter
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import force_setattr

from fashionos.kit.wire import Document
from insights.schemas.base import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_MINUTES,
    Identifier,
    Instant,
    Minutes,
    clip,
)
from insights.schemas.logistics import Priority

TaskStatus = Literal["not_started", "ready", "in_progress", "blocked", "done", "cancelled"]
LinkType = Literal["FS", "SS", "FF", "SF"]
Phase = Literal["pre_production", "setup", "rehearsal", "show", "teardown", "post"]
SlackMode = Literal["finish", "deadline"]
LagCalendar = Literal["elapsed", "working"]
NetworkStatus = Literal["on_track", "tight", "late", "complete", "invalid", "empty"]
TaskBlockerReason = Literal[
    "blocked",
    "overdue",
    "missing_dependency",
    "dependency_not_done",
    "late_against_deadline",
    "unassigned_critical",
]

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Lag = Annotated[float, msgspec.Meta(ge=-MAX_MINUTES, le=MAX_MINUTES)]


class Dependency(Document, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A link from the predecessor `task_id`: finish or start to start or finish, after a lag.

    A negative lag is a lead.
    """

    task_id: Identifier
    type: LinkType = "FS"
    lag_minutes: Lag = 0.0


class Task(Document, frozen=True, kw_only=True, gc=False):
    """One task of an event, as the network sees it; `analysis.events.tasks` says what is accepted.

    Datetimes are UTC in whole seconds. The three estimates come together and in order, or not at
    all. `percent_complete` is 0..1. `duration_assumed` marks a duration that nobody gave.
    """

    id: Identifier
    name: str | None = None
    status: TaskStatus = "not_started"
    duration_minutes: Minutes
    duration_assumed: bool = False
    optimistic_minutes: Minutes | None = None
    likely_minutes: Minutes | None = None
    pessimistic_minutes: Minutes | None = None
    depends_on: tuple[Dependency, ...] = ()
    percent_complete: Share | None = None
    remaining_minutes: Minutes | None = None
    planned_start_at: Instant | None = None
    due_at: Instant | None = None
    not_before_at: Instant | None = None
    must_start_at: Instant | None = None
    actual_start_at: Instant | None = None
    actual_end_at: Instant | None = None
    owner_id: str | None = None
    owner_name: str | None = None
    assignee_ids: tuple[str, ...] = ()
    role: str | None = None
    phase: Phase | None = None
    priority: Priority = "normal"
    is_milestone: bool = False
    tags: tuple[str, ...] = ()
    blocked_reason: str | None = None
    sample_ids: tuple[str, ...] = ()
    look_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        estimates = (self.optimistic_minutes, self.likely_minutes, self.pessimistic_minutes)
        if estimates != _NO_ESTIMATES:
            given = [minutes for minutes in estimates if minutes is not None]
            if len(given) < len(estimates) or given != sorted(given):
                raise ValueError("the three estimates come together and in order")
        for name, at in zip(_TASK_INSTANTS, _task_instants(self), strict=True):
            if at is None:
                continue
            if not FIRST_YEAR <= at.year <= LAST_YEAR:
                raise ValueError(f"{name} is not between {FIRST_YEAR} and {LAST_YEAR}")
            if at.tzinfo is not UTC or at.microsecond:
                force_setattr(self, name, at.astimezone(UTC).replace(microsecond=0))

    @property
    def label(self) -> str:
        """What people call it, short enough for a sentence."""
        return clip(self.name or self.id)

    @property
    def is_assigned(self) -> bool:
        return bool(self.owner_id or self.owner_name or self.assignee_ids)


_NO_ESTIMATES = (None, None, None)
_TASK_INSTANTS = tuple(name for name in Task.__struct_fields__ if name.endswith("_at"))
_task_instants = attrgetter(*_TASK_INSTANTS)


class WorkCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """When work is done; an end not after the start lies on the next day.

    `work_days` are 1 (Monday) to 7, at least one. Times of day are those of `zone`.
    """

    work_days: frozenset[int]
    start_time: time
    end_time: time
    holidays: frozenset[date] = frozenset()
    zone: ZoneInfo


class EventTimes(msgspec.Struct, frozen=True, kw_only=True):
    """What the network needs to know of its event; without a calendar work goes on day and night."""

    id: str = ""
    name: str | None = None
    plan_start_at: Instant | None = None
    deadline_at: Instant | None = None
    doors_at: Instant | None = None
    start_at: Instant | None = None
    calendar: WorkCalendar | None = None


class NetworkOptions(Document, frozen=True, kw_only=True):
    """How to schedule.

    `slack_mode` is what floats count against: the plan's own finish, or the deadline and the due
    dates. `simulate` left open means: when there are three-point estimates and few tasks.
    """

    slack_mode: SlackMode = "finish"
    lag_calendar: LagCalendar = "elapsed"
    simulate: bool | None = None


class Driver(Document, frozen=True, kw_only=True, gc=False):
    """The link that decides when a task can start."""

    task_id: str
    type: LinkType


# Made by position: for ten thousand of them the names are what takes the time.
class TaskSchedule(Document, frozen=True, kw_only=False, gc=False):
    """When a task can and must be done.

    Minutes count from the start of the plan, with a calendar only those that are worked. A task in
    progress is scheduled with what remains of it, one that is done stands where it was. `slip_minutes`
    is by how much the early finish misses the due date, on the clock. A moment beyond the year
    2200 is null.
    """

    task_id: str
    name: str | None
    status: TaskStatus
    duration_minutes: float
    early_start_minutes: float
    early_finish_minutes: float
    late_start_minutes: float
    late_finish_minutes: float
    total_float_minutes: float
    free_float_minutes: float
    is_critical: bool
    early_start_at: datetime | None
    early_finish_at: datetime | None
    late_start_at: datetime | None
    late_finish_at: datetime | None
    slip_minutes: float
    driver: Driver | None


class TaskBlocker(Document, frozen=True, kw_only=True):
    """What stands in a task's way; `delay_minutes` is how late the task will be."""

    task_id: str
    reason: TaskBlockerReason
    downstream_count: int
    delay_minutes: float
    severity_score: float
    message: str


class Pert(Document, frozen=True, kw_only=True):
    """The classical estimate: means and variances along the driving path, finish taken as normal."""

    expected_minutes: float
    variance_minutes2: float
    std_dev_minutes: float
    probability_by_deadline: float | None
    p50_at: datetime | None
    p80_at: datetime | None
    p95_at: datetime | None
    method: Literal["classical"] = "classical"


class Simulation(Document, frozen=True, kw_only=True):
    """Quantiles of the finish over sampled durations; `criticality` is how often each task was."""

    samples: int
    probability_by_deadline: float | None
    p50_minutes: float
    p80_minutes: float
    p95_minutes: float
    criticality: dict[str, float]


class NextAction(Document, frozen=True, kw_only=True):
    task_id: str
    label: str
    reason: str


class CriticalPathReport(Document, frozen=True, kw_only=True):
    """Which tasks decide when all is done.

    `cycles` are listed in dependency order. When there is one, its tasks are left out of everything
    else and `partial` is true. `slack_minutes` is from the finish to the deadline, on the clock.
    """

    valid: bool
    partial: bool
    cycles: tuple[tuple[str, ...], ...]
    status: NetworkStatus
    project_duration_minutes: float
    plan_start_at: datetime
    project_start_at: datetime | None
    project_finish_at: datetime | None
    deadline_at: datetime | None
    slack_minutes: float | None
    path: tuple[str, ...]
    critical_task_ids: tuple[str, ...]
    near_critical_task_ids: tuple[str, ...]
    tasks: tuple[TaskSchedule, ...]
    blockers: tuple[TaskBlocker, ...]
    parallelism: int
    orphan_task_ids: tuple[str, ...]
    pert: Pert | None
    simulation: Simulation | None
    next_actions: tuple[NextAction, ...]

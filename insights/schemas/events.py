"""What crosses the wire for events: shifts, people, looks and cues in; gaps, proposals and a draft out."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from fashionos.kit.wire import Document
from insights.schemas.base import Caution, Count, Identifier, Instant, Minutes, clip
from insights.schemas.logistics import Severity
from insights.schemas.tasks import CriticalPathReport, NetworkOptions, Task, WorkCalendar

MAX_SECONDS = 86_400  # a show lasts minutes: a day is out of reach
MAX_DAY_MINUTES = 1_440
MAX_CUE_MINUTES = 10_080  # a week: a thousand in a row stay within the calendar
MAX_RATE = 1e6
MAX_LEVEL = 1_000
MAX_HOURS = 8_784  # a leap year

Seconds = Annotated[float, msgspec.Meta(ge=0, le=MAX_SECONDS)]
DayMinutes = Annotated[float, msgspec.Meta(ge=0, le=MAX_DAY_MINUTES)]
CueMinutes = Annotated[float, msgspec.Meta(ge=0, le=MAX_CUE_MINUTES)]
Hours = Annotated[float, msgspec.Meta(ge=0, le=MAX_HOURS)]
Rate = Annotated[float, msgspec.Meta(ge=0, le=MAX_RATE)]
Level = Annotated[float, msgspec.Meta(ge=0, le=MAX_LEVEL)]

EventType = Literal[
    "runway",
    "presentation",
    "showroom",
    "press_day",
    "photoshoot",
    "campaign",
    "pop_up",
    "party",
    "trunk_show",
    "other",
]
EventStatus = Literal["draft", "planning", "confirmed", "live", "wrapped", "cancelled"]
ShowPhase = Literal["setup", "show", "teardown"]
StartMode = Literal["hard", "soft"]
Per = Literal["look", "model", "guest", "chair"]
LookOrderPolicy = Literal["keep", "repair", "optimize"]
ConflictType = Literal[
    "double_booked",
    "unavailable",
    "wrong_role",
    "missing_skill",
    "rest_too_short",
    "over_max_hours",
    "unknown_person",
]
ChangeStatus = Literal["ok", "tight", "impossible"]
FixType = Literal["swap", "reassign", "hold", "add_dresser"]
RosterMethod = Literal["exact", "heuristic", "none"]
AnalysisType = Literal["critical_path", "staffing", "run_of_show", "all"]


class Period(Document, frozen=True, kw_only=True):
    """From `start_at` up to, not including, `end_at`."""

    start_at: Instant
    end_at: Instant


class Shift(Document, frozen=True, kw_only=True):
    """Positions of one role from `start_at` up to, not including, `end_at`.

    `assigned` are person ids, each once; `unnamed` counts assigned people who came as a number only.
    Without a role anybody fits. Both times are there, or neither is.
    """

    id: Identifier
    role: str = ""
    start_at: Instant | None = None
    end_at: Instant | None = None
    required: Count = 1
    assigned: tuple[str, ...] = ()
    unnamed: Count = 0
    skills: tuple[str, ...] = ()
    min_level: Level | None = None
    location: str | None = None
    break_minutes: Minutes = 0.0


class Person(Document, frozen=True, kw_only=True):
    """Somebody who can be put on shifts.

    Empty `roles` fit any role, `availability` of None is always. `rates` is {role: hourly rate}.
    `min_rest_hours` of None warns below ten hours, a number forbids.
    """

    id: Identifier
    name: str | None = None
    roles: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    level: Level | None = None
    hourly_rate: Rate | None = None
    rates: dict[str, Rate] = {}
    day_rate: Rate | None = None
    availability: tuple[Period, ...] | None = None
    unavailable: tuple[Period, ...] = ()
    max_hours: Hours | None = None
    min_rest_hours: Hours | None = None
    preferred_roles: tuple[str, ...] = ()
    travel_minutes: Minutes = 0.0

    @property
    def label(self) -> str:
        return clip(self.name or self.id)


class StaffingRule(Document, frozen=True, kw_only=True):
    """Demand for a role: `ratio` people for each, or `minutes_each` of work within a window."""

    role: str
    per: Per = "look"
    ratio: Annotated[float, msgspec.Meta(ge=0, le=1_000)] | None = None
    minutes_each: Minutes | None = None
    window_minutes: Minutes | None = None


class Look(Document, frozen=True, kw_only=True):
    """One exit; seconds of None take those of the show settings. `number` is the designer's order."""

    id: Identifier
    number: float | None = None
    name: str | None = None
    model_id: str | None = None
    alt_model_ids: tuple[str, ...] = ()
    sample_ids: tuple[str, ...] = ()
    change_seconds: Seconds | None = None
    walk_seconds: Seconds | None = None
    dressers: Count = 1
    is_opening: bool = False
    is_closing: bool = False
    section: str | None = None
    music_cue: str | None = None
    locked: bool = False

    @property
    def label(self) -> str:
        return clip(self.name or self.id)


class ModelCall(Document, frozen=True, kw_only=True):
    """A model's call and chair times; `travel_from_show` are the minutes from another show."""

    id: Identifier
    name: str | None = None
    call_at: Instant | None = None
    hair_minutes: DayMinutes | None = None
    makeup_minutes: DayMinutes | None = None
    travel_from_show: Minutes = 0.0


class ShowSettings(Document, frozen=True, kw_only=True):
    """How the show runs; without stations there is one for every three models."""

    exit_interval_seconds: Annotated[float, msgspec.Meta(ge=1, le=MAX_SECONDS)] = 18.0
    walk_seconds: Seconds = 50.0
    change_seconds: Seconds = 90.0
    min_change_slack_seconds: Seconds = 30.0
    finale_seconds_per_model: Seconds = 4.0
    bow_seconds: Seconds = 20.0
    hair_stations: Count | None = None
    makeup_stations: Count | None = None
    look_order_policy: LookOrderPolicy = "keep"
    start_delay_minutes: DayMinutes = 0.0


class Cue(Document, frozen=True, kw_only=True):
    """An item of the user's own run of show; `offset_minutes` counts from the show's start."""

    id: Identifier
    name: str
    phase: ShowPhase | None = None
    start_at: Instant | None = None
    offset_minutes: float | None = None
    duration_minutes: CueMinutes | None = None
    start_mode: StartMode = "soft"
    owner: str | None = None
    notes: str | None = None
    audio: str | None = None
    lighting: str | None = None
    video: str | None = None


class Track(Document, frozen=True, kw_only=True):
    title: str | None = None
    seconds: Seconds


class Venue(Document, frozen=True, kw_only=True):
    name: str | None = None
    city: str | None = None
    capacity: Count | None = None
    access_from_at: Instant | None = None
    curfew_at: Instant | None = None


class Event(Document, frozen=True, kw_only=True):
    """A production as the analyses see it; `start_at` is the show time, `timezone` an IANA name."""

    id: Identifier
    name: str | None = None
    type: EventType = "other"
    status: EventStatus = "planning"
    start_at: Instant | None = None
    end_at: Instant | None = None
    doors_at: Instant | None = None
    plan_start_at: Instant | None = None
    deadline_at: Instant | None = None
    timezone: str = "UTC"
    guest_count: Count | None = None
    currency: str | None = None
    venue: Venue = Venue()
    calendar: WorkCalendar | None = None
    tasks: tuple[Task, ...] = ()
    shifts: tuple[Shift, ...] = ()
    people: tuple[Person, ...] = ()
    staffing_rules: tuple[StaffingRule, ...] = ()
    looks: tuple[Look, ...] = ()
    models: tuple[ModelCall, ...] = ()
    show_settings: ShowSettings = ShowSettings()
    cues: tuple[Cue, ...] = ()
    music: tuple[Track, ...] = ()


class EventOptions(Document, frozen=True, kw_only=True):
    """How to analyse; a policy of None is that of the show settings."""

    include_filled: bool = False
    allow_reassign: bool = False
    look_order_policy: LookOrderPolicy | None = None
    network: NetworkOptions = NetworkOptions()


class EventRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of `events-optimizer`; event and options are read by `analysis.events.intake`."""

    event: dict[str, Any]
    analysis_type: AnalysisType = "all"
    options: Any = None
    now: str | int | float | None = None
    timezone: str | None = None
    no_cache: bool = False
    context_id: str | None = None
    event_id: str | None = None


class StaffingConflict(Document, frozen=True, kw_only=True, omit_defaults=True):
    person_id: str
    type: ConflictType
    with_shift_id: str | None = None
    message: str


class StaffingSuggestion(Document, frozen=True, kw_only=True):
    """Somebody who could take the shift; `cost` are wages, `score` 0..100 weighs them with fit."""

    person_id: str
    name: str | None
    cost: float
    score: float
    reasons: tuple[str, ...]


class UnderCoverage(Document, frozen=True, kw_only=True):
    """A stretch in which fewer people of the role are present than all its shifts require."""

    start_at: datetime
    end_at: datetime
    required: int
    present: int


class StaffingGap(Document, frozen=True, kw_only=True):
    """A shift that lacks people or holds conflicts; `valid_assigned` are those without one."""

    shift_id: str
    role: str
    start_at: datetime | None
    end_at: datetime | None
    phase: ShowPhase | None
    required: int
    assigned: int
    valid_assigned: int
    gap: int
    surplus: int
    severity: Severity
    severity_score: float
    conflicts: tuple[StaffingConflict, ...]
    suggestions: tuple[StaffingSuggestion, ...]
    coverage: tuple[UnderCoverage, ...]


class ProposedAssignment(Document, frozen=True, kw_only=True, omit_defaults=True):
    """One position filled; `replaces_person_id` moves somebody who is on the shift elsewhere."""

    shift_id: str
    person_id: str
    cost: float
    hours: float
    replaces_person_id: str | None = None


class RoleStaffing(Document, frozen=True, kw_only=True, omit_defaults=True):
    """Positions of a role; `derived_required` is how many people the line-up and rules ask for."""

    role: str
    required: int
    assigned: int
    gap: int
    derived_required: int | None = None


class PersonHours(Document, frozen=True, kw_only=True):
    person_id: str
    hours: float


class StaffingSummary(Document, frozen=True, kw_only=True):
    """All shifts together; `fillable` and `unfillable` are the open positions, by the proposal.

    `utilisation` counts the paid hours of assignments without conflict.
    """

    required: int
    assigned: int
    gap: int
    conflicts: int
    proposal: tuple[ProposedAssignment, ...]
    proposed_cost: float
    currency: str | None
    fillable: int
    unfillable: int
    by_role: tuple[RoleStaffing, ...]
    peak_gap_at: datetime | None
    utilisation: tuple[PersonHours, ...]
    method: RosterMethod


class RunItem(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the run of show; gap and overlap are those up to a fixed start after it."""

    id: str
    name: str
    phase: ShowPhase
    start_at: datetime
    end_at: datetime
    duration_minutes: float
    start_mode: StartMode
    owner: str | None
    notes: str | None
    gap_seconds: float
    overlap_seconds: float
    source: Literal["template", "event", "look"]
    audio: str | None = None
    lighting: str | None = None
    video: str | None = None


class RunBlock(Document, frozen=True, kw_only=True):
    phase: ShowPhase
    name: str
    start_at: datetime
    end_at: datetime
    items: tuple[RunItem, ...]


class CallSheetEntry(Document, frozen=True, kw_only=True):
    """When somebody has to be there; `hmu_at` and `ready_at` are a model's first chair and last."""

    person_or_model_id: str
    name: str | None
    kind: Literal["model", "crew"]
    call_at: datetime
    hmu_at: datetime | None
    ready_at: datetime


class LookPosition(Document, frozen=True, kw_only=True):
    """An exit; positions count from 1, seconds from the show's start."""

    position: int
    look_id: str
    model_id: str | None
    designer_position: int
    moved: bool
    exit_offset_seconds: float
    exit_at: datetime
    back_at_seconds: float


class ChangeFix(Document, frozen=True, kw_only=True):
    """A way out; `cost_seconds` is what a hold adds to the show and what the others count as."""

    type: FixType
    detail: str
    cost_seconds: float


class QuickChange(Document, frozen=True, kw_only=True):
    """The change between two looks of a model; slack is available less needed."""

    model_id: str
    from_look_id: str
    to_look_id: str
    available_seconds: float
    needed_seconds: float
    slack_seconds: float
    status: ChangeStatus
    fixes: tuple[ChangeFix, ...]


class DerivedCrew(Document, frozen=True, kw_only=True):
    """How many people of a role the production asks for, and what that is counted from."""

    role: str
    required: int
    basis: str


class RunOfShowDraft(Document, frozen=True, kw_only=True):
    """The day around a show, back-timed from its start."""

    show_start_at: datetime
    show_end_at: datetime
    show_seconds: float
    blocks: tuple[RunBlock, ...]
    timeline: tuple[RunItem, ...]
    call_sheet: tuple[CallSheetEntry, ...]
    look_order: tuple[LookPosition, ...]
    quick_changes: tuple[QuickChange, ...]
    hold_seconds: float
    moves: int
    min_models_needed: int
    over_under_seconds: float | None
    derived_crew: tuple[DerivedCrew, ...]
    conflicts: tuple[str, ...]
    warnings: tuple[str, ...]


class EventAnalysis(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The parts that were asked for; the others are left out on the wire."""

    critical_path: CriticalPathReport | None = None
    staffing: tuple[StaffingGap, ...] | None = None
    staffing_summary: StaffingSummary | None = None
    run_of_show: RunOfShowDraft | None = None
    warnings: tuple[Caution, ...] = ()
    assumptions: tuple[str, ...] = ()


class EventAnswer(EventAnalysis, frozen=True, kw_only=True, omit_defaults=True):
    """An analysis as it is answered."""

    cached: bool
    calculated_at: datetime
    input_hash: str

"""What crosses the wire for logistics: samples and options in, reports out."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from fashionos.kit.wire import Document
from insights.schemas.base import (
    Amount,
    Caution,
    Count,
    Identifier,
    Instant,
    Minutes,
    clip,
)

Status = Literal[
    "awaiting",
    "in_transit",
    "delayed",
    "received",
    "on_set",
    "shot",
    "returned",
    "damaged",
    "lost",
    "cancelled",
    "unknown",
]
Priority = Literal["critical", "high", "normal", "low"]
SampleType = Literal["photo", "sms", "proto", "fit", "pp", "press", "vintage", "size_set", "top"]
CustomsStatus = Literal["none", "pending", "held", "cleared"]
Condition = Literal["perfect", "good", "needs_repair", "stained", "damaged", "unusable"]
Level = Literal["empty", "critical", "at_risk", "on_track", "ready"]
Severity = Literal["critical", "high", "medium", "low"]
Reason = Literal[
    "delayed",
    "overdue",
    "eta_after_need",
    "lost",
    "damaged",
    "no_eta",
    "customs_hold",
    "missing_from_send_out",
]
ActionName = Literal[
    "chase_supplier",
    "rush_courier",
    "use_substitute",
    "move_to_end_of_day",
    "reschedule_shot",
    "repair",
    "file_loss",
    "release_look",
]
HeroFirst = Literal["strict", "soft", "off"]
Combine = Literal["sum", "max"]
Method = Literal["exact", "heuristic", "sorted"]
AnalysisType = Literal["readiness", "blockers", "batching", "all"]


class StatusMoment(Document, frozen=True, kw_only=True, gc=False):
    status: Status
    at: Instant | None = None


class Sample(Document, frozen=True, kw_only=True, gc=False):
    """One physical sample, as the analyses see it.

    The types are what is stored after reading; `analysis.intake` says what is accepted, and sees to the rest: datetimes
    are UTC in whole seconds; `category` is case-folded; `is_hero` also follows from a tag `hero`; `status_raw` is
    the word behind an `unknown` status.
    """

    id: Identifier
    sku: str | None = None
    style_id: str | None = None
    barcode: str | None = None
    rfid: str | None = None
    name: str | None = None
    category: str = "uncategorised"
    status: Status
    status_raw: str | None = None
    is_hero: bool = False
    priority: Priority = "normal"
    sample_type: SampleType | None = None
    color: str | None = None
    color_hex: str | None = None
    size: str | None = None
    season: str | None = None
    collection: str | None = None
    designer: str | None = None
    quantity: Count = 1
    location: str | None = None
    holder: str | None = None
    set_id: str | None = None
    lighting: str | None = None
    background: str | None = None
    model_id: str | None = None
    shot_type: str | None = None
    setup_key: str | None = None
    shot_minutes: Minutes | None = None
    shots_required: Count | None = None
    shots_captured: Count | None = None
    prep_minutes: Minutes = 30.0
    look_ids: tuple[str, ...] = ()
    shot_ids: tuple[str, ...] = ()
    task_ids: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()
    substitute_ids: tuple[str, ...] = ()
    ordered_at: Instant | None = None
    shipped_at: Instant | None = None
    expected_at: Instant | None = None
    received_at: Instant | None = None
    on_set_at: Instant | None = None
    shot_at: Instant | None = None
    return_due_at: Instant | None = None
    returned_at: Instant | None = None
    needed_at: Instant | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    supplier: str | None = None
    customs_status: CustomsStatus | None = None
    condition: Condition | None = None
    status_history: tuple[StatusMoment, ...] = ()
    value_amount: Amount | None = None
    currency: str | None = None
    tags: tuple[str, ...] = ()
    notes: str | None = None

    @property
    def label(self) -> str:
        """What people call it, short enough for a sentence."""
        return clip(self.name or self.sku or self.id)


class Changeover(Document, frozen=True, kw_only=True):
    """Minutes lost between two setups, for each attribute that differs."""

    set_minutes: Minutes = 25.0
    lighting_minutes: Minutes = 12.0
    model_minutes: Minutes = 15.0
    background_minutes: Minutes = 8.0
    category_minutes: Minutes = 5.0
    combine: Combine = "sum"


class Break(Document, frozen=True, kw_only=True):
    start_at: Instant
    end_at: Instant


class LogisticsOptions(Document, frozen=True, kw_only=True):
    """How to analyse; `changeover_matrix` is {from setup key: {to setup key: minutes}}.

    `day_start_at` and `day_end_at` are those of the first day; later days and their breaks follow
    at multiples of 24 hours. `target` is the expected score at which all counts as ready.
    """

    changeover: Changeover = Changeover()
    changeover_matrix: dict[str, dict[str, Minutes]] = {}
    start_setup: str | None = None
    return_to_start: bool = False
    day_start_at: Instant | None = None
    day_end_at: Instant | None = None
    breaks: tuple[Break, ...] = ()
    hero_first: HeroFirst = "strict"
    max_batch_minutes: Minutes | None = None
    shoot_at: Instant | None = None
    target: float = 95.0


class LogisticsRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of `logistics-analyzer`; rows, options and `now` are read by `analysis.intake`."""

    sample_list: list[Any]
    analysis_type: AnalysisType = "all"
    options: Any = None
    now: str | int | float | None = None
    timezone: str | None = None
    no_cache: bool = False
    context_id: str | None = None
    tracker_id: str | None = None


class CategoryReadiness(Document, frozen=True, kw_only=True):
    category: str
    total: int
    ready: int
    score: float
    hero_total: int
    hero_ready: int
    by_status: dict[str, int]
    bottleneck_status: Status | None


class HeroReadiness(Document, frozen=True, kw_only=True):
    total: int
    ready: int
    score: float


class IncompleteLook(Document, frozen=True, kw_only=True):
    look_id: str
    missing_sample_ids: tuple[str, ...]


class LookReadiness(Document, frozen=True, kw_only=True):
    """`incomplete` holds the looks nearest to completion, fifty at most."""

    total: int
    ready: int
    score: float
    incomplete: tuple[IncompleteLook, ...]


class ForecastPoint(Document, frozen=True, kw_only=True):
    """The expected readiness score at a moment, with a 90 % band."""

    at: datetime
    expected_score: float
    low: float
    high: float


class Bottleneck(Document, frozen=True, kw_only=True):
    """The status that holds most of what is not ready; `share` is 0..1 of its weight."""

    status: Status
    count: int
    share: float
    message: str


class ReadinessReport(Document, frozen=True, kw_only=True):
    """How ready the samples are; scores are 0..100.

    `score` is (on set + shot) / total. `effective_score` also counts a sample that was shot and has
    gone back since; `level` follows it. `weighted_score` weighs heroes, priorities and stages.
    """

    total: int
    excluded: int
    on_set: int
    shot: int
    ready: int
    score: float
    weighted_score: float
    effective_score: float
    level: Level
    by_status: dict[str, int]
    by_category: tuple[CategoryReadiness, ...]
    heroes: HeroReadiness
    looks: LookReadiness
    forecast: tuple[ForecastPoint, ...]
    forecast_at_shoot: float | None
    ready_by: datetime | None
    bottleneck: Bottleneck | None


class Contributions(Document, frozen=True, kw_only=True, gc=False):
    """What each factor adds to a severity score; the four sum to it."""

    hero: float
    lateness: float
    status: float
    downstream: float


class Substitute(Document, frozen=True, kw_only=True, gc=False):
    sample_id: str
    status: Status
    ready: bool


class SuggestedAction(Document, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    action: ActionName
    label: str
    target: str | None = None


class Blocker(Document, frozen=True, kw_only=True, gc=False):
    """A sample at risk and what depends on it; hours count against `needed_at`."""

    sample_id: str
    sku: str | None
    name: str | None
    category: str
    status: Status
    is_hero: bool
    reason: Reason
    severity_score: float
    severity: Severity
    contributions: Contributions
    hours_late: float | None
    hours_until_needed: float | None
    needed_at: datetime | None
    expected_at: datetime | None
    eta_assumed: bool
    affected_look_ids: tuple[str, ...]
    affected_shot_ids: tuple[str, ...]
    affected_count: int
    substitutes: tuple[Substitute, ...]
    suggested_actions: tuple[SuggestedAction, ...]
    rationale: str


class Setup(Document, frozen=True, kw_only=True, gc=False):
    """What has to stay the same for two samples to be shot without a change."""

    set_id: str | None = None
    lighting: str | None = None
    background: str | None = None
    model_id: str | None = None
    category: str | None = None


class Batch(Document, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Samples shot in one setup; `changeover_minutes` come before it.

    Minutes count working and waiting time from the start of the plan; the `_at` fields are there
    when the request says when the day starts.
    """

    order: int
    batch_id: str
    label: str
    setup_key: str
    setup: Setup
    sample_ids: tuple[str, ...]
    hero_ids: tuple[str, ...]
    hero_count: int
    sample_count: int
    shoot_minutes: float
    changeover_minutes: float
    start_at: datetime | None = None
    end_at: datetime | None = None
    start_minutes: float
    end_minutes: float
    day: int


class Baseline(Document, frozen=True, kw_only=True):
    """The same samples shot in the order of the list."""

    order: Literal["list"] = "list"
    setup_changes: int
    changeover_minutes: float
    total_minutes: float


class DeferredSample(Document, frozen=True, kw_only=True, gc=False):
    sample_id: str
    status: Status
    reason: str
    expected_at: datetime | None


class BatchingPlan(Document, frozen=True, kw_only=True):
    """In which order to shoot, and the minutes of changing setups that this saves."""

    batches: tuple[Batch, ...]
    sequence: tuple[str, ...]
    setup_changes: int
    changeover_minutes: float
    shoot_minutes: float
    idle_minutes: float
    total_minutes: float
    baseline: Baseline
    time_saved_minutes: float
    time_saved_percent: float
    heroes_done_at: datetime | None
    heroes_done_minutes: float | None
    overtime_minutes: float
    days_needed: int
    deferred: tuple[DeferredSample, ...]
    done: tuple[str, ...]
    method: Method


class LogisticsAnalysis(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The parts that were asked for; the others are left out on the wire."""

    readiness: ReadinessReport | None = None
    blockers: tuple[Blocker, ...] | None = None
    watchlist: tuple[Blocker, ...] | None = None
    batching: BatchingPlan | None = None
    warnings: tuple[Caution, ...] = ()
    assumptions: tuple[str, ...] = ()


class LogisticsAnswer(LogisticsAnalysis, frozen=True, kw_only=True, omit_defaults=True):
    """An analysis as it is answered."""

    cached: bool
    calculated_at: datetime
    input_hash: str

"""What crosses the wire for media: assets, shot lines and a brand in, scores, gaps and selects out."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import force_setattr

from fashionos.kit.wire import Document
from insights.schemas.base import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_COUNT,
    MAX_LABEL,
    Caution,
    Identifier,
    Instant,
    clip,
)
from insights.schemas.logistics import Priority, Severity
from insights.schemas.logistics import Status as SampleStatus

AssetStatus = Literal[
    "uploading",
    "processing",
    "uploaded",
    "pending_review",
    "approved",
    "rejected",
    "archived",
]
Angle = Literal[
    "front",
    "back",
    "side",
    "three_quarter",
    "detail",
    "flat_lay",
    "ghost",
    "on_model",
    "full_length",
    "close_up",
    "swatch",
    "video",
]
Orientation = Literal["portrait", "landscape", "square"]
ShotStatus = Literal["planned", "in_progress", "captured", "approved", "cancelled"]
Profile = Literal["packshot", "detail", "on_model", "editorial", "runway"]
Grade = Literal["A", "B", "C", "D", "F"]
Verdict = Literal["select", "keep", "review", "reject"]
MissingReason = Literal[
    "not_captured",
    "wrong_angle",
    "wrong_color",
    "below_quality",
    "rejected",
    "spec_mismatch",
    "taken_by_other_shot",
]
MediaAction = Literal["capture", "reshoot", "approve_existing", "retouch", "chase_sample"]
MediaAnalysisType = Literal["quality", "missing", "selects", "all"]

MAX_QUANTITY = 100
MAX_SELECTS = 500

Points = Annotated[float, msgspec.Meta(ge=0, le=100)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Side = Annotated[int, msgspec.Meta(ge=1, le=MAX_COUNT)]
Bytes = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Ratio = Annotated[float, msgspec.Meta(ge=0.05, le=20)]
Measure = Annotated[float, msgspec.Meta(ge=0, le=1000)]
Degrees = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Hex = Annotated[str, msgspec.Meta(pattern="^#[0-9A-Fa-f]{6}$")]
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9A-Fa-f]{16}$")]
Lightness = Annotated[float, msgspec.Meta(ge=0, le=100)]
Chroma = Annotated[float, msgspec.Meta(ge=-200, le=200)]
Lab = tuple[Lightness, Chroma, Chroma]


class Swatch(Document, frozen=True, kw_only=True, gc=False):
    """A colour as `#RRGGBB` in sRGB or CIE L*a*b* (D65); one of the two is there."""

    hex: Hex | None = None
    lab: Lab | None = None
    share: Share = 1.0
    name: str | None = None

    def __post_init__(self) -> None:
        if self.hex is None and self.lab is None:
            raise ValueError("a colour has hex or lab")


class Box(Document, frozen=True, kw_only=True, gc=False):
    """Where the subject is, as shares of width and height; x and y are the upper left corner."""

    x: Share
    y: Share
    w: Share
    h: Share


class Exposure(Document, frozen=True, kw_only=True, gc=False):
    """Shares of blown and blocked pixels, and the median grey 0..255."""

    high: Share
    low: Share
    median: Annotated[float, msgspec.Meta(ge=0, le=255)]


class Subject(Document, frozen=True, kw_only=True, gc=False):
    """The subject as found in the pixels; `x` and `y` are its centre of mass."""

    box: Box
    x: Share
    y: Share
    share: Share


class Features(Document, frozen=True, kw_only=True, gc=False):
    """All that the pixels say about a picture, measured once and stored.

    Sides are in pixels after EXIF rotation. `blur` is 0 (sharp) to 1 at 1024 pixels, `native_blur`
    the same at full size; `edges` is the gradient of the sharpest part, `noise` a standard
    deviation in grey levels, `cast` the chroma of what should be neutral, `tilt` degrees of the
    horizon. `exposure` is of the whole picture, `subject_exposure` without a plain background;
    `border` and `palette` are the colours of the border and of the subject.
    """

    version: int = 1
    width: Side
    height: Side
    blur: Share
    native_blur: Share
    edges: Measure
    noise: Measure
    contrast: Share
    cast: Measure | None = None
    exposure: Exposure
    subject_exposure: Exposure | None = None
    plain_background: bool
    subject: Subject | None = None
    tilt: Degrees | None = None
    border: Annotated[tuple[Swatch, ...], msgspec.Meta(max_length=16)] = ()
    palette: Annotated[tuple[Swatch, ...], msgspec.Meta(max_length=16)] = ()
    mean_lab: Lab
    perceptual_hash: Hash
    color_profile: Annotated[str, msgspec.Meta(max_length=MAX_LABEL)] | None = None


class Metrics(Document, frozen=True, kw_only=True, gc=False):
    """Scores another tool has given."""

    sharpness: Points | None = None
    exposure: Points | None = None
    noise: Points | None = None
    contrast: Points | None = None
    resolution: Points | None = None
    color_cast: Points | None = None
    composition: Points | None = None
    brand: Points | None = None


class PictureMeasures(Document, frozen=True, kw_only=True, gc=False):
    """What is stored of a picture file; the fields are those of GalleryAsset, also on the wire.

    `metrics` are for people: where `features` are known, scores are made of them.
    """

    width: Side
    height: Side
    bytes: Bytes
    perceptual_hash: Hash
    dominant_colors: tuple[Swatch, ...]
    subject_box: Box | None
    metrics: Metrics
    features: Features


class GalleryAsset(Document, frozen=True, kw_only=True, gc=False):
    """One picture of the gallery, as the analyses see it.

    `sent` is the row as it came, without the picture: what `selects` gives back.
    """

    id: Identifier
    file_name: str | None = None
    bytes: Bytes | None = None
    width: Side | None = None
    height: Side | None = None
    color_space: str | None = None
    captured_at: Instant | None = None
    image_data: str | None = None
    sku: str | None = None
    skus: tuple[str, ...] = ()
    style_id: str | None = None
    look_id: str | None = None
    color: str | None = None
    color_hex: Hex | None = None
    angle: Angle | None = None
    shot_type: str | None = None
    orientation: Orientation | None = None
    model_id: str | None = None
    sample_id: str | None = None
    shot_id: str | None = None
    status: AssetStatus = "uploaded"
    rating: Annotated[float, msgspec.Meta(ge=0, le=5)] = 0.0
    color_label: str | None = None
    is_select: bool = False
    metrics: Metrics | None = None
    features: Features | None = None
    perceptual_hash: Hash | None = None
    dominant_colors: Annotated[tuple[Swatch, ...], msgspec.Meta(max_length=16)] = ()
    subject_box: Box | None = None
    tags: tuple[str, ...] = ()
    usage_rights: str | None = None
    release_signed: bool | None = None
    expires_at: Instant | None = None
    sent: dict[str, Any] = {}

    def __post_init__(self) -> None:
        for name, at in (("captured_at", self.captured_at), ("expires_at", self.expires_at)):
            _settle_instant(self, name, at)

    @property
    def rejected(self) -> bool:
        """A human has said no; an archived picture is out of the way as well."""
        if self.status in {"rejected", "archived"} or self.rating == 1:
            return True
        return self.color_label is not None and self.color_label.strip().casefold() == "reject"

    @property
    def preferred(self) -> bool:
        """A human has said yes."""
        return not self.rejected and (self.is_select or self.rating >= 5)  # noqa: PLR2004 -- five of five stars


class DeliverySpec(Document, frozen=True, kw_only=True):
    """What a channel accepts; the aspect ratio is width / height."""

    channel: str | None = None
    min_long_side: Side | None = None
    aspect_ratio: Ratio | None = None
    background: str | None = None
    format: str | None = None


class Background(Document, frozen=True, kw_only=True):
    """The colour that has to be behind the subject; `tolerance` is a CIEDE2000 difference."""

    swatch: Swatch
    tolerance: Annotated[float, msgspec.Meta(ge=0, le=100)] = 1.5


class Brand(Document, frozen=True, kw_only=True):
    """What a house wants of its pictures; `fill` is the share of the longer side the subject has."""

    palette: tuple[Swatch, ...] = ()
    background: Background | None = None
    aspect_ratio: Ratio | None = None
    fill: tuple[Share, Share] | None = None
    min_long_side: Side | None = None
    max_cast: Measure | None = None


class ShotItem(Document, frozen=True, kw_only=True, gc=False):
    """One line of the shot list; `quantity` different pictures are wanted of it."""

    id: Identifier
    sku: str | None = None
    style_id: str | None = None
    look_id: str | None = None
    sample_id: str | None = None
    sample_status: SampleStatus | None = None
    name: str | None = None
    category: str = "uncategorised"
    angle: Angle | None = None
    shot_type: str | None = None
    orientation: Orientation | None = None
    color: str | None = None
    model_id: str | None = None
    background: str | None = None
    quantity: Annotated[int, msgspec.Meta(ge=0, le=MAX_QUANTITY)] = 1
    priority: Priority = "normal"
    is_hero: bool = False
    required: bool = True
    due_at: Instant | None = None
    delivery_spec: DeliverySpec = DeliverySpec()
    status: ShotStatus = "planned"
    asset_ids: tuple[str, ...] = ()
    min_quality: Points = 40.0
    notes: str | None = None

    def __post_init__(self) -> None:
        category = self.category.strip().casefold() or "uncategorised"
        if category != self.category:
            force_setattr(self, "category", category)
        _settle_instant(self, "due_at", self.due_at)

    @property
    def label(self) -> str:
        """What people call it, short enough for a sentence."""
        return clip(self.name or self.sku or self.id)


def _settle_instant(holder: msgspec.Struct, name: str, at: datetime | None) -> None:
    if at is None:
        return
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"{name} is not between {FIRST_YEAR} and {LAST_YEAR}")
    if at.tzinfo is not UTC or at.microsecond:
        force_setattr(holder, name, at.astimezone(UTC).replace(microsecond=0))


class MediaOptions(Document, frozen=True, kw_only=True):
    """How many to select; `variety` is 0 (the best alone) to 1 (the most different)."""

    select_count: Annotated[int, msgspec.Meta(ge=0, le=MAX_SELECTS)] = 10
    select_per_look: Annotated[int, msgspec.Meta(ge=1, le=MAX_SELECTS)] | None = None
    variety: Share = 0.5
    min_quality: Points = 40.0


class MediaRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of `media-scorer`; rows, brand and options are read by `analysis.media.intake`."""

    assets: list[Any]
    shot_list: list[Any] = []
    analysis_type: MediaAnalysisType = "all"
    brand: Any = None
    delivery_spec: Any = None
    options: Any = None
    now: str | int | float | None = None
    timezone: str | None = None
    no_cache: bool = False
    context_id: str | None = None


class Factor(Document, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One measure: its score 0..100, its share of the total, and the points it brings.

    `raw` is what was measured, in the unit of the measure; there is none for a score that was given.
    """

    score: float
    weight: float
    contribution: float
    raw: float | None = None
    note: str | None = None


class FactorGroup(Document, frozen=True, kw_only=True, gc=False):
    """The contributions of the factors sum to that of the group."""

    score: float
    weight: float
    contribution: float
    available: bool
    factors: dict[str, Factor]


class Penalty(Document, frozen=True, kw_only=True, gc=False):
    """What multiplied the sum of the groups, and the points that took (or a good rating brought)."""

    code: str
    multiplier: float
    contribution: float
    note: str


class Factors(Document, frozen=True, kw_only=True, gc=False):
    """The contributions of the three groups and of the penalties sum to the score."""

    technical: FactorGroup
    composition: FactorGroup
    brand: FactorGroup
    penalties: tuple[Penalty, ...] = ()


class Issue(Document, frozen=True, kw_only=True, gc=False):
    code: str
    factor: str
    message: str


class QualityScore(Document, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """`confidence` is the share of the weight that was measured: pixels count whole, given scores half."""

    asset_id: str
    score: float
    grade: Grade
    verdict: Verdict
    confidence: float
    factors: Factors
    issues: list[Issue]
    duplicate_of: str | None = None


class DuplicateGroup(Document, frozen=True, kw_only=True):
    """Pictures that are nearly the same as the one to keep, which comes first."""

    asset_ids: tuple[str, ...]
    keeper_id: str
    reason: str


class NearestAsset(Document, frozen=True, kw_only=True):
    asset_id: str
    match_score: float
    mismatches: tuple[str, ...]


class MissingShot(Document, frozen=True, kw_only=True):
    """A line of the shot list the gallery does not cover, and what to do about it.

    `can_shoot_now` is None when nobody said where the sample is.
    """

    shot_id: str
    name: str | None
    sku: str | None
    look_id: str | None
    angle: Angle | None
    color: str | None
    priority: Priority
    is_hero: bool
    required: bool
    quantity_required: int
    quantity_captured: int
    quantity_missing: int
    reason: MissingReason
    severity: Severity
    severity_score: float
    nearest: tuple[NearestAsset, ...]
    sample_status: SampleStatus | None
    can_shoot_now: bool | None
    suggested_action: MediaAction
    message: str


class Tally(Document, frozen=True, kw_only=True):
    required: int
    captured: int
    missing: int
    percent: float


class Coverage(Document, frozen=True, kw_only=True):
    """How much of what is required has been captured, in pictures; nothing required is 100 %.

    `approximate` says that the list was too alike in itself to be matched exactly.
    """

    required: int
    captured: int
    missing: int
    percent: float
    by_category: dict[str, Tally]
    by_priority: dict[str, Tally]
    approximate: bool = False


class SelectionReason(Document, frozen=True, kw_only=True):
    """What a select brings; `covers` are its looks, angles ... that no select before it shows."""

    asset_id: str
    rank: int
    quality_gain: float
    variety_gain: float
    covers: tuple[str, ...]
    message: str


class MediaAnalysis(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The parts that were asked for; the others are left out on the wire."""

    quality_scores: tuple[QualityScore, ...] | None = None
    missing_shots: tuple[MissingShot, ...] | None = None
    coverage: Coverage | None = None
    selects: tuple[dict[str, Any], ...] | None = None
    selection_reasons: tuple[SelectionReason, ...] | None = None
    duplicate_groups: tuple[DuplicateGroup, ...] | None = None
    warnings: tuple[Caution, ...] = ()
    assumptions: tuple[str, ...] = ()


class MediaAnswer(MediaAnalysis, frozen=True, kw_only=True, omit_defaults=True):
    """An analysis as it is answered."""

    cached: bool
    calculated_at: datetime
    input_hash: str

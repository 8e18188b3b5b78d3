"""What is accepted in the fields of media rows, and as what."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_args
from zoneinfo import ZoneInfo

import msgspec

from insights.analysis.rows import Cautions, read_fields, spellings
from insights.analysis.values import (
    OddError,
    Reader,
    choice,
    due,
    fold,
    instant,
    items,
    mapping,
    number,
    shown,
    text,
    texts,
    truth,
)
from insights.schemas.base import MAX_COUNT
from insights.schemas.logistics import Priority
from insights.schemas.logistics import Status as SampleStatus
from insights.schemas.media import (
    MAX_QUANTITY,
    MAX_SELECTS,
    Angle,
    AssetStatus,
    Background,
    Box,
    Brand,
    DeliverySpec,
    Features,
    GalleryAsset,
    Metrics,
    Orientation,
    ShotStatus,
    Swatch,
)

MAX_SWATCHES = 16
MAX_BYTES = 10**12

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


def _words(values: Iterable[str], **synonyms: str) -> dict[str, str]:
    """List the values by themselves, folded, and by their synonyms."""
    words = {spelling: value for value in values for spelling in (value, fold(value))}
    return words | {fold(word): value for value, line in synonyms.items() for word in line.split()}


STATUS_WORDS = _words(
    get_args(AssetStatus),
    uploading="upload_pending queued",
    processing="ingesting importing",
    uploaded="new captured ready imported available",
    pending_review="pending review in_review to_review submitted",
    approved="accepted final selected published ok",
    rejected="declined killed no",
    archived="deleted removed trashed",
)
ANGLE_WORDS = _words(
    get_args(Angle),
    front="frontal face fr front_view",
    back="rear bk back_view",
    side="profile left right lateral side_view left_side right_side",
    three_quarter="threequarters 3/4 34 quarter",
    detail="det detail_view macro",
    flat_lay="flat laydown flatlay",
    ghost="ghost_mannequin invisible_mannequin hollow",
    on_model="model worn",
    full_length="full full_body fulllook head_to_toe",
    close_up="closeup cu",
    swatch="fabric material",
    video="clip movie",
)
ORIENTATION_WORDS = _words(
    get_args(Orientation), portrait="vertical", landscape="horizontal", square="1:1"
)
SHOT_STATUS_WORDS = _words(
    get_args(ShotStatus),
    planned="open pending to_do todo awaiting not_started",
    in_progress="shooting on_set started",
    captured="shot done complete completed photographed",
    approved="accepted final delivered",
    cancelled="canceled dropped void",
)
PRIORITY_WORDS = _words(get_args(Priority))
SAMPLE_STATUS_WORDS = _words(get_args(SampleStatus))


def _hex(value: Any, zone: ZoneInfo) -> str:
    digits = text(value, zone).strip().removeprefix("#")
    if len(digits) == len("rgb"):
        digits = "".join(digit * 2 for digit in digits)
    return _converted({"hex": f"#{digits}"}, Swatch, "a colour #rrggbb").hex or ""


def _swatch(value: Any, zone: ZoneInfo) -> Swatch:
    """Read `#rrggbb`, or an object with hex or lab and perhaps share and name."""
    if isinstance(value, str):
        return Swatch(hex=_hex(value, zone))
    row = mapping(value, zone)
    fields: dict[str, Any] = {}
    if isinstance(row.get("lab"), list):
        fields = {"lab": row["lab"]}
    elif row.get("hex") is not None:
        fields = {"hex": _hex(row["hex"], zone)}
    if row.get("share") is not None:
        fields["share"] = _part(_fraction, row["share"], zone)
    if isinstance(row.get("name"), str):
        fields["name"] = row["name"]
    return _converted(fields, Swatch, "a colour with hex or lab")


def _swatches(value: Any, zone: ZoneInfo) -> tuple[Swatch, ...]:
    kept: list[Swatch] = []
    for item in items(value)[:MAX_SWATCHES]:
        try:
            kept.append(_swatch(item, zone))
        except OddError:
            continue
    if len(kept) < len(value):
        message = f"{len(value) - len(kept)} left out: hex or lab wanted, {MAX_SWATCHES} at most"
        raise OddError("bad_color", message, tuple(kept))
    return tuple(kept)


def _palette(value: Any, zone: ZoneInfo) -> tuple[Swatch, ...]:
    """Read a list of colours, or an object {name: colour}."""
    if isinstance(value, dict):
        value = [
            {"name": name, **(colour if isinstance(colour, dict) else {"hex": colour})}
            for name, colour in value.items()
        ]
    return _swatches(value, zone)


def _background(value: Any, zone: ZoneInfo) -> Background:
    swatch = _swatch(value, zone)
    tolerance = value.get("tolerance") if isinstance(value, dict) else None
    if tolerance is None:
        return Background(swatch=swatch)
    try:
        return Background(swatch=swatch, tolerance=_points(tolerance, zone))
    except OddError as odd:
        raise OddError(odd.code, odd.message, Background(swatch=swatch)) from None


def _ratio(value: Any, zone: ZoneInfo) -> float:
    """Read `4:5`, `4/5`, `4x5` or a number as width / height."""
    written = text(value, zone).strip().casefold()
    for separator in ":/x":
        width, found, height = written.partition(separator)
        if found:
            try:
                written = str(float(width) / float(height))
            except (ValueError, ZeroDivisionError, OverflowError):
                written = ""
    ratio = _part(_any_number, written, zone)
    return _converted({"aspectRatio": ratio}, Brand, "width / height").aspect_ratio or 1.0


def _fill(value: Any, zone: ZoneInfo) -> tuple[float, float]:
    bounds = items(value)
    if len(bounds) != len(("least", "most")):
        raise OddError("bad_fill", f"[least, most] wanted: {shown(value)}")
    least, most = (_part(_fraction, bound, zone) for bound in bounds)
    return min(least, most), max(least, most)


def _hash(value: Any, zone: ZoneInfo) -> str:
    row = {"id": "hash", "perceptualHash": text(value, zone).strip().removeprefix("0x")}
    return _converted(row, GalleryAsset, "16 hex digits").perceptual_hash or ""


def _part(read: Reader, value: Any, zone: ZoneInfo) -> Any:
    """Read a part of a value: what would replace the part cannot replace the whole."""
    try:
        return read(value, zone)
    except OddError as odd:
        raise OddError(odd.code, odd.message) from None


def _converted(row: dict[str, Any], kind: type[_Struct], wanted: str) -> _Struct:
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        raise OddError("unreadable", f"{wanted} wanted: {error}") from None


def _features(value: Any, zone: ZoneInfo) -> Features:
    return _converted(mapping(value, zone), Features, "stored features")


def _structure(kind: type[_Struct], readers: Mapping[str, Reader]) -> Reader:
    """Make a reader of an object that is read field by field."""
    table = spellings(readers)

    def read(value: Any, zone: ZoneInfo) -> _Struct:
        cautions = Cautions("")
        fields = read_fields(mapping(value, zone), table, zone, "", cautions)
        try:
            found = kind(**fields)
        except TypeError:
            raise OddError("incomplete", f"{', '.join(readers)} wanted") from None
        odd = cautions.all()
        if odd:
            raise OddError(odd[0].code, f"{odd[0].path.strip('.')}: {odd[0].message}", found)
        return found

    return read


def _whole(most: int, least: int = 0) -> Reader:
    within = number(most=most)

    def read(value: Any, zone: ZoneInfo) -> int:
        try:
            found = int(within(value, zone))
        except OddError as odd:
            if odd.instead is not None:
                odd.instead = max(least, int(odd.instead))
            raise
        if found < least:
            raise OddError("too_small", f"taken as {least}: {shown(value)}", least)
        return found

    return read


_points = number(most=100)
_fraction = number(most=1)
_any_number = number(most=MAX_COUNT)
_side = _whole(MAX_COUNT, least=1)
_stars = number(most=5)
_bytes = _whole(MAX_BYTES)

ASSET_READERS: dict[str, Reader] = {
    **dict.fromkeys(
        (
            *("id", "file_name", "color_space", "image_data", "sku", "style_id", "look_id"),
            *("color", "shot_type", "model_id", "sample_id", "shot_id", "color_label"),
            "usage_rights",
        ),
        text,
    ),
    **dict.fromkeys(("skus", "tags"), texts),
    **dict.fromkeys(("width", "height"), _side),
    **dict.fromkeys(("is_select", "release_signed"), truth),
    "bytes": _bytes,
    "captured_at": instant,
    "expires_at": due,
    "color_hex": _hex,
    "angle": choice(ANGLE_WORDS),
    "orientation": choice(ORIENTATION_WORDS),
    "status": choice(STATUS_WORDS),
    "rating": _stars,
    "metrics": _structure(Metrics, dict.fromkeys(Metrics.__struct_fields__, _points)),
    "features": _features,
    "perceptual_hash": _hash,
    "dominant_colors": _swatches,
    "subject_box": _structure(Box, dict.fromkeys(Box.__struct_fields__, _fraction)),
}
ASSET_ALIASES: dict[str, tuple[str, Reader]] = {
    "asset_id": ("id", text),
    "filename": ("file_name", text),
    "file_size": ("bytes", _bytes),
    "taken_at": ("captured_at", instant),
    "colour": ("color", text),
    "phash": ("perceptual_hash", _hash),
    "stars": ("rating", _stars),
}
SPEC_READERS: dict[str, Reader] = {
    **dict.fromkeys(("channel", "background", "format"), text),
    "min_long_side": _side,
    "aspect_ratio": _ratio,
}
SHOT_READERS: dict[str, Reader] = {
    **dict.fromkeys(
        (
            *("id", "sku", "style_id", "look_id", "sample_id", "name", "category", "shot_type"),
            *("color", "model_id", "background", "notes"),
        ),
        text,
    ),
    "asset_ids": texts,
    "angle": choice(ANGLE_WORDS),
    "orientation": choice(ORIENTATION_WORDS),
    "quantity": _whole(MAX_QUANTITY),
    "priority": choice(PRIORITY_WORDS | {"hero": "hero"}),
    "is_hero": truth,
    "required": truth,
    "due_at": due,
    "delivery_spec": _structure(DeliverySpec, SPEC_READERS),
    "status": choice(SHOT_STATUS_WORDS),
    "sample_status": choice(SAMPLE_STATUS_WORDS),
    "min_quality": _points,
}
SHOT_ALIASES: dict[str, tuple[str, Reader]] = {
    "shot_id": ("id", text),
    "due_date": ("due_at", due),
    "colour": ("color", text),
    "title": ("name", text),
}
OPTION_READERS: dict[str, Reader] = {
    "select_count": _whole(MAX_SELECTS),
    "select_per_look": _whole(MAX_SELECTS, least=1),
    "variety": _fraction,
    "min_quality": _points,
}
BRAND_READERS: dict[str, Reader] = {
    "palette": _palette,
    "background": _background,
    "aspect_ratio": _ratio,
    "fill": _fill,
    "min_long_side": _side,
    "max_cast": number(most=1000),
}

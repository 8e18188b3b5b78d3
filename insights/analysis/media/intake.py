"""Lenient reading of assets, shot lines, brands and options: one odd row or field never refuses a list.

Well-formed rows are converted by msgspec at C speed. Only a row that it refuses, or that uses
another spelling, is read field by field.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import force_setattr

from insights.analysis.media.readers import (
    ANGLE_WORDS,
    ASSET_ALIASES,
    ASSET_READERS,
    BRAND_READERS,
    OPTION_READERS,
    ORIENTATION_WORDS,
    PRIORITY_WORDS,
    SAMPLE_STATUS_WORDS,
    SHOT_ALIASES,
    SHOT_READERS,
    SHOT_STATUS_WORDS,
    SPEC_READERS,
    STATUS_WORDS,
)
from insights.analysis.rows import Cautions, Spellings, by_id, read_fields, spellings, unfolded
from insights.analysis.values import Reader, fold, shown
from insights.schemas.base import Caution
from insights.schemas.media import Brand, DeliverySpec, GalleryAsset, MediaOptions, ShotItem

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


def read_assets(
    rows: Sequence[Any], *, zone: ZoneInfo, path: str = "assets"
) -> tuple[list[GalleryAsset], list[Caution]]:
    """Read rows in their order; of rows with the same id the last one counts.

    `zone` is that of datetimes without an offset.
    """
    cautions = Cautions(path)
    assets = (
        _with_sent(_ASSETS.convert(row) or _read_asset(row, zone, f"{path}[{n}]", cautions), sent)
        for n, (row, sent) in enumerate(zip(map(unfolded, rows), rows, strict=True))
    )
    return list(by_id(assets, path, cautions).values()), cautions.all()


def _with_sent(asset: GalleryAsset | None, row: Any) -> GalleryAsset | None:
    """Keep what came, which is given back; the picture itself would be given back twelve times over."""
    if asset is not None:
        with_picture = not _PICTURE_KEYS.isdisjoint(row)
        sent = {k: v for k, v in row.items() if k not in _PICTURE_KEYS} if with_picture else row
        force_setattr(asset, "sent", sent)
    return asset


def read_shots(
    rows: Sequence[Any], *, zone: ZoneInfo, path: str = "shotList"
) -> tuple[list[ShotItem], list[Caution]]:
    """Read rows in their order; of rows with the same id the last one counts."""
    cautions = Cautions(path)
    shots = (
        _SHOTS.convert(row) or _read_shot(row, zone, f"{path}[{n}]", cautions)
        for n, row in enumerate(map(unfolded, rows))
    )
    return list(by_id(shots, path, cautions).values()), cautions.all()


def read_brand(
    value: Any, *, zone: ZoneInfo, path: str = "brand"
) -> tuple[Brand | None, list[Caution]]:
    """Read the request's `brand`; None when there is none."""
    return _read_object(value, Brand, _BRAND_SPELLINGS, zone, path)


def read_delivery_spec(
    value: Any, *, zone: ZoneInfo, path: str = "deliverySpec"
) -> tuple[DeliverySpec | None, list[Caution]]:
    """Read the request's `deliverySpec`, what holds for all pictures; None when there is none."""
    return _read_object(value, DeliverySpec, _SPEC_SPELLINGS, zone, path)


def read_options(
    value: Any, *, zone: ZoneInfo, path: str = "options"
) -> tuple[MediaOptions, list[Caution]]:
    """Read the request's `options`; what is absent or unreadable keeps its default."""
    options, cautions = _read_object(value, MediaOptions, _OPTION_SPELLINGS, zone, path)
    return options or MediaOptions(), cautions


def _read_object(
    value: Any,
    kind: type[_Struct],
    table: Spellings,
    zone: ZoneInfo,
    path: str,
) -> tuple[_Struct | None, list[Caution]]:
    cautions = Cautions(path)
    if value is None:
        return None, []
    if not isinstance(value, dict):
        cautions.add(path, "not_an_object", f"left out, no object: {shown(value)}")
        return None, cautions.all()
    return kind(**read_fields(value, table, zone, path, cautions)), cautions.all()


def _read_asset(row: Any, zone: ZoneInfo, path: str, cautions: Cautions) -> GalleryAsset | None:
    fields = _read_row(row, _ASSETS.spellings, zone, path, cautions)
    identity = fields.get("id") or fields.get("file_name")
    if not identity:
        if isinstance(row, dict):
            cautions.add(path, "no_identity", "left out, it has neither id nor fileName")
        return None
    return GalleryAsset(**fields | {"id": identity})


def _read_shot(row: Any, zone: ZoneInfo, path: str, cautions: Cautions) -> ShotItem | None:
    fields = _read_row(row, _SHOTS.spellings, zone, path, cautions)
    if not fields.get("id"):
        if isinstance(row, dict):
            cautions.add(path, "no_identity", "left out, it has no id")
        return None
    if fields.get("priority") == "hero":
        del fields["priority"]
        fields["is_hero"] = True
    return ShotItem(**fields)


def _read_row(
    row: Any,
    table: Spellings,
    zone: ZoneInfo,
    path: str,
    cautions: Cautions,
) -> dict[str, Any]:
    if isinstance(row, dict):
        return read_fields(row, table, zone, path, cautions)
    cautions.add(path, "not_an_object", f"left out, no object: {shown(row)}")
    return {}


class _Rows(msgspec.Struct, frozen=True):
    """How rows of one kind are read at C speed: as they are, or with their words made ours."""

    kind: type[Any]
    spellings: Spellings
    other_names: frozenset[str]
    words: Mapping[str, Mapping[str, str]]

    def convert(self, row: Any) -> Any:
        """Convert a row; None when it has to be read field by field."""
        if type(row) is not dict or not self.other_names.isdisjoint(row):
            return None
        try:
            return msgspec.convert(row, self.kind)
        except msgspec.ValidationError:
            pass
        tidy = {key: value for key, value in row.items() if value is not None and key != "sent"}
        for key, words in self.words.items():
            word = tidy.get(key)
            if type(word) is str:
                tidy[key] = words.get(word) or words.get(fold(word), word)
        try:
            return msgspec.convert(tidy, self.kind)
        except msgspec.ValidationError:
            return None


def _rows(
    kind: type[Any],
    readers: Mapping[str, Reader],
    aliases: Mapping[str, tuple[str, Reader]],
    words: Mapping[str, Mapping[str, str]],
) -> _Rows:
    table = spellings(readers, aliases)
    other_names = frozenset(key for key, spelling in table.items() if not spelling[2])
    return _Rows(kind=kind, spellings=table, other_names=other_names, words=words)


_ASSETS = _rows(
    GalleryAsset,
    ASSET_READERS,
    ASSET_ALIASES,
    {"status": STATUS_WORDS, "angle": ANGLE_WORDS, "orientation": ORIENTATION_WORDS},
)
_SHOTS = _rows(
    ShotItem,
    SHOT_READERS,
    SHOT_ALIASES,
    {
        "status": SHOT_STATUS_WORDS,
        "angle": ANGLE_WORDS,
        "orientation": ORIENTATION_WORDS,
        "priority": PRIORITY_WORDS,
        "sampleStatus": SAMPLE_STATUS_WORDS,
    },
)
_OPTION_SPELLINGS = spellings(OPTION_READERS)
_SPEC_SPELLINGS = spellings(SPEC_READERS)
_BRAND_SPELLINGS = spellings(BRAND_READERS)
_PICTURE_KEYS = frozenset(("imageData", "image_data"))

"""Quality, near duplicates, missing shots and selects of pictures."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from insights.schemas.base import Caution
from insights.schemas.media import (
    Brand,
    DeliverySpec,
    GalleryAsset,
    MediaAnalysis,
    MediaOptions,
    ShotItem,
)


def analyse(
    assets: Sequence[GalleryAsset],
    shots: Sequence[ShotItem],
    *,
    brand: Brand | None = None,
    delivery_spec: DeliverySpec | None = None,
    parts: Collection[str],
    options: MediaOptions,
    now: datetime,
) -> MediaAnalysis:
    """Analyse pictures; `parts` are some of quality, missing and selects.

    The same input and `now` (aware) give the same answer. Pictures that came along are measured;
    that apart, only stored features and given metrics are read.
    """
    # An idle server has none of numpy, OpenCV and scipy in its memory.
    from insights.analysis.media.duplicates import find_duplicates  # noqa: PLC0415 -- numpy
    from insights.analysis.media.explain import explain  # noqa: PLC0415 -- numpy
    from insights.analysis.media.matching import match  # noqa: PLC0415 -- numpy
    from insights.analysis.media.missing import count_coverage, find_missing  # noqa: PLC0415 -- numpy
    from insights.analysis.media.quality import score_quality  # noqa: PLC0415 -- numpy
    from insights.analysis.media.selects import choose_selects  # noqa: PLC0415 -- numpy

    now = now.astimezone(UTC).replace(microsecond=0)
    cautions: list[Caution] = []
    if any(asset.image_data for asset in assets):
        from insights.analysis.media.pixels import with_features  # noqa: PLC0415 -- OpenCV and Pillow

        assets, cautions = with_features(assets)
    quality = score_quality(assets, brand=brand, spec=delivery_spec, now=now)
    found: dict[str, Any] = {}
    assumptions: list[str] = []
    duplicates = (
        find_duplicates(assets, quality.scores) if {"quality", "selects"} & {*parts} else None
    )
    matching = match(shots, assets, quality.scores) if {"missing", "selects"} & {*parts} else None
    if duplicates:
        found["duplicate_groups"] = duplicates.groups
    if duplicates and "quality" in parts:
        found["quality_scores"] = tuple(explain(quality, duplicates.keeper))
        if any(confidence < 1 for confidence in quality.confidence):
            assumptions.append(_GIVEN)
    if matching and "missing" in parts:
        found["missing_shots"] = find_missing(matching, repairable=quality.repairable, now=now)
        found["coverage"] = count_coverage(matching)
        if matching.approximate:
            assumptions.append(_APPROXIMATE)
    if duplicates and matching and "selects" in parts:
        selection = choose_selects(
            assets,
            scores=quality.scores,
            expired=quality.expired,
            keeper=duplicates.keeper,
            covers={
                assets[position].id: shot
                for shot, covered in zip(shots, matching.covered, strict=True)
                for position in covered
            },
            options=options,
        )
        found["selects"] = tuple(
            assets[position].sent | {"selectRank": rank, "qualityScore": quality.scores[position]}
            for rank, position in enumerate(selection.chosen, 1)
        )
        found["selection_reasons"] = selection.reasons
        cautions += selection.warnings
        assumptions += selection.assumptions
    return MediaAnalysis(**found, warnings=tuple(cautions), assumptions=tuple(assumptions))


_GIVEN = "Scores of other tools are taken as they are; pixels would make the answer surer."
_APPROXIMATE = (
    "The shot list is too alike in itself to be matched exactly; it was matched line by line."
)

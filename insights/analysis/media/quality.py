"""Quality of pictures, all at once, from stored features, given metrics and what is known of them.

`explain` makes documents of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from insights.analysis.media.colour import Floats
from insights.analysis.media.factors import (
    BRAND,
    COMPOSITION,
    GATES,
    NOISE,
    SHARPNESS,
    TECHNICAL,
    Columns,
    brand_match,
    composition,
    technical,
)
from insights.schemas.media import Brand, DeliverySpec, Features, GalleryAsset, Metrics

UNKNOWN_SCORE = 50.0  # nothing known: neither a select nor in the way of one
GATED_BELOW, GATE_FLOOR = 40.0, 0.4
RATING_WEIGHT = 0.4
_METRICS = ("sharpness", "exposure", "noise", "contrast", "resolution", "color_cast")


@dataclass(frozen=True)
class Group:
    """Factors that count together; all arrays have a row for each picture.

    `shares` are the factors' shares of the total, `weights` and `scores` those of the group.
    """

    names: tuple[str, ...]
    factor_scores: Floats
    raw: Floats
    shares: Floats
    weights: Floats
    scores: Floats


@dataclass(frozen=True)
class Quality:
    """What is known of the quality of `assets`; `scores` are final, with one decimal."""

    assets: Sequence[GalleryAsset]
    groups: dict[str, Group]
    gates: Floats
    gated: Floats
    scores: list[float]
    confidence: list[float]
    expired: list[bool]

    @property
    def repairable(self) -> list[bool]:
        """Say which pictures are sharp and clean: all else can be retouched."""
        weakest = self.groups["technical"].factor_scores[:, [SHARPNESS, NOISE]].min(axis=1)
        return [bool(score >= GATED_BELOW) for score in weakest]  # NaN is not


def score_quality(
    assets: Sequence[GalleryAsset],
    *,
    brand: Brand | None,
    spec: DeliverySpec | None,
    now: datetime,
) -> Quality:
    brand, spec = brand or Brand(), spec or DeliverySpec()
    expired = [asset.expires_at is not None and asset.expires_at < now for asset in assets]
    seen = np.array([asset.features is not None for asset in assets], np.bool_)
    columns = Columns(assets)
    parts = (
        ("technical", 0.5, TECHNICAL, *technical(columns, brand, spec)),
        ("composition", 0.3, COMPOSITION, *composition(columns)),
        ("brand", 0.2, BRAND, *brand_match(columns, brand, spec, expired)),
    )
    known = np.stack([~np.isnan(scores).all(axis=1) for *_, scores, _ in parts], axis=1)
    weights = known * np.array([weight for _, weight, *_ in parts])
    unknown = ~known.any(axis=1)
    weights[unknown, 0] = 1.0
    weights /= weights.sum(axis=1, keepdims=True)
    groups = {
        name: _group(tuple(table), np.array(list(table.values())), weights[:, i], scores, raw)
        for i, (name, _, table, scores, raw) in enumerate(parts)
    }
    groups["technical"].scores[unknown] = UNKNOWN_SCORE
    base = sum((group.weights * group.scores for group in groups.values()), np.zeros(len(assets)))
    weakest = np.nanmin(
        np.column_stack((groups["technical"].factor_scores[:, GATES], np.full(len(assets), 100.0))),
        axis=1,
    )
    gates = GATE_FLOOR + (1 - GATE_FLOOR) * np.minimum(1, weakest / GATED_BELOW)
    gated = base * gates
    ratings = np.array([asset.rating for asset in assets])
    human = (1 - RATING_WEIGHT) * gated + RATING_WEIGHT * 20 * ratings
    final = np.where(ratings > 0, human, gated)
    # Another tool's word counts half: what it measured, and when, is not known.
    sure = sum((group.shares.sum(axis=1) for group in groups.values()), np.zeros(len(assets)))
    confidence = np.where(seen, 1.0, 0.5) * np.minimum(1, sure)
    return Quality(
        assets=assets,
        groups=groups,
        gates=gates,
        gated=gated,
        scores=np.round(final, 1).tolist(),
        confidence=np.round(confidence, 2).tolist(),
        expired=expired,
    )


def as_metrics(features: Features) -> Metrics:
    """Return the scores of a picture of which nothing but its pixels is known."""
    asset = GalleryAsset(id="measured", features=features)
    quality = score_quality([asset], brand=None, spec=None, now=datetime.min.replace(tzinfo=UTC))
    technical, composed = quality.groups["technical"], quality.groups["composition"]
    scores = dict(zip(_METRICS, technical.factor_scores[0].round(1).tolist(), strict=True))
    if composed.weights[0]:
        scores["composition"] = round(float(composed.scores[0]), 1)
    return Metrics(**{name: score for name, score in scores.items() if not math.isnan(score)})


def _group(
    names: tuple[str, ...], table: Floats, weights: Floats, scores: Floats, raw: Floats
) -> Group:
    known = ~np.isnan(scores)
    shares = known * table
    total = shares.sum(axis=1, keepdims=True)
    shares = np.divide(shares, total, out=np.zeros_like(shares), where=total > 0)
    return Group(
        names=names,
        factor_scores=scores,
        raw=raw,
        shares=shares * weights[:, None],
        weights=weights,
        scores=(shares * np.where(known, scores, 0)).sum(axis=1),
    )

"""Selects: the best pictures that also show different things.

f(S) = (1 - v) sum of quality / 100 + v sum over concepts of weight * sqrt(how many of S show it).
A concept is a look, a piece, an angle ...; the square root makes the second picture of one worth
less than the first. f is monotone and submodular, so choosing what brings most, one after the
other, reaches 1 - 1/e of the optimum (Nemhauser, Wolsey and Fisher 1978), and a half of it with a
limit for each look.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from insights.analysis.media.codes import Folds
from insights.schemas.base import Caution
from insights.schemas.media import GalleryAsset, MediaOptions, SelectionReason, ShotItem

WEIGHTS = {
    "look": 0.35,
    "piece": 0.30,
    "angle": 0.20,
    "shot type": 0.10,
    "model": 0.10,
    "orientation": 0.05,
    "colour": 0.10,
    "hero shot": 0.50,
}
RELAX_BY = 10.0
_ABOVE_ZERO = 8  # folding drops the minus sign
_HUE = 25.0  # colours without a name count as the same within a cell of L*a*b* of this size
_GREEDY = "Selects are chosen one after the other: at least 63 % of what the best choice is worth."
_HALF = "Selects are chosen one after the other within looks: at least half of what the best choice is worth."


@dataclass(frozen=True)
class Selection:
    """Positions of the selects in order of choice, and why each was chosen."""

    chosen: list[int]
    reasons: tuple[SelectionReason, ...]
    warnings: tuple[Caution, ...]
    assumptions: tuple[str, ...]


def choose_selects(
    assets: Sequence[GalleryAsset],
    *,
    scores: Sequence[float],
    expired: Sequence[bool],
    keeper: Sequence[int],
    covers: Mapping[str, ShotItem],
    options: MediaOptions,
) -> Selection:
    """Choose up to `select_count` pictures; `covers` are the shot lines by asset id.

    What a human selected goes in first, whatever its score. Of near duplicates only the keeper
    can be chosen.
    """
    usable = [
        i
        for i, asset in enumerate(assets)
        if keeper[i] == i and not asset.rejected and not expired[i]
    ]
    preferred = {i for i in usable if assets[i].preferred}
    least = options.min_quality
    pool = [i for i in usable if i in preferred or scores[i] >= least]
    while len(pool) < min(options.select_count, len(usable)) and least > 0:
        least = max(0.0, least - RELAX_BY)
        pool = [i for i in usable if i in preferred or scores[i] >= least]
    warnings = []
    if least < options.min_quality:
        message = f"too few pictures reach {options.min_quality:g}, taken from {least:g} up"
        warnings.append(Caution(path="options.minQuality", code="relaxed", message=message))
    chosen, reasons = _greedy(
        assets, pool, scores=scores, preferred=preferred, covers=covers, options=options
    )
    assumptions = [_HALF if options.select_per_look else _GREEDY]
    left_out = len(preferred.difference(chosen))
    if left_out:
        assumptions.append(f"{left_out} more pictures that people selected did not fit in.")
    return Selection(chosen, tuple(reasons), tuple(warnings), tuple(assumptions))


def _greedy(
    assets: Sequence[GalleryAsset],
    pool: Sequence[int],
    *,
    scores: Sequence[float],
    preferred: set[int],
    covers: Mapping[str, ShotItem],
    options: MediaOptions,
) -> tuple[list[int], list[SelectionReason]]:
    concepts = [_concepts(assets[i], covers.get(assets[i].id)) for i in pool]
    folds = Folds()
    keys = [[(kind, folds[value]) for kind, value in held.items()] for held in concepts]
    numbers = {
        concept: number
        for number, concept in enumerate(sorted({key for row in keys for key in row}))
    }
    # One more than there are concepts: the last stands for none, and brings nothing.
    members = np.full((len(pool), len(WEIGHTS)), len(numbers), np.intp)
    for row, shows in enumerate(keys):
        members[row, : len(shows)] = [numbers[concept] for concept in shows]
    weights = np.array([WEIGHTS[kind] for kind, _ in numbers] + [0.0])
    shown = np.zeros(len(weights), np.intp)
    quality = (1 - options.variety) * np.array([scores[i] for i in pool]) / 100
    gains = options.variety * weights
    open_ = np.ones(len(pool), np.bool_)
    first = np.array([i in preferred for i in pool], np.bool_)
    looks = [folds[held.get("look", "")] for held in concepts]
    per_look: dict[str, int] = {}
    chosen: list[int] = []
    reasons: list[SelectionReason] = []
    while len(chosen) < options.select_count and open_.any():
        allowed = open_ & first if (open_ & first).any() else open_
        worth = np.where(allowed, quality + gains[members].sum(axis=1), -1.0)
        row = int(worth.argmax())
        held = concepts[row]
        fresh = [key[0] for key in keys[row] if not shown[numbers[key]]]
        asset = assets[pool[row]]
        reasons.append(
            SelectionReason(
                asset_id=asset.id,
                rank=len(chosen) + 1,
                quality_gain=round(float(quality[row]), 4),
                variety_gain=round(float(worth[row] - quality[row]), 4),
                covers=tuple(f"{kind} {held[kind]}" for kind in fresh),
                message=_message(asset, scores[pool[row]], held, fresh, covers.get(asset.id)),
            )
        )
        chosen.append(pool[row])
        open_[row] = False
        touched = members[row]
        shown[touched] += 1
        shown[-1] = 0
        gains[touched] = (
            options.variety
            * weights[touched]
            * (np.sqrt(shown[touched] + 1) - np.sqrt(shown[touched]))
        )
        look = looks[row]
        if options.select_per_look and look:
            per_look[look] = per_look.get(look, 0) + 1
            if per_look[look] == options.select_per_look:
                open_ &= np.array([other != look for other in looks], np.bool_)
    return chosen, reasons


def _concepts(asset: GalleryAsset, line: ShotItem | None) -> dict[str, str]:
    """Return what a picture shows, by kind."""
    found = {
        "look": asset.look_id,
        "piece": asset.sku or asset.style_id or asset.sample_id,
        "angle": asset.angle,
        "shot type": asset.shot_type,
        "model": asset.model_id,
        "orientation": asset.orientation,
        "colour": asset.color or _bin(asset),
        "hero shot": line.id if line and line.is_hero else None,
    }
    return {kind: value for kind, value in found.items() if value}


def _bin(asset: GalleryAsset) -> str | None:
    seen = asset.features
    if seen is None:
        return None
    return "/".join(str(round(value / _HUE) + _ABOVE_ZERO) for value in seen.mean_lab)


def _message(
    asset: GalleryAsset,
    score: float,
    held: Mapping[str, str],
    fresh: Sequence[str],
    line: ShotItem | None,
) -> str:
    names = {**held, "hero shot": line.label} if line else held
    parts = [f"Score {score}"]
    if asset.preferred:
        parts.append("chosen by hand")
    told = [f"{kind} {names[kind]}" for kind in fresh if kind != "colour"][:3]
    parts.append(f"first of {', '.join(told)}" if told else "another view of what is shown")
    return "; ".join(parts)

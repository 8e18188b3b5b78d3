"""Missing shots: what of the shot list no picture covers, why, and what to do."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np

from insights.analysis.media.comparing import Pairs
from insights.analysis.media.matching import Matching
from insights.schemas.logistics import Severity
from insights.schemas.media import (
    Coverage,
    GalleryAsset,
    MediaAction,
    MissingReason,
    MissingShot,
    NearestAsset,
    ShotItem,
    Tally,
)

HERO, CRITICAL_PRIORITY, HIGH_PRIORITY, DUE_SOON, NOT_SHOOTABLE, SHARE = (
    0.45,
    0.35,
    0.2,
    0.4,
    0.2,
    0.3,
)
CRITICAL, HIGH, MEDIUM = 70.0, 45.0, 25.0
SOON = timedelta(hours=24)
NEAREST = 3
WORTH_ANOTHER_LOOK = 70.0
_COMPARED = 500_000  # pairs in which the nearest pictures are looked for
_SHOOTABLE = {"received", "on_set", "shot"}
_PRIORITY = {"critical": CRITICAL_PRIORITY, "high": HIGH_PRIORITY}

_REASONS: dict[MissingReason, str] = {
    "not_captured": "no picture of it",
    "wrong_angle": "pictures of other angles only",
    "wrong_color": "pictures of another colour only",
    "below_quality": "the best picture is below the quality wanted",
    "rejected": "the pictures were rejected",
    "spec_mismatch": "the best picture is too small for the delivery",
    "taken_by_other_shot": "the only pictures cover other lines",
}
_ADVICE: dict[MediaAction, str] = {
    "capture": "shoot it",
    "reshoot": "shoot it again",
    "approve_existing": "look at {nearest} again",
    "retouch": "retouch {nearest}",
    "chase_sample": "get the sample first",
}


def find_missing(
    matching: Matching, *, repairable: Sequence[bool], now: datetime
) -> tuple[MissingShot, ...]:
    """List lines that are not covered, the worst first.

    `repairable` says of each picture whether retouching can save it: it is sharp and clean.
    """
    shots = matching.table.shots
    lacking = [
        line
        for line, shot in enumerate(shots)
        if shot.status != "cancelled" and len(matching.covered[line]) < shot.quantity
    ]
    nearest = _nearest(matching, lacking)
    found = [
        _missing(matching, line, nearest.get(line), repairable=repairable, now=now)
        for line in lacking
    ]
    return tuple(sorted(found, key=lambda item: -item.severity_score))


def count_coverage(matching: Matching) -> Coverage:
    """Count the pictures of required lines."""
    counted = [
        (shot, len(covered))
        for shot, covered in zip(matching.table.shots, matching.covered, strict=True)
        if shot.required and shot.status != "cancelled"
    ]
    whole = _tally(counted)
    return Coverage(
        required=whole.required,
        captured=whole.captured,
        missing=whole.missing,
        percent=whole.percent,
        by_category={
            category: _tally(row for row in counted if row[0].category == category)
            for category in sorted({shot.category for shot, _ in counted})
        },
        by_priority={
            priority: _tally(row for row in counted if row[0].priority == priority)
            for priority in ("critical", "high", "normal", "low")
            if any(shot.priority == priority for shot, _ in counted)
        },
        approximate=matching.approximate,
    )


def _tally(rows: Iterable[tuple[ShotItem, int]]) -> Tally:
    required = captured = 0
    for shot, covered in rows:
        required += shot.quantity
        captured += covered
    percent = round(100 * captured / required, 1) if required else 100.0
    return Tally(required=required, captured=captured, missing=required - captured, percent=percent)


class _Near:
    """The pictures nearest to a line that is missing, best first, and what is wrong with each."""

    def __init__(
        self, matching: Matching, pairs: Pairs, places: Sequence[int], taken: set[int]
    ) -> None:
        self.assets = [int(pairs.assets[place]) for place in places]
        self.nearest = []
        self.wrong: list[list[MissingReason]] = []
        for place, position in zip(places, self.assets, strict=True):
            asset = matching.table.assets[position]
            checks: tuple[tuple[MissingReason, bool], ...] = (
                ("wrong_angle", not pairs.angle[place]),
                ("wrong_color", not pairs.color[place]),
                ("rejected", asset.rejected),
                ("below_quality", not pairs.quality[place]),
                ("spec_mismatch", not pairs.size[place]),
                ("taken_by_other_shot", position in taken),
            )
            self.wrong.append([reason for reason, holds in checks if holds])
            shape: list[str] = [] if pairs.shape[place] else ["aspect_ratio"]
            self.nearest.append(
                NearestAsset(
                    asset_id=asset.id,
                    match_score=min(100.0, max(0.0, round(float(pairs.scores[place]), 1))),
                    mismatches=(*self.wrong[-1], *shape),
                )
            )


def _nearest(matching: Matching, lines: Sequence[int]) -> dict[int, _Near]:
    """Return for each line that has candidates the three it fits best and does not have."""
    if not lines:
        return {}
    table = matching.table
    most = max(NEAREST, _COMPARED // len(lines))
    candidates = [table.candidates(line)[:most] for line in lines]
    pairs = table.pairs(lines, candidates)
    taken = {asset for covered in matching.covered for asset in covered}
    order = np.lexsort((-pairs.scores, pairs.lines))
    starts = np.searchsorted(pairs.lines[order], lines)
    found = {}
    for line, start, shown in zip(lines, starts.tolist(), candidates, strict=True):
        own = set(matching.covered[line])
        some = order[start : start + min(len(shown), NEAREST + len(own))].tolist()
        places = [place for place in some if int(pairs.assets[place]) not in own][:NEAREST]
        if places:
            found[line] = _Near(matching, pairs, places, taken)
    return found


def _missing(
    matching: Matching,
    line: int,
    near: _Near | None,
    *,
    repairable: Sequence[bool],
    now: datetime,
) -> MissingShot:
    shot = matching.table.shots[line]
    captured = len(matching.covered[line])
    missing = shot.quantity - captured
    reason: MissingReason = "not_captured"
    if near:
        # A picture with nothing wrong is linked to another line by hand.
        reason = near.wrong[0][0] if near.wrong[0] else "taken_by_other_shot"
    shootable = None if shot.sample_status is None else shot.sample_status in _SHOOTABLE
    action = _action(matching, near, reason, shootable=shootable, repairable=repairable)
    score = _severity_score(shot, missing / shot.quantity, shootable=shootable, now=now)
    wanted = f"{missing} of {shot.quantity}" if shot.quantity > 1 else "missing"
    advice = _ADVICE[action].format(nearest=near.nearest[0].asset_id if near else "")
    return MissingShot(
        shot_id=shot.id,
        name=shot.name,
        sku=shot.sku,
        look_id=shot.look_id,
        angle=shot.angle,
        color=shot.color,
        priority=shot.priority,
        is_hero=shot.is_hero,
        required=shot.required,
        quantity_required=shot.quantity,
        quantity_captured=captured,
        quantity_missing=missing,
        reason=reason,
        severity=_severity(score),
        severity_score=score,
        nearest=tuple(near.nearest) if near else (),
        sample_status=shot.sample_status,
        can_shoot_now=shootable,
        suggested_action=action,
        message=f"{shot.label}: {wanted}, {_REASONS[reason]}; {advice}.",
    )


def _action(
    matching: Matching,
    near: _Near | None,
    reason: MissingReason,
    *,
    shootable: bool | None,
    repairable: Sequence[bool],
) -> MediaAction:
    action: MediaAction = "capture"
    if near and reason in {"rejected", "below_quality", "spec_mismatch"}:
        best = near.assets[0]
        action = "reshoot"
        if reason == "rejected" and _doubtful(
            matching.table.assets[best], matching.table.scores[best]
        ):
            return "approve_existing"
        if reason == "below_quality" and repairable[best]:
            return "retouch"
    return "chase_sample" if shootable is False else action


def _doubtful(asset: GalleryAsset, score: float) -> bool:
    """Say whether a rejection may have been too strict: a status, no word of its own, and a good picture."""
    return asset.status == "rejected" and asset.rating != 1 and score >= WORTH_ANOTHER_LOOK


def _severity_score(
    shot: ShotItem, share: float, *, shootable: bool | None, now: datetime
) -> float:
    due_soon = shot.due_at is not None and shot.due_at <= now + SOON
    factors = (
        HERO * shot.is_hero,
        _PRIORITY.get(shot.priority, 0.0),
        DUE_SOON * due_soon,
        NOT_SHOOTABLE * (shootable is False),
        SHARE * share,
    )
    unharmed = 1.0
    for factor in factors:
        unharmed *= 1 - factor
    return round(100 * (1 - unharmed), 1)


def _severity(score: float) -> Severity:
    if score >= CRITICAL:
        return "critical"
    if score >= HIGH:
        return "high"
    return "medium" if score >= MEDIUM else "low"

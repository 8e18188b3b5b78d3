"""Which samples endanger the shoot, how much, and what to do about it."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from insights.analysis.logistics.readiness import READY
from insights.schemas.logistics import (
    ActionName,
    Blocker,
    Contributions,
    LogisticsOptions,
    Reason,
    Sample,
    Severity,
    Status,
    Substitute,
    SuggestedAction,
)

CRITICAL, HIGH, MEDIUM = 70.0, 45.0, 25.0
MAX_ACTIONS = 3
MAX_SUBSTITUTES = 10

_AT_RISK: frozenset[Status] = frozenset(
    {"awaiting", "in_transit", "delayed", "unknown", "lost", "damaged"}
)
_STATUS_FACTORS: dict[Reason, float] = {
    "lost": 0.60,
    "damaged": 0.50,
    "customs_hold": 0.35,
    "delayed": 0.25,
    "overdue": 0.20,
    "missing_from_send_out": 0.20,
    "eta_after_need": 0.20,
    "no_eta": 0.15,
}
_REASON_PHRASES: dict[Reason, str] = {
    "lost": "lost",
    "damaged": "damaged",
    "customs_hold": "held at customs",
    "delayed": "delayed",
    "overdue": "overdue",
    "missing_from_send_out": "missing from a send-out that has arrived",
    "eta_after_need": "due after it is needed",
    "no_eta": "without an arrival date",
}
_HERO_FACTOR = 0.45
_LATENESS_FACTOR, _LATENESS_HOURS = 0.55, 24.0
_DOWNSTREAM_FACTOR, _DOWNSTREAM_COUNT = 0.30, 5
_SUBSTITUTE_RELIEF = 0.6
_HALF_UP = 1e-9  # a delayed hero is 58.75, which as a binary fraction lies just below
_ASSUMED_ETA = timedelta(hours=24)
_NO_ETA_WINDOW = timedelta(hours=24)
_SAME_DAY_HOURS = 8.0


class _Context(NamedTuple):
    """What one sample's risk depends on besides itself."""

    by_id: Mapping[str, Sample]
    look_needs: Mapping[str, datetime]  # the earliest moment a piece of the look is needed
    arrived_with: frozenset[str]  # tracking numbers of which a piece has arrived
    shoot_at: datetime | None
    now: datetime


def detect_blockers(
    samples: Sequence[Sample], *, options: LogisticsOptions, now: datetime
) -> tuple[tuple[Blocker, ...], tuple[Blocker, ...]]:
    """Find the samples at risk, worst first.

    Heroes and critical ones are the blockers, the others the watchlist.
    """
    context = _Context(
        by_id={sample.id: sample for sample in samples},
        look_needs=_look_needs(samples),
        arrived_with=frozenset(
            sample.tracking_number
            for sample in samples
            if sample.tracking_number and (sample.status in READY or sample.status == "received")
        ),
        shoot_at=options.shoot_at,
        now=now,
    )
    found = [
        blocker
        for sample in samples
        if sample.status in _AT_RISK and (blocker := _assess(sample, context))
    ]
    found.sort(
        key=lambda item: (
            -item.severity_score,
            not item.is_hero,
            item.needed_at is None,
            item.needed_at or now,
            item.sample_id,
        )
    )
    blockers = tuple(item for item in found if _is_blocker(item))
    return blockers, tuple(item for item in found if not _is_blocker(item))


def _is_blocker(item: Blocker) -> bool:
    return item.is_hero or item.severity_score >= CRITICAL


def _look_needs(samples: Sequence[Sample]) -> dict[str, datetime]:
    needs: dict[str, datetime] = {}
    for sample in samples:
        needed_at = sample.needed_at
        if needed_at:
            for look_id in sample.look_ids:
                if look_id not in needs or needed_at < needs[look_id]:
                    needs[look_id] = needed_at
    return needs


def _needed_at(sample: Sample, context: _Context) -> datetime | None:
    if sample.needed_at or context.shoot_at:
        return sample.needed_at or context.shoot_at
    known = [context.look_needs[look] for look in sample.look_ids if look in context.look_needs]
    return min(known, default=None)


def _reason(sample: Sample, needed_at: datetime | None, context: _Context) -> Reason | None:
    if sample.status == "lost" or sample.status == "damaged":  # noqa: PLR1714 -- a set loses types
        return sample.status
    if sample.status == "unknown" and sample.received_at:
        return None
    if sample.customs_status == "held":
        return "customs_hold"
    if sample.status == "delayed":
        return "delayed"
    return _reason_by_date(sample, needed_at, context)


def _reason_by_date(sample: Sample, needed_at: datetime | None, context: _Context) -> Reason | None:
    if sample.expected_at is None:
        soon = needed_at is not None and context.now > needed_at - _NO_ETA_WINDOW
        return "no_eta" if soon else None
    if sample.expected_at < context.now:
        arrived = sample.tracking_number in context.arrived_with
        return "missing_from_send_out" if arrived else "overdue"
    if needed_at and sample.expected_at + timedelta(minutes=sample.prep_minutes) > needed_at:
        return "eta_after_need"
    return None


def _assess(sample: Sample, context: _Context) -> Blocker | None:
    needed_at = _needed_at(sample, context)
    reason = _reason(sample, needed_at, context)
    if reason is None:
        return None
    now = context.now
    eta_assumed = sample.expected_at is None
    expected_at = sample.expected_at or now + _ASSUMED_ETA
    hours_late = hours_until = None
    if needed_at:
        ready_at = max(expected_at, now) + timedelta(minutes=sample.prep_minutes)
        hours_late = round(max(0.0, _hours(ready_at, needed_at)), 3)
        hours_until = round(_hours(needed_at, now), 3)
    substitutes = _substitutes(sample, context.by_id)
    replaced = any(substitute.ready for substitute in substitutes)
    looks = () if replaced else tuple(dict.fromkeys(sample.look_ids))
    shots = () if replaced else tuple(dict.fromkeys(sample.shot_ids))
    affected = len(looks) + len(shots) + (0 if replaced else len(set(sample.task_ids)))
    score, contributions = score_severity(
        reason,
        is_hero=sample.is_hero,
        hours_late=hours_late or 0.0,
        affected=affected,
        replaced=replaced,
    )
    return Blocker(
        sample_id=sample.id,
        sku=sample.sku,
        name=sample.name,
        category=sample.category,
        status=sample.status,
        is_hero=sample.is_hero,
        reason=reason,
        severity_score=score,
        severity=_severity(score),
        contributions=contributions,
        hours_late=hours_late,
        hours_until_needed=hours_until,
        needed_at=needed_at,
        expected_at=expected_at,
        eta_assumed=eta_assumed,
        affected_look_ids=looks,
        affected_shot_ids=shots,
        affected_count=affected,
        substitutes=substitutes,
        suggested_actions=_suggest(sample, reason, hours_late or 0.0, substitutes),
        rationale=_explain(sample, reason, contributions, hours_late or 0.0, affected),
    )


@lru_cache(maxsize=4096)
def score_severity(
    reason: Reason, *, is_hero: bool, hours_late: float, affected: int, replaced: bool
) -> tuple[float, Contributions]:
    """Score 0..100 as a noisy-OR of four risks, and what each of them adds.

    Bounded, and no factor can lower it; the contributions sum to the score exactly in tenths.
    """
    factors = (
        _HERO_FACTOR if is_hero else 0.0,
        _LATENESS_FACTOR * min(1.0, hours_late / _LATENESS_HOURS),
        _STATUS_FACTORS[reason],
        _DOWNSTREAM_FACTOR * min(1.0, affected / _DOWNSTREAM_COUNT),
    )
    unharmed = math.prod(1 - factor for factor in factors)
    exact_score = 100 * (1 - unharmed) * (_SUBSTITUTE_RELIEF if replaced else 1.0)
    score = round(exact_score + _HALF_UP, 1)
    logs = [math.log1p(-factor) for factor in factors]
    tenths = round(score * 10)
    scale = tenths / sum(logs)
    exact = [log * scale for log in logs]
    parts = [math.floor(part) for part in exact]
    # Largest remainders get the tenths that rounding down left over.
    for index in sorted(range(4), key=lambda i: parts[i] - exact[i])[: tenths - sum(parts)]:
        parts[index] += 1
    hero, lateness, status, downstream = (part / 10 for part in parts)
    return score, Contributions(hero=hero, lateness=lateness, status=status, downstream=downstream)


def _severity(score: float) -> Severity:
    if score >= CRITICAL:
        return "critical"
    if score >= HIGH:
        return "high"
    return "medium" if score >= MEDIUM else "low"


def _substitutes(sample: Sample, by_id: Mapping[str, Sample]) -> tuple[Substitute, ...]:
    """List those in the list, ready ones first; short, because every row repeats it."""
    known = (by_id.get(other) for other in dict.fromkeys(sample.substitute_ids))
    found = [other for other in known if other is not None and other.id != sample.id]
    found.sort(key=lambda other: other.status not in READY)
    return tuple(
        Substitute(sample_id=other.id, status=other.status, ready=other.status in READY)
        for other in found[:MAX_SUBSTITUTES]
    )


def _suggest(
    sample: Sample, reason: Reason, hours_late: float, substitutes: Sequence[Substitute]
) -> tuple[SuggestedAction, ...]:
    label, actions = sample.label, list[SuggestedAction]()

    def add(action: ActionName, text: str, target: str | None = None) -> None:
        actions.append(SuggestedAction(action=action, label=text, target=target))

    ready = next((other for other in substitutes if other.ready), None)
    if ready:
        add("use_substitute", f"Use {ready.sample_id} instead of {label}", ready.sample_id)
    if reason == "lost":
        add("file_loss", f"Report {label} as lost", sample.id)
        if sample.look_ids and not ready:
            add("release_look", f"Restyle {sample.look_ids[0]} without {label}", sample.look_ids[0])
    elif reason == "damaged":
        add("repair", f"Have {label} repaired", sample.id)
    elif reason == "eta_after_need":
        add("rush_courier", f"Ask {sample.carrier or 'the courier'} to speed up {label}", sample.id)
    else:
        supplier = sample.supplier or sample.designer
        add("chase_supplier", f"Chase {supplier or 'the supplier'} for {label}", supplier)
    if 0 < hours_late <= _SAME_DAY_HOURS:
        add("move_to_end_of_day", f"Shoot {label} at the end of the day", sample.id)
    elif hours_late > _SAME_DAY_HOURS:
        add("reschedule_shot", f"Move the shot of {label} to another day", sample.id)
    return tuple(actions[:MAX_ACTIONS])


def _explain(
    sample: Sample,
    reason: Reason,
    contributions: Contributions,
    hours_late: float,
    affected: int,
) -> str:
    dependants = "1 look, shot or task" if affected == 1 else f"{affected} looks, shots and tasks"
    phrases = [
        (contributions.hero, "a hero piece"),
        (contributions.lateness, f"{_readable(hours_late)} h late"),
        (contributions.status, _REASON_PHRASES[reason]),
        (contributions.downstream, f"needed by {dependants}"),
    ]
    largest = sorted((phrase for phrase in phrases if phrase[0] > 0), key=lambda phrase: -phrase[0])
    return f"{sample.label} is {' and '.join(text for _, text in largest[:2])}."


def _readable(hours: float) -> str:
    return f"{hours:.1f}".removesuffix(".0")


def _hours(later: datetime, earlier: datetime) -> float:
    return (later - earlier).total_seconds() / 3600

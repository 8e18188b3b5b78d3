"""What to do next: everything that waits for somebody, by what it endangers and how soon."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from insights.analysis.recommendations.scoring import (
    explain,
    plural,
    points,
    ramp,
    readable,
    share_out,
)
from insights.schemas.base import clip
from insights.schemas.recommendations import Recommendation

Kind = Literal["sample", "task", "shift", "shot", "review", "plan"]

URGENT_HOURS = 72
MOST_DEPENDANTS = 10
DISMISSED_FOR, DISMISSED_FACTOR = timedelta(hours=24), 0.2
_SEVERITY, _CRITICAL, _URGENCY, _UNBLOCKS = 0.6, 0.4, 0.4, 0.3
_KITS: dict[Kind, str] = {
    "sample": "logistics",
    "task": "events",
    "shift": "events",
    "shot": "media",
    "review": "media",
    "plan": "home",
}


@dataclass(frozen=True)
class Candidate:
    """Something that could be done next.

    `severity` is 0..100; `needed_at` is aware, None without a date; `unblocks` counts what waits
    for it; `target` is a route of the app.
    """

    kind: Kind
    id: str
    title: str
    target: str
    severity: float = 0.0
    on_critical_path: bool = False
    needed_at: datetime | None = None
    unblocks: int = 0
    done: bool = False
    dismissed_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


def mark(
    candidates: Iterable[Candidate],
    *,
    done: Collection[str] = (),
    dismissed: Mapping[str, datetime] | None = None,
) -> list[Candidate]:
    """Note by `Candidate.key` what the person has done, and when they put something off."""
    at = dismissed or {}
    return [
        replace(item, done=item.done or item.key in done, dismissed_at=at.get(item.key))
        for item in candidates
    ]


def recommend_next_actions(
    candidates: Sequence[Candidate], *, now: datetime, limit: int, kit_order: Sequence[str] = ()
) -> tuple[Recommendation, ...]:
    """Rank what is not done; of several candidates with one key the highest score counts.

    Ties follow the person's order of kits, then the order given.
    """
    best: dict[str, tuple[float, Candidate]] = {}
    for candidate in candidates:
        if candidate.done:
            continue
        score = score_action(candidate, now)
        if candidate.key not in best or score > best[candidate.key][0]:
            best[candidate.key] = (score, candidate)
    rank = {kit: at for at, kit in reversed(list(enumerate(kit_order)))}
    ranked = sorted(
        best.values(), key=lambda entry: (-entry[0], rank.get(_KITS[entry[1].kind], len(rank)))
    )
    return tuple(_present(candidate, score, now) for score, candidate in ranked[:limit])


def score_action(candidate: Candidate, now: datetime) -> float:
    """Score 0..100 as a noisy-OR: bounded, and no factor can lower it."""
    unharmed = math.prod(1 - factor for factor in _factors(candidate, now).values())
    put_off = DISMISSED_FACTOR if _is_dismissed(candidate, now) else 1.0
    return points((1 - unharmed) * put_off)


def _factors(candidate: Candidate, now: datetime) -> dict[str, float]:
    hours = _hours_until(candidate, now)
    return {
        "severity": _SEVERITY * min(100.0, max(0.0, candidate.severity)) / 100,
        "critical": _CRITICAL if candidate.on_critical_path else 0.0,
        "urgency": 0.0 if hours is None else _URGENCY * ramp(hours, URGENT_HOURS, 0),
        "unblocks": _UNBLOCKS * min(1.0, max(0, candidate.unblocks) / MOST_DEPENDANTS),
    }


def _hours_until(candidate: Candidate, now: datetime) -> float | None:
    if candidate.needed_at is None:
        return None
    return round((candidate.needed_at - now).total_seconds() / 3600, 1)


def _is_dismissed(candidate: Candidate, now: datetime) -> bool:
    at = candidate.dismissed_at
    return at is not None and at <= now < at + DISMISSED_FOR


def _present(candidate: Candidate, score: float, now: datetime) -> Recommendation:
    hours = _hours_until(candidate, now)
    severity = round(min(100.0, max(0.0, candidate.severity)), 1)
    unblocks = max(0, candidate.unblocks)
    logs = {name: -math.log1p(-factor) for name, factor in _factors(candidate, now).items()}
    contributions = share_out(score, logs)
    phrases = {
        "severity": f"severity {readable(severity)} of 100",
        "critical": "on the critical path",
        "urgency": _when(hours),
        "unblocks": f"holds up {plural(unblocks, 'other')}",
    }
    caveats = ("you put it off within the last day",) if _is_dismissed(candidate, now) else ()
    return Recommendation(
        item={
            "id": candidate.id,
            "type": candidate.kind,
            "title": clip(candidate.title),
            "severity": severity,
            "onCriticalPath": candidate.on_critical_path,
            "neededAt": candidate.needed_at,
            "hoursUntilNeeded": hours,
            "unblocks": unblocks,
        },
        score=score,
        rationale=explain(contributions, phrases, caveats) or "Nothing else waits for it.",
        action=candidate.target,
        contributions=contributions,
        caveats=caveats,
    )


def _when(hours: float | None) -> str:
    if hours is None or hours == 0:
        return "needed now"
    if hours < 0:
        return f"needed {plural(-hours, 'hour')} ago"
    return f"needed in {plural(hours, 'hour')}"

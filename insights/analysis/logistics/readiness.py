"""How ready the samples are, now and in the days to come."""

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from operator import attrgetter
from statistics import median
from typing import NamedTuple, get_args

from insights.schemas.logistics import (
    Bottleneck,
    CategoryReadiness,
    ForecastPoint,
    HeroReadiness,
    IncompleteLook,
    Level,
    LogisticsOptions,
    LookReadiness,
    Priority,
    ReadinessReport,
    Sample,
    Status,
)

READY: frozenset[Status] = frozenset({"on_set", "shot"})
_COMING: frozenset[Status] = frozenset({"awaiting", "in_transit", "delayed", "received"})
_CAN_BE_DONE = READY | {"returned"}
STATUSES: tuple[Status, ...] = get_args(Status)
MAX_INCOMPLETE_LOOKS = 50

# Whole numbers keep the sums exact, so that the order of samples cannot change a digit.
_STAGE_PERCENT: dict[Status, int] = {
    "in_transit": 25,
    "delayed": 10,
    "received": 60,
    "on_set": 100,
    "shot": 100,
    "damaged": 10,
}
_HALF_WEIGHTS: dict[Priority, int] = {"critical": 4, "high": 3, "normal": 2, "low": 1}

_LEARN_FROM = 8  # arrivals; fewer say little about a supplier
_MAD_TO_SIGMA = 1.4826  # for normally distributed slips
_LEAST_SIGMA_HOURS = 1.0
_DELAY_HOURS = 24.0
_USUAL_SIGMA_HOURS: dict[Status, float] = {"in_transit": 6.0, "awaiting": 24.0}
_ROOT_2 = math.sqrt(2)
_BAND_SIGMAS = 1.64  # 90 % of a normal distribution
_HORIZONS_HOURS = (0, 24, 48, 72)

_id_of = attrgetter("id")
_traits_of = attrgetter("category", "status", "is_hero", "priority")


def was_shot(sample: Sample) -> bool:
    """Tell whether a sample has been in front of the camera, wherever it is now."""
    return (
        sample.status == "shot"
        or sample.shot_at is not None
        or bool(sample.shots_captured)
        or any(moment.status == "shot" for moment in sample.status_history)
    )


def is_done(sample: Sample) -> bool:
    """Tell whether nothing is left to wait for: ready, or gone back after it was shot."""
    return sample.status in READY or (sample.status == "returned" and was_shot(sample))


def score_readiness(
    samples: Sequence[Sample], *, options: LogisticsOptions, now: datetime
) -> tuple[ReadinessReport, list[str]]:
    """Score readiness and forecast it; the texts are what the forecast assumes."""
    done_ids = {
        sample.id for sample in samples if sample.status in _CAN_BE_DONE and is_done(sample)
    }
    are_done = map(done_ids.__contains__, map(_id_of, samples))
    alike = Counter(zip(map(_traits_of, samples), are_done, strict=True))
    tally = {_Kind(*traits, done): count for (traits, done), count in alike.items()}
    kinds = [(kind, count) for kind, count in tally.items() if kind.status != "cancelled"]
    by_status = _by_status(tally.items())
    total = sum(count for _, count in kinds)
    done = sum(count for kind, count in kinds if kind.done)
    ready = by_status["on_set"] + by_status["shot"]
    heroes = [(kind, count) for kind, count in kinds if kind.is_hero]
    effective_score = _percent(done, total)
    forecast, at_shoot, assumptions = _forecast(
        [sample for sample in samples if sample.status != "cancelled"],
        done_ids,
        options=options,
        now=now,
    )
    report = ReadinessReport(
        total=total,
        excluded=by_status["cancelled"],
        on_set=by_status["on_set"],
        shot=by_status["shot"],
        ready=ready,
        score=_percent(ready, total),
        weighted_score=_weighted_score(kinds),
        effective_score=effective_score,
        level=_level(effective_score, total),
        by_status=by_status,
        by_category=_by_category(tally),
        heroes=HeroReadiness(
            total=_count(heroes),
            ready=_count_ready(heroes),
            score=_percent(_count_ready(heroes), _count(heroes)),
        ),
        looks=_looks(samples, done_ids),
        forecast=forecast,
        forecast_at_shoot=at_shoot,
        ready_by=next(
            (point.at for point in forecast if point.expected_score >= options.target), None
        ),
        bottleneck=_bottleneck(kinds),
    )
    return report, assumptions


class _Kind(NamedTuple):
    """What the scores look at; samples of one kind are counted, not visited again."""

    category: str
    status: Status
    is_hero: bool
    priority: Priority
    done: bool

    @property
    def weight(self) -> int:
        return _HALF_WEIGHTS[self.priority] * (3 if self.is_hero else 1)

    @property
    def stage_percent(self) -> int:
        return 100 if self.done else _STAGE_PERCENT.get(self.status, 0)


_Tally = Iterable[tuple[_Kind, int]]


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _count(tally: _Tally) -> int:
    return sum(count for _, count in tally)


def _count_ready(tally: _Tally) -> int:
    return sum(count for kind, count in tally if kind.status in READY)


def _by_status(tally: _Tally) -> dict[str, int]:
    counts: dict[str, int] = dict.fromkeys(STATUSES, 0)
    for kind, count in tally:
        counts[kind.status] += count
    return counts


def _weighted_score(tally: _Tally) -> float:
    earned = sum(kind.weight * kind.stage_percent * count for kind, count in tally)
    whole = sum(kind.weight * count for kind, count in tally)
    return round(earned / whole, 1) if whole else 0.0


def _level(score: float, total: int) -> Level:
    if not total:
        return "empty"
    if score < 50:  # noqa: PLR2004 -- the thresholds of the levels stand here and nowhere else
        return "critical"
    if score < 75:  # noqa: PLR2004 -- see above
        return "at_risk"
    return "on_track" if score < 95 else "ready"  # noqa: PLR2004 -- see above


def _by_category(tally: Mapping[_Kind, int]) -> tuple[CategoryReadiness, ...]:
    groups: defaultdict[str, list[tuple[_Kind, int]]] = defaultdict(list)
    for kind, count in tally.items():
        groups[kind.category].append((kind, count))
    rows = []
    for category, everything in groups.items():
        group = [(kind, count) for kind, count in everything if kind.status != "cancelled"]
        if not group:
            continue
        heroes = [(kind, count) for kind, count in group if kind.is_hero]
        held = _held_weights(group)
        rows.append(
            CategoryReadiness(
                category=category,
                total=_count(group),
                ready=_count_ready(group),
                score=_percent(_count_ready(group), _count(group)),
                hero_total=_count(heroes),
                hero_ready=_count_ready(heroes),
                by_status=_by_status(everything),
                bottleneck_status=_heaviest(held) if held else None,
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.score, row.category)))


def _held_weights(tally: _Tally) -> Counter[Status]:
    held: Counter[Status] = Counter()
    for kind, count in tally:
        if not kind.done:
            held[kind.status] += kind.weight * count
    return held


def _heaviest(held: Counter[Status]) -> Status:
    return max(held, key=lambda status: (held[status], -STATUSES.index(status)))


def _bottleneck(tally: _Tally) -> Bottleneck | None:
    held = _held_weights(tally)
    if not held:
        return None
    status = _heaviest(held)
    waiting = sum(count for kind, count in tally if not kind.done)
    count = sum(count for kind, count in tally if kind.status == status and not kind.done)
    return Bottleneck(
        status=status,
        count=count,
        share=round(held[status] / held.total(), 4),
        message=f"{count} of {waiting} samples that are not ready are {status.replace('_', ' ')}.",
    )


def _looks(samples: Sequence[Sample], done: AbstractSet[str]) -> LookReadiness:
    """Count a look as ready when all its pieces are, or a ready substitute stands in."""
    looks: set[str] = set()
    missing: defaultdict[str, list[str]] = defaultdict(list)
    for sample in samples:
        look_ids = sample.look_ids
        if not look_ids or sample.status == "cancelled":
            continue
        looks.update(look_ids)
        if sample.id not in done and done.isdisjoint(sample.substitute_ids):
            for look_id in look_ids:
                missing[look_id].append(sample.id)
    incomplete = sorted(
        ((look_id, set(pieces)) for look_id, pieces in missing.items()),
        key=lambda look: (len(look[1]), look[0]),
    )
    ready = len(looks) - len(incomplete)
    return LookReadiness(
        total=len(looks),
        ready=ready,
        score=_percent(ready, len(looks)),
        incomplete=tuple(
            IncompleteLook(look_id=look_id, missing_sample_ids=tuple(sorted(pieces)))
            for look_id, pieces in incomplete[:MAX_INCOMPLETE_LOOKS]
        ),
    )


def _forecast(
    samples: Sequence[Sample], done: AbstractSet[str], *, options: LogisticsOptions, now: datetime
) -> tuple[tuple[ForecastPoint, ...], float | None, list[str]]:
    """Expect the score at some moments, each arrival a normal distribution around its ETA.

    An ETA that has passed without the piece counts as now: it cannot have arrived before.
    """
    if not samples:
        return (), None, []
    slip, assumptions = _learn_slip(samples)
    prepared: list[float] = []  # hours from now until a received piece has been prepared
    arrivals: list[tuple[float, float]] = []  # hours from now: mean and sigma of being ready
    for sample in samples:
        status = sample.status
        if status not in _COMING or sample.id in done:
            continue
        if status == "received":
            since = _hours(sample.received_at, now) if sample.received_at else 0.0
            prepared.append(since + sample.prep_minutes / 60)
        elif sample.expected_at:
            mean, sigma = slip(sample)
            eta = max(_hours(sample.expected_at, now), 0.0)
            arrivals.append((eta + mean + sample.prep_minutes / 60, sigma))
    prepared.sort()

    def expect(hours: float) -> tuple[float, float, float]:
        # The distribution function of the normal distribution, by its complementary error function.
        chances = [0.5 * math.erfc((mean - hours) / (sigma * _ROOT_2)) for mean, sigma in arrivals]
        certain = len(done) + bisect_right(prepared, hours)
        expected = certain + math.fsum(chances)
        spread = _BAND_SIGMAS * math.sqrt(math.fsum([chance * (1 - chance) for chance in chances]))
        scale = 100 / len(samples)
        low = max(0.0, scale * (expected - spread))
        high = min(100.0, scale * (expected + spread))
        return round(scale * expected, 1), round(low, 1), round(high, 1)

    if arrivals:
        assumptions.append("Arrivals are taken as independent; pieces with one courier are not.")
    needed = [sample.needed_at for sample in samples if sample.needed_at and sample.needed_at > now]
    shoot_at = options.shoot_at or min(needed, default=None)
    moments = {now + timedelta(hours=hours) for hours in _HORIZONS_HOURS}
    if shoot_at:
        shoot_at = max(shoot_at, now)
        moments.add(shoot_at)
    points = []
    for at in sorted(moments):
        expected, low, high = expect(_hours(at, now))
        points.append(ForecastPoint(at=at, expected_score=expected, low=low, high=high))
    at_shoot = next((point.expected_score for point in points if point.at == shoot_at), None)
    return tuple(points), at_shoot, assumptions


def _learn_slip(
    samples: Sequence[Sample],
) -> tuple[Callable[[Sample], tuple[float, float]], list[str]]:
    """Learn by how many hours arrivals miss their ETA: median and spread, robust to outliers."""
    everyone: list[float] = []
    by_supplier: defaultdict[str, list[float]] = defaultdict(list)
    for sample in samples:
        if sample.received_at and sample.expected_at:
            hours = _hours(sample.received_at, sample.expected_at)
            everyone.append(hours)
            if sample.supplier:
                by_supplier[sample.supplier].append(hours)
    general = _median_and_sigma(everyone)
    learned = {name: _median_and_sigma(slips) for name, slips in by_supplier.items()}

    def slip(sample: Sample) -> tuple[float, float]:
        known = (learned.get(sample.supplier) if sample.supplier else None) or general
        if sample.status == "delayed":
            return (known[0] if known else 0.0) + _DELAY_HOURS, _DELAY_HOURS
        return known or (0.0, _USUAL_SIGMA_HOURS[sample.status])

    if general is None:
        return slip, []
    text = f"Arrivals slip by {round(general[0], 1)} h (median of {len(everyone)} arrivals)."
    return slip, [text]


def _median_and_sigma(slips: Sequence[float]) -> tuple[float, float] | None:
    if len(slips) < _LEARN_FROM:
        return None
    middle = median(slips)
    deviation = median(abs(slip - middle) for slip in slips)
    return middle, max(_MAD_TO_SIGMA * deviation, _LEAST_SIGMA_HOURS)


def _hours(later: datetime, earlier: datetime) -> float:
    return (later - earlier).total_seconds() / 3600

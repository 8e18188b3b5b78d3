"""In which order to shoot: fewest minutes lost between setups, heroes first."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

from insights.analysis.logistics.readiness import is_done
from insights.analysis.logistics.setups import ATTRIBUTES, Changeovers, StudioSetup, group
from insights.analysis.logistics.timeline import (
    Calendar,
    Piece,
    Stretch,
    Studio,
    Timeline,
    follow,
    lay_out,
)
from insights.schemas.base import Caution
from insights.schemas.logistics import (
    Baseline,
    Batch,
    BatchingPlan,
    DeferredSample,
    LogisticsOptions,
    Method,
    Sample,
    Setup,
)

# Setups up to which the order is exact, and up to which it is searched for; beyond, it is sorted.
MAX_EXACT = 13
MAX_HEURISTIC = 200

_SHOT_MINUTES = {
    "packshot": 6.0,
    "flat_lay": 8.0,
    "ghost": 10.0,
    "on_model": 12.0,
    "detail": 5.0,
    "editorial": 25.0,
    "video": 30.0,
}
_OTHER_SHOT_MINUTES = 8.0
_HERO_RATE = 0.25  # minutes of changeover that one hero waiting a minute less is worth
_ROUNDING = 1e-6
_METHODS: tuple[Method, ...] = ("exact", "heuristic", "sorted")


def plan_batches(
    samples: Sequence[Sample], *, options: LogisticsOptions, now: datetime
) -> tuple[BatchingPlan, list[Caution], list[str]]:
    """Group what can be shot by setup and order the setups; also what was odd and what assumed."""
    calendar = Calendar(options, now)
    pieces: list[Piece] = []
    done: list[str] = []
    deferred: list[DeferredSample] = []
    for position, sample in enumerate(samples):
        if is_done(sample) and sample.status != "on_set":
            done.append(sample.id)
        elif sample.status != "cancelled":
            release = _release(sample, calendar, now)
            if isinstance(release, str):
                deferred.append(_deferred(sample, release))
            else:
                minutes = _minutes_on_set(sample)
                pieces.append(Piece(position, minutes, sample.is_hero, release))
    setups, setup_of = group(samples, pieces)
    changeovers = Changeovers(setups, options)

    studio = partial(
        Studio,
        calendar,
        changeovers.minutes,
        rebuilt=options.start_setup is not None,
        most_minutes=options.max_batch_minutes or math.inf,
    )
    listed = list(zip(setup_of, pieces, strict=True))
    baseline = follow(listed, studio(recorded=False))
    order, method = _order(setups, changeovers, options)
    plan = lay_out([(index, setups[index].pieces) for index in order], studio())
    assumptions = []
    if _lost(plan, changeovers) > _lost(baseline, changeovers) + _ROUNDING:
        plan, method = follow(listed, studio()), "sorted"
        assumptions.append("No order loses less time than the list's own, so that one is kept.")
    if any(samples[piece.position].shot_minutes is None for piece in pieces):
        assumptions.append("Samples without shotMinutes take the usual time of their shot type.")
    report = _Report(samples, setups, calendar, changeovers)
    document = report.write(plan, baseline, method, done=done, deferred=deferred)
    return document, [*_calendar_cautions(options, calendar), *changeovers.cautions()], assumptions


def _release(sample: Sample, calendar: Calendar, now: datetime) -> float | str:
    """Give the working minute from which a sample can be shot, or why it cannot be."""
    if sample.status in {"received", "on_set"}:
        return 0.0
    if sample.status in {"lost", "damaged", "returned"}:
        return sample.status
    if sample.status == "unknown":
        return "unknown_status"
    if sample.customs_status == "held":
        return "customs_hold"
    if sample.status == "awaiting" or sample.expected_at is None or calendar.closes is None:
        return "not_arrived"
    ready_at = max(sample.expected_at, now) + timedelta(minutes=sample.prep_minutes)
    return calendar.working(ready_at) if ready_at < calendar.closes else "arrives_too_late"


def _deferred(sample: Sample, reason: str) -> DeferredSample:
    return DeferredSample(
        sample_id=sample.id,
        status=sample.status,
        reason=reason,
        expected_at=sample.expected_at,
    )


def _minutes_on_set(sample: Sample) -> float:
    if sample.shot_minutes is not None:
        return sample.shot_minutes
    shot_type = (sample.shot_type or "").strip().casefold().replace(" ", "_").replace("-", "_")
    return _SHOT_MINUTES.get(shot_type, _OTHER_SHOT_MINUTES)


def _lost(timeline: Timeline, changeovers: Changeovers) -> float:
    """Add up the minutes in which nothing is shot."""
    last = timeline.last_setup
    back = 0.0 if last is None else changeovers.back(last)
    return timeline.changeover + timeline.idle + back


def _order(
    setups: Sequence[StudioSetup], changeovers: Changeovers, options: LogisticsOptions
) -> tuple[list[int], Method]:
    """Order setups as `hero_first` says; also by which method."""
    everything = list(range(len(setups)))
    heroes = [index for index in everything if setups[index].hero_count]
    if options.hero_first == "off" or not heroes:
        return _path(everything, None, setups, changeovers)
    if options.hero_first == "soft" and len(setups) <= MAX_EXACT:
        return _path(everything, None, setups, changeovers, hero_rate=_HERO_RATE)
    others = [index for index in everything if not setups[index].hero_count]
    first, method = _path(heroes, None, setups, changeovers, closes=not others)
    then, other_method = _path(others, first[-1], setups, changeovers)
    strict = first + then, max(method, other_method, key=_METHODS.index)
    if options.hero_first == "strict":
        return strict
    off = _path(everything, None, setups, changeovers)
    return min(strict, off, key=lambda found: _soft_cost(found[0], setups, changeovers))


def _path(
    indices: Sequence[int],
    before: int | None,
    setups: Sequence[StudioSetup],
    changeovers: Changeovers,
    *,
    closes: bool = True,
    hero_rate: float = 0.0,
) -> tuple[list[int], Method]:
    """Order some setups after the setup `before`; `closes` when nothing follows them."""
    from insights.analysis.logistics.sequencing import Heroes, exact_path, heuristic_path  # noqa: PLC0415 -- numpy: 16 MB

    if len(indices) > MAX_HEURISTIC:
        # Neighbours differ in the cheapest attributes: the costliest one leads.
        costliest = sorted(range(len(ATTRIBUTES)), key=lambda i: -changeovers.rates[i])
        return sorted(
            indices, key=lambda index: [setups[index].attributes[i] or "" for i in costliest]
        ), "sorted"
    minutes = changeovers.minutes
    costs = [[0.0 if a == b else minutes(a, b) for b in indices] for a in indices]
    entry = [minutes(before, index) for index in indices]
    leave = [changeovers.back(index) if closes else 0.0 for index in indices]
    if len(indices) > MAX_EXACT:
        return [indices[i] for i in heuristic_path(costs, entry, leave)], "heuristic"
    waiting = Heroes(
        counts=[setups[index].hero_count for index in indices],
        minutes=[setups[index].hero_minutes for index in indices],
        setup_minutes=[setups[index].minutes for index in indices],
        rate=hero_rate,
    )
    return [indices[i] for i in exact_path(costs, entry, leave, waiting)], "exact"


def _soft_cost(
    order: Sequence[int], setups: Sequence[StudioSetup], changeovers: Changeovers
) -> float:
    """Add to the changeovers what the heroes' waiting costs."""
    minutes = changeovers.minutes
    spent = [minutes(None, order[0]), *(minutes(a, b) for a, b in pairwise(order))]
    clock = waiting = 0.0
    for index, changeover in zip(order, spent, strict=True):
        setup = setups[index]
        waiting += setup.hero_count * (clock + changeover + setup.hero_minutes)
        clock += changeover + setup.minutes
    return sum(spent) + changeovers.back(order[-1]) + _HERO_RATE * waiting


def _calendar_cautions(options: LogisticsOptions, calendar: Calendar) -> list[Caution]:
    if options.day_end_at is None or calendar.closes is not None:
        return []
    message = "the day ends before it starts, so it is taken as open-ended"
    return [Caution(path="options.dayEndAt", code="bad_day", message=message)]


class _Report:
    """Writes timelines as the document of the wire."""

    def __init__(
        self,
        samples: Sequence[Sample],
        setups: Sequence[StudioSetup],
        calendar: Calendar,
        changeovers: Changeovers,
    ) -> None:
        self._samples = samples
        self._setups = setups
        self._calendar = calendar
        self._changeovers = changeovers

    def write(
        self,
        plan: Timeline,
        baseline: Timeline,
        method: Method,
        *,
        done: Sequence[str],
        deferred: Sequence[DeferredSample],
    ) -> BatchingPlan:
        stretches = plan.stretches
        shoot = sum(piece.minutes for stretch in stretches for piece in stretch.pieces)
        changed, changed_before = self._changeover(plan), self._changeover(baseline)
        total, total_before = (
            shoot + changed + plan.idle,
            shoot + changed_before + baseline.idle,
        )
        saved = max(0.0, round(total_before - total, 3))
        heroes_done_minutes, heroes_done_at = self._heroes_done(stretches)
        return BatchingPlan(
            batches=tuple(map(self._batch, range(1, len(stretches) + 1), stretches)),
            sequence=tuple(
                self._samples[piece.position].id
                for stretch in stretches
                for piece in stretch.pieces
            ),
            setup_changes=plan.changes,
            changeover_minutes=round(changed, 3),
            shoot_minutes=round(shoot, 3),
            idle_minutes=round(plan.idle, 3),
            total_minutes=round(total, 3),
            baseline=Baseline(
                setup_changes=baseline.changes,
                changeover_minutes=round(changed_before, 3),
                total_minutes=round(total_before, 3),
            ),
            time_saved_minutes=saved,
            time_saved_percent=min(100.0, round(100 * saved / changed_before, 1))
            if changed_before
            else 0.0,
            heroes_done_at=heroes_done_at,
            heroes_done_minutes=heroes_done_minutes,
            overtime_minutes=round(plan.overtime, 3),
            days_needed=stretches[-1].day + 1 if stretches else 0,
            deferred=tuple(deferred),
            done=tuple(done),
            method=method,
        )

    def _changeover(self, timeline: Timeline) -> float:
        return _lost(timeline, self._changeovers) - timeline.idle

    def _heroes_done(self, stretches: Sequence[Stretch]) -> tuple[float | None, datetime | None]:
        for stretch in reversed(stretches):
            heroes = [place for place, piece in enumerate(stretch.pieces) if piece.is_hero]
            if heroes:
                minutes = sum(piece.minutes for piece in stretch.pieces[: heroes[-1] + 1])
                at = self._calendar.wall(stretch.start + minutes, stretch.day, ends=True)
                return round(stretch.elapsed + minutes, 3), at
        return None, None

    def _batch(self, order: int, stretch: Stretch) -> Batch:
        setup = self._setups[stretch.setup]
        attributes = dict(zip(ATTRIBUTES, setup.attributes, strict=True))
        samples = [self._samples[piece.position] for piece in stretch.pieces]
        hero_ids = tuple(sample.id for sample in samples if sample.is_hero)
        minutes = stretch.end - stretch.start
        return Batch(
            order=order,
            batch_id=f"batch-{order}",
            label=" · ".join(filter(None, setup.attributes)) or setup.name,
            setup_key=setup.name,
            setup=Setup(**attributes),
            sample_ids=tuple(sample.id for sample in samples),
            hero_ids=hero_ids,
            hero_count=len(hero_ids),
            sample_count=len(samples),
            shoot_minutes=round(minutes, 3),
            changeover_minutes=round(stretch.changeover, 3),
            start_at=self._calendar.wall(stretch.start, stretch.day),
            end_at=self._calendar.wall(stretch.end, stretch.day, ends=True),
            start_minutes=round(stretch.elapsed, 3),
            end_minutes=round(stretch.elapsed + minutes, 3),
            day=stretch.day + 1,
        )

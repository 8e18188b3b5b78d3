"""In which order looks go out, and whether the models have time to change between them."""

import math
from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from insights.schemas.base import MAX_LABEL
from insights.schemas.events import (
    ChangeFix,
    ChangeStatus,
    Look,
    LookOrderPolicy,
    QuickChange,
    ShowSettings,
)

_DRESSER_FACTORS = (1.0, 0.7, 0.55)  # of the time that one dresser takes, by one, two, three
_DRESSER_COST = 15.0  # seconds of hold that putting on one more dresser counts as
_MAX_DISTANCE = 30  # places over which a swap is looked for
_MAX_SWAPS = 2_000
_ROUNDING = 1e-6


class Exit(NamedTuple):
    """A look in the designer's order, with its own seconds; `is_fixed` keeps its place."""

    look: Look
    walk: float
    change: float
    is_fixed: bool

    @property
    def needed(self) -> float:
        return self.change_with(self.look.dressers)

    def change_with(self, dressers: int) -> float:
        most = len(_DRESSER_FACTORS)
        return self.change * _DRESSER_FACTORS[min(max(dressers, 1), most) - 1]


class LineUp(NamedTuple):
    """Exits by position: numbers into the designer's order, their seconds, and their holds."""

    exits: list[Exit]
    order: list[int]
    starts: list[float]
    holds: list[float]

    @property
    def hold(self) -> float:
        return math.fsum(self.holds)

    @property
    def moves(self) -> int:
        return sum(position != number for position, number in enumerate(self.order))

    def by_model(self) -> dict[str, list[int]]:
        """List the positions of each model's looks, models in order of their first exit."""
        positions: dict[str, list[int]] = defaultdict(list)
        for position, number in enumerate(self.order):
            model = self.exits[number].look.model_id
            if model is not None:
                positions[model].append(position)
        return dict(positions)

    def at(self, position: int) -> Exit:
        return self.exits[self.order[position]]


def read_exits(looks: Sequence[Look], settings: ShowSettings) -> list[Exit]:
    """Bring looks into the designer's order: by number, those without one last, then as listed."""
    ordered = sorted(looks, key=lambda look: math.inf if look.number is None else look.number)
    return [
        Exit(
            look=look,
            walk=settings.walk_seconds if look.walk_seconds is None else look.walk_seconds,
            change=settings.change_seconds if look.change_seconds is None else look.change_seconds,
            is_fixed=look.locked or look.is_opening or look.is_closing,
        )
        for look in ordered
    ]


def order_looks(
    exits: Sequence[Exit], *, policy: LookOrderPolicy, settings: ShowSettings
) -> LineUp:
    """Order the exits; all policies but `keep` leave time for every change, by a hold if need be.

    `repair` stays near the designer's order, `optimize` lets the model with most looks left go
    first. Of what they find the order with least hold is taken, then the one with fewest moves.
    """
    interval = settings.exit_interval_seconds
    kept = list(range(len(exits)))
    if policy == "keep":
        starts = [position * interval for position in kept]
        return LineUp(list(exits), kept, starts, [0.0] * len(kept))
    found = [_time(exits, kept, interval), _sequence(exits, interval, most_left_first=False)]
    if policy == "optimize":
        found.append(_sequence(exits, interval, most_left_first=True))
    return min(found, key=lambda line_up: (round(line_up.hold, 3), line_up.moves))


def models_needed(exits: Sequence[Exit], settings: ShowSettings) -> int:
    """Count the models that can take turns without anybody ever being late."""
    longest = max((each.walk + each.needed for each in exits), default=0.0)
    return min(len(exits), math.ceil(longest / settings.exit_interval_seconds - _ROUNDING))


def find_changes(
    line_up: LineUp, *, settings: ShowSettings, names: Mapping[str, str]
) -> list[QuickChange]:
    """Report every change of a model by exit; for impossible ones also ways out, cheapest first.

    `names` are those of the models.
    """
    fixer = _Fixer(line_up, settings.exit_interval_seconds, names)
    pairs = [
        (later, earlier)
        for positions in line_up.by_model().values()
        for earlier, later in pairwise(positions)
    ]
    changes = []
    for later, earlier in sorted(pairs):
        first, second = line_up.at(earlier), line_up.at(later)
        available = round(line_up.starts[later] - line_up.starts[earlier] - first.walk, 3)
        needed = round(second.needed, 3)
        slack = round(available - needed, 3)
        status = _status(slack, settings.min_change_slack_seconds)
        fixes = fixer.fixes(earlier, later, -slack) if status == "impossible" else ()
        changes.append(
            QuickChange(
                model_id=first.look.model_id or "",
                from_look_id=first.look.id,
                to_look_id=second.look.id,
                available_seconds=available,
                needed_seconds=needed,
                slack_seconds=slack,
                status=status,
                fixes=tuple(fixes),
            )
        )
    return changes


def _status(slack: float, least: float) -> ChangeStatus:
    if slack < 0:
        return "impossible"
    return "tight" if slack < least else "ok"


# Ordering


def _time(exits: Sequence[Exit], order: Sequence[int], interval: float) -> LineUp:
    """Let exits follow at the interval, each held until its model is ready."""
    starts: list[float] = []
    holds: list[float] = []
    back: dict[str, float] = {}
    for number in order:
        each = exits[number]
        model = each.look.model_id
        start = starts[-1] + interval if starts else 0.0
        ready = back.get(model, -math.inf) + each.needed if model is not None else -math.inf
        # Rounded up, so that the emitted numbers do not show a change as impossible.
        hold = math.ceil((ready - start) * 1000 - _ROUNDING) / 1000 if ready > start else 0.0
        starts.append(start + hold)
        holds.append(hold)
        if model is not None:
            back[model] = starts[-1] + each.walk
    return LineUp(list(exits), list(order), starts, holds)


def _sequence(exits: Sequence[Exit], interval: float, *, most_left_first: bool) -> LineUp:
    """Choose at each exit among the models that are ready; wait only when nobody is."""
    turns = _Turns(exits, interval)
    order: list[int] = []
    start = -interval
    for position in range(len(exits)):
        start += interval
        number = turns.fixed.get(position)
        if number is None:
            number = turns.choose(position, start, most_left_first=most_left_first)
        start += turns.wait(number, start)
        turns.take(number, position, start)
        order.append(number)
    return _time(exits, order, interval)


class _Turns:
    """The looks that have not gone out yet, by model; looks without one are never late."""

    def __init__(self, exits: Sequence[Exit], interval: float) -> None:
        self._exits = exits
        self._interval = interval
        self.fixed = {number: number for number, each in enumerate(exits) if each.is_fixed}
        looks_of = Counter(each.look.model_id for each in exits)
        # A look whose model has no other is never late: one queue for all of them.
        self._models = [
            ""
            if each.look.model_id is None or looks_of[each.look.model_id] == 1
            else each.look.model_id
            for each in exits
        ]
        self._queues: dict[str, deque[int]] = defaultdict(deque)
        self._fixed_of: dict[str, deque[int]] = defaultdict(deque)
        self._left: dict[str, int] = defaultdict(int)
        self._turn: dict[str, int] = {}  # places from one look of a model to its next
        self._back: dict[str, float] = {}
        for number, each in enumerate(exits):
            model = self._models[number]
            (self._fixed_of if each.is_fixed else self._queues)[model].append(number)
            self._left[model] += 1
            places = math.ceil((each.walk + each.needed) / interval - _ROUNDING)
            self._turn[model] = max(places, self._turn.get(model, 0))
        self._several = [model for model in self._left if model]

    def wait(self, number: int, start: float) -> float:
        back = self._back.get(self._models[number])
        return 0.0 if back is None else max(0.0, back + self._exits[number].needed - start)

    def choose(self, position: int, start: float, *, most_left_first: bool) -> int:
        """Take the designer's first look among those ready; models with no place to spare first."""
        looks_left = len(self._exits) - position
        urgent = {
            model
            for model in self._several
            if (self._left[model] - 1) * self._turn[model] + 1 >= looks_left
        }

        heads = sorted(queue[0] for queue in self._queues.values())
        if most_left_first:
            heads.sort(key=lambda number: -self._left[self._models[number]])
        ready = soonest = None
        least = math.inf
        for number in heads:
            delay = self.wait(number, start) + self._squeeze(number, position)
            if delay <= _ROUNDING:
                if not urgent or self._models[number] in urgent:
                    return number
                ready = number if ready is None else ready
            if delay < least:
                soonest, least = number, delay
        chosen = soonest if ready is None else ready
        if chosen is None:
            raise AssertionError("there are as many places as looks")
        return chosen

    def take(self, number: int, position: int, start: float) -> None:
        model = self._models[number]
        queue = self._fixed_of[model] if position in self.fixed else self._queues[model]
        queue.popleft()
        if not queue and queue is self._queues.get(model):
            del self._queues[model]
        self._left[model] -= 1
        if model:
            self._back[model] = start + self._exits[number].walk

    def _squeeze(self, number: int, position: int) -> float:
        """Give the seconds by which the model would be late for its next fixed look."""
        model = self._models[number]
        later = self._fixed_of.get(model)
        if not model or not later:
            return 0.0
        between = (later[0] - position) * self._interval
        return max(0.0, self._exits[number].walk + self._exits[later[0]].needed - between)


# Ways out


class _Fixer:
    """Looks for ways out of impossible changes in an order that keeps the interval."""

    def __init__(self, line_up: LineUp, interval: float, names: Mapping[str, str]) -> None:
        self._line_up = line_up
        self._interval = interval
        self._names = names
        self._positions = line_up.by_model()
        self._swaps = _MAX_SWAPS

    def fixes(self, earlier: int, later: int, missing: float) -> list[ChangeFix]:
        found = [
            self._reassign(earlier, later),
            self._swap(earlier, later),
            self._add_dresser(later, missing),
        ]
        name = self._line_up.at(later).look.label
        seconds = f"{missing:.1f}".removesuffix(".0")
        hold = ChangeFix(type="hold", detail=f"Hold {name} for {seconds} s.", cost_seconds=missing)
        return sorted((fix for fix in (*found, hold) if fix), key=lambda fix: fix.cost_seconds)

    def _reassign(self, earlier: int, later: int) -> ChangeFix | None:
        for position in (later, earlier):
            each = self._line_up.at(position)
            for model in each.look.alt_model_ids:
                if model != each.look.model_id and self._is_free(model, each, position):
                    name = self._names.get(model, model)[:MAX_LABEL]
                    detail = f"Give {each.look.label} to {name}, after a fitting."
                    return ChangeFix(type="reassign", detail=detail, cost_seconds=0.0)
        return None

    def _swap(self, earlier: int, later: int) -> ChangeFix | None:
        """Find the nearest look to change places with that leaves time for all their changes."""
        for distance in range(1, _MAX_DISTANCE + 1):
            for position, other in (
                (later, later + distance),
                (later, later - distance),
                (earlier, earlier - distance),
                (earlier, earlier + distance),
            ):
                if 0 <= other < len(self._line_up.order) and self._can_swap(position, other):
                    one, two = self._line_up.at(position).look, self._line_up.at(other).look
                    detail = f"Swap {one.label} and {two.label}, {distance} places apart."
                    if distance == 1:
                        detail = f"Swap {one.label} and its neighbour {two.label}."
                    return ChangeFix(type="swap", detail=detail, cost_seconds=float(distance))
            if self._swaps <= 0:
                break
        return None

    def _can_swap(self, position: int, other: int) -> bool:
        self._swaps -= 1
        one, two = self._line_up.at(position), self._line_up.at(other)
        if one.is_fixed or two.is_fixed or one.look.model_id == two.look.model_id:
            return False
        return all(
            each.look.model_id is None
            or (
                self._is_free(each.look.model_id, each, to, gone=gone)
                and self._closes_up(each.look.model_id, gone)
            )
            for each, to, gone in ((one, other, position), (two, position, other))
        )

    def _is_free(self, model: str, each: Exit, position: int, gone: int = -1) -> bool:
        """Whether a model has time to change before and after a look put at a position."""
        positions = [at for at in self._near(model, position) if at != gone]
        before = max((at for at in positions if at < position), default=None)
        after = min((at for at in positions if at > position), default=None)
        if position in positions:
            return False
        return (
            before is None or self._has_time(self._line_up.at(before), each, position - before)
        ) and (after is None or self._has_time(each, self._line_up.at(after), after - position))

    def _closes_up(self, model: str, gone: int) -> bool:
        """Whether the looks around one that leaves its place go together."""
        positions = self._positions[model]
        at = bisect_left(positions, gone)
        if not 0 < at < len(positions) - 1:
            return True
        before, after = positions[at - 1], positions[at + 1]
        return self._has_time(self._line_up.at(before), self._line_up.at(after), after - before)

    def _near(self, model: str, position: int) -> list[int]:
        positions = self._positions.get(model, [])
        at = bisect_left(positions, position)
        return positions[max(0, at - 2) : at + 3]

    def _has_time(self, first: Exit, second: Exit, places: int) -> bool:
        return places * self._interval >= first.walk + second.needed - _ROUNDING

    def _add_dresser(self, later: int, missing: float) -> ChangeFix | None:
        each = self._line_up.at(later)
        have = max(1, each.look.dressers)
        for dressers in range(have + 1, len(_DRESSER_FACTORS) + 1):
            if each.needed - each.change_with(dressers) >= missing - _ROUNDING:
                detail = f"Put {dressers} dressers on {each.look.label}."
                cost = _DRESSER_COST * (dressers - have)
                return ChangeFix(type="add_dresser", detail=detail, cost_seconds=cost)
        return None

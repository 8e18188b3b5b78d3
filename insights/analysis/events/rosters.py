"""A proposal for the open positions: as many as can be filled, at the least wages."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from insights.analysis.events.jobs import Job, Roster, preference
from insights.schemas.events import RosterMethod

_DEPTH = 4
_MAX_EVICTED = 2
_MAX_CHECKS = 10_000  # of whether a job fits a person, in the chains of one position
_MAX_ALL_CHECKS = 60_000
_ROUNDS = 3
_MAX_POLISH_CHECKS = 60_000
_MAX_WORK = (
    3e8  # rows squared times columns: a tie-heavy matrix of this size takes a quarter second
)
_ROUNDING = 1e-6


class Fill(NamedTuple):
    """Who takes each position (None = nobody) and each held job, in the order given."""

    holders: list[int | None]
    held_by: list[int | None]
    method: RosterMethod


def fill(
    roster: Roster,
    positions: Sequence[Job],
    candidates: Mapping[int, Sequence[int]],
    *,
    held: Sequence[tuple[int, Job]] = (),
) -> Fill:
    """Fill as many positions as possible, at the least wages that are found.

    `candidates` are those who are qualified and available, by shift. `held` are jobs already in
    the roster that may go to others if that fills a position. The roster ends up holding
    everything. Positions that all overlap are solved exactly.
    """
    filling = _Filling(roster, positions, candidates, held)
    method: RosterMethod = "none"
    if positions and not held and _overlap(positions) and filling.solve():
        method = "exact"
    elif positions:
        filling.cover()
        filling.polish()
        method = "heuristic"
    at = len(positions)
    return Fill(filling.holders[:at], filling.holders[at:], method)


def _overlap(jobs: Sequence[Job]) -> bool:
    return max(job.start for job in jobs) < min(job.end for job in jobs)


class _Filling:
    """Positions, and after them the held jobs, with their holders."""

    def __init__(
        self,
        roster: Roster,
        positions: Sequence[Job],
        candidates: Mapping[int, Sequence[int]],
        held: Sequence[tuple[int, Job]],
    ) -> None:
        self._roster = roster
        self._jobs = [*positions, *(job for _, job in held)]
        self._open = len(positions)
        self._candidates = candidates
        self.holders: list[int | None] = [None] * self._open + [person for person, _ in held]
        self._slot_of = {
            (person, job.shift): self._open + at for at, (person, job) in enumerate(held)
        }
        self._journal: list[tuple[int, int | None]] = []
        self._checks = 0  # left for the chains of the position in hand
        self._all_checks = _MAX_ALL_CHECKS
        # How many of the positions to come each person is a candidate for: the least needed goes first.
        self._wanted = [0] * len(roster.workers)
        for job in positions:
            for person in candidates[job.shift]:
                self._wanted[person] += 1

    def solve(self) -> bool:
        """Fill overlapping positions exactly; False when there are too many."""
        holders = _assign(self._roster, self._jobs, self._candidates)
        if holders is not None:
            self._restore(range(len(holders)), holders)
        return holders is not None

    def cover(self) -> None:
        """Place by start, the scarcest first; where nobody is free, along a chain of moves."""
        order = sorted(
            range(self._open),
            key=lambda slot: (
                self._jobs[slot].start,
                len(self._candidates[self._jobs[slot].shift]),
                slot,
            ),
        )
        for slot in order:
            for person in self._candidates[self._jobs[slot].shift]:
                self._wanted[person] -= 1
            self._chain(slot)

    def polish(self) -> None:
        """Solve overlapping positions anew with all others fixed, and try the empty ones again."""
        cliques = _cliques(self._jobs[: self._open])
        checks = _MAX_POLISH_CHECKS
        for _ in range(_ROUNDS):
            improved = False
            for clique in cliques:
                checks -= sum(len(self._candidates[self._jobs[slot].shift]) for slot in clique)
                if checks > 0 and self._is_improvable(clique):
                    improved |= self._resolve(clique)
            hopeless: set[int] = set()
            for slot in range(self._open):
                shift = self._jobs[slot].shift
                if self.holders[slot] is None and shift not in hopeless:
                    filled = self._chain(slot)
                    improved |= filled
                    if not filled:
                        hopeless.add(shift)
            if not improved:
                return

    def _resolve(self, slots: Sequence[int]) -> bool:
        """Fill overlapping slots anew, all others fixed; whether that filled more or costs less."""
        roster = self._roster
        kept = [slot for slot in slots if self._is_movable(slot)]
        before = [self.holders[slot] for slot in kept]
        old_price = 0.0
        for slot, person in zip(kept, before, strict=True):
            if person is not None:
                self._set(slot, None)
                old_price += roster.price(person, self._jobs[slot])
        after = _assign(roster, [self._jobs[slot] for slot in kept], self._candidates)
        improved = False
        if after is not None:
            new_price = sum(
                roster.price(person, self._jobs[slot])
                for slot, person in zip(kept, after, strict=True)
                if person is not None
            )
            more = before.count(None) - after.count(None)
            improved = more > 0 or (more == 0 and new_price < old_price - _ROUNDING)
        self._restore(kept, after if improved and after else before)
        return improved

    def _restore(self, slots: Sequence[int], holders: Sequence[int | None]) -> None:
        for slot, person in zip(slots, holders, strict=True):
            self._set(slot, person)
        self._journal.clear()

    def _is_movable(self, slot: int) -> bool:
        person = self.holders[slot]
        return person is None or self._roster.can_spare(person, self._jobs[slot])

    def _is_improvable(self, clique: Sequence[int]) -> bool:
        return any(
            (person := self.holders[slot]) is None
            or self._roster.workers[person].hourly(self._jobs[slot].role) > 0
            or preference(self._roster.workers[person], self._jobs[slot]) > 0
            for slot in clique
        )

    def _chain(self, slot: int) -> bool:
        given = min(_MAX_CHECKS, self._all_checks)
        self._checks = given
        placed = self._place(slot, _DEPTH, {slot})
        self._all_checks -= given - max(0, self._checks)
        self._journal.clear()
        return placed

    def _place(self, slot: int, depth: int, moving: set[int]) -> bool:
        """Give a slot to somebody free, or to somebody whose own slots others can take."""
        roster, job = self._roster, self._jobs[slot]
        people = self._candidates[job.shift]
        self._checks -= len(people)
        free = [person for person in people if roster.fits(person, job)]
        if free:
            least = min(self._wanted[who] for who in free)
            spare = [who for who in free if self._wanted[who] == least]
            self._set(slot, min(spare, key=lambda who: (roster.price(who, job), who)))
            return True
        if depth == 0:
            return False
        return any(
            self._take_over(slot, person, evicted, depth, moving)
            for person in people
            for evicted in self._evictions(job, person, moving)
        )

    def _evictions(self, job: Job, person: int, moving: set[int]) -> Iterator[list[int]]:
        """List the slots that a person could give away to take a job: what clashes, or any hours."""
        clashes = self._roster.clashes(person, job)
        choices = [clashes] if clashes else [[other] for other in self._roster.taken(person)]
        for given in choices:
            slots = [self._slot_of.get((person, other.shift), -1) for other in given]
            if len(slots) <= _MAX_EVICTED and not any(at < 0 or at in moving for at in slots):
                yield slots

    def _take_over(
        self, slot: int, person: int, evicted: Sequence[int], depth: int, moving: set[int]
    ) -> bool:
        """Let a person take a slot for what they have, if others can take that; else undo it."""
        self._checks -= 1
        if self._checks <= 0:
            return False
        mark = len(self._journal)
        for other in evicted:
            self._set(other, None)
        self._set(slot, person)
        if self._roster.is_sound(person):
            in_hand = moving | set(evicted)
            if all(self._place(other, depth - 1, in_hand) for other in evicted):
                return True
        while len(self._journal) > mark:
            changed, holder = self._journal.pop()
            self._set(changed, holder)
            self._journal.pop()
        return False

    def _set(self, slot: int, person: int | None) -> None:
        job, holder = self._jobs[slot], self.holders[slot]
        self._journal.append((slot, holder))
        if holder is not None:
            self._roster.remove(holder, job)
            del self._slot_of[holder, job.shift]
        if person is not None:
            self._roster.add(person, job)
            self._slot_of[person, job.shift] = slot
        self.holders[slot] = person


def _cliques(jobs: Sequence[Job]) -> list[list[int]]:
    """Split positions into few groups whose members all overlap."""
    cliques: list[list[int]] = []
    closes = -math.inf
    for slot in sorted(range(len(jobs)), key=lambda slot: (jobs[slot].start, slot)):
        if not cliques or jobs[slot].start >= closes:
            cliques.append([])
            closes = math.inf
        cliques[-1].append(slot)
        closes = min(closes, jobs[slot].end)
    return cliques


def _assign(
    roster: Roster, jobs: Sequence[Job], candidates: Mapping[int, Sequence[int]]
) -> list[int | None] | None:
    """Fill jobs of which nobody can take two: most of them, then cheapest; None when too large."""
    prices: dict[int, dict[int, float]] = {}
    for job in jobs:
        if job.shift not in prices:
            prices[job.shift] = {
                person: roster.price(person, job)
                for person in candidates[job.shift]
                if roster.fits(person, job)
            }
    people = sorted({person for row in prices.values() for person in row})
    if not people:
        return [None] * len(jobs)
    if len(jobs) == 1:
        return [min(people, key=lambda person: (prices[jobs[0].shift][person], person))]
    fewer, more = sorted((len(jobs), len(people)))
    if fewer**2 * more > _MAX_WORK:
        return None
    return _solve([prices[job.shift] for job in jobs], people)


def _solve(rows: Sequence[Mapping[int, float]], people: Sequence[int]) -> list[int | None]:
    # A second and 80 MB to import: only rosters with gaps pay for it.
    import numpy as np  # noqa: PLC0415 -- see above
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]  # noqa: PLC0415 -- see above

    # Not infinity: the solver refuses rows that have nothing else. One forbidden pair costs more
    # than everything allowed, so the most positions are filled.
    dearest = max(max(row.values(), default=0.0) for row in rows)
    forbidden = (dearest + 1) * (len(rows) + 1)
    matrix = np.full((len(rows), len(people)), forbidden)
    columns = {person: column for column, person in enumerate(people)}
    for at, row in enumerate(rows):
        for person, price in row.items():
            matrix[at, columns[person]] = price
    holders: list[int | None] = [None] * len(rows)
    for at, column in zip(*map(np.ndarray.tolist, linear_sum_assignment(matrix)), strict=True):
        if people[column] in rows[at]:
            holders[at] = people[column]
    return holders

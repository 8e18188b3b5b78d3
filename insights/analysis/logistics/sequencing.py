"""The cheapest order to visit setups: an asymmetric travelling salesman path.

Never 2-opt here: it reverses stretches, and changeovers cost differently in each direction.
"""

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_STARTS = 10
_RESTARTS, _RESTART_WORK = 3, 90  # small instances are searched from several starts
_SEGMENT_WORK = 400  # setups times the longest segment moved, and
_LONGEST_SEGMENT = 8
_PATIENCE_WORK = 5_000  # setups times kicks in a row without gain: they bound large instances
_MOST_KICKS = 1_500
_WINDOW = 60  # setups that one kick may touch
_GAIN = 1e-9  # smaller improvements are rounding

_Matrix = npt.NDArray[np.float64]
_Tour = npt.NDArray[np.int64]


class Heroes(NamedTuple):
    """What the heroes' waiting costs: `rate` for each minute until each of them is shot.

    By setup: how many heroes it holds, how long they take, and how long the whole setup takes.
    """

    counts: Sequence[float]
    minutes: Sequence[float]
    setup_minutes: Sequence[float]
    rate: float


def exact_path(
    costs: Sequence[Sequence[float]],
    entry: Sequence[float],
    leave: Sequence[float],
    heroes: Heroes | None = None,
) -> list[int]:
    """Order a dozen setups optimally (Held & Karp 1962): time and space double with each more.

    `entry` and `leave` are what the first and the last setup cost. How many heroes still wait
    depends only on which setups are done, so with `heroes` the answer is exact too.
    """
    size = len(entry)
    if not size:
        return []
    zeros = [0.0] * size
    counts, early, whole, rate = heroes or Heroes(zeros, zeros, zeros, 0.0)
    own = np.asarray(counts, dtype=float) * rate
    table = np.asarray(costs, dtype=float)
    subsets = np.arange(1 << size)
    members = (subsets[:, None] >> np.arange(size)) & 1 == 1
    waiting = members @ own

    # cost[s, j]: the least cost of what is left when the setups s are still to do and j is next.
    # Built from the end, it is read from the start, so that ties go to the earlier setup.
    cost = np.full((1 << size, size), np.inf)
    by_size = members.sum(axis=1)
    for left in range(1, size + 1):
        layer = subsets[by_size == left]
        for setup in range(size):
            here = layer[members[layer, setup]]
            after = here ^ (1 << setup)
            work = own[setup] * early[setup] + waiting[after] * whole[setup]
            if left == 1:
                cost[here, setup] = work + leave[setup]
            else:
                step = cost[after] + table[setup] * (1 + waiting[after])[:, None]
                cost[here, setup] = work + step.min(axis=1)

    subset = (1 << size) - 1
    path = [int(np.argmin(cost[subset] + np.asarray(entry) * (1 + waiting[subset])))]
    while len(path) < size:
        subset ^= 1 << path[-1]
        path.append(int(np.argmin(cost[subset] + table[path[-1]] * (1 + waiting[subset]))))
    return path


def heuristic_path(
    costs: Sequence[Sequence[float]], entry: Sequence[float], leave: Sequence[float]
) -> list[int]:
    """Order three or more setups well: patched cycles or nearest neighbours, Or-opt, double-bridge kicks.

    Seed and numbers of kicks are fixed, so the answer is always the same.
    """
    size = len(entry)
    table = _with_ends(costs, entry, leave)
    firsts = sorted(range(1, size + 1), key=lambda node: table[0, node])[:_STARTS]
    tours = [_nearest_neighbours(table, first) for first in firsts]
    if min(_length(table, tour) for tour in tours) > _least_length(table) + _GAIN:
        tours.append(_patched_cycles(table))
    tours.sort(key=lambda tour: _length(table, tour))
    restarts = max(1, min(_RESTARTS, _RESTART_WORK // size))
    moves = _Moves(size + 2)
    generator = random.Random(0)  # noqa: S311 -- a search, no secret
    found = [_search(table, tour, moves, generator, restarts) for tour in tours[:restarts]]
    best = min(found, key=lambda tour: _length(table, tour))
    return [int(node) - 1 for node in best[1:-1]]


def _search(
    table: _Matrix, tour: _Tour, moves: "_Moves", generator: random.Random, restarts: int
) -> _Tour:
    best = moves.improve(table, tour)
    best_length = _length(table, best)
    least = _least_length(table) + _GAIN
    patience = _PATIENCE_WORK // len(table) // restarts
    failures = 0
    for _ in range(_MOST_KICKS // restarts):
        if best_length <= least:
            break
        tour = moves.improve(table, _double_bridge(best, generator))
        length = _length(table, tour)
        failures = 0 if length < best_length - _GAIN else failures + 1
        if length <= best_length:  # drifting along a plateau leaves dead ends
            best, best_length = tour, length
        if failures >= patience:
            break
    return best


def _with_ends(
    costs: Sequence[Sequence[float]], entry: Sequence[float], leave: Sequence[float]
) -> _Matrix:
    """Add the start as node 0 and the end as the last node; setups are 1..n."""
    size = len(entry)
    table = np.zeros((size + 2, size + 2))
    table[1:-1, 1:-1] = costs
    table[0, 1:-1] = entry
    table[1:-1, -1] = leave
    return table


def _length(table: _Matrix, tour: _Tour) -> float:
    return float(table[tour[:-1], tour[1:]].sum())


def _least_length(table: _Matrix) -> float:
    """Give a length that no path beats: a path is a spanning tree, so the least tree (Prim 1957).

    Where few attributes differ it is often reached, and the search can stop.
    """
    inner = table[1:-1, 1:-1]
    links = np.minimum(inner, inner.T)
    near = links[0].copy()
    near[0] = np.inf
    total = float(table[0, 1:-1].min() + table[1:-1, -1].min())
    outside = np.ones(len(near), dtype=bool)
    outside[0] = False
    for _ in range(len(near) - 1):
        node = int(np.argmin(near))
        total += float(near[node])
        outside[node] = False
        near = np.where(outside, np.minimum(near, links[node]), np.inf)
    return total


def _nearest_neighbours(table: _Matrix, start: int) -> _Tour:
    size = len(table) - 2
    distances = table.copy()
    distances[:, [0, -1]] = np.inf
    tour = [0, start]
    for _ in range(size - 1):
        distances[:, tour[-1]] = np.inf
        tour.append(int(np.argmin(distances[tour[-1]])))
    return np.array([*tour, size + 1])


def _patched_cycles(table: _Matrix) -> _Tour:
    """Give all nodes the successors that are cheapest together, then join the cycles (Karp 1979).

    Where minutes differ much that is near the optimum, and far from any nearest neighbours.
    """
    costs = table[:-1, :-1].copy()
    costs[:, 0] = table[:-1, -1]  # one node is the start and the end
    np.fill_diagonal(costs, (costs.max() + 1) * len(costs))
    after = _assignment(costs)
    cycle = np.full(len(costs), -1)
    for first in range(len(costs)):
        node = first
        while cycle[node] < 0:
            cycle[node] = first
            node = int(after[node])
    while cycle.any():
        swapped = costs[:, after]
        own = np.diagonal(swapped)
        change = swapped + swapped.T - own[:, None] - own
        change[cycle[:, None] == cycle] = np.inf
        one, other = divmod(int(change.argmin()), len(costs))
        after[[one, other]] = after[[other, one]]
        low, high = sorted((cycle[one], cycle[other]))
        cycle[cycle == high] = low
    tour = [0]
    while node := int(after[tour[-1]]):
        tour.append(node)
    return np.array([*tour, len(costs)])


def _assignment(costs: _Matrix) -> _Tour:
    """Give each row a column of its own, least in sum: shortest augmenting paths (Jonker & Volgenant 1987).

    scipy has it too, but takes 50 MB of memory and half a second to import.
    """
    size = len(costs)
    row_of, column_of = np.full(size, -1), np.full(size, -1)
    by_row, by_column = np.zeros(size), np.zeros(size)
    for first in range(size):
        reached = np.full(size, np.inf)
        before = np.full(size, first)
        is_open = np.ones(size, dtype=bool)
        row, column, least = first, -1, 0.0
        while row >= 0:
            there = least + costs[row] - by_row[row] - by_column
            nearer = is_open & (there < reached)
            reached[nearer], before[nearer] = there[nearer], row
            column = int(np.where(is_open, reached, np.inf).argmin())
            least = float(reached[column])
            is_open[column] = False
            row = int(row_of[column])
        closed = ~is_open
        closed[column] = False  # it is free, and was reached last
        slack = least - reached[closed]
        by_row[row_of[closed]] += slack
        by_row[first] += least
        by_column[closed] -= slack
        while row != first:
            row = int(before[column])
            row_of[column] = row
            column, column_of[row] = int(column_of[row]), column
    return column_of


class _Moves:
    """Or-opt on tours of one size: move a short segment elsewhere, keeping its direction."""

    def __init__(self, nodes: int) -> None:
        longest = max(1, min(_LONGEST_SEGMENT, _SEGMENT_WORK // nodes, nodes - 3))
        segments = [
            (start, start + length - 1)
            for length in range(1, longest + 1)
            for start in range(1, nodes - length)
        ]
        self._starts, self._ends = np.array(segments).T
        behind = np.arange(nodes - 1)[:, None]
        # A segment cannot go behind a part of itself, and behind its predecessor it stands already.
        self._barred = np.where((behind >= self._starts - 1) & (behind <= self._ends), np.inf, 0.0)

    def improve(self, table: _Matrix, tour: _Tour) -> _Tour:
        """Make the move that gains most, until none gains."""
        starts, ends = self._starts, self._ends
        while True:
            steps = table[tour[:, None], tour]
            edges = np.diagonal(steps, 1)
            removed = steps[starts - 1, ends + 1] - edges[starts - 1] - edges[ends]
            change = steps[:-1, starts] + steps[ends, 1:].T + self._barred
            change += removed
            change -= edges[:, None]
            behind, move = divmod(int(change.argmin()), len(starts))
            if change[behind, move] > -_GAIN:
                return tour
            tour = _moved(tour, int(starts[move]), int(ends[move]) + 1, behind + 1)


def _moved(tour: _Tour, start: int, end: int, place: int) -> _Tour:
    """Move `tour[start:end]` in front of what stands at `place`: exchange two neighbours."""
    low, middle, high = (place, start, end) if place < start else (start, end, place)
    return np.concatenate((tour[:low], tour[middle:high], tour[low:middle], tour[high:]))


def _double_bridge(tour: _Tour, generator: random.Random) -> _Tour:
    """Swap two stretches around a third, near each other: what Or-opt cannot undo in one move."""
    inner = len(tour) - 1
    window = min(_WINDOW, inner)
    first = generator.randrange(1, inner - window + 2)
    one, two, three, four = sorted(generator.sample(range(first, first + window), 4))
    return np.concatenate(
        (tour[:one], tour[three:four], tour[two:three], tour[one:two], tour[four:])
    )

"""Which picture covers which line of the shot list: an assignment of most lines and best matches.

What depends on each other is solved exactly as an assignment problem (Kuhn and Munkres); lists so
alike in themselves that this would take too long are assigned greedily, and the answer says so.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from insights.analysis.media.colour import Floats
from insights.analysis.media.comparing import Flags, Pairs, Positions, Table
from insights.schemas.media import GalleryAsset, ShotItem

MAX_PAIRS = 1_000_000
# The assignment takes rows^2 * columns steps at worst: seconds for thousands of equal lines.
MAX_WORK = 300_000_000


@dataclass(frozen=True)
class Matching:
    """Positions of the pictures that cover each line."""

    table: Table
    covered: list[list[int]]
    approximate: bool


def match(
    shots: Sequence[ShotItem], assets: Sequence[GalleryAsset], scores: Sequence[float]
) -> Matching:
    """Cover as many lines as possible, each picture one of them.

    What people linked (`assetIds`, `shotId`) is fixed first, and their pictures cover nothing else.
    """
    if not shots:
        return Matching(Table((), (), ()), [], approximate=False)
    table = Table(shots, assets, scores)
    covered, linked = _linked(shots, assets, scores)
    wanted = np.array([s.quantity - len(c) for s, c in zip(shots, covered, strict=True)], np.intp)
    wanted[[shot.status == "cancelled" for shot in shots]] = 0
    free = np.array([not asset.rejected for asset in assets], np.bool_)
    free[list(linked)] = False
    open_ = np.flatnonzero(wanted > 0).tolist()
    candidates = [table.candidates(line) for line in open_]
    if sum(map(len, candidates)) > MAX_PAIRS:
        found = _one_by_one(table, open_, wanted, free)
        approximate = True
    else:
        pairs = table.pairs(open_, candidates)
        found, approximate = _assigned(table, pairs, pairs.fits & free[pairs.assets], wanted)
    for line, asset in found:
        covered[line].append(asset)
    return Matching(table, covered, approximate)


def _linked(
    shots: Sequence[ShotItem], assets: Sequence[GalleryAsset], scores: Sequence[float]
) -> tuple[list[list[int]], set[int]]:
    by_id = {asset.id: position for position, asset in enumerate(assets)}
    by_shot = defaultdict(list)
    for position, asset in enumerate(assets):
        if asset.shot_id:
            by_shot[asset.shot_id].append(position)
    covered: list[list[int]] = []
    linked: set[int] = set()
    taken: set[int] = set()
    for shot in shots:
        named = [by_id[id_] for id_ in shot.asset_ids if id_ in by_id]
        links = dict.fromkeys([*named, *by_shot[shot.id]])
        linked.update(links)
        usable = [
            position
            for position in links
            if position not in taken
            and not assets[position].rejected
            and scores[position] >= shot.min_quality
            and shot.status != "cancelled"
        ]
        usable.sort(key=lambda position: (assets[position].status != "approved", -scores[position]))
        covered.append(usable[: shot.quantity])
        taken.update(covered[-1])
    return covered, linked


def _assigned(
    table: Table, pairs: Pairs, usable: Flags, wanted: Positions
) -> tuple[list[tuple[int, int]], bool]:
    """Solve each part of the list that depends on itself alone."""
    lines, assets, scores = pairs.lines[usable], pairs.assets[usable], pairs.scores[usable]
    if not len(lines):
        return [], False
    rivals = np.bincount(assets) > 1
    contested = np.zeros(len(table.shots), np.bool_)
    contested[lines[rivals[assets]]] = True
    alone = ~contested[lines]
    found = _best_of_each(lines[alone], assets[alone], scores[alone], wanted)
    if alone.all():
        return found, False
    lines, assets, scores = lines[~alone], assets[~alone], scores[~alone]
    approximate = False
    work = MAX_WORK
    for part in _parts(lines, assets, len(table.shots)):
        some = _Part(lines[part], assets[part], scores[part], table.weight, wanted)
        if some.work <= work:
            work -= some.work
            found += some.solve()
        else:
            approximate = True
            found += some.greedy()
    return found, approximate


def _parts(lines: Positions, assets: Positions, count: int) -> list[Positions]:
    """Split the pairs where no line and no picture is shared."""
    from scipy.sparse import coo_array  # type: ignore[import-untyped]  # noqa: PLC0415 -- 80 MB, seldom needed
    from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]  # noqa: PLC0415 -- as above

    size = count + int(assets.max()) + 1
    graph = coo_array((np.ones(len(lines), np.int8), (lines, assets + count)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1][lines]
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


class _Part:
    """Lines that compete for pictures: a row for each picture wanted, at most as many as there are.

    The weight of a line counts once for each row, which is more than all matches together: so lines
    are covered first, and matches improved second.
    """

    def __init__(
        self,
        lines: Positions,
        assets: Positions,
        scores: Floats,
        weight: Floats,
        wanted: Positions,
    ) -> None:
        self.lines, self.assets = lines, assets
        held, counts = np.unique(lines, return_counts=True)
        units = np.minimum(wanted[held], counts)
        self.rows = np.repeat(held, units)
        rows = len(self.rows)
        self.values = weight[lines] * rows + scores
        # With n rows in all, a row that does not get one of its n best pictures could have had one.
        order = np.lexsort((-self.values, lines))
        place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        kept = np.sort(order[place < rows])
        self.lines, self.assets, self.values = lines[kept], assets[kept], self.values[kept]
        self.columns = np.unique(self.assets)
        few, many = sorted((rows, len(self.columns)))
        self.work = few * few * many

    def solve(self) -> list[tuple[int, int]]:
        from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]  # noqa: PLC0415 -- 80 MB, seldom needed

        # What does not fit is worth 0 like no picture at all, so a full assignment always exists.
        held, line_rows = np.unique(self.lines, return_inverse=True)
        values = np.zeros((len(held), len(self.columns)))
        values[line_rows, np.searchsorted(self.columns, self.assets)] = self.values
        values = values[np.searchsorted(held, self.rows)]
        rows, columns = linear_sum_assignment(values, maximize=True)
        return [
            (int(self.rows[row]), int(self.columns[column]))
            for row, column in zip(rows, columns, strict=True)
            if values[row, column] > 0
        ]

    def greedy(self) -> list[tuple[int, int]]:
        left = dict(zip(*np.unique(self.rows, return_counts=True), strict=True))
        taken: set[int] = set()
        found = []
        order = np.argsort(-self.values, kind="stable")
        for line, asset in zip(
            self.lines[order].tolist(), self.assets[order].tolist(), strict=True
        ):
            if left[line] and asset not in taken:
                left[line] -= 1
                taken.add(asset)
                found.append((line, asset))
        return found


def _best_of_each(
    lines: Positions, assets: Positions, scores: Floats, wanted: Positions
) -> list[tuple[int, int]]:
    """Give each line its best pictures; nobody else wants them."""
    found = []
    left = wanted.tolist()
    order = np.lexsort((-scores, lines))
    for line, asset in zip(lines[order].tolist(), assets[order].tolist(), strict=True):
        if left[line] > 0:
            left[line] -= 1
            found.append((line, asset))
    return found


def _one_by_one(
    table: Table, lines: Sequence[int], wanted: Positions, free: Flags
) -> list[tuple[int, int]]:
    """Let the lines choose in the order of their weight; lines that are alike are served together."""
    first: dict[Any, int] = {}
    alike = {line: first.setdefault(table.signature(line), line) for line in lines}
    found = []
    ranked = sorted(lines, key=lambda line: (-table.weight[line], alike[line]))
    for like, group in groupby(ranked, key=alike.__getitem__):
        candidates = table.candidates(like)
        pairs = table.pairs([like], [candidates[free[candidates]]])
        usable = np.flatnonzero(pairs.fits)
        best = pairs.assets[usable[np.argsort(-pairs.scores[usable], kind="stable")]]
        start = 0
        for line in group:
            chosen = best[start : start + wanted[line]]
            start += len(chosen)
            found += [(line, asset) for asset in chosen.tolist()]
        free[best[:start]] = False
    return found

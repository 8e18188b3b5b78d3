"""The network of tasks and its two passes (precedence diagram method).

Each link bounds the start of its successor, d being durations: finish to start (FS) by the
predecessor's start + d + lag; SS by start + lag; FF by start + d + lag - d of the successor; SF by
start + lag - d of the successor. Positions are minutes from the start of the plan, with a calendar
those that are worked. (Kelley & Walker 1959; Elmaghraby 1977; Moder, Phillips & Davis 1983.)
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from insights.analysis.events.calendars import TOLERANCE, WorkingHours
from insights.schemas.tasks import LinkType, Task

MAX_CYCLES = 5


# A link: the places in the list of predecessor and successor, whether it leaves from the start and
# whether it leads to the finish, and the lag. A plain tuple, because there are fifty thousand of them.
Link = tuple[int, int, bool, bool, float]

_ENDS: dict[LinkType, tuple[bool, bool]] = {
    "FS": (False, False),
    "SS": (True, False),
    "FF": (False, True),
    "SF": (True, True),
}
_TYPES = {ends: kind for kind, ends in _ENDS.items()}


def link_type(link: Link) -> LinkType:
    return _TYPES[link[2], link[3]]


@dataclass(frozen=True)
class Network:
    """Tasks by their position in the list, and the links between them.

    `links` are those that leave each task, `before` the same by the task they lead to. A cancelled
    task is no work but still carries the order: its FS predecessors come before its successors.
    `order` has every predecessor before its successors; tasks in `looped` are in a cycle and not in
    the order, and links to and from them do not count. `missing` are predecessors that no task is
    called by; `unlinked` tasks have no link that leads to another.
    """

    tasks: Sequence[Task]
    index: dict[str, int]
    links: list[list[Link]]
    before: list[list[Link]]
    order: list[int]
    looped: frozenset[int]
    cycles: list[list[int]]
    missing: list[tuple[int, str]]
    unlinked: list[int]

    @cached_property
    def downstream(self) -> list[int]:
        """Count for each task the tasks that wait for it, directly or not.

        Sets of tasks are the bits of integers: a union is one operation. The last tasks have the
        lowest bits, so that small sets are small integers.
        """
        tasks, links = self.tasks, self.links
        reached = [0] * len(tasks)  # with the task itself
        counts = [0] * len(tasks)
        own = 1
        for task in reversed(self.order):
            bits = 0
            for link in links[task]:
                bits |= reached[link[1]]
            counts[task] = bits.bit_count()
            reached[task] = bits if tasks[task].status == "cancelled" else bits | own
            own <<= 1
        return counts


def build_network(tasks: Sequence[Task]) -> Network:
    """Link tasks (with different ids) and put them in order; cycles are found, not refused."""
    index = {task.id: position for position, task in enumerate(tasks)}
    cancelled = [task.status == "cancelled" for task in tasks]
    links, before, missing, unlinked = _collect_links(tasks, index, cancelled)
    order = _sort(links, before, range(len(tasks)))
    looped: set[int] = set()
    cycles: list[list[int]] = []
    if len(order) < len(tasks):
        for knot in _find_knots(links, set(range(len(tasks))).difference(order)):
            looped |= knot
            if len(cycles) < MAX_CYCLES and not all(cancelled[task] for task in knot):
                cycles.append(_find_cycle(links, knot))
        links = _without(looped, links)
        before = _without(looped, before)
        order = _sort(links, before, [task for task in range(len(tasks)) if task not in looped])
    return Network(tasks, index, links, before, order, frozenset(looped), cycles, missing, unlinked)


def _collect_links(
    tasks: Sequence[Task], index: Mapping[str, int], cancelled: Sequence[bool]
) -> tuple[list[list[Link]], list[list[Link]], list[tuple[int, str]], list[int]]:
    """Read the links by predecessor and by successor; and tell what is missing and who has none."""
    links: list[list[Link]] = [[] for _ in tasks]
    before: list[list[Link]] = [[] for _ in tasks]
    missing: list[tuple[int, str]] = []
    linked = [False] * len(tasks)
    for position, task in enumerate(tasks):
        preceding = before[position]
        for written in task.depends_on:
            predecessor = index.get(written.task_id)
            if predecessor is None:
                missing.append((position, written.task_id))
                continue
            from_start, to_finish = _ENDS[written.type]
            lag = written.lag_minutes
            if cancelled[position]:
                if written.type != "FS":
                    continue
            elif cancelled[predecessor]:
                from_start, to_finish, lag = False, False, 0.0
            else:
                linked[predecessor] = linked[position] = True
            link = (predecessor, position, from_start, to_finish, lag)
            links[predecessor].append(link)
            preceding.append(link)
    if any(cancelled):
        _link_across(linked, links, before, cancelled)
    unlinked = [task for task in range(len(tasks)) if not linked[task] and not cancelled[task]]
    return links, before, missing, unlinked


def _link_across(
    linked: list[bool],
    links: Sequence[Sequence[Link]],
    before: Sequence[Sequence[Link]],
    cancelled: Sequence[bool],
) -> None:
    """Mark what a cancelled task links, if it has links on both sides."""
    for following, preceding, gone in zip(links, before, cancelled, strict=True):
        if gone and following and preceding:
            for link in following:
                linked[link[1]] = True
            for link in preceding:
                linked[link[0]] = True


def _without(looped: Collection[int], links: Sequence[Sequence[Link]]) -> list[list[Link]]:
    return [
        [link for link in each if link[0] not in looped and link[1] not in looped] for each in links
    ]


def _sort(
    links: Sequence[Sequence[Link]], before: Sequence[Sequence[Link]], tasks: Iterable[int]
) -> list[int]:
    """Sort topologically (Kahn 1962), leaving out what is in a cycle or after one."""
    if all(not preceding or max(preceding)[0] < task for task, preceding in enumerate(before)):
        return list(tasks)  # as most plans are listed
    waiting = list(map(len, before))
    order = [task for task in tasks if not waiting[task]]
    for task in order:
        for link in links[task]:
            successor = link[1]
            waiting[successor] = left = waiting[successor] - 1
            if not left:
                order.append(successor)  # the list is the queue
    return order


def _find_knots(links: Sequence[Sequence[Link]], tasks: set[int]) -> list[set[int]]:
    """Find the sets of tasks that are all before one another (Kosaraju), by list position."""
    before: dict[int, list[int]] = {task: [] for task in tasks}
    for task in sorted(tasks):
        for link in links[task]:
            if link[1] in before:
                before[link[1]].append(task)
    left = set(tasks)
    knots = []
    for root in reversed(_finish_searches(links, tasks)):
        if root not in left:
            continue
        left.discard(root)
        knot, todo = {root}, [root]
        while todo:
            found = left.intersection(before[todo.pop()])
            left -= found
            knot |= found
            todo += sorted(found)
        if len(knot) > 1 or root in before[root]:
            knots.append(knot)
    return sorted(knots, key=min)


def _finish_searches(links: Sequence[Iterable[Link]], tasks: set[int]) -> list[int]:
    """List tasks in the order in which a search in depth is done with them."""
    finished: list[int] = []
    unseen = set(tasks)
    for root in sorted(tasks):
        if root not in unseen:
            continue
        unseen.discard(root)
        stack = [(root, iter(links[root]))]
        while stack:
            task, following = stack[-1]
            successor = next((link[1] for link in following if link[1] in unseen), None)
            if successor is None:
                finished.append(task)
                stack.pop()
            else:
                unseen.discard(successor)
                stack.append((successor, iter(links[successor])))
    return finished


def _find_cycle(links: Sequence[Iterable[Link]], knot: set[int]) -> list[int]:
    """Walk back until a task comes again; the cycle begins with its first task in the list."""
    before: dict[int, int] = {}
    for task in sorted(knot):
        for link in links[task]:
            if link[1] in knot:
                before.setdefault(link[1], task)
    walked: dict[int, int] = {}
    task = min(knot)
    while task not in walked:
        walked[task] = len(walked)
        task = before[task]
    cycle = list(walked)[walked[task] :][::-1]
    first = cycle.index(min(cycle))
    return cycle[first:] + cycle[:first]


@dataclass(frozen=True)
class Work:
    """What there is to do, by task: all that the passes know besides the links.

    `earliest` bounds starts from below (minus infinity for cancelled tasks, and the actual start for those
    done); `begun` is the actual start of a task that has one: what waits for its start waits for
    that, while its own start is that of what remains of it.
    """

    duration: list[float]
    variance: list[float]
    earliest: list[float]
    must_start: list[float | None]
    begun: list[float | None]
    done: list[bool]


@dataclass(frozen=True)
class Early:
    """The forward pass; `driver` is the link that decides when a task starts.

    `spread` is the variance of the early finish along the driving path.
    """

    start: list[float]
    finish: list[float]
    driver: list[Link | None]
    spread: list[float]


@dataclass(frozen=True)
class Late:
    """The backward pass; `free_float` is by how much a task can slip without moving another."""

    start: list[float]
    free_float: list[float]


def pass_forward(network: Network, work: Work, *, clock: WorkingHours | None) -> Early:
    """Start every task as early as its links allow.

    `clock` turns lags on the clock into worked minutes; without one they are worked minutes.
    Of several links that decide, the one with the largest variance behind it is the driver (the
    risk of the path is not to be understated), then the one whose predecessor is listed first.
    """
    size = len(network.tasks)
    duration, done = work.duration, work.done
    start, finish = list(work.earliest), [0.0] * size
    begins = [0.0] * size  # for what waits for the start
    driver: list[Link | None] = [None] * size
    start_spread, finish_spread = [0.0] * size, [0.0] * size
    for task in network.order:
        first, minutes = start[task], duration[task]
        deciding = None
        behind = 0.0  # the variance that the driver brings
        for link in () if done[task] else network.before[task]:
            predecessor, _, from_start, to_finish, lag = link
            bound = begins[predecessor] if from_start else finish[predecessor]
            if lag:
                bound = _after(bound, lag, clock, from_start=from_start)
            if to_finish:
                bound -= minutes
            if bound < first - TOLERANCE:
                continue
            spread = (start_spread if from_start else finish_spread)[predecessor]
            if bound > first + TOLERANCE:
                first = bound
            else:
                if deciding and (behind, -deciding[0]) >= (spread, -predecessor):
                    continue
                first = max(bound, first)
            deciding, behind = link, spread
        start[task], driver[task] = first, deciding
        finish[task] = first + minutes
        actual = work.begun[task]
        begins[task] = first if actual is None else actual
        own = behind + work.variance[task]
        if deciding and deciding[3]:  # it ends when it must, and begins a duration earlier
            start_spread[task], finish_spread[task] = own, behind
        else:
            start_spread[task], finish_spread[task] = behind, own
    return Early(start, finish, driver, finish_spread)


def _after(position: float, lag: float, clock: WorkingHours | None, *, from_start: bool) -> float:
    if clock is None:
        return position + lag
    return clock.later(position, lag, from_start=from_start)


def pass_backward(  # noqa: C901 -- one loop, for its speed
    network: Network,
    work: Work,
    early: Early,
    *,
    latest: Sequence[float],
    project_finish: float,
    clock: WorkingHours | None,
) -> Late:
    """Start every task as late as its successors and `latest` (the finish allowed) permit."""
    size = len(network.tasks)
    duration, done = work.duration, work.done
    start, free_float = list(early.start), [0.0] * size
    # When the successor's start becomes real work: a cancelled one only passes the order on.
    wanted = list(early.start)
    for task in reversed(network.order):
        if done[task]:
            continue
        minutes = duration[task]
        has_begun = work.begun[task] is not None
        cancelled = network.tasks[task].status == "cancelled"
        late = math.inf if cancelled else latest[task] - minutes
        room = math.inf if cancelled else project_finish - minutes
        for _, successor, from_start, to_finish, lag in network.links[task]:
            if done[successor] or (from_start and has_begun):
                continue
            bound, need = start[successor], wanted[successor]
            if to_finish:
                bound += duration[successor]
                need += duration[successor]
            if lag:
                bound, need = _before(bound, lag, clock), _before(need, lag, clock)
            if not from_start:
                bound -= minutes
                need -= minutes
            if bound < late:  # noqa: PLR1730 -- for fifty thousand links calls are what takes the time
                late = bound
            if need < room:  # noqa: PLR1730 -- as above
                room = need
        must = work.must_start[task]
        start[task] = late if must is None else min(late, must)
        if cancelled:
            wanted[task] = room
        else:
            free_float[task] = max(0.0, room - early.start[task])
    return Late(start, free_float)


def _before(position: float, lag: float, clock: WorkingHours | None) -> float:
    return position - lag if clock is None else clock.latest(position, lag)


def with_worked_lags(network: Network, work: Work, early: Early, *, clock: WorkingHours) -> Network:
    """Turn lags on the clock into the minutes worked in them, as they fall in the early schedule."""
    links: list[list[Link]] = [[] for _ in network.links]
    before: list[list[Link]] = [[] for _ in network.links]
    for following in network.links:
        for link in following:
            task, successor, from_start, to_finish, lag = link
            at, actual = early.finish[task], work.begun[task]
            if from_start:
                at = early.start[task] if actual is None else actual
            minutes = lag
            if lag and math.isfinite(at):
                minutes = clock.later(at, lag, from_start=from_start) - at
            worked = (task, successor, from_start, to_finish, minutes)
            links[task].append(worked)
            before[successor].append(worked)
    return replace(network, links=links, before=before)

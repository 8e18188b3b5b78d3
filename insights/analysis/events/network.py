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


# A link to a successor: its place in the list, whether the link leaves from the start and whether it
# leads to the finish, and the lag. A plain tuple, because there are fifty thousand of them.
Link = tuple[int, bool, bool, float]

_ENDS: dict[LinkType, tuple[bool, bool]] = {
    "FS": (False, False),
    "SS": (True, False),
    "FF": (False, True),
    "SF": (True, True),
}
_TYPES = {ends: kind for kind, ends in _ENDS.items()}


def link_type(link: Link) -> LinkType:
    return _TYPES[link[1], link[2]]


@dataclass(frozen=True)
class Network:
    """Tasks by their position in the list, and the links between them.

    A cancelled task is no work but still carries the order: its FS predecessors come before its
    successors. `order` has every predecessor before its successors; tasks in `looped` are in a
    cycle and not in the order, and links to and from them do not count. `missing` are predecessors
    that no task is called by; `unlinked` tasks have no link that leads to another.
    """

    tasks: Sequence[Task]
    index: dict[str, int]
    links: list[list[Link]]
    order: list[int]
    looped: frozenset[int]
    cycles: list[list[int]]
    missing: list[tuple[int, str]]
    unlinked: list[int]

    @cached_property
    def downstream(self) -> list[int]:
        """Count for each task the tasks that wait for it, directly or not.

        Sets of tasks are the bits of integers: a union is one operation.
        """
        reached = [0] * len(self.tasks)  # with the task itself
        counts = [0] * len(self.tasks)
        for task in reversed(self.order):
            bits = 0
            for link in self.links[task]:
                bits |= reached[link[0]]
            counts[task] = bits.bit_count()
            reached[task] = bits if self.tasks[task].status == "cancelled" else bits | 1 << task
        return counts


def build_network(tasks: Sequence[Task]) -> Network:
    """Link tasks (with different ids) and put them in order; cycles are found, not refused."""
    index = {task.id: position for position, task in enumerate(tasks)}
    cancelled = [task.status == "cancelled" for task in tasks]
    links, missing, unlinked = _collect_links(tasks, index, cancelled)
    order = _sort(links, range(len(tasks)))
    looped: set[int] = set()
    cycles: list[list[int]] = []
    if len(order) < len(tasks):
        for knot in _find_knots(links, set(range(len(tasks))).difference(order)):
            looped |= knot
            if len(cycles) < MAX_CYCLES and not all(cancelled[task] for task in knot):
                cycles.append(_find_cycle(links, knot))
        links = [
            [] if task in looped else [link for link in following if link[0] not in looped]
            for task, following in enumerate(links)
        ]
        order = _sort(links, [task for task in range(len(tasks)) if task not in looped])
    return Network(tasks, index, links, order, frozenset(looped), cycles, missing, unlinked)


def _collect_links(
    tasks: Sequence[Task], index: Mapping[str, int], cancelled: Sequence[bool]
) -> tuple[list[list[Link]], list[tuple[int, str]], list[int]]:
    """Turn the links around, to successors; and tell what is missing and who has no links."""
    links: list[list[Link]] = [[] for _ in tasks]
    missing: list[tuple[int, str]] = []
    linked = [False] * len(tasks)
    for position, task in enumerate(tasks):
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
            links[predecessor].append((position, from_start, to_finish, lag))
    if any(cancelled):
        _link_across(linked, links, cancelled)
    unlinked = [task for task in range(len(tasks)) if not linked[task] and not cancelled[task]]
    return links, missing, unlinked


def _link_across(
    linked: list[bool], links: Sequence[Sequence[Link]], cancelled: Sequence[bool]
) -> None:
    """Mark what a cancelled task links, if it has links on both sides."""
    entered = {link[0] for following in links for link in following if cancelled[link[0]]}
    for task, following in enumerate(links):
        if cancelled[task]:
            if task in entered:
                for link in following:
                    linked[link[0]] = True
        elif any(cancelled[link[0]] and links[link[0]] for link in following):
            linked[task] = True


def _sort(links: Sequence[Iterable[Link]], tasks: Collection[int]) -> list[int]:
    """Sort topologically (Kahn 1962), leaving out what is in a cycle or after one."""
    waiting = [0] * len(links)
    for following in links:
        for link in following:
            waiting[link[0]] += 1
    order = [task for task in tasks if not waiting[task]]
    for task in order:
        for link in links[task]:
            successor = link[0]
            waiting[successor] -= 1
            if not waiting[successor]:
                order.append(successor)  # the list is the queue
    return order


def _find_knots(links: Sequence[Sequence[Link]], tasks: set[int]) -> list[set[int]]:
    """Find the sets of tasks that are all before one another (Kosaraju), by list position."""
    before: dict[int, list[int]] = {task: [] for task in tasks}
    for task in sorted(tasks):
        for link in links[task]:
            if link[0] in before:
                before[link[0]].append(task)
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
            successor = next((link[0] for link in following if link[0] in unseen), None)
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
            if link[0] in knot:
                before.setdefault(link[0], task)
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
    """The forward pass; `driver` is the predecessor that decides and its link to the task.

    `spread` is the variance of the early finish along the driving path.
    """

    start: list[float]
    finish: list[float]
    driver: list[tuple[int, Link] | None]
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
    duration, begun, done = work.duration, work.begun, work.done
    start, finish = list(work.earliest), [0.0] * size
    driver: list[tuple[int, Link] | None] = [None] * size
    start_spread, finish_spread = [0.0] * size, [0.0] * size
    behind = [0.0] * size  # the variance that the driver brings
    for task in network.order:
        finish[task] = ends = start[task] + duration[task]
        actual = begun[task]
        begins = start[task] if actual is None else actual
        deciding = driver[task]
        own = behind[task] + work.variance[task]
        if deciding and deciding[1][2]:  # it ends when it must, and begins a duration earlier
            start_spread[task], finish_spread[task] = own, behind[task]
        else:
            start_spread[task], finish_spread[task] = behind[task], own
        for link in network.links[task]:
            successor, from_start, to_finish, lag = link
            if done[successor]:
                continue
            bound = begins if from_start else ends
            if lag:
                bound = _after(bound, lag, clock, from_start=from_start)
            if to_finish:
                bound -= duration[successor]
            if bound < start[successor] - TOLERANCE:
                continue
            spread = start_spread[task] if from_start else finish_spread[task]
            if bound <= start[successor] + TOLERANCE:
                known = driver[successor]
                if known and (behind[successor], -known[0]) >= (spread, -task):
                    continue
            driver[successor] = (task, link)
            behind[successor] = spread
            start[successor] = max(bound, start[successor])
    return Early(start, finish, driver, finish_spread)


def _after(position: float, lag: float, clock: WorkingHours | None, *, from_start: bool) -> float:
    if clock is None:
        return position + lag
    return clock.later(position, lag, from_start=from_start)


def pass_backward(
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
    duration, begun, done = work.duration, work.begun, work.done
    start, free_float = list(early.start), [0.0] * size
    # When the successor's start becomes real work: a cancelled one only passes the order on.
    wanted = list(early.start)
    for task in reversed(network.order):
        if done[task]:
            continue
        minutes = duration[task]
        cancelled = network.tasks[task].status == "cancelled"
        late = math.inf if cancelled else latest[task] - minutes
        room = math.inf if cancelled else project_finish - minutes
        for successor, from_start, to_finish, lag in network.links[task]:
            if done[successor] or (from_start and begun[task] is not None):
                continue
            bound, need = start[successor], wanted[successor]
            if to_finish:
                bound += duration[successor]
                need += duration[successor]
            if lag:
                if clock is None:
                    bound -= lag
                    need -= lag
                else:
                    bound, need = clock.latest(bound, lag), clock.latest(need, lag)
            if not from_start:
                bound -= minutes
                need -= minutes
            late = min(late, bound)
            room = min(room, need)
        must = work.must_start[task]
        start[task] = late if must is None else min(late, must)
        if cancelled:
            wanted[task] = room
        else:
            free_float[task] = max(0.0, room - early.start[task])
    return Late(start, free_float)


def with_worked_lags(network: Network, work: Work, early: Early, *, clock: WorkingHours) -> Network:
    """Turn lags on the clock into the minutes worked in them, as they fall in the early schedule."""
    links: list[list[Link]] = []
    for task, following in enumerate(network.links):
        actual = work.begun[task]
        begins = early.start[task] if actual is None else actual
        worked: list[Link] = []
        for successor, from_start, to_finish, lag in following:
            at = begins if from_start else early.finish[task]
            minutes = lag
            if lag and math.isfinite(at):
                minutes = clock.later(at, lag, from_start=from_start) - at
            worked.append((successor, from_start, to_finish, minutes))
        links.append(worked)
    return replace(network, links=links)

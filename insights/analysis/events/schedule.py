"""When each task can and must be done: progress and dates around the passes of the network."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from insights.analysis.events.calendars import TOLERANCE, WorkingHours
from insights.analysis.events.network import (
    Early,
    Late,
    Network,
    Work,
    build_network,
    pass_backward,
    pass_forward,
    with_worked_lags,
)
from insights.analysis.events.risk import expect
from insights.schemas.base import LAST_YEAR
from insights.schemas.tasks import EventTimes, NetworkOptions, Phase, Task

# What is done once the guests are in cannot be measured against the doors.
AFTER_DOORS: frozenset[Phase | None] = frozenset({"show", "teardown", "post"})
_END = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Timeline:
    """Moments and positions, in minutes after the start of the plan: on the clock, and worked."""

    plan_start: datetime
    hours: WorkingHours | None

    def moment(self, at: datetime) -> float:
        return (at - self.plan_start).total_seconds() / 60

    def position(self, at: datetime) -> float:
        moment = self.moment(at)
        return moment if self.hours is None else self.hours.position(moment)

    def finishing(self, position: float) -> float:
        return position if self.hours is None else self.hours.finishing(position)

    def at(self, moment: float) -> datetime | None:
        """Give the moment in whole seconds; None beyond the years we plan for."""
        return self.dates([moment])[moment]

    def dates(self, moments: Iterable[float]) -> dict[float, datetime | None]:
        """Give many moments at once."""
        end, origin, from_timestamp = self.end, self._origin, datetime.fromtimestamp
        return {
            moment: None if moment >= end else from_timestamp(origin + round(moment * 60), UTC)
            for moment in moments
        }

    @cached_property
    def _origin(self) -> int:
        return round(self.plan_start.timestamp())

    @cached_property
    def end(self) -> float:
        """The moment from which on nothing is planned."""
        return self.moment(_END)


@dataclass(frozen=True)
class Moments:
    """Moments by task; they mean something for tasks that are scheduled."""

    early_start: Sequence[float]
    early_finish: Sequence[float]
    late_start: Sequence[float]
    late_finish: Sequence[float]


@dataclass(frozen=True)
class Schedule:
    """The schedule of a network; a task is named by its place in `network.tasks`.

    `scheduled` leaves out tasks that are cancelled or in a cycle. `finish` is the position of the
    last early finish. `goals` are the tasks that the deadline is about.
    """

    network: Network
    timeline: Timeline
    work: Work
    early: Early
    late: Late
    scheduled: list[int]
    finish: float
    deadline: datetime | None
    goals: list[int]
    moments: Moments
    float_limit: float  # of critical tasks
    critical: frozenset[int]
    lags_on_the_clock: bool

    @cached_property
    def slips(self) -> dict[int, float]:
        """How many minutes on the clock tasks finish after their due dates, those that do."""
        slips = {}
        for task in self.scheduled:
            due_at = self.network.tasks[task].due_at
            if due_at:
                late = self.moments.early_finish[task] - self.timeline.moment(due_at)
                if late > 0:
                    slips[task] = late
        return slips

    def total_float(self, task: int) -> float:
        """Give the minutes by which a task can slip before it delays what floats count against."""
        return self.late.start[task] - self.early.start[task]

    def finisher(self, tasks: Sequence[int]) -> int:
        """Give the task that finishes last; of several the riskiest, then the first in the list."""
        finish = self.early.finish
        last = max(finish[task] for task in tasks) - TOLERANCE
        latest = [task for task in tasks if finish[task] >= last]
        return max(latest, key=lambda task: (self.early.spread[task], -task))

    def last_moment(self, tasks: Sequence[int]) -> float:
        return max(self.moments.early_finish[task] for task in tasks)

    def is_scheduled(self, task: int) -> bool:
        network = self.network
        return task not in network.looped and network.tasks[task].status != "cancelled"

    def worked_network(self) -> Network:
        """Give the network with its lags in worked minutes, as they fall in this schedule."""
        if self.timeline.hours is None or not self.lags_on_the_clock:
            return self.network
        return with_worked_lags(self.network, self.work, self.early, clock=self.timeline.hours)


def schedule_tasks(
    tasks: Sequence[Task], *, event: EventTimes, options: NetworkOptions, now: datetime
) -> Schedule:
    """Schedule tasks with different ids; `now` is aware.

    The plan starts when the event says, else with the earliest actual start, else now.
    """
    network = build_network(tasks)
    timeline = _timeline(tasks, event=event, now=now)
    work = _work(tasks, timeline, now=now)
    on_the_clock = options.lag_calendar == "elapsed"
    clock = timeline.hours if on_the_clock else None
    early = pass_forward(network, work, clock=clock)
    scheduled = [task for task in sorted(network.order) if tasks[task].status != "cancelled"]
    finish = max((early.finish[task] for task in scheduled), default=0.0)
    finish = max(finish, 0.0)
    deadline = event.deadline_at or event.doors_at or event.start_at
    goals = scheduled
    if deadline and not event.deadline_at:
        before = [task for task in scheduled if tasks[task].phase not in AFTER_DOORS]
        goals = before or scheduled
    latest = [finish] * len(tasks)
    if options.slack_mode == "deadline":
        if deadline:
            limit = timeline.position(deadline)
            for task in goals:
                latest[task] = limit
        for task in scheduled:
            due_at = tasks[task].due_at
            if due_at:
                latest[task] = min(latest[task], timeline.position(due_at))
    late = pass_backward(network, work, early, latest=latest, project_finish=finish, clock=clock)
    floats = {
        task: late.start[task] - early.start[task] for task in scheduled if not work.done[task]
    }
    all_late = bool(floats) and max(floats.values()) < -TOLERANCE
    float_limit = min(floats.values()) if all_late else 0.0
    return Schedule(
        network=network,
        timeline=timeline,
        work=work,
        early=early,
        late=late,
        scheduled=scheduled,
        finish=finish,
        deadline=deadline,
        goals=goals,
        moments=_moments(tasks, scheduled, timeline, work=work, early=early, late=late, now=now),
        float_limit=float_limit,
        critical=frozenset(
            task for task, minutes in floats.items() if minutes <= float_limit + TOLERANCE
        ),
        lags_on_the_clock=on_the_clock,
    )


def _timeline(tasks: Sequence[Task], *, event: EventTimes, now: datetime) -> Timeline:
    starts = [
        task.actual_start_at
        for task in tasks
        if task.actual_start_at and task.status != "cancelled"
    ]
    plan_start = event.plan_start_at or min([now, *starts])
    if event.calendar is None:
        return Timeline(plan_start, None)
    first = min([plan_start, now, *starts])
    return Timeline(plan_start, WorkingHours(event.calendar, origin=plan_start, first=first))


def _work(tasks: Sequence[Task], timeline: Timeline, *, now: datetime) -> Work:
    duration, variance, earliest = list[float](), list[float](), list[float]()
    must_start, begun = list[float | None](), list[float | None]()
    current = max(0.0, timeline.position(now))
    for task in tasks:
        mean, spread = expect(task)
        start, began, must = current, None, None
        if task.status == "cancelled":
            mean, spread, start = 0.0, 0.0, -math.inf
        elif task.status == "done":
            actual = actual_times(task, plan_start=timeline.plan_start, now=now)
            start, end = map(timeline.position, actual)
            mean, spread, began = end - start, 0.0, start
        elif has_begun(task):
            left = task.remaining_minutes
            if left is None:
                left = mean * (1 - (task.percent_complete or 0.0))
            spread *= (left / mean) ** 2 if mean else 0.0
            mean = left
            began = timeline.position(
                task.actual_start_at or min(now, task.planned_start_at or now)
            )
            start = max(current, began)
        else:
            if task.not_before_at:
                start = max(start, timeline.position(task.not_before_at))
            if task.must_start_at:
                must = timeline.position(task.must_start_at)
                start = max(start, must)
        duration.append(mean)
        variance.append(spread)
        earliest.append(start)
        must_start.append(must)
        begun.append(began)
    done = [task.status == "done" for task in tasks]
    return Work(duration, variance, earliest, must_start, begun, done)


def has_begun(task: Task) -> bool:
    return task.status == "in_progress" or (
        task.status == "blocked" and task.actual_start_at is not None
    )


def actual_times(task: Task, *, plan_start: datetime, now: datetime) -> tuple[datetime, datetime]:
    """Tell when a task that is done was begun and done, from its plan where it does not say.

    What is done was done before now.
    """
    length = timedelta(minutes=task.duration_minutes)
    start = task.actual_start_at or task.planned_start_at
    end = task.actual_end_at or (start + length if start else task.due_at or now)
    end = min(end, now)
    if start is None:
        start = max(end - length, min(plan_start, end))
    return min(start, end), end


def _moments(
    tasks: Sequence[Task],
    scheduled: Sequence[int],
    timeline: Timeline,
    *,
    work: Work,
    early: Early,
    late: Late,
    now: datetime,
) -> Moments:
    hours = timeline.hours
    if hours is None:
        ends = [start + minutes for start, minutes in zip(late.start, work.duration, strict=True)]
        return Moments(early.start, early.finish, late.start, ends)
    columns = tuple([0.0] * len(tasks) for _ in range(4))
    for task in scheduled:
        start, last = early.start[task], late.start[task]
        minutes = work.duration[task]
        if work.done[task]:
            actual = actual_times(tasks[task], plan_start=timeline.plan_start, now=now)
            begun, ended = map(timeline.moment, actual)
            moments = (begun, ended, begun, ended)
        elif minutes > TOLERANCE:
            moments = (
                hours.starting(start),
                hours.finishing(early.finish[task]),
                hours.starting(last),
                hours.finishing(last + minutes),
            )
        else:
            # A milestone is reached when the work before it ends, not when the next day begins.
            driver = early.driver[task]
            if not driver or not driver[4]:
                dates = (now, tasks[task].not_before_at, tasks[task].must_start_at)
                bounds = [timeline.moment(at) for at in dates if at]
                reached = max(0.0, hours.finishing(start), *bounds)
            else:
                reached = hours.starting(start)
            allowed = reached if abs(last - start) <= TOLERANCE else hours.finishing(last)
            moments = (reached, reached, allowed, allowed)
        for column, moment in zip(columns, moments, strict=True):
            column[task] = moment
    return Moments(*columns)

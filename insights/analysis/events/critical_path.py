"""The critical path of an event: what decides when all is done, and how sure that is."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from insights.analysis.events.blockers import count_tasks, find_blockers, span
from insights.analysis.events.calendars import TOLERANCE
from insights.analysis.events.network import link_type
from insights.analysis.events.risk import Goal, has_estimate, probability, quantile, simulate
from insights.analysis.events.schedule import Schedule, schedule_tasks
from insights.schemas.base import Caution
from insights.schemas.tasks import (
    CriticalPathReport,
    Driver,
    EventTimes,
    NetworkOptions,
    NetworkStatus,
    NextAction,
    Pert,
    Simulation,
    Task,
    TaskSchedule,
)

MAX_ACTIONS = 5
_TIGHT = 0.1  # of the time left
_NEAR = 0.1  # of the duration
_SIMULATED_TASKS = 500
# Doubles of this size have no fraction: adding it rounds as `round` does, half to even.
_WHOLE = 1.5 * 2**52


def find_critical_path(
    tasks: Sequence[Task], *, event: EventTimes, options: NetworkOptions, now: datetime
) -> tuple[CriticalPathReport, list[Caution], list[str]]:
    """Report on tasks with different ids; the texts are what the report assumes.

    The same tasks, options and `now` (aware) give the same report.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    schedule = schedule_tasks(tasks, event=event, options=options, now=now)
    network = schedule.network
    open_tasks = [task for task in schedule.scheduled if not schedule.work.done[task]]
    blockers, found = find_blockers(schedule, now=now)
    goal_moment = schedule.last_moment(schedule.goals) if schedule.goals else None
    slack = None
    if schedule.deadline and goal_moment is not None:
        slack = round(schedule.timeline.moment(schedule.deadline) - goal_moment, 3)
    rows = _rows(schedule)
    critical = schedule.critical
    near = schedule.float_limit + _NEAR * schedule.finish + TOLERANCE
    report = CriticalPathReport(
        valid=not network.cycles,
        partial=bool(network.cycles),
        cycles=tuple(tuple(tasks[task].id for task in cycle) for cycle in network.cycles),
        status=_status(schedule, open_tasks, slack, goal_moment, now),
        project_duration_minutes=round(schedule.finish, 3),
        plan_start_at=schedule.timeline.plan_start,
        project_start_at=min(
            (row.early_start_at for row in rows if row.early_start_at), default=None
        ),
        project_finish_at=(
            schedule.timeline.at(schedule.last_moment(schedule.scheduled))
            if schedule.scheduled
            else None
        ),
        deadline_at=schedule.deadline,
        slack_minutes=slack,
        path=tuple(tasks[task].id for task in _path(schedule, open_tasks)),
        critical_task_ids=tuple(tasks[task].id for task in open_tasks if task in critical),
        near_critical_task_ids=tuple(
            tasks[task].id
            for task in open_tasks
            if task not in critical and schedule.total_float(task) <= near
        ),
        tasks=rows,
        blockers=blockers,
        parallelism=_parallelism(schedule),
        orphan_task_ids=tuple(tasks[task].id for task in network.unlinked),
        pert=_pert(schedule),
        simulation=_simulation(schedule, open_tasks, options),
        next_actions=_next_actions(schedule, open_tasks, now),
    )
    cautions = _cautions(schedule)
    if found > len(blockers):
        message = f"the {len(blockers)} worst blockers of {found} are listed"
        cautions.append(Caution(path="event.tasks", code="more_blockers", message=message))
    return report, cautions, _assumptions(schedule, event, report)


def _rows(schedule: Schedule) -> tuple[TaskSchedule, ...]:
    scheduled, critical, slips = schedule.scheduled, schedule.critical, schedule.slips
    start, late = schedule.early.start, schedule.late.start
    duration, moments = schedule.work.duration, schedule.moments
    rows = [schedule.network.tasks[task] for task in scheduled]
    times = [
        [column[task] for task in scheduled]
        for column in (
            moments.early_start,
            moments.early_finish,
            moments.late_start,
            moments.late_finish,
        )
    ]
    # Most tasks begin when another ends: every moment is turned into a date once.
    dates = schedule.timeline.dates(set().union(*times))
    columns: list[Iterable[Any]] = [  # in the order of the fields
        [row.id for row in rows],
        [row.name for row in rows],
        [row.status for row in rows],
        _rounded(duration[task] for task in scheduled),
        _rounded(start[task] for task in scheduled),
        _rounded(schedule.early.finish[task] for task in scheduled),
        _rounded(late[task] for task in scheduled),
        _rounded(late[task] + duration[task] for task in scheduled),
        _rounded(late[task] - start[task] for task in scheduled),
        _rounded(schedule.late.free_float[task] for task in scheduled),
        [task in critical for task in scheduled],
        *([dates[moment] for moment in column] for column in times),
        _rounded(slips.get(task, 0.0) for task in scheduled),
        [_driver(schedule, task) for task in scheduled],
    ]
    return tuple(map(TaskSchedule, *columns))


def _rounded(minutes: Iterable[float]) -> list[float]:
    """Round to three decimals, eighty thousand numbers in a tenth of the time of `round(each, 3)`."""
    return [(each * 1000 + _WHOLE - _WHOLE) / 1000 for each in minutes]


def _driver(schedule: Schedule, task: int) -> Driver | None:
    """Name the link that decides; across a cancelled task it is that task's own predecessor."""
    deciding = schedule.early.driver[task]
    tasks = schedule.network.tasks
    while deciding and tasks[deciding[0]].status == "cancelled":
        deciding = schedule.early.driver[deciding[0]]
    return Driver(task_id=tasks[deciding[0]].id, type=link_type(deciding)) if deciding else None


def _path(schedule: Schedule, open_tasks: Sequence[int]) -> list[int]:
    """Walk back from the last finish along what decides, as far as there is work to do."""
    if not open_tasks:
        return []
    path = [schedule.finisher(open_tasks)]
    deciding = schedule.early.driver[path[0]]
    while deciding and not schedule.work.done[deciding[0]]:
        path.append(deciding[0])
        deciding = schedule.early.driver[deciding[0]]
    return [task for task in reversed(path) if schedule.network.tasks[task].status != "cancelled"]


def _status(
    schedule: Schedule,
    open_tasks: Sequence[int],
    slack: float | None,
    goal_moment: float | None,
    now: datetime,
) -> NetworkStatus:
    if schedule.network.cycles:
        return "invalid"
    if not schedule.scheduled:
        return "empty"
    if not open_tasks:
        return "complete"
    if slack is None or goal_moment is None:
        return "on_track"
    if slack < 0:
        return "late"
    left = goal_moment - max(0.0, schedule.timeline.moment(now))
    return "tight" if slack < _TIGHT * left else "on_track"


def _parallelism(schedule: Schedule) -> int:
    """Count how many tasks are worked on at once, at most, in the early schedule."""
    early = schedule.early
    busy = [
        task for task in schedule.scheduled if early.finish[task] - early.start[task] > TOLERANCE
    ]
    ends = iter(sorted(early.finish[task] for task in busy))
    end = next(ends, 0.0)
    now_busy = most = 0
    for start in sorted(early.start[task] for task in busy):
        while end <= start + TOLERANCE:
            now_busy -= 1
            end = next(ends)
        now_busy += 1
        most = max(most, now_busy)
    return most


def _pert(schedule: Schedule) -> Pert | None:
    tasks = schedule.network.tasks
    if not any(has_estimate(tasks[task]) for task in schedule.scheduled):
        return None
    timeline, early = schedule.timeline, schedule.early
    mean, variance = schedule.finish, early.spread[schedule.finisher(schedule.scheduled)]
    chance = None
    if schedule.deadline:
        goal = schedule.finisher(schedule.goals)
        limit = timeline.position(schedule.deadline)
        chance = probability(limit, mean=early.finish[goal], variance=early.spread[goal])
    p50, p80, p95 = (
        timeline.at(timeline.finishing(quantile(share, mean=mean, variance=variance)))
        for share in (0.5, 0.8, 0.95)
    )
    return Pert(
        expected_minutes=round(mean, 3),
        variance_minutes2=round(variance, 3),
        std_dev_minutes=round(variance**0.5, 3),
        probability_by_deadline=None if chance is None else round(chance, 4),
        p50_at=p50,
        p80_at=p80,
        p95_at=p95,
    )


def _simulation(
    schedule: Schedule, open_tasks: Sequence[int], options: NetworkOptions
) -> Simulation | None:
    tasks, wanted = schedule.network.tasks, options.simulate
    if wanted is None:
        wanted = len(open_tasks) <= _SIMULATED_TASKS and any(
            has_estimate(tasks[task]) for task in open_tasks
        )
    if not wanted:
        return None
    deadline = schedule.timeline.position(schedule.deadline) if schedule.deadline else None
    goal = Goal(schedule.goals, deadline)
    return simulate(schedule.worked_network(), schedule.work, goal=goal)


def _next_actions(
    schedule: Schedule, open_tasks: Sequence[int], now: datetime
) -> tuple[NextAction, ...]:
    """List what can be started now, what the plan depends on first."""
    network, early = schedule.network, schedule.early
    current = max(0.0, schedule.timeline.position(now)) + TOLERANCE
    startable = [
        task
        for task in open_tasks
        if network.tasks[task].status in {"not_started", "ready"}
        and early.start[task] <= current
        and not _waits(schedule, network.tasks[task])
    ]
    startable.sort(
        key=lambda task: (task not in schedule.critical, schedule.total_float(task), task)
    )
    return tuple(
        NextAction(
            task_id=network.tasks[task].id,
            label=f"Start {network.tasks[task].label}",
            reason=_reason(schedule, task),
        )
        for task in startable[:MAX_ACTIONS]
    )


def _waits(schedule: Schedule, row: Task) -> bool:
    """Tell whether a predecessor is not done, though nothing of it remains."""
    index, tasks = schedule.network.index, schedule.network.tasks
    before = (index.get(link.task_id) for link in row.depends_on if link.type == "FS")
    return any(
        schedule.is_scheduled(task) and tasks[task].status != "done"
        for task in before
        if task is not None
    )


def _reason(schedule: Schedule, task: int) -> str:
    waiting = schedule.network.downstream[task]
    follow = f"; {count_tasks(waiting)} for it" if waiting else ""
    if task in schedule.critical:
        return f"Critical: every delay moves the finish{follow}."
    return f"It can slip by {span(schedule.total_float(task))}{follow}."


def _cautions(schedule: Schedule) -> list[Caution]:
    network, work, early = schedule.network, schedule.work, schedule.early
    cautions = []
    missed = [
        task
        for task in schedule.scheduled
        if (must := work.must_start[task]) is not None and early.start[task] > must + TOLERANCE
    ]
    for task in missed[:MAX_ACTIONS]:
        message = f"{network.tasks[task].label} cannot start when it must"
        cautions.append(Caution(path="event.tasks", code="must_start_missed", message=message))
    beyond = [
        task
        for task in schedule.scheduled
        if schedule.moments.late_finish[task] >= schedule.timeline.end
    ]
    if beyond:
        message = f"{len(beyond)} tasks end beyond the years we plan for"
        cautions.append(Caution(path="event.tasks", code="beyond_calendar", message=message))
    return cautions


def _assumptions(schedule: Schedule, event: EventTimes, report: CriticalPathReport) -> list[str]:
    tasks = schedule.network.tasks
    assumed = sum(
        tasks[task].duration_assumed and not schedule.work.done[task] for task in schedule.scheduled
    )
    texts = []
    if assumed:
        subject = "1 task has" if assumed == 1 else f"{assumed} tasks have"
        texts.append(f"{subject} no duration; an hour is assumed.")
    if schedule.deadline and not event.deadline_at:
        limit = "doors" if event.doors_at else "start of the event"
        text = f"The deadline is the {limit}."
        if len(schedule.goals) < len(schedule.scheduled):
            text += " Tasks of the phases show, teardown and post are not measured against it."
        texts.append(text)
    if report.partial:
        texts.append("Tasks in a cycle are left out, and so are the links to and from them.")
    if report.simulation and schedule.timeline.hours and schedule.lags_on_the_clock:
        texts.append("The simulation takes lags as they fall in the expected schedule.")
    return texts

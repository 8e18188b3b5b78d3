"""What stands in the way of an event's tasks, worst first."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, get_args

from insights.analysis.events.schedule import Schedule, has_begun
from insights.schemas.tasks import Task, TaskBlocker, TaskBlockerReason

MAX_BLOCKERS = 500

_CRITICAL_FACTOR = 0.5
_DOWNSTREAM_FACTOR, _DOWNSTREAM_COUNT = 0.3, 10
_OVERDUE_FACTOR, _OVERDUE_MINUTES = 0.4, 1440.0
_UNASSIGNED_FACTOR = 0.3
# What has to start within six hours counts whole, what has three days and more counts half.
_URGENT_HOURS, _DISTANT_HOURS, _LEAST_URGENCY = 6.0, 72.0, 0.5
_HALF_UP = 1e-9
_REASONS: tuple[TaskBlockerReason, ...] = get_args(TaskBlockerReason)


class _Finding(NamedTuple):
    task: int
    reason: TaskBlockerReason
    text: str  # goes on after the task's name
    late: float  # minutes that weigh as overdue
    delay: float


def find_blockers(schedule: Schedule, *, now: datetime) -> tuple[tuple[TaskBlocker, ...], int]:
    """Find what blocks open tasks, a row for each reason; and how many rows there would be.

    The rows are the 500 worst at most.
    """
    rows = [
        (finding, _score(finding, schedule, now=now)) for finding in _findings(schedule, now=now)
    ]
    rows.sort(key=lambda row: (-row[1], row[0].task, _REASONS.index(row[0].reason)))
    return tuple(_blocker(*row, schedule) for row in rows[:MAX_BLOCKERS]), len(rows)


def _findings(schedule: Schedule, *, now: datetime) -> Iterator[_Finding]:
    network, work = schedule.network, schedule.work
    slips, critical = schedule.slips, schedule.critical
    missing: dict[int, list[str]] = {}
    for task, predecessor in network.missing:
        missing.setdefault(task, []).append(predecessor)
    late_finisher, overrun = _overrun(schedule)
    for task in schedule.scheduled:
        if work.done[task]:
            continue
        row = network.tasks[task]
        overdue = max(0.0, _minutes(now, row.due_at)) if row.due_at else 0.0
        slip = max(slips.get(task, 0.0), overrun if task == late_finisher else 0.0)
        if row.status == "blocked":
            because = f": {row.blocked_reason.rstrip('.')}" if row.blocked_reason else ""
            yield _Finding(task, "blocked", f"is blocked{because}", overdue, slip)
        if overdue:
            yield _Finding(task, "overdue", f"was due {span(overdue)} ago", overdue, slip)
        if unknown := missing.get(task):
            names = " and ".join(unknown[:2])
            more = f" and {len(unknown) - 2} more" if len(unknown) > 2 else ""  # noqa: PLR2004 -- the two named
            text = f"waits for {names}{more}, which no task is called by"
            yield _Finding(task, "missing_dependency", text, overdue, slip)
        unmet = _unmet(row, schedule, now=now)
        if unmet:
            state = "is in progress" if has_begun(row) else "should have begun"
            text = f"{state}, and {unmet.label} before it is not done"
            yield _Finding(task, "dependency_not_done", text, overdue, slip)
        if slip > 0 and not overdue:
            limit = "deadline" if task == late_finisher and overrun >= slip else "due date"
            text = f"will be done {span(slip)} after the {limit}"
            yield _Finding(task, "late_against_deadline", text, slip, slip)
        if task in critical and not row.is_assigned and work.duration[task] > 0:
            text = "is critical and nobody's task"
            yield _Finding(task, "unassigned_critical", text, overdue, slip)


def _overrun(schedule: Schedule) -> tuple[int | None, float]:
    """Give the task that finishes after the deadline, and by how many minutes."""
    if schedule.deadline is None or not schedule.goals:
        return None, 0.0
    late = schedule.last_moment(schedule.goals) - schedule.timeline.moment(schedule.deadline)
    return schedule.finisher(schedule.goals), max(0.0, late)


def _unmet(row: Task, schedule: Schedule, *, now: datetime) -> Task | None:
    """Give the first predecessor that a task began without, or that keeps it from its plan."""
    planned = row.planned_start_at
    if not has_begun(row) and (planned is None or planned > now or row.status == "blocked"):
        return None
    network = schedule.network
    for link in row.depends_on:
        position = network.index.get(link.task_id)
        if position is None or position in network.looped or link.type in {"FF", "SF"}:
            continue
        before = network.tasks[position]
        met = before.status in {"done", "cancelled"} or (link.type == "SS" and has_begun(before))
        if not met:
            return before
    return None


def _score(finding: _Finding, schedule: Schedule, *, now: datetime) -> float:
    """Score 0..100 as a noisy-OR of four risks, weighed by how soon the task has to start."""
    task = finding.task
    row = schedule.network.tasks[task]
    waiting = schedule.network.downstream[task]
    unharmed = (
        (1 - _CRITICAL_FACTOR * (task in schedule.critical))
        * (1 - _DOWNSTREAM_FACTOR * min(1.0, waiting / _DOWNSTREAM_COUNT))
        * (1 - _OVERDUE_FACTOR * min(1.0, finding.late / _OVERDUE_MINUTES))
        * (1 - _UNASSIGNED_FACTOR * (not row.is_assigned))
    )
    left = schedule.moments.late_start[task] - schedule.timeline.moment(now)
    if row.due_at:
        left = min(left, _minutes(row.due_at, now))
    near = (_DISTANT_HOURS - left / 60) / (_DISTANT_HOURS - _URGENT_HOURS)
    urgency = _LEAST_URGENCY + (1 - _LEAST_URGENCY) * min(1.0, max(0.0, near))
    return round(100 * (1 - unharmed) * urgency + _HALF_UP, 1)


def _blocker(finding: _Finding, score: float, schedule: Schedule) -> TaskBlocker:
    task = finding.task
    waiting = schedule.network.downstream[task]
    row = schedule.network.tasks[task]
    follow = f" {count_tasks(waiting)} for it." if waiting else ""
    return TaskBlocker(
        task_id=row.id,
        reason=finding.reason,
        downstream_count=waiting,
        delay_minutes=round(finding.delay, 3),
        severity_score=score,
        message=f"{row.label} {finding.text}.{follow}",
    )


def count_tasks(waiting: int) -> str:
    return "1 task waits" if waiting == 1 else f"{waiting} tasks wait"


def span(minutes: float) -> str:
    """Say a length of time in the unit that suits it."""
    if minutes < 60:  # noqa: PLR2004 -- an hour
        return f"{_readable(minutes)} min"
    if minutes < 2880:  # noqa: PLR2004 -- two days
        return f"{_readable(minutes / 60)} h"
    return f"{_readable(minutes / 1440)} days"


def _readable(amount: float) -> str:
    return f"{amount:.1f}".removesuffix(".0")


def _minutes(later: datetime, earlier: datetime) -> float:
    return (later - earlier).total_seconds() / 60

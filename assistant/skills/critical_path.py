"""The critical path: what decides when all is done, what has slack, and what a delay moves."""

import re
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

import msgspec

from assistant.schemas import Severity
from assistant.skills import routes
from assistant.skills.filters import is_open
from assistant.skills.questions import next_questions, no_data, not_computed
from assistant.skills.tasks import (
    asks_dependants,
    dependants,
    one_task,
    open_task,
    which_task,
)
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import (
    MOST_NAMED,
    TASK_WORDS,
    clip,
    counted,
    duration,
    join,
    named,
    task_name,
)
from assistant.understanding.normalise import fold
from insights.analysis.events import analyse
from insights.schemas.base import MAX_MINUTES
from insights.schemas.events import EventOptions
from insights.schemas.tasks import CriticalPathReport, NetworkOptions, Task, TaskBlocker

_LATE = re.compile(r"\b(?:late|later|delay\w*|slips?|slipped|slides?|overruns?|behind|longer|if)\b")
_DEPEND = re.compile(
    r"\b(?:depends? (?:up)?on|relies on|rely on|(?:is|are) waiting (?:for|on)|waits? (?:for|on))\b"
)
_BLOCKED = re.compile(
    r"\b(?:block\w*|stuck|hold(?:s|ing)? (?:\w+ )?up|in the way|endanger\w*|risk\w*|threat\w*)\b"
)
_SLACK = re.compile(r"\b(?:slack|float|buffer|spare time|leeway|can wait|room)\b")
_REASONS = {
    "blocked": "blocked",
    "overdue": "overdue",
    "missing_dependency": "waits for a task that is not there",
    "dependency_not_done": "waits for another",
    "late_against_deadline": "too late for the deadline",
    "unassigned_critical": "nobody owns it",
}
_ON_TRACK = re.compile(
    r"\b(?:on (?:track|time|schedule|course)|in time|make it|how far|behind|ahead|doing)\b"
)
_STANDING = {
    "on_track": "You are on track.",
    "tight": "It is tight.",
    "late": "No, you are late.",
    "invalid": "That can't be told yet.",
}
_SLIGHT = 1.0  # minutes: less is rounding


def critical_path(turn: Turn) -> Reply:
    if not turn.tasks and not turn.analyses.event:
        return no_data(turn, "tasks")
    report = turn.analyses.event.critical_path if turn.analyses.event else None
    if report is None:
        return not_computed(turn, "events")
    linked = turn.linked_tasks()
    if len(linked) > 1:
        return which_task(linked)
    if report.cycles:
        return _in_circles(turn, report)
    return _about_one(turn, report, linked[0]) if linked else _about_all(turn, report)


def _about_one(turn: Turn, report: CriticalPathReport, task: Task) -> Reply:
    plain = fold(turn.message)
    if _DEPEND.search(plain):
        return dependants(turn, task) if asks_dependants(turn, task) else one_task(turn, task)
    if turn.slots.minutes and _LATE.search(plain):
        return _what_if(turn, report, task, turn.slots.minutes)
    return _one_task(turn, report, task)


def _about_all(turn: Turn, report: CriticalPathReport) -> Reply:
    plain = fold(turn.message)
    if _BLOCKED.search(plain) or {"blocked", "overdue"} & set(turn.slots.task_statuses):
        return _blockers(turn, report)
    if _SLACK.search(plain):
        return _slack(turn, report)
    return _path(turn, report)


def _path(turn: Turn, report: CriticalPathReport) -> Reply:
    if report.status in {"complete", "empty"}:
        return Reply(
            content="Nothing is on the critical path any more: every task is done or cancelled.",
            severity="success",
            actions=(routes.open_page("tasks", primary=True),),
            follow_up=next_questions(turn),
        )
    names = _names(turn)
    path = set(report.path)
    ends = [task_id for task_id in report.critical_task_ids if task_id not in path]
    shown = " → ".join(clip(names[task_id]) for task_id in report.path[:MOST_NAMED])
    if len(path) > MOST_NAMED:
        shown += f" and {len(path) - MOST_NAMED} more"
    sentences = [_STANDING[report.status]] if _ON_TRACK.search(fold(turn.message)) else []
    sentences += [
        f"The critical path is {duration(report.project_duration_minutes)} long: {shown}."
    ]
    if ends:
        sentences.append(f"As critical: {_named(names, ends)}.")
    finish = _finish(turn, report)
    if finish:
        sentences.append(f"All can be done by {finish}.")
    way = _in_the_way(turn, report)
    if way:
        sentences.append(f"In the way: {way}.")
    focus = clip(names[report.path[0]]) if report.path else ""
    return Reply(
        content=" ".join(sentences),
        severity=severity_of(report),
        actions=(routes.open_page("events", primary=True), routes.open_page("tasks")),
        follow_up=next_questions(turn, *([f"What if {focus} is an hour late?"] if focus else [])),
        shown=tuple(report.path),
    )


def _names(turn: Turn) -> dict[str, str]:
    """Return the names of the tasks by id: those of the analysis, where the tasks themselves did not come."""
    report = turn.analyses.event.critical_path if turn.analyses.event else None
    rows = report.tasks if report else ()
    known = {row.task_id: row.name or row.task_id for row in rows}
    return known | {task.id: task.label for task in turn.tasks}


def _named(names: Mapping[str, str], ids: Sequence[str]) -> str:
    return named((clip(names.get(task_id, task_id)) for task_id in ids), total=len(ids))


def _finish(turn: Turn, report: CriticalPathReport) -> str:
    """Say when all is done, and how that stands to the deadline."""
    if report.project_finish_at is None:
        return ""
    text = turn.when(report.project_finish_at)
    if report.slack_minutes is None:
        return text
    what = "the doors" if report.deadline_at == turn.context.event.doors_at else "the deadline"
    if report.slack_minutes < 0:
        return f"{text}, {duration(-report.slack_minutes)} after {what}"
    return f"{text}, {duration(report.slack_minutes)} before {what}"


def severity_of(report: CriticalPathReport) -> Severity:
    """Return critical when the deadline is missed, warning when it is tight or something is in the way."""
    if report.status in {"late", "invalid"}:
        return "critical"
    return "warning" if report.status == "tight" or report.blockers else "info"


def _in_the_way(turn: Turn, report: CriticalPathReport) -> str:
    names = _names(turn)
    reasons: dict[str, str] = {}
    for blocker in report.blockers:
        reasons.setdefault(blocker.task_id, _REASONS[blocker.reason])
    parts = (f"{clip(names.get(task_id, task_id))} ({why})" for task_id, why in reasons.items())
    return named(parts, total=len(reasons))


def _blockers(turn: Turn, report: CriticalPathReport) -> Reply:
    found = report.blockers
    if "blocked" in turn.slots.task_statuses:
        found = tuple(item for item in found if item.reason == "blocked") or found
    if not found:
        return Reply(
            content="Nothing stands in the way: no task is blocked or overdue.",
            severity="success",
            actions=(routes.open_page("tasks", primary=True),),
            follow_up=next_questions(turn),
        )
    first: dict[str, TaskBlocker] = {}
    for blocker in found:
        first.setdefault(blocker.task_id, blocker)
    count = counted(len(first), "task")
    links = _successors(turn.tasks)
    told = [_told(blocker, links) for _, blocker in zip(range(3), first.values(), strict=False)]
    content = f"{count} {'stands' if len(first) == 1 else 'stand'} in the way. {' '.join(told)}"
    if len(first) > len(told):
        content += f" And {len(first) - len(told)} more."
    worst = next((task for task in turn.tasks if task.id == next(iter(first))), None)
    return Reply(
        content=content,
        severity="critical" if report.status == "late" else "warning",
        actions=(
            *((open_task(worst, primary=True),) if worst else ()),
            routes.open_page("tasks"),
        ),
        follow_up=next_questions(turn, *([f"Who owns {task_name(worst)}?"] if worst else [])),
        shown=tuple(first),
        focus=worst.id if worst and len(first) == 1 else None,
    )


def _told(blocker: TaskBlocker, links: Mapping[str, Sequence[Task]]) -> str:
    """Return the message of the analysis, and which of the tasks that wait come last."""
    text = clip(blocker.message, 200)
    goals = [task for task in _downstream(links, blocker.task_id) if task.id not in links]
    return f"{text} It leads to {join([task_name(task) for task in goals[:2]])}." if goals else text


def _successors(tasks: Sequence[Task]) -> dict[str, list[Task]]:
    """Return the tasks that wait for each task directly, by its id."""
    found = defaultdict[str, list[Task]](list)
    for task in tasks:
        for link in task.depends_on:
            found[link.task_id].append(task)
    return dict(found)


def _downstream(links: Mapping[str, Sequence[Task]], task_id: str) -> list[Task]:
    """Return the open tasks that wait for one, directly or not, nearest first."""
    found: dict[str, Task] = {}
    waiting = deque([task_id])
    while waiting:
        for task in links.get(waiting.popleft(), ()):
            if task.id not in found and task.id != task_id and is_open(task):
                found[task.id] = task
                waiting.append(task.id)
    return list(found.values())


def _in_circles(turn: Turn, report: CriticalPathReport) -> Reply:
    names = _names(turn)
    circle = _named(names, report.cycles[0])
    more = f" There are {len(report.cycles)} such circles." if len(report.cycles) > 1 else ""
    return Reply(
        content="There is no critical path yet, because tasks wait for each other in a circle: "
        f"{circle}.{more} Take one of the links out.",
        severity="critical",
        actions=(routes.open_page("tasks", primary=True),),
        follow_up=next_questions(turn),
        shown=tuple(report.cycles[0]),
    )


def _one_task(turn: Turn, report: CriticalPathReport, task: Task) -> Reply:
    name = task_name(task)
    schedule = next((row for row in report.tasks if row.task_id == task.id), None)
    if schedule is None or task.status in {"done", "cancelled"}:
        content = f"{name} is {TASK_WORDS[task.status]}, so it holds nothing up."
        severity: Severity = "info"
    else:
        waiting = _downstream(_successors(turn.tasks), task.id)
        names = named(map(task_name, waiting), total=len(waiting))
        after = f" {names} {_wait(waiting)} for it." if waiting else ""
        if schedule.is_critical:
            content = f"{name} is on the critical path: it has no slack, and a delay of it delays the end.{after}"
        else:
            content = f"{name} can slip by {duration(schedule.total_float_minutes)} before the end moves.{after}"
        blockers = [item for item in report.blockers if item.task_id == task.id]
        if blockers:
            content = f"{clip(blockers[0].message, 200)} {content}"
        severity = "warning" if blockers or schedule.is_critical else "info"
    return Reply(
        content=content,
        severity=severity,
        actions=(open_task(task, primary=True),),
        follow_up=next_questions(turn, f"What if {name} is an hour late?", f"Who owns {name}?"),
        focus=task.id,
        shown=(task.id,),
    )


def _wait(waiting: Sequence[Task]) -> str:
    return "waits" if len(waiting) == 1 else "wait"


def _slack(turn: Turn, report: CriticalPathReport) -> Reply:
    names = _names(turn)
    spare = sorted(
        (
            (row.total_float_minutes, row.task_id)
            for row in report.tasks
            if not row.is_critical and row.status not in {"done", "cancelled"}
        ),
        reverse=True,
    )
    tight = report.critical_task_ids
    sentences = []
    if tight:
        sentences.append(f"No slack: {_named(names, tight)}.")
    parts = (f"{clip(names[task_id])} ({duration(minutes)})" for minutes, task_id in spare)
    if spare:
        sentences.append(f"Most slack: {named(parts, total=len(spare))}.")
    finish = _finish(turn, report)
    if finish:
        sentences.append(f"All can be done by {finish}.")
    return Reply(
        content=" ".join(sentences) or "No task is open, so there is no slack to speak of.",
        severity=severity_of(report),
        actions=(routes.open_page("events", primary=True),),
        follow_up=next_questions(turn),
        shown=tuple(task_id for _, task_id in spare),
    )


def _what_if(turn: Turn, before: CriticalPathReport, task: Task, minutes: int) -> Reply:
    """Run the analysis again with a task that much longer, and say what moves."""
    name = task_name(task)
    if task.status in {"done", "cancelled"}:
        return _one_task(turn, before, task)
    event = turn.context.event
    tasks = tuple(_later(row, minutes) if row.id == task.id else row for row in event.tasks)
    again = analyse(
        msgspec.structs.replace(event, tasks=tasks),
        parts=("critical_path",),
        options=EventOptions(network=NetworkOptions(simulate=False)),
        now=turn.now,
    ).critical_path
    if again is None:
        return not_computed(turn, "events")
    finished = {row.task_id: row.early_finish_minutes for row in before.tasks}
    moved = [
        row
        for row in again.tasks
        if row.task_id != task.id
        and row.early_finish_minutes > finished.get(row.task_id, 0) + _SLIGHT
    ]
    moved.sort(key=lambda row: row.early_start_minutes)
    names = _names(turn)
    late = f"If {name} is {duration(minutes)} late"
    ended = again.project_duration_minutes - before.project_duration_minutes
    if not moved:
        sentences = [f"{late}, no other task moves."]
    else:
        which = _named(names, [row.task_id for row in moved])
        sentences = [f"{late}, {which} {_move(moved)}."]
    finish = _finish(turn, again)
    if ended > _SLIGHT and finish:
        sentences.append(f"All is done {duration(ended)} later: {finish}.")
    elif finish:
        sentences.append(f"The end stays where it is: {finish}.")
    slipped = {row.task_id: row.slip_minutes for row in before.tasks}
    missed = [
        row
        for row in again.tasks
        if row.slip_minutes > _SLIGHT and slipped.get(row.task_id, 0.0) <= _SLIGHT
    ]
    if missed:
        which = _named(names, [row.task_id for row in missed])
        sentences.append(f"Due dates missed then: {which}.")
    severity: Severity = "warning" if ended > _SLIGHT or missed else "info"
    return Reply(
        content=" ".join(sentences),
        severity="critical" if again.status == "late" else severity,
        actions=(open_task(task, primary=True), routes.open_page("events")),
        follow_up=next_questions(turn, "What is the critical path?"),
        shown=tuple(row.task_id for row in moved),
        focus=task.id,
    )


def _move(moved: Sequence[object]) -> str:
    return "moves" if len(moved) == 1 else "move"


def _later(task: Task, minutes: int) -> Task:
    """Return a task that takes so much longer, in every way its length is told."""
    left = task.remaining_minutes
    if left is None and task.percent_complete:
        left = task.duration_minutes * (1 - task.percent_complete)
    lengths = {
        "duration_minutes": task.duration_minutes,
        "remaining_minutes": left,
        "optimistic_minutes": task.optimistic_minutes,
        "likely_minutes": task.likely_minutes,
        "pessimistic_minutes": task.pessimistic_minutes,
    }
    longer = {
        name: min(MAX_MINUTES, length + minutes)
        for name, length in lengths.items()
        if length is not None
    }
    return msgspec.structs.replace(task, **longer)

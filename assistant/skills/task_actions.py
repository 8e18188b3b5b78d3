"""Changes of an event's tasks, as proposals: status, owner, a new one, another time."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from assistant.schemas import Action
from assistant.skills import routes
from assistant.skills.changes import (
    absent,
    already,
    ask,
    ask_which,
    left_out,
    listed,
    means_several,
    moment_of,
    offer,
    plain,
    status_named,
)
from assistant.skills.filters import is_of_user, is_open, is_overdue
from assistant.skills.proposals import Change
from assistant.skills.tasks import nearest, open_task
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import TASK_WORDS, clip, counted, join, minutes, task_name
from assistant.understanding.normalise import fold, words_of
from insights.schemas.tasks import Task

TABLE = "event_tasks"
_CLOSED = frozenset({"done", "cancelled"})
_STATUS_PHRASES = {
    "not_started": r"re ?open\w*|not started|to ?do|unblock\w*|undone|not done",
    "blocked": r"block(?:ed|s)?|on hold|stuck|stall\w*|waiting",
    "in_progress": r"in progress|start(?:ed|s)?|begin|began|begun|kick(?:ed)? off|under ?way|ongoing"
    r"|running|resume\w*",
    "done": r"done|complet\w+|finish\w*|clos\w+|tick\w*|check(?:ed)? off|wrap\w*|sorted|cross\w* off",
    "cancelled": r"cancel\w*|scrap\w*|drop(?:ped)?",
}
_STATUS_RULES = tuple(
    (name, re.compile(rf"\b(?:{phrases})\b")) for name, phrases in _STATUS_PHRASES.items()
)
_TOWARDS = re.compile(r"\b(?:to|as|into|is|are|like)(?: the)?(?: status)? $")
_UNASSIGN = re.compile(r"\b(?:unassign\w*|remove|take|drop|nobody|no one|free)\b")
_TO_PERSON = re.compile(r"\b(?:to|for|by|with|give|onto|instead)\b")
_EARLIER = re.compile(r"\b(?:earlier|forwards?|sooner|pull|prepone|advance|up by)\b")
_NEW = re.compile(
    r"\b(?:create|add|make|new|set up|open|log|put|write|need)\b.{0,20}?\b(?:task|to-?do|item|job|reminder)\b"
    r"(?:\s+(?:in|on|for)\s+the\s+(?:list|board|event|plan))?"
    r"\s*(?:[:,-]|\b(?:to|for|called|named|that says|saying|about|of)\b)?\s*(?P<title>.{2,120})$"
    r"|\b(?:task|to-?do)\s*[:-]\s*(?P<short>.{2,120})$"
    r"|\b(?:add|put|create|make)\s+(?P<first>.{2,80}?)"
    r"\s+(?:to|on|onto|in)\s+(?:the\s+|my\s+|our\s+)?(?:tasks?|task list|to-?dos?|list|board)\b",
    re.IGNORECASE,
)


def status(turn: Turn) -> Reply:
    new = status_named(plain(turn), _STATUS_RULES, _TOWARDS) or next(
        (name for name in turn.slots.task_statuses if name in TASK_WORDS), None
    )
    chosen = _choose(turn, new)
    if isinstance(chosen, Reply):
        return chosen
    tasks, is_everything = chosen
    names = listed([task_name(task) for task in tasks])
    if new is None:
        question = f"Should {names} be started, blocked, done or reopened?"
        return ask(turn, question, *_links(tasks), shown=_ids(tasks))
    moving = [task for task in tasks if task.status != new]
    if not moving:
        verb = "is" if len(tasks) == 1 else "are"
        return already(
            turn, f"{names} {verb} already {TASK_WORDS[new]}", _ids(tasks), *_links(tasks)
        )
    return offer(
        turn,
        f"set {_whom(moving)}{_from(moving)} to {TASK_WORDS[new]}",
        [_change(task, "status", task.status, new) for task in moving],
        note=left_out(len(tasks) - len(moving), TASK_WORDS[new]),
        warning=_impact_of_status(turn, moving, new),
        is_everything=is_everything,
        links=_links(moving),
    )


def _impact_of_status(turn: Turn, tasks: Sequence[Task], new: str) -> str:
    if new == "done":
        ids = {link.task_id for task in tasks for link in task.depends_on}
        ids -= {task.id for task in tasks}
        waits = [task for task in turn.tasks if task.id in ids and task.status not in _CLOSED]
        if waits:
            verb = "is" if len(waits) == 1 else "are"
            return f"{listed([task_name(task) for task in waits])} should come first and {verb} not done."
    if new in {"blocked", "cancelled", "not_started"}:
        return _dependents(turn, tasks)
    return ""


def _dependents(turn: Turn, tasks: Sequence[Task]) -> str:
    """Say who waits for these tasks, and whether they are on the critical path."""
    ids = {task.id for task in tasks}
    waiting = [
        task
        for task in turn.tasks
        if task.status not in _CLOSED
        and task.id not in ids
        and any(link.task_id in ids for link in task.depends_on)
    ]
    said = []
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        whom = "it" if len(tasks) == 1 else "them"
        said.append(f"{listed([task_name(task) for task in waiting])} {verb} for {whom}.")
    path = turn.analyses.event.critical_path if turn.analyses.event else None
    if path and ids & set(path.critical_task_ids):
        it = "It is" if len(tasks) == 1 else "One of them is"
        said.append(f"{it} on the critical path: a delay moves the finish.")
    return " ".join(said)


def assign(turn: Turn) -> Reply:
    said = plain(turn)
    chosen = _choose(turn, None)
    if isinstance(chosen, Reply):
        return chosen
    tasks, is_everything = chosen
    who = _whom_to(turn, said, tasks)
    if isinstance(who, Reply):
        return who
    names = listed([task_name(task) for task in tasks])
    moving = [task for task in tasks if _owner(turn, task) != who]
    if not moving:
        state = f"assigned to {clip(who)}" if who else "without an owner"
        verb = "is" if len(tasks) == 1 else "are"
        return already(turn, f"{names} {verb} already {state}", _ids(tasks), *_links(tasks))
    changes = []
    for task in moving:
        changes.append(_change(task, "owner_name", _owner(turn, task), who))
        changes.append(_change(task, "owner_id", task.owner_id, _id_of(turn, who)))
    old = {_owner(turn, task) for task in moving}
    now = f" (now {clip(next(iter(old)) or '') or 'nobody'})" if len(old) == 1 else ""
    words = (
        f"assign {_whom(moving)} to {clip(who)}{now}" if who else f"unassign {_whom(moving)}{now}"
    )
    return offer(
        turn,
        words,
        [change for change in changes if change.old != change.new],
        note=left_out(len(tasks) - len(moving), "so"),
        is_everything=is_everything,
        links=_links(moving),
    )


def _whom_to(turn: Turn, said: str, tasks: Sequence[Task]) -> str | Reply | None:
    """Return whose the tasks shall be, None for nobody's; a question when that is open."""
    people = list(turn.slots.people)
    owners = {_owner(turn, task) for task in tasks}
    if len(people) > 1:
        spelled = [name for name in people if set(words_of(name)) <= set(words_of(turn.message))]
        others = [name for name in spelled or people if name not in owners]
        people = (
            spelled if len(spelled) == 1 else others if spelled and len(others) == 1 else people
        )
    if len(people) > 1:
        question = f"Whom do you mean: {join([clip(name) for name in people[:6]], 'or')}?"
        return ask(turn, question, *_links(tasks), shown=_ids(tasks))
    if people:
        removes = _UNASSIGN.search(said) and people[0] in owners and not _TO_PERSON.search(said)
        return None if removes else people[0]
    if re.search(r"\b(?:me|myself|mine|i)\b", said) and turn.context.user_name:
        return turn.context.user_name
    if _UNASSIGN.search(said):
        return None
    names = listed([task_name(task) for task in tasks])
    stranger = "I don't know anybody of that name here. " if turn.slots.unknown else ""
    return ask(turn, f"{stranger}Who should take {names}?", *_links(tasks), shown=_ids(tasks))


def _owner(turn: Turn, task: Task) -> str | None:
    if task.owner_name or not task.owner_id:
        return task.owner_name
    return next((one.name for one in turn.context.people if one.id == task.owner_id), None)


def _id_of(turn: Turn, name: str | None) -> str | None:
    if name is None:
        return None
    if name == turn.context.user_name:
        return turn.context.user_id
    known = (person.id for person in turn.context.people if person.name == name)
    owned = (task.owner_id for task in turn.tasks if task.owner_name == name and task.owner_id)
    return next(known, None) or next(owned, None)


def create(turn: Turn) -> Reply:
    found = _NEW.search(turn.message.strip())
    page = routes.open_page("tasks")
    title = _clean_title(turn, found["title"] or found["short"] or found["first"]) if found else ""
    if not title:
        return ask(turn, "What is the new task?", page)
    slots = turn.slots
    title = _without_owner(title, slots.people)
    due = None
    if slots.window is not None or slots.clock is not None:
        due = slots.window.end if slots.window and slots.clock is None else moment_of(turn, None)
    owner = slots.people[0] if len(slots.people) == 1 else None
    fields = {
        "title": title,
        "due_at": due.isoformat() if due else None,
        "owner_name": owner,
        "owner_id": _id_of(turn, owner),
        "duration_minutes": float(slots.minutes) if slots.minutes and not due else None,
        "event_id": turn.context.event.id if "event" in turn.context.sent else None,
    }
    words = f"create the task “{title}”"
    if due:
        words += f", due {turn.when(due)}"
    if owner:
        words += f", for {clip(owner)}"
    same = any(fold(task_name(task)) == fold(title) for task in turn.tasks)
    return offer(
        turn,
        words,
        [
            Change(table=TABLE, id="", label=title, field=field, new=value)
            for field, value in fields.items()
            if value is not None
        ],
        warning="There is a task of this name already." if same else "",
        links=(page,),
    )


def _without_owner(title: str, people: Sequence[str]) -> str:
    """Leave out who is to do it: "Jack to sweep the yard" is for Jack."""
    who, to, what = title.partition(" to ")
    return what if to and len(people) == 1 and fold(who) in words_of(people[0]) else title


_CLOCK_AT_THE_END = re.compile(
    r"[\s,]+(?:(?:by|at|for|due|before|until|@)\s*)*(?:\d{1,2}(?:[:.]\d\d)?\s*(?:am|pm|h)?|noon|midday|midnight)$",
    re.IGNORECASE,
)


def _clean_title(turn: Turn, said: str) -> str:
    """Leave the time and the courtesies at the end out of a title."""
    title = clip(said, 120).strip(" \"'“”.!")
    title = re.sub(r"^(?:to|for|that|:)\s+", "", title, flags=re.IGNORECASE)
    title = re.sub(r"[\s,]+(?:please|pls|thanks|thank you|asap)$", "", title, flags=re.IGNORECASE)
    if turn.slots.clock is not None:
        title = _CLOCK_AT_THE_END.sub("", title)
    window = turn.slots.window
    if window and fold(title).endswith(fold(window.text)):
        title = title[: len(title) - len(window.text)]
        title = re.sub(
            r"(?:[\s,]+(?:by|on|at|for|due|before|until))*[\s,]*$", "", title, flags=re.IGNORECASE
        )
    title = re.sub(
        r"^(?:a|an|the)?\s*(?:new\s+)?(?:task|to-?do)s?$", "", title, flags=re.IGNORECASE
    )
    return title.strip(" ,")


def reschedule(turn: Turn) -> Reply:
    said = plain(turn)
    chosen = _choose(turn, None)
    if isinstance(chosen, Reply):
        return chosen
    tasks, is_everything = chosen
    slots = turn.slots
    if slots.minutes is None and slots.window is None and slots.clock is None:
        names = listed([task_name(task) for task in tasks])
        return ask(turn, f"When should {names} be instead?", *_links(tasks), shown=_ids(tasks))
    changes, moves = [], []
    for task in tasks:
        field, before = _time_of(task)
        moment = _moved(turn, said, before)
        if moment is None:
            return ask(
                turn,
                f"{task_name(task)} has no time to move from. When should it be?",
                *_links(tasks),
                shown=_ids(tasks),
            )
        if moment != before:
            old = before.isoformat() if before else None
            changes.append(_change(task, field, old, moment.isoformat()))
            moves.append((task, before, moment))
    if not changes:
        return already(
            turn, f"{listed([task_name(task) for task in tasks])} is at that time already",
            _ids(tasks), *_links(tasks),
        )  # fmt: skip
    return offer(
        turn,
        _words_of_moves(turn, moves),
        changes,
        warning=_impact_of_moves(turn, moves),
        is_everything=is_everything,
        links=_links([task for task, _, _ in moves]),
    )


_Move = tuple[Task, datetime | None, datetime]


def _time_of(task: Task) -> tuple[str, datetime | None]:
    if task.due_at is None and task.planned_start_at is not None:
        return "planned_start_at", task.planned_start_at
    return "due_at", task.due_at


def _moved(turn: Turn, said: str, before: datetime | None) -> datetime | None:
    slots = turn.slots
    if slots.minutes is not None and slots.clock is None and not _is_window_from_now(turn):
        if before is None:
            return None
        sign = -1 if _EARLIER.search(said) else 1
        return before + sign * timedelta(minutes=slots.minutes)
    return moment_of(turn, before)


def _is_window_from_now(turn: Turn) -> bool:
    """Tell "in two hours", which counts from now, from "by two hours", which counts from the task."""
    window = turn.slots.window
    return window is not None and bool(re.match(r"(?:in|within)\b", window.text))


def _words_of_moves(turn: Turn, moves: Sequence[_Move]) -> str:
    if len(moves) == 1:
        task, before, moment = moves[0]
        old = f" from {turn.when(before)}" if before else ""
        return f"move {task_name(task)}{old} to {turn.when(moment)}"
    first = moves[0]
    return f"move {_whom([task for task, _, _ in moves])}, {task_name(first[0])} to {turn.when(first[2])}"


def _impact_of_moves(turn: Turn, moves: Sequence[_Move]) -> str:
    later = [(task, before, moment) for task, before, moment in moves if before and moment > before]
    if not later:
        return ""
    said = _dependents(turn, [task for task, _, _ in later])
    path = turn.analyses.event.critical_path if turn.analyses.event else None
    if path is None or len(later) > 1 or "critical path" in said:
        return said
    task, before, moment = later[0]
    floats = (row.total_float_minutes for row in path.tasks if row.task_id == task.id)
    slack = next(floats, None)
    delay = (moment - before).total_seconds() / 60
    if slack is not None and delay > slack:
        said = f"{said} It has only {minutes(slack)} of slack.".strip()
    return said


def _choose(turn: Turn, new: str | None) -> tuple[list[Task], bool] | Reply:  # noqa: PLR0911 -- one return for each thing to say
    """Return the tasks that are meant, and whether these are all there are; else what to say."""
    slots = turn.slots
    tasks = turn.linked_tasks()
    if len(tasks) > 1 and not means_several(turn):
        return ask_which(
            [task_name(task) for task in tasks], _ids(tasks), noun="task", slug="tasks"
        )
    if tasks:
        return tasks, False
    if not turn.tasks:
        return absent(turn, noun="task", slug="tasks", any_sent=False)
    said = plain(turn)
    if not re.search(r"\b(?:all|every|everything|tasks|ones)\b", said):
        if slots.unknown or slots.codes or slots.named:
            near = [task_name(task) for task in nearest(turn)]
            return absent(turn, noun="task", slug="tasks", any_sent=True, near=near)
        return ask(turn, "Which task do you mean?", routes.open_page("tasks"))
    statuses = {name for name in slots.task_statuses if name != new} - {"overdue"}
    is_late = "overdue" in slots.task_statuses
    is_mine = slots.mine and "my" in said.split()
    chosen = [
        task
        for task in turn.tasks
        if (task.status in statuses if statuses else is_open(task))
        and (not is_late or is_overdue(task, turn.now))
        and (not slots.roles or fold(task.role or "") in {fold(role) for role in slots.roles})
        and (not is_mine or is_of_user(task, turn))
    ]
    if not chosen:
        return absent(turn, noun="task", slug="tasks", any_sent=True)
    is_narrow = bool(statuses or slots.roles or is_mine or is_late)
    return chosen, not is_narrow


def _whom(tasks: Sequence[Task]) -> str:
    names = listed([task_name(task) for task in tasks])
    return names if len(tasks) == 1 else f"{counted(len(tasks), 'task')} ({names})"


def _from(tasks: Sequence[Task]) -> str:
    old = {TASK_WORDS[task.status] for task in tasks}
    return f" from {old.pop()}" if len(old) == 1 else ""


def _change(task: Task, field: str, old: str | None, new: str | None) -> Change:
    return Change(table=TABLE, id=task.id, label=task_name(task), field=field, old=old, new=new)


def _ids(tasks: Sequence[Task]) -> tuple[str, ...]:
    return tuple(task.id for task in tasks)


def _links(tasks: Sequence[Task]) -> tuple[Action, ...]:
    return (open_task(tasks[0]) if len(tasks) == 1 else routes.open_page("tasks"),)

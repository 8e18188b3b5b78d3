"""One task, and lists of tasks."""

import itertools
import re
from collections.abc import Sequence

from assistant.schemas import Action, Severity
from assistant.skills import routes
from assistant.skills.crew import unknown_person
from assistant.skills.filters import (
    asks_mine,
    asks_no_owner,
    is_open,
    is_overdue,
    people_asked,
    task_statuses,
    wanted_tasks,
)
from assistant.skills.questions import OPEN_TASKS, next_questions, no_data, not_found, which_of
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import (
    TASK_WORDS,
    clip,
    counted,
    is_are,
    join,
    named,
    sentence,
    task_name,
)
from assistant.understanding.lexicon import FILLERS
from assistant.understanding.normalise import fold, words_of
from insights.schemas.tasks import Task

_WHO = re.compile(r"\b(?:who|whos|whose|owner|by whom)\b")
_AFTER_IT = re.compile(
    r"\b(?:depends? (?:up)?on|needs?|relies on|rely on|after|waits? for|waiting for|blocked by|behind)\b"
)
_BEGINNING = 5  # letters
_ABOUT_TASKS = re.compile(r"\b(?:tasks?|what|which|who|anything|everything)\b")


# One task.


def lookup(turn: Turn) -> Reply:
    if not turn.tasks:
        return no_data(turn, "tasks")
    found = turn.linked_tasks()
    if len(found) == 1:
        return one_task(turn, found[0])
    if found:
        return _each(turn, found) if turn.slots.together else which_task(found)
    return unknown_task(turn)


def _each(turn: Turn, found: Sequence[Task]) -> Reply:
    """Tell of each of several named tasks."""
    return Reply(
        content=" ".join(_state_first(turn, task) for task in found),
        severity=severity_of_tasks(found, turn),
        actions=tuple(open_task(task) for task in found[:3]),
        follow_up=next_questions(turn),
        shown=tuple(task.id for task in found),
    )


def one_task(turn: Turn, task: Task) -> Reply:
    who = bool(_WHO.search(fold(turn.message)))
    sentences = [_owner_first(turn, task) if who else _state_first(turn, task)]
    if task.status == "blocked" and task.blocked_reason:
        sentences.append(sentence(f"Blocked because: {clip(task.blocked_reason, 120)}"))
    before = _predecessors(turn, task)
    if not _AFTER_IT.search(fold(turn.message)):
        # What is done holds nothing up.
        before = [other for other in before if is_open(other)]
    if before:
        parts = [f"{task_name(other)} ({TASK_WORDS[other.status]})" for other in before]
        verb = "depended" if task.status == "done" else "depends"
        sentences.append(f"It {verb} on {named(parts, total=len(parts))}.")
    return Reply(
        content=" ".join(sentences),
        severity=severity_of_tasks([task], turn),
        actions=(open_task(task, primary=True),),
        follow_up=next_questions(turn, *_other_questions(task, who=who)),
        shown=(task.id,),
        focus=task.id,
    )


def _other_questions(task: Task, *, who: bool) -> tuple[str, ...]:
    name = task_name(task)
    return (f"When is {name} due?" if who else f"Who owns {name}?",)


def _owner_first(turn: Turn, task: Task) -> str:
    owner = owner_of(turn, task)
    name = task_name(task)
    holds = f"{owner} owns {name}" if owner else f"Nobody owns {name} yet"
    return f"{holds}: it {_state(turn, task)}."


def _state_first(turn: Turn, task: Task) -> str:
    owner = owner_of(turn, task)
    owned = f"owned by {owner}" if owner else "nobody owns it yet"
    return f"{task_name(task)} {_state(turn, task)}; {owned}."


def _state(turn: Turn, task: Task) -> str:
    words = f"is {TASK_WORDS[task.status]}"
    if task.status == "done":
        return f"{words}, since {turn.when(task.actual_end_at)}" if task.actual_end_at else words
    if task.due_at is None:
        return f"{words}, without a due date"
    if is_overdue(task, turn.now):
        return f"{words} and overdue, it was due {turn.when(task.due_at)}"
    return f"{words}, due {turn.when(task.due_at)}"


def owner_of(turn: Turn, task: Task) -> str:
    """Return who does a task, by name where one is known; empty when nobody does."""
    people = {person.id: person.label for person in turn.context.people}
    ids = dict.fromkeys((task.owner_id, *task.assignee_ids))
    names = [task.owner_name] if task.owner_name else []
    names += [people.get(who, who) for who in ids if who and not (names and who == task.owner_id)]
    distinct = dict.fromkeys(names)
    return named(map(clip, distinct), total=len(distinct))


def _predecessors(turn: Turn, task: Task) -> list[Task]:
    ids = {link.task_id for link in task.depends_on}
    return [other for other in turn.tasks if other.id in ids]


def which_task(found: Sequence[Task]) -> Reply:
    """Ask which of several equally good readings is meant."""
    options = [
        (task_name(task), TASK_WORDS[task.status], routes.record("tasks", task.id))
        for task in found
    ]
    reply = which_of("task", options, "Who owns {}?")
    return _with_shown(reply, found)


def unknown_task(turn: Turn) -> Reply:
    """Say that no task is called so; what shares a word with it is offered as a question."""
    said = [*turn.slots.unknown, *turn.slots.codes]
    near = (f"Who owns {task_name(task)}?" for task in nearest(turn))
    where = f"your {counted(len(turn.tasks), 'task')}"
    return not_found(
        turn,
        " ".join(dict.fromkeys(said)),
        where,
        near=tuple(itertools.islice(near, 2)),
        slug="tasks",
    )


def nearest(turn: Turn) -> list[Task]:
    """Return the tasks that share a word, or the beginning of a long one, with a message that names none."""
    said = {*turn.slots.unknown, *turn.slots.codes}
    said |= set(words_of(turn.message))
    starts = {word[:_BEGINNING] for word in said if len(word) >= _BEGINNING and word not in FILLERS}
    return [
        task
        for task in turn.tasks
        if any(
            word in turn.slots.unknown or (len(word) >= _BEGINNING and word[:_BEGINNING] in starts)
            for word in words_of(task.label)
        )
    ]


def _with_shown(reply: Reply, tasks: Sequence[Task]) -> Reply:
    return Reply(
        reply.content,
        reply.type,
        reply.severity,
        reply.actions,
        reply.follow_up,
        shown=tuple(task.id for task in tasks),
    )


def open_task(task: Task, *, primary: bool = False) -> Action:
    target = routes.record("tasks", task.id)
    return Action(label=f"Open {task_name(task)}", target=target, primary=primary)


def severity_of_tasks(tasks: Sequence[Task], turn: Turn) -> Severity:
    bad = any(task.status == "blocked" or is_overdue(task, turn.now) for task in tasks)
    return "warning" if bad else "info"


# Many tasks.


def listing(turn: Turn) -> Reply:
    if not turn.tasks:
        return no_data(turn, "tasks")
    linked = turn.linked_tasks()
    if len(linked) == 1:
        if asks_dependants(turn, linked[0]):
            return dependants(turn, linked[0])
        return one_task(turn, linked[0])
    unknown = "" if people_asked(turn) else unknown_person(turn)
    if unknown:
        return not_found(turn, unknown, f"the people of {_all_tasks(turn)}", slug="tasks")
    found = wanted_tasks(turn)
    what = _description(turn, len(found))
    if not found:
        return _nothing(turn, what)
    asked_bad = bool({"overdue", "blocked"} & set(turn.slots.task_statuses)) or asks_no_owner(turn)
    parts = (_in_a_list(turn, task) for task in found)
    return Reply(
        content=f"{counted(len(found), *what)}: {named(parts, total=len(found))}.",
        severity="warning" if asked_bad else "info",
        actions=(Action(label="See them on the tasks page", target=_target(turn), primary=True),),
        follow_up=next_questions(turn, f"Who owns {task_name(found[0])}?"),
        shown=tuple(task.id for task in found),
        focus=found[0].id if len(found) == 1 else None,
    )


def _nothing(turn: Turn, what: tuple[str, str]) -> Reply:
    asked_bad = bool({"overdue", "blocked"} & set(turn.slots.task_statuses)) or asks_no_owner(turn)
    return Reply(
        content=f"No {what[1]}: none of {_all_tasks(turn)} fits.",
        severity="success" if asked_bad else "info",
        actions=(routes.open_page("tasks", primary=True),),
        follow_up=next_questions(turn),
    )


def _all_tasks(turn: Turn) -> str:
    return f"your {counted(len(turn.tasks), 'task')}"


def _in_a_list(turn: Turn, task: Task) -> str:
    """Say of a task what the filters have not said: its status, owner or due date."""
    facts = []
    if len(task_statuses(turn)) != 1:
        facts.append(TASK_WORDS[task.status])
    if not people_asked(turn) and not asks_mine(turn) and not asks_no_owner(turn):
        facts.append(owner_of(turn, task) or "no owner")
    if task.due_at and is_open(task):
        facts.append(f"due {turn.when(task.due_at)}")
    return f"{task_name(task)} ({', '.join(facts)})" if facts else task_name(task)


def _description(turn: Turn, count: int) -> tuple[str, str]:
    """Return the filters as people say them, for one task and for several."""
    slots = turn.slots
    words = []
    statuses = task_statuses(turn)
    if "overdue" in slots.task_statuses:
        words.append("overdue")
    elif set(statuses) >= {"not_started", "in_progress"}:
        words.append("open")
    elif statuses:
        shown = [TASK_WORDS[status].replace(" ", "-") for status in statuses if status != "ready"]
        words.append(join(shown, "or"))
    if slots.roles:
        words.append(join([clip(role, 30) for role in slots.roles], "or"))
    after = ""
    people = people_asked(turn)
    if people:
        after += f" of {join([clip(name) for name in people], 'or')}"
    elif asks_mine(turn):
        after += " of yours"
    if asks_no_owner(turn):
        after += " without an owner"
    if slots.window and "overdue" not in slots.task_statuses:
        verb = f" {is_are(count)}" if count else ""
        after += f"{verb} due {slots.window.label}"
    head = " ".join(words)
    return f"{head} task{after}".strip(), f"{head} tasks{after}".strip()


def _target(turn: Turn) -> str:
    slots = turn.slots
    statuses = () if len(task_statuses(turn)) == len(OPEN_TASKS) else task_statuses(turn)
    return routes.filtered(
        "tasks",
        status="open" if task_statuses(turn) and not statuses else ",".join(statuses),
        overdue=True if "overdue" in slots.task_statuses else None,
        unassigned=True if asks_no_owner(turn) else None,
        owner=",".join(clip(name) for name in people_asked(turn))
        or ("me" if asks_mine(turn) else None),
    )


# What depends on a task.


def asks_dependants(turn: Turn, task: Task) -> bool:
    """Tell whether what waits for a task is asked, not what it waits for: its name comes after the verb."""
    plain = fold(turn.message)
    verb = _AFTER_IT.search(plain)
    if not verb:
        return False
    said = {*words_of(task.label), "it", "that", "this"}
    before = [word for word in words_of(plain[: verb.start()]) if word in said]
    return not before


def dependants(turn: Turn, task: Task) -> Reply:
    """List the tasks that wait for one directly."""
    found = [
        other for other in turn.tasks if any(link.task_id == task.id for link in other.depends_on)
    ]
    name = task_name(task)
    if not found:
        return Reply(
            content=f"No task depends on {name}.",
            actions=(open_task(task, primary=True),),
            follow_up=next_questions(turn, f"Who owns {name}?"),
            focus=task.id,
        )
    parts = (f"{task_name(other)} ({TASK_WORDS[other.status]})" for other in found)
    verb = "depends" if len(found) == 1 else "depend"
    return Reply(
        content=f"{counted(len(found), 'task')} {verb} on {name} ({TASK_WORDS[task.status]}): "
        f"{named(parts, total=len(found))}.",
        severity="warning" if task.status == "blocked" or is_overdue(task, turn.now) else "info",
        actions=(open_task(task, primary=True), routes.open_page("tasks")),
        follow_up=next_questions(turn, f"What if {name} is an hour late?"),
        shown=tuple(other.id for other in found),
        focus=task.id,
    )

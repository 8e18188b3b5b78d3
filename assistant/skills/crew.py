"""Whether there are enough people for each role, and who has how much to do."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assistant.schemas import Action, Severity
from assistant.skills import routes
from assistant.skills.filters import (
    asks_mine,
    is_of_user,
    is_open,
    people_asked,
)
from assistant.skills.questions import next_questions, no_data, not_computed, not_found
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import clip, counted, hours, is_are, named, sentence, task_name
from assistant.understanding.lexicon import NAMES, words
from assistant.understanding.normalise import fold, words_of
from assistant.understanding.spelling import singular
from insights.schemas.events import Period, RoleStaffing, Shift, StaffingGap, StaffingSummary
from insights.schemas.tasks import Task

# What people call a role, and its usual name.
_SAME_ROLE = {
    "barman": "bartender", "barmen": "bartender", "barmaid": "bartender", "barkeeper": "bartender",
    "barstaff": "bartender", "mixologist": "bartender", "bouncer": "security", "guard": "security",
    "steward": "usher", "hostess": "host", "greeter": "host", "waitress": "waiter",
    "server": "waiter", "hairstylist": "hairdresser", "mua": "makeup", "pa": "runner",
    "techie": "technician", "loader": "stagehand",
}  # fmt: skip
_ROLE_WANTED = re.compile(
    r"\b(?:(?:how many|enough|short (?:of|on)|lack(?:ing)?|missing|need(?: more| another| any)?"
    r"|have (?:any|a|an)|got (?:any|a|an)|are there(?: any)?|is there (?:a|an|any))) (?P<noun>[a-z]+)"
)
_ANYBODY = words(
    """people person staff crew role position shift hand helper body everyone everybody anybody
    anyone somebody someone more we are is of in for on the to us they all enough any do team
    member slot gap spot job seat vacancy opening assistant coverage cover"""
)
_FREE = re.compile(
    r"\b(?:free|available|availability|idle|spare|unoccupied|least|fewest|capacity|not busy"
    r"|(?:more |any |some )?time (?:for|to)|no (?:open )?(?:tasks?|work|jobs?)"
    r"|nothing (?:to do|on|left)|(?:can|could) (?:help|take))\b"
)
_BEFORE_FREE = re.compile(
    r"\b(?:is|are|does|has|will|can) (?P<name>[a-z'-]+)(?: [a-z'-]+)? "
    r"(?:free|available|busy|have|has|around|working|on|be)\b"
)


# Roles.


def staffing(turn: Turn) -> Reply:
    event = turn.analyses.event
    summary = event.staffing_summary if event else None
    if event is None or (summary and not summary.by_role):
        return no_data(turn, "staffing")
    if summary is None:
        return not_computed(turn, "staffing")
    gaps = event.staffing or ()
    found, unknown = _roles_asked(turn, summary.by_role)
    if found:
        return _some_roles(turn, found, gaps)
    if unknown:
        count = counted(len(summary.by_role), "role")
        roles = named([clip(row.role) for row in summary.by_role], total=len(summary.by_role))
        return Reply(
            content=f"I don't have a role called “{clip(unknown, 30)}” in your staffing; "
            f"the {count} there {is_are(len(summary.by_role))}: {roles}.",
            actions=(routes.open_page("staffing", primary=True),),
            follow_up=next_questions(turn, "Which roles are unfilled?"),
        )
    return _all_roles(turn, summary, gaps)


def _roles_asked(turn: Turn, rows: Sequence[RoleStaffing]) -> tuple[list[RoleStaffing], str]:
    """Return the roles that the message names, else the word that must be one and is none."""
    said = {_same(word) for word in words_of(turn.message)}
    said |= {_same(word) for role in turn.slots.roles for word in words_of(role)}
    found = [row for row in rows if row.role and said.issuperset(_words_of_role(row.role))]
    if found:
        return found, ""
    if turn.slots.roles:
        return [], turn.slots.roles[0]
    wanted = _ROLE_WANTED.search(fold(turn.message))
    noun = wanted["noun"] if wanted else ""
    return [], "" if singular(noun) in _ANYBODY or noun in _ANYBODY else noun


def _words_of_role(role: str) -> set[str]:
    return {_same(word) for word in words_of(role)}


def _same(word: str) -> str:
    one = singular(word)
    return _SAME_ROLE.get(word) or _SAME_ROLE.get(one) or one


def _some_roles(turn: Turn, rows: Sequence[RoleStaffing], gaps: Sequence[StaffingGap]) -> Reply:
    sentences = [_role(row) for row in rows]
    short = [row for row in rows if row.gap]
    names = {row.role for row in rows}
    for gap in gaps:
        people = [clip(one.name or one.person_id) for one in gap.suggestions]
        if gap.role in names and gap.gap and people:
            sentences.append(f"Could step in: {named(people, total=len(people))}.")
            break
    messages = [clash.message for gap in gaps if gap.role in names for clash in gap.conflicts]
    if messages:
        sentences.append(sentence(f"Mind: {clip(messages[0], 160)}"))
    return Reply(
        content=" ".join(sentences),
        severity="warning" if short or messages else "success",
        actions=(_open_role(rows),),
        follow_up=next_questions(turn, "Which roles are unfilled?"),
    )


def _open_role(rows: Sequence[RoleStaffing]) -> Action:
    target = routes.filtered("staffing", role=",".join(clip(row.role) for row in rows))
    return Action(label="Open staffing", target=target, primary=True)


def _role(row: RoleStaffing) -> str:
    name = clip(row.role) or "any role"
    have = f"{row.assigned} of {row.required} for {name}"
    if row.gap:
        return f"{have} {is_are(row.assigned)} assigned: {row.gap} short."
    more = row.assigned - row.required
    return f"{have} {is_are(row.assigned)} assigned: {'that is enough' if more <= 0 else f'{more} more than needed'}."


def _all_roles(turn: Turn, summary: StaffingSummary, gaps: Sequence[StaffingGap]) -> Reply:
    short = sorted((row for row in summary.by_role if row.gap), key=lambda row: -row.gap)
    total = f"{summary.assigned} people on {counted(summary.required, 'position')}"
    if not short:
        roles = counted(len(summary.by_role), "role")
        first = f"{'All ' if len(summary.by_role) > 1 else ''}{roles} {is_are(len(summary.by_role))} filled: {total}."
        severity: Severity = "warning" if summary.conflicts else "success"
    else:
        verb = "lacks" if len(short) == 1 else "lack"
        parts = [
            f"{clip(row.role) or 'any role'} {row.assigned} of {row.required}" for row in short
        ]
        first = (
            f"{counted(len(short), 'role')} {verb} {counted(summary.gap, 'person', 'people')} in "
            f"all: {named(parts, total=len(parts))}."
        )
        severity = "critical" if any(gap.severity == "critical" for gap in gaps) else "warning"
    sentences = [first]
    if summary.conflicts:
        found = [clash.message for gap in gaps for clash in gap.conflicts]
        said = f", first: {clip(found[0], 160)}" if found else ""
        sentences.append(sentence(f"{counted(summary.conflicts, 'assignment')} clash{said}"))
    if summary.fillable:
        sentences.append(f"{summary.fillable} of them could be filled with the people you have.")
    worst = clip(short[0].role) if short else ""
    return Reply(
        content=" ".join(sentences),
        severity=severity,
        actions=(routes.open_page("staffing", primary=True),),
        follow_up=next_questions(turn, *([f"Is {worst} fully staffed?"] if worst else [])),
    )


# People.


@dataclass(frozen=True)
class _Load:
    """What somebody has to do: open tasks, shifts; and when they are away."""

    name: str
    tasks: list[Task] = field(default_factory=list)
    shifts: list[Shift] = field(default_factory=list)
    away: list[Period] = field(default_factory=list)

    @property
    def minutes(self) -> float:
        return sum(
            task.duration_minutes if task.remaining_minutes is None else task.remaining_minutes
            for task in self.tasks
        )


def workload(turn: Turn) -> Reply:
    if not turn.tasks and not turn.context.staffing:
        return no_data(turn, "tasks")
    names = people_asked(turn)
    if names:
        return _of_people(turn, names)
    unknown = unknown_person(turn)
    if unknown:
        people = turn.context.names
        near = [name for name in people if fold(name)[:2] == fold(unknown)[:2]]
        return not_found(
            turn,
            unknown,
            f"the {counted(len(people), 'person', 'people')} of your tasks and shifts",
            near=[f"Is {clip(name)} free?" for name in near],
            slug="tasks",
        )
    if asks_mine(turn):
        return _of_user(turn)
    loads = list(_loads(turn).values())
    if _FREE.search(fold(turn.message)):
        return _who_is_free(turn, loads)
    return _who_has_most(turn, loads)


def _of_user(turn: Turn) -> Reply:
    if not turn.context.user_name and not turn.context.user_id:
        return Reply(
            content="I don't have your name, so I can't tell which tasks are yours.",
            actions=(routes.open_page("tasks", primary=True),),
            follow_up=next_questions(turn),
        )
    mine = [task for task in turn.tasks if is_open(task) and is_of_user(task, turn)]
    return _reply(turn, [_sentence(_Load("", mine), "You", "have")], mine)


def unknown_person(turn: Turn) -> str:
    """Return a word that must be somebody's name and is nobody's here."""
    known = {word for name in turn.context.names for word in words_of(name)}
    unknown = [word for word in turn.slots.unknown if word not in known and word not in _ANYBODY]
    capitals = {
        word
        for token in turn.message.split()[1:]
        if token[:1].isupper()
        for word in words_of(token)
    }
    asked = _BEFORE_FREE.search(fold(turn.message))
    for word in unknown:
        if word in NAMES or word in capitals or (asked and asked["name"] == word):
            return word.capitalize()
    return ""


def _loads(turn: Turn) -> dict[str, _Load]:
    """Return everybody's load by name, that of most tasks first."""
    context = turn.context
    loads = {name: _Load(name) for name in context.names}
    names: dict[str | None, str] = {}
    for person in context.people:
        if person.name:
            names[person.id] = person.name
            loads[person.name].away.extend(person.unavailable)
    for task in filter(is_open, context.tasks):
        ids = (task.owner_id, *task.assignee_ids)
        for name in {task.owner_name, *(names.get(who) for who in ids)}:
            if name in loads:
                loads[name].tasks.append(task)
    for shift in context.staffing:
        for who in shift.assigned:
            name = names.get(who, who)
            if name in loads:
                loads[name].shifts.append(shift)
    ranked = sorted(loads.values(), key=lambda load: (-len(load.tasks), -load.minutes))
    return {load.name: load for load in ranked}


def _of_people(turn: Turn, names: Iterable[str]) -> Reply:
    everybody = _loads(turn)
    loads = [everybody.get(name, _Load(name)) for name in names]
    sentences = [_within(turn, load) if turn.slots.window else _sentence(load) for load in loads]
    tasks = [task for load in loads for task in load.tasks]
    return _reply(turn, sentences, tasks, names=tuple(names))


def _sentence(load: _Load, name: str = "", has: str = "has") -> str:
    name = name or clip(load.name)
    if not load.tasks:
        return f"{name} {has} no open tasks."
    count = len(load.tasks)
    return (
        f"{name} {has} {counted(count, 'open task')}, {hours(load.minutes)} of work: "
        f"{named(map(task_name, load.tasks), total=count)}."
    )


def _within(turn: Turn, load: _Load) -> str:
    """Say what somebody has to do in the time that was asked about."""
    label = turn.slots.window.label if turn.slots.window else ""
    busy = _busy(turn, load)
    name = clip(load.name)
    if busy:
        return f"{name} is busy {label}: {named(busy, total=len(busy))}."
    other = f", and {counted(len(load.tasks), 'open task')} at other times" if load.tasks else ""
    return f"{name} looks free {label}: no task due, no shift{other}."


def _busy(turn: Turn, load: _Load) -> list[str]:
    """Return what keeps somebody busy in the time that was asked about: tasks due, shifts, absence."""
    window = turn.slots.window
    if window is None:
        return []
    return [
        *(
            f"{task_name(task)} (due {turn.when(task.due_at)})"
            for task in load.tasks
            if task.due_at and window.start <= task.due_at < window.end
        ),
        *(
            f"a shift as {clip(shift.role, 30) or 'crew'}"
            for shift in load.shifts
            if shift.start_at
            and shift.end_at
            and shift.start_at < window.end
            and window.start < shift.end_at
        ),
        *(
            "not available"
            for period in load.away
            if period.start_at < window.end and window.start < period.end_at
        ),
    ]


def _reply(
    turn: Turn, sentences: Sequence[str], tasks: Sequence[Task], names: tuple[str, ...] = ()
) -> Reply:
    late = any(task.due_at and task.due_at < turn.now for task in tasks)
    owner = ",".join(clip(name) for name in names) or "me"
    target = routes.filtered("tasks", owner=owner)
    return Reply(
        content=" ".join(sentences),
        severity="warning" if late else "info",
        actions=(Action(label="See these tasks", target=target, primary=True),),
        follow_up=next_questions(turn, "Who has the most open tasks?"),
        shown=tuple(task.id for task in tasks),
        focus=names[0] if len(names) == 1 else None,
    )


def _who_is_free(turn: Turn, loads: Sequence[_Load]) -> Reply:
    window = turn.slots.window
    if window:
        free = [load.name for load in loads if not _busy(turn, load)]
        span = f" {window.label}"
    else:
        free, span = [load.name for load in loads if not load.tasks], ""
    if free:
        what = "look free" if window else "have no open tasks"
        one = "looks free" if window else "has no open tasks"
        content = (
            f"{named(map(clip, free), total=len(free))} {one if len(free) == 1 else what}{span}."
        )
    elif loads:
        least = loads[-1]
        content = (
            f"Nobody is free{span}. {clip(least.name)} has least to do: "
            f"{counted(len(least.tasks), 'open task')}, {hours(least.minutes)}."
        )
    else:
        content = "I don't have any people in your tasks or shifts."
    return Reply(
        content=content,
        actions=(routes.open_page("staffing", primary=True), routes.open_page("tasks")),
        follow_up=next_questions(turn, "Who has the most open tasks?"),
    )


def _who_has_most(turn: Turn, loads: Sequence[_Load]) -> Reply:
    busy = [load for load in loads if load.tasks]
    if not busy:
        return Reply(
            content="Nobody has open tasks.",
            severity="success",
            actions=(routes.open_page("tasks", primary=True),),
            follow_up=next_questions(turn),
        )
    top = [load for load in busy if len(load.tasks) == len(busy[0].tasks)]
    who = named((clip(load.name) for load in top), total=len(top))
    count = counted(len(top[0].tasks), "open task")
    each = " each" if len(top) > 1 else ""
    verb = "has" if len(top) == 1 else "have"
    content = f"{who} {verb} the most to do: {count}{each}"
    if len(top) == 1:
        content += f", {hours(top[0].minutes)} of work"
    rest = busy[len(top) :]
    parts = (f"{clip(load.name)} {len(load.tasks)} ({hours(load.minutes)})" for load in rest)
    content += f". Then: {named(parts, total=len(rest))}." if rest else "."
    nobody = sum(is_open(task) and not task.is_assigned for task in turn.tasks)
    if nobody:
        verb = "has" if nobody == 1 else "have"
        content += f" {counted(nobody, 'open task')} {verb} no owner."
    return Reply(
        content=content,
        actions=(routes.open_page("tasks", primary=True), routes.open_page("staffing")),
        follow_up=next_questions(turn, f"Show the open tasks of {clip(top[0].name)}"),
        focus=top[0].name if len(top) == 1 else None,
    )

"""What happens when on the day: the user's own run of show, else the draft of the analysis."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import NamedTuple

from assistant.skills import routes
from assistant.skills.questions import next_questions, no_data
from assistant.skills.tasks import one_task
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import clip, counted, duration, named, task_name
from assistant.understanding.normalise import fold, words_of
from insights.schemas.tasks import Task

_DRAFT = re.compile(r"\b(?:generate|draft|create|build|suggest|propose|make|write|plan out)\b")
_AFTER = re.compile(r"\b(?:after|follows?|following)\b")
_BEFORE = re.compile(r"\b(?:before|precedes?|leads? up to)\b")
_NEXT = re.compile(r"\b(?:next|coming up|now|right now|currently)\b")
_LONG = re.compile(r"\bhow (?:long|much time)\b")
_DOORS = re.compile(r"\bdoors?\b")
_IN_THE_MORNING = re.compile(r"\d ?a\.?m\b|\bmorning\b|\b0\d[:.]")
_CALLS = re.compile(r"\bcall ?(?:times?|sheet)?s?\b|\b(?:be|get) there\b")
_NOON = 12
_LAST = timedelta(hours=1)  # how long the last item is taken to last
_DAY = timedelta(days=1)


class _Item(NamedTuple):
    id: str
    label: str
    start_at: datetime
    minutes: float | None

    @property
    def name(self) -> str:
        return clip(self.label)


def run_of_show(turn: Turn) -> Reply:
    own, draft = _own(turn), _draft(turn)
    if _DRAFT.search(fold(turn.message)) and draft:
        return _all(turn, draft, drafted=True)
    if not own and not draft:
        return _without(turn)
    return _of_items(turn, own or draft, drafted=not own)


def _of_items(  # noqa: PLR0911 -- one return for each thing to say
    turn: Turn, items: Sequence[_Item], *, drafted: bool
) -> Reply:
    plain = fold(turn.message)
    asked = _asked(turn, items)
    if asked:
        return _around(turn, items, asked, plain)
    tasks = turn.linked_tasks()
    if len(tasks) == 1 and not turn.slots.clock:
        return _as_a_task(turn, tasks[0])
    doors = turn.context.event.doors_at
    if _DOORS.search(plain) and doors and not turn.slots.clock:
        return _reply(turn, f"Doors open {turn.when(doors)}.", [])
    if turn.slots.clock:
        return _at(turn, items, turn.slots.clock)
    if _NEXT.search(plain) and not turn.slots.window:
        return _next(turn, items)
    if _CALLS.search(plain):
        return _calls(turn, items)
    return _all(turn, items, drafted=drafted)


def _calls(turn: Turn, items: Sequence[_Item]) -> Reply:
    """Tell the call times, those of the draft where the run of show has none of them."""
    own = [item for item in items if "call" in words_of(item.label)]
    names = {fold(item.label) for item in own}
    drafted = [
        item
        for item in _draft(turn)
        if "call" in words_of(item.label) and fold(item.label) not in names
    ]
    sentences = []
    for what, calls in (("Call times", own), ("In the draft", drafted)):
        if calls:
            parts = [f"{item.name} {turn.when(item.start_at)}" for item in calls]
            sentences.append(f"{what}: {named(parts, total=len(parts))}.")
    return _reply(turn, " ".join(sentences) or "No call times are noted.", [*own, *drafted])


def _own(turn: Turn) -> list[_Item]:
    starts = turn.context.event.start_at
    items = []
    for cue in turn.context.cues:
        at = cue.start_at
        if at is None and starts and cue.offset_minutes is not None:
            at = starts + timedelta(minutes=cue.offset_minutes)
        if at:
            items.append(_Item(cue.id, cue.name, at, cue.duration_minutes))
    return sorted(items, key=lambda item: item.start_at)


def _draft(turn: Turn) -> list[_Item]:
    found = turn.analyses.event.run_of_show if turn.analyses.event else None
    rows = found.timeline if found else ()
    return [_Item(row.id, row.name, row.start_at, row.duration_minutes) for row in rows]


def _without(turn: Turn) -> Reply:
    doors = turn.context.event.doors_at
    if not doors:
        return no_data(turn, "cues")
    return _reply(
        turn, f"I don't have any run of show, only that doors open {turn.when(doors)}.", []
    )


def _asked(turn: Turn, items: Sequence[_Item]) -> list[_Item]:
    """Return the items that are named; a task of the same name names one too."""
    ids = set(turn.slots.cues)
    names = {fold(task.label) for task in turn.linked_tasks()}
    return [item for item in items if item.id in ids or fold(item.label) in names]


def _as_a_task(turn: Turn, task: Task) -> Reply:
    """Tell when something is due that is a task and no item of the run of show."""
    reply = one_task(turn, task)
    return replace(reply, content=f"{task_name(task)} is not in the run of show. {reply.content}")


def _around(turn: Turn, items: Sequence[_Item], asked: Sequence[_Item], plain: str) -> Reply:
    first, last = items.index(asked[0]), items.index(asked[-1])
    if _AFTER.search(plain):
        after = items[last + 1 : last + 2]
        told = f"After {asked[-1].name} comes {_told(turn, after[0])}." if after else ""
        return _reply(turn, told or f"{asked[-1].name} is the last item.", after or asked)
    if _BEFORE.search(plain):
        before = items[max(0, first - 1) : first]
        told = f"Before {asked[0].name} comes {_told(turn, before[0])}." if before else ""
        return _reply(turn, told or f"{asked[0].name} is the first item.", before or asked)
    sentences = [f"{item.name}: {turn.when(item.start_at)}." for item in asked]
    if _LONG.search(plain):
        end = items[last + 1].start_at if last + 1 < len(items) else None
        minutes = asked[-1].minutes
        if minutes is None and end:
            minutes = (end - asked[-1].start_at).total_seconds() / 60
        sentences.append(
            f"It takes {duration(minutes)}." if minutes else "Its length is not noted."
        )
    return _reply(turn, " ".join(sentences), asked)


def _told(turn: Turn, item: _Item) -> str:
    return f"{item.name}, {turn.when(item.start_at)}"


def _at(turn: Turn, items: Sequence[_Item], clock: time) -> Reply:
    moment = _moment(turn, items, clock)
    exact = [item for item in items if item.start_at == moment]
    if exact:
        parts = [item.name for item in exact]
        content = f"{_capital(turn.when(moment))}: {named(parts, total=len(parts))}."
        return _reply(turn, content, exact)
    on = _on(items, moment)
    after = [item for item in items if item.start_at > moment][:1]
    sentences = []
    if on:
        sentences.append(
            f"{_capital(turn.when(moment))} {on.name} is on, since {_clock(turn, on)}."
        )
    else:
        sentences.append(f"Nothing is on {turn.when(moment)}.")
    if after:
        sentences.append(f"Next comes {_told(turn, after[0])}.")
    return _reply(turn, " ".join(sentences), [*([on] if on else []), *after])


def _moment(turn: Turn, items: Sequence[_Item], clock: time) -> datetime:
    """Put a clock time on the day asked about, else on that of the show: within the items if it can be."""
    first, last = items[0].start_at, items[-1].start_at + _LAST
    if turn.slots.window and not turn.slots.window.text.startswith(("at ", "around ")):
        days = [turn.slots.window.start.astimezone(turn.zone).date()]
    else:
        start = first.astimezone(turn.zone).date()
        span = min((last - first) // _DAY + 2, 7)
        days = [start + shift * _DAY for shift in range(span)]
    clocks = [clock]
    if 0 < clock.hour < _NOON and not _IN_THE_MORNING.search(fold(turn.message)):
        # Who asks for "seven" about a show of the evening means that.
        clocks.append(clock.replace(hour=clock.hour + _NOON))
    moments = [datetime.combine(day, each, turn.zone) for each in clocks for day in days]
    return next((at for at in moments if first <= at <= last), moments[0])


def _on(items: Sequence[_Item], moment: datetime) -> _Item | None:
    begun = [item for item in items if item.start_at <= moment]
    if not begun:
        return None
    item = begun[-1]
    is_last = item is items[-1]
    length = timedelta(minutes=item.minutes) if item.minutes is not None else None
    end = item.start_at + (length or _LAST) if is_last or length else None
    return item if end is None or moment < end else None


def _next(turn: Turn, items: Sequence[_Item]) -> Reply:
    on = _on(items, turn.now)
    after = [item for item in items if item.start_at > turn.now][:1]
    sentences = []
    if on:
        sentences.append(f"{on.name} is on, since {turn.when(on.start_at)}.")
    if after:
        sentences.append(f"Next comes {_told(turn, after[0])}.")
    content = " ".join(sentences) or "The run of show is over."
    return _reply(turn, content, [*([on] if on else []), *after])


def _all(turn: Turn, items: Sequence[_Item], *, drafted: bool) -> Reply:
    window = turn.slots.window
    shown = [item for item in items if not window or window.start <= item.start_at < window.end]
    if not shown and window:
        content = f"Nothing of the run of show is {window.label}; it begins {turn.when(items[0].start_at)}."
        return _reply(turn, content, [])
    what = "The draft of the run of show" if drafted else "The run of show"
    parts = (f"{_clock(turn, item)} {item.name}" for item in shown)
    day = turn.when(shown[0].start_at).rpartition(" ")[0]
    return _reply(
        turn,
        f"{what} {'begins' if len(shown) > 1 else 'is'} {day}, {counted(len(shown), 'item')}: "
        f"{named(parts, total=len(shown))}.",
        shown,
    )


def _clock(turn: Turn, item: _Item) -> str:
    return f"{item.start_at.astimezone(turn.zone):%H:%M}"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _reply(turn: Turn, content: str, shown: Sequence[_Item]) -> Reply:
    late = [item for item in shown[:1] if item.name]
    return Reply(
        content=content,
        actions=(routes.open_page("run_of_show", primary=True),),
        follow_up=next_questions(turn, *(f"What comes after {item.name}?" for item in late)),
        shown=tuple(item.id for item in shown),
        focus=shown[0].id if len(shown) == 1 else None,
    )

"""What all actions share: which records are meant, and how a change is offered, asked about or declined."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from assistant.schemas import Action
from assistant.skills import routes
from assistant.skills.proposals import MOST_CHANGED, Change, propose
from assistant.skills.questions import next_questions
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import MOST_NAMED, clip, counted, join
from assistant.understanding.normalise import read

UNCHANGED = "Nothing is changed yet."
_SEVERAL = re.compile(r"\b(?:all|both|them|those|these|they|every|everything|each|whole|any)\b")
_RANKED = re.compile(r"\b(?:best|sharpest|strongest|worst|weakest)\b")
_SHOWN = 3
_MOMENT = timedelta(microseconds=1)


def plain(turn: Turn) -> str:
    """Return the message as the rules read it: folded, spelled out, without signs."""
    return " ".join(read(turn.message).spelled)


def means_several(turn: Turn) -> bool:
    return turn.slots.together or bool(_SEVERAL.search(plain(turn)))


def status_named(
    said: str, rules: Iterable[tuple[str, re.Pattern[str]]], towards: re.Pattern[str]
) -> str | None:
    """Return the status that something is set to: what `towards` leads to, else what is said last."""
    found = [
        (bool(towards.search(said[max(0, match.start() - 30) : match.start()])), match.end(), name)
        for name, rule in rules
        for match in rule.finditer(said)
    ]
    return max(found)[2] if found else None


def means_fewer(turn: Turn, found: int) -> bool:
    """Tell whether fewer records are meant than were found: no change knows which are "the best 3"."""
    count = turn.slots.count
    if count is None and _RANKED.search(plain(turn)):
        count = 1
    return count is not None and count < found


def moment_of(turn: Turn, before: datetime | None) -> datetime:
    """Return the moment that a message names: its day at its time, with what it leaves open as before."""
    slots, zone = turn.slots, turn.zone
    base = (before or turn.now).astimezone(zone)
    if slots.window is not None:
        # "By Friday noon" is on the last day of what is open from now on.
        until = slots.clock is not None and slots.window.label.startswith("by ")
        day = (slots.window.end - _MOMENT if until else slots.window.start).astimezone(zone)
        base = base.replace(year=day.year, month=day.month, day=day.day)
        if before is None:
            base = day
    if slots.clock is not None:
        base = base.replace(hour=slots.clock.hour, minute=slots.clock.minute)
    return base.replace(second=0, microsecond=0)


def listed(names: Sequence[str]) -> str:
    """Return the first three names, and how many more there are."""
    if len(names) <= _SHOWN:
        return join(names)
    return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN} more"


def offer(
    turn: Turn,
    words: str,
    changes: Sequence[Change],
    *,
    warning: str = "",
    note: str = "",
    is_everything: bool = False,
    links: tuple[Action, ...] = (),
) -> Reply:
    """Propose these changes; `words` complete the sentence "Ready to ..."."""
    said = f"Ready to {words}."
    proposal = propose(
        turn.understanding.skill,
        said,
        changes,
        warning=warning or None,
        is_everything=is_everything,
    )
    if proposal.count > MOST_CHANGED:
        return ask(
            turn,
            f"That would change {proposal.count} records; I can change {MOST_CHANGED} at once. "
            "Which of them do you mean?",
            *links,
        )
    closing = "Confirm to apply it; nothing is changed until then."
    if proposal.needs_typed_count:
        closing = f"That is a wide change: type {proposal.count} to confirm. {UNCHANGED}"
    ids = tuple(dict.fromkeys(change.id for change in changes if change.id))
    return Reply(
        content=" ".join(part for part in (said, note, warning, closing) if part),
        type="action",
        severity="warning" if warning or proposal.needs_typed_count else "info",
        actions=links,
        follow_up=next_questions(turn),
        shown=ids,
        focus=ids[0] if len(ids) == 1 else None,
        proposal=proposal,
    )


def ask_which(names: Sequence[str], ids: Sequence[str], *, noun: str, slug: str) -> Reply:
    """Ask which of several equally good readings is meant; nothing is proposed."""
    shown = [*names[:MOST_NAMED]]
    if len(names) > MOST_NAMED:
        shown.append(f"one of {len(names) - MOST_NAMED} more")
    return Reply(
        content=f"{counted(len(names), noun)} fit. Which one do you mean: {join(shown, 'or')}? "
        f"{UNCHANGED}",
        actions=(routes.open_page(slug),),
        follow_up=tuple(clip(name) for name in names[:_SHOWN]),
        shown=tuple(ids),
    )


def ask(turn: Turn, question: str, *links: Action, shown: tuple[str, ...] = ()) -> Reply:
    """Ask for what is missing before anything can be proposed."""
    return Reply(
        content=f"{question} {UNCHANGED}",
        actions=links,
        follow_up=next_questions(turn),
        shown=shown,
        focus=shown[0] if len(shown) == 1 else None,
    )


def already(turn: Turn, said: str, ids: Sequence[str], *links: Action) -> Reply:
    """Say that things are as asked for, so that there is nothing to confirm."""
    return Reply(
        content=f"{said}, so there is nothing to change.",
        actions=links,
        follow_up=next_questions(turn),
        shown=tuple(ids),
        focus=ids[0] if len(ids) == 1 else None,
    )


def absent(turn: Turn, *, noun: str, slug: str, any_sent: bool, near: Sequence[str] = ()) -> Reply:
    """Say that the data have no such record, and which names come nearest."""
    said = f"I can't find that {noun} in your data, so there is nothing to change."
    if near:
        said += f" Nearest: {listed(near)}."
    if not any_sent:
        said = f"I don't have any {noun}s to change: none came with your message."
    return Reply(
        content=said,
        actions=(routes.open_page(slug, primary=True),),
        follow_up=next_questions(turn),
    )


def left_out(count: int, why: str) -> str:
    """Say how many records are so already and stay as they are."""
    if not count:
        return ""
    return f"{count} {'is' if count == 1 else 'are'} {why} already and {'stays' if count == 1 else 'stay'} as is."

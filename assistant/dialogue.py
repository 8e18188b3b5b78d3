"""The course of a conversation, pure: what is remembered of a turn, asking back, two requests in one message."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from assistant.schemas import Severity
from assistant.skills import routes
from assistant.skills.questions import next_questions
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import join
from assistant.understanding import Understanding
from assistant.understanding.context import Context
from assistant.understanding.followups import Frame, Pending, Records, read_frame, write_frame
from assistant.understanding.guards import CHANGE, is_no, is_question, is_yes, strip_polite
from assistant.understanding.normalise import fold, read

# What a skill is called where people choose between readings; a chosen one comes back as a message.
LABELS = {
    "nav.page": "Open a page",
    "nav.entity": "Open the record",
    "logistics.locate": "Find a sample",
    "logistics.list": "List samples",
    "logistics.readiness": "Check the readiness",
    "logistics.blockers": "Show the blockers",
    "logistics.batching": "Plan the shooting order",
    "logistics.arrivals": "Show the arrivals",
    "logistics.returns": "Show the returns",
    "events.critical_path": "Show the critical path",
    "events.staffing": "Check the staffing",
    "events.workload": "Check the workloads",
    "events.run_of_show": "Show the run of show",
    "events.task_lookup": "Look up a task",
    "events.task_list": "List tasks",
    "media.asset_find": "Find images",
    "media.quality": "Check the image quality",
    "media.missing": "Show the missing shots",
    "media.selects": "Pick the best images",
    "media.approvals": "Show the approvals",
    "rec.packages": "Recommend a package",
    "rec.next_actions": "Tell me what to do next",
    "rec.features": "Suggest features",
    "overview.summary": "Give me a summary",
    "act.sample_status": "Change a sample's status",
    "act.sample_add": "Add a sample",
    "act.sample_edit": "Edit a sample",
    "act.task_status": "Change a task's status",
    "act.task_assign": "Assign a task",
    "act.task_create": "Create a task",
    "act.task_reschedule": "Reschedule a task",
    "act.asset_approve": "Approve images",
    "act.asset_reject": "Reject images",
    "act.asset_tag": "Tag or rate images",
    "act.export_share": "Export or share",
    "act.notify": "Send a message or reminder",
    "act.preferences": "Change my preferences",
    "act.privacy": "Delete or export my data",
    "help.howto": "Explain how to do it",
    "help.capabilities": "Tell me what you can do",
    "help.explain": "Explain a term",
    "help.troubleshoot": "Fix a problem",
    "help.contact": "Contact support",
}
MOST_READINGS = 3
MOST_FAILURES = 2
_MOST_SHOWN = (
    1_000  # ids that are remembered; of a longer list none are, for "all of these" must be all
)
_MOST_ACTIONS = 4
_SURE_OF_A_YES = 0.6

# Turns that leave what was talked about as it was.
_ASIDES = ("help.", "smalltalk", "out_of_scope", "dialog.")
_SEVERITIES: tuple[Severity, ...] = ("info", "success", "warning", "critical")


@dataclass(frozen=True, slots=True)
class State:
    """What the next turn of a session has to know; `failures` counts messages in a row that were not understood."""

    turn: int = 0
    failures: int = 0
    frame: Frame | None = None

    @property
    def pending(self) -> Pending | None:
        return self.frame.pending if self.frame else None


def write_state(state: State) -> dict[str, Any]:
    """Return a state as JSON has it."""
    frame = write_frame(state.frame) if state.frame else None
    return {"turn": state.turn, "failures": state.failures, "frame": frame}


def read_state(document: Any) -> State | None:
    """Read what `write_state` gave; None for anything else."""
    if not isinstance(document, dict):
        return None
    turn, failures = document.get("turn"), document.get("failures")
    if not isinstance(turn, int) or not isinstance(failures, int):
        return None
    return State(turn, failures, read_frame(document.get("frame")))


def next_state(
    before: State | None,
    understanding: Understanding,
    reply: Reply,
    *,
    context: Context,
    at: datetime,
    clarifies: bool = False,
    token: str = "",
) -> State:
    """Return what is remembered of a turn; `token` is that of its proposal."""
    before = before or State()
    turn = before.turn + 1
    failed = clarifies or understanding.skill == "out_of_scope"
    failures = before.failures + 1 if failed else 0
    pending = None
    if token:
        pending = Pending("proposal", token=token)
    elif clarifies:
        pending = Pending("skills", readings_of(understanding))
    elif understanding.skill.startswith("act.") and len(reply.shown) > 1:
        pending = Pending("records", reply.shown[:_MOST_SHOWN])
    if not clarifies and understanding.skill.startswith(_ASIDES):
        frame = before.frame and replace(before.frame, pending=pending)
        return State(turn, failures, frame)
    shown = reply.shown if len(reply.shown) <= _MOST_SHOWN else ()
    focus = reply.focus or _focus(understanding)
    kind = _kind_of(shown or (() if focus is None else (focus,)), context)
    frame = Frame(
        skill=understanding.skill,
        at=at,
        turn=turn,
        slots=understanding.slots,
        kind=kind,
        shown=shown,
        focus=focus,
        pending=pending,
    )
    return State(turn, failures, frame)


def _focus(understanding: Understanding) -> str | None:
    slots = understanding.slots
    linked = (slots.items, slots.tasks, slots.assets, slots.packages, slots.cues)
    return next((ids[0] for ids in linked if len(ids) == 1), None)


def _kind_of(ids: Sequence[str], context: Context) -> Records:
    """Return what kind of record these ids are of."""
    if not ids:
        return "items"
    one = ids[0]
    kinds: tuple[tuple[Records, Sequence[Any]], ...] = (
        ("items", context.samples),
        ("tasks", context.tasks),
        ("assets", context.assets),
        ("packages", context.packages),
        ("cues", context.cues),
    )
    for kind, rows in kinds:
        if any(row.id == one for row in rows):
            return kind
    return "people" if one in context.names else "items"


# Asking back


def readings_of(understanding: Understanding) -> tuple[str, ...]:
    """Return the readings that can be offered, best first."""
    found = dict.fromkeys((understanding.skill, *understanding.alternatives))
    return tuple(skill for skill in found if skill in LABELS)[:MOST_READINGS]


def clarify(turn: Turn) -> Reply:
    """Ask which of the best readings is meant."""
    labels = [LABELS[skill] for skill in readings_of(turn.understanding)]
    options = join([f"{label[0].lower()}{label[1:]}" for label in labels], "or")
    return Reply(
        content=f"I'm not sure what you mean. Did you mean: {options}?", follow_up=tuple(labels)
    )


def give_up(turn: Turn, able: str) -> Reply:
    """After two failures in a row: say what can be asked (`able`), and where people are."""
    return Reply(
        content=f"I still don't understand, sorry. {able} Or contact support.",
        actions=(routes.open_page("settings"),),
        follow_up=(*next_questions(turn)[:2], "Contact support"),
    )


def choose(pending: Pending | None, now: Understanding, message: str) -> Understanding:
    """Take the reading whose label, or whose plain yes, answers the question that was asked back."""
    if pending is None or pending.kind != "skills" or not pending.options:
        return now
    said = fold(message).strip(" .!?")
    skill = next((name for name in pending.options if fold(LABELS.get(name, "")) == said), None)
    if skill is None and is_agreement(now):
        skill = pending.options[0]
    return replace(now, skill=skill, decided=True) if skill else now


def passes_by(pending: Pending | None, now: Understanding) -> bool:
    """Tell whether a message passes by a question that was asked back: then it leans on no guess of ours."""
    return pending is not None and pending.kind == "skills" and now.slots.ordinal is None


def is_plain_answer(message: str) -> bool:
    """Tell whether a message is nothing but a yes or a no, which leans on no values of the turn before."""
    plain = " ".join(read(message).spelled)
    return is_yes(plain) or is_no(plain)


def is_agreement(now: Understanding) -> bool:
    """Tell whether a message says yes beyond doubt: a change hangs on it."""
    return now.skill == "dialog.affirm" and now.confidence >= _SURE_OF_A_YES


# Two requests in one message

_BREAK = re.compile(
    r"\s*;\s*|(?<=\?)\s+(?=\S)|[.!]\s+(?=\S)|,?\s+(?:and\s+then|and\s+also|and|then|plus|also)\s+(?=\S)",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^(?:please )?(?:show|tell|list|give|find|check|suggest|recommend|pick|explain|compare)\b"
)
_DOES = re.compile(rf"^{CHANGE}\b")
_FEWEST_WORDS = 2
_MOST_BREAKS = 4


def split(message: str) -> list[tuple[str, str]]:
    """Return the ways to read a message as two requests: at each break with a verb or a question after it."""
    found = []
    for place in list(_BREAK.finditer(message))[:_MOST_BREAKS]:
        first, second = message[: place.start()].strip(), message[place.end() :].strip()
        if _stands_alone(first) and _stands_alone(second):
            found.append((first, second))
    return found


def _stands_alone(part: str) -> bool:
    words = read(part).spelled
    core = strip_polite(" ".join(words))
    if len(words) < _FEWEST_WORDS:
        return False
    return bool(is_question(core) or _ASKS.match(core) or _DOES.match(core))


def may_split(whole: Understanding) -> bool:
    """Tell whether a message may hold two requests: never one that says not to do something, nor free text."""
    free = {
        "dialog.deny",
        "dialog.affirm",
        "out_of_scope",
        "smalltalk",
        "act.task_create",
        "act.notify",
    }
    return whole.skill not in free


def are_two(first: Understanding, second: Understanding) -> bool:
    """Tell whether the parts of a message are two requests that can both be answered."""
    asides = ("dialog.", "smalltalk", "out_of_scope")
    return (
        first.decided
        and second.decided
        and not first.skill.startswith(asides)
        and not second.skill.startswith(asides)
        and (first.skill, first.slots) != (second.skill, second.slots)
    )


def attach(first: Reply, second: Reply, *, message: str) -> Reply:
    """Add the second answer to the first; of two proposals the second waits as something to say next."""
    if first.proposal and second.proposal:
        follow_up = (message, *first.follow_up)[:MOST_READINGS]
        return replace(first, follow_up=follow_up)
    worst = max((first.severity or "info", second.severity or "info"), key=_SEVERITIES.index)
    one = first if first.proposal else second if second.proposal else first
    known = {action.target for action in first.actions}
    # The first answer's button stays the main one.
    more = tuple(
        msgspec.structs.replace(action, primary=False)
        for action in second.actions
        if action.target not in known
    )
    return replace(
        first,
        content=f"{first.content}\n\n{second.content}",
        type=one.type if one.proposal else first.type,
        severity=worst,
        actions=(*first.actions, *more)[:_MOST_ACTIONS],
        follow_up=tuple(dict.fromkeys((*first.follow_up, *second.follow_up)))[:MOST_READINGS],
        shown=second.shown or first.shown,
        focus=second.focus or first.focus,
        proposal=one.proposal,
    )

"""What a message means after the one before it: "and the bags?", "the last of these", "no, the black one".

The caller keeps a `Frame` of each answered turn and gives it back with the next message.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from assistant.understanding.context import Context
from assistant.understanding.lexicon import CLASS_OF, COLOURS, DAYS, DESIGNERS, ROLES, words
from assistant.understanding.linker import tokens_of
from assistant.understanding.meaning import Understanding, intent_of
from assistant.understanding.normalise import Text, read, words_of
from assistant.understanding.slots import Slots
from assistant.understanding.spelling import singular
from insights.schemas.logistics import Status

Records = Literal["items", "tasks", "assets", "people", "packages", "cues"]

_MOST_MINUTES, _MOST_TURNS = timedelta(minutes=15), 6
_MOST_WORDS = 12  # of a message that leans on the one before
_SURE_OF_A_HEAD, _SURE_OF_A_HEAD_OF_ITS_OWN = 0.5, 0.65
_FAMILIES: dict[Records, str] = {"items": "logistics", "tasks": "events", "assets": "media"}
_STATUSES: tuple[Status, ...] = (
    "awaiting", "in_transit", "delayed", "received", "on_set", "shot", "returned", "damaged", "lost",
)  # fmt: skip

_OPENING = re.compile(
    r"^(?:(?:ok|so|hm|oh|well|alright|please) )*"
    r"(?:(?P<more>and|also|plus|what about|how about|what of|same (?:thing )?(?:for|with|but)|then|or|but)"
    r"|(?P<only>only|just)(?: (?:show |give )?(?:me )?(?:the )?ones?"
    r" (?:which|we have|(?:that )?(?:we|i) have|that)\b)?|(?P<without>not|without|except|excluding|minus|no more)"
    r"|(?P<correction>no|nope|sorry|actually|i (?:meant|mean)|not that(?: one)?|rather|wrong one))\b ?"
)
_AFTER = re.compile(
    r"^(?:and|about|for|with|but|also|i (?:meant|mean)|just|only|then|sorry|actually)\b ?"
)
_WITHOUT = re.compile(r"\b(?:without|except|excluding|but not|not)\b")
_WHY = re.compile(r"^(?:and )?(?:why|how come|how so|why so|why not|why is that|but why)$")
_BARE_QUESTION = re.compile(
    r"^(?:and )?(?:by|with|for|from|since|until|to|at|in|on)? ?(?:whom?|when|where|which(?: ones?)?|how many"
    r"|what (?:time|day|else)|how (?:long|late|much)|since when|who else|who is it|more|the rest|others?)$"
)
_ONE = re.compile(r"\b(?:it|its|that|this|he|she|him|her|his|that one|this one|the same)\b")
_MANY = re.compile(
    r"\b(?:them|those|these|they|their|all of (?:them|these|those)|both|the others?)\b"
)
_SOME = re.compile(r"\b(?P<end>first|last) (?P<count>\d{1,2}|two|three|four|five)\b")
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5}
_SMALL_WORDS = words(
    """the a an of for from in on at with by to one ones these those them that this it and or also
    too instead please only just not without except all any some still now then look looks task
    tasks image images photo photos picture pictures sample samples piece pieces next last this
    about same thing ok number hero heroes first second third fourth fifth"""
)
_CLOCK_WORDS = words("""
    one two three four five six seven eight nine ten eleven twelve half quarter past oclock noon
    midday midnight am pm
""")
_RECORDS: tuple[Records, ...] = ("items", "tasks", "assets", "people", "packages", "cues")


@dataclass(frozen=True, slots=True)
class Pending:
    """What was left open: a `proposal` to confirm, or a question whose answer is one of `options`.

    The options are skills (`skills`) or the ids of records (`records`), in the order shown; `token`
    is the caller's own.
    """

    kind: Literal["proposal", "skills", "records"]
    options: tuple[str, ...] = ()
    token: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """One answered turn. `shown` are the ids of what the answer listed, in its order, of one `kind`.

    `focus` is the id of the one record that the turn was about. `turn` counts the user's messages
    of a session; `at` is when this one was answered.
    """

    skill: str
    at: datetime
    turn: int = 0
    slots: Slots = field(default_factory=Slots)
    kind: Records = "items"
    shown: tuple[str, ...] = ()
    focus: str | None = None
    pending: Pending | None = None


def write_frame(frame: Frame) -> dict[str, Any]:
    """Return a frame as JSON has it."""
    document: dict[str, Any] = msgspec.to_builtins(frame)
    return document


def read_frame(document: Any) -> Frame | None:
    """Read what `write_frame` gave; None for anything else."""
    try:
        return msgspec.convert(document, Frame)
    except (msgspec.ValidationError, TypeError):
        return None


def merge(
    frame: Frame, now: Understanding, message: str, *, context: Context, at: datetime, turn: int
) -> Understanding:
    """Read a message in the light of the turn before it; `now` is how it reads alone.

    What leans on nothing is given back as it is. A frame of another page, of 15 minutes or of more
    than 6 turns ago is no light.
    """
    if (
        at - frame.at > _MOST_MINUTES
        or turn - frame.turn > _MOST_TURNS
        or frame.skill == "nav.page"
    ):
        return now
    text = read(message)
    plain = " ".join(text.spelled)
    if now.skill == "nav.page" and now.slots.ordinal is not None and frame.shown:
        # "Open the last of these": a record of the list, no page.
        now = _read_as(now, "nav.entity", replace(now.slots, target=None))
    chosen = _choose(frame, now)
    if chosen:
        return chosen
    if _WHY.match(plain) and intent_of(frame.skill) != "question":
        return _read_as(now, "help.explain", frame.slots)
    if _WHY.match(plain) or _BARE_QUESTION.match(plain):
        # To "why?" too: an answer names what its number is made of.
        return _read_as(now, frame.skill, frame.slots)
    if is_elliptical(text, now):
        return _lean(frame, now, text, plain, context)
    return _refer(frame, now, plain)


def is_elliptical(text: Text, now: Understanding) -> bool:
    """Tell whether a message has no head of its own: it only names values, or changes some."""
    said = text.spelled
    if not said or len(said) > _MOST_WORDS or now.skill == "dialog.affirm":
        return False
    plain = " ".join(said)
    opening = _OPENING.match(plain)
    rest = plain[opening.end() :] if opening else plain
    while shorter := _AFTER.match(rest):
        rest = rest[shorter.end() :]
    if not rest:
        return False
    return _only_values(rest.split(), now.slots)


def _only_values(rest: Sequence[str], slots: Slots) -> bool:
    """Tell whether words are nothing but values and what stands between them."""
    values = {*slots.named, *slots.unknown}
    for angle in slots.angles:
        values.update((*angle.split("_"), f"{angle}s", "rear", "profile"))
    if slots.clock:
        values.update(_CLOCK_WORDS)
    for name in (*slots.designers, *slots.places, *slots.people, *slots.roles, *slots.tags):
        values.update(words_of(name))
    if slots.window:
        values.update(words_of(slots.window.text))
    for status in (*slots.statuses, *slots.task_statuses, *slots.asset_statuses):
        values.update(status.split("_"))
    said = [word for word in rest if word not in _SMALL_WORDS]
    if not said and not slots.ordinal:
        return False
    return all(
        word in values
        or word in COLOURS
        or word in DAYS
        or word in DESIGNERS
        or word.isdigit()
        or singular(word) in CLASS_OF
        or singular(word) in ROLES
        for word in said
    )


def _choose(frame: Frame, now: Understanding) -> Understanding | None:
    """Take one of the options of a question that was asked."""
    pending = frame.pending
    if pending is None or pending.kind == "proposal" or now.slots.ordinal is None:
        return None
    option = _at(pending.options, now.slots.ordinal)
    if option is None:
        return None
    if pending.kind == "skills":
        return _read_as(now, option, frame.slots)
    return _read_as(now, frame.skill, _with_records(frame.slots, frame.kind, (option,)))


def _lean(
    frame: Frame, now: Understanding, text: Text, plain: str, context: Context
) -> Understanding:
    """Take the skill of the turn before, and its values where this message has none."""
    opening = _OPENING.match(plain)
    without = bool(opening and opening["without"]) or bool(
        _WITHOUT.search(plain) and not (opening and opening["correction"])
    )
    if without:
        return _read_as(now, frame.skill, _exclude(frame.slots, now.slots))
    referred = _referred(frame, now, plain)
    if not referred and _ONE_OF_THEM.search(plain):
        referred = _narrow(frame, text, context)
    slots = _replace_values(frame.slots, now.slots)
    if referred:
        slots = _with_records(slots, frame.kind, referred)
    return _read_as(now, frame.skill, slots)


_ONE_OF_THEM = re.compile(r"\b(?:ones?|that|this)\b")


def _refer(frame: Frame, now: Understanding, plain: str) -> Understanding:
    """Put records in the place of pronouns, in a message with a head of its own."""
    if any(getattr(now.slots, kind) for kind in _RECORDS) or now.slots.look is not None:
        return now
    referred = _referred(frame, now, plain)
    if not referred:
        return now
    slots = _with_records(now.slots, frame.kind, referred)
    family = _FAMILIES.get(frame.kind)
    is_other = family is not None and not now.skill.startswith(f"{family}.")
    if (
        len(referred) == 1
        and is_other
        and intent_of(now.skill) in {"question", "out_of_scope"}
        and now.confidence < _SURE_OF_A_HEAD_OF_ITS_OWN
        and frame.skill.startswith(f"{family}.")
    ):
        # "When is it needed?", said of a piece, asks nothing about the event.
        return _read_as(now, frame.skill, slots)
    return replace(now, slots=slots)


def _referred(frame: Frame, now: Understanding, plain: str) -> tuple[str, ...]:
    some = _SOME.search(plain)
    if some and frame.shown:
        count = int(_COUNTS.get(some["count"], 0) or some["count"])
        return frame.shown[:count] if some["end"] == "first" else frame.shown[-count:]
    if now.slots.ordinal is not None and frame.shown:
        one = _at(frame.shown, now.slots.ordinal)
        return (one,) if one else ()
    if _MANY.search(plain):
        return frame.shown
    if _ONE.search(plain):
        return (frame.focus,) if frame.focus else frame.shown if len(frame.shown) == 1 else ()
    return ()


def _narrow(frame: Frame, text: Text, context: Context) -> tuple[str, ...]:
    """Return those of the shown samples that are what the message says: "the black one"."""
    if frame.kind != "items":
        return ()
    candidates = set(frame.shown or frame.slots.items)
    said = {singular(word) for word in text.spelled if word not in _SMALL_WORDS}
    said = {word for word in said if word not in {"no", "sorry", "actually", "mean", "meant"}}
    found = []
    for sample in context.samples:
        if sample.id in candidates:
            tokens, classes = tokens_of(sample)
            if said and said <= {singular(token) for token in tokens} | classes:
                found.append(sample.id)
    return tuple(found)


def _replace_values(before: Slots, now: Slots) -> Slots:
    """Let a value replace the one of its type; a new look or kind lets go of the record named before."""
    changed = {
        part.name: value
        for part in fields(Slots)
        if (value := getattr(now, part.name)) not in ((), None, False)
        and part.name not in {"negated", "mine", "unknown", "named", "ordinal", "together"}
    }
    slots = replace(before, negated=False, ordinal=None, unknown=now.unknown, named=now.named)
    if changed.keys() & {"categories", "look", "items", "colours", "designers"}:
        slots = replace(slots, items=())
    if changed.keys() & {"items", "tasks"}:
        slots = replace(slots, together=now.together)
    if "items" in changed:
        # A named piece is no filter any more.
        slots = replace(slots, categories=(), colours=(), designers=(), statuses=())
    return replace(slots, **changed)


def _exclude(before: Slots, now: Slots) -> Slots:
    slots = before
    if now.statuses:
        kept = before.statuses or _STATUSES
        statuses = tuple(status for status in kept if status not in now.statuses)
        slots = replace(slots, statuses=statuses)
    if now.hero is not None:
        slots = replace(slots, hero=False)
    excluded = (*now.categories, *now.colours, *now.designers)
    return replace(slots, excluded=tuple(dict.fromkeys((*slots.excluded, *excluded))))


def _with_records(slots: Slots, kind: Records, ids: tuple[str, ...]) -> Slots:
    records: dict[str, Any] = {kind: ids}
    return replace(slots, **records)


def _at(options: Sequence[str], ordinal: int) -> str | None:
    place = ordinal - 1 if ordinal > 0 else len(options) + ordinal
    return options[place] if 0 <= place < len(options) else None


def _read_as(now: Understanding, skill: str, slots: Slots) -> Understanding:
    return replace(
        now, skill=skill, slots=slots, confidence=max(now.confidence, _SURE_OF_A_HEAD), decided=True
    )

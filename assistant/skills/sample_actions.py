"""Changes of samples, as proposals: their status, a new one, a field."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from assistant.schemas import Action, Value
from assistant.skills import routes
from assistant.skills.changes import (
    absent,
    already,
    ask,
    ask_which,
    left_out,
    listed,
    means_fewer,
    means_several,
    moment_of,
    offer,
    plain,
    status_named,
)
from assistant.skills.filters import fits
from assistant.skills.proposals import Change
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import STATUS_WORDS, clip, counted, join, look_of, name_of, status_of
from assistant.understanding.lexicon import CLASS_OF, STATUS_PHRASES
from assistant.understanding.linker import same_look
from assistant.understanding.normalise import read
from assistant.understanding.spelling import singular
from fashionos.workspace.lifecycle import SAMPLE
from insights.schemas.logistics import Sample

TABLE = "samples"

# What people say for a status besides its own words.
_VERBS = {
    "received": r"check (?:\w+ ){0,5}in|sign (?:\w+ ){0,5}in|receive|come in|came in|(?:show|turn)ed up"
    r"|is here|are here|in hand|got here|landed|it now|in my hands",
    "on_set": r"to set|onset|to the set",
    "shot": r"in the can|shooted|shoot(?:ed)?|wrapped",
    "returned": r"return|send (?:\w+ ){0,4}back|book (?:\w+ ){0,4}out|give (?:\w+ ){0,4}back",
    "lost": r"can not find|missing|lose",
    "damaged": r"broke|damage|rip|stain",
    "delayed": r"delay|hold up",
    "in_transit": r"ship|left the \w+|on the road|transit",
    "cancelled": r"cancel|drop",
    "awaiting": r"reorder|request",
}
_STATUS_RULES = tuple(
    (status, re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))}|{_VERBS[status]})\b"))
    for status, phrases in STATUS_PHRASES.items()
)
_TOWARDS = re.compile(r"\b(?:to|as|into|like|is|are|becomes?|be)(?: the)?(?: status)? $")
_ALARMING = frozenset({"lost", "damaged", "delayed", "cancelled"})
_NOT_HERO = re.compile(r"\b(?:not|no longer|un\w*|remove|demote|drop|lose|take (?:\w+ )*off|off)\b")
_NEW_NAME = re.compile(
    r"\b(?:rename|call)\b.{0,80}?\b(?:to|as|it)\s+(?P<name>.{1,80})$", re.IGNORECASE
)
_NOTE = re.compile(
    r"\b(?:note|comment)\b(?:[^:]{0,80}:\s*|.{0,60}?\b(?:that|saying|says)\s+)(?P<note>.{1,200})$",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:to|onto|on|into|in|at|location)\s+(?:the\s+|is\s+)?"
    r"(?P<place>[^,;.?!]{2,40}?)(?:\s+(?:please|pls|now|thanks))?[.!]?$",
    re.IGNORECASE,
)
_ADD = re.compile(
    r"\b(?:add|register|create|log|enter|put in|book in|new|insert|record)[\s:]+"
    r"(?:(?:a|an|the|one|another|new|sample|samples|piece|item|entry|record|called|named|for|of)[\s:]+)*"
    r"(?P<name>.{2,80}?)"
    r"(?=\s+(?:to|into|in|on)\s+(?:the\s+|our\s+|my\s+)?(?:samples?|list|tracker|sheet|inventory|system|logistics)\b"
    r"|\s+as\s+(?:a\s+)?(?:new|sample)\b|\s*[,;.!?]|\s+(?:please|pls)\b|$)",
    re.IGNORECASE,
)
_NO_NAME = frozenset(
    [
        *("a", "an", "the", "new", "one", "to", "something", "please"),
        *("sample", "samples", "piece", "item", "entry", "record", "list"),
    ]
)
_ETA = re.compile(r"\b(?:eta|arriv\w*|expect\w*|deliver\w*|coming|lands?|due in)\b")
_NEEDED = re.compile(r"\b(?:need\w*|required)\b")
_RETURN = re.compile(r"\b(?:return|due back|back by|loan|goes back)\b")


def status(turn: Turn) -> Reply:
    new = status_named(plain(turn), _STATUS_RULES, _TOWARDS) or next(
        iter(turn.slots.statuses), None
    )
    filters = tuple(name for name in turn.slots.statuses if name != new)
    chosen = _choose(turn, filters)
    if isinstance(chosen, Reply):
        return chosen
    pieces, is_everything = chosen
    if means_fewer(turn, len(pieces)):
        question = f"{counted(len(pieces), 'sample')} fit, and you mean fewer: which ones?"
        return ask(turn, question, *_links(pieces))
    names = [name_of(piece) for piece in pieces]
    if new is None:
        known = join([STATUS_WORDS[name] for name in SAMPLE.statuses], "or")
        return ask(
            turn,
            f"Which status should {listed(names)} get: {known}?",
            *_links(pieces),
            shown=_ids(pieces),
        )
    moving = [piece for piece in pieces if piece.status != new]
    if not moving:
        verb = "is" if len(names) == 1 else "are"
        said = f"{listed(names)} {verb} {STATUS_WORDS[new]} already"
        return already(turn, said, _ids(pieces), *_links(pieces))
    return offer(
        turn,
        f"set {_whom(moving)}{_from(moving)} to {STATUS_WORDS[new]}",
        [_change(piece, "status", piece.status, new) for piece in moving],
        note=left_out(len(pieces) - len(moving), STATUS_WORDS[new]),
        warning=_impact(moving, new),
        is_everything=is_everything,
        links=_links(moving),
    )


def _impact(pieces: Sequence[Sample], new: str) -> str:
    said = []
    heroes = [piece for piece in pieces if piece.is_hero]
    if new in _ALARMING and heroes:
        verb = "is a hero" if len(heroes) == 1 else "are heroes"
        said.append(f"{listed([name_of(piece) for piece in heroes])} {verb}{_looks(heroes)}.")
    unshot = [piece for piece in pieces if new == "returned" and piece.status != "shot"]
    if unshot:
        verb = "has" if len(unshot) == 1 else "have"
        said.append(f"{listed([name_of(piece) for piece in unshot])} {verb} not been shot.")
    if len(pieces) == 1 and not said and pieces[0].status in SAMPLE.statuses:
        old = pieces[0].status
        if not SAMPLE.is_usual(old, new):
            said.append(f"That is not a usual step after {STATUS_WORDS[old]}.")
    return " ".join(said)


def _looks(pieces: Sequence[Sample]) -> str:
    looks = list(dict.fromkeys(look for piece in pieces for look in piece.look_ids))
    return f" of look {listed([look_of(look) for look in looks])}" if looks else ""


def add(turn: Turn) -> Reply:
    name = _new_name(turn.message)
    page = routes.open_page("samples")
    if name is None:
        return ask(turn, "What is the new sample called?", page)
    heads = [singular(word) for word in read(name).words]
    category = next((CLASS_OF[head] for head in reversed(heads) if head in CLASS_OF), None)
    new = status_named(plain(turn).partition(" as ")[2], _STATUS_RULES, _TOWARDS) or SAMPLE.initial
    fields = {
        "name": name,
        "category": category,
        "designer": next(iter(turn.slots.designers), None),
        "status": new,
        "look_ids": (str(turn.slots.look),) if turn.slots.look is not None else None,
    }
    changes = [
        Change(table=TABLE, id="", label=name, field=field, new=value)
        for field, value in fields.items()
        if value is not None
    ]
    about = f" ({clip(category)})" if category else ""
    same = [piece for piece in turn.samples if name_of(piece).casefold() == name.casefold()]
    return offer(
        turn,
        f"add a new sample: {name}{about}, {STATUS_WORDS[new]}",
        changes,
        warning=f"There is a {name} already." if same else "",
        links=(page,),
    )


def _new_name(message: str) -> str | None:
    found = _ADD.search(message)
    if not found:
        return None
    name = clip(found["name"]).strip("\"'“”: ")
    words = {word.casefold() for word in name.split()}
    return name if words - _NO_NAME else None


def edit(turn: Turn) -> Reply:
    said = plain(turn)
    slots = turn.slots
    chosen = _choose(turn, slots.statuses, target_place=True)
    if isinstance(chosen, Reply):
        return chosen
    pieces, is_everything = chosen
    edited = _edit(turn, pieces, said)
    if edited is None:
        names = listed([name_of(piece) for piece in pieces])
        return ask(
            turn,
            f"What should change on {names}: its hero flag, look, location, arrival date, name or a note?",
            *_links(pieces),
            shown=_ids(pieces),
        )
    words, is_so, changes = edited
    if not changes:
        names = listed([name_of(piece) for piece in pieces])
        return already(turn, f"{names} {is_so} already", _ids(pieces), *_links(pieces))
    moved = len({change.id for change in changes})
    return offer(
        turn,
        words,
        changes,
        note=left_out(len(pieces) - moved, "so"),
        is_everything=is_everything,
        links=_links(pieces),
    )


_Edit = tuple[str, str, list[Change]]


def _edit(turn: Turn, pieces: Sequence[Sample], said: str) -> _Edit | None:
    """Return the words of the edit, what is said of a piece that is so already, and the changes."""
    whom, slots = _whom(pieces), turn.slots
    if slots.hero is not None or "hero" in said:
        hero = not _NOT_HERO.search(said)
        flag = "a hero" if hero else "no hero"
        moving = [piece for piece in pieces if piece.is_hero != hero]
        changes = [_change(piece, "is_hero", piece.is_hero, hero) for piece in moving]
        return f"make {whom} {flag} (now {'no hero' if hero else 'a hero'})", f"is {flag}", changes
    if (found := _NEW_NAME.search(turn.message)) and len(pieces) == 1:
        name = clip(found["name"]).strip("\"'“”.! ")
        changes = [_change(pieces[0], "name", pieces[0].name, name)] * (pieces[0].name != name)
        return f"rename {whom} to {name}", f"is called {name}", changes
    if found := _NOTE.search(turn.message):
        note = clip(found["note"], 200)
        changes = [
            _change(piece, "notes", piece.notes, note) for piece in pieces if piece.notes != note
        ]
        return f"add to {whom} the note “{note}”", "has this note", changes
    if slots.look is not None and slots.items:
        return _edit_look(turn, pieces, slots.look, said)
    if slots.window is not None or slots.clock is not None:
        return _edit_moment(turn, pieces, said)
    return _edit_place(turn, pieces)


def _edit_look(turn: Turn, pieces: Sequence[Sample], look: int, said: str) -> _Edit:
    style = [name for piece in turn.samples if same_look(piece, look) for name in piece.look_ids]
    name = next((name for name in style if re.search(rf"(?<!\d)0*{look}(?!\d)", name)), str(look))
    changes = []
    removes = bool(re.search(r"\b(?:remove|from|take off)\b", said))
    for piece in pieces:
        others = tuple(known for known in piece.look_ids if known != name)
        new = others if removes else (name,)
        if re.search(r"\b(?:also|add)\b", said) and not removes:
            new = (*others, name)
        if new != piece.look_ids:
            changes.append(_change(piece, "look_ids", piece.look_ids, new))
    verb = "take" if removes else "assign"
    old = _now([join([clip(known, 20) for known in piece.look_ids]) for piece in pieces])
    way = f"off look {look}" if removes else f"to look {look}"
    return f"{verb} {_whom(pieces)} {way}{old}", f"is {way.removeprefix('to ')}", changes


def _edit_moment(turn: Turn, pieces: Sequence[Sample], said: str) -> _Edit:
    field, name = "expected_at", "arrival"
    if _RETURN.search(said):
        field, name = "return_due_at", "return date"
    elif _NEEDED.search(said) and not _ETA.search(said):
        field, name = "needed_at", "date needed"
    changes = []
    moment = turn.now
    for piece in pieces:
        before: datetime | None = getattr(piece, field)
        moment = moment_of(turn, before)
        if moment != before:
            changes.append(_change(piece, field, _iso(before), _iso(moment)))
    first = getattr(pieces[0], field)
    old = f" from {turn.when(first)}" if len(pieces) == 1 and first else ""
    return (
        f"set the {name} of {_whom(pieces)}{old} to {turn.when(moment)}",
        f"has this {name}",
        changes,
    )


def _edit_place(turn: Turn, pieces: Sequence[Sample]) -> _Edit | None:
    found = _PLACE.search(turn.message.strip())
    place = next(iter(turn.slots.places[-1:]), None) or (clip(found["place"]) if found else None)
    if not place:
        return None
    changes = [
        _change(piece, "location", piece.location, place)
        for piece in pieces
        if piece.location != place
    ]
    old = _now([clip(piece.location or "") for piece in pieces])
    return f"move {_whom(pieces)} to {clip(place)}{old}", f"is at {clip(place)}", changes


def _choose(  # noqa: PLR0911 -- one return for each thing to say
    turn: Turn, filters: tuple[str, ...], *, target_place: bool = False
) -> tuple[list[Sample], bool] | Reply:
    """Return the samples that are meant, and whether these are all there are; else what to say."""
    slots = turn.slots
    pieces = turn.linked()
    if len(pieces) > 1 and not means_several(turn):
        return _which(pieces)
    if pieces:
        return pieces, False
    narrowed = replace(
        slots, statuses=filters, items=(), places=() if target_place else slots.places
    )
    is_narrow = narrowed.filters or narrowed.look is not None or (slots.hero and not target_place)
    if slots.unknown or slots.codes or not turn.samples:
        return absent(turn, noun="sample", slug="samples", any_sent=bool(turn.samples))
    if target_place:
        narrowed = replace(narrowed, hero=None)
    if not is_narrow and not re.search(r"\b(?:all|every|everything)\b", plain(turn)):
        return ask(turn, "Which sample do you mean?", routes.open_page("samples"))
    pieces = [
        piece for piece in turn.samples if piece.status != "cancelled" and fits(piece, narrowed)
    ]
    if not pieces:
        return absent(turn, noun="sample", slug="samples", any_sent=True)
    is_one_kind = not (narrowed.look is not None or narrowed.places or narrowed.statuses)
    if len(pieces) > 1 and is_one_kind and not _is_plural(turn):
        return _which(pieces)
    return pieces, not is_narrow


def _is_plural(turn: Turn) -> bool:
    words = read(turn.message).spelled
    return means_several(turn) or any(
        singular(word) != word and singular(word) in {*CLASS_OF, "sample", "piece", "item", "hero"}
        for word in words
    )


def _which(pieces: Sequence[Sample]) -> Reply:
    names = [name_of(piece) for piece in pieces]
    return ask_which(names, _ids(pieces), noun="sample", slug="samples")


def _change(piece: Sample, field: str, old: Value, new: Value) -> Change:
    return Change(table=TABLE, id=piece.id, label=name_of(piece), field=field, old=old, new=new)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _whom(pieces: Sequence[Sample]) -> str:
    names = listed([name_of(piece) for piece in pieces])
    return names if len(pieces) == 1 else f"{counted(len(pieces), 'sample')} ({names})"


def _from(pieces: Sequence[Sample]) -> str:
    old = {status_of(piece) for piece in pieces}
    return f" from {old.pop()}" if len(old) == 1 else ""


def _now(values: Sequence[str]) -> str:
    """Say what they all hold now, if it is one thing."""
    held = set(values)
    return f" (now {held.pop()})" if len(held) == 1 and values[0] else ""


def _ids(pieces: Sequence[Sample]) -> tuple[str, ...]:
    return tuple(piece.id for piece in pieces)


def _links(pieces: Sequence[Sample]) -> tuple[Action, ...]:
    if len(pieces) == 1:
        return (Action(label=f"Open {name_of(pieces[0])}", target=routes.sample(pieces[0])),)
    return (routes.open_page("samples"),)

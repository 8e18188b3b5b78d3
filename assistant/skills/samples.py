"""Where a piece is; lists and counts of pieces."""

import re
from collections import Counter
from collections.abc import Sequence

from assistant.schemas import Action
from assistant.skills import routes
from assistant.skills.filters import BAD, agrees, fits, is_of, severity_of
from assistant.skills.questions import COMING, next_questions, no_samples
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import (
    STATUS_WORDS,
    clip,
    counted,
    join,
    look_of,
    name_of,
    named,
    status_of,
)
from assistant.understanding.lexicon import NOT_ARRIVED, NOT_READY, READY
from assistant.understanding.linker import same_look
from assistant.understanding.normalise import fold
from insights.schemas.logistics import Sample

_LOOK_NUMBER = re.compile(r"\d{1,4}")
_SEEN = re.compile(r"^last seen(?: (?:at|in|on))?:? *", re.IGNORECASE)
_PREPOSITIONS = frozenset({"at", "with", "in", "on", "near", "under", "behind"})
_ADJECTIVES = STATUS_WORDS | {
    "awaiting": "awaiting",
    "in_transit": "in-transit",
    "on_set": "on-set",
}
_SETS_OF_STATUSES = {
    NOT_ARRIVED: "not yet arrived",
    (*NOT_ARRIVED, "lost"): "missing",
    NOT_READY: "not yet ready",
    READY: "ready",
}
_PLURALS = {"shoes": "shoes", "knitwear": "knitwear pieces", "outerwear": "outerwear pieces",
            "jewellery": "jewellery pieces", "bottoms": "bottoms", "denim": "denim pieces",
            "dress": "dresses", "accessory": "accessories", "watch": "watches",
            "clutch": "clutches", "scarf": "scarves", "swimwear": "swimwear pieces",
            "lingerie": "lingerie pieces", "beauty": "beauty pieces",
            "footwear": "footwear pieces", "jewelry": "jewelry pieces"}  # fmt: skip


# One piece.


def locate(turn: Turn) -> Reply:
    if not turn.samples:
        return no_samples(turn)
    linked = turn.linked()
    pieces = [piece for piece in linked if agrees(piece, turn.slots.categories)]
    if len(pieces) > 1:
        # "The received coat" is one of the coats.
        pieces = [piece for piece in pieces if piece.status in turn.slots.statuses] or pieces
    if len(pieces) == 1:
        return _one_piece(turn, pieces[0])
    if pieces:
        return _each(turn, pieces) if turn.slots.together else which_one(pieces)
    if turn.slots.look is not None and not linked:
        return _look(turn, turn.slots.look)
    return _by_kind(turn) or _not_here(turn)


def _each(turn: Turn, pieces: Sequence[Sample]) -> Reply:
    """Tell where each of several named pieces is."""
    return Reply(
        content=" ".join(_whereabouts(turn, piece) for piece in pieces),
        severity=severity_of(pieces, turn.now),
        actions=tuple(
            Action(label=f"Open {name_of(piece)}", target=routes.sample(piece))
            for piece in pieces[:3]
        ),
        follow_up=next_questions(turn),
        shown=tuple(piece.id for piece in pieces),
    )


def _by_kind(turn: Turn) -> Reply | None:
    """Tell of the pieces that are only described ("and the loafers?"): of the one, or of all of them."""
    slots = turn.slots
    if slots.unknown or slots.named or not (slots.categories or slots.colours or slots.designers):
        return None
    found = [piece for piece in turn.samples if fits(piece, slots)]
    if len(found) == 1:
        return _one_piece(turn, found[0])
    return listing(turn) if found else None


def _one_piece(turn: Turn, piece: Sample) -> Reply:
    sentences = [_whereabouts(turn, piece)]
    if piece.is_hero or piece.look_ids:
        kind = "a hero piece" if piece.is_hero else "a piece"
        looks = f" for look {named(map(look_of, piece.look_ids), total=len(piece.look_ids))}"
        sentences.append(f"It is {kind}{looks if piece.look_ids else ''}.")
    if piece.needed_at and piece.status in COMING | {"lost", "damaged"}:
        sentences.append(f"It is needed {turn.when(piece.needed_at)}.")
    return Reply(
        content=" ".join(sentences),
        severity=severity_of([piece], turn.now),
        actions=(
            Action(label=f"Open {name_of(piece)}", target=routes.sample(piece), primary=True),
        ),
        follow_up=next_questions(turn, *_about_look(piece)),
        shown=(piece.id,),
        focus=piece.id,
    )


def _about_look(piece: Sample) -> tuple[str, ...]:
    look = look_of(piece.look_ids[0]) if piece.look_ids else ""
    return (f"Is look {look} ready?",) if _LOOK_NUMBER.fullmatch(look) else ()


def _whereabouts(turn: Turn, piece: Sample) -> str:
    name = name_of(piece)
    if piece.sku and piece.sku != piece.label:
        name += f" ({clip(piece.sku, 30)})"
    place = _place(piece)
    if piece.status in COMING:
        return _coming(turn, piece, name)
    if piece.status == "lost":
        return f"{name} is lost{f', last noted{place}' if place else ''}."
    if piece.status == "returned":
        moment = f" {turn.when(piece.returned_at)}" if piece.returned_at else ""
        return f"{name} was returned{moment}."
    if piece.status == "received" and piece.received_at:
        return f"{name} was received {turn.when(piece.received_at)}{_comma(place)}."
    missing = "" if place else "; no location is noted"
    shown = place if piece.status == "on_set" else _comma(place)
    return f"{name} is {status_of(piece)}{shown}{missing}."


def _comma(place: str) -> str:
    return f",{place}" if place else ""


def _place(piece: Sample) -> str:
    held = f" with {clip(piece.holder)}" if piece.holder else ""
    return f"{at_place(piece.location)}{held}" if piece.location else held


def at_place(location: str) -> str:
    """Say where; a place that is noted with its preposition ("At the supplier") needs no other."""
    place = clip(_SEEN.sub("", location))
    first, _, rest = place.partition(" ")
    return f" {first.lower()} {rest}" if rest and first.lower() in _PREPOSITIONS else f" at {place}"


def _coming(turn: Turn, piece: Sample, name: str) -> str:
    carrier = f" with {clip(piece.carrier, 30)}" if piece.carrier else _place(piece)
    status = f"{name} is {status_of(piece)}{carrier}"
    if piece.expected_at is None:
        return f"{status}, and no arrival time is noted."
    at = turn.when(piece.expected_at)
    if piece.expected_at < turn.now:
        return f"{status}: it was expected {at} and has not arrived."
    return f"{status}, expected {at}."


def which_one(pieces: Sequence[Sample]) -> Reply:
    """Ask which of several equally good readings is meant."""
    parts = (f"{name_of(piece)} ({_telling(piece)})" for piece in pieces)
    return Reply(
        content=f"Which one do you mean? {len(pieces)} samples fit: "
        f"{named(parts, total=len(pieces))}.",
        actions=tuple(
            Action(label=f"Open {name_of(piece)}", target=routes.sample(piece))
            for piece in pieces[:3]
        ),
        follow_up=tuple(dict.fromkeys(f"Where is {name_of(piece)}?" for piece in pieces[:3])),
        shown=tuple(piece.id for piece in pieces),
    )


def _telling(piece: Sample) -> str:
    return f"{clip(piece.sku or piece.id, 30)}, {status_of(piece)}"


def _look(turn: Turn, look: int) -> Reply:
    pieces = [sample for sample in turn.samples if same_look(sample, look)]
    target = routes.filtered("samples", look=look)
    if not pieces:
        return Reply(
            content=f"I have no samples for look {look} in your list of {len(turn.samples)}.",
            actions=(routes.open_page("samples", primary=True),),
            follow_up=next_questions(turn),
        )
    parts = [_with_status(piece) for piece in pieces]
    return Reply(
        content=f"Look {look} has {counted(len(pieces), 'sample')}: "
        f"{named(parts, total=len(parts))}.",
        severity=severity_of(pieces, turn.now),
        actions=(Action(label=f"Open look {look}", target=target, primary=True),),
        follow_up=next_questions(turn, f"Is look {look} ready?"),
        shown=tuple(piece.id for piece in pieces),
    )


def _with_status(piece: Sample) -> str:
    return f"{name_of(piece)} ({status_of(piece)})"


def _not_here(turn: Turn) -> Reply:
    message = fold(turn.message)
    words = sorted((*turn.slots.named, *turn.slots.unknown), key=message.find)
    said = clip(" ".join(words), 40)
    what = f"“{said}”" if said else "a piece by that name"
    near = [piece for piece in turn.samples if is_of(piece, turn.slots.categories)][:2]
    return Reply(
        content=f"I don't have {what} in your list of {counted(len(turn.samples), 'sample')}. "
        "Try its name, SKU or id.",
        actions=(routes.open_page("samples", primary=True),),
        follow_up=next_questions(turn, *(f"Where is {name_of(piece)}?" for piece in near)),
    )


# Many pieces.


def listing(turn: Turn) -> Reply:
    if not turn.samples:
        return no_samples(turn)
    slots = turn.slots
    # What is cancelled counts nowhere else either, unless somebody asks for it.
    cancelled = "cancelled" in slots.statuses or bool(slots.items)
    found = [
        sample
        for sample in turn.samples
        if fits(sample, slots) and (cancelled or sample.status != "cancelled")
    ]
    if not slots.filters and slots.hero is None and slots.look is None and not slots.items:
        return _everything(turn)
    what = _description(turn, len(found))
    target = routes.filtered(
        "samples",
        status=",".join(slots.statuses),
        category=",".join(slots.categories),
        color=",".join(slots.colours),
        designer=",".join(clip(name) for name in slots.designers),
        hero=slots.hero,
        look=slots.look,
    )
    action = Action(label="See them on the samples page", target=target, primary=True)
    if not found:
        asked_bad = bool(slots.statuses) and set(slots.statuses) <= BAD
        return Reply(
            content=f"No {what}: none of your {counted(len(turn.samples), 'sample')} fits.",
            severity="success" if asked_bad else "info",
            actions=(routes.open_page("samples", primary=True),),
            follow_up=next_questions(turn),
        )
    one_status = len(slots.statuses) == 1
    parts = (name_of(piece) if one_status else _with_status(piece) for piece in found)
    asked_bad = bool(set(slots.statuses) & BAD)
    return Reply(
        content=f"{len(found)} {what}: {named(parts, total=len(found))}.",
        severity=severity_of(found, turn.now) if asked_bad else "info",
        actions=(action,),
        follow_up=next_questions(turn, f"Where is {name_of(found[0])}?"),
        shown=tuple(piece.id for piece in found),
        focus=found[0].id if len(found) == 1 else None,
    )


def _everything(turn: Turn) -> Reply:
    counts = Counter[str](sample.status for sample in turn.samples)
    parts = [
        f"{counts[status]} {STATUS_WORDS[status]}" for status in STATUS_WORDS if counts[status]
    ]
    return Reply(
        content=f"You have {counted(len(turn.samples), 'sample')}: {join(parts)}.",
        actions=(routes.open_page("samples", primary=True),),
        follow_up=next_questions(turn),
    )


def _description(turn: Turn, count: int) -> str:
    """Say the filters as people do: "delayed hero dresses from Gucci in look 3"."""
    slots = turn.slots
    words: list[str] = []
    if slots.statuses in _SETS_OF_STATUSES:
        words.append(_SETS_OF_STATUSES[slots.statuses])
    elif slots.statuses:
        words.append(join([_ADJECTIVES[status] for status in slots.statuses], "or"))
    words += slots.colours
    if slots.hero is not None:
        words.append("hero" if slots.hero else "non-hero")
    one = count == 1
    nouns = [name if one else _PLURALS.get(name, f"{name}s") for name in slots.categories]
    words.append(join(nouns, "or") if nouns else "sample" if one else "samples")
    if slots.designers:
        words.append(f"from {join([clip(name) for name in slots.designers], 'or')}")
    if slots.look is not None:
        words.append(f"in look {slots.look}")
    if slots.places:
        words.append(join([at_place(name).strip() for name in slots.places], "or"))
    return " ".join(words)

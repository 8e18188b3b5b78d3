"""What arrives and what goes back, and when."""

import re
from collections.abc import Sequence
from datetime import datetime

from assistant.schemas import Action
from assistant.skills import routes
from assistant.skills.filters import fits_kind, severity_of
from assistant.skills.questions import COMING, GONE, next_questions, no_samples
from assistant.skills.samples import which_one
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import counted, is_are, name_of, named, status_of
from assistant.understanding.lexicon import NOT_ARRIVED
from assistant.understanding.normalise import fold
from insights.schemas.logistics import Sample

_NEXT = re.compile(
    r"\bnext (?:deliver\w*|arrivals?|couriers?|parcels?|packages?|drops?|shipments?|samples?|pieces?|one|box)\b"
    r"|\b(?:arrives?|comes?|lands?|is) (?:in )?(?:next|first)$|\bnext to (?:arrive|come|land)\b"
    r"|\bfirst (?:delivery|arrival|parcel|(?:thing|piece|sample|one) to)\b"
)


def arrivals(turn: Turn) -> Reply:
    if not turn.samples:
        return no_samples(turn)
    window = turn.slots.window
    coming = [
        piece for piece in turn.samples if piece.status in COMING and fits_kind(piece, turn.slots)
    ]
    if window and window.start < turn.now:
        arrived = [
            piece
            for piece in turn.samples
            if piece.received_at
            and window.start <= piece.received_at < window.end
            and piece.status not in COMING
            and fits_kind(piece, turn.slots)
        ]
    else:
        arrived = []
    dated = [
        (piece.expected_at, piece)
        for piece in coming
        if piece.expected_at and (window is None or window.start <= piece.expected_at < window.end)
    ]
    dated.sort(key=lambda pair: pair[0])
    if dated and _NEXT.search(fold(turn.message).rstrip(" ?!.")):
        return _next_arrival(turn, dated)
    span = f" {window.label}" if window else ""
    parts = [f"{name_of(piece)} ({_expected(turn, at)})" for at, piece in dated]
    if dated:
        verb = "is" if len(dated) == 1 else "are"
        sentences = [
            (
                f"{counted(len(dated), 'sample')} {verb} expected{span}: "
                f"{named(parts, total=len(parts))}."
            )
        ]
    else:
        sentences = [f"No samples are expected{span}."]
    if arrived:
        names = named(map(name_of, arrived), total=len(arrived))
        sentences.append(f"Already here: {names}.")
    undated = sum(piece.expected_at is None for piece in coming)
    if undated:
        has = "has" if undated == 1 else "have"
        sentences.append(f"{counted(undated, 'more sample')} {has} no arrival time.")
    first = dated[0][1] if dated else None
    target = routes.filtered("samples", status=",".join(NOT_ARRIVED))
    return Reply(
        content=" ".join(sentences),
        severity=severity_of((piece for _, piece in dated), turn.now),
        actions=(Action(label="See what is on its way", target=target, primary=True),),
        follow_up=next_questions(turn, *([f"Where is {name_of(first)}?"] if first else [])),
        shown=tuple(piece.id for _, piece in dated),
        focus=first.id if first and len(dated) == 1 else None,
    )


def _next_arrival(turn: Turn, dated: Sequence[tuple[datetime, Sample]]) -> Reply:
    """Tell what is expected first, and what should be here by now."""
    late = [piece for at, piece in dated if at < turn.now]
    ahead = [(at, piece) for at, piece in dated if at >= turn.now]
    sentences = []
    first = [piece for at, piece in ahead if at == ahead[0][0]]
    if first:
        names = named(map(name_of, first), total=len(first))
        sentences.append(f"Next to arrive, {turn.when(ahead[0][0])}: {names}.")
        after = len(ahead) - len(first)
        if after:
            sentences.append(
                f"{counted(after, 'more sample')} {is_are(after)} expected after that."
            )
    if late:
        names = named(map(name_of, late), total=len(late))
        sentences.append(f"Overdue: {names}.")
    shown = first or late
    target = routes.filtered("samples", status=",".join(NOT_ARRIVED))
    return Reply(
        content=" ".join(sentences),
        severity=severity_of([*first, *late], turn.now),
        actions=(Action(label="See what is on its way", target=target, primary=True),),
        follow_up=next_questions(turn, f"Where is {name_of(shown[0])}?"),
        shown=tuple(piece.id for piece in shown),
        focus=shown[0].id if len(shown) == 1 else None,
    )


def _expected(turn: Turn, at: datetime) -> str:
    return f"overdue since {turn.when(at)}" if at < turn.now else turn.when(at)


def returns(turn: Turn) -> Reply:
    if not turn.samples:
        return no_samples(turn)
    named_pieces = turn.linked()
    if len(named_pieces) == 1:
        return _return_of(turn, named_pieces[0])
    if named_pieces:
        return which_one(named_pieces)
    held = [
        piece for piece in turn.samples if piece.status not in GONE and fits_kind(piece, turn.slots)
    ]
    window = turn.slots.window
    due = sorted(
        ((piece.return_due_at, piece) for piece in held if piece.return_due_at),
        key=lambda pair: pair[0],
    )
    overdue = [(at, piece) for at, piece in due if at < turn.now]
    only_late = "overdue" in turn.message.lower()
    if only_late:
        shown = overdue
    elif window:
        shown = [(at, piece) for at, piece in due if window.start <= at < window.end]
    else:
        shown = due
    sentences = [_returns_first(turn, shown, only_late=only_late)]
    others = [pair for pair in overdue if pair not in shown]
    if others:
        names = named((name_of(piece) for _, piece in others), total=len(others))
        sentences.append(f"Already overdue: {names}.")
    if not due:
        sentences.append("No sample in your list has a return date.")
    else:
        undated = sum(piece.return_due_at is None and piece.status == "shot" for piece in held)
        if undated:
            has = "has" if undated == 1 else "have"
            sentences.append(f"{counted(undated, 'shot sample')} {has} no return date.")
    return Reply(
        content=" ".join(sentences),
        severity="warning" if overdue else "info" if shown or not due else "success",
        actions=(routes.open_page("returns", primary=True),),
        follow_up=next_questions(turn, *(f"Where is {name_of(piece)}?" for _, piece in shown[:1])),
        shown=tuple(piece.id for _, piece in shown),
        focus=shown[0][1].id if len(shown) == 1 else None,
    )


def _returns_first(turn: Turn, shown: Sequence[tuple[datetime, Sample]], *, only_late: bool) -> str:
    span = f" {turn.slots.window.label}" if turn.slots.window and not only_late else ""
    if not shown:
        return "No returns are overdue." if only_late else f"No samples are due back{span}."
    late = "overdue for return" if only_late else "due back"
    parts = [
        f"{name_of(piece)} ({'overdue since ' if at < turn.now else ''}{turn.when(at)})"
        for at, piece in shown
    ]
    verb = "is" if len(shown) == 1 else "are"
    return f"{counted(len(shown), 'sample')} {verb} {late}{span}: {named(parts, total=len(parts))}."


def _return_of(turn: Turn, piece: Sample) -> Reply:
    name = name_of(piece)
    late = False
    if piece.status == "returned":
        moment = f" {turn.when(piece.returned_at)}" if piece.returned_at else ""
        content = f"{name} has been returned{moment}."
    elif piece.return_due_at is None:
        content = f"{name} has no return date in your data; it is {status_of(piece)}."
    else:
        late = piece.return_due_at < turn.now
        at = turn.when(piece.return_due_at)
        content = (
            f"{name} was due back {at} and is overdue." if late else f"{name} is due back {at}."
        )
    return Reply(
        content=content,
        severity="warning" if late else "info",
        actions=(
            Action(label=f"Open {name}", target=routes.sample(piece), primary=True),
            routes.open_page("returns"),
        ),
        follow_up=next_questions(turn),
        shown=(piece.id,),
        focus=piece.id,
    )

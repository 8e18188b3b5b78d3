"""The lines of a show day, in minutes from the show's start: template, exits and the user's cues."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Literal, NamedTuple

from insights.analysis.events.day import Row, Span, back_time, ends_show, neighbours, row_of
from insights.analysis.events.show import Show
from insights.schemas.base import MAX_LABEL
from insights.schemas.events import Cue, Event, ShowPhase, StartMode

_LAST_PARTS = {"finale", "bow"}


class Line(NamedTuple):
    """An item; `distance` are the minutes to the fixed item after it, below zero an overlap."""

    id: str
    name: str
    phase: ShowPhase
    span: Span
    source: Literal["template", "event", "look"]
    mode: StartMode = "soft"
    cue: Cue | None = None
    notes: str | None = None
    distance: float = 0.0


class Lines(NamedTuple):
    lines: list[Line]
    spans: dict[str, Span]  # of the template's rows, by key
    clashes: list[str]


def plan_lines(event: Event, show: Show, rows: Sequence[Row], *, starts_at: datetime) -> Lines:
    """Time everything around a show; what has the user's own time keeps it."""
    starts = _own_starts(event.cues, starts_at)
    parts = {row.key for row in rows} | (_LAST_PARTS if event.looks else set())
    named, others = _match(event.cues, parts)
    own_rows, given = _adapt(event, rows, named, starts, starts_at)
    spans = back_time(own_rows, given, show_minutes=show.seconds / 60)
    by_row = {row.key: _row_line(row, spans[row.key], named.get(row.key)) for row in own_rows}
    if event.doors_at and "doors" not in named:
        by_row["doors"] = by_row["doors"]._replace(mode="hard")
    in_show = _show_lines(show, named, starts)
    timed = {line.cue.id: line.span for line in (*by_row.values(), *in_show) if line.cue}
    timed |= {cue.id: _span(cue, starts[cue.id]) for cue in others if cue.id in starts}
    _follow(event.cues, timed, show.seconds / 60)
    from_cues = [_cue_line(cue, timed[cue.id], show.seconds / 60) for cue in others]
    lines = [*by_row.values(), *in_show, *from_cues]
    pairs = [(by_row[first], by_row[second]) for first, second in neighbours(own_rows)]
    distances, clashes = _distances([*pairs, *_cue_pairs(event.cues, lines)])
    return Lines(
        [line._replace(distance=distances.get(line.id, 0.0)) for line in lines], spans, clashes
    )


def _own_starts(cues: Iterable[Cue], starts_at: datetime) -> dict[str, float]:
    """Give the start of the cues that say when they are, by id."""
    return {
        cue.id: (cue.start_at - starts_at).total_seconds() / 60
        if cue.start_at
        else cue.offset_minutes or 0.0
        for cue in cues
        if cue.start_at or cue.offset_minutes is not None
    }


def _match(cues: Iterable[Cue], parts: Collection[str]) -> tuple[dict[str, Cue], list[Cue]]:
    """Find the first cue for each part of the day, by key, and the cues that are none of them."""
    named: dict[str, Cue] = {}
    others = []
    for cue in cues:
        key = row_of(cue.name)
        if key is None or key not in parts or key in named:
            others.append(cue)
        else:
            named[key] = cue
    return named, others


def _adapt(
    event: Event,
    rows: Iterable[Row],
    named: Mapping[str, Cue],
    starts: Mapping[str, float],
    starts_at: datetime,
) -> tuple[list[Row], dict[str, Span]]:
    """Put the user's durations into the rows, and find the rows that have a time of their own."""
    own_rows = []
    given: dict[str, Span] = {}
    if event.doors_at:
        doors = (event.doors_at - starts_at).total_seconds() / 60
        given["doors"] = Span(doors, max(0.0, doors), is_given=True)
    for row in rows:
        cue = named.get(row.key)
        if cue:
            minutes = row.minutes if cue.duration_minutes is None else cue.duration_minutes
            row = row._replace(minutes=minutes)  # noqa: PLW2901 -- the same row, in the user's words
            if cue.id in starts:
                start = starts[cue.id]
                given[row.key] = Span(start, start + minutes, is_given=True)
            elif cue.duration_minutes is not None:
                given.pop(row.key, None)
        own_rows.append(row)
    return own_rows, given


def _row_line(row: Row, span: Span, cue: Cue | None) -> Line:
    if cue:
        return Line(cue.id, cue.name, cue.phase or row.phase, span, "event", _mode(cue, span), cue)
    return Line(f"template:{row.key}", row.name, row.phase, span, "template")


def _cue_line(cue: Cue, span: Span, show_minutes: float) -> Line:
    phase: ShowPhase = "show"
    if span.start < 0:
        phase = "setup"
    elif span.start >= show_minutes:
        phase = "teardown"
    return Line(cue.id, cue.name, cue.phase or phase, span, "event", _mode(cue, span), cue)


def _mode(cue: Cue, span: Span) -> StartMode:
    return cue.start_mode if span.is_given else "soft"


def _span(cue: Cue, start: float) -> Span:
    return Span(start, start + (cue.duration_minutes or 0.0), is_given=True)


def _show_lines(show: Show, named: Mapping[str, Cue], starts: Mapping[str, float]) -> list[Line]:
    """List every exit, the finale and the bow; without looks the show as a whole."""
    line_up = show.line_up
    lines = []
    for position, start in enumerate(line_up.starts):
        each = line_up.at(position)
        lines.append(
            Line(
                f"look:{each.look.id}",
                f"Exit {position + 1}: {each.look.label}",
                "show",
                Span(start / 60, (start + each.walk) / 60, is_given=False),
                "look",
                notes=each.look.music_cue,
            )
        )
    at = show.last_back
    parts = [("finale", "Finale", show.finale), ("bow", "Bow", show.bow)]
    if not lines:
        at, parts = 0.0, [("show", "Show", show.last_back)]
    for key, name, seconds in parts:
        cue = named.get(key)
        span = Span(at / 60, (at + seconds) / 60, is_given=False)
        if cue:
            start = starts.get(cue.id, span.start)
            minutes = (
                span.end - span.start if cue.duration_minutes is None else cue.duration_minutes
            )
            span = Span(start, start + minutes, is_given=cue.id in starts)
            lines.append(Line(cue.id, cue.name, "show", span, "event", _mode(cue, span), cue))
        elif not (key == "bow" and "finale" in named and ends_show(named["finale"].name)):
            lines.append(Line(f"template:{key}", name, "show", span, "template"))
        at += seconds
    return lines


def _follow(cues: Sequence[Cue], timed: dict[str, Span], show_minutes: float) -> None:
    """Time the other cues by the order of the list: before the next one in the setup, else after."""
    by_phase: dict[ShowPhase, list[Cue]] = {"setup": [], "show": [], "teardown": []}
    for cue in cues:
        by_phase[cue.phase or "show"].append(cue)
    end = 0.0
    for cue in reversed(by_phase["setup"]):
        if cue.id not in timed:
            timed[cue.id] = Span(end - (cue.duration_minutes or 0.0), end, is_given=False)
        end = min(0.0, timed[cue.id].start)
    after: tuple[tuple[ShowPhase, float], ...] = (("show", 0.0), ("teardown", show_minutes))
    for phase, first in after:
        start = first
        for cue in by_phase[phase]:
            if cue.id not in timed:
                timed[cue.id] = _span(cue, start)._replace(is_given=False)
            start = max(first, timed[cue.id].end)


# Distances


def _cue_pairs(cues: Iterable[Cue], lines: Iterable[Line]) -> list[tuple[Line, Line]]:
    """Pair the cues of a phase that follow each other in the list and in time."""
    by_cue = {line.cue.id: line for line in lines if line.cue}
    pairs = []
    for phase in ("setup", "show", "teardown"):
        own = [by_cue[cue.id] for cue in cues if cue.id in by_cue and by_cue[cue.id].phase == phase]
        pairs += [
            (first, second)
            for first, second in pairwise(own)
            if first.span.start <= second.span.start
        ]
    return pairs


def _distances(pairs: Iterable[tuple[Line, Line]]) -> tuple[dict[str, float], list[str]]:
    """Measure from each item to the one after it, when that keeps its time whatever comes before.

    That are the user's own times, and in the setup what is back-timed from the show. Overlaps are
    clashes unless an own time is soft.
    """
    distances: dict[str, float] = {}
    clashes = []
    for first, second in pairs:
        in_setup = first.phase == "setup" and first.span.is_given
        if not second.span.is_given and not in_setup:
            continue
        distance = round(second.span.start - first.span.end, 6)
        distances[first.id] = min(distance, distances.get(first.id, distance))
        given = [line for line in (first, second) if line.span.is_given]
        if distance < 0 and all(line.mode == "hard" for line in given):
            one, two = first.name[:MAX_LABEL], second.name[:MAX_LABEL]
            clashes.append(f"{one} runs {-distance:.1f} min into {two}.".replace(".0 min", " min"))
    return distances, list(dict.fromkeys(clashes))

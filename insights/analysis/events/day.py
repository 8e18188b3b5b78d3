"""The hours around a show: the rows of the trade's template, timed backwards from its start."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from insights.analysis.values import fold
from insights.schemas.events import ShowPhase

Edge = Literal["start", "end"]

SHOW = "show"
_CALL = 15.0
_MINUTES_PER_PIECE, _COUNTERS, _LEAST_CHECK_IN = 0.5, 2, 20.0


class Row(NamedTuple):
    """One item; its `edge` lies `offset` minutes from the `to_edge` of all the rows `to`.

    An end lies at the earliest of them, a start at the latest.
    """

    key: str
    name: str
    phase: ShowPhase
    minutes: float
    edge: Edge
    to: tuple[str, ...]
    to_edge: Edge
    offset: float = 0.0


class Span(NamedTuple):
    """From when to when, in minutes from the show's start; `is_given` is not timed by us."""

    start: float
    end: float
    is_given: bool


def template(*, hmu_minutes: float, chairs_are_short: bool, pieces: int) -> list[Row]:
    """List the rows, each after those that it is timed by."""
    rehearsal = (
        Row("rehearsal", "Rehearsal", "setup", 45, "end", ("hmu",), "start")
        if chairs_are_short
        else Row("rehearsal", "Rehearsal", "setup", 45, "end", (SHOW,), "start", -90)
    )
    counting = math.ceil(pieces * _MINUTES_PER_PIECE / _COUNTERS)
    return [
        Row("places", "Places", "setup", 5, "end", (SHOW,), "start"),
        Row("line_up", "Line-up", "setup", 10, "end", ("places",), "start"),
        Row("first_looks", "First looks dressed", "setup", 30, "end", ("line_up",), "start"),
        Row("doors", "Doors", "setup", 30, "end", (SHOW,), "start"),
        Row("press", "Press check-in", "setup", 30, "end", (SHOW,), "start"),
        Row("hmu", "Hair and make-up", "setup", hmu_minutes, "end", (SHOW,), "start", -60),
        rehearsal,
        Row("crew_meal", "Crew meal", "setup", 30, "start", ("rehearsal",), "end"),
        Row("model_call", "Model call", "setup", _CALL, "end", ("hmu", "rehearsal"), "start")
        if chairs_are_short
        else Row("model_call", "Model call", "setup", _CALL, "end", ("hmu",), "start"),
        Row("racks", "Racks in, steam, sample count-in", "setup", 120, "end", ("hmu",), "end"),
        Row("dresser_call", "Dressers' call", "setup", _CALL, "start", (SHOW,), "start", -180),
        Row("focus", "Focus and sound check", "setup", 60, "end", ("rehearsal",), "start"),
        Row("rig", "Rig, runway build", "setup", 180, "end", ("focus",), "start"),
        Row("load_in", "Venue access, load-in", "setup", 180, "end", ("rig",), "start"),
        Row("crew_call", "Crew call and briefing", "setup", _CALL, "start", ("load_in",), "start"),
        Row("backstage_press", "Backstage press", "teardown", 20, "start", (SHOW,), "end"),
        Row(
            "check_in",
            "Sample check-in",
            "teardown",
            max(_LEAST_CHECK_IN, counting),
            "start",
            (SHOW,),
            "end",
        ),
        Row(
            "strike",
            "Strike, load-out",
            "teardown",
            120,
            "start",
            ("backstage_press", "check_in"),
            "end",
        ),
        Row("handover", "Venue handover", "teardown", 0, "start", ("strike",), "end"),
    ]


# What a user may call the rows; the last two are parts of the show itself.
_NAMES = {
    "places": "places",
    "line_up": "line up, lineup, models lined up",
    "first_looks": "first looks dressed, first looks",
    "doors": "doors, doors open, guest arrival, guests arrive, front of house open",
    "press": "press check-in, press arrival",
    "hmu": "hair and make-up, hair & make-up, hair and makeup, hair & makeup, hair/make-up, hmu",
    "rehearsal": "rehearsal, dress rehearsal, full rehearsal, run-through",
    "crew_meal": "crew meal, crew catering, meal",
    "model_call": "model call, models call, models' call, model arrival",
    "racks": "racks in, racks in steam sample count-in, steaming, sample count-in, racks in and steaming",
    "dresser_call": "dressers' call, dressers call, dresser call, dresser briefing",
    "focus": "focus and sound check, focus, sound check, soundcheck, focus & sound check",
    "rig": "rig, rigging, runway build, rig runway build, lighting rig",
    "load_in": "load-in, load in, venue access, venue access load-in",
    "crew_call": "crew call, crew call and briefing, crew briefing, crew call & briefing",
    "backstage_press": "backstage press, backstage press and photos, backstage photos",
    "check_in": "sample check-in, sample check in, samples counted back, check-in of samples",
    "strike": "strike, load-out, load out, strike load-out, strike and load-out, strike & load-out",
    "handover": "handover, venue handover, venue handed over",
    "finale": "finale, finale and bow, finale & bow",
    "bow": "bow, designer's bow, designer bow",
}
_KEYS = {
    fold(name).replace(",", ""): key for key, names in _NAMES.items() for name in names.split(", ")
}
_FINALE_AND_BOW = frozenset(map(fold, ("finale and bow", "finale & bow")))


def row_of(name: str) -> str | None:
    """Give the row of the template, or the part of the show, that goes by a name."""
    return _KEYS.get(fold(name).replace(",", ""))


def ends_show(name: str) -> bool:
    """Whether a name stands for the finale and the bow in one."""
    return fold(name) in _FINALE_AND_BOW


def back_time(
    rows: Sequence[Row], given: Mapping[str, Span], *, show_minutes: float
) -> dict[str, Span]:
    """Time all rows around a show; those given keep their times and the others follow them."""
    spans = {SHOW: Span(0.0, show_minutes, is_given=True)}
    for row in rows:
        span = given.get(row.key)
        if span is None:
            ends = [
                spans[key].start if row.to_edge == "start" else spans[key].end for key in row.to
            ]
            at = (min(ends) if row.edge == "end" else max(ends)) + row.offset
            start = at - row.minutes if row.edge == "end" else at
            if row.phase == "setup":  # whatever is given: the show does not wait for it
                start = min(start, -row.minutes)
            span = Span(start, start + row.minutes, is_given=False)
        spans[row.key] = span
    return spans


def neighbours(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """List the pairs of rows of which the first has to end before the second starts."""
    pairs = []
    for row in rows:
        for other in row.to:
            if row.edge == "end" and row.to_edge == "start" and not row.offset:
                pairs.append((row.key, other))
            elif row.edge == "start" and row.to_edge == "end" and not row.offset:
                pairs.append((other, row.key))
    return [(first, second) for first, second in pairs if SHOW not in {first, second}]

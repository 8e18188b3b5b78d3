"""Readers of durations and lags: numbers of a unit, or text that names its own."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from insights.analysis.values import OddError, Reader, number, shown
from insights.schemas.base import MAX_MINUTES

HOUR, DAY, WORK_DAY = 60.0, 1440.0, 480.0  # minutes; a working day has eight hours
_LONGEST = 40  # characters of a duration

_AMOUNT = r"(\d+(?:\.\d+)?)"
_PLAIN = re.compile(r"[\s\d.+-]*")
_ISO_SPAN = re.compile(
    rf"P(?:{_AMOUNT}W)?(?:{_AMOUNT}D)?(?:T(?:{_AMOUNT}H)?(?:{_AMOUNT}M)?(?:{_AMOUNT}S)?)?",
    re.IGNORECASE,
)
_PLAIN_SPAN = re.compile(
    rf"(?:{_AMOUNT}w(?:eeks?)?)?(?:{_AMOUNT}d(?:ays?)?)?(?:{_AMOUNT}h(?:ours?|rs?)?)?"
    rf"(?:{_AMOUNT}m(?:in(?:ute)?s?)?)?(?:{_AMOUNT}s(?:ec(?:ond)?s?)?)?",
    re.IGNORECASE,
)


def parse_span(written: str, day: float) -> float | None:
    """Read `PT2H`, `2h 30m`, `-1d` or a plain number of minutes; None when it is none of them."""
    if len(written) > _LONGEST:
        return None
    compact = "".join(written.split())
    sign = -1.0 if compact.startswith("-") else 1.0
    compact = compact.removeprefix("-").removeprefix("+")
    if re.fullmatch(_AMOUNT, compact):
        return sign * float(compact)
    match = _ISO_SPAN.fullmatch(compact) or _PLAIN_SPAN.fullmatch(compact)
    amounts = [float(amount) if amount else 0.0 for amount in match.groups()] if match else []
    if not match or not any(match.groups()):
        return None
    week = 5 * day if day == WORK_DAY else 7 * day
    units = (week, day, HOUR, 1.0, 1 / 60)
    return sign * sum(amount * unit for amount, unit in zip(amounts, units, strict=True))


def bounded(minutes: float) -> float:
    return max(-float(MAX_MINUTES), min(float(MAX_MINUTES), minutes))


def duration(unit: float, day: float) -> Reader:
    """Make a reader of durations: a number of units, or text that names its own."""
    read_units = number(most=MAX_MINUTES / unit)

    def read(value: Any, zone: ZoneInfo) -> float:
        if isinstance(value, str) and (minutes := parse_span(value, day)) is not None:
            value = minutes if _PLAIN.fullmatch(value) else minutes / unit
        try:
            return float(read_units(value, zone)) * unit
        except OddError as odd:
            if odd.instead is not None:
                odd.instead *= unit
            raise

    return read


def lag(unit: float) -> Reader:
    """Make a reader of lags: a number of units, or text that names its own, of either sign."""

    def read(value: Any, _zone: ZoneInfo) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            # Bounded before it is scaled: beyond any double there are still integers.
            return bounded(max(-MAX_MINUTES, min(MAX_MINUTES, value)) * unit)
        minutes = parse_span(value, DAY) if isinstance(value, str) else None
        if minutes is None:
            raise OddError("not_a_lag", f"no length of time: {shown(value)}")
        return bounded(minutes * unit if _PLAIN.fullmatch(value) else minutes)

    return read

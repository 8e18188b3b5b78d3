"""Readers: one value of JSON to one value of ours, or `OddError`."""

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from insights.schemas.base import FIRST_YEAR, LAST_YEAR, MAX_COUNT

Reader = Callable[[Any, ZoneInfo], Any]

_MILLISECONDS_FROM = 1e11  # as seconds that is the year 5138, as milliseconds 1973
_SHOWN = 40


class OddError(Exception):
    """A value that cannot be taken as written; `instead` replaces it, None leaves the default."""

    def __init__(self, code: str, message: str, instead: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.instead = instead


def read_instant(value: Any, zone: ZoneInfo, *, end_of_day: bool = False) -> datetime | None:
    """Read ISO 8601 or an epoch in seconds or milliseconds; None when it is neither.

    Without an offset it is meant in `zone`; a date alone is that day's start, or its last second.
    """
    try:
        if isinstance(value, str):
            moment = _parse_time(value.strip(), zone, end_of_day=end_of_day)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            moment = _parse_epoch(float(value))
        else:
            return None
        moment = moment.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def read_zone(name: Any) -> ZoneInfo | None:
    """Find an IANA time zone; None when there is none of that name."""
    if not isinstance(name, str):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def instant(value: Any, zone: ZoneInfo) -> datetime:
    return _found(value, read_instant(value, zone))


def due(value: Any, zone: ZoneInfo) -> datetime:
    """Read a deadline: a date alone lasts to its end."""
    return _found(value, read_instant(value, zone, end_of_day=True))


def text(value: Any, _zone: ZoneInfo) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OddError("not_text", f"no text: {shown(value)}")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return msgspec.json.encode(value).decode()


def texts(value: Any, zone: ZoneInfo) -> tuple[str, ...]:
    """Read a list of texts, or one text as a list of one."""
    if not isinstance(value, list):
        return (text(value, zone),)
    kept: list[str] = []
    refused: OddError | None = None
    for item in value:
        try:
            kept.append(text(item, zone))
        except OddError as odd:
            refused = odd
    if refused:
        raise OddError(refused.code, refused.message, tuple(kept))
    return tuple(kept)


_TRUTH = dict.fromkeys(("true", "yes", "y", "1", "on"), True) | dict.fromkeys(
    ("false", "no", "n", "0", "off"), False
)


def truth(value: Any, _zone: ZoneInfo) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    known = _TRUTH.get(value.strip().casefold()) if isinstance(value, str) else None
    if known is None:
        raise OddError("not_boolean", f"neither true nor false: {shown(value)}")
    return known


def number(*, most: float) -> Reader:
    """Make a reader of numbers from 0 to `most`; what lies outside moves to the nearer end."""

    def read(value: Any, _zone: ZoneInfo) -> float:
        found = math.nan
        if isinstance(value, int):  # beyond any double there are still integers
            found = math.nan if isinstance(value, bool) else float(min(max(value, -1), most + 1))
        elif isinstance(value, float | str):
            with suppress(ValueError):
                found = float(value)
        if not math.isfinite(found):
            raise OddError("not_a_number", f"no number: {shown(value)}")
        if found < 0:
            raise OddError("negative", f"below zero, taken as 0: {shown(value)}", 0.0)
        if found > most:
            raise OddError("too_large", f"taken as {most:.0f}: {shown(value)}", float(most))
        return found

    return read


_count = number(most=MAX_COUNT)


def count(value: Any, zone: ZoneInfo) -> int:
    try:
        return int(_count(value, zone))
    except OddError as odd:
        if odd.instead is not None:
            odd.instead = int(odd.instead)
        raise


def choice(words: Mapping[str, str]) -> Reader:
    """Make a reader of enum values from a table of folded words."""

    def read(value: Any, _zone: ZoneInfo) -> str:
        known = words.get(fold(value)) if isinstance(value, str) else None
        if known is None:
            raise OddError("unknown_value", f"not among the values: {shown(value)}")
        return known

    return read


def mapping(value: Any, _zone: ZoneInfo) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise OddError("not_an_object", f"no object: {shown(value)}")
    return value


def items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise OddError("not_a_list", f"no list: {shown(value)}")
    return value


def fold(word: str) -> str:
    """Make `On Set`, `on-set`, `on_set` and `onSet` the same."""
    return word.strip().replace(" ", "").replace("_", "").replace("-", "").casefold()


def shown(value: Any) -> str:
    """Name a value in a message without repeating a novel."""
    if isinstance(value, str):
        return repr(value[:_SHOWN])
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < MAX_COUNT**2):
        return str(value)
    return f"a {type(value).__name__}"  # lists and objects; Python refuses to print long integers


def _found(value: Any, moment: datetime | None) -> datetime:
    if moment is None:
        raise OddError(
            "not_a_time", f"no time between {FIRST_YEAR} and {LAST_YEAR}: {shown(value)}"
        )
    return moment


def _parse_time(written: str, zone: ZoneInfo, *, end_of_day: bool) -> datetime:
    try:
        if len(written) <= len("2026-01-31"):
            day = date.fromisoformat(written)
            return datetime.combine(day, time(23, 59, 59) if end_of_day else time(), zone)
        moment = datetime.fromisoformat(written)
    except ValueError:
        return _parse_epoch(float(written))
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _parse_epoch(epoch: float) -> datetime:
    seconds = epoch / 1000 if abs(epoch) >= _MILLISECONDS_FROM else epoch
    return datetime.fromtimestamp(seconds, UTC)

"""Conditional requests and ranges (RFC 9110, 13 and 14) as plain functions of header values."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

_RANGE = re.compile(r"bytes\s*=\s*(\d{0,20})\s*-\s*(\d{0,20})\s*", re.IGNORECASE | re.ASCII)
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')


class Range(NamedTuple):
    """Bytes from `start` up to `stop`, which is behind the last."""

    start: int
    stop: int


class Unsatisfiable(ValueError):  # noqa: N818 -- a fact, named as one
    """The range begins behind the end."""


def read_range(header: str, size: int) -> Range | None:
    """Return the one range that is asked for, None for the whole: no range, several, or none that can be read.

    Raises Unsatisfiable.
    """
    match = _RANGE.fullmatch(header)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        if not int(last) or not size:
            raise Unsatisfiable
        return Range(max(0, size - int(last)), size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return Range(start, min(size, int(last) + 1) if last else size)


def is_unchanged(
    *, etag: str, modified_at: datetime, if_none_match: str, if_modified_since: str
) -> bool:
    """Tell whether the client has it already: then 304 is the answer."""
    if if_none_match:
        return _matches(if_none_match, etag)
    since = _date(if_modified_since)
    return since is not None and _second(modified_at) <= since


def is_range_valid(*, etag: str, modified_at: datetime, if_range: str) -> bool:
    """Tell whether a range continues what the client has a part of; otherwise it gets the whole."""
    if not if_range:
        return True
    if if_range.endswith('"'):
        return if_range == etag  # a weak tag never continues anything
    return _date(if_range) == _second(modified_at)


def _matches(header: str, etag: str) -> bool:
    if header.strip() == "*":
        return True
    return etag in (tag.removeprefix("W/") for tag in _TAG.findall(header))


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)

"""Ranges and conditions: pure."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionos.storage.ranges import (
    Range,
    Unsatisfiable,
    is_range_valid,
    is_unchanged,
    read_range,
)

NOON = datetime(2026, 5, 1, 12, 0, 0, 250_000, tzinfo=UTC)
SIZES = st.integers(0, 50)
NUMBERS = st.integers(0, 60)


def asked(first, last):
    return f"bytes={'' if first is None else first}-{'' if last is None else last}"


@given(SIZES, NUMBERS | st.none(), NUMBERS | st.none())
def test_a_range_is_those_bytes(size, first, last):
    """Against the definition: the positions that a range names, of those that there are."""
    content = bytes(range(size))
    if first is not None:
        named = [at for at in range(size) if at >= first and (last is None or at <= last)]
    else:
        named = list(range(size))[-last:] if last else []
    try:
        found = read_range(asked(first, last), size)
    except Unsatisfiable:
        assert not named
        return
    if found is None:
        # Not a range at all: the whole is sent.
        assert (first, last) == (None, None) or (first is not None and last < first)
        return
    assert 0 <= found.start < found.stop <= size
    assert content[found.start : found.stop] == bytes(content[at] for at in named)


@given(st.text(max_size=20), SIZES)
def test_no_header_breaks_it(header, size):
    try:
        found = read_range(header, size)
    except Unsatisfiable:
        return
    assert found is None or 0 <= found.start < found.stop <= size


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("bytes=0-0", Range(0, 1)),
        ("bytes=2-", Range(2, 10)),
        ("bytes=-3", Range(7, 10)),
        ("bytes=-99", Range(0, 10)),
        ("Bytes = 1 - 2", Range(1, 3)),
        ("bytes=8-99", Range(8, 10)),
        *(
            (several, None)
            for several in ("bytes=0-1,3-4", "items=0-1", "bytes=5-2", "bytes=-", "")
        ),
    ],
)
def test_ranges_of_ten_bytes(header, found):
    assert read_range(header, 10) == found


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_behind_the_end_is_nothing(header):
    with pytest.raises(Unsatisfiable):
        read_range(header, 10)


def date(moment):
    return format_datetime(moment.replace(microsecond=0), usegmt=True)


@pytest.mark.parametrize(
    ("none_match", "since", "unchanged"),
    [
        ("", "", False),
        ('"v1"', "", True),
        ('W/"v1"', "", True),
        ('"v0", "v1"', "", True),
        ("*", "", True),
        ('"v0"', "", False),
        ('"v', "", False),
        # Tags win over dates.
        ('"v0"', date(NOON), False),
        ("", date(NOON), True),
        ("", date(NOON + timedelta(days=1)), True),
        ("", date(NOON - timedelta(seconds=1)), False),
        ("", "yesterday", False),
        ("", "Fri, 31 Feb 2026 99:00:00 GMT", False),
    ],
)
def test_what_the_client_has_already(none_match, since, unchanged):
    found = is_unchanged(
        etag='"v1"', modified_at=NOON, if_none_match=none_match, if_modified_since=since
    )
    assert found is unchanged


@pytest.mark.parametrize(
    ("if_range", "valid"),
    [
        ("", True),
        ('"v1"', True),
        ('"v0"', False),
        ('W/"v1"', False),
        (date(NOON), True),
        (date(NOON + timedelta(days=1)), False),
        ("nonsense", False),
    ],
)
def test_a_part_continues_the_same_bytes_alone(if_range, valid):
    assert is_range_valid(etag='"v1"', modified_at=NOON, if_range=if_range) is valid


@given(st.text(max_size=40))
def test_no_condition_breaks_it(text):
    is_unchanged(etag='"v1"', modified_at=NOON, if_none_match=text, if_modified_since=text)
    is_range_valid(etag='"v1"', modified_at=NOON, if_range=text)

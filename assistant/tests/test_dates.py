"""Time windows, read on Wednesday 11 March 2026 at 09:30 in London."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tests.shoot import LONDON, NOW
from assistant.understanding.dates import find_window

PARIS = ZoneInfo("Europe/Paris")


def window(line, now=NOW, zone=LONDON):
    found = find_window(line, now=now, zone=zone)
    return found and (f"{found.start:%m-%d %H:%M}", f"{found.end:%m-%d %H:%M}", found.label)


@pytest.mark.parametrize(
    ("line", "start", "end", "label"),
    [
        ("what arrives today", "03-11 00:00", "03-12 00:00", "today"),
        ("tonight?", "03-11 18:00", "03-12 00:00", "tonight"),
        ("this morning", "03-11 00:00", "03-11 12:00", "this morning"),
        ("tomorrow afternoon", "03-12 12:00", "03-12 18:00", "tomorrow afternoon"),
        ("day after tomorrow", "03-13 00:00", "03-14 00:00", "the day after tomorrow"),
        ("what came yesterday", "03-10 00:00", "03-11 00:00", "yesterday"),
        ("on friday", "03-13 00:00", "03-14 00:00", "Friday 13 Mar"),
        ("on wednesday", "03-11 00:00", "03-12 00:00", "Wednesday 11 Mar"),
        ("next friday", "03-20 00:00", "03-21 00:00", "Friday 20 Mar"),
        ("arrivals fri?", "03-13 00:00", "03-14 00:00", "Friday 13 Mar"),
        ("this week", "03-09 00:00", "03-16 00:00", "this week"),
        ("next week", "03-16 00:00", "03-23 00:00", "next week"),
        ("this weekend", "03-14 00:00", "03-16 00:00", "this weekend"),
        ("next month", "04-01 00:00", "05-01 00:00", "next month"),
        ("2026-03-13", "03-13 00:00", "03-14 00:00", "Friday 13 Mar"),
        ("on the 13th of march", "03-13 00:00", "03-14 00:00", "Friday 13 Mar"),
        ("march 13", "03-13 00:00", "03-14 00:00", "Friday 13 Mar"),
        ("in 2 hours", "03-11 09:30", "03-11 11:30", "in the next 2 hours"),
        ("in the last 24 hours", "03-10 09:30", "03-11 09:30", "in the last 24 hours"),
        ("by friday", "03-11 09:30", "03-14 00:00", "by Friday 13 Mar"),
        ("before friday", "03-11 09:30", "03-13 00:00", "before Friday 13 Mar"),
        ("since monday", "03-09 00:00", "03-11 09:30", "since Monday 9 Mar"),
        ("by 3pm", "03-11 09:30", "03-11 15:00", "by 15:00"),
        ("by 3", "03-11 09:30", "03-11 15:00", "by 15:00"),
        ("by 8", "03-11 09:30", "03-12 08:00", "by 08:00 tomorrow"),
        ("tomorrow by 10am", "03-12 00:00", "03-12 10:00", "by 10:00 tomorrow"),
        ("after 15:00", "03-11 15:00", "03-12 00:00", "after 15:00"),
        ("what happens at 18:00", "03-11 18:00", "03-11 19:00", "at 18:00"),
        ("by noon", "03-11 09:30", "03-11 12:00", "by 12:00"),
        ("eod", "03-11 09:30", "03-12 00:00", "by the end of the day"),
    ],
)
def test_a_phrase_is_a_window_in_the_users_zone(line, start, end, label):
    assert window(line) == (start, end, label)


@pytest.mark.parametrize(
    "line",
    [
        "the sun hat",
        "the may lookbook",
        "who do we have",
        "13 looks by 3 designers",
        "look 18",
        "2026-13-45",
        "in 9999 days",
        "a second piece",
        "mar-18",
        "",
    ],
)
def test_words_that_look_like_dates_are_none(line):
    assert window(line) is None


def test_today_begins_at_the_users_midnight():
    late = datetime(2026, 3, 11, 23, 30, tzinfo=UTC)
    assert window("today", now=late, zone=PARIS) == ("03-12 00:00", "03-13 00:00", "today")


def test_hours_ahead_are_real_hours_when_the_clock_changes():
    before = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # half an hour before Paris springs forward
    found = find_window("in 2 hours", now=before, zone=PARIS)
    assert found.end.astimezone(UTC) - before == timedelta(hours=2)


@pytest.mark.parametrize("year", [1, 9999])
def test_there_are_no_windows_at_the_end_of_time(year):
    assert find_window("next week", now=NOW.replace(year=year), zone=PARIS) is None


TIME_WORDS = """
    by before after since until next last this in at the on today tomorrow friday fri week
    month hours days 3pm 15:00 31 feb march 2026-02-30 0 24 noon 12
"""


@given(
    line=st.text(max_size=80)
    | st.lists(
        st.sampled_from(TIME_WORDS.split()),
        max_size=8,
    ).map(" ".join),
    now=st.datetimes(timezones=st.just(UTC)),
)
def test_any_words_at_any_time_give_an_ordered_window_or_none(line, now):
    found = find_window(line, now=now, zone=PARIS)
    assert found is None or found.start <= found.end

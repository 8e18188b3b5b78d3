from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analysis.recommendations.timeline import read_timeline

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)  # a Monday

instants = st.datetimes(datetime(1990, 1, 1), datetime(2190, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- hypothesis wants naive bounds
WORDS = (
    *("6 weeks", "3 months", "asap", "this", "next", "week", "month", "quarter", "year", "Q3"),
    *("SS26", "FW", "26", "2027", "end of", "mid", "early", "in", "by", "a", "few", "31", "feb"),
    *("march", "friday", "2026-02-30", "9999-12-31T23:59:59-12:00", "days", "0", ",", "-", "ago"),
)
phrases = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join) | st.text(max_size=40)


def read(text, now=NOW, zone=PARIS):
    return read_timeline(text, now=now, zone=zone)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026-12-24", 31),
        ("by 2026-12-24, please", 31),
        ("2026-12-24T23:30:00Z", 32),
        ("2026-11-22", -1),
        ("10 days", 10),
        ("30d", 30),
        ("6 weeks", 42),
        ("6-week", 42),
        ("in about 6 wks", 42),
        ("1.5 weeks", 10),
        ("2-3 weeks", 14),
        ("2 to 3 weeks", 14),
        ("two weeks", 14),
        ("a couple of weeks", 14),
        ("a few days", 3),
        ("a fortnight", 14),
        ("3 months", 92),
        ("a month", 30),
        ("2 quarters", 181),
        ("half a year", 181),
        ("1 year", 365),
        ("ASAP!", 7),
        ("as soon as possible", 7),
        ("urgent", 7),
        ("today", 0),
        ("tomorrow", 1),
        ("the day after tomorrow", 2),
        ("flexible", 365),
        ("no rush", 365),
        ("monday", 0),
        ("by Friday", 4),
        ("this week", 6),
        ("next week", 7),
        ("this month", 7),
        ("end of month", 7),
        ("next month", 8),
        ("end of next month", 38),
        ("this quarter", 38),
        ("next quarter", 39),
        ("end of the year", 38),
        ("next year", 39),
        ("Q1", 39),
        ("end of Q1", 128),
        ("Q3", 220),
        ("Q3 2027", 220),
        ("q4", 38),
        ("october", 312),
        ("mid-October", 327),
        ("late march 2027", 128),
        ("12 October", 323),
        ("Oct 12, 2027", 323),
        ("12th of oct", 323),
        ("FW27", 70),
        ("F/W 27", 70),
        ("AW '27", 70),
        ("fall/winter 2027", 70),
        ("SS28", 282),
        ("spring summer 2028", 282),
        ("resort 28", 159),
        ("pre-fall 27", 38),
        ("SS26", -388),
    ],
)
def test_deadlines_in_the_words_people_use(text, days):
    assert read(text) == days


@pytest.mark.parametrize(
    "text",
    [
        *("", "soonish", "6 weeks ago", "marching band", "42", "2026", "2026-13-45", "31 february"),
        *("99999 weeks", "sssss", "Q7", "second half", "12/10/2027"),
    ],
)
def test_what_is_not_understood_is_not_guessed(text):
    assert read(text) is None


def test_a_season_that_is_being_shown_lasts_to_the_end_of_its_months():
    september = datetime(2026, 9, 28, 10, tzinfo=UTC)
    assert read("SS27", september) == 33
    assert read("SS27", datetime(2026, 8, 31, 10, tzinfo=UTC)) == 1


def test_months_keep_to_the_last_day_of_a_short_one():
    assert read("1 month", datetime(2027, 1, 31, 10, tzinfo=UTC)) == 28


def test_days_are_those_of_the_zone():
    evening = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert read("2026-11-24", evening) == 0
    assert read("2026-11-24", evening, ZoneInfo("UTC")) == 1


@given(text=phrases, now=instants)
def test_any_text_gives_bounded_days_or_none(text, now):
    days = read(text, now)
    assert days is None or -3650 <= days <= 3650


@given(now=instants, many=st.integers(0, 500))
def test_days_and_weeks_are_counted_out(now, many):
    assert read(f"{many} days", now) == many
    assert read(f"{many} weeks", now) == min(7 * many, 3650)


@given(now=instants, ahead=st.integers(-3000, 3000))
def test_a_date_is_as_far_as_the_calendar_says(now, ahead):
    day: date = now.astimezone(PARIS).date() + timedelta(days=ahead)
    assert read(day.isoformat(), now) == ahead


@given(now=instants, unit=st.sampled_from(["week", "month", "quarter", "year"]))
def test_this_period_ends_before_the_next_begins(now, unit):
    assert 0 <= read(f"this {unit}", now) < read(f"next {unit}", now)
    assert read(f"next {unit}", now) == read(f"this {unit}", now) + 1
    assert read(f"next {unit}", now) <= read(f"end of next {unit}", now)

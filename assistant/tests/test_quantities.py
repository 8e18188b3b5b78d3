"""Numbers in messages."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.understanding.normalise import read
from assistant.understanding.quantities import (
    find_budget,
    find_clock,
    find_count,
    find_minutes,
    find_ordinal,
    find_rating,
)


@pytest.mark.parametrize(
    ("line", "clock"),
    [
        ("move it to 6pm", time(18)),
        ("what happens at 18:00", time(18)),
        ("at 12 am", time(0)),
        ("by noon", time(12)),
        ("from 9:15 to 10:30", time(10, 30)),
        ("move it to 3", time(15)),
        ("look 12", None),
        ("30 minutes later", None),
    ],
)
def test_a_clock_time(line, clock):
    assert find_clock(line) == clock


@pytest.mark.parametrize(
    ("line", "minutes"),
    [
        ("delay it by 30 minutes", 30),
        ("half an hour later", 30),
        ("two hours", 120),
        ("2h late", 120),
        ("a day", 1440),
        ("in look 3", None),
        ("99999 weeks", None),
    ],
)
def test_a_duration(line, minutes):
    assert find_minutes(line) == minutes


@pytest.mark.parametrize(
    ("line", "rating"),
    [
        ("rate it 4 stars", 4),
        ("five stars", 5),
        ("4/5", 4),
        ("rate the cover 3", 3),
        ("9 stars", None),
        ("image 4", None),
    ],
)
def test_stars(line, rating):
    assert find_rating(line) == rating


@pytest.mark.parametrize(
    ("line", "money"),
    [
        ("for 25k", (25_000, None)),
        ("under £8k", (8_000, "GBP")),
        ("15,000 euros", (15_000, "EUR")),
        ("we have $12000", (12_000, "USD")),
        ("a budget of 20000", (20_000, None)),
        ("look 12", None),
        ("top 10 images", None),
    ],
)
def test_a_budget(line, money):
    assert find_budget(line) == money


@pytest.mark.parametrize(
    ("line", "ordinal"),
    [
        ("the last of these", -1),
        ("the second one", 2),
        ("first", 1),
        ("2", 2),
        ("number 3", 3),
        ("last week", None),
        ("second hand bags in look 3", None),
    ],
)
def test_a_place_in_the_list(line, ordinal):
    assert find_ordinal(line) == ordinal


@pytest.mark.parametrize(
    ("line", "count"), [("top 10 images", 10), ("pick five", 5), ("the next two days", None)]
)
def test_a_count(line, count):
    assert find_count(line) == count


@given(st.text(max_size=60) | st.from_regex(r"[0-9£$€.,: /a-z]{0,30}", fullmatch=True))
def test_any_text_has_some_numbers_or_none(message):
    line = read(message).line
    clock, minutes, rating = find_clock(line), find_minutes(line), find_rating(line)
    assert clock is None or clock.tzinfo is None
    assert minutes is None or minutes > 0
    assert rating is None or 0 <= rating <= 5
    find_budget(line)
    find_ordinal(line)
    find_count(line)


@pytest.mark.parametrize(
    ("line", "clock"),
    [
        ("half 7", time(7, 30)),
        ("half past ten", time(10, 30)),
        ("quarter past 9", time(9, 15)),
        ("quarter to eleven", time(10, 45)),
        ("at ten?", time(10)),
        ("ten oclock", time(10)),
        ("half 2 hours", None),
        ("the half of them", None),
        ("at one end", None),
    ],
)
def test_a_clock_time_in_words(line, clock):
    assert find_clock(line) == clock


def test_an_open_hour_is_in_the_afternoon_of_a_day_that_begins_at_two():
    assert find_clock("at ten", 14) == time(22)
    assert find_clock("at 10 am", 14) == time(10)
    assert find_clock("at 10:30", 14) == time(10, 30)


@pytest.mark.parametrize(
    ("line", "budget"),
    [
        ("under twelve thousand euros", (12_000, "EUR")),
        ("twenty five thousand pounds", (25_000, "GBP")),
        ("one hundred and fifty thousand dollars", (150_000, "USD")),
        ("we have 20 grand", (20_000, None)),
        ("what fits 30,000?", (30_000, None)),
        ("ten of them", None),
        ("a thousand thanks", None),
    ],
)
def test_a_budget_in_words(line, budget):
    assert find_budget(line) == budget


@pytest.mark.parametrize(
    ("line", "count"),
    [("a shortlist of 6", 6), ("make a selection of twelve", 12), ("a list of tasks", None)],
)
def test_how_many_to_list(line, count):
    assert find_count(line) == count

"""The arithmetic of the figures, against the plainest way to say the same."""

import math
import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.metrics import (
    ERROR,
    LONGEST_DAYS,
    LONGEST_MS,
    METRICS,
    SHORTEST_MS,
    WORKFLOWS,
    Counted,
    People,
    Period,
    Totals,
    adoption,
    bucket,
    change,
    minutes_saved,
    percentile,
    spell,
    typical,
)

DOCUMENT = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
TODAY = date(2026, 11, 23)
durations = st.floats(SHORTEST_MS, LONGEST_MS)
days = st.dates(date(2020, 1, 1), TODAY)


def counts(values):
    found = {}
    for value in values:
        found[bucket(value)] = found.get(bucket(value), 0) + 1
    return found


@given(durations)
def test_a_class_stands_for_all_its_durations_within_the_error(ms):
    assert abs(typical(bucket(ms)) - ms) <= ms * ERROR * (1 + 1e-9)


@given(st.lists(durations, min_size=1), st.sampled_from([1, 50, 90, 99, 100]))
def test_a_percentile_is_the_nearest_rank_within_the_error(values, percent):
    exact = sorted(values)[max(1, math.ceil(len(values) * percent / 100)) - 1]
    found = percentile(counts(values), percent)
    assert abs(found - exact) <= exact * ERROR * (1 + 1e-9)


@given(st.lists(durations, min_size=1), st.lists(durations, min_size=1))
def test_percentiles_of_two_days_are_those_of_their_durations_together(one, other):
    rows = [
        Counted("calls", "f", number, count, 0.0)
        for values in (one, other)
        for number, count in counts(values).items()
    ]
    together = percentile(counts(one + other), 90)
    assert Totals(rows).percentile("calls", 90) == together
    assert Totals(rows).percentile("calls", 90, "f") == together


def test_of_nothing_there_is_no_percentile_no_share_and_no_change():
    assert percentile({}, 50) is None
    assert Totals().share("errors", "calls") is None
    assert Totals().mean("sessions") is None
    assert change(3, None) is change(None, 3) is change(3, 0) is None
    assert [metric.value(Totals()) for metric in METRICS if metric.unit == "%"] == [None] * 6


@given(st.floats(0.1, 1e6), st.floats(0.1, 1e6))
def test_a_change_applied_to_what_was_before_gives_what_is_now(now, before):
    assert before * (1 + change(now, before)) == pytest.approx(now)


def test_what_is_out_of_range_is_counted_at_its_end():
    assert bucket(0) == bucket(-5) == bucket(SHORTEST_MS)
    assert bucket(1e12) == bucket(LONGEST_MS)


def test_details_come_with_the_most_frequent_first():
    rows = [
        Counted("calls", name, 0, number, 0.0) for name, number in (("b", 2), ("a", 2), ("c", 9))
    ]
    assert Totals(rows).details("calls") == ["c", "a", "b"]
    assert Totals(rows).count("calls") == 13


@given(days, st.integers(1, 400))
def test_the_period_before_is_as_long_and_ends_where_this_one_begins(last, length):
    period = Period.ending(last, length)
    assert period.days == period.before.days == length
    assert period.before.last + timedelta(days=1) == period.first


@given(days, st.integers(1, 400))
def test_each_day_of_a_period_lies_in_one_step_of_its_charts(last, length):
    period = Period.ending(last, length)
    starts = period.each()
    assert period.step == (1 if length <= 92 else 7)
    assert starts[0] == period.first
    assert 0 <= (last - starts[-1]).days < period.step
    assert all(
        later - earlier == timedelta(days=period.step) for earlier, later in pairwise(starts)
    )


@pytest.mark.parametrize(
    ("said", "period"),
    [
        (("7", "", ""), Period(date(2026, 11, 17), TODAY)),
        (("28", "2026-11-01", "2026-11-02"), Period(date(2026, 11, 1), date(2026, 11, 2))),
        (("28", "2026-11-22", ""), Period(date(2026, 11, 22), TODAY)),
        (("28", "", "2026-11-02"), Period(date(2026, 11, 2), date(2026, 11, 2))),
    ],
)
def test_a_period_is_read_from_what_people_type(said, period):
    assert Period.read(*said, today=TODAY) == period


@pytest.mark.parametrize(
    "said",
    [
        ("8", "", ""),
        ("", "", ""),
        ("x", "", ""),
        ("7", "yesterday", ""),
        ("7", "2026-11-31", "2026-11-30"),
        ("7", "2026-11-03", "2026-11-02"),
        ("7", "2026-11-20", "2026-11-24"),
        ("7", "1999-12-31", "1999-12-31"),
        ("7", str(TODAY - timedelta(days=LONGEST_DAYS)), str(TODAY)),
        ("7", "2026-11-01\x00", ""),
    ],
)
def test_a_period_that_is_none_is_refused_with_words(said):
    with pytest.raises(ValueError, match=r"\.$"):
        Period.read(*said, today=TODAY)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "%", "-"),
        (0.934, "%", "93.4 %"),
        (1234567, "", "1,234,567"),
        (1.256, "", "1.26"),
        (3.25, "ms", "3.2 ms"),
        (1182.4, "ms", "1,182 ms"),
        (59.4, "s", "59 s"),
        (250, "s", "4 min 10 s"),
        (240, "s", "4 min"),
        (750, "min", "12.5 h"),
    ],
)
def test_figures_are_written_as_people_read_them(value, unit, text):
    assert spell(value, unit) == text


def test_time_saved_is_uses_times_the_estimate_and_says_where_that_comes_from():
    [locate] = [workflow for workflow in WORKFLOWS if workflow.id == "locate"]
    totals = Totals(
        [Counted("uses", "logistics.locate", 0, 7, 0.0), Counted("uses", "x", 0, 9, 0.0)]
    )
    assert minutes_saved(totals, locate) == 7 * locate.minutes
    [metric] = [metric for metric in METRICS if metric.id == "time_saved"]
    assert metric.value(totals) == 21
    assert all(workflow.source and workflow.minutes > 0 for workflow in WORKFLOWS)
    features = [feature for workflow in WORKFLOWS for feature in workflow.features]
    assert len(features) == len(set(features))


def test_adoption_is_a_share_of_the_active_people():
    people = People(active=4, by_feature={"a": 1, "b": 4})
    assert adoption(people) == {"b": 1.0, "a": 0.25}
    assert adoption(People()) == {}


# The documentation


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_every_figure_is_in_the_documentation(metric):
    assert re.search(rf"^\| `{metric.id}` \| {re.escape(metric.label)} \|", DOCUMENT, re.MULTILINE)


def test_the_documentation_has_no_figure_that_is_gone():
    named = set(
        re.findall(
            r"^\| `([a-z0-9_]+)` \|", DOCUMENT[: DOCUMENT.index("## Time saved")], re.MULTILINE
        )
    )
    assert named == {metric.id for metric in METRICS}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.id)
def test_every_estimate_is_in_the_documentation_with_its_source(workflow):
    assert f"| {workflow.label} | {workflow.minutes:g} | {workflow.source} |" in DOCUMENT

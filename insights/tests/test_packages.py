import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionos.kit.wire import write_json
from insights import catalogue
from insights.analysis.recommendations.intake import read_packages
from insights.analysis.recommendations.packages import (
    FIT_WEIGHTS,
    WEIGHTS,
    recommend_packages,
    score_budget,
    score_capacity,
    score_popularity,
    score_timeline,
    weigh,
)
from insights.schemas.recommendations import Capacity, Package, Signals

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")

TAGS = ("runway", "backstage", "film", "press", "samples")
amounts = st.floats(0, 1e6)
packages = st.lists(
    st.builds(
        Package,
        id=st.integers(0, 999).map(str),
        name=st.none() | st.text(max_size=5),
        price=st.none() | amounts,
        price_min=st.none() | amounts,
        price_max=st.none() | amounts,
        currency=st.sampled_from([None, "EUR", "USD"]),
        lead_days=st.none() | st.floats(0, 200),
        tags=st.lists(st.sampled_from(TAGS), max_size=4).map(tuple),
        roles=st.lists(st.sampled_from(["producer", "stylist"]), max_size=2).map(tuple),
        event_types=st.lists(st.sampled_from(["runway", "press_day"]), max_size=2).map(tuple),
        capacity=st.none()
        | st.builds(
            Capacity,
            min=st.none() | st.integers(0, 500),
            max=st.none() | st.integers(0, 500),
        ),
        rating=st.none() | st.floats(1, 5),
        rating_count=st.integers(0, 400),
    ),
    max_size=14,
)
signals = st.builds(
    Signals,
    user_role=st.sampled_from([None, "producer", "wizard"]),
    event_type=st.sampled_from([None, "runway", "pressday"]),
    tags=st.lists(st.sampled_from(TAGS), max_size=3).map(tuple),
    budget=st.none() | st.floats(0.01, 1e6),
    currency=st.sampled_from([None, "EUR"]),
    available_days=st.none() | st.integers(0, 400),
    headcount=st.none() | st.integers(0, 600),
    limit=st.integers(3, 5),
)


def recommend(rows, **said):
    found, _ = recommend_packages(rows, Signals(**said))
    return found


def only(package, **said):
    [found] = recommend([Package(**{"id": "p", **package})], **said)
    return found


def ids(found):
    return [item.item["id"] for item in found]


def house():
    rows, cautions = read_packages(catalogue.packages(), zone=UTC_ZONE)
    assert cautions == []
    return rows


# The parts of the score


@pytest.mark.parametrize(
    ("share", "rated"),
    [(0, 0.7), (0.25, 0.85), (0.5, 1), (1, 1), (1.1, 0.6703), (1.25, 0.3679), (2, 0.0183)],
)
def test_budget(share, rated):
    assert score_budget(share) == pytest.approx(rated, abs=1e-4)


@pytest.mark.parametrize(
    ("available", "lead", "rated"),
    [(42, 28, 1), (28, 28, 1), (22.4, 28, 0.5), (16.8, 28, 0), (0, 28, 0), (0, 0, 1)],
)
def test_timeline(available, lead, rated):
    assert score_timeline(available, lead) == pytest.approx(rated)


@pytest.mark.parametrize(
    ("headcount", "rated"),
    [(100, 1), (200, 1), (75, 0.5), (50, 0), (0, 0), (250, 0.5), (300, 0), (900, 0)],
)
def test_capacity(headcount, rated):
    assert score_capacity(headcount, Capacity(min=100, max=200)) == pytest.approx(rated)


@pytest.mark.parametrize("ends", [{}, {"min": 10}, {"max": 0}, {"max": 10}, {"min": 9, "max": 3}])
def test_an_open_or_odd_capacity_is_no_error(ends):
    assert 0 <= score_capacity(5, Capacity(**ends)) <= 1


def test_one_vote_of_five_stars_does_not_beat_two_hundred_at_four_point_eight():
    assert score_popularity(4.8, 200, 4.5) == pytest.approx(0.9432, abs=1e-4)
    assert score_popularity(5, 1, 4.5) == pytest.approx(0.8810, abs=1e-4)
    assert score_popularity(None, 0, 4.5) == pytest.approx(0.875)


def test_weights_of_absent_signals_are_spread_over_the_others():
    assert weigh({"budget": 1.0, "timeline": 0.0}, WEIGHTS) == pytest.approx(0.6)
    assert weigh({}, WEIGHTS) == 0
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    assert sum(FIT_WEIGHTS.values()) == pytest.approx(1)


# Worked examples

RUNWAY = {
    "name": "Runway essentials",
    "price": 31000.0,
    "currency": "EUR",
    "lead_days": 28.0,
    "tags": ("runway", "backstage", "casting"),
    "roles": ("producer",),
    "event_types": ("runway", "presentation"),
    "capacity": Capacity(min=120, max=450),
    "rating": 4.7,
    "rating_count": 132,
}


def test_a_worked_example():
    found = only(
        RUNWAY,
        tags=("runway", "backstage"),
        user_role="producer",
        event_type="runway",
        budget=28000.0,
        available_days=42,
        headcount=100,
    )
    # fit = .5 * 2/3 + .2 + .15 + .15 * ramp(100; 60, 120) = .78333; budget e^(-4 * 3/28) = .65144;
    # popularity (4.7 - 1) / 4 = .925; 35 * .78333 + 30 * .65144 + 20 + 15 * .925 = 80.835
    assert found.score == 80.8
    assert found.contributions == {
        "fit": 27.4,
        "budget": 19.5,
        "timeline": 20.0,
        "popularity": 13.9,
    }
    assert found.rationale == (
        "Fits your runway brief (runway, backstage), ready 14 days before you need it, "
        "rated 4.7 by 132 teams. Over budget by 10.7 %."
    )
    assert found.caveats == ("over budget by 10.7 %", "not made for 100 guests")
    assert found.action == "/packages/p"
    assert found.item["type"] == "package"
    assert found.item["title"] == "Runway essentials"
    assert found.item["overBudgetPercent"] == 10.7
    assert found.item["daysToSpare"] == 14
    assert found.item["matchedTags"] == ["runway", "backstage"]


def test_within_budget_and_in_time_has_no_caveat():
    found = only(RUNWAY, budget=35000.0, available_days=28, tags=("runway",))
    assert found.score == 75.5  # 35 * 1/3 + 30 + 20 + 15 * .925
    assert found.rationale == "11.4 % under budget, ready on the day, rated 4.7 by 132 teams."
    assert found.caveats == ()


@pytest.mark.parametrize(
    ("package", "said", "caveat"),
    [
        ({"price": 200.0}, {"budget": 100.0}, "over budget by 100 %"),
        ({"lead_days": 28.0}, {"available_days": 25}, "3 days short of its lead time"),
        ({"lead_days": 2.0}, {"available_days": 1}, "1 day short of its lead time"),
        ({}, {"budget": 100.0}, "no price listed"),
        (
            {"price": 1.0, "currency": "USD"},
            {"budget": 100.0, "currency": "EUR"},
            "priced in USD",
        ),
        ({}, {"available_days": 3}, "no lead time listed"),
        ({"tags": ("film",)}, {"tags": ("runway",)}, "nothing in common with your tags"),
        ({}, {"tags": ("runway",)}, "nothing in common with your tags"),
        (
            {"event_types": ("party",)},
            {"event_type": "runway"},
            "not made for this type of event",
        ),
        ({"capacity": Capacity(max=10)}, {"headcount": 12}, "not made for 12 guests"),
    ],
)
def test_caveats(package, said, caveat):
    found = only(package, **said)
    assert found.caveats == (caveat,)
    assert found.rationale.endswith(f"{caveat[0].upper()}{caveat[1:]}.")


def test_an_unrated_package_among_rated_ones_says_so():
    found = recommend([Package(id="a"), Package(id="b", rating=4.0, rating_count=9)])
    assert {item.item["id"]: item.caveats for item in found} == {"a": ("not rated yet",), "b": ()}


@pytest.mark.parametrize(
    ("package", "said", "rationale"),
    [
        ({"tags": ("film",)}, {"tags": ("film",)}, "Fits your brief (film)."),
        (
            {"event_types": ("press_day",)},
            {"event_type": "pressday"},
            "Made for press day productions.",
        ),
        ({"roles": ("photo_editor",)}, {"user_role": "photoeditor"}, "Made for the photo editor."),
        ({"capacity": Capacity(max=9)}, {"headcount": 9}, "Takes your 9 people."),
        ({"price": 100.0}, {"budget": 100.0}, "On budget."),
        ({"lead_days": 4.0}, {"available_days": 5}, "Ready 1 day before you need it."),
        ({"rating": 5.0, "rating_count": 1}, {}, "Rated 5 by 1 team."),
        ({}, {}, "Nothing is known yet of what you need."),
    ],
)
def test_phrases(package, said, rationale):
    assert only(package, **said).rationale == rationale


@pytest.mark.parametrize(
    ("budget", "percent"), [(25.0, -60), (10.0, 0), (30.0, 0), (8.0, 25)]
)  # of the range 10 to 30, whichever end is named first
@pytest.mark.parametrize("ends", [(10.0, 30.0), (30.0, 10.0)])
def test_a_price_range_is_met_anywhere_between_its_ends(ends, budget, percent):
    item = only({"price_min": ends[0], "price_max": ends[1]}, budget=budget).item
    if percent > 0:
        assert item["overBudgetPercent"] == percent
    else:
        assert item["underBudgetPercent"] == 0


# Choosing


def test_something_else_comes_before_the_sixth_of_a_kind():
    alike = [Package(id=f"runway-{at}", price=100.0, tags=("runway",)) for at in range(6)]
    other = Package(id="film", price=108.0, tags=("film",))
    found = recommend([*alike, other], budget=100.0)
    assert ids(found) == ["runway-0", "runway-1", "runway-2", "runway-3", "film"]
    assert [item.score for item in found] == [100, 100, 100, 100, 72.6]


def test_a_rare_tag_says_more_than_one_that_all_have():
    many = [Package(id=f"runway-{at}", tags=("runway",)) for at in range(3)]
    rare = Package(id="film", tags=("film",))
    found = recommend([*many, rare], tags=("runway", "film"))
    # log 5 / (log 5 + log 7/3) of the weight
    assert (ids(found)[0], found[0].score) == ("film", 65.5)


def test_the_dearest_caveat_comes_first():
    found = only({"price": 101.0, "lead_days": 100.0}, budget=100.0, available_days=50)
    assert found.caveats == ("50 days short of its lead time", "over budget by 1 %")
    found = only({"price": 200.0, "lead_days": 100.0}, budget=100.0, available_days=99)
    assert found.caveats == ("over budget by 100 %", "1 day short of its lead time")


def test_what_is_far_below_the_best_is_not_shown_but_never_fewer_than_three():
    good = [Package(id=f"good-{at}", price=100.0) for at in range(3)]
    poor = [Package(id=f"poor-{at}", price=1000.0) for at in range(4)]
    assert ids(recommend([*poor, *good], budget=100.0)) == ["good-0", "good-1", "good-2"]
    assert ids(recommend([*poor, good[0]], budget=100.0)) == ["good-0", "poor-0", "poor-1"]


def test_without_packages_there_is_nothing_to_recommend():
    assert recommend_packages([], Signals()) == ((), ())


def test_signals_nobody_gave_are_named():
    _, assumptions = recommend_packages([Package(id="a")], Signals())
    assert assumptions == (
        "nothing is known of fit, budget, timeline, popularity: the other signals carry the weight",
    )


def test_fields_that_are_not_ours_come_back_with_the_package():
    row = {"id": "p", "price": 5, "venue": "Salon", "score": 3, "type": "deluxe"}
    [package], _ = read_packages([row], zone=UTC_ZONE)
    [found] = recommend([package])
    assert found.item["venue"] == "Salon"
    assert found.item["type"] == "package"


# The house's own catalogue


def test_the_catalogue_is_read_without_complaint():
    rows = house()
    assert len(rows) >= 12
    assert len({row.id for row in rows}) == len(rows)
    for row in rows:
        assert row.tags
        assert row.includes
        assert row.currency == "EUR"
        assert row.rating_count
        assert row.price or (row.price_min and row.price_max)


@pytest.mark.parametrize(
    ("said", "best"),
    [
        ({"event_type": "runway", "tags": ("runway",), "budget": 30e3, "available_days": 42},
         "pkg-runway-compact"),
        ({"event_type": "runway", "tags": ("runway", "livestream"), "budget": 100e3,
          "available_days": 90, "headcount": 600}, "pkg-runway-full"),
        ({"tags": ("ecommerce",), "budget": 4e3, "available_days": 7}, "pkg-packshot-day"),
        ({"tags": ("samples", "returns"), "user_role": "coordinator"}, "pkg-sample-desk"),
        ({"event_type": "pressday", "tags": ("press",), "budget": 10e3}, "pkg-press-day"),
        ({"event_type": "popup", "headcount": 200, "budget": 28e3}, "pkg-pop-up"),
    ],
)  # fmt: skip
def test_the_catalogue_has_something_for_everybody(said, best):
    assert ids(recommend(house(), **said))[0] == best


# Whatever comes


@given(packages, signals)
def test_scores_are_bounded_and_the_sum_of_their_contributions(rows, said):
    found, _ = recommend_packages(rows, said)
    for item in found:
        assert 0 <= item.score <= 100
        assert all(part >= 0 for part in item.contributions.values())
        assert round(sum(item.contributions.values()), 1) == item.score
    assert write_json(found)


@given(packages, signals)
def test_there_are_three_to_five_and_fewer_only_when_fewer_exist(rows, said):
    found, _ = recommend_packages(rows, said)
    assert min(3, len(rows)) <= len(found) <= min(said.limit, len(rows))
    best = max((item.score for item in found), default=0)
    assert len(found) <= 3 or all(item.score >= 0.4 * best for item in found)


@given(packages, signals)
def test_the_best_is_always_there_and_the_order_is_that_of_the_scores(rows, said):
    found, _ = recommend_packages(rows, said)
    scores = [item.score for item in found]
    assert scores == sorted(scores, reverse=True)
    assert write_json(found) == write_json(recommend_packages(rows, said)[0])


@given(packages, signals)
def test_every_number_told_stands_in_what_is_emitted(rows, said):
    found, _ = recommend_packages(rows, said)
    for item in found:
        emitted = set(re.findall(r"\d+(?:\.\d+)?", write_json(item.item).decode()))
        known = {float(number) for number in emitted}
        for number in re.findall(r"\d+(?:\.\d+)?", " ".join((item.rationale, *item.caveats))):
            assert float(number) in known


@given(
    st.dictionaries(st.sampled_from(list(WEIGHTS)), st.floats(0, 1)),
    st.sampled_from(list(WEIGHTS)),
    st.floats(0, 1),
)
def test_a_better_signal_never_lowers_the_score(rated, name, value):
    worse = {**rated, name: value}
    assert weigh({**worse, name: 1.0}, WEIGHTS) >= weigh(worse, WEIGHTS) - 1e-12
    absent = {key: rating for key, rating in rated.items() if key != name}
    assert weigh({**absent, name: 1.0}, WEIGHTS) >= weigh(absent, WEIGHTS) - 1e-12


@given(st.floats(1, 1e6), st.floats(0, 5), st.floats(0, 5))
def test_nearer_to_the_budget_is_never_worse(budget, one, other):
    """Above the budget cheaper is better, below half of it dearer is."""
    low, high = sorted((one, other))
    if low >= 1:
        assert score_budget(low) >= score_budget(high)
    elif high <= 1:
        assert score_budget(low) <= score_budget(high)
    assert 0 <= score_budget(low) <= 1


@given(packages, signals, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_score(rows, said, random):
    unique = list({row.id: row for row in rows}.values())
    before = {item.item["id"]: item.score for item in recommend_packages(unique, said)[0]}
    random.shuffle(unique)
    for item in recommend_packages(unique, said)[0]:
        assert before.get(item.item["id"], item.score) == item.score

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionos.kit.wire import write_json
from insights.analysis.recommendations import Candidate, Preferences, Usage, recommend
from insights.analysis.recommendations.intake import read_context, read_packages
from insights.schemas.recommendations import (
    Capacity,
    Package,
    RecommendationRequest,
    Signals,
)

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["6 weeks", "28k", "€1.000", "-4", "1e999", "9999-12-31", "runway", "EUR"])
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
PACKAGE_FIELDS = [
    *("id", "name", "title", "description", "price", "priceMin", "price_max", "currency", "days"),
    *("leadDays", "tags", "roles", "eventTypes", "event_type", "rating", "ratingCount", "extra"),
    *("includes", "unheardOf", "type", "score"),
]
CAPACITY = st.dictionaries(st.sampled_from(["min", "max", "x"]), JSON) | JSON
PACKAGE_ROWS = st.lists(
    st.builds(
        lambda row, capacity: {**row, "capacity": capacity},
        st.dictionaries(st.sampled_from(PACKAGE_FIELDS), JSON, max_size=10),
        CAPACITY,
    )
    | st.dictionaries(st.sampled_from(PACKAGE_FIELDS), JSON, max_size=10)
    | JSON,
    max_size=6,
)
CONTEXT_FIELDS = [
    *("currentPage", "userRole", "role", "budget", "currency", "timeline", "eventType", "tags"),
    *("headcount", "capacity", "guests", "event", "unheardOf"),
]
CONTEXTS = (
    st.builds(
        lambda context, packages: {**context, "packages": packages},
        st.dictionaries(st.sampled_from(CONTEXT_FIELDS), JSON, max_size=8),
        PACKAGE_ROWS | JSON,
    )
    | st.dictionaries(st.sampled_from(CONTEXT_FIELDS), JSON, max_size=8)
    | JSON
)


def context(value, options=None):
    return read_context(value, options=options, now=NOW, zone=PARIS)


def signals(**said):
    return context(said).signals


def package(row):
    [found], cautions = read_packages([row], zone=PARIS)
    return found, [(caution.path, caution.code) for caution in cautions]


def ask(kind, said=None, *, packages=(), candidates=(), options=None):
    return recommend(
        RecommendationRequest(recommendation_type=kind, context=said, options=options),
        packages=packages,
        usage=Usage(),
        preferences=Preferences(),
        candidates=candidates,
        now=NOW,
        zone=PARIS,
    )


# Packages


def test_a_well_formed_package_is_taken_as_it_is():
    found, cautions = package(
        {
            "id": "p",
            "name": "Runway",
            "price": 31000,
            "currency": "EUR",
            "leadDays": 28,
            "tags": ["runway"],
            "roles": ["producer"],
            "eventTypes": ["runway"],
            "capacity": {"min": 120, "max": 450},
            "rating": 4.7,
            "ratingCount": 132,
            "includes": ["Show caller"],
        }
    )
    assert cautions == []
    assert found == Package(
        id="p",
        name="Runway",
        price=31000.0,
        currency="EUR",
        lead_days=28.0,
        tags=("runway",),
        roles=("producer",),
        event_types=("runway",),
        capacity=Capacity(min=120, max=450),
        rating=4.7,
        rating_count=132,
        includes=("Show caller",),
    )


def test_other_spellings_say_the_same():
    found, cautions = package(
        {
            "id": 7,
            "title": "Runway",
            "price_min": "900",
            "price_max": 1200,
            "currency": "€",
            "days": "28",
            "tags": "runway",
            "event_type": "runway",
            "capacity": 450,
            "venue": "Salon",
        }
    )
    assert cautions == []
    assert found == Package(
        id="7",
        name="Runway",
        price_min=900.0,
        price_max=1200.0,
        currency="EUR",
        lead_days=28.0,
        tags=("runway",),
        event_types=("runway",),
        capacity=Capacity(max=450),
        extra={"venue": "Salon"},
    )


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("text", "not_an_object"),
        ({"price": 3}, "no_identity"),
        ({"id": "", "price": 3}, "no_identity"),
    ],
)
def test_a_row_without_identity_is_left_out_and_named(row, code):
    found, [caution] = read_packages([{"id": "ok"}, row], zone=PARIS)
    assert [item.id for item in found] == ["ok"]
    assert (caution.path, caution.code) == ("context.packages[1]", code)


@pytest.mark.parametrize(
    ("field", "value", "code", "kept"),
    [
        ("price", "dear", "not_a_number", None),
        ("price", -5, "negative", 0.0),
        ("rating", 0, "no_rating", None),
        ("rating", -1, "no_rating", None),
        ("rating", 9, "too_large", 5.0),
        ("leadDays", 1e9, "too_large", 3650.0),
        ("capacity", {"min": -5}, "negative", None),
        ("capacity", "many", "not_a_number", None),
        ("ratingCount", "few", "not_a_number", 0),
    ],
)
def test_an_odd_field_is_named_and_the_package_stays(field, value, code, kept):
    found, cautions = package({"id": "p", field: value})
    assert cautions == [(f"context.packages[0].{field}", code)]
    names = {"leadDays": "lead_days", "ratingCount": "rating_count"}
    assert getattr(found, names.get(field, field)) == kept


def test_the_last_of_two_packages_with_one_id_counts():
    found, [caution] = read_packages([{"id": "p", "price": 1}, {"id": "p", "price": 2}], zone=PARIS)
    assert [item.price for item in found] == [2.0]
    assert caution.code == "duplicate_id"


# Signals


@pytest.mark.parametrize(
    ("written", "amount", "currency"),
    [
        (28000, 28000, None),
        ("27000", 27000, None),
        ("28k", 28000, None),
        ("28.5K", 28500, None),
        ("€28,000", 28000, "EUR"),
        ("28.000 EUR", 28000, "EUR"),
        ("28 000 euros", 28000, "EUR"),
        ("up to $1.5m", 1_500_000, "USD"),
        ("about 12,50 eur", 12.5, "EUR"),
        ("CHF 900", 900, "CHF"),
    ],
)
def test_budgets_as_people_write_them(written, amount, currency):
    found = context({"budget": written})
    assert (found.signals.budget, found.signals.currency) == (amount, currency)
    assert found.cautions == []


@pytest.mark.parametrize("written", ["a lot", "25k-30k", [], True, "", "1.2.3", "1" * 61])
def test_a_budget_that_is_no_amount_is_left_out(written):
    found = context({"budget": written})
    assert found.signals.budget is None
    assert [caution.code for caution in found.cautions] == ["not_a_number"]


@pytest.mark.parametrize(
    ("written", "codes"), [(0, ["no_budget"]), (-5, ["negative", "no_budget"])]
)
def test_no_money_is_no_budget(written, codes):
    found = context({"budget": written})
    assert found.signals.budget is None
    assert [caution.code for caution in found.cautions] == codes


@pytest.mark.parametrize(
    ("written", "role"),
    [
        ("Producer", "producer"),
        ("Sample Coordinator", "coordinator"),
        ("photo-editor", "photoeditor"),
        ("retoucher", "photoeditor"),
        ("wizard", "wizard"),
    ],
)
def test_roles(written, role):
    assert signals(userRole=written).user_role == role


@pytest.mark.parametrize(
    ("written", "kind"),
    [("Fashion show", "runway"), ("Press day", "pressday"), ("lookbook", "photoshoot")],
)
def test_event_types(written, kind):
    assert signals(eventType=written).event_type == kind


def test_tags_are_folded_and_distinct():
    assert signals(tags="Live stream, live-stream,, runway").tags == ("livestream", "runway")
    assert signals(tags=["E-commerce", "studio"]).tags == ("ecommerce", "studio")


def test_the_timeline_becomes_days_and_an_assumption():
    found = context({"timeline": "6 weeks"})
    assert found.signals.available_days == 42
    assert found.assumptions == ["the timeline '6 weeks' is read as 42 days from now"]
    assert signals(timeline=30).available_days == 30


@pytest.mark.parametrize(
    ("written", "code"), [("soonish", "unknown_timeline"), ("2020-01-01", "past_timeline")]
)
def test_a_timeline_that_says_nothing_is_left_out(written, code):
    found = context({"timeline": written})
    assert found.signals.available_days is None
    assert [caution.code for caution in found.cautions] == [code]


def test_the_event_says_what_the_context_does_not():
    event = {"type": "Runway", "startAt": "2026-12-23T20:00:00+01:00"}
    found = context({"event": event})
    assert (found.signals.event_type, found.signals.available_days) == ("runway", 30)
    assert found.assumptions == ["no timeline given: the event starts in 30 days"]
    said = context({"event": event, "eventType": "party", "timeline": "asap"}).signals
    assert (said.event_type, said.available_days) == ("party", 7)


@pytest.mark.parametrize(("limit", "kept"), [(3, 3), (1, 3), (50, 5), (None, 5)])
def test_three_to_five_may_be_asked_for(limit, kept):
    assert context({}, {"limit": limit}).signals.limit == kept


@pytest.mark.parametrize("odd", ["text", 5, []])
def test_odd_containers_are_named(odd):
    found = context(odd, odd)
    assert found.signals == Signals()
    assert [caution.code for caution in found.cautions] == ["not_an_object", "not_an_object"]


# The whole


def test_packages_of_the_request_replace_the_catalogue():
    ours = [Package(id="ours")]
    assert ask("packages", packages=ours).recommendations[0].item["id"] == "ours"
    theirs = ask("packages", {"packages": [{"id": "theirs"}]}, packages=ours)
    assert [item.item["id"] for item in theirs.recommendations] == ["theirs"]
    assert ask("packages", {"packages": []}, packages=ours).recommendations == ()


def test_each_type_answers_from_its_own_source():
    waiting = [Candidate(kind="task", id="t", title="T", target="/tasks/t", severity=50)]
    [action] = ask("next_actions", candidates=waiting).recommendations
    assert action.item["type"] == "task"
    features = ask("features", {"userRole": "stylist"}, options={"limit": 3}).recommendations
    assert [item.item["type"] for item in features] == ["feature"] * 3
    assert ask("next_actions").recommendations == ()


@given(CONTEXTS, JSON, st.sampled_from(["packages", "next_actions", "features"]))
def test_whatever_comes_is_answered_and_can_be_written(said, options, kind):
    answer = ask(kind, said, options=options, packages=[Package(id="p", price=3.0)])
    assert write_json(answer) == write_json(
        ask(kind, said, options=options, packages=[Package(id="p", price=3.0)])
    )
    for item in answer.recommendations:
        assert 0 <= item.score <= 100
        assert math.isclose(sum(item.contributions.values()), item.score, abs_tol=1e-9)


@given(PACKAGE_ROWS)
def test_whatever_rows_come_are_packages_or_warnings(rows):
    found, cautions = read_packages(rows, zone=PARIS)
    assert len(found) + len(cautions) >= bool(rows)
    for item in found:
        assert item.rating is None or 1 <= item.rating <= 5
        assert item.capacity is None or isinstance(item.capacity, Capacity)

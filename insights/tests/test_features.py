import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.skills import SKILLS, routes
from fashionos.kit.wire import write_json
from insights.analysis.recommendations.features import (
    FEATURES,
    ROLES,
    Preferences,
    Usage,
    recommend_features,
    score_feature,
)
from insights.analysis.values import fold
from insights.schemas.recommendations import Signals

IDS = [feature.id for feature in FEATURES]

usages = st.builds(
    Usage,
    uses=st.dictionaries(st.sampled_from([*IDS, "unheard.of"]), st.integers(-3, 500)),
    weeks=st.dictionaries(st.sampled_from(IDS), st.integers(0, 4)),
)
signals = st.builds(
    Signals,
    current_page=st.none() | st.sampled_from(["/shot-list", "gallery", "/", "//?x", "tasks/7"]),
    user_role=st.none() | st.sampled_from(["producer", "photoeditor", "wizard", ""]),
    limit=st.integers(3, 5),
)
preferences = st.builds(
    Preferences,
    default_kit=st.none() | st.sampled_from(["media", "events", "?"]),
    favorite_actions=st.lists(st.sampled_from([*IDS, "other"]), max_size=3).map(tuple),
)


def recommend(*, uses=None, weeks=None, preferences=None, **said):
    usage = Usage(uses or {}, weeks or {})
    preferences = preferences or Preferences()
    found, _ = recommend_features(Signals(**said), usage=usage, preferences=preferences)
    return found


def ids(found):
    return [item.item["id"] for item in found]


def test_every_feature_has_a_page_and_a_prior_for_each_role():
    assert len(set(IDS)) == len(IDS)
    for feature in FEATURES:
        assert len(feature.priors) == len(ROLES)
        assert all(0 < prior <= 80 for prior in feature.priors)  # with the page's 20 at most 100
        assert feature.seen_with


def test_features_lead_to_pages_and_skills_that_the_assistant_knows():
    assert {feature.id for feature in FEATURES} <= SKILLS.keys()
    for item in recommend():
        assert item.action == routes.page(item.item["page"])
    pages = {feature.page for feature in FEATURES}
    assert pages | {page for feature in FEATURES for page in feature.seen_with} <= {
        name for slug in routes.PAGE_TITLES for name in (slug, fold(slug))
    }


@pytest.mark.parametrize(
    ("role", "best"),
    [
        ("planner", "events.critical_path"),
        ("producer", "logistics.blockers"),
        ("stylist", "logistics.batching"),
        ("coordinator", "logistics.blockers"),
        ("photoeditor", "media.quality"),
        ("admin", "overview.summary"),
    ],
)
def test_each_role_is_offered_its_own_work_first(role, best):
    assert ids(recommend(user_role=role))[0] == best


def test_a_worked_example():
    found = recommend(
        user_role="photoeditor",
        current_page="/gallery?status=pending",
        uses={"media.selects": 3, "media.quality": 9},
        weeks={"media.quality": 4},
    )
    # selects: .75 * (1 - 3/12) + .2; missing: .70 + .2; quality is used weekly
    assert [(item.item["id"], item.score) for item in found[:2]] == [
        ("media.missing", 90.0),
        ("media.selects", 76.3),
    ]
    assert found[1].contributions == {"role": 56.3, "page": 20.0}
    assert found[1].rationale == (
        "Useful to photo editors, used 3 times in 30 days, goes with the page you are on."
    )
    assert found[0].action == "/shot-list"
    assert found[0].item["title"] == "Find the shots you still miss"


@pytest.mark.parametrize(("weeks", "offered"), [(0, True), (2, True), (3, False), (4, False)])
def test_what_is_used_weekly_is_never_offered(weeks, offered):
    found = ids(recommend(user_role="photoeditor", weeks={"media.quality": weeks}))
    assert ("media.quality" in found) is offered


def test_a_favourite_needs_no_recommendation():
    liked = Preferences(favorite_actions=("Media Quality", "media.quality"))
    assert "media.quality" not in ids(recommend(user_role="photoeditor", preferences=liked))


def test_without_a_page_the_default_kit_is_taken():
    found, assumptions = recommend_features(
        Signals(user_role="coordinator"),
        usage=Usage(),
        preferences=Preferences(default_kit="logistics"),
    )
    assert (found[0].item["id"], found[0].score) == ("logistics.arrivals", 95)
    assert found[0].contributions == {"role": 75.0, "page": 20.0}
    assert assumptions == ("no page given: your default kit is taken",)


def test_an_unknown_role_is_everybody():
    found, assumptions = recommend_features(
        Signals(user_role="wizard"), usage=Usage(), preferences=Preferences()
    )
    assert len(found) == 5
    assert found[0].rationale.startswith("Useful to every role")
    assert assumptions == ("no role we know: features are ranked as for everybody",)


def test_who_uses_everything_is_offered_nothing():
    assert recommend(user_role="producer", weeks=dict.fromkeys(IDS, 4)) == ()


@given(signals, usages, preferences)
def test_scores_are_bounded_sums_in_order(said, usage, liked):
    found, _ = recommend_features(said, usage=usage, preferences=liked)
    scores = [item.score for item in found]
    assert scores == sorted(scores, reverse=True)
    assert len(found) <= said.limit
    for item in found:
        assert 0 <= item.score <= 100
        assert round(sum(item.contributions.values()), 1) == item.score
        assert usage.weeks.get(item.item["id"], 0) < 3
    assert write_json(found) == write_json(
        recommend_features(said, usage=usage, preferences=liked)[0]
    )


@given(st.floats(0, 0.8), st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_more_use_never_raises_a_feature(prior, one, other, co_used):
    less, more = sorted((one, other))
    rarely = sum(score_feature(prior, less, co_used=co_used))
    often = sum(score_feature(prior, more, co_used=co_used))
    assert 0 <= often <= rarely <= 1

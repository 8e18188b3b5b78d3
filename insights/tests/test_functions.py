"""What the analysing functions share: owners, strangers, the cache, limits, bad input; on the demo production."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from fashionos.demo import files
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import post, sign_in
from insights.generations import make_stale
from insights.models import Insight

PATHS = {
    "events-optimizer": "/functions/v1/events-optimizer",
    "media-scorer": "/functions/v1/media-scorer",
    "recommendations": "/functions/v1/recommendations",
}
PARTS = {
    "events-optimizer": {"criticalPath", "staffing", "staffingSummary", "runOfShow"},
    "media-scorer": {"qualityScores", "missingShots", "selects", "duplicateGroups", "coverage"},
    "recommendations": {"recommendations"},
}
MINUTES = {"events-optimizer": 30, "media-scorer": 10, "recommendations": 5}
FAMILIES = {
    "events-optimizer": "event",
    "media-scorer": "media",
    "recommendations": "recommendation",
}

functions = pytest.mark.parametrize("function", PATHS)


@pytest.fixture(scope="module")
def demo():
    return files(timezone.now(), ZoneInfo("Europe/Paris"))


def body_of(demo, function):
    return demo[f"{function}.json"]


def insights_of(person):
    with acting(Role.SUPPORT):
        return list(Insight.objects.for_user(person))


@functions
def test_the_demo_gets_every_part_without_a_warning(alice, demo, function):
    answer = alice.post(PATHS[function], body_of(demo, function))
    assert answer.status == 200, answer.document
    assert PARTS[function] <= set(answer.document)
    assert answer.document.get("warnings", []) == []
    assert answer.document["cached"] is False


@functions
def test_it_is_served_again_for_its_time_and_no_longer(alice, demo, function):
    body = body_of(demo, function)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        person = sign_in("alice@example.com")
        assert person.post(PATHS[function], body).document["cached"] is False
        clock.shift(timedelta(minutes=MINUTES[function] - 1))
        assert person.post(PATHS[function], body).document["cached"] is True
        clock.shift(timedelta(minutes=2))
        assert person.post(PATHS[function], body).document["cached"] is False


@functions
def test_a_stranger_s_cache_is_not_touched_and_invalidation_is_by_user_and_family(
    alice, bob, demo, function
):
    body = body_of(demo, function)
    for person in (alice, bob):
        assert person.post(PATHS[function], body).document["cached"] is False
    [row] = insights_of(alice)
    assert row.insight_type.startswith(f"{FAMILIES[function]}_")
    with acting(Role.SYSTEM):
        make_stale([alice.id], "logistics")
    assert alice.post(PATHS[function], body).document["cached"] is True
    with acting(Role.SYSTEM):
        make_stale([alice.id], FAMILIES[function])
    assert alice.post(PATHS[function], body).document["cached"] is False
    assert bob.post(PATHS[function], body).document["cached"] is True


@functions
def test_nobody_is_answered_without_a_session_that_lives(alice, demo, function):
    body = body_of(demo, function)
    assert post(PATHS[function], body).status == 401
    alice.post("/auth/v1/logout", b"")
    assert alice.post(PATHS[function], body).document["error"]["code"] == "session_ended"


@functions
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b"null", b'{"analysisType": "vibes"}', b'{"a": NaN}', b"\xff"]
)
def test_bad_input_is_a_clear_refusal_and_leaves_nothing(alice, function, body):
    answer = alice.post(PATHS[function], body)
    assert answer.status == 400
    assert answer.document["error"]["message"]
    assert insights_of(alice) == []


@pytest.mark.parametrize(
    ("function", "limit", "change"),
    [
        ("events-optimizer", "MAX_TASKS", None),
        ("events-optimizer", "MAX_SHIFTS", None),
        ("events-optimizer", "MAX_PEOPLE", None),
        ("events-optimizer", "MAX_LOOKS", None),
        ("events-optimizer", "MAX_DEPENDENCIES", {"dependencies": [{"from": "a", "to": "b"}] * 3}),
        ("media-scorer", "MAX_ASSETS", None),
        ("media-scorer", "MAX_SHOTS", None),
        ("recommendations", "MAX_PACKAGES", None),
    ],
)
def test_a_list_over_its_limit_is_refused_by_the_limit_s_name(
    alice, demo, settings, function, limit, change
):
    setattr(settings, limit, 2)
    body = json.loads(json.dumps(body_of(demo, function)))
    body.get("event", {}).update(change or {})
    if limit == "MAX_DEPENDENCIES":
        body["event"]["tasks"] = []
    answer = alice.post(PATHS[function], body)
    assert (answer.status, answer.document["error"]["details"]["limit"]) == (413, limit)


@functions
def test_odd_rows_are_left_out_and_named(alice, demo, function):
    body = json.loads(json.dumps(body_of(demo, function)))
    if function == "events-optimizer":
        body["event"]["tasks"].append(7)
    elif function == "media-scorer":
        body["assets"].append({"nothing": 1})
    else:
        body["context"]["packages"].append("x")
    document = alice.post(PATHS[function], body).document
    assert document["warnings"]
    assert PARTS[function] <= set(document)


def test_recommendations_are_for_oneself(alice, bob, demo):
    body = {**body_of(demo, "recommendations"), "userId": str(bob.id)}
    answer = alice.post(PATHS["recommendations"], body)
    assert (answer.status, answer.document["error"]["code"]) == (403, "forbidden")
    assert insights_of(alice) == insights_of(bob) == []
    own = {**body, "userId": str(alice.id)}
    answer = alice.post(PATHS["recommendations"], own)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    assert 3 <= len(answer.document["recommendations"]) <= 5


def test_packages_come_from_the_catalogue_unless_the_request_brings_its_own(alice):
    request = {
        "recommendationType": "packages",
        "context": {"budget": 20000, "eventType": "photoshoot", "timeline": "6 weeks"},
    }
    document = alice.post(PATHS["recommendations"], request).document
    ids = [entry["item"]["id"] for entry in document["recommendations"]]
    assert all(name.startswith("pkg-") for name in ids)
    own = [{"id": f"own-{number}", "name": "Own", "price": 1000} for number in range(4)]
    request["context"]["packages"] = own
    document = alice.post(PATHS["recommendations"], request).document
    assert {entry["item"]["id"] for entry in document["recommendations"]} <= {
        package["id"] for package in own
    }


@pytest.mark.parametrize("kind", ["next_actions", "features"])
def test_the_other_recommendations_read_what_the_server_knows(alice, demo, kind):
    for function in ("events-optimizer", "media-scorer"):
        alice.post(PATHS[function], body_of(demo, function))
    alice.post("/functions/v1/logistics-analyzer", demo["logistics-analyzer.json"])
    request = {"recommendationType": kind, "context": {"userRole": "producer"}}
    found = alice.post(PATHS["recommendations"], request).document["recommendations"]
    assert 3 <= len(found) <= 5
    scores = [entry["score"] for entry in found]
    assert scores == sorted(scores, reverse=True)
    assert all(entry["rationale"] and 0 <= entry["score"] <= 100 for entry in found)


@pytest.mark.parametrize("kind", ["next_actions", "features"])
@pytest.mark.parametrize("written", [[None], [["media", None]]])
def test_preferences_that_a_client_wrote_as_it_liked_are_as_good_as_none(alice, kind, written):
    with acting(Role.WEB, user_id=alice.id), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE user_preferences SET kit_order = %s, favorite_actions = %s", [written, written]
        )
    answer = alice.post(PATHS["recommendations"], {"recommendationType": kind})
    assert (answer.status, bool(answer.document["recommendations"])) == (200, True)

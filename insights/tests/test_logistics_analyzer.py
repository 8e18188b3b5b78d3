"""POST /functions/v1/logistics-analyzer: the analysis, its cache, and who may see it."""

import gc
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from rest_framework.request import Request

from fashionos.accounts.models import Session
from fashionos.kit import throttles
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import add_person, get, post, sign_in
from insights import cache, hits
from insights.cache import Computed
from insights.generations import make_stale
from insights.models import Insight

PATH = "/functions/v1/logistics-analyzer"
SAMPLES = [
    {"id": "gown", "name": "Ivory gown", "category": "dress", "status": "on_set", "isHero": True},
    {"id": "coat", "name": "Black coat", "category": "outerwear", "status": "shot"},
    {"id": "bag", "name": "Red bag", "category": "bag", "status": "received"},
    {
        "id": "cape",
        "name": "Velvet cape",
        "category": "outerwear",
        "status": "delayed",
        "isHero": True,
    },
]


def request(samples=SAMPLES, analysis="all", **fields):
    return {"sampleList": samples, "analysisType": analysis, **fields}


def insights_of(person):
    with acting(Role.SUPPORT):
        return list(Insight.objects.for_user(person))


def test_all_three_parts_come_with_when_they_were_computed(alice):
    before = timezone.now().replace(microsecond=0)
    answer = alice.post(PATH, request())
    assert answer.status == 200
    document = answer.document
    assert document["readiness"]["score"] == 50.0
    assert document["readiness"]["total"] == 4
    assert [blocker["sampleId"] for blocker in document["blockers"]] == ["cape"]
    assert set(document["batching"]["sequence"]) == {"gown", "bag"}
    assert document["cached"] is False
    assert document["calculatedAt"].endswith("Z")
    assert document["calculatedAt"] >= before.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("part", ["readiness", "blockers", "batching"])
def test_one_part_comes_alone(alice, part):
    document = alice.post(PATH, request(analysis=part)).document
    assert part in document
    assert {"readiness", "blockers", "batching"} & set(document) == {part}


@pytest.mark.django_db(transaction=True)
def test_the_same_bytes_are_answered_from_the_cache_and_counted():
    alice = add_person("alice@example.com")
    first, second, third = (alice.post(PATH, request()).document for _ in range(3))
    assert [first["cached"], second["cached"], third["cached"]] == [False, True, True]
    for document in (first, second, third):
        del document["cached"]
    assert first == second == third
    hits.settle()
    [row] = insights_of(alice)
    assert (row.insight_type, row.cache_hit_count) == ("logistics_all", 2)
    assert row.expires_at - row.calculated_at == timedelta(hours=1)


def test_after_an_hour_it_is_computed_again(alice):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert alice.post(PATH, request()).document["cached"] is False
        clock.shift(timedelta(minutes=59))
        assert alice.post(PATH, request()).document["cached"] is True
        clock.shift(timedelta(minutes=2))
        # The access token lives an hour too.
        assert sign_in("alice@example.com").post(PATH, request()).document["cached"] is False


def test_changed_input_is_never_answered_with_the_old_result(alice):
    tracker = {"contextId": "tracker-1"}
    alice.post(PATH, request(**tracker))
    changed = [{**SAMPLES[0], "status": "received"}, *SAMPLES[1:]]
    answer = alice.post(PATH, request(changed, **tracker)).document
    assert (answer["cached"], answer["readiness"]["score"]) == (False, 25.0)
    [row] = insights_of(alice)
    assert row.context_id == "tracker-1"
    assert alice.post(PATH, request(**tracker)).document["cached"] is False


def change(person, family):
    """Say that the person's data of this family changed, as the workspace does."""
    with acting(Role.SYSTEM):
        make_stale([person.id], family)


def test_what_is_being_computed_while_the_data_change_is_stale_when_it_is_kept(alice):
    caller, key = alice.caller, b"x" * 32

    def compute_while_somebody_changes_the_data():
        change(alice, "logistics")
        return Computed(b'{"score": 1}', "logistics_all")

    cache.find_or_compute(caller, "logistics", key, compute_while_somebody_changes_the_data)
    assert cache.find(caller, "logistics", key).kept is None
    assert cache.newest(caller, "logistics") is None
    fresh = cache.find_or_compute(
        caller, "logistics", key, lambda: Computed(b'{"score": 2}', "logistics_all")
    )
    assert fresh.document == b'{"score": 2}'
    assert cache.find(caller, "logistics", key).kept.document == b'{"score": 2}'


def test_invalidation_makes_a_family_of_one_user_stale_at_once(alice, bob):
    for person in (alice, bob):
        person.post(PATH, request())
    change(alice, "media")
    assert alice.post(PATH, request()).document["cached"] is True
    change(alice, "logistics")
    assert alice.post(PATH, request()).document["cached"] is False
    assert bob.post(PATH, request()).document["cached"] is True


def test_what_one_user_had_computed_is_not_in_another_s_cache(alice, bob):
    alice.post(PATH, request())
    assert bob.post(PATH, request()).document["cached"] is False
    assert [row.cache_hit_count for row in (*insights_of(alice), *insights_of(bob))] == [0, 0]


def test_without_cache_nothing_is_looked_up_or_kept(alice):
    for _ in range(2):
        assert alice.post(PATH, request(noCache=True)).document["cached"] is False
    assert insights_of(alice) == []


def test_the_moment_can_be_given(alice):
    late = {**SAMPLES[3], "neededAt": "2026-03-01T10:00:00Z", "expectedAt": "2026-03-02T10:00:00Z"}
    document = alice.post(PATH, request([late], now="2026-03-01T08:00:00Z")).document
    [blocker] = document["blockers"]
    assert blocker["hoursUntilNeeded"] == 2.0


def test_strange_words_are_warned_about_and_the_rest_is_analysed(alice):
    rows = [*SAMPLES, {"name": "nobody"}, 7, {"id": "x", "status": "On Set"}]
    document = alice.post(PATH, request(rows, timezone="Mars/Phobos", now="soon")).document
    assert document["readiness"]["total"] == 5
    assert {warning["path"] for warning in document["warnings"]} >= {
        "sampleList[4]",
        "sampleList[5]",
        "timezone",
        "now",
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "empty_body"),
        (b"{", 400, "invalid_json"),
        (b"[]", 400, "invalid_request"),
        (b"null", 400, "invalid_request"),
        (b"{}", 400, "invalid_request"),
        (b'{"sampleList": {}}', 400, "invalid_request"),
        (b'{"sampleList": "x"}', 400, "invalid_request"),
        (b'{"sampleList": [], "analysisType": "vibes"}', 400, "invalid_request"),
        (b'{"sampleList": [NaN]}', 400, "not_finite"),
        (b'{"sampleList": [1e400]}', 400, "not_finite"),
        (b'{"sampleList": ["\\u0000"]}', 400, "bad_text"),
        (b'{"sampleList": ["\\ud800"]}', 400, "bad_text"),
        (b'{"sampleList": [], "sampleList": []}', 400, "duplicate_key"),
        (b'{"sampleList": ' + b"[" * 100 + b"]" * 100 + b"}", 400, "too_deep"),
        (b'{"sampleList": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "too_deep"),
        (b"\xff\xfe", 400, "bad_text"),
    ],
)
def test_bad_input_is_a_clear_refusal_and_leaves_nothing(alice, body, status, code):
    answer = alice.post(PATH, body)
    assert (answer.status, answer.document["error"]["code"]) == (status, code)
    assert answer.document["error"]["message"]
    assert insights_of(alice) == []


def test_an_empty_list_is_an_answer_about_nothing(alice):
    document = alice.post(PATH, request([])).document
    assert document["readiness"]["level"] == "empty"
    assert document["readiness"]["score"] == 0.0


def test_more_samples_than_the_limit_are_refused_by_its_name(alice, settings):
    settings.MAX_SAMPLES = 3
    answer = alice.post(PATH, request())
    assert (answer.status, answer.document["error"]["code"]) == (413, "too_many_samples")
    assert answer.document["error"]["details"] == {"limit": "MAX_SAMPLES", "maximum": 3}


def test_json_comes_in_any_content_type(alice):
    for content_type in ("text/plain;charset=UTF-8", "application/octet-stream", "text/html"):
        body = json.dumps(request()).encode()
        assert alice.post(PATH, body, **{"content-type": content_type}).status == 200


def test_nobody_is_answered_without_a_token_of_a_session_that_lives(alice):
    assert post(PATH, request()).document["error"] == {
        "code": "not_authenticated",
        "message": "Sign in first: this takes a user's access token as the bearer.",
    }
    assert post(PATH, request(), token="x").document["error"]["code"] == "authentication_failed"
    alice.post(PATH, request())
    alice.post("/auth/v1/logout", b"")
    answer = alice.post(PATH, request())
    assert (answer.status, answer.document["error"]["code"]) == (401, "session_ended")
    with acting(Role.AUTH):
        assert Session.objects.count() == 0


def test_other_methods_and_unknown_functions_are_told(alice):
    assert get(PATH, token=alice.token).document["error"]["code"] == "method_not_allowed"
    answer = alice.post("/functions/v1/nonsense", {})
    assert (answer.status, answer.headers["sb-error-code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow_with_the_samples(alice, count):
    samples = SAMPLES[:count]
    with CaptureQueriesContext(connection) as cold:
        alice.post(PATH, request(samples))
    with CaptureQueriesContext(connection) as cached:
        alice.post(PATH, request(samples))
    # Each of two transactions: savepoint, who acts, one statement, release.
    with CaptureQueriesContext(connection) as held:
        alice.post(PATH, request(samples))
    # The first hit reads the document, the next has it at hand.
    assert (len(cold), len(cached), len(held)) == (9, 5, 4)


def test_every_answer_says_what_is_left_and_the_61st_call_waits(alice, bob):
    answers = [alice.post(PATH, b"{}") for _ in range(61)]
    assert [answer.status for answer in answers] == [400] * 60 + [429]
    assert answers[0].headers["RateLimit"].startswith('"user";r=59;')
    assert answers[0].headers["RateLimit-Policy"] == '"user";q=60;w=60'
    last = answers[-1]
    assert last.document["error"]["code"] == "rate_limited"
    assert 1 <= int(last.headers["Retry-After"]) <= 60
    assert last.headers["RateLimit"].startswith('"user";r=0;')
    assert bob.post(PATH, request()).status == 200


def test_at_most_sixty_calls_pass_in_any_minute_around_the_edge_of_one(alice, monkeypatch):
    monkeypatch.setattr(throttles._SteadyTime, "time", time.time)  # the clock that can travel
    with time_machine.travel("2026-03-01T09:59:30Z", tick=False) as clock:
        person = sign_in("alice@example.com")
        statuses = [person.post(PATH, b"{}").status for _ in range(60)]
        clock.shift(45)
        statuses += [person.post(PATH, b"{}").status for _ in range(5)]
        clock.shift(16)
        statuses += [person.post(PATH, b"{}").status for _ in range(5)]
    assert statuses == [400] * 60 + [429] * 5 + [400] * 5


def test_a_forged_token_is_not_charged_to_the_one_it_names(alice):
    for _ in range(70):
        post(PATH, b"{}", token=alice.token[:-4] + "AAAA")
    assert alice.post(PATH, request()).status == 200


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20) | st.sampled_from(["on_set", "2026-01-01", "1e9", "yes", "PT2H"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["id", "status", "expectedAt", "lookIds", "shotMinutes", "statusHistory", "x"]),
        inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


@pytest.mark.django_db
@examples(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(_values, max_size=6), options=_values, now=_values)
def test_whatever_the_rows_hold_the_answer_is_never_a_server_error(unlimited, rows, options, now):
    answer = unlimited.post(PATH, request(rows, options=options, now=now))
    assert answer.status in {200, 400}
    if answer.status == 200:
        assert 0 <= answer.document["readiness"]["score"] <= 100


@pytest.fixture
def unlimited(alice, settings):
    settings.RATELIMIT_ENABLE = False
    return alice


@pytest.mark.django_db(transaction=True)
def test_the_same_question_from_eight_screens_at_once_keeps_one_row():
    alice = add_person(f"{uuid.uuid4()}@example.com")

    def ask(_):
        try:
            return alice.post(PATH, request())
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert [answer.status for answer in answers] == [200] * 8
    assert len(insights_of(alice)) == 1


def test_a_call_leaves_no_request_for_the_collector(alice):
    """Body and answer are let go with the answer: megabytes that wait for the collector are memory that grows."""
    alice.post(PATH, request())
    gc.collect()
    gc.disable()
    try:
        before = {id(thing) for thing in gc.get_objects() if isinstance(thing, Request)}
        alice.post(PATH, request())
        left = [thing for thing in gc.get_objects() if isinstance(thing, Request)]
        assert [thing for thing in left if id(thing) not in before] == []
    finally:
        gc.enable()

"""What observers are told of a function call: every one, however it ended, and at no cost to the caller."""

import time

import pytest
from django.db import OperationalError, connection
from django.test import Client

from assistant.skills import SKILLS, Skill
from fashionos.kit import functions
from fashionos.kit.owned import Role, acting, database_seconds
from fashionos.testing.people import post
from insights import services as insights

LOGISTICS = "/functions/v1/logistics-analyzer"
CHAT = "/functions/v1/chat-orchestrator"
SAMPLES = {"sampleList": [{"id": "gown", "name": "Ivory gown", "status": "on_set"}]}


@pytest.fixture
def calls(monkeypatch):
    told = []
    monkeypatch.setattr(functions, "_observers", [])
    functions.on_call(told.append)
    return told


def chat(**fields):
    return {"message": "are we ready?", "currentKit": "logistics", "userContext": SAMPLES, **fields}


def test_a_call_is_told_with_its_caller_and_whether_it_came_from_the_cache(alice, calls):
    for _ in range(2):
        assert alice.post(LOGISTICS, SAMPLES).status == 200
    first, second = calls
    assert (first.function, first.kit) == ("logistics-analyzer", "logistics")
    assert (first.user_id, first.session_id) == (alice.id, alice.session_id)
    assert (first.status, first.error) == (200, "")
    assert (first.cached, second.cached) == (False, True)
    for call in calls:
        assert 0 < call.database_seconds < call.seconds


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_chat_is_told_with_the_kit_that_it_came_from_streamed_or_not(alice, calls, accept):
    headers = {"authorization": f"Bearer {alice.token}", "accept": accept}
    answer = Client(headers=headers).post(CHAT, chat(), content_type="application/json")
    assert answer["content-type"] == accept
    [call] = calls
    assert (call.function, call.kit, call.status) == ("chat-orchestrator", "logistics", 200)
    assert call.cached is False


def test_refusals_are_told_with_their_code(alice, calls, settings):
    settings.FUNCTION_RATE_COUNT = 2
    post(LOGISTICS, SAMPLES)
    alice.post(LOGISTICS, b"no document")
    alice.get(LOGISTICS)
    alice.post(LOGISTICS, SAMPLES)
    told = [(call.status, call.error, call.user_id, call.cached) for call in calls]
    assert told == [
        (401, "not_authenticated", None, None),
        (400, "invalid_json", alice.id, None),
        (405, "method_not_allowed", alice.id, None),
        (429, "rate_limited", alice.id, None),
    ]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ValueError("a fault of ours"), 500, "internal_error"),
        (OperationalError("gone"), 503, "unavailable"),
    ],
)
def test_failures_are_told(alice, calls, monkeypatch, error, status, code):
    def fail(*_):
        raise error

    monkeypatch.setattr(insights, "analyse_logistics", fail)
    assert alice.post(LOGISTICS, SAMPLES).status == status
    [call] = calls
    assert (call.status, call.error, call.user_id) == (status, code, alice.id)


def test_a_skill_that_fails_is_told_although_the_person_got_an_answer(alice, calls):
    kept = SKILLS["logistics.readiness"]

    def fail(_):
        raise ValueError("a fault of ours")

    SKILLS["logistics.readiness"] = Skill("logistics.readiness", fail, ())
    try:
        assert alice.post(CHAT, chat()).status == 200
    finally:
        SKILLS["logistics.readiness"] = kept
    [call] = calls
    assert (call.status, call.error) == (200, "skill_failed")


def test_what_the_shell_gave_up_waiting_for_is_told_as_the_client_got_it(alice, calls, settings):
    settings.RESPONSE_SECONDS = 0.0
    assert alice.post(LOGISTICS, SAMPLES).status == 200
    [call] = calls
    assert (call.status, call.error) == (503, "unavailable")


def test_an_observer_that_fails_fails_no_call_and_no_other_observer(alice, calls, caplog):
    def fail(_):
        raise ValueError("a fault of an observer")

    functions._observers.insert(0, fail)
    assert alice.post(LOGISTICS, SAMPLES).status == 200
    assert len(calls) == 1
    assert "an observer of function calls failed" in caplog.text


def test_an_observer_is_told_once_however_often_it_was_handed_in(alice, calls):
    functions.on_call(functions._observers[0])
    alice.post(LOGISTICS, SAMPLES)
    assert len(calls) == 1


def test_notes_outside_a_call_are_nobody_s():
    functions.note(cached=True, kit="events", error="skill_failed")
    assert functions._notes.get() is None


def test_a_query_s_time_counts_as_the_database_s_and_other_time_does_not(db):
    before = database_seconds()
    time.sleep(0.05)
    assert database_seconds() == before
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.05)")
    assert database_seconds() - before > 0.05

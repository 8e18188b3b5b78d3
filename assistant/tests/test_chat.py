"""POST /functions/v1/chat-orchestrator: a true answer, stored; three ways to fail, each kind to people."""

import logging
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from analytics.models import AnalyticsEvent
from analytics.services import feature_use
from assistant import services
from assistant.models import Conversation
from assistant.skills import SKILLS, Reply, Skill
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import add_person, post
from insights.models import Insight

PATH = "/functions/v1/chat-orchestrator"
FEEDBACK = "/functions/v1/conversation-feedback"
SAMPLES = [
    {"id": "gown", "name": "Ivory gown", "category": "dress", "status": "on_set", "location": "Set A"},
    {"id": "coat", "name": "Black coat", "category": "outerwear", "status": "shot"},
    {"id": "bag", "name": "Red bag", "category": "bag", "status": "received"},
    {"id": "cape", "name": "Velvet cape", "category": "outerwear", "status": "delayed", "isHero": True},
]  # fmt: skip


def ask(person, message="are we ready?", **fields):
    return person.post(PATH, {**request(message), **fields})


def request(message):
    return {
        "message": message,
        "currentKit": "logistics",
        "currentRoute": "/logistics",
        "sessionId": "5f0c7d52-3b1e-4c7a-9d86-2a4be1f7c903",
        "conversationHistory": [],
        "userContext": {"sampleList": SAMPLES},
    }


def turns_of(person):
    with acting(Role.SUPPORT):
        return [(turn, turn.text, turn.answer) for turn in Conversation.objects.for_user(person)]


@pytest.fixture
def skill():
    """Put another skill in the place of readiness, as a later one might be: slow, or broken."""
    kept = SKILLS["logistics.readiness"]

    def put(run, needs=()):
        SKILLS["logistics.readiness"] = Skill("logistics.readiness", run, needs)

    yield put
    SKILLS["logistics.readiness"] = kept


def test_are_we_ready_is_answered_with_the_number_of_the_samples_sent(alice):
    answer = ask(alice)
    assert answer.status == 200
    document = answer.document
    assert "50" in document["content"]
    assert document["type"] == "text"
    assert document["severity"] in {"warning", "critical"}
    assert document["followUp"]
    assert isinstance(document["responseTime"], int)
    assert document["meta"]["intent"] == "question"
    assert document["meta"]["skill"] == "logistics.readiness"
    assert document["meta"]["source"] == "embedded"


def test_the_ivory_gown_is_where_the_data_say(alice):
    assert "Set A" in ask(alice, "where is the ivory gown?").document["content"]


def test_navigation_names_its_page(alice):
    document = ask(alice, "go to the media gallery").document
    assert (document["type"], document["meta"]["intent"]) == ("navigation", "navigation")
    assert document["actions"][0]["target"].startswith("/")


def test_every_turn_is_stored_with_how_it_was_understood(alice, bob):
    document = ask(alice).document
    [(turn, message, stored)] = turns_of(alice)
    assert message == "are we ready?"
    assert stored["meta"].pop("state")["frame"]["skill"] == "logistics.readiness"
    assert stored == document
    assert str(turn.id) == document["meta"]["conversationId"]
    assert str(turn.session_id) == request("")["sessionId"] == document["meta"]["sessionId"]
    assert (turn.kit_context, turn.page_route) == ("logistics", "/logistics")
    assert (turn.intent_detected, turn.skill_used) == ("question", "logistics.readiness")
    assert turn.response_time_ms == document["responseTime"]
    assert turn.helpful is None
    assert turns_of(bob) == []


def test_every_turn_is_counted_as_the_use_of_a_feature_without_its_words(alice):
    answer = ask(alice).document
    with acting(Role.SUPPORT):
        [event] = AnalyticsEvent.objects.for_user(alice)
    assert (event.event_type, event.event_data) == (
        "assistant_answered",
        {"feature": "logistics.readiness", "actions": len(answer["actions"])},
    )
    use = feature_use(alice, since=event.created_at)
    assert use == {"logistics.readiness": (1, 1)}


def test_the_analysis_behind_an_answer_is_kept_and_used_again(alice):
    first, second = ask(alice).document, ask(alice).document
    assert (first["meta"]["cached"], second["meta"]["cached"]) == (False, True)
    assert first["content"] == second["content"]
    with acting(Role.SUPPORT):
        [row] = Insight.objects.for_user(alice)
    assert row.insight_type == "logistics_readiness"


def test_an_answer_follows_the_samples_it_came_with(alice):
    ask(alice)
    everything = [{**sample, "status": "shot"} for sample in SAMPLES]
    document = ask(alice, userContext={"sampleList": everything}).document
    assert "100" in document["content"]
    assert document["severity"] == "success"


@pytest.mark.parametrize("message", ["", "   ", None, 7, ["x"], "x" * 2001])
def test_an_invalid_message_gets_a_friendly_error_with_suggestions(alice, message):
    answer = ask(alice, message)
    assert answer.status == 400
    error = answer.document["error"]
    assert error["code"] in {"invalid_message", "message_too_long"}
    assert len(error["suggestions"]) >= 2
    assert turns_of(alice) == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"currentKit": "nonsense"}, 200),
        ({"currentRoute": 7}, 200),
        ({"sessionId": "not a uuid"}, 200),
        ({"sessionId": None}, 200),
        ({"conversationHistory": "x"}, 200),
        ({"conversationHistory": [{"role": "god", "content": 1}, None]}, 200),
        ({"userContext": None}, 200),
        ({"userContext": {"sampleList": [None, 1, {"id": "x"}]}}, 200),
        ({"userContext": {"sampleList": {}}}, 200),
        ({"userContext": {"timezone": "Mars/Phobos", "now": "soon"}}, 200),
        ({"userContext": {"anything": {"new": [1, 2]}}, "unknown": True}, 200),
        ({"userContext": "x"}, 400),
        ({"userContext": {"sampleList": [{"id": "x"}] * 5001}}, 400),
    ],
)
def test_odd_requests_get_an_answer_or_a_clear_refusal(alice, fields, status):
    answer = ask(alice, **fields)
    assert answer.status == status, answer.document
    assert len(turns_of(alice)) == (1 if status == 200 else 0)


def test_limits_of_the_chat_are_settings(alice, settings):
    settings.CHAT_MESSAGE_CHARACTERS = 5
    assert ask(alice).document["error"]["code"] == "message_too_long"
    settings.CHAT_MESSAGE_CHARACTERS = 2000
    settings.CHAT_CONTEXT_RECORDS = 3
    assert ask(alice).document["error"]["code"] == "too_many_records"


def test_a_client_without_a_session_gets_one_of_its_own(alice):
    first, second = (ask(alice, sessionId=None).document["meta"]["sessionId"] for _ in range(2))
    assert uuid.UUID(first) != uuid.UUID(second)


def test_a_skill_that_overruns_is_answered_in_time_and_stored(alice, skill, caplog):
    skill(lambda _turn: time.sleep(5.5) or Reply("too late"))
    started = time.monotonic()
    answer = ask(alice)
    assert time.monotonic() - started < 5.2
    assert answer.status == 200
    assert answer.document["content"] == "Taking longer than expected, please try again"
    [(turn, _, stored)] = turns_of(alice)
    assert stored["content"] == services.TIMED_OUT
    assert turn.response_time_ms >= 5000
    assert "overran" in caplog.text


def test_a_skill_that_raises_is_logged_answered_and_stored(alice, skill, caplog):
    def fail(_turn):
        raise ZeroDivisionError("secret detail of the ivory gown")

    skill(fail)
    with caplog.at_level(logging.ERROR, logger="assistant"):
        answer = ask(alice)
    assert answer.status == 200
    assert answer.document["content"] == services.FAILED
    assert answer.document["followUp"]
    assert "secret detail" not in answer.body.decode()
    assert "ZeroDivisionError" in caplog.text
    [(turn, message, stored)] = turns_of(alice)
    assert (message, stored["content"]) == ("are we ready?", services.FAILED)
    assert turn.skill_used == "logistics.readiness"


def test_a_slow_skill_of_one_user_does_not_hold_up_another(alice, bob, skill, settings):
    settings.SKILL_SECONDS = 0.3
    skill(lambda turn: Reply("x") if turn.message == "are we ready?" else time.sleep(1))
    ask(alice, "are we ready?!")
    started = time.monotonic()
    assert ask(bob).document["content"] == "x"
    assert time.monotonic() - started < 0.3


def test_a_session_that_ended_gets_no_answer_and_leaves_no_turn(alice):
    assert post(PATH, request("hi")).status == 401
    alice.post("/auth/v1/logout", b"")
    for message in ("are we ready?", "hello"):
        answer = ask(alice, message)
        assert (answer.status, answer.document["error"]["code"]) == (401, "session_ended")
    assert turns_of(alice) == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow_with_the_samples(alice, count):
    with CaptureQueriesContext(connection) as queries:
        ask(alice, userContext={"sampleList": SAMPLES[:count]})
    # The turn before, find, keep, remember: savepoint, who acts, one statement and release each; once generation,
    # data key and event.
    assert len(queries) == 19


def test_the_owner_sets_changes_and_withdraws_the_thumb(alice):
    conversation = ask(alice).document["meta"]["conversationId"]
    for helpful in (True, False, None, True):
        body = {"conversationId": conversation, "helpful": helpful}
        answer = alice.post(FEEDBACK, body)
        assert (answer.status, answer.document) == (200, body)
        [(turn, message, _)] = turns_of(alice)
        assert (turn.helpful, message) == (helpful, "are we ready?")


def test_nobody_else_sets_it(alice, bob, sam):
    conversation = ask(alice).document["meta"]["conversationId"]
    body = {"conversationId": conversation, "helpful": False}
    for other in (bob, sam):
        answer = other.post(FEEDBACK, body)
        assert (answer.status, answer.document["error"]["code"]) == (404, "not_found")
    assert post(FEEDBACK, body).status == 401
    [(turn, _, _)] = turns_of(alice)
    assert turn.helpful is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"helpful": true}',
        b'{"conversationId": "x", "helpful": true}',
        b'{"conversationId": "5f0c7d52-3b1e-4c7a-9d86-2a4be1f7c903"}',
        b'{"conversationId": "5f0c7d52-3b1e-4c7a-9d86-2a4be1f7c903", "helpful": "yes"}',
    ],
)
def test_feedback_that_cannot_be_read_is_a_400(alice, body):
    assert alice.post(FEEDBACK, body).status == 400


@pytest.fixture
def unlimited(alice, settings):
    settings.RATELIMIT_ENABLE = False
    return alice


@pytest.mark.django_db
@examples(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    message=st.text(max_size=200),
    kit=st.text(max_size=20) | st.sampled_from(["logistics", "events"]),
    samples=st.lists(
        st.fixed_dictionaries(
            {"id": st.text(max_size=5)},
            optional={"name": st.text(max_size=30), "status": st.text(max_size=10)},
        ),
        max_size=4,
    ),
)
def test_whatever_people_type_is_never_a_server_error(unlimited, message, kit, samples):
    answer = ask(unlimited, message, currentKit=kit, userContext={"sampleList": samples})
    assert answer.status in {200, 400}
    if answer.status == 200:
        assert answer.document["content"] != services.FAILED


@pytest.mark.django_db(transaction=True)
def test_eight_messages_at_once_are_eight_turns():
    alice = add_person("alice@example.com")

    def talk(_):
        try:
            return ask(alice).status
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(talk, range(8))) == [200] * 8
    assert len(turns_of(alice)) == 8

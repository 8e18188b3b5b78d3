"""Turns that follow one another: state by session, history, two requests, asking back, streams."""

import uuid
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistant import dialogue
from assistant.dialogue import State
from assistant.models import Conversation
from assistant.schemas import ChatRequest, Message
from assistant.tests.test_proposals import ask, production  # noqa: F401 -- a fixture
from assistant.thinking import think
from fashionos.kit.owned import Role, acting
from fashionos.workspace import services as workspace

CHAT = "/functions/v1/chat-orchestrator"
SAMPLES = [
    {"id": "gown", "name": "Ivory gown", "category": "dress", "status": "on_set", "color": "ivory"},
    {"id": "black", "name": "Black gown", "category": "dress", "status": "received", "color": "black"},
    {"id": "tote", "name": "Puzzle tote", "category": "bag", "status": "received"},
    {"id": "clutch", "name": "Green clutch", "category": "bag", "status": "lost", "isHero": True},
]  # fmt: skip


def talk(person, *messages, session=None, **fields):
    """Say these one after another; return the last answer."""
    session = session or str(uuid.uuid4())
    document = None
    for message in messages:
        document = ask(person, message, session=session, sampleList=SAMPLES, **fields)
    return document


def test_an_ellipsis_takes_the_turn_before(alice):
    document = talk(alice, "which dresses do we have?", "and the bags?")
    assert document["meta"]["skill"] == "logistics.list"
    assert "Puzzle tote" in document["content"]
    assert "gown" not in document["content"]


def test_a_correction_answers_again(alice):
    assert "Black gown" in talk(alice, "where is the ivory gown?", "no, the black one")["content"]


def test_a_session_is_its_users_own(alice, bob):
    session = str(uuid.uuid4())
    talk(alice, "which dresses do we have?", session=session)
    document = talk(bob, "and the bags?", session=session)
    [row] = rows_of(bob)
    assert row.answer["meta"]["state"]["turn"] == 1
    assert document["meta"]["sessionId"] == session


def rows_of(person):
    with acting(Role.SUPPORT):
        return list(Conversation.objects.for_user(person).order_by("created_at"))


def test_a_client_without_a_session_is_understood_by_its_history(alice):
    history = [
        {"role": "user", "content": "which dresses do we have?"},
        {"role": "assistant", "content": "2 dresses"},
        {"role": "user", "content": "and the bags?"},
    ]
    for said in (history[:2], history):  # with and without the message itself
        body = {
            "message": "and the bags?",
            "currentKit": "logistics",
            "conversationHistory": said,
            "userContext": {"sampleList": SAMPLES},
        }
        document = alice.post(CHAT, body).document
        assert document["meta"]["skill"] == "logistics.list"
        assert "Puzzle tote" in document["content"]


def test_only_the_users_own_messages_are_replayed():
    history = [
        Message(role=role, content="which dresses do we have?") for role in ("assistant", "system")
    ]
    request = ChatRequest(message="and the bags?", conversation_history=tuple(history))
    now, zone = timezone.now(), ZoneInfo("UTC")
    thought = think(uuid.uuid4(), request, request.user_context, None, now=now, zone=zone)
    assert thought.state == State()


def test_after_a_quarter_of_an_hour_nothing_is_inherited(alice, monkeypatch):
    session = str(uuid.uuid4())
    talk(alice, "where is the ivory gown?", session=session)
    later = timezone.now() + timedelta(minutes=16)
    monkeypatch.setattr(timezone, "now", lambda: later)
    document = talk(alice, "no, the black one", session=session)
    assert (
        document["meta"]["skill"] != "logistics.locate" or "Black gown" not in document["content"]
    )


def test_the_state_is_the_servers_alone(alice):
    document = talk(alice, "which dresses do we have?")
    assert "state" not in document["meta"]
    [row] = rows_of(alice)
    assert row.answer["meta"]["state"]["frame"]["shown"] == ["gown", "black"]


@pytest.mark.parametrize(
    "answer",
    [
        b'{"meta": {"state": {"turn": 1, "failures": 0, "frame": {"skill": 7}}, "proposal": 3}}',
        b'{"meta": [1]}',
        b"[1]",
    ],
)
def test_a_state_that_cannot_be_read_is_none(alice, answer):
    session = uuid.uuid4()
    with acting(Role.WEB, user_id=alice.id):
        row = Conversation(user_id=alice.id, session_id=session, kit_context="home",
                           intent_detected="help", skill_used="smalltalk", response_time_ms=1)  # fmt: skip
        row.text = "hi"
        row.answer = answer
        row.save(force_insert=True)
    document = talk(alice, "where is the ivory gown?", session=str(session))
    assert "Ivory gown" in document["content"]


def test_two_requests_are_both_answered(alice):
    document = talk(alice, "where is the ivory gown? and which samples are lost?")
    assert "Ivory gown" in document["content"]
    assert "Green clutch" in document["content"]
    assert document["meta"]["skill"] == "logistics.locate"


def test_a_command_that_is_negated_is_not_cut_into_one_that_is_not(alice):
    document = talk(alice, "don't mark the ivory gown as shot and mark the tote as lost")
    assert (document["meta"]["skill"], document["type"]) == ("dialog.deny", "text")


@pytest.fixture
def unsure(monkeypatch):
    """Make every message as unclear as a word of which no reading is likely."""
    read = dialogue.choose

    def choose(pending, now, message):
        chosen = read(pending, now, message)
        if chosen is not now:
            return chosen
        fields = {"skill": "logistics.list", "confidence": 0.2, "decided": False}
        options = ("logistics.arrivals", "logistics.returns", "nav.page")
        return replace(now, **fields, alternatives=options)

    monkeypatch.setattr(dialogue, "choose", choose)


def test_an_unclear_message_is_asked_back_with_the_top_three(alice, unsure):
    session = str(uuid.uuid4())
    document = talk(alice, "samples", session=session)
    assert document["content"].endswith("list samples, show the arrivals or show the returns?")
    assert document["followUp"] == ["List samples", "Show the arrivals", "Show the returns"]
    assert document["meta"]["clarifies"] is True
    chosen = talk(alice, "Show the arrivals", session=session)
    assert (chosen["meta"]["skill"], "clarifies" in chosen["meta"]) == ("logistics.arrivals", False)


def test_after_two_failures_it_says_what_it_can_do_and_where_people_are(alice, unsure):
    document = talk(alice, "samples", "thingy")
    assert "still don't understand" in document["content"]
    assert "Contact support" in document["followUp"]


def test_out_of_scope_is_declined_with_what_can_be_asked(alice):
    document = talk(alice, "what is the weather in Paris tomorrow?")
    assert document["meta"]["intent"] == "out_of_scope"
    assert len(document["followUp"]) >= 2


# The workspace


def test_a_silent_client_is_answered_from_the_workspace(alice, production):  # noqa: F811 -- the fixture
    document = ask(alice, "which samples are received?")
    assert document["content"].startswith("From your workspace: ")
    assert "Velvet cape" in document["content"]
    document = ask(alice, "who owns the sound check?", kit="events")
    assert document["content"].startswith("From your workspace: ")
    assert "Omar Haddad" in document["content"]


def test_what_the_client_sent_counts_and_not_the_workspace(alice, production):  # noqa: F811 -- the fixture
    document = ask(alice, "which samples are received?", sampleList=SAMPLES)
    assert "workspace" not in document["content"]
    assert "Velvet cape" not in document["content"]


def test_nobody_is_answered_from_the_workspace_of_another(alice, bob, production):  # noqa: F811 -- the fixture
    document = ask(bob, "which samples are received?")
    assert "Velvet cape" not in document["content"]
    assert "don't have any samples" in document["content"]


def test_where_even_the_workspace_is_empty_the_newest_insights_answer(alice):
    body = {"sampleList": SAMPLES, "analysisType": "readiness"}
    alice.post("/functions/v1/logistics-analyzer", body)
    document = ask(alice, "are we ready?")
    assert "don't have any samples here now. Your latest insights say: " in document["content"]
    assert "25%" in document["content"]
    assert "latest insights" not in ask(alice, "suggest a shooting order")["content"]


def test_the_next_event_is_the_one_that_is_spoken_of(alice, production):  # noqa: F811 -- the fixture
    now = timezone.now()
    with acting(Role.WEB, user_id=alice.id):
        for name, days in (("Past show", -9), ("Next show", 2), ("Later show", 700)):
            [event] = workspace.add_events(
                alice.id, [{"name": name, "start_at": now + timedelta(days=days)}], by=None
            )
            task = {"title": f"Task of the {name}", "duration_minutes": 30}
            workspace.add_tasks(event.pk, [task], by=None)
    document = ask(alice, "which tasks are open?", kit="events")
    assert "Task of the Next show" in document["content"]
    assert "Past show" not in document["content"]


@pytest.mark.parametrize("count", [1, 30])
def test_the_workspace_is_read_in_a_fixed_number_of_queries(alice, count):
    with acting(Role.WEB, user_id=alice.id):
        rows = [{"name": f"Piece {number}"} for number in range(count)]
        workspace.add_samples(alice.id, rows, by=None)
    ask(alice, "hello")
    with CaptureQueriesContext(connection) as queries:
        ask(alice, "how many samples are there?")
    # The turn before, the workspace, remember: savepoint, who acts, one statement and release each; the event once.
    assert len(queries) == 13, [query["sql"][:80] for query in queries]


def test_an_event_of_the_workspace_takes_three_queries(alice, production):  # noqa: F811 -- the fixture
    ask(alice, "hello")
    with CaptureQueriesContext(connection) as queries:
        ask(alice, "who owns the sound check?", kit="events")
    assert len(queries) == 15, [query["sql"][:80] for query in queries]


# Streams


def events_of(answer):
    """Read a stream as its clients do: each event one line of data, empty lines between."""
    chunks = answer.content.decode().split("\n\n")
    assert chunks.pop() == ""
    data = [chunk.removeprefix("data: ") for chunk in chunks]
    assert all(chunk.startswith("data: ") for chunk in chunks)
    assert data.pop() == "[DONE]"
    return [msgspec.json.decode(one) for one in data]


def stream(person, message, accept="text/event-stream"):
    headers = {
        "apikey": settings.PUBLISHABLE_KEYS[0],
        "authorization": f"Bearer {person.token}",
        "accept": accept,
    }
    body = msgspec.json.encode({"message": message, "userContext": {"sampleList": SAMPLES}})
    return Client(headers=headers).generic("POST", CHAT, body, content_type="application/json")


def test_a_client_that_accepts_events_reads_the_same_answer_as_a_stream(alice):
    answer = stream(alice, "where is the ivory gown?")
    assert answer.status_code == 200
    assert answer["content-type"] == "text/event-stream"
    assert answer["x-vercel-ai-ui-message-stream"] == "v1"
    events = events_of(answer)
    assert [event["type"] for event in events] == [
        "start", "text-start", "text-delta", "text-end", "data-answer", "finish"]  # fmt: skip
    start, opened, delta, closed, data, _ = events
    document = data["data"]
    assert start == {"type": "start", "messageId": document["meta"]["conversationId"]}
    assert opened["id"] == delta["id"] == closed["id"]
    assert delta["delta"] == document["content"]
    assert "Ivory gown" in document["content"]
    assert len(rows_of(alice)) == 1


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "application/json, text/event-stream;q=0.5"]
)
def test_json_stays_the_default(alice, accept):
    answer = stream(alice, "where is the ivory gown?", accept)
    assert answer["content-type"] == "application/json"
    assert "Ivory gown" in answer.json()["content"]


def test_a_refusal_of_a_stream_is_a_plain_error(alice):
    answer = stream(alice, "")
    assert (answer.status_code, answer["content-type"]) == (400, "application/json")
    assert answer.json()["error"]["code"] == "invalid_message"

"""What support sees of the assistant: what was not understood, what was no help, what is used; each look is logged."""

import uuid

import pytest
import yaml
from django.contrib.admin.models import LogEntry
from django.test import Client

from assistant import review
from assistant.models import Conversation
from assistant.tests.test_proposals import ask
from fashionos.accounts.keys import forget_data_keys
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import PASSWORD

REVIEW = "/admin/assistant/conversation/review/"
UNHELPFUL = "/admin/assistant/conversation/unhelpful/"
EXPORT = "/admin/assistant/conversation/unhelpful.yml"
FEEDBACK = "/functions/v1/conversation-feedback"


def browser(email):
    client = Client()
    client.post("/admin/login/", {"username": email, "password": PASSWORD})
    return client


@pytest.fixture
def support(sam):
    return browser("sam@example.com")


def rate(person, message, *, helpful):
    document = ask(person, message)
    person.post(
        FEEDBACK, {"conversationId": document["meta"]["conversationId"], "helpful": helpful}
    )
    return document


@pytest.mark.parametrize("path", [REVIEW, UNHELPFUL, EXPORT])
def test_nobody_but_support_sees_it(alice, path):
    for client in (Client(), browser("alice@example.com")):
        assert client.get(path).status_code == 302


def test_what_was_not_understood_is_counted_by_its_folded_words(support, alice, bob):
    for person, message in (
        (alice, "What's the weather in Paris?"),
        (bob, "what's the WEATHER in paris"),
        (bob, "who won the football match"),
        (alice, "are we ready?"),
    ):
        ask(person, message)
    text = support.get(REVIEW).content.decode()
    rows = text.split("<tbody>")[1].split("</tbody>")[0]
    assert rows.index("<td>2</td>") < rows.index("<td>1</td>")
    assert "are we ready" not in rows
    assert "out_of_scope" in rows


def test_shares_of_skills_and_intents_are_shown(support, alice):
    for _ in range(3):
        ask(alice, "are we ready?")
    ask(alice, "go to the gallery")
    text = support.get(REVIEW).content.decode()
    assert "logistics.readiness</td><td>3</td><td>75.0 %" in text
    assert "navigation</td><td>1</td><td>25.0 %" in text


def test_thumbs_down_are_listed_and_exported_as_corpus(support, alice, bob):
    rate(alice, "where are {item} braces <b>", helpful=False)
    rate(bob, "are we ready?", helpful=False)
    rate(bob, "show me the blockers", helpful=True)
    text = support.get(UNHELPFUL).content.decode()
    assert "are we ready?" in text
    assert "show me the blockers" not in text
    assert "&lt;b&gt;" in text
    answer = support.get(EXPORT)
    assert "attachment" in answer["Content-Disposition"]
    document = yaml.safe_load(answer.content)
    assert document["logistics.readiness"] == {"plain": ["are we ready?"]}
    lines = [line for registers in document.values() for line in registers["plain"]]
    assert "where are (item) braces <b>" in lines


def test_each_look_leaves_a_line_in_the_log(support, sam):
    for path in (REVIEW, UNHELPFUL, EXPORT):
        support.get(path)
    with acting(Role.SUPPORT):
        entries = list(LogEntry.objects.order_by("action_time"))
    assert [entry.change_message.split()[0] for entry in entries] == ["Read", "Read", "Exported"]
    assert {entry.user_id for entry in entries} == {sam.id}


def test_the_list_of_conversations_leads_there(support):
    text = support.get("/admin/assistant/conversation/").content.decode()
    assert f'href="{REVIEW}"' in text
    assert f'href="{UNHELPFUL}"' in text


@pytest.mark.parametrize("answer", [b"[1]", b'"text"', b'{"meta": [1]}', b'{"content": null}'])
def test_turns_that_clients_wrote_as_they_liked_hide_no_others(support, alice, bob, answer):
    rate(bob, "who won the football match", helpful=False)
    with acting(Role.WEB, user_id=alice.id):
        turn = Conversation(user_id=alice.id, session_id=uuid.uuid4(), kit_context="home", helpful=False,
                            intent_detected="help", skill_used="out_of_scope", response_time_ms=1)  # fmt: skip
        turn.text, turn.answer = "mine", answer
        turn.save(force_insert=True)
    for path in (REVIEW, UNHELPFUL, EXPORT):
        assert "who won the football match" in support.get(path).content.decode()


def test_turns_whose_key_is_gone_are_left_out(alice, monkeypatch):
    ask(alice, "who won the football match")
    with acting(Role.SUPPORT):
        [turn] = Conversation.objects.for_user(alice)
        assert len(review.unmatched([turn])) == 1
        turn.message = b"x" * 40
        forget_data_keys()
        assert review.unmatched([turn]) == []
        assert review.to_corpus([turn]) == "{}\n"


def test_shares_of_nothing_are_none():
    assert review.shares([]) == []

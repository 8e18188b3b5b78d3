"""POST /functions/v1/action-confirm: what was proposed is changed once, by its own user, as it was seen."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistant import confirming
from assistant.models import Conversation
from assistant.skills.proposals import Change, propose
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import post
from fashionos.workspace import services as workspace
from fashionos.workspace.models import Asset, EventTask, Sample, StatusChange
from insights import generations

CHAT = "/functions/v1/chat-orchestrator"
CONFIRM = "/functions/v1/action-confirm"
SESSION = "5f0c7d52-3b1e-4c7a-9d86-2a4be1f7c903"


@pytest.fixture
def production(alice):
    """Alice's workspace: three samples, a show with two tasks, two pictures."""
    with acting(Role.WEB, user_id=alice.id):
        workspace.add_samples(
            alice.id,
            [
                {"reference": "gown", "name": "Ivory gown", "category": "dress"},
                {"reference": "cape", "name": "Velvet cape", "status": "received"},
                {"reference": "tote", "name": "Loewe tote", "designer": "Loewe"},
            ],
            by=None,
        )
        [event] = workspace.add_events(
            alice.id, [{"name": "Show", "start_at": "2031-05-01T18:00:00Z"}], by=None
        )
        workspace.add_tasks(
            event.pk,
            [
                {"reference": "sound", "title": "Sound check", "owner_name": "Omar Haddad",
                 "due_at": "2031-05-01T12:00:00Z", "duration_minutes": 60},
                {"reference": "stage", "title": "Stage build", "duration_minutes": 120},
            ],
            by=None,
        )  # fmt: skip
        workspace.add_assets(
            alice.id,
            [
                {"reference": "a1", "file_name": "IMG_3001.jpg", "status": "pending_review"},
                {"reference": "a2", "file_name": "IMG_3002.jpg", "tags": ["cover"]},
            ],
            by=None,
        )
    return event


def ask(person, message, kit="logistics", session=SESSION, **context):
    body = {
        "message": message,
        "currentKit": kit,
        "sessionId": session,
        "userContext": {"timezone": "Europe/Paris", **context},
    }
    return person.post(CHAT, body).document


def token_of(document):
    [confirm] = [action for action in document["actions"] if action["label"] == "Confirm"]
    assert confirm["primary"] is True
    path, _, token = confirm["target"].partition("?token=")
    assert path == "/confirm"
    return token.replace("%3A", ":")


def confirm(person, token, **more):
    return person.post(CONFIRM, {"token": token, **more})


def refused(answer):
    return answer.status, answer.document["error"]["code"]


def sample(person, reference):
    with acting(Role.WEB, user_id=person.id):
        return Sample.objects.for_user(person).get(reference=reference)


def task(person, title):
    with acting(Role.WEB, user_id=person.id):
        return EventTask.objects.for_user(person).get(title=title)


def test_a_confirmed_change_is_made_in_the_workspace_with_its_history(alice, production):
    proposed = ask(alice, "mark the ivory gown as received")
    assert proposed["type"] == "action"
    assert proposed["content"].startswith("From your workspace: Ready to set Ivory gown")
    assert sample(alice, "gown").status == "awaiting"
    answer = confirm(alice, token_of(proposed))
    assert answer.status == 200, answer.document
    assert answer.document["applied"] is True
    assert "Ivory gown" in answer.document["content"]
    gown = sample(alice, "gown")
    assert gown.status == "received"
    with acting(Role.WEB, user_id=alice.id):
        moved = StatusChange.objects.for_user(alice).filter(record_id=gown.pk).latest("id")
    assert (moved.old_status, moved.new_status) == ("awaiting", "received")
    assert moved.changed_by_id == alice.id


def test_what_is_kept_of_the_old_data_goes_stale(alice, production):
    def generation():
        with acting(Role.WEB, user_id=alice.id):
            return generations.generation_of(alice.id, "logistics")

    before = generation()
    confirm(alice, token_of(ask(alice, "mark the ivory gown as received")))
    assert generation() > before


@pytest.mark.parametrize(
    ("kit", "message", "read", "expected"),
    [
        ("events", "complete the sound check", lambda p: task(p, "Sound check").status, "done"),
        ("events", "push the sound check by 30 minutes",
         lambda p: task(p, "Sound check").due_at.strftime("%H:%M"), "12:30"),
        ("events", "unassign the sound check", lambda p: task(p, "Sound check").owner_name, ""),
        ("events", "create a task to order ice", lambda p: task(p, "order ice").status, "not_started"),
        ("logistics", "make the velvet cape a hero", lambda p: sample(p, "cape").is_hero, True),
        ("logistics", "rename the velvet cape to Night Cape",
         lambda p: sample(p, "cape").name, "Night Cape"),
        ("logistics", "put a note on the velvet cape: steam it twice",
         lambda p: sample(p, "cape").details, {"notes": "steam it twice"}),
        ("media", "approve image 3001", lambda p: asset(p, "a1").status, "approved"),
        ("media", "tag image 3002 as editorial", lambda p: asset(p, "a2").tags, ["cover", "editorial"]),
        ("media", "rate image 3002 4 stars", lambda p: asset(p, "a2").rating, 4),
        ("logistics", "add a new sample: Prada bucket bag",
         lambda p: sample_named(p, "Prada bucket bag").category, "bag"),
    ],
)  # fmt: skip
def test_every_kind_of_record_is_changed(alice, production, kit, message, read, expected):
    proposed = ask(alice, message, kit=kit)
    assert proposed["type"] == "action", proposed
    answer = confirm(alice, token_of(proposed))
    assert (answer.status, answer.document["applied"]) == (200, True), answer.document
    assert read(alice) == expected


def asset(person, reference):
    with acting(Role.WEB, user_id=person.id):
        return Asset.objects.for_user(person).get(reference=reference)


def sample_named(person, name):
    with acting(Role.WEB, user_id=person.id):
        return Sample.objects.for_user(person).get(name=name)


def test_a_confirmation_takes_as_many_queries_for_three_records_as_for_one(alice, production):
    counts = []
    for message, more in (
        ("mark the ivory gown as received", {}),
        ("mark everything as on set", {"count": 3}),
    ):
        token = token_of(ask(alice, message))
        with CaptureQueriesContext(connection) as queries:
            assert confirm(alice, token, **more).status == 200
        # Each announcement is a statement of its own.
        counts.append(sum("pg_notify" not in query["sql"] for query in queries))
    assert counts[0] == counts[1], counts


def test_a_confirmation_is_good_for_one_time(alice, production):
    token = token_of(ask(alice, "mark the ivory gown as received"))
    assert confirm(alice, token).status == 200
    with acting(Role.WEB, user_id=alice.id):
        rows = Sample.objects.for_user(alice).filter(reference="gown")
        workspace.change_samples(rows, {"status": "awaiting"}, by=alice.id)
    assert refused(confirm(alice, token)) == (409, "already_confirmed")
    assert sample(alice, "gown").status == "awaiting"


@pytest.mark.django_db(transaction=True)
def test_eight_confirmations_at_once_make_one_change(alice, production):
    token = token_of(ask(alice, "mark the ivory gown as received"))

    def press(_):
        try:
            return confirm(alice, token).status
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(press, range(8))) == [200] + [409] * 7
    gown = sample(alice, "gown")
    with acting(Role.WEB, user_id=alice.id):
        moves = StatusChange.objects.for_user(alice).filter(record_id=gown.pk)
        assert [move.new_status for move in moves.order_by("id")] == ["awaiting", "received"]


def test_a_new_record_comes_once(alice, production):
    token = token_of(ask(alice, "add a new sample: Prada bucket bag"))
    assert [confirm(alice, token).status for _ in range(3)] == [200, 409, 409]
    assert sample_named(alice, "Prada bucket bag").status == "awaiting"


def test_nobody_else_confirms_it(alice, bob, sam, production):
    token = token_of(ask(alice, "mark the ivory gown as received"))
    for other in (bob, sam):
        assert refused(confirm(other, token)) == (403, "forbidden")
    assert post(CONFIRM, {"token": token}).status == 401
    assert sample(alice, "gown").status == "awaiting"
    assert confirm(alice, token).status == 200


def test_a_token_expires(alice, production, monkeypatch):
    token = token_of(ask(alice, "mark the ivory gown as received"))
    later = time.time() + confirming.SECONDS + 1
    monkeypatch.setattr(signing.time, "time", lambda: later)
    assert refused(confirm(alice, token)) == (410, "expired")
    assert sample(alice, "gown").status == "awaiting"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "x",
        lambda token: "",
        lambda token: token[:-2] + ("aa" if token[-2:] != "aa" else "bb"),
        lambda token: "e30" + token[token.index(":") :],
        lambda token: signing.dumps({"user": "x"}, salt="another"),
    ],
    ids=["no token", "empty", "signature", "payload", "purpose"],
)
def test_a_tampered_token_is_none(alice, production, spoil):
    token = token_of(ask(alice, "mark the ivory gown as received"))
    assert refused(confirm(alice, spoil(token))) == (400, "invalid_token")
    assert sample(alice, "gown").status == "awaiting"


def test_a_token_of_another_change_is_none(alice, production):
    document = ask(alice, "mark the ivory gown as received")
    with acting(Role.SUPPORT):
        turn = Conversation.objects.get(id=document["meta"]["conversationId"])
    change = Change(table="samples", id="cape", label="Velvet cape", field="status", new="lost")
    other = propose("act.sample_status", "Ready to lose it.", [change])
    token = confirming.sign(alice.caller, turn, other, screen=b"", is_ours=True)
    assert refused(confirm(alice, token)) == (400, "invalid_token")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"token": 1}', b'{"token": "x", "count": "y"}'])
def test_a_confirmation_that_cannot_be_read_is_a_400(alice, body):
    assert alice.post(CONFIRM, body).status == 400


def test_what_was_changed_meanwhile_stays_as_it_is(alice, production):
    token = token_of(ask(alice, "mark the ivory gown as received"))
    with acting(Role.WEB, user_id=alice.id):
        rows = Sample.objects.for_user(alice).filter(reference="gown")
        workspace.change_samples(rows, {"status": "lost"}, by=alice.id)
    answer = confirm(alice, token)
    assert refused(answer) == (409, "changed_meanwhile")
    assert "Ivory gown" in answer.document["error"]["message"]
    assert sample(alice, "gown").status == "lost"


def test_what_is_gone_meanwhile_is_no_change(alice, production):
    token = token_of(ask(alice, "mark the ivory gown as received"))
    with acting(Role.WEB, user_id=alice.id):
        workspace.remove_samples(Sample.objects.for_user(alice).filter(reference="gown"))
    assert refused(confirm(alice, token)) == (409, "changed_meanwhile")


def test_the_records_of_the_client_alone_are_the_clients_to_change(alice, production):
    rows = [{"id": "mine", "name": "Red kaftan", "status": "received"}]
    proposed = ask(alice, "mark the red kaftan as on set", sampleList=rows)
    answer = confirm(alice, token_of(proposed))
    assert answer.status == 200
    assert answer.document["applied"] is False
    assert answer.document["changes"] == [
        {"table": "samples", "id": "mine", "label": "Red kaftan", "field": "status",
         "old": "received", "new": "on_set"}
    ]  # fmt: skip
    assert refused(confirm(alice, token_of(proposed))) == (409, "already_confirmed")


@pytest.mark.parametrize("named_by", ["pk", "reference"])
def test_stored_records_that_the_client_sent_are_changed_here(alice, production, named_by):
    row_id = str(getattr(sample(alice, "cape"), named_by))
    rows = [{"id": row_id, "name": "Velvet cape", "status": "received"}]
    proposed = ask(alice, "mark the velvet cape as on set", sampleList=rows)
    answer = confirm(alice, token_of(proposed))
    assert (answer.status, answer.document["applied"]) == (200, True)
    assert sample(alice, "cape").status == "on_set"


def test_records_of_another_user_are_out_of_reach(alice, bob, production):
    row_id = str(sample(alice, "cape").pk)
    rows = [{"id": row_id, "name": "Velvet cape", "status": "received"}]
    answer = confirm(bob, token_of(ask(bob, "mark the velvet cape as on set", sampleList=rows)))
    assert (answer.status, answer.document["applied"]) == (200, False)
    assert sample(alice, "cape").status == "received"


def test_a_wide_change_is_confirmed_with_its_count(alice, production):
    proposed = ask(alice, "mark everything as on set")
    assert "type 3 to confirm" in proposed["content"]
    token = token_of(proposed)
    for wrong in ({}, {"count": 2}):
        assert refused(confirm(alice, token, **wrong)) == (409, "count_required")
    assert confirm(alice, token, count=3).document["applied"] is True
    assert {sample(alice, name).status for name in ("gown", "cape", "tote")} == {"on_set"}


def test_a_wide_change_is_agreed_to_by_typing_its_count_and_not_by_yes(alice, production):
    token = token_of(ask(alice, "mark everything as on set"))
    yes = ask(alice, "yes")
    assert yes["type"] == "text"
    assert "type 3" in yes["content"]
    typed = ask(alice, "3")
    assert (typed["type"], token_of(typed)) == ("action", token)


def test_an_offer_that_has_expired_is_not_agreed_to(alice, production, monkeypatch):
    ask(alice, "mark the ivory gown as received")
    later = time.time() + confirming.SECONDS + 1
    monkeypatch.setattr(signing.time, "time", lambda: later)
    assert "expired" in ask(alice, "yes")["content"]


def test_yes_hands_the_same_token_back_and_no_makes_it_void(alice, production):
    token = token_of(ask(alice, "mark the ivory gown as received"))
    agreed = ask(alice, "yes")
    assert (agreed["meta"]["skill"], agreed["type"]) == ("dialog.affirm", "action")
    assert token_of(agreed) == token
    denied = ask(alice, "no, cancel")
    assert (denied["meta"]["skill"], denied["type"]) == ("dialog.deny", "text")
    assert "nothing was changed" in denied["content"].lower()
    assert refused(confirm(alice, token)) == (409, "cancelled")
    assert ask(alice, "yes")["type"] == "text"


def test_a_yes_is_for_the_session_that_proposed(alice, production):
    ask(alice, "mark the ivory gown as received")
    other = ask(alice, "yes", session=str(uuid.uuid4()))
    assert other["type"] == "text"
    assert "nothing" in other["content"].lower()


def test_after_another_question_a_yes_confirms_nothing(alice, production):
    ask(alice, "mark the ivory gown as received")
    ask(alice, "how many samples do we have?")
    assert ask(alice, "yes")["type"] == "text"


def test_what_the_client_says_that_the_assistant_said_proves_nothing(alice, production):
    history = [
        {"role": "user", "content": "mark the ivory gown as received"},
        {"role": "assistant", "content": "Ready to set Ivory gown to received. Confirm?"},
    ]
    body = {"message": "yes", "currentKit": "logistics", "conversationHistory": history}
    document = alice.post(CHAT, body).document
    assert (document["type"], document["meta"].get("proposal")) == ("text", None)


def test_the_conversation_goes_on_after_a_confirmation(alice, production):
    proposed = ask(alice, "mark the ivory gown as received")
    confirm(alice, token_of(proposed))
    assert ask(alice, "yes")["type"] == "text"
    assert "Ivory gown" in ask(alice, "where is it now?")["content"]


def test_a_confirmation_is_a_turn_of_the_log(alice, production):
    answer = confirm(alice, token_of(ask(alice, "mark the ivory gown as received")))
    with acting(Role.SUPPORT):
        turn = Conversation.objects.get(id=answer.document["conversationId"])
        assert (turn.text, turn.skill_used, str(turn.session_id)) == (
            "Confirm", "act.sample_status", SESSION)  # fmt: skip
        assert turn.answer["applied"] is True

"""Erasing oneself: who may, what is left at each moment, and that it comes to its end whatever happens."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings as project
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as PageSession
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from analytics.models import AnalyticsEvent
from assistant.models import Conversation
from fashionos.accounts.keys import forget_data_keys
from fashionos.accounts.models import DataKey, Identity, Session, User
from fashionos.accounts.services import sign_up_as_guest
from fashionos.kit import held
from fashionos.kit.encryption import Unreadable
from fashionos.kit.owned import Role, acting
from fashionos.privacy import ledger, services
from fashionos.privacy.models import Erasure
from fashionos.privacy.services import erase_user, finish, unfinished
from fashionos.privacy.tests.belongings import give_everything, mentions, tables
from fashionos.testing.locks import wait_until_somebody_waits
from fashionos.testing.people import PASSWORD, Person, add_person, delete, get, post, sign_in
from fashionos.testing.sockets import FrameClient, server_process
from fashionos.tests.test_walls import add_rows

PATH = "/privacy/v1/erasure"
ASKED = {"confirm": "erase my account", "password": PASSWORD}
CONFIRMED = {"confirm": "erase my account"}


def run(name):
    out = StringIO()
    call_command(name, stdout=out, stderr=out)
    return out.getvalue()


def exists(person):
    with acting(Role.AUTH):
        return User.objects.filter(id=person.id, deleted_at=None).exists()


def age_session(person, **age):
    with acting(Role.AUTH):
        Session.objects.filter(id=person.session_id).update(
            created_at=timezone.now() - timedelta(**age)
        )


def left_of(person):
    everywhere, _ = tables()
    return {table for table in everywhere if mentions(table, str(person.id))}


def add_turn(person):
    turn = Conversation(
        user_id=person.id,
        session_id=person.session_id,
        kit_context="x",
        intent_detected="help",
        skill_used="x",
        response_time_ms=1,
    )
    turn.text, turn.answer = "x", b"{}"
    turn.save(force_insert=True)


# Who


def test_with_the_password_everything_goes_and_a_receipt_of_nobody_remains(alice):
    add_rows(alice.user)
    age_session(alice, days=3)
    answer = alice.post(PATH, ASKED)
    assert answer.status == 200
    receipt = answer.document["receipt"]
    assert left_of(alice) == set()
    with acting(Role.SUPPORT):
        [kept] = Erasure.objects.values()
    assert str(kept["id"]) == receipt["id"]
    assert (kept["user_id"], receipt["finishedAt"] is None) == (None, False)
    assert kept["finished_at"] > kept["requested_at"]
    assert alice.get("/auth/v1/user").status == 403
    credentials = {"email": "alice@example.com", "password": PASSWORD}
    assert post("/auth/v1/token?grant_type=password", credentials).status == 400
    assert add_person("alice@example.com").id != alice.id


def test_a_fresh_sign_in_is_as_good_as_the_password(alice):
    assert alice.post(PATH, CONFIRMED).status == 200
    assert not exists(alice)


def test_an_old_session_without_the_password_erases_nothing(alice):
    age_session(alice, seconds=project.ERASURE_FRESH_SECONDS + 1)
    answer = alice.post(PATH, CONFIRMED)
    assert (answer.status, answer.document["error"]["code"]) == (403, "reauthentication_needed")
    assert exists(alice)
    assert alice.get("/auth/v1/user").status == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**ASKED, "password": "not hers"}, 403, "wrong_password"),
        ({"password": PASSWORD}, 400, "confirmation_needed"),
        ({**ASKED, "confirm": True}, 400, "confirmation_needed"),
        ({**ASKED, "password": 5}, 400, "invalid_request"),
        ({**ASKED, "password": "x" * 100_000}, 400, "invalid_request"),
        ([], 400, "confirmation_needed"),
        (b"{", 400, "invalid_json"),
    ],
)
def test_what_is_not_meant_or_not_shown_erases_nothing(alice, body, status, code):
    answer = alice.post(PATH, body)
    assert (answer.status, answer.document["error"]["code"]) == (status, code)
    assert exists(alice)
    assert unfinished() == []


def test_passwords_are_guessed_a_few_times_only(alice, settings):
    settings.NEW_PASSWORD_RATE_PER_ACCOUNT = "2/300s"
    wrong = {**ASKED, "password": "not hers"}
    assert [alice.post(PATH, wrong).status for _ in range(3)] == [403, 403, 429]
    assert exists(alice)


def test_nobody_erases_without_a_session_of_their_own(alice, bob, sam):
    for token in ("", "garbage", project.SECRET_API_KEYS[0], project.PUBLISHABLE_KEYS[0]):
        assert post(PATH, ASKED, token=token).status == 401
    assert bob.post(PATH, {**ASKED, "user_id": str(alice.id), "userId": str(alice.id)}).status == 200  # fmt: skip
    assert sam.post(PATH, {**CONFIRMED, "id": str(alice.id)}).status == 200
    assert exists(alice)
    assert not exists(bob)
    assert not exists(sam)


def test_a_session_that_was_signed_out_erases_nothing(alice):
    alice.post("/auth/v1/logout", {})
    assert alice.post(PATH, ASKED).status == 401
    assert exists(alice)


def test_a_guest_has_the_session_alone_to_show(db):
    grant = sign_up_as_guest({}, user_agent="test")
    guest = Person(grant.user, str(grant.access), grant.refresh_token, grant.access["session_id"])
    age_session(guest, days=100)
    assert guest.post(PATH, CONFIRMED).status == 200
    assert left_of(guest) == set()


def test_who_signs_in_with_a_provider_signs_in_afresh(alice):
    with acting(Role.AUTH):
        User.objects.filter(id=alice.id).update(password=make_password(None))
        Identity.objects.filter(user_id=alice.id).update(provider="google", subject="g1")
    age_session(alice, days=1)
    assert alice.post(PATH, ASKED).document["error"]["code"] == "reauthentication_needed"
    assert exists(alice)
    age_session(alice, minutes=1)
    assert alice.post(PATH, CONFIRMED).status == 200
    assert left_of(alice) == set()


def test_the_secret_key_erases_by_the_same_way(alice, bob, sam):
    give_everything(alice, bob, sam)
    key = project.SECRET_API_KEYS[0]
    path = f"/auth/v1/admin/users/{alice.id}"
    assert delete(path, {"should_soft_delete": False}, token=key, apikey=key).status == 200
    assert left_of(alice) == set()
    with acting(Role.SUPPORT):
        assert Erasure.objects.exclude(finished_at=None).count() == 1
    assert delete(path, token=key, apikey=key).status == 404


def test_support_s_pages_end_with_their_account(sam, bob):
    for person in (sam, bob):
        pages = SessionStore()
        pages["_auth_user_id"] = str(person.id)
        with acting(Role.SUPPORT):
            pages.save()
    assert sam.post(PATH, CONFIRMED).status == 200
    with acting(Role.SUPPORT):
        kept = [session.get_decoded()["_auth_user_id"] for session in PageSession.objects.all()]
    assert kept == [str(bob.id)]


# Halfway


def begin(person):
    with acting(Role.AUTH):
        user = User.objects.select_for_update().get(id=person.id)
        erasure = services._begin(user, timezone.now())
    forget_data_keys()  # what other processes do within ENCRYPTION_KEY_CACHE_SECONDS
    return erasure.id


@pytest.mark.django_db(transaction=True)
def test_from_the_first_moment_nothing_opens_and_nobody_gets_in(alice):
    turn = add_rows(alice.user)
    begin(alice)
    with acting(Role.SUPPORT), pytest.raises(Unreadable):
        _ = Conversation.objects.get(id=turn.id).text
    assert alice.get("/auth/v1/user").status == 403
    assert alice.get("/privacy/v1/export").status == 401
    token = {"refresh_token": alice.refresh_token}
    assert post("/auth/v1/token?grant_type=refresh_token", token).status == 400
    with acting(Role.AUTH):
        assert not DataKey.objects.filter(user_id=alice.id).exists()


def test_what_this_process_has_at_hand_of_them_goes_and_of_nobody_else(alice, bob):
    samples = [{"id": "s1", "name": "Coat", "status": "received"}]
    chat = {"message": "are we ready?", "currentKit": "logistics", "userContext": {"sampleList": samples}}  # fmt: skip
    for person in (alice, bob):
        assert person.post("/functions/v1/chat-orchestrator", chat).status == 200
        for cached in (False, True):
            answer = person.post("/functions/v1/logistics-analyzer", {"sampleList": samples})
            assert answer.document["cached"] is cached

    def at_hand(person):
        return sum(owner == person.id for one in held._all for owner, _ in one._items)

    assert (at_hand(alice), at_hand(bob)) == (2, 2)
    erase_user(alice.id)
    assert (at_hand(alice), at_hand(bob)) == (0, 2)


def test_what_was_interrupted_is_finished_by_the_command_and_then_stays_finished(alice, bob, sam):
    version = give_everything(alice, bob, sam)
    erasure = begin(alice)
    assert finish(erasure, until=0) is False
    assert version
    assert run("finish_erasures") == "1 erasures finished, 0 done again.\n"
    assert left_of(alice) == set()
    assert finish(erasure) is True
    assert run("finish_erasures") == "0 erasures finished, 0 done again.\n"


def test_a_kill_after_any_step_leaves_what_the_next_run_finishes(alice, bob, sam):
    give_everything(alice, bob, sam)
    erasure = begin(alice)
    for step in services._steps(alice.id):
        while step():
            pass
        # Killed here: the next run begins with the first step.
        assert unfinished() == [erasure]
    assert exists(bob)
    assert finish(erasure) is True
    assert left_of(alice) == set()


def test_a_disk_that_is_away_keeps_the_erasure_open(alice, bob, sam, settings, tmp_path):
    give_everything(alice, bob, sam)
    away = tmp_path / "away"
    settings.ERASURE_LEDGER = away / "x" / "erasures.txt"
    away.write_text("in the way")
    answer = alice.post(PATH, ASKED)
    assert (answer.status, answer.document["receipt"]["finishedAt"]) == (202, None)
    assert alice.get("/auth/v1/user").status == 403
    assert mentions("samples", str(alice.id)) == 1
    with pytest.raises(CommandError, match="ERASURE_LEDGER"):
        run("finish_erasures")
    away.unlink()
    assert run("finish_erasures") == "1 erasures finished, 0 done again.\n"
    assert left_of(alice) == set()


def test_little_time_is_spent_on_the_request_itself(alice, bob, sam, settings):
    settings.ERASURE_REQUEST_SECONDS = 0
    give_everything(alice, bob, sam)
    answer = alice.post(PATH, ASKED)
    assert (answer.status, answer.document["receipt"]["finishedAt"]) == (202, None)
    assert len(unfinished()) == 1
    # What is left of hers opens no more, and in this process from now on.
    with acting(Role.SUPPORT), pytest.raises(Unreadable):
        _ = Conversation.objects.for_user(alice).get().text


def test_batches_end_however_many_rows_there_are(alice, monkeypatch):
    monkeypatch.setattr(services, "_BATCH", 2)
    for _ in range(5):
        with acting(Role.WEB, user_id=alice.id):
            add_turn(alice)
    assert services._erase_batch(Conversation, alice.id) == 2
    erase_user(alice.id)
    assert left_of(alice) == set()


# Beside itself, and beside the user's other requests


def together(*calls):
    def call(one):
        try:
            return one()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_erase_once():
    alice = add_person("alice@example.com")
    add_rows(alice.user)
    statuses = together(*[lambda: alice.post(PATH, ASKED).status] * 4)
    assert sorted(statuses) == [200, 401, 401, 401]
    with acting(Role.SUPPORT):
        assert Erasure.objects.count() == 1
    assert left_of(alice) == set()


@pytest.mark.django_db(transaction=True)
def test_two_finish_the_same_erasure():
    alice = add_person("alice@example.com")
    add_rows(alice.user)
    erasure = begin(alice)
    assert together(*[lambda: finish(erasure)] * 4) == [True] * 4
    assert left_of(alice) == set()


@pytest.mark.django_db(transaction=True)
def test_a_request_in_flight_brings_nothing_back():
    alice = add_person("alice@example.com")
    begun, erased = threading.Event(), threading.Event()

    def write():
        with (
            pytest.raises(IntegrityError),
            acting(Role.WEB, user_id=alice.id, session_id=alice.session_id),
        ):
            add_turn(alice)
            begun.set()
            assert erased.wait(30)
        return "refused"

    def erase():
        assert begun.wait(30)
        erase_user(alice.id)
        erased.set()
        return "erased"

    assert together(write, erase) == ["refused", "erased"]
    assert left_of(alice) == set()


@pytest.mark.django_db(transaction=True)
def test_a_request_that_commits_in_the_last_moment_is_erased_too():
    alice = add_person("alice@example.com")
    stop = threading.Event()

    def write():
        count = 0
        while not stop.is_set():
            answer = alice.post(
                "/functions/v1/chat-orchestrator", {"message": "hello", "currentKit": "home"}
            )
            assert answer.status in {200, 401, 429}, answer.document
            count += answer.status == 200
        return count

    def erase():
        deadline = time.monotonic() + 30
        with acting(Role.SUPPORT):
            pass
        while time.monotonic() < deadline and not mentions("assistant_conversations", ""):
            time.sleep(0.01)
        erase_user(alice.id)
        stop.set()

    written, _ = together(write, erase)
    assert written >= 1
    assert left_of(alice) == set()


@pytest.mark.django_db(transaction=True)
def test_what_commits_while_the_last_transaction_waits_for_it_is_erased_too():
    alice = add_person("alice@example.com")
    erasure, begun = begin(alice), threading.Event()

    def write():
        with acting(Role.WEB, user_id=alice.id), connection.cursor() as cursor:
            AnalyticsEvent.objects.create(user_id=alice.id, event_type="x")
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as at its commit: she is there
            begun.set()
            wait_until_somebody_waits()

    def erase():
        assert begun.wait(30)
        return finish(erasure)

    assert together(write, erase) == [None, True]
    assert left_of(alice) == set()


@pytest.mark.django_db(transaction=True)
def test_who_has_a_new_password_since_it_was_shown_is_not_erased():
    alice, begun = add_person("alice@example.com"), threading.Event()

    def change():
        with acting(Role.AUTH):
            user = User.objects.select_for_update().get(id=alice.id)
            begun.set()
            wait_until_somebody_waits()
            user.set_password("another horse")
            user.save()

    def ask():
        assert begun.wait(30)
        return alice.post(PATH, ASKED)

    _, answer = together(change, ask)
    assert (answer.status, answer.document["error"]["code"]) == (409, "conflict")
    assert exists(alice)
    assert unfinished() == []


@pytest.mark.django_db(transaction=True)
def test_sockets_of_the_erased_are_put_out_at_once():
    alice = add_person("alice@example.com")
    names = [f"samples:{alice.id}", f"assets:{alice.id}"]
    with (
        server_process(REALTIME_REVIEW_SECONDS="3600") as server,
        FrameClient(server.port) as socket,
    ):
        for name in names:
            assert socket.join(name, alice.token)["status"] == "ok"
        erase_user(alice.id)
        closed = set()
        while closed != {f"realtime:{name}" for name in names}:
            heard = socket.hear()
            if heard.event == "phx_close":
                closed.add(heard.topic)


# Backups


def test_whom_a_restored_backup_brings_back_is_erased_again(alice, bob):
    with acting(Role.AUTH):
        row = User.objects.values().get(id=alice.id)
    erase_user(alice.id)
    assert run("finish_erasures") == "0 erasures finished, 0 done again.\n"
    with acting(Role.AUTH):
        User.objects.create(**row)
    assert run("finish_erasures") == "0 erasures finished, 1 done again.\n"
    assert left_of(alice) == set()
    assert exists(bob)


def test_the_ledger_names_nobody_and_bears_a_line_that_was_cut(alice, settings):
    erase_user(alice.id)
    text = settings.ERASURE_LEDGER.read_text()
    assert str(alice.id) not in text
    assert "alice" not in text
    assert settings.ERASURE_LEDGER.stat().st_mode & 0o777 == 0o600
    settings.ERASURE_LEDGER.write_text(f"{text}{'0' * 30}")
    assert len(ledger.read()) == 1


# Who sees that it happened


def test_support_sees_receipts_and_changes_none(alice, sam):
    erase_user(alice.id)
    with acting(Role.SUPPORT):
        [row] = Erasure.objects.all()
        assert "finished" in str(row)
    for role, person in ((Role.SUPPORT, None), (Role.WEB, sam.id)):
        with acting(role, user_id=person), pytest.raises(DatabaseError), transaction.atomic():
            Erasure.objects.all().delete()
    with acting(Role.WEB, user_id=sam.id), pytest.raises(DatabaseError), transaction.atomic():
        list(Erasure.objects.all())
    with acting(Role.SUPPORT):
        assert Erasure.objects.get() == row


def test_the_session_of_a_stranger_goes_on(alice, bob):
    alice.post(PATH, ASKED)
    assert bob.get("/auth/v1/user").status == 200
    assert sign_in("bob@example.com").id == bob.id
    assert get("/privacy/v1/export").status == 401

"""Facts: sent when the transaction commits, once, in order, to those who joined, from whichever process."""

import time
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, transaction

from fashionos.kit.owned import NoActor, Role, acting
from fashionos.testing.sockets import PATIENCE, served_database, server_process
from fashionos.workspace import services
from fashionos.workspace.models import Event, EventMember
from realtime.schemas import MAX_TEXT, AssetApproved, DeadlineApproaching, SampleAdded
from realtime.services import announce, review

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
VERSIONS = pytest.mark.parametrize("vsn", ["1.0.0", "2.0.0"])


def added(person, name="Ivory gown"):
    return SampleAdded(
        at=NOW,
        user_id=person.id,
        sample_id=uuid4(),
        sku="A-1",
        name=name,
        is_hero=True,
        status="requested",
        category=None,
    )


def announce_as(role, *facts, user_id=None):
    with acting(role, user_id=user_id):
        for fact in facts:
            announce(fact)


@VERSIONS
def test_a_fact_reaches_its_owner_and_nobody_else(connect, alice, bob, sam, vsn):
    owner = connect(vsn=vsn)
    owner.join(f"samples:{alice.id}", alice.token)
    others = [connect(vsn=vsn) for _ in range(3)]
    for other, token in zip(others, (bob.token, sam.token, None), strict=True):
        assert other.join(f"samples:{alice.id}", token)["status"] == "error"
    elsewhere = connect(vsn=vsn)
    elsewhere.join(f"assets:{alice.id}", alice.token)
    fact = added(alice)
    announce_as(Role.WEB, fact, user_id=alice.id)
    heard = owner.hear("broadcast").payload
    assert (heard["type"], heard["event"]) == ("broadcast", "sample_added")
    assert heard["payload"] == {
        "insights": "logistics",
        "severity": "info",
        "at": "2026-11-23T09:30:00Z",
        "userId": str(alice.id),
        "sampleId": str(fact.sample_id),
        "sku": "A-1",
        "name": "Ivory gown",
        "isHero": True,
        "status": "requested",
        "category": None,
    }
    assert len(heard["meta"]["id"]) == 32
    for client in (owner, *others, elsewhere):
        assert client.hears_nothing(0.2)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_can_announce(connect, alice, role):
    client = connect()
    client.join(f"samples:{alice.id}", alice.token)
    announce_as(role, added(alice), user_id=alice.id)
    assert client.hear_broadcast()[0] == "sample_added"


def test_nothing_is_said_before_the_commit_nor_after_a_rollback(connect, alice):
    client = connect()
    client.join(f"samples:{alice.id}", alice.token)
    with acting(Role.WEB, user_id=alice.id):
        announce(added(alice, "first"))
        assert client.hears_nothing(0.2)
    assert client.hear_broadcast()[1]["name"] == "first"
    with pytest.raises(ZeroDivisionError), acting(Role.WEB, user_id=alice.id):
        announce(added(alice, "never"))
        raise ZeroDivisionError
    with acting(Role.WEB, user_id=alice.id):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            announce(added(alice, "never"))
            raise ZeroDivisionError
        announce(added(alice, "second"))
    assert client.hear_broadcast()[1]["name"] == "second"
    assert client.hears_nothing(0.2)


def test_facts_arrive_in_order_and_once_even_if_they_are_alike(connect, alice):
    client = connect()
    client.join(f"samples:{alice.id}", alice.token)
    names = [f"sample {number}" for number in range(100)]
    for start in range(0, 100, 10):
        facts = [added(alice, name) for name in names[start : start + 10]]
        announce_as(Role.SYSTEM, *facts)
    assert [client.hear_broadcast()[1]["name"] for _ in names] == names
    twin = added(alice)
    announce_as(Role.SYSTEM, twin, twin)
    ids = {client.hear("broadcast").payload["meta"]["id"] for _ in range(2)}
    assert len(ids) == 2
    assert client.hears_nothing(0.2)


def test_another_connection_of_the_serving_login_is_heard_as_well(connect, alice):
    client = connect()
    client.join(f"samples:{alice.id}", alice.token)
    announce_as(Role.SYSTEM, added(alice))
    with psycopg.connect(served_database()) as other:
        other.execute("SELECT set_config('role', 'fashionos_web', true)")
        other.execute(
            "SELECT pg_notify('fashionos_facts', %s)",
            [f'{{"topic":"samples:{alice.id}","event":"sample_removed","payload":{{}}}}'],
        )
    assert [client.hear_broadcast()[0] for _ in range(2)] == ["sample_added", "sample_removed"]


def test_what_is_no_notice_is_skipped(server, connect, alice):
    client = connect()
    client.join(f"samples:{alice.id}", alice.token)
    with acting(Role.WEB, user_id=alice.id), connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('fashionos_facts', '{')")
    announce_as(Role.SYSTEM, added(alice))
    assert client.hear_broadcast()[0] == "sample_added"


def test_announcing_needs_an_actor(alice):
    for call in (lambda: announce(added(alice)), lambda: review("events:x")):
        with pytest.raises(NoActor):
            call()


def test_texts_are_cut(alice):
    fact = added(alice, "x" * 10_000)
    assert fact.name == "x" * (MAX_TEXT - 1) + "…"
    assert (
        AssetApproved(
            at=NOW,
            user_id=alice.id,
            asset_id=uuid4(),
            file_name="x" * MAX_TEXT,
            old_status="a",
            new_status="b",
        ).file_name
        == "x" * MAX_TEXT
    )


def test_a_review_puts_those_out_who_may_listen_no_more(connect, alice, bob):
    with acting(Role.WEB, user_id=alice.id):
        event = add_event(alice)
    with acting(Role.SYSTEM):
        services.add_member(event.id, bob.id)
    name = f"events:{event.id}"
    owner, member = connect(), connect()
    assert owner.join(name, alice.token)["status"] == "ok"
    assert member.join(name, bob.token)["status"] == "ok"
    with acting(Role.SYSTEM):
        services.remove_members(EventMember.objects.filter(user_id=bob.id))
    assert member.hear("system").payload["message"].startswith("Unauthorized: ")
    assert member.hear("phx_close").topic == f"realtime:{name}"
    announce_as(
        Role.SYSTEM,
        DeadlineApproaching(
            at=NOW,
            event_id=event.id,
            task_id=uuid4(),
            title="Book the hall",
            critical_path_affected=False,
            status="todo",
            owner_id=None,
            due_at=NOW,
            hours_left=0.0,
        ),
    )
    assert owner.hear_broadcast()[0] == "deadline_approaching"
    assert member.hears_nothing(0.2)


def add_event(person):
    event = Event.objects.create(user_id=person.id, name="Show")
    EventMember.objects.get_or_create(event_id=event.id, user_id=person.id, role="owner")
    return event


def test_a_gap_is_told_and_joining_works_again(connect, alice):
    with server_process() as process:
        client, public = connect(process), connect(process)
        name = f"samples:{alice.id}"
        client.join(name, alice.token)
        public.join("lobby", private=False)
        end_listeners()
        error = client.hear("phx_error")
        assert (error.topic, error.ref) == (f"realtime:{name}", client.join_refs[name])
        deadline = time.monotonic() + PATIENCE
        while client.join(name, alice.token)["status"] != "ok":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        announce_as(Role.SYSTEM, added(alice))
        assert client.hear_broadcast()[0] == "sample_added"
        assert public.hears_nothing(0)
        assert "facts may have been missed: 1 channels" in process.log


def end_listeners():
    # As the login itself: a role may end its own connections.
    with psycopg.connect(served_database(), autocommit=True) as other:
        [(ended,)] = other.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'fashionos realtime' AND datname = current_database()"
        ).fetchall()
    assert ended

"""Alice has two samples and an event with three tasks; the facts of a transaction are caught as they are sent."""

from contextlib import contextmanager

import msgspec
import psycopg
import pytest
from django.db import connection

from fashionos.kit.owned import Role, acting
from fashionos.workspace import services
from realtime.services import FACTS_CHANNEL


def as_person(person):
    return acting(Role.WEB, user_id=person.id)


@pytest.fixture
def samples(alice):
    with as_person(alice):
        return services.add_samples(
            alice.id,
            [
                {"reference": "gown", "name": "Ivory gown", "sku": "G-1", "is_hero": True},
                {"reference": "tote", "name": "Loewe tote", "status": "received"},
            ],
            by=alice.id,
        )


@pytest.fixture
def event(alice):
    with as_person(alice):
        [event] = services.add_events(
            alice.id, [{"name": "Show", "reference": "show"}], by=alice.id
        )
        return event


@pytest.fixture
def tasks(alice, event):
    """Stage before sound before doors; the flowers are on their own, and short."""
    with as_person(alice):
        rows = services.add_tasks(
            event.id,
            [
                {"title": "Stage build", "duration_minutes": 240},
                {"title": "Sound check", "duration_minutes": 120},
                {"title": "Flowers", "duration_minutes": 30},
            ],
            by=alice.id,
        )
        services.link_tasks(rows[1], rows[0].pk)
        return rows


@contextmanager
def listening():
    """Catch the facts that are sent while the block runs: a list of (topic, event, payload).

    Tests that use it commit (transaction=True).
    """
    caught = []
    with psycopg.connect(**connection.get_connection_params() | _plain()) as listener:
        listener.autocommit = True
        listener.execute(f"LISTEN {FACTS_CHANNEL}")
        yield caught
        for notification in listener.notifies(timeout=0.2):
            notice = msgspec.json.decode(notification.payload)
            if "event" in notice:
                caught.append((notice["topic"], notice["event"], notice["payload"]))


def _plain():
    """Name what a connection of its own needs otherwise than Django's."""
    return {"cursor_factory": psycopg.Cursor, "context": None}

"""Events by month: what is there stays, nothing is refused, and nobody gets past the table to a month of it."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from analytics.models import AnalyticsEvent
from analytics.rollups import MONTHS_AHEAD, add_months
from analytics.tests.events import add_events
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import add_person

NOW = datetime.now(UTC)


def query(sql, *parameters):
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def partitions():
    return [
        name
        for (name,) in query(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'analytics_events'::regclass ORDER BY 1"
        )
    ]


def month(at):
    return f"analytics_events_{at:%Y_%m}"


def place_of(person):
    return [
        name
        for (name,) in query(
            "SELECT tableoid::regclass::text FROM analytics_events WHERE user_id = %s", person.id
        )
    ]


def test_this_month_and_those_ahead_have_a_partition(db):
    # As many as the history asks for: on an empty database this month and two more.
    add_months(NOW.date())
    first = NOW.replace(day=1)
    ahead = [month(first + timedelta(days=31 * n)) for n in range(MONTHS_AHEAD + 1)]
    assert set(partitions()) >= {*ahead, "analytics_events_default"}
    assert len(partitions()) <= 8


def test_months_are_made_once(db):
    add_months(NOW.date())
    before = partitions()
    add_months(NOW.date())
    assert partitions() == before


@pytest.mark.parametrize("at", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2500, 6, 1, tzinfo=UTC)])
def test_an_event_of_any_time_is_taken(alice, at):
    add_events(alice.id, [{"event_type": "x", "created_at": at}])
    assert place_of(alice) == ["analytics_events_default"]


@pytest.mark.django_db(transaction=True)
def test_what_came_before_its_month_was_there_moves_into_it():
    alice = add_person("alice@example.com")
    inside, outside = datetime(2031, 5, 1, tzinfo=UTC), datetime(2031, 6, 1, tzinfo=UTC)
    add_events(alice.id, [{"event_type": "x", "created_at": at} for at in (inside, outside)])
    add_months(datetime(2031, 3, 31, tzinfo=UTC).date())
    assert sorted(place_of(alice)) == [month(inside), "analytics_events_default"]
    with acting(Role.SUPPORT):
        found = AnalyticsEvent.objects.for_user(alice).order_by("created_at")
        assert [event.created_at for event in found] == [inside, outside]
    walls = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = ANY(%s)"
    assert query(walls, [month(inside), "analytics_events_default"]) == [(True,), (True,)]


@pytest.mark.parametrize("role", list(Role))
def test_nobody_reads_or_writes_a_month_but_through_the_table(alice, role):
    add_events(alice.id, [{"event_type": "x", "created_at": NOW}])
    for statement in (
        "SELECT * FROM {}",
        "DELETE FROM {}",
        "INSERT INTO {} (event_type) VALUES ('x')",
    ):
        for name in (month(NOW), "analytics_events_default"):
            with (
                acting(role, user_id=alice.id),
                pytest.raises(DatabaseError, match="permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement.format(name))
    assert len(place_of(alice)) == 1


def test_an_event_that_is_sent_twice_is_refused_the_second_time(alice):
    sent = "INSERT INTO analytics_events (id, event_type, created_at) VALUES (%s, 'x', %s)"
    key = uuid.uuid4()
    with acting(Role.WEB, user_id=alice.id), connection.cursor() as cursor:
        cursor.execute(sent, [key, NOW])
        with pytest.raises(IntegrityError, match="duplicate key"), transaction.atomic():
            cursor.execute(sent, [key, NOW.replace(microsecond=0)])
    assert len(place_of(alice)) == 1


def test_an_event_of_nobody_is_refused(db):
    with (
        acting(Role.WEB, user_id=uuid.uuid4()),
        connection.cursor() as cursor,
        pytest.raises(IntegrityError, match="foreign key"),
        transaction.atomic(),
    ):
        cursor.execute("INSERT INTO analytics_events (event_type) VALUES ('x')")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_owner_copies_events_in(alice):
    with connection.cursor() as cursor:
        # As a restore does: row level security takes no COPY.
        cursor.execute("RESET ROLE")
        cursor.execute("ALTER TABLE analytics_events NO FORCE ROW LEVEL SECURITY")
        columns = "user_id, event_type, created_at"
        with cursor.copy(f"COPY analytics_events ({columns}) FROM STDIN") as copy:
            copy.write_row((alice.id, "x", NOW))
            copy.write_row((alice.id, "y", datetime(1990, 1, 1, tzinfo=UTC)))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE analytics_events FORCE ROW LEVEL SECURITY")
    assert sorted(place_of(alice)) == [month(NOW), "analytics_events_default"]


def test_a_query_of_a_day_reads_one_month(alice):
    [*plan] = query(
        "EXPLAIN SELECT count(*) FROM analytics_events WHERE created_at >= %s AND created_at < %s",
        NOW.replace(hour=0, minute=0),
        NOW.replace(hour=23, minute=59),
    )
    text = "\n".join(line for (line,) in plan)
    assert month(NOW) in text
    assert "_default" not in text


@pytest.mark.django_db(transaction=True)
def test_the_migration_moves_what_is_there_and_back():
    alice = add_person("alice@example.com")
    moments = [NOW, NOW - timedelta(days=45), datetime(1995, 1, 1, tzinfo=UTC)]
    try:
        call_command("migrate", "analytics", "0002", verbosity=0)
        with acting(Role.WEB, user_id=alice.id), connection.cursor() as cursor:
            for number, at in enumerate(moments):
                cursor.execute(
                    "INSERT INTO analytics_events (event_type, event_data, created_at) VALUES (%s, %s, %s)",
                    [f"type-{number}", '{"a": 1}', at],
                )
        rows = "SELECT id, user_id, event_type, event_data::text, created_at FROM analytics_events ORDER BY 1"
        before = query(rows)
        call_command("migrate", "analytics", verbosity=0)
        assert query(rows) == before
        places = [month(NOW), month(NOW - timedelta(days=45)), "analytics_events_default"]
        assert sorted(place_of(alice)) == sorted(places)
        call_command("migrate", "analytics", "0002", verbosity=0)
        assert query(rows) == before
    finally:
        # Ten years of months, which the migration would make again, would slow the other tests down.
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE analytics_events")
        # Of all apps: those that stand on the partitions went back with them.
        call_command("migrate", verbosity=0)

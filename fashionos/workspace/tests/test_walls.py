"""Row level security behind the services: raw SQL of a stranger, on every table of the workspace."""

import uuid

import pytest
from django.db import DatabaseError, connection

from fashionos.kit.owned import Role, acting
from fashionos.workspace import services
from fashionos.workspace.tests.conftest import as_person

TABLES = {
    "samples": "user_id",
    "assets": "user_id",
    "shots": "user_id",
    "events": "user_id",
    "event_members": "event_id",
    "event_tasks": "event_id",
    "task_dependencies": "event_id",
    "status_changes": "user_id",
}


@pytest.fixture
def rows(alice, samples, event, tasks):
    """One row of Alice's at least in each table."""
    with as_person(alice):
        services.add_assets(alice.id, [{"file_name": "a.jpg"}], by=alice.id)
        services.add_shots(alice.id, [{"name": "Front"}], by=alice.id)


def run(person, statement, *parameters):
    with as_person(person), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.rowcount


def touched(person, statement):
    """Run a statement; return how many rows it touched, or why it may not run."""
    try:
        return run(person, statement)
    except DatabaseError as error:
        return error.__cause__.sqlstate


@pytest.mark.parametrize("table", TABLES)
def test_a_stranger_sees_changes_and_deletes_nothing(rows, alice, bob, table):
    key = TABLES[table]
    assert run(alice, f"SELECT 1 FROM {table}") > 0
    assert run(bob, f"SELECT 1 FROM {table}") == 0
    for statement in (f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}"):
        assert touched(bob, statement) in {0, "42501"}  # no row, or not even the privilege
    with acting(Role.SUPPORT), connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table}")
        assert cursor.rowcount > 0


@pytest.mark.parametrize(
    ("table", "columns", "values"),
    [
        ("samples", "user_id", "%(alice)s"),
        ("assets", "user_id", "%(alice)s"),
        ("shots", "user_id", "%(alice)s"),
        ("events", "user_id", "%(alice)s"),
        ("event_members", "event_id, user_id", "%(event)s, %(bob)s"),
        ("event_tasks", "event_id", "%(event)s"),
        (
            "status_changes",
            'user_id, "table", record_id, old_status, new_status',
            "%(alice)s, 'samples', gen_random_uuid(), 'awaiting', 'lost'",
        ),
    ],
)
def test_a_stranger_inserts_nothing_in_the_name_of_another(
    rows, alice, bob, event, table, columns, values
):
    names = {"alice": alice.id, "bob": bob.id, "event": event.id}
    with acting(Role.SUPPORT), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        before = cursor.fetchone()
    with (
        pytest.raises(DatabaseError, match="row-level security"),
        as_person(bob),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({values})", names)
    with acting(Role.SUPPORT), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == before


def test_an_owner_does_not_give_rows_away(rows, alice, bob):
    for table in ("samples", "assets", "shots", "events"):
        with pytest.raises(DatabaseError, match="row-level security"):
            run(alice, f"UPDATE {table} SET user_id = %s", bob.id)


def test_the_history_is_written_and_never_changed(rows, alice):
    for statement in (
        "UPDATE status_changes SET new_status = 'shot'",
        "DELETE FROM status_changes",
    ):
        with pytest.raises(DatabaseError, match="permission denied"):
            run(alice, statement)
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            acting(Role.SUPPORT),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_nobody_without_an_event_of_that_id_becomes_its_member(rows, bob):
    with pytest.raises(DatabaseError, match="row-level security"):
        run(
            bob,
            "INSERT INTO event_members (event_id, user_id) VALUES (%s, %s)",
            uuid.uuid4(),
            bob.id,
        )

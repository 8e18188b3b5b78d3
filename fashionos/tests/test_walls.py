"""The two walls between users: the managers, and row level security on the web role with raw SQL."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from analytics.models import AnalyticsEvent
from assistant.models import Conversation
from fashionos.accounts.models import User
from fashionos.kit.owned import NoActor, Role, SessionEnded, acting
from fashionos.testing.people import add_person
from insights.models import Insight
from preferences.models import UserPreferences

OWNED = [Conversation, Insight, UserPreferences, AnalyticsEvent]


def add_rows(user):
    """One row of this user's in each owned table but the preferences, which came with the user."""
    with acting(Role.WEB, user_id=user.id):
        turn = Conversation(
            user_id=user.id,
            session_id=uuid.uuid4(),
            kit_context="logistics",
            intent_detected="question",
            skill_used="logistics.readiness",
            response_time_ms=3,
        )
        turn.text, turn.answer = "are we ready?", b'{"content":"Yes"}'
        turn.save(force_insert=True)
        AnalyticsEvent.objects.create(user_id=user.id, event_type="assistant_opened")
    with acting(Role.SYSTEM):
        now = timezone.now()
        Insight.objects.create(
            user_id=user.id,
            insight_type="logistics_all",
            context_id="x",
            input_digest=b"0" * 32,
            data={},
            calculated_at=now,
            expires_at=now + timedelta(hours=1),
        )
    return turn


@pytest.fixture
def turn(alice, bob):
    add_rows(bob.user)
    return add_rows(alice.user)


def as_bob(bob, statement, *parameters):
    """Run raw SQL as the web role with Bob as the actor; return its rows, or the number it touched."""
    with acting(Role.WEB, user_id=bob.id), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def refused(bob, statement, *parameters):
    with pytest.raises(DatabaseError) as caught:
        as_bob(bob, statement, *parameters)
    return caught.value.__cause__.sqlstate


@pytest.mark.parametrize("model", OWNED)
def test_the_manager_gives_each_user_their_own_rows(turn, alice, bob, model):
    with acting(Role.SUPPORT):
        for person in (alice, bob):
            assert {row.user_id for row in model.objects.for_user(person)} == {person.id}
        assert model.objects.count() >= 2


@pytest.mark.parametrize("model", OWNED)
def test_raw_sql_of_another_user_finds_nothing(turn, alice, bob, model):
    table = model._meta.db_table
    if model is AnalyticsEvent:
        assert refused(bob, f"SELECT * FROM {table}") == "42501"
    else:
        assert as_bob(bob, f"SELECT * FROM {table} WHERE user_id = %s", alice.id) == []
        assert len(as_bob(bob, f"SELECT * FROM {table}")) == 1


@pytest.mark.parametrize("model", OWNED)
def test_every_owned_table_forces_row_security_on_its_owner(db, model):
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = %s",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (True, True)


@pytest.mark.parametrize(
    "statement",
    [
        """INSERT INTO assistant_conversations (user_id, session_id, message, response, kit_context, page_route,
        intent_detected, skill_used, response_time_ms)
        VALUES (%s, gen_random_uuid(), '', '', 'x', '', 'help', 'x', 1)""",
        "INSERT INTO analytics_events (user_id, event_type) VALUES (%s, 'x')",
        "INSERT INTO user_preferences (user_id) VALUES (%s) ON CONFLICT (user_id) DO UPDATE SET default_kit = 'x'",
        """INSERT INTO assistant_insights (user_id, insight_type, context_id, input_digest, data, calculated_at,
        expires_at) VALUES (%s, 'x', 'y', '', '{}', now(), now())""",
    ],
)
def test_a_row_in_another_user_s_name_is_refused(turn, alice, bob, statement):
    assert refused(bob, statement, alice.id) == "42501"
    with acting(Role.SUPPORT):
        assert [model.objects.for_user(alice).count() for model in OWNED] == [1, 1, 1, 1]
        assert UserPreferences.objects.for_user(alice).get().default_kit is None


@pytest.mark.parametrize(
    ("statement", "outcome"),
    [
        ("UPDATE assistant_conversations SET helpful = true WHERE user_id = %s", 0),
        ("UPDATE user_preferences SET default_kit = 'x' WHERE user_id = %s", 0),
        ("UPDATE user_preferences SET user_id = %s", "42501"),
        ("UPDATE assistant_conversations SET skill_used = 'x' WHERE user_id = %s", "42501"),
        ("DELETE FROM assistant_conversations WHERE user_id = %s", "42501"),
        ("DELETE FROM user_preferences WHERE user_id = %s", "42501"),
        ("UPDATE assistant_insights SET data = '{}' WHERE user_id = %s", "42501"),
        ("SELECT * FROM accounts_user WHERE id = %s", "42501"),
        ("SELECT * FROM accounts_datakey WHERE user_id = %s", "42501"),
        ("SELECT * FROM accounts_refreshtoken WHERE %s IS NOT NULL", "42501"),
        ("SELECT * FROM fashionos_data_key(%s)", []),
        (
            "SELECT 1 FROM assistant_conversations WHERE user_id = %s AND 1 / (response_time_ms - 3) > 0",
            [],
        ),
    ],
)
def test_another_user_s_rows_cannot_be_touched(turn, alice, bob, statement, outcome):
    if isinstance(outcome, str):
        assert refused(bob, statement, alice.id) == outcome
    else:
        assert as_bob(bob, statement, alice.id) == outcome
    with acting(Role.SUPPORT):
        row = Conversation.objects.for_user(alice).get()
        assert (row.helpful, row.skill_used) == (None, "logistics.readiness")


def test_the_owner_of_a_turn_changes_the_thumb_and_nothing_else(turn, alice):
    mine = "UPDATE assistant_conversations SET {} WHERE id = %s"
    assert as_bob(alice, mine.format("helpful = true"), turn.id) == 1
    assert as_bob(alice, mine.format("helpful = NULL"), turn.id) == 1
    for change in (
        "response_time_ms = 1",
        "helpful = true, kit_context = 'x'",
        "user_id = user_id",
    ):
        assert refused(alice, mine.format(change), turn.id) == "42501"
    assert refused(alice, "DELETE FROM assistant_conversations WHERE id = %s", turn.id) == "42501"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE assistant_conversations SET skill_used = 'x'",
        "DELETE FROM assistant_conversations",
        "TRUNCATE assistant_conversations",
    ],
)
def test_the_trigger_stops_even_the_owner_of_the_database_without_row_security(turn, statement):
    """A superuser passes privileges and policies; here both are out of the way, and the trigger stands alone."""
    unlocked = (
        "RESET ROLE",
        "SET CONSTRAINTS ALL IMMEDIATE",
        "ALTER TABLE assistant_conversations NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE assistant_conversations ENABLE TRIGGER assistant_conversations_keep",
    )
    with (
        acting(Role.SYSTEM),
        pytest.raises(DatabaseError, match="immutable"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        for preparation in unlocked:
            cursor.execute(preparation)
        cursor.execute(statement)
    with acting(Role.SUPPORT):
        assert Conversation.objects.count() == 2


def test_the_eraser_deletes_only_what_it_announced(turn, alice, bob):
    with acting(Role.ERASER):
        with pytest.raises(DatabaseError), transaction.atomic():
            Conversation.objects.for_user(alice).delete()
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.erase', %s, true)", [str(alice.id)])
        with pytest.raises(DatabaseError), transaction.atomic():
            Conversation.objects.for_user(bob).delete()
        assert Conversation.objects.for_user(alice).delete()[0] == 1
        assert Conversation.objects.count() == 1


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (UserPreferences, {"conversation_history_retention_days": 0}),
        (UserPreferences, {"conversation_history_retention_days": 3651}),
    ],
)
def test_the_database_holds_the_bounds_of_preferences(alice, model, fields):
    with acting(Role.WEB, user_id=alice.id), pytest.raises(IntegrityError), transaction.atomic():
        model.objects.for_user(alice).update(**fields)


def test_the_database_refuses_unknown_intents_and_negative_numbers(alice):
    for fields in ({"intent_detected": "gossip"}, {"response_time_ms": -1}):
        row = Conversation(
            user_id=alice.id, session_id=uuid.uuid4(), kit_context="x", skill_used="x",
            **{"intent_detected": "help", "response_time_ms": 1, **fields},
        )  # fmt: skip
        with acting(Role.WEB, user_id=alice.id):
            row.text, row.answer = "x", b"{}"
            with pytest.raises(IntegrityError), transaction.atomic():
                row.save(force_insert=True)


@pytest.mark.parametrize("model", [*OWNED, User])
def test_a_query_without_an_actor_raises_instead_of_finding_nothing(db, model):
    with pytest.raises(NoActor):
        model.objects.first()
    with acting(Role.SUPPORT):
        lazy = model.objects.all()
    with pytest.raises(NoActor):
        list(lazy)


def test_an_actor_cannot_become_another_inside_a_transaction(alice, bob):
    with (
        acting(Role.WEB, user_id=alice.id),
        pytest.raises(RuntimeError),
        acting(Role.WEB, user_id=bob.id),
    ):
        pass


def test_an_ended_session_opens_no_transaction(alice, bob):
    with pytest.raises(SessionEnded), acting(Role.WEB, user_id=alice.id, session_id=uuid.uuid4()):
        pass
    with pytest.raises(SessionEnded), acting(Role.WEB, user_id=bob.id, session_id=alice.session_id):
        pass


def test_every_foreign_key_has_an_index_that_starts_with_it(db):
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.conrelid::regclass, a.attname FROM pg_constraint c
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
            WHERE c.contype = 'f' AND NOT EXISTS (
                SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])
            """
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("assistant_conversations", "user_id, created_at DESC"),
        ("assistant_conversations", "session_id"),
        ("assistant_conversations", "kit_context"),
        ("assistant_insights", "user_id, insight_type, context_id"),
        ("assistant_insights", "expires_at"),
        ("analytics_events", "event_type, created_at DESC"),
        ("analytics_events", "user_id, created_at DESC"),
    ],
)
def test_the_indexes_that_the_requirements_name_are_there(db, table, columns):
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [table])
        assert any(f"({columns}" in definition for (definition,) in cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_two_actors_in_many_threads_never_see_each_other():
    people = [add_person("alice@example.com"), add_person("bob@example.com")]
    for person in people:
        add_rows(person.user)

    def look(number):
        person = people[number % 2]
        try:
            with acting(Role.WEB, user_id=person.id, session_id=person.session_id):
                return {row.user_id for row in Conversation.objects.all()} == {person.id}
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(look, range(200)))

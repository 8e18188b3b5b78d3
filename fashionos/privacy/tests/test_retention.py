"""Conversations are kept as many days as each user wants, and no longer."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from assistant.models import Conversation
from fashionos.kit.owned import Role, acting
from fashionos.privacy.retention import remove_outlived
from preferences.models import UserPreferences


def run(**options):
    out = StringIO()
    call_command("apply_retention", stdout=out, **options)
    return out.getvalue()


def add_turns(person, *ages):
    """Add conversations that are so many days old."""
    for days in ages:
        with acting(Role.WEB, user_id=person.id), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO assistant_conversations (user_id, session_id, message, response, kit_context, page_route,"
                " intent_detected, skill_used, response_time_ms, created_at)"
                " VALUES (%s, %s, '', '', '', '', 'help', %s, 1, now() - make_interval(days => %s))",
                [person.id, person.session_id, f"day {days}", days],
            )


def keep(person, days):
    with acting(Role.WEB, user_id=person.id):
        UserPreferences.objects.for_user(person).update(conversation_history_retention_days=days)


def kept(person):
    with acting(Role.SUPPORT):
        turns = Conversation.objects.for_user(person).order_by("created_at")
        return [turn.skill_used for turn in turns]


def test_each_user_s_own_days_decide(alice, bob):
    add_turns(alice, 1, 6, 8, 100)
    add_turns(bob, 1, 8, 89, 91)
    keep(alice, 7)
    assert run() == "3 conversations removed.\n"
    assert kept(alice) == ["day 6", "day 1"]
    assert kept(bob) == ["day 89", "day 8", "day 1"]
    assert run() == "0 conversations removed.\n"


def test_a_run_that_was_killed_halfway_is_finished_by_the_next(alice, bob):
    for person in (alice, bob):
        add_turns(person, *range(1, 6))
        keep(person, 2)
    runs = remove_outlived(timezone.now(), batch=2)
    assert next(runs) == 2
    runs.close()
    assert len(kept(alice)) + len(kept(bob)) == 8
    assert run(batch=2).startswith("6 ")
    assert kept(alice) == kept(bob) == ["day 1"]


def test_the_moment_is_given_and_the_bound_is_exact(alice):
    add_turns(alice, 10)
    keep(alice, 10)
    with acting(Role.SUPPORT):
        [turn] = Conversation.objects.for_user(alice)
    limit = turn.created_at + timedelta(days=10)
    assert list(remove_outlived(limit, batch=10)) == []
    assert list(remove_outlived(limit + timedelta(microseconds=1), batch=10)) == [1]


def test_only_what_is_said_to_be_outlived_may_go(alice):
    add_turns(alice, 1)
    with acting(Role.ERASER), pytest.raises(DatabaseError, match="immutable"):
        Conversation.objects.for_user(alice).delete()

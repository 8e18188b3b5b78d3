"""All tables that refer to users: each is shown to them, and nothing of the erased is left in any."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from jsonschema import Draft202012Validator

from fashionos.privacy.archive import archive
from fashionos.privacy.sections import KEPT_BACK, SECTIONS
from fashionos.privacy.services import erase_user
from fashionos.privacy.tests.belongings import count, give_everything, mentions, tables
from fashionos.storage.stores import store

SCHEMA = json.loads((Path(settings.BASE_DIR) / "docs/archive.schema.json").read_text())
SHOWN = {section.model._meta.db_table: section for section in SECTIONS}


@pytest.fixture
def version(alice, bob, sam):
    return give_everything(alice, bob, sam)


def words(person):
    return str(person.id), person.user.email


def test_each_table_that_refers_to_users_is_shown_or_kept_back_with_a_reason(db):
    _, referring = tables()
    assert referring >= {"accounts_session", "samples", "analytics_events", "storage_objects"}
    assert referring == SHOWN.keys() | KEPT_BACK.keys()
    assert not SHOWN.keys() & KEPT_BACK.keys()


def test_somebody_has_a_row_in_each_of_them(version, alice):
    """Without it the next tests would prove nothing of a table: give_everything has to add one."""
    _, referring = tables()
    direct = referring - {"accounts_refreshtoken", "task_dependencies", "privacy_erasures"}
    assert {table for table in direct if not mentions(table, str(alice.id))} == set()
    assert count("accounts_refreshtoken")
    assert count("task_dependencies")


def test_nothing_of_the_erased_is_left_in_any_table_nor_in_the_files(version, alice, bob):
    everywhere, _ = tables()
    tokens = count("accounts_refreshtoken")
    others = {table: mentions(table, *words(bob)) for table in everywhere}
    erase_user(alice.id)
    assert {table for table in everywhere if mentions(table, *words(alice))} == set()
    assert count("accounts_refreshtoken") == tokens - 1
    assert count("task_dependencies") == 0
    assert store().size(version) is None
    # Only that he was a member of her event is gone of what was the friend's.
    changed = {table for table in everywhere if mentions(table, *words(bob)) != others[table]}
    assert changed == {"event_members"}


def test_nothing_that_the_erased_wrote_is_left_but_what_is_others(version, alice):
    everywhere, _ = tables()
    written = ("Coat", "Ivo", "look.jpg")
    assert {"samples", "storage_objects", "django_admin_log"} <= {
        table for table in everywhere if mentions(table, *written)
    }
    erase_user(alice.id)
    assert {table for table in everywhere if mentions(table, *written)} == set()
    # A task of the friend's, which was theirs to do: support's log still tells what became of it.
    assert mentions("event_tasks", "Press") == mentions("django_admin_log", "Press") == 1


def test_the_archive_shows_the_rows_of_each_table(version, alice):
    document = json.loads(b"".join(archive(alice.caller, now=timezone.now())))
    assert {section.name for section in SECTIONS} < document.keys()
    assert {section.name for section in SECTIONS if not document[section.name]} == set()
    Draft202012Validator(SCHEMA).validate(document)
    assert SCHEMA["properties"].keys() == document.keys()
    for section in SECTIONS:
        described = SCHEMA["properties"][section.name]["items"]
        shown = {*section.columns, *(["path"] if section.name == "files" else [])}
        assert set(described["required"]) <= shown, section.name


def test_the_archive_shows_no_secret_and_nobody_else_s(version, alice, bob, sam):
    text = b"".join(archive(alice.caller, now=timezone.now())).decode()
    for secret in ("argon2", "digest", "wrapped", alice.refresh_token, alice.token):
        assert secret not in text
    assert bob.user.email not in text
    assert sam.user.email not in text
    document = json.loads(text)
    # The task that is hers lies in an event of his.
    assert {row["title"] for row in document["eventTasks"]} == {"One", "Two", "Press"}
    assert {row["name"] for row in document["events"]} == {"Show"}
    assert {row["user_id"] for row in document["eventMemberships"]} == {str(alice.id)}


def test_texts_are_opened_and_files_say_where_they_are(version, alice):
    document = json.loads(b"".join(archive(alice.caller, now=timezone.now())))
    [turn] = document["conversations"]
    assert (turn["message"], turn["response"]) == ("are we ready?", {"content": "Yes"})
    [file] = document["files"]
    assert file["path"] == f"/storage/v1/object/authenticated/gallery/{alice.id}/look.jpg"

"""Each command does what it says, and the same again when it is run again."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from stat import S_IMODE

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from assistant.models import Conversation
from fashionos.accounts import keys
from fashionos.accounts.models import DataKey, User
from fashionos.accounts.tokens import api_key_role
from fashionos.development import new_encryption_key, read_env
from fashionos.kit.encryption import Unreadable
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import add_person, post
from fashionos.tests.test_walls import add_rows
from insights.models import Insight


def run(name, *arguments, **options):
    out = StringIO()
    call_command(name, *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def ring(settings):
    """Turn the key ring to other keys, and forget what was unwrapped with the old ones."""

    def turn(*entries):
        settings.ENCRYPTION_KEYS = list(entries)
        keys.key_ring.cache_clear()
        keys.forget_data_keys()

    yield turn
    keys.key_ring.cache_clear()


def add_insights(person, count, *, age):
    now = timezone.now()
    with acting(Role.SYSTEM):
        for number in range(count):
            Insight.objects.create(
                user_id=person.id,
                insight_type="logistics_all",
                context_id=f"{age}-{number}",
                input_digest=b"",
                data={},
                calculated_at=now - timedelta(hours=2),
                expires_at=now - age,
            )


def test_cleanup_removes_expired_insights_in_batches_and_no_others(alice, bob):
    for person in (alice, bob):
        add_insights(person, 5, age=timedelta(minutes=1))
        add_insights(person, 2, age=-timedelta(minutes=1))
    assert run("cleanup_insights", batch=3) == "10 expired insights removed.\n"
    with acting(Role.SYSTEM):
        assert Insight.objects.for_user(alice).count() == 2
        assert Insight.objects.for_user(bob).count() == 2
    assert run("cleanup_insights") == "0 expired insights removed.\n"


def test_rotation_rewraps_every_key_so_that_the_old_one_can_leave(alice, bob, ring, settings):
    turns = [add_rows(person.user) for person in (alice, bob)]
    old, new = settings.ENCRYPTION_KEYS[0], new_encryption_key()
    ring(new, old)
    assert run("rotate_encryption_keys", batch=1).startswith("2 keys rewrapped")
    assert run("rotate_encryption_keys").startswith("0 keys rewrapped")
    ring(new)
    for turn in turns:
        with acting(Role.SUPPORT):
            assert Conversation.objects.get(id=turn.id).text == "are we ready?"


def test_an_interrupted_rotation_leaves_all_readable_and_is_finished_by_the_next(
    alice, bob, ring, settings
):
    turns = [add_rows(person.user) for person in (alice, bob)]
    ring(new_encryption_key(), settings.ENCRYPTION_KEYS[0])
    assert keys.rewrap_batch(1) == 1
    for turn in turns:
        with acting(Role.SUPPORT):
            assert Conversation.objects.get(id=turn.id).text == "are we ready?"
    assert run("rotate_encryption_keys").startswith("1 keys rewrapped")


def test_a_key_that_left_the_ring_opens_nothing(alice, ring):
    turn = add_rows(alice.user)
    ring(new_encryption_key())
    with acting(Role.SUPPORT), pytest.raises(Unreadable):
        _ = Conversation.objects.get(id=turn.id).text


@pytest.mark.django_db
def test_seed_demo_makes_people_who_can_sign_in_and_documents_that_can_be_posted(
    settings, tmp_path
):
    settings.DATA_DIR = tmp_path
    first = run("seed_demo")
    people = read_env(tmp_path / "demo.env")
    assert S_IMODE((tmp_path / "demo.env").stat().st_mode) == 0o600
    for prefix in ("DEMO", "DEMO2", "SUPPORT"):
        assert people[f"{prefix}_PASSWORD"] in first
        credentials = {"email": people[f"{prefix}_EMAIL"], "password": people[f"{prefix}_PASSWORD"]}
        session = post("/auth/v1/token?grant_type=password", credentials).document
        assert session["user"]["app_metadata"].get("role") == (
            "admin" if prefix == "SUPPORT" else None
        )
    documents = {path.name for path in (tmp_path / "demo").glob("*.json")}
    assert documents == {
        "logistics-analyzer.json",
        "events-optimizer.json",
        "media-scorer.json",
        "recommendations.json",
        "chat-orchestrator.json",
    }
    chat = json.loads((tmp_path / "demo" / "chat-orchestrator.json").read_text())
    assert chat["message"] == "are we ready?"
    assert len(chat["userContext"]["sampleList"]) > 100


@pytest.mark.django_db
def test_seeding_twice_changes_nothing_and_prints_no_password(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    run("seed_demo")
    people = read_env(tmp_path / "demo.env")
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert run("seed_demo") == ""
    assert {
        path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()
    } == stamps
    with acting(Role.AUTH):
        assert User.objects.count() == DataKey.objects.count() == 3
    (tmp_path / "demo.env").unlink()
    assert read_env(tmp_path / "demo.env") == {}
    run("seed_demo")
    again = read_env(tmp_path / "demo.env")
    assert again["DEMO_PASSWORD"] != people["DEMO_PASSWORD"]
    credentials = {"email": again["DEMO_EMAIL"], "password": again["DEMO_PASSWORD"]}
    assert post("/auth/v1/token?grant_type=password", credentials).status == 200


def test_make_api_keys_prints_keys_of_both_kinds(settings):
    printed = dict(line.split("=", 1) for line in run("make_api_keys").split())
    settings.PUBLISHABLE_KEYS = [printed["FASHIONOS_PUBLISHABLE_KEY"]]
    settings.SECRET_API_KEYS = [printed["FASHIONOS_SECRET_KEY"]]
    assert api_key_role(printed["FASHIONOS_PUBLISHABLE_KEY"]) == "anon"
    assert api_key_role(printed["FASHIONOS_SECRET_KEY"]) == "service_role"
    assert api_key_role(printed["FASHIONOS_ANON_KEY"]) == "anon"
    assert api_key_role(printed["FASHIONOS_SERVICE_ROLE_KEY"]) == "service_role"
    assert api_key_role(printed["FASHIONOS_ANON_KEY"] + "x") is None


def test_make_api_keys_keeps_what_its_file_holds(tmp_path):
    path = tmp_path / "keys.env"
    run("make_api_keys", write=path)
    kept = path.read_bytes()
    assert S_IMODE(path.stat().st_mode) == 0o600
    assert "nothing changed" in run("make_api_keys", write=path)
    assert path.read_bytes() == kept


def test_make_secrets_prints_all_that_production_asks_for():
    printed = {line.split("=", 1)[0] for line in run("make_secrets").split()}
    assert printed == {"SECRET_KEY", "JWT_SECRET", "JWT_SIGNING_KEY", "ENCRYPTION_KEYS"}


@pytest.mark.django_db(transaction=True)
def test_two_rotations_at_once_share_the_work(ring, settings):
    for number in range(6):
        add_person(f"person{number}@example.com")
    ring(new_encryption_key(), settings.ENCRYPTION_KEYS[0])

    def rotate(_):
        total = 0
        try:
            while count := keys.rewrap_batch(1):
                total += count
        finally:
            connection.close()
        return total

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(rotate, range(3))) == 6
    with acting(Role.AUTH):
        assert set(DataKey.objects.values_list("wrapped_by", flat=True)) == {
            keys.key_ring().primary
        }

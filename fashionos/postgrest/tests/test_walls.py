"""Whose rows: every table and verb, by the owner, a stranger, support, and somebody who is not signed in."""

import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from fashionos.kit.owned import Role, acting
from fashionos.tables import TABLES
from fashionos.testing.people import add_person
from insights.models import Insight

OWNED = ("samples", "assets", "shots", "events")
# What a change of a row may say, by table.
CHANGES = {
    "assistant_conversations": {"helpful": True},
    "assistant_insights": {"data": {"x": 1}},
    "user_preferences": {"default_kit": "hacked"},
    "analytics_events": {"event_type": "hacked"},
    "samples": {"name": "hacked"},
    "assets": {"file_name": "hacked"},
    "shots": {"name": "hacked"},
    "events": {"name": "hacked"},
    "event_tasks": {"title": "hacked"},
    "task_dependencies": {"lag_minutes": 99},
    "event_members": {"role": "owner"},
    "status_changes": {"new_status": "hacked"},
}
KEYS = {name: table.key for name, table in TABLES.items()}


@pytest.fixture
def alice(rest):
    return add_person("alice@example.com")


@pytest.fixture
def bob(rest):
    return add_person("bob@example.com")


@pytest.fixture
def sam(rest):
    return add_person("sam@example.com", is_staff=True)


@pytest.fixture
def rows(rest, alice):
    """One row of Alice's in every table, by table its key."""

    def add(table, **values):
        answer = rest(alice, "POST", table, "", values, prefer="return=representation")
        assert answer.status == 201, answer
        return answer.document[0]["id"]

    keys = {name: add(name, reference=f"{name}-1") for name in OWNED}
    first, second = (add("event_tasks", event_id=keys["events"], title=t) for t in "ab")
    keys["event_tasks"] = first
    keys["task_dependencies"] = add(
        "task_dependencies", event_id=keys["events"], task_id=second, predecessor_id=first
    )
    keys["assistant_conversations"] = add("assistant_conversations", message="secret words")
    keys["user_preferences"] = str(alice.id)
    event = {"event_type": "opened", "id": str(uuid.uuid4())}
    assert rest(alice, "POST", "analytics_events", "", event).status == 201
    keys["analytics_events"] = event["id"]
    with acting(Role.SYSTEM):
        now = timezone.now()
        made = {"calculated_at": now, "expires_at": now + timedelta(hours=1)}
        insight = Insight(
            user_id=alice.id, insight_type="x", context_id="y", input_digest=b"", data={}, **made
        )
        insight.save(force_insert=True)
    keys["assistant_insights"] = str(insight.pk)
    for table in ("event_members", "status_changes"):
        [row, *_] = rest(alice, "GET", table, "select=id").document
        keys[table] = row["id"]
    return keys


def everything():
    """All rows of all tables, as support sees them."""
    seen = {}
    with acting(Role.SUPPORT), connection.cursor() as cursor:
        for name in TABLES:
            cursor.execute(f"SELECT x::text FROM {name} x ORDER BY 1")
            seen[name] = cursor.fetchall()
    return seen


def test_everybody_reads_their_own(rest, alice, rows):
    for name in TABLES:
        answer = rest(alice, "GET", name, f"{KEYS[name]}=eq.{rows[name]}", prefer="count=exact")
        # Users add analytics events, and never read them back.
        expected = 0 if name == "analytics_events" else 1
        assert (answer.status, len(answer.document)) == (200, expected), (name, answer)
        assert answer.range.endswith(f"/{expected}")


@pytest.mark.parametrize("who", ["stranger", "support", "nobody"])
def test_nobody_else_reads_or_counts_them(rest, alice, bob, sam, rows, who):
    person = {"stranger": bob, "support": sam, "nobody": None}[who]
    for name in TABLES:
        for query in ("", f"{KEYS[name]}=eq.{rows[name]}", f"{KEYS[name]}=not.is.null"):
            answer = rest(person, "GET", name, query, prefer="count=exact")
            assert answer.status == 200, (name, answer)
            assert str(alice.id) not in answer.body.decode()
            if name == "user_preferences" and person is not None and "eq." not in query:
                [row] = answer.document
                assert row["user_id"] == str(person.id)
            else:
                assert (answer.document, answer.range) == ([], "*/0"), (name, answer)


@pytest.mark.parametrize("who", ["stranger", "support", "nobody"])
def test_nobody_else_changes_or_removes_them(rest, bob, sam, rows, who):
    person = {"stranger": bob, "support": sam, "nobody": None}[who]
    before = everything()
    for name in TABLES:
        one = f"{KEYS[name]}=eq.{rows[name]}"
        for method, document in (("PATCH", CHANGES[name]), ("DELETE", None)):
            for prefer in ("return=representation", "count=exact"):
                answer = rest(person, method, name, one, document, prefer=prefer)
                if person is None:
                    assert (answer.status, answer.code) == (401, "42501"), (name, answer)
                elif answer.status == 403:
                    assert answer.code == "42501"
                else:
                    assert answer.status == (200 if "return" in prefer else 204), (name, answer)
                    assert answer.body in {b"", b"[]"}
                    assert answer.range in {"*/*", "*/0"}
    assert everything() == before


@pytest.mark.parametrize("who", ["stranger", "nobody"])
def test_nobody_adds_rows_in_another_s_name(rest, alice, bob, rows, who):
    person = {"stranger": bob, "nobody": None}[who]
    before = everything()
    hers = {"user_id": str(alice.id)}
    attempts = {
        **{name: {**hers, "reference": "new"} for name in OWNED},
        "event_tasks": {"event_id": rows["events"], "title": "x"},
        "event_members": {"event_id": rows["events"], "user_id": str(bob.id)},
        "task_dependencies": {
            "event_id": rows["events"],
            "task_id": rows["event_tasks"],
            "predecessor_id": str(uuid.uuid4()),
        },
        "assistant_conversations": {**hers, "message": "x"},
        "assistant_insights": {**hers, "insight_type": "x", "context_id": "z"},
        "user_preferences": {**hers, "default_kit": "x"},
        "analytics_events": {**hers, "event_type": "x"},
        "status_changes": {**hers, "table": "samples"},
    }
    assert set(attempts) == set(TABLES)
    for name, row in attempts.items():
        for prefer in ("", "resolution=merge-duplicates", "resolution=ignore-duplicates"):
            answer = rest(person, "POST", name, "", row, prefer=prefer)
            status = 401 if person is None else 403
            assert (answer.status, answer.code) == (status, "42501"), (name, prefer, answer)
    assert everything() == before


@pytest.mark.parametrize("name", [*OWNED, "event_tasks"])
def test_an_upsert_of_another_s_row_is_refused_as_row_security_does(rest, bob, rows, name):
    [event] = rest(bob, "POST", "events", "", {}, prefer="return=representation").document
    within = {"event_id": event["id"]} if name == "event_tasks" else {}
    before = everything()
    words = f'new row violates row-level security policy for table "{name}"'
    theirs = {"id": rows[name], **within}
    for prefer in ("resolution=merge-duplicates", "resolution=ignore-duplicates"):
        for document in (theirs, [{**theirs, "id": str(uuid.uuid4())}, theirs]):
            answer = rest(bob, "POST", name, "", document, prefer=prefer)
            refusal = {"code": "42501", "message": words, "details": None, "hint": None}
            assert (answer.status, answer.document) == (403, refusal)
    assert everything() == before


def test_a_member_cannot_upsert_the_event(rest, alice, bob, rows):
    membership = {"event_id": rows["events"], "user_id": str(bob.id)}
    assert rest(alice, "POST", "event_members", "", membership).status == 201
    before = everything()
    row = {"id": rows["events"], "name": "taken"}
    answer = rest(bob, "POST", "events", "", row, prefer="resolution=merge-duplicates")
    assert (answer.status, answer.code) == (403, "42501")
    assert everything() == before


@pytest.mark.parametrize("name", OWNED)
def test_a_row_cannot_be_handed_to_another(rest, alice, bob, rows, name):
    before = everything()
    answer = rest(alice, "PATCH", name, f"id=eq.{rows[name]}", {"user_id": str(bob.id)})
    assert (answer.status, answer.code) == (403, "42501")
    answer = rest(alice, "PATCH", "user_preferences", "", {"user_id": str(bob.id)})
    assert (answer.status, answer.code) == (403, "42501")
    assert everything() == before


def test_a_stranger_s_id_or_reference_is_not_told_by_an_insert(rest, bob, rows):
    """A key that is taken by somebody else is refused without a word about the row."""
    answer = rest(bob, "POST", "samples", "", {"id": rows["samples"], "name": "mine"})
    assert (answer.status, answer.code) == (409, "23505")
    assert "samples-1" not in answer.body.decode()
    assert rest(bob, "POST", "samples", "", {"reference": "samples-1"}).status == 201


def test_the_audit_log_takes_no_change_of_its_owner_either(rest, alice, rows):
    before = everything()
    one = f"id=eq.{rows['assistant_conversations']}"
    for method, document in (
        ("PATCH", {"helpful": True}),
        ("PATCH", {"message": "x"}),
        ("DELETE", None),
    ):
        answer = rest(alice, method, "assistant_conversations", one, document)
        assert (answer.status, answer.document) == (
            403,
            {
                "code": "42501",
                "message": "permission denied for table assistant_conversations",
                "details": None,
                "hint": None,
            },
        )
    for name in ("assistant_insights", "status_changes", "analytics_events"):
        for method in ("PATCH", "DELETE"):
            answer = rest(alice, method, name, "", CHANGES[name] if method == "PATCH" else None)
            assert (answer.status, answer.code) == (403, "42501"), (name, answer)
    assert everything() == before


def test_members_see_an_event_and_work_on_its_tasks_only(rest, alice, bob, rows):
    event = f"event_id=eq.{rows['events']}"
    joined = rest(
        alice, "POST", "event_members", "", {"event_id": rows["events"], "user_id": str(bob.id)}
    )
    assert joined.status == 201
    assert len(rest(bob, "GET", "events", "").document) == 1
    assert (
        rest(bob, "PATCH", "event_tasks", event, {"status": "done"}, prefer="count=exact").range
        == "0-1/2"
    )
    for method, document in (("PATCH", {"name": "hacked"}), ("DELETE", None)):
        answer = rest(bob, method, "events", "", document, prefer="return=representation")
        assert (answer.status, answer.document) == (200, [])
    # A member may leave; the owner stays, even for the owner's own request.
    owner = rest(
        bob, "DELETE", "event_members", f"user_id=eq.{alice.id}", prefer="return=representation"
    )
    assert owner.document == []
    left = rest(bob, "DELETE", "event_members", event, prefer="return=representation")
    assert [row["user_id"] for row in left.document] == [str(bob.id)]
    assert rest(bob, "GET", "events", "").document == []
    assert rest(alice, "DELETE", "event_members", event, prefer="count=exact").range == "*/0"


def test_the_secret_key_acts_for_the_server(rest, alice, rows):
    key = settings.SECRET_API_KEYS[0]
    server = {"key": key, "authorization": f"Bearer {key}"}
    for name in TABLES:
        answer = rest(None, "GET", name, f"{KEYS[name]}=eq.{rows[name]}", **server)
        if name == "assistant_conversations":  # whose words not even the server's own role reads
            assert (answer.status, answer.code) == (403, "42501")
        else:
            assert (answer.status, len(answer.document)) == (200, 1), (name, answer)
    insight = {
        "user_id": str(alice.id), "insight_type": "x", "context_id": "y", "data": {"new": True},
        "calculated_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-02T00:00:00Z",
    }  # fmt: skip
    conflict = "on_conflict=user_id,insight_type,context_id"
    answer = rest(
        None,
        "POST",
        "assistant_insights",
        conflict,
        insight,
        prefer="resolution=merge-duplicates",
        **server,
    )
    assert answer.status == 200
    [seen] = rest(alice, "GET", "assistant_insights", "select=data").document
    assert seen == {"data": {"new": True}}
    sample = rest(None, "POST", "samples", "", {"user_id": str(alice.id), "sku": "S"}, **server)
    assert sample.status == 201
    assert len(rest(alice, "GET", "samples", "sku=eq.S").document) == 1
    # A user's own token counts more than the key beside it.
    assert rest(alice, "GET", "event_members", "user_id=is.null", key=key).document == []
    assert rest(alice, "POST", "assistant_insights", "", insight, key=key).status == 403

"""Writing: inserts, upserts, updates, removals; what they answer, what they undo, and what happens along."""

import uuid
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fashionos.kit.owned import Role, acting
from fashionos.postgrest.headers import AS_ARRAY
from fashionos.postgrest.registry import Actor
from fashionos.postgrest.tree import Query
from fashionos.postgrest.writes import Writes, act
from fashionos.tables import TABLES
from fashionos.testing.people import add_person

OBJECT = "application/vnd.pgrst.object+json"
SHOWN = {"prefer": "return=representation"}


@pytest.fixture
def alice(rest):
    return add_person("alice@example.com")


@pytest.fixture
def bob(rest):
    return add_person("bob@example.com")


def query(statement, *parameters, role=Role.SYSTEM):
    with acting(role), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


# Inserts


def test_the_captured_bulk_insert(rest, alice):
    answer = rest(
        alice,
        "POST",
        "assistant_conversations",
        "columns=%22message%22%2C%22response%22%2C%22kit_context%22&select=id%2Cmessage%2Ckit_context",
        b'[{"message":"a","response":{}},{"message":"b","kit_context":"x"}]',
        content_profile="public",
        prefer="count=exact, missing=default, return=representation",
    )
    assert (answer.status, answer.range) == (201, "*/2")
    assert (
        answer.headers["Preference-Applied"]
        == "count=exact, missing=default, return=representation"
    )
    shown = [(row["message"], row["kit_context"]) for row in answer.document]
    assert shown == [("a", ""), ("b", "x")]


def test_a_conversation_is_sealed_before_it_is_stored(rest, alice):
    row = {"message": "wedding dress of Mrs. Smith", "response": {"content": "pssst"}}
    assert rest(alice, "POST", "assistant_conversations", "", row).status == 201
    [(message, response)] = query(
        "SELECT message, response FROM assistant_conversations", role=Role.SUPPORT
    )
    assert b"wedding" not in bytes(message)
    assert b"pssst" not in bytes(response)


@pytest.mark.parametrize("table", ["samples", "analytics_events", "shots"])
def test_an_insert_says_nothing_unless_asked(rest, alice, table):
    column = "event_type" if table == "analytics_events" else "name"
    answer = rest(alice, "POST", table, "", {column: "x"})
    assert (answer.status, answer.body, answer.range) == (201, b"", "*/*")
    many = rest(alice, "POST", table, "", [{column: "x"}] * 3, prefer="count=exact,return=minimal")
    assert (many.status, many.body, many.range) == (201, b"", "*/3")


def test_headers_only_say_where_the_row_is(rest, alice):
    answer = rest(alice, "POST", "samples", "", {"name": "x"}, prefer="return=headers-only")
    [row] = rest(alice, "GET", "samples", "select=id").document
    assert (answer.status, answer.body) == (201, b"")
    assert answer.headers["Location"] == f"/samples?id=eq.{row['id']}"


def test_rows_come_back_in_the_order_they_were_sent(rest, alice):
    names = [f"n{n}" for n in range(30)]
    answer = rest(alice, "POST", "samples", "select=name", [{"name": n} for n in names], **SHOWN)
    assert [row["name"] for row in answer.document] == names


def test_no_rows_are_no_error(rest, alice):
    for table in ("samples", "analytics_events"):
        answer = rest(alice, "POST", table, "", [], **SHOWN)
        assert (answer.status, answer.document) == (201, [])


def test_a_thousand_events_are_one_statement(rest, alice):
    rows = [{"event_type": "kit_switched", "event_data": {"n": n}} for n in range(1_000)]
    answer = rest(
        alice,
        "POST",
        "analytics_events",
        "columns=event_type,event_data",
        rows,
        prefer="count=exact",
    )
    assert (answer.status, answer.range) == (201, "*/1000")
    counted = query(
        "SELECT count(*), count(DISTINCT xmin::text), min(user_id::text) FROM analytics_events"
    )
    assert counted == [(1_000, 1, str(alice.id))]


def test_events_cannot_be_read_back_by_an_insert(rest, alice):
    answer = rest(alice, "POST", "analytics_events", "select=*", {"event_type": "x"}, **SHOWN)
    assert (answer.status, answer.code) == (403, "42501")
    assert query("SELECT count(*) FROM analytics_events") == [(0,)]


def test_what_is_not_known_is_refused_with_what_is(rest, alice):
    answer = rest(alice, "POST", "samples", "", {"nope": 1})
    assert answer.document["hint"].startswith("Its columns are id, reference, details, ")
    answer = rest(alice, "POST", "samples", "", {"status": "flying"})
    assert answer.document["message"].startswith(
        "status: 'flying' is none; known are awaiting, in_transit, "
    )


@pytest.mark.parametrize(
    ("table", "document", "status", "code"),
    [
        ("samples", b"", 400, "PGRST102"),
        ("samples", b"{", 400, "PGRST102"),
        ("samples", b'{"name":"a","name":"b"}', 400, "PGRST102"),
        ("samples", b'{"name":"a\\u0000"}', 400, "PGRST102"),
        ("samples", b'"x"', 400, "PGRST102"),
        ("samples", b"[1]", 400, "PGRST102"),
        ("samples", b"[" * 100 + b"]" * 100, 400, "PGRST102"),
        ("samples", [{"name": "a"}, {"sku": "b"}], 400, "PGRST102"),
        ("samples", {"nope": 1}, 400, "PGRST204"),
        ("samples", {"status": "flying"}, 400, "23514"),
        ("samples", {"needed_at": "soon"}, 400, "22007"),
        ("samples", {"needed_at": "2026-02-30T00:00:00Z"}, 400, "22008"),
        ("samples", {"needed_at": "infinity"}, 400, "22008"),
        ("samples", {"needed_at": "10000-01-01T00:00:00Z"}, 400, "22008"),
        ("samples", {"is_hero": "perhaps"}, 400, "22P02"),
        ("samples", {"name": None}, 400, "23502"),
        ("samples", {"name": "x" * 201}, 400, "22001"),
        ("samples", {"look_ids": "a"}, 400, "22P02"),
        ("samples", {"details": [1]}, 400, "23514"),
        ("assets", {"rating": 6}, 400, "23514"),
        ("assets", {"rating": "five"}, 400, "22P02"),
        ("assets", {"rating": 99_999}, 400, "22003"),
        ("assets", {"bytes": 1e30}, 400, "22003"),
        ("samples", {"id": "x"}, 400, "22P02"),
        ("samples", {"created_at": "2020-01-01T00:00:00Z"}, 400, "23514"),
        ("analytics_events", {"event_type": None}, 400, "23502"),
        ("analytics_events", {"event_type": ""}, 400, "23514"),
        ("analytics_events", {"event_type": "x", "session_id": "x"}, 400, "22P02"),
        ("analytics_events", {"event_type": "x", "event_data": None}, 400, "23502"),
        ("assistant_conversations", {"response": {}}, 400, "23502"),
        ("assistant_conversations", {"message": "x", "response": None}, 400, "23502"),
        ("assistant_conversations", {"message": "x" * 20_001}, 400, "22001"),
        ("assistant_conversations", {"message": "x", "response": ["x"] * 30_000}, 400, "22001"),
        ("assistant_conversations", {"message": "x", "skill_used": "x" * 2_001}, 400, "22001"),
        ("assistant_conversations", {"message": "x", "id": "x"}, 400, "22P02"),
        ("assistant_conversations", {"message": "x", "intent_detected": "gossip"}, 400, "23514"),
        ("event_tasks", {"title": "x"}, 400, "23502"),
        ("event_tasks", {"event_id": {"a": 1}}, 400, "22P02"),
        ("task_dependencies", {"event_id": "x"}, 400, "22P02"),
        ("task_dependencies", {"lag_minutes": "long"}, 400, "22P02"),
    ],
)
def test_bad_rows_are_refused_and_none_is_written(rest, alice, table, document, status, code):
    answer = rest(alice, "POST", table, "", document)
    assert (answer.status, answer.code) == (status, code), answer
    assert query(f"SELECT count(*) FROM {table}", role=Role.SUPPORT) == [(0,)]


@pytest.mark.parametrize(
    ("values", "code", "message"),
    [
        (
            {"needed_at": "soon"},
            "22007",
            'invalid input syntax for type timestamp with time zone: "soon"',
        ),
        ({"is_hero": "perhaps"}, "22P02", 'invalid input syntax for type boolean: "perhaps"'),
        (
            {"name": None},
            "23502",
            'null value in column "name" of relation "samples" violates not-null constraint',
        ),
        ({"name": "x" * 201}, "22001", "value too long for type character varying(200)"),
    ],
)
def test_services_refuse_a_value_in_postgresql_s_words(rest, alice, three, values, code, message):
    before = rest(alice, "GET", "samples").document
    merge = {"prefer": "resolution=merge-duplicates"}
    one = {"id": before[0]["id"], **values}
    for answer in (
        rest(alice, "PATCH", "samples", "", values),
        rest(alice, "POST", "samples", "", [{"reference": "new", **values}]),
        rest(alice, "POST", "samples", "", one, **merge),
    ):
        assert (answer.status, answer.code) == (400, code)
        assert answer.document["message"] == message
    assert rest(alice, "GET", "samples").document == before


def test_values_are_read_as_postgresql_reads_them(rest, alice):
    row = {"needed_at": "2026-05-02 10:00+02", "is_hero": "yes", "name": 7, "look_ids": "{a,b c}"}
    row |= {"details": {"big": 12345678901234567890, "n": 0.1}}
    [seen] = rest(alice, "POST", "samples", f"select={','.join(row)}", row, **SHOWN).document
    assert seen == {
        "needed_at": "2026-05-02T08:00:00+00:00",
        "is_hero": True,
        "name": "7",
        "look_ids": ["a", "b c"],
        "details": row["details"],
    }


def test_an_unknown_column_is_named(rest, alice):
    for query_string, document in (("", {"nope": 1}), ("columns=name,nope", [{"name": "x"}])):
        answer = rest(alice, "POST", "samples", query_string, document)
        message = "Could not find the 'nope' column of 'samples' in the schema cache"
        assert (answer.status, answer.document["message"]) == (400, message)


def test_keys_outside_the_columns_are_ignored(rest, alice):
    answer = rest(
        alice,
        "POST",
        "samples",
        "columns=name&select=name,sku",
        [{"name": "x", "sku": "y", "z": 1}],
        **SHOWN,
    )
    assert answer.document == [{"name": "x", "sku": ""}]


def test_one_bad_row_undoes_the_others(rest, alice):
    rows = [{"name": "good"}, {"name": "x" * 201}]
    assert rest(alice, "POST", "samples", "", rows).status == 400
    assert rest(alice, "GET", "samples").document == []


def test_other_bodies_are_not_read(rest, alice):
    answer = rest(alice, "POST", "samples", "", b"name\nx", content_type="text/csv")
    assert (answer.status, answer.code) == (415, "PGRST102")


# Upserts


def test_the_captured_upsert(rest, alice):
    row = {"user_id": str(alice.id), "default_kit": "x"}
    headers = {"accept": OBJECT, "prefer": "resolution=merge-duplicates, return=representation"}
    answer = rest(alice, "POST", "user_preferences", "select=*", row, **headers)
    assert (answer.status, answer.document["default_kit"]) == (200, "x")
    # Without the owner it is the caller's own, and what is not said stays.
    answer = rest(
        alice, "POST", "user_preferences", "select=*", {"kit_order": ["a", "b"]}, **headers
    )
    assert (answer.document["default_kit"], answer.document["kit_order"]) == ("x", ["a", "b"])


def test_an_upsert_touches_the_row(rest, alice):
    [before] = rest(alice, "GET", "user_preferences", "select=updated_at").document
    rest(alice, "PATCH", "user_preferences", f"user_id=eq.{alice.id}", {"default_kit": "x"})
    [between] = rest(alice, "GET", "user_preferences", "select=updated_at").document
    rest(
        alice,
        "POST",
        "user_preferences",
        "",
        {"default_kit": "y"},
        prefer="resolution=merge-duplicates",
    )
    [after] = rest(alice, "GET", "user_preferences", "select=updated_at").document
    assert before["updated_at"] < between["updated_at"] < after["updated_at"]


def test_a_row_that_is_there_is_a_conflict_left_alone_or_merged(rest, alice):
    rows = [{"reference": "R1", "name": "one"}, {"reference": "R2", "name": "two"}]
    conflict = "on_conflict=user_id,reference&select=reference,name&order=reference"
    assert rest(alice, "POST", "samples", "", rows[0]).status == 201
    again = rest(alice, "POST", "samples", "", rows)
    assert (again.status, again.document["message"]) == (
        409,
        'duplicate key value violates unique constraint "samples_reference"',
    )
    renamed = [{**row, "name": row["name"].upper()} for row in rows]
    ignored = rest(
        alice,
        "POST",
        "samples",
        conflict,
        renamed,
        prefer="resolution=ignore-duplicates,return=representation",
    )
    assert (ignored.status, ignored.document) == (201, [{"reference": "R2", "name": "TWO"}])
    merge = "resolution=merge-duplicates,return=representation"
    merged = rest(alice, "POST", "samples", conflict, renamed, prefer=merge)
    assert (merged.status, len(merged.document)) == (200, 2)
    both = rest(
        alice, "POST", "samples", conflict, [*rows, {"reference": "R3", "name": "3"}], prefer=merge
    )
    assert both.status == 201
    assert [row["name"] for row in rest(alice, "GET", "samples", "order=reference").document] == [
        "one",
        "two",
        "3",
    ]


def test_an_upsert_by_key_changes_what_it_says(rest, alice):
    key = str(uuid.uuid4())
    for name, status in (("a", 201), ("b", 200)):
        row = {"id": key, "name": name, "user_id": str(alice.id)}
        assert (
            rest(alice, "POST", "shots", "", row, prefer="resolution=merge-duplicates").status
            == status
        )
    assert rest(alice, "GET", "shots", "select=id,name").document == [{"id": key, "name": "b"}]


@pytest.mark.parametrize("table", ["samples", "assistant_insights"])
def test_a_conflict_needs_a_unique_index(rest, alice, table):
    if table == "samples":
        answer = rest(
            alice,
            "POST",
            table,
            "on_conflict=name",
            {"name": "x"},
            prefer="resolution=merge-duplicates",
        )
        assert (answer.status, answer.code) == (400, "42P10")
    answer = rest(
        alice,
        "POST",
        "user_preferences",
        "on_conflict=default_kit",
        {"default_kit": "x"},
        prefer="resolution=merge-duplicates",
    )
    assert (answer.status, answer.code) == (400, "42P10")


def test_a_row_cannot_be_merged_twice_at_once(rest, alice):
    rows = [{"id": str(uuid.uuid4()), "name": "x"}] * 2
    answer = rest(alice, "POST", "samples", "", rows, prefer="resolution=merge-duplicates")
    assert (answer.status, answer.code) == (400, "21000")
    assert rest(alice, "POST", "samples", "", rows).code == "23505"
    rest(alice, "POST", "samples", "", rows, prefer="resolution=ignore-duplicates")
    assert len(rest(alice, "GET", "samples").document) == 1


@pytest.mark.parametrize("table", ["user_preferences", "samples"])
def test_upserts_at_the_same_moment_leave_one_row(rest, alice, table):
    def row(n):
        if table == "samples":
            return {"reference": "same", "name": f"n{n}", "sku": f"n{n}"}
        return {"default_kit": f"n{n}", "kit_order": [f"n{n}"]}

    conflict = "on_conflict=user_id,reference" if table == "samples" else ""
    merge = "resolution=merge-duplicates"
    requests = [
        rest.request(alice, "POST", table, conflict, row(n), prefer=merge) for n in range(24)
    ]
    assert {answer.status for answer in rest.run(requests)} <= {200, 201}
    [seen] = rest(alice, "GET", table).document
    if table == "samples":
        assert seen["name"] == seen["sku"]
    else:
        assert seen["kit_order"] == [seen["default_kit"]]


# Updates and removals


@pytest.fixture
def three(rest, alice):
    rows = [{"reference": f"R{n}", "name": f"n{n}", "is_hero": n == 2} for n in range(3)]
    assert rest(alice, "POST", "samples", "", rows).status == 201


@pytest.mark.parametrize(
    ("filters", "prefer", "status", "content_range", "body"),
    [
        ("reference=eq.R1", "", 204, "0-0/*", b""),
        ("reference=in.(R0,R1)", "count=exact", 204, "0-1/2", b""),
        ("reference=eq.none", "", 204, "*/*", b""),
        ("reference=eq.none", "return=representation", 200, "*/*", b"[]"),
        ("", "return=representation", 200, "0-2/*", None),
    ],
)  # fmt: skip
def test_an_update_answers_with_its_range(
    rest, alice, three, filters, prefer, status, content_range, body
):
    answer = rest(alice, "PATCH", "samples", filters, {"color": "ivory"}, prefer=prefer)
    assert (answer.status, answer.range) == (status, content_range)
    assert body is None or answer.body == body
    changed = rest(alice, "GET", "samples", "color=eq.ivory", prefer="count=exact").range.split(
        "/"
    )[1]
    assert int(changed) == (
        3 if not filters else 0 if "none" in filters else 2 if "in." in filters else 1
    )


def test_the_captured_update(rest, alice):
    answer = rest(
        alice, "PATCH", "user_preferences", f"user_id=eq.{alice.id}",
        b'{"default_kit":"events","kit_order":["a","b"]}', prefer="count=exact",
    )  # fmt: skip
    assert (answer.status, answer.body, answer.range) == (204, b"", "0-0/1")


def test_a_removal_shows_what_is_gone(rest, alice, three):
    answer = rest(alice, "DELETE", "samples", "reference=eq.R1&select=name", **SHOWN)
    assert (answer.status, answer.document, answer.range) == (200, [{"name": "n1"}], "*/*")
    answer = rest(alice, "DELETE", "samples", "", prefer="count=exact")
    assert (answer.status, answer.body, answer.range) == (204, b"", "*/2")
    assert rest(alice, "GET", "samples").document == []


def test_a_row_sent_back_whole_is_no_change(rest, alice, three):
    [row] = rest(alice, "GET", "samples", "select=id,user_id,name&reference=eq.R1").document
    answer = rest(alice, "PATCH", "samples", f"id=eq.{row['id']}", row, prefer="count=exact")
    assert (answer.status, answer.range) == (204, "0-0/1")


@pytest.mark.parametrize("table", ["samples", "user_preferences"])
def test_what_affects_too_many_is_undone(rest, alice, three, table):
    change = {"samples": {"name": "x"}, "user_preferences": {"default_kit": "x"}}[table]
    most = 2 if table == "samples" else 0
    answer = rest(alice, "PATCH", table, "", change, prefer=f"handling=strict, max-affected={most}")
    assert (answer.status, answer.code) == (400, "PGRST124")
    assert answer.document["details"] == f"The query affects {most + 1} rows"
    if table == "samples":
        assert (
            rest(alice, "DELETE", table, "", prefer="handling=strict,max-affected=2").code
            == "PGRST124"
        )
        assert {row["name"] for row in rest(alice, "GET", table).document} == {"n0", "n1", "n2"}
    else:
        assert rest(alice, "GET", table, "select=default_kit").document == [{"default_kit": None}]


def test_a_write_that_should_be_of_one_row_is_undone_otherwise(rest, alice, three):
    for method, document in (("PATCH", {"name": "x"}), ("DELETE", None)):
        answer = rest(alice, method, "samples", "select=name", document, accept=OBJECT, **SHOWN)
        assert (answer.status, answer.code) == (406, "PGRST116")
    rows = [{"event_type": "a"}, {"event_type": "b"}]
    assert rest(alice, "POST", "analytics_events", "", rows, accept=OBJECT).status == 406
    assert query("SELECT count(*) FROM analytics_events") == [(0,)]
    assert {row["name"] for row in rest(alice, "GET", "samples").document} == {"n0", "n1", "n2"}


def test_a_removal_is_not_bounded_by_a_limit(rest, alice, three):
    """Ignored, it would remove more than was asked for."""
    answer = rest(alice, "DELETE", "samples", "limit=1")
    assert (answer.status, answer.code) == (400, "PGRST100")
    assert len(rest(alice, "GET", "samples").document) == 3


def test_more_rows_than_the_cap_are_not_written(rest, alice, three):
    rest.api.limits = rest.api.limits._replace(written_rows=2)
    for method, document in (
        ("PATCH", {"name": "x"}),
        ("DELETE", None),
        ("POST", [{"name": "x"}] * 3),
    ):
        answer = rest(alice, method, "samples", "", document)
        assert (answer.status, answer.code) == (413, "54000")
    assert {row["name"] for row in rest(alice, "GET", "samples").document} == {"n0", "n1", "n2"}


# What happens along


def test_a_status_change_is_kept_and_makes_insights_stale(rest, alice, three):
    generation = "SELECT fashionos_insight_generation(%s, 'logistics')"
    [(before,)] = query(generation, str(alice.id))
    answer = rest(
        alice,
        "PATCH",
        "samples",
        "reference=eq.R1&select=status,received_at",
        {"status": "received"},
        **SHOWN,
    )
    assert answer.document[0]["received_at"] is not None
    [(after,)] = query(generation, str(alice.id))
    assert after == before + 1
    moves = rest(
        alice, "GET", "status_changes", "select=old_status,new_status,changed_by_id&old_status=neq."
    ).document
    assert moves == [
        {"old_status": "awaiting", "new_status": "received", "changed_by_id": str(alice.id)}
    ]


def test_links_of_tasks(rest, alice):
    [event] = rest(alice, "POST", "events", "", {"name": "show"}, **SHOWN).document
    tasks = [{"event_id": event["id"], "title": title} for title in "ab"]
    first, second = (
        row["id"] for row in rest(alice, "POST", "event_tasks", "", tasks, **SHOWN).document
    )
    link = {"event_id": event["id"], "task_id": second, "predecessor_id": first}
    [made] = rest(alice, "POST", "task_dependencies", "", link, **SHOWN).document
    assert (made["type"], made["lag_minutes"]) == ("FS", 0)
    one = f"id=eq.{made['id']}"
    assert rest(alice, "PATCH", "task_dependencies", one, {"lag_minutes": 5}).status == 204
    assert rest(alice, "PATCH", "task_dependencies", one, {"type": "SS"}).status == 400
    assert rest(alice, "POST", "task_dependencies", "", link).code == "23505"
    loop = {**link, "predecessor_id": second}
    assert rest(alice, "POST", "task_dependencies", "", loop).status == 400
    assert rest(alice, "GET", "task_dependencies", "select=lag_minutes").document == [
        {"lag_minutes": 5}
    ]
    assert rest(alice, "DELETE", "task_dependencies", one, prefer="count=exact").range == "*/1"


@pytest.mark.parametrize(("verb", "queries"), [("insert", 12), ("update", 11), ("delete", 8)])
def test_one_row_or_three_take_the_same_queries(rest, alice, verb, queries):
    actor = Actor(Role.WEB, alice.id, alice.session_id)

    def write(call):
        writes = Writes(
            actor,
            TABLES["samples"],
            Query(),
            AS_ARRAY,
            returning=True,
            check=lambda _: None,
            most=10,
        )
        with CaptureQueriesContext(connection) as captured:
            act(actor, lambda: call(writes), statement_timeout_ms=5_000)
        # What is announced is told fact by fact.
        return sum("pg_notify" not in query["sql"] for query in captured.captured_queries)

    for count in (1, 3):
        rows = [{"reference": f"{count}-{n}", "name": "x"} for n in range(count)]
        taken = {"insert": write(lambda writes: writes.insert(rows, None))}  # noqa: B023 -- called at once
        taken["update"] = write(lambda writes: writes.update({"name": f"y{count}"}))  # noqa: B023 -- called at once
        taken["delete"] = write(lambda writes: writes.delete())
        assert taken[verb] == queries


def test_the_statement_timeout_is_an_answer(rest, alice):
    rest.api.database.statement_timeout_ms = 1
    rest.loop.run_until_complete(rest.api.database.close())
    rows = [{"event_type": "x", "event_data": {"n": list(range(50))}}] * 20_000
    answer = rest(alice, "POST", "analytics_events", "", rows)
    assert (answer.status, answer.code) == (500, "57014")
    assert answer.document["message"] == "canceling statement due to statement timeout"


def test_writes_through_services_stop_at_the_same_timeout(rest, alice, three):
    """A filter that runs away holds rows, and a thread of few, no longer than one of a read may."""
    rest.api.database.statement_timeout_ms = 100
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM samples FOR UPDATE")
        for method, document in (("PATCH", {"name": "x"}), ("DELETE", None)):
            answer = rest(alice, method, "samples", "", document)
            assert (answer.status, answer.code) == (500, "57014")

    def limit():
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return cursor.fetchone()

    actor = Actor(Role.WEB, alice.id, alice.session_id)
    assert rest.loop.run_until_complete(rest.api.in_thread(actor, limit)) == ("100ms",)
    with acting(Role.SYSTEM):
        assert limit() == ("15s",)


def test_a_lost_connection_is_replaced(rest, alice):
    assert rest(alice, "GET", "samples").status == 200
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database() AND query LIKE '%%json_agg%%'"
    )
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(kill)
        assert cursor.fetchall()
    assert rest(alice, "GET", "samples").status == 200


def test_names_are_quoted_and_values_are_parameters(rest, alice, three):
    """What would end a string or an identifier stays inside it."""
    for text in (
        "'; DROP TABLE samples; --",
        '"; SELECT 1; --',
        "%s %(x)s %%",
        "\\",
        "$1",
        "{}",
        "☃",
    ):
        encoded = quote(text)
        quoted = quote('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
        assert rest(alice, "GET", "samples", f"name=eq.{encoded}").document == []
        assert rest(alice, "GET", "samples", f"details->>{quoted}=eq.{encoded}").status == 200
        assert len(rest(alice, "GET", "samples", f"select={quoted}:name").document) == 3
        answer = rest(alice, "GET", "samples", f"{quoted}=eq.1")
        assert (answer.status, answer.code) == (400, "42703")
        answer = rest(
            alice, "PATCH", "samples", "reference=eq.R1&select=name", {"name": text}, **SHOWN
        )
        assert answer.document == [{"name": text}]

"""Reading: the captured requests, counts and ranges, shapes, values as PostgreSQL prints them, refusals."""

import time
import uuid
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from fashionos.accounts.tokens import legacy_api_key
from fashionos.kit.owned import Role, acting
from fashionos.tables import TABLES
from fashionos.testing.people import add_person

OBJECT = "application/vnd.pgrst.object+json"


@pytest.fixture
def alice(rest):
    return add_person("alice@example.com")


@pytest.fixture
def gowns(rest, alice):
    """Seven samples: G0 to G6."""
    rows = [
        {
            "sku": f"G{n}",
            "name": f"Gown {n}",
            "status": "received" if n % 2 else "awaiting",
            "details": {"size": n, "tags": ["silk", f"t{n}"], "note": None},
            "look_ids": [f"L{n}", "a,b"],
            "needed_at": f"2025-12-18T10:00:0{n}.120Z" if n else None,
        }
        for n in range(7)
    ]
    columns = ",".join(quote(f'"{name}"') for name in rows[0])
    answer = rest(alice, "POST", "samples", f"columns={columns}", rows)
    assert answer.status == 201
    return rows


def skus(answer):
    return [row["sku"] for row in answer.document]


# Counts and ranges


@pytest.mark.parametrize(
    ("query", "prefer", "status", "content_range"),
    [
        ("", "", 200, "0-6/*"),
        ("&offset=2&limit=3", "", 200, "2-4/*"),
        ("&offset=2&limit=3", "count=exact", 206, "2-4/7"),
        ("", "count=exact", 200, "0-6/7"),
        ("&limit=7", "count=planned", 200, "0-6/7"),
        ("&offset=7", "count=exact", 206, "*/7"),
        ("&offset=8", "count=exact", 416, "*/7"),
        ("&offset=100", "", 200, "*/*"),
        ("&sku=eq.none", "count=estimated", 200, "*/0"),
        ("&limit=0", "", 200, "*/*"),
        ("&limit=0", "count=exact", 206, "*/7"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_pages_say_where_they_are(rest, alice, gowns, method, query, prefer, status, content_range):
    answer = rest(alice, method, "samples", f"select=sku{query}", prefer=prefer)
    assert (answer.status, answer.range) == (status, content_range)
    if status == 416:
        offset = query.removeprefix("&offset=")
        assert answer.document == {
            "code": "PGRST103",
            "message": "Requested range not satisfiable",
            "details": f"An offset of {offset} was requested, but there are only 7 rows.",
            "hint": None,
        }


def test_no_page_is_longer_than_the_cap(rest, alice, gowns):
    rest.api.limits = rest.api.limits._replace(rows=5)
    answer = rest(alice, "GET", "samples", "select=sku&limit=6", prefer="count=exact")
    assert (answer.status, answer.range, len(answer.document)) == (206, "0-4/7", 5)


# Shapes


def test_one_object_and_nothing_else(rest, alice, gowns):
    answer = rest(alice, "GET", "samples", "select=sku&sku=eq.G1", accept=OBJECT)
    assert (answer.status, answer.document) == (200, {"sku": "G1"})
    assert answer.headers["Content-Type"] == f"{OBJECT}; charset=utf-8"
    for query, rows in (("sku=eq.none", 0), ("", 7)):
        answer = rest(alice, "GET", "samples", query, accept=OBJECT)
        assert (answer.status, answer.code) == (406, "PGRST116")
        assert answer.document["details"] == f"The result contains {rows} rows"


def test_nulls_are_stripped_inside_jsonb_as_well(rest, alice, gowns):
    stripped = "application/vnd.pgrst.array+json;nulls=stripped"
    query = "select=sku,details,needed_at&sku=eq.G0"
    answer = rest(alice, "GET", "samples", query, accept=stripped)
    assert answer.document == [{"sku": "G0", "details": {"size": 0, "tags": ["silk", "t0"]}}]
    assert answer.headers["Content-Type"] == f"{stripped}; charset=utf-8"


def test_csv_is_what_postgresql_prints_of_a_row(rest, alice, gowns):
    answer = rest(alice, "GET", "samples", "select=*&order=sku", accept="text/csv")
    head, *lines = answer.body.decode().split("\n")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    columns = ", ".join(f'"{name}"' for name in TABLES["samples"].columns)
    assert head == columns.replace('"', "").replace(", ", ",")
    with acting(Role.WEB, user_id=alice.id), connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone TO UTC")
        cursor.execute(
            f"SELECT trim(both '()' from x::text) FROM (SELECT {columns} FROM samples ORDER BY sku) x"
        )
        assert lines == [text for (text,) in cursor.fetchall()]


# Values


def test_values_look_as_postgresql_makes_them(rest, alice, gowns):
    query = "select=needed_at,t:needed_at::text,d:needed_at::date,look_ids,l:look_ids::text,details&sku=eq.G3"
    [row] = rest(alice, "GET", "samples", query).document
    assert row == {
        "needed_at": "2025-12-18T10:00:03.12+00:00",
        "t": "2025-12-18 10:00:03.12+00",
        "d": "2025-12-18",
        "look_ids": ["L3", "a,b"],
        "l": '{L3,"a,b"}',
        "details": {"note": None, "size": 3, "tags": ["silk", "t3"]},
    }


def test_paths_into_jsonb_are_named_after_their_last_key(rest, alice, gowns):
    query = "select=details->size,details->tags->0,s:details->tags->>-1,n:details->no->>thing,look_ids->1&sku=eq.G3"
    [row] = rest(alice, "GET", "samples", quote(query, safe="=&")).document
    assert row == {"size": 3, "tags": "silk", "s": "t3", "n": None, "look_ids": "a,b"}


def test_an_empty_select_gives_empty_rows(rest, alice, gowns):
    assert rest(alice, "GET", "samples", "select=").document == [{}] * 7


def test_names_of_the_answer_may_be_anything(rest, alice, gowns):
    query = f"select={quote(chr(34) + '100% r%s {x} ü;--' + chr(34))}:sku,x:sku,r:sku&sku=eq.G1"
    assert rest(alice, "GET", "samples", query).document == [
        {"100% r%s {x} ü;--": "G1", "x": "G1", "r": "G1"}
    ]


# Filters, as the client sends them


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sku=eq.G1", "1"),
        ("sku=neq.G1", "023456"),
        ("sku=gt.G1&sku=lt.G4", "23"),
        ('sku=in.(G1,"G2",G9)', "12"),
        ("sku=in.()", ""),
        ("sku=not.in.()", "0123456"),
        ("sku=like.G*&name=ilike.*own 3", "3"),
        ("sku=like(any).{G1,*5}", "15"),
        ("sku=ilike(all).{g*,*5}", "5"),
        ("sku=match.^G[12]$", "12"),
        ("sku=imatch.^g[12]$", "12"),
        ("sku=eq(any).{G1,G2}", "12"),
        ("needed_at=is.null", "0"),
        ("needed_at=not.is.null", "123456"),
        ("needed_at=is.not_null", "123456"),
        ("needed_at=neq.2025-12-18T10:00:01.12Z", "23456"),
        ("needed_at=not.eq.2025-12-18T10:00:01.12Z", "23456"),
        ("needed_at=isdistinct.2025-12-18T10:00:01.12Z", "023456"),
        ("is_hero=is.true", ""),
        ("is_hero=is.false&sku=gte.G5", "56"),
        ("look_ids=cs.{L1}", "1"),
        ('look_ids=cd.{L1,"a,b",x}', "1"),
        ("look_ids=ov.{L1,L2}", "12"),
        ('details=cs.{"tags":["t2"]}', "2"),
        ("details->size=eq.4", "4"),
        ("details->size=gte.5", "56"),
        ("details->>size=eq.4", "4"),
        ("details->tags->>1=in.(t1,t6)", "16"),
        ("or=(sku.eq.G1,and(sku.gt.G4,details->>size.eq.6))", "16"),
        ("not.or=(sku.eq.G1,sku.in.(G2,G3))", "0456"),
        ("or=(sku.not.in.(G0,G1,G2),not.and(sku.gte.G1,sku.lte.G9))", "03456"),
        ("name=fts(english).gown&sku=eq.G2", "2"),
        ("name=wfts.3 or 4", "34"),
        ("name=plfts.gown 5", "5"),
        ("name=phfts(simple).gown 6", "6"),
    ],
)  # fmt: skip
def test_filters_find_what_they_say(rest, alice, gowns, query, found):
    answer = rest(alice, "GET", "samples", f"select=sku&order=sku&{quote(query, safe='=&')}")
    assert answer.status == 200, answer
    assert skus(answer) == [f"G{n}" for n in found]


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("sku.desc", "6543210"),
        ("needed_at", "1234560"),
        ("needed_at.desc", "0654321"),
        ("needed_at.desc.nullslast", "6543210"),
        ("needed_at.asc.nullsfirst", "0123456"),
        ("status.desc,sku.desc", "5316420"),
        ("details->size.desc", "6543210"),
        ("details->tags->>1.asc", "0123456"),
    ],
)
def test_order_is_postgresql_s(rest, alice, gowns, order, first):
    answer = rest(alice, "GET", "samples", f"select=sku&order={quote(order)}")
    assert skus(answer) == [f"G{n}" for n in first]


# Refusals


@pytest.mark.parametrize(
    ("query", "status", "code", "message"),
    [
        ("id=eq.notuuid", 400, "22P02", 'invalid input syntax for type uuid: "notuuid"'),
        ("needed_at=gt.soon", 400, "22007", 'invalid input syntax for type timestamp with time zone: "soon"'),
        ("nope=eq.1", 400, "42703", "column samples.nope does not exist"),
        ("select=nope", 400, "42703", "column samples.nope does not exist"),
        ("order=nope", 400, "42703", "column samples.nope does not exist"),
        ("select=sku::regclass", 400, "42704", 'type "regclass" does not exist'),
        ("select=sku::uuid&sku=eq.G0", 400, "22P02", 'invalid input syntax for type uuid: "G0"'),
        ("id=like.x", 404, "42883", "operator does not exist: uuid ~~ unknown"),
        ("sku=sl.[1,2]", 404, "42883", "operator does not exist: text << unknown"),
        ("sku->a=eq.1", 404, "42883", "operator does not exist: character varying -> text"),
        ("sku=is.true", 400, "42804", "argument of IS TRUE must be type boolean, not type character varying"),
        ("sku=match.(", 400, "2201B", "invalid regular expression: parentheses () not balanced"),
        ("name=fts(klingon).x", 400, "42704", 'text search configuration "klingon" does not exist'),
        (
            "select=events(id)", 400, "PGRST200",
            "Could not find a relationship between 'samples' and 'events' in the schema cache",
        ),
        ("select=sku.count()", 400, "PGRST123", "Use of aggregate functions is not allowed"),
        ("events.id=eq.1", 400, "PGRST108", "'events' is not an embedded resource in this request"),
        ("sku=xx.1", 400, "PGRST100", '"failed to parse filter (xx.1)" (line 1, column 1)'),
        ("sku=match." + "a" * 201, 400, "PGRST100", "The pattern of 'match' is too costly: at most 200 characters"),
        (
            "sku=like." + "*a" * 11, 400, "PGRST100",
            "The pattern of 'like' is too costly: at most 10 wildcards in 200 characters",
        ),
    ],
)  # fmt: skip
def test_refusals_are_in_the_dialect_s_shape(rest, alice, gowns, query, status, code, message):
    answer = rest(alice, "GET", "samples", quote(query, safe="=&"))
    assert (answer.status, answer.code, answer.document["message"]) == (status, code, message)
    assert set(answer.document) == {"code", "message", "details", "hint"}
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Proxy-Status"] == f"PostgREST; error={code}"


@pytest.mark.parametrize(
    "pattern",
    [
        "(a*)*(a*)*(a*)*(a*)*(a*)*b$",
        "((((x{1,99}){1,99}){1,99}){1,99}){1,99}",
        r"(.+)+\1(.+)+\2$",
        "(?=.*a)(?=.*b)" * 10,
        "[" * 190,
    ],
)
def test_a_pattern_that_explodes_is_refused_or_cut_short(rest, alice, pattern):
    rest.api.database.statement_timeout_ms = 500
    assert rest(alice, "POST", "shots", "", [{"name": "a" * 200}] * 50).status == 201
    started = time.monotonic()
    answer = rest(alice, "GET", "shots", f"name=match.{quote(pattern)}")
    assert answer.status in {200, 400} or answer.code == "57014"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "nope", {}, 404, "PGRST205"),
        ("GET", "accounts_user", {}, 404, "PGRST205"),
        ("GET", "insight_generations", {}, 404, "PGRST205"),
        ("GET", "", {}, 404, "PGRST126"),
        ("GET", "samples/1", {}, 404, "PGRST125"),
        ("PUT", "samples", {}, 405, "PGRST117"),
        ("GET", "samples", {"accept_profile": "other"}, 406, "PGRST106"),
        ("POST", "samples", {"content_profile": "other"}, 406, "PGRST106"),
        ("GET", "samples", {"accept": "application/geo+json"}, 406, "PGRST107"),
        ("GET", "samples", {"prefer": "handling=strict, x=y"}, 400, "PGRST122"),
        ("POST", "rpc/fn", {}, 404, "PGRST202"),
    ],
)
def test_what_is_not_there_is_said_so(rest, alice, method, path, headers, status, code):
    answer = rest(
        alice, method, path, "", {"b": 1, "a": 2} if method == "POST" else None, **headers
    )
    assert (answer.status, answer.code) == (status, code)


def test_an_unknown_table_may_be_a_slip(rest, alice):
    answer = rest(alice, "GET", "sample")
    assert answer.document == {
        "code": "PGRST205",
        "message": "Could not find the table 'public.sample' in the schema cache",
        "details": None,
        "hint": "Perhaps you meant the table 'public.samples'",
    }


def test_an_unknown_function_is_named_with_its_arguments(rest, alice):
    said = [
        rest(alice, "POST", "rpc/fn", "", {"b": 1, "a": 2}).document["message"],
        rest(alice, "GET", "rpc/fn", "b=1&a={x,y}").document["message"],
        rest(alice, "POST", "rpc/fn", "", {}).document["message"],
    ]
    assert said == [
        "Could not find the function public.fn(a, b) in the schema cache",
        "Could not find the function public.fn(a, b) in the schema cache",
        "Could not find the function public.fn without parameters in the schema cache",
    ]


def test_options_name_the_methods(rest):
    answer = rest(None, "OPTIONS", "samples", key="")
    assert (answer.status, answer.headers["Allow"]) == (200, "OPTIONS,GET,HEAD,POST,PATCH,DELETE")


# Who calls


def test_keys_are_asked_for_as_the_gateway_does(rest, alice):
    missing, wrong = rest(None, "GET", "samples", key=""), rest(None, "GET", "samples", key="x")
    assert (missing.status, missing.document) == (
        401,
        {
            "message": "No API key found in request",
            "hint": "No `apikey` request header or url param was found.",
        },
    )
    assert (wrong.status, wrong.document["message"]) == (401, "Invalid API key")
    assert (
        rest(alice, "GET", "samples", f"apikey={settings.PUBLISHABLE_KEYS[0]}", key="").status
        == 200
    )


def test_the_key_may_come_twice_and_in_both_formats(rest):
    legacy = legacy_api_key("anon", now=1_790_000_000)
    for key in (settings.PUBLISHABLE_KEYS[0], legacy):
        answer = rest(None, "GET", "samples", key=key, authorization=f"Bearer {key}")
        assert (answer.status, answer.document) == (200, [])


def test_bad_and_ended_tokens_are_told_apart(rest, alice):
    bad = rest(None, "GET", "samples", authorization="Bearer x.y.z")
    assert (bad.status, bad.code) == (401, "PGRST301")
    assert bad.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
    assert alice.post("/auth/v1/logout?scope=local", b"").status == 204
    for method, document in (("GET", None), ("POST", {"event_type": "x"})):
        ended = rest(alice, method, "analytics_events", "", document)
        assert (ended.status, ended.code) == (401, "PGRST303")
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM analytics_events")
        assert cursor.fetchone() == (0,)


# Conversations


def test_history_is_opened_and_not_searched(rest, alice):
    turn = {
        "session_id": str(uuid.uuid4()),
        "message": "are we ready?",
        "response": {"content": "Yes", "n": [1]},
    }
    made = rest(
        alice,
        "POST",
        "assistant_conversations",
        "select=id",
        turn,
        accept=OBJECT,
        prefer="return=representation",
    )
    query = (
        "select=id,message,r:response->n->0,response->>content,created_at::text,m:message::text"
        "&order=created_at.desc.nullslast,id.asc&offset=0&limit=10&helpful=is.null"
    )
    [row] = rest(alice, "GET", "assistant_conversations", quote(query, safe="=&")).document
    del row["created_at"]
    assert row == {
        **made.document, "message": "are we ready?", "r": 1, "content": "Yes", "m": "are we ready?",
    }  # fmt: skip
    for query in (
        "message=eq.x",
        "response->>content=eq.Yes",
        "order=message",
        "or=(message.is.null)",
    ):
        answer = rest(alice, "GET", "assistant_conversations", quote(query, safe="=&"))
        assert (answer.status, answer.code) == (400, "PGRST100")
    csv = rest(
        alice, "GET", "assistant_conversations", "select=message,response", accept="text/csv"
    )
    assert (
        csv.body.decode()
        == 'message,response\n"are we ready?","{""n"": [1], ""content"": ""Yes""}"'
    )

"""Random queries: what is found is what PostgreSQL finds for a query written by hand, and never another's row."""

import uuid
from urllib.parse import quote, quote_plus

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fashionos.kit.owned import Role, acting
from fashionos.postgrest.tests.test_grammar import texts
from fashionos.postgrest.tree import (
    CONTAINMENTS,
    OPERATORS,
    TRUTHS,
    Filter,
    Item,
    Logic,
    Order,
    Path,
    Query,
    Step,
    write,
)
from fashionos.tables import TABLES
from fashionos.testing.people import add_person

THOROUGH = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def rows_of(name):
    return [
        {
            "reference": f"{name}{n}",
            "name": ["", "Gown", "gown_x", "100% silk", 'q"t', "ivory"][n % 6],
            "sku": f"G{n % 4}",
            "status": ["awaiting", "received", "shot"][n % 3],
            "is_hero": n % 2 == 0,
            "look_ids": [[], ["L1"], ["L1", "L2"], ["a,b", "{x}"]][n % 4],
            "details": [{}, {"n": n}, {"n": str(n), "tags": ["x"]}, {"n": None}][n % 4],
            "needed_at": None if n % 5 == 0 else f"2025-12-{10 + n}T10:00:00Z",
        }
        for n in range(14)
    ]


@pytest.fixture
def people(rest):
    found = [add_person("alice@example.com"), add_person("bob@example.com")]
    for person, name in zip(found, "ab", strict=True):
        assert rest(person, "POST", "samples", "", rows_of(name)).status == 201
    return found


# A condition in the dialect, and the same by hand


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def listed(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


COLUMNS = {
    "sku": ["G0", "G1", "G3", "zz", ""],
    "name": ["", "Gown", "100% silk", 'q"t', "ivory", "a,b)"],
    "status": ["awaiting", "received", "shot"],
    "needed_at": ["2025-12-12T10:00:00Z", "2025-12-15 00:00:00+02", "2020-01-01"],
    "is_hero": ["true", "f"],
    "details->>n": ["1", "2", "x"],
    "details->n": ["1", '"2"', "null"],
}
TEXTS = ("sku", "name", "status", "details->>n")
SQL = {"details->>n": "(details->>'n')", "details->n": "(details->'n')"}
SIGNS = {
    "eq": "=",
    "neq": "<>",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "isdistinct": "IS DISTINCT FROM",
}


@st.composite
def leaves(draw):
    kind = draw(st.sampled_from(["compare", "in", "is", "like", "match", "array", "json"]))
    column = draw(st.sampled_from(list(COLUMNS)))
    if kind == "compare":
        operator, value = draw(st.sampled_from(list(SIGNS))), draw(st.sampled_from(COLUMNS[column]))
        pair = (
            f"{operator}.{listed(value)}",
            f"{SQL.get(column, column)} {SIGNS[operator]} {literal(value)}",
        )
    elif kind == "in":
        values = draw(st.lists(st.sampled_from(COLUMNS[column]), max_size=3))
        among = (
            f"{SQL.get(column, column)} IN ({', '.join(map(literal, values))})"
            if values
            else "false"
        )
        pair = f"in.({','.join(map(listed, values))})", among
    elif kind == "is":
        column, truth = draw(
            st.sampled_from(
                [
                    ("needed_at", "null"),
                    ("is_hero", "true"),
                    ("is_hero", "false"),
                    ("details->n", "null"),
                ]
            )
        )
        pair = f"is.{truth}", f"{SQL.get(column, column)} IS {truth}"
    elif kind == "like":
        column, pattern = (
            draw(st.sampled_from(TEXTS)),
            draw(st.sampled_from(["G*", "%o%", "_own", "*%*", "100\\%*", ""])),
        )
        operator = draw(st.sampled_from(["like", "ilike"]))
        pair = (
            f"{operator}.{listed(pattern)}",
            f"{SQL.get(column, column)} {operator} {literal(pattern.replace('*', '%'))}",
        )
    elif kind == "match":
        column, pattern = (
            draw(st.sampled_from(TEXTS)),
            draw(st.sampled_from(["^G", "[ov]", "x$", "(a|b)+"])),
        )
        operator, sign = draw(st.sampled_from([("match", "~"), ("imatch", "~*")]))
        pair = (
            f"{operator}.{listed(pattern)}",
            f"{SQL.get(column, column)} {sign} {literal(pattern)}",
        )
    elif kind == "array":
        column, array = (
            "look_ids",
            draw(st.sampled_from(["{}", "{L1}", "{L1,L2}", '{"a,b","{x}",L1}'])),
        )
        operator, sign = draw(st.sampled_from([("cs", "@>"), ("cd", "<@"), ("ov", "&&")]))
        pair = f"{operator}.{listed(array)}", f"look_ids::text[] {sign} {literal(array)}"
    else:
        column, document = "details", draw(st.sampled_from(['{"n":1}', "{}", '{"tags":["x"]}']))
        operator, sign = draw(st.sampled_from([("cs", "@>"), ("cd", "<@")]))
        pair = f"{operator}.{listed(document)}", f"details {sign} {literal(document)}"
    dialect, sql = pair
    if draw(st.booleans()):
        dialect, sql = f"not.{dialect}", f"NOT ({sql})"
    return f"{column}.{dialect}", f"({sql})"


def joined(operator, negated, parts):
    dialect = f"{'not.' if negated else ''}{operator}({','.join(part for part, _ in parts)})"
    sql = f" {operator} ".join(part for _, part in parts)
    return dialect, f"{'NOT ' if negated else ''}({sql})"


trees = st.recursive(
    leaves(),
    lambda inner: st.builds(
        joined,
        st.sampled_from(["and", "or"]),
        st.booleans(),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


def test_random_filters_find_what_sql_by_hand_finds(rest, people):
    alice, _ = people

    @THOROUGH
    @given(trees, st.sampled_from(["needed_at", "details->>n", "name"]), st.booleans())
    def check(tree, order, descending):
        dialect, sql = tree
        direction = "desc" if descending else "asc"
        query = f"select=reference&and={quote(f'({dialect})')}&order={quote(order)}.{direction},reference"
        answer = rest(alice, "GET", "samples", query, prefer="count=exact")
        by_hand = f"SELECT reference FROM samples WHERE user_id = '{alice.id}' AND {sql}"
        by_hand += f" ORDER BY {SQL.get(order, order)} {direction}, reference"
        with acting(Role.SYSTEM), connection.cursor() as cursor:
            cursor.execute(by_hand)
            expected = [reference for (reference,) in cursor.fetchall()]
        assert answer.status == 200, answer
        assert [row["reference"] for row in answer.document] == expected
        assert answer.range.endswith(f"/{len(expected)}")

    check()


# Anything at all


SUITABLE = {
    "uuid": [str(uuid.uuid4())],
    "timestamptz": ["2025-12-12", "2025-12-12T10:00:00+02:00"],
    "boolean": ["true", "f"],
    "text[]": ["{}", '{a,"b c"}'],
    "jsonb": ["{}", '{"n":1}', '"x"', "3"],
    "text": ["G1", "%", "*a*", "", "{a,b}"],
}
STEPS = st.lists(
    st.builds(
        Step,
        st.one_of(st.sampled_from(["n", "tags", 'x"y']), st.integers(-2, 2)),
        as_text=st.just(False),  # noqa: FBT003 -- a strategy
    ),
    max_size=2,
).map(tuple)
FITTING = {"text": OPERATORS, "text[]": ("eq", *CONTAINMENTS), "jsonb": ("eq", "lt", "cs", "cd")}


def told(table):
    """Make the strategy of queries that are mostly about the table's own columns and types."""
    columns = TABLES[table].columns
    paths = {
        name: st.builds(Path, st.just(name), STEPS if column.type == "jsonb" else st.just(()))
        for name, column in columns.items()
    }
    some_path = st.one_of(*paths.values())

    @st.composite
    def part(draw):
        if draw(st.integers(0, 9)) == 0:  # anything goes
            operator = draw(st.sampled_from(OPERATORS))
            path, value = Path(draw(st.sampled_from([*columns, "nope"])), draw(STEPS)), draw(texts)
        else:
            path = draw(some_path)
            kind = columns[path.column].type
            operator = draw(
                st.sampled_from(FITTING.get(kind, ("eq", "neq", "gt", "lte", "isdistinct", "in")))
            )
            value = draw(st.sampled_from(SUITABLE.get(kind, ["1", "2"])))
        if operator == "in":
            value = (value,)
        elif operator == "is" or draw(st.integers(0, 9)) == 0:
            operator, value = "is", draw(st.sampled_from(TRUTHS[:2]))
        return Filter(path, operator, value, draw(st.booleans()))

    condition = st.recursive(
        part(),
        lambda inner: st.builds(
            Logic,
            st.sampled_from(["and", "or"]),
            st.lists(inner, min_size=1, max_size=3).map(tuple),
        ),
        max_leaves=4,
    )
    alias = st.one_of(st.none(), st.none(), texts)
    cast = st.sampled_from([None, None, None, "text", "integer"])
    item = st.one_of(st.just(Item(None)), st.builds(Item, some_path, alias, cast))
    return st.builds(
        Query,
        select=st.one_of(st.none(), st.lists(item, max_size=3).map(tuple)),
        where=st.lists(condition, max_size=2).map(tuple),
        order=st.lists(st.builds(Order, some_path, st.booleans()), max_size=1).map(tuple),
        limit=st.sampled_from([None, None, 0, 5]),
        offset=st.sampled_from([0, 0, 1, 99]),
        columns=st.none(),
        on_conflict=st.sampled_from([None, None, ("id",), ("nope",)]),
    )


TOLD = {table: told(table) for table in TABLES}


def test_random_queries_never_show_another_s_row_and_never_fail(rest, people):
    alice, bob = people
    for person, words in ((alice, "alices words"), (bob, "bobs words")):
        assert rest(person, "POST", "assistant_conversations", "", {"message": words}).status == 201
        event = rest(
            person, "POST", "events", "", {"name": words}, prefer="return=representation"
        ).document[0]
        assert (
            rest(
                person, "POST", "event_tasks", "", {"event_id": event["id"], "title": words}
            ).status
            == 201
        )
    accepts = [
        "*/*",
        "text/csv",
        "application/vnd.pgrst.object+json",
        "application/vnd.pgrst.array+json;nulls=stripped",
    ]
    answered = []

    @settings(THOROUGH, max_examples=1_000)
    @given(
        st.data(),
        st.sampled_from(sorted(TABLES)),
        st.sampled_from(accepts),
        st.sampled_from(["", "count=exact"]),
    )
    def check(data, table, accept, prefer):
        query = data.draw(TOLD[table])
        text = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in write(query))
        alices, bobs = rest.run(
            [
                rest.request(person, "GET", table, text, accept=accept, prefer=prefer)
                for person in (alice, bob)
            ]
        )
        for answer, other, words in ((alices, bob, b"bobs words"), (bobs, alice, b"alices words")):
            assert answer.status < 500, (table, text, answer)
            shown = answer.body if answer.status < 300 else b""
            assert str(other.id).encode() not in shown
            assert words not in shown
        answered.append(alices.status)

    check()
    # Most are refused; enough are answered to mean something.
    assert sum(status < 300 for status in answered) >= 300


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "POST"])
def test_random_writes_change_nobody_else_s_rows_and_never_fail(rest, people, method):
    alice, bob = people
    values = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        texts,
        st.just({}),
        st.just([1, "x"]),
        st.just(str(bob.id)),
    )

    def of_bob():
        with acting(Role.SUPPORT), connection.cursor() as cursor:
            seen = []
            for table in TABLES:
                owner = "user_id" if "user_id" in TABLES[table].columns else "event_id::text"
                cursor.execute(
                    f"SELECT x::text FROM {table} x WHERE {owner} = %s ORDER BY 1", [str(bob.id)]
                )
                seen.append(cursor.fetchall())
            return seen

    before = of_bob()

    @settings(THOROUGH, max_examples=100)
    @given(
        st.data(),
        st.sampled_from(sorted(TABLES)),
        st.sampled_from(["", "return=representation", "resolution=merge-duplicates"]),
    )
    def check(data, table, prefer):
        query = data.draw(TOLD[table])._replace(limit=None, offset=0)
        text = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in write(query))
        row = st.dictionaries(st.sampled_from(list(TABLES[table].columns)), values, max_size=3)
        document = None if method == "DELETE" else data.draw(row)
        answer = rest(alice, method, table, text, document, prefer=prefer)
        assert answer.status < 500, (table, text, document, answer)

    check()
    assert of_bob() == before


def test_containments_are_among_the_random_ones():
    assert set(CONTAINMENTS) <= set(OPERATORS)

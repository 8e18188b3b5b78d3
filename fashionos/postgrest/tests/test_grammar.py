"""The parser: what the client sends is read, what is read can be written and read again, the rest is refused."""

from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionos.postgrest import grammar
from fashionos.postgrest.grammar import parse
from fashionos.postgrest.problems import Problem
from fashionos.postgrest.tree import (
    CONTAINMENTS,
    OPERATORS,
    QUANTIFIED,
    RANGES,
    SEARCHES,
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


def encode(pairs):
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)


def condition(query_string):
    [found] = parse(query_string).where
    return found


def test_the_first_captured_request_is_read():
    query = parse(
        "select=id%2Cmessage%2Cr%3Aresponse-%3Eactions-%3E0-%3E%3Elabel%2Ccreated_at%3A%3Atext"
        "&session_id=eq.99999999-&created_at=gte.2025-01-01T00%3A00%3A00%2B00%3A00"
        "&skill_used=neq.a+b%2Cc&kit_context=in.%28logistics%2C%22a%2Cb%22%2C%22x%28y%29%22%2Cq%22z%29"
        "&helpful=is.null&order=created_at.desc.nullslast%2Cid.asc&offset=10&limit=10"
    )
    label = Path(
        "response",
        (Step("actions", as_text=False), Step(0, as_text=False), Step("label", as_text=True)),
    )
    assert query == Query(
        select=(
            Item(Path("id")),
            Item(Path("message")),
            Item(label, alias="r"),
            Item(Path("created_at"), cast="text"),
        ),
        where=(
            Filter(Path("session_id"), "eq", "99999999-"),
            Filter(Path("created_at"), "gte", "2025-01-01T00:00:00+00:00"),
            Filter(Path("skill_used"), "neq", "a b,c"),
            Filter(Path("kit_context"), "in", ("logistics", "a,b", "x(y)", 'q"z')),
            Filter(Path("helpful"), "is", "null"),
        ),
        order=(Order(Path("created_at"), descending=True, nulls="last"), Order(Path("id"))),
        limit=10,
        offset=10,
    )


def test_the_second_captured_request_is_read():
    query = parse(
        "select=*&a=gt.1&a=lt.9&b=lte.2&c=like.%25x%25&c=ilike.*y*&c=like%28any%29.%7Ba%25%2Cb%25%7D"
        "&c=ilike%28all%29.%7BA%25%7D&c=match.%5Ea&c=imatch.b%24&d=isdistinct.5&e=not.is.null"
        "&f=not.in.%281%2C2%29&or=%28a.eq.1%2Cand%28b.gt.2%2Cc.in.%28x%2Cy%29%29%29&response-%3E%3Etype=eq.text"
    )
    a, b, c = Path("a"), Path("b"), Path("c")
    assert query.where == (
        Filter(a, "gt", "1"),
        Filter(a, "lt", "9"),
        Filter(b, "lte", "2"),
        Filter(c, "like", "%x%"),
        Filter(c, "ilike", "*y*"),
        Filter(c, "like", "{a%,b%}", quantifier="any"),
        Filter(c, "ilike", "{A%}", quantifier="all"),
        Filter(c, "match", "^a"),
        Filter(c, "imatch", "b$"),
        Filter(Path("d"), "isdistinct", "5"),
        Filter(Path("e"), "is", "null", negated=True),
        Filter(Path("f"), "in", ("1", "2"), negated=True),
        Logic(
            "or",
            (
                Filter(a, "eq", "1"),
                Logic("and", (Filter(b, "gt", "2"), Filter(c, "in", ("x", "y")))),
            ),
        ),
        Filter(Path("response", (Step("type", as_text=True),)), "eq", "text"),
    )


def test_the_third_captured_request_is_read():
    query = parse(
        "select=*&kit_order=cs.%7Ba%2Cb%7D&kit_order=ov.%7Ba%2Cc+d%7D&data=cs.%7B%22k%22%3A%7B%22z%22%3A1%7D%7D"
        "&message=fts%28english%29.%27fat%27+%26+%27cat%27&m2=plfts.fat+cat&m4=wfts%28english%29.fat+or+cat"
    )
    assert query.where == (
        Filter(Path("kit_order"), "cs", "{a,b}"),
        Filter(Path("kit_order"), "ov", "{a,c d}"),
        Filter(Path("data"), "cs", '{"k":{"z":1}}'),
        Filter(Path("message"), "fts", "'fat' & 'cat'", config="english"),
        Filter(Path("m2"), "plfts", "fat cat"),
        Filter(Path("m4"), "wfts", "fat or cat", config="english"),
    )


def test_the_columns_of_a_bulk_insert_are_read():
    assert parse("columns=%22message%22%2C%22response%22%2Ckit").columns == (
        "message",
        "response",
        "kit",
    )


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("in.()", ()),
        ('in.("")', ("",)),
        ('in.(a,"b\\"c",d e)', ("a", 'b"c', "d e")),
        ("in.(,)", ("", "")),
    ],
)
def test_lists_keep_what_is_empty_and_what_is_quoted(written, value):
    assert condition(f"a={quote_plus(written)}").value == value


def test_a_name_in_quotes_may_hold_dots_and_commas():
    assert parse('select="a.b,c"').select == (Item(Path("a.b,c")),)


def test_inside_a_tree_values_end_at_commas_and_arrays_do_not():
    parts = condition('or=(a.cs.{x,y},b.eq."p,q",c.eq.r s)').parts
    assert [part.value for part in parts] == ["{x,y}", "p,q", "r s"]


@pytest.mark.parametrize(
    ("query_string", "code", "status"),
    [
        ("a=1", "PGRST100", 400),
        ("a=foo.1", "PGRST100", 400),
        ("a=eq", "PGRST100", 400),
        ("a=is.maybe", "PGRST100", 400),
        ("a=in.1,2", "PGRST100", 400),
        ("a=in.(1", "PGRST100", 400),
        ("or=(a.eq.1", "PGRST100", 400),
        ("or=a.eq.1", "PGRST100", 400),
        ("or=()", "PGRST100", 400),
        ("order=a.up", "PGRST100", 400),
        ("order=a.desc.asc", "PGRST100", 400),
        ("select=a->", "PGRST100", 400),
        ("select=a->>b->c", "PGRST100", 400),
        ("select=a::", "PGRST100", 400),
        ("select=a,,b", "PGRST100", 400),
        ("select=a(b)", "PGRST200", 400),
        ("select=x:a!inner(b)", "PGRST200", 400),
        ("select=...a(b)", "PGRST200", 400),
        ("select=count()", "PGRST123", 400),
        ("select=n:count()", "PGRST123", 400),
        ("select=a.sum()", "PGRST123", 400),
        ("a.b=eq.1", "PGRST108", 400),
        ("order=a(b)", "PGRST108", 400),
        ("limit=x", "PGRST100", 400),
        ("limit=-1", "PGRST103", 416),
        ("offset=-1", "PGRST103", 416),
        ("limit=99999999999999999999", "PGRST100", 400),
        ("a=eq.%00", "PGRST100", 400),
        ("a=eq.%ff", "PGRST100", 400),
        ("select=" + "a," * 200 + "a", "PGRST100", 400),
        ("&".join(["a=eq.1"] * 200), "PGRST100", 400),
        ("or=" + "(and" * 20 + "(a.eq.1)" + ")" * 20, "PGRST100", 400),
        ("a=eq." + "x" * 20_000, "PGRST100", 414),
    ],
)
def test_what_cannot_be_read_is_refused(query_string, code, status):
    with pytest.raises(Problem) as refused:
        parse(query_string)
    assert (refused.value.code, refused.value.status) == (code, status)


def test_a_refusal_says_where():
    with pytest.raises(Problem) as refused:
        parse("a=xx.1")
    assert refused.value.message == '"failed to parse filter (xx.1)" (line 1, column 1)'
    assert refused.value.details == 'unexpected "x" expecting "not" or operator (eq, gt, ...)'


# What cannot be told from a name and its blanks is no name.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
names = texts.filter(lambda text: text != "")
columns = names.filter(lambda name: name not in {"apikey", *grammar._RESERVED})
steps = st.lists(
    st.tuples(st.one_of(names, st.integers(-999, 999)), st.booleans()), max_size=3
).map(
    lambda pairs: tuple(
        Step(key, as_text and n == len(pairs) - 1) for n, (key, as_text) in enumerate(pairs)
    )
)
paths = st.builds(Path, columns, steps)


@st.composite
def filters(draw):
    operator = draw(st.sampled_from(OPERATORS))
    if operator == "in":
        value = tuple(draw(st.lists(texts, max_size=4)))
    else:
        value = draw(st.sampled_from(TRUTHS) if operator == "is" else texts)
    quantifier = draw(st.sampled_from([None, "any", "all"])) if operator in QUANTIFIED else None
    config = draw(st.one_of(st.none(), names)) if operator in SEARCHES else None
    return Filter(draw(paths), operator, value, draw(st.booleans()), quantifier, config)


conditions = st.recursive(
    filters(),
    lambda inner: st.builds(
        Logic,
        st.sampled_from(["and", "or"]),
        st.lists(inner, min_size=1, max_size=3).map(tuple),
        st.booleans(),
    ),
    max_leaves=6,
)
items = st.one_of(
    st.just(Item(None)),
    st.builds(
        Item,
        paths,
        st.one_of(st.none(), names),
        st.sampled_from([None, "text", "text[]", "double precision"]),
    ),
)
orders = st.builds(Order, paths, st.booleans(), st.sampled_from([None, "first", "last"]))
some_names = st.one_of(st.none(), st.lists(names, min_size=1, max_size=3, unique=True).map(tuple))
queries = st.builds(
    Query,
    select=st.one_of(st.none(), st.lists(items, max_size=4).map(tuple)),
    where=st.lists(conditions, max_size=4).map(tuple),
    order=st.lists(orders, max_size=3).map(tuple),
    limit=st.one_of(st.none(), st.integers(0, 2**40)),
    offset=st.integers(0, 2**40),
    columns=some_names,
    on_conflict=some_names,
)


@given(queries)
def test_what_is_written_is_read_as_the_same(query):
    assert parse(encode(write(query))) == query


@given(
    st.text(max_size=60), st.sampled_from(["select", "order", "or", "a", "in", "columns", "limit"])
)
def test_any_text_is_read_or_refused(text, name):
    pairs = [(name, text), ("b", f"in.{text}"), ("c", f"eq.{text}")]
    try:
        query = grammar.read(pairs)
    except Problem:
        return
    assert grammar.read(write(query)) == query


def test_ranges_and_containments_are_operators():
    for operator in (*RANGES, *CONTAINMENTS):
        assert condition(f"a={operator}.x").operator == operator

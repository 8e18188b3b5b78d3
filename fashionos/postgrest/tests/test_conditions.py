"""Filters of `postgres_changes`: what the realtime client's builder writes is read as it was meant."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fashionos.postgrest.grammar import TOLD, parse_conditions
from fashionos.postgrest.problems import Problem
from fashionos.postgrest.tree import Filter, Path

RESERVED = set(',()"\\')
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
# One empty text is written as no text is.
LISTS = st.lists(TEXT, min_size=1, max_size=3).map(tuple).filter(lambda values: values != ("",))
SCALARS = sorted(TOLD - {"in", "is"})


def scalar(value):
    """Write a value as the builder does."""
    if not RESERVED & set(value) and value == value.strip():
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def written(part):
    if part.operator == "in":
        value = f"({','.join(scalar(one) for one in part.value)})"
    else:
        value = part.value if part.operator == "is" else scalar(part.value)
    return f"{part.path.column}={'not.' if part.negated else ''}{part.operator}.{value}"


conditions = st.lists(
    st.builds(
        lambda column, said, negated: Filter(Path(column), *said, negated),
        st.sampled_from(["name", "user_id", "needed_at"]),
        st.one_of(
            st.tuples(st.sampled_from(SCALARS), TEXT),
            st.tuples(st.just("in"), LISTS),
            st.tuples(st.just("is"), st.sampled_from(["null", "true", "false", "unknown"])),
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
).map(tuple)


@given(conditions)
@example((Filter(Path("name"), "eq", 'a,"b"=c'), Filter(Path("name"), "in", ("(", ")"))))
def test_what_the_builder_writes_is_read(parts):
    assert parse_conditions(",".join(map(written, parts))) == parts


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    with suppress(Problem):
        assert {part.operator for part in parse_conditions(text)} <= TOLD


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("name=like.f(a,b)", "f(a,b)"),
        ("name=eq.a)b", "a)b"),
        ('name=eq.say "hi"', 'say "hi"'),
        ('name=eq."a" b', '"a" b'),
        ("name=eq.  x ", "x"),
        ("name=eq.", ""),
        ("name=eq.a=b", "a=b"),
    ],
)
def test_what_people_write_is_read_as_their_server_reads_it(text, value):
    assert parse_conditions(text) == (Filter(Path("name"), text[5:].partition(".")[0], value),)


@pytest.mark.parametrize(
    "text",
    [
        *("", ",", "name", "name=", "name=eq", "name=eq.a,", "=eq.a", "name=cs.{a}", "name=not.a"),
        *("name=in.a", "name=in.(a", "name=is.x", "name->a=eq.b", "name=eq.a\0", "x" * 20_000),
        ",".join(["name=eq.a"] * 101),
    ],
)
def test_what_is_no_filter_is_refused(text):
    with pytest.raises(Problem):
        parse_conditions(text)

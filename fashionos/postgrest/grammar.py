"""The parser of the dialect's query strings."""

import re
from collections.abc import Callable, Iterable
from typing import Literal, TypeVar
from urllib.parse import unquote_plus

from fashionos.postgrest.problems import Problem
from fashionos.postgrest.reader import Reader
from fashionos.postgrest.tree import (
    COMPARISONS,
    OPERATORS,
    PATTERNS,
    QUANTIFIED,
    SEARCHES,
    TRUTHS,
    Filter,
    Item,
    Logic,
    Order,
    Path,
    Query,
    Step,
)

T = TypeVar("T")

AGGREGATES = frozenset({"count", "sum", "avg", "min", "max"})
MAX_QUERY = 16_384  # characters of a query string
MAX_CONDITIONS = 100
MAX_DEPTH = 10
MAX_ITEMS = 98  # json_build_array takes a hundred
MAX_STEPS = 16
MAX_NUMBER = 2**63 - 1

# What a filter of the realtime client knows.
TOLD = frozenset((*COMPARISONS, *PATTERNS, "is", "in"))

_DIGITS = re.compile(r"-?[0-9]{1,9}(?=->|::|[.,)]|$)")
_CAST = re.compile(r"[A-Za-z][\w ]*(?:\[\])?")
_OPERATOR = re.compile(r"[a-z]+")


_RESERVED = {
    *("select", "columns", "on_conflict", "order", "limit", "offset"),
    *("and", "or", "not.and", "not.or"),
}


def parse(query_string: str) -> Query:
    """Parse a query string as it was sent, percent-encoded. Raises Problem (PGRST100 and its kin)."""
    if len(query_string) > MAX_QUERY:
        message = f"The query string is longer than {MAX_QUERY} characters"
        raise Problem(414, "PGRST100", message)
    return read(split(query_string))


def split(query_string: str) -> list[tuple[str, str]]:
    """Decode a query string into its pairs, in their order."""
    pairs = []
    for part in query_string.split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        try:
            name, value = unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")
        except UnicodeDecodeError as error:
            message = "The query string is not percent-encoded UTF-8"
            raise Problem(400, "PGRST100", message) from error
        if "\0" in name or "\0" in value:
            raise Problem(400, "PGRST100", "The query string must not contain NUL characters")
        pairs.append((name, value))
    return pairs


def read(pairs: Iterable[tuple[str, str]]) -> Query:
    """Read decoded pairs; of a parameter that is given twice, filters aside, the last one counts."""
    given: dict[str, str] = {}
    where: list[Filter | Logic] = []
    budget = _Budget()
    for name, value in pairs:
        if name in {"and", "or", "not.and", "not.or"}:
            where.append(_whole_logic(name, value, budget))
        elif name in _RESERVED:
            given[name] = value
        elif name != "apikey":
            where.append(_whole_filter(name, value, budget))
    return Query(
        select=_given(given, "select", _select),
        where=tuple(where),
        order=_given(given, "order", _order) or (),
        limit=_given(given, "limit", _number("limit")),
        offset=_given(given, "offset", _number("offset")) or 0,
        columns=_given(given, "columns", _names("columns")),
        on_conflict=_given(given, "on_conflict", _names("on_conflict")),
    )


def _given(given: dict[str, str], name: str, parser: Callable[[str], T]) -> T | None:
    return parser(given[name]) if name in given else None


class _Budget:
    def __init__(self) -> None:
        self.left = MAX_CONDITIONS

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Problem(400, "PGRST100", f"A query has at most {MAX_CONDITIONS} conditions")


def _path(reader: Reader) -> Path:
    return Path(reader.name(), _steps(reader))


def _steps(reader: Reader) -> tuple[Step, ...]:
    steps: list[Step] = []
    while reader.take("->"):
        as_text = reader.take(">")
        number = reader.match(_DIGITS)
        steps.append(Step(int(number) if number else reader.name(), as_text))
        if as_text or len(steps) > MAX_STEPS:
            break
    if reader.sees("->"):
        reader.fail("end of the path")
    return tuple(steps)


# select


def _select(text: str) -> tuple[Item, ...]:
    reader = Reader(text, "select parameter")
    if reader.done():
        return ()
    items = reader.separated(_item, most=MAX_ITEMS)
    reader.end()
    return items


def _item(reader: Reader) -> Item:
    if reader.take("*"):
        return Item(None)
    if reader.sees("..."):
        raise _no_relationship(reader.text[reader.at + 3 :])
    alias, name = None, reader.name()
    if reader.sees(":") and not reader.sees("::"):
        reader.take(":")
        alias, name = name, reader.name()
    if reader.sees("(") or reader.sees("!"):
        is_count = name == "count" and reader.sees("()")
        raise _no_aggregates() if is_count else _no_relationship(name)
    path = Path(name, _steps(reader))
    cast = None
    if reader.take("::"):
        cast = reader.match(_CAST).strip().lower()
        if not cast:
            reader.fail("type name")
    if reader.take("."):
        if reader.match(_OPERATOR) in AGGREGATES and reader.sees("()"):
            raise _no_aggregates()
        reader.fail("aggregate function")
    return Item(path, alias, cast)


def _no_aggregates() -> Problem:
    return Problem(
        400,
        "PGRST123",
        "Use of aggregate functions is not allowed",
        hint="Rows are counted by Prefer: count=exact",
    )


class NoRelationship(Problem):
    """Embedding is asked for; whoever knows the table says between which two there is no relationship."""

    def __init__(self, other: str, table: str = "") -> None:
        self.other = other
        super().__init__(
            400,
            "PGRST200",
            f"Could not find a relationship between '{table}' and '{other}' in the schema cache",
            details=f"Searched for a foreign key relationship between '{table}' and '{other}' in the"
            " schema 'public', but no matches were found.",
            hint="Tables are not embedded here: ask for each by a request of its own",
        )


def _no_relationship(text: str) -> Problem:
    return NoRelationship(re.split(r"[(!:,]", text.strip())[0])


# order


def _order(text: str) -> tuple[Order, ...]:
    reader = Reader(text, "order")
    if reader.done():
        return ()
    terms = reader.separated(_term, most=MAX_ITEMS)
    reader.end()
    return terms


def _term(reader: Reader) -> Order:
    path = _path(reader)
    if reader.sees("("):
        raise _not_embedded(path.column)
    descending, nulls = False, None
    if reader.take(".desc"):
        descending = True
    else:
        reader.take(".asc")
    if reader.take(".nullsfirst"):
        nulls = "first"
    elif reader.take(".nullslast"):
        nulls = "last"
    if not (reader.done() or reader.sees(",")):
        reader.fail("asc, desc, nullsfirst or nullslast")
    return Order(path, descending, nulls)  # type: ignore[arg-type]  # mypy widens what it joins


def _not_embedded(name: str) -> Problem:
    return Problem(
        400,
        "PGRST108",
        f"'{name}' is not an embedded resource in this request",
        hint=f"Verify that '{name}' is included in the 'select' query parameter.",
    )


# limit, offset, columns, on_conflict


def _number(name: str) -> Callable[[str], int]:
    def read_number(text: str) -> int:
        if re.fullmatch(r"[0-9]{1,19}", text) and int(text) <= MAX_NUMBER:
            return int(text)
        if re.fullmatch(r"-[0-9]+", text):
            details = f"{name.capitalize()} should be greater than or equal to zero."
            message = "Requested range not satisfiable"
            raise Problem(416, "PGRST103", message, details=details)
        return Reader(text, f"{name} parameter").fail("a whole number")

    return read_number


def _names(name: str) -> Callable[[str], tuple[str, ...]]:
    def read_names(text: str) -> tuple[str, ...]:
        reader = Reader(text, f"{name} parameter")
        names = reader.separated(Reader.name, most=MAX_ITEMS)
        reader.end()
        return tuple(dict.fromkeys(names))

    return read_names


# filters


def _whole_filter(name: str, value: str, budget: _Budget) -> Filter:
    key = Reader(name, f"filter ({name})")
    path = _path(key)
    if key.sees("."):
        raise _not_embedded(path.column)
    key.end()
    reader = Reader(value, "filter")
    found = _condition(reader, path, budget, Reader.rest)
    reader.end()
    return found


def _whole_logic(name: str, value: str, budget: _Budget) -> Logic:
    reader = Reader(value, "logic tree")
    found = _logic(reader, name, budget, 1)
    reader.end()
    return found


def _logic(reader: Reader, name: str, budget: _Budget, depth: int) -> Logic:
    if depth > MAX_DEPTH:
        reader.fail(f"at most {MAX_DEPTH} levels")
    budget.take()
    reader.expect("(")
    parts = reader.separated(lambda inner: _part(inner, budget, depth), most=MAX_CONDITIONS)
    reader.expect(")")
    operator: Literal["and", "or"] = "and" if name.endswith("and") else "or"
    return Logic(operator, parts, name.startswith("not."))


def _part(reader: Reader, budget: _Budget, depth: int) -> Filter | Logic:
    while reader.take(" "):
        pass
    for name in ("and", "or", "not.and", "not.or"):
        if reader.sees(f"{name}("):
            reader.take(name)
            return _logic(reader, name, budget, depth + 1)
    path = _path(reader)
    reader.expect(".")
    return _condition(reader, path, budget, _listed_value)


def _listed_value(reader: Reader) -> str:
    """Read a value inside a logic tree: quoted, an array, or up to the next comma or parenthesis."""
    if reader.sees("{"):
        start = reader.at
        end = reader.text.find("}", start)
        after = reader.text[end + 1 : end + 2]
        if end > 0 and "{" not in reader.text[start + 1 : end] and after in {"", ",", ")"}:
            reader.at = end + 1
            return reader.text[start : end + 1]
    return reader.listed(",)")


def _condition(
    reader: Reader, path: Path, budget: _Budget, read_value: Callable[[Reader], str]
) -> Filter:
    budget.take()
    negated = reader.take("not.")
    start = reader.at
    operator = reader.match(_OPERATOR)
    if operator not in OPERATORS:
        reader.at = start
        reader.fail('"not" or operator (eq, gt, ...)')
    quantifier: Literal["any", "all"] | None = None
    config = None
    if operator in QUANTIFIED:
        if reader.take("(any)"):
            quantifier = "any"
        elif reader.take("(all)"):
            quantifier = "all"
    elif operator in SEARCHES and reader.take("("):
        config = reader.name()
        reader.expect(")")
    reader.expect(".")
    value: str | tuple[str, ...]
    if operator == "in":
        value = _values(reader)
    elif operator == "is":
        start, value = reader.at, read_value(reader).lower()
        if value not in TRUTHS:
            reader.at = start
            reader.fail("null, not_null, true, false or unknown")
    else:
        value = read_value(reader)
    return Filter(path, operator, value, negated, quantifier, config)


def _values(reader: Reader) -> tuple[str, ...]:
    reader.expect("(")
    if reader.take(")"):
        return ()
    values = reader.separated(lambda inner: inner.listed(",)"), most=MAX_QUERY)
    reader.expect(")")
    return values


# The filters of the realtime client: `column=operator.value,...`


def parse_conditions(text: str) -> tuple[Filter, ...]:
    """Parse a filter of `postgres_changes`, whose conditions all have to hold. Raises Problem (PGRST100)."""
    if len(text) > MAX_QUERY or "\0" in text:
        message = f"A filter is a text of {MAX_QUERY} characters at most"
        raise Problem(400, "PGRST100", message)
    reader, budget = Reader(text, "filter"), _Budget()
    parts = reader.separated(lambda inner: _told(inner, budget), most=MAX_CONDITIONS)
    reader.end()
    return parts


def _told(reader: Reader, budget: _Budget) -> Filter:
    path = Path(reader.name())
    reader.expect("=")
    start = reader.at
    found = _condition(reader, path, budget, _bare_value)
    if found.operator not in TOLD:
        reader.at = start
        reader.fail(f'"not" or operator ({", ".join(sorted(TOLD))})')
    return found


def _bare_value(reader: Reader) -> str:
    """Read a value up to the next comma that no parentheses enclose, perhaps in quotes."""
    start = reader.at
    value = reader.quoted()
    if value is not None and (reader.done() or reader.sees(",")):
        return value
    reader.at, depth = start, 0
    while not reader.done() and not (reader.sees(",") and depth == 0):
        depth = max(0, depth + reader.sees("(") - reader.sees(")"))
        reader.at += 1
    return reader.text[start : reader.at].strip()

"""What a query string asks for: a small frozen tree, and how it is written.

No tree knows how it was written, so the parser reads what `write` makes of a tree as the same tree.
"""

from typing import Literal, NamedTuple

from fashionos.postgrest.literals import quoted

COMPARISONS = ("eq", "neq", "gt", "gte", "lt", "lte", "isdistinct")
PATTERNS = ("like", "ilike", "match", "imatch")
CONTAINMENTS = ("cs", "cd", "ov")
RANGES = ("sl", "sr", "nxl", "nxr", "adj")
SEARCHES = ("fts", "plfts", "phfts", "wfts")
OPERATORS = (*COMPARISONS, *PATTERNS, *CONTAINMENTS, *RANGES, *SEARCHES, "is", "in")
QUANTIFIED = frozenset({"eq", "gt", "gte", "lt", "lte", *PATTERNS})
TRUTHS = ("null", "not_null", "true", "false", "unknown")


class Step(NamedTuple):
    """`->key` or `->>key` into a JSON value; a number is a place in an array."""

    key: str | int
    as_text: bool


class Path(NamedTuple):
    column: str
    steps: tuple[Step, ...] = ()


class Item(NamedTuple):
    """A column of the answer; `path` None stands for all of them."""

    path: Path | None
    alias: str | None = None
    cast: str | None = None


class Filter(NamedTuple):
    """`value` is a tuple of the values of `in`, and the text as given of every other operator."""

    path: Path
    operator: str
    value: str | tuple[str, ...]
    negated: bool = False
    quantifier: Literal["any", "all"] | None = None
    config: str | None = None  # of a full text search


class Logic(NamedTuple):
    operator: Literal["and", "or"]
    parts: "tuple[Filter | Logic, ...]"
    negated: bool = False


class Order(NamedTuple):
    path: Path
    descending: bool = False
    nulls: Literal["first", "last"] | None = None


class Query(NamedTuple):
    """What a query string asks for; `where` holds all of it. `select` None: it was not given."""

    select: tuple[Item, ...] | None = None
    where: tuple[Filter | Logic, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    columns: tuple[str, ...] | None = None
    on_conflict: tuple[str, ...] | None = None


ALL = (Item(None),)


def write(query: Query) -> list[tuple[str, str]]:
    """Return the pairs, not encoded, that are read as this query."""
    pairs = []
    if query.select is not None:
        pairs.append(("select", ",".join(_written_item(item) for item in query.select)))
    for part in query.where:
        if isinstance(part, Logic):
            pairs.append((_logic_name(part), _written_parts(part)))
        else:
            pairs.append((_written_path(part.path), _written_condition(part, listed=False)))
    if query.order:
        pairs.append(("order", ",".join(_written_term(term) for term in query.order)))
    if query.limit is not None:
        pairs.append(("limit", str(query.limit)))
    if query.offset:
        pairs.append(("offset", str(query.offset)))
    for name, names in (("columns", query.columns), ("on_conflict", query.on_conflict)):
        if names is not None:
            pairs.append((name, ",".join(quoted(part) for part in names)))
    return pairs


def _written_path(path: Path) -> str:
    steps = "".join(
        f"{'->>' if step.as_text else '->'}"
        f"{step.key if isinstance(step.key, int) else quoted(step.key)}"
        for step in path.steps
    )
    return f"{quoted(path.column)}{steps}"


def _written_item(item: Item) -> str:
    if item.path is None:
        return "*"
    alias = f"{quoted(item.alias)}:" if item.alias else ""
    cast = f"::{item.cast}" if item.cast else ""
    return f"{alias}{_written_path(item.path)}{cast}"


def _written_term(term: Order) -> str:
    nulls = f".nulls{term.nulls}" if term.nulls else ""
    return f"{_written_path(term.path)}.{'desc' if term.descending else 'asc'}{nulls}"


def _logic_name(logic: Logic) -> str:
    return f"{'not.' if logic.negated else ''}{logic.operator}"


def _written_parts(logic: Logic) -> str:
    parts = (
        f"{_logic_name(part)}{_written_parts(part)}"
        if isinstance(part, Logic)
        else f"{_written_path(part.path)}.{_written_condition(part, listed=True)}"
        for part in logic.parts
    )
    return f"({','.join(parts)})"


def _written_condition(part: Filter, *, listed: bool) -> str:
    operator = part.operator
    if part.quantifier or part.config:
        operator += f"({part.quantifier or quoted(part.config or '')})"
    if isinstance(part.value, tuple):
        value = f"({','.join(quoted(one) for one in part.value)})"
    else:
        value = quoted(part.value) if listed and part.operator != "is" else part.value
    return f"{'not.' if part.negated else ''}{operator}.{value}"

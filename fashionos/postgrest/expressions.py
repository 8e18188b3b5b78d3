"""The parts of a statement: conditions, order, what is selected. Everything that a caller wrote is a parameter.

All parameters are texts; PostgreSQL gives each the type of what it stands beside, and says which it cannot read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fashionos.postgrest.literals import TooCostly, array, like_pattern, regular_expression
from fashionos.postgrest.problems import Problem, unknown_column
from fashionos.postgrest.registry import Column, Table
from fashionos.postgrest.tree import (
    ALL,
    RANGES,
    SEARCHES,
    Filter,
    Item,
    Logic,
    Order,
    Path,
    Query,
    Step,
)

MAX_IDENTIFIER = 63  # bytes, of PostgreSQL
_CASTS = {
    **{name: name for name in ("text", "uuid", "date", "json", "jsonb", "numeric", "real", "time")},
    **{name: name for name in ("timestamp", "timestamptz", "interval", "boolean", "integer", "bigint", "smallint")},
    "int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean",
    "float8": "double precision", "float4": "real", "decimal": "numeric", "varchar": "varchar",
    "double precision": "double precision", "character varying": "varchar",
    "timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp",
    "text[]": "text[]", "integer[]": "integer[]", "int[]": "integer[]", "uuid[]": "uuid[]",
}  # fmt: skip
_COMPARE = {
    "eq": "=",
    "neq": "<>",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "isdistinct": "IS DISTINCT FROM",
}
_MATCH = {"like": "LIKE", "ilike": "ILIKE", "match": "~", "imatch": "~*"}
_CONTAIN = {"cs": "@>", "cd": "<@", "ov": "&&"}
_RANGE = {"sl": "<<", "sr": ">>", "nxl": "&>", "nxr": "&<", "adj": "-|-"}
_SEARCH = {
    "fts": "to_tsquery",
    "plfts": "plainto_tsquery",
    "phfts": "phraseto_tsquery",
    "wfts": "websearch_to_tsquery",
}
_IS = {
    "null": "NULL",
    "not_null": "NOT NULL",
    "true": "TRUE",
    "false": "FALSE",
    "unknown": "UNKNOWN",
}
_INFIX = _COMPARE | _MATCH | _CONTAIN


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the answer as it is rendered. `steps` and `cast` are left over for what is opened after the query."""

    name: str
    sealed: str | None = None  # the sealed column that it comes from
    steps: tuple[Step, ...] = ()
    is_json: bool = False
    as_text: bool = False


@dataclass(slots=True)
class Expressions:
    """SQL in the making, with its parameters in the order of their places."""

    table: Table
    params: list[str] = field(default_factory=list)

    def parameter(self, value: str, cast: str = "") -> str:
        self.params.append(value)
        return f"%s::{cast}" if cast else "%s"

    def column(self, name: str) -> Column:
        column = self.table.columns.get(name)
        if column is None:
            raise unknown_column(self.table.name, name, self.table.columns)
        return column

    def path(self, path: Path, *, use: str = "filter") -> str:
        column = self.column(path.column)
        if column.sealed:
            message = f"'{column.name}' is encrypted: it can be selected, but not used in a {use}"
            raise Problem(400, "PGRST100", message)
        sql = f"{identifier(self.table.name)}.{identifier(column.name)}"
        if path.steps and column.type.endswith("[]"):
            sql = f"to_jsonb({sql})"
        for step in path.steps:
            kind = "integer" if isinstance(step.key, int) else "text"
            sql += f"{'->>' if step.as_text else '->'}{self.parameter(str(step.key), kind)}"
        return f"({sql})" if path.steps else sql

    # Conditions

    def where(self, parts: Sequence[Filter | Logic]) -> str:
        return " AND ".join(self.condition(part) for part in parts) or "true"

    def condition(self, part: Filter | Logic) -> str:
        if isinstance(part, Logic):
            joined = f" {part.operator.upper()} ".join(
                self.condition(inner) for inner in part.parts
            )
            sql = f"({joined})"
        else:
            sql = self.comparison(part)
        return f"NOT {sql}" if part.negated else sql

    def comparison(self, part: Filter) -> str:
        if part.operator in SEARCHES and isinstance(part.value, str):
            return self.search(part, part.value)
        left = self.path(part.path)
        if isinstance(part.value, tuple):
            return f"({left} = ANY ({self.parameter(array(part.value))}))"
        if part.operator == "is":
            return f"({left} IS {_IS[part.value]})"
        if part.operator in RANGES:
            # No column here is a range.
            column = self.table.columns[part.path.column]
            message = f"operator does not exist: {column.type} {_RANGE[part.operator]} unknown"
            raise Problem(404, "42883", message)
        if part.operator in _CONTAIN and self.table.columns[part.path.column].type == "text[]":
            left += "::text[]"  # varchar[] has no operators of its own
        value = self.parameter(_checked(part, part.value))
        right = f"{part.quantifier.upper()} ({value})" if part.quantifier else value
        return f"({left} {_INFIX[part.operator]} {right})"

    def search(self, part: Filter, value: str) -> str:
        # The parameters in the order of their places in the text.
        config = "" if part.config is None else f"{self.parameter(part.config, 'regconfig')}, "
        vector = f"to_tsvector({config}{self.path(part.path)})"
        config = "" if part.config is None else f"{self.parameter(part.config, 'regconfig')}, "
        return f"({vector} @@ {_SEARCH[part.operator]}({config}{self.parameter(value)}))"

    def ordering(self, terms: Sequence[Order]) -> str:
        return ", ".join(self.term(term) for term in terms)

    def term(self, term: Order) -> str:
        sql = f"{self.path(term.path, use='order')}{' DESC' if term.descending else ''}"
        # Where there are no NULLs their place would only keep the index from being used.
        if term.nulls and (term.path.steps or self.column(term.path.column).nullable):
            sql += f" NULLS {term.nulls.upper()}"
        return sql

    def page(self, query: Query, max_rows: int | None) -> str:
        sql = f" ORDER BY {self.ordering(query.order)}" if query.order else ""
        limit = query.limit
        if max_rows is not None:
            limit = max_rows if limit is None else min(limit, max_rows)
        if limit is not None:
            # A plan that is kept must know the limit, or it would be one for a tenth of the table.
            sql += f" LIMIT {limit}"
        if query.offset:
            sql += f" OFFSET {self.parameter(str(query.offset), 'bigint')}"
        return sql

    # What is selected

    def items(self, query: Query) -> list[Item]:
        every = [Item(Path(name)) for name in self.table.columns]
        items: list[Item] = []
        for item in ALL if query.select is None else query.select:
            items += every if item.path is None else [item]
        return items

    def plain(self, item: Item) -> str:
        """Select an item under its name, for PostgreSQL to make an object of."""
        return f"{self.value(item)} AS {identifier(item_name(item))}"

    def value(self, item: Item) -> str:
        assert item.path is not None  # noqa: S101 -- items() has put the columns in its place
        sql = self.path(item.path, use="select")
        return f"{sql}::{_cast(item.cast)}" if item.cast else sql

    def field(self, item: Item, number: int, *, as_text: bool) -> tuple[Field, str]:
        assert item.path is not None  # noqa: S101 -- as above
        column = self.column(item.path.column)
        name = item_name(item)
        if column.sealed:
            cast = _cast(item.cast) if item.cast else None
            if cast not in {None, "text", "jsonb", "json"} or (
                item.path.steps and column.type != "jsonb"
            ):
                message = f"'{column.name}' is encrypted: it can be cast to text only"
                raise Problem(400, "PGRST100", message)
            is_json = column.type == "jsonb" and cast != "text"
            source = f"encode({identifier(self.table.name)}.{identifier(column.name)}, 'hex')"
            return Field(name, column.name, item.path.steps, is_json), f'{source} AS "{number}"'
        sql = self.value(item)
        kind = _cast(item.cast) if item.cast else column.type
        if as_text:
            is_truth = kind == "boolean" and not item.path.steps
            sql = (
                f"CASE {sql} WHEN true THEN 't' WHEN false THEN 'f' END"
                if is_truth
                else f"({sql})::text"
            )
        return Field(name), f'{sql} AS "{number}"'


def _checked(part: Filter, value: str) -> str:
    try:
        if part.operator in {"like", "ilike"}:
            return like_pattern(value)
        if part.operator in {"match", "imatch"}:
            return regular_expression(value)
    except TooCostly as error:
        message = f"The pattern of '{part.operator}' is too costly: {error}"
        raise Problem(400, "PGRST100", message) from error
    return value


def identifier(name: str) -> str:
    """Quote a name, which the driver also reads for its placeholders."""
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


def _cast(name: str) -> str:
    known = _CASTS.get(name)
    if known is None:
        raise Problem(400, "42704", f'type "{name}" does not exist')
    return known


def item_name(item: Item) -> str:
    """Return what an item is called in the answer: its alias, else the last key of its path."""
    assert item.path is not None  # noqa: S101 -- items() has put the columns in its place
    keys = [step.key for step in item.path.steps if isinstance(step.key, str)]
    name = item.alias or (keys[-1] if keys else item.path.column)
    if len(name.encode()) > MAX_IDENTIFIER:
        raise Problem(400, "PGRST100", f"A name has at most {MAX_IDENTIFIER} bytes: {name}")
    return name

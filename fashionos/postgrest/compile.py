"""From the tree to SQL: identifiers from the registry alone, everything that a caller wrote as a parameter."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from fashionos.postgrest.expressions import Expressions, Field, identifier
from fashionos.postgrest.grammar import NoRelationship
from fashionos.postgrest.headers import AS_ARRAY, Shape
from fashionos.postgrest.literals import array
from fashionos.postgrest.problems import Problem, unknown_body_column
from fashionos.postgrest.registry import Column, Row, Table
from fashionos.postgrest.tree import Filter, Path, Query

CALLER = "\0caller"  # no request can hold the NUL


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement whose one row is: the rows as JSON text, how many, how many there are in all, how many are new.

    With `fields` each row is an array of their values, followed by the row's key and owner if any of them is sealed.
    """

    sql: str
    params: tuple[str, ...]
    fields: tuple[Field, ...] = ()
    is_own: bool = False  # CALLER among the parameters stands for the caller's id
    has_row: bool = True  # False: no row comes back, the number of rows is that of the command


def compile_read(
    table: Table,
    query: Query,
    shape: Shape,
    *,
    count: bool,
    max_rows: int,
    empty: bool = False,
    own: bool = False,
) -> Plan:
    """Compile a page of rows. `empty`: what is read has the table's columns, and no row.

    `own`: of the caller's rows. The policies say the same, but as a value that the planner does not know: among a few
    users it would read a frequent one's rows in search of a rare one's.
    """
    parts = Expressions(table)
    source = _no_rows(table) if empty else identifier(table.name)
    if own:
        mine = Filter(Path(str(table.owner)), "eq", CALLER)
        query = query._replace(where=(mine, *query.where))
    total = "NULL::bigint"
    if count:
        total = f"(SELECT count(*) FROM {source} WHERE {parts.where(query.where)})"
    plan = _result(parts, query, shape, source, total=total, page=True, max_rows=max_rows)
    return replace(plan, is_own=own)


def compile_rows(table: Table, query: Query, shape: Shape, keys: Sequence[Any]) -> Plan:
    """Compile what is shown of the rows with these keys, in their order."""
    return _result(Expressions(table), query, shape, identifier(table.name), keys=keys)


def compile_keys(table: Table, query: Query, *, most: int) -> Plan:
    """Compile the locking of the rows that the filters find; the statement's rows are their keys, in order.

    The lock is an UPDATE's, so that of rows that the caller only sees there are none.
    """
    parts = Expressions(table)
    where, locking = parts.where(query.where), f" FOR UPDATE OF {identifier(table.name)}"
    if table.removable:
        where, locking = f"{where} AND {table.removable}", ""
    key = f"{identifier(table.name)}.{identifier(table.key)}"
    sql = f"SELECT {key} FROM {identifier(table.name)} WHERE {where} ORDER BY {key} LIMIT {most + 1}{locking}"
    return Plan(sql, tuple(parts.params))


def compile_existing(table: Table, rows: Sequence[Row], columns: Sequence[str]) -> Plan:
    """Compile the search for what equals these rows in `columns`; the statement's rows are places (from 1) and keys."""
    name, key = identifier(table.name), identifier(table.key)
    typed = ", ".join(f"{identifier(c)} {table.columns[c].type}" for c in columns)
    same = " AND ".join(f"{name}.{identifier(c)} = r.{identifier(c)}" for c in columns)
    sql = (
        f"SELECT b.n, {name}.{key} FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS b(e, n)"
        f" CROSS JOIN LATERAL jsonb_to_record(b.e) AS r({typed}) JOIN {name} ON {same} ORDER BY b.n"
    )
    asked = [{column: row[column] for column in columns} for row in rows]
    return Plan(sql, (_json(asked),))


def compile_typed(table: Table, rows: Sequence[Row]) -> Plan:
    """Compile the reading of rows' values as their columns' types; the statement's one row is the rows as JSON text.

    PostgreSQL refuses what it cannot read, in its own words. JSON is what it is: those columns are left out.
    """
    names = dict.fromkeys(name for row in rows for name in row)
    columns = [table.columns[name] for name in names if table.columns[name].type != "jsonb"]
    if not columns:
        return Plan("SELECT %s", (_json([{} for _ in rows]),))
    typed = ", ".join(f"{identifier(column.name)} {column.type}" for column in columns)
    sql = (
        "SELECT json_agg(to_json(r) ORDER BY b.n)::text"
        " FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS b(e, n)"
        f" CROSS JOIN LATERAL jsonb_to_record(b.e) AS r({typed})"
    )
    return Plan(sql, (_json(rows),))


def compile_changed(
    table: Table, keys: Sequence[Any], conditions: Sequence[Sequence[Filter]], *, gone: bool
) -> Plan:
    """Compile what is told of the rows with these keys: arrays of key, which of the conditions hold, and the row.

    Rows that are `gone` are null, and of their conditions those on the key count.
    """
    parts = Expressions(table)
    name, key = identifier(table.name), f"{identifier(table.name)}.{identifier(table.key)}"
    if gone:
        conditions = [[one for one in c if one.path.column == table.key] for c in conditions]
    holds = ", ".join(f"({parts.where(condition)})" for condition in conditions)
    columns, row, fields = _selected(parts, Query(), AS_ARRAY)
    among = parts.parameter(array(map(str, keys)), f"{table.columns[table.key].type}[]")
    if gone:
        row, fields = "NULL::json", ()
        source = f"unnest({among}) AS {name}({identifier(table.key)})"
    else:
        chosen = f"(SELECT {', '.join(columns)}) AS x"
        source = f"{name} CROSS JOIN LATERAL {chosen} WHERE {key} = ANY ({among})"
    rows = f"coalesce(json_agg(json_build_array({key}, ARRAY[{holds}]::boolean[], {row})), '[]')"
    sql = f"SELECT {rows}::text, count(*), NULL::bigint, NULL::bigint FROM {source}"
    return Plan(sql, tuple(parts.params), fields)


def compile_insert(
    table: Table,
    query: Query,
    shape: Shape,
    rows: Sequence[Row],
    *,
    columns: Sequence[str],
    resolution: str | None,
    returning: bool,
    missing_default: bool,
) -> Plan:
    """Compile an INSERT of rows that have no columns but these."""
    name = identifier(table.name)
    parts = Expressions(table)
    added = [c for c in table.columns.values() if c.name not in columns and c.default]
    names = [*columns, *(column.name for column in added), *table.hidden]
    values = [
        *(_inserted(table.columns[c], rows, missing_default=missing_default) for c in columns),
        *(str(column.default) for column in added),
        *table.hidden.values(),
    ]
    listed = ", ".join(identifier(column) for column in names)
    sql = f"INSERT INTO {name} ({listed}) SELECT {', '.join(values)} FROM "
    sql += f"jsonb_array_elements({parts.parameter(_json(rows), 'jsonb')}) AS b(e)"
    if columns:
        typed = ", ".join(f"{identifier(c)} {_stored(table.columns[c])}" for c in columns)
        sql += f" CROSS JOIN LATERAL jsonb_to_record(b.e) AS r({typed})"
    if resolution:
        target = query.on_conflict or (table.key,)
        for column in target:
            parts.column(column)
        sql += f" ON CONFLICT ({', '.join(identifier(column) for column in target)})"
        sql += (
            _on_conflict(table, columns, target)
            if resolution == "merge-duplicates"
            else " DO NOTHING"
        )
    if not (returning or resolution == "merge-duplicates"):
        return Plan(sql, tuple(parts.params), has_row=False)
    # The row's xmax tells an inserted row from one that was there.
    sql += f' RETURNING ({name}.xmax = 0) AS "*new", {name}.*'
    return _written(parts, query, shape, sql, inserted='(SELECT count(*) FROM w WHERE "*new")')


def _stored(column: Column) -> str:
    return "bytea" if column.sealed else column.type


def _inserted(column: Column, rows: Sequence[Row], *, missing_default: bool) -> str:
    value = f"r.{identifier(column.name)}"
    # Where there is no place for NULL, leaving a column out can only ask for its default.
    if column.default is None or not (missing_default or not column.nullable):
        return value
    if all(column.name in row for row in rows):
        return value
    return f"CASE WHEN b.e ? '{column.name}' THEN {value} ELSE {column.default} END"


def _on_conflict(table: Table, columns: Sequence[str], target: Sequence[str]) -> str:
    changed = [column for column in columns if column not in target] or list(target)
    sets = [f"{identifier(column)} = EXCLUDED.{identifier(column)}" for column in changed]
    if table.touched and table.touched not in changed:
        sets.append(f"{identifier(table.touched)} = now()")
    return f" DO UPDATE SET {', '.join(sets)}"


def compile_update(
    table: Table, query: Query, shape: Shape, values: Row, *, returning: bool
) -> Plan:
    parts = Expressions(table)
    sets = [f"{identifier(column)} = r.{identifier(column)}" for column in values]
    if table.touched and table.touched not in values:
        sets.append(f"{identifier(table.touched)} = now()")
    typed = ", ".join(f"{identifier(c)} {table.columns[c].type}" for c in values)
    sql = f"UPDATE {identifier(table.name)} SET {', '.join(sets)} FROM jsonb_to_record("
    sql += (
        f"{parts.parameter(_json(values), 'jsonb')}) AS r({typed}) WHERE {parts.where(query.where)}"
    )
    return _changed(parts, query, shape, sql, returning=returning)


def compile_delete(table: Table, query: Query, shape: Shape, *, returning: bool) -> Plan:
    parts = Expressions(table)
    sql = f"DELETE FROM {identifier(table.name)} WHERE {parts.where(query.where)}"
    return _changed(parts, query, shape, sql, returning=returning)


def _changed(parts: Expressions, query: Query, shape: Shape, sql: str, *, returning: bool) -> Plan:
    if not returning:
        return Plan(sql, tuple(parts.params), has_row=False)
    return _written(parts, query, shape, f"{sql} RETURNING {identifier(parts.table.name)}.*")


def _written(
    parts: Expressions,
    query: Query,
    shape: Shape,
    statement: str,
    *,
    inserted: str = "NULL::bigint",
) -> Plan:
    source = f"w AS {identifier(parts.table.name)}"
    plan = _result(parts, query, shape, source, inserted=inserted)
    return Plan(f"WITH w AS ({statement}) {plan.sql}", plan.params, plan.fields)


def _result(
    parts: Expressions,
    query: Query,
    shape: Shape,
    source: str,
    *,
    total: str = "NULL::bigint",
    inserted: str = "NULL::bigint",
    page: bool = False,
    max_rows: int | None = None,
    keys: Sequence[Any] | None = None,
) -> Plan:
    """Compile the statement's one row out of the rows of `source`, which the parameters so far belong to."""
    columns, row, fields = _selected(parts, query, shape)
    rows = f"coalesce(json_agg({row}), '[]')"
    if shape.stripped and not any(field.sealed for field in fields):
        rows = f"json_strip_nulls({rows})"
    selected = f"SELECT {', '.join(columns)} FROM {source}"
    if keys is not None:
        key, among = (
            f"{identifier(parts.table.name)}.{identifier(parts.table.key)}",
            array(map(str, keys)),
        )
        selected += f" WHERE {key} = ANY ({parts.parameter(among)})"
        selected += f" ORDER BY array_position({parts.parameter(among, 'text[]')}, {key}::text)"
    if page:
        selected += f" WHERE {parts.where(query.where)}{parts.page(query, max_rows)}"
    sql = f"SELECT {rows}::text, count(*), {total}, {inserted} FROM ({selected}) AS x"
    return Plan(sql, tuple(parts.params), fields)


def _selected(
    parts: Expressions, query: Query, shape: Shape
) -> tuple[list[str], str, tuple[Field, ...]]:
    """Return the columns that are selected, what is made of a row `x` of them, and the fields if that is an array."""
    items = parts.items(query)
    sealed = any(i.path and i.path.column in parts.table.sealed for i in items)
    if not (shape.csv or sealed):
        # The star says that the row is meant: a column of the answer may be called x.
        return [parts.plain(item) for item in items], "x.*", ()
    pairs = [parts.field(item, n, as_text=shape.csv) for n, item in enumerate(items)]
    fields = tuple(field for field, _ in pairs)
    columns = [sql for _, sql in pairs]
    names = [str(number) for number in range(len(fields))]
    if sealed:
        for name in (parts.table.key, parts.table.owner or parts.table.key):
            place = f"{identifier(parts.table.name)}.{identifier(name)}"
            columns.append(f"{place}::text AS {identifier(f'*{name}')}")
            names.append(f"*{name}")
    row = f"json_build_array({', '.join(f'x.{identifier(name)}' for name in names)})"
    return columns, row, fields


def _no_rows(table: Table) -> str:
    columns = ", ".join(
        f"NULL::{_stored(c)} AS {identifier(c.name)}" for c in table.columns.values()
    )
    return f"(SELECT {columns} WHERE false) AS {identifier(table.name)}"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


# The body of a write


def read_columns(table: Table, query: Query, rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the columns that rows are written in: those that the request names, else those of the rows.

    Raises Problem: unknown ones (PGRST204), and rows that do not have the same (PGRST102).
    """
    if query.columns is not None:
        columns: Sequence[str] = query.columns
    else:
        columns = tuple(rows[0]) if rows else ()
        if any(row.keys() != rows[0].keys() for row in rows):
            raise Problem(400, "PGRST102", "All object keys must match")
    for column in columns:
        if column not in table.columns:
            raise unknown_body_column(table.name, column, table.columns)
    return tuple(columns)


def in_table(problem: Problem, table: str) -> Problem:
    """Say of an embedding what it was asked of."""
    return NoRelationship(problem.other, table) if isinstance(problem, NoRelationship) else problem

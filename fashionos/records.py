"""What `postgres_changes` tells of a row: read as the listener, shown as `/rest/v1` would show it."""

from collections.abc import Hashable, Sequence
from uuid import UUID

import msgspec

from fashionos.kit.owned import Role
from fashionos.postgrest.compile import Plan, compile_changed, compile_read
from fashionos.postgrest.grammar import parse_conditions
from fashionos.postgrest.headers import AS_ARRAY
from fashionos.postgrest.literals import array
from fashionos.postgrest.problems import Problem
from fashionos.postgrest.registry import Actor, Table
from fashionos.postgrest.render import rows_body
from fashionos.postgrest.tree import Filter, Query
from fashionos.postgrest.views import DataAPI
from realtime.bindings import EVERY, BadBinding, Binding
from realtime.changes import Described, Key, Person, Row, Seen, Watched

# The names by which the client casts texts; of values that are JSON already it takes what comes.
_TYPES = {
    "bigint": "int8",
    "boolean": "bool",
    "double precision": "float8",
    "integer": "int4",
    "smallint": "int2",
    "text[]": "_text",
}
_REGULAR_EXPRESSIONS = frozenset({"match", "imatch"})
_LIVE = (
    "(SELECT coalesce(json_agg(session), '[]') FROM unnest(%s::uuid[]) AS session"
    " WHERE fashionos_session_lives(session, fashionos_user_id()))"
)

_read_told = msgspec.json.Decoder(
    tuple[list[tuple[Key, list[bool | None], msgspec.Raw]], list[UUID]]
)
_read_rows = msgspec.json.Decoder(list[msgspec.Raw])


class Records:
    """The tables of a data API, for those who listen to their changes."""

    def __init__(self, api: DataAPI) -> None:
        self.api = api
        self.described = {name: _describe(table) for name, table in api.tables.items()}

    def describe(self, table: str) -> Described:
        return self.described[table]

    async def watch(self, binding: Binding, person: Person) -> Watched:
        """Return what a binding means to this person: which tables, and the condition if it has a filter.

        Tables that the person reads as empty are none of them. Raises BadBinding.
        """
        actor = _actor(person)
        if binding.table == EVERY:
            return Watched(binding, await self.readable(actor))
        table = self.api.tables.get(binding.table)
        if table is None:
            raise binding.unable()
        for column in binding.select or ():
            if column not in table.columns:
                raise binding.unable(f"invalid column for select {column}")
        condition = _condition(binding, table)
        empty = actor.role in table.unreadable_by
        try:
            await self.check(table, actor, condition, empty=empty)
        except Problem as problem:
            raise binding.unable(problem.message) from problem
        return Watched(binding, frozenset(() if empty else (table.name,)), condition or None)

    async def readable(self, actor: Actor) -> frozenset[str]:
        sql = (
            "SELECT coalesce(json_agg(name), '[]')::text, count(*), NULL::bigint, NULL::bigint"
            " FROM unnest(%s::text[]) AS name WHERE has_any_column_privilege(name, 'SELECT')"
        )
        result = await self.api.database.read(actor, Plan(sql, (array(self.api.tables),)))
        return frozenset(msgspec.json.decode(result.rows))

    async def check(
        self, table: Table, actor: Actor, condition: Sequence[Filter], *, empty: bool
    ) -> None:
        """Let PostgreSQL say whether this person may read the table, and whether the condition makes sense."""
        query = Query(where=tuple(condition))
        plan = compile_read(table, query, AS_ARRAY, count=False, max_rows=0, empty=empty)
        await self.api.database.read(actor, plan)
        for part in condition:
            if part.operator in _REGULAR_EXPRESSIONS:
                # Among no rows nothing is matched, so that the read says nothing of it.
                sql = "SELECT '[]', count(*), NULL::bigint, NULL::bigint WHERE '' ~ %s"
                await self.api.database.read(actor, Plan(sql, (str(part.value),)))

    async def read(
        self,
        table: str,
        keys: Sequence[Key],
        conditions: Sequence[Hashable],
        *,
        person: Person,
        sessions: Sequence[UUID],
        gone: bool,
    ) -> Seen:
        """Read rows as this person, and in the same round trip whether the sessions still live."""
        actor, described = _actor(person), self.api.tables[table]
        plan = compile_changed(described, keys, conditions, gone=gone)  # type: ignore[arg-type]  # those of `watch`
        shown = (
            f"json_build_array(told.rows::json, {_LIVE})::text, told.count, told.total, told.new"
        )
        sql = f"SELECT {shown} FROM ({plan.sql}) AS told(rows, count, total, new)"  # noqa: S608 -- all that a caller wrote is a parameter
        live = array(map(str, sessions))
        result = await self.api.database.read(actor, Plan(sql, (live, *plan.params)))
        told, living = _read_told.decode(result.rows)
        records = [bytes(record) for _, _, record in told]
        if plan.fields and records:
            body = b"[" + b",".join(records) + b"]"
            opened = await self.api.in_thread(
                actor, lambda: rows_body(body, plan.fields, AS_ARRAY, described.opener)
            )
            records = [bytes(record) for record in _read_rows.decode(opened)]
        rows = {
            key: Row(record, holds) for (key, holds, _), record in zip(told, records, strict=True)
        }
        return Seen(rows, frozenset(living))


def _actor(person: Person) -> Actor:
    """Return as whom a person reads; whether the sessions live is asked in the statement."""
    return Actor(Role.SYSTEM) if person is None else Actor(Role.WEB, person)


def _condition(binding: Binding, table: Table) -> tuple[Filter, ...]:
    if not binding.filter:
        return ()
    try:
        condition = parse_conditions(binding.filter)
    except Problem as problem:
        raise BadBinding(f"Error parsing `filter` params: {problem.message}") from problem
    for part in condition:
        if part.path.column not in table.columns:
            raise binding.unable(f"invalid column for filter {part.path.column}")
    return condition


def _describe(table: Table) -> Described:
    types = {name: _TYPES.get(column.type, column.type) for name, column in table.columns.items()}
    return Described(table.key, types)

"""Statements on the event loop: a pool of its own, and who acts said in the same round trip.

What `acting()` is for threads, with the same roles, policies and check of the session: the identity is local to the
transaction that the pipeline is, so no pooled connection carries it on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from fashionos.kit.owned import SessionEnded
from fashionos.postgrest.compile import CALLER, Plan
from fashionos.postgrest.expressions import Field
from fashionos.postgrest.problems import of_database, unavailable
from fashionos.postgrest.registry import Actor

# The actor of a session that ended is nobody: what follows in the same round trip finds and writes nothing.
_ACT = (
    "SELECT lives, set_config('role', %s, true),"
    " set_config('app.user_id', CASE WHEN lives THEN %s ELSE '' END, true)"
    " FROM (SELECT %s = '' OR fashionos_session_lives(nullif(%s, '')::uuid, nullif(%s, '')::uuid)) AS s(lives)"
)


# The pauses between attempts double: after a long outage the next one would be as far away. What is given up is begun
# anew by the next request.
_RECONNECT_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Result:
    """The rows as JSON text, how many they are, how many there are in all, and how many are new."""

    rows: bytes
    count: int
    total: int | None = None
    new: int | None = None
    fields: tuple[Field, ...] = ()  # what the plan said that the rows are


class Database:
    """Runs plans; the pool opens with the first one, in the event loop that asks. Raises Problem and SessionEnded."""

    def __init__(
        self, *, statement_timeout_ms: int, min_size: int, max_size: int, timeout: float
    ) -> None:
        self.statement_timeout_ms = statement_timeout_ms
        self.min_size = min_size
        self.max_size = max_size
        self.timeout = timeout
        self.pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]] | None = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        if self.pool is not None:
            await self.pool.close()
            self.pool = None

    async def read(self, actor: Actor, plan: Plan) -> Result:
        """Run a plan that changes nothing; once more if the connection turns out to be lost."""
        try:
            return await self._run(actor, plan, None)
        except _Lost:
            return await self.write(actor, plan)

    async def write(
        self, actor: Actor, plan: Plan, check: Callable[[Result], None] | None = None
    ) -> Result:
        """Run a plan in a transaction, which what `check` raises undoes."""
        try:
            return await self._run(actor, plan, check)
        except _Lost as lost:
            raise unavailable() from lost

    async def _run(
        self, actor: Actor, plan: Plan, check: Callable[[Result], None] | None
    ) -> Result:
        try:
            async with self._connection() as connection:
                if check is None:
                    return await _at_once(connection, actor, plan)
                async with connection.transaction():
                    return await _checked(connection, actor, plan, check)
        except PoolTimeout as error:
            raise unavailable() from error
        except psycopg.Error as error:
            if error.diag.sqlstate is None:
                raise _Lost from error
            raise of_database(error.diag, signed_in=actor.is_known) from error

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        pool = self.pool or await self._open()
        connection = await pool.getconn()
        try:
            yield connection
        finally:
            if connection.broken:
                # One that is lost is seldom the only one: the server was away.
                await pool.putconn(connection)
                await pool.check()
            else:
                await pool.putconn(connection)

    async def _open(self) -> AsyncConnectionPool[psycopg.AsyncConnection[Any]]:
        async with self._opening:
            if self.pool is None:
                pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]] = AsyncConnectionPool(
                    kwargs=_place(self.statement_timeout_ms),
                    min_size=self.min_size,
                    max_size=self.max_size,
                    timeout=self.timeout,
                    reconnect_timeout=_RECONNECT_SECONDS,
                    open=False,
                )
                await pool.open()
                self.pool = pool
        return self.pool


class _Lost(Exception):  # noqa: N818 -- a fact, named as one
    """The connection broke."""


async def _at_once(connection: psycopg.AsyncConnection[Any], actor: Actor, plan: Plan) -> Result:
    """Run actor and plan in one round trip: a pipeline is a transaction too."""
    acted = connection.cursor()
    try:
        async with connection.pipeline():
            await acted.execute(_ACT, _identity(actor))
            ran = await connection.execute(plan.sql, _parameters(actor, plan))
    except psycopg.Error:
        if acted.pgresult is not None:
            await _check_session(acted)
        raise
    await _check_session(acted)
    return await _result(ran, plan)


async def _checked(
    connection: psycopg.AsyncConnection[Any],
    actor: Actor,
    plan: Plan,
    check: Callable[[Result], None],
) -> Result:
    await _check_session(await connection.execute(_ACT, _identity(actor)))
    result = await _result(await connection.execute(plan.sql, _parameters(actor, plan)), plan)
    check(result)
    return result


def _identity(actor: Actor) -> tuple[str, ...]:
    user, session = str(actor.user_id or ""), str(actor.session_id or "")
    return actor.role.value, user, session, session, user


def _parameters(actor: Actor, plan: Plan) -> tuple[str, ...]:
    if not plan.is_own:
        return plan.params
    caller = str(actor.user_id)
    return tuple(caller if value == CALLER else value for value in plan.params)


async def _check_session(acted: psycopg.AsyncCursor[Any]) -> None:
    row = await acted.fetchone()
    if row is None or not row[0]:
        raise SessionEnded


async def _result(ran: psycopg.AsyncCursor[Any], plan: Plan) -> Result:
    if not plan.has_row:
        return Result(b"[]", ran.rowcount)
    row = await ran.fetchone()
    assert row is not None  # noqa: S101 -- an aggregate has one
    rows, count, total, new = row
    return Result(rows.encode(), count, total, new, plan.fields)


def _place(statement_timeout_ms: int) -> dict[str, Any]:
    """Return where Django's database is, as the driver takes it."""
    database = connection.settings_dict
    names = {
        "dbname": "NAME",
        "user": "USER",
        "password": "PASSWORD",
        "host": "HOST",
        "port": "PORT",
    }
    given = {key: database[name] for key, name in names.items() if database[name]}
    others = {
        key: value
        for key, value in database["OPTIONS"].items()
        if key not in {"pool", "options", "server_side_binding"}
    }
    return {
        **others,
        **given,
        "options": f"-c statement_timeout={statement_timeout_ms} -c timezone=UTC -c client_encoding=UTF8",
        "autocommit": True,
        "prepare_threshold": 0,
    }

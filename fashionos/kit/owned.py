"""Whose rows these are: the actor of a transaction, the manager that filters, the policies behind it.

Two walls stand between users. `Model.objects.for_user(user)` is the only door to an owned table in views, services and
consumers. Behind it PostgreSQL's row level security answers for what a forgotten filter would have shown: each
transaction names its actor, and the policies of that actor's database role decide.
"""

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from enum import StrEnum
from itertools import chain
from time import perf_counter
from typing import Any, NamedTuple, Protocol, Self
from uuid import UUID

import psycopg
from django.apps import apps
from django.db import OperationalError, connection, migrations, models, transaction
from psycopg_pool import PoolTimeout


class Role(StrEnum):
    """The database roles of the migration kit/0001: who a transaction acts as."""

    WEB = "fashionos_web"  # a signed-in user: the rows of app.user_id, and only with what the tables grant
    AUTH = "fashionos_auth"  # the accounts service: users, sessions, tokens, keys
    SYSTEM = "fashionos_system"  # the server's own work: writes insights
    SUPPORT = "fashionos_support"  # people in the admin: read everything, change little
    ERASER = "fashionos_eraser"  # retention and erasure: the only one that deletes conversations


class NoActor(RuntimeError):  # noqa: N818 -- a fact, named as one
    """A query reached one of our tables outside `acting()`: it would have found nothing, silently."""


class SessionEnded(Exception):  # noqa: N818 -- a fact, named as one
    """The access token is genuine, but its session was signed out, has expired, or its user is banned."""


class HasId(Protocol):
    @property
    def id(self) -> UUID: ...


_actor: ContextVar[tuple[Role, UUID | None] | None] = ContextVar("actor", default=None)


class _Spent(threading.local):
    seconds = 0.0


_spent = _Spent()


def database_seconds() -> float:
    """Return the seconds that this thread has waited for queries and commits since it began: take the difference."""
    return _spent.seconds


@contextmanager
def acting(
    role: Role,
    *,
    user_id: UUID | None = None,
    session_id: UUID | None = None,
    durable: bool = True,
    statement_timeout_ms: int | None = None,
) -> Iterator[None]:
    """Open a transaction in which the database knows who acts.

    The identity is local to the transaction, so that no pooled connection carries it to the next request. With a
    `session_id` the same round trip checks that this session of the user still lives. What is not `durable` does not
    wait for the disk: a crash may lose the last moments of it, as a cache can bear. Statements take no longer than
    `statement_timeout_ms`, if the transaction has a limit of its own.

    Raises SessionEnded if it does not; RuntimeError if another actor's transaction is open on this connection.
    """
    actor = (role, user_id)
    current = _actor.get()
    if current is not None:
        if current != actor:
            raise RuntimeError(f"{current} is acting: {actor} needs a transaction of its own")
        yield
        return
    token = _actor.set(actor)
    local = {
        "role": role.value,
        "app.user_id": str(user_id or ""),
        "synchronous_commit": "on" if durable else "off",
    }
    if statement_timeout_ms is not None:
        local["statement_timeout"] = str(statement_timeout_ms)
    try:
        opened, lives = _begin(user_id, session_id, local)
        with opened:
            if session_id is not None and not lives:
                raise SessionEnded
            yield
            committing = perf_counter()
        _spent.seconds += perf_counter() - committing
    finally:
        _actor.reset(token)


def _begin(
    user_id: UUID | None, session_id: UUID | None, local: Mapping[str, str]
) -> tuple[ExitStack, bool]:
    """Open a transaction with these settings of its own, and tell whether the user's session lives.

    A pooled connection may have been lost since it was last used, as all are when the server restarts: nothing has been
    said yet, so that it can be said once more.
    """
    try:
        return _begin_once(user_id, session_id, local)
    except OperationalError as error:
        if not _is_lost(error):
            raise
        connection.close()
        # One that is lost is seldom the only one.
        connection.pool.check()  # type: ignore[attr-defined]  # of the PostgreSQL backend
        return _begin_once(user_id, session_id, local)


def _begin_once(
    user_id: UUID | None, session_id: UUID | None, local: Mapping[str, str]
) -> tuple[ExitStack, bool]:
    with ExitStack() as stack:
        stack.enter_context(transaction.atomic(durable=True))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT fashionos_session_lives(%s, %s)"
                + ", set_config(%s, %s, true)" * len(local),
                [session_id, user_id, *chain.from_iterable(local.items())],
            )
            lives: bool = cursor.fetchone()[0]
        return stack.pop_all(), lives


def _is_lost(error: OperationalError) -> bool:
    """Tell whether the connection broke: the server ended it (57P0x), or is not there any more."""
    cause = error.__cause__
    return (
        isinstance(cause, psycopg.OperationalError)
        and not isinstance(cause, PoolTimeout)
        and (cause.sqlstate or "57P0").startswith("57P0")
    )


def is_acting() -> bool:
    """Whether an actor's transaction is open here."""
    return _actor.get() is not None and connection.in_atomic_block


_DML = re.compile(r"\s*\(*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
# Framework tables that migrations fill before anybody can act.
_UNGUARDED = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}
_guarded: re.Pattern[str] | None = None


def guard(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001 -- Django's signature
    """Refuse a query on one of our tables outside an actor's transaction, and time it (an execute wrapper)."""
    is_acting = _actor.get() is not None and context["connection"].in_atomic_block
    if not is_acting and _DML.match(sql) and _guarded_tables().search(sql):
        raise NoActor(
            f"Open `with acting(Role....)` around this query: {sql[:200]}. On the command line use the commands"
            " of `manage.py help`, which act as the role that they need."
        )
    started = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        _spent.seconds += perf_counter() - started


def _guarded_tables() -> re.Pattern[str]:
    global _guarded  # noqa: PLW0603 -- made once, when the models are known
    if _guarded is None:
        tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}  # noqa: SLF001 -- the documented API
        names = "|".join(sorted(map(re.escape, tables - _UNGUARDED)))
        _guarded = re.compile(f'"(?:{names})"')
    return _guarded


class OwnedQuerySet(models.QuerySet[Any]):
    def for_user(self, user: HasId) -> Self:
        """Keep this user's rows: the one door to an owned table."""
        return self.filter(user_id=user.id)


class Policy(NamedTuple):
    """What a role may do to a table, and to which of its rows."""

    role: Role
    command: str  # SELECT, INSERT, UPDATE or DELETE
    rows: str = "true"  # the rows that it sees and touches; SQL
    columns: Sequence[str] = ()  # for UPDATE: nothing but these


# The sub-select is evaluated once a query and keeps the index; a bare function call costs ten times as much.
OWN = "user_id = (SELECT fashionos_user_id())"


def row_security(table: str, *policies: Policy) -> migrations.RunSQL:
    """Make the operation that turns row level security on, for the owner too, and grants what the policies say."""
    up: list[Any] = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    ]
    down: list[Any] = [
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    ]
    for role, command, rows, columns in policies:
        name = f"{role.removeprefix('fashionos_')}_{command.lower()}"
        clauses = {
            "SELECT": f"USING ({rows})",
            "INSERT": f"WITH CHECK ({rows})",
            "UPDATE": f"USING ({rows}) WITH CHECK ({rows})",
            "DELETE": f"USING ({rows})",
        }[command]
        listed = f" ({', '.join(columns)})" if columns else ""
        up += [
            f"CREATE POLICY {name} ON {table} FOR {command} TO {role} {clauses}",
            f"GRANT {command}{listed} ON {table} TO {role}",
        ]
        down = [
            f"REVOKE {command}{listed} ON {table} FROM {role}",
            f"DROP POLICY {name} ON {table}",
            *down,
        ]
    return migrations.RunSQL(up, down)


def grant(table: str, role: Role, *privileges: str) -> migrations.RunSQL:
    """Make the operation that grants a role privileges on a table without row level security."""
    listed = ", ".join(privileges)
    return migrations.RunSQL(
        f"GRANT {listed} ON {table} TO {role}", f"REVOKE {listed} ON {table} FROM {role}"
    )

"""What readiness asks: PostgreSQL, its migrations, Redis where it is configured."""

from collections.abc import Callable

import psycopg
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

_SECONDS = 2


class Pending(Exception):  # noqa: N818 -- a fact, named as one
    """Migrations of this code have not been applied."""


def readiness_checks() -> dict[str, Callable[[], None]]:
    """Return the checks by the names that the report gives them; each raises when its part is away."""
    checks: dict[str, Callable[[], None]] = {
        "database": check_database,
        "migrations": Migrations().check,
    }
    if settings.REDIS_URL:
        checks["redis"] = check_redis
    return checks


def check_database() -> None:
    """Connect anew: a pooled connection would say nothing about the next one, and a busy pool is no dead database."""
    parameters = connection.get_connection_params()
    parameters.pop("pool", None)
    with psycopg.connect(**{**parameters, "connect_timeout": _SECONDS}) as fresh:
        fresh.execute("SELECT 1")


class Migrations:
    """Looks until none is missing, and never again: applied ones stay, newer ones are no concern of this code."""

    def __init__(self) -> None:
        self.applied = False

    def check(self) -> None:
        if self.applied:
            return
        try:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                raise Pending
        finally:
            connection.close()
        self.applied = True


def check_redis() -> None:
    from redis import Redis  # noqa: PLC0415 -- 7 MB that a server without Redis need not hold

    with Redis.from_url(
        settings.REDIS_URL, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS
    ) as client:
        client.ping()

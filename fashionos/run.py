"""`make run`: everything that a fresh machine needs, then the server. Ctrl-C stops all that it started."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import django

from fashionos.development import KEYS_FILE, write_env, write_secrets
from fashionos.embedded import Cluster, embedded_postgres

BASE_DIR = Path(__file__).resolve().parent.parent

NEXT_STEPS = """
FashionOS serves on {url} (Ctrl-C stops it).

Open it in a browser and sign in as a demo user, or ask "are we ready?" from here:

  . {data}/keys.env; . {data}/demo.env
  TOKEN=$(curl -s "{url}/auth/v1/token?grant_type=password" -H "apikey: $FASHIONOS_PUBLISHABLE_KEY" \\
    -d "{{\\"email\\":\\"$DEMO_EMAIL\\",\\"password\\":\\"$DEMO_PASSWORD\\"}}" |
    sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
  curl -s {url}/functions/v1/chat-orchestrator -H "Authorization: Bearer $TOKEN" \\
    -d @{data}/demo/chat-orchestrator.json

Admin: {url}/admin/ as SUPPORT_EMAIL with SUPPORT_PASSWORD of {data}/demo.env
"""


def main() -> None:
    # As on Ctrl-C, so that the database is stopped too; the server replaces it once it runs.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    data = Path(os.environ.get("DATA_DIR", BASE_DIR / ".data"))
    host, port = os.environ.get("HOST", "127.0.0.1"), _port()
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    os.environ.setdefault("SITE_URL", url)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fashionos.settings")
    write_secrets(data)
    with ExitStack() as stack:
        if os.environ.get("DATABASE_URL"):
            owner_url = os.environ["DATABASE_URL"]
        else:
            cluster = stack.enter_context(_database(data))
            owner_url, os.environ["DATABASE_URL"] = cluster.owner_url, cluster.login_url
        django.setup()
        _migrate(owner_url)
        _serve(host, port, url, data)


def _port() -> int:
    said = os.environ.get("PORT", "8000")
    if not (said.isascii() and said.isdecimal() and int(said) <= 65_535):  # noqa: PLR2004 -- the last port
        sys.exit(f"PORT must be a number from 0 to 65535, not {said!r}.")
    return int(said)


@contextmanager
def _database(data: Path) -> Iterator[Cluster]:
    """Run the embedded server, and tell the commands of other terminals where it is."""
    address = data / "database.env"
    with embedded_postgres(data / "postgres") as cluster:
        urls = {"DATABASE_URL": cluster.login_url, "BACKUP_DATABASE_URL": cluster.backup_url}
        write_env(address, urls)
        try:
            yield cluster
        finally:
            address.unlink(missing_ok=True)


def _migrate(owner_url: str) -> None:
    from django.db import OperationalError, connection  # noqa: PLC0415 -- app ready
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415 -- app ready

    try:
        executor = MigrationExecutor(connection)
    except OperationalError as error:
        sys.exit(
            f"The database cannot be reached: {error}. Is DATABASE_URL right, and does its server run?"
        )
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    connection.close()
    if pending:
        print(f"Applying {len(pending)} migrations ...", flush=True)  # noqa: T201 -- a command
        command = [sys.executable, str(BASE_DIR / "manage.py"), "migrate", "--verbosity", "0"]
        # A process of its own: the owner of the tables migrates, and never serves.
        environment = {**os.environ, "DATABASE_URL": owner_url}
        subprocess.run(command, env=environment, check=True)  # noqa: S603 -- our own command


def _serve(host: str, port: int, url: str, data: Path) -> None:
    from django.core.management import call_command  # noqa: PLC0415 -- app ready

    call_command("make_api_keys", write=data / KEYS_FILE, verbosity=0)
    call_command("seed_demo")

    def ready(actual: int) -> None:
        said = NEXT_STEPS.format(url=url.removesuffix(str(port)) + str(actual), data=data)
        print(said, flush=True)  # noqa: T201 -- a command

    with _periodic_commands():
        call_command("serve", host=host, port=port, ready=ready)


@contextmanager
def _periodic_commands() -> Iterator[None]:
    """Announce deadlines and add up analytics meanwhile, in processes of their own, as production does."""
    processes = [
        subprocess.Popen(  # noqa: S603 -- our own command
            [sys.executable, str(BASE_DIR / "manage.py"), command, "--every", seconds]
        )
        for command, seconds in (("announce_deadlines", "30"), ("roll_up_analytics", "300"))
    ]
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


if __name__ == "__main__":
    main()

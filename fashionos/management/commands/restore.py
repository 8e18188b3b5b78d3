from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from fashionos.accounts.models import DataKey
from fashionos.kit.owned import Role, acting
from fashionos.operating import backups

_CHUNK = 1 << 20


class Command(BaseCommand):
    help = (
        "Restore a backup (or the newest one in a folder of backups) into the database of DATABASE_URL, as its owner,"
        " and the files into STORAGE_DIR; migrate it, and erase again who was erased since. Stop the servers first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path, metavar="DIR|FILE")
        parser.add_argument(
            "--force", action="store_true", help="drop what the database and STORAGE_DIR hold"
        )

    def handle(self, *, backup: Path, force: bool, **_: Any) -> None:
        try:
            place = backups.find(backup)
            backups.restore(
                place,
                settings.DATABASE_URL,
                None if settings.STORAGE_S3_BUCKET else settings.STORAGE_DIR,
                force=force,
                all_seeing=settings.BACKUP_DATABASE_URL,
                tell=self.stdout.write,
            )
        except backups.BackupProblem as problem:
            raise CommandError(str(problem)) from problem
        # Before anybody is served: the tables as this code knows them, and nobody in them who was erased.
        backups.merge_lines(place.parent / backups.LEDGER, settings.ERASURE_LEDGER)
        call_command("migrate", verbosity=0, stdout=self.stdout)
        if backups.read_manifest(place).apart:
            _restore_keys(place.parent / backups.KEYS)
        call_command("finish_erasures", stdout=self.stdout)
        self.stdout.write("Restored: start the servers.")


def _restore_keys(path: Path) -> None:
    """Give the users of the backup their keys, as far as they still have one."""
    table = DataKey._meta.db_table  # noqa: SLF001 -- the documented API
    with path.open("rb") as file, acting(Role.AUTH), connection.cursor() as cursor:
        columns = file.readline().decode().strip()
        cursor.execute(f"CREATE TEMPORARY TABLE kept_keys (LIKE {table}) ON COMMIT DROP")
        with cursor.copy(f"COPY kept_keys ({columns}) FROM STDIN (FORMAT csv)") as copy:
            while data := file.read(_CHUNK):
                copy.write(data)
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM kept_keys"  # noqa: S608 -- names of our own file
            " WHERE user_id IN (SELECT id FROM accounts_user) ON CONFLICT DO NOTHING"
        )

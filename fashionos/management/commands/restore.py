from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fashionos.accounts.keys import restore_data_keys
from fashionos.operating import backups


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
            with (place.parent / backups.KEYS).open(newline="") as kept:
                restore_data_keys(kept)
        call_command("finish_erasures", stdout=self.stdout)
        self.stdout.write("Restored: start the servers.")

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from fashionos.accounts.models import DataKey
from fashionos.operating import backups


class Command(BaseCommand):
    help = (
        "Back up the database, and the files where a folder keeps them, into a new folder inside DIR. Connects with"
        " BACKUP_DATABASE_URL. An interrupted one leaves nothing that could be taken for a backup."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument(
            "--verify",
            action="store_true",
            help="restore it into a scratch database and compare each table, before older ones are removed",
        )
        parser.add_argument(
            "--keep",
            type=int,
            metavar="DAYS",
            help="remove all but the backups of the newest day in DIR and the last one of each of so many days before",
        )

    def handle(self, *, folder: Path, verify: bool, keep: int | None, **_: Any) -> None:
        if not settings.BACKUP_DATABASE_URL:
            raise CommandError(
                "Set BACKUP_DATABASE_URL to the login that may read everything (deploy/postgres/roles.sql makes it)."
            )
        if keep is not None and keep < 1:
            raise CommandError("--keep must be 1 or more.")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"{folder} cannot be written to: {error.strerror}.") from error
        # First: who was erased stays erased, whichever of the backups is restored, whether this one succeeds or not.
        backups.merge_lines(settings.ERASURE_LEDGER, folder / backups.LEDGER)
        files = None if settings.STORAGE_S3_BUCKET else settings.STORAGE_DIR
        try:
            backup = backups.back_up(
                settings.BACKUP_DATABASE_URL,
                files,
                folder,
                now=timezone.now(),
                apart=DataKey._meta.db_table,  # noqa: SLF001 -- the documented API
                tell=self.stdout.write,
            )
            if verify:
                backups.verify(backup, settings.BACKUP_DATABASE_URL)
                self.stdout.write("Restored into a scratch database: every table is the same.")
            for gone in backups.prune(folder, keep) if keep else ():
                self.stdout.write(f"Removed {gone.name}.")
        except backups.BackupProblem as problem:
            raise CommandError(str(problem)) from problem
        if files is None:
            self.stdout.write(
                f"The files are in the bucket {settings.STORAGE_S3_BUCKET}, and not in this backup: let the store keep"
                " versions or a replica of it."
            )
        self.stdout.write(f"Backed up to {backup}.")

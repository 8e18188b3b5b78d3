import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from fashionos.accounts.models import User
from fashionos.kit.owned import Role, acting
from fashionos.management.progress import Progress
from fashionos.workspace import services
from fashionos.workspace.changes import Refused
from fashionos.workspace.imports import ImportedSamples, UnreadableFile, read_csv
from fashionos.workspace.models import Sample
from insights.analysis.intake import read_zone

BATCH = 200
MOST_ERRORS = 50  # lines named; a file with more has the same mistake everywhere


class Command(BaseCommand):
    help = (
        "Import a CSV file of samples for a user: a header line, then a sample a line. A sample is known by its id,"
        " barcode or SKU; those that are there stay as they are, unless --update says otherwise. Either all lines are"
        " taken or, if one cannot be, none: each bad line is named."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="CSV in UTF-8; - reads standard input"
        )
        parser.add_argument(
            "--user", required=True, metavar="EMAIL", help="whose samples these are"
        )
        parser.add_argument(
            "--update",
            action="store_true",
            help="change those that are there to what the file says",
        )
        parser.add_argument(
            "--check", action="store_true", help="read the file, name what is wrong, write nothing"
        )
        parser.add_argument(
            "--timezone",
            dest="zone",
            default="UTC",
            metavar="ZONE",
            help="of moments without an offset (UTC)",
        )

    def handle(
        self, *, file: Path, user: str, update: bool, check: bool, zone: str, **_: Any
    ) -> None:
        found = read_zone(zone)
        if found is None:
            raise CommandError(
                f"There is no time zone {zone!r}. Take an IANA name such as Europe/Paris."
            )
        with acting(Role.SYSTEM):
            owner_id = (
                User.objects.filter(email=User.objects.normalize_email(user))
                .values_list("id", flat=True)
                .first()
            )
        if owner_id is None:
            raise CommandError(f"There is no user {user}.")
        try:
            imported = read_csv(_read(file), zone=found)
        except UnreadableFile as error:
            raise CommandError(f"{file}: {error}.") from error
        self._refuse_errors(file, imported)
        if imported.extra:
            self.stderr.write(f"Kept among the details: {', '.join(imported.extra)}.")
        if check:
            self.stdout.write(f"{len(imported.rows)} samples can be imported.")
            return
        added, changed = self._write(owner_id, imported.rows, update=update)
        self.stdout.write(
            f"{added} samples added, {changed} changed, {len(imported.rows) - added - changed} were so already."
        )

    def _refuse_errors(self, file: Path, imported: ImportedSamples) -> None:
        if not imported.errors:
            return
        for line, message in imported.errors[:MOST_ERRORS]:
            self.stderr.write(f"line {line}: {message}")
        if len(imported.errors) > MOST_ERRORS:
            self.stderr.write(f"... and {len(imported.errors) - MOST_ERRORS} more")
        lines = len({error.line for error in imported.errors})
        raise CommandError(f"{file}: {lines} lines cannot be taken; nothing was imported.")

    def _write(
        self, owner_id: UUID, rows: list[dict[str, Any]], *, update: bool
    ) -> tuple[int, int]:
        progress = Progress(self.stderr)
        with acting(Role.WEB, user_id=owner_id):
            mine = Sample.objects.filter(user_id=owner_id)
            there = dict(
                mine.filter(reference__in=[row["reference"] for row in rows]).values_list(
                    "reference", "details"
                )
            )
            new = [row for row in rows if row["reference"] not in there]
            for batch in _batches(new):
                self._refusing(services.add_samples, owner_id, batch, by=owner_id)
                progress.add(len(batch), f"of {len(rows)} samples")
            if not update:
                return len(new), 0
            old = [row for row in rows if row["reference"] in there]
            started = timezone.now()
            for row in old:
                values = {**row, "details": {**there[row["reference"]], **row["details"]}}
                self._refusing(
                    services.change_samples,
                    mine.filter(reference=row["reference"]),
                    values,
                    by=owner_id,
                )
                progress.add(1, f"of {len(rows)} samples")
            changed = mine.filter(reference__in=there, updated_at__gte=started).count()
        return len(new), changed

    def _refusing(self, change: Callable[..., Any], *values: Any, by: UUID) -> None:
        try:
            change(*values, by=by)
        except Refused as refused:
            raise CommandError(f"{refused} Nothing was imported.") from refused


def _read(file: Path) -> str:
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is no UTF-8 text. Save it as CSV UTF-8.") from error


def _batches(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))

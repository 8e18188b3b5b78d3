from datetime import UTC, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from analytics.rollups import LATE_DAYS, remove_before
from fashionos.management.progress import Progress


class Command(BaseCommand):
    help = (
        "Remove the analytics events older than ANALYTICS_RETENTION_DAYS, whole months at once, and who did what on"
        " those days. The daily totals stay. Safe to run at any time, and again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--keep", type=int, metavar="DAYS", help="instead of ANALYTICS_RETENTION_DAYS"
        )
        parser.add_argument(
            "--batch", type=int, default=5_000, metavar="N", help="rows at a time (5000)"
        )

    def handle(self, *, keep: int | None, batch: int, **_: Any) -> None:
        days = settings.ANALYTICS_RETENTION_DAYS if keep is None else keep
        if days <= LATE_DAYS:
            raise CommandError(
                f"More than {LATE_DAYS} days have to be kept: their totals may change."
            )
        before = timezone.now().astimezone(UTC).date() - timedelta(days=days)
        progress, months = Progress(self.stderr), 0
        try:
            for removed in remove_before(before, batch=batch):
                if isinstance(removed, int):
                    progress.add(removed, "events removed")
                else:
                    months += 1
        except OperationalError as error:
            raise CommandError(
                f"The table is busy, nothing was lost; run it again. {error}"
            ) from error
        self.stdout.write(
            f"Events before {before}: {months} months dropped, {progress.total} more events removed."
        )

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fashionos.management.progress import Progress
from insights.cache import remove_expired


class Command(BaseCommand):
    help = "Remove the insights that have expired. Works in batches; safe to run at any time, and again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--batch", type=int, default=1000, metavar="N", help="rows at a time (1000)"
        )

    def handle(self, *, batch: int, **_: Any) -> None:
        progress = Progress(self.stderr)
        while count := remove_expired(batch):
            progress.add(count, "expired insights removed")
        self.stdout.write(f"{progress.total} expired insights removed.")

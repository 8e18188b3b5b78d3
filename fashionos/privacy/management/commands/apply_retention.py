from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from fashionos.management.progress import Progress
from fashionos.privacy.retention import remove_outlived


class Command(BaseCommand):
    help = (
        "Remove the conversations that are older than their user wants them kept"
        " (conversation_history_retention_days). Works in batches; safe to run at any time, and again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--batch", type=int, default=1000, metavar="N", help="rows at a time (1000)"
        )

    def handle(self, *, batch: int, **_: Any) -> None:
        progress = Progress(self.stderr)
        for count in remove_outlived(timezone.now(), batch=batch):
            progress.add(count, "conversations removed")
        self.stdout.write(f"{progress.total} conversations removed.")

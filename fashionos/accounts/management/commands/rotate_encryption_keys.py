from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fashionos.accounts.keys import key_ring, rewrap_batch
from fashionos.management.progress import Progress


class Command(BaseCommand):
    help = (
        "Rewrap the users' data keys with the first key of ENCRYPTION_KEYS, after which the older keys may leave the"
        " ring. Works in batches, each a transaction of its own: interrupt it and run it again at will."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--batch", type=int, default=500, metavar="N", help="keys at a time (500)"
        )

    def handle(self, *, batch: int, **_: Any) -> None:
        progress = Progress(self.stderr)
        while count := rewrap_batch(batch):
            progress.add(count, "keys rewrapped")
        self.stdout.write(f"{progress.total} keys rewrapped with {key_ring().primary!r}.")

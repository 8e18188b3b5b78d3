import logging
import signal
from datetime import timedelta
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection
from django.utils import timezone

from fashionos.kit.owned import Role, acting
from fashionos.workspace.services import announce_deadlines

logger = logging.getLogger("fashionos.workspace")

BATCH = 100


class Command(BaseCommand):
    help = (
        "Tell the members of events which tasks are due within 24 hours, each due date once. Safe to run on several"
        " machines at once; after a pause it catches up."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every",
            type=float,
            metavar="SECONDS",
            help="run for ever, with this pause in between",
        )

    def handle(self, *, every: float | None, **_: Any) -> None:
        if every is None:
            self.stdout.write(f"{_announce()} deadlines announced.")
            return
        stopped = Event()
        for stop in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stop, lambda *_: stopped.set())
        while not stopped.is_set():
            try:
                if count := _announce():
                    logger.info("%s deadlines announced", count)
            except DatabaseError:
                # A database that restarts is no reason to stop: what is missed now is announced then.
                logger.exception("deadlines were not announced")
                connection.close()
            stopped.wait(every)


def _announce() -> int:
    """Announce in batches, each its own transaction; what one process has locked the others leave to it."""
    total = 0
    while True:
        with acting(Role.SYSTEM):
            count = announce_deadlines(
                now=timezone.now(),
                size=BATCH,
                catch_up=timedelta(days=settings.DEADLINE_CATCH_UP_DAYS),
            )
        total += count
        if count < BATCH:
            return total

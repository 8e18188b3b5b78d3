import logging
import signal
from datetime import UTC, date
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.utils import timezone

from analytics.rollups import roll_up

logger = logging.getLogger("fashionos.analytics")


class Command(BaseCommand):
    help = (
        "Add up the events of the days that are not settled, for the dashboard, and make the partitions of the months"
        " ahead. Safe to run at any time, on several machines at once, and again; after a pause it catches up."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every",
            type=float,
            metavar="SECONDS",
            help="run for ever, with this pause in between",
        )
        parser.add_argument(
            "--again-from",
            type=date.fromisoformat,
            metavar="DATE",
            help="add up every day from this one on, settled or not, however long ago",
        )

    def handle(self, *, every: float | None, again_from: date | None, **_: Any) -> None:
        now = timezone.now()
        if again_from is not None and again_from > now.astimezone(UTC).date():
            raise CommandError("--again-from has to be a day that has begun.")
        if every is None:
            days = sum(1 for _ in roll_up(now, again_from=again_from))
            self.stdout.write(f"{days} days rolled up.")
            return
        if every <= 0:
            raise CommandError("--every has to be more than 0 seconds.")
        stopped = Event()
        for stop in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stop, lambda *_: stopped.set())
        while not stopped.is_set():
            try:
                for _day in roll_up(timezone.now(), again_from=again_from):
                    if stopped.is_set():
                        return
                again_from = None
            except DatabaseError:
                # A database that restarts is no reason to stop: what is missed now is rolled up then.
                logger.exception("analytics were not rolled up")
                connection.close()
            stopped.wait(every)

import logging
import signal
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection
from django.utils import timezone

from fashionos.operating.alerting import check_alerts

logger = logging.getLogger("fashionos.alerts")


class Command(BaseCommand):
    help = (
        "Compare the last five minutes of function calls with the limits (errors, response time, cache hits), and tell"
        " by mail and webhook when an alert begins and when it is over. Safe to run on several machines at once."
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
            self._check()
            return
        stopped = Event()
        for stop in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stop, lambda *_: stopped.set())
        while not stopped.is_set():
            try:
                self._check()
            except DatabaseError:
                # A database that restarts is no reason to stop; readiness tells of it.
                logger.exception("alerts were not checked")
                connection.close()
            stopped.wait(every)

    def _check(self) -> None:
        for change in check_alerts(timezone.now()):
            self.stdout.write(change.words)

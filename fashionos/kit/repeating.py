"""Commands that run once, or for ever."""

import signal
from collections.abc import Callable
from logging import Logger
from threading import Event

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection


class RepeatingCommand(BaseCommand):
    """A command with `--every SECONDS`. A turn that the database breaks is logged as `missed` and taken again."""

    logger: Logger
    missed: str

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every",
            type=float,
            metavar="SECONDS",
            help="run for ever, with this pause in between",
        )

    def repeat(self, turn: Callable[[Event], object], every: float) -> None:
        """Call `turn(stopped)` until SIGTERM or SIGINT sets the event, at which a long one ends early."""
        if every <= 0:
            raise CommandError("--every has to be more than 0 seconds.")
        stopped = Event()
        for stop in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stop, lambda *_: stopped.set())
        while not stopped.is_set():
            try:
                turn(stopped)
            except DatabaseError:
                # A database that restarts is no reason to stop; readiness tells of it.
                self.logger.exception(self.missed)
                connection.close()
            stopped.wait(every)

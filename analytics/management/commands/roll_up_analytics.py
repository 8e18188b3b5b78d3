import logging
from datetime import UTC, date
from threading import Event
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from analytics.rollups import roll_up
from fashionos.kit.repeating import RepeatingCommand


class Command(RepeatingCommand):
    help = (
        "Add up the events of the days that are not settled, for the dashboard, and make the partitions of the months"
        " ahead. Safe to run at any time, on several machines at once, and again; after a pause it catches up."
    )
    logger = logging.getLogger("fashionos.analytics")
    missed = "analytics were not rolled up"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
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

        def turn(stopped: Event) -> None:
            nonlocal again_from
            for _day in roll_up(timezone.now(), again_from=again_from):
                if stopped.is_set():
                    return
            again_from = None

        self.repeat(turn, every)

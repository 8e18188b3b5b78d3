import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from fashionos.kit.owned import Role, acting
from fashionos.kit.repeating import RepeatingCommand
from fashionos.workspace.services import announce_deadlines

BATCH = 100


class Command(RepeatingCommand):
    help = (
        "Tell the members of events which tasks are due within 24 hours, each due date once. Safe to run on several"
        " machines at once; after a pause it catches up."
    )
    logger = logging.getLogger("fashionos.workspace")
    missed = "deadlines were not announced"

    def handle(self, *, every: float | None, **_: Any) -> None:
        if every is None:
            self.stdout.write(f"{_announce()} deadlines announced.")
        else:
            self.repeat(self._turn, every)

    def _turn(self, _stopped: object) -> None:
        if count := _announce():
            self.logger.info("%s deadlines announced", count)


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

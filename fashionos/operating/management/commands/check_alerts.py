import logging
from typing import Any

from django.utils import timezone

from fashionos.kit.repeating import RepeatingCommand
from fashionos.operating.alerting import check_alerts


class Command(RepeatingCommand):
    help = (
        "Compare the last five minutes of function calls with the limits (errors, response time, cache hits), and tell"
        " by mail and webhook when an alert begins and when it is over. Safe to run on several machines at once."
    )
    logger = logging.getLogger("fashionos.alerts")
    missed = "alerts were not checked"

    def handle(self, *, every: float | None, **_: Any) -> None:
        if every is None:
            self._check()
        else:
            self.repeat(self._check, every)

    def _check(self, _stopped: object = None) -> None:
        for change in check_alerts(timezone.now()):
            self.stdout.write(change.words)

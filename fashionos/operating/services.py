"""For whom each function is switched on."""

import logging
import threading
import time
from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.urls import URLPattern, URLResolver, get_resolver

from fashionos.kit.functions import FunctionViewSet
from fashionos.kit.owned import Role, acting
from fashionos.operating.models import FunctionRollout
from fashionos.operating.rollout import EVERYBODY, is_in

logger = logging.getLogger("fashionos.operating")


class Rollouts:
    """The percentages as they were at most ROLLOUT_SECONDS ago; one thread at a time looks, the others do not wait."""

    def __init__(self) -> None:
        self._percentages: dict[str, int] = {}
        self._read_at: float | None = None
        self._reading = threading.Lock()

    def is_open(self, function: str, user_id: UUID) -> bool:
        """Tell whether the function is on for the user; while the database is away, as it was before."""
        percentage = self._current().get(function, EVERYBODY)
        return percentage >= EVERYBODY or is_in(function, user_id, percentage)

    def _current(self) -> dict[str, int]:
        # The first ones wait for the first answer, so that nobody slips through at the start.
        if self._is_stale() and self._reading.acquire(blocking=self._read_at is None):
            try:
                if self._is_stale():
                    self._read()
            finally:
                self._reading.release()
        return self._percentages

    def _is_stale(self) -> bool:
        at = self._read_at
        return at is None or time.monotonic() - at > settings.ROLLOUT_SECONDS

    def _read(self) -> None:
        try:
            with acting(Role.SYSTEM):
                self._percentages = dict(
                    FunctionRollout.objects.values_list("function", "percentage")
                )
        except DatabaseError:
            logger.warning("cannot read for whom functions are switched on: as before")
        self._read_at = time.monotonic()


rollouts = Rollouts()


def function_names() -> list[str]:
    """Return the names of all functions that are served."""
    return sorted(set(_functions(get_resolver().url_patterns)))


def _functions(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _functions(pattern.url_patterns)
        elif issubclass(getattr(pattern.callback, "cls", object), FunctionViewSet):
            yield str(pattern.pattern)

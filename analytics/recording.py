"""Remembers each function call as an event, after the caller has gone on.

A write per call would cost more than many a call. Calls are gathered for a moment, and written together by a background
thread; a crash loses that moment's, and a queue that is full drops rather than waits.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from threading import Lock
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, InterfaceError, OperationalError, connection

from analytics.redaction import redact_data, redact_text
from fashionos.kit.functions import Call
from fashionos.kit.owned import Role, acting
from fashionos.kit.wire import write_json

logger = logging.getLogger("fashionos.analytics")

GATHERED_SECONDS = 0.5
MOST = 20_000  # calls that wait; some 10 MB
_ATTEMPTS = 3

_ADD = """
INSERT INTO analytics_events (user_id, event_type, event_data, kit_context, session_id, created_at)
SELECT c.user_id, 'function_called', c.data, nullif(c.kit, ''), c.session_id, c.at
FROM unnest(%s::uuid[], %s::jsonb[], %s::text[], %s::uuid[], %s::timestamptz[])
    AS c(user_id, data, kit, session_id, at)
JOIN accounts_user u ON u.id = c.user_id
"""


class Recorded(NamedTuple):
    call: Call  # of somebody
    at: datetime


class Recorder:
    """Takes calls without waiting, and hands them to `write` in batches: from one thread, at least each second."""

    def __init__(
        self,
        write: Callable[[Sequence[Recorded]], None],
        *,
        most: int = MOST,
        gathered_seconds: float = GATHERED_SECONDS,
    ) -> None:
        self.dropped = 0  # calls that were not remembered, since the process began
        self._told = 0  # of them, in the log
        self._write = write
        self._most = most
        self._gathered_seconds = gathered_seconds
        self._pending: list[Recorded] = []
        self._is_scheduled = False
        self._lock = Lock()
        # Its one thread is joined when the process exits, so that a clean stop loses no call.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="calls")

    def record(self, call: Call) -> None:
        """Take a call of somebody who was signed in; the others belong to nobody."""
        if call.user_id is None:
            return
        recorded = Recorded(call, datetime.now(UTC))
        with self._lock:
            if len(self._pending) >= self._most:
                self.dropped += 1
                return
            self._pending.append(recorded)
            is_first, self._is_scheduled = not self._is_scheduled, True
        if is_first:
            self._writer.submit(self._flush)

    @property
    def waiting(self) -> int:
        """How many calls are recorded and not written yet."""
        return len(self._pending)

    def settle(self) -> None:
        """Wait until the calls recorded so far are written, or have failed to be."""
        self._writer.submit(lambda: None).result()

    def _flush(self) -> None:
        time.sleep(self._gathered_seconds)
        with self._lock:
            batch, self._pending = self._pending, []
            self._is_scheduled = False
            full, self._told = self.dropped - self._told, self.dropped
        if full:
            logger.error("%s calls are not remembered: too many waited", full)
        try:
            self._write(batch)
        except (OperationalError, InterfaceError):
            logger.exception("%s calls are not written yet", len(batch))
            self._put_back(batch)
        except Exception:
            # Of no use to try again: it is the rows.
            logger.exception("%s calls are not remembered", len(batch))
            with self._lock:
                self.dropped += len(batch)
                self._told += len(batch)

    def _put_back(self, batch: Sequence[Recorded]) -> None:
        with self._lock:
            room = max(0, self._most - len(self._pending))
            self.dropped += max(0, len(batch) - room)
            self._pending[:0] = batch[:room]
            is_first, self._is_scheduled = not self._is_scheduled, True
        if is_first:
            # Refused once the process is exiting: what cannot be written then is lost.
            with suppress(RuntimeError):
                self._writer.submit(self._flush)


def add_calls(calls: Sequence[Recorded]) -> None:
    """Add the calls as events of their users; those of users who are gone are gone with them."""
    columns = [list(column) for column in zip(*map(_row, calls), strict=True)]
    try:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with acting(Role.SYSTEM, durable=False), connection.cursor() as cursor:
                    cursor.execute(_ADD, columns)
                break
            except IntegrityError:
                # A user was erased between the statement and its commit: the next attempt does not find them.
                if attempt == _ATTEMPTS:
                    raise
    finally:
        connection.close()


def _row(recorded: Recorded) -> tuple[UUID | None, str, str, UUID | None, datetime]:
    """Return a call as it is stored: nothing in it tells what was asked or who asked, but for the user's id."""
    call, at = recorded
    data = {
        "function": call.function,
        "status": call.status,
        "ms": round(call.seconds * 1000, 3),
        "database_ms": round(call.database_seconds * 1000, 3),
        "cached": call.cached,
    }
    if call.error:
        data["error"] = call.error
    stored = write_json(redact_data(data)).decode()
    return call.user_id, stored, redact_text(call.kit), call.session_id, at


recorder = Recorder(add_calls)

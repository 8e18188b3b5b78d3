"""The way from PostgreSQL to the hub: one connection of this process that listens for facts."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import msgspec
import psycopg
from django.db import connection as django_connection

from realtime.services import FACTS_CHANNEL, Notice

logger = logging.getLogger("realtime.listener")

_SILENCE = 10.0  # seconds without a fact, after which the connection is asked whether it lives
_PATIENCE = 5.0  # seconds for any answer
_LONGEST_WAIT = 5.0  # seconds between attempts
_KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}

_notices = msgspec.json.Decoder(Notice)


class Listener:
    """Listens for as long as it runs. `on_gap` is called when facts may have been missed, before the next is heard."""

    def __init__(self, *, on_notice: Callable[[Notice], None], on_gap: Callable[[], None]) -> None:
        self.on_notice = on_notice
        self.on_gap = on_gap
        self.listening = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when facts are heard. Raises TimeoutError if the database cannot be reached in time."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        async with asyncio.timeout(_PATIENCE):
            await self.listening.wait()

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        wait = 0.1
        while True:
            try:
                async with asyncio.timeout(_PATIENCE):
                    connection = await psycopg.AsyncConnection.connect(**_address())
                async with connection:
                    await connection.execute(f"LISTEN {FACTS_CHANNEL}")
                    logger.info("listening for facts")
                    wait = 0.1
                    self.listening.set()
                    await self._hear(connection)
            except (psycopg.Error, OSError, TimeoutError) as error:
                if self.listening.is_set():
                    self.listening.clear()
                    self.on_gap()
                logger.warning("facts are not heard, next attempt in %.1f s: %s", wait, error)
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT)

    async def _hear(self, connection: psycopg.AsyncConnection[Any]) -> None:
        while True:
            async for notification in connection.notifies(timeout=_SILENCE):
                try:
                    notice = _notices.decode(notification.payload)
                except msgspec.MsgspecError as error:
                    logger.error("not one of our notifications: %s", error)  # noqa: TRY400 -- where is known
                else:
                    self.on_notice(notice)
            async with asyncio.timeout(_PATIENCE):
                await connection.execute("SELECT 1")


def _address() -> dict[str, Any]:
    """Name the database of the services, by its own connection: a pooled one would hear nothing."""
    parameters = django_connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port", "options")
    rest = {name: value for name, value in parameters.items() if name.startswith("ssl")}
    return {
        **{name: parameters[name] for name in names if name in parameters},
        **rest,
        **_KEEPALIVE,
        "autocommit": True,
        "application_name": "fashionos realtime",
    }

"""The way from PostgreSQL to the hub: one connection of this process that listens for facts and changes."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection
from typing import Any

import msgspec
import psycopg
from django.db import connection as django_connection

from realtime.changes import Change
from realtime.services import FACTS_CHANNEL, Notice

logger = logging.getLogger("realtime.listener")

# As fashionos/migrations/0001_changes.py has them.
CHANGES_CHANNEL = "fashionos_changes"
LOCK = 0x63686E67

_SILENCE = 10.0  # seconds after which the connection is asked whether it lives
_PATIENCE = 5.0  # seconds for any answer
_GLANCE = 0.02  # seconds between two looks at who is still writing
_LONGEST_WAIT = 5.0  # seconds between attempts
_KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
_WRITERS = (
    "SELECT DISTINCT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND mode = 'RowExclusiveLock'"
    " AND relation = %s::regclass"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)

_notices = msgspec.json.Decoder(Notice)
_changes = msgspec.json.Decoder(Change)

Connection = psycopg.AsyncConnection[Any]


class Listener:
    """Listens for as long as it runs. `on_gap` is called when something may have been missed, before the next is heard.

    `wanted` gives the tables whose changes are to be heard: as long as nobody wants a table's, nobody sends them.
    """

    def __init__(
        self,
        *,
        on_notice: Callable[[Notice], None],
        on_change: Callable[[Change], None],
        on_gap: Callable[[], None],
        wanted: Callable[[], Collection[str]],
    ) -> None:
        self.on_notice = on_notice
        self.on_change = on_change
        self.on_gap = on_gap
        self.wanted = wanted
        self.listening = asyncio.Event()
        self.gaps = 0
        self._task: asyncio.Task[None] | None = None
        self._pause: asyncio.Timeout | None = None  # while nothing is asked of the connection
        self._heard: set[str] = set()  # the tables of which every change is heard
        # Of the others that are wanted: the transactions that may not know that they are heard.
        self._writers: dict[str, set[str]] = {}
        self._news = asyncio.Condition()

    async def start(self) -> None:
        """Return when facts are heard. Raises TimeoutError if the database cannot be reached in time."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        async with asyncio.timeout(_PATIENCE):
            await self.listening.wait()

    async def hear(self, tables: Collection[str]) -> None:
        """Return when whatever is committed from now on to these tables, which are wanted, is heard."""
        await self.start()
        if not self._heard.issuperset(tables):
            if self._pause and not self._pause.expired():
                self._pause.reschedule(asyncio.get_running_loop().time())
            async with self._news:
                await self._news.wait_for(lambda: self._heard.issuperset(tables))

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
                    for channel in (FACTS_CHANNEL, CHANGES_CHANNEL):
                        await connection.execute(f"LISTEN {channel}")
                    logger.info("listening for facts and changes")
                    wait = 0.1
                    self.listening.set()
                    await self._hear(connection)
            except (psycopg.Error, OSError, TimeoutError) as error:
                self._heard.clear()
                self._writers.clear()
                if self.listening.is_set():
                    self.listening.clear()
                    self.gaps += 1
                    self.on_gap()
                logger.warning("facts are not heard, next attempt in %.1f s: %s", wait, error)
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT)

    async def _hear(self, connection: Connection) -> None:
        self._pause = None
        while True:
            async with asyncio.timeout(_PATIENCE):
                await connection.execute("SELECT 1")
                await self._hold(connection)
            with contextlib.suppress(TimeoutError):
                rests = self._heard.issuperset(self.wanted())
                async with asyncio.timeout(_SILENCE if rests else _GLANCE) as self._pause:
                    # To take one awaits nothing: the pause ends between two, and none is lost.
                    async for notification in connection.notifies():
                        self._take(notification)

    async def _hold(self, connection: Connection) -> None:
        """Hold the lock of each table that is wanted, by which writers know that they are heard, and of no other."""
        wanted = set(self.wanted())
        for table in (self._heard | self._writers.keys()) - wanted:
            # First, since whoever wants it meanwhile must not find it heard.
            self._heard.discard(table)
            self._writers.pop(table, None)
            await connection.execute(
                f"SELECT pg_advisory_unlock_shared({LOCK}, %s::regclass::oid::int)", [table]
            )
        for table in wanted - self._heard:
            if table not in self._writers:
                await connection.execute(
                    f"SELECT pg_advisory_lock_shared({LOCK}, %s::regclass::oid::int)", [table]
                )
            # Who wrote before the lock was there, and has not committed yet, may have told nobody.
            found = await (await connection.execute(_WRITERS, [table])).fetchall()
            writers = {writer for (writer,) in found}
            self._writers[table] = writers & self._writers.get(table, writers)
            if not self._writers[table]:
                del self._writers[table]
                self._heard.add(table)
        async with self._news:
            self._news.notify_all()

    def _take(self, notification: psycopg.Notify) -> None:
        try:
            if notification.channel == FACTS_CHANNEL:
                self.on_notice(_notices.decode(notification.payload))
            elif self.wanted():
                self.on_change(_changes.decode(notification.payload))
        except msgspec.MsgspecError as error:
            logger.error("not one of our notifications: %s", error)  # noqa: TRY400 -- where is known


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

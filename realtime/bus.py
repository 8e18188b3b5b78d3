"""The way between the processes of a house: what sockets say to each other, over the channel layer.

One group, one channel in each process. Messages are numbered by their sender, so that a loss (Redis was away, or this
process too slow) is seen, counted and logged by whoever missed them. Local delivery never waits for the bus.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any

from channels.layers import get_channel_layer

logger = logging.getLogger("realtime.bus")

GROUP = "fashionos.realtime"
ALIVE_SECONDS = 2.0
DEAD_SECONDS = 10.0
_WAITING_BYTES = 16 * 1024 * 1024  # said and not yet handed to Redis
_BATCH = 200
_PATIENCE = 5.0

Item = Mapping[str, Any]  # of what msgpack holds; "kind" says which


class Bus:
    """Carries items to all other processes, in order. `on_item` hears theirs, `on_dead` when one is gone.

    `describe` gives what goes with every sign of life.
    """

    def __init__(
        self,
        process: str,
        counts: Counter[str],
        *,
        on_item: Callable[[str, Item], None],
        on_dead: Callable[[str], None],
        describe: Callable[[], Item],
    ) -> None:
        self.process = process
        self.counts = counts
        self.on_item = on_item
        self.on_dead = on_dead
        self.describe = describe
        self._waiting: deque[tuple[int, int, Item]] = deque()  # number, bytes, item
        self._bytes = 0
        self._news = asyncio.Event()
        self._number = 0
        self._heard: dict[str, tuple[int, float]] = {}  # process -> its last number, when
        self._away = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def waiting(self) -> int:
        """How many items have been said and not yet handed to Redis."""
        return len(self._waiting)

    def start(self) -> None:
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(run()) for run in (self._receive, self._publish, self._beat)
            ]

    async def stop(self) -> None:
        """Say what waits to be said, for a moment, and leave."""
        if not self._tasks:
            return
        self.say({"kind": "bye"})
        deadline = time.monotonic() + 1
        while self._waiting and not self._away and time.monotonic() < deadline:  # noqa: ASYNC110 -- once in a life
            await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        with contextlib.suppress(Exception):
            await _layer().flush()

    def say(self, item: Item, size: int = 0) -> None:
        """Tell all other processes; `size` in bytes if it is not small."""
        self._number += 1
        if self._bytes + size > _WAITING_BYTES:
            self._lose(1, "too much waits for Redis")
            return
        self._bytes += size
        self._waiting.append((self._number, size, item))
        self._news.set()

    async def _publish(self) -> None:
        while True:
            await self._news.wait()
            batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            if not batch:
                self._news.clear()
                continue
            message = {
                "type": "realtime",
                "process": self.process,
                "last": batch[-1][0],
                "items": [item for _, _, item in batch],
            }
            try:
                async with asyncio.timeout(_PATIENCE):
                    await _layer().group_send(GROUP, message)
            except Exception as error:  # noqa: BLE001 -- a layer's own errors; what they mean is the same
                self._lose(len(batch), error)
                await asyncio.sleep(0.2)
            else:
                self._found()
            self._bytes -= sum(size for _, size, _ in batch)

    async def _receive(self) -> None:
        channel = ""
        while not channel:
            try:
                channel = await _layer().new_channel()
                await _layer().group_add(GROUP, channel)
            except Exception as error:  # noqa: BLE001 -- as above
                channel = ""
                self._lose(0, error)
                await _layer().flush()  # a channel that nobody reads would gather messages
                await asyncio.sleep(0.5)
        # From here on the layer subscribes again by itself.
        self.say({"kind": "hello"})
        while True:
            self._take(await _layer().receive(channel))

    def _take(self, message: Mapping[str, Any]) -> None:
        process, last, items = message["process"], message["last"], message["items"]
        if process == self.process:
            return
        known, _ = self._heard.get(process, (last - len(items), 0.0))
        if missed := last - len(items) - known:
            self.counts["bus_missed"] += missed
            logger.warning("%d messages of process %s were not heard", missed, process)
        self._heard[process] = (last, time.monotonic())
        for item in items:
            if item["kind"] == "bye":
                self._heard.pop(process, None)
                self.on_dead(process)
            else:
                self.on_item(process, item)

    async def _beat(self) -> None:
        while True:
            self.say({"kind": "alive", **self.describe()})
            await asyncio.sleep(ALIVE_SECONDS)
            # While Redis is away nobody is heard, which says nothing about them.
            silent = time.monotonic() - DEAD_SECONDS
            for process, (_, heard) in tuple(self._heard.items()):
                if heard < silent and not self._away:
                    del self._heard[process]
                    logger.warning("process %s is silent: its presences are dropped", process)
                    self.on_dead(process)

    def _lose(self, count: int, why: object) -> None:
        self.counts["bus_lost"] += count
        if not self._away:
            self._away = True
            logger.warning("Redis does not carry what sockets say to other processes: %s", why)

    def _found(self) -> None:
        if self._away:
            self._away = False
            # Their signs of life were not heard either.
            now = time.monotonic()
            self._heard = {process: (number, now) for process, (number, _) in self._heard.items()}
            logger.warning("Redis is back; %d messages were lost", self.counts["bus_lost"])


def _layer() -> Any:
    return get_channel_layer()

"""What a process has at hand of its users' data, to spare itself reading it again.

Bounded by bytes, the least recently used going first. What nobody asks for goes after a while, and what is a user's
goes at once when they are erased in this process: nothing outlives them in memory for longer than that.
"""

import time
from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock, Timer
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID
from weakref import WeakSet

T = TypeVar("T")

IDLE_SECONDS = 900


class _Item(NamedTuple):
    value: Any
    size: int
    used: float  # of the steady clock


class Held(Generic[T]):
    """Values by owner and key. Whether one is still valid is for the caller to know."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._items: OrderedDict[tuple[UUID, Hashable], _Item] = OrderedDict()
        self._lock = Lock()
        self._broom: Timer | None = None
        _all.add(self)

    def get(self, owner_id: UUID, key: Hashable) -> T | None:
        with self._lock:
            item = self._items.pop((owner_id, key), None)
            if item is None:
                return None
            self._items[owner_id, key] = item._replace(used=time.monotonic())
            value: T = item.value
            return value

    def put(self, owner_id: UUID, key: Hashable, value: T, size: int) -> None:
        with self._lock:
            self._drop((owner_id, key))
            self._items[owner_id, key] = _Item(value, size, time.monotonic())
            self._bytes += size
            while self._bytes > self._most_bytes:
                self._drop(next(iter(self._items)))
            self._sweep_later()

    def forget(self, owner_id: UUID) -> None:
        with self._lock:
            for place in [place for place in self._items if place[0] == owner_id]:
                self._drop(place)

    def sweep(self, now: float) -> None:
        """Drop what was not asked for within IDLE_SECONDS before `now`, of the steady clock."""
        with self._lock:
            while self._items:
                place, item = next(iter(self._items.items()))
                if now - item.used < IDLE_SECONDS:
                    break
                self._drop(place)
            self._broom = None
            self._sweep_later()

    def _drop(self, place: tuple[UUID, Hashable]) -> None:
        if item := self._items.pop(place, None):
            self._bytes -= item.size

    def _sweep_later(self) -> None:
        if self._items and self._broom is None:
            self._broom = Timer(IDLE_SECONDS, lambda: self.sweep(time.monotonic()))
            self._broom.daemon = True
            self._broom.start()


_all: WeakSet[Held[Any]] = WeakSet()


def forget(owner_id: UUID) -> None:
    """Drop all that this process has at hand of a user."""
    for held in tuple(_all):
        held.forget(owner_id)

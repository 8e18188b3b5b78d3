"""The contexts that this process has read lately: a client sends the same screen with every message."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock

from assistant.understanding.context import Context
from assistant.understanding.linker import Index


@dataclass(frozen=True, slots=True)
class Screen:
    """A context as it was read, and the index of its names."""

    context: Context
    index: Index


class Screens:
    """Spares a turn the reading and indexing of what it has seen; the least recently used go first.

    Bounded by the bytes of the JSON that they were read from.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._screens: OrderedDict[Hashable, tuple[Screen, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Screen | None:
        with self._lock:
            held = self._screens.get(key)
            if held is None:
                return None
            self._screens.move_to_end(key)
            return held[0]

    def put(self, key: Hashable, screen: Screen, size: int) -> None:
        with self._lock:
            _, before = self._screens.pop(key, (screen, 0))
            self._screens[key] = (screen, size)
            self._bytes += size - before
            while self._bytes > self._most_bytes:
                _, (_, dropped) = self._screens.popitem(last=False)
                self._bytes -= dropped

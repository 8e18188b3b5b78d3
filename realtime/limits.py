"""How much one socket may ask for."""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Counts, bytes and seconds; `fashionos.settings` says the defaults, docs/operations.md what each protects."""

    sockets: int = 10_000
    channels: int = 100
    joins_per_second: int = 100
    messages_per_second: int = 100
    broadcast_bytes: int = 3_000_000
    presence_per_second: int = 1_000
    presence_calls: int = 5
    presence_seconds: float = 30.0
    presence_bytes: int = 65_536
    backlog_messages: int = 1_000
    backlog_bytes: int = 1_048_576
    idle_seconds: float = 60.0
    join_seconds: float = 8.0
    review_seconds: float = 5.0
    bindings: int = 100
    changes_waiting: int = 1_000
    change_reads: int = 4
    record_bytes: int = 1_048_576


class Rate:
    """At most `count` in any `seconds`. Times are the caller's, from one monotonic clock."""

    __slots__ = ("count", "seconds", "taken")

    def __init__(self, count: int, seconds: float) -> None:
        self.count = count
        self.seconds = seconds
        self.taken: deque[float] | None = None  # made when it is needed: most sockets only listen

    def take(self, now: float) -> bool:
        """Count one more, if there is room."""
        if self.taken is None:
            self.taken = deque()
        while self.taken and self.taken[0] <= now - self.seconds:
            self.taken.popleft()
        if len(self.taken) >= self.count:
            return False
        self.taken.append(now)
        return True

"""One computation at a time for one key: whoever asks meanwhile gets the same result."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

LONGEST_WAIT = 20  # seconds; after that a waiter computes for itself


class Flights(Generic[T]):
    def __init__(self) -> None:
        self._under_way: dict[Hashable, Future[T]] = {}
        self._lock = Lock()

    def run(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return `compute()`, or the result of the one that is under way for this key.

        What the leader fails with is the leader's: a waiter then computes for itself.
        """
        with self._lock:
            flight = self._under_way.get(key)
            leads = flight is None
            if flight is None:
                flight = self._under_way[key] = Future()
        if not leads:
            try:
                return flight.result(timeout=LONGEST_WAIT)
            except Exception:  # noqa: BLE001 -- of whatever kind, it says nothing about this caller's own attempt
                return compute()
        try:
            result = compute()
        except BaseException as error:
            flight.set_exception(error)
            raise
        else:
            flight.set_result(result)
            return result
        finally:
            with self._lock:
                del self._under_way[key]

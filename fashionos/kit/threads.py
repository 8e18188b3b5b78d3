"""The threads that synchronous views run on, kept from one request to the next."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class Thread(ThreadPoolExecutor):
    """One thread, that knows whether it has something left to do."""

    def __init__(self) -> None:
        super().__init__(max_workers=1, thread_name_prefix="request")
        self._unfinished: set[Future[Any]] = set()

    def submit(self, work: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future = super().submit(work, *args, **kwargs)
        self._unfinished.add(future)
        # The first callback: whoever waits for the result finds the thread free.
        future.add_done_callback(self._unfinished.discard)
        return future

    @property
    def is_busy(self) -> bool:
        return bool(self._unfinished)


class Threads:
    """Lends each request a thread of its own, where Django would start two: one to work, one to wait for its end.

    For one event loop. There are as many as requests at once; up to `kept` of them wait for the next.
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._free: list[Thread] = []

    @contextmanager
    def lend(self) -> Iterator[Thread]:
        thread = self._free.pop() if self._free else Thread()
        try:
            yield thread
        finally:
            # A view cannot be stopped: the thread of one whose client went away may work on, and keeps nobody waiting.
            if thread.is_busy or len(self._free) >= self._kept:
                thread.shutdown(wait=False)
            else:
                self._free.append(thread)

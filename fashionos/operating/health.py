"""Whether this process can serve: asked of what it stands on, never waited for."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping

logger = logging.getLogger("fashionos.health")

_REMEMBERED = 0.5  # seconds; however often it is asked


class Readiness:
    """Runs `checks` (functions that raise when their part is away), each in a thread and one at a time.

    A report takes at most `seconds`. A check that hangs, as on a frozen database, is not begun again: until it returns,
    its part is "timeout".
    """

    def __init__(self, checks: Mapping[str, Callable[[], None]], *, seconds: float) -> None:
        self.checks = checks
        self.seconds = seconds
        self.stopping = False
        self._running: dict[str, asyncio.Future[str]] = {}
        self._last: tuple[float, dict[str, str]] = (0.0, {})

    async def report(self) -> dict[str, str]:
        """Return "ok", "failed" or "timeout" by part; "server": "stopping" once the process is told to end."""
        if self.stopping:
            return {"server": "stopping"}
        at, parts = self._last
        if time.monotonic() - at < _REMEMBERED:
            return parts
        running = {name: self._start(name) for name in self.checks}
        # Not wait_for: cancelling would wait for the server.
        await asyncio.wait(running.values(), timeout=self.seconds)
        parts = {name: run.result() if run.done() else "timeout" for name, run in running.items()}
        self._last = time.monotonic(), parts
        return parts

    def stop(self) -> None:
        """Report from now on that this process ends: whoever sends it requests should stop."""
        self.stopping = True

    def _start(self, name: str) -> asyncio.Future[str]:
        found = self._running.get(name)
        if found and not found.done():
            return found
        loop = asyncio.get_running_loop()
        future = self._running[name] = loop.create_future()

        def run() -> None:
            try:
                self.checks[name]()
                result = "ok"
            except Exception as error:  # noqa: BLE001 -- a driver's own errors; what they mean is the same
                logger.warning("not ready: %s: %s", name, type(error).__name__)
                result = "failed"
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, future, result)

        # A daemon: one that hangs must not keep the process from ending.
        threading.Thread(target=run, name=f"ready-{name}", daemon=True).start()
        return future


def _settle(future: asyncio.Future[str], result: str) -> None:
    if not future.done():
        future.set_result(result)

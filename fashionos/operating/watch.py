"""The layer around everything: counts each HTTP answer, and writes one line of log for it. Plain ASGI."""

import logging
from collections.abc import Callable
from time import perf_counter

from fashionos.kit.shell import App, Message, Receive, Scope, Seen, Send, current_request_id
from fashionos.operating.metrics import REQUEST_SECONDS, REQUESTS

logger = logging.getLogger("fashionos.access")

CLIENT_GONE = 499  # nginx's number for it: nobody heard an answer
UPGRADED = 101
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_FAMILIES = {
    "auth": "auth",
    "rest": "rest",
    "functions": "functions",
    "realtime": "realtime",
    "storage": "storage",
    "privacy": "privacy",
    "admin": "admin",
    "static": "static",
    "docs": "docs",
}
PROBES = {"/healthz", "/readyz", "/metrics"}


class Watch:
    """Wrap an ASGI application. `name_route` gives the pattern of a path that Django did not resolve, or "".

    No path, query, header or body is counted or logged, nor who asked: the request id joins what belongs together.
    Probes are counted and, as long as they succeed, not logged.
    """

    def __init__(self, app: App, *, name_route: Callable[[str], str]) -> None:
        self.app = app
        self.name_route = name_route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.watch(scope, receive, send)
        elif scope["type"] == "websocket":
            await self.watch_socket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def watch(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        seen = Seen()
        ended = False

        async def told(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                seen.status = message["status"]
            elif not ended and not message.get("more_body", False):
                # Before it is sent: a client that reads slowly is not our time, and the application may go on.
                ended = True
                self.note(scope, seen, perf_counter() - started)
            await send(message)

        try:
            await self.app({**scope, "seen": seen}, receive, told)
        finally:
            if not ended:
                ended = True
                seen.status = CLIENT_GONE
                self.note(scope, seen, perf_counter() - started)

    def note(self, scope: Scope, seen: Seen, seconds: float) -> None:
        path, status = scope["path"], seen.status
        method = scope["method"] if scope["method"] in _METHODS else "other"
        family = "probes" if path in PROBES else _FAMILIES.get(path[1:].partition("/")[0], "other")
        REQUESTS.labels(family, method, str(status)).inc()
        REQUEST_SECONDS.labels(family).observe(seconds)
        if path in PROBES and status < CLIENT_GONE:
            return
        self.log(
            method, seen.route or self.name_route(path) or f"{family}: unmatched", status, seconds
        )

    async def watch_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log a socket when it has ended, with its life; its frames pass untouched, for speed."""
        started = perf_counter()
        seen = Seen()
        try:
            await self.app({**scope, "seen": seen}, receive, send)
        finally:
            route = self.name_route(scope["path"]) or "realtime: unmatched"
            self.log("WEBSOCKET", route, seen.status or UPGRADED, perf_counter() - started)

    def log(self, method: str, route: str, status: int, seconds: float) -> None:
        if not logger.isEnabledFor(logging.INFO):
            return
        fields = {
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "request_id": current_request_id.get(),
        }
        logger.info("%s %s %d", method, route, status, extra=fields)

"""The outermost layer of every HTTP request: caps, deadlines, request id, last resort.

Plain ASGI, so that every server (daphne, uvicorn) runs the application behind the same limits.
"""

import asyncio
import json
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextvars import ContextVar
from typing import Any, NamedTuple

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

logger = logging.getLogger("fashionos.shell")

# Of the request that is being answered: what is logged meanwhile carries it.
current_request_id: ContextVar[str] = ContextVar("request_id", default="")

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_LENGTH = re.compile(rb"[0-9]{1,20}")
_DATE = re.compile(rb"\d{4}-\d{2}-\d{2}")

# The house's codes are GoTrue's; the storage client knows other names: code -> (code, error).
_STORAGE = {
    "validation_failed": ("InvalidRequest", "InvalidRequest"),
    "request_entity_too_large": ("EntityTooLarge", "Payload too large"),
    "unexpected_failure": ("InternalError", "InternalError"),
}


class Seen:
    """What is known of a request once it has been answered; whoever finds out fills it in. In the scope as "seen"."""

    __slots__ = ("route", "status")

    def __init__(self) -> None:
        self.route = ""  # the pattern that matched, never the path
        self.status = 0


class Problem(NamedTuple):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Refusal(NamedTuple):
    """An answer that the shell gives in the application's place."""

    status: int
    code: str
    message: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


_MALFORMED_LENGTH = Refusal(400, "validation_failed", "Malformed Content-Length")
_SLOW_BODY = Refusal(408, "request_timeout", "The request body took too long to arrive")
_ENCODED = Refusal(
    415,
    "unsupported_media_type",
    "Only Content-Encoding: identity is accepted",
    ((b"accept-encoding", b"identity"),),
)
_FAILED = Refusal(500, "unexpected_failure", "Internal server error")
_LATE = Refusal(
    503,
    "unavailable",
    "The server is too busy to answer, try again",
    ((b"retry-after", b"5"),),
)


def is_under(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix + "/")


def first_header(headers: Headers, name: bytes) -> bytes | None:
    return next((value for key, value in headers if key == name), None)


def problem(
    path: str, request_headers: Headers, status: int, code: str, message: str, **extra: object
) -> Problem:
    """Return an error as the client of the path's family reads it; `request_headers` as in ASGI.

    `extra` joins the body.
    The HTTP status is `status` in every family, storage included: its habit of answering 400 with
    the real status inside belongs to its own views, not to refusals made in front of them.
    """
    headers = [(b"content-type", b"application/json; charset=utf-8")]
    body: dict[str, Any]
    if is_under(path, "/auth/v1"):
        headers.append((b"x-sb-error-code", code.encode()))
        version = first_header(request_headers, b"x-supabase-api-version") or b""
        if _DATE.fullmatch(version) and version >= b"2024-01-01":
            headers.append((b"x-supabase-api-version", b"2024-01-01"))
            body = {"code": code, "message": message}
        else:
            body = {"code": status, "error_code": code, "msg": message}
    elif is_under(path, "/rest/v1"):
        headers.append((b"proxy-status", f"PostgREST; error={code}".encode()))
        body = {"code": code, "message": message, "details": None, "hint": None}
    elif is_under(path, "/storage/v1"):
        code, error = _STORAGE.get(code, (code, code))
        body = {"statusCode": str(status), "error": error, "message": message, "code": code}
    else:
        body = {"error": {"code": code, "message": message}}
    content = json.dumps({**body, **extra}, separators=(",", ":")).encode()
    headers.append((b"content-length", str(len(content)).encode()))
    return Problem(status, headers, content)


class Shell:
    """Wrap an ASGI application; websockets only get their request id.

    `max_body` is in bytes, or a function from the path to bytes. The body is counted as the
    application reads it, so uploads still stream; past the cap the application sees a client that
    hung up, and its late answer is dropped. `body_timeout` bounds the seconds spent waiting for
    the client's body, all waits together; `response_timeout` the seconds that the application
    itself may take with what it has read of the body, until its answer starts. Where `is_stream`
    says so of a path, bodies are kept as they come: their Content-Encoding is let through, and
    `stream_rate` bytes a second buy them more time, though no single wait. An application
    that is late is not cancelled, since cancelling may itself hang (a frozen database): the client
    is answered, and the application is told that the client went away. `headers` go with every
    answer.
    """

    def __init__(
        self,
        app: App,
        *,
        max_body: int | Callable[[str], int],
        body_timeout: float = 20.0,
        response_timeout: float = 30.0,
        is_stream: Callable[[str], bool] = lambda _path: False,
        stream_rate: int = 8_192,
        headers: Headers = (),
    ) -> None:
        self.app = app
        self.headers = headers
        self.max_body = max_body
        self.body_timeout = body_timeout
        self.response_timeout = response_timeout
        self.is_stream = is_stream
        self.stream_rate = stream_rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        identifier = _request_id(scope["headers"])
        current_request_id.set(identifier)
        # The server may hand the same state to every request: copy before writing.
        scope = {**scope, "state": {**scope.get("state", {}), "request_id": identifier}}
        if scope["type"] == "http":
            await _Exchange(self, scope, receive, send, identifier).run()
        else:
            await self.app(scope, receive, send)

    def cap(self, path: str) -> int:
        return self.max_body(path) if callable(self.max_body) else self.max_body


class _Exchange:
    """One request and its one answer."""

    def __init__(
        self, shell: Shell, scope: Scope, receive: Receive, send: Send, request_id: str
    ) -> None:
        self.shell = shell
        self.scope = scope
        self.server_receive = receive
        self.server_send = send
        self.request_id = request_id
        self.headers = [*shell.headers, (b"x-request-id", request_id.encode())]
        self.cap = shell.cap(scope["path"])
        self.is_stream = shell.is_stream(scope["path"])
        self.read = 0
        self.body_complete = False
        self.client_gone = False
        self.answered = False  # the answer has started, the application's or ours
        self.finished = False  # the answer has ended
        self.refused = False
        self.loop = asyncio.get_running_loop()
        self.waited = 0.0
        self.is_waiting = False

    async def run(self) -> None:
        if refusal := self.check_headers():
            await self.refuse(refusal)
            return
        self.working_since = self.loop.time()
        self.timer = self.loop.call_later(self.shell.response_timeout, self.check_lateness)
        try:
            await self.shell.app(self.scope, self.receive, self.send)
        except Exception:  # noqa: BLE001 -- the last resort: nothing may escape to the server
            self.log(logger.exception, "Exception escaped from")
            # Once the answer has started, returning without its end makes the server cut the
            # connection, which is the one way left to tell the client.
            await self.refuse(_FAILED)
        else:
            if not (self.answered or self.client_gone):
                self.log(logger.error, "No answer from")
                await self.refuse(_FAILED)
        finally:
            self.timer.cancel()

    def check_headers(self) -> Refusal | None:
        for name, value in self.scope["headers"]:
            if name == b"content-length":
                if not _LENGTH.fullmatch(value):
                    return _MALFORMED_LENGTH
                if int(value) > self.cap:
                    return self.too_large()
            elif name == b"content-encoding":
                encoded = value.strip().lower() not in (b"", b"identity")
                if encoded and not self.is_stream:
                    return _ENCODED
        return None

    def too_large(self) -> Refusal:
        message = f"Request body too large (max {self.cap} bytes)"
        return Refusal(413, "request_entity_too_large", message)

    async def receive(self) -> Message:
        if self.refused:
            return {"type": "http.disconnect"}
        try:
            message = await (self.server_receive() if self.body_complete else self.receive_body())
        except TimeoutError:
            await self.refuse(_SLOW_BODY)
            return {"type": "http.disconnect"}
        if message["type"] == "http.disconnect":
            if self.finished:
                # No news any more; Django would raise it, and the traceback keep body and answer until the collector
                # comes. It cancels whoever listens here.
                await self.loop.create_future()
            self.client_gone = True
            return message
        self.read += len(message.get("body", b""))
        if self.read > self.cap:
            await self.refuse(self.too_large())
            return {"type": "http.disconnect"}
        self.body_complete = not message.get("more_body", False)
        return message

    async def receive_body(self) -> Message:
        started = self.loop.time()
        timeout = self.shell.body_timeout - self.waited
        if self.is_stream:
            timeout = min(self.shell.body_timeout, timeout + self.read / self.shell.stream_rate)
        self.is_waiting = True
        try:
            async with asyncio.timeout(timeout):
                return await self.server_receive()
        finally:
            self.is_waiting = False
            self.working_since = self.loop.time()
            self.waited += self.working_since - started

    async def send(self, message: Message) -> None:
        if self.refused:
            await asyncio.sleep(0)  # a stream that nobody hears must not hold the loop
            return
        if message["type"] == "http.response.start":
            self.answered = True
            headers = [h for h in message.get("headers", ()) if h[0].lower() != b"x-request-id"]
            message = {**message, "headers": [*headers, *self.headers]}
        elif not message.get("more_body", False):
            self.finished = True
        await self.server_send(message)

    def check_lateness(self) -> None:
        if self.answered:
            return
        now = self.loop.time()
        due = self.shell.response_timeout + (now if self.is_waiting else self.working_since)
        if due > now:
            self.timer = self.loop.call_at(due, self.check_lateness)
            return
        self.log(logger.error, "Gave up waiting for")
        # Kept on self: the loop itself holds tasks weakly.
        self.apology = self.loop.create_task(self.refuse(_LATE))

    async def refuse(self, refusal: Refusal) -> None:
        """Answer in the application's place, and drop whatever it says from now on."""
        self.refused = True
        if self.answered:
            return
        self.answered = True
        status, headers, body = problem(
            self.scope["path"],
            self.scope["headers"],
            refusal.status,
            refusal.code,
            refusal.message,
        )
        headers += [*refusal.headers, *self.headers]
        if not self.body_complete and self.scope["http_version"].startswith("1"):
            # The rest of the body will not be read, so nothing can follow on this connection.
            headers.append((b"connection", b"close"))
        await self.server_send(
            {"type": "http.response.start", "status": status, "headers": headers}
        )
        await self.server_send({"type": "http.response.body", "body": body})

    def log(self, write: Callable[..., None], what: str) -> None:
        # The family alone: what follows in a path may name people.
        write(
            "%s %s %r [%s]",
            what,
            self.scope["method"],
            "/".join(self.scope["path"].split("/", 3)[:3]),
            self.request_id,
            extra={"request_id": self.request_id},
        )


def _request_id(headers: Headers) -> str:
    given = first_header(headers, b"x-request-id")
    return given.decode() if given and _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex

"""Daphne with a streaming, bounded HTTP side.

Daphne stores the whole body before it calls the application, waits for headers for ever, buffers
answers that nobody reads, answers its own errors in HTML and drops requests in flight at shutdown.
Here the application starts when the headers are complete and pulls the body through a bounded
buffer, so caps and deadlines on bodies are the application's: wrap it in `fashionos.kit.shell`.
Websockets are daphne's, but `send` waits while a client does not read. The application hears of the
process's start and end (ASGI lifespan).
"""

import asyncio
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

# Installs the asyncio reactor, which must happen before anything imports twisted's.
from daphne import server as daphne_server  # isort: skip
from daphne.endpoints import build_endpoint_description_strings
from twisted.internet import defer, reactor
from twisted.internet.endpoints import serverFromString
from twisted.logger import (
    FilteringLogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    STDLibLogObserver,
    globalLogBeginner,
)

from fashionos.connections import (
    HTTPFactory,
    Inbox,
    WebRequest,
    WebSocketFactory,
    WebSocketProtocol,
)
from fashionos.kit.shell import App, Message, Scope

logger = logging.getLogger("fashionos.serving")

_GOING_AWAY = 1001
_GOODBYE = 5.0  # seconds for the application's own end


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds and bytes. Sizes and counts of headers are twisted's: 16 KiB and 500."""

    header_timeout: float = 15.0  # from connecting, or a later request's first byte, to all headers
    keep_alive_timeout: float = 75.0  # between an answer and the next request's first byte
    send_timeout: float = 60.0  # an answer that the client has stopped reading
    drain_seconds: float = 0.0  # serving goes on after SIGTERM, for balancers to look elsewhere
    shutdown_timeout: float = 10.0  # for requests in flight, after that
    receive_buffer: int = 256 * 1024  # received and not yet read by the application
    websocket_max_message: int = 5_000_000
    websocket_handshake_timeout: float = 5.0
    websocket_ping_interval: float = 20.0
    websocket_ping_timeout: float = 30.0


def serve(
    application: App,
    *,
    host: str,
    port: int,
    ready: Callable[[int], None],
    limits: Limits,
    stopping: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGINT or SIGTERM, and let the requests in flight finish.

    `ready` is called with the real port once connections are accepted; port 0 takes a free one. `stopping` is called
    when the end is asked for, before anything is closed.
    Raises SystemExit with a message if the address cannot be listened on.
    """
    server = Server(
        application, host=host, port=port, ready=ready, limits=limits, announce_end=stopping
    )
    server.run()
    if server.listen_failure:
        sys.exit(f"Cannot listen on {host} port {port}: {server.listen_failure}")


class Server(daphne_server.Server):  # type: ignore[misc]  # untyped
    def __init__(
        self,
        application: App,
        *,
        host: str,
        port: int,
        ready: Callable[[int], None],
        limits: Limits,
        announce_end: Callable[[], None],
    ) -> None:
        super().__init__(
            application,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            server_name="",
            ping_interval=limits.websocket_ping_interval,
            ping_timeout=limits.websocket_ping_timeout,
        )
        self.limits = limits
        self.ready = ready
        self.announce_end = announce_end
        self.stopping = False
        self.listen_failure: str | None = None
        self.ports: list[Any] = []
        self.connections: dict[Any, dict[str, Any]] = {}
        self.http_factory = HTTPFactory(self)

    def run(self) -> None:
        self.ws_factory = WebSocketFactory(self, server=self.server_name)
        self.ws_factory.setProtocolOptions(
            allowNullOrigin=True,
            openHandshakeTimeout=self.limits.websocket_handshake_timeout,
            autoPingTimeout=self.limits.websocket_ping_timeout,
            failByDrop=False,  # a close frame says why
            maxMessagePayloadSize=self.limits.websocket_max_message,
            maxFramePayloadSize=self.limits.websocket_max_message,
        )
        # Twisted would print; what it says below an error is about single connections.
        observer = FilteringLogObserver(
            STDLibLogObserver("twisted"), [LogLevelFilterPredicate(LogLevel.error)]
        )
        globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False, discardBuffer=True)
        for description in self.endpoints:
            listening = serverFromString(reactor, description).listen(self.http_factory)
            listening.addCallbacks(self.listen_success, self.listen_error)
        if self.listen_failure:
            return
        reactor.callLater(1, self.application_checker)
        reactor.callLater(2, self.timeout_checker)
        reactor.addSystemEventTrigger("before", "shutdown", self.drain)
        asyncio.set_event_loop(daphne_server.twisted_loop)
        reactor.callWhenRunning(self.begin)
        self.ready(self.listening_addresses[0][1])
        reactor.run()

    def listen_success(self, port: Any) -> None:
        self.ports.append(port)
        super().listen_success(port)

    def listen_error(self, failure: Any) -> None:
        self.listen_failure = failure.getErrorMessage()

    def create_application(self, protocol: WebSocketProtocol, scope: Scope) -> Inbox:
        inbox = Inbox(protocol.transport, self.limits.receive_buffer)
        scope["asgi"] = {"version": "3.0"}
        scope["extensions"] = {"websocket.http.response": {}}
        send = partial(self.handle_reply, protocol)
        task = asyncio.ensure_future(self.application(scope, inbox.get, send))
        self.connections[protocol]["application_instance"] = task
        return inbox

    async def handle_reply(self, protocol: Any, message: Message) -> None:
        if message["type"] == "websocket.send":
            await protocol.writable.wait()
        await super().handle_reply(protocol, message)
        if isinstance(protocol, WebRequest):
            if protocol.gone:
                # An application that streams on without listening must not hold the loop.
                await asyncio.sleep(0)
            else:
                await protocol.channel.writable.wait()

    def begin(self) -> None:
        self.life: asyncio.Queue[Message] = asyncio.Queue()
        self.life.put_nowait({"type": "lifespan.startup"})
        self.living = asyncio.ensure_future(self.live())

    async def live(self) -> None:
        async def send(_: Message) -> None:
            pass

        scope = {"type": "lifespan", "asgi": {"version": "3.0"}}
        with suppress(Exception):  # of an application that knows no lifespan
            await self.application(scope, self.life.get, send)

    def drain(self) -> Any:
        return defer.Deferred.fromFuture(asyncio.ensure_future(self.finish_in_flight()))

    async def finish_in_flight(self) -> None:
        self.announce_end()
        await asyncio.sleep(self.limits.drain_seconds)
        self.stopping = True
        loop = asyncio.get_running_loop()
        for port in self.ports:
            # Before idle connections are closed, or their clients would be let in anew.
            await defer.maybeDeferred(port.stopListening).asFuture(loop)
        for channel in tuple(self.http_factory.channels):
            channel.retire()
        for protocol in tuple(self.connections):
            if isinstance(protocol, WebSocketProtocol):
                protocol.sendCloseFrame(code=_GOING_AWAY)  # sendClose allows no such code
        pending = [channel.closed for channel in self.http_factory.channels]
        pending += self.running()
        if pending:
            await asyncio.wait(pending, timeout=self.limits.shutdown_timeout)
        late = self.running()
        for task in late:
            task.cancel()
        if late:
            logger.warning("Stopped with %d requests or sockets unfinished", len(late))
            # Bounded: an application may refuse to be cancelled.
            await asyncio.wait(late, timeout=1)
        self.life.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.wait([self.living], timeout=_GOODBYE)

    def running(self) -> list[asyncio.Future[None]]:
        tasks = (details.get("application_instance") for details in self.connections.values())
        return [task for task in tasks if task is not None and not task.done()]

"""One connection of the hardened daphne: the HTTP request, its channel, the websocket."""
# ruff: noqa: N802, N815 -- twisted's names

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from daphne.http_protocol import WebRequest as DaphneWebRequest
from daphne.utils import HEADER_NAME_RE, INVALID_HEADER_VALUE_BYTES
from daphne.ws_protocol import WebSocketFactory as DaphneWebSocketFactory
from daphne.ws_protocol import WebSocketProtocol as DaphneWebSocketProtocol
from twisted.web import http

from fashionos.kit.shell import Headers, Message, problem

if TYPE_CHECKING:
    from fashionos.serving import Limits, Server

_LINGER = 2.0  # seconds in which a refused client may read its answer while it still sends
_LENGTH_DIGITS = 20
_CLOSE_REASON = 123  # bytes that a close frame has room for
_MESSAGE_COST = 512  # bytes that even an empty message takes in memory


class WebRequest(DaphneWebRequest):  # type: ignore[misc]  # untyped
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.body = bytearray()  # received and not yet read
        self.body_complete = False
        self.end_read = False  # the application knows that the body is complete
        self.gone = False  # answered, or the client hung up
        self.news = asyncio.Event()

    # Called by the channel

    def gotRequestLine(self, method: bytes, uri: bytes, version: bytes) -> None:
        self.method, self.uri, self.clientproto = method, uri, version
        self.path, _, self.query_string = uri.partition(b"?")

    def gotLength(self, length: int | None) -> None:
        # The headers are complete; length is None for a chunked body.
        upgrade = self.requestHeaders.getRawHeaders(b"Upgrade", [b""])[0]
        is_handshake = upgrade.lower() == b"websocket"
        fault = self.header_fault() or (self.handshake_fault(length) if is_handshake else None)
        if fault:
            # Later, since the channel does not expect an answer before it has returned from here.
            refuse = partial(self.basic_error, 400, b"", fault)
            asyncio.get_running_loop().call_soon(refuse)
        elif is_handshake:
            # Daphne takes over in requestReceived, and would believe this header.
            self.requestHeaders.removeHeader(b"Daphne-Root-Path")
            super().gotLength(length)
            self.channel.factory.channels.discard(self.channel)
        else:
            self.start_application()

    def handleContentChunk(self, data: bytes) -> None:
        if self.gone:
            return
        self.body += data
        self.news.set()
        if len(self.body) > self.server.limits.receive_buffer:
            self.channel.transport.pauseProducing()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        if self.content is not None:
            super().requestReceived(command, path, version)
            return
        self.body_complete = True
        self.news.set()

    def connectionLost(self, reason: Any) -> None:
        self.hang_up()
        super().connectionLost(reason)

    def hang_up(self) -> None:
        self.gone = True
        self.news.set()

    # Called by the application

    async def receive(self) -> Message:
        while not (self.gone or self.body or (self.body_complete and not self.end_read)):
            self.news.clear()
            await self.news.wait()
        if self.gone:
            return {"type": "http.disconnect"}
        if len(self.body) > self.server.limits.receive_buffer:
            self.channel.transport.resumeProducing()
        body, self.body = bytes(self.body), bytearray()
        self.end_read = self.body_complete
        return {"type": "http.request", "body": body, "more_body": not self.body_complete}

    def handle_reply(self, message: Message) -> None:
        if self.gone:
            return
        super().handle_reply(message)
        if message["type"] == "http.response.start":
            if not self.body_complete or self.server.stopping:
                # What is left of the body cannot be told from a next request.
                self.setHeader(b"connection", b"close")
            if self.responseHeaders.getRawHeaders(b"connection") == [b"close"]:
                self.channel.persistent = False

    def finish(self) -> None:
        self.hang_up()
        if not self.body_complete:
            self.channel.linger()
        super().finish()

    # Starting and ending the application

    def header_fault(self) -> str | None:
        for name, values in self.requestHeaders.getAllRawHeaders():
            if not HEADER_NAME_RE.fullmatch(name):
                return "Invalid header name"
            if any(INVALID_HEADER_VALUE_BYTES.intersection(value) for value in values):
                return "Invalid header value"
        return None if self.uri.isascii() else "Invalid characters in path"

    def handshake_fault(self, length: int | None) -> str | None:
        if length != 0:
            return "A handshake has no body"
        protocols = self.requestHeaders.getRawHeaders(b"Sec-WebSocket-Protocol", [])
        return None if all(map(bytes.isascii, protocols)) else "Invalid header value"

    def start_application(self) -> None:
        self.client_addr = [self.client.host, self.client.port]
        self.server_addr = [self.host.host, self.host.port]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": self.clientproto.partition(b"/")[2].decode(),
            "method": self.method.decode(),
            "path": unquote(self.path.decode()),
            "raw_path": self.path,
            "root_path": "",
            "scheme": "http",
            "query_string": self.query_string,
            "headers": self.headers(),
            "client": self.client_addr,
            "server": self.server_addr,
        }
        send = partial(self.server.handle_reply, self)
        task = asyncio.ensure_future(self.server.application(scope, self.receive, send))
        # Daphne's checker cancels it if it lives on for too long after the connection.
        self.server.connections[self]["application_instance"] = task
        task.add_done_callback(self.application_ended)

    def headers(self) -> list[tuple[bytes, bytes]]:
        # A proxy's X-Name and a client's X_Name must not become one (CVE-2015-0219).
        return [
            (name.lower(), value)
            for name, values in self.requestHeaders.getAllRawHeaders()
            for value in values
            if b"_" not in name
        ]

    def application_ended(self, _: asyncio.Task[None]) -> None:
        if self.gone:
            return
        if self._response_started:
            self.hang_up()
            self.channel.loseConnection()
        else:
            self.basic_error(500, b"", "Internal server error")

    def handle_exception(self, _: BaseException) -> None:
        pass  # application_ended has answered, and daphne's second answer would raise

    def basic_error(self, status: int, _: bytes, body: str) -> None:
        code = "unexpected_failure" if status >= http.INTERNAL_SERVER_ERROR else "validation_failed"
        path = unquote(self.path.decode("ascii", "replace"))
        answer = problem(path, self.headers(), status, code, body)
        headers = [*answer.headers, (b"connection", b"close")]
        self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": answer.body})


class Channel(http.HTTPChannel):  # type: ignore[misc]  # untyped
    """One connection.

    Its one timer is a deadline (for the headers, for the next request, for a client that stopped
    reading): unlike twisted's, a byte now and then does not extend it.
    """

    requestFactory = WebRequest
    idle = False
    lingering = False

    def connectionMade(self) -> None:
        self.limits: Limits = self.factory.server.limits
        self.closed = asyncio.get_running_loop().create_future()
        self.writable = asyncio.Event()
        self.writable.set()
        self.factory.channels.add(self)
        super().connectionMade()

    def resetTimeout(self) -> None:
        pass

    def dataReceived(self, data: bytes) -> None:
        if self.lingering:
            return
        if self.idle:
            self.idle = False
            self.setTimeout(self.limits.header_timeout)
        super().dataReceived(data)

    def _maybeChooseTransferDecoder(self, header: bytes, data: bytes) -> Any:
        if header == b"Content-Length" and len(data) > _LENGTH_DIGITS:
            return self._failChooseTransferDecoder()  # int() would raise
        return super()._maybeChooseTransferDecoder(header, data)

    def allHeadersReceived(self) -> None:
        self.setTimeout(None)
        self.requests[-1].gotRequestLine(self._command, self._path, self._version)
        super().allHeadersReceived()

    def requestDone(self, request: WebRequest) -> None:
        if self.persistent:
            self.idle = True
            self.setTimeout(self.limits.keep_alive_timeout)
        super().requestDone(request)

    # Called by the transport when its buffer of unsent bytes is full, and empty again

    def pauseProducing(self) -> None:
        self.writable.clear()
        if self.requests:
            self.setTimeout(self.limits.send_timeout)
        super().pauseProducing()

    def resumeProducing(self) -> None:
        self.writable.set()
        if self.requests:
            self.setTimeout(None)
        super().resumeProducing()

    # Ending

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: ARG002 -- twisted's signature
        self._respondToBadRequestAndDisconnect()

    def timeoutConnection(self) -> None:
        if self.writable.is_set():
            super().timeoutConnection()
        else:
            self.forceAbortClient()  # what is unsent would never be read

    def linger(self) -> None:
        """Make the coming close half a close, and swallow what still arrives for a moment.

        Closing a socket with unread input resets the connection, and the client would lose the
        answer that it has not read yet.
        """
        self.lingering = True
        self._abortingCall = self.callLater(_LINGER, self.forceAbortClient)

    def loseConnection(self) -> None:
        if not self.lingering:
            super().loseConnection()
            return
        self._networkProducer.unregisterProducer()
        self.transport.resumeProducing()
        self.transport.loseWriteConnection()

    def retire(self) -> None:
        """Close as soon as the answer under way is written; at once if there is none."""
        self.persistent = False
        if not any(request.path for request in self.requests):
            self.loseConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:
        if any(request.startedWriting for request in self.requests):
            self.transport.abortConnection()
        else:
            super()._respondToBadRequestAndDisconnect()
        for request in self.requests:
            request.hang_up()

    def connectionLost(self, reason: Any) -> None:
        self.factory.channels.discard(self)
        self.closed.set_result(None)
        self.writable.set()
        super().connectionLost(reason)


class HTTPFactory(http.HTTPFactory):  # type: ignore[misc]  # untyped
    protocol = Channel

    def __init__(self, server: "Server") -> None:
        super().__init__(timeout=server.limits.header_timeout)
        self.server = server
        self.channels: set[Channel] = set()

    def log(self, request: WebRequest) -> None:
        pass  # twisted's access log, written to nowhere


class WebSocketProtocol(DaphneWebSocketProtocol):  # type: ignore[misc]  # untyped
    def connectionMade(self) -> None:
        super().connectionMade()
        self.writable = asyncio.Event()
        self.writable.set()
        # Until here the HTTP channel was told when the transport's buffer is full.
        self.transport.unregisterProducer()
        self.transport.registerProducer(Valve(self.writable), streaming=True)

    def handle_reply(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.http.response.start":
            self.refusal = message
        elif kind == "websocket.http.response.body":
            self.refuse(self.refusal["status"], self.refusal["headers"], message["body"])
        elif kind == "websocket.close" and self.state != self.STATE_CONNECTING:
            # sendClose would take no code below 3000 but 1000.
            reason = message.get("reason", "").encode()[:_CLOSE_REASON]
            self.sendCloseFrame(code=message.get("code", 1000), reasonUtf8=reason)
        else:
            super().handle_reply(message)

    def refuse(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer the handshake as HTTP."""
        lines = [b"HTTP/1.1 %d %s" % (status, http.RESPONSES.get(status, b"Refused"))]
        lines += [b"%s: %s" % header for header in headers]
        self.transport.write(b"\r\n".join([*lines, b"connection: close", b"", body]))
        self.transport.loseConnection()
        self.server.protocol_disconnected(self)

    def serverSend(self, content: str | bytes, binary: bool = False) -> None:  # noqa: FBT001, FBT002 -- daphne's signature
        """Send; at once if nothing waits, since twisted would go through two system calls more for each frame."""
        if self.state != self.STATE_OPEN:
            super().serverSend(content, binary)
            return
        frame, transport = self.factory.frame(content), self.transport
        if not (transport.dataBuffer or transport._tempDataBuffer or transport.disconnecting):  # noqa: SLF001 -- no public way to ask
            sent = transport.writeSomeData(frame)
            if sent == len(frame):
                return
            if isinstance(sent, int):
                frame = frame[sent:]
        transport.write(frame)

    def onClose(self, *args: Any) -> None:
        # A handshake that autobahn refuses never reaches daphne, which trips over its end.
        if hasattr(self, "server"):
            super().onClose(*args)


class WebSocketFactory(DaphneWebSocketFactory):  # type: ignore[misc]  # untyped
    protocol = WebSocketProtocol
    _last: tuple[object, bytes] = (None, b"")

    def frame(self, content: str | bytes) -> bytes:
        """Return the bytes of a message: what goes to many sockets is made once, since servers mask nothing."""
        last, frame = self._last
        if last is not content:
            opcode, data = (1, content.encode()) if isinstance(content, str) else (2, content)
            length = len(data)
            if length < 126:  # noqa: PLR2004 -- RFC 6455, 5.2: one byte, three or nine
                head = bytes([0x80 | opcode, length])
            elif length < 1 << 16:
                head = bytes([0x80 | opcode, 126]) + length.to_bytes(2, "big")
            else:
                head = bytes([0x80 | opcode, 127]) + length.to_bytes(8, "big")
            frame = head + data
            self._last = (content, frame)
        return frame


class Valve:
    """Told by a transport when its buffer of unsent bytes is full, and empty again."""

    def __init__(self, writable: asyncio.Event) -> None:
        self.pauseProducing = writable.clear
        self.resumeProducing = self.stopProducing = writable.set


class Inbox(asyncio.Queue[Message]):
    """A websocket's messages; while more than `limit` bytes are unread, it is not read further."""

    def __init__(self, transport: Any, limit: int) -> None:
        super().__init__()
        self.transport = transport
        self.limit = limit
        self.size = 0

    def _put(self, item: Message) -> None:
        super()._put(item)
        self.size += _cost(item)
        if self.size > self.limit:
            self.transport.pauseProducing()

    def _get(self) -> Message:
        item = super()._get()
        was_full = self.size > self.limit
        self.size -= _cost(item)
        if was_full and self.size <= self.limit:
            self.transport.resumeProducing()
        return item


def _cost(message: Message) -> int:
    return len(message.get("bytes") or message.get("text") or b"") + _MESSAGE_COST

"""A socket that speaks frames, and a server process of our own for it to speak to."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from fashionos.embedded import LOGIN, OWNER

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds until a test is given up: machines that test are busy


class Heard(NamedTuple):
    """A frame from the server; `raw` as it came."""

    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: Any
    raw: str | bytes


class Closed(Exception):  # noqa: N818 -- a fact, named as one
    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Refused(Exception):  # noqa: N818 -- a fact, named as one
    """The handshake was answered as HTTP."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status} {body!r}")
        self.status = status
        self.document = json.loads(body) if body.startswith(b"{") else None


class WebSocket:
    """The frames of RFC 6455, blocking; masked with zeros."""

    def __init__(
        self,
        port: int,
        path: str,
        *,
        timeout: float = PATIENCE,
        buffer: int | None = None,
        headers: Mapping[str, str],
    ) -> None:
        self.data = b""
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in self.data:
            self._read()
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        status = int(head.split(b" ")[1])
        if status != 101:  # noqa: PLR2004 -- switching protocols
            with contextlib.suppress(Closed):
                while True:
                    self._read()
            self.socket.close()
            raise Refused(status, self.data)

    def send(self, payload: str | bytes, opcode: int | None = None) -> None:
        data = payload.encode() if isinstance(payload, str) else payload
        opcode = opcode or (1 if isinstance(payload, str) else 2)
        length = len(data)
        if length < 126:  # noqa: PLR2004 -- RFC 6455, 5.2
            head = bytes([0x80 | opcode, 0x80 | length])
        elif length < 1 << 16:
            head = bytes([0x80 | opcode, 0x80 | 126]) + length.to_bytes(2, "big")
        else:
            head = bytes([0x80 | opcode, 0x80 | 127]) + length.to_bytes(8, "big")
        self.socket.sendall(head + bytes(4) + data)

    def receive(self, timeout: float | None = None) -> str | bytes:
        """Return the next message. Raises Closed, or TimeoutError."""
        if timeout is not None:
            self.socket.settimeout(timeout)
        while True:
            opcode, data = self._frame()
            if opcode == 1:
                return data.decode()
            if opcode == 2:  # noqa: PLR2004 -- binary
                return data
            if opcode == 8:  # noqa: PLR2004 -- close
                code = int.from_bytes(data[:2], "big") if data else None
                with contextlib.suppress(OSError):
                    self.send(data[:2], opcode=8)
                raise Closed(code, data[2:].decode())
            if opcode == 9:  # noqa: PLR2004 -- ping
                self.send(data, opcode=10)

    def close(self) -> None:
        self.socket.close()

    def _frame(self) -> tuple[int, bytes]:
        size, skip = self._need(2)[1], 2
        if size >= 126:  # noqa: PLR2004 -- RFC 6455, 5.2
            skip += 2 if size == 126 else 8  # noqa: PLR2004 -- RFC 6455, 5.2
            size = int.from_bytes(self._need(skip)[2:skip], "big")
        whole = self._need(skip + size)
        self.data = self.data[skip + size :]
        return whole[0] & 0x0F, whole[skip : skip + size]

    def _need(self, count: int) -> bytes:
        while len(self.data) < count:
            self._read()
        return self.data[:count]

    def _read(self) -> None:
        try:
            chunk = self.socket.recv(1 << 16)
        except ConnectionError:
            chunk = b""
        if not chunk:
            raise Closed(None, "the connection ended")
        self.data += chunk


class FrameClient:
    """One client of the realtime protocol: sends frames, and hands out what it hears in order."""

    def __init__(
        self,
        port: int,
        *,
        vsn: str = "2.0.0",
        key: str | None = None,
        buffer: int | None = None,
        **headers: str,
    ) -> None:
        self.vsn = vsn
        self.refs = 0
        self.join_refs: dict[str, str] = {}
        query = urlencode(
            {"apikey": settings.PUBLISHABLE_KEYS[0] if key is None else key, "vsn": vsn}
        )
        self.socket = WebSocket(
            port, f"/realtime/v1/websocket?{query}", buffer=buffer, headers=headers
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def push(
        self, topic: str, event: str, payload: Any, *, ref: str | None = None, join_ref: Any = None
    ) -> str:
        """Send one text frame; `topic` as on the wire. Return its ref."""
        if ref is None:
            self.refs += 1
            ref = str(self.refs)
        frame: Any = [join_ref, ref, topic, event, payload]
        if self.vsn == "1.0.0":
            names = ("join_ref", "ref", "topic", "event", "payload")
            frame = dict(zip(names, frame, strict=True))
        self.socket.send(json.dumps(frame))
        return ref

    def say(self, name: str, event: str, payload: Any) -> str:
        """Push to a channel that was joined."""
        return self.push(f"realtime:{name}", event, payload, join_ref=self.join_refs.get(name))

    def ask_join(
        self, name: str, token: str | None = None, *, private: bool = True, **config: Any
    ) -> str:
        ref = str(self.refs + 1)
        payload: dict[str, Any] = {"config": {"private": private, **config}}
        if token is not None:
            payload["access_token"] = token
        self.push(f"realtime:{name}", "phx_join", payload, join_ref=ref)
        return ref

    def join(
        self, name: str, token: str | None = None, *, private: bool = True, **config: Any
    ) -> Any:
        """Join and return the reply's payload, whichever it is."""
        ref = self.ask_join(name, token, private=private, **config)
        reply = self.hear("phx_reply")
        assert (reply.ref, reply.topic) == (ref, f"realtime:{name}")
        if reply.payload["status"] == "ok":
            self.join_refs[name] = ref
        return reply.payload

    def broadcast(self, name: str, event: str, payload: Any) -> str:
        """Say something, as the client of this serialiser does: octets, or what JSON holds."""
        if self.vsn == "1.0.0":
            return self.say(
                name, "broadcast", {"type": "broadcast", "event": event, "payload": payload}
            )
        self.refs += 1
        ref = str(self.refs)
        raw = isinstance(payload, bytes)
        content = payload if raw else json.dumps(payload).encode()
        parts = [self.join_refs.get(name, ""), ref, f"realtime:{name}", event, ""]
        encoded = [part.encode() for part in parts]
        head = bytes([3, *map(len, encoded), 0 if raw else 1])
        self.socket.send(head + b"".join(encoded) + content)
        return ref

    def hear(self, event: str | None = None, *, timeout: float = PATIENCE) -> Heard:
        """Return the next frame, which must be this event."""
        heard = self._read(self.socket.receive(timeout))
        assert event in {None, heard.event}, heard
        return heard

    def hear_broadcast(self, *, timeout: float = PATIENCE) -> tuple[str, Any]:
        """Return event and payload of the next frame, which must be a broadcast."""
        heard = self.hear("broadcast", timeout=timeout).payload
        return heard["event"], heard["payload"]

    def hears_nothing(self, seconds: float = 0.4) -> bool:
        """Prove it: a heartbeat's answer is the next that comes."""
        with contextlib.suppress(TimeoutError):
            raise AssertionError(self.hear(timeout=max(seconds, 0.01)))
        ref = self.push("phoenix", "heartbeat", {})
        return self.hear("phx_reply").ref == ref

    def is_closed(self, *, timeout: float = PATIENCE) -> Closed:
        """Read until the server has closed; return how."""
        try:
            while True:
                self.socket.receive(timeout)
        except Closed as closed:
            return closed

    def _read(self, raw: str | bytes) -> Heard:
        if isinstance(raw, bytes):
            kind, topic, event, meta, encoding = raw[:5]
            assert kind == 4  # noqa: PLR2004 -- the server's broadcast
            at, parts = 5, []
            for length in (topic, event, meta):
                parts.append(raw[at : at + length].decode())
                at += length
            payload: Any = json.loads(raw[at:]) if encoding else raw[at:]
            document = {"type": "broadcast", "event": parts[1], "payload": payload}
            if parts[2]:
                document["meta"] = json.loads(parts[2])
            return Heard(None, None, parts[0], "broadcast", document, raw)
        frame = json.loads(raw)
        if self.vsn == "1.0.0":
            names = ("join_ref", "ref", "topic", "event", "payload")
            frame = [frame[name] for name in names]
        join_ref, ref, topic, event, document = frame
        return Heard(join_ref, ref, topic, event, document, raw)


class ServerProcess:
    """`manage.py serve` on a free port (or this one), as the login that serves, on the tests' database."""

    def __init__(self, *, port: int = 0, **environment: str) -> None:
        self.log_file = tempfile.TemporaryFile("w+")  # noqa: SIM115 -- closed by stop()
        self.process = subprocess.Popen(  # noqa: S603 -- our own command
            [sys.executable, "manage.py", "serve", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": served_database(), **environment},
            stdout=subprocess.PIPE,
            stderr=self.log_file,
            text=True,
        )
        assert self.process.stdout
        found = re.search(r"port (\d+)", self.process.stdout.readline())
        if not found:
            self.stop(kill=True)
            log = self.log
            self.log_file.close()
            raise RuntimeError(f"the server did not start: {log}")
        self.port = int(found[1])

    @property
    def log(self) -> str:
        self.log_file.seek(0)
        return self.log_file.read()

    def stop(self, *, kill: bool = False) -> int:
        """End it, if it has not ended by itself; return its exit code."""
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        code = self.process.wait(20)
        if self.process.stdout:
            self.process.stdout.close()
        return code


@contextmanager
def server_process(*, port: int = 0, **environment: str) -> Iterator[ServerProcess]:
    server = ServerProcess(port=port, **environment)
    try:
        yield server
    finally:
        server.stop()
        server.log_file.close()


def served_database() -> str:
    """Return the address of the tests' database, for the login that may become roles and owns nothing."""
    parts = urlsplit(settings.DATABASE_URL)
    location = parts.netloc.replace(OWNER, LOGIN)
    return urlunsplit(parts._replace(netloc=location, path=f"/{connection.settings_dict['NAME']}"))

"""Many sockets in one cheap process: no event loop, no library, one epoll."""

import contextlib
import json
import select
import socket
import time
from dataclasses import dataclass, field
from typing import Any

ROOM = "bench"
_CLOSE, _PING = 8, 9


@dataclass
class Listener:
    socket: socket.socket
    data: bytes = b""
    numbers: list[int] = field(default_factory=list)
    closed: int | None = None


def connect(port: int, path: str, *, buffer: int | None = None) -> socket.socket:
    """Open a websocket, and return it when the handshake is done."""
    sock = socket.socket()
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    sock.connect(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(1)
    assert b" 101 " in head, head
    return sock


def frame(payload: bytes, opcode: int = 1) -> bytes:
    """Return a client's frame, masked with zeros."""
    length = len(payload)
    if length < 126:
        head = bytes([0x80 | opcode, 0x80 | length])
    elif length < 1 << 16:
        head = bytes([0x80 | opcode, 0x80 | 126]) + length.to_bytes(2, "big")
    else:
        head = bytes([0x80 | opcode, 0x80 | 127]) + length.to_bytes(8, "big")
    return head + bytes(4) + payload


def split(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the whole frames of a server as (opcode, payload), and what is left."""
    frames, at = [], 0
    while len(data) - at >= 2:
        size, skip = data[at + 1], 2
        if size >= 126:
            skip = 4 if size == 126 else 10
            size = int.from_bytes(data[at + 2 : at + skip], "big")
        if len(data) - at < skip + size:
            break
        frames.append((data[at] & 15, data[at + skip : at + skip + size]))
        at += skip + size
    return frames, data[at:]


def join(sock: socket.socket, topic: str, token: str | None = None, **config: Any) -> None:
    """Join, privately if there is a token and `config` says nothing else; return with the reply."""
    config = {"private": token is not None, **config}
    payload = {"config": config, **({"access_token": token} if token else {})}
    sock.sendall(frame(json.dumps(["1", "1", f"realtime:{topic}", "phx_join", payload]).encode()))
    data = b""
    while b"phx_reply" not in data:
        data += sock.recv(65536)
    assert b'"ok"' in data, data


class Crowd:
    """So many listeners in one room, and one who speaks; half of them at another process, if there is `also` one."""

    def __init__(self, port: int, path: str, count: int, *, also: int | None = None) -> None:
        self.epoll = select.epoll()
        self.listeners: dict[int, Listener] = {}
        for number in range(count):
            sock = connect(also if also and number % 2 else port, path)
            join(sock, ROOM)
            self.add(sock)
        self.speaker = connect(port, path)
        join(self.speaker, ROOM)

    def add(self, sock: socket.socket) -> Listener:
        sock.settimeout(0)
        listener = self.listeners[sock.fileno()] = Listener(sock)
        self.epoll.register(sock.fileno(), select.EPOLLIN)
        return listener

    def say(self, number: int, size: int = 0) -> None:
        payload = b'{"n":%d,"x":"%s"}' % (number, b"x" * size)
        parts = (b"1", b"2", f"realtime:{ROOM}".encode(), b"n", b"")
        head = bytes([3, *map(len, parts), 1])
        self.speaker.sendall(frame(head + b"".join(parts) + payload, opcode=2))

    def hear(self, count: int, *, since: float, seconds: float = 30.0) -> list[float]:
        """Return the milliseconds since then at which each of `count` messages arrived."""
        taken: list[float] = []
        ends = time.perf_counter() + seconds
        while len(taken) < count and time.perf_counter() < ends:
            for descriptor, _ in self.epoll.poll(0.5):
                taken += self._read(self.listeners[descriptor], since)
        return taken

    def _read(self, listener: Listener, since: float) -> list[float]:
        try:
            data = listener.socket.recv(1 << 18)
        except BlockingIOError:
            return []
        except ConnectionError:
            data = b""
        if not data:
            self.epoll.unregister(listener.socket.fileno())
            listener.closed = listener.closed or 0
            return []
        now = (time.perf_counter() - since) * 1000
        frames, listener.data = split(listener.data + data if listener.data else data)
        taken = []
        for opcode, payload in frames:
            if opcode == _PING:
                listener.socket.send(frame(payload, opcode=10))
            elif opcode == _CLOSE:
                listener.closed = int.from_bytes(payload[:2], "big")
            else:
                _, _, rest = payload.partition(b'{"n":')
                listener.numbers.append(int(rest[: rest.index(b",")]))
                taken.append(now)
        return taken

    def faults(self, expected: int) -> str:
        """Say how many messages did not arrive, or not in the order in which they were sent."""
        lost = sum(expected - len(one.numbers) for one in self.listeners.values())
        mixed = sum(one.numbers != sorted(one.numbers) for one in self.listeners.values())
        return f"{lost} lost, {mixed} out of order"

    def close(self) -> None:
        self.epoll.close()
        for listener in self.listeners.values():
            with contextlib.suppress(OSError):
                listener.socket.close()
        self.speaker.close()

"""The least that a server can do: says each binary message that a client sends to all others, in a frame built once.

python -m benchmarks.floor: uvloop where it is installed, else asyncio. Prints its port.
"""

import asyncio
from typing import cast

from benchmarks.listeners import ROOM, split

_HANDSHAKE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
_clients: set[asyncio.WriteTransport] = set()


class Client(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.WriteTransport, transport)
        self.data = b""
        self.open = False

    def connection_lost(self, _: Exception | None) -> None:
        _clients.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        if not self.open:
            self.open = True
            self.transport.write(_HANDSHAKE)
            return
        # A masked frame reads as one of a server that is four bytes longer, since the mask is zeros.
        self.data += data
        while len(self.data) > 1:
            size = self.data[1] & 127
            skip = 2 if size < 126 else 4
            if size == 126:
                size = int.from_bytes(self.data[2:4], "big")
            if len(self.data) < skip + 4 + size:
                return
            opcode, payload = self.data[0] & 15, self.data[skip + 4 : skip + 4 + size]
            self.data = self.data[skip + 4 + size :]
            self.take(opcode, payload)

    def take(self, opcode: int, payload: bytes) -> None:
        if opcode == 1:
            _clients.add(self.transport)
            self.transport.write(_frame(b'["1","1","x","phx_reply",{"status":"ok"}]', 1))
            return
        body = payload[payload.index(b'{"n":') :]
        topic = f"realtime:{ROOM}".encode()
        said = _frame(bytes([4, len(topic), 1, 0, 1]) + topic + b"n" + body, 2)
        for client in _clients:
            if client is not self.transport:
                client.write(said)


def _frame(payload: bytes, opcode: int) -> bytes:
    length = len(payload)
    if length < 126:
        return bytes([0x80 | opcode, length]) + payload
    return bytes([0x80 | opcode, 126]) + length.to_bytes(2, "big") + payload


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Client, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], type(loop).__module__, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    assert split(_frame(b"x", 1)) == ([(1, b"x")], b"")
    try:
        import uvloop
    except ImportError:
        asyncio.run(main())
    else:
        uvloop.run(main())

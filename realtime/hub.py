"""Who listens in this process, and how they are told: one dict from topic to channels, one frame per serialiser.

A frame is written straight to each socket. Only a socket whose transport is full gets a backlog, bounded; when that is
full too, the socket is given up, and no other has waited for it.
"""

import asyncio
import types
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from typing import Any, cast

from fashionos.kit.shell import Message, Send
from realtime.limits import Limits
from realtime.protocol import Broadcast, Vsn, write_broadcast, write_text
from realtime.topics import PREFIX


class Socket:
    """The way out to one client. `give_up` is called once, with the reason, when it cannot be told any more."""

    __slots__ = (
        *("_backlog", "_bytes", "_counts", "_limits", "_send", "_writer"),
        *("give_up", "open", "vsn"),
    )

    def __init__(
        self,
        send: Send,
        vsn: Vsn,
        limits: Limits,
        *,
        give_up: Callable[[str], None],
        counts: Counter[str],
    ) -> None:
        self.vsn = vsn
        self.give_up = give_up
        self._counts = counts
        self.open = True
        self._send = send
        self._limits = limits
        self._writer: asyncio.Task[None] | None = None
        self._backlog: deque[Message] | None = None  # made when it is needed: most never are
        self._bytes = 0

    def write(self, message: Message) -> None:
        """Send, now if the transport has room. The message may go to other sockets too: nobody changes it."""
        if not self.open:
            return
        self._counts["frames"] += 1
        if self._writer is None:
            self._write_now(message)
            return
        if self._backlog is None:
            self._backlog = deque()
        # Before it is added: one message that is larger than the bound is no reason.
        if (
            len(self._backlog) >= self._limits.backlog_messages
            or self._bytes >= self._limits.backlog_bytes
        ):
            self._fail("slow: more than it could be sent waits for it")
            return
        self._backlog.append(message)
        self._bytes += _size(message)

    def close(self) -> None:
        """Send nothing more, and forget what waits."""
        self.open = False
        self._backlog = None
        if self._writer:
            self._writer.cancel()

    def _write_now(self, message: Message) -> None:
        # A server's send() only suspends while its transport is full. A task for each frame would cost more than the
        # frame, so the first step is taken here, and only what is suspended becomes a task.
        sending = cast("Coroutine[Any, Any, None]", self._send(message))
        try:
            waiting_for = sending.send(None)
        except StopIteration:
            return
        except Exception as error:  # noqa: BLE001 -- whatever a server raises about a socket that is gone
            self._fail(f"gone: {error!r}")
        else:
            self._writer = asyncio.ensure_future(self._drain(_resume(sending, waiting_for)))

    async def _drain(self, sending: Awaitable[None]) -> None:
        try:
            await sending
            while self._backlog:
                message = self._backlog.popleft()
                self._bytes -= _size(message)
                await self._send(message)
        except Exception as error:  # noqa: BLE001 -- as above
            self._fail(f"gone: {error!r}")
        self._writer = None

    def _fail(self, reason: str) -> None:
        if self.open:
            self.close()
            self.give_up(reason)


@types.coroutine
def _resume(sending: Coroutine[Any, Any, None], waiting_for: Any) -> Generator[Any, None, None]:
    """Go on with a coroutine that has been suspended: wait for what it waits for, then let it run."""
    try:
        yield waiting_for
    except BaseException:
        sending.close()
        raise
    yield from sending


def _size(message: Message) -> int:
    return len(message.get("bytes") or message.get("text") or b"")


class Channel:
    """One topic that one socket has joined; what the room needs to know of it."""

    __slots__ = ("__weakref__", "ack", "echo", "join_ref", "knows_presence", "socket", "topic")

    def __init__(self, socket: Socket, topic: str, join_ref: str | None) -> None:
        self.socket = socket
        self.topic = topic  # without prefix
        self.join_ref = join_ref
        self.echo = False  # hears its own broadcasts
        self.ack = False
        self.knows_presence = False

    def push(self, event: str, payload: Any, *, ref: str | None = None) -> None:
        """Tell this channel alone. The client takes `phx_close` only with the ref of its join."""
        text = write_text(
            self.socket.vsn, PREFIX + self.topic, event, payload, ref=ref, join_ref=ref
        )
        self.socket.write({"type": "websocket.send", "text": text})


class Hub:
    """All channels of this process, by topic."""

    def __init__(self) -> None:
        self.rooms: dict[str, dict[Channel, None]] = {}
        self.counts: Counter[str] = Counter()

    def add(self, channel: Channel) -> None:
        self.rooms.setdefault(channel.topic, {})[channel] = None

    def remove(self, channel: Channel) -> None:
        room = self.rooms.get(channel.topic, {})
        room.pop(channel, None)
        if not room:
            self.rooms.pop(channel.topic, None)

    def channels(self, topic: str) -> tuple[Channel, ...]:
        return tuple(self.rooms.get(topic, ()))

    def broadcast(self, topic: str, said: Broadcast, *, sender: Channel | None = None) -> None:
        """Tell all who listen; the sender only if it wants to hear itself."""
        hearing = [c for c in self.channels(topic) if c is not sender or c.echo]
        self.counts["delivered"] += len(hearing)
        _tell(hearing, lambda vsn: write_broadcast(vsn, PREFIX + topic, said))

    def push(self, topic: str, event: str, payload: Any) -> None:
        """Tell those in the room who follow its presence."""
        following = [c for c in self.channels(topic) if c.knows_presence]
        _tell(following, lambda vsn: write_text(vsn, PREFIX + topic, event, payload))


def _tell(channels: Iterable[Channel], write: Callable[[Vsn], str | bytes]) -> None:
    """Send each channel the frame of its serialiser, written once."""
    frames: dict[Vsn, Message] = {}
    for channel in channels:
        socket = channel.socket
        frame = frames.get(socket.vsn)
        if frame is None:
            content = write(socket.vsn)
            kind = "text" if isinstance(content, str) else "bytes"
            frame = frames[socket.vsn] = {"type": "websocket.send", kind: content}
        socket.write(frame)

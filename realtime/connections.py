"""One client's socket: its frames in, its channels, what it may say and how much."""

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import uuid4

from fashionos.kit.shell import Message, Receive, Send
from realtime.access import Refused, Speaker, read_token
from realtime.changes import Subscriber
from realtime.hub import Channel, Socket
from realtime.limits import Rate
from realtime.protocol import (
    Broadcast,
    Frame,
    Join,
    JoinConfig,
    NewToken,
    PresenceCall,
    ProtocolError,
    Vsn,
    read_binary,
    read_payload,
    read_text,
    write_text,
)
from realtime.topics import HEARTBEAT, PREFIX, BadTopic, FactTopic, fact_topic

if TYPE_CHECKING:
    from realtime.consumers import Realtime

logger = logging.getLogger("realtime.sockets")

_UNSUPPORTED = 1003
_POLICY = 1008
_TRY_LATER = 1013
_CLOSE_SECONDS = 1.0  # for the close frame to find room
_FRAMES_PER_MESSAGE = 4  # joins, tokens, heartbeats and leaves are frames too


class Joined(Channel):
    """A channel that this client joined, and as whom. Who may listen may speak: owners, members, guests of a room."""

    __slots__ = (
        *("connection", "fact_topic", "owner", "presence_key"),
        *("speaker", "subscriber", "tracked"),
    )

    def __init__(
        self,
        connection: "Connection",
        topic: str,
        join_ref: str | None,
        speaker: Speaker,
        fact_topic: FactTopic | None,
    ) -> None:
        super().__init__(connection.socket, topic, join_ref)
        self.connection = connection
        self.speaker = speaker
        self.fact_topic = fact_topic
        self.subscriber: Subscriber | None = None
        self.owner = uuid4().hex
        self.presence_key = self.owner
        self.tracked = False

    @property
    def is_guarded(self) -> bool:
        """Whether it carries what not everybody may hear."""
        return self.fact_topic is not None or self.subscriber is not None

    def configure(self, config: JoinConfig) -> None:
        if config.broadcast:
            self.echo, self.ack = bool(config.broadcast.self), bool(config.broadcast.ack)
        if config.presence:
            self.knows_presence = bool(config.presence.enabled)
            self.presence_key = config.presence.key or self.presence_key


class Connection:
    def __init__(
        self, realtime: "Realtime", receive: Receive, send: Send, vsn: Vsn, speaker: Speaker
    ) -> None:
        limits = realtime.limits
        self.realtime = realtime
        self.receive = receive
        self.send = send
        self.speaker = speaker  # whom the api key stands for
        self.socket = Socket(send, vsn, limits, give_up=self.give_up, counts=realtime.hub.counts)
        self.channels: dict[str, Joined] = {}
        self.heard = time.monotonic()
        self.ending: asyncio.Task[None] | None = None
        self.served = False  # run() is past its loop
        self.task = asyncio.current_task()
        self.frames = Rate(_FRAMES_PER_MESSAGE * limits.messages_per_second, 1.0)
        self.messages = Rate(limits.messages_per_second, 1.0)
        self.joins = Rate(limits.joins_per_second, 1.0)
        self.presence = Rate(limits.presence_calls, limits.presence_seconds)

    async def run(self) -> None:
        """Serve until the client leaves, or is made to."""
        try:
            while (message := await self.receive())["type"] == "websocket.receive":
                self.heard = time.monotonic()
                if not self.frames.take(self.heard):
                    self.end(_POLICY, "Too many frames per second")
                    break
                await self.take(message)
        except ProtocolError as error:
            self.end(_UNSUPPORTED, f"Not a frame of this protocol: {error}")
        except asyncio.CancelledError:
            if self.ending is None or self.task is None:
                raise
            self.task.uncancel()
        finally:
            self.served = True
            for channel in tuple(self.channels.values()):
                self.remove(channel)
            self.socket.close()
        if self.ending:
            await asyncio.wait([self.ending])

    # Ending

    def give_up(self, reason: str) -> None:
        if not reason.startswith("gone"):
            self.realtime.hub.counts["slow_sockets"] += 1
            self.end(_TRY_LATER, reason)
        else:
            self.end(None, reason)

    def end(self, code: int | None, reason: str) -> None:
        """Close with this code (None: nobody is there to hear it) and stop serving."""
        if self.ending is None:
            if code:
                logger.warning("socket closed with %d: %s", code, reason)
            self.socket.close()
            self.ending = asyncio.ensure_future(self._end(code, reason[:100]))

    async def _end(self, code: int | None, reason: str) -> None:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                if code:
                    await self.send({"type": "websocket.close", "code": code, "reason": reason})
        except Exception:  # noqa: BLE001 -- full, or gone
            logger.debug("the close frame was not sent")
        if self.task and not self.served:
            self.task.cancel()

    # Frames

    async def take(self, message: Message) -> None:
        text = message.get("text")
        frame = (
            read_binary(message.get("bytes") or b"")
            if text is None
            else read_text(text, self.socket.vsn)
        )
        if frame.topic == HEARTBEAT:
            self.reply(frame, "ok")
            return
        name = frame.topic.removeprefix(PREFIX)
        if name == frame.topic:
            self.reply(frame, "error", reason="unmatched topic")
        elif frame.event == "phx_join":
            await self.join(frame, name)
        else:
            channel = self.channels.get(name)
            if channel and frame.join_ref in {None, channel.join_ref}:
                await self.take_push(channel, frame)
            elif frame.event == "phx_leave":
                self.reply(frame, "ok")
            else:
                self.reply(frame, "error", reason="unmatched topic")

    async def take_push(self, channel: Joined, frame: Frame) -> None:
        if isinstance(frame.payload, Broadcast):
            await self.broadcast(channel, frame, frame.payload)
        elif frame.event == "presence":
            self.take_presence(channel, frame, frame.payload)
        elif frame.event == "access_token":
            await self.renew(channel, read_payload(frame.payload, NewToken).access_token)
        elif frame.event == "phx_leave":
            self.remove(channel)
            self.reply(frame, "ok")
            channel.push("phx_close", {}, ref=channel.join_ref)
        elif frame.ref:
            self.reply(frame, "error", reason="unknown event")

    def reply(self, frame: Frame, status: str, **response: Any) -> None:
        payload = {"status": status, "response": response}
        text = write_text(
            self.socket.vsn,
            frame.topic,
            "phx_reply",
            payload,
            ref=frame.ref,
            join_ref=frame.join_ref,
        )
        self.socket.write({"type": "websocket.send", "text": text})

    # Joining and leaving

    async def join(self, frame: Frame, name: str) -> None:
        try:
            channel = await self.admit(frame, name)
        except Refused as refusal:
            self.reply(frame, "error", reason=str(refusal))
            return
        former = self.channels.get(name)
        if former:
            self.remove(former)
        self.channels[name] = channel
        self.realtime.hub.add(channel)
        subscriber = channel.subscriber
        echoed = [watched.echo for watched in subscriber.watched] if subscriber else []
        self.reply(frame, "ok", postgres_changes=echoed)
        if former:
            former.push("phx_close", {}, ref=former.join_ref)
        if subscriber:
            self.realtime.feed.start(subscriber)
            self.tell_system(channel, "Subscribed to PostgreSQL", "postgres_changes", "ok")
        if channel.knows_presence:
            channel.push("presence_state", self.realtime.presences.state(name))

    async def admit(self, frame: Frame, name: str) -> Joined:
        """Return the channel that is asked for. Raises Refused with the reason."""
        limits = self.realtime.limits
        if not self.joins.take(time.monotonic()):
            raise Refused("ClientJoinRateLimitReached: Too many joins per second")
        if name not in self.channels and len(self.channels) >= limits.channels:
            raise Refused("ChannelRateLimitReached: Too many channels")
        try:
            asked = read_payload(bytes(frame.payload), Join)  # type: ignore[arg-type]  # a broadcast is no join
            topic = fact_topic(name)
        except ProtocolError as error:
            raise Refused(f"InvalidJoinPayload: {error}") from error
        except BadTopic as error:
            if not name:
                raise Refused(f"TopicNameRequired: {error}") from error
            _deny(name)
        config = asked.config or JoinConfig()
        gaps = self.realtime.listener.gaps
        speaker = read_token(asked.access_token, self.speaker)
        if topic:
            await self.check(speaker, topic, name)
        else:
            self.check_room(name, is_private=bool(config.private))
        channel = Joined(self, name, frame.join_ref or frame.ref, speaker, topic)
        channel.configure(config)
        if config.postgres_changes:
            await self.realtime.subscribe(channel, config.postgres_changes)
        if channel.is_guarded and self.realtime.listener.gaps != gaps:
            self.remove(channel)
            raise Refused("Unknown Error on Channel")
        return channel

    def check_room(self, name: str, *, is_private: bool) -> None:
        """Raise Refused unless this name may be a public room."""
        if is_private:
            _deny(name)
        if not self.realtime.public_channels:
            raise Refused("PrivateOnly: This project only allows private channels")

    async def check(self, speaker: Speaker, topic: FactTopic, name: str) -> None:
        """Raise Refused unless this speaker may read this topic, and its facts are heard."""
        if speaker.user is None:
            _deny(name)
        try:
            async with asyncio.timeout(self.realtime.limits.join_seconds):
                await self.realtime.listener.start()
                seen, allowed = -1, False
                while seen != self.realtime.reviews:  # else the answer may be older than a removal
                    seen = self.realtime.reviews
                    allowed = await self.realtime.may_join(speaker.user, topic)
        except Exception as error:
            logger.exception("cannot tell who may join %s", topic.kind)
            raise Refused("Unknown Error on Channel") from error
        if not allowed:
            _deny(name)

    def remove(self, channel: Joined) -> None:
        if self.channels.get(channel.topic) is channel:
            del self.channels[channel.topic]
        self.realtime.hub.remove(channel)
        if channel.subscriber:
            self.realtime.feed.remove(channel.subscriber)
        self.untrack(channel)

    def restart(self, channel: Joined) -> None:
        """Close one channel so that the client joins again, and refetches then."""
        self.remove(channel)
        channel.push("phx_error", {}, ref=channel.join_ref)

    def expel(self, channel: Joined, message: str) -> None:
        """Close one channel and say why; the client does not rejoin by itself."""
        self.remove(channel)
        self.tell_system(channel, message)
        channel.push("phx_close", {}, ref=channel.join_ref)

    def tell_system(
        self, channel: Joined, message: str, extension: str = "system", status: str = "error"
    ) -> None:
        payload = {
            "extension": extension,
            "status": status,
            "message": message,
            "channel": channel.topic,
        }
        channel.push("system", payload)

    async def renew(self, channel: Joined, token: str | None) -> None:
        """Go on with a new token: of the same user, and still allowed."""
        if token is None:
            return
        try:
            speaker = read_token(token, self.speaker)
            if channel.is_guarded and channel.speaker.identity != speaker.identity:
                _deny(channel.topic)
            if channel.fact_topic:
                await self.check(speaker, channel.fact_topic, channel.topic)
        except Refused as refusal:
            self.expel(channel, str(refusal))
        else:
            channel.speaker = speaker
            if channel.subscriber:
                channel.subscriber.speaker = speaker

    # Saying

    async def broadcast(self, channel: Joined, frame: Frame, said: Broadcast) -> None:
        if not self.messages.take(time.monotonic()):
            self.expel(channel, "Too many messages per second")
            return
        if len(said.payload) > self.realtime.limits.broadcast_bytes:
            self.realtime.hub.counts["too_large"] += 1
            if channel.ack:
                self.reply(frame, "error", reason="Payload size exceeds the limit")
            return
        try:
            await self.realtime.say(channel.topic, said, sender=channel)
        except Exception:
            logger.exception("a broadcast was not passed on")
            if channel.ack:
                self.reply(frame, "error", reason="Unknown Error on Channel")
            return
        if channel.ack:
            self.reply(frame, "ok")

    def take_presence(self, channel: Joined, frame: Frame, payload: bytes) -> None:
        now = time.monotonic()
        if not self.presence.take(now):
            self.expel(channel, "Client presence rate limit exceeded")
            return
        if not self.realtime.presence_rate.take(now):
            self.expel(channel, "Too many presence messages per second")
            return
        call = read_payload(payload, PresenceCall)
        if call.event == "untrack":
            self.untrack(channel)
            self.reply(frame, "ok")
            return
        meta = {} if call.payload is None else call.payload
        if call.event != "track" or not isinstance(meta, dict):
            self.reply(frame, "error", reason="Presence takes track with an object, or untrack")
        elif len(payload) > self.realtime.limits.presence_bytes:
            self.expel(channel, "Track message size exceeded")
        else:
            channel.knows_presence = channel.tracked = True
            self.reply(frame, "ok")
            self.realtime.track(channel, channel.presence_key, meta)

    def untrack(self, channel: Joined) -> None:
        if channel.tracked:
            channel.tracked = False
            self.realtime.untrack(channel)


def _deny(name: str) -> NoReturn:
    raise Refused(
        f"Unauthorized: You do not have permissions to read from this Channel topic: {name}"
    )

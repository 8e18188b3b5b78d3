"""The realtime server of one process, as an ASGI application: sockets are its own, HTTP it hands on.

It knows no other app: who may join, and what an event does to the caches, are functions that it is given.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import msgspec
from channels.db import database_sync_to_async

from fashionos.accounts.tokens import Caller
from fashionos.kit.owned import SessionEnded
from fashionos.kit.shell import App, Receive, Scope, Send, first_header
from realtime.access import Refused, ended_sessions, read_key
from realtime.bus import Bus, Item
from realtime.changes import Feed, Source, Subscriber
from realtime.connections import Connection, Joined
from realtime.hub import Hub
from realtime.limits import Limits, Rate
from realtime.listener import Listener
from realtime.presence import Change, Diff, Presences, Snapshot
from realtime.protocol import VERSIONS, Broadcast, Vsn
from realtime.schemas import FACTS
from realtime.services import Notice
from realtime.topics import BadTopic, FactTopic, fact_topic

logger = logging.getLogger("realtime")

PATH = "/realtime/v1/websocket"
_RESTART = 1012
_THREADS = 8

CanJoin = Callable[[Caller, str, UUID], bool]
OnChatter = Callable[[str, str], None]


class Realtime:
    """Everything that sockets of one process share.

    `can_join(caller, kind, id)` says who may listen to `kind:id`; `on_chatter(topic, event)` is called before a
    declared event that came by HTTP or from a client is passed on. Both are run in a thread. `source` reads the tables
    whose changes are told. `shared` says that other processes are reached over the channel layer.
    """

    def __init__(
        self,
        app: App,
        *,
        can_join: CanJoin,
        on_chatter: OnChatter,
        source: Source,
        limits: Limits,
        origins: Iterable[str] = ("*",),
        public_channels: bool = True,
        shared: bool = False,
    ) -> None:
        self.app = app
        self.can_join = can_join
        self.on_chatter = on_chatter
        self.limits = limits
        self.origins = frozenset(origins)
        self.public_channels = public_channels
        self.process = uuid4().hex[:12]
        self.hub = Hub()
        self.presences = Presences(self.process)
        self.presence_rate = Rate(limits.presence_per_second, 1.0)
        self.connections: set[Connection] = set()
        self.reviews = 0  # how often somebody's access may have changed
        self.feed = Feed(source, limits, self.hub.counts)
        self.listener = Listener(
            on_notice=self.take_notice,
            on_change=self.feed.take,
            on_gap=self.tell_gap,
            wanted=lambda: self.feed.tables,
        )
        self.shared = shared
        self._bus: Bus | None = None
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="realtime")
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeper: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.live(receive, send)
        elif scope["type"] == "websocket":
            await self.serve(scope, receive, send)
        else:
            await self.app({**scope, "realtime": self}, receive, send)

    # The process

    async def live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.start()
            else:
                await self.stop()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    def start(self) -> None:
        """Begin what runs beside the sockets; a server without lifespan gets it with its first socket."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())
        if self.bus:
            self.bus.start()

    async def stop(self) -> None:
        for connection in tuple(self.connections):
            connection.end(_RESTART, "The server restarts")
        endings = [c.task for c in self.connections if c.task]
        if endings:
            await asyncio.wait(endings, timeout=2)
        if self._keeper:
            self._keeper.cancel()
        await self.listener.stop()
        if self.bus:
            await self.bus.stop()
        self._threads.shutdown(wait=False)

    @property
    def bus(self) -> Bus | None:
        if self.shared and self._bus is None:
            self._bus = Bus(
                self.process,
                self.hub.counts,
                on_item=self.take_item,
                on_dead=self.forget_process,
                describe=lambda: {"number": self.presences.numbers[self.process]},
            )
        return self._bus

    # Sockets

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        header = first_header(scope["headers"], b"x-api-key") or b""
        key = query.get("apikey", [header.decode("latin-1")])[0]
        vsn = query.get("vsn", ["2.0.0"])[0]
        origin = first_header(scope["headers"], b"origin")
        speaker = read_key(key)
        await receive()  # websocket.connect
        if scope["path"] != PATH:
            await refuse(scope, send, 404, "There is nothing at this address")
        elif origin is not None and not self.origins & {"*", origin.decode("latin-1")}:
            await refuse(scope, send, 403, "This origin may not connect")
        elif speaker is None:
            known = "API key is missing" if not key else "Invalid API key"
            await refuse(scope, send, 401, known)
        elif vsn not in VERSIONS:
            await refuse(scope, send, 400, f"vsn is one of {', '.join(VERSIONS)}")
        elif len(self.connections) >= self.limits.sockets:
            await refuse(scope, send, 429, "Too many connected users")
        else:
            self.start()
            await send({"type": "websocket.accept"})
            version: Vsn = "1.0.0" if vsn == "1.0.0" else "2.0.0"
            connection = Connection(self, receive, send, version, speaker)
            self.connections.add(connection)
            try:
                await connection.run()
            finally:
                self.connections.discard(connection)

    async def may_join(self, caller: Caller, topic: FactTopic) -> bool:
        try:
            return bool(await self.in_thread(self.can_join, caller, topic.kind, topic.id))
        except SessionEnded:
            return False

    async def in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        call = database_sync_to_async(function, thread_sensitive=False, executor=self._threads)
        return await call(*arguments)

    # What is said

    async def say(self, topic: str, *told: Broadcast, sender: Joined | None = None) -> None:
        """Tell all who listen, here and in other processes. A declared event makes caches stale first, once."""
        if is_fact_topic(topic):
            for event in {said.event for said in told} & FACTS.keys():
                await self.in_thread(self.on_chatter, topic, event)
        for said in told:
            self.hub.broadcast(topic, said, sender=sender)
            if self.bus:
                item = {"kind": "said", "topic": topic, "said": list(said)}
                self.bus.say(item, len(said.payload))

    def take_notice(self, notice: Notice) -> None:
        """Pass a fact on, or look again at who may listen."""
        if notice.event:
            said = Broadcast(notice.event, bytes(notice.payload), id=notice.id)
            self.hub.broadcast(notice.topic, said)
            self.hub.counts["facts"] += 1
        else:
            self.reviews += 1
            self.spawn(self.review(notice.topic))

    def tell_gap(self) -> None:
        """Facts may have been missed: clients that hear of an error rejoin, and then refetch."""
        self.hub.counts["gaps"] += 1
        listening = [c for c in self.joined() if c.is_guarded]
        logger.warning("facts may have been missed: %d channels are told to rejoin", len(listening))
        for channel in listening:
            channel.connection.restart(channel)

    async def subscribe(self, channel: Joined, asked: Sequence[Any]) -> None:
        """Let a channel that is about to join hear of changes. Raises Refused."""
        try:
            async with asyncio.timeout(self.limits.join_seconds):
                channel.subscriber = Subscriber(
                    channel,
                    channel.speaker,
                    await self.feed.watch(asked, channel.speaker),
                    end=partial(channel.connection.expel, channel),
                    lose=partial(channel.connection.restart, channel),
                )
                self.feed.add(channel.subscriber)
                await self.listener.hear(channel.subscriber.tables)
        except BaseException as error:
            channel.connection.remove(channel)
            if isinstance(error, Refused | asyncio.CancelledError):
                raise
            logger.exception("cannot subscribe to changes")
            raise Refused("Unknown Error on Channel") from error

    def joined(self) -> list[Joined]:
        return [c for connection in self.connections for c in connection.channels.values()]

    # Who may still listen

    async def review(self, topic: str) -> None:
        place = fact_topic(topic)
        if place is None:
            return
        for channel in [c for c in self.joined() if c.fact_topic == place]:
            try:
                await channel.connection.check(channel.speaker, place, topic)
            except Refused as refusal:
                channel.connection.expel(channel, str(refusal))

    async def _keep(self) -> None:
        reviewed = time.monotonic()
        while True:
            await asyncio.sleep(1)
            now = time.monotonic()
            self.close_idle(now)
            self.close_expired(time.time())
            if now - reviewed >= self.limits.review_seconds:
                reviewed = now
                try:
                    await self.close_ended()
                except Exception as error:  # noqa: BLE001 -- the database is away; the next round will tell
                    logger.warning("cannot tell which sessions have ended: %s", error)

    def close_idle(self, now: float) -> None:
        for connection in tuple(self.connections):
            if now - connection.heard > self.limits.idle_seconds:
                connection.end(1000, "Nothing was heard from the client")

    def close_expired(self, now: float) -> None:
        for channel in self.joined():
            expires = channel.speaker.expires
            if expires is not None and expires <= now:
                channel.connection.expel(channel, "Token has expired")

    async def close_ended(self) -> None:
        """Close the channels of sessions that were signed out, or whose user was banned or erased."""
        held: dict[tuple[UUID, UUID], list[Joined]] = {}
        for channel in self.joined():
            if channel.is_guarded and (user := channel.speaker.user):
                held.setdefault((user.id, user.session_id), []).append(channel)
        if not held:
            return
        ended = await self.in_thread(ended_sessions, list(held))
        for (_, session), channels in held.items():
            if session in ended:
                for channel in channels:
                    channel.connection.expel(channel, "The session has ended")

    # Presence

    def track(self, channel: Joined, key: str, payload: Mapping[str, Any]) -> None:
        diff, change = self.presences.track(channel.topic, channel.owner, key, payload)
        self.tell_diffs([diff])
        self.announce(change)

    def untrack(self, channel: Joined) -> None:
        if told := self.presences.untrack(channel.topic, channel.owner):
            diff, change = told
            self.tell_diffs([diff])
            self.announce(change)

    def announce(self, change: Change) -> None:
        if self.bus:
            text = msgspec.json.encode(change)
            self.bus.say({"kind": "presence", "change": text}, len(text))

    def tell_diffs(self, diffs: Iterable[Diff]) -> None:
        for topic, joins, leaves in diffs:
            if joins or leaves:
                self.hub.push(topic, "presence_diff", {"joins": joins, "leaves": leaves})

    # Other processes

    def take_item(self, process: str, item: Item) -> None:
        """Hear what another process says."""
        match item["kind"]:
            case "said":
                self.hub.broadcast(item["topic"], Broadcast(*item["said"]))
            case "presence":
                change = msgspec.json.decode(item["change"], type=Change)
                if diff := self.presences.apply(change):
                    self.tell_diffs([diff])
                else:
                    self.catch_up(process, change.number)
            case "alive":
                self.catch_up(process, item["number"])
            case "hello":
                self.tell_snapshot()
                self.ask_snapshot(process)
            case "ask" if item["process"] == self.process:
                self.tell_snapshot()
            case "snapshot":
                self.tell_diffs(
                    self.presences.adopt(msgspec.json.decode(item["snapshot"], type=Snapshot))
                )

    def catch_up(self, process: str, number: int) -> None:
        if self.presences.behind(process, number):
            self.ask_snapshot(process)

    def ask_snapshot(self, process: str) -> None:
        if self.bus:
            self.bus.say({"kind": "ask", "process": process})

    def tell_snapshot(self) -> None:
        if self.bus:
            text = msgspec.json.encode(self.presences.snapshot())
            self.bus.say({"kind": "snapshot", "snapshot": text}, len(text))

    def forget_process(self, process: str) -> None:
        self.tell_diffs(self.presences.forget(process))

    def spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def is_fact_topic(name: str) -> bool:
    try:
        return fact_topic(name) is not None
    except BadTopic:
        return False


async def refuse(scope: Scope, send: Send, status: int, message: str) -> None:
    """Refuse the handshake; with words, where the server can carry them."""
    if seen := scope.get("seen"):
        seen.status = status
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    body = msgspec.json.encode({"error": message})
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    start = {"type": "websocket.http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "websocket.http.response.body", "body": body})

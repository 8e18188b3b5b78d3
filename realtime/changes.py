"""`postgres_changes`: who in this process hears of which tables' changes, and how they are told.

The database says that rows changed, and who could see them (`fashionos/migrations/0001_changes.py`); what they hold is
read here, once for each person who listens, with that person's own rights. So nobody hears more than a read would
show, and what a row holds never passes through a notification.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import msgspec

from realtime.access import Refused, Speaker
from realtime.bindings import SCHEMA, BadBinding, Binding, Event, read_binding
from realtime.hub import Channel
from realtime.limits import Limits

logger = logging.getLogger("realtime.changes")

_KEYS = 1_000  # rows read at once
_SHORT = 64  # bytes of a value that a row too large to be sent still shows
_TOO_LARGE = "Error 413: Payload Too Large"

Person = UUID | None  # a signed-in user, or the server itself
Key = str | int


class Change(msgspec.Struct, frozen=True):
    """One notification: rows of one table that one statement changed, `to` those who could see them.

    Of an audience that does not fit one notification, all but the first say `is_rest`.
    """

    table: str
    type: Event
    at: str  # the moment of the statement, ISO 8601 in UTC with microseconds
    to: tuple[UUID, ...]
    keys: tuple[Key, ...]
    is_rest: bool = False


class Watched(NamedTuple):
    """A binding and what it means: the tables, and the condition that a row has to meet (of one table, or None)."""

    binding: Binding
    tables: frozenset[str]
    condition: Hashable | None = None

    @property
    def echo(self) -> dict[str, Any]:
        """What the join's reply says: what was asked, by which the client compares, and the id."""
        return {**self.binding.asked, "id": self.binding.id}


class Described(NamedTuple):
    """A table as clients know it: the column of its key, and all columns with their PostgreSQL types."""

    key: str
    columns: Mapping[str, str]


class Row(NamedTuple):
    """`record` is a JSON object, empty of a row that is gone; `holds` says which of the conditions it meets."""

    record: bytes
    holds: Sequence[bool | None]


class Seen(NamedTuple):
    """What a person may see: the rows by their keys, and which of the sessions asked about still live."""

    rows: Mapping[Key, Row]
    live: Collection[UUID]


class Source(Protocol):
    """Reads the tables. Made by whoever knows them."""

    async def watch(self, binding: Binding, person: Person) -> Watched:
        """Return what a binding means to this person. Raises BadBinding."""

    def describe(self, table: str) -> Described: ...

    async def read(
        self,
        table: str,
        keys: Sequence[Key],
        conditions: Sequence[Hashable],
        *,
        person: Person,
        sessions: Sequence[UUID],
        gone: bool,
    ) -> Seen:
        """Read rows as this person; of those that are `gone` their keys are all there is to conditions."""


class Subscriber:
    """A channel with bindings, and as whom it listens. `end` closes it with a message, `lose` lets it join again."""

    def __init__(
        self,
        channel: Channel,
        speaker: Speaker,
        watched: Sequence[Watched],
        *,
        end: Callable[[str], None],
        lose: Callable[[], None],
    ) -> None:
        self.channel = channel
        self.speaker = speaker
        self.watched = watched
        self.end = end
        self.lose = lose
        self.since: int | None = None  # hears what is numbered from here on; None while it joins

    @property
    def person(self) -> Person:
        return self.speaker.user.id if self.speaker.user else None

    @property
    def tables(self) -> frozenset[str]:
        return frozenset().union(*(watched.tables for watched in self.watched))

    def takes(self, change: Change, number: int) -> bool:
        return self.since is not None and self.since <= number and any(self.bindings(change))

    def bindings(self, change: Change) -> Iterable[Watched]:
        for watched in self.watched:
            if change.table in watched.tables and watched.binding.takes(change.type):
                yield watched


class _Listening:
    """One person's subscribers, and the changes that wait to be read for them, in order."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.subscribers: dict[Subscriber, None] = {}
        self.waiting: deque[tuple[int, Change]] = deque()
        self.task: asyncio.Task[None] | None = None


class Feed:
    """All subscribers of this process."""

    def __init__(self, source: Source, limits: Limits, counts: Counter[str]) -> None:
        self.source = source
        self.limits = limits
        self.counts = counts
        self.people: dict[Person, _Listening] = {}
        self.tables: Counter[str] = Counter()  # how many subscribers listen to each
        self.number = 0  # of the newest change
        self.reading = asyncio.Semaphore(limits.change_reads)

    async def watch(self, asked: Sequence[Any], speaker: Speaker) -> list[Watched]:
        """Return what a join's bindings mean. Raises Refused."""
        if speaker.user is None and speaker.role != "service_role":
            # An error, so that the client joins again once it has a token: nobody would see any row.
            raise Refused("Unauthorized: postgres_changes are for signed-in users: no user token")
        if len(asked) > self.limits.bindings:
            raise Refused(
                f"RealtimeDisabledForConfiguration: At most {self.limits.bindings} postgres_changes in a channel"
            )
        person = speaker.user.id if speaker.user else None
        try:
            bindings = [read_binding(item, number) for number, item in enumerate(asked, 1)]
            return [await self.source.watch(binding, person) for binding in bindings]
        except BadBinding as error:
            raise Refused(f"RealtimeDisabledForConfiguration: {error}") from error

    # Who listens

    def add(self, subscriber: Subscriber) -> None:
        """Take in a channel that is about to join: its tables count as listened to. Raises Refused."""
        listening = self.people.setdefault(subscriber.person, _Listening(subscriber.person))
        listening.subscribers[subscriber] = None
        self.tables.update(subscriber.tables)
        for table in subscriber.tables:
            if len(_conditions(table, listening.subscribers)) > self.limits.bindings:
                raise Refused(
                    f"ChannelRateLimitReached: At most {self.limits.bindings} different filters of {table} for one user"
                )

    def start(self, subscriber: Subscriber) -> None:
        """Tell this subscriber of all that comes from now on."""
        subscriber.since = self.number + 1

    def remove(self, subscriber: Subscriber) -> None:
        listening = self.people.get(subscriber.person)
        if listening is None or subscriber not in listening.subscribers:
            return
        del listening.subscribers[subscriber]
        if not listening.subscribers:
            del self.people[subscriber.person]
            listening.waiting.clear()
        self.tables.subtract(subscriber.tables)
        self.tables = +self.tables

    # What they hear

    def take(self, change: Change) -> None:
        """Hear of a change: for each person concerned it waits for those before it."""
        self.number += 1
        people: list[Person] = list(change.to)
        if not change.is_rest:
            people.append(None)
        for person in people:
            listening = self.people.get(person)
            if listening and any(s.takes(change, self.number) for s in listening.subscribers):
                self._queue(listening, change)

    def _queue(self, listening: _Listening, change: Change) -> None:
        if len(listening.waiting) >= self.limits.changes_waiting:
            self._lose(listening, "too many changes wait to be read")
            return
        listening.waiting.append((self.number, change))
        if listening.task is None:
            listening.task = asyncio.create_task(self._serve(listening))

    async def _serve(self, listening: _Listening) -> None:
        try:
            while batch := _batch(listening.waiting):
                await self._tell(listening, batch)
        except Exception as error:
            if listening.subscribers:  # else there is nobody to tell
                logger.exception("changes were not read")
                self._lose(listening, error)
        finally:
            listening.task = None

    def _lose(self, listening: _Listening, why: object) -> None:
        """Let the clients join again, and then refetch what they missed."""
        logger.warning(
            "changes are lost, %d channels join again: %s", len(listening.subscribers), why
        )
        self.counts["changes_lost"] += 1
        listening.waiting.clear()
        for subscriber in tuple(listening.subscribers):
            subscriber.lose()

    async def _tell(self, listening: _Listening, batch: Sequence[tuple[int, Change]]) -> None:
        _, change = batch[0]
        conditions = _conditions(change.table, listening.subscribers)
        sessions = {s.speaker.user.session_id for s in listening.subscribers if s.speaker.user}
        async with self.reading:
            self.counts["change_reads"] += 1
            seen = await self.source.read(
                change.table,
                list(dict.fromkeys(key for _, change in batch for key in change.keys)),
                conditions,
                person=listening.person,
                sessions=list(sessions),
                gone=change.type == "DELETE",
            )
        ended = sessions.difference(seen.live)
        for subscriber in tuple(listening.subscribers):
            if subscriber.speaker.user and subscriber.speaker.user.session_id in ended:
                subscriber.end("The session has ended")
        described = self.source.describe(change.table)
        for number, told in batch:
            hearing = [s for s in listening.subscribers if s.takes(told, number)]
            for key in told.keys:
                if row := seen.rows.get(key):
                    met = {c for c, holds in zip(conditions, row.holds, strict=True) if holds}
                    write = partial(write_change, told, key, row.record, described)
                    self._push(hearing, told, met, write)

    def _push(
        self,
        hearing: Iterable[Subscriber],
        change: Change,
        met: Collection[Hashable],
        write: Callable[..., msgspec.Raw],
    ) -> None:
        written: dict[tuple[str, ...] | None, msgspec.Raw] = {}
        for subscriber in hearing:
            ids: dict[tuple[str, ...] | None, list[int]] = {}
            for binding, _, condition in subscriber.bindings(change):
                if condition is None or condition in met:
                    ids.setdefault(binding.select, []).append(binding.id)
            for select, of_select in ids.items():
                if select not in written:
                    written[select] = write(select=select, most=self.limits.record_bytes)
                payload = {"ids": of_select, "data": written[select]}
                subscriber.channel.push("postgres_changes", payload)
                self.counts["changes"] += 1


def _batch(waiting: deque[tuple[int, Change]]) -> list[tuple[int, Change]]:
    """Take the next changes that one read answers: of the same table, with rows or without."""
    batch: list[tuple[int, Change]] = []
    keys = 0
    while waiting:
        _, change = waiting[0]
        keys += len(change.keys)
        if batch and (keys > _KEYS or _kind(change) != _kind(batch[0][1])):
            break
        batch.append(waiting.popleft())
    return batch


def _kind(change: Change) -> tuple[str, bool]:
    return change.table, change.type == "DELETE"


def _conditions(table: str, subscribers: Iterable[Subscriber]) -> list[Hashable]:
    return list(
        dict.fromkeys(
            watched.condition
            for subscriber in subscribers
            for watched in subscriber.watched
            if watched.condition is not None and table in watched.tables
        )
    )


def write_change(
    change: Change,
    key: Key,
    record: bytes,
    described: Described,
    *,
    select: tuple[str, ...] | None,
    most: int,
) -> msgspec.Raw:
    """Write what happened to one row as the client reads it; of a record over `most` bytes its short values alone."""
    names = {
        name for name in described.columns if select is None or name in (described.key, *select)
    }
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "table": change.table,
        "commit_timestamp": f"{change.at[:23]}Z",
        "type": change.type,
        "errors": None,
        "columns": [
            {"name": name, "type": kind}
            for name, kind in described.columns.items()
            if name in names
        ],
    }
    if change.type != "DELETE":
        is_too_large = len(record) > most
        if is_too_large:
            data["errors"] = [_TOO_LARGE]
        if select is None and not is_too_large:
            data["record"] = msgspec.Raw(record)
        else:
            cells = msgspec.json.decode(record, type=dict[str, msgspec.Raw])
            data["record"] = {
                name: cell
                for name, cell in cells.items()
                if name in names and not (is_too_large and len(bytes(cell)) > _SHORT)
            }
    if change.type != "INSERT":
        data["old_record"] = {described.key: key}
    return msgspec.Raw(msgspec.json.encode(data))

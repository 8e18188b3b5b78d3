"""Who is where, over all processes: each process announces the presences of its own sockets, and keeps a map of all.

Each process is the only writer of its own presences and numbers its changes. What arrives in order is applied; after a
gap the whole state of that process is asked for. So all maps become equal, in whatever order several processes are
heard.
"""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Meta = Mapping[str, Any]
State = dict[str, dict[str, list[Meta]]]  # key -> {"metas": [...]}, as on the wire


class Presence(NamedTuple):
    """One tracked channel: `owner` is unique in its process; each `meta` carries a `phx_ref` of its own."""

    topic: str
    owner: str
    key: str
    meta: Meta


class Diff(NamedTuple):
    topic: str
    joins: State
    leaves: State


class Change(NamedTuple):
    """The `number`-th change of a process: a presence came or changed (`key`, `meta`), or went (None)."""

    process: str
    number: int
    topic: str
    owner: str
    key: str | None
    meta: Meta | None


class Snapshot(NamedTuple):
    """All presences of a process after its `number`-th change."""

    process: str
    number: int
    presences: tuple[Presence, ...]


class Presences:
    """One process's map of all presences."""

    def __init__(self, process: str) -> None:
        self.process = process
        self.numbers: dict[str, int] = {process: 0}
        self._topics: dict[str, dict[tuple[str, str], Presence]] = {}
        self._refs = itertools.count(1)

    def state(self, topic: str) -> State:
        # Sorted, so that all processes tell the same story.
        presences = self._topics.get(topic, {})
        return _state(presences[place] for place in sorted(presences))

    def track(
        self, topic: str, owner: str, key: str, payload: Mapping[str, Any]
    ) -> tuple[Diff, Change]:
        """Note what a socket of this process says of itself, replacing what it said before."""
        meta = {**payload, "phx_ref": f"{self.process}.{next(self._refs)}"}
        change = self._number(topic, owner, key, meta)
        return self._put(change), change

    def untrack(self, topic: str, owner: str) -> tuple[Diff, Change] | None:
        """Forget a socket of this process; None if it was not tracked."""
        if (self.process, owner) not in self._topics.get(topic, {}):
            return None
        change = self._number(topic, owner, None, None)
        return self._put(change), change

    def apply(self, change: Change) -> Diff | None:
        """Apply a change of another process. None: it is known already, or comes after a gap (see `behind`)."""
        if change.number != self.numbers.get(change.process, 0) + 1:
            return None
        self.numbers[change.process] = change.number
        return self._put(change)

    def behind(self, process: str, number: int) -> bool:
        """Whether a process that is at this number has said what was not heard: ask it for its snapshot."""
        return number > self.numbers.get(process, 0)

    def snapshot(self) -> Snapshot:
        own = (
            presence
            for places in self._topics.values()
            for (process, _), presence in places.items()
            if process == self.process
        )
        return Snapshot(self.process, self.numbers[self.process], tuple(own))

    def adopt(self, snapshot: Snapshot) -> list[Diff]:
        """Replace what is known of a process, unless more is known already."""
        if snapshot.number <= self.numbers.get(snapshot.process, -1):
            return []
        self.numbers[snapshot.process] = snapshot.number
        return self._replace(snapshot.process, snapshot.presences)

    def forget(self, process: str) -> list[Diff]:
        """Drop a process that is gone, with all its presences."""
        self.numbers.pop(process, None)
        return self._replace(process, ())

    def _number(self, topic: str, owner: str, key: str | None, meta: Meta | None) -> Change:
        self.numbers[self.process] += 1
        return Change(self.process, self.numbers[self.process], topic, owner, key, meta)

    def _put(self, change: Change) -> Diff:
        new = None
        if change.key is not None and change.meta is not None:
            new = Presence(change.topic, change.owner, change.key, change.meta)
        return self._set(change.process, change.topic, change.owner, new)

    def _set(self, process: str, topic: str, owner: str, new: Presence | None) -> Diff:
        places = self._topics.setdefault(topic, {})
        old = places.pop((process, owner), None)
        if new:
            places[process, owner] = new
        if not places:
            del self._topics[topic]
        return Diff(topic, _state([new] if new else []), _state([old] if old else []))

    def _replace(self, process: str, presences: Iterable[Presence]) -> list[Diff]:
        new = {(presence.topic, presence.owner): presence for presence in presences}
        old = {
            (topic, owner): presence
            for topic, places in self._topics.items()
            for (whose, owner), presence in places.items()
            if whose == process
        }
        return [
            self._set(process, *place, new.get(place))
            for place in sorted(old.keys() | new.keys())
            if old.get(place) != new.get(place)
        ]


def _state(presences: Iterable[Presence]) -> State:
    state: State = {}
    for presence in presences:
        state.setdefault(presence.key, {"metas": []})["metas"].append(presence.meta)
    return state

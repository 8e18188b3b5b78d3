"""The feed alone: one read for each person, in order, bounded, and nothing lost in silence."""

import asyncio
import json
from collections import Counter
from types import SimpleNamespace
from uuid import UUID

import pytest

from fashionos.accounts.tokens import Caller
from realtime.access import Speaker
from realtime.bindings import Binding
from realtime.changes import Change, Described, Feed, Row, Seen, Subscriber, Watched, write_change
from realtime.limits import Limits

ALICE, BOB = UUID(int=1), UUID(int=2)
LIMITS = Limits(changes_waiting=3, change_reads=2)
TABLE = Described("id", {"id": "int8", "name": "text", "note": "text"})


class Tables:
    """What reads: every row there is, once it may; of even keys the condition holds."""

    def __init__(self):
        self.asked = []
        self.open = asyncio.Event()
        self.open.set()
        self.ended = set()
        self.broken = False

    def describe(self, _):
        return TABLE

    async def read(self, table, keys, conditions, *, person, sessions, gone):
        self.asked.append((table, list(keys), person, gone))
        await self.open.wait()
        if self.broken:
            raise ConnectionError("away")
        rows = {
            key: Row(
                json.dumps({"id": key, "name": table}).encode(), [key % 2 == 0] * len(conditions)
            )
            for key in keys
        }
        return Seen(rows, set(sessions) - self.ended)


class Ear:
    """A channel that only hears."""

    def __init__(self, feed, user=ALICE, session=ALICE, condition=None, event="*", table="samples"):
        self.feed = feed
        self.heard, self.ended, self.lost = [], [], 0
        caller = Caller(id=user, session_id=session, email="") if user else None
        speaker = Speaker(None if user else "service_role", caller)
        binding = Binding(1, event, table)
        self.subscriber = Subscriber(
            SimpleNamespace(push=self.push),
            speaker,
            [Watched(binding, frozenset({table}), condition)],
            end=self.end,
            lose=self.lose,
        )
        feed.add(self.subscriber)
        feed.start(self.subscriber)

    def push(self, _, payload):
        data = json.loads(bytes(payload["data"]))
        self.heard.append((data["type"], (data.get("record") or data["old_record"])["id"]))

    def end(self, message):
        self.ended.append(message)
        self.feed.remove(self.subscriber)

    def lose(self):
        self.lost += 1
        self.feed.remove(self.subscriber)


@pytest.fixture
async def tables():
    return Tables()


@pytest.fixture
async def feed(tables):
    return Feed(tables, LIMITS, Counter())


def change(*keys, kind="INSERT", to=(ALICE,), table="samples", **more):
    return Change(table, kind, "2026-11-23T09:30:00.123456Z", to, keys, **more)


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


async def test_many_channels_of_a_person_cost_one_read_and_others_none(feed, tables):
    ears = [Ear(feed, session=UUID(int=n)) for n in (1, 1, 3)]
    stranger, backend = Ear(feed, BOB), Ear(feed, None)
    feed.take(change(1, 2))
    await settle()
    assert tables.asked == [("samples", [1, 2], person, False) for person in (ALICE, None)]
    for ear in (*ears, backend):
        assert ear.heard == [("INSERT", 1), ("INSERT", 2)]
    assert stranger.heard == []
    assert feed.counts["change_reads"] == 2


async def test_nobody_s_change_costs_nothing(feed, tables):
    Ear(feed, event="DELETE")
    for nobodys in (change(1), change(1, table="assets", kind="DELETE"), change(1, to=(BOB,))):
        feed.take(nobodys)
    await settle()
    assert tables.asked == []


async def test_conditions_are_asked_once_and_keep_rows_away(feed, tables):
    ears = [Ear(feed, condition=condition) for condition in ("even", "even", None)]
    feed.take(change(1, 2))
    await settle()
    assert [len(ear.heard) for ear in ears] == [1, 1, 2]
    assert len(tables.asked) == 1


async def test_what_waits_is_read_together_and_told_in_order(feed, tables):
    ear = Ear(feed)
    tables.open.clear()
    feed.take(change(1))
    await settle()
    feed.take(change(2))
    feed.take(change(2, 3, kind="UPDATE"))
    feed.take(change(3, kind="DELETE"))
    tables.open.set()
    await settle()
    assert [(keys, gone) for _, keys, _, gone in tables.asked] == [
        *(([1], False), ([2, 3], False)),
        ([3], True),
    ]
    assert ear.heard == [
        *(("INSERT", 1), ("INSERT", 2), ("UPDATE", 2), ("UPDATE", 3)),
        ("DELETE", 3),
    ]


async def test_one_person_s_slow_read_keeps_nobody_else_waiting(feed, tables):
    slow = Ear(feed)
    tables.open.clear()
    feed.take(change(1))
    await settle()
    tables.open, waiting = asyncio.Event(), tables.open
    tables.open.set()
    fast = Ear(feed, BOB)
    feed.take(change(2, to=(BOB,)))
    await settle()
    assert (slow.heard, fast.heard) == ([], [("INSERT", 2)])
    waiting.set()
    await settle()
    assert slow.heard == [("INSERT", 1)]


async def test_more_than_may_wait_lets_the_clients_join_again(feed, tables):
    ears = [Ear(feed), Ear(feed)]
    other = Ear(feed, BOB)
    tables.open.clear()
    for number in range(5):
        feed.take(change(number))
        await asyncio.sleep(0)
    feed.take(change(9, to=(BOB,)))
    tables.open.set()
    await settle()
    assert [ear.lost for ear in (*ears, other)] == [1, 1, 0]
    assert [ear.heard for ear in (*ears, other)] == [[], [], [("INSERT", 9)]]
    assert feed.counts["changes_lost"] == 1
    assert feed.tables == {"samples": 1}


async def test_a_read_that_fails_lets_the_clients_join_again(feed, tables, caplog):
    ear = Ear(feed)
    tables.broken = True
    feed.take(change(1))
    await settle()
    assert (ear.lost, ear.heard) == (1, [])
    assert "changes were not read" in caplog.text
    tables.broken = False
    again = Ear(feed)
    feed.take(change(2))
    await settle()
    assert again.heard == [("INSERT", 2)]


async def test_a_session_that_has_ended_is_told_so_instead(feed, tables):
    here, there = Ear(feed, session=UUID(int=3)), Ear(feed, session=UUID(int=4))
    tables.ended = {UUID(int=3)}
    feed.take(change(1, kind="DELETE"))
    await settle()
    assert (here.ended, here.heard) == (["The session has ended"], [])
    assert (there.ended, there.heard) == ([], [("DELETE", 1)])


async def test_who_joins_or_leaves_meanwhile_hears_what_is_new_or_nothing(feed, tables):
    leaves = Ear(feed)
    tables.open.clear()
    feed.take(change(1))
    await settle()
    comes = Ear(feed)
    feed.remove(leaves.subscriber)
    feed.remove(leaves.subscriber)
    feed.take(change(2))
    tables.open.set()
    await settle()
    assert (leaves.heard, comes.heard) == ([], [("INSERT", 2)])


async def test_who_has_not_joined_yet_counts_but_hears_nothing(feed, tables):
    ear = Ear(feed)
    ear.subscriber.since = None
    assert feed.tables == {"samples": 1}
    feed.take(change(1))
    await settle()
    assert tables.asked == []
    feed.remove(ear.subscriber)
    assert (dict(feed.tables), feed.people) == ({}, {})


async def test_the_rest_of_an_audience_is_no_second_change_for_servers(feed, tables):
    backend, member = Ear(feed, None), Ear(feed, BOB)
    feed.take(change(1))
    feed.take(change(1, to=(BOB,), is_rest=True))
    await settle()
    assert backend.heard == member.heard == [("INSERT", 1)]


def test_a_record_is_written_as_the_client_reads_it():
    record = b'{"id":1,"name":"Gown","note":"' + b"x" * 200 + b'"}'

    def written(kind, **options):
        options = {"select": None, "most": 1000, **options}
        return json.loads(bytes(write_change(change(1, kind=kind), 1, record, TABLE, **options)))

    whole = written("UPDATE")
    assert whole == {
        "schema": "public",
        "table": "samples",
        "commit_timestamp": "2026-11-23T09:30:00.123Z",
        "type": "UPDATE",
        "errors": None,
        "columns": [
            {"name": "id", "type": "int8"},
            {"name": "name", "type": "text"},
            {"name": "note", "type": "text"},
        ],
        "record": json.loads(record),
        "old_record": {"id": 1},
    }
    some = written("INSERT", select=("name",))
    assert some["record"] == {"id": 1, "name": "Gown"}
    assert [column["name"] for column in some["columns"]] == ["id", "name"]
    assert "old_record" not in some
    large = written("INSERT", most=100)
    assert (large["record"], large["errors"]) == (
        {"id": 1, "name": "Gown"},
        ["Error 413: Payload Too Large"],
    )
    assert "record" not in written("DELETE")

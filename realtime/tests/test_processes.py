"""Two server processes over a real Redis, and what happens when one of the three goes away."""

import signal
import time
from contextlib import ExitStack, suppress
from itertools import count

import pytest

from fashionos.kit.owned import Role, acting
from fashionos.testing.redis_server import redis_server
from fashionos.testing.sockets import PATIENCE, server_process
from realtime.services import announce
from realtime.tests.test_facts import added
from realtime.tests.test_presence import enter, metas, track

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def redis(tmp_path):
    """Run a Redis that can be killed and started again in the same place."""
    folder = tmp_path / "redis"
    folder.mkdir()
    with ExitStack() as stack:
        redis = Redis(folder, stack)
        yield redis


class Redis:
    def __init__(self, folder, stack):
        self.folder, self.stack = folder, stack
        self.start()

    def start(self):
        self.running = ExitStack()
        self.url = self.running.enter_context(redis_server(self.folder))
        self.stack.callback(self.running.close)

    def stop(self):
        self.running.close()


@pytest.fixture
def two(redis):
    with server_process(REDIS_URL=redis.url) as one, server_process(REDIS_URL=redis.url) as other:
        yield one, other


def joined(connect, process, **config):
    client = connect(process)
    client.join("lobby", private=False, **config)
    return client


def wait_until_heard(speaker, listener):
    """Say something until the last of it arrives: subscriptions of a process that has just started take a moment."""
    deadline = time.monotonic() + 2 * PATIENCE
    for number in count():
        speaker.broadcast("lobby", "probe", number)
        with suppress(TimeoutError):
            while listener.hear_broadcast(timeout=0.5) != ("probe", number):
                pass
            return
        assert time.monotonic() < deadline


def test_what_is_said_in_one_process_is_heard_in_the_other_in_order(connect, two, alice):
    clients = [joined(connect, process) for process in two]
    wait_until_heard(*clients)
    wait_until_heard(*reversed(clients))
    for number in range(60):
        clients[0].broadcast("lobby", "n", number)
    assert [clients[1].hear_broadcast()[1] for _ in range(60)] == list(range(60))
    clients[1].broadcast("lobby", "octets", b"\x00\xff")
    assert clients[0].hear_broadcast() == ("octets", b"\x00\xff")

    # A fact comes by the database: to each process once, not once more by Redis.
    for client in clients:
        client.join(f"samples:{alice.id}", alice.token)
    with acting(Role.SYSTEM):
        announce(added(alice))
    for client in clients:
        assert client.hear_broadcast()[0] == "sample_added"
        assert client.hears_nothing(0.3)


def test_presence_is_one_over_both_and_a_dead_process_leaves(connect, two):
    one, other = two
    first = connect(one)
    enter(first, key="ann")
    track(first, {"at": "one"})
    second = connect(other)  # its process starts to listen with it, and has to ask
    state = enter(second, key="ben")
    if not state:
        state = second.hear("presence_diff").payload["joins"]
    assert metas(state) == {"ann": [{"at": "one"}]}
    track(second, {"at": "other"})
    assert metas(first.hear("presence_diff").payload["joins"]) == {"ben": [{"at": "other"}]}
    third = connect(one)
    assert set(enter(third, key="cid")) == {"ann", "ben"}
    other.process.send_signal(signal.SIGKILL)
    for client in (first, third):
        diff = client.hear("presence_diff").payload
        assert metas(diff["leaves"]) == {"ben": [{"at": "other"}]}


def test_a_process_that_stops_takes_its_presences_along_at_once(connect, two):
    one, other = two
    first, second = connect(one), connect(other)
    enter(first, key="ann")
    enter(second, key="ben")
    wait_for_presence(first, second)
    other.process.terminate()
    # Of one that says nothing it would be known after ten seconds.
    assert "ben" in first.hear("presence_diff", timeout=8).payload["leaves"]


def wait_for_presence(first, second):
    track(second, {})
    assert "ben" in first.hear("presence_diff").payload["joins"]


def test_redis_may_die_and_come_back(connect, redis, two):
    one, other = two
    here, beside, there = joined(connect, one), joined(connect, one), joined(connect, other)
    wait_until_heard(here, there)
    wait_until_heard(there, here)
    drain(beside)
    redis.stop()
    for number in range(20):
        here.broadcast("lobby", "n", number)
        time.sleep(0.02)
    assert [beside.hear_broadcast()[1] for _ in range(20)] == list(range(20))
    assert there.hears_nothing(0.5)
    time.sleep(2.5)
    redis.start()
    wait_until_heard(here, there)
    wait_until_heard(there, here)
    for client in (here, there):
        assert client.hears_nothing(0.2)
    assert "Redis does not carry what sockets say" in one.log
    assert "Redis is back" in one.log
    assert "were not heard" in other.log


def drain(client):
    while True:
        try:
            client.hear(timeout=0.3)
        except TimeoutError:
            return


def test_without_redis_from_the_start_a_process_serves_its_own(connect, tmp_path):
    with server_process(REDIS_URL=f"unix://{tmp_path}/nothing.sock") as process:
        first, second = joined(connect, process), joined(connect, process)
        first.broadcast("lobby", "n", 1)
        assert second.hear_broadcast() == ("n", 1)
        assert first.hears_nothing(0.2)

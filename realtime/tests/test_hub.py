"""The hub: one frame for all, and a socket that does not read costs the others nothing."""

import asyncio
from collections import Counter

import pytest

from realtime.hub import Channel, Hub, Socket
from realtime.limits import Limits, Rate
from realtime.protocol import Broadcast

LIMITS = Limits(backlog_messages=5, backlog_bytes=1000)


class Transport:
    """What a server gives: `send` waits while the transport is full."""

    def __init__(self):
        self.writable = asyncio.Event()
        self.writable.set()
        self.sent = []
        self.given_up = []
        self.broken = False

    async def send(self, message):
        await self.writable.wait()
        if self.broken:
            raise ConnectionError("gone")
        self.sent.append(message)

    def channel(self, hub, topic="t", vsn="2.0.0"):
        socket = Socket(self.send, vsn, LIMITS, give_up=self.given_up.append, counts=Counter())
        channel = Channel(socket, topic, "1")
        hub.add(channel)
        return channel


def numbered(number, size=0):
    return Broadcast("n", str(number).encode() + b" " * size)


def numbers(transport):
    return [int(message["bytes"].rpartition(b"n")[2]) for message in transport.sent]


async def test_the_same_message_goes_to_all_of_a_serialiser():
    hub, transports = Hub(), [Transport() for _ in range(4)]
    for transport, vsn in zip(transports, ["1.0.0", "2.0.0"] * 2, strict=True):
        transport.channel(hub, vsn=vsn)
    hub.broadcast("t", numbered(1))
    [[first], [second], [third], [fourth]] = [t.sent for t in transports]
    assert first is third
    assert second is fourth
    assert "text" in first
    assert "bytes" in second
    assert hub.counts["delivered"] == 4


async def test_writing_needs_no_turn_of_the_loop():
    hub, transport = Hub(), Transport()
    transport.channel(hub)
    hub.broadcast("t", numbered(1))
    assert numbers(transport) == [1]


async def test_a_sender_hears_itself_only_if_it_wants():
    hub, transport = Hub(), Transport()
    channel = transport.channel(hub)
    hub.broadcast("t", numbered(1), sender=channel)
    channel.echo = True
    hub.broadcast("t", numbered(2), sender=channel)
    assert numbers(transport) == [2]


async def test_what_waits_is_sent_in_order_when_the_client_reads_again():
    hub, slow, fast = Hub(), Transport(), Transport()
    slow.channel(hub)
    fast.channel(hub)
    slow.writable.clear()
    for number in range(4):
        hub.broadcast("t", numbered(number))
    assert numbers(fast) == [0, 1, 2, 3]
    assert slow.sent == []
    slow.writable.set()
    for _ in range(10):
        await asyncio.sleep(0)
    hub.broadcast("t", numbered(4))
    assert numbers(slow) == [0, 1, 2, 3, 4]
    assert not slow.given_up


@pytest.mark.parametrize("size", [0, 500])
async def test_a_socket_that_does_not_read_is_given_up_once_and_forgets(size):
    hub, slow, fast = Hub(), Transport(), Transport()
    channel = slow.channel(hub)
    fast.channel(hub)
    slow.writable.clear()
    for number in range(20):
        hub.broadcast("t", numbered(number, size))
    assert numbers(fast) == list(range(20))
    [reason] = slow.given_up
    assert reason.startswith("slow")
    assert not channel.socket.open
    await asyncio.sleep(0)
    slow.writable.set()
    await asyncio.sleep(0.01)
    assert slow.sent == []


async def test_a_socket_that_is_gone_is_given_up_at_once_and_later():
    hub, gone, later = Hub(), Transport(), Transport()
    gone.channel(hub)
    later.channel(hub)
    gone.broken = True
    later.writable.clear()
    hub.broadcast("t", numbered(1))
    assert [reason[:4] for reason in gone.given_up] == ["gone"]
    later.broken = True
    later.writable.set()
    await asyncio.sleep(0.01)
    assert [reason[:4] for reason in later.given_up] == ["gone"]


async def test_rooms_that_nobody_is_in_are_no_more():
    hub, transport = Hub(), Transport()
    channel = transport.channel(hub)
    hub.remove(channel)
    hub.remove(channel)
    hub.broadcast("t", numbered(1))
    assert hub.rooms == {}
    assert transport.sent == []


def test_a_rate_is_a_moving_window():
    rate = Rate(3, 1.0)
    assert [rate.take(at) for at in (0.0, 0.5, 0.9, 0.95, 1.0, 1.2, 1.51)] == [
        *(True, True, True, False),
        *(True, False, True),
    ]

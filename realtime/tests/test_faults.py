"""Clients that do not read, flood or hang up: the others notice nothing."""

import threading
import time

import psutil
import pytest

from fashionos.testing.sockets import PATIENCE, server_process

pytestmark = pytest.mark.django_db(transaction=True)

FAST = {"REALTIME_MESSAGES_PER_SECOND": "100000", "REALTIME_IDLE_SECONDS": "600"}


def until(holds):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_client_that_never_reads_is_closed_and_the_others_lose_nothing(connect):
    """The others read each window before the next is said: it is far below what may wait for one."""
    with server_process(**FAST) as process:
        stalled = connect(process, buffer=4096)
        speaker, *listeners = (connect(process) for _ in range(4))
        for client in (stalled, speaker, *listeners):
            client.join("lobby", private=False)
        server = psutil.Process(process.process.pid)
        before, open_before = server.memory_info().rss, len(server.net_connections())
        count, window, payload = 1536, 32, "x" * 8000
        for first in range(0, count, window):
            numbers = range(first, first + window)
            for number in numbers:
                speaker.broadcast("lobby", "n", {"n": number, "x": payload})
            for listener in listeners:
                assert [listener.hear_broadcast()[1]["n"] for _ in numbers] == list(numbers)
        assert server.memory_info().rss - before < 20 * 1024 * 1024
        until(lambda: "socket closed with 1013" in process.log)
        assert process.log.count("socket closed with 1013: slow") == 1
        until(lambda: len(server.net_connections()) < open_before)


def test_a_flood_is_ended_and_others_are_answered_meanwhile(connect):
    with server_process(REALTIME_MESSAGES_PER_SECOND="1000") as process:
        flood, neighbour = connect(process), connect(process)
        flood.join("lobby", private=False)

        def pour():
            try:
                for _ in range(200):
                    flood.socket.socket.sendall(frame * 500)
            except OSError:
                pass  # it was closed, as it should be

        frame = heartbeat_frame()
        pouring = threading.Thread(target=pour)
        pouring.start()
        while pouring.is_alive():
            assert neighbour.hears_nothing(0.01)
        assert flood.is_closed().code in {1008, None}
        assert neighbour.hears_nothing(0.01)
        assert "socket closed with 1008: Too many frames per second" in process.log


def heartbeat_frame():
    text = b'[null,"1","phoenix","heartbeat",{}]'
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text


def test_sockets_that_hang_up_without_a_word_are_forgotten(connect):
    with server_process() as process:
        server = psutil.Process(process.process.pid)
        keeper = connect(process)
        keeper.join("lobby", private=False)
        before = len(server.net_connections())
        for _ in range(50):
            client = connect(process)
            client.join("lobby", private=False)
            client.socket.socket.close()
        keeper.broadcast("lobby", "n", 1)
        until(lambda: len(server.net_connections()) <= before)
        assert keeper.hears_nothing(0.1)
        assert "Traceback" not in process.log

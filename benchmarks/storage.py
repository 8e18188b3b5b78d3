"""A thousand small uploads by eight clients, beside a bare ASGI program that writes the same bytes; one large file.

The bare program runs behind the same server, in a process of its own, and flushes its files to the disk as ours are.
BENCH_FILE_BYTES says how large the large file is.
"""

import asyncio
import base64
import http.client
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.server import Server, env
from fashionos.kit.shell import Receive, Scope, Send

CLIENTS = 8
UPLOADS = 1_000
ROUNDS = 3
SMALL = os.urandom(8_000)
LARGE = int(os.environ.get("BENCH_FILE_BYTES", "500000000"))
PIECE = os.urandom(1 << 20)
BUCKET = "bench"


def measure(server: Server) -> list[Figure]:
    _add_bucket(server)
    folder = f"/storage/v1/object/{BUCKET}/{_user(server)}"
    headers = {"authorization": f"Bearer {server.token}", "content-type": "image/jpeg"}
    rates: dict[str, float] = {}
    cost: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir=server.data) as scratch, _bare(scratch) as bare:
        contenders = {
            "a bare program": (*bare, "/"),
            "ours": (server.port, server.pid, f"{folder}/small"),
        }
        for _, (name, (port, pid, path)) in itertools.product(range(ROUNDS), contenders.items()):
            before = _cpu_us(pid)
            rate = UPLOADS / uploads(port, path, headers)
            rates[name] = max(rate, rates.get(name, 0))
            used = (_cpu_us(pid) - before) / UPLOADS
            cost[name] = min(used, cost.get(name, used))
    ours, other = rates["ours"], rates["a bare program"]
    return [
        *(
            Figure(
                f"{UPLOADS} uploads of 8 KB by {CLIENTS} clients: {name}",
                f"{rate:.0f} /s  {cost[name]:.0f} us of the processor",
                "no error",
                met=True,
            )
            for name, rate in rates.items()
        ),
        Figure("the same, of the bare program", f"{ours / other:.2f}", "", None),
        *_large(server, f"{folder}/film", headers),
    ]


def uploads(port: int, path: str, headers: dict[str, str]) -> float:
    """Let the clients share the uploads; return the seconds that they took."""
    numbers = iter(range(UPLOADS))
    done: list[int] = []
    refused: list[tuple[int, bytes]] = []
    run = next(_runs)

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for number in numbers:
            connection.request("POST", f"{path}/{run}-{number}.jpg", SMALL, headers)
            response = connection.getresponse()
            body = response.read()
            if response.status != 200:
                refused.append((response.status, body))
            done.append(number)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if refused or len(done) != UPLOADS:
        raise RuntimeError(f"{len(done)} uploads, {len(refused)} refused: {refused[:1]}")
    return seconds


_runs = itertools.count()


def _large(server: Server, path: str, headers: dict[str, str]) -> Iterator[Figure]:
    """Put a large file there and get it back, watching the server's memory."""
    before = server.memory_mb()
    with _watching(server) as memory:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
        started = time.perf_counter()
        sizes = {"content-length": str(LARGE)}
        connection.request("POST", path, _pieces(LARGE), {**headers, **sizes})
        response = connection.getresponse()
        body = response.read()
        assert response.status == 200, body
        up = LARGE / (time.perf_counter() - started) / 1e6
        started = time.perf_counter()
        connection.request("GET", path, headers=headers)
        response, left = connection.getresponse(), LARGE
        while data := response.read(len(PIECE)):
            left -= len(data)
        assert left == 0
        down = LARGE / (time.perf_counter() - started) / 1e6
    grown = max(memory) - before
    size = f"{LARGE / 1e9:.1f} GB"
    yield Figure(f"{size} up, and down", f"{up:.0f} MB/s, {down:.0f} MB/s", "", None)
    yield Figure(
        f"{size}: memory on top of the idle server's", f"{grown:.0f} MB", "< 100", grown < 100
    )


def _pieces(size: int) -> Iterator[bytes]:
    while size > 0:
        yield PIECE[:size]
        size -= len(PIECE)


@contextmanager
def _watching(server: Server) -> Iterator[list[float]]:
    memory, done = [server.memory_mb()], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            memory.append(server.memory_mb())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield memory
    finally:
        done.set()
        thread.join()


def _cpu_us(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1e6


def _add_bucket(server: Server) -> None:
    key = env(server.data / "keys.env")["FASHIONOS_SECRET_KEY"]
    connection = server.connect()
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    connection.request("POST", "/storage/v1/bucket", json.dumps({"id": BUCKET}), headers)
    assert connection.getresponse().status == 200


def _user(server: Server) -> str:
    claims = server.token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"])


# The bare program


@contextmanager
def _bare(folder: str) -> Iterator[tuple[int, int]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.storage", folder], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    from fashionos.serving import Limits, serve  # noqa: PLC0415 -- installs its reactor

    folder, numbers = Path(sys.argv[1]), itertools.count()

    def write(body: bytes) -> None:
        with (folder / str(next(numbers))).open("xb", buffering=0) as file:
            file.write(body)
            os.fsync(file.fileno())
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        await asyncio.get_running_loop().run_in_executor(None, write, body)
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
        )
        await send({"type": "http.response.body", "body": b"{}"})

    def ready(port: int) -> None:
        print(port, flush=True)

    serve(app, host="127.0.0.1", port=0, ready=ready, limits=Limits())


if __name__ == "__main__":
    main()

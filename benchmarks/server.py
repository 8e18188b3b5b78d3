"""A server of our own to measure: `make run` on a free port, with a scratch data folder and no rate limits."""

import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Server:
    port: int
    data: Path
    pid: int
    seconds_to_first_answer: float
    idle_mb: float = 0.0
    token: str = ""

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def document(self, name: str) -> Any:
        return json.loads((self.data / "demo" / name).read_text())

    def credentials(self) -> dict[str, str]:
        people = env(self.data / "demo.env")
        return {"email": people["DEMO_EMAIL"], "password": people["DEMO_PASSWORD"]}

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        [kilobytes] = re.findall(r"VmRSS:\s+(\d+)", status)
        return int(kilobytes) / 1024


def env(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().split())


def post(connection: http.client.HTTPConnection, path: str, body: bytes, **headers: str) -> bytes:
    connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    content = response.read()
    if response.status != 200:
        raise RuntimeError(f"{path} answered {response.status}: {content[:300]!r}")
    return content


def sign_in(server: Server, connection: http.client.HTTPConnection) -> str:
    key = env(server.data / "keys.env")["FASHIONOS_PUBLISHABLE_KEY"]
    body = json.dumps(server.credentials()).encode()
    answer = post(connection, "/auth/v1/token?grant_type=password", body, apikey=key)
    return str(json.loads(answer)["access_token"])


@contextmanager
def running(data: Path, **environment: str) -> Iterator[Server]:
    """Start the server and wait for its first answer; stop it at the end. It logs to `server.log` of the folder."""
    started = time.perf_counter()
    log = data / "server.log"
    with log.open("w") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "fashionos.run"],
            env={
                **os.environ,
                "DEBUG": "1",
                "DATA_DIR": str(data),
                "PORT": "0",
                "RATE_LIMITS": "0",
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=lines,
            text=True,
        )
    try:
        assert process.stdout is not None
        port = 0
        for line in process.stdout:
            if found := re.search(r"serves on http://127\.0\.0\.1:(\d+)", line):
                port = int(found[1])
                break
        if not port:
            raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")
        server = Server(port, data, process.pid, 0.0)
        connection = server.connect()
        connection.request("GET", "/auth/v1/.well-known/jwks.json")
        connection.getresponse().read()
        server.seconds_to_first_answer = time.perf_counter() - started
        server.idle_mb = server.memory_mb()
        server.token = sign_in(server, connection)
        yield server
    finally:
        process.terminate()
        process.wait()


@contextmanager
def scratch_server() -> Iterator[Server]:
    with (
        tempfile.TemporaryDirectory(prefix="fashionos-bench-") as folder,
        running(Path(folder)) as server,
    ):
        yield server

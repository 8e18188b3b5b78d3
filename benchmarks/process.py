"""The process itself: the second start of `make run` to its first answer, and its memory when idle."""

import statistics
import tempfile
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.server import running


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="fashionos-bench-") as folder:
        data = Path(folder)
        with running(data) as server:
            first = server.seconds_to_first_answer
        starts, memory = [], []
        for _ in range(3):
            with running(data) as server:
                starts.append(server.seconds_to_first_answer)
                memory.append(server.memory_mb())
    again, idle = statistics.median(starts), statistics.median(memory)
    return [
        Figure("first start, migrations and demo included", f"{first:.1f} s", "", None),
        Figure("second start to the first answer", f"{again:.1f} s", "< 4 s", again < 4),
        Figure("memory after the first sign-in", f"{idle:.0f} MB", "< 120 MB", idle < 120),
    ]

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
                memory.append((server.idle_mb, server.memory_mb()))
    again = statistics.median(starts)
    idle, signed_in = (statistics.median(column) for column in zip(*memory, strict=True))
    return [
        Figure("first start, migrations and demo included", f"{first:.1f} s", "", None),
        Figure("second start to the first answer", f"{again:.1f} s", "< 4 s", again < 4),
        Figure("memory, idle", f"{idle:.0f} MB", "< 120 MB", idle < 120),
        Figure("memory after the first sign-in", f"{signed_in:.0f} MB", "", None),
    ]

"""Pictures of the gallery as they are measured: in the process that a server keeps for it."""

import io
import resource
import statistics
import time

from benchmarks.compute import large_picture
from benchmarks.figures import Figure
from fashionos.workspace.measuring import Measurer

_MANY = 21


def measure() -> list[Figure]:
    data = large_picture()
    # The first one starts the process; what it takes is taken off.
    first, _ = _measured(data, 1)
    all_of_them, taken = _measured(data, _MANY)
    each = (all_of_them - first) / (_MANY - 1)
    waited = statistics.median(taken)
    return [
        Figure(
            "one picture of 24 megapixels, in the measurer",
            f"{each:.0f} ms CPU, p50 {waited:.0f} ms; {first:.0f} ms CPU for the first",
            "< 150 ms of one core",
            each < 150,
        )
    ]


def _measured(data: bytes, count: int) -> tuple[float, list[float]]:
    """Return the milliseconds of processor time that `count` pictures take a new process, and how long each took."""
    before = _children_ms()
    measurer = Measurer(seconds=60)
    taken = []
    for _ in range(count):
        started = time.perf_counter()
        measurer.measure(io.BytesIO(data), len(data))
        taken.append((time.perf_counter() - started) * 1000)
    measurer.close()
    return _children_ms() - before, taken


def _children_ms() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1000

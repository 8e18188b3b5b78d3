"""How figures are taken and shown: percentiles in milliseconds, a table with the goal beside each."""

import gc
import json
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    work: str
    measured: str
    goal: str
    met: bool | None  # None: no goal of its own


def timed(call: Callable[[], object], rounds: int) -> list[float]:
    """Return the milliseconds of each of `rounds` calls, after a few that warm up."""
    for _ in range(3):
        call()
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def collect_as_the_server() -> None:
    """Set the garbage collector as fashionos.asgi does."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)


GOALS_YARDSTICK = 3.5  # milliseconds, on the machine that the goals were set on


def yardstick() -> float:
    """Tell how fast this machine is right now: milliseconds to read 0.6 MB of JSON.

    Of the processor, with the standard library; figures of two machines can be compared by it.
    """
    rows = [
        {"id": f"s{number}", "name": "Ivory silk gown", "status": "on_set"}
        for number in range(10_000)
    ]
    text = json.dumps(rows)
    taken = []
    for _ in range(30):
        started = time.process_time()
        json.loads(text)
        taken.append((time.process_time() - started) * 1000)
    return statistics.median(taken)


def percentile(taken: Sequence[float], percent: int) -> float:
    return statistics.quantiles(taken, n=100, method="inclusive")[percent - 1]


def spread(taken: Sequence[float]) -> str:
    values = (percentile(taken, percent) for percent in (50, 90, 99))
    return "p50 {:.1f}  p90 {:.1f}  p99 {:.1f} ms".format(*values)


def together(
    make_call: Callable[[], Callable[[], object]], clients: int, seconds: float
) -> tuple[float, list[float]]:
    """Let `clients` threads call for `seconds`; return calls per second, and the milliseconds of each."""
    taken: list[float] = []
    failures: list[BaseException] = []
    ends = time.perf_counter() + seconds

    def work() -> None:
        try:
            call = make_call()
            while (started := time.perf_counter()) < ends:
                call()
                taken.append((time.perf_counter() - started) * 1000)
        except BaseException as error:  # noqa: BLE001 -- reported below, from the main thread
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return len(taken) / seconds, taken


def table(figures: Sequence[Figure]) -> str:
    marks = {True: "met", False: "MISSED", None: ""}
    rows = [("work", "measured", "goal", ""), *((*f[:3], marks[f.met]) for f in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )

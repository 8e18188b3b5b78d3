"""Understanding a message, without a server: with 500 samples in the context, their index kept or built."""

import itertools
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from assistant.schemas import UserContext
from assistant.understanding import understand
from assistant.understanding.context import Context, read_context
from assistant.understanding.linker import Index
from assistant.understanding.model import PATH
from benchmarks.figures import Figure, percentile, spread, timed
from benchmarks.samples import shown_samples
from fashionos.demo import files

ZONE = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
ROUNDS = 400
MESSAGES = (
    "are we ready?",
    "where is the ivory silk gown",
    "which black dresses from Orvane Cuir have not arrived yet",
    "who owns the sound check and when is it due",
    "please mark the camel cashmere coat as received, and tell Leila about it",
    "wher is teh velvt jackt",
    "approve image 77",
    "what is the meaning of life " * 12,
)
_LOADING = """
import time
import numpy
from assistant.understanding import model
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6
before = resident()
started = time.process_time()
model.trained()
print((time.process_time() - started) * 1000, resident() - before)
"""


def measure() -> list[Figure]:
    demo = files(NOW, ZONE)["chat-orchestrator.json"]["userContext"]
    rows = shown_samples(demo["sampleList"], 500, "")
    context, _ = read_context(
        UserContext(
            sample_list=rows,
            event=demo["event"],
            gallery_assets=demo["galleryAssets"],
            shot_list=demo["shotList"],
        ),
        ZONE,
    )
    index = Index(context)
    kept = timed(_asker(index), ROUNDS)
    fresh = timed(_asker(context), ROUNDS // 4)
    built = timed(lambda: Index(context), 40)
    milliseconds, megabytes = _loading()
    size = PATH.stat().st_size / 1e6
    return [
        _figure("understand, 500 samples, index kept", kept, 5),
        Figure("understand, 500 samples, index built", spread(fresh), "", None),
        Figure("index of 500 samples, 42 tasks, 192 pictures", spread(built), "", None),
        Figure("load the model", f"{milliseconds:.0f} ms", "< 500 ms", milliseconds < 500),
        Figure("memory of the model", f"{megabytes:.0f} MB", "< 60 MB", megabytes < 60),
        Figure("size of the model", f"{size:.1f} MB", "< 3 MB", size < 3),
    ]


def _figure(work: str, taken: list[float], goal: int) -> Figure:
    p50, p99 = percentile(taken, 50), percentile(taken, 99)
    return Figure(work, f"p50 {p50:.2f}  p99 {p99:.2f} ms", f"p99 < {goal} ms", p99 < goal)


def _asker(context: Context | Index) -> Callable[[], object]:
    waiting = itertools.cycle(MESSAGES)
    return lambda: understand(next(waiting), kit="logistics", context=context, now=NOW, zone=ZONE)


def _loading() -> tuple[float, float]:
    out = subprocess.run([sys.executable, "-c", _LOADING], capture_output=True, check=True).stdout
    milliseconds, megabytes = map(float, out.split())
    return milliseconds, megabytes

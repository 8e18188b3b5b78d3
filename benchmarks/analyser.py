"""logistics-analyzer with 200, 1,000 and 10,000 samples: computed, and answered from the cache."""

import json
from typing import Any

from benchmarks.figures import Figure, percentile, spread, timed
from benchmarks.samples import shown_samples
from benchmarks.server import Server, post

PATH = "/functions/v1/logistics-analyzer"
# Samples: rounds, goal of p95 computed, goal of p99 cached, in ms.
SIZES = {200: (60, None, 8), 1_000: (40, None, None), 10_000: (25, 150, 15)}


def measure(server: Server) -> list[Figure]:
    return [figure for size in SIZES for figure in _measure(server, size)]


def _measure(server: Server, size: int) -> list[Figure]:
    rounds, cold_goal, hit_goal = SIZES[size]
    document = server.document("logistics-analyzer.json")
    bodies = [_body(document, size, number) for number in range(rounds + 3)]
    connection, waiting = server.connect(), iter(bodies)

    def analyse(body: bytes) -> bytes:
        return post(connection, PATH, body, Authorization=f"Bearer {server.token}")

    cold = timed(lambda: analyse(next(waiting)), rounds)
    hits = timed(lambda: analyse(bodies[0]), max(rounds, 100))
    p95, p99 = percentile(cold, 95), percentile(hits, 99)
    return [
        Figure(
            f"{size:,} samples ({len(bodies[0]) / 1e6:.1f} MB), computed",
            f"{spread(cold)}  p95 {p95:.1f}",
            f"p95 < {cold_goal} ms" if cold_goal else "",
            p95 < cold_goal if cold_goal else None,
        ),
        Figure(
            f"{size:,} samples, cached",
            spread(hits),
            f"p99 < {hit_goal} ms" if hit_goal else "",
            p99 < hit_goal if hit_goal else None,
        ),
    ]


def _body(document: dict[str, Any], size: int, number: int) -> bytes:
    rows = shown_samples(document["sampleList"], size, str(number))
    return json.dumps({**document, "sampleList": rows}, separators=(",", ":")).encode()

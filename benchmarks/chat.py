"""A chat message with 200 samples in its context: one client, then sixteen."""

import itertools
import json
from collections.abc import Callable

from benchmarks.figures import Figure, percentile, spread, timed, together
from benchmarks.server import Server, post

PATH = "/functions/v1/chat-orchestrator"
QUESTIONS = (
    "are we ready?",
    "where is the ivory gown?",
    "what is blocking us?",
    "what arrives today?",
)


def measure(server: Server) -> list[Figure]:
    figures = []
    taken = timed(_asker(server, fresh=True), 300)
    p99 = percentile(taken, 99)
    figures.append(
        Figure("chat, 200 samples, new data each time", spread(taken), "p99 < 40 ms", p99 < 40)
    )
    taken = timed(_asker(server, fresh=False), 300)
    figures.append(Figure("chat, 200 samples, same data", spread(taken), "", None))
    rate, taken = together(lambda: _asker(server, fresh=True), clients=16, seconds=15)
    measured = f"{rate:.0f} r/s  {spread(taken)}"
    figures.append(
        Figure("chat, 16 clients, new data each time", measured, ">= 60 r/s", rate >= 60)
    )
    return figures


def _asker(server: Server, *, fresh: bool) -> Callable[[], object]:
    """Return a call that asks the next question; with `fresh` no analysis is found in the cache."""
    document = server.document("chat-orchestrator.json")
    samples = document["userContext"]["sampleList"]
    document["userContext"] = {"sampleList": (samples * 2)[:200], "timezone": "Europe/Paris"}
    for number, sample in enumerate(document["userContext"]["sampleList"]):
        document["userContext"]["sampleList"][number] = {**sample, "id": f"s{number}"}
    connection, numbers = server.connect(), itertools.count()

    def ask() -> None:
        number = next(numbers)
        document["message"] = QUESTIONS[number % len(QUESTIONS)]
        if fresh:
            document["userContext"]["sampleList"][0]["notes"] = f"{id(connection)} {number}"
        body = json.dumps(document).encode()
        post(connection, PATH, body, Authorization=f"Bearer {server.token}")

    return ask

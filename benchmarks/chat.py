"""A chat message with 200 samples in its context: one client, then sixteen."""

import itertools
import json
from collections.abc import Callable

from benchmarks.figures import Figure, percentile, spread, timed, together
from benchmarks.samples import shown_samples
from benchmarks.server import Server, post

PATH = "/functions/v1/chat-orchestrator"
QUESTIONS = (
    "are we ready?",
    "where is the ivory gown?",
    "what is blocking us?",
    "what arrives today?",
)
BODIES = 100

_clients = itertools.count()


def measure(server: Server) -> list[Figure]:
    fresh, repeated = _asker(server, BODIES), _asker(server, len(QUESTIONS))
    single = timed(fresh, BODIES - 3)
    same = timed(repeated, 200)
    rate, busy = together(lambda: _asker(server, BODIES), clients=16, seconds=15)
    # What a frontend does: the screen stays, the questions change.
    usual, usually = together(lambda: _asker(server, len(QUESTIONS)), clients=16, seconds=15)
    p99 = percentile(single, 99)
    return [
        Figure("chat, 200 samples, new data", spread(single), "p99 < 40 ms", p99 < 40),
        Figure("chat, 200 samples, same data", spread(same), "", None),
        Figure(
            "chat, 16 clients, new data", f"{rate:.0f} r/s  {spread(busy)}", ">= 60 r/s", rate >= 60
        ),
        Figure(
            "chat, 16 clients, same data",
            f"{usual:.0f} r/s  {spread(usually)}",
            ">= 60 r/s",
            usual >= 60,
        ),
    ]


def _asker(server: Server, bodies: int) -> Callable[[], object]:
    """Return a call that posts the next of so many prepared bodies, no two with the same samples and question."""
    document = server.document("chat-orchestrator.json")
    client, connection = next(_clients), server.connect()
    prepared = []
    for number in range(bodies):
        rows = shown_samples(document["userContext"]["sampleList"], 200, f"{client}-{number}")
        context = {"sampleList": rows, "timezone": "Europe/Paris"}
        message = QUESTIONS[number % len(QUESTIONS)]
        body = {**document, "message": message, "userContext": context}
        prepared.append(json.dumps(body, separators=(",", ":")).encode())
    waiting = itertools.cycle(prepared)
    return lambda: post(connection, PATH, next(waiting), Authorization=f"Bearer {server.token}")

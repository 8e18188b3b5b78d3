"""A shoot day: 200 people with the assistant open, each with a socket; what they wait for, and what the server needs.

    python -m benchmarks.load [--seconds 60] [--users 200] [--pause 10]

Each person does something every `pause` seconds on average. The percentiles to compare with the requirements' targets
are the 90th, which is what they name for chat.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil

from benchmarks.chat import QUESTIONS
from benchmarks.figures import Figure, percentile, spread, table, yardstick
from benchmarks.listeners import frame, split
from benchmarks.samples import shown_samples
from benchmarks.server import Server, env, scratch_server

# Milliseconds, of the requirements: the answer that a kind is, and its target at the 90th percentile.
TARGETS = {"chat": 500, "insights": 1000, "cache hit": 50, "realtime": 100}
# What people do on a shoot day, out of a hundred.
MIX = {"chat": 35, "analyse": 20, "analyse anew": 5, "history": 10, "events": 20, "change": 10}
HISTORY = "/rest/v1/assistant_conversations?select=id,session_id,skill_used,created_at&order=created_at.desc&limit=20"
BATCH = 20  # events
ROWS = 10  # samples in each person's workspace
SHOWN = 100  # samples on a screen
SAMPLED_SECONDS = 2.0
_SIGN_UPS = 4  # at a time


@dataclass
class Day:
    """What happened, in milliseconds by kind; errors by what was asked and how it was answered."""

    taken: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[float, float, float]] = field(default_factory=list)  # second, of CPU, MB


class Person:
    def __init__(self, day: Day, client: httpx.AsyncClient, server: Server, number: int) -> None:
        self.day, self.client, self.server, self.number = day, client, server, number
        self.random = random.Random(number)  # noqa: S311 -- the same day each time
        self.fresh = itertools.count()
        self.changed: dict[str, float] = {}  # sample -> when its change was sent

    async def arrive(self, key: str) -> None:
        """Sign up, fill the workspace, open the socket."""
        address = {"email": f"load{self.number}@example.com", "password": "correct horse"}
        answer = await self.client.post("/auth/v1/signup", json=address)
        answer.raise_for_status()
        self.user, self.token = answer.json()["user"]["id"], answer.json()["access_token"]
        self.headers = {"authorization": f"Bearer {self.token}"}
        rows = [
            {"reference": f"r{row}", "name": f"Gown {row}", "status": "on_set"}
            for row in range(ROWS)
        ]
        answer = await self.client.post(
            "/rest/v1/samples",
            json=rows,
            headers={**self.headers, "prefer": "return=representation"},
        )
        answer.raise_for_status()
        self.rows = [row["id"] for row in answer.json()]
        self.prepare()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        self.writer.write(
            f"GET /realtime/v1/websocket?apikey={key}&vsn=2.0.0 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head, head
        for function, document in self.analyses:  # as their page does when it opens
            answer = await self.post(f"/functions/v1/{function}", json.dumps(document).encode())
            answer.raise_for_status()
        payload = {"config": {"private": True}, "access_token": self.token}
        self.push(["1", "1", f"realtime:samples:{self.user}", "phx_join", payload])
        # From now on: while others arrive, the server expects signs of life.
        self.tasks = [asyncio.create_task(work) for work in (self.listen(), self.beat())]

    def prepare(self) -> None:
        document = self.server.document("chat-orchestrator.json")
        samples = document["userContext"]["sampleList"]
        screen = shown_samples(samples, SHOWN, str(self.number))
        context = {"sampleList": screen, "timezone": "Europe/Paris"}
        self.questions = [
            json.dumps({**document, "message": message, "userContext": context}).encode()
            for message in QUESTIONS
        ]
        self.analyses = [
            (
                "logistics-analyzer",
                {"sampleList": screen, "analysisType": "all", "timezone": "Europe/Paris"},
            ),
            ("events-optimizer", self.server.document("events-optimizer.json")),
            ("media-scorer", self.server.document("media-scorer.json")),
        ]

    def push(self, message: list[Any]) -> None:
        self.writer.write(frame(json.dumps(message).encode()))

    async def live(self, ends: float, pause: float) -> None:
        try:
            await asyncio.sleep(self.random.random() * pause)
            while time.perf_counter() < ends:
                [kind] = self.random.choices(list(MIX), list(MIX.values()))
                await self.act(kind)
                # The last pause of two hundred is a minute long: nobody waits for it.
                left = max(0, ends - time.perf_counter())
                await asyncio.sleep(min(left, self.random.expovariate(1 / pause)))
        finally:
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
            self.day.errors["facts not heard"] += len(self.changed)
            self.writer.close()

    async def act(self, kind: str) -> None:
        started = time.perf_counter()
        try:
            answer = await getattr(self, kind.replace(" ", "_"))()
        except httpx.HTTPError as error:
            self.day.errors[f"{kind}: {type(error).__name__}"] += 1
            return
        milliseconds = (time.perf_counter() - started) * 1000
        if answer.status_code >= 400:
            self.day.errors[f"{kind}: {answer.status_code}"] += 1
        elif kind.startswith("analyse"):
            # As the answer says: a change of a sample makes the next one a fresh one.
            hit = answer.content.startswith(b'{"cached":true')
            self.day.taken["cache hit" if hit else "insights"].append(milliseconds)
        else:
            self.day.taken[kind].append(milliseconds)

    async def chat(self) -> httpx.Response:
        return await self.post(
            "/functions/v1/chat-orchestrator", self.random.choice(self.questions)
        )

    async def analyse(self) -> httpx.Response:
        function, document = self.random.choice(self.analyses)
        return await self.post(f"/functions/v1/{function}", json.dumps(document).encode())

    async def analyse_anew(self) -> httpx.Response:
        function, document = self.random.choice(self.analyses)
        body = json.dumps({**document, "contextId": f"{self.number}-{next(self.fresh)}"})
        return await self.post(f"/functions/v1/{function}", body.encode())

    async def history(self) -> httpx.Response:
        return await self.client.get(HISTORY, headers=self.headers)

    async def events(self) -> httpx.Response:
        event = {
            "event_type": "action_clicked",
            "event_data": {"feature": "logistics.readiness"},
            "page_route": "/logistics",
            "kit_context": "logistics",
        }
        return await self.post("/rest/v1/analytics_events", json.dumps([event] * BATCH).encode())

    async def change(self) -> httpx.Response:
        row = self.random.choice(self.rows)
        status = self.random.choice(("shot", "on_set", "received"))
        self.changed[row] = time.perf_counter()
        headers = {**self.headers, "prefer": "return=representation"}
        answer = await self.client.patch(
            f"/rest/v1/samples?id=eq.{row}&status=neq.{status}",
            json={"status": status},
            headers=headers,
        )
        if answer.status_code >= 400 or not answer.json():
            self.changed.pop(row, None)  # it was there already: nobody is told
        return answer

    async def post(self, path: str, body: bytes) -> httpx.Response:
        headers = {**self.headers, "content-type": "application/json"}
        return await self.client.post(path, content=body, headers=headers)

    async def listen(self) -> None:
        data = b""
        while chunk := await self.reader.read(65536):
            frames, data = split(data + chunk)
            for opcode, payload in frames:
                if opcode == 9:
                    self.writer.write(frame(payload, opcode=10))
                elif opcode == 8:
                    self.day.errors["socket closed"] += 1
                elif b"sample_status_changed" in payload:
                    self.hear(payload)

    def hear(self, payload: bytes) -> None:
        now = time.perf_counter()
        for row in [row for row in self.changed if row.encode() in payload]:
            self.day.taken["realtime"].append((now - self.changed.pop(row)) * 1000)

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(25)
            self.push([None, "b", "phoenix", "heartbeat", {}])


async def watch(day: Day, pid: int, started: float) -> None:
    process = psutil.Process(pid)
    while True:
        times, memory = process.cpu_times(), process.memory_info().rss / 1024**2
        second = time.perf_counter() - started
        day.samples.append((second, times.user + times.system, memory))
        await asyncio.sleep(SAMPLED_SECONDS)


async def shoot(server: Server, *, users: int, seconds: float, pause: float) -> Day:
    day = Day()
    key = env(server.data / "keys.env")["FASHIONOS_PUBLISHABLE_KEY"]
    limits = httpx.Limits(max_connections=users, max_keepalive_connections=users)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{server.port}",
        headers={"apikey": key},
        timeout=60,
        limits=limits,
    ) as client:
        people = [Person(day, client, server, number) for number in range(users)]
        for group in _groups(people, _SIGN_UPS):
            await asyncio.gather(*(person.arrive(key) for person in group))
        started = time.perf_counter()
        watching = asyncio.create_task(watch(day, server.pid, started))
        await asyncio.gather(*(person.live(started + seconds, pause) for person in people))
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    return day


def _groups(people: list[Person], size: int) -> Iterator[list[Person]]:
    for at in range(0, len(people), size):
        yield people[at : at + size]


def measure(
    server: Server, *, users: int = 200, seconds: float = 60, pause: float = 10
) -> list[Figure]:
    day = asyncio.run(shoot(server, users=users, seconds=seconds, pause=pause))
    figures = []
    for kind in ("chat", "insights", "cache hit", "realtime", "history", "events", "change"):
        taken, target = day.taken[kind], TARGETS.get(kind)
        if len(taken) < 2:
            figures.append(Figure(kind, f"{len(taken)} of them", "", None))
            continue
        p90 = percentile(taken, 90)
        goal = f"p90 < {target} ms: {target / p90:.1f} times" if target else ""
        measured = f"{len(taken)} x  {spread(taken)}"
        figures.append(Figure(kind, measured, goal, p90 < target if target else None))
    count = sum(len(day.taken[kind]) for kind in day.taken if kind != "realtime")
    errors = {kind: number for kind, number in day.errors.items() if number}
    rate = f"{count} in {seconds:.0f} s, {count / seconds:.1f} a second; errors: {errors or 'none'}"
    figures.append(Figure(f"{users} people", rate, "no errors", not errors))
    return [*figures, *_needs(day, server.idle_mb)]


def _needs(day: Day, idle: float) -> list[Figure]:
    """Tell what the server took: the processor over all, memory in each quarter of the time."""
    if len(day.samples) < 8:
        return []
    (began, before, _), (ended, after, _) = day.samples[0], day.samples[-1]
    cpu = (after - before) / (ended - began)
    memory = [megabytes for _, _, megabytes in day.samples]
    size = len(memory) // 4
    quarters = [statistics.fmean(memory[at * size : (at + 1) * size]) for at in range(4)]
    growth = quarters[3] / quarters[1] - 1
    shown = " ".join(f"{quarter:.0f}" for quarter in quarters)
    return [
        Figure("server's processor", f"{cpu:.0%} of one core", "", None),
        Figure(
            "server's memory by quarter",
            f"{idle:.0f} idle, then {shown} MB, {growth:+.1%} from the second to the last",
            "flat: < 5 %",
            growth < 0.05,
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--pause", type=float, default=10, help="seconds, between two actions")
    arguments = parser.parse_args()
    print(f"Yardstick: {yardstick():.1f} ms.")
    with scratch_server() as server:
        print(table(measure(server, **vars(arguments))))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The page at `/` in a headless Chromium: how soon it can be used, with the demo's samples and with 2,000."""

import json
import statistics
import time
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.figures import Figure
from benchmarks.server import Server, env
from fashionos.testing.browser import chromium, window

LOADS = 9
MOVES = 9
MANY = 2_000
FIRST_GOAL_MS = 1_000
FRAME_GOAL_MS = 100

# Notes when the first card was painted, on the clock that starts with the navigation.
WATCH = """
new MutationObserver((_, observer) => {
  if (!document.querySelector(".card")) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { globalThis.useful = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
# From the key to the frame after it, in the middle of everything else that the page does.
MOVE = """
(key) => new Promise((done) => {
  const card = document.querySelector(".column.awaiting .card");
  const from = performance.now();
  card.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey: true, bubbles: true, cancelable: true }));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - from)));
})
"""
SCROLL = """
() => new Promise((done) => {
  const list = document.querySelector(".column.awaiting ul");
  let last = performance.now();
  let worst = 0;
  const step = (now) => {
    worst = Math.max(worst, now - last);
    last = now;
    list.scrollTop += 300;
    if (list.scrollTop + list.clientHeight < list.scrollHeight - 1) requestAnimationFrame(step);
    else done(worst);
  };
  requestAnimationFrame(step);
})
"""


def measure(server: Server) -> list[Figure]:
    people = env(server.data / "demo.env")
    _fill(server, people["DEMO2_EMAIL"], people["DEMO2_PASSWORD"])
    with chromium() as browser:
        painted, useful = _loads(browser, server, people["DEMO_EMAIL"])
        _, many = _loads(browser, server, people["DEMO2_EMAIL"])
        moved, frame = _use(browser, server, people["DEMO2_EMAIL"])
        travelled = _travel(browser, server, people["DEMO_EMAIL"])
    return [
        _figure("page, signed in: first paint", painted, None),
        _figure("page, signed in: 127 cards to be seen", useful, FIRST_GOAL_MS),
        _figure(f"page, signed in: {MANY:,} cards to be seen", many, None),
        _figure(f"one of {MANY:,} cards moved, to the next frame", moved, FRAME_GOAL_MS),
        _figure(f"scrolling through {MANY:,} cards, longest frame", [frame], FRAME_GOAL_MS),
        _figure("a card moved, seen in another window", travelled, FRAME_GOAL_MS),
    ]


def _figure(work: str, taken: list[float], goal: float | None) -> Figure:
    median = statistics.median(taken)
    measured = f"p50 {median:.0f}, worst {max(taken):.0f} ms"
    return Figure(work, measured, f"< {goal} ms" if goal else "", median < goal if goal else None)


def _address(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/#/logistics"


def _enter(page: Page, email: str) -> Any:
    page.get_by_role("button", name=f"Sign in as {email.split('@', maxsplit=1)[0]}").click()
    page.locator(".card").first.wait_for()
    return page.context.storage_state()


def _loads(browser: Browser, server: Server, email: str) -> tuple[list[float], list[float]]:
    """Return when the page was painted first, and when its first card was, of several cold loads."""
    with window(browser, _address(server)) as page:
        state = _enter(page, email)
    painted, useful = [], []
    for _ in range(LOADS):
        with window(browser, "about:blank", storage_state=state) as page:
            page.add_init_script(WATCH)
            page.goto(_address(server))
            page.locator(".score").wait_for()  # so that nothing of it runs into the next load
            painted.append(page.evaluate(PAINTED))
            useful.append(page.evaluate("globalThis.useful"))
    return painted, useful


def _use(browser: Browser, server: Server, email: str) -> tuple[list[float], float]:
    with window(browser, _address(server)) as page:
        _enter(page, email)
        page.locator(".score").wait_for()
        moved = [page.evaluate(MOVE, "ArrowRight") for _ in range(MOVES)]
        return moved, page.evaluate(SCROLL)


def _travel(browser: Browser, server: Server, email: str) -> list[float]:
    """Move a card to and fro in one window, by the key; time until another window shows it."""
    taken = []
    with (
        window(browser, _address(server)) as page,
        window(browser, _address(server)) as other,
    ):
        for one in (page, other):
            _enter(one, email)
            one.locator(".connection[data-state=live]").wait_for()
        name = page.locator(".column.delayed .card .name").last.inner_text()
        for turn in range(MOVES):
            status, key = ("received", "Right") if turn % 2 == 0 else ("delayed", "Left")
            seen = other.locator(f".column.{status} .card", has_text=name)
            card = page.locator(".card", has_text=name).first
            started = time.perf_counter()
            card.press(f"Shift+Arrow{key}")
            seen.wait_for()
            taken.append((time.perf_counter() - started) * 1000)
    return taken


def _fill(server: Server, email: str, password: str) -> None:
    """Give somebody `MANY` samples, through the API."""
    key = env(server.data / "keys.env")["FASHIONOS_PUBLISHABLE_KEY"]
    connection = server.connect()
    headers = {"apikey": key, "content-type": "application/json"}

    def post(path: str, document: Any) -> Any:
        connection.request("POST", path, json.dumps(document).encode(), headers)
        response = connection.getresponse()
        content = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{path} answered {response.status}: {content[:300]!r}")
        return json.loads(content or b"null")

    session = post("/auth/v1/token?grant_type=password", {"email": email, "password": password})
    headers["authorization"] = f"Bearer {session['access_token']}"
    statuses = ("awaiting", "awaiting", "received", "on_set", "shot")
    rows = [
        {
            "name": f"Sample {number}",
            "sku": f"S-{number:05}",
            "category": "dress",
            "status": statuses[number % len(statuses)],
            "location": f"Sample room, rail {number % 40}",
            "look_ids": [f"look-{number % 200}"],
        }
        for number in range(MANY)
    ]
    post("/rest/v1/samples", rows)

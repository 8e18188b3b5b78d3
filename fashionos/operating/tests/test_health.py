"""Readiness never waits for what hangs, and asks nobody twice at a time."""

import asyncio
import threading
import time

import pytest

from fashionos.operating import health
from fashionos.operating.health import Readiness


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch):
    monkeypatch.setattr(health, "_REMEMBERED", 0)


def fail():
    raise OSError("gone")


async def test_each_part_says_how_it_is(caplog):
    ready = Readiness({"database": lambda: None, "redis": fail}, seconds=10)
    assert await ready.report() == {"database": "ok", "redis": "failed"}
    assert "not ready: redis: OSError" in caplog.text
    assert "gone" not in caplog.text


async def test_what_hangs_is_told_in_time_and_not_begun_again_until_it_returns():
    go_on, begun = threading.Event(), []

    def hang():
        begun.append(1)
        go_on.wait(30)

    ready = Readiness({"database": hang, "redis": lambda: None}, seconds=0.05)
    for _ in range(5):
        assert (await ready.report())["database"] == "timeout"
    assert len(begun) == 1
    go_on.set()
    deadline = time.monotonic() + 20
    while await ready.report() != {"database": "ok", "redis": "ok"}:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_many_who_ask_at_once_cost_one_check(monkeypatch):
    monkeypatch.setattr(health, "_REMEMBERED", 3600)
    begun = []
    ready = Readiness({"database": lambda: begun.append(1)}, seconds=10)
    reports = await asyncio.gather(*(ready.report() for _ in range(50)))
    reports += [await ready.report() for _ in range(50)]
    assert reports == [{"database": "ok"}] * 100
    assert len(begun) == 1


async def test_a_process_that_is_told_to_end_says_so_and_asks_nobody():
    ready = Readiness({"database": fail}, seconds=10)
    ready.stop()
    assert await ready.report() == {"server": "stopping"}

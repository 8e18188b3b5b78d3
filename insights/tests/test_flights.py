"""Concurrent misses for one key are computed once, and nobody is left without an answer."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from insights.flights import Flights


def together(flights, key, compute, count=8):
    """Let `count` threads ask for the key at once."""
    ready = threading.Barrier(count)

    def ask(_):
        ready.wait()
        try:
            return flights.run(key, compute)
        except ZeroDivisionError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(ask, range(count)))


def counting(gate, outcomes):
    calls = []

    def compute():
        calls.append(1)
        gate.wait(1)
        outcome = outcomes[min(len(calls), len(outcomes)) - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return calls, compute


def test_eight_that_ask_at_once_share_one_computation():
    calls, compute = counting(threading.Event(), ["result"])
    assert together(Flights(), "key", compute) == ["result"] * 8
    assert len(calls) == 1


def test_a_failure_is_the_leader_s_and_the_others_compute_for_themselves():
    gate = threading.Event()
    calls, compute = counting(gate, [ZeroDivisionError("x"), "result"])
    threading.Timer(0.2, gate.set).start()
    results = together(Flights(), "key", compute)
    assert sorted(map(str, results)) == ["result"] * 7 + ["x"]
    assert len(calls) == 8


def test_other_keys_do_not_wait_and_later_asks_compute_again():
    flights = Flights()
    calls, compute = counting(threading.Event(), ["first", "second"])
    holder = threading.Thread(target=lambda: flights.run("slow", compute))
    holder.start()
    assert flights.run("other", lambda: "now") == "now"
    holder.join()
    assert flights.run("slow", compute) == "second"
    assert len(calls) == 2


def test_what_fails_alone_raises():
    flights = Flights()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            flights.run("key", lambda: 1 / 0)

"""What runs for ever: survives its database, ends when it is told, and never spins."""

import logging
import os
import signal

import pytest
from django.core.management import CommandError
from django.db import OperationalError

from fashionos.kit.repeating import RepeatingCommand


class Command(RepeatingCommand):
    logger = logging.getLogger("fashionos.tests")
    missed = "nothing was done"


@pytest.fixture(autouse=True)
def _own_signals():
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_turn_that_the_database_breaks_is_taken_again_until_the_process_is_told_to_end(
    caplog, number
):
    turns = []

    def turn(stopped):
        turns.append(stopped)
        if len(turns) == 1:
            raise OperationalError("the server is restarting")
        os.kill(os.getpid(), number)
        assert stopped.wait(10)

    Command().repeat(turn, every=0.001)
    assert len(turns) == 2
    assert "nothing was done" in caplog.text


def test_any_other_error_ends_it():
    def turn(_):
        raise ValueError("a mistake of ours")

    with pytest.raises(ValueError, match="of ours"):
        Command().repeat(turn, every=0.001)


@pytest.mark.parametrize("every", [0, -1])
def test_it_does_not_spin(every):
    with pytest.raises(CommandError, match="more than 0 seconds"):
        Command().repeat(lambda _: pytest.fail("it ran"), every=every)

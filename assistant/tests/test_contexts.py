"""What the process has read lately is held up to a bound, the least recently used going first."""

import pytest

from assistant import stored
from assistant.contexts import Screen, Screens
from assistant.understanding.context import Context
from assistant.understanding.linker import Index


def a_screen():
    context = Context()
    return Screen(context, Index(context))


def test_the_least_recently_used_go_first():
    screens, one, two, three = Screens(10), a_screen(), a_screen(), a_screen()
    screens.put("one", one, 4)
    screens.put("two", two, 4)
    assert screens.get("one") is one
    screens.put("three", three, 4)
    assert (screens.get("one"), screens.get("two"), screens.get("three")) == (one, None, three)


def test_the_same_again_counts_once_and_what_is_too_large_is_not_held():
    screens, screen = Screens(10), a_screen()
    for _ in range(5):
        screens.put("one", screen, 8)
    assert screens.get("one") is screen
    screens.put("huge", screen, 11)
    assert (screens.get("one"), screens.get("huge")) == (None, None)


@pytest.mark.parametrize(
    ("parts", "sent", "silent"),
    [
        ((), (), set()),
        (("samples",), (), {"samples"}),
        (("samples",), ("samples",), set()),
        (("tasks", "people"), (), {"event"}),
        (("tasks",), ("event",), set()),
        (("assets", "shots"), ("assets",), {"shots"}),
        (("packages",), (), set()),
    ],
)
def test_only_what_is_needed_and_did_not_come_is_loaded(parts, sent, silent):
    assert stored.missing(parts, sent) == silent

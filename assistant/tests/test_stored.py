"""What a context does not hold is loaded where it is needed."""

import pytest

from assistant import stored


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

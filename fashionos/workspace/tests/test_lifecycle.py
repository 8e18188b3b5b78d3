import itertools

import pytest

from fashionos.workspace.lifecycle import ASSET, EVENT, SAMPLE, SHOT, TASK, Lifecycle, UnknownStatus


@pytest.mark.parametrize(
    ("lifecycle", "way"),
    [
        (SAMPLE, "awaiting in_transit received on_set shot returned"),
        (SAMPLE, "awaiting delayed in_transit lost received damaged received"),
        (SAMPLE, "on_set received on_set shot on_set"),
        (EVENT, "draft planning confirmed live wrapped"),
        (TASK, "not_started ready in_progress blocked in_progress done"),
        (ASSET, "uploading processing pending_review approved rejected archived"),
        (SHOT, "planned in_progress captured approved"),
    ],
)
def test_the_normal_way_is_usual(lifecycle, way):
    statuses = way.split()
    assert all(lifecycle.is_usual(old, new) for old, new in itertools.pairwise(statuses))


@pytest.mark.parametrize(
    ("lifecycle", "old", "new"),
    [(SAMPLE, "awaiting", "shot"), (SAMPLE, "returned", "on_set"), (TASK, "done", "not_started")],
)
def test_a_jump_is_not_usual(lifecycle, old, new):
    assert not lifecycle.is_usual(old, new)


@pytest.mark.parametrize("statuses", [("awaiting", "gone"), ("gone", "awaiting")])
def test_a_status_that_is_none_is_refused_by_name(statuses):
    with pytest.raises(UnknownStatus, match=r"'gone'.*awaiting, in_transit"):
        SAMPLE.is_usual(*statuses)


@pytest.mark.parametrize(
    ("moves", "stamps"),
    [
        ({"a": frozenset({"b"})}, {}),  # to nowhere
        ({"a": frozenset(), "b": frozenset()}, {}),  # nothing reaches b
        ({"a": frozenset()}, {"c": "c_at"}),  # a stamp of no status
    ],
)
def test_a_lifecycle_that_does_not_hang_together_cannot_be_made(moves, stamps):
    with pytest.raises(ValueError, match="do not fit together"):
        Lifecycle(initial="a", moves=moves, stamps=stamps)

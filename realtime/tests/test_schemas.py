"""The declared events: closed types that always fit one notification."""

from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
import pytest

from realtime.schemas import FACTS
from realtime.services import LONGEST, Notice

WORST = "\x01"  # a character that JSON writes in six bytes


def largest(kind):
    values = {
        UUID: UUID(int=2**128 - 1),
        datetime: datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        bool: False,
    }
    values |= {float: -1e300, str: WORST * 10_000}
    fields = {}
    for name, hint in get_type_hints(kind).items():
        if name == "event":
            continue
        options = [o for o in get_args(hint) if o is not NoneType] if is_union(hint) else [hint]
        fields[name] = values.get(options[0]) if options[0] in values else get_args(options[0])[0]
    return kind(**fields)


def is_union(hint):
    return get_origin(hint) in {Union, UnionType}


@pytest.mark.parametrize("kind", FACTS.values(), ids=FACTS)
def test_the_largest_fact_fits_one_notification(kind):
    fact = largest(kind)
    notice = Notice(fact.topic, fact.event, "0" * 32, msgspec.Raw(msgspec.json.encode(fact)))
    assert len(msgspec.json.encode(notice)) <= LONGEST


def test_the_events_are_those_that_the_channels_promise():
    assert set(FACTS) == {
        *("sample_status_changed", "sample_added", "sample_removed"),
        *("task_status_changed", "task_assigned", "deadline_approaching"),
        *("asset_uploaded", "asset_approved", "asset_rejected"),
    }

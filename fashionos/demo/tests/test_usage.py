from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.metrics import EVENT_TYPES, POWER_OPENS
from analytics.redaction import redact_data, redact_route
from fashionos.demo.usage import WEEKS, usage

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 10, 7, 31, tzinfo=PARIS)


@pytest.fixture(scope="module")
def events():
    return usage(0, NOW, PARIS)


def test_a_day_is_the_same_whenever_it_is_made(events):
    later = usage(0, NOW + timedelta(days=3, hours=5), PARIS)
    assert {event.id: event for event in later}.items() >= {
        event.id: event
        for event in events
        if event.created_at > NOW - timedelta(days=7 * WEEKS - 4)
    }.items()
    assert usage(0, NOW, PARIS) == events


def test_ids_are_different_and_days_are_whole_and_past(events):
    both = [*events, *usage(1, NOW, PARIS)]
    assert len({event.id for event in both}) == len(both)
    today = NOW.astimezone(UTC).replace(hour=0, minute=0, second=0)
    assert max(event.created_at for event in events) < today
    assert min(event.created_at for event in events) >= today - timedelta(days=7 * WEEKS)


def test_every_type_that_a_figure_is_made_of_occurs_and_some_days_make_a_power_user(events):
    assert {event.event_type for event in events} >= set(EVENT_TYPES)
    opens = Counter(
        event.created_at.date() for event in events if event.event_type == "assistant_opened"
    )
    assert max(opens.values()) > POWER_OPENS
    assert len(usage(1, NOW, PARIS)) < len(events)


def test_nothing_in_it_would_be_redacted(events):
    for event in events:
        assert redact_data(event.event_data) == event.event_data
        assert redact_route(event.page_route or "") == (event.page_route or "")

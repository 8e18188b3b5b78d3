"""Events for the tests of this room, added as those who may add them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from analytics.models import AnalyticsEvent
from fashionos.kit.owned import Role, acting


def add_events(user_id: UUID, rows: Iterable[dict[str, Any]]) -> None:
    events = [AnalyticsEvent(user_id=user_id, **row) for row in rows]
    with acting(Role.SYSTEM):
        AnalyticsEvent.objects.bulk_create(
            [event for event in events if event.event_type == "function_called"]
        )
    with acting(Role.WEB, user_id=user_id):
        AnalyticsEvent.objects.bulk_create(
            [event for event in events if event.event_type != "function_called"]
        )

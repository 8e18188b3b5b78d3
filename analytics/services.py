"""Adding events, and what they say about one person's use of the product."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from analytics.models import AnalyticsEvent
from analytics.redaction import redact_data
from fashionos.kit.owned import HasId, Role, acting


class FeatureUse(NamedTuple):
    uses: int
    weeks: int  # in how many different weeks


def add_event(
    user_id: UUID, event_type: str, data: dict[str, Any], *, kit: str, session_id: UUID | None
) -> None:
    """Add an event in the transaction of its user. `data["feature"]` names what was used."""
    AnalyticsEvent.objects.create(
        user_id=user_id,
        event_type=event_type,
        event_data=redact_data(data),
        kit_context=kit,
        session_id=session_id,
    )


def feature_use(user: HasId, *, since: datetime) -> dict[str, FeatureUse]:
    """Count by feature what a person used since then; users may not read their events, so the system does."""
    with acting(Role.SYSTEM):
        rows = list(AnalyticsEvent.objects.for_user(user).features_since(since))
    return {feature: FeatureUse(uses, weeks) for feature, uses, weeks in rows}

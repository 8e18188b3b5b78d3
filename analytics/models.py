import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import TruncWeek

from fashionos.kit.owned import OwnedQuerySet


class AnalyticsQuerySet(OwnedQuerySet):
    def features_since(self, since: datetime) -> Any:
        """Count by feature: how often it was used since then, and in how many different weeks."""
        return (
            self.filter(created_at__gte=since, event_data__has_key="feature")
            .annotate(feature=KeyTextTransform("feature", "event_data"))
            .values("feature")
            .annotate(
                uses=models.Count("id"), weeks=models.Count(TruncWeek("created_at"), distinct=True)
            )
            .values_list("feature", "uses", "weeks")
        )


class AnalyticsEvent(models.Model):
    """Something a person did with the assistant. Users add events and never read them back.

    The columns' defaults stand in the migration 0002, not here: Django would ask for what a `db_default` made with
    RETURNING, which needs the right to read that users do not have.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    event_type = models.TextField()
    event_data = models.JSONField(default=dict, blank=True)
    page_route = models.TextField(null=True, blank=True)  # noqa: DJ001 -- null: not on a page
    kit_context = models.TextField(null=True, blank=True)  # noqa: DJ001 -- null: in no kit
    session_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AnalyticsQuerySet.as_manager()

    class Meta:
        db_table = "analytics_events"
        indexes = [
            models.Index("event_type", models.F("created_at").desc(), name="analytics_events_type"),
            models.Index("user", models.F("created_at").desc(), name="analytics_events_user"),
            models.Index(models.F("created_at").desc(), name="analytics_events_created"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(event_type=""), name="analytics_events_event_type"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.created_at:%Y-%m-%d %H:%M}"

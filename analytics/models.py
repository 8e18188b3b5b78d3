import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import TruncWeek
from django.utils import timezone

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

    def happened(self, starts: datetime, ends: datetime) -> bool:
        return self.filter(created_at__gte=starts, created_at__lt=ends).exists()

    def remove_before(self, at: datetime, batch: int) -> int:
        """Remove so many of the events before then; return how many there were."""
        old = self.filter(created_at__lt=at)
        count, _ = old.filter(id__in=list(old.values_list("id", flat=True)[:batch])).delete()
        return count


class AnalyticsEvent(models.Model):
    """Something a person did with the assistant. Users add events and never read them back.

    The table is partitioned by month of `created_at` (migration 0003): `id` is unique within a month, and every query
    that names a range of `created_at` reads no other months.

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
    created_at = models.DateTimeField(default=timezone.now, editable=False)

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


class DailyTotal(models.Model):
    """What was counted on one day (UTC): the figures of the dashboard, without anybody's name.

    `name` says what is counted (analytics/rollups.py), `detail` of what (a function, a feature; "" where it has none).
    `bucket` is a class of durations (analytics/metrics.py), 0 for what has none; `total` is the sum of what is
    measured, in the unit of the name. `kit` is "*" in the rows of all kits together, which are what is mostly read.
    """

    pk = models.CompositePrimaryKey("kit", "day", "name", "detail", "bucket")
    kit = models.TextField()
    day = models.DateField()
    name = models.TextField()
    detail = models.TextField(blank=True)
    bucket = models.SmallIntegerField()
    count = models.BigIntegerField()
    total = models.FloatField()

    class Meta:
        db_table = "analytics_daily_totals"
        indexes = [models.Index("name", "day", name="analytics_daily_totals_name")]

    def __str__(self) -> str:
        return f"{self.day} {self.name} {self.detail}"


class UserDay(models.Model):
    """What one person did on one day (UTC), in one kit or ("*") all: for figures that count people."""

    pk = models.CompositePrimaryKey("kit", "day", "user_id")
    kit = models.TextField()
    day = models.DateField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    opens = models.IntegerField()
    events = models.IntegerField()
    features = ArrayField(models.TextField())

    objects = OwnedQuerySet.as_manager()

    class Meta:
        db_table = "analytics_user_days"
        indexes = [models.Index("user", "day", name="analytics_user_days_user")]

    def __str__(self) -> str:
        return f"{self.day} {self.user_id}"


class RolledDay(models.Model):
    """When a day was last rolled up; once it was after all its events had come, the day is settled."""

    day = models.DateField(primary_key=True)
    rolled_at = models.DateTimeField()

    class Meta:
        db_table = "analytics_rolled_days"

    def __str__(self) -> str:
        return f"{self.day}"


class LateDay(models.Model):
    """A day to which an event came late: a trigger writes it together with the event, a roll-up removes it."""

    day = models.DateField()

    class Meta:
        db_table = "analytics_late_days"

    def __str__(self) -> str:
        return f"{self.day}"

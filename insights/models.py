import uuid

from django.conf import settings
from django.db import models

from fashionos.kit.owned import OwnedQuerySet


class Insight(models.Model):
    """A computed analysis, kept until it expires. The system writes it; its user reads it.

    `context_id` is the entity that the request named, else the digest of its input; `input_digest` is kept
    beside it, so that changed input is never answered with an old result.
    """

    id = models.UUIDField(
        primary_key=True,
        default=uuid.uuid4,
        db_default=models.Func(function="gen_random_uuid"),
        editable=False,
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    insight_type = models.TextField()
    context_id = models.TextField()
    input_digest = models.BinaryField(max_length=32)
    data = models.JSONField()
    calculated_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    cache_hit_count = models.IntegerField(default=0, db_default=0)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        db_table = "assistant_insights"
        indexes = [models.Index("expires_at", name="assistant_insights_expires")]
        constraints = [
            # The unique index is the fast lookup by user, type and context as well.
            models.UniqueConstraint(
                fields=["user", "insight_type", "context_id"], name="assistant_insights_context"
            ),
            models.CheckConstraint(
                condition=models.Q(cache_hit_count__gte=0), name="assistant_insights_hits"
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gte=models.F("calculated_at")),
                name="assistant_insights_expiry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.insight_type} {self.calculated_at:%Y-%m-%d %H:%M}"

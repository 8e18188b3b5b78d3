import uuid
from collections.abc import Collection
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from fashionos.kit.owned import OwnedQuerySet


class InsightQuerySet(OwnedQuerySet):
    def made_from(self, input_digest: bytes) -> Self:
        """Keep what was computed from this very input."""
        return self.filter(input_digest=input_digest)

    def fresh_of(self, user_id: uuid.UUID, family: str) -> Self:
        """Keep what has not expired and is not stale, of one user and one family of insight types."""
        current = models.Func(
            models.Value(user_id),
            models.Value(family),
            function="fashionos_insight_generation",
            output_field=models.BigIntegerField(),
        )
        return self.filter(
            user_id=user_id,
            insight_type__startswith=f"{family}_",
            expires_at__gt=timezone.now(),
            generation=current,
        )

    def expired(self) -> Self:
        return self.filter(expires_at__lte=timezone.now())

    def put(self, insight: "Insight") -> None:
        """Keep this insight in the place of an older one of its context, in one statement."""
        self.bulk_create(
            [insight],
            update_conflicts=True,
            unique_fields=["user", "insight_type", "context_id"],
            update_fields=[
                *("input_digest", "data", "generation", "calculated_at", "expires_at"),
                "cache_hit_count",
            ],
        )

    def add_hits(self, ids: Collection[uuid.UUID], count: int) -> None:
        self.filter(id__in=ids).update(cache_hit_count=models.F("cache_hit_count") + count)


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
    # Of the user's data of this family, when computing began (migration 0006).
    generation = models.BigIntegerField(default=0, db_default=0)

    objects = InsightQuerySet.as_manager()

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


class Generation(models.Model):
    """How often a user's data of one family changed: what was computed from an earlier one is stale.

    Read and counted up by the functions of migration 0006 alone.
    """

    pk = models.CompositePrimaryKey("user_id", "family")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    family = models.CharField(max_length=20)
    generation = models.BigIntegerField(default=1, db_default=1)

    class Meta:
        db_table = "insight_generations"

    def __str__(self) -> str:
        return f"{self.family} {self.generation}"


class Package(models.Model):
    """A service that support offers to teams, for `recommendations` to rank. The same for everybody."""

    id = models.SlugField(primary_key=True, max_length=60)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    price_min = models.DecimalField(max_digits=12, decimal_places=2)
    price_max = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR")
    lead_days = models.PositiveIntegerField(default=0)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    roles = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    event_types = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    capacity_min = models.PositiveIntegerField(null=True, blank=True)
    capacity_max = models.PositiveIntegerField(null=True, blank=True)
    rating = models.DecimalField(max_digits=2, decimal_places=1, null=True, blank=True)
    rating_count = models.PositiveIntegerField(default=0)
    includes = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    is_offered = models.BooleanField("offered", default=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price_max__gte=models.F("price_min"), price_min__gte=0),
                name="insights_package_prices",
            ),
            models.CheckConstraint(
                condition=models.Q(rating=None) | models.Q(rating__range=(1, 5)),
                name="insights_package_rating",
            ),
        ]

    def __str__(self) -> str:
        return self.name

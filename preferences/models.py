from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from fashionos.kit.owned import OwnedQuerySet

SHORTEST_RETENTION_DAYS = 1
LONGEST_RETENTION_DAYS = 3650


class UserPreferences(models.Model):
    """How one person wants the assistant. The row comes with the user."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True)
    default_kit = models.TextField(null=True, blank=True)  # noqa: DJ001 -- null: none chosen
    auto_suggestions_enabled = models.BooleanField(default=True, db_default=True)
    notification_preferences = models.JSONField(default=dict, db_default={}, blank=True)
    kit_order = ArrayField(models.TextField(), default=list, db_default=[], blank=True)
    favorite_actions = ArrayField(models.TextField(), default=list, db_default=[], blank=True)
    conversation_history_retention_days = models.IntegerField(
        default=90,
        db_default=90,
        validators=[
            MinValueValidator(SHORTEST_RETENTION_DAYS),
            MaxValueValidator(LONGEST_RETENTION_DAYS),
        ],
    )
    updated_at = models.DateTimeField(auto_now=True, db_default=models.functions.Now())

    objects = OwnedQuerySet.as_manager()

    class Meta:
        db_table = "user_preferences"
        verbose_name_plural = "user preferences"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    conversation_history_retention_days__range=(
                        SHORTEST_RETENTION_DAYS,
                        LONGEST_RETENTION_DAYS,
                    )
                ),
                name="user_preferences_retention_days",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user_id)

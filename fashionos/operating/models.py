from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models

from fashionos.operating.rollout import EVERYBODY


class FunctionRollout(models.Model):
    """For which share of the users a function is switched on; a function without a row is on for everybody."""

    function = models.CharField(max_length=60, primary_key=True)
    percentage = models.PositiveSmallIntegerField(
        default=EVERYBODY,
        validators=[MaxValueValidator(EVERYBODY)],
        help_text="0: nobody, 10: one in ten, 100: everybody. Who is in stays in when it grows.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "function_rollouts"
        ordering = ["function"]
        verbose_name = "function"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percentage__lte=EVERYBODY), name="function_rollouts_percentage"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.function}: {self.percentage} %"


class AlertState(models.Model):
    """Whether an alert is firing and since when; `told` are the ways over which its end has still to be told."""

    name = models.CharField(max_length=120, primary_key=True)
    is_firing = models.BooleanField(default=False)
    value = models.FloatField(default=0)
    changed_at = models.DateTimeField()
    told = ArrayField(models.CharField(max_length=20), default=list)

    class Meta:
        db_table = "alert_states"
        verbose_name = "alert"

    def __str__(self) -> str:
        return f"{self.name}: {'firing' if self.is_firing else 'resolved'}"

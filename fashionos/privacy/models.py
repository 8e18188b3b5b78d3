import uuid

from django.db import models


class Erasure(models.Model):
    """That somebody was erased: begun, and one day finished. What remains then tells nothing of them.

    `user_id` names whom until all that was theirs is gone, and nobody from then on.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user_id = models.UUIDField(null=True, unique=True)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "privacy_erasures"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user_id=None) ^ models.Q(finished_at=None),
                name="privacy_erasures_finished_of_nobody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {'finished' if self.finished_at else 'begun'}"

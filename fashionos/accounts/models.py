import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower


class UserManager(BaseUserManager["User"]):
    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Fold the whole address: no mail system in use tells Ada@ from ada@, and people type both."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username))


class User(AbstractBaseUser):
    """A person. `is_staff` is support: it opens the admin, and only the server sets it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    is_staff = models.BooleanField("support staff", default=False)
    is_active = models.BooleanField("active", default=True)
    email_confirmed_at = models.DateTimeField(null=True, blank=True)
    banned_until = models.DateTimeField(null=True, blank=True)
    user_metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    USERNAME_FIELD = "email"
    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="accounts_user_email_folded"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="accounts_user_created_at")]

    def __str__(self) -> str:
        return self.email

    @property
    def is_superuser(self) -> bool:
        return self.is_staff

    def has_perm(self, perm: str, obj: Any = None) -> bool:  # noqa: ARG002 -- Django's signature
        """Support may do what the admin's classes offer; nobody else sees the admin at all."""
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:  # noqa: ARG002 -- Django's signature
        return self.is_active and self.is_staff


class Session(models.Model):
    """One sign-in on one device. Its row is the truth: a session without a row has ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    method = models.CharField(max_length=20, default="password")
    created_at = models.DateTimeField(auto_now_add=True)
    refreshed_at = models.DateTimeField(auto_now_add=True)
    user_agent = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return str(self.id)


class RefreshToken(models.Model):
    """One token of a session's family, known by its SHA-256 alone. The one that is not revoked is the active one."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="refresh_tokens")
    digest = models.BinaryField(max_length=32, unique=True)
    parent = models.OneToOneField("self", on_delete=models.CASCADE, null=True, related_name="child")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session"],
                condition=models.Q(revoked_at=None),
                name="accounts_one_active_token",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} #{self.pk}"


class DataKey(models.Model):
    """The key of a user's conversations, wrapped by the key of the ring that `wrapped_by` names."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True)
    wrapped_by = models.CharField(max_length=40, db_index=True)
    wrapped = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.user_id} by {self.wrapped_by}"

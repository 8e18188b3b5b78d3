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

    @classmethod
    def read_email(cls, given: str) -> str:
        """Return the address, folded. Raises ValidationError if it is none, or longer than the column."""
        email: str = User._meta.get_field("email").clean(cls.normalize_email(given), None)  # noqa: SLF001 -- the documented API
        return email

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username))


class User(AbstractBaseUser):
    """A person. `is_staff` is support: it opens the admin, and only the server sets it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # NULL makes a guest: somebody who signed in without saying who they are.
    email = models.EmailField(max_length=254, unique=True, null=True)  # noqa: DJ001 -- "" could be one user's only
    new_email = models.EmailField(max_length=254, blank=True)  # asked for, not yet in force
    new_email_confirmed = models.BooleanField(default=False)
    is_staff = models.BooleanField("support staff", default=False)
    is_active = models.BooleanField("active", default=True)
    email_confirmed_at = models.DateTimeField(null=True, blank=True)
    banned_until = models.DateTimeField(null=True, blank=True)
    user_metadata = models.JSONField(default=dict, blank=True)
    # What the server says of the user: the providers of their identities, and what the admin API added.
    app_metadata = models.JSONField(default=dict, blank=True)
    invited_at = models.DateTimeField(null=True)
    confirmation_sent_at = models.DateTimeField(null=True)
    recovery_sent_at = models.DateTimeField(null=True)
    email_change_sent_at = models.DateTimeField(null=True)
    reauthentication_sent_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
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
        return self.email or f"guest {self.id}"

    @property
    def is_guest(self) -> bool:
        return self.email is None

    @property
    def is_superuser(self) -> bool:
        return self.is_staff

    def has_perm(self, perm: str, obj: Any = None) -> bool:  # noqa: ARG002 -- Django's signature
        """Support may do what the admin's classes offer; nobody else sees the admin at all."""
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:  # noqa: ARG002 -- Django's signature
        return self.is_active and self.is_staff


class Identity(models.Model):
    """One way to show who one is: the mail address (provider "email"), or an account with a provider.

    `subject` is the provider's own name of the person; of the mail address, the user's id.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    provider = models.CharField(max_length=40)
    subject = models.CharField(max_length=255)
    data = models.JSONField(default=dict)
    last_sign_in_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "subject"], name="accounts_identity_of_one_user"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.subject}"


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


class Purpose(models.TextChoices):
    """What a one-time token was sent for. A user has at most one of each: the newest."""

    CONFIRMATION = "confirmation"  # of a sign-up or an invitation
    RECOVERY = "recovery"  # a forgotten password, or a magic link
    EMAIL_CHANGE_CURRENT = "email_change_current"
    EMAIL_CHANGE_NEW = "email_change_new"
    REAUTHENTICATION = "reauthentication"


class OneTimeToken(models.Model):
    """A link and a six-digit code, sent by mail, of which either is good for one use.

    Both are known by digest alone; the code's is keyed, since a million tries would find any other. `challenge` is
    there when the client wants an auth code (PKCE) from the link instead of a session.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="one_time_tokens")
    purpose = models.CharField(max_length=24, choices=Purpose)
    address = models.EmailField(max_length=254, db_index=True)
    link_digest = models.BinaryField(max_length=32, unique=True)
    code_digest = models.BinaryField(max_length=32)
    tries = models.PositiveSmallIntegerField(default=0)
    challenge = models.CharField(max_length=128, blank=True)
    challenge_method = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "purpose"], name="accounts_one_token_for_a_purpose"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.user_id}"


class AuthCode(models.Model):
    """What a redirect carries instead of a session, to be exchanged once by who knows the challenge's verifier.

    `sealed` holds the provider's tokens under a key that only the code itself gives.
    """

    digest = models.BinaryField(max_length=32, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="auth_codes")
    challenge = models.CharField(max_length=128)
    challenge_method = models.CharField(max_length=8)
    session_method = models.CharField(max_length=20)
    sealed = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"auth code of {self.user_id}"


class DataKey(models.Model):
    """The key of a user's conversations, wrapped by the key of the ring that `wrapped_by` names."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True)
    wrapped_by = models.CharField(max_length=40, db_index=True)
    wrapped = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.user_id} by {self.wrapped_by}"

"""Users and their identities, the parts that every way in shares. All must be called as Role.AUTH."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from fashionos.accounts.keys import add_data_key
from fashionos.accounts.models import Identity, OneTimeToken, Session, User
from fashionos.accounts.problems import AuthProblem

EMAIL = "email"  # the provider of those who show that a mail address is theirs


METADATA_BYTES = 4_096  # of user_metadata, as the access token carries it
APP_METADATA_BYTES = 1_024


def email_exists() -> AuthProblem:
    message = "A user with this email address has already been registered"
    return AuthProblem(422, "email_exists", message)


def is_banned(user: User) -> bool:
    banned = user.banned_until is not None and user.banned_until > timezone.now()
    return banned or not user.is_active


def refuse_banned(user: User, status: int = 403) -> None:
    if is_banned(user):
        raise AuthProblem(status, "user_banned", "User is banned")


def app_metadata(user: User) -> dict[str, Any]:
    """Return what the server says of the user. The role is the column's: no JSON that anybody wrote makes support."""
    return {**user.app_metadata, "role": "admin"} if user.is_staff else user.app_metadata


def user_metadata(user: User) -> dict[str, Any]:
    """Return what the user says, with what clients read of a confirmed address there. Nobody may believe it."""
    known: dict[str, Any] = {}
    if user.email and user.email_confirmed_at is not None:
        known = {
            "sub": str(user.id),
            "email": user.email,
            "email_verified": True,
            "phone_verified": False,
        }
    return {**known, **user.user_metadata}


def fits(metadata: Mapping[str, Any], most: int = METADATA_BYTES) -> bool:
    """Whether an access token has room for it: one that is too long for a header shuts its owner out."""
    return len(json.dumps(metadata)) <= most


def merged(
    old: Mapping[str, Any], new: Mapping[str, Any], most: int = METADATA_BYTES
) -> dict[str, Any]:
    """Lay the new entries over the old ones; null takes one away. Raises AuthProblem if that becomes too much."""
    both = {key: value for key, value in {**old, **new}.items() if value is not None}
    if not fits(both, most):
        raise AuthProblem(400, "validation_failed", f"data must not exceed {most} bytes")
    return both


def loaded(user: User) -> User:
    """Return the user with the identities, for an answer that is rendered when the transaction is over."""
    prefetch_related_objects([user], "identities")
    return user


def find_user(email: str) -> User | None:
    return User.objects.filter(email=User.objects.normalize_email(email)).first()


def lock_user(user_id: UUID) -> User:
    """Return the user for a change that must see all earlier ones; raise AuthProblem if there is none."""
    user = User.objects.select_for_update().filter(id=user_id).first()
    if user is None:
        raise AuthProblem(403, "user_not_found", "User from sub claim in JWT does not exist")
    return user


def add_user(email: str | None, password: str | None, *, confirmed: bool, **fields: Any) -> User:
    """Create the user with the key of their conversations; a trigger adds the preferences row.

    Without an address it is a guest; without a password, somebody who signs in another way. Raises IntegrityError if
    the address is taken.
    """
    return insert_user(email, make_password(password), confirmed=confirmed, **fields)


def insert_user(email: str | None, hashed: str, *, confirmed: bool, **fields: Any) -> User:
    """Do what `add_user` does for a password that was hashed outside of the transaction."""
    user = User(
        email=User.objects.normalize_email(email) if email else None,
        password=hashed,
        email_confirmed_at=timezone.now() if confirmed else None,
        **fields,
    )
    with transaction.atomic():
        user.save(force_insert=True)
        add_data_key(user)
    if email:
        add_email_identity(user, verified=False)
    return user


def add_email_identity(user: User, *, verified: bool) -> None:
    """Let the user's address be a way in; `verified` says that somebody read mail there."""
    claims = {
        "sub": str(user.id),
        "email": user.email,
        "email_verified": verified,
        "phone_verified": False,
    }
    add_identity(user, EMAIL, str(user.id), claims)


def add_identity(user: User, provider: str, subject: str, data: Mapping[str, Any]) -> Identity:
    """Give the user one more way in; raise IntegrityError if another user has it."""
    now = timezone.now()
    with transaction.atomic():
        identity = Identity.objects.create(
            user=user, provider=provider, subject=subject, data=dict(data), last_sign_in_at=now
        )
    name_providers(user)
    return identity


def name_providers(user: User) -> None:
    """Write the identities' providers into app_metadata, oldest first, as the tokens carry them."""
    found = user.identities.order_by("created_at", "provider").values_list("provider", flat=True)
    providers = list(dict.fromkeys(found))
    named = {"provider": providers[0], "providers": providers} if providers else {}
    others = {
        key: value
        for key, value in user.app_metadata.items()
        if key not in {"provider", "providers"}
    }
    user.app_metadata = {**named, **others}
    user.save(update_fields=["app_metadata", "updated_at"])


def confirm_address(user: User, now: datetime) -> None:
    """Note that the user reads mail at their address."""
    user.email_confirmed_at = user.email_confirmed_at or now
    user.save(update_fields=["email_confirmed_at", "updated_at"])
    identity = user.identities.filter(provider=EMAIL).first()
    if identity is None:
        add_email_identity(user, verified=True)
    elif not identity.data.get("email_verified") or identity.data.get("email") != user.email:
        identity.data |= {"email": user.email, "email_verified": True}
        identity.save(update_fields=["data", "updated_at"])


def has_shown_address(user: User) -> bool:
    """Whether anything but the user's word says that the address is theirs."""
    return any(
        identity.data.get("email_verified") is True and identity.data.get("email") == user.email
        for identity in user.identities.all()
    )


def set_password(user: User, hashed: str, *, keep: UUID | None) -> None:
    """Give the user a password; end all sessions but the one to `keep`, and every link and code in flight."""
    user.password = hashed
    user.save(update_fields=["password", "updated_at"])
    sessions = Session.objects.filter(user=user)
    (sessions.exclude(id=keep) if keep else sessions).delete()
    OneTimeToken.objects.filter(user=user).delete()


def drop_password(user: User) -> None:
    """Shut out whoever set the password before anybody had shown that the address is theirs."""
    set_password(user, make_password(None), keep=None)

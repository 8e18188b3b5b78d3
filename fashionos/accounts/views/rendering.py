"""Users, identities and sessions as the client's library declares them."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from fashionos.accounts.models import Identity, User
from fashionos.accounts.services.sessions import Grant
from fashionos.accounts.services.users import app_metadata, user_metadata


def render_grant(grant: Grant) -> dict[str, Any]:
    tokens = {
        "provider_token": grant.provider_token,
        "provider_refresh_token": grant.provider_refresh_token,
    }
    return {
        "access_token": str(grant.access),
        "token_type": "bearer",
        "expires_in": settings.ACCESS_TOKEN_SECONDS,
        "expires_at": grant.access["exp"],
        "refresh_token": grant.refresh_token,
        "user": render_user(grant.user),
        **{name: value for name, value in tokens.items() if value},
    }


def as_fragment(grant: Grant, kind: str = "") -> dict[str, str]:
    """Render a session for the fragment of a redirect, which browsers keep from servers."""
    session = render_grant(grant)
    del session["user"]
    texts = {name: str(value) for name, value in session.items()} | {"sb": ""}
    return {**texts, "type": kind} if kind else texts


def render_user(user: User) -> dict[str, Any]:
    """Render a user: absent texts are "", absent times are left out."""
    times = {
        "email_confirmed_at": user.email_confirmed_at,
        "confirmed_at": user.email_confirmed_at,
        "invited_at": user.invited_at,
        "confirmation_sent_at": user.confirmation_sent_at,
        "recovery_sent_at": user.recovery_sent_at,
        "email_change_sent_at": user.email_change_sent_at,
        "reauthentication_sent_at": user.reauthentication_sent_at,
        "last_sign_in_at": user.last_login,
        "banned_until": user.banned_until,
        "deleted_at": user.deleted_at,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }
    # A made-up user (see services.sign_up) has no identity, and was never saved.
    made_up = user._state.adding  # noqa: SLF001 -- Django's way to ask
    identities = (
        []
        if made_up
        else sorted(user.identities.all(), key=lambda one: (one.created_at, one.provider))
    )
    return {
        "id": str(user.id),
        "aud": "authenticated",
        "role": "authenticated",
        "email": user.email or "",
        "phone": "",
        **({"new_email": user.new_email} if user.new_email else {}),
        **{name: instant(value) for name, value in times.items() if value},
        "app_metadata": app_metadata(user),
        "user_metadata": user_metadata(user),
        "identities": [_render_identity(identity) for identity in identities],
        "is_anonymous": user.is_guest,
    }


def _render_identity(identity: Identity) -> dict[str, Any]:
    return {
        "identity_id": str(identity.id),
        "id": identity.subject,
        "user_id": str(identity.user_id),
        "identity_data": identity.data,
        "provider": identity.provider,
        "last_sign_in_at": instant(identity.last_sign_in_at or identity.created_at),
        "created_at": instant(identity.created_at),
        "updated_at": instant(identity.updated_at),
        "email": identity.data.get("email", ""),
    }


def instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")

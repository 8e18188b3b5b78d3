"""Sessions: started, refreshed and ended, as the accounts service (Role.AUTH) does it."""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from fashionos.accounts.models import Identity, RefreshToken, Session, User
from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.services.users import EMAIL, app_metadata, is_banned, loaded, user_metadata
from fashionos.accounts.tokens import AccessToken, Caller, access_token
from fashionos.kit.owned import Role, SessionEnded, acting

TOKEN_BYTES = 32
LONGEST_FAMILY_WALK = 100  # steps from a replayed token towards the active one

Scope = Literal["global", "local", "others"]


class Grant(NamedTuple):
    """What a sign-in gives: the session's user and its two tokens, and what an OAuth provider gave with them."""

    user: User
    access: AccessToken
    refresh_token: str
    provider_token: str = ""
    provider_refresh_token: str = ""


def start_session(user: User, user_agent: str, method: str, *, provider: str = EMAIL) -> Grant:
    """Sign the user in; must be called as Role.AUTH. `method` is the token's word for how they showed who they are."""
    now = timezone.now()
    user.last_login = now
    user.save(update_fields=["last_login"])
    Identity.objects.filter(user=user, provider=provider).update(last_sign_in_at=now)
    session = Session.objects.create(user=user, user_agent=user_agent[:200], method=method)
    token = urlsafe_b64encode(secrets.token_bytes(TOKEN_BYTES)).rstrip(b"=").decode()
    RefreshToken.objects.create(session=session, digest=_digest(token))
    return _grant(user, session, token)


def _grant(user: User, session: Session, refresh_token: str) -> Grant:
    access = access_token(
        user, session, app_metadata=app_metadata(user), user_metadata=user_metadata(user)
    )
    return Grant(loaded(user), access, refresh_token)


# What refresh tokens look like, those of other servers of this dialect too.
_SHAPE = re.compile(r"[A-Za-z0-9_-]{12,64}")


def refresh(token: str) -> Grant:
    """Rotate a refresh token: revoke it and issue its child, under a lock on the session.

    The parent of the active token gets the active token again (a lost answer, or two tabs); so does any older
    one of the family within REFRESH_REUSE_SECONDS of its revocation. Any other reuse revokes the family.
    """
    if not _SHAPE.fullmatch(token):
        raise AuthProblem(400, "validation_failed", "Refresh token is not valid")
    try:
        with acting(Role.AUTH):
            row = _locked_token(token)
            session, user = row.session, row.session.user
            if is_banned(user):
                raise AuthProblem(400, "user_banned", "Invalid Refresh Token: User Banned")
            now = timezone.now()
            successor = (_rotate if row.revoked_at is None else _replay)(row, token, now)
            if successor is not None:
                session.refreshed_at = now
                session.save(update_fields=["refreshed_at"])
                return _grant(user, session, successor)
            # Committed, not rolled back: this is why the problem is raised outside of the transaction.
            session.delete()
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise AuthProblem(
                409,
                "conflict",
                "Too many concurrent token refresh requests on the same session or refresh token",
            ) from error
        raise
    raise AuthProblem(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")


def _locked_token(token: str) -> RefreshToken:
    digest = _digest(token)
    unknown = AuthProblem(
        400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found"
    )
    session_id = (
        RefreshToken.objects.filter(digest=digest).values_list("session_id", flat=True).first()
    )
    if session_id is None:
        raise unknown
    with connection.cursor() as cursor:
        milliseconds = int(settings.REFRESH_LOCK_SECONDS * 1000)
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(milliseconds)])
    Session.objects.select_for_update().filter(id=session_id).first()
    # Read again behind the lock: a rotation that held it may have changed, or ended, everything.
    row = RefreshToken.objects.select_related("session__user").filter(digest=digest).first()
    if row is None:
        raise unknown
    return row


def _rotate(row: RefreshToken, token: str, now: datetime) -> str:
    child = _child(token)
    row.revoked_at = now
    row.save(update_fields=["revoked_at"])
    RefreshToken.objects.create(session=row.session, digest=_digest(child), parent=row)
    return child


def _replay(row: RefreshToken, token: str, now: datetime) -> str | None:
    active = RefreshToken.objects.filter(session=row.session, revoked_at=None).first()
    if active is None or row.revoked_at is None:
        return None
    recent = now - row.revoked_at <= timedelta(seconds=settings.REFRESH_REUSE_SECONDS)
    if active.parent_id != row.pk and not recent:
        return None
    for _ in range(LONGEST_FAMILY_WALK):
        token = _child(token)
        if hmac.compare_digest(_digest(token), bytes(active.digest)):
            return token
    return None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _child(token: str) -> str:
    """Derive a token's successor: only the server can, and so finds for a replayed parent the token it never stored."""
    key = f"refresh token{settings.SECRET_KEY}".encode()
    digest = hmac.digest(key, token.encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


@contextmanager
def acting_for(caller: Caller) -> Iterator[None]:
    """Act as the accounts service while the caller's session lives; raise AuthProblem as the client expects it."""
    try:
        with acting(Role.AUTH, user_id=caller.id, session_id=caller.session_id):
            yield
    except SessionEnded:
        with acting(Role.AUTH):
            raise _reason(caller.id) from None


def signed_in_user(caller: Caller) -> User:
    with acting_for(caller):
        return loaded(User.objects.get(id=caller.id))


def _reason(user_id: UUID) -> AuthProblem:
    user = User.objects.filter(id=user_id).first()
    if user is None:
        return AuthProblem(403, "user_not_found", "User from sub claim in JWT does not exist")
    if is_banned(user):
        return AuthProblem(403, "user_banned", "User is banned")
    return AuthProblem(
        403, "session_not_found", "Session from session_id claim in JWT does not exist"
    )


def sign_out(caller: Caller, scope: Scope) -> None:
    """End all the user's sessions, the caller's own, or all but the caller's own."""
    with acting_for(caller):
        sessions = Session.objects.filter(user_id=caller.id)
        if scope == "local":
            sessions = sessions.filter(id=caller.session_id)
        elif scope == "others":
            sessions = sessions.exclude(id=caller.session_id)
        sessions.delete()

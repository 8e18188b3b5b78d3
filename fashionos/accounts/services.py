"""Sign-up, sign-in, refresh and sign-out, as the accounts service (Role.AUTH) does them."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from fashionos.accounts.keys import add_data_key
from fashionos.accounts.models import RefreshToken, Session, User
from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.tokens import AccessToken, Caller, access_token
from fashionos.kit.owned import Role, SessionEnded, acting

TOKEN_BYTES = 32
LONGEST_FAMILY_WALK = 100  # steps from a replayed token towards the active one

Scope = Literal["global", "local", "others"]


class Grant(NamedTuple):
    """What a sign-in gives: the session's user and its two tokens."""

    user: User
    access: AccessToken
    refresh_token: str


def app_metadata(user: User) -> dict[str, Any]:
    metadata: dict[str, Any] = {"provider": "email", "providers": ["email"]}
    return {**metadata, "role": "admin"} if user.is_staff else metadata


def is_banned(user: User) -> bool:
    banned = user.banned_until is not None and user.banned_until > timezone.now()
    return banned or not user.is_active


def add_user(email: str, password: str, *, confirmed: bool, **fields: Any) -> User:
    """Create the user with the key of their conversations; a trigger adds the preferences row.

    Must be called as Role.AUTH. Raises IntegrityError if the address is taken.
    """
    user = User(
        email=User.objects.normalize_email(email),
        password=make_password(password),
        email_confirmed_at=timezone.now() if confirmed else None,
        **fields,
    )
    with transaction.atomic():
        user.save(force_insert=True)
        add_data_key(user)
    return user


def sign_up(
    email: str, password: str, metadata: dict[str, Any], *, user_agent: str
) -> Grant | User:
    """Register a person: signed in at once if addresses confirm themselves, else the user who has to confirm.

    For a taken address: AuthProblem when addresses confirm themselves (nothing is left to hide), else a made-up user
    that looks like a new one.
    """
    confirmed = settings.SIGN_UP_AUTOCONFIRM
    try:
        with acting(Role.AUTH):
            user = add_user(email, password, confirmed=confirmed, user_metadata=metadata)
            return _start_session(user, user_agent) if confirmed else user
    except IntegrityError as error:
        if confirmed:
            raise AuthProblem(422, "user_already_exists", "User already registered") from error
        return _made_up_user(email, metadata)


def _made_up_user(email: str, metadata: dict[str, Any]) -> User:
    now = timezone.now()
    return User(
        email=User.objects.normalize_email(email),
        user_metadata=metadata,
        created_at=now,
        updated_at=now,
    )


def sign_in(email: str, password: str, *, user_agent: str) -> Grant:
    """Check the password and start a session. Unknown addresses cost as long as wrong passwords."""
    with acting(Role.AUTH):
        user = User.objects.filter(email=User.objects.normalize_email(email)).first()
    # Outside of any transaction: hashing takes longer than all the queries together.
    genuine = check_password(password, user.password if user else _DECOY)
    if user is None or not genuine:
        raise AuthProblem(400, "invalid_credentials", "Invalid login credentials")
    if is_banned(user):
        raise AuthProblem(400, "user_banned", "User is banned")
    if user.email_confirmed_at is None:
        raise AuthProblem(400, "email_not_confirmed", "Email not confirmed")
    with acting(Role.AUTH):
        return _start_session(user, user_agent)


_DECOY = make_password(secrets.token_urlsafe())


def _start_session(user: User, user_agent: str) -> Grant:
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])
    session = Session.objects.create(user=user, user_agent=user_agent[:200])
    token = urlsafe_b64encode(secrets.token_bytes(TOKEN_BYTES)).rstrip(b"=").decode()
    RefreshToken.objects.create(session=session, digest=_digest(token))
    return Grant(user, access_token(user, session, app_metadata(user)), token)


def refresh(token: str) -> Grant:
    """Rotate a refresh token: revoke it and issue its child, under a lock on the session.

    The parent of the active token gets the active token again (a lost answer, or two tabs); so does any older
    one of the family within REFRESH_REUSE_SECONDS of its revocation. Any other reuse revokes the family.
    """
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
                return Grant(user, access_token(user, session, app_metadata(user)), successor)
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
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def _child(token: str) -> str:
    """Derive a token's successor: only the server can, and so finds for a replayed parent the token it never stored."""
    key = f"refresh token{settings.SECRET_KEY}".encode()
    digest = hmac.digest(key, token.encode(errors="surrogatepass"), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def signed_in_user(caller: Caller) -> User:
    """Return the caller's user while the session lives; raise AuthProblem as the client expects it otherwise."""
    try:
        with acting(Role.AUTH, user_id=caller.id, session_id=caller.session_id):
            return User.objects.get(id=caller.id)
    except SessionEnded:
        with acting(Role.AUTH):
            raise _reason(caller.id) from None


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
    signed_in_user(caller)
    with acting(Role.AUTH):
        sessions = Session.objects.filter(user_id=caller.id)
        if scope == "local":
            sessions = sessions.filter(id=caller.session_id)
        elif scope == "others":
            sessions = sessions.exclude(id=caller.session_id)
        sessions.delete()

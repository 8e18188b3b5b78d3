"""Who speaks: what api keys and access tokens say to the socket, and how the client reads a refusal."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import jwt
from django.db import connection

from fashionos.accounts.tokens import (
    ApiRole,
    BadToken,
    Caller,
    api_key_role,
    verify_access_token,
)
from fashionos.kit.owned import Role, acting

_NO_TOKEN_PREFIX = "sb_"  # noqa: S105 -- the start of the project's keys, not a secret


class Refused(Exception):  # noqa: N818 -- a fact, named as one
    """`<Code>: <text>`, the reason of a join that is refused."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """An api key's role, or a signed-in user until `expires` (seconds since the epoch)."""

    role: ApiRole | None
    user: Caller | None = None
    expires: float | None = None

    @property
    def identity(self) -> ApiRole | UUID | None:
        """Whose rights these are, whatever the session."""
        return self.user.id if self.user else self.role


def read_key(key: str) -> Speaker | None:
    """Return who an api key stands for, None if it is not one of ours."""
    role = api_key_role(key) if key else None
    return Speaker(role) if role else None


def read_token(token: str | None, connection: Speaker) -> Speaker:
    """Return who speaks by the token of a join; without one, or with a project key, the connection's key does.

    Raises Refused.
    """
    if not token or token.startswith(_NO_TOKEN_PREFIX):
        return connection
    if speaker := read_key(token):
        return speaker
    try:
        user = verify_access_token(token)
        claims = jwt.decode(token, options={"verify_signature": False})  # verified the line before
    except (BadToken, jwt.InvalidTokenError) as error:
        raise Refused(_reason(token)) from error
    if claims["exp"] <= time.time():
        # A call may be a little late for its token; a channel would be closed as soon as it is open.
        raise Refused(_reason(token))
    return Speaker(None, user, float(claims["exp"]))


def _reason(token: str) -> str:
    """Say what is wrong with a token that was refused; what it claims is only read to say so."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        expired = int(time.time() - float(claims["exp"]))
    except (jwt.InvalidTokenError, OverflowError):
        return "MalformedJWT: The token provided is not a valid JWT"
    except (KeyError, TypeError, ValueError):
        return "InvalidJWTToken: Fields `role` and `exp` are required in JWT"
    if "role" not in claims:
        return "InvalidJWTToken: Fields `role` and `exp` are required in JWT"
    if expired >= 0:
        return f"InvalidJWTToken: Token has expired {expired} seconds ago"
    return "JwtSignatureError: Failed to validate JWT signature"


def ended_sessions(people: Sequence[tuple[UUID, UUID]]) -> set[UUID]:
    """Return which of these (user, session) were signed out, have expired, or belong to somebody banned."""
    with acting(Role.AUTH), connection.cursor() as cursor:
        cursor.execute(
            "SELECT session_id FROM unnest(%s::uuid[], %s::uuid[]) AS people(user_id, session_id)"
            " WHERE NOT fashionos_session_lives(session_id, user_id)",
            [[user for user, _ in people], [session for _, session in people]],
        )
        return {session for (session,) in cursor.fetchall()}

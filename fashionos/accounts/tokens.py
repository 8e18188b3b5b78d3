"""Access tokens (ES256, with the client's claims) and api keys (opaque, or HS256 as the older clients send them)."""

import base64
import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from threading import Lock
from typing import Any, Literal
from uuid import UUID

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import Token

from fashionos.accounts.models import Session, User

AUDIENCE = "authenticated"
CACHED_TOKENS = 10_000
LEEWAY_SECONDS = 30  # that the clocks of machines that share a database may differ by
LONGEST_TOKEN = 8_192  # characters; claims carry user_metadata, which is bounded


class BadToken(Exception):  # noqa: N818 -- a fact, named as one
    """Not one of our access tokens, or no longer valid; `expired` tells the two apart."""

    def __init__(self, reason: str, *, expired: bool = False) -> None:
        super().__init__(reason)
        self.expired = expired


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a verified access token speaks for. Whether the session still lives is the database's to say."""

    id: UUID
    session_id: UUID
    email: str
    is_authenticated: bool = True

    @property
    def pk(self) -> UUID:
        return self.id


@cache
def signing_key() -> ec.EllipticCurvePrivateKey:
    key = serialization.load_der_private_key(
        base64.b64decode(settings.JWT_SIGNING_KEY), password=None
    )
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise TypeError("JWT_SIGNING_KEY must be a P-256 key")
    return key


@cache
def public_jwk() -> dict[str, str]:
    """Return the public key as a JWK whose `kid` is its RFC 7638 thumbprint."""
    numbers = signing_key().public_key().public_numbers()
    point = {
        "crv": "P-256",
        "kty": "EC",
        "x": _base64url(numbers.x.to_bytes(32, "big")),
        "y": _base64url(numbers.y.to_bytes(32, "big")),
    }
    canonical = '{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}'.format(**point)
    kid = _base64url(hashlib.sha256(canonical.encode()).digest())
    return {**point, "kid": kid, "alg": "ES256", "use": "sig"}


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def issuer() -> str:
    return f"{settings.SITE_URL}/auth/v1"


class _Backend(TokenBackend):
    """simplejwt's backend with the key's name in the header, by which clients find the key in the JWKS."""

    def encode(self, payload: dict[str, Any]) -> str:
        return jwt.encode(
            payload, signing_key(), algorithm="ES256", headers={"kid": public_jwk()["kid"]}
        )

    def get_verifying_key(self, token: Token) -> Any:  # noqa: ARG002 -- simplejwt's signature
        return signing_key().public_key()


@cache
def _backend() -> TokenBackend:
    return _Backend("ES256", audience=AUDIENCE, issuer=issuer(), leeway=LEEWAY_SECONDS)


class AccessToken(Token):
    token_type = "access"  # noqa: S105 -- a kind, not a secret
    lifetime = timedelta(seconds=settings.ACCESS_TOKEN_SECONDS)

    @property
    def token_backend(self) -> TokenBackend:
        return _backend()


def access_token(
    user: User,
    session: Session,
    *,
    app_metadata: Mapping[str, Any],
    user_metadata: Mapping[str, Any],
) -> AccessToken:
    """Make the token of one session; str() signs it. Its `exp` is the answer's `expires_at`."""
    token = AccessToken()
    token.payload |= {
        "iss": issuer(),
        "sub": str(user.id),
        "aud": AUDIENCE,
        "email": user.email or "",
        "phone": "",
        "app_metadata": dict(app_metadata),
        "user_metadata": dict(user_metadata),
        "role": "authenticated",
        "aal": "aal1",
        "amr": [{"method": session.method, "timestamp": int(session.created_at.timestamp())}],
        "session_id": str(session.id),
        "is_anonymous": user.is_guest,
    }
    return token


_verified: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
_lock = Lock()


def verify_access_token(text: str) -> Caller:
    """Return the caller of an access token. Verified ones are remembered by digest until they expire.

    Raises BadToken.
    """
    if len(text) > LONGEST_TOKEN:
        raise BadToken("token is too long")
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).digest()
    held = _verified.get(digest)
    if held and held[0] > time.time():
        return held[1]
    try:
        claims = AccessToken(text).payload  # type: ignore[arg-type]  # simplejwt's stub wants a Token where it takes text
        caller = Caller(
            id=UUID(claims["sub"]),
            session_id=UUID(claims["session_id"]),
            email=str(claims.get("email", "")),
        )
        expires = float(claims["exp"])
        datetime.fromtimestamp(expires)  # noqa: DTZ006 -- only to refuse what no calendar holds
    except TokenError as error:
        raise BadToken(str(error), expired="expired" in str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        # A genuine signature over claims of the wrong shape.
        raise BadToken("token has malformed claims") from error
    with _lock:
        _verified[digest] = (expires, caller)
        # The oldest go when they have expired, too: they name whose they were.
        while len(_verified) > CACHED_TOKENS or (
            _verified and next(iter(_verified.values()))[0] <= time.time()
        ):
            _verified.popitem(last=False)
    return caller


ApiRole = Literal["anon", "service_role"]


def api_key_role(key: str) -> ApiRole | None:
    """Return the role that an api key stands for, or None if it is not one of ours."""
    for role, known in _opaque_keys():
        if hmac.compare_digest(key.encode(errors="surrogatepass"), known):
            return role
    return _legacy_role(key) if key.count(".") == 2 else None  # noqa: PLR2004 -- a JWT's three parts


def _opaque_keys() -> list[tuple[ApiRole, bytes]]:
    return [("anon", key.encode()) for key in settings.PUBLISHABLE_KEYS] + [
        ("service_role", key.encode()) for key in settings.SECRET_API_KEYS
    ]


def _legacy_role(key: str) -> ApiRole | None:
    try:
        claims = jwt.decode(
            key, settings.JWT_SECRET, algorithms=["HS256"], options={"verify_aud": False}
        )
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
        return None
    role = claims.get("role")
    if role == "anon":
        return "anon"
    return "service_role" if role == "service_role" else None


def legacy_api_key(role: ApiRole, *, now: int, years: int = 10) -> str:
    """Make the HS256 api key of the older clients: no `sub`, no `aud`."""
    claims = {"iss": "fashionos", "role": role, "iat": now, "exp": now + years * 365 * 86_400}
    return jwt.encode(claims, settings.JWT_SECRET, algorithm="HS256")

"""Signed URLs: a token that lets whoever holds it do one thing to one object until it expires.

Each thing has a key of its own, derived from SECRET_KEY: no token passes for another kind, for an access token or for
an api key.
"""

from collections.abc import Collection
from functools import cache
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

import jwt
import msgspec
from django.conf import settings
from django.utils.crypto import salted_hmac

from fashionos.kit.owned import Role
from fashionos.storage.actors import SERVER, Actor
from fashionos.storage.problems import Problem

Scope = Literal["download", "upload"]

LONGEST_SECONDS = 10 * 365 * 86_400
_LONGEST = 16_384  # characters of a token: a key in percent-encoding, and some


class Link(NamedTuple):
    """What a token lets do to `<bucket>/<name>`; for uploads who does it, for downloads how pictures are changed."""

    url: str
    user_id: UUID | None = None
    session_id: UUID | None = None
    upsert: bool = False
    transform: str = ""

    @property
    def actor(self) -> Actor:
        return Actor(Role.WEB, self.user_id, self.session_id) if self.user_id else SERVER


class _Claims(msgspec.Struct):
    url: str
    owner: UUID | None = None
    session: UUID | None = None
    upsert: bool = False
    transform: str = ""


def sign(scope: Scope, link: Link, *, now: int, seconds: int) -> str:
    claims: dict[str, Any] = {"url": link.url, "scope": scope, "iat": now, "exp": now + seconds}
    if scope == "upload":
        claims |= {
            "owner": link.user_id and str(link.user_id),
            "session": link.session_id and str(link.session_id),
            "upsert": link.upsert,
        }
    if link.transform:
        claims["transform"] = link.transform
    return jwt.encode(claims, _keys(scope)[0], algorithm="HS256")


def read(scope: Scope, token: str, urls: Collection[str]) -> Link:
    """Return what the token lets do, which is for one of these urls.

    Raises Problem: it is none of this kind, it has expired, it is for another url.
    """
    if not token:
        raise Problem(400, "InvalidJWT", "The URL has no token")
    claims = _verify(scope, token)
    if claims.url not in urls:
        raise Problem(400, "InvalidSignature", "Invalid signature")
    return Link(claims.url, claims.owner, claims.session, claims.upsert, claims.transform)


def _verify(scope: Scope, token: str) -> _Claims:
    for key in _keys(scope):
        try:
            claims = jwt.decode(
                token[:_LONGEST],
                key,
                algorithms=["HS256"],
                # When it was made does not matter: the clock of the machine that did may be ahead.
                options={"require": ["exp", "url"], "verify_iat": False},
            )
            if claims.get("scope") == scope:
                return msgspec.convert(claims, _Claims)
        except jwt.ExpiredSignatureError as error:
            message = "The provided token has expired."
            raise Problem(400, "ExpiredToken", message) from error
        except jwt.InvalidSignatureError:
            continue
        except (jwt.InvalidTokenError, msgspec.ValidationError, ValueError, OverflowError):
            break
    raise Problem(400, "InvalidJWT", f"This is no token for {_GERUND[scope]}")


_GERUND: dict[Scope, str] = {"download": "downloading", "upload": "uploading"}


@cache
def _keys(scope: Scope) -> list[bytes]:
    """Derive the keys of a kind of token; the first one signs, the others are of former secrets."""
    assert scope in get_args(Scope)  # noqa: S101 -- a kind is a constant of the caller
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    salt = f"fashionos.storage.links.{scope}"
    return [
        salted_hmac(salt, "key", secret=secret, algorithm="sha256").digest() for secret in secrets
    ]

"""OpenID Connect: to a provider with a question, back with a proven answer. The one module that knows Authlib.

The settings name the providers (OAUTH_PROVIDERS); what else is to know about one, it publishes itself.
"""

import hashlib
import hmac
import logging
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from django.conf import settings
from django.core.exceptions import ValidationError
from joserfc import jwt
from joserfc.errors import InvalidClaimError, JoseError
from joserfc.jwk import KeySet

from fashionos.accounts.models import User
from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.tokens import issuer

logger = logging.getLogger("fashionos.accounts")

TIMEOUT_SECONDS = 5
DISCOVERY_SECONDS = 3600
KEYS_AGAIN_SECONDS = 60  # how soon a key that is not known is asked for again
LEEWAY_SECONDS = 60
# Asymmetric alone: a client secret in the place of a key is how tokens are forged.
ALGORITHMS = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
]
# What the client may not say in our place at the provider's door.
RESERVED = {
    *("client_id", "client_secret", "redirect_uri", "response_type", "response_mode", "state"),
    *("code_challenge", "code_challenge_method", "nonce", "request", "request_uri", "scope"),
}
CLAIMS = ("name", "given_name", "family_name", "preferred_username", "picture", "locale")
LONGEST_CLAIM = 300
LONGEST_SUBJECT = 255
LONGEST_TOKEN = 16_384


class Flow(NamedTuple):
    """One journey to a provider and back: `id` is in the signed state; the two secrets are derived, not stored."""

    id: str

    @property
    def verifier(self) -> str:
        return self._derived("verifier")

    @property
    def nonce(self) -> str:
        return self._derived("nonce")

    def _derived(self, purpose: str) -> str:
        key = f"oauth {purpose}{settings.SECRET_KEY}".encode()
        digest = hmac.digest(key, self.id.encode(), "sha256")
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def new_flow() -> Flow:
    return Flow(secrets.token_urlsafe(16))


class Arrival(NamedTuple):
    """What the provider answered: the claims of its ID token, and its own tokens."""

    claims: Mapping[str, Any]
    access_token: str
    refresh_token: str


def callback_url() -> str:
    return f"{issuer()}/callback"


def configured(name: str) -> dict[str, Any]:
    """Return the settings of a provider; raise AuthProblem if it is none of ours."""
    provider: dict[str, Any] | None = settings.OAUTH_PROVIDERS.get(name)
    if provider is None:
        message = "Unsupported provider: provider is not enabled"
        raise AuthProblem(400, "validation_failed", message)
    return provider


def authorization_url(
    name: str, flow: Flow, state: str, *, scopes: str, extra: Mapping[str, str]
) -> str:
    """Return where to send the browser: authorization code, with PKCE, for an ID token with our nonce."""
    provider = configured(name)
    asked = dict.fromkeys(["openid", *provider["scopes"].split(), *scopes.split()])
    passed_on = {key: value for key, value in extra.items() if key.lower() not in RESERVED}
    with _session(provider, scope=" ".join(asked)) as session:
        url, _ = session.create_authorization_url(
            _discover(provider)["authorization_endpoint"],
            state=state,
            code_verifier=flow.verifier,
            nonce=flow.nonce,
            **passed_on,
        )
    return str(url)


def arrive(name: str, flow: Flow, code: str) -> Arrival:
    """Exchange the provider's code and check the ID token. Raises AuthProblem."""
    provider = configured(name)
    try:
        with _session(provider) as session:
            tokens = session.fetch_token(
                _discover(provider)["token_endpoint"],
                code=code,
                code_verifier=flow.verifier,
                grant_type="authorization_code",
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
    except (requests.RequestException, AuthlibBaseError, ValueError) as error:
        raise _failed(provider, "Unable to exchange external code", error) from error
    access = str(tokens.get("access_token", ""))
    claims = read_id_token(
        name, str(tokens.get("id_token", "")), nonce=flow.nonce, access_token=access
    )
    return Arrival(claims, access, str(tokens.get("refresh_token") or ""))


def read_id_token(name: str, text: str, *, nonce: str, access_token: str = "") -> Mapping[str, Any]:
    """Return the claims of an ID token for us: signature, issuer, audience, times, nonce and at_hash are checked.

    Raises AuthProblem.
    """
    provider = configured(name)
    try:
        token = _decode(provider, text)
        audiences = provider["client_ids"]
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": _discover(provider)["issuer"]},
                "aud": {"essential": True, "values": audiences},
                "sub": {"essential": True},
            },
            params={"nonce": nonce, "client_id": _addressee(token.claims, audiences)}
            | ({"access_token": access_token} if access_token else {}),
        )
        claims.validate(now=int(time.time()), leeway=LEEWAY_SECONDS)
        if not _is_plain(claims["sub"], LONGEST_SUBJECT):
            raise InvalidClaimError("sub")
    except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError) as error:
        raise AuthProblem(400, "bad_oauth_callback", "Bad ID token") from error
    return dict(claims)


def _addressee(claims: Mapping[str, Any], ours: list[str]) -> str:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    return next((one for one in ours if one in audiences), ours[0])


def person_data(name: str, claims: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what is kept of the claims, under the names that the client's users know."""
    kept = {key: claims[key] for key in CLAIMS if _is_plain(claims.get(key), LONGEST_CLAIM)}
    if "name" in kept:
        kept["full_name"] = kept["name"]
    if "picture" in kept:
        kept["avatar_url"] = kept["picture"]
    return {
        **kept,
        "iss": configured(name)["issuer"],
        "sub": str(claims["sub"]),
        "provider_id": str(claims["sub"]),
        "email": _address(claims),
        "email_verified": is_verified(claims),
        "phone_verified": False,
    }


def is_verified(claims: Mapping[str, Any]) -> bool:
    """Whether the provider itself vouches for the address. Some say so in words."""
    return bool(_address(claims)) and claims.get("email_verified") in (True, "true")


def _address(claims: Mapping[str, Any]) -> str:
    try:
        return User.objects.read_email(str(claims.get("email")))
    except ValidationError:
        return ""


def _is_plain(value: Any, most: int) -> bool:
    """Whether it is a text that the database holds: no NUL, no half of a character."""
    return isinstance(value, str) and 0 < len(value) <= most and value.isprintable()


class _Known(NamedTuple):
    read_at: float
    metadata: Mapping[str, Any]
    keys: KeySet


_known: dict[str, _Known] = {}
_lock = Lock()


def _discover(provider: Mapping[str, Any]) -> Mapping[str, Any]:
    return _look_up(provider, DISCOVERY_SECONDS).metadata


def _decode(provider: Mapping[str, Any], text: str) -> jwt.Token:
    if len(text) > LONGEST_TOKEN:
        raise ValueError("token is too long")
    try:
        return jwt.decode(text, _look_up(provider, DISCOVERY_SECONDS).keys, algorithms=ALGORITHMS)
    except (JoseError, ValueError):
        # The provider may have taken a new key into use.
        keys = _look_up(provider, KEYS_AGAIN_SECONDS).keys
        return jwt.decode(text, keys, algorithms=ALGORITHMS)


def _look_up(provider: Mapping[str, Any], seconds: float) -> _Known:
    """Return what the provider publishes of itself, read no longer ago than that."""
    issuer_url = provider["issuer"]
    now = time.monotonic()
    with _lock:
        held = _known.get(issuer_url)
    if held and now - held.read_at < seconds:
        return held
    try:
        metadata = _read_metadata(issuer_url)
        keys = KeySet.import_key_set(_get(metadata["jwks_uri"]))
    except (requests.RequestException, JoseError, ValueError, TypeError, KeyError) as error:
        raise _failed(provider, "The provider does not answer as it should", error) from error
    found = _Known(now, metadata, keys)
    with _lock:
        _known[issuer_url] = found
    return found


def _read_metadata(issuer_url: str) -> Mapping[str, Any]:
    metadata: Mapping[str, Any] = _get(f"{issuer_url.rstrip('/')}/.well-known/openid-configuration")
    if metadata.get("issuer") != issuer_url:
        raise ValueError("the provider calls itself otherwise")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if urlsplit(metadata[name]).scheme != urlsplit(issuer_url).scheme:
            raise ValueError(f"{name} is less safe than the issuer")
    return metadata


def _get(url: str) -> Any:
    response = requests.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False)
    response.raise_for_status()
    return response.json()


def _session(provider: Mapping[str, Any], **options: Any) -> OAuth2Session:
    supported = _discover(provider).get("token_endpoint_auth_methods_supported", [])
    if provider["client_secret"] and "client_secret_post" in supported:
        # Not the Authorization header: providers disagree on how a secret with special characters goes into it.
        options["token_endpoint_auth_method"] = "client_secret_post"  # noqa: S105 -- a method
    return OAuth2Session(
        provider["client_ids"][0],
        provider["client_secret"] or None,
        redirect_uri=callback_url(),
        code_challenge_method="S256",
        **options,
    )


def _failed(provider: Mapping[str, Any], message: str, error: Exception) -> AuthProblem:
    logger.error("OAuth provider %s: %s", provider["issuer"], message, exc_info=error)
    return AuthProblem(502, "unexpected_failure", message)


def forget_providers() -> None:
    """Drop what providers published: between tests."""
    _known.clear()


def hashed_nonce(nonce: str) -> str:
    """Return what an app gives the provider where it gives us the nonce itself."""
    return hashlib.sha256(nonce.encode(errors="surrogatepass")).hexdigest()

"""Auth codes: a redirect hands one to the client, who exchanges it for a session with the challenge's verifier."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from datetime import timedelta
from uuid import uuid4

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils import timezone

from fashionos.accounts.models import AuthCode, User
from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.services.one_time import Challenge
from fashionos.accounts.services.sessions import Grant, start_session
from fashionos.accounts.services.users import EMAIL, refuse_banned
from fashionos.kit.owned import Role, acting

CODE_SECONDS = 300
KEPT_SECONDS = 3600  # an old code is told to be old for so long, then to be unknown

_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class ProviderTokens(msgspec.Struct, array_like=True):
    """What an OAuth provider gave for its own API; passed on, never kept in the clear."""

    access: str = ""
    refresh: str = ""
    provider: str = EMAIL


def read_challenge(value: str, method: str) -> Challenge | None:
    """Return the client's challenge, None if it sent none; raise AuthProblem if it is malformed."""
    if bool(value) != bool(method):
        raise AuthProblem(
            400,
            "validation_failed",
            "PKCE flow requires code_challenge_method and code_challenge",
        )
    if not value:
        return None
    if method.lower() not in {"s256", "plain"}:
        raise AuthProblem(400, "validation_failed", f"Invalid code_challenge_method {method!r}")
    if not _CHALLENGE.fullmatch(value):
        message = (
            "code challenge has to be between 43 and 128 characters: letters, digits, -, ., _, ~"
        )
        raise AuthProblem(400, "validation_failed", message)
    return Challenge(value, method.lower())


def issue_code(
    user: User, challenge: Challenge, method: str, tokens: ProviderTokens | None = None
) -> str:
    """Make an auth code; must be called as Role.AUTH. `method` is how the session is to say it was started."""
    now = timezone.now()
    AuthCode.objects.filter(created_at__lt=now - timedelta(seconds=KEPT_SECONDS)).delete()
    code = str(uuid4())
    AuthCode.objects.create(
        digest=_digest(code),
        user=user,
        challenge=challenge.value,
        challenge_method=challenge.method,
        session_method=method,
        sealed=_seal(code, tokens or ProviderTokens()),
        created_at=now,
    )
    return code


def exchange(code: str, verifier: str, *, user_agent: str) -> Grant:
    """Start the session that an auth code stands for: once, and only for who knows the verifier."""
    with acting(Role.AUTH):
        row = AuthCode.objects.select_related("user").filter(digest=_digest(code)).first()
        if row is None:
            raise _unknown()
        if timezone.now() - row.created_at > timedelta(seconds=CODE_SECONDS):
            raise AuthProblem(
                422, "flow_state_expired", "invalid flow state, flow state has expired"
            )
        if not _answers(verifier, Challenge(row.challenge, row.challenge_method)):
            message = "code challenge does not match previously saved code verifier"
            raise AuthProblem(400, "bad_code_verifier", message)
        # Of those who come at once, one deletes the row.
        gone, _ = AuthCode.objects.filter(digest=row.digest).delete()
        if not gone:
            raise _unknown()
        refuse_banned(row.user)
        tokens = _unseal(code, bytes(row.sealed))
        grant = start_session(row.user, user_agent, row.session_method, provider=tokens.provider)
    return grant._replace(provider_token=tokens.access, provider_refresh_token=tokens.refresh)


def _unknown() -> AuthProblem:
    message = "invalid flow state, no valid flow state found"
    return AuthProblem(404, "flow_state_not_found", message)


def _answers(verifier: str, challenge: Challenge) -> bool:
    if challenge.method == "s256":
        digest = hashlib.sha256(verifier.encode(errors="surrogatepass")).digest()
        verifier = urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(verifier.encode(errors="surrogatepass"), challenge.value.encode())


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode(errors="surrogatepass")).digest()


_NONCE = bytes(12)  # each key seals one message


def _key(code: str) -> AESGCM:
    return AESGCM(hashlib.sha256(f"provider tokens {code}".encode()).digest())


def _seal(code: str, tokens: ProviderTokens) -> bytes:
    return _key(code).encrypt(_NONCE, msgspec.json.encode(tokens), None)


def _unseal(code: str, sealed: bytes) -> ProviderTokens:
    return msgspec.json.decode(_key(code).decrypt(_NONCE, sealed, None), type=ProviderTokens)

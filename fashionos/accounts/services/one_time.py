"""One-time tokens: a link and a code by mail, of which either is redeemed once. Called as Role.AUTH."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from fashionos.accounts.mails import Proof
from fashionos.accounts.models import OneTimeToken, Purpose, User
from fashionos.accounts.problems import AuthProblem

CODE_DIGITS = 6
CODE_TRIES = 5  # wrong codes that a token bears; its link goes on to work
ADDRESS_TOKENS = 5  # tokens sent to one address that a code is held against
PKCE_PREFIX = "pkce_"  # by which the client tells the two kinds of links apart

_SENT_AT = {
    Purpose.CONFIRMATION: "confirmation_sent_at",
    Purpose.RECOVERY: "recovery_sent_at",
    Purpose.EMAIL_CHANGE_CURRENT: "email_change_sent_at",
    Purpose.EMAIL_CHANGE_NEW: "email_change_sent_at",
    Purpose.REAUTHENTICATION: "reauthentication_sent_at",
}


class Challenge(NamedTuple):
    """What the client will prove to know the origin of (RFC 7636); `method` is s256 or plain."""

    value: str
    method: str


def link_expired() -> AuthProblem:
    return AuthProblem(403, "otp_expired", "Email link is invalid or has expired")


def code_expired() -> AuthProblem:
    return AuthProblem(403, "otp_expired", "Token has expired or is invalid")


def issue(
    user: User, purpose: Purpose, challenge: Challenge | None = None, *, address: str = ""
) -> Proof:
    """Make a token for the user's address, or another; it takes the place of the one before."""
    now = timezone.now()
    address = address or user.email or ""
    link = (PKCE_PREFIX if challenge else "") + secrets.token_urlsafe(32)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    OneTimeToken.objects.update_or_create(
        user=user,
        purpose=purpose,
        defaults={
            "address": address,
            "link_digest": _link_digest(link),
            "code_digest": _code_digest(user, purpose, address, code),
            "tries": 0,
            "challenge": challenge.value if challenge else "",
            "challenge_method": challenge.method if challenge else "",
            "created_at": now,
        },
    )
    setattr(user, _SENT_AT[purpose], now)
    User.objects.filter(pk=user.pk).update(**{_SENT_AT[purpose]: now, "updated_at": now})
    return Proof(address, link, code)


def redeem_link(link: str, purposes: Collection[Purpose]) -> OneTimeToken:
    """Use up the token of a link. Raises AuthProblem if there is none, or somebody else was faster."""
    token = (
        OneTimeToken.objects.select_related("user")
        .filter(link_digest=_link_digest(link), purpose__in=purposes, created_at__gt=_oldest())
        .first()
    )
    if token is None or not _use_up(token):
        raise link_expired()
    return token


def redeem_code(code: str, address: str, purposes: Collection[Purpose]) -> OneTimeToken | None:
    """Use up the token that was sent to the address with this code; None if there is none.

    A try is counted whatever comes of it: the caller's transaction must be committed for a refusal, too.
    """
    address = User.objects.normalize_email(address)
    sent = OneTimeToken.objects.filter(
        address=address, purpose__in=purposes, created_at__gt=_oldest(), tries__lt=CODE_TRIES
    )
    # Several users may have asked to change to one address: the newest few are looked at.
    newest = list(sent.order_by("-created_at").values_list("pk", flat=True)[:ADDRESS_TOKENS])
    # Counted in the same statement that asks whether there are tries left: a thousand guesses at once are five.
    tried = [pk for pk in newest if sent.filter(pk=pk).update(tries=F("tries") + 1)]
    for token in OneTimeToken.objects.select_related("user").filter(pk__in=tried):
        digest = _code_digest(token.user, Purpose(token.purpose), token.address, code)
        if hmac.compare_digest(digest, bytes(token.code_digest)) and _use_up(token):
            return token
    return None


def _use_up(token: OneTimeToken) -> bool:
    # Of those who redeem at once, one deletes the row; a newer token in its place is not the one that was sent.
    gone, _ = OneTimeToken.objects.filter(
        pk=token.pk, link_digest=bytes(token.link_digest)
    ).delete()
    return gone == 1


def _oldest() -> datetime:
    seconds: int = settings.AUTH_LINK_SECONDS
    return timezone.now() - timedelta(seconds=seconds)


def _link_digest(link: str) -> bytes:
    return hashlib.sha256(link.encode(errors="surrogatepass")).digest()


def _code_digest(user: User, purpose: Purpose, address: str, code: str) -> bytes:
    message = f"{user.id}|{purpose}|{address}|{code}".encode(errors="surrogatepass")
    return hmac.digest(f"one-time code{settings.SECRET_KEY}".encode(), message, "sha256")

"""The mails of accounts: a link and a code, as plain text and as simple HTML, sent behind the answer.

Behind it, so that no answer takes longer for the addresses that get a mail than for those that do not, and no slow mail
server holds a request.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from fashionos.accounts.tokens import issuer

logger = logging.getLogger("fashionos.accounts")

SENDERS = 2
LONGEST_QUEUE = 1_000


class Proof(NamedTuple):
    """What the holder of an address is sent: a link's token and a code, neither of which is stored."""

    address: str
    link: str
    code: str


class Wording(NamedTuple):
    subject: str
    reason: str  # why this mail comes
    button: str  # what the link does


WORDINGS = {
    "signup": Wording(
        "Confirm your address",
        "Somebody, we hope you, signed up for FashionOS with this address.",
        "Confirm my address",
    ),
    "invite": Wording(
        "You are invited to FashionOS",
        "You have been invited to work with your team on FashionOS.",
        "Accept the invitation",
    ),
    "magiclink": Wording(
        "Your sign-in link", "You asked to sign in to FashionOS without a password.", "Sign in"
    ),
    "recovery": Wording(
        "Reset your password",
        "You asked for a new FashionOS password.",
        "Choose a new password",
    ),
    "email_change": Wording(
        "Confirm the change of your address",
        "You asked to change the address of your FashionOS account.",
        "Confirm the change",
    ),
    "reauthentication": Wording(
        "Your confirmation code", "You are about to change your FashionOS password.", ""
    ),
}


def action_link(kind: str, proof: Proof, redirect_to: str) -> str:
    query = {"token": proof.link, "type": kind, "redirect_to": redirect_to or settings.SITE_URL}
    return f"{issuer()}/verify?{urlencode(query)}"


_senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="mail")
_waiting: set[Future[None]] = set()


def send(kind: str, proof: Proof, redirect_to: str = "") -> None:
    """Queue the mail of a kind (a key of WORDINGS) to the proof's address.

    One that cannot be sent is logged, without the address; its reader will ask for another.
    """
    if settings.EMAIL_BACKEND == "django.core.mail.backends.dummy.EmailBackend":
        logger.error("mail %s not sent: no mail server is configured, see EMAIL_URL", kind)
        return
    if len(_waiting) >= LONGEST_QUEUE:
        logger.error("mail %s not sent: %s wait already", kind, LONGEST_QUEUE)
        return
    mail = _senders.submit(_send, kind, proof, redirect_to)
    _waiting.add(mail)
    mail.add_done_callback(_waiting.discard)


def waiting() -> int:
    """How many mails are queued or under way."""
    return len(_waiting)


def settle() -> None:
    """Wait until the mails queued so far are sent."""
    wait(list(_waiting))


def _send(kind: str, proof: Proof, redirect_to: str) -> None:
    try:
        _compose(kind, proof, redirect_to).send()
    except Exception:
        # Whatever a mail server can do to us: the thread must live on.
        logger.exception("mail %s not sent", kind)


def _compose(kind: str, proof: Proof, redirect_to: str) -> EmailMultiAlternatives:
    wording = WORDINGS[kind]
    context = {
        "wording": wording,
        "code": proof.code,
        "link": action_link(kind, proof, redirect_to) if wording.button else "",
        "minutes": settings.AUTH_LINK_SECONDS // 60,
    }
    mail = EmailMultiAlternatives(
        wording.subject, render_to_string("accounts/mail.txt", context), to=[proof.address]
    )
    mail.attach_alternative(render_to_string("accounts/mail.html", context), "text/html")
    return mail

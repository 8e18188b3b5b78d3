"""The ways out of an alert: mail, and a webhook signed as https://www.standardwebhooks.com says."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

import requests
from django.conf import settings
from django.core.mail import send_mail
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

_SECONDS = 5
_RETRY = Retry(
    total=2,
    backoff_factor=0.5,
    status_forcelist=(408, 429, 500, 502, 503, 504),
    allowed_methods=["POST"],
    redirect=False,
    respect_retry_after_header=False,  # the next round tries again
)
_DUMMY = "django.core.mail.backends.dummy.EmailBackend"


class Change(NamedTuple):
    """An alert that began or is over."""

    name: str
    is_firing: bool
    at: datetime
    value: float
    limit: float
    sample: int
    words: str


Ways = dict[str, Callable[[Change], None]]


class Untold(Exception):  # noqa: N818 -- a fact, named as one
    """The other side did not take it."""


def ways() -> Ways:
    """Return the configured ways by name; each raises OSError or Untold if it did not work."""
    found: Ways = {}
    if settings.ALERT_MAIL_TO:
        found["mail"] = send
    if settings.ALERT_WEBHOOK_URL:
        found["webhook"] = post
    return found


def send(change: Change) -> None:
    if settings.EMAIL_BACKEND == _DUMMY:
        raise Untold("no mail server is configured, see EMAIL_URL")
    subject = f"FashionOS: {change.words}"
    text = f"{change.words}\n\nSince {change.at:%Y-%m-%d %H:%M} UTC, {settings.SITE_URL}\n"
    send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, settings.ALERT_MAIL_TO)


def post(change: Change) -> None:
    document = {
        "type": "alert.firing" if change.is_firing else "alert.resolved",
        "timestamp": change.at.isoformat(),
        "data": {
            "alert": change.name,
            "value": change.value,
            "limit": change.limit,
            "calls": change.sample,
            "message": change.words,
            "site": settings.SITE_URL,
        },
    }
    body = json.dumps(document).encode()
    # The same for every attempt: the receiver can tell that it has had this one.
    identifier = str(uuid5(NAMESPACE_URL, f"{change.name} {change.is_firing} {change.at}"))
    with requests.Session() as session:
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=_RETRY))
        answer = session.post(
            settings.ALERT_WEBHOOK_URL,
            data=body,
            headers={"content-type": "application/json", **signature(identifier, body)},
            timeout=_SECONDS,
            allow_redirects=False,
        )
    if not answer.ok or answer.is_redirect:
        raise Untold(f"the webhook answered {answer.status_code}")


def signature(identifier: str, body: bytes) -> dict[str, str]:
    """Return the headers by which the receiver knows who wrote the body, and when."""
    key = base64.b64decode(settings.ALERT_WEBHOOK_SECRET.removeprefix("whsec_"))
    seconds = str(int(time.time()))
    signed = b".".join((identifier.encode(), seconds.encode(), body))
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": identifier,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{digest}",
    }

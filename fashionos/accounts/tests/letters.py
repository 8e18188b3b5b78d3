"""The mails of a test, read back; and a browser that follows one step of a redirect."""

import re
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from django.core import mail
from django.test import Client

from fashionos.accounts import mails
from fashionos.testing.people import post

MODERN = {"x-supabase-api-version": "2024-01-01"}


class Letter(NamedTuple):
    subject: str
    text: str
    html: str
    link: str
    code: str

    @property
    def token(self):
        return query(self.link)["token"]


def letters(address):
    mails.settle()
    return [_read(message) for message in mail.outbox if message.to == [address]]


def letter(address):
    return letters(address)[-1]


def _read(message):
    [(html, _)] = message.alternatives
    link = re.search(r"https?://\S+", message.body)
    return Letter(
        message.subject,
        message.body,
        html,
        link[0] if link else "",
        re.search(r"\b\d{6}\b", message.body.replace(link[0] if link else "\0", ""))[0],
    )


def query(url):
    return {
        name: values[0]
        for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()
    }


def fragment(url):
    return {
        name: values[0]
        for name, values in parse_qs(urlsplit(url).fragment, keep_blank_values=True).items()
    }


def open_link(url, client=None):
    """GET as a browser does, without any key; return where it is sent."""
    parts = urlsplit(url)
    response = (client or Client()).get(f"{parts.path}?{parts.query}")
    assert response.status_code in {302, 303}, response.content
    return response["Location"]


def recover(email="alice@example.com", **fields):
    body = {"email": email, "gotrue_meta_security": {}, "code_challenge": None, **fields}
    return post("/auth/v1/recover", body, **MODERN)


def otp(email="alice@example.com", **fields):
    body = {"email": email, "data": {}, "create_user": True, "gotrue_meta_security": {}, **fields}
    return post("/auth/v1/otp", body, **MODERN)


def verify(**fields):
    return post("/auth/v1/verify", {"gotrue_meta_security": {}, **fields}, **MODERN)

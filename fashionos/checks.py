"""What a server must be told before it serves: system checks with stable ids, run by commands and by asgi.py."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 -- its name there
from django.core.exceptions import ImproperlyConfigured

SHORTEST_SECRET = 32
_REDIS = {"redis", "rediss", "unix"}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_SIGNING_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{32,}={0,2}")

# Setting and variable.
SECRETS = {
    "SECRET_KEY": "SECRET_KEY",
    "JWT_SECRET": "JWT_SECRET",
    "JWT_SIGNING_KEY": "JWT_SIGNING_KEY",
    "ENCRYPTION_KEYS": "ENCRYPTION_KEYS",
    "PUBLISHABLE_KEYS": "FASHIONOS_PUBLISHABLE_KEY",
    "SECRET_API_KEYS": "FASHIONOS_SECRET_KEY",
}
_MAKER = dict.fromkeys(SECRETS, "`manage.py make_secrets`") | dict.fromkeys(
    ("PUBLISHABLE_KEYS", "SECRET_API_KEYS"), "`manage.py make_api_keys`"
)


@register(Tags.security)
def check_secrets(**_: Any) -> list[CheckMessage]:
    """E001: a secret is missing or too short. None has a default, so that none of a development machine is served."""
    return [
        Error(
            f"{variable} {_fault(getattr(settings, setting))}.",
            hint=f"Set the environment variable {variable}; {_MAKER[setting]} prints a fresh one.",
            id="fashionos.E001",
        )
        for setting, variable in SECRETS.items()
        if _fault(getattr(settings, setting))
    ]


def _fault(value: str | list[str]) -> str:
    parts = value if isinstance(value, list) else [value]
    if parts in ([], [""], ["unset"]):
        return "is not set"
    if any(len(part) < SHORTEST_SECRET for part in parts):
        return f"is shorter than {SHORTEST_SECRET} characters"
    return ""


@register(Tags.security)
def check_database(**_: Any) -> list[CheckMessage]:
    """E002: nobody said where the database is."""
    if settings.DATABASE_URL:
        return []
    hint = "Set the environment variable DATABASE_URL to postgresql://user:password@host/name."
    return [Error("DATABASE_URL is not set.", hint=hint, id="fashionos.E002")]


@register(Tags.security)
def check_language_model(**_: Any) -> list[CheckMessage]:
    """E003: the assistant's language model is set by halves, or its key would cross a network that others read."""
    url, model = urlsplit(settings.ASSISTANT_LLM_BASE_URL), settings.ASSISTANT_LLM_MODEL
    faults = []
    if bool(settings.ASSISTANT_LLM_BASE_URL) != bool(model):
        faults.append("ASSISTANT_LLM_BASE_URL and ASSISTANT_LLM_MODEL go together")
    if settings.ASSISTANT_LLM_BASE_URL and not (url.scheme in {"http", "https"} and url.hostname):
        faults.append("ASSISTANT_LLM_BASE_URL is no http or https address")
    if settings.ASSISTANT_LLM_API_KEY and url.scheme == "http" and url.hostname not in _LOOPBACK:
        faults.append("ASSISTANT_LLM_API_KEY needs an ASSISTANT_LLM_BASE_URL with https")
    if not (
        settings.ASSISTANT_LLM_API_KEY.isascii() and settings.ASSISTANT_LLM_API_KEY.isprintable()
    ):
        faults.append("ASSISTANT_LLM_API_KEY holds what no header may")
    if settings.ASSISTANT_LLM_MODE not in {"off", "fallback", "always"}:
        faults.append("ASSISTANT_LLM_MODE is not off, fallback or always")
    if settings.ASSISTANT_LLM_TIMEOUT_S <= 0 or settings.ASSISTANT_LLM_MAX_STEPS < 1:
        faults.append(
            "ASSISTANT_LLM_TIMEOUT_S and ASSISTANT_LLM_MAX_STEPS have to be more than nothing"
        )
    hint = "docs/operations.md tells what each variable takes."
    return [Error(f"{fault}.", hint=hint, id="fashionos.E003") for fault in faults]


@register(Tags.security)
def check_alerts(**_: Any) -> list[CheckMessage]:
    """E004: alerts would go out unsigned, or in the open."""
    url, secret = urlsplit(settings.ALERT_WEBHOOK_URL), settings.ALERT_WEBHOOK_SECRET
    faults = []
    if not settings.ALERT_WEBHOOK_URL:
        return []
    if url.scheme != "https" and url.hostname not in _LOOPBACK:
        faults.append("ALERT_WEBHOOK_URL is no https address")
    if not _SIGNING_SECRET.fullmatch(secret):
        faults.append("ALERT_WEBHOOK_SECRET is not whsec_ and 24 bytes or more in base64")
    hint = "docs/operations.md tells what each variable takes."
    return [Error(f"{fault}.", hint=hint, id="fashionos.E004") for fault in faults]


@register(Tags.security)
def check_addresses(**_: Any) -> list[CheckMessage]:
    """E005: SITE_URL or REDIS_URL is no address of its kind."""
    site = urlsplit(settings.SITE_URL)
    faults = []
    if site.scheme not in {"http", "https"} or not site.hostname:
        faults.append("SITE_URL has to be an address such as https://fashionos.example")
    if settings.REDIS_URL and urlsplit(settings.REDIS_URL).scheme not in _REDIS:
        faults.append("REDIS_URL has to be an address such as redis://host:6379/0")
    hint = "docs/operations.md tells what each variable takes."
    return [Error(f"{fault}.", hint=hint, id="fashionos.E005") for fault in faults]


@register(Tags.security, deploy=True)
def check_site(**_: Any) -> list[CheckMessage]:
    """W001: in production nobody reaches the address that mails and tokens name."""
    if settings.DEVELOPMENT or urlsplit(settings.SITE_URL).hostname not in _LOOPBACK:
        return []
    hint = "Set the environment variable SITE_URL to the address that people use."
    return [Warning(f"SITE_URL is {settings.SITE_URL}.", hint=hint, id="fashionos.W001")]


def refuse_to_serve() -> None:
    """Raise ImproperlyConfigured with all that is missing: a server runs no system checks of its own."""
    checks = (check_secrets, check_database, check_language_model, check_alerts, check_addresses)
    errors = [error for check in checks for error in check()]
    if errors:
        raise ImproperlyConfigured("; ".join(f"{error.msg} {error.hint}" for error in errors))

"""The application that a server runs: the shell around everything, Django inside."""

import gc
import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fashionos.settings")
django_application: Any = get_asgi_application()

# After the app registry is ready: these read the settings, or what stands on models.
from django.conf import settings  # noqa: E402

from fashionos.checks import refuse_to_serve  # noqa: E402
from fashionos.kit.cors import Cors  # noqa: E402
from fashionos.kit.shell import Shell, is_under  # noqa: E402


def max_body(path: str) -> int:
    if is_under(path, "/functions/v1"):
        return int(settings.FUNCTION_BODY_BYTES)
    if is_under(path, "/auth/v1"):
        return int(settings.AUTH_BODY_BYTES)
    return int(settings.PAGE_BODY_BYTES)


def security_headers() -> list[tuple[bytes, bytes]]:
    """Name what django.middleware.security would send; see docs/adr/0003."""
    headers = [
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
    ]
    if settings.SECURE_HSTS_SECONDS:
        value = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
        headers.append((b"strict-transport-security", value.encode()))
    return headers


refuse_to_serve()
application = Cors(
    Shell(
        django_application,
        max_body=max_body,
        body_timeout=settings.BODY_SECONDS,
        response_timeout=settings.RESPONSE_SECONDS,
        headers=security_headers(),
    ),
    origins=tuple(settings.CORS_ORIGINS),
)

# What lives now lives as long as the process: the collector need not look at it again. With fewer, larger rounds the
# slowest answers of a busy server take a fifth of the time.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 50, 50)

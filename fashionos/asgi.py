"""The application that a server runs: the shell around everything, the socket and Django inside."""

import gc
import os
from typing import Any
from uuid import UUID

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fashionos.settings")
django_application: Any = get_asgi_application()

# After the app registry is ready: these read the settings, or what stands on models.
from django.conf import settings  # noqa: E402

from fashionos.checks import refuse_to_serve  # noqa: E402
from fashionos.kit.cors import Cors  # noqa: E402
from fashionos.kit.owned import Role, acting  # noqa: E402
from fashionos.kit.shell import Receive, Scope, Send, Shell, is_under  # noqa: E402
from fashionos.rest import data_api  # noqa: E402
from fashionos.workspace.access import can_join  # noqa: E402
from fashionos.workspace.services import make_topic_stale  # noqa: E402
from realtime.consumers import Realtime  # noqa: E402
from realtime.limits import Limits  # noqa: E402


def max_body(path: str) -> int:
    if is_under(path, "/functions/v1"):
        return int(settings.FUNCTION_BODY_BYTES)
    if is_under(path, "/auth/v1"):
        return int(settings.AUTH_BODY_BYTES)
    if is_under(path, "/realtime/v1"):
        return int(settings.REALTIME_BODY_BYTES)
    if is_under(path, "/rest/v1"):
        return int(settings.REST_BODY_BYTES)
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


def on_chatter(topic: str, event: str) -> None:  # noqa: ARG001 -- any declared event of a kind concerns its family
    """Make stale what an event that our own services did not announce makes stale."""
    kind, _, name = topic.partition(":")
    with acting(Role.SYSTEM):
        make_topic_stale(kind, UUID(name))


def socket_limits() -> Limits:
    return Limits(
        sockets=settings.REALTIME_SOCKETS,
        channels=settings.REALTIME_CHANNELS,
        joins_per_second=settings.REALTIME_JOINS_PER_SECOND,
        messages_per_second=settings.REALTIME_MESSAGES_PER_SECOND,
        broadcast_bytes=settings.REALTIME_BROADCAST_BYTES,
        presence_per_second=settings.REALTIME_PRESENCE_PER_SECOND,
        presence_calls=settings.REALTIME_PRESENCE_CALLS,
        presence_seconds=settings.REALTIME_PRESENCE_SECONDS,
        presence_bytes=settings.REALTIME_PRESENCE_BYTES,
        backlog_messages=settings.REALTIME_BACKLOG_MESSAGES,
        backlog_bytes=settings.REALTIME_BACKLOG_BYTES,
        idle_seconds=settings.REALTIME_IDLE_SECONDS,
        join_seconds=settings.REALTIME_JOIN_SECONDS,
        review_seconds=settings.REALTIME_REVIEW_SECONDS,
    )


refuse_to_serve()
realtime = Realtime(
    django_application,
    can_join=can_join,
    on_chatter=on_chatter,
    limits=socket_limits(),
    origins=settings.CORS_ORIGINS,
    public_channels=settings.REALTIME_PUBLIC_CHANNELS,
    shared=bool(settings.REDIS_URL),
)
rest = data_api()


async def route(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer /rest/v1 here, in front of Django, whose own way in costs several times of what a page of rows does."""
    if scope["type"] == "http" and is_under(scope["path"], "/rest/v1"):
        await rest(scope, receive, send)
        return
    await realtime(scope, receive, send)
    if scope["type"] == "lifespan":
        await rest.close()


application = Cors(
    Shell(
        route,
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

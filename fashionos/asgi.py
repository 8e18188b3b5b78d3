"""The application that a server runs: the shell around everything, the socket and Django inside."""

import asyncio
import gc
import os
from typing import Any
from uuid import UUID

import django

from fashionos.process import resolve_schemas

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fashionos.settings")
django.setup(set_prefix=False)

# After the app registry is ready: these read the settings, or what stands on models.
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from analytics.recording import recorder  # noqa: E402
from fashionos.accounts import mails  # noqa: E402
from fashionos.checks import refuse_to_serve  # noqa: E402
from fashionos.kit import functions  # noqa: E402
from fashionos.kit.cors import Cors  # noqa: E402
from fashionos.kit.handler import Handler  # noqa: E402
from fashionos.kit.owned import Role, acting  # noqa: E402
from fashionos.kit.shell import Receive, Scope, Send, Shell, is_under  # noqa: E402
from fashionos.operating.checks import readiness_checks  # noqa: E402
from fashionos.operating.health import Readiness  # noqa: E402
from fashionos.operating.metrics import House, begin, observe_call  # noqa: E402
from fashionos.operating.probes import Probes  # noqa: E402
from fashionos.operating.services import function_names, rollouts  # noqa: E402
from fashionos.operating.watch import PROBES, Watch  # noqa: E402
from fashionos.records import Records  # noqa: E402
from fashionos.rest import data_api  # noqa: E402
from fashionos.storage.views.api import StorageAPI  # noqa: E402
from fashionos.storage.views.files import FORM_BYTES  # noqa: E402
from fashionos.tables import TABLES  # noqa: E402
from fashionos.workspace.access import can_join  # noqa: E402
from fashionos.workspace.gallery import Worker  # noqa: E402
from fashionos.workspace.services import make_topic_stale  # noqa: E402
from realtime.consumers import PATH as SOCKET  # noqa: E402
from realtime.consumers import Realtime  # noqa: E402
from realtime.limits import Limits  # noqa: E402


def name_route(path: str) -> str:
    """Return the pattern of a path that is answered in front of Django."""
    if path == SOCKET or path in PROBES:
        return path
    table = path.removeprefix("/rest/v1/").strip("/")
    return f"/rest/v1/{table}" if table in TABLES else ""


def is_storage(path: str) -> bool:
    return is_under(path, "/storage/v1")


def max_body(path: str) -> int:
    if is_under(path, "/functions/v1"):
        return int(settings.FUNCTION_BODY_BYTES)
    if is_under(path, "/auth/v1"):
        return int(settings.AUTH_BODY_BYTES)
    if is_under(path, "/realtime/v1"):
        return int(settings.REALTIME_BODY_BYTES)
    if is_under(path, "/rest/v1"):
        return int(settings.REST_BODY_BYTES)
    if is_storage(path):
        return int(settings.STORAGE_FILE_BYTES) + FORM_BYTES
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
        bindings=settings.REALTIME_BINDINGS,
        changes_waiting=settings.REALTIME_CHANGES_WAITING,
        change_reads=settings.REALTIME_CHANGE_READS,
        record_bytes=settings.REALTIME_RECORD_BYTES,
    )


refuse_to_serve()
django_application: Any = Handler()
rest = data_api()
storage = StorageAPI()
gallery = Worker()
realtime = Realtime(
    django_application,
    can_join=can_join,
    on_chatter=on_chatter,
    source=Records(rest),
    limits=socket_limits(),
    origins=settings.CORS_ORIGINS,
    public_channels=settings.REALTIME_PUBLIC_CHANNELS,
    shared=bool(settings.REDIS_URL),
)
readiness = Readiness(readiness_checks(), seconds=1.5)
probes = Probes(readiness, token=settings.METRICS_TOKEN, networks=settings.METRICS_NETWORKS)

begin(function_names())
functions.on_call(observe_call)
functions.on_call(recorder.record)
functions.open_by(rollouts.is_open)
House(
    realtime,
    pools={
        "functions": lambda: connection.pool,  # type: ignore[attr-defined]  # of the PostgreSQL backend
        "tables": lambda: rest.database.pool,
    },
    queues={
        "bus": lambda: realtime.bus.waiting if realtime.bus else 0,
        "calls": lambda: recorder.waiting,
        "mails": mails.waiting,
    },
).register()


async def route(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer tables and files here, in front of Django, whose own way in costs more than most of their answers."""
    if scope["type"] == "http" and is_under(scope["path"], "/rest/v1"):
        await rest(scope, receive, send)
        return
    if scope["type"] == "http" and scope["path"] in PROBES:
        await probes(scope, receive, send)
        return
    if scope["type"] == "http" and is_storage(scope["path"]):
        await storage(scope, receive, send)
        return
    if scope["type"] == "lifespan":
        gallery.start()
    await realtime(scope, receive, send)
    if scope["type"] == "lifespan":
        await asyncio.to_thread(gallery.stop)
        await rest.close()
        await storage.close()


application = Watch(
    Cors(
        Shell(
            route,
            max_body=max_body,
            body_timeout=settings.BODY_SECONDS,
            response_timeout=settings.RESPONSE_SECONDS,
            is_stream=is_storage,
            stream_rate=settings.STORAGE_BYTES_PER_SECOND,
            headers=security_headers(),
        ),
        origins=tuple(settings.CORS_ORIGINS),
    ),
    name_route=name_route,
)

resolve_schemas()
# What lives now lives as long as the process: the collector need not look at it again. With fewer, larger rounds the
# slowest answers of a busy server take a fifth of the time.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 50, 50)

import faulthandler
import os
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from fashionos.serving import Limits, serve
from insights import hits


class Command(BaseCommand):
    help = "Serve with daphne, hardened: limits on headers, bodies and silence. SIGTERM lets answers in flight finish."
    stealth_options = ("ready",)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))

    def handle(
        self, *, host: str, port: int, ready: Callable[[int], None] | None = None, **_: Any
    ) -> None:
        from fashionos.asgi import application, readiness  # noqa: PLC0415 -- freezes the heap: only once all is loaded

        # A library that crashes the process leaves word of where.
        faulthandler.enable()
        limits = Limits(
            header_timeout=settings.HEADER_SECONDS,
            keep_alive_timeout=settings.IDLE_SECONDS,
            send_timeout=settings.SEND_SECONDS,
            drain_seconds=settings.DRAIN_SECONDS,
            shutdown_timeout=settings.SHUTDOWN_SECONDS,
            receive_buffer=settings.RECEIVE_BUFFER_BYTES,
            websocket_max_message=settings.WEBSOCKET_MESSAGE_BYTES,
            websocket_handshake_timeout=settings.WEBSOCKET_HANDSHAKE_SECONDS,
            websocket_ping_interval=settings.WEBSOCKET_PING_SECONDS,
            websocket_ping_timeout=settings.WEBSOCKET_PONG_SECONDS,
        )
        ready = ready or (lambda actual: self.stdout.write(f"Serving on {host} port {actual}."))
        try:
            serve(
                application,
                host=host,
                port=port,
                ready=ready,
                limits=limits,
                stopping=readiness.stop,
            )
        finally:
            # While the database is there: `make run` stops it next.
            hits.settle()
            connection.close_pool()  # type: ignore[attr-defined]  # of the PostgreSQL backend

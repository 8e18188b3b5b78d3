"""/healthz, /readyz and /metrics, answered in front of Django: they have to work while nothing else does."""

import hmac
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address

import msgspec
from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

from fashionos.kit.shell import Receive, Scope, Send, first_header, problem
from fashionos.operating.health import Readiness

# Whoever sends these speaks for somebody else: the socket's address is not the client's.
_FORWARDED = (b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via")


class Probes:
    """An ASGI application for the three paths.

    Metrics are for who bears `token`; without a token, for clients that connect from `networks` themselves, not through
    a proxy.
    """

    def __init__(
        self, readiness: Readiness, *, token: str, networks: Iterable[IPv4Network | IPv6Network]
    ) -> None:
        self.readiness = readiness
        self.token = token.encode()
        self.networks = tuple(networks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 -- ASGI's signature
        path = scope["path"]
        if scope["method"] not in {"GET", "HEAD"}:
            await self.refuse(scope, send, 405, "method_not_allowed", "Only GET is answered here")
        elif path == "/healthz":
            await answer(send, 200, b'{"status":"ok"}')
        elif path == "/readyz":
            parts = await self.readiness.report()
            ready = set(parts.values()) <= {"ok"}
            document = {"status": "ready" if ready else "unavailable", "checks": parts}
            await answer(send, 200 if ready else 503, msgspec.json.encode(document))
        elif self.may_read_metrics(scope):
            accept = first_header(scope["headers"], b"accept") or b""
            encode, content_type = choose_encoder(accept.decode("latin-1"))
            await answer(send, 200, encode(REGISTRY), content_type.encode())
        elif self.token:
            message = "Send the metrics token as bearer"
            await self.refuse(scope, send, 401, "not_authenticated", message)
        else:
            message = "Metrics are told to this machine alone"
            await self.refuse(scope, send, 403, "forbidden", message)

    def may_read_metrics(self, scope: Scope) -> bool:
        headers = scope["headers"]
        if self.token:
            given = (first_header(headers, b"authorization") or b"").partition(b" ")
            return given[0].lower() == b"bearer" and hmac.compare_digest(given[2], self.token)
        if any(name in _FORWARDED for name, _ in headers):
            return False
        host = (scope.get("client") or ("", 0))[0]
        try:
            address = ip_address(host)
        except ValueError:  # a Unix socket
            return False
        return any(address in network for network in self.networks)

    async def refuse(self, scope: Scope, send: Send, status: int, code: str, message: str) -> None:
        _, headers, body = problem(scope["path"], scope["headers"], status, code, message)
        extra = {401: (b"www-authenticate", b"Bearer"), 405: (b"allow", b"GET, HEAD")}.get(status)
        await _send(send, status, [*headers, *([extra] if extra else [])], body)


async def answer(
    send: Send, status: int, body: bytes, content_type: bytes = b"application/json"
) -> None:
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if status >= 503:  # noqa: PLR2004 -- not ready
        headers.append((b"retry-after", b"1"))
    await _send(send, status, headers, body)


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

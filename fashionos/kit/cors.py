"""Cross-origin headers on every answer of the API, errors included, and on nothing else.

A browser reports an answer without them as a network failure, and the client then retries.
"""

from fashionos.kit.shell import App, Headers, Message, Receive, Scope, Send, first_header, is_under

API_PREFIXES = (
    "/auth/v1",
    "/rest/v1",
    "/functions/v1",
    "/privacy/v1",
    "/realtime/v1",
    "/storage/v1",
    "/healthz",
    "/readyz",
)
ALLOW_METHODS = b"GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS"
ALLOW_HEADERS = (
    b"authorization, apikey, x-client-info, content-type, accept-profile, content-profile, prefer, "
    b"range, x-supabase-api-version, x-retry-count, x-region, x-upsert, x-metadata, cache-control, "
    b"content-encoding, traceparent, tracestate, baggage"
)
# Without these the client loses counts, error codes and the reason of a relay error.
EXPOSE_HEADERS = (
    b"content-range, preference-applied, content-location, location, x-supabase-api-version, "
    b"x-sb-error-code, x-relay-error, sb-error-code, x-total-count, link, etag, retry-after, "
    b"ratelimit, ratelimit-policy, x-request-id"
)
MAX_AGE = b"7200"  # seconds; the most that Chrome keeps a preflight


class Cors:
    """Wrap an ASGI application; `origins` as browsers send them, or `("*",)` for any.

    Never allows credentials: callers authenticate by header, not by cookie.
    """

    def __init__(self, app: App, *, origins: tuple[str, ...]) -> None:
        self.app = app
        self.origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not any(is_under(scope["path"], p) for p in API_PREFIXES):
            await self.app(scope, receive, send)
            return
        headers = self.headers(scope["headers"])
        if (
            scope["method"] == "OPTIONS"
            and first_header(scope["headers"], b"origin") is not None
            and first_header(scope["headers"], b"access-control-request-method") is not None
        ):
            preflight = [
                *headers,
                (b"access-control-allow-methods", ALLOW_METHODS),
                (b"access-control-allow-headers", ALLOW_HEADERS),
                (b"access-control-max-age", MAX_AGE),
            ]
            await send({"type": "http.response.start", "status": 204, "headers": preflight})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [
                    header
                    for header in message.get("headers", ())
                    if not header[0].lower().startswith(b"access-control-")
                ]
                message = {**message, "headers": [*own, *headers]}
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def headers(self, request_headers: Headers) -> list[tuple[bytes, bytes]]:
        expose = (b"access-control-expose-headers", EXPOSE_HEADERS)
        if b"*" in self.origins:
            return [(b"access-control-allow-origin", b"*"), expose]
        # Caches must not hand one origin's answer to another.
        vary = (b"vary", b"Origin")
        origin = first_header(request_headers, b"origin")
        if origin not in self.origins:
            return [vary]
        return [(b"access-control-allow-origin", origin), expose, vary]

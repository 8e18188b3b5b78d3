import pytest

from fashionos.kit.cors import ALLOW_METHODS, API_PREFIXES, EXPOSE_HEADERS, Cors
from fashionos.kit.shell import Shell

ORIGIN = (b"origin", b"https://app.example")
PREFLIGHT = [ORIGIN, (b"access-control-request-method", b"PATCH")]


async def answering(scope, receive, send, *, status=200, headers=()):
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": b"body"})


async def call(app, *, path="/rest/v1/samples", method="GET", headers=()):
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "headers": list(headers),
    }
    await app(scope, receive, send)
    assert [m["type"] for m in sent] == ["http.response.start", "http.response.body"]
    return sent[0]["status"], sent[0]["headers"]


def anyone(app=answering):
    return Cors(app, origins=("*",))


def listed(app=answering):
    return Cors(app, origins=("https://app.example", "https://other.example"))


@pytest.mark.parametrize("path", API_PREFIXES)
async def test_every_answer_of_the_api_carries_the_headers(path):
    _, headers = await call(anyone(), path=path)
    assert (b"access-control-allow-origin", b"*") in headers
    assert (b"access-control-expose-headers", EXPOSE_HEADERS) in headers


@pytest.mark.parametrize("path", ["/admin/", "/", "/docs/", "/metrics", "/rest/v10/x", "/healthzz"])
async def test_nothing_else_does(path):
    status, headers = await call(anyone(), path=path, headers=[ORIGIN])
    assert (status, headers) == (200, [])
    status, headers = await call(anyone(), path=path, method="OPTIONS", headers=PREFLIGHT)
    assert (status, headers) == (200, [])


@pytest.mark.parametrize("status", [401, 404, 500, 503])
async def test_errors_carry_the_headers(status):
    async def app(scope, receive, send):
        await answering(scope, receive, send, status=status)

    got, headers = await call(anyone(app), headers=[ORIGIN])
    assert got == status
    assert (b"access-control-allow-origin", b"*") in headers


async def test_the_shells_own_refusals_carry_the_headers():
    app = anyone(Shell(answering, max_body=10))
    status, headers = await call(app, headers=[ORIGIN, (b"content-length", b"11")])
    assert status == 413
    assert (b"access-control-allow-origin", b"*") in headers


async def test_a_preflight_is_answered_before_the_application():
    async def app(scope, receive, send):
        pytest.fail("called")

    status, headers = await call(anyone(app), method="OPTIONS", headers=PREFLIGHT)
    assert status == 204
    headers = dict(headers)
    assert headers[b"access-control-allow-origin"] == b"*"
    assert headers[b"access-control-allow-methods"] == ALLOW_METHODS
    allowed = set(headers[b"access-control-allow-headers"].decode().split(", "))
    assert allowed >= {"authorization", "apikey", "x-client-info", "prefer", "x-retry-count"}


@pytest.mark.parametrize("headers", [[], [ORIGIN], PREFLIGHT[1:]])
async def test_other_options_requests_reach_the_application(headers):
    status, _ = await call(anyone(), method="OPTIONS", headers=headers)
    assert status == 200


async def test_a_listed_origin_is_named_and_told_apart_by_caches():
    _, headers = await call(listed(), headers=[ORIGIN])
    assert (b"access-control-allow-origin", b"https://app.example") in headers
    assert (b"access-control-expose-headers", EXPOSE_HEADERS) in headers
    assert (b"vary", b"Origin") in headers


@pytest.mark.parametrize("origin", [b"https://evil.example", b"null", b"https://app.example.evil"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_another_origin_is_not_allowed(origin, method):
    given = [(b"origin", origin), (b"access-control-request-method", b"GET")]
    _, headers = await call(listed(), method=method, headers=given)
    assert b"access-control-allow-origin" not in dict(headers)
    assert (b"vary", b"Origin") in headers


async def test_caches_are_told_even_without_an_origin():
    assert await call(listed()) == (200, [(b"vary", b"Origin")])


async def test_anyone_needs_no_vary():
    _, headers = await call(anyone(), headers=[ORIGIN])
    assert b"vary" not in dict(headers)


@pytest.mark.parametrize("cors", [anyone, listed])
async def test_the_applications_own_headers_are_replaced_and_credentials_never_allowed(cors):
    async def app(scope, receive, send):
        own = [
            (b"Access-Control-Allow-Origin", b"https://evil.example"),
            (b"access-control-allow-credentials", b"true"),
            (b"vary", b"Accept"),
        ]
        await answering(scope, receive, send, headers=own)

    _, headers = await call(cors(app), headers=[ORIGIN])
    assert b"access-control-allow-credentials" not in dict(headers)
    names = [name.lower() for name, _ in headers]
    assert names.count(b"access-control-allow-origin") == 1
    assert (b"vary", b"Accept") in headers


async def test_websockets_and_lifespan_pass_untouched():
    seen = []

    async def app(*args):
        seen.append(args)

    given = [
        ({"type": kind, "path": "/realtime/v1/websocket"}, object(), object())
        for kind in ("websocket", "lifespan")
    ]
    for args in given:
        await anyone(app)(*args)
    assert seen == given

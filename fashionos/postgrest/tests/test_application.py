"""Through the whole application: shell, CORS, body caps, HEAD, several headers of a name."""

import asyncio

import msgspec
import pytest
from django.conf import settings

from fashionos.testing.people import add_person


@pytest.fixture
def send(rest):
    """Ask the application that is served, whose own pool closes with the test."""
    from fashionos import asgi  # noqa: PLC0415 -- a server's module: freezes the heap

    def send(method, path, query="", body=b"", headers=()):
        messages = []
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(b"apikey", settings.PUBLISHABLE_KEYS[0].encode()), *headers],
        }

        async def receive():
            return {"type": "http.request", "body": body}

        async def answer(message):
            messages.append(message)

        rest.loop.run_until_complete(asgi.application(scope, receive, answer))
        start, *parts = messages
        return (
            start["status"],
            dict(start["headers"]),
            b"".join(part.get("body", b"") for part in parts),
        )

    yield send
    rest.loop.run_until_complete(asgi.rest.database.close())


def bearer(person):
    return (b"authorization", f"Bearer {person.token}".encode())


def test_a_page_comes_with_what_browsers_need(send):
    alice = add_person("alice@example.com")
    status, headers, body = send(
        "GET", "/rest/v1/user_preferences", "select=user_id", headers=[bearer(alice)]
    )
    assert (status, msgspec.json.decode(body)) == (200, [{"user_id": str(alice.id)}])
    assert headers[b"access-control-allow-origin"] == b"*"
    assert b"content-range" in headers[b"access-control-expose-headers"]
    assert headers[b"content-length"] == str(len(body)).encode()
    assert b"x-request-id" in headers


def test_head_has_the_headers_and_no_body(send):
    alice = add_person("alice@example.com")
    prefer = [(b"prefer", b"count=exact"), (b"prefer", b"return=minimal")]
    status, headers, body = send(
        "HEAD", "/rest/v1/user_preferences", "select=*", headers=[bearer(alice), *prefer]
    )
    assert (status, body) == (200, b"")
    assert headers[b"content-range"] == b"0-0/1"
    assert headers[b"preference-applied"] == b"count=exact, return=minimal"


def test_errors_carry_cors_headers_too(send):
    status, headers, body = send("GET", "/rest/v1/nope")
    assert (status, msgspec.json.decode(body)["code"]) == (404, "PGRST205")
    assert headers[b"access-control-allow-origin"] == b"*"


def test_a_body_past_the_cap_is_refused_in_the_dialect_s_shape(send):
    length = (b"content-length", str(settings.REST_BODY_BYTES + 1).encode())
    status, _, body = send("POST", "/rest/v1/samples", body=b"{}", headers=[length])
    assert status == 413
    assert set(msgspec.json.decode(body)) == {"code", "message", "details", "hint"}


def test_requests_of_many_people_at_once_stay_apart(rest):
    people = [add_person(f"p{n}@example.com") for n in range(4)]
    requests = [
        rest.request(person, "GET", "user_preferences", "select=user_id") for person in people
    ] * 25
    answers = rest.run(requests)
    expected = [[{"user_id": str(person.id)}] for person in people] * 25
    assert [answer.document for answer in answers] == expected


def test_a_slow_pool_is_an_answer_that_may_be_repeated(rest):
    alice = add_person("alice@example.com")
    rest.api.database.max_size, rest.api.database.timeout = 1, 0.05

    async def hold():
        assert (await rest.api.answer(request)).status == 200
        async with rest.api.database.pool.connection():
            return await rest.api.answer(request)

    request = rest.request(alice, "GET", "user_preferences")
    answer = rest.loop.run_until_complete(asyncio.wait_for(hold(), 5))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")

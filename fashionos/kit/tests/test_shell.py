import asyncio
import json
import logging

import pytest

from fashionos.kit.shell import Shell, problem

FAMILIES = [
    "/auth/v1/token",
    "/rest/v1/samples",
    "/storage/v1/object/a",
    "/functions/v1/chat",
    "/x",
]


async def echo(scope, receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-own", b"1")]})
    await send({"type": "http.response.body", "body": body})


def shell(app=echo, *, max_body=100, body_timeout=5.0, response_timeout=5.0):
    return Shell(
        app, max_body=max_body, body_timeout=body_timeout, response_timeout=response_timeout
    )


class Answer:
    def __init__(self, messages):
        self.started = [m for m in messages if m["type"] == "http.response.start"]
        self.finished = bool(messages) and not messages[-1].get("more_body", False)
        self.status = self.started[0]["status"]
        self.headers = dict(self.started[0]["headers"])
        self.body = b"".join(m.get("body", b"") for m in messages)

    @property
    def json(self):
        return json.loads(self.body)


async def call(app, *, path="/x", headers=(), chunks=(b"",), pause=0.0, state=None, ending=None):
    """Drive an ASGI application as a streaming server does, one message for each chunk."""
    sent = []
    chunks = list(chunks)
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "headers": list(headers),
    }
    if state is not None:
        scope["state"] = state

    async def receive():
        if not chunks:
            if ending is not None:
                return ending
            await asyncio.Event().wait()
        await asyncio.sleep(pause)
        body = chunks.pop(0)
        more = bool(chunks) or ending is not None
        return {"type": "http.request", "body": body, "more_body": more}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return Answer(sent) if sent else None


async def test_a_request_within_the_limits_passes_unchanged():
    answer = await call(shell(), chunks=[b"a" * 60, b"b" * 40])
    assert (answer.status, answer.body) == (200, b"a" * 60 + b"b" * 40)
    assert answer.headers[b"x-own"] == b"1"


async def test_the_body_streams_to_the_application_chunk_by_chunk():
    seen = []

    async def app(scope, receive, send):
        more = True
        while more:
            message = await receive()
            seen.append(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    assert (await call(shell(app), chunks=[b"1", b"2", b"3"])).status == 204
    assert seen == [b"1", b"2", b"3"]


async def test_a_content_length_over_the_cap_is_refused_before_the_application_is_called():
    async def app(scope, receive, send):
        pytest.fail("called")

    answer = await call(shell(app), headers=[(b"content-length", b"101")])
    assert answer.status == 413
    assert answer.headers[b"connection"] == b"close"
    assert len(answer.body) == int(answer.headers[b"content-length"])


async def test_a_content_length_at_the_cap_is_accepted():
    headers = [(b"content-length", b"100")]
    assert (await call(shell(), headers=headers, chunks=[b"a" * 100])).status == 200


async def test_a_body_that_grows_over_the_cap_is_refused_and_the_late_answer_dropped():
    seen = []

    async def app(scope, receive, send):
        while (message := await receive())["type"] == "http.request":
            seen.append(message["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"late"})

    answer = await call(shell(app), chunks=[b"a" * 60, b"b" * 60, b"c" * 60])
    assert seen == [b"a" * 60]
    assert (answer.status, len(answer.started)) == (413, 1)
    assert b"late" not in answer.body


async def test_a_content_length_that_understates_the_body_does_not_defeat_the_cap():
    headers = [(b"content-length", b"3")]
    assert (await call(shell(), headers=headers, chunks=[b"a" * 101])).status == 413


async def test_the_cap_may_depend_on_the_path():
    app = shell(max_body=lambda path: 1000 if path == "/big" else 10)
    assert (await call(app, path="/big", chunks=[b"a" * 500])).status == 200
    assert (await call(app, path="/small", chunks=[b"a" * 500])).status == 413


@pytest.mark.parametrize("length", [b"", b"-1", b"+1", b"1_0", b"1.0", b"0x1", b"9" * 5000])
async def test_a_malformed_content_length_is_400(length):
    assert (await call(shell(), headers=[(b"content-length", length)])).status == 400


@pytest.mark.parametrize("encoding", [b"gzip", b"br", b"identity, gzip", b"deflate"])
async def test_an_encoded_body_is_415(encoding):
    answer = await call(shell(), headers=[(b"content-encoding", encoding)])
    assert answer.status == 415
    assert answer.headers[b"accept-encoding"] == b"identity"


async def test_identity_is_no_encoding():
    assert (await call(shell(), headers=[(b"content-encoding", b"Identity")])).status == 200


async def test_the_body_deadline_is_a_total_that_a_dribble_does_not_extend():
    app = shell(body_timeout=0.2)
    async with asyncio.timeout(1):
        answer = await call(app, chunks=[b"a"] * 50, pause=0.05)
    assert answer.status == 408


async def test_an_application_that_reads_slowly_does_not_spend_the_clients_time():
    async def app(scope, receive, send):
        async def slowly():
            await asyncio.sleep(0.05)
            return await receive()

        await echo(scope, slowly, send)

    answer = await call(shell(app, body_timeout=0.1), chunks=[b"a"] * 5)
    assert answer.status == 200


async def test_an_application_that_never_answers_is_answered_for_and_left_alone():
    dropped = asyncio.Event()

    async def app(scope, receive, send):
        await receive()
        await asyncio.sleep(0.3)
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        dropped.set()

    answer = await call(shell(app, response_timeout=0.1))
    assert answer.status == 503
    assert answer.headers[b"retry-after"].isdigit()
    assert len(answer.started) == 1
    assert b"connection" not in answer.headers  # the body was read, so the connection may go on
    assert dropped.is_set()


async def test_the_client_is_answered_while_the_application_still_hangs():
    released = asyncio.Event()
    sent = []

    async def app(scope, receive, send):
        await released.wait()

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/", "headers": []}
    task = asyncio.create_task(shell(app, response_timeout=0.05)(scope, None, send))
    await asyncio.sleep(0.2)
    assert not task.done()
    assert [m.get("status") for m in sent] == [503, None]
    released.set()
    await task


async def test_waiting_for_the_body_does_not_spend_the_applications_time():
    app = shell(body_timeout=1.0, response_timeout=0.1)
    assert (await call(app, chunks=[b"a"] * 4, pause=0.06)).status == 200


async def test_an_answer_that_has_started_may_take_as_long_as_it_likes():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(0.15)
        await send({"type": "http.response.body", "body": b"done"})

    answer = await call(shell(app, response_timeout=0.05))
    assert (answer.status, answer.body) == (200, b"done")


async def test_a_body_over_the_cap_after_the_answer_started_reads_as_a_disconnect():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        assert (await receive())["type"] == "http.disconnect"

    answer = await call(shell(app), chunks=[b"a" * 101])
    assert answer.status == 200
    assert len(answer.started) == 1


async def test_an_escaped_exception_is_500_json_and_is_logged_with_the_request_id(caplog):
    async def app(scope, receive, send):
        message = "secret detail"
        raise ValueError(message)

    answer = await call(shell(app), headers=[(b"x-request-id", b"abc")])
    assert answer.status == 500
    assert answer.json == {
        "error": {"code": "unexpected_failure", "message": "Internal server error"}
    }
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("fashionos.shell", logging.ERROR)
    assert record.request_id == "abc"
    assert "abc" in record.getMessage()
    assert record.exc_info is not None


async def test_an_exception_after_the_answer_started_leaves_it_unfinished(caplog):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError

    answer = await call(shell(app))
    assert (answer.status, answer.body, answer.finished) == (200, b"half", False)
    assert len(caplog.records) == 1


async def test_an_application_that_returns_without_an_answer_is_500(caplog):
    async def app(scope, receive, send):
        pass

    assert (await call(shell(app))).status == 500
    assert len(caplog.records) == 1


@pytest.mark.parametrize("chunks", [[b"a"], []])
async def test_a_client_that_hangs_up_is_no_error(chunks, caplog):
    answer = await call(shell(), chunks=chunks, ending={"type": "http.disconnect"})
    assert answer is None
    assert not caplog.records


async def test_cancelling_the_request_cancels_the_application():
    async def app(scope, receive, send):
        await asyncio.Event().wait()

    task = asyncio.create_task(call(shell(app)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("given", [b"a", b"A-z_0.9", b"x" * 64])
async def test_a_well_formed_request_id_is_kept(given):
    answer = await call(shell(), headers=[(b"x-request-id", given)])
    assert answer.headers[b"x-request-id"] == given


@pytest.mark.parametrize("given", [b"", b"x" * 65, b"a b", b"a\n", b"\xff", b"<b>"])
async def test_a_malformed_request_id_is_replaced(given):
    answer = await call(shell(), headers=[(b"x-request-id", given)])
    assert answer.headers[b"x-request-id"] != given
    assert len(answer.headers[b"x-request-id"]) == 32


async def test_every_refusal_carries_the_request_id():
    headers = [(b"x-request-id", b"abc"), (b"content-length", b"101")]
    assert (await call(shell(), headers=headers)).headers[b"x-request-id"] == b"abc"


async def test_the_application_cannot_send_a_second_request_id():
    async def app(scope, receive, send):
        headers = [(b"X-Request-Id", b"own")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})

    answer = await call(shell(app), headers=[(b"x-request-id", b"abc")])
    assert [v for k, v in answer.started[0]["headers"] if k.lower() == b"x-request-id"] == [b"abc"]


async def test_each_request_gets_a_state_of_its_own():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["state"])
        await echo(scope, receive, send)

    shared = {"pool": 1}
    for request_id in (b"one", b"two"):
        await call(shell(app), headers=[(b"x-request-id", request_id)], state=shared)
    assert seen == [{"pool": 1, "request_id": "one"}, {"pool": 1, "request_id": "two"}]
    assert shared == {"pool": 1}


async def test_websockets_pass_with_their_channels_and_a_request_id():
    async def app(scope, receive, send):
        seen.append((scope["state"]["request_id"], receive, send))

    seen = []
    receive, send = object(), object()
    scope = {"type": "websocket", "path": "/", "headers": [(b"x-request-id", b"abc")]}
    await shell(app)(scope, receive, send)
    assert seen == [("abc", receive, send)]


async def test_lifespan_passes_untouched():
    async def app(*args):
        seen.extend(args)

    seen = []
    given = [{"type": "lifespan"}, object(), object()]
    await shell(app)(*given)
    assert all(a is b for a, b in zip(seen, given, strict=True))


REFUSALS = {
    400: {"headers": [(b"content-length", b"x")]},
    408: {"chunks": [b"a"] * 9, "pause": 0.03},
    413: {"chunks": [b"a" * 101]},
    415: {"headers": [(b"content-encoding", b"gzip")]},
}


@pytest.mark.parametrize("path", FAMILIES)
@pytest.mark.parametrize("status", REFUSALS)
async def test_every_refusal_has_the_shape_of_its_family(path, status):
    answer = await call(shell(body_timeout=0.1), path=path, **REFUSALS[status])
    assert answer.status == status
    assert answer.headers[b"content-type"] == b"application/json; charset=utf-8"
    assert_shape(path, answer.json)


def assert_shape(path, body):
    keys = {
        "/auth/v1/token": {"code", "error_code", "msg"},
        "/rest/v1/samples": {"code", "message", "details", "hint"},
        "/storage/v1/object/a": {"statusCode", "error", "message", "code"},
    }
    assert set(body) == keys.get(path, {"error"})


@pytest.mark.parametrize("version", [b"2024-01-01", b"2025-06-30"])
def test_the_auth_family_answers_in_the_2024_format_when_asked(version):
    headers = [(b"x-supabase-api-version", version)]
    answer = problem("/auth/v1/signup", headers, 413, "request_entity_too_large", "Too large")
    assert json.loads(answer.body) == {"code": "request_entity_too_large", "message": "Too large"}
    assert dict(answer.headers)[b"x-supabase-api-version"] == b"2024-01-01"
    assert dict(answer.headers)[b"x-sb-error-code"] == b"request_entity_too_large"


@pytest.mark.parametrize("version", [b"2023-12-31", b"", b"latest", b"9"])
def test_the_auth_family_answers_in_the_old_format_otherwise(version):
    headers = [(b"x-supabase-api-version", version)]
    answer = problem("/auth/v1/signup", headers, 413, "request_entity_too_large", "Too large")
    assert json.loads(answer.body) == {
        "code": 413,
        "error_code": "request_entity_too_large",
        "msg": "Too large",
    }
    assert b"x-supabase-api-version" not in dict(answer.headers)


def test_the_rest_family_names_the_error_in_proxy_status():
    answer = problem("/rest/v1/samples", [], 415, "unsupported_media_type", "No")
    assert json.loads(answer.body) == {
        "code": "unsupported_media_type",
        "message": "No",
        "details": None,
        "hint": None,
    }
    proxy_status = dict(answer.headers)[b"proxy-status"]
    assert proxy_status == b"PostgREST; error=unsupported_media_type"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("request_entity_too_large", ("EntityTooLarge", "Payload too large")),
        ("unexpected_failure", ("InternalError", "InternalError")),
        ("SlowDown", ("SlowDown", "SlowDown")),
    ],
)
def test_the_storage_family_has_its_own_names(code, names):
    answer = problem("/storage/v1/object/a", [], 413, code, "No")
    assert json.loads(answer.body) == {
        "statusCode": "413",
        "error": names[1],
        "message": "No",
        "code": names[0],
    }


@pytest.mark.parametrize("path", ["/auth/v10/x", "/", "/admin/", "/functions/v1/chat"])
def test_everything_else_has_the_shape_of_functions(path):
    answer = problem(path, [], 500, "unexpected_failure", "No")
    assert json.loads(answer.body) == {"error": {"code": "unexpected_failure", "message": "No"}}

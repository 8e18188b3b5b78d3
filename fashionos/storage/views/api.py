"""The endpoint of the dialect, `/storage/v1`: an ASGI application in front of Django, so that bodies stream.

The database is asked in threads, in short transactions: none is open while bytes come or go.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from django.conf import settings

from fashionos.kit.shell import Receive, Scope, Send
from fashionos.storage.access import identify
from fashionos.storage.actors import NOBODY
from fashionos.storage.problems import Problem, failed, no_route, not_offered
from fashionos.storage.requests import PREFIX, Answer, Gone, Request, Stream, decode, refusal
from fashionos.storage.stores import Reader
from fashionos.storage.views import buckets, files, objects
from fashionos.storage.views.calls import Call, Handler
from fashionos.storage.work import Work

logger = logging.getLogger("fashionos.storage")

_PIECE = 256 * 1024  # bytes that are read and sent at once


class Route(NamedTuple):
    """`{bucket}` is one segment, `{path}` all that follow. What is `is_open` asks nobody who they are."""

    method: str
    pattern: str
    handler: Handler
    is_open: bool = False


# The first that fits: buckets cannot be named as the words here.
ROUTES = (
    Route("GET", "bucket", buckets.list_all),
    Route("POST", "bucket", buckets.add),
    Route("GET", "bucket/{bucket}", buckets.get),
    Route("PUT", "bucket/{bucket}", buckets.change),
    Route("DELETE", "bucket/{bucket}", buckets.remove),
    Route("POST", "bucket/{bucket}/empty", buckets.empty),
    Route("POST", "object/list/{bucket}", objects.list_objects),
    Route("POST", "object/list-v2/{bucket}", objects.list_v2),
    Route("POST", "object/move", objects.move),
    Route("POST", "object/copy", objects.copy),
    Route("POST", "object/sign/{bucket}", objects.sign_many),
    Route("POST", "object/sign/{bucket}/{path}", objects.sign),
    Route("GET", "object/sign/{bucket}/{path}", files.download_signed, is_open=True),
    Route("POST", "object/upload/sign/{bucket}/{path}", objects.sign_upload),
    Route("PUT", "object/upload/sign/{bucket}/{path}", files.upload_signed, is_open=True),
    Route("GET", "object/info/public/{bucket}/{path}", objects.info, is_open=True),
    Route("GET", "object/info/authenticated/{bucket}/{path}", objects.info),
    Route("GET", "object/info/{bucket}/{path}", objects.info),
    Route("GET", "object/public/{bucket}/{path}", files.download, is_open=True),
    Route("GET", "object/authenticated/{bucket}/{path}", files.download),
    Route("GET", "object/{bucket}/{path}", files.download),
    Route("POST", "object/{bucket}/{path}", files.upload),
    Route("PUT", "object/{bucket}/{path}", files.upload),
    Route("DELETE", "object/{bucket}", objects.remove),
    Route("DELETE", "object/{bucket}/{path}", objects.remove_one),
    Route("GET", "render/image/authenticated/{bucket}/{path}", files.render),
    Route("GET", "render/image/public/{bucket}/{path}", files.render, is_open=True),
    Route("GET", "render/image/sign/{bucket}/{path}", files.render_signed, is_open=True),
)


def find_route(method: str, parts: Sequence[str]) -> tuple[Route, str, Sequence[str]] | None:
    """Return the route of a path, the bucket in it and what follows; both still percent-encoded."""
    for route in ROUTES:
        if route.method == method and (found := _match(route.pattern.split("/"), parts)):
            return route, *found
    return None


def _match(pattern: Sequence[str], parts: Sequence[str]) -> tuple[str, Sequence[str]] | None:
    bucket = ""
    for at, word in enumerate(pattern):
        rest = parts[at:]
        if word == "{path}":
            return (bucket, rest) if any(rest) else None
        if not rest or word not in {"{bucket}", rest[0]}:
            return None
        bucket = rest[0] if word == "{bucket}" else bucket
    return (bucket, ()) if len(parts) == len(pattern) else None


class StorageAPI:
    def __init__(self) -> None:
        self.work = Work(settings.STORAGE_THREADS)

    async def close(self) -> None:
        self.work.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            answer = await self.answer(request)
        except Gone:
            return
        start = {"type": "http.response.start", "status": answer.status}
        headers = [
            (name.lower().encode(), value.encode("latin-1", "replace"))
            for name, value in answer.headers.items()
        ]
        is_head = scope["method"] == "HEAD"
        if isinstance(answer, Stream):
            await send({**start, "headers": headers})
            await self.stream(answer.reader, receive, send, is_head=is_head)
            return
        if answer.status != 304:  # noqa: PLR2004 -- HTTP
            headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if is_head else answer.body})

    async def stream(self, reader: Reader, receive: Receive, send: Send, *, is_head: bool) -> None:
        """Send what the reader holds, until the client hangs up."""
        gone = asyncio.ensure_future(_hang_up(receive))
        try:
            while not (is_head or gone.done()):
                data = await self.work.run(partial(reader.read, _PIECE))
                if not data:
                    break
                await send({"type": "http.response.body", "body": data, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            self.work.soon(reader.close)

    async def answer(self, request: Request) -> Answer | Stream:
        try:
            return await self.dispatch(request)
        except Problem as problem:
            return refusal(problem)
        except Gone:
            raise
        except Exception:
            logger.exception("unexpected error")
            return refusal(failed())

    async def dispatch(self, request: Request) -> Answer | Stream:
        found = find_route(request.method, request.parts)
        if found is None:
            raise _no_route(request)
        route, bucket, parts = found
        request.told(f"{PREFIX}{route.pattern}")
        if route.is_open:
            actor = NOBODY
        else:
            given = request.headers
            actor = identify(given.get("authorization", ""), given.get("apikey", ""))
        return await route.handler(Call(self.work, request, actor, decode([bucket]), parts))


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _no_route(request: Request) -> Problem:
    if request.parts[:2] == ["upload", "resumable"]:
        return not_offered("Resumable upload")
    if request.parts[0] in {"vector", "iceberg", "s3", "cdn"}:
        return not_offered(f"/{request.parts[0]}")
    return no_route(request.method, "/" + "/".join(request.parts))

"""`/object` with bytes: uploads and downloads, and pictures made smaller."""

import hashlib
from collections.abc import AsyncIterator
from functools import partial
from typing import NamedTuple
from urllib.parse import unquote
from uuid import uuid4

import msgspec
from django.conf import settings
from django.http import HttpRequest

from fashionos.kit import throttles
from fashionos.storage import images, links, services
from fashionos.storage.actors import NOBODY, SERVER, Actor
from fashionos.storage.downloads import content_headers, head
from fashionos.storage.links import Link, Scope
from fashionos.storage.models import StoredObject
from fashionos.storage.problems import bad_request, no_object, slow_down
from fashionos.storage.requests import Answer, Request, Stream, answer
from fashionos.storage.schemas import Transform
from fashionos.storage.services import NewFile
from fashionos.storage.stores import store
from fashionos.storage.transactions import keep
from fashionos.storage.uploads import Draft, Reading, reading
from fashionos.storage.views.calls import Call

_PIECE = (
    1024 * 1024
)  # bytes that are written at once; what is smaller waits in memory for the body's end
FORM_BYTES = 65_536  # of a form around its file


# Uploads


class _Target(NamedTuple):
    """What an upload is to be called, and who says so."""

    actor: Actor
    bucket_id: str
    name: str
    upsert: bool


async def upload(call: Call) -> Answer:
    # PUT replaces what is there, and puts there what is not.
    upsert = call.request.upsert or call.request.method == "PUT"
    return await _receive(call, _Target(call.actor, call.bucket_id, call.name, upsert))


async def upload_signed(call: Call) -> Answer:
    link = _read_link("upload", call)
    bucket_id, _, name = link.url.partition("/")
    return await _receive(call, _Target(link.actor, bucket_id, name, link.upsert))


async def _receive(call: Call, target: _Target) -> Answer:
    """Write the body to the store as it comes, then give it its name. Nothing stays of what was not finished.

    What fits into one piece needs one thread and one transaction, once it has arrived.
    """
    actor, bucket_id, name, upsert = target
    services.check_name(actor, name)
    body, draft = reading(call.request.headers), Draft(store(), uuid4())
    chunks = call.request.chunks()
    try:
        piece, more = await _piece(chunks, body)
        size = len(piece)
        if more:
            bucket = await call.work.act(
                actor, lambda: services.check_upload(actor, bucket_id, name, upsert=upsert)
            )
            # What the client says that it will send is refused before it has sent it.
            services.check_file(bucket, body.mimetype, call.request.length - FORM_BYTES)
            while more:
                services.check_file(bucket, body.mimetype, size)
                await call.work.run(partial(draft.write, piece))
                piece, more = await _piece(chunks, body)
                size += len(piece)
        file = body.file(draft.version, size)
    except BaseException:
        # In a thread even if this task is being cancelled, which cannot wait.
        call.work.soon(draft.drop)
        raise
    row = await call.work.run(partial(_finish, draft, piece, target, file))
    return answer({"Id": str(row.id), "Key": str(row)})


async def _piece(chunks: AsyncIterator[bytes], body: Reading) -> tuple[bytes, bool]:
    """Return the next bytes of the file, and whether there may be more."""
    piece = bytearray()
    async for chunk in chunks:
        piece += body.feed(chunk)
        if len(piece) >= _PIECE:
            return bytes(piece), True
    return bytes(piece), False


def _finish(draft: Draft, rest: bytes, target: _Target, file: NewFile) -> StoredObject:
    """Make the file last and name it: in one thread, which goes on if the request is cancelled meanwhile."""
    actor, bucket_id, name, upsert = target
    try:
        _count(actor)
        draft.finish(rest)
    except BaseException:
        draft.drop()
        raise
    return keep(
        actor,
        lambda: services.put_object(actor, bucket_id, name, file, upsert=upsert),
        drop=draft.drop,
    )


def _count(actor: Actor) -> None:
    if actor.user_id is not None and (
        seconds := throttles.door(
            HttpRequest(), "upload", settings.STORAGE_UPLOAD_RATE, str(actor.user_id)
        )
    ):
        raise slow_down(seconds)


# Downloads


async def download(call: Call) -> Answer | Stream:
    return await _send(call, call.actor, call.bucket_id, call.name, is_private=call.actor != NOBODY)


async def download_signed(call: Call) -> Answer | Stream:
    link = _read_link("download", call)
    bucket_id, _, name = link.url.partition("/")
    return await _send(call, SERVER, bucket_id, name)


async def _send(
    call: Call, actor: Actor, bucket_id: str, name: str, *, is_private: bool = False
) -> Answer | Stream:
    """Answer with an object, or the part of it that is asked for.

    The file is opened after the transaction: if it was replaced in between, the second look finds the new one.
    """
    work, request = call.work, call.request
    version = request.parameter("versionId")

    def find() -> StoredObject:
        return services.find_object(actor, bucket_id, name, version=version)

    for _ in range(2):
        row = await work.act(actor, find)
        shown = head(
            row, request.headers, download=request.parameter("download"), is_private=is_private
        )
        if shown.range is None:
            return Answer(shown.status, shown.headers)
        try:
            reader = await work.run(partial(store().read, row.version, *shown.range))
        except FileNotFoundError:
            continue
        return Stream(shown.status, shown.headers, reader)
    raise no_object()


def _read_link(scope: Scope, call: Call) -> Link:
    """Return what the request's token lets do to the object of the path. Raises Problem."""
    token, url = call.request.parameter("token") or "", f"{call.bucket_id}/{call.name}"
    # Clients that encode a signed URL once more than it needs mean the same.
    return links.read(scope, token, {url, unquote(url)})


# Pictures


async def render(call: Call) -> Answer:
    asked = _asked(call.request)
    return await _transformed(call, call.actor, call.bucket_id, call.name, asked)


async def render_signed(call: Call) -> Answer:
    link = _read_link("download", call)
    bucket_id, _, name = link.url.partition("/")
    asked = msgspec.json.decode(link.transform, type=Transform) if link.transform else Transform()
    return await _transformed(call, SERVER, bucket_id, name, asked)


def _asked(request: Request) -> Transform:
    said = {name: values[0] for name, values in request.query.items()}
    try:
        return msgspec.convert(said, Transform, strict=False)
    except msgspec.ValidationError as error:
        raise bad_request(str(error)) from error


async def _transformed(
    call: Call, actor: Actor, bucket_id: str, name: str, asked: Transform
) -> Answer:
    work, request = call.work, call.request
    row = await work.act(actor, lambda: services.find_object(actor, bucket_id, name))
    if row.size > images.MOST_BYTES or row.content_encoding:
        raise bad_request("The object is no picture that can be transformed")
    accepts_webp = "image/webp" in request.headers.get("accept", "")
    recipe = msgspec.json.encode((row.version, asked, accepts_webp))
    tag = f'"{hashlib.sha256(recipe).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": row.cache_control, "Vary": "Accept, Authorization"}
    if tag in request.headers.get("if-none-match", ""):
        return Answer(304, headers)

    def make() -> tuple[bytes, str]:
        with store().open(row.version) as file:
            return images.transform(file, asked, accepts_webp=accepts_webp)

    try:
        async with work.pictures:
            body, mimetype = await work.run(make)
    except FileNotFoundError as error:
        raise no_object() from error
    disposition = content_headers(row, download=request.parameter("download"))
    headers |= disposition | {"Content-Type": mimetype}
    return Answer(200, headers, body)

"""`/object` without bytes: list, info, remove, move, copy, sign."""

import time
from urllib.parse import quote
from uuid import uuid4

import msgspec
from django.conf import settings

from fashionos.storage import documents, links, services
from fashionos.storage.actors import Actor
from fashionos.storage.links import LONGEST_SECONDS, Link
from fashionos.storage.listing import Order, Page, list_folder, list_prefix
from fashionos.storage.models import StoredObject
from fashionos.storage.names import is_prefix
from fashionos.storage.problems import bad_key, bad_request, no_object
from fashionos.storage.requests import Answer, answer
from fashionos.storage.schemas import (
    List,
    ListV2,
    Overrides,
    Remove,
    Sign,
    SignMany,
    SortBy,
    SortByV2,
    Transfer,
)
from fashionos.storage.stores import store
from fashionos.storage.transactions import keep
from fashionos.storage.uploads import describe
from fashionos.storage.views.calls import Call

_MOST_REMOVED = 1_000
_MOST_LISTED = 1_000
_COLUMNS = {"last_accessed_at": "created_at"}  # who reads what is not written down


async def list_objects(call: Call) -> Answer:
    asked = await call.request.document(List)
    folder = asked.prefix.lstrip("/")
    if folder and not folder.endswith("/"):
        folder += "/"
    search = asked.search or ""
    _check_prefix(folder + search)
    folders, rows = await call.act(
        lambda: list_folder(
            call.actor,
            call.bucket_id,
            folder,
            search=search,
            order=_order(asked.sort_by),
            limit=asked.limit,
            offset=asked.offset,
        ),
    )
    return answer(
        [documents.folder(name[len(folder) : -1]) for name in folders]
        + [documents.listed(row, below=folder) for row in rows]
    )


async def list_v2(call: Call) -> Answer:
    asked = await call.request.document(ListV2)
    _check_prefix(asked.prefix)
    page: Page = await call.act(
        lambda: list_prefix(
            call.actor,
            call.bucket_id,
            asked.prefix,
            grouped=asked.with_delimiter,
            order=_order(asked.sort_by),
            limit=min(asked.limit, _MOST_LISTED),
            cursor=asked.cursor,
        ),
    )
    document = {
        "hasNext": page.cursor is not None,
        "folders": [{"name": name, "key": name[:-1]} for name in page.folders],
        "objects": [{**documents.listed(row), "key": row.name} for row in page.objects],
    }
    return answer(document | ({"nextCursor": page.cursor} if page.cursor else {}))


async def info(call: Call) -> Answer:
    row = await call.act(
        lambda: services.find_object(
            call.actor, call.bucket_id, call.name, version=call.request.parameter("versionId")
        )
    )
    return answer(documents.info(row))


async def remove(call: Call) -> Answer:
    asked = await call.request.document(Remove)
    if len(asked.prefixes) > _MOST_REMOVED:
        raise bad_request(f"prefixes holds more than {_MOST_REMOVED} names")
    names = {
        name: version
        for name, version in (
            (entry, None) if isinstance(entry, str) else (entry.path, entry.version_id)
            for entry in asked.prefixes
        )
        if is_prefix(name)
    }
    rows = await call.act(lambda: services.remove_objects(call.actor, call.bucket_id, names))
    return answer([documents.removed(row) for row in rows])


async def remove_one(call: Call) -> Answer:
    def do() -> None:
        if not services.remove_objects(call.actor, call.bucket_id, {call.name: None}):
            raise no_object()

    await call.act(do)
    return answer({"message": "Successfully deleted"})


async def move(call: Call) -> Answer:
    asked = await call.request.document(Transfer)
    bucket_id = asked.destination_bucket or asked.bucket_id
    row = await call.act(
        lambda: services.move_object(
            call.actor,
            _source(call.actor, asked),
            bucket_id,
            asked.destination_key,
        ),
    )
    return answer({"message": "Successfully moved", "Id": str(row.id), "Key": str(row)})


async def copy(call: Call) -> Answer:
    """Copy the bytes between two transactions: one looks for the source, the other names the copy."""
    asked = await call.request.document(Transfer)
    bucket_id, name = asked.destination_bucket or asked.bucket_id, asked.destination_key
    upsert = call.request.upsert

    def check() -> StoredObject:
        source = _source(call.actor, asked)
        bucket = services.check_upload(call.actor, bucket_id, name, upsert=upsert)
        services.check_file(bucket, _copied(asked, source).mimetype, source.size)
        return source

    source = await call.act(check)
    file = _copied(asked, source)

    def write() -> StoredObject:
        store().copy(source.version, file.version)
        return keep(
            call.actor,
            lambda: services.put_object(call.actor, bucket_id, name, file, upsert=upsert),
            drop=lambda: store().remove([file.version]),
        )

    try:
        row = await call.work.run(write)
    except FileNotFoundError as error:
        raise no_object() from error
    return answer({"Id": str(row.id), "Key": str(row), **documents.removed(row)})


def _copied(asked: Transfer, source: StoredObject) -> services.NewFile:
    """Describe the copy. Raises Problem."""
    if asked.copy_metadata:
        said, metadata = Overrides(), source.metadata
    else:
        said, metadata = asked.metadata or Overrides(), {}
    encoding = said.content_encoding
    described = describe(
        said.mimetype or source.mimetype,
        said.cache_control or source.cache_control,
        source.content_encoding if encoding is None else encoding,
    )
    return described._replace(version=uuid4(), size=source.size, metadata=metadata)


def _source(actor: Actor, asked: Transfer) -> StoredObject:
    return services.find_object(
        actor, asked.bucket_id, asked.source_key, version=asked.source_version_id
    )


# Signing


async def sign(call: Call) -> Answer:
    asked = await call.request.document(Sign)
    row = await call.act(
        lambda: services.find_object(
            call.actor, call.bucket_id, call.name, version=asked.version_id
        ),
    )
    transform = asked.transform and msgspec.json.encode(asked.transform).decode()
    return answer({"signedURL": _signed(str(row), asked.expires_in, transform or "")})


async def sign_many(call: Call) -> Answer:
    """Sign those that are there; of the others `error` says that they are not."""
    asked = await call.request.document(SignMany)
    names = [path for path in asked.paths if is_prefix(path)]
    found = await call.act(lambda: services.find_names(call.actor, call.bucket_id, names))
    error = "Either the object does not exist or you do not have access to it"
    return answer(
        [
            {
                "error": None if path in found else error,
                "path": path,
                "signedURL": _signed(f"{call.bucket_id}/{path}", asked.expires_in)
                if path in found
                else None,
            }
            for path in asked.paths
        ]
    )


async def sign_upload(call: Call) -> Answer:
    actor, upsert = call.actor, call.request.upsert
    await call.act(lambda: services.check_upload(actor, call.bucket_id, call.name, upsert=upsert))
    url = f"{call.bucket_id}/{call.name}"
    link = Link(url, actor.user_id, actor.session_id, upsert)
    seconds = settings.STORAGE_UPLOAD_LINK_SECONDS
    token = links.sign("upload", link, now=int(time.time()), seconds=seconds)
    return answer({"url": f"/object/upload/sign/{quote(url)}?token={token}", "token": token})


def _signed(url: str, seconds: int, transform: str = "") -> str:
    if seconds > LONGEST_SECONDS:
        raise bad_request(f"expiresIn is at most {LONGEST_SECONDS}")
    token = links.sign(
        "download", Link(url, transform=transform), now=int(time.time()), seconds=seconds
    )
    route = "render/image" if transform else "object"
    # The client encodes what is no URL yet, but not these two, which end a path.
    path = url.replace("?", "%3F").replace("#", "%23")
    return f"/{route}/sign/{path}?token={token}"


def _order(said: SortBy | SortByV2 | None) -> Order:
    if said is None:
        return Order()
    return Order(_COLUMNS.get(said.column, said.column), said.order == "desc")


def _check_prefix(prefix: str) -> None:
    if not is_prefix(prefix):
        raise bad_key(prefix)

"""`/bucket`: list, get, create, update, empty, delete."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from fashionos.storage import buckets, documents, services
from fashionos.storage.names import is_type_pattern, read_size
from fashionos.storage.problems import bad_request, not_offered, too_large, wrong_type
from fashionos.storage.requests import Answer, Request, answer, required
from fashionos.storage.schemas import BucketRules, NewBucket, to_columns
from fashionos.storage.views.calls import Call


async def list_all(call: Call) -> Answer:
    column = call.request.parameter("sortColumn") or "name"
    order = call.request.parameter("sortOrder") or "asc"
    if column not in buckets.SORTED_BY or order not in {"asc", "desc"}:
        raise bad_request(f"Buckets are sorted by {', '.join(buckets.SORTED_BY)}, asc or desc")
    limit = _number(call.request, "limit")
    rows = await call.act(
        lambda: buckets.list_buckets(
            search=(call.request.parameter("search") or "").replace("\0", ""),
            column=column,
            descending=order == "desc",
            limit=limit,
            offset=_number(call.request, "offset") or 0,
        ),
    )
    return answer([documents.bucket(row) for row in rows])


async def get(call: Call) -> Answer:
    row = await call.act(lambda: buckets.find_bucket(call.bucket_id))
    return answer(documents.bucket(row))


async def add(call: Call) -> Answer:
    asked = await call.request.document(NewBucket)
    name = required(asked.id or asked.name, "name")
    rules = _rules(asked)
    row = await call.act(lambda: buckets.add_bucket(call.actor, name, rules))
    return answer({"name": row.id})


async def change(call: Call) -> Answer:
    rules = _rules(await call.request.document(BucketRules))
    await call.act(lambda: buckets.change_bucket(call.actor, call.bucket_id, rules))
    return answer({"message": "Successfully updated"})


async def empty(call: Call) -> Answer:
    await call.act(lambda: buckets.find_bucket(call.bucket_id))
    while await call.act(lambda: services.empty_bucket(call.actor, call.bucket_id)):
        pass
    message = "Empty bucket has been queued. Completion may take up to an hour."
    return answer({"message": message})


async def remove(call: Call) -> Answer:
    await call.act(lambda: buckets.remove_bucket(call.actor, call.bucket_id))
    return answer({"message": "Successfully deleted"})


def _number(request: Request, name: str) -> int | None:
    text = request.parameter(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 -- digits of more buckets than there are
        raise bad_request(f"{name} has to be a whole number")
    return int(text)


def _rules(asked: BucketRules) -> Mapping[str, Any]:
    """Return the rules as columns. Raises Problem."""
    if asked.type not in {None, "STANDARD"}:
        raise not_offered(f"A bucket of type {asked.type[:40]}")
    if asked.versioning_status not in {None, "DISABLED"}:
        raise not_offered("Versioning")
    rules = to_columns(asked)
    if "public" in rules:
        rules["public"] = bool(rules["public"])
    if rules.get("file_size_limit") is not None:
        rules["file_size_limit"] = _size(rules["file_size_limit"])
    for pattern in rules.get("allowed_mime_types") or ():
        if not is_type_pattern(pattern):
            raise wrong_type(pattern)
    return rules


def _size(said: int | str) -> int:
    size = said if isinstance(said, int) else read_size(said)
    if size is None or size < 0:
        raise bad_request("Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B")
    if size > settings.STORAGE_FILE_BYTES:
        raise too_large()
    return size

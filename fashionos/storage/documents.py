"""Buckets and objects as the client reads them."""

from datetime import UTC, datetime
from typing import Any

from fashionos.storage.models import Bucket, StoredObject


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def etag(row: StoredObject) -> str:
    """Return a strong tag: bytes never change under one version."""
    return f'"{row.version.hex}"'


def bucket(row: Bucket) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.id,
        "owner": "",
        "public": row.public,
        "file_size_limit": row.file_size_limit,
        "allowed_mime_types": row.allowed_mime_types,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
    }


def info(row: StoredObject) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "name": row.name,
        "version": str(row.version),
        "bucket_id": row.bucket_id,
        "size": row.size,
        "content_type": row.mimetype,
        "cache_control": row.cache_control,
        **({"content_encoding": row.content_encoding} if row.content_encoding else {}),
        "etag": etag(row),
        "metadata": row.metadata,
        "last_modified": moment(row.updated_at),
        "created_at": moment(row.created_at),
    }


def listed(row: StoredObject, *, below: str = "") -> dict[str, Any]:
    """Return a row of a list, its name as it is called inside the folder `below`."""
    return {
        "name": row.name[len(below) :],
        "id": str(row.id),
        "updated_at": moment(row.updated_at),
        "created_at": moment(row.created_at),
        "last_accessed_at": moment(row.created_at),
        "metadata": _metadata(row),
    }


def folder(name: str) -> dict[str, Any]:
    fields = ("id", "updated_at", "created_at", "last_accessed_at", "metadata")
    return {"name": name, **dict.fromkeys(fields)}


def removed(row: StoredObject) -> dict[str, Any]:
    return {
        "bucket_id": row.bucket_id,
        "owner": str(row.user_id or ""),
        "owner_id": str(row.user_id or ""),
        "version": str(row.version),
        **listed(row),
    }


def _metadata(row: StoredObject) -> dict[str, Any]:
    encoding = {"contentEncoding": row.content_encoding} if row.content_encoding else {}
    return {
        "eTag": etag(row),
        "size": row.size,
        "mimetype": row.mimetype,
        "cacheControl": row.cache_control,
        **encoding,
        "lastModified": moment(row.updated_at),
        "contentLength": row.size,
        "httpStatusCode": 200,
    }

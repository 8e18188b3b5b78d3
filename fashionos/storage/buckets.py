"""Buckets: made, changed and removed by whoever holds the secret key. Called inside `acting()` as the actor."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone

from fashionos.storage.actors import Actor
from fashionos.storage.models import Bucket
from fashionos.storage.names import is_bucket_id
from fashionos.storage.problems import (
    Problem,
    bucket_exists,
    bucket_not_empty,
    denied,
    no_bucket,
)

SORTED_BY = ("id", "name", "created_at", "updated_at")


def list_buckets(
    *, search: str, column: str, descending: bool, limit: int | None, offset: int
) -> list[Bucket]:
    """Return the buckets that the actor sees, in the order of a column of SORTED_BY."""
    column = "id" if column == "name" else column
    rows: QuerySet[Bucket] = Bucket.objects.order_by(f"-{column}" if descending else column, "id")
    if search:
        rows = rows.filter(id__icontains=search)
    return list(rows[offset : None if limit is None else offset + limit])


def find_bucket(bucket_id: str) -> Bucket:
    bucket = Bucket.objects.filter(id=bucket_id).first()
    if bucket is None:
        raise no_bucket()
    return bucket


def add_bucket(actor: Actor, bucket_id: str, rules: Mapping[str, Any]) -> Bucket:
    _check_server(actor)
    if not is_bucket_id(bucket_id):
        message = "Bucket name invalid"
        raise Problem(400, "InvalidBucketName", message, error="Invalid Input")
    try:
        return Bucket.objects.create(id=bucket_id, **rules)
    except IntegrityError as error:
        raise bucket_exists() from error


def change_bucket(actor: Actor, bucket_id: str, rules: Mapping[str, Any]) -> None:
    """Set those of the rules that are named; what lies in the bucket stays as it is."""
    _check_server(actor)
    if not Bucket.objects.filter(id=bucket_id).update(**rules, updated_at=timezone.now()):
        raise no_bucket()


def remove_bucket(actor: Actor, bucket_id: str) -> None:
    """Raise Problem unless the bucket is there and empty; IntegrityError at the commit if that changed meanwhile."""
    _check_server(actor)
    try:
        find_bucket(bucket_id).delete()
    except ProtectedError as error:
        raise bucket_not_empty() from error


def _check_server(actor: Actor) -> None:
    if not actor.is_server:
        raise denied()

"""Buckets and the objects in them: what is known of a file. The bytes lie in a store, under the object's version."""

import uuid
from collections.abc import Iterable
from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from fashionos.kit.owned import OwnedQuerySet
from fashionos.storage.actors import Actor

# Names are compared and ordered byte by byte: what begins with a folder's name lies together in the index.
_BYTES = "C"


class Bucket(models.Model):
    """A place for files with rules of its own. What lies in a public one may be read by whoever knows its name."""

    id = models.TextField(primary_key=True, db_collation=_BYTES)
    public = models.BooleanField(default=False)
    file_size_limit = models.BigIntegerField(
        null=True, blank=True
    )  # bytes; none: what the server takes
    allowed_mime_types = ArrayField(models.TextField(), null=True, blank=True)  # none: all
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "storage_buckets"

    def __str__(self) -> str:
        return self.id


class StoredObjectQuerySet(OwnedQuerySet):
    def readable_by(self, actor: Actor) -> Self:
        """Keep what somebody may read who knows its name: their own, and what lies in public buckets."""
        if actor.is_server:
            return self
        public = models.Q(bucket__public=True)
        return self.filter(public | models.Q(user_id=actor.user_id) if actor.user_id else public)

    def changeable_by(self, actor: Actor) -> Self:
        if actor.is_server:
            return self
        return self.filter(user_id=actor.user_id) if actor.user_id else self.none()

    def named(self, bucket_id: str, *names: str) -> Self:
        return self.filter(bucket_id=bucket_id, name__in=names)

    def in_bucket(self, bucket_id: str) -> Self:
        return self.filter(bucket_id=bucket_id)

    def with_id(self, object_id: UUID) -> Self:
        return self.filter(id=object_id)

    def of_user(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def of_versions(self, versions: Iterable[UUID]) -> Self:
        return self.filter(version__in=list(versions))

    def after(self, object_id: UUID | None) -> Self:
        """Walk through all objects by id."""
        rows = self.order_by("id")
        return rows.filter(id__gt=object_id) if object_id else rows


class StoredObject(models.Model):
    """A file's name and properties. `version` names its bytes in the store: new bytes, new version.

    `user` is whose folder it lies in, the first segment of the name; of what lies elsewhere, nobody.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bucket = models.ForeignKey(Bucket, models.PROTECT, db_index=False)
    name = models.TextField(db_collation=_BYTES)
    folder = models.GeneratedField(
        expression=models.Func(
            "name", models.Value("[^/]*$"), models.Value(""), function="regexp_replace"
        ),
        output_field=models.TextField(db_collation=_BYTES),
        db_persist=True,
    )  # the name up to its last slash, "" at the top
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, db_index=False)
    version = models.UUIDField(default=uuid.uuid4, unique=True)
    size = models.BigIntegerField()
    mimetype = models.CharField(max_length=255)
    cache_control = models.CharField(max_length=200, default="no-cache")
    content_encoding = models.CharField(max_length=20, blank=True, default="")
    metadata = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = StoredObjectQuerySet.as_manager()

    class Meta:
        db_table = "storage_objects"
        verbose_name = "object"
        indexes = [
            models.Index("bucket", "folder", "name", name="storage_objects_folder"),
            models.Index("user", name="storage_objects_user"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["bucket", "name"], name="storage_objects_name"),
            models.CheckConstraint(condition=models.Q(size__gte=0), name="storage_objects_size"),
        ]

    def __str__(self) -> str:
        return f"{self.bucket_id}/{self.name}"

"""Objects: stored, found, moved, copied, removed. Called inside `acting()` as the actor, unless they say otherwise.

The bytes are in the store before a row names them, and are removed once no row does any more, after the commit.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import IO, Any, Literal, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from fashionos.accounts.models import User
from fashionos.kit.owned import Role, acting
from fashionos.storage.actors import Actor
from fashionos.storage.models import Bucket, StoredObject
from fashionos.storage.names import folder_owner, is_allowed, is_key
from fashionos.storage.problems import (
    bad_key,
    denied,
    no_bucket,
    no_object,
    object_exists,
    too_large,
    wrong_type,
)
from fashionos.storage.stores import StoredFile, store

_BATCH = 1_000


class ObjectChange(NamedTuple):
    """What became of an object; one that moved to another bucket was removed here and stored there."""

    kind: Literal["stored", "removed", "moved"]
    bucket_id: str
    name: str
    owner_id: UUID | None
    object_id: UUID
    size: int
    mimetype: str
    previous_name: str | None = None  # of one that moved


Observer = Callable[[Sequence[ObjectChange]], None]
_observers: list[Observer] = []


def on_object(observer: Observer) -> None:
    """Tell the observer of every change, in the transaction that makes it, as its actor; what it raises undoes all.

    What happens in one request is told at once. `erase_files` is not told: it erases a user with all that is theirs.
    """
    _observers.append(observer)


class NewFile(NamedTuple):
    """A file that is in the store, as the client describes it."""

    version: UUID
    size: int
    mimetype: str
    cache_control: str = "no-cache"
    content_encoding: str = ""
    metadata: Mapping[str, Any] = {}


# Reading


def find_object(
    actor: Actor, bucket_id: str, name: str, *, version: str | None = None
) -> StoredObject:
    """Return what the actor may read, its bucket loaded. Raises Problem: a stranger's is as if it were not there."""
    rows = StoredObject.objects.readable_by(actor).named(bucket_id, name)
    found: StoredObject | None = rows.select_related("bucket").first()
    if found is None and not Bucket.objects.filter(id=bucket_id).exists():
        raise no_bucket()
    if found is None or version not in {None, str(found.version)}:
        raise no_object()
    return found


def find_names(actor: Actor, bucket_id: str, names: Collection[str]) -> set[str]:
    """Return those of the names that the actor may read."""
    rows = StoredObject.objects.readable_by(actor).named(bucket_id, *names)
    return set(rows.values_list("name", flat=True))


def open_object(object_id: UUID) -> IO[bytes]:
    """Open the bytes of an object as they are now, seekable; outside of `acting()`.

    Raises FileNotFoundError if there is no such object (any more), OSError if the store is away.
    """
    with acting(Role.SYSTEM):
        versions = list(StoredObject.objects.with_id(object_id).values_list("version", flat=True))
    if not versions:
        raise FileNotFoundError(str(object_id))
    return store().open(versions[0])


# Storing


def check_name(actor: Actor, name: str) -> None:
    """Raise Problem unless the actor may put something under this name; asks no database."""
    if not is_key(name):
        raise bad_key(name)
    if not actor.is_server and (actor.user_id is None or folder_owner(name) != actor.user_id):
        raise denied()


def check_upload(actor: Actor, bucket_id: str, name: str, *, upsert: bool) -> Bucket:
    """Return the bucket that an object of this name may be put into, as it looks now. Raises Problem."""
    check_name(actor, name)
    bucket = _bucket(bucket_id)
    if not upsert and StoredObject.objects.changeable_by(actor).named(bucket_id, name).exists():
        raise object_exists()
    return bucket


def _bucket(bucket_id: str) -> Bucket:
    bucket = Bucket.objects.filter(id=bucket_id).first()
    if bucket is None:
        raise no_bucket()
    return bucket


def check_file(bucket: Bucket, mimetype: str | None, size: int) -> None:
    """Raise Problem unless the bucket takes a file of this type (None: not known yet) and size."""
    if mimetype is not None and not is_allowed(mimetype, bucket.allowed_mime_types or ()):
        raise wrong_type(mimetype)
    if size > size_limit(bucket):
        raise too_large()


def size_limit(bucket: Bucket) -> int:
    """Return the bytes of the largest file that the bucket takes."""
    most = settings.STORAGE_FILE_BYTES
    return min(most, most if bucket.file_size_limit is None else bucket.file_size_limit)


def put_object(
    actor: Actor, bucket_id: str, name: str, file: NewFile, *, upsert: bool
) -> StoredObject:
    """Make the name stand for this file; what it stood for before is discarded.

    Raises Problem, and IntegrityError (at the commit) if bucket or owner is gone; the file is the caller's then.
    """
    check_name(actor, name)
    check_file(_bucket(bucket_id), file.mimetype, file.size)
    for _ in range(2):
        found = _lock(actor, bucket_id, name) if upsert else None
        if found is not None:
            _discard([found.version])
            stored = _replace(found, file)
            break
        try:
            # Without a savepoint where nothing follows a failure.
            with transaction.atomic(savepoint=upsert):
                stored = _insert(actor, bucket_id, name, file)
            break
        except IntegrityError as error:
            if not upsert:
                raise object_exists() from error
            # Somebody put one there at this moment: it can be locked now.
    else:
        raise object_exists()
    _tell([_change("stored", stored)])
    return stored


def _lock(actor: Actor, bucket_id: str, name: str) -> StoredObject | None:
    rows = StoredObject.objects.changeable_by(actor).named(bucket_id, name)
    return rows.select_for_update(of=("self",)).first()


def _insert(actor: Actor, bucket_id: str, name: str, file: NewFile) -> StoredObject:
    now = timezone.now()
    return StoredObject.objects.create(
        bucket_id=bucket_id,
        name=name,
        user_id=_owner(actor, name),
        created_at=now,
        updated_at=now,
        **file._asdict(),
    )


def _replace(row: StoredObject, file: NewFile) -> StoredObject:
    for field, value in file._asdict().items():
        setattr(row, field, value)
    row.updated_at = timezone.now()
    row.save(update_fields=[*file._fields, "updated_at"])
    return row


def _owner(actor: Actor, name: str) -> UUID | None:
    """Return whose folder it is; the server may write into one that is nobody's."""
    owner = folder_owner(name)
    if actor.is_server and owner and not User.objects.filter(id=owner).exists():
        return None
    return owner


# Moving, copying, removing


def move_object(actor: Actor, source: StoredObject, bucket_id: str, name: str) -> StoredObject:
    """Give an object another name; its bytes and its id stay. Raises Problem."""
    bucket = check_upload(actor, bucket_id, name, upsert=False)
    moved = _lock(actor, source.bucket_id, source.name)
    if moved is None:
        raise no_object()
    check_file(bucket, moved.mimetype, moved.size)
    removed = _change("removed", moved)
    moved.bucket_id, moved.name, moved.user_id = bucket_id, name, _owner(actor, name)
    moved.updated_at = timezone.now()
    try:
        moved.save(update_fields=["bucket", "name", "user", "updated_at"])
    except IntegrityError as error:
        raise object_exists() from error
    if removed.bucket_id == bucket_id:
        _tell([_change("moved", moved, previous_name=removed.name)])
    else:
        _tell([removed, _change("stored", moved)])
    return moved


def remove_objects(
    actor: Actor, bucket_id: str, names: Mapping[str, str | None]
) -> list[StoredObject]:
    """Remove those of the names (with a version: of these versions) that are there; return them, by name."""
    rows = StoredObject.objects.changeable_by(actor).named(bucket_id, *names)
    found = [
        row
        for row in rows.select_for_update(of=("self",)).order_by("name")
        if names[row.name] in {None, str(row.version)}
    ]
    _remove(found)
    return found


def empty_bucket(actor: Actor, bucket_id: str) -> int:
    """Remove a thousand of a bucket's objects; return how many they were. Raises Problem."""
    if not actor.is_server:
        raise denied()
    rows = StoredObject.objects.in_bucket(bucket_id).order_by("name")
    some = list(rows.select_for_update(of=("self",))[:_BATCH])
    _remove(some)
    return len(some)


def remove_rows(rows: QuerySet[StoredObject]) -> None:
    """Remove objects as support, who locks nothing."""
    _remove(list(rows))


def _remove(rows: Sequence[StoredObject]) -> None:
    if rows:
        versions = [row.version for row in rows]
        StoredObject.objects.of_versions(versions).delete()
        _discard(versions)
        _tell([_change("removed", row) for row in rows])


def erase_files(user_id: UUID) -> int:
    """Erase what lies in a user's folders, as ERASER; return how many files it was. Observers are not told.

    The bytes go first: if the store is away (OSError), the rows still say what is left to erase.
    """
    count = 0
    while True:
        with acting(Role.ERASER):
            rows = StoredObject.objects.of_user(user_id)
            versions = list(rows.values_list("version", flat=True)[:_BATCH])
        if not versions:
            return count
        store().remove(versions)
        with acting(Role.ERASER):
            StoredObject.objects.of_versions(versions).delete()
        count += len(versions)


# What the two say of each other: files without rows, rows without files. Outside of `acting()`, in batches


def orphans(written_before: datetime) -> Iterator[StoredFile]:
    """Find files that no row names; younger ones may be uploads whose row is still to come."""
    files = (file for file in store().files() if file.written_at < written_before)
    while batch := list(islice(files, _BATCH)):
        versions = [file.version for file in batch]
        with acting(Role.SYSTEM):
            rows = StoredObject.objects.of_versions(versions)
            known = set(rows.values_list("version", flat=True))
        yield from (file for file in batch if file.version not in known)


def broken_objects() -> Iterator[StoredObject]:
    """Find rows whose file is missing, or not of the size that they say."""
    last: UUID | None = None
    while True:
        with acting(Role.SYSTEM):
            batch = list(StoredObject.objects.after(last)[:_BATCH])
        if not batch:
            return
        last = batch[-1].id
        yield from (row for row in batch if store().size(row.version) != row.size)


def is_lost() -> bool:
    """Tell whether the store holds nothing at all, while objects are known: it is not the one they were stored in."""
    if next(store().files(), None) is not None:
        return False
    with acting(Role.SYSTEM):
        return StoredObject.objects.after(None).exists()


def remove_orphans(files: Collection[StoredFile]) -> None:
    store().remove([file.version for file in files])


def remove_broken(rows: Collection[StoredObject]) -> int:
    """Remove the rows, unless they were given new bytes meanwhile; observers are told. Return how many."""
    with acting(Role.SYSTEM):
        found = list(
            StoredObject.objects.of_versions(row.version for row in rows)
            .select_for_update(of=("self",))
            .order_by("id")
        )
        _remove(found)
    return len(found)


# Telling


def _change(
    kind: Literal["stored", "removed", "moved"],
    row: StoredObject,
    previous_name: str | None = None,
) -> ObjectChange:
    return ObjectChange(
        kind, row.bucket_id, row.name, row.user_id, row.id, row.size, row.mimetype, previous_name
    )


def _tell(changes: Sequence[ObjectChange]) -> None:
    for observer in _observers:
        observer(changes)


def _discard(versions: Sequence[UUID]) -> None:
    """Remove the bytes once the transaction has committed; what cannot be removed then is left to the sweep."""
    transaction.on_commit(lambda: store().remove(versions), robust=True)

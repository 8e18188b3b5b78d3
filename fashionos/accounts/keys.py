"""The data keys of the users: made with the user, unwrapped for a while, rewrapped when the ring turns, restored."""

import csv
import time
from collections.abc import Iterable
from functools import cache
from itertools import islice
from threading import Lock
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection

from fashionos.accounts.models import DataKey, User
from fashionos.kit.encryption import KeyRing, Unreadable
from fashionos.kit.owned import Role, acting

CACHED_KEYS = 10_000
_RESTORED_AT_ONCE = 1_000

_cached: dict[UUID, tuple[float, AESGCM]] = {}
_lock = Lock()


@cache
def key_ring() -> KeyRing:
    return KeyRing(settings.ENCRYPTION_KEYS)


def add_data_key(user: User) -> None:
    wrapped_by, wrapped = key_ring().wrap_new(user.id)
    DataKey.objects.create(user=user, wrapped_by=wrapped_by, wrapped=wrapped)


def data_key(user_id: UUID) -> AESGCM:
    """Return the user's key, from memory for ENCRYPTION_KEY_CACHE_SECONDS: so long may an erased key still open.

    Raises Unreadable if the user has none (any more).
    """
    now = time.monotonic()
    held = _cached.get(user_id)
    if held and held[0] > now:
        return held[1]
    with connection.cursor() as cursor:
        # A function of the owner's hands out the actor's own key: only the accounts service may read the table, so
        # that a way to run SQL as a user is not yet a way to collect keys.
        cursor.execute("SELECT * FROM fashionos_data_key(%s)", [user_id])
        row = cursor.fetchone()
    if row is None:
        raise Unreadable(f"no key for user {user_id}")
    key = key_ring().unwrap(user_id, row[0], bytes(row[1]))
    with _lock:
        if len(_cached) >= CACHED_KEYS:
            _cached.clear()
        _cached[user_id] = (now + settings.ENCRYPTION_KEY_CACHE_SECONDS, key)
    return key


def forget_data_keys() -> None:
    """Drop what is held in memory: after an erasure, and between tests."""
    _cached.clear()


def rewrap_batch(size: int) -> int:
    """Rewrap up to `size` keys that an older key of the ring wraps, in one transaction; return how many.

    Rows that another run holds are left to it, so that runs may overlap and be interrupted.
    """
    ring = key_ring()
    with acting(Role.AUTH):
        rows = list(
            DataKey.objects.exclude(wrapped_by=ring.primary)
            .order_by("pk")
            .select_for_update(skip_locked=True)[:size]
        )
        for row in rows:
            row.wrapped_by, row.wrapped = ring.rewrap(
                row.user_id, row.wrapped_by, bytes(row.wrapped)
            )
        DataKey.objects.bulk_update(rows, ["wrapped_by", "wrapped"])
    return len(rows)


def restore_data_keys(kept: Iterable[str]) -> None:
    """Give users their keys of a backup, CSV as PostgreSQL writes it. Who has a key keeps it; who is gone gets none."""
    rows = csv.DictReader(kept)
    with acting(Role.AUTH):
        while batch := {UUID(row["user_id"]): row for row in islice(rows, _RESTORED_AT_ONCE)}:
            DataKey.objects.bulk_create(
                [
                    DataKey(
                        user_id=user_id,
                        wrapped_by=batch[user_id]["wrapped_by"],
                        wrapped=bytes.fromhex(batch[user_id]["wrapped"].removeprefix(r"\x")),
                    )
                    for user_id in User.objects.filter(pk__in=batch).values_list("pk", flat=True)
                ],
                ignore_conflicts=True,
            )

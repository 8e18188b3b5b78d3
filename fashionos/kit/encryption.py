"""Encryption at rest: one data key per user, wrapped by a ring of key-encryption keys, AES-256-GCM throughout.

Each value is bound to its table, column, row and user (the additional data of GCM): a ciphertext copied to another
place does not open. Erasing a user's wrapped key makes every copy of that user's text unreadable, backups included.
"""

import base64
import binascii
import secrets
from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import models

NONCE_BYTES = 12
KEY_BYTES = 32


class Unreadable(Exception):  # noqa: N818 -- a fact, named as one
    """The ciphertext does not belong here, is damaged, or its key is gone."""


def seal(key: AESGCM, text: bytes, bound_to: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + key.encrypt(nonce, text, bound_to.encode())


def unseal(key: AESGCM, sealed: bytes, bound_to: str) -> bytes:
    """Raise Unreadable unless `sealed` was sealed with this key for this very place."""
    try:
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode())
    except (InvalidTag, ValueError) as error:
        raise Unreadable(bound_to) from error


class KeyRing:
    """The key-encryption keys, the first of which wraps new keys; the others only unwrap what they once wrapped."""

    def __init__(self, entries: Sequence[str]) -> None:
        """Take entries of the form `<name>:<base64 of 32 bytes>`; raise ValueError for anything else."""
        self._keys: dict[str, AESGCM] = {}
        for entry in entries:
            name, _, encoded = entry.partition(":")
            try:
                key = base64.b64decode(encoded, validate=True)
            except binascii.Error as error:
                raise ValueError(f"encryption key {name!r} is not base64") from error
            if not name or len(key) != KEY_BYTES or name in self._keys:
                raise ValueError(
                    f"encryption key {name!r} must have a name of its own and {KEY_BYTES} bytes"
                )
            self._keys[name] = AESGCM(key)
        if not self._keys:
            raise ValueError("the key ring is empty")
        self.primary = next(iter(self._keys))

    def wrap_new(self, user_id: UUID) -> tuple[str, bytes]:
        """Make a data key for the user; return the name of the key that wraps it, and the wrapped key."""
        key = AESGCM.generate_key(bit_length=KEY_BYTES * 8)
        return self.primary, seal(self._keys[self.primary], key, self._place(user_id))

    def unwrap(self, user_id: UUID, name: str, wrapped: bytes) -> AESGCM:
        return AESGCM(self._open(user_id, name, wrapped))

    def rewrap(self, user_id: UUID, name: str, wrapped: bytes) -> tuple[str, bytes]:
        """Wrap the same data key with the primary key, so that the key `name` can leave the ring."""
        key = self._open(user_id, name, wrapped)
        return self.primary, seal(self._keys[self.primary], key, self._place(user_id))

    def _open(self, user_id: UUID, name: str, wrapped: bytes) -> bytes:
        if name not in self._keys:
            raise Unreadable(f"the key {name!r} is not on the ring")
        return unseal(self._keys[name], wrapped, self._place(user_id))

    @staticmethod
    def _place(user_id: UUID) -> str:
        return f"data key|{user_id}"


class SealedField(models.BinaryField):  # type: ignore[type-arg]  # generic in the stubs alone
    """A bytea column of ciphertext. Read and write the plain value through the `Sealed` beside it."""


class Sealed:
    """The plain bytes of a SealedField of the same row, sealed on assignment and opened on access.

    The row's id and user_id must be set before a value is assigned: the ciphertext is bound to both.
    """

    key_for: ClassVar[
        Callable[[UUID], AESGCM]
    ]  # handed in by fashionos.accounts, which keeps the keys

    def __init__(self, column: str) -> None:
        self.column = column

    def __get__(self, row: Any, owner: type | None = None) -> bytes:
        if row is None:
            raise AttributeError(self.column)
        return unseal(
            Sealed.key_for(row.user_id), bytes(getattr(row, self.column)), self._place(row)
        )

    def __set__(self, row: Any, plain: bytes) -> None:
        setattr(row, self.column, seal(Sealed.key_for(row.user_id), plain, self._place(row)))

    def _place(self, row: Any) -> str:
        return f"{row._meta.db_table}|{self.column}|{row.pk}|{row.user_id}"  # noqa: SLF001 -- the documented API

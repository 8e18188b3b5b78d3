"""Who was erased, kept beside the database: what a restored backup brings back is erased again by it.

One line each, the SHA-256 of the user's id and the time: nobody can be found by it but those who are there again.
"""

import os
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from django.conf import settings


def add(user_id: UUID, at: datetime) -> None:
    """Note an erasure, on the disk when this returns; twice is as good as once. Raises OSError."""
    line = f"{sha256(str(user_id).encode()).hexdigest()} {at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\n"
    path = Path(settings.ERASURE_LEDGER)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, line.encode())
        os.fsync(file)
    finally:
        os.close(file)


def read() -> set[str]:
    """Return the digests of all who were erased; a line that a crash cut short counts for nothing."""
    try:
        lines = Path(settings.ERASURE_LEDGER).read_text().splitlines()
    except FileNotFoundError:
        return set()
    return {line.partition(" ")[0] for line in lines if line.endswith("Z")}

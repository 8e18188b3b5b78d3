"""Who is in when a function is switched on for a share of the users."""

from hashlib import sha256
from uuid import UUID

EVERYBODY = 100
PRESETS = (0, 10, 50, EVERYBODY)


def place(function: str, user_id: UUID) -> int:
    """Return the user's place for this function, 0 to 99: always the same, and another one for another function."""
    digest = sha256(f"{function}:{user_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % EVERYBODY


def is_in(function: str, user_id: UUID, percentage: int) -> bool:
    """Tell whether the user is among this share; who is in at 10 % stays in at 50 %."""
    return place(function, user_id) < percentage

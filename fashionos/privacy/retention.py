"""How long conversations are kept: as many days as each user wants."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import connection

from fashionos.kit.owned import Role, acting

_USERS = 500
# Both use the index of a user's conversations by time.
_WITH_OUTLIVED = """
SELECT p.user_id FROM user_preferences p
WHERE p.user_id > %(last)s AND EXISTS (
    SELECT FROM assistant_conversations c WHERE c.user_id = p.user_id
    AND c.created_at < %(now)s - make_interval(days => p.conversation_history_retention_days))
ORDER BY p.user_id LIMIT %(most)s
"""
_REMOVE = """
DELETE FROM assistant_conversations WHERE id IN (
    SELECT c.id FROM user_preferences p JOIN assistant_conversations c ON c.user_id = p.user_id
    WHERE p.user_id = ANY(%(users)s)
    AND c.created_at < %(now)s - make_interval(days => p.conversation_history_retention_days)
    LIMIT %(batch)s)
"""


def remove_outlived(now: datetime, *, batch: int) -> Iterator[int]:
    """Remove what is older than its user wants it kept; yield how many went with each transaction."""
    last = UUID(int=0)
    while users := _users_after(last, now):
        while count := _remove(users, now, batch):
            yield count
        last = users[-1]


def _users_after(last: UUID, now: datetime) -> list[UUID]:
    with acting(Role.ERASER), connection.cursor() as cursor:
        cursor.execute(_WITH_OUTLIVED, {"last": last, "now": now, "most": _USERS})
        return [user for (user,) in cursor.fetchall()]


def _remove(users: list[UUID], now: datetime, batch: int) -> int:
    with acting(Role.ERASER), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.erase', 'retention', true)")
        cursor.execute(_REMOVE, {"users": users, "now": now, "batch": batch})
        return int(cursor.rowcount)

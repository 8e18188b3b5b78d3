"""What makes kept insights stale: a count of the changes to a user's data (migration 0006)."""

from collections.abc import Collection
from typing import Literal
from uuid import UUID

from django.db import connection

# What is kept together and goes stale together; insight types begin with it.
Family = Literal["logistics", "event", "media", "recommendation"]


def make_stale(owner_ids: Collection[UUID], family: Family) -> None:
    """Make all that is kept of this family for these users stale, as of the commit of the caller's transaction.

    To be called by whatever changes the data, before it says so to anybody. What is being computed at this moment is
    stale from the start.
    """
    if owner_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT fashionos_make_insights_stale(%s::uuid[], %s)", [list(owner_ids), family]
            )


def generation_of(owner_id: UUID, family: Family) -> int:
    """Tell which generation of the user's data an insight is of that is computed from here on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT fashionos_insight_generation(%s, %s)", [owner_id, family])
        [generation] = cursor.fetchone()
    return int(generation)

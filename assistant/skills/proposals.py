"""A change that the user is asked to confirm. No skill makes one: it proposes, and the answer says so."""

from collections.abc import Sequence

from assistant.schemas import Change, Proposal

__all__ = ["MOST_CHANGED", "MOST_UNTYPED", "Change", "Proposal", "propose"]

MOST_UNTYPED = 25  # records that change on one click
MOST_CHANGED = 500  # and that change at once at all


def propose(
    skill: str,
    words: str,
    changes: Sequence[Change],
    *,
    warning: str | None = None,
    is_everything: bool = False,
) -> Proposal:
    """Make the proposal of these changes; one that is wide, or takes all there is, wants its count typed."""
    count = len({(change.table, change.id) for change in changes})
    return Proposal(
        skill=skill,
        words=words,
        changes=tuple(changes),
        count=count,
        warning=warning,
        needs_typed_count=count > MOST_UNTYPED or (is_everything and count > 1),
    )

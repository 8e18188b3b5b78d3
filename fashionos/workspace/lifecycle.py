"""How samples, events, tasks, pictures and shots move from one status to the next, as data.

Any move is accepted, because the floor is ahead of the system; one that is not usual is marked in the history.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


class UnknownStatus(ValueError):  # noqa: N818 -- a fact, named as one
    """No status of this lifecycle has the name."""


@dataclass(frozen=True)
class Lifecycle:
    """`moves` are the usual ones, from each status; `stamps` names the moment that reaching a status sets.

    What is in one of the `closed` statuses needs no more work.

    Raises ValueError when made with a move to nowhere, a status that nothing reaches, or a stamp of none.
    """

    initial: str
    moves: Mapping[str, frozenset[str]]
    stamps: Mapping[str, str] = field(default_factory=dict)
    closed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        reached = {self.initial}.union(*self.moves.values())
        named = set(self.stamps) | set(self.closed)
        if odd := (reached ^ set(self.moves)) | (named - set(self.moves)):
            raise ValueError(f"statuses that do not fit together: {', '.join(sorted(odd))}")

    @property
    def statuses(self) -> tuple[str, ...]:
        return tuple(self.moves)

    def is_usual(self, old: str, new: str) -> bool:
        """Tell whether people expect this move. Raises UnknownStatus for a status there is not."""
        for status in (old, new):
            if status not in self.moves:
                known = ", ".join(self.moves)
                raise UnknownStatus(f"{status!r} is no status; known are {known}.")
        return new in self.moves[old]


def _moves(**moves: str) -> dict[str, frozenset[str]]:
    return {status: frozenset(others.split()) for status, others in moves.items()}


SAMPLE = Lifecycle(
    initial="awaiting",
    moves=_moves(
        awaiting="in_transit delayed received lost cancelled",
        in_transit="received delayed lost cancelled",
        delayed="in_transit received lost cancelled",
        received="on_set damaged lost returned cancelled",
        on_set="shot received damaged lost cancelled",
        shot="returned on_set",
        returned="",
        damaged="received returned lost cancelled",
        lost="received cancelled",
        cancelled="awaiting",
    ),
    stamps={
        "in_transit": "shipped_at",
        "received": "received_at",
        "on_set": "on_set_at",
        "shot": "shot_at",
        "returned": "returned_at",
    },
)
EVENT = Lifecycle(
    initial="planning",
    moves=_moves(
        draft="planning cancelled",
        planning="draft confirmed cancelled",
        confirmed="live planning cancelled",
        live="wrapped",
        wrapped="",
        cancelled="draft planning",
    ),
)
TASK = Lifecycle(
    initial="not_started",
    moves=_moves(
        not_started="ready in_progress done blocked cancelled",
        ready="in_progress done blocked not_started cancelled",
        in_progress="done blocked cancelled",
        blocked="not_started ready in_progress done cancelled",
        done="in_progress",
        cancelled="not_started",
    ),
    stamps={"in_progress": "actual_start_at", "done": "actual_end_at"},
    closed=("done", "cancelled"),
)
ASSET = Lifecycle(
    initial="uploaded",
    moves=_moves(
        uploading="processing uploaded",
        processing="uploaded pending_review",
        uploaded="uploading processing pending_review approved rejected archived",
        pending_review="approved rejected archived",
        approved="rejected archived",
        rejected="approved archived",
        archived="pending_review",
    ),
)
SHOT = Lifecycle(
    initial="planned",
    moves=_moves(
        planned="in_progress captured cancelled",
        in_progress="captured planned cancelled",
        captured="approved in_progress",
        approved="captured",
        cancelled="planned",
    ),
)

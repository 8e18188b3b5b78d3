"""How many people are required and present over time."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple


class Presence(NamedTuple):
    """A shift of a role: from when to when (seconds), how many are required and how many present."""

    start: int
    end: int
    role: str
    required: int
    present: int


class Stretch(NamedTuple):
    start: int
    end: int
    required: int
    present: int


class Coverage:
    """All shifts of a role together: one may lend its surplus to another of the same hours."""

    def __init__(self, shifts: Iterable[Presence]) -> None:
        by_role: dict[str, list[Presence]] = defaultdict(list)
        for shift in shifts:
            by_role[shift.role].append(shift)
        self._stretches = {role: _sweep(shifts) for role, shifts in by_role.items()}

    def under(self, shift: Presence, most: int) -> list[Stretch]:
        """List the first stretches of a shift in which its role lacks people."""
        stretches = self._stretches.get(shift.role, [])
        at = max(0, bisect_right(stretches, (shift.start,)) - 1)
        found: list[Stretch] = []
        while at < len(stretches) and stretches[at].start < shift.end and len(found) < most:
            start, end, required, present = stretches[at]  # never across the ends of a shift
            if present < required:
                last = found[-1] if found else None
                if last and last[1:] == (start, required, present):
                    found[-1] = last._replace(end=end)
                else:
                    found.append(Stretch(start, end, required, present))
            at += 1
        return found


def peak_gap(shifts: Iterable[Presence]) -> int | None:
    """Give the first moment at which most people are missing, over all roles."""
    changes: dict[int, int] = defaultdict(int)
    for shift in shifts:
        missing = max(0, shift.required - shift.present)
        changes[shift.start] += missing
        changes[shift.end] -= missing
    most = missing = 0
    peak = None
    for at in sorted(changes):
        missing += changes[at]
        if missing > most:
            most, peak = missing, at
    return peak


def _sweep(shifts: Iterable[Presence]) -> list[Stretch]:
    changes: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for shift in shifts:
        for at, sign in ((shift.start, 1), (shift.end, -1)):
            changes[at][0] += sign * shift.required
            changes[at][1] += sign * shift.present
    required = present = 0
    stretches: list[Stretch] = []
    for start, end in pairwise(sorted(changes)):
        required += changes[start][0]
        present += changes[start][1]
        if required:
            stretches.append(Stretch(start, end, required, present))
    return stretches

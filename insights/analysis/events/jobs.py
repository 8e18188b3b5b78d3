"""What a person can still take: jobs in time, travel, rest and hours."""

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

NOT_PREFERRED = 15.0  # in the currency of the wages: what a person's second choice of role is worth
DAY_HOURS, OVERTIME_RATE = 8.0, 0.5
SHORT_PAUSE = 3 * 3600  # up to here a pause between shifts is a break, above it is a rest

_ROUNDING = 1e-6


class Job(NamedTuple):
    """A shift for one person; times are whole seconds, `day` counts the days its hours fall on."""

    start: int
    end: int
    shift: int
    hours: float
    day: int
    place: str | None
    role: str


class Worker(NamedTuple):
    """What limits a person and what they earn; `rest` is in seconds, 0 when it does not forbid."""

    rates: Mapping[str, float]
    rate: float
    preferred: frozenset[str]
    travel: int
    rest: int
    max_hours: float

    def hourly(self, role: str) -> float:
        return self.rates.get(role, self.rate) if self.rates else self.rate


class Roster:
    """Who has taken which jobs; nobody ever holds two that exclude each other."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self.workers = workers
        self._taken: list[list[Job]] = [[] for _ in workers]
        self._hours = [0.0] * len(workers)
        self._by_day: list[dict[int, float]] = [{} for _ in workers]

    def taken(self, person: int) -> Sequence[Job]:
        """List a person's jobs by time."""
        return self._taken[person]

    def hours(self, person: int) -> float:
        return self._hours[person]

    def too_long(self, person: int, job: Job) -> bool:
        most = self.workers[person].max_hours
        return self._hours[person] + job.hours > most + _ROUNDING

    def fits(self, person: int, job: Job) -> bool:
        worker, taken = self.workers[person], self._taken[person]
        if self._hours[person] + job.hours > worker.max_hours + _ROUNDING:
            return False
        if not taken:
            return True
        at = bisect_left(taken, job)
        return (at == 0 or _follows(worker, taken[at - 1], job)) and (
            at == len(taken) or _follows(worker, job, taken[at])
        )

    def neighbours(self, person: int, job: Job) -> tuple[Job | None, Job | None]:
        """Give the jobs before and after the place that a job has or would have."""
        taken = self._taken[person]
        at = bisect_left(taken, job)
        after = at + (at < len(taken) and taken[at] == job)
        return (
            taken[at - 1] if at else None,
            taken[after] if after < len(taken) else None,
        )

    def clashes(self, person: int, job: Job) -> list[Job]:
        """List what excludes the job in time, or else lies too near for the rest between them."""
        worker, taken = self.workers[person], self._taken[person]
        booked = [other for other in taken if is_double_booked(worker, other, job)]
        if booked:
            return booked
        before, after = self.neighbours(person, job)
        return [
            other
            for other, follows in (
                (before, before is None or _follows(worker, before, job)),
                (after, after is None or _follows(worker, job, after)),
            )
            if other is not None and not follows
        ]

    def can_spare(self, person: int, job: Job) -> bool:
        """Whether the jobs around this one go together without it."""
        before, after = self.neighbours(person, job)
        return before is None or after is None or _follows(self.workers[person], before, after)

    def is_sound(self, person: int) -> bool:
        worker = self.workers[person]
        return self._hours[person] <= worker.max_hours + _ROUNDING and all(
            _follows(worker, job, following) for job, following in pairwise(self._taken[person])
        )

    def add(self, person: int, job: Job) -> None:
        insort(self._taken[person], job)
        self._count(person, job, job.hours)

    def remove(self, person: int, job: Job) -> None:
        self._taken[person].remove(job)
        self._count(person, job, -job.hours)

    def wage(self, person: int, job: Job) -> float:
        """Give what the job adds to the wages, on top of the jobs already taken on its day."""
        hourly = self.workers[person].hourly(job.role)
        before = self._by_day[person].get(job.day, 0.0)
        over = before + job.hours - DAY_HOURS
        if over <= 0:
            return hourly * job.hours
        return hourly * (job.hours + OVERTIME_RATE * min(over, job.hours))

    def price(self, person: int, job: Job) -> float:
        return self.wage(person, job) + preference(self.workers[person], job)

    def _count(self, person: int, job: Job, hours: float) -> None:
        self._hours[person] += hours
        by_day = self._by_day[person]
        by_day[job.day] = by_day.get(job.day, 0.0) + hours


def preference(worker: Worker, job: Job) -> float:
    return NOT_PREFERRED if worker.preferred and job.role not in worker.preferred else 0.0


def is_double_booked(worker: Worker, job: Job, other: Job) -> bool:
    """Whether there is no time to get from the earlier of two jobs to the later one."""
    first, second = (job, other) if job <= other else (other, job)
    return second.start - first.end < travel(worker, first, second) or job.shift == other.shift


def travel(worker: Worker, job: Job, following: Job) -> int:
    """Give the seconds of travel; none within a place that both jobs name."""
    return 0 if job.place and job.place == following.place else worker.travel


def _follows(worker: Worker, job: Job, following: Job) -> bool:
    pause = following.start - job.end
    if pause < travel(worker, job, following) or job.shift == following.shift:
        return False
    return not SHORT_PAUSE < pause < worker.rest

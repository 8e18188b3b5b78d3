"""Who can work which shift, and what is wrong with those who are on it."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from insights.analysis.events.jobs import (
    SHORT_PAUSE,
    Job,
    Roster,
    Worker,
    is_double_booked,
    preference,
)
from insights.analysis.values import fold
from insights.schemas.base import MAX_LABEL
from insights.schemas.events import ConflictType, Event, Period, Person, Shift, StaffingConflict

USUAL_REST_HOURS = 10.0
_DAY_RATE_HOURS = 8.0
_HOUR = 3600


class Standing(NamedTuple):
    """A shift with the people on it: those without and those with a conflict that rules them out."""

    shift: Shift
    job: Job | None  # None without times
    valid: list[int]
    conflicts: list[StaffingConflict]

    @property
    def present(self) -> int:
        return len(self.valid) + self.shift.unnamed

    @property
    def gap(self) -> int:
        return max(0, self.shift.required - self.present)


class Crew:
    """The people of an event; those who are only named on a shift count when no list is given."""

    def __init__(self, event: Event) -> None:
        people = event.people
        self.is_listed = bool(people)
        if not people:
            named = dict.fromkeys(person for shift in event.shifts for person in shift.assigned)
            people = tuple(Person(id=person) for person in named)
        self.people = people
        self.by_id = {person.id: number for number, person in enumerate(people)}
        self.zone = ZoneInfo(event.timezone)
        self.workers = [_worker(person) for person in people]
        self._roles = [frozenset(map(fold, person.roles)) for person in people]
        self._skills = [frozenset(map(fold, person.skills)) for person in people]
        self._free = [None if p.availability is None else _merge(p.availability) for p in people]
        self._busy = [_merge(person.unavailable) for person in people]
        self._qualified: dict[tuple[str, frozenset[str], float | None], list[int]] = {}

    def fits_role(self, person: int, role: str) -> bool:
        roles = self._roles[person]
        return not (roles and role) or role in roles

    def lacks(self, person: int, shift: Shift) -> list[str]:
        """Name the skills, and the level, that a shift asks for and the person does not have."""
        own = self._skills[person]
        missing = [skill for skill in shift.skills if fold(skill) not in own]
        level = self.people[person].level
        if shift.min_level is not None and (level is None or level < shift.min_level):
            missing.append(f"level {shift.min_level:g}")
        return missing

    def is_available(self, person: int, job: Job) -> bool:
        free = self._free[person]
        if free is not None and not _covers(free, job):
            return False
        return not _touches(self._busy[person], job)

    def candidates(self, shift: Shift, job: Job) -> list[int]:
        """List those who have the role and the skills and are available, by rate and preference."""
        wanted = (fold(shift.role), frozenset(map(fold, shift.skills)), shift.min_level)
        qualified = self._qualified.get(wanted)
        if qualified is None:
            qualified = self._qualified[wanted] = [
                person
                for person in range(len(self.people))
                if self.fits_role(person, wanted[0]) and not self.lacks(person, shift)
            ]
            rates = [worker.hourly(job.role) for worker in self.workers]
            qualified.sort(key=lambda who: (rates[who], preference(self.workers[who], job)))
        return [person for person in qualified if self.is_available(person, job)]

    def clock(self, second: int) -> str:
        return f"{datetime.fromtimestamp(second, self.zone):%d %b %H:%M}"


def read_jobs(shifts: Sequence[Shift], zone: ZoneInfo) -> list[Job | None]:
    """Bring shifts to seconds and paid hours; None for those without times."""
    return [_job(shift, number, zone) for number, shift in enumerate(shifts)]


def check_assignments(event: Event, crew: Crew) -> tuple[list[Standing], Roster]:
    """Find the conflicts of all assignments; of two shifts that clash the earlier listed one holds.

    The roster holds the assignments that stand.
    """
    roster = Roster(crew.workers)
    standings = []
    for shift, job in zip(event.shifts, read_jobs(event.shifts, crew.zone), strict=True):
        standing = Standing(shift, job, [], [])
        for person_id in shift.assigned:
            person = crew.by_id.get(person_id)
            if person is None:
                message = f"{person_id[:MAX_LABEL]} is not among the people."
                standing.conflicts.append(_conflict(person_id, "unknown_person", message))
                continue
            found, stands = _check(event.shifts, crew, roster, person, standing)
            standing.conflicts.extend(found)
            if stands:
                standing.valid.append(person)
                if job:
                    roster.add(person, job)
        standings.append(standing)
    return standings, roster


def _check(
    shifts: Sequence[Shift], crew: Crew, roster: Roster, person: int, standing: Standing
) -> tuple[list[StaffingConflict], bool]:
    """Give what is wrong with one assignment, and whether it stands."""
    who, worker = crew.people[person], crew.workers[person]
    shift, job = standing.shift, standing.job
    found: list[StaffingConflict] = []
    if not crew.fits_role(person, fold(shift.role)):
        does = ", ".join(who.roles[:3])
        message = f"{who.label} works as {does[:MAX_LABEL]}, not as {shift.role[:MAX_LABEL]}."
        found.append(_conflict(who.id, "wrong_role", message))
    if missing := crew.lacks(person, shift):
        message = f"{who.label} lacks {', '.join(missing[:3])[:MAX_LABEL]}."
        found.append(_conflict(who.id, "missing_skill", message))
    if job is None:
        return found, not found
    if not crew.is_available(person, job):
        times = f"{crew.clock(job.start)} to {crew.clock(job.end)}"
        message = f"{who.label} is not available all the time from {times}."
        found.append(_conflict(who.id, "unavailable", message))
    clashes = roster.clashes(person, job)
    if clashes:
        other = shifts[clashes[0].shift]
        if is_double_booked(worker, clashes[0], job):
            together = clashes[0].start < job.end and job.start < clashes[0].end
            why = "at the same time" if together else "with no time to get there"
            message = f"{who.label} is on {_called(other)} {why}."
            found.append(_conflict(who.id, "double_booked", message, other.id))
        else:
            message = _rest_message(who, other, clashes[0], job)
            found.append(_conflict(who.id, "rest_too_short", message, other.id))
    if roster.too_long(person, job):
        hours = round(roster.hours(person) + job.hours, 3)
        message = f"{who.label} would work {hours:g} h, {who.max_hours or 0:g} h at most."
        found.append(_conflict(who.id, "over_max_hours", message))
    stands = not found
    if not clashes and who.min_rest_hours is None:
        for near in short_rests(roster, person, job):
            other = shifts[near.shift]
            message = _rest_message(who, other, near, job)
            found.append(_conflict(who.id, "rest_too_short", message, other.id))
    return found, stands


def short_rests(roster: Roster, person: int, job: Job) -> list[Job]:
    """List the neighbours that leave less than the usual rest, which a mere break is not."""
    before, after = roster.neighbours(person, job)
    pauses = [
        (other, pause)
        for other, pause in (
            (before, job.start - before.end if before else 0),
            (after, after.start - job.end if after else 0),
        )
        if other is not None
    ]
    return [other for other, pause in pauses if SHORT_PAUSE < pause < USUAL_REST_HOURS * _HOUR]


def _rest_message(who: Person, other: Shift, near: Job, job: Job) -> str:
    pause = (job.start - near.end if near <= job else near.start - job.end) / _HOUR
    least = USUAL_REST_HOURS if who.min_rest_hours is None else who.min_rest_hours
    return f"{who.label} rests {pause:.1f} h from {_called(other)}, {least:g} h are wanted."


def _called(shift: Shift) -> str:
    return (
        f"{shift.role[:MAX_LABEL]} ({shift.id[:MAX_LABEL]})" if shift.role else shift.id[:MAX_LABEL]
    )


def _conflict(
    person_id: str, kind: ConflictType, message: str, with_shift_id: str | None = None
) -> StaffingConflict:
    return StaffingConflict(
        person_id=person_id, type=kind, with_shift_id=with_shift_id, message=message
    )


def _worker(person: Person) -> Worker:
    by_day = (person.day_rate or 0.0) / _DAY_RATE_HOURS
    return Worker(
        rates={fold(role): rate for role, rate in person.rates.items()},
        rate=by_day if person.hourly_rate is None else person.hourly_rate,
        preferred=frozenset(map(fold, person.preferred_roles)),
        travel=round(person.travel_minutes * 60),
        rest=round((person.min_rest_hours or 0.0) * _HOUR),
        max_hours=float("inf") if person.max_hours is None else person.max_hours,
    )


def _job(shift: Shift, number: int, zone: ZoneInfo) -> Job | None:
    if shift.start_at is None or shift.end_at is None:
        return None
    start, end = round(shift.start_at.timestamp()), round(shift.end_at.timestamp())
    return Job(
        start=start,
        end=end,
        shift=number,
        hours=max(0.0, (end - start) / _HOUR - shift.break_minutes / 60),
        day=shift.start_at.astimezone(zone).toordinal(),
        place=fold(shift.location) if shift.location else None,
        role=fold(shift.role),
    )


Periods = tuple[list[int], list[int]]


def _merge(periods: Sequence[Period]) -> Periods:
    """Bring periods to seconds, those that touch made one: starts and ends, in order."""
    starts: list[int] = []
    ends: list[int] = []
    for period in sorted(periods, key=lambda period: period.start_at):
        start, end = round(period.start_at.timestamp()), round(period.end_at.timestamp())
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return starts, ends


def _covers(periods: Periods, job: Job) -> bool:
    at = bisect_right(periods[0], job.start) - 1
    return at >= 0 and job.end <= periods[1][at]


def _touches(periods: Periods, job: Job) -> bool:
    at = bisect_right(periods[0], max(job.start, job.end - 1)) - 1
    return at >= 0 and periods[1][at] > job.start


def instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)

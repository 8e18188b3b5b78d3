"""Which shifts lack people, how much that hurts, and who could fill them."""

import math
from bisect import insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from insights.analysis.events.assignments import (
    Crew,
    Standing,
    check_assignments,
    instant,
    short_rests,
)
from insights.analysis.events.coverage import Coverage, Presence, Stretch, peak_gap
from insights.analysis.events.jobs import Job, Roster, preference
from insights.analysis.events.rosters import fill
from insights.analysis.values import fold
from insights.schemas.events import (
    DerivedCrew,
    Event,
    EventOptions,
    PersonHours,
    ProposedAssignment,
    RoleStaffing,
    RosterMethod,
    ShowPhase,
    StaffingGap,
    StaffingSuggestion,
    StaffingSummary,
    UnderCoverage,
)
from insights.schemas.logistics import Severity

MAX_SUGGESTIONS = 5
MAX_CONFLICTS = 20
MAX_STRETCHES = 20
MAX_POSITIONS = 1_000
MAX_PAIRS = 200_000  # of open shifts, or positions, and people that are looked through

_CRITICAL, _HIGH, _MEDIUM = 70.0, 45.0, 25.0
_GAP, _URGENCY, _CRITICAL_ROLE, _NO_CANDIDATE = 0.5, 0.35, 0.35, 0.2
_FAR_HOURS, _NEAR_HOURS = 72.0, 6.0
_CRITICAL_ROLES = frozenset(
    fold(role) for role in ("show caller", "stage manager", "lead dresser", "security", "medic")
)
_COST_WEIGHT, _PREFERENCE_WEIGHT, _REST_WEIGHT = 60.0, 20.0, 20.0
_DEFAULT_SHOW = timedelta(minutes=15)


class _Context(NamedTuple):
    event: Event
    crew: Crew
    roster: Roster
    standings: list[Standing]
    options: EventOptions
    now: datetime


class _Proposal(NamedTuple):
    rows: list[ProposedAssignment]
    filled: int
    skipped: int
    method: RosterMethod


def staff(
    event: Event, derived: Sequence[DerivedCrew], *, options: EventOptions, now: datetime
) -> tuple[tuple[StaffingGap, ...], StaffingSummary, list[str]]:
    """Compare who is required with who is there; also propose, and say what was assumed.

    `derived` is the crew that the line-up asks for.
    """
    crew = Crew(event)
    standings, roster = check_assignments(event, crew)
    context = _Context(event, crew, roster, standings, options, now)
    presences = {
        standing.job.shift: Presence(
            standing.job.start,
            standing.job.end,
            standing.job.role,
            standing.shift.required,
            standing.present,
        )
        for standing in standings
        if standing.job
    }
    coverage = Coverage(presences.values())
    candidates = _candidates(context)
    gaps = []
    for number, standing in enumerate(standings):
        if standing.gap or standing.conflicts or options.include_filled:
            suggestions = _suggest(standing, candidates.get(number, []), context)
            stretches = (
                coverage.under(presences[number], MAX_STRETCHES) if number in presences else []
            )
            under = [_under(stretch) for stretch in stretches]
            gaps.append(_gap(standing, suggestions, under, context))
    utilisation = _utilisation(crew, roster)
    peak = peak_gap(presences.values())
    gap = sum(standing.gap for standing in standings)
    proposal = _propose(candidates, context)
    summary = StaffingSummary(
        required=sum(standing.shift.required for standing in standings),
        assigned=sum(standing.present for standing in standings),
        gap=gap,
        conflicts=sum(len(standing.conflicts) for standing in standings),
        proposal=tuple(proposal.rows),
        proposed_cost=round(math.fsum(row.cost for row in proposal.rows), 2),
        currency=event.currency,
        fillable=proposal.filled,
        unfillable=gap - proposal.filled,
        by_role=_by_role(standings, derived),
        peak_gap_at=None if peak is None else instant(peak),
        utilisation=utilisation,
        method=proposal.method,
    )
    return tuple(gaps), summary, _assumptions(candidates, proposal.skipped, context)


def score_severity(
    gap: int, required: int, *, hours: float | None, role: str, has_candidate: bool
) -> float:
    """Score 0..100 as a noisy-OR; `hours` are those to the shift's start, None when unknown."""
    if not gap:
        return 0.0
    urgency = 0.0
    if hours is not None:
        urgency = min(1.0, max(0.0, (_FAR_HOURS - hours) / (_FAR_HOURS - _NEAR_HOURS)))
    unharmed = (
        (1 - _GAP * gap / required)
        * (1 - _URGENCY * urgency)
        * (1 - _CRITICAL_ROLE * (fold(role) in _CRITICAL_ROLES))
        * (1 - _NO_CANDIDATE * (not has_candidate))
    )
    return round(100 * (1 - unharmed), 1)


def _candidates(context: _Context) -> dict[int, Sequence[int]]:
    """List who could work each shift that lacks people and is not over, by shift."""
    standings, crew, now = context.standings, context.crew, context.now
    found: dict[int, Sequence[int]] = {}
    open_jobs = [s.job for s in standings if s.job and s.gap and s.job.end > now.timestamp()]
    most = MAX_PAIRS // max(1, len(crew.people))
    for job in sorted(open_jobs)[:most]:
        shift = standings[job.shift].shift
        assigned = set(shift.assigned)
        found[job.shift] = [
            person
            for person in crew.candidates(shift, job)
            if crew.people[person].id not in assigned
        ]
    return found


def _suggest(
    standing: Standing, people: Sequence[int], context: _Context
) -> tuple[StaffingSuggestion, ...]:
    crew, roster, job = context.crew, context.roster, standing.job
    currency = f" {context.event.currency}" if context.event.currency else ""
    if job is None or not people:
        return ()
    fitting: list[tuple[float, float, int]] = []
    for person in people:  # by hourly rate, which overtime can only raise
        choice = preference(crew.workers[person], job)
        least = (round(crew.workers[person].hourly(job.role) * job.hours, 2), choice, person)
        if len(fitting) == MAX_SUGGESTIONS and fitting[-1] <= least:
            break
        if roster.fits(person, job):
            insort(fitting, (round(roster.wage(person, job), 2), choice, person))
            del fitting[MAX_SUGGESTIONS:]
    suggestions = []
    for wage, choice, person in fitting:
        who, near = crew.people[person], short_rests(roster, person, job)
        score = (
            _COST_WEIGHT * (fitting[0][0] / wage if wage else 1.0)
            + _PREFERENCE_WEIGHT * (not choice)
            + _REST_WEIGHT * (not near)
        )
        reasons = [f"free from {crew.clock(job.start)} to {crew.clock(job.end)}"]
        if wage:
            reasons.append(f"costs {_amount(wage)}{currency}")
        if who.preferred_roles:
            reasons.append("prefers another role" if choice else "prefers this role")
        if near:
            reasons.append("has less than 10 h of rest around it")
        suggestions.append(
            StaffingSuggestion(
                person_id=who.id,
                name=who.name,
                cost=wage,
                score=round(score, 1),
                reasons=tuple(reasons),
            )
        )
    return tuple(suggestions)


def _amount(money: float) -> str:
    return f"{money:.2f}".removesuffix(".00")


def _gap(
    standing: Standing,
    suggestions: tuple[StaffingSuggestion, ...],
    coverage: Sequence[UnderCoverage],
    context: _Context,
) -> StaffingGap:
    shift = standing.shift
    hours = (shift.start_at - context.now).total_seconds() / 3600 if shift.start_at else None
    score = score_severity(
        standing.gap,
        shift.required,
        hours=hours,
        role=shift.role,
        has_candidate=bool(suggestions),
    )
    return StaffingGap(
        shift_id=shift.id,
        role=shift.role,
        start_at=shift.start_at,
        end_at=shift.end_at,
        phase=_phase(context.event, shift.start_at, shift.end_at),
        required=shift.required,
        assigned=len(shift.assigned) + shift.unnamed,
        valid_assigned=standing.present,
        gap=standing.gap,
        surplus=max(0, standing.present - shift.required),
        severity=_severity(score),
        severity_score=score,
        conflicts=tuple(standing.conflicts[:MAX_CONFLICTS]),
        suggestions=suggestions,
        coverage=tuple(coverage),
    )


def _under(stretch: Stretch) -> UnderCoverage:
    return UnderCoverage(
        start_at=instant(stretch.start),
        end_at=instant(stretch.end),
        required=stretch.required,
        present=stretch.present,
    )


def _severity(score: float) -> Severity:
    if score >= _CRITICAL:
        return "critical"
    if score >= _HIGH:
        return "high"
    return "medium" if score >= _MEDIUM else "low"


def _phase(event: Event, start: datetime | None, end: datetime | None) -> ShowPhase | None:
    """Give the part of the day that a shift belongs to: the show if it is there for its start."""
    show = event.start_at
    if show is None or start is None or end is None:
        return None
    if end <= show:
        return "setup"
    return "show" if start < (event.end_at or show + _DEFAULT_SHOW) else "teardown"


def _propose(candidates: Mapping[int, Sequence[int]], context: _Context) -> _Proposal:
    """Fill the open positions; from here on the roster holds them too."""
    standings, crew, roster = context.standings, context.crew, context.roster
    positions: list[Job] = []
    pairs = skipped = 0
    for number, people in candidates.items():
        job = standings[number].job
        if job and people:
            room = min(MAX_POSITIONS - len(positions), (MAX_PAIRS - pairs) // len(people))
            most = min(standings[number].gap, len(people))
            wanted = min(most, room)
            skipped += most - wanted
            positions += [job] * wanted
            pairs += wanted * len(people)
    held: list[tuple[int, Job]] = []
    pool = dict(candidates)
    if context.options.allow_reassign:
        later = [
            s for s in standings if s.job and s.valid and s.job.start > context.now.timestamp()
        ]
        for standing in later[: MAX_PAIRS // max(1, len(crew.people))]:
            if (job := standing.job) and len(held) < MAX_POSITIONS:
                held += [(person, job) for person in standing.valid]
                if job.shift not in pool:
                    pool[job.shift] = crew.candidates(standing.shift, job)
    filled = fill(roster, positions, pool, held=held)
    taken = [
        (job, who, None)
        for job, who in zip(positions, filled.holders, strict=True)
        if who is not None
    ]
    moved = [
        (job, who, was)
        for (was, job), who in zip(held, filled.held_by, strict=True)
        if who is not None and who != was
    ]
    rows = []
    changes = sorted([*taken, *moved], key=lambda change: (change[0], change[1]))
    for job, who, _ in changes:
        roster.remove(who, job)
    for job, who, was in changes:
        rows.append(
            ProposedAssignment(
                shift_id=standings[job.shift].shift.id,
                person_id=crew.people[who].id,
                cost=round(roster.wage(who, job), 2),
                hours=round(job.hours, 3),
                replaces_person_id=None if was is None else crew.people[was].id,
            )
        )
        roster.add(who, job)
    return _Proposal(rows, len(taken), skipped, filled.method)


def _utilisation(crew: Crew, roster: Roster) -> tuple[PersonHours, ...]:
    found = [
        PersonHours(person_id=person.id, hours=round(roster.hours(number), 3))
        for number, person in enumerate(crew.people)
        if roster.taken(number)
    ]
    return tuple(sorted(found, key=lambda each: -each.hours))


def _by_role(
    standings: Sequence[Standing], derived: Sequence[DerivedCrew]
) -> tuple[RoleStaffing, ...]:
    """Sum up roles in the order of the list, then those that only the line-up asks for."""
    names: dict[str, str] = {}
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for standing in standings:
        role = fold(standing.shift.role)
        names.setdefault(role, standing.shift.role)
        for at, count in enumerate((standing.shift.required, standing.present, standing.gap)):
            sums[role][at] += count
    wanted: dict[str, int] = {}
    for each in derived:
        role = fold(each.role)
        names.setdefault(role, each.role)
        wanted[role] = max(each.required, wanted.get(role, 0))
    return tuple(
        RoleStaffing(
            role=name,
            required=sums[role][0],
            assigned=sums[role][1],
            gap=sums[role][2],
            derived_required=wanted.get(role),
        )
        for role, name in names.items()
    )


def _assumptions(
    candidates: Mapping[int, Sequence[int]], skipped: int, context: _Context
) -> list[str]:
    standings, now = context.standings, context.now
    found = []
    if standings and not context.crew.is_listed:
        found.append("No people are listed, so everybody on a shift is taken to be able to do it.")
    if any(standing.job is None for standing in standings):
        found.append(
            "Shifts without times are counted, but neither checked for overlaps nor filled."
        )
    over = [s for s in standings if s.job and s.gap and s.job.end <= now.timestamp()]
    if over:
        found.append(f"{len(over)} shifts that are over are not filled any more.")
    waiting = sum(1 for s in standings if s.job and s.gap) - len(over) - len(candidates)
    if waiting > 0 or skipped:
        found.append(
            f"Too much for one proposal: {waiting} open shifts and {skipped} positions of others "
            "are left as they are."
        )
    return found

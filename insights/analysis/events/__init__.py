"""Critical path, staffing and run of show of an event."""

from collections.abc import Collection
from datetime import UTC, datetime

from insights.analysis.events.critical_path import find_critical_path
from insights.analysis.events.demand import derive_crew
from insights.analysis.events.run_of_show import draft_run_of_show, show_start
from insights.analysis.events.show import plan_show
from insights.analysis.events.staffing import staff
from insights.schemas.base import Caution
from insights.schemas.events import Event, EventAnalysis, EventOptions
from insights.schemas.tasks import EventTimes


def analyse(
    event: Event,
    *,
    parts: Collection[str],
    options: EventOptions,
    now: datetime,
) -> EventAnalysis:
    """Analyse an event; `parts` are some of critical_path, staffing and run_of_show.

    The same event, options and `now` (aware) give the same answer. A run of show needs a start:
    without one it is left out, with a warning `part_failed`.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    path = staffing = summary = draft = None
    cautions: list[Caution] = []
    assumptions: list[str] = []
    if "critical_path" in parts:
        path, found, assumed = find_critical_path(
            event.tasks, event=_times(event), options=options.network, now=now
        )
        cautions += found
        assumptions += assumed
    if "staffing" in parts or "run_of_show" in parts:
        show = plan_show(event, options.look_order_policy)
        if "staffing" in parts:
            derived = derive_crew(event, show.chairs, show.changes)
            staffing, summary, assumed = staff(event, derived, options=options, now=now)
            assumptions += assumed
        if "run_of_show" in parts:
            starts_at = show_start(event)
            if starts_at:
                draft, assumed = draft_run_of_show(event, show, starts_at=starts_at)
                assumptions += assumed
            else:
                message = "no run of show: the event has neither startAt nor doorsAt"
                cautions.append(Caution(path="event.startAt", code="part_failed", message=message))
    return EventAnalysis(
        critical_path=path,
        staffing=staffing,
        staffing_summary=summary,
        run_of_show=draft,
        warnings=tuple(cautions),
        assumptions=tuple(assumptions),
    )


def _times(event: Event) -> EventTimes:
    return EventTimes(
        id=event.id,
        name=event.name,
        plan_start_at=event.plan_start_at,
        deadline_at=event.deadline_at,
        doors_at=event.doors_at,
        start_at=event.start_at,
        calendar=event.calendar,
    )

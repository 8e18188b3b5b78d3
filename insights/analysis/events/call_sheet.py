"""Who is called when: models to their chairs and the rehearsal, crew to their first shift."""

from datetime import datetime, timedelta

from insights.analysis.events.chairs import Chairs
from insights.schemas.base import MAX_LABEL
from insights.schemas.events import CallSheetEntry, Event

SIGN_IN = timedelta(minutes=15)
_SHOW_DAY = timedelta(hours=24)


def call_models(
    event: Event, chairs: Chairs, *, chairs_at: datetime, rehearsal_at: datetime
) -> tuple[list[CallSheetEntry], list[str]]:
    """Call the models in order of their exits; the texts name those who are called too late.

    `chairs_at` is when hair and make-up opens.
    """
    listed = {model.id: model for model in event.models}
    entries, late = [], []
    for sitter, start, end in chairs.sittings:
        hmu_at = chairs_at + timedelta(seconds=round(start * 60))
        model = listed.get(sitter.model_id)
        call_at = min(hmu_at, rehearsal_at) - SIGN_IN
        if model and model.call_at:
            call_at = model.call_at
            if call_at + timedelta(minutes=model.travel_from_show) > hmu_at:
                label = (sitter.name or sitter.model_id)[:MAX_LABEL]
                late.append(f"{label} is called too late for hair and make-up.")
        entries.append(
            CallSheetEntry(
                person_or_model_id=sitter.model_id,
                name=sitter.name,
                kind="model",
                call_at=call_at,
                hmu_at=hmu_at,
                ready_at=chairs_at + timedelta(seconds=round(end * 60)),
            )
        )
    return entries, late


def call_crew(event: Event, *, starts_at: datetime, ends_at: datetime) -> list[CallSheetEntry]:
    """Call everybody on a shift of the show day to the first of theirs, by time."""
    names = {person.id: person.name for person in event.people}
    first: dict[str, datetime] = {}
    for shift in event.shifts:
        if shift.start_at and starts_at - _SHOW_DAY < shift.start_at <= ends_at:
            for person in shift.assigned:
                first[person] = min(shift.start_at, first.get(person, shift.start_at))
    return [
        CallSheetEntry(
            person_or_model_id=person,
            name=names.get(person),
            kind="crew",
            call_at=at,
            hmu_at=None,
            ready_at=at,
        )
        for person, at in sorted(first.items(), key=lambda call: call[1])
    ]

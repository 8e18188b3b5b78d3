"""The data that came with a message, read once into typed rows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from assistant.schemas import UserContext
from insights.analysis.events.intake import read_event
from insights.analysis.intake import read_instant, read_samples
from insights.analysis.media.intake import read_assets, read_shots
from insights.analysis.recommendations.intake import read_packages
from insights.schemas.base import Caution
from insights.schemas.events import Cue, Event, Person, Shift
from insights.schemas.logistics import Sample
from insights.schemas.media import GalleryAsset, ShotItem
from insights.schemas.recommendations import Package
from insights.schemas.tasks import Task

_NO_EVENT = Event(id="event")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_NAMES = {
    "staffing": ("staffing", "shifts"),
    "cues": ("runOfShow", "run_of_show", "cues"),
    "people": ("people", "team", "crew"),
    "packages": ("packages",),
}


@dataclass(frozen=True)
class Context:
    """What a skill may draw on. `sent` names the parts that came, empty ones too.

    Parts: samples, tasks, event, assets, shots, staffing, people, cues, packages. Tasks, staffing,
    people and cues are those of `event`, whatever list they came in.
    """

    samples: Sequence[Sample] = ()
    event: Event = _NO_EVENT
    assets: Sequence[GalleryAsset] = ()
    shots: Sequence[ShotItem] = ()
    packages: Sequence[Package] = ()
    user_id: str | None = None
    user_name: str | None = None
    sent: frozenset[str] = frozenset()

    @property
    def tasks(self) -> tuple[Task, ...]:
        return self.event.tasks

    @property
    def staffing(self) -> tuple[Shift, ...]:
        return self.event.shifts

    @property
    def people(self) -> tuple[Person, ...]:
        return self.event.people

    @property
    def cues(self) -> tuple[Cue, ...]:
        return self.event.cues

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Everybody's name, once: people, owners of tasks, who is assigned to a shift, the user."""
        known = {person.id: person.name for person in self.people}
        found = [
            *(person.name for person in self.people),
            *(task.owner_name or known.get(task.owner_id or "") for task in self.tasks),
            *(known.get(who, who) for shift in self.staffing for who in shift.assigned),
            self.user_name,
        ]
        return tuple(dict.fromkeys(name for name in found if name))


def read_context(value: UserContext, zone: ZoneInfo) -> tuple[Context, list[Caution]]:
    """Read what the client sent, leniently; `zone` is that of datetimes without an offset."""
    more = {
        part: next((value.extra[name] for name in names if name in value.extra), None)
        for part, names in _NAMES.items()
    }
    samples, about_samples = read_samples(value.sample_list, zone=zone)
    event, about_event = _read_event(value, more, zone)
    assets, about_assets = read_assets(
        [_with_look(row) for row in value.gallery_assets], zone=zone, path="galleryAssets"
    )
    shots, about_shots = read_shots([_with_look(row) for row in value.shot_list], zone=zone)
    packages, about_packages = read_packages(_rows(more["packages"]), zone=zone, path="packages")
    user = value.user if isinstance(value.user, dict) else {}
    sent = {
        "samples": bool(value.sample_list),
        "tasks": bool(value.event_tasks or event.tasks),
        "event": value.event is not None,
        "assets": bool(value.gallery_assets),
        "shots": bool(value.shot_list),
        "staffing": more["staffing"] is not None or bool(event.shifts),
        "people": more["people"] is not None or bool(event.people),
        "cues": more["cues"] is not None or bool(event.cues),
        "packages": more["packages"] is not None,
    }
    context = Context(
        samples=tuple(samples),
        event=event,
        assets=tuple(assets),
        shots=tuple(shots),
        packages=tuple(packages),
        user_id=_text(user.get("id")),
        user_name=_text(user.get("name")),
        sent=frozenset(part for part, came in sent.items() if came),
    )
    cautions = [*about_samples, *about_event, *about_assets, *about_shots, *about_packages]
    return context, cautions


def _read_event(
    value: UserContext, more: Mapping[str, Any], zone: ZoneInfo
) -> tuple[Event, list[Caution]]:
    """Read the event with the lists that came beside it, which win over its own."""
    document: dict[str, Any] = {}
    if isinstance(value.event, dict):
        document = dict(value.event)
    elif isinstance(value.event, str):
        document = {"name": value.event}
    lists = {
        "tasks": value.event_tasks,
        "shifts": _rows(more["staffing"]),
        "people": _rows(more["people"]),
        "cues": [_dated(row, document, value.now, zone) for row in _rows(more["cues"])],
    }
    other_names = {"tasks": "eventTasks", "shifts": "staffing", "people": "crew", "cues": "cues"}
    for part, rows in lists.items():
        if rows:
            document.pop(other_names[part], None)
            document[part] = rows
    if not document:
        return _NO_EVENT, []
    return read_event({"id": "event"} | document, zone=zone)


def _with_look(row: Any) -> Any:
    """Read a bare `look` as the look's id, as it is for samples."""
    if not isinstance(row, dict) or "look" not in row or "lookId" in row or "look_id" in row:
        return row
    return {**row, "lookId": row["look"]}


def _dated(row: Any, event: Mapping[str, Any], now: Any, zone: ZoneInfo) -> Any:
    """Put a bare clock time (`18:00`) on the day of the event, or on today."""
    if not isinstance(row, dict) or not isinstance(row.get("time"), str):
        return row
    clock = _CLOCK.fullmatch(row["time"].strip())
    days = (event.get(name) for name in ("doorsAt", "startAt", "doors_at", "start_at", "date"))
    day = next((found for at in (*days, now) if (found := read_instant(at, zone))), None)
    if clock is None or day is None:
        return row
    local: datetime = day.astimezone(zone)
    moment = local.replace(hour=int(clock[1]), minute=int(clock[2]), second=0)
    return {**row, "time": moment.isoformat()}


def _rows(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None

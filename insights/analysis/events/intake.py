"""Lenient reading of an event: its shifts, people, line-up and cues; one odd row never refuses it."""

from collections.abc import Callable
from datetime import timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from insights.analysis.events import fields as accepted
from insights.analysis.events.tasks import read_network_options, read_tasks
from insights.analysis.rows import Cautions, Spellings, read_fields, unfolded
from insights.analysis.values import read_zone, shown
from insights.schemas.base import Caution
from insights.schemas.events import (
    Cue,
    Event,
    EventOptions,
    Look,
    ModelCall,
    Person,
    Shift,
    ShowSettings,
    StaffingRule,
    Track,
    Venue,
)

# More than any production has; the rows beyond are left out.
MAX_SHIFTS = 2_000
MAX_ALL_ASSIGNED = 40_000
MAX_PEOPLE = 1_000
MAX_RULES = 100
MAX_LOOKS = 1_000
MAX_MODELS = 1_000
MAX_CUES = 1_000
MAX_TRACKS = 500

_SHIFT_HOURS = 8
_DAY = timedelta(days=1)


def read_event(
    document: Any, *, zone: ZoneInfo, path: str = "event"
) -> tuple[Event, list[Caution]]:
    """Read an event; of rows with the same id the last one counts.

    `zone` is that of datetimes without an offset, unless the event names its own.
    """
    cautions = Cautions(path)
    if not isinstance(document, dict):
        cautions.add(path, "not_an_object", f"left out, no object: {shown(document)}")
        return Event(id="event", timezone=zone.key), cautions.all()
    document = unfolded(document)
    zone = _zone(document, zone, path, cautions)
    fields = read_fields(document, accepted.EVENT, zone, path, cautions)
    lists = {name: fields.pop(name, []) for name in ("tasks", "dependencies", *_LISTS)}
    for name, part in _PARTS.items():
        if name in fields:
            row = read_fields(fields[name], part[1], zone, f"{path}.{name}", cautions)
            fields[name] = part[0](**row)
    for name, read in _LISTS.items():
        fields[name] = read(lists[name], zone, f"{path}.{name}", cautions)
    fields["shifts"] = _bound_assigned(fields["shifts"], f"{path}.shifts", cautions)
    tasks, about_tasks = read_tasks(
        lists["tasks"],
        lists["dependencies"],
        zone=zone,
        has_calendar="calendar" in fields,
        path=f"{path}.tasks",
        dependencies_path=f"{path}.dependencies",
    )
    fields["id"] = fields.get("id") or fields.get("name") or "event"
    event = Event(**fields, timezone=zone.key, tasks=tuple(tasks))
    return event, [*cautions.all(), *about_tasks]


def read_event_options(
    value: Any, *, zone: ZoneInfo, path: str = "options"
) -> tuple[EventOptions, list[Caution]]:
    """Read the request's `options`; what is absent or unreadable keeps its default."""
    network, about_network = read_network_options(value, zone=zone, path=path)
    if not isinstance(value, dict):
        return EventOptions(network=network), about_network
    cautions = Cautions(path)
    fields = read_fields(value, accepted.OPTIONS, zone, path, cautions)
    return EventOptions(**fields, network=network), [*about_network, *cautions.all()]


def _zone(document: dict[str, Any], zone: ZoneInfo, path: str, cautions: Cautions) -> ZoneInfo:
    name = document.get("timezone", document.get("timeZone"))
    if name is None:
        return zone
    own = read_zone(name)
    if own is None:
        message = f"no IANA time zone of this name, {zone.key} taken: {shown(name)}"
        cautions.add(f"{path}.timezone", "unknown_timezone", message)
    return own or zone


def _bound_assigned(shifts: tuple[Shift, ...], path: str, cautions: Cautions) -> tuple[Shift, ...]:
    assigned = list(accumulate(len(shift.assigned) for shift in shifts))
    if not assigned or assigned[-1] <= MAX_ALL_ASSIGNED:
        return shifts
    message = f"{MAX_ALL_ASSIGNED} assignments are read, later shifts come without theirs"
    cautions.add(path, "too_many_assigned", message)
    return tuple(
        shift if so_far <= MAX_ALL_ASSIGNED else replace(shift, assigned=())
        for shift, so_far in zip(shifts, assigned, strict=True)
    )


# Lists of rows

ListReader = Callable[[list[Any], ZoneInfo, str, Cautions], tuple[Any, ...]]
Maker = Callable[[dict[str, Any], int, str, Cautions], Any]


def _list(table: Spellings, make: Maker, most: int) -> ListReader:
    """Make a reader of rows; `make` turns fields into a struct, or None when it has no identity."""

    def read(rows: list[Any], zone: ZoneInfo, path: str, cautions: Cautions) -> tuple[Any, ...]:
        found: dict[Any, Any] = {}
        for position, row in enumerate(rows[:most]):
            place = f"{path}[{position}]"
            if not isinstance(row, dict):
                cautions.add(place, "not_an_object", f"left out, no object: {shown(row)}")
                continue
            made = make(read_fields(row, table, zone, place, cautions), position, place, cautions)
            if made is None:
                continue
            key = getattr(made, "id", position)
            if key in found:
                message = f"the last row with the id {shown(key)} counts"
                cautions.add(f"{place}.id", "duplicate_id", message)
            found[key] = made
        if len(rows) > most:
            message = f"{len(rows) - most} rows left out, {most} are read"
            cautions.add(path, "too_many_rows", message)
        return tuple(found.values())

    return read


def _identified(struct: Callable[..., Any], *other_names: str) -> Maker:
    """Make structs whose id may come from other fields."""

    def make(fields: dict[str, Any], _position: int, path: str, cautions: Cautions) -> Any:
        identity = next((fields[name] for name in ("id", *other_names) if fields.get(name)), None)
        if identity is None:
            message = f"left out, it has no {' and no '.join(('id', *other_names))}"
            cautions.add(path, "no_identity", message)
            return None
        return struct(**fields | {"id": identity})

    return make


def _make_shift(fields: dict[str, Any], position: int, path: str, cautions: Cautions) -> Any:
    if not fields.get("id") and not fields.get("role"):
        cautions.add(path, "no_identity", "left out, it has neither id nor role")
        return None
    fields["id"] = fields.get("id") or f"shift-{position + 1}"
    if isinstance(assigned := fields.get("assigned"), int):
        fields["unnamed"] = assigned
        del fields["assigned"]
    start, end = fields.get("start_at"), fields.get("end_at")
    if start and end and end < start:
        if end + _DAY > start:
            fields["end_at"] = end + _DAY
            cautions.add(f"{path}.endAt", "next_day", "before its start, taken as the next day")
        else:
            end = fields["end_at"] = None
            message = f"before its start, {_SHIFT_HOURS} hours taken"
            cautions.add(f"{path}.endAt", "end_before_start", message)
    if start and not end:
        fields["end_at"] = start + timedelta(hours=_SHIFT_HOURS)
    elif end and not start:
        fields["start_at"] = end - timedelta(hours=_SHIFT_HOURS)
    return Shift(**fields)


def _make_look(fields: dict[str, Any], position: int, path: str, cautions: Cautions) -> Any:
    if not fields.get("id") and fields.get("number") is not None:
        fields["id"] = f"look-{fields['number']:g}"
    fields["model_id"] = fields.get("model_id") or None
    return _identified(Look, "name")(fields, position, path, cautions)


def _make_cue(fields: dict[str, Any], position: int, path: str, cautions: Cautions) -> Any:
    name = fields.get("name") or fields.get("id")
    if not name:
        cautions.add(path, "no_identity", "left out, it has neither id nor name")
        return None
    return Cue(**fields | {"id": fields.get("id") or f"cue-{position + 1}", "name": name})


def _make_rule(fields: dict[str, Any], _position: int, path: str, cautions: Cautions) -> Any:
    if not fields.get("role"):
        cautions.add(path, "no_identity", "left out, it has no role")
        return None
    return StaffingRule(**fields)


def _make_track(fields: dict[str, Any], _position: int, path: str, cautions: Cautions) -> Any:
    if "seconds" not in fields:
        cautions.add(path, "no_seconds", "left out, nobody knows how long it is")
        return None
    return Track(**fields)


def _make_model(fields: dict[str, Any], position: int, path: str, cautions: Cautions) -> Any:
    """One time for both chairs is shared between them."""
    both = fields.pop("hmu_minutes", None)
    if both is not None:
        makeup = fields.setdefault(
            "makeup_minutes", both / 2 if "hair_minutes" not in fields else 0
        )
        fields.setdefault("hair_minutes", max(0.0, both - makeup))
    return _identified(ModelCall, "name")(fields, position, path, cautions)


_LISTS: dict[str, ListReader] = {
    "shifts": _list(accepted.SHIFTS, _make_shift, MAX_SHIFTS),
    "people": _list(accepted.PEOPLE, _identified(Person, "name"), MAX_PEOPLE),
    "staffing_rules": _list(accepted.RULES, _make_rule, MAX_RULES),
    "looks": _list(accepted.LOOKS, _make_look, MAX_LOOKS),
    "models": _list(accepted.MODELS, _make_model, MAX_MODELS),
    "cues": _list(accepted.CUES, _make_cue, MAX_CUES),
    "music": _list(accepted.TRACKS, _make_track, MAX_TRACKS),
}
_PARTS: dict[str, tuple[Callable[..., Any], Spellings]] = {
    "venue": (Venue, accepted.VENUE),
    "show_settings": (ShowSettings, accepted.SHOW_SETTINGS),
}

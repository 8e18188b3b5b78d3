"""What is accepted in the rows of an event, and as what."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

from insights.analysis.events.calendars import read_calendar
from insights.analysis.rows import spellings
from insights.analysis.values import (
    OddError,
    Reader,
    choice,
    count,
    due,
    fold,
    instant,
    items,
    mapping,
    number,
    shown,
    text,
    texts,
    truth,
)
from insights.schemas.base import MAX_COUNT, MAX_MINUTES
from insights.schemas.events import (
    MAX_CUE_MINUTES,
    MAX_DAY_MINUTES,
    MAX_HOURS,
    MAX_LEVEL,
    MAX_RATE,
    MAX_SECONDS,
    EventStatus,
    EventType,
    LookOrderPolicy,
    Per,
    Period,
    StartMode,
)

MAX_ASSIGNED = 100
MAX_PERIODS = 200
MAX_TEXTS = 200


def _words(values: Iterable[str], synonyms: Mapping[str, str] | None = None) -> dict[str, str]:
    table = {fold(value): value for value in values}
    for value, words in (synonyms or {}).items():
        table |= {fold(word): value for word in words.split()}
    return table


def _some(value: Any, zone: ZoneInfo) -> tuple[str, ...]:
    """Read texts, each once, empty ones left out."""
    kept = tuple(dict.fromkeys(filter(None, texts(value, zone))))
    if len(kept) > MAX_TEXTS:
        message = f"{len(kept) - MAX_TEXTS} left out, {MAX_TEXTS} are read"
        raise OddError("too_many", message, kept[:MAX_TEXTS])
    return kept


def _assigned(value: Any, zone: ZoneInfo) -> Any:
    """Read person ids, or objects that hold one, each once; a number is how many there are."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return count(value, zone)
    kept: dict[str, None] = {}
    odd = 0
    for item in value if isinstance(value, list) else [value]:
        row = item if isinstance(item, dict) else {"id": item}
        given = [row[name] for name in ("personId", "person_id", "id") if row.get(name) is not None]
        try:
            found = text(given[0], zone) if given else ""
        except OddError:
            found = ""
        if found and len(kept) < MAX_ASSIGNED:
            kept[found] = None
        elif found not in kept:
            odd += 1
    if odd:
        message = f"{odd} left out: the id of a person wanted, {MAX_ASSIGNED} at most"
        raise OddError("bad_assignment", message, tuple(kept))
    return tuple(kept)


def _periods(value: Any, zone: ZoneInfo) -> tuple[Period, ...]:
    kept: list[Period] = []
    for item in items(value)[:MAX_PERIODS]:
        if isinstance(item, str):  # a day
            item = {"startAt": item, "endAt": item}  # noqa: PLW2901 -- the same in full
        row = item if isinstance(item, dict) else {}
        try:
            start_at = instant(row.get("startAt", row.get("start_at")), zone)
            end_at = due(row.get("endAt", row.get("end_at")), zone)
        except OddError:
            continue
        if start_at < end_at:
            kept.append(Period(start_at=start_at, end_at=_whole_day(end_at, zone)))
    kept.sort(key=lambda period: (period.start_at, period.end_at))
    if len(kept) < len(value):
        message = f"{len(value) - len(kept)} left out: startAt before endAt, {MAX_PERIODS} at most"
        raise OddError("bad_period", message, tuple(kept))
    return tuple(kept)


def _whole_day(end_at: datetime, zone: ZoneInfo) -> datetime:
    """Let a day end where the next one begins: its last second would leave a gap."""
    second = timedelta(seconds=1)
    clock = (end_at.astimezone(zone) + second).time()
    return end_at + second if clock == datetime.min.time() else end_at


def _rates(value: Any, zone: ZoneInfo) -> dict[str, float]:
    rates: dict[str, float] = {}
    left_out = 0
    for role, rate in mapping(value, zone).items():
        try:
            rates[role] = _rate(rate, zone)
        except OddError:
            left_out += 1
    if left_out:
        raise OddError("not_a_number", f"{left_out} rates left out, no numbers", rates)
    return rates


def _signed(value: Any, zone: ZoneInfo) -> float:
    """Read minutes before (below zero) or after something."""
    if isinstance(value, str):
        written = value.strip()
        if written.startswith("-"):
            return -float(_minutes(written[1:], zone))
        return float(_minutes(written, zone))
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        return -float(_minutes(-value, zone))
    return float(_minutes(value, zone))


def _interval(value: Any, zone: ZoneInfo) -> float:
    found = 0.0
    try:
        found = _seconds(value, zone)
    except OddError as odd:
        if odd.instead != 0:  # which a number below zero is taken as
            raise
    if found < 1:
        raise OddError("too_small", f"taken as a second: {shown(value)}", 1.0)
    return found


def _rows(value: Any, _zone: ZoneInfo) -> list[Any]:
    return items(value)


_minutes = number(most=MAX_MINUTES)
_day_minutes = number(most=MAX_DAY_MINUTES)
_cue_minutes = number(most=MAX_CUE_MINUTES)
_seconds = number(most=MAX_SECONDS)
_hours = number(most=MAX_HOURS)
_rate = number(most=MAX_RATE)

_POLICIES = _words(get_args(LookOrderPolicy), {"optimize": "optimise"})

_PERIOD_ALIASES: dict[str, tuple[str, Reader]] = {
    "start": ("start_at", instant),
    "end": ("end_at", instant),
}
SHIFTS = spellings(
    {
        **dict.fromkeys(("id", "role", "location"), text),
        **dict.fromkeys(("start_at", "end_at"), instant),
        "required": count,
        "assigned": _assigned,
        "skills": _some,
        "min_level": number(most=MAX_LEVEL),
        "break_minutes": _minutes,
    },
    {
        **_PERIOD_ALIASES,
        "count": ("required", count),
        "position": ("role", text),
        "name": ("role", text),
        "shift_id": ("id", text),
    },
)
PEOPLE = spellings(
    {
        **dict.fromkeys(("id", "name"), text),
        **dict.fromkeys(("roles", "skills", "preferred_roles"), _some),
        "level": number(most=MAX_LEVEL),
        **dict.fromkeys(("hourly_rate", "day_rate"), _rate),
        "rates": _rates,
        **dict.fromkeys(("availability", "unavailable"), _periods),
        **dict.fromkeys(("max_hours", "min_rest_hours"), _hours),
        "travel_minutes": _minutes,
    },
    {"person_id": ("id", text), "role": ("roles", _some), "rate": ("hourly_rate", _rate)},
)
RULES = spellings(
    {
        "role": text,
        "per": choice(_words(get_args(Per))),
        "ratio": number(most=1_000),
        **dict.fromkeys(("minutes_each", "window_minutes"), _minutes),
    }
)
LOOKS = spellings(
    {
        **dict.fromkeys(("id", "name", "model_id", "section", "music_cue"), text),
        "number": number(most=MAX_COUNT),
        **dict.fromkeys(("alt_model_ids", "sample_ids"), _some),
        **dict.fromkeys(("change_seconds", "walk_seconds"), _seconds),
        "dressers": count,
        **dict.fromkeys(("is_opening", "is_closing", "locked"), truth),
    },
    {
        "look_id": ("id", text),
        "order": ("number", number(most=MAX_COUNT)),
        "look_number": ("number", number(most=MAX_COUNT)),
        "model": ("model_id", text),
        "is_locked": ("locked", truth),
    },
)
MODELS = spellings(
    {
        **dict.fromkeys(("id", "name"), text),
        "call_at": instant,
        **dict.fromkeys(("hair_minutes", "makeup_minutes"), _day_minutes),
        "travel_from_show": _minutes,
    },
    {
        "model_id": ("id", text),
        "call_time": ("call_at", instant),
        "hmu_minutes": ("hmu_minutes", _day_minutes),
        "travel_from_show_minutes": ("travel_from_show", _minutes),
    },
)
CUES = spellings(
    {
        **dict.fromkeys(("id", "name", "owner", "notes", "audio", "lighting", "video"), text),
        "phase": choice(
            _words(
                ("setup", "show", "teardown"),
                {
                    "setup": "pre_production build load_in rehearsal preshow pre_show",
                    "teardown": "post strike load_out breakdown postshow post_show",
                },
            )
        ),
        "start_at": instant,
        "offset_minutes": _signed,
        "duration_minutes": _cue_minutes,
        "start_mode": choice(_words(get_args(StartMode), {"hard": "fixed", "soft": "follow"})),
    },
    {
        **dict.fromkeys(("title", "label"), ("name", text)),
        **dict.fromkeys(("time", "start"), ("start_at", instant)),
        "owner_id": ("owner", text),
        "duration": ("duration_minutes", _cue_minutes),
    },
)
TRACKS = spellings(
    {"title": text, "seconds": _seconds},
    {
        "name": ("title", text),
        "duration_seconds": ("seconds", _seconds),
        "duration": ("seconds", _seconds),
    },
)


VENUE = spellings(
    {
        **dict.fromkeys(("name", "city"), text),
        "capacity": count,
        "access_from_at": instant,
        "curfew_at": due,
    },
    {"access_at": ("access_from_at", instant), "curfew": ("curfew_at", due)},
)
SHOW_SETTINGS = spellings(
    {
        "exit_interval_seconds": _interval,
        **dict.fromkeys(
            (
                *("walk_seconds", "change_seconds", "min_change_slack_seconds"),
                *("finale_seconds_per_model", "bow_seconds"),
            ),
            _seconds,
        ),
        **dict.fromkeys(("hair_stations", "makeup_stations"), count),
        "look_order_policy": choice(_POLICIES),
        "start_delay_minutes": _day_minutes,
    }
)
LISTS = ("shifts", "people", "staffing_rules", "looks", "models", "cues", "music")
EVENT = spellings(
    {
        **dict.fromkeys(("id", "name", "currency"), text),
        "type": choice(_words(get_args(EventType), {"runway": "show fashion_show runway_show"})),
        "status": choice(_words(get_args(EventStatus), {"cancelled": "canceled"})),
        **dict.fromkeys(("start_at", "doors_at", "plan_start_at"), instant),
        **dict.fromkeys(("end_at", "deadline_at"), due),
        "guest_count": count,
        "calendar": read_calendar,
        **dict.fromkeys(("venue", "show_settings"), mapping),
        **dict.fromkeys(("tasks", "dependencies", *LISTS), _rows),
    },
    {
        "event_id": ("id", text),
        "title": ("name", text),
        **dict.fromkeys(("show_time", "show_at", "date", "start"), ("start_at", instant)),
        "end": ("end_at", due),
        "deadline": ("deadline_at", due),
        **dict.fromkeys(("guests", "expected_guests"), ("guest_count", count)),
        **dict.fromkeys(("staffing", "positions"), ("shifts", _rows)),
        **dict.fromkeys(("crew", "staff"), ("people", _rows)),
        "event_tasks": ("tasks", _rows),
        "tracks": ("music", _rows),
    },
)
OPTIONS = spellings(
    {
        **dict.fromkeys(("include_filled", "allow_reassign"), truth),
        "look_order_policy": choice(_POLICIES),
    }
)

"""How values read in an answer: names, numbers, times, lists."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from insights.schemas.logistics import Sample

MOST_NAMED = 6
_LONGEST_NAME = 60
_SCANNED = 400  # characters of a hostile name that are looked at
_YEARS = range(1900, 9000)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Cs"}

STATUS_WORDS = {
    "awaiting": "awaited",
    "in_transit": "in transit",
    "delayed": "delayed",
    "received": "received",
    "on_set": "on set",
    "shot": "shot",
    "returned": "returned",
    "damaged": "damaged",
    "lost": "lost",
    "cancelled": "cancelled",
    "unknown": "in an unknown status",
}


def clip(value: str, longest: int = _LONGEST_NAME) -> str:
    """Return text from the data on one line, without what cannot be seen, cut when long."""
    seen = "".join(
        " " if unicodedata.category(letter) in _INVISIBLE else letter for letter in value[:_SCANNED]
    )
    line = " ".join(seen.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def name_of(sample: Sample) -> str:
    return clip(sample.label) or clip(sample.id) or "a piece without a name"


def status_of(sample: Sample) -> str:
    if sample.status == "unknown" and sample.status_raw:
        return f"“{clip(sample.status_raw, 30)}”"
    return STATUS_WORDS[sample.status]


def number(value: float) -> str:
    """Return a number as emitted, without a trailing `.0`."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def minutes(value: float) -> str:
    return f"{number(value)} min"


def counted(count: int, noun: str, plural: str = "") -> str:
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"


def join(parts: Sequence[str], last: str = "and") -> str:
    head, tail = ", ".join(parts[:-1]), "".join(parts[-1:])
    return f"{head} {last} {tail}" if head else tail


def named(names: Iterable[str], *, total: int) -> str:
    """Return the first six names, and how many more there are."""
    shown = [name for _, name in zip(range(MOST_NAMED), names, strict=False)]
    if total > len(shown):
        return f"{', '.join(shown)} and {total - len(shown)} more"
    return join(shown)


def when(moment: datetime, *, now: datetime, zone: ZoneInfo) -> str:
    """Return a moment as people in `zone` say it: `today 14:00`, `Fri 13 Mar 09:30`."""
    if moment.year not in _YEARS or now.year not in _YEARS:
        return f"{moment.year:04d}"
    here, today = moment.astimezone(zone), now.astimezone(zone).date()
    near = {today: "today", today + timedelta(1): "tomorrow", today - timedelta(1): "yesterday"}
    day = here.date()
    text = near.get(day) or f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"
    if day.year != today.year and day not in near:
        text += f" {day.year}"
    return f"{text} {here:%H:%M}"

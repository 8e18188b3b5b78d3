"""How values read in an answer: names, numbers, times, lists."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from insights.schemas.logistics import Sample
from insights.schemas.media import GalleryAsset
from insights.schemas.recommendations import Package
from insights.schemas.tasks import Task

MOST_NAMED = 6
_LONGEST_NAME = 60
_SCANNED = 400  # characters of a hostile name that are looked at
_YEARS = range(1900, 9000)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Cs"}

_HOUR, _DAY = 60, 1440
_LOOK = re.compile(r"^look[-_ ]?0*(?=[0-9])", re.IGNORECASE)
_APART = re.compile(r"\([^()]*\)")
# What markup is made of, and single angle quotes for it: a name from the data is text alone.
_HARMLESS = str.maketrans({"<": "\u2039", ">": "\u203a"})
_LINKS = (("](", "] ("), ("://", ": //"))

STATUS_WORDS = {
    "awaiting": "awaiting delivery",
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

TASK_WORDS = {
    "not_started": "not started",
    "ready": "ready to start",
    "in_progress": "in progress",
    "blocked": "blocked",
    "done": "done",
    "cancelled": "cancelled",
}
ASSET_WORDS = {
    "uploading": "uploading",
    "processing": "being processed",
    "uploaded": "pending",
    "pending_review": "pending",
    "approved": "approved",
    "rejected": "rejected",
    "archived": "archived",
}


def clip(value: str, longest: int = _LONGEST_NAME) -> str:
    """Return text from the data on one line, without markup and what cannot be seen, cut when long."""
    seen = "".join(
        " " if unicodedata.category(letter) in _INVISIBLE else letter for letter in value[:_SCANNED]
    )
    line = " ".join(seen.split()).translate(_HARMLESS)
    for link, text in _LINKS:
        line = line.replace(link, text)
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def name_of(sample: Sample) -> str:
    return clip(sample.label) or clip(sample.id) or "a piece without a name"


def task_name(task: Task) -> str:
    return clip(task.label) or "a task without a name"


def asset_name(asset: GalleryAsset) -> str:
    return clip(asset.file_name or "") or clip(asset.id) or "an image without a name"


def package_name(package: Package) -> str:
    return clip(package.name or "") or clip(package.id)


def status_of(sample: Sample) -> str:
    if sample.status == "unknown" and sample.status_raw:
        return f"“{clip(sample.status_raw, 30)}”"
    return STATUS_WORDS[sample.status]


def look_of(look_id: str) -> str:
    """Return what stands after the word "look": `16` of `look-16`, any other id as it is."""
    return clip(_LOOK.sub("", look_id[:_SCANNED]) or look_id, 20)


def sentence(text: str) -> str:
    """End a text from an analysis or from the data with one full stop."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def number(value: float) -> str:
    """Return a number as emitted, without a trailing `.0`."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def minutes(value: float) -> str:
    return f"{number(value)} min"


def duration(value: float) -> str:
    """Return minutes as people say them: `45 min`, `1 h 30 min`, `3 days 2 h`."""
    whole = round(value)
    days, rest = divmod(whole, _DAY)
    hours, left = divmod(rest, _HOUR)
    parts = [(days, "day" if days == 1 else "days"), (hours, "h"), (left, "min")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 min"


def hours(value: float) -> str:
    """Return minutes of work in hours: `16 h`, `1.5 h`."""
    return f"{number(round(value / _HOUR, 1))} h"


def pixels(width: int, height: int) -> str:
    """Return a size with a multiplication sign."""
    return f"{width} \u00d7 {height}"


def money(amount: float, currency: str | None) -> str:
    text = f"{amount:,.2f}".removesuffix(".00")
    return f"{text} {clip(currency, 10)}" if currency else text


def is_are(count: int) -> str:
    return "is" if count == 1 else "are"


def counted(count: int, noun: str, plural: str = "") -> str:
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"


def join(parts: Sequence[str], last: str = "and") -> str:
    head, tail = _comma(parts).join(parts[:-1]), "".join(parts[-1:])
    return f"{head} {last} {tail}" if head else tail


def _comma(parts: Iterable[str]) -> str:
    """Return what stands between parts: one with a comma of its own wants more than a comma."""
    return "; " if any("," in _APART.sub("", part) for part in parts) else ", "


def named(names: Iterable[str], *, total: int) -> str:
    """Return the first six names, and how many more there are."""
    shown = [name for _, name in zip(range(MOST_NAMED), names, strict=False)]
    if total > len(shown):
        return f"{_comma(shown).join(shown)} and {total - len(shown)} more"
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

"""Lenient reading of packages and of the signals in a request's context."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from insights.analysis.recommendations.scoring import FEWEST, MOST
from insights.analysis.recommendations.timeline import read_timeline
from insights.analysis.rows import Cautions, by_id, read_fields, spellings
from insights.analysis.values import (
    OddError,
    Reader,
    count,
    fold,
    items,
    mapping,
    number,
    read_instant,
    shown,
    text,
    texts,
)
from insights.schemas.base import MAX_AMOUNT, Caution
from insights.schemas.recommendations import (
    MAX_LEAD_DAYS,
    MAX_TAGS,
    Capacity,
    Package,
    Signals,
)

_LONGEST_MONEY = 60


class Context(NamedTuple):
    """A request's context as read; `packages` is the catalogue it brings, None when it brings none."""

    signals: Signals
    packages: list[Package] | None
    cautions: list[Caution]
    assumptions: list[str]


def read_packages(
    rows: Sequence[Any], *, zone: ZoneInfo, path: str = "context.packages"
) -> tuple[list[Package], list[Caution]]:
    """Read rows in their order; of rows with the same id the last one counts."""
    cautions = Cautions(path)
    packages = (
        _convert(row) or _read_row(row, zone, f"{path}[{n}]", cautions)
        for n, row in enumerate(rows)
    )
    return list(by_id(packages, path, cautions).values()), cautions.all()


def read_context(
    value: Any, *, options: Any = None, now: datetime, zone: ZoneInfo, path: str = "context"
) -> Context:
    """Read what the request says; what is absent or unreadable counts as not said."""
    cautions, assumptions = Cautions(path), list[str]()
    fields = read_fields(
        _object(value, path, cautions), _CONTEXT_SPELLINGS, zone, path, cautions
    ) | read_fields(
        _object(options, "options", cautions), _OPTION_SPELLINGS, zone, "options", cautions
    )
    if "limit" in fields:
        fields["limit"] = min(MOST, max(FEWEST, fields["limit"]))
    budget, currency = fields.pop("budget", (None, None))
    if budget == 0:
        cautions.add(f"{path}.budget", "no_budget", "a budget of 0 is taken as none given")
        budget = None
    fields["budget"], fields["currency"] = budget, fields.get("currency") or currency
    event = fields.pop("event", {})
    if not fields.get("event_type") and isinstance(event.get("type"), str):
        fields["event_type"] = _event_type(event["type"], zone)
    timeline = fields.pop("timeline", None)
    days = None if timeline is None else _days(timeline, now, zone, f"{path}.timeline", cautions)
    starts_at = read_instant(event.get("startAt", event.get("start_at")), zone)
    if timeline is None and starts_at and starts_at > now:
        days = (starts_at.astimezone(zone).date() - now.astimezone(zone).date()).days
        assumptions.append(f"no timeline given: the event starts in {days} days")
    elif days is not None and isinstance(timeline, str):
        assumptions.append(f"the timeline {shown(timeline)} is read as {days} days from now")
    fields["available_days"] = days
    rows = fields.pop("packages", None)
    packages = None
    about_packages: list[Caution] = []
    if rows is not None:
        packages, about_packages = read_packages(rows, zone=zone, path=f"{path}.packages")
    return Context(Signals(**fields), packages, [*cautions.all(), *about_packages], assumptions)


def _object(value: Any, path: str, cautions: Cautions) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if value is not None:
        cautions.add(path, "not_an_object", f"{path} left out, no object: {shown(value)}")
    return {}


def _days(
    timeline: str | float, now: datetime, zone: ZoneInfo, path: str, cautions: Cautions
) -> int | None:
    if not isinstance(timeline, str):
        return int(timeline)
    days = read_timeline(timeline, now=now, zone=zone)
    if days is None:
        cautions.add(path, "unknown_timeline", f"not understood, left out: {shown(timeline)}")
    elif days < 0:
        cautions.add(path, "past_timeline", f"has gone by, left out: {shown(timeline)}")
        return None
    return days


def _convert(row: Any) -> Package | None:
    """Convert a row as it is; None when it has to be read field by field."""
    if type(row) is not dict or not _OTHER_SPELLINGS.isdisjoint(row) or "extra" in row:
        return None
    try:
        package = msgspec.convert(row, Package)
    except msgspec.ValidationError:
        return None
    return package if _OWN_SPELLINGS.issuperset(row) else _with_extra(package, row)


def _with_extra(package: Package, row: dict[str, Any]) -> Package:
    extra = {key: value for key, value in row.items() if key not in _PACKAGE_SPELLINGS}
    return msgspec.structs.replace(package, extra=extra)


def _read_row(row: Any, zone: ZoneInfo, path: str, cautions: Cautions) -> Package | None:
    if not isinstance(row, dict):
        cautions.add(path, "not_an_object", f"left out, no object: {shown(row)}")
        return None
    fields = read_fields(row, _PACKAGE_SPELLINGS, zone, path, cautions)
    identity = fields.get("id") or fields.get("name")
    if not identity:
        cautions.add(path, "no_identity", "left out, it has neither id nor name")
        return None
    return _with_extra(Package(**fields | {"id": identity}), row)


# What is accepted, and as what.

_MONEY = re.compile(
    r"(?:up to |max\.? |about |around |under |< ?|~ ?)?(?P<before>[€$£]|[a-z]{3})? ?"
    r"(?P<number>\d[\d.,' ]*?) ?(?P<unit>k|m)? ?(?P<after>[€$£]|[a-z]{3})?(?:o|os|s)?"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+")
_SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "eur": "EUR", "usd": "USD", "gbp": "GBP"}
_UNITS = {"k": 1_000, "m": 1_000_000, None: 1}
_amount = number(most=MAX_AMOUNT)
_lead_days = number(most=MAX_LEAD_DAYS)
_stars = number(most=5)


def _money(value: Any, zone: ZoneInfo) -> tuple[float, str | None]:
    """Read `28000`, `28k`, `€28,000` or `28.000 EUR` as an amount and perhaps a currency."""
    if isinstance(value, str) and len(value) > _LONGEST_MONEY:
        raise OddError("not_a_number", f"no amount: {shown(value)}")
    found = _MONEY.fullmatch(value.strip().casefold()) if isinstance(value, str) else None
    written: Any = value
    if found:
        written = found["number"].replace(" ", "").replace("'", "")
        thousands = _THOUSANDS.fullmatch(found["number"])
        written = re.sub(r"\D", "", written) if thousands else written.replace(",", ".")
    try:
        amount: float = _amount(written, zone)
    except OddError as odd:
        if odd.instead is not None:
            odd.instead = (odd.instead, None)
        raise
    if not found:
        return amount, None
    mark = found["before"] or found["after"] or ""
    return min(amount * _UNITS[found["unit"]], MAX_AMOUNT), _SYMBOLS.get(mark, mark.upper()) or None


def _currency(value: Any, zone: ZoneInfo) -> str | None:
    written = text(value, zone).strip()
    return _SYMBOLS.get(written.casefold(), written.upper()) or None


def _tags(value: Any, zone: ZoneInfo) -> tuple[str, ...]:
    """Read a list, or one text with commas, as distinct folded words."""
    words = (
        fold(word)
        for written in texts(value, zone)[:MAX_TAGS]
        for word in written.split(",", MAX_TAGS)
    )
    return tuple(dict.fromkeys(word for word in words if word))[:MAX_TAGS]


def _synonyms(table: dict[str, str]) -> dict[str, str]:
    return {fold(word): fold(name) for name, words in table.items() for word in words.split()}


_ROLES = _synonyms(
    {
        "planner": "event_planner events_planner show_planner",
        "producer": "event_producer show_producer executive_producer production",
        "stylist": "fashion_stylist styling styling_assistant",
        "coordinator": "sample_coordinator samples_coordinator logistics logistics_coordinator",
        "photo_editor": "editor picture_editor image_editor retoucher photographer",
        "admin": "administrator owner manager",
    }
)
_EVENT_TYPES = _synonyms(
    {
        "runway": "runway_show fashion_show show catwalk defile",
        "photoshoot": "shoot photo_shoot lookbook ecommerce",
        "campaign": "campaign_shoot",
        "press_day": "press press_preview",
        "pop_up": "pop_up_store",
    }
)


def _role(value: Any, zone: ZoneInfo) -> str:
    word = fold(text(value, zone))
    return _ROLES.get(word, word)


def _event_type(value: Any, zone: ZoneInfo) -> str:
    word = fold(text(value, zone))
    return _EVENT_TYPES.get(word, word)


def _timeline(value: Any, zone: ZoneInfo) -> str | float:
    days: str | float = value if isinstance(value, str) else _lead_days(value, zone)
    return days


def _rating(value: Any, zone: ZoneInfo) -> float:
    try:
        stars: float = _stars(value, zone)
    except OddError as odd:
        if odd.code != "negative":
            raise
        stars = 0.0
    if stars < 1:
        raise OddError("no_rating", f"less than a star, taken as not rated: {shown(value)}")
    return stars


def _capacity(value: Any, zone: ZoneInfo) -> Capacity:
    """Read {min, max}, or the most people as a number."""
    ends = value if isinstance(value, dict) else {"max": value}
    read = {}
    try:
        for name in ("min", "max"):
            if ends.get(name) is not None:
                read[name] = count(ends[name], zone)
    except OddError as odd:
        raise OddError(odd.code, odd.message) from odd
    return Capacity(**read)


def _list(value: Any, _zone: ZoneInfo) -> list[Any]:
    return items(value)


_PACKAGE_READERS: dict[str, Reader] = {
    **dict.fromkeys(("id", "name", "description"), text),
    **dict.fromkeys(("tags", "roles", "event_types", "includes"), texts),
    **dict.fromkeys(("price", "price_min", "price_max"), _amount),
    "currency": _currency,
    "lead_days": _lead_days,
    "capacity": _capacity,
    "rating": _rating,
    "rating_count": count,
}
_PACKAGE_ALIASES: dict[str, tuple[str, Reader]] = {
    "title": ("name", text),
    "days": ("lead_days", _lead_days),
    "lead_time_days": ("lead_days", _lead_days),
    "event_type": ("event_types", texts),
    "role": ("roles", texts),
    "reviews": ("rating_count", count),
}
_CONTEXT_READERS: dict[str, Reader] = {
    "current_page": text,
    "user_role": _role,
    "event_type": _event_type,
    "tags": _tags,
    "budget": _money,
    "currency": _currency,
    "timeline": _timeline,
    "headcount": count,
    "packages": _list,
    "event": mapping,
}
_CONTEXT_ALIASES: dict[str, tuple[str, Reader]] = {
    "page": ("current_page", text),
    "role": ("user_role", _role),
    "capacity": ("headcount", count),
    "guests": ("headcount", count),
    "guest_count": ("headcount", count),
}
_PACKAGE_SPELLINGS = spellings(_PACKAGE_READERS, _PACKAGE_ALIASES)
_OTHER_SPELLINGS = frozenset(key for key, spelling in _PACKAGE_SPELLINGS.items() if not spelling[2])
_OWN_SPELLINGS = _PACKAGE_SPELLINGS.keys() - _OTHER_SPELLINGS
_CONTEXT_SPELLINGS = spellings(_CONTEXT_READERS, _CONTEXT_ALIASES)
_OPTION_SPELLINGS = spellings({"limit": count})

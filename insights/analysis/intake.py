"""Lenient reading of what clients send: one odd row or field never refuses a list.

Well-formed rows are converted by msgspec at C speed. Only a row that it refuses, or that uses
another spelling, is read field by field.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import UTC
from operator import attrgetter
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import force_setattr

from insights.analysis.rows import Cautions, by_id, camel, read_fields, spellings, unfolded
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
    read_instant,
    read_zone,
    shown,
    text,
    texts,
    truth,
)
from insights.schemas.base import FIRST_YEAR, LAST_YEAR, MAX_AMOUNT, MAX_MINUTES, Caution
from insights.schemas.logistics import (
    Break,
    Changeover,
    Combine,
    Condition,
    CustomsStatus,
    HeroFirst,
    LogisticsOptions,
    Priority,
    Sample,
    SampleType,
    StatusMoment,
)

__all__ = ["SAMPLE_NAMES", "read_instant", "read_options", "read_samples", "read_zone"]

MAX_BREAKS = 100
MAX_MATRIX_ENTRIES = 50_000

_CHUNK = 100  # rows converted at once; an odd one among them leaves them to be read one by one


def read_samples(
    rows: Sequence[Any], *, zone: ZoneInfo, path: str = "sampleList"
) -> tuple[list[Sample], list[Caution]]:
    """Read rows in their order; of rows with the same id the last one counts.

    `zone` is that of datetimes without an offset.
    """
    cautions = Cautions(path)
    samples = _read_rows(rows, zone, path, cautions)
    return list(by_id(samples, path, cautions).values()), cautions.all()


def _read_rows(
    rows: Sequence[Any], zone: ZoneInfo, path: str, cautions: Cautions
) -> Iterator[Sample | None]:
    for start in range(0, len(rows), _CHUNK):
        chunk = list(map(unfolded, rows[start : start + _CHUNK]))
        yield from _convert_rows(chunk) or (
            _convert_row(row) or _read_row(row, zone, f"{path}[{n}]", cautions)
            for n, row in enumerate(chunk, start)
        )


def read_options(
    value: Any, *, zone: ZoneInfo, path: str = "options"
) -> tuple[LogisticsOptions, list[Caution]]:
    """Read the request's `options`; what is absent or unreadable keeps its default."""
    cautions = Cautions(path)
    row = {} if value is None else value
    if not isinstance(row, dict):
        cautions.add(path, "not_an_object", f"options left out, no object: {shown(value)}")
        return LogisticsOptions(), cautions.all()
    fields = read_fields(row, _OPTION_SPELLINGS, zone, path, cautions)
    if "changeover" in fields:
        minutes = read_fields(
            fields["changeover"], _CHANGEOVER_SPELLINGS, zone, f"{path}.changeover", cautions
        )
        fields["changeover"] = Changeover(**minutes)
    return LogisticsOptions(**fields), cautions.all()


def _convert_row(row: Any) -> Sample | None:
    """Convert a row as it is, or else tidied; None when it has to be read field by field."""
    if type(row) is not dict:
        return None
    status = row.get("status")
    if type(status) is str and status in _STATUSES and (found := _convert_rows([row])):
        return found[0]
    tidy = {key: value for key, value in row.items() if value is not None}
    if not _OTHER_SPELLINGS.isdisjoint(row):
        given, tidy = tidy, {_OWN_NAMES.get(key, key): value for key, value in tidy.items()}
        if len(tidy) < len(given):  # a field in two spellings
            return None
    for key, words in _ENUM_WORDS.items():
        word = tidy.get(key)
        if type(word) is str:
            tidy[key] = words.get(word) or words.get(fold(word), word)
    found = _convert_rows([tidy])
    return found[0] if found else None


def _convert_rows(rows: Sequence[Any]) -> list[Sample] | None:
    """Convert rows as they are; None when one of them is not quite what a `Sample` is."""
    if set(map(type, rows)) != {dict}:
        return None
    keys: set[str] = set().union(*rows)
    if not keys.isdisjoint(_OTHER_SPELLINGS):
        return None
    try:
        samples = msgspec.convert(rows, list[Sample])
    except msgspec.ValidationError:
        return None
    _fold(samples, keys)
    if not _STATUSES.issuperset(map(_status_of, samples)):
        return None
    _fold(samples, keys)
    instants = [name for key, name in _INSTANTS.items() if key in keys]
    moments = [moment for sample in samples for moment in sample.status_history]
    plain = _STATUSES.issuperset(map(_status_of, moments)) and _to_utc(moments, "at")
    return samples if plain and all(_to_utc(samples, name) for name in instants) else None


def _fold(samples: Iterable[Sample], keys: Container[str]) -> None:
    """Fold categories, and let a tag make a hero, where `keys` say that there can be any."""
    if "category" in keys:
        for sample in samples:
            category = sample.category.strip().casefold() or "uncategorised"
            if category != sample.category:
                force_setattr(sample, "category", category)
    if "tags" in keys:
        for sample in samples:
            if sample.tags and not sample.is_hero:
                force_setattr(sample, "is_hero", "hero" in map(str.casefold, sample.tags))


def _to_utc(holders: Sequence[msgspec.Struct], name: str) -> bool:
    """Bring instants to UTC and whole seconds; False when one may be out of bounds there."""
    for holder, at in zip(holders, map(attrgetter(name), holders), strict=True):
        if at is None:
            continue
        if not FIRST_YEAR < at.year < LAST_YEAR:
            return False
        if at.tzinfo is not UTC or at.microsecond:
            moment = at.astimezone(UTC)
            # `replace` takes twice as long as everything else here.
            force_setattr(holder, name, moment.replace(microsecond=0) if at.microsecond else moment)
    return True


def _read_row(row: Any, zone: ZoneInfo, path: str, cautions: Cautions) -> Sample | None:
    if not isinstance(row, dict):
        cautions.add(path, "not_an_object", f"left out, no object: {shown(row)}")
        return None
    fields = read_fields(row, _SAMPLE_SPELLINGS, zone, path, cautions)
    identity = fields.get("id") or fields.get("barcode") or fields.get("sku")
    if not identity:
        cautions.add(path, "no_identity", "left out, it has neither id nor barcode nor sku")
        return None
    fields["id"] = identity
    if fields.get("priority") == "hero":
        del fields["priority"]
        fields["is_hero"] = True
    status = fields.setdefault("status", "")
    if not status.strip():
        fields["status"] = "awaiting"
        cautions.add(f"{path}.status", "missing_status", "no status, taken as awaiting")
    elif status not in _STATUSES:
        fields["status"], fields["status_raw"] = "unknown", status
        cautions.add(f"{path}.status", "unknown_status", f"no status we know: {shown(status)}")
    sample = Sample(**fields)
    _fold([sample], fields)
    return sample


_status_of = attrgetter("status")

# What is accepted, and as what.


def _words(values: Iterable[str]) -> dict[str, str]:
    """List the values by themselves, which is how most come, and folded."""
    return {spelling: value for value in values for spelling in (value, fold(value))}


_STATUS_SYNONYMS = {
    "awaiting": "requested planned confirmed ordered pending expected reserved not_received draft",
    "in_transit": "shipped sent dispatched out_for_delivery courier open",
    "delayed": "late overdue held customs backordered",
    "received": "arrived checked_in in_studio in_stock available ready prepped steamed",
    "on_set": "shooting in_shoot styling in_progress",
    "shot": "captured photographed done complete completed approved",
    "returned": "closed sent_back archived",
    "damaged": "broken stained needs_repair",
    "lost": "missing written_off stolen",
    "cancelled": "canceled dropped void gifted sold",
}
_STATUSES = frozenset(_STATUS_SYNONYMS)  # all but unknown
_STATUS_WORDS = _words(_STATUSES) | {
    fold(word): status for status, synonyms in _STATUS_SYNONYMS.items() for word in synonyms.split()
}


def _status(value: Any, _zone: ZoneInfo) -> str:
    """Give the canonical status, or what came when it is none."""
    word = value if isinstance(value, str) else shown(value)
    return _STATUS_WORDS.get(fold(word), word)


def _history(value: Any, zone: ZoneInfo) -> tuple[StatusMoment, ...]:
    kept: list[StatusMoment] = []
    for item in items(value):
        row = item if isinstance(item, dict) else {}
        status: Any = _status(row.get("status"), zone)
        if status in _STATUSES:
            kept.append(StatusMoment(status=status, at=read_instant(row.get("at"), zone)))
    if len(kept) < len(value):
        message = f"{len(value) - len(kept)} entries left out, without a status we know"
        raise OddError("unknown_status", message, tuple(kept))
    return tuple(kept)


def _breaks(value: Any, zone: ZoneInfo) -> tuple[Break, ...]:
    kept: list[Break] = []
    for item in items(value)[:MAX_BREAKS]:
        row = item if isinstance(item, dict) else {}
        start_at = read_instant(row.get("startAt", row.get("start_at")), zone)
        end_at = read_instant(row.get("endAt", row.get("end_at")), zone)
        if start_at and end_at and start_at < end_at:
            kept.append(Break(start_at=start_at, end_at=end_at))
    if len(kept) < len(value):
        message = f"{len(value) - len(kept)} left out: startAt before endAt, {MAX_BREAKS} at most"
        raise OddError("bad_break", message, tuple(kept))
    return tuple(kept)


def _matrix(value: Any, zone: ZoneInfo) -> dict[str, dict[str, float]]:
    matrix: dict[str, dict[str, float]] = {}
    left_out = read = 0
    for start, row in mapping(value, zone).items():
        kept = matrix.setdefault(start, {})
        if not isinstance(row, dict):
            left_out += 1
            continue
        for end, minutes in row.items():
            read += 1
            try:
                if read <= MAX_MATRIX_ENTRIES:
                    kept[end] = _minutes(minutes, zone)
                    continue
            except OddError:
                pass
            left_out += 1
    if left_out:
        message = f"{left_out} entries left out: minutes wanted, {MAX_MATRIX_ENTRIES} at most"
        raise OddError("bad_matrix", message, matrix)
    return matrix


def _hero_first(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, bool):
        return "strict" if value else "off"
    word: str = _hero_word(value, zone)
    return word


_hero_word = choice(_words(get_args(HeroFirst)))
_minutes = number(most=MAX_MINUTES)

_ENUM_WORDS = {
    "status": _STATUS_WORDS,
    "priority": _words(get_args(Priority)),
    "sampleType": _words(get_args(SampleType)),
    "customsStatus": _words(get_args(CustomsStatus)),
    "condition": _words(get_args(Condition)),
}

_SAMPLE_READERS: dict[str, Reader] = {
    **dict.fromkeys(
        (
            *("id", "sku", "style_id", "barcode", "rfid", "name", "category", "status_raw"),
            *("color", "color_hex", "size", "season", "collection", "designer", "location"),
            *("holder", "set_id", "lighting", "background", "model_id", "shot_type", "setup_key"),
            *("carrier", "tracking_number", "supplier", "currency", "notes"),
        ),
        text,
    ),
    **dict.fromkeys(
        ("look_ids", "shot_ids", "task_ids", "event_ids", "substitute_ids", "tags"), texts
    ),
    **dict.fromkeys(
        (
            *("ordered_at", "shipped_at", "expected_at", "received_at", "on_set_at", "shot_at"),
            *("returned_at", "needed_at"),
        ),
        instant,
    ),
    **dict.fromkeys(("quantity", "shots_required", "shots_captured"), count),
    **dict.fromkeys(("shot_minutes", "prep_minutes"), _minutes),
    "status": _status,
    "is_hero": truth,
    "priority": choice(_ENUM_WORDS["priority"] | {"hero": "hero"}),
    "sample_type": choice(_ENUM_WORDS["sampleType"]),
    "customs_status": choice(_ENUM_WORDS["customsStatus"]),
    "condition": choice(_ENUM_WORDS["condition"]),
    "return_due_at": due,
    "status_history": _history,
    "value_amount": number(most=MAX_AMOUNT),
}
_SAMPLE_ALIASES: dict[str, tuple[str, Reader]] = {
    "eta": ("expected_at", instant),
    "etd": ("shipped_at", instant),
    "due_date": ("needed_at", due),
    "due_at": ("needed_at", due),
    "shoot_at": ("needed_at", instant),
    "return_by": ("return_due_at", due),
    "look": ("look_ids", texts),
    "look_id": ("look_ids", texts),
}
_OPTION_READERS: dict[str, Reader] = {
    "changeover": mapping,
    "changeover_matrix": _matrix,
    "start_setup": text,
    "return_to_start": truth,
    "day_start_at": instant,
    "day_end_at": instant,
    "breaks": _breaks,
    "hero_first": _hero_first,
    "max_batch_minutes": _minutes,
    "shoot_at": instant,
    "target": number(most=100),
}
_CHANGEOVER_READERS: dict[str, Reader] = {
    "set_minutes": _minutes,
    "lighting_minutes": _minutes,
    "model_minutes": _minutes,
    "background_minutes": _minutes,
    "category_minutes": _minutes,
    "combine": choice(_words(get_args(Combine))),
}


_INSTANTS = {camel(name): name for name in Sample.__struct_fields__ if name.endswith("_at")}
_SAMPLE_SPELLINGS = spellings(_SAMPLE_READERS, _SAMPLE_ALIASES)
_OTHER_SPELLINGS = frozenset(key for key, spelling in _SAMPLE_SPELLINGS.items() if not spelling[2])
_OWN_NAMES = {key: camel(_SAMPLE_SPELLINGS[key][0]) for key in _OTHER_SPELLINGS}
SAMPLE_NAMES = frozenset(_SAMPLE_SPELLINGS)  # of its fields, in every accepted spelling
_OPTION_SPELLINGS = spellings(_OPTION_READERS)
_CHANGEOVER_SPELLINGS = spellings(_CHANGEOVER_READERS)

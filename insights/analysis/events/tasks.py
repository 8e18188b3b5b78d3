"""Lenient reading of an event's tasks and of the links between them.

As with samples, well-formed rows are converted by msgspec at C speed, others field by field.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec

from insights.analysis.events.links import add_links, read_links, resolve_texts
from insights.analysis.events.spans import DAY, HOUR, WORK_DAY, duration
from insights.analysis.rows import Cautions, Spellings, by_id, read_fields, spellings, unfolded
from insights.analysis.values import (
    OddError,
    Reader,
    choice,
    due,
    fold,
    instant,
    number,
    shown,
    text,
    texts,
    truth,
)
from insights.schemas.base import MAX_MINUTES, Caution
from insights.schemas.logistics import Priority
from insights.schemas.tasks import (
    LagCalendar,
    NetworkOptions,
    Phase,
    SlackMode,
    Task,
)

_ASSUMED_MINUTES = 60.0


def read_tasks(
    rows: Sequence[Any],
    dependencies: Sequence[Any],
    *,
    zone: ZoneInfo,
    has_calendar: bool,
    path: str = "event.tasks",
    dependencies_path: str = "event.dependencies",
) -> tuple[list[Task], list[Caution]]:
    """Read rows in their order; of rows with the same id the last one counts.

    `dependencies` are links given apart from the tasks. `zone` is that of datetimes without an
    offset; with a calendar a day of duration is eight hours.
    """
    cautions = Cautions(path)
    table = _SPELLINGS[has_calendar]
    read = (
        _convert_row(row, table) or _read_row(row, table, zone, f"{path}[{n}]", cautions)
        for n, row in enumerate(map(unfolded, rows))
    )
    tasks = by_id(read, path, cautions)
    resolve_texts(tasks)
    add_links(tasks, dependencies, zone, dependencies_path, cautions)
    return list(tasks.values()), cautions.all()


def read_network_options(
    value: Any, *, zone: ZoneInfo, path: str = "options"
) -> tuple[NetworkOptions, list[Caution]]:
    """Read the request's `options`; what is absent or unreadable keeps its default."""
    cautions = Cautions(path)
    row = {} if value is None else value
    if not isinstance(row, dict):
        cautions.add(path, "not_an_object", f"options left out, no object: {shown(value)}")
        return NetworkOptions(), cautions.all()
    fields = read_fields(row, _OPTION_SPELLINGS, zone, path, cautions)
    return NetworkOptions(**fields), cautions.all()


def _convert_row(row: Any, table: Spellings) -> Task | None:
    """Convert a row as it is, or else tidied; None when it has to be read field by field."""
    if type(row) is not dict:
        return None
    tidy: dict[str, Any] = {}
    for key, value in row.items():
        if value is None:
            continue
        if key in table and not table[key][2]:
            return None
        words = _ENUM_WORDS.get(key)
        if words and type(value) is str:
            tidy[key] = words.get(value) or words.get(fold(value), value)
        elif key == "dependsOn" and type(value) is list:
            tidy[key] = [{"taskId": item} if type(item) is str else item for item in value]
        else:
            tidy[key] = value
    try:
        return msgspec.convert(tidy, Task)
    except msgspec.ValidationError:
        return None


def _read_row(
    row: Any, table: Spellings, zone: ZoneInfo, path: str, cautions: Cautions
) -> Task | None:
    if not isinstance(row, dict):
        cautions.add(path, "not_an_object", f"left out, no object: {shown(row)}")
        return None
    fields = read_fields(row, table, zone, path, cautions)
    if not fields.get("id"):
        cautions.add(path, "no_identity", "left out, it has no id")
        return None
    _settle_estimates(fields, path, cautions)
    _settle_duration(fields, whole_days=table is _SPELLINGS[True])
    return Task(**fields)


def _settle_estimates(fields: dict[str, Any], path: str, cautions: Cautions) -> None:
    """Put three estimates in order, and let go of what is fewer than three."""
    given = {name: fields.pop(name) for name in _ESTIMATES if name in fields}
    if not given:
        return
    if "likely_minutes" not in given and "duration_minutes" in fields:
        given["likely_minutes"] = fields["duration_minutes"]
    if len(given) < len(_ESTIMATES):
        if "likely_minutes" in given:
            fields.setdefault("duration_minutes", given["likely_minutes"])
        message = "an estimate takes optimistic, likely and pessimistic minutes"
        cautions.add(path, "incomplete_estimate", message)
        return
    estimates = [given[name] for name in _ESTIMATES]
    if estimates != sorted(estimates):
        message = "estimates put in order: optimistic, likely, pessimistic"
        cautions.add(path, "unordered_estimate", message)
    fields |= dict(zip(_ESTIMATES, sorted(estimates), strict=True))
    fields.setdefault("duration_minutes", given["likely_minutes"])


def _settle_duration(fields: dict[str, Any], *, whole_days: bool) -> None:
    start = fields.get("planned_start_at")
    end = fields.pop("planned_end_at", None)
    if "duration_minutes" in fields:
        return
    if start and end and end >= start:
        fields["duration_minutes"] = _span(start, end, whole_days=whole_days)
    elif fields.get("is_milestone"):
        fields["duration_minutes"] = 0.0
    else:
        fields["duration_minutes"] = _ASSUMED_MINUTES
        fields["duration_assumed"] = True


def _span(start: datetime, end: datetime, *, whole_days: bool) -> float:
    """Count the minutes between; with a calendar no day has more than eight hours of work."""
    days, rest = divmod((end - start).total_seconds() / 60, DAY)
    minutes = days * WORK_DAY + min(rest, WORK_DAY) if whole_days else days * DAY + rest
    return min(minutes, float(MAX_MINUTES))


def _share(value: Any, zone: ZoneInfo) -> float:
    """Read progress: up to 1 a fraction, above it percent."""
    try:
        found = float(_percent(value, zone))
    except OddError as odd:
        if odd.instead is not None:
            odd.instead /= 100
        raise
    return found / 100 if found > 1 else found


_percent = number(most=100)


# What is accepted, and as what.


def _words(values: Iterable[str], synonyms: Mapping[str, str] | None = None) -> dict[str, str]:
    """List the values by themselves, which is how most come, and all words folded."""
    table = {spelling: value for value in values for spelling in (value, fold(value))}
    for value, words in (synonyms or {}).items():
        table |= {fold(word): value for word in words.split()}
    return table


_STATUS_SYNONYMS = {
    "not_started": "todo open pending planned backlog new scheduled",
    "ready": "up_next",
    "in_progress": "doing started active wip underway running",
    "blocked": "on_hold hold stuck waiting paused",
    "done": "complete completed closed finished",
    "cancelled": "canceled dropped void skipped",
}
_PHASE_SYNONYMS = {
    "pre_production": "prep planning",
    "setup": "build load_in",
    "teardown": "strike load_out breakdown",
    "post": "post_production wrap",
}
_ENUM_WORDS = {
    "status": _words(_STATUS_SYNONYMS, _STATUS_SYNONYMS),
    "phase": _words(get_args(Phase), _PHASE_SYNONYMS),
    "priority": _words(get_args(Priority), {"normal": "medium", "critical": "urgent"}),
}
_ESTIMATES = ("optimistic_minutes", "likely_minutes", "pessimistic_minutes")


def _task_spellings(day: float) -> Spellings:
    minutes, hours, days = (duration(unit, day) for unit in (1.0, HOUR, day))
    readers: dict[str, Reader] = {
        **dict.fromkeys(("id", "name", "owner_id", "owner_name", "role", "blocked_reason"), text),
        **dict.fromkeys(("assignee_ids", "tags", "sample_ids", "look_ids"), texts),
        **dict.fromkeys(
            (
                *("planned_start_at", "not_before_at", "must_start_at"),
                *("actual_start_at", "actual_end_at"),
            ),
            instant,
        ),
        **dict.fromkeys((*_ESTIMATES, "duration_minutes", "remaining_minutes"), minutes),
        **{name: choice(words) for name, words in _ENUM_WORDS.items()},
        "due_at": due,
        "depends_on": read_links,
        "percent_complete": _share,
        "is_milestone": truth,
    }
    aliases: dict[str, tuple[str, Reader]] = {
        **dict.fromkeys(("task_id", "key"), ("id", text)),
        "title": ("name", text),
        **dict.fromkeys(("owner", "assignee", "assignee_id"), ("owner_id", text)),
        "assignees": ("assignee_ids", texts),
        **dict.fromkeys(("predecessors", "dependencies", "depends"), ("depends_on", read_links)),
        **dict.fromkeys(("duration", "estimated_minutes"), ("duration_minutes", minutes)),
        **dict.fromkeys(("duration_hours", "estimated_hours"), ("duration_minutes", hours)),
        "duration_days": ("duration_minutes", days),
        "remaining_hours": ("remaining_minutes", hours),
        "most_likely_minutes": ("likely_minutes", minutes),
        **dict.fromkeys(("percent", "progress"), ("percent_complete", _share)),
        **dict.fromkeys(("start_at", "planned_start"), ("planned_start_at", instant)),
        **dict.fromkeys(("end_at", "planned_end", "planned_end_at"), ("planned_end_at", due)),
        **dict.fromkeys(("due_date", "due", "deadline_at", "deadline"), ("due_at", due)),
        "not_before": ("not_before_at", instant),
        "must_start": ("must_start_at", instant),
        "started_at": ("actual_start_at", instant),
        **dict.fromkeys(("completed_at", "finished_at"), ("actual_end_at", due)),
        "milestone": ("is_milestone", truth),
    }
    return spellings(readers, aliases)


_SPELLINGS = {False: _task_spellings(DAY), True: _task_spellings(WORK_DAY)}
_OPTION_SPELLINGS = spellings(
    {
        "slack_mode": choice(_words(get_args(SlackMode))),
        "lag_calendar": choice(_words(get_args(LagCalendar))),
        "simulate": truth,
    }
)

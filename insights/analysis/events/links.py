"""Lenient reading of links between tasks: ids, objects, and text such as `t3SS+2h`."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import force_setattr

from insights.analysis.events.spans import DAY, HOUR, bounded, lag, parse_span
from insights.analysis.rows import Cautions, read_fields, spellings
from insights.analysis.values import OddError, Reader, choice, fold, shown, text
from insights.schemas.base import Identifier
from insights.schemas.tasks import Dependency, Lag, LinkType, Task

_LONGEST_TEXT = 200  # what is longer is the id of a task
_TYPED_LINK = re.compile(r"(.+?)\s*(FS|SS|FF|SF)\s*([+-].*)?", re.IGNORECASE)
_LAGGED_LINK = re.compile(r"(.+)([+-].*)")


class _Edge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A link given apart from its tasks."""

    source: Identifier = msgspec.field(name="from")
    target: Identifier = msgspec.field(name="to")
    type: LinkType = "FS"
    lag_minutes: Lag = msgspec.field(name="lagMinutes", default=0.0)


def read_links(value: Any, zone: ZoneInfo) -> tuple[Dependency, ...]:
    """Read a list of links, one link, or text that lists them: `t1, t3SS+2h`."""
    written = value if isinstance(value, list) else [value]
    if isinstance(value, str):
        written = [part.strip() for part in re.split(r"[,;]", value) if part.strip()]
    kept: list[Dependency] = []
    complaints = Cautions("")
    for item in written:
        row = item if isinstance(item, dict) else {"taskId": item}
        fields = read_fields(row, _LINK_SPELLINGS, zone, "", complaints)
        if fields.get("task_id"):
            kept.append(Dependency(**fields))
        else:
            complaints.add("", "bad_dependency", f"no predecessor: {shown(item)}")
    if found := complaints.all():
        raise OddError("bad_dependency", found[0].message, tuple(kept))
    return tuple(kept)


def resolve_texts(tasks: Mapping[str, Task]) -> None:
    """Read predecessors that no task is called by as text: `t3SS+2h` is t3, SS and two hours."""
    for task in tasks.values():
        links = task.depends_on
        if all(link.task_id in tasks for link in links):
            continue
        # The task is not anybody else's yet: the same as building it with these links.
        resolved = tuple(
            link
            if link.task_id in tasks or link.type != "FS" or link.lag_minutes
            else _parse_link(link.task_id, tasks) or link
            for link in links
        )
        force_setattr(task, "depends_on", resolved)


def _parse_link(written: str, known: Mapping[str, Task]) -> Dependency | None:
    """Read `t3SS+2h`, `t3SS` or `t3-30m`.

    A task nobody knows is only taken for one when a lag follows the type: `press` is no SS.
    """
    written = written.strip()
    if written in known:
        return Dependency(task_id=written)
    if len(written) > _LONGEST_TEXT:
        return None
    if match := _TYPED_LINK.fullmatch(written):
        task_id, word, after = match.groups()
        minutes = 0.0 if after is None else parse_span(after, DAY)
        if minutes is not None and (task_id in known or after is not None):
            kind = _LINK_WORDS[fold(word)]
            return Dependency(task_id=task_id, type=kind, lag_minutes=bounded(minutes))
    if match := _LAGGED_LINK.fullmatch(written):
        task_id, after = match.groups()
        minutes = parse_span(after, DAY)
        if minutes is not None and task_id.strip() in known:
            return Dependency(task_id=task_id.strip(), lag_minutes=bounded(minutes))
    return None


def add_links(
    tasks: Mapping[str, Task],
    dependencies: Sequence[Any],
    zone: ZoneInfo,
    path: str,
    cautions: Cautions,
) -> None:
    """Give tasks the links that are listed apart from them."""
    added: defaultdict[str, list[Dependency]] = defaultdict(list)
    for position, row in enumerate(dependencies):
        try:
            edge = msgspec.convert(row, _Edge)
        except msgspec.ValidationError:
            found = _read_edge(row, zone, f"{path}[{position}]", cautions)
            if found is None:
                continue
            edge = found
        if edge.target not in tasks:
            message = f"left out, no task has the id {shown(edge.target)}"
            cautions.add(f"{path}[{position}]", "unknown_task", message)
            continue
        link = Dependency(task_id=edge.source, type=edge.type, lag_minutes=edge.lag_minutes)
        added[edge.target].append(link)
    for task_id, links in added.items():
        task = tasks[task_id]
        force_setattr(task, "depends_on", (*task.depends_on, *links))


def _read_edge(row: Any, zone: ZoneInfo, path: str, cautions: Cautions) -> _Edge | None:
    if not isinstance(row, dict):
        cautions.add(path, "not_an_object", f"left out, no object: {shown(row)}")
        return None
    fields = read_fields(row, _EDGE_SPELLINGS, zone, path, cautions)
    if not fields.get("source") or not fields.get("target"):
        cautions.add(path, "no_identity", "left out, a link goes from one task to another")
        return None
    return _Edge(**fields)


# What is accepted, and as what.

_LINK_WORDS: dict[str, Any] = {fold(word): word for word in get_args(LinkType)} | {
    f"{before}to{after}": before[0].upper() + after[0].upper()
    for before in ("start", "finish")
    for after in ("start", "finish")
}
_LINK_READERS: dict[str, Reader] = {"type": choice(_LINK_WORDS), "lag_minutes": lag(1.0)}
_LAG_ALIASES: dict[str, tuple[str, Reader]] = {
    "lag": ("lag_minutes", lag(1.0)),
    "lag_hours": ("lag_minutes", lag(HOUR)),
    "lag_days": ("lag_minutes", lag(DAY)),
}
_LINK_SPELLINGS = spellings(
    {"task_id": text, **_LINK_READERS},
    {"id": ("task_id", text), "from": ("task_id", text), **_LAG_ALIASES},
)
_EDGE_SPELLINGS = spellings(
    _LINK_READERS,
    {
        **dict.fromkeys(("from", "from_id", "source", "predecessor_id"), ("source", text)),
        **dict.fromkeys(("to", "to_id", "target", "successor_id", "task_id"), ("target", text)),
        **_LAG_ALIASES,
    },
)

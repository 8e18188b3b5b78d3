"""Rows as the analyses and the assistant read them: the wire types of samples, events, tasks, pictures and shots."""

from collections.abc import Iterable, Mapping
from typing import Any

from fashionos.workspace.models import Asset, Event, EventTask, Record, Sample, Shot, TaskDependency

Row = dict[str, Any]

# Columns that the wire types do not have, or have in another form.
_OWN = {
    *("user", "event", "details", "reference", "created_at", "updated_at", "announced_due_at"),
    *("measure_at", "measure_tries", "measure_error"),
}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _document(row: Record) -> Row:
    """Join the details and the columns that hold something; a column counts more than a detail of its name."""
    columns = {
        _camel(field.attname): value
        for field in row._meta.concrete_fields  # noqa: SLF001 -- the documented API
        if field.name not in _OWN
        and (value := getattr(row, field.attname)) not in ("", None, [], {})
    }
    return {**row.details, **columns, "id": str(row.pk)}


def sample_document(sample: Sample) -> Row:
    return _document(sample)


def asset_document(asset: Asset) -> Row:
    return _document(asset)


def shot_document(shot: Shot) -> Row:
    return _document(shot)


def task_document(task: EventTask, links: Iterable[TaskDependency]) -> Row:
    depends_on = [
        {"taskId": str(link.predecessor_id), "type": link.type, "lagMinutes": link.lag_minutes}
        for link in links
    ]
    document = _document(task)
    if task.owner_id:
        document["ownerId"] = str(task.owner_id)
    return {**document, "name": task.title, "dependsOn": depends_on}


def event_document(
    event: Event, tasks: Iterable[EventTask], links: Iterable[TaskDependency]
) -> Row:
    """Write an event with its tasks; `links` are those of all of them."""
    by_task: dict[Any, list[TaskDependency]] = {}
    for link in links:
        by_task.setdefault(link.task_id, []).append(link)
    return {
        **_document(event),
        "tasks": [task_document(task, by_task.get(task.pk, ())) for task in tasks],
    }


def split_document(model: type[Record], row: Mapping[str, Any]) -> Row:
    """Sort what came in under wire names into columns, and the others into `details`.

    The id of the document becomes the reference; values stay as they are.
    """
    names = {
        _camel(field.name): field.name
        for field in model._meta.concrete_fields  # noqa: SLF001 -- the documented API
        if field.name not in _OWN | {"id"}
    }
    columns = {names[name]: value for name, value in row.items() if name in names}
    details = {name: value for name, value in row.items() if name not in names and name != "id"}
    return {**columns, "reference": str(row.get("id", "")), "details": details}

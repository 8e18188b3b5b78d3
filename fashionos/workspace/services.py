"""What changes the workspace, and who hears of it.

Each call locks what it changes, keeps the history, makes the insights of those concerned stale, and announces the
facts, all in the caller's transaction: to be called inside `acting()`, whose role decides which rows are there at all.
`by` is the user who does it, None for the server. Doing the same again changes nothing and announces nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from fashionos.accounts.models import User
from fashionos.workspace.changes import (
    Refused,
    Rows,
    add_rows,
    change_rows,
    lock,
    remove_rows,
)
from fashionos.workspace.documents import event_document, sample_document
from fashionos.workspace.models import (
    Asset,
    Event,
    EventMember,
    EventTask,
    Sample,
    Shot,
    TaskDependency,
)
from fashionos.workspace.stakes import critical_tasks, is_blocker
from insights.generations import Family, make_stale
from realtime.schemas import (
    MAX_TEXT,
    AssetApproved,
    AssetRejected,
    AssetUploaded,
    DeadlineApproaching,
    Fact,
    SampleAdded,
    SampleRemoved,
    SampleStatusChanged,
    Severity,
    TaskAssigned,
    TaskStatusChanged,
)
from realtime.services import announce, review

TOPIC_FAMILIES: dict[str, Family] = {"samples": "logistics", "assets": "media"}
ALARMING = ("lost", "damaged")
DEADLINE_HORIZON = timedelta(hours=24)


# Samples


def add_samples(owner_id: UUID, rows: Rows, *, by: UUID | None) -> list[Sample]:
    """Add samples to the owner's; of those that are there already (by id or reference) nothing changes.

    Returns all of them in the order of `rows`. Raises Refused.
    """
    samples, added = add_rows(Sample, rows, by=by, user_id=owner_id)
    if added:
        make_stale([owner_id], "logistics")
        now = timezone.now()
        announce(
            *(
                SampleAdded(
                    **_of_sample(sample),
                    status=sample.status,
                    category=sample.category or None,
                    at=now,
                )
                for sample in added
            )
        )
    return samples


def change_samples(
    samples: QuerySet[Sample], changes: Mapping[str, Any], *, by: UUID | None
) -> list[Sample]:
    """Change these samples alike; return all of them, those that were so already too. Raises Refused."""
    now = timezone.now()
    rows = lock(samples)
    blocked = set()
    if "status" in changes:
        blocked = {row.pk for row in rows if is_blocker(sample_document(row), now=now)}
    changed = change_rows(rows, changes, by=by, now=now)
    make_stale({change.row.user_id for change in changed}, "logistics")
    facts = []
    for sample, before in changed:
        if "status" not in before:
            continue
        was, still = sample.pk in blocked, is_blocker(sample_document(sample), now=now)
        facts.append(
            SampleStatusChanged(
                **_of_sample(sample),
                old_status=before["status"],
                new_status=sample.status,
                blocker_resolved=was and not still,
                blocker_raised=still and not was,
                severity=_sample_severity(sample, was=was, still=still),
                at=now,
            )
        )
    announce(*facts)
    return rows


def remove_samples(samples: QuerySet[Sample]) -> int:
    """Remove these samples; return how many there were."""
    now = timezone.now()
    rows = remove_rows(samples)
    make_stale({row.user_id for row in rows}, "logistics")
    announce(
        *(
            SampleRemoved(
                **_of_sample(sample),
                status=sample.status,
                blocker_resolved=is_blocker(sample_document(sample), now=now),
                at=now,
            )
            for sample in rows
        )
    )
    return len(rows)


def _of_sample(sample: Sample) -> dict[str, Any]:
    return {
        "user_id": sample.user_id,
        "sample_id": sample.pk,
        "sku": sample.sku or None,
        "name": str(sample)[:MAX_TEXT],
        "is_hero": sample.is_hero,
    }


def _sample_severity(sample: Sample, *, was: bool, still: bool) -> Severity:
    if sample.status in ALARMING or (still and not was):
        return "critical" if sample.is_hero else "warning"
    return "success" if was and not still else "info"


# Events and their members


def add_events(owner_id: UUID, rows: Rows, *, by: UUID | None) -> list[Event]:
    """Add events of this owner, who becomes their first member. Raises Refused."""
    events, _ = add_rows(Event, rows, by=by, user_id=owner_id)
    return events


def change_events(
    events: QuerySet[Event], changes: Mapping[str, Any], *, by: UUID | None
) -> list[Event]:
    """Change these events alike. Raises Refused."""
    rows = lock(events)
    changed = change_rows(rows, changes, by=by, now=timezone.now())
    _make_stale_for(_members_of({change.row.pk for change in changed}))
    return rows


def remove_events(events: QuerySet[Event]) -> int:
    """Remove these events with all that lies inside them; return how many there were."""
    members = _members_of(events.values("id"))
    _make_stale_for(members)
    rows = remove_rows(events)
    for event in rows:
        review(f"events:{event.pk}")
    return len(rows)


def add_member(event_id: UUID, user_id: UUID) -> EventMember:
    """Let a user see and work on an event; one who does already stays as they are."""
    return EventMember.objects.put(event_id, user_id)


def remove_members(members: QuerySet[EventMember]) -> int:
    """Take people off their events, and out of their channels; an owner stays."""
    leaving = members.exclude(role="owner")
    rows = list(leaving)
    leaving.delete()
    for event_id in {member.event_id for member in rows}:
        review(f"events:{event_id}")
    return len(rows)


def _members_of(events: Any) -> list[EventMember]:
    return list(EventMember.objects.of_events(events))


def _make_stale_for(members: Iterable[EventMember]) -> None:
    make_stale({member.user_id for member in members}, "event")


# Tasks


def add_tasks(event_id: UUID, rows: Rows, *, by: UUID | None) -> list[EventTask]:
    """Add tasks to an event; of those that are there already (by id or reference) nothing changes. Raises Refused."""
    event = Event.objects.among([event_id]).first()
    if event is None:
        raise Refused("event_id", "there is no such event.")
    tasks, added = add_rows(EventTask, rows, by=by, event=event)
    _check_owners(added)
    if added:
        _make_stale_for(_members_of([event_id]))
        critical = _critical([event_id])
        announce(
            *(
                _assigned(task, {}, critical=str(task.pk) in critical)
                for task in added
                if task.owner_id or task.owner_name
            )
        )
    return tasks


def change_tasks(
    tasks: QuerySet[EventTask], changes: Mapping[str, Any], *, by: UUID | None
) -> list[EventTask]:
    """Change these tasks alike: status, owner, dates. Raises Refused."""
    now = timezone.now()
    rows = lock(tasks.select_related("event"))
    events = {row.event_id for row in rows}
    telling = changes.keys() & {"status", "owner_id", "owner_name"}
    before_change = _critical(events) if telling else frozenset()
    changed = change_rows(rows, changes, by=by, now=now)
    if not changed:
        return rows
    _check_owners([change.row for change in changed if "owner_id" in change.before])
    _make_stale_for(_members_of(events))
    if not telling:
        return rows
    critical = before_change | _critical(events)
    done = [change.row.pk for change in changed if change.row.status == "done"]
    held_up = EventTask.objects.holding_up(done)
    facts: list[Fact] = []
    for task, before in changed:
        is_critical = str(task.pk) in critical
        if "status" in before:
            resolved = before["status"] == "blocked" or task.pk in held_up
            facts.append(
                _moved(task, before["status"], critical=is_critical, resolved=resolved, at=now)
            )
        if before.keys() & {"owner_id", "owner_name"}:
            facts.append(_assigned(task, before, critical=is_critical))
    announce(*facts)
    return rows


def remove_tasks(tasks: QuerySet[EventTask]) -> int:
    """Remove these tasks with their links; return how many there were."""
    rows = remove_rows(tasks)
    _make_stale_for(_members_of({row.event_id for row in rows}))
    return len(rows)


def link_tasks(
    task: EventTask, predecessor_id: UUID, *, kind: str = "FS", lag_minutes: float = 0
) -> TaskDependency:
    """Let a task wait for another of its event; a link that is there gets this lag. Raises Refused."""
    try:
        with transaction.atomic():
            link = TaskDependency.objects.put(task, predecessor_id, kind, lag_minutes)
    except IntegrityError as error:
        raise Refused("depends_on", "a task waits for others of its own event only.") from error
    _make_stale_for(_members_of([task.event_id]))
    return link


def unlink_tasks(links: QuerySet[TaskDependency]) -> int:
    """Remove these links; return how many there were."""
    events = set(links.values_list("event_id", flat=True))
    count, _ = links.delete()
    _make_stale_for(_members_of(events))
    return count


def announce_deadlines(*, now: datetime, size: int, catch_up: timedelta) -> int:
    """Announce up to `size` open tasks that are due within 24 hours, each due date once; return how many.

    Those overdue by up to `catch_up` are among them, for nobody may have been there to announce them. Tasks that
    another process is announcing are left to it. To be called as the server's own role.
    """
    due = EventTask.objects.unannounced(now - catch_up, now + DEADLINE_HORIZON)
    tasks = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("due_at")[:size])
    critical = _critical({task.event_id for task in tasks})
    facts = []
    for task in tasks:
        hours_left = (task.due_at - now).total_seconds() / 3600
        is_critical = str(task.pk) in critical
        facts.append(
            DeadlineApproaching(
                **_of_task(task),
                critical_path_affected=is_critical,
                status=task.status,
                owner_id=task.owner_id,
                due_at=task.due_at,
                hours_left=round(hours_left, 2),
                severity="critical" if is_critical and hours_left < 0 else "warning",
                at=now,
            )
        )
        task.announced_due_at = task.due_at
    announce(*facts)
    due.bulk_update(tasks, ["announced_due_at"])
    return len(tasks)


def _check_owners(tasks: Sequence[EventTask]) -> None:
    """Refuse an owner who could not even see the task."""
    members = {(row.event_id, row.user_id) for row in _members_of({t.event_id for t in tasks})}
    if any(task.owner_id and (task.event_id, task.owner_id) not in members for task in tasks):
        raise Refused("owner_id", "is no member of the event.")


def _moved(
    task: EventTask, old: str, *, critical: bool, resolved: bool, at: datetime
) -> TaskStatusChanged:
    severity: Severity = "info"
    if task.status == "blocked":
        severity = "critical" if critical else "warning"
    elif task.status == "done":
        severity = "success"
    return TaskStatusChanged(
        **_of_task(task),
        critical_path_affected=critical,
        old_status=old,
        new_status=task.status,
        owner_id=task.owner_id,
        blocker_resolved=resolved,
        severity=severity,
        at=at,
    )


def _assigned(task: EventTask, before: Mapping[str, Any], *, critical: bool) -> TaskAssigned:
    is_new = not before
    return TaskAssigned(
        **_of_task(task),
        critical_path_affected=critical,
        old_owner_id=None if is_new else before.get("owner_id", task.owner_id),
        old_owner_name=None if is_new else before.get("owner_name", task.owner_name) or None,
        new_owner_id=task.owner_id,
        new_owner_name=task.owner_name or None,
        due_at=task.due_at,
        at=timezone.now(),
    )


def _of_task(task: EventTask) -> dict[str, Any]:
    return {"event_id": task.event_id, "task_id": task.pk, "title": str(task)[:MAX_TEXT]}


def _critical(events: Collection[UUID]) -> frozenset[str]:
    """Return the tasks of these events that are on their critical paths, as they stand in this transaction."""
    now = timezone.now()
    rows = Event.objects.among(events).prefetch_related("tasks")
    links = TaskDependency.objects.of_events(events)
    return frozenset().union(
        *(critical_tasks(event_document(row, row.tasks.all(), links), now=now) for row in rows)
    )


# Pictures and shots


def add_assets(owner_id: UUID, rows: Rows, *, by: UUID | None) -> list[Asset]:
    """Add pictures; of those that are there already (by id or reference) nothing changes. Raises Refused."""
    assets, added = add_rows(Asset, rows, by=by, user_id=owner_id)
    if added:
        make_stale([owner_id], "media")
        now = timezone.now()
        announce(
            *(
                _uploaded(asset, at=now)
                for asset in added
                if asset.status != "uploading"  # told when it has come
            )
        )
    return assets


def change_assets(
    assets: QuerySet[Asset], changes: Mapping[str, Any], *, by: UUID | None
) -> list[Asset]:
    """Change these pictures alike: approve, reject, rate, tag. Raises Refused."""
    now = timezone.now()
    rows = lock(assets)
    changed = change_rows(rows, changes, by=by, now=now)
    make_stale({change.row.user_id for change in changed}, "media")
    facts: list[Fact] = []
    for asset, before in changed:
        old = before.get("status")
        if old is None:
            continue
        if old == "uploading" or asset.status == "processing":
            facts.append(_uploaded(asset, at=now))
        moved = {**_of_asset(asset), "old_status": old, "new_status": asset.status, "at": now}
        if asset.status == "approved":
            facts.append(AssetApproved(**moved, severity="success"))
        elif asset.status == "rejected":
            reason = asset.rejection_reason or None
            facts.append(AssetRejected(**moved, reason=reason, severity="warning"))
    announce(*facts)
    return rows


def remove_assets(assets: QuerySet[Asset]) -> int:
    """Remove these pictures' rows; return how many there were."""
    rows = remove_rows(assets)
    make_stale({row.user_id for row in rows}, "media")
    return len(rows)


def _uploaded(asset: Asset, *, at: datetime) -> AssetUploaded:
    return AssetUploaded(
        **_of_asset(asset),
        status=asset.status,
        sku=asset.sku or None,
        look_id=asset.look_id or None,
        at=at,
    )


def _of_asset(asset: Asset) -> dict[str, Any]:
    return {
        "user_id": asset.user_id,
        "asset_id": asset.pk,
        "file_name": str(asset)[:MAX_TEXT],
    }


def add_shots(owner_id: UUID, rows: Rows, *, by: UUID | None) -> list[Shot]:
    """Add lines to the shot list; of those that are there already nothing changes. Raises Refused."""
    shots, added = add_rows(Shot, rows, by=by, user_id=owner_id)
    if added:
        make_stale([owner_id], "media")
    return shots


def change_shots(
    shots: QuerySet[Shot], changes: Mapping[str, Any], *, by: UUID | None
) -> list[Shot]:
    """Change these lines alike. Raises Refused."""
    rows = lock(shots)
    changed = change_rows(rows, changes, by=by, now=timezone.now())
    make_stale({change.row.user_id for change in changed}, "media")
    return rows


def remove_shots(shots: QuerySet[Shot]) -> int:
    """Remove these lines; return how many there were."""
    rows = remove_rows(shots)
    make_stale({row.user_id for row in rows}, "media")
    return len(rows)


# What others announce


def make_topic_stale(kind: str, record_id: UUID) -> None:
    """Make stale what an event on `samples:<id>`, `events:<id>` or `assets:<id>` is about: somebody else announces it.

    For services that keep their samples elsewhere. To be called as the server's own role; an id of nobody is no error.
    """
    if kind == "events":
        _make_stale_for(_members_of([record_id]))
    elif User.objects.filter(id=record_id).exists():
        make_stale([record_id], TOPIC_FAMILIES[kind])

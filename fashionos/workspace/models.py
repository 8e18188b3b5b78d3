"""A team's production: samples, events with their tasks, pictures and shots, and what became of each.

The fields that people filter by are columns, the others of `domain` types stay in `details` under their wire names.
"""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from fashionos.kit.owned import HasId, OwnedQuerySet
from fashionos.workspace.lifecycle import ASSET, EVENT, SAMPLE, SHOT, TASK, Lifecycle

_USER = settings.AUTH_USER_MODEL
PRIORITIES = ("critical", "high", "normal", "low")
PHASES = ("pre_production", "setup", "rehearsal", "show", "teardown", "post")
MEMBER_ROLES = ("owner", "member")
LINKS = ("FS", "SS", "FF", "SF")
EVENT_TYPES = (
    *("runway", "presentation", "showroom", "press_day", "photoshoot", "campaign", "pop_up"),
    *("party", "trunk_show", "other"),
)
ANGLES = (
    *("front", "back", "side", "three_quarter", "detail", "flat_lay", "ghost", "on_model"),
    *("full_length", "close_up", "swatch", "video"),
)


def _text(length: int = 200) -> Any:
    return models.CharField(max_length=length, blank=True, default="", db_default="")


def _choice(values: tuple[str, ...], default: str = "") -> Any:
    return models.CharField(
        max_length=20,
        choices=[(value, value.replace("_", " ")) for value in values],
        default=default,
        db_default=default,
        blank=not default,
    )


def _moment() -> Any:
    return models.DateTimeField(null=True, blank=True)


def _texts(length: int = 80) -> Any:
    return ArrayField(models.CharField(max_length=length), default=list, db_default=[], blank=True)


def _inside(model: str, related_name: str = "+", **options: Any) -> Any:
    """Refer to what a row lies inside of; migration 0002 adds the keys, by which the database removes it along."""
    return models.ForeignKey(
        model,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name=related_name,
        **options,
    )


def _once(table: str, owner: str, field: str) -> models.UniqueConstraint:
    """Constrain a text, where there is one, to one row of an owner."""
    return models.UniqueConstraint(
        fields=[owner, field],
        condition=~models.Q(**{field: ""}),
        name=f"{table}_{field}",
    )


def _one_of(name: str, **values: tuple[str, ...]) -> list[models.CheckConstraint]:
    """Constrain fields to their values in the database too: rows come in by SQL as well."""
    return [
        models.CheckConstraint(
            condition=models.Q(**{f"{field}__in": allowed}), name=f"{name}_{field}"
        )
        for field, allowed in values.items()
    ]


class Record(models.Model):
    """What all rows of the workspace share. `reference` is the team's own name for a row, such as its barcode."""

    lifecycle: ClassVar[Lifecycle]

    id = models.UUIDField(
        primary_key=True,
        default=uuid.uuid4,
        db_default=models.Func(function="gen_random_uuid"),
        editable=False,
    )
    reference = _text(120)
    details = models.JSONField(default=dict, db_default={}, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        abstract = True


class Sample(Record):
    """A physical sample of a team."""

    lifecycle = SAMPLE

    user = models.ForeignKey(_USER, models.CASCADE, db_index=False)
    sku = _text(120)
    name = _text()
    category = _text(80)
    status = _choice(SAMPLE.statuses, SAMPLE.initial)
    is_hero = models.BooleanField("hero", default=False, db_default=False)
    priority = _choice(PRIORITIES, "normal")
    color = _text(80)
    designer = _text(120)
    location = _text()
    holder = _text()
    look_ids = _texts()
    needed_at = _moment()
    expected_at = _moment()
    shipped_at = _moment()
    received_at = _moment()
    on_set_at = _moment()
    shot_at = _moment()
    return_due_at = _moment()
    returned_at = _moment()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        db_table = "samples"
        indexes = [
            models.Index("user", "status", name="samples_status"),
            models.Index("user", "needed_at", name="samples_needed_at"),
        ]
        constraints = [
            _once("samples", "user", "reference"),
            *_one_of("samples", status=SAMPLE.statuses, priority=PRIORITIES),
        ]

    def __str__(self) -> str:
        return self.name or self.sku or str(self.id)


class EventQuerySet(OwnedQuerySet):
    def for_user(self, user: HasId) -> Self:
        """Keep the events that this user owns or is a member of."""
        return self.filter(id__in=EventMember.objects.filter(user_id=user.id).values("event_id"))

    def among(self, events: Any) -> Self:
        """Keep the events with these ids, of those that the acting role sees."""
        return self.filter(id__in=events)

    def of_owner(self, user_id: uuid.UUID) -> Self:
        return self.filter(user_id=user_id)


class OfEventQuerySet(OwnedQuerySet):
    def for_user(self, user: HasId) -> Self:
        """Keep the rows of the events that this user owns or is a member of."""
        mine = EventMember.objects.filter(user_id=user.id).values("event_id")
        return self.filter(event_id__in=mine)

    def of_events(self, events: Any) -> Self:
        """Keep the rows of the events with these ids, of those that the acting role sees."""
        return self.filter(event_id__in=events)


class MemberQuerySet(OfEventQuerySet):
    def of_person(self, user_id: uuid.UUID) -> Self:
        """Keep the memberships of one person, whoever owns the events."""
        return self.filter(user_id=user_id)

    def put(self, event_id: uuid.UUID, user_id: uuid.UUID) -> "EventMember":
        """Return the membership, made if there is none."""
        member: EventMember = self.get_or_create(event_id=event_id, user_id=user_id)[0]
        return member


class TaskQuerySet(OfEventQuerySet):
    def holding_up(self, task_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """Return those of these tasks that open ones wait for."""
        waiting = self.exclude(status__in=TASK.closed).filter(
            dependencies__predecessor_id__in=task_ids
        )
        return set(waiting.values_list("dependencies__predecessor_id", flat=True))

    def unannounced(self, since: datetime, until: datetime) -> Self:
        """Keep the open tasks due in this time of which people were not warned; the same condition as the index."""
        return self.exclude(status__in=TASK.closed).filter(
            models.Q(announced_due_at=None) | ~models.Q(announced_due_at=models.F("due_at")),
            due_at__range=(since, until),
        )


class DependencyQuerySet(OfEventQuerySet):
    def put(
        self, task: "EventTask", predecessor_id: uuid.UUID, kind: str, lag_minutes: float
    ) -> "TaskDependency":
        """Return the link with this lag, made if there is none."""
        link: TaskDependency = self.update_or_create(
            event_id=task.event_id,
            task_id=task.pk,
            predecessor_id=predecessor_id,
            type=kind,
            defaults={"lag_minutes": lag_minutes},
        )[0]
        return link


class Event(Record):
    """A show, a shoot, a showroom: its owner and its members see it and work on its tasks."""

    lifecycle = EVENT

    user = models.ForeignKey(_USER, models.CASCADE, related_name="+", verbose_name="owner")
    name = _text()
    type = _choice(EVENT_TYPES, "other")
    status = _choice(EVENT.statuses, EVENT.initial)
    timezone = models.CharField(max_length=60, default="UTC", db_default="UTC")
    plan_start_at = _moment()
    doors_at = _moment()
    start_at = _moment()
    end_at = _moment()
    deadline_at = _moment()

    objects = EventQuerySet.as_manager()

    class Meta:
        db_table = "events"
        indexes = [models.Index("start_at", name="events_start_at")]
        constraints = [
            _once("events", "user", "reference"),
            *_one_of("events", status=EVENT.statuses, type=EVENT_TYPES),
        ]

    def __str__(self) -> str:
        return self.name or str(self.id)


class EventMember(models.Model):
    """Who works on an event; a trigger adds its owner, however the event comes to be."""

    event = _inside("Event", "members")
    user = models.ForeignKey(_USER, models.CASCADE, related_name="+")
    role = _choice(MEMBER_ROLES, "member")
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    objects = MemberQuerySet.as_manager()

    class Meta:
        db_table = "event_members"
        constraints = [
            models.UniqueConstraint(fields=["event", "user"], name="event_members_once"),
            *_one_of("event_members", role=MEMBER_ROLES),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class EventTask(Record):
    """A task of an event. `owner_name` names an owner without an account.

    `announced_due_at` is the due date that people were warned of, None before that.
    """

    lifecycle = TASK

    event = _inside("Event", "tasks")
    title = _text()
    status = _choice(TASK.statuses, TASK.initial)
    owner = models.ForeignKey(_USER, models.SET_NULL, null=True, blank=True, related_name="+")
    owner_name = _text(120)
    role = _text(80)
    phase = _choice(PHASES)
    priority = _choice(PRIORITIES, "normal")
    is_milestone = models.BooleanField("milestone", default=False, db_default=False)
    due_at = _moment()
    planned_start_at = _moment()
    actual_start_at = _moment()
    actual_end_at = _moment()
    duration_minutes = models.FloatField(null=True, blank=True)
    percent_complete = models.FloatField(null=True, blank=True)
    announced_due_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TaskQuerySet.as_manager()

    class Meta:
        db_table = "event_tasks"
        indexes = [
            models.Index("event", "due_at", name="event_tasks_due_at"),
            # What announce_deadlines looks for, every minute.
            models.Index(
                "due_at",
                condition=~models.Q(status__in=TASK.closed)
                & (
                    models.Q(announced_due_at=None) | ~models.Q(announced_due_at=models.F("due_at"))
                ),
                name="event_tasks_unannounced",
            ),
        ]
        constraints = [
            _once("event_tasks", "event", "reference"),
            # The target of the links' composite key: both ends lie in one event.
            models.UniqueConstraint(fields=["event", "id"], name="event_tasks_of_event"),
            models.CheckConstraint(
                condition=models.Q(duration_minutes=None)
                | models.Q(duration_minutes__range=(0, 525_600)),
                name="event_tasks_duration",
            ),
            models.CheckConstraint(
                condition=models.Q(percent_complete=None)
                | models.Q(percent_complete__range=(0, 1)),
                name="event_tasks_progress",
            ),
            *_one_of(
                "event_tasks",
                status=TASK.statuses,
                priority=PRIORITIES,
                phase=("", *PHASES),
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.id)


class TaskDependency(models.Model):
    """A task waits for its predecessor, of the same event: finish or start to start or finish, after a lag."""

    event = _inside("Event")
    task = _inside("EventTask", "dependencies")
    predecessor = _inside("EventTask")
    type = _choice(LINKS, "FS")
    lag_minutes = models.FloatField(default=0, db_default=0)

    objects = DependencyQuerySet.as_manager()

    class Meta:
        db_table = "task_dependencies"
        verbose_name_plural = "task dependencies"
        indexes = [
            models.Index("event", "task", name="task_dependencies_task"),
            models.Index("event", "predecessor", name="task_dependencies_before"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "predecessor", "type"], name="task_dependencies_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(task=models.F("predecessor")), name="task_dependencies_others"
            ),
            *_one_of("task_dependencies", type=LINKS),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} {self.type} {self.task_id}"


class AssetQuerySet(OwnedQuerySet):
    def of_owner(self, owner_id: uuid.UUID, *paths: str) -> Self:
        """Keep the owner's pictures that lie under these names in the gallery."""
        return self.filter(user_id=owner_id, storage_path__in=paths)

    def to_measure(self, now: datetime) -> Self:
        """Keep what waits for its measuring; the same condition as the index."""
        return self.filter(measure_at__lte=now)

    def claimed(self, asset: "Asset") -> Self:
        """Keep the picture, if nobody else has claimed it since, and no other bytes or name have come."""
        return self.filter(
            pk=asset.pk, measure_at=asset.measure_at, storage_path=asset.storage_path
        )


class Asset(Record):
    """A picture or film of the gallery; `features` are measured once from its pixels.

    `measure_at` is when somebody may measure it: now, or when whoever is at it must have failed; None if nobody has to.
    """

    lifecycle = ASSET

    user = models.ForeignKey(_USER, models.CASCADE, db_index=False)
    file_name = _text()
    storage_path = _text(1024)
    mime_type = _text(120)
    bytes = models.BigIntegerField(null=True, blank=True)
    width = models.IntegerField(null=True, blank=True)
    height = models.IntegerField(null=True, blank=True)
    status = _choice(ASSET.statuses, ASSET.initial)
    rejection_reason = _text()
    sku = _text(120)
    sample_id = _text(120)
    shot_id = _text(120)
    look_id = _text(120)
    color = _text(80)
    angle = _choice(ANGLES)
    shot_type = _text(80)
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    is_select = models.BooleanField("select", default=False, db_default=False)
    tags = _texts()
    captured_at = _moment()
    features = models.JSONField(default=dict, db_default={}, blank=True)
    measure_at = models.DateTimeField(null=True, editable=False)
    measure_tries = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    measure_error = models.CharField(
        max_length=200, blank=True, default="", db_default="", editable=False
    )

    objects = AssetQuerySet.as_manager()

    class Meta:
        db_table = "assets"
        indexes = [
            models.Index("user", "status", name="assets_status"),
            models.Index("user", "look_id", name="assets_look"),
            models.Index(
                "measure_at", condition=~models.Q(measure_at=None), name="assets_to_measure"
            ),
        ]
        constraints = [
            _once("assets", "user", "reference"),
            _once("assets", "user", "storage_path"),
            models.CheckConstraint(
                condition=models.Q(rating=None) | models.Q(rating__lte=5), name="assets_rating"
            ),
            *_one_of("assets", status=ASSET.statuses, angle=("", *ANGLES)),
        ]

    def __str__(self) -> str:
        return self.file_name or str(self.id)


class Shot(Record):
    """A line of the shot list."""

    lifecycle = SHOT

    user = models.ForeignKey(_USER, models.CASCADE, db_index=False)
    name = _text()
    sku = _text(120)
    sample_id = _text(120)
    look_id = _text(120)
    color = _text(80)
    angle = _choice(ANGLES)
    shot_type = _text(80)
    status = _choice(SHOT.statuses, SHOT.initial)
    priority = _choice(PRIORITIES, "normal")
    is_hero = models.BooleanField("hero", default=False, db_default=False)
    required = models.BooleanField(default=True, db_default=True)
    quantity = models.PositiveSmallIntegerField(default=1, db_default=1)
    due_at = _moment()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        db_table = "shots"
        indexes = [models.Index("user", "look_id", name="shots_look")]
        constraints = [
            _once("shots", "user", "reference"),
            *_one_of("shots", status=SHOT.statuses, priority=PRIORITIES, angle=("", *ANGLES)),
        ]

    def __str__(self) -> str:
        return self.name or str(self.id)


class StatusChangeQuerySet(OwnedQuerySet):
    def for_user(self, user: HasId) -> Self:
        """Keep what happened to this user's rows and in the events that this user sees."""
        mine = EventMember.objects.filter(user_id=user.id).values("event_id")
        return self.filter(models.Q(user_id=user.id) | models.Q(event_id__in=mine))

    def record(self, moves: Iterable["StatusChange"]) -> None:
        self.bulk_create(moves)


class StatusChange(models.Model):
    """One move of one row, kept for good: written with the move, changed never.

    `user` owns the row (of a task: the event); `changed_by` is None where no person did it.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(_USER, models.CASCADE, related_name="+", db_index=False)
    event = _inside("Event", null=True)
    table = models.CharField(max_length=20)
    record_id = models.UUIDField()
    old_status = models.CharField(max_length=20)
    new_status = models.CharField(max_length=20)
    is_usual = models.BooleanField("usual", default=True, db_default=True)
    changed_by = models.ForeignKey(_USER, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    objects = StatusChangeQuerySet.as_manager()

    class Meta:
        db_table = "status_changes"
        indexes = [
            models.Index("record_id", "id", name="status_changes_record"),
            models.Index("user", "id", name="status_changes_user"),
            models.Index("event", "id", name="status_changes_event"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.record_id}: {self.old_status} to {self.new_status}"

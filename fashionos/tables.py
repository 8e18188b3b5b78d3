"""What `/rest/v1` exposes: which tables with which columns, and who writes them. Nothing else is there."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from math import isfinite
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.core.exceptions import ValidationError
from django.db import connection, models

from analytics.models import AnalyticsEvent
from analytics.redaction import redact_events
from assistant.models import Conversation
from fashionos.kit.encryption import Unreadable
from fashionos.kit.owned import Role
from fashionos.postgrest.problems import Problem, foreign_row, not_allowed, of_database
from fashionos.postgrest.registry import Actor, Column, Row, Table
from fashionos.workspace import services
from fashionos.workspace.changes import Refused
from fashionos.workspace.models import (
    Asset,
    Event,
    EventMember,
    EventTask,
    Sample,
    Shot,
    StatusChange,
    TaskDependency,
)
from insights.models import Insight
from preferences.models import UserPreferences

logger = logging.getLogger("fashionos.postgrest")

CALLER = "fashionos_user_id()"
READ_ONLY: frozenset[str] = frozenset()


def _columns(
    model: type[models.Model], *, without: Collection[str] = (), **changed: Mapping[str, Any]
) -> dict[str, Column]:
    """Return the columns of a model as they are exposed; `changed` says what the model does not know."""
    columns = {}
    for field in model._meta.concrete_fields:  # noqa: SLF001 -- the documented API
        name = str(field.column)
        if name not in without:
            told = {"type": _type(field), "nullable": field.null, **changed.get(name, {})}
            columns[name] = Column(name, **told)
    return columns


def _type(field: Any) -> str:
    # Lengths are the table's business: a cast to one would cut in silence.
    name = str(field.rel_db_type(connection) if field.is_relation else field.db_type(connection))
    name = name.partition(" GENERATED")[0]
    if name.startswith("varchar"):
        return "text[]" if name.endswith("[]") else "text"
    return {"timestamp with time zone": "timestamptz"}.get(name, name)


# Writing through the workspace's services


# What a field says of moments that PostgreSQL knows and Python does not: infinity, the year 10000.
_NO_MOMENT = frozenset({"invalid", "invalid_date", "invalid_datetime"})


def _refusal(refused: Refused) -> Problem:
    cause = refused.__cause__
    diagnosis = getattr(getattr(cause, "__cause__", None), "diag", None)
    if diagnosis is not None and diagnosis.sqlstate:
        return of_database(diagnosis, signed_in=True)
    if isinstance(cause, ValidationError):
        [error, *_] = cause.error_list
        if error.code == "max_length":
            length = (error.params or {})["limit_value"]
            return Problem(400, "22001", f"value too long for type character varying({length})")
        if error.code in _NO_MOMENT:
            return Problem(400, "22008", f"timestamp out of range: {refused.field}")
    return Problem(400, "23514", str(refused))


def _refusing(call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call a service; what it refuses is refused in the dialect's shape."""
    try:
        return call(*arguments, **options)
    except Refused as refused:
        raise _refusal(refused) from refused


def _rows(model: Any, actor: Actor, keys: Sequence[Any]) -> Any:
    """Return the rows with these keys: of a user their own, of the server any."""
    rows = model.objects.filter(pk__in=keys)
    return rows if actor.user_id is None else rows.for_user(actor)


def _keys(rows: Sequence[models.Model]) -> list[Any]:
    return [row.pk for row in rows]


class OwnedWriter:
    """Rows that belong to a user: samples, events, assets, shots."""

    def __init__(
        self,
        model: Any,
        add: Callable[..., Any],
        change: Callable[..., Any],
        remove: Callable[..., Any],
    ) -> None:
        self.model = model
        self._add = add
        self._change = change
        self._remove = remove

    def add(self, actor: Actor, rows: Sequence[Row]) -> list[Any]:
        """Add rows of several owners, if the server does, in the order given."""
        keys: dict[int, Any] = {}
        for owner, places in _grouped(rows, "user_id").items():
            values = [_without(rows[n], "user_id") for n in places]
            added = _refusing(self._add, _uuid("user_id", owner), values, by=actor.user_id)
            keys |= dict(zip(places, _keys(added), strict=True))
        return [keys[n] for n in range(len(rows))]

    def change(self, actor: Actor, keys: Sequence[Any], values: Row) -> list[Any]:
        rows = _rows(self.model, actor, keys)
        return _keys(_refusing(self._change, rows, values, by=actor.user_id))

    def remove(self, actor: Actor, keys: Sequence[Any]) -> None:
        self._remove(_rows(self.model, actor, keys))


class TaskWriter:
    def add(self, actor: Actor, rows: Sequence[Row]) -> list[Any]:
        keys: dict[int, Any] = {}
        for event, places in _grouped(rows, "event_id").items():
            event_id = _visible_event(event, actor, "event_tasks")
            values = [_without(rows[n], "event_id") for n in places]
            added = _refusing(services.add_tasks, event_id, values, by=actor.user_id)
            keys |= dict(zip(places, _keys(added), strict=True))
        return [keys[n] for n in range(len(rows))]

    def change(self, actor: Actor, keys: Sequence[Any], values: Row) -> list[Any]:
        rows = _rows(EventTask, actor, keys)
        return _keys(_refusing(services.change_tasks, rows, values, by=actor.user_id))

    def remove(self, actor: Actor, keys: Sequence[Any]) -> None:
        services.remove_tasks(_rows(EventTask, actor, keys))


class LinkWriter:
    """What tasks wait for. A link that is there gets the lag that is given."""

    def add(self, actor: Actor, rows: Sequence[Row]) -> list[Any]:
        keys = []
        for row in rows:
            _only(row, "event_id", "task_id", "predecessor_id", "type", "lag_minutes")
            event_id = _visible_event(row.get("event_id"), actor, "task_dependencies")
            task_id = _uuid("task_id", row.get("task_id"))
            task = _rows(EventTask, actor, [task_id]).filter(event_id=event_id).first()
            if task is None:
                raise Problem(409, "23503", "task_id: the event has no such task.")
            keys.append(self._link(task, row))
        return keys

    def change(self, actor: Actor, keys: Sequence[Any], values: Row) -> list[Any]:
        _only(values, "lag_minutes")
        links = _rows(TaskDependency, actor, keys).select_related("task").order_by("pk")
        return [
            self._link(
                link.task,
                {"predecessor_id": link.predecessor_id, "type": link.type, **values},
            )
            for link in links
        ]

    def remove(self, actor: Actor, keys: Sequence[Any]) -> None:
        services.unlink_tasks(_rows(TaskDependency, actor, keys))

    def _link(self, task: EventTask, row: Row) -> Any:
        lag = float(row.get("lag_minutes", 0))
        if not isfinite(lag):
            raise Problem(400, "22003", f'"{lag}" is out of range for type double precision')
        link = _refusing(
            services.link_tasks,
            task,
            _uuid("predecessor_id", row.get("predecessor_id")),
            kind=str(row["type"]),
            lag_minutes=lag,
        )
        return link.pk


class MemberWriter:
    def add(self, actor: Actor, rows: Sequence[Row]) -> list[Any]:
        keys = []
        for row in rows:
            _only(row, "event_id", "user_id", "role")
            if row.get("role", "member") != "member":
                raise Problem(400, "23514", "role: an event has the one owner that made it.")
            event_id = _visible_event(row.get("event_id"), actor, "event_members")
            user_id = _uuid("user_id", row.get("user_id"))
            events = _rows(Event, actor, [event_id])
            if actor.role is Role.WEB and not events.filter(user_id=actor.id).exists():
                raise foreign_row("event_members")
            keys.append(services.add_member(event_id, user_id).pk)
        return keys

    def change(self, actor: Actor, keys: Sequence[Any], values: Row) -> list[Any]:  # noqa: ARG002 -- of the protocol
        raise not_allowed("event_members", signed_in=True)

    def remove(self, actor: Actor, keys: Sequence[Any]) -> None:
        services.remove_members(_rows(EventMember, actor, keys))


def _grouped(rows: Sequence[Row], column: str) -> dict[Any, list[int]]:
    """Return the places of the rows by what they hold in the column."""
    places: dict[Any, list[int]] = {}
    for n, row in enumerate(rows):
        places.setdefault(row.get(column), []).append(n)
    return places


def _without(row: Row, column: str) -> Row:
    return {name: value for name, value in row.items() if name != column}


def _only(row: Row, *columns: str) -> None:
    for name in row:
        if name not in columns:
            raise Problem(400, "428C9", f"{name}: this column cannot be set.")


def _uuid(column: str, value: Any) -> UUID:
    if value is None:
        raise Problem(400, "23502", f'null value in column "{column}" violates not-null constraint')
    try:
        return UUID(str(value))
    except ValueError as error:
        text = str(value)[:80]
        raise Problem(400, "22P02", f'invalid input syntax for type uuid: "{text}"') from error


def _visible_event(value: Any, actor: Actor, table: str) -> UUID:
    """Return the event's id. Raises Problem if this caller does not see it, as if it were somebody else's."""
    event_id = _uuid("event_id", value)
    if not _rows(Event, actor, [event_id]).exists():
        raise foreign_row(table)
    return event_id


# Conversations: ciphertext in the database


# Characters of what clients write into the log: support reads the newest thousand turns at once.
_LONGEST = {
    "message": 20_000,
    "response": 100_000,
    **dict.fromkeys(("kit_context", "page_route", "skill_used"), 2_000),
}


def seal_turns(actor: Actor, rows: Sequence[Row]) -> list[Row]:
    """Return the rows of turns with their ids and owner, message and response sealed for them."""
    owner = actor.user_id
    if owner is None:
        raise not_allowed("assistant_conversations", signed_in=True)
    sealed = []
    for row in rows:
        if str(row.get("user_id") or owner).lower() != str(owner):
            raise foreign_row("assistant_conversations")
        for column, most in _LONGEST.items():
            if len(_written(row.get(column, ""))) > most:
                raise Problem(
                    400, "22001", f"value too long for {column}: at most {most} characters"
                )
        turn = Conversation(id=_uuid("id", row.get("id", uuid4())), user_id=owner)
        kept = {**row, "id": str(turn.pk), "user_id": str(owner)}
        if row.get("message") is not None:
            turn.text = _written(row["message"])
            kept["message"] = f"\\x{bytes(turn.message).hex()}"
        turn.answer = msgspec.json.encode(row.get("response", {}))
        kept["response"] = f"\\x{bytes(turn.response).hex()}"
        if "response" in row and row["response"] is None:
            kept["response"] = None
        sealed.append(kept)
    return sealed


def _written(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def open_turns(
    cells: Sequence[tuple[str, str, Mapping[str, bytes]]],
) -> list[dict[str, bytes | None]]:
    """Open messages and responses; one that cannot be opened (any more) is None."""
    opened: list[dict[str, bytes | None]] = []
    for key, owner, sealed in cells:
        turn = Conversation(id=UUID(key), user_id=UUID(owner), **sealed)
        plain: dict[str, bytes | None] = {}
        for column in sealed:
            try:
                is_text = column == "message"
                plain[column] = turn.text.encode() if is_text else msgspec.json.encode(turn.answer)
            except Unreadable:
                logger.error("%s of conversation %s cannot be opened", column, key)  # noqa: TRY400 -- what happened is said; the place in the code says nothing
                plain[column] = None
        opened.append(plain)
    return opened


_OWNED = {"user_id": {"default": CALLER}}
_MADE = {"id": {"default": "gen_random_uuid()"}, "created_at": {"default": "now()"}}


def _workspace(
    model: Any,
    writer: Any,
    *,
    owner: str | None = "user_id",
    within: str = "user_id",
    is_shared: bool = False,
    without: Collection[str] = (),
) -> Table:
    name = model._meta.db_table  # noqa: SLF001 -- the documented API
    unique = {f"{name}_pkey": ("id",), f"{name}_reference": (within, "reference")}
    return Table(
        name,
        _columns(model, without=without),
        unique=unique,
        writer=writer,
        owner=owner,
        is_shared=is_shared,
    )


def _tables() -> list[Table]:
    samples = OwnedWriter(
        Sample, services.add_samples, services.change_samples, services.remove_samples
    )
    events = OwnedWriter(Event, services.add_events, services.change_events, services.remove_events)
    assets = OwnedWriter(Asset, services.add_assets, services.change_assets, services.remove_assets)
    shots = OwnedWriter(Shot, services.add_shots, services.change_shots, services.remove_shots)
    return [
        Table(
            "assistant_conversations",
            _columns(
                Conversation,
                **_OWNED,
                **_MADE,
                message={"type": "text", "sealed": True},
                response={"type": "jsonb", "sealed": True},
                session_id={"default": "gen_random_uuid()"},
                kit_context={"default": "''"},
                page_route={"default": "''"},
                intent_detected={"default": "'question'"},
                skill_used={"default": "''"},
                response_time_ms={"default": "0"},
            ),
            verbs=frozenset({"POST"}),
            sealer=seal_turns,
            opener=open_turns,
        ),
        Table(
            "assistant_insights",
            _columns(
                Insight,
                without={"input_digest", "generation"},
                **_MADE,
                cache_hit_count={"default": "0"},
            ),
            # Of no input: served by this API, never in an analysis' place.
            hidden={"input_digest": "''::bytea"},
        ),
        Table(
            "user_preferences",
            _columns(
                UserPreferences,
                **_OWNED,
                auto_suggestions_enabled={"default": "true"},
                notification_preferences={"default": "'{}'"},
                kit_order={"default": "'{}'"},
                favorite_actions={"default": "'{}'"},
                conversation_history_retention_days={"default": "90"},
                updated_at={"default": "now()"},
            ),
            key="user_id",
            touched="updated_at",
        ),
        Table(
            "analytics_events",
            _columns(AnalyticsEvent, **_OWNED, **_MADE, event_data={"default": "'{}'"}),
            cleaner=redact_events,
            unreadable_by=frozenset({Role.WEB}),
        ),
        _workspace(Sample, samples),
        _workspace(Event, events, is_shared=True),
        _workspace(EventTask, TaskWriter(), owner=None, within="event_id"),
        _workspace(Asset, assets, without={"measure_at", "measure_tries"}),
        _workspace(Shot, shots),
        Table(
            "event_members",
            _columns(EventMember),
            unique={"event_members_pkey": ("id",), "event_members_once": ("event_id", "user_id")},
            verbs=frozenset({"POST", "DELETE"}),
            writer=MemberWriter(),
            owner=None,
            # As the policy says it: owners remove members, a member may leave, an owner stays.
            removable="role <> 'owner' AND (fashionos_user_id() IS NULL OR user_id = fashionos_user_id()"
            " OR event_id IN (SELECT e.id FROM events e WHERE e.user_id = fashionos_user_id()))",
        ),
        Table(
            "task_dependencies",
            _columns(TaskDependency),
            unique={
                "task_dependencies_pkey": ("id",),
                "task_dependencies_once": ("task_id", "predecessor_id", "type"),
            },
            writer=LinkWriter(),
            owner=None,
            starts={"type": "FS"},
        ),
        Table("status_changes", _columns(StatusChange), verbs=READ_ONLY, owner=None),
    ]


TABLES: dict[str, Table] = {table.name: table for table in _tables()}

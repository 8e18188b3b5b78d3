"""How any table of the workspace changes: rows locked in one order, values checked, the history written along."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import Field, ForeignKey, JSONField, Q, QuerySet
from django.utils import timezone

from fashionos.workspace.models import Event, EventTask, Record, StatusChange

R = TypeVar("R", bound=Record)
Rows = Sequence[Mapping[str, Any]]

FIXED = frozenset(
    (
        *("id", "user_id", "event_id", "created_at", "updated_at", "announced_due_at"),
        *("measure_at", "measure_tries", "measure_error"),
    )
)


class Refused(ValueError):  # noqa: N818 -- a fact, named as one
    """A value that a row cannot take: `field` and a sentence for people."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class Change(NamedTuple):
    """A row as it is now, and what its changed fields held before."""

    row: Any
    before: dict[str, Any]


def lock(rows: QuerySet[R]) -> list[R]:
    """Lock the rows, in one order for everybody, so that nobody deadlocks."""
    return list(rows.select_for_update(of=("self",)).order_by("id"))


def change_rows(
    rows: Sequence[R], changes: Mapping[str, Any], *, by: UUID | None, now: datetime
) -> list[Change]:
    """Set the fields of locked rows and write the history; return those that were not so already."""
    changed: list[Change] = []
    for row in rows:
        new = {name: _clean(row, name, value) for name, value in changes.items()}
        before = {name: old for name, value in new.items() if (old := getattr(row, name)) != value}
        if not before:
            continue
        stamp = row.lifecycle.stamps.get(new["status"]) if "status" in before else None
        if stamp and stamp not in changes:
            before[stamp] = getattr(row, stamp)
            new[stamp] = now
        for name in before:
            setattr(row, name, new[name])
        row.updated_at = now
        changed.append(Change(row, before))
    if changed:
        fields = {"updated_at"}.union(*(change.before for change in changed))
        manager = type(changed[0].row)._default_manager  # noqa: SLF001 -- the documented API
        try:
            with transaction.atomic():
                manager.bulk_update([change.row for change in changed], sorted(fields))
        except (IntegrityError, DataError) as error:
            raise _refusal(error) from error
        moves = [change for change in changed if "status" in change.before]
        StatusChange.objects.record(
            _moved(change.row, change.before["status"], by=by, at=now) for change in moves
        )
    return changed


def add_rows(
    model: type[R], rows: Rows, *, by: UUID | None, **owner: Any
) -> tuple[list[R], list[R]]:
    """Insert what is not there yet; return all rows as asked for, and those that are new."""
    now = timezone.now()
    wanted = [_new(model, row, owner) for row in rows]
    manager = model._default_manager  # noqa: SLF001 -- the documented API
    found, new = _sort(wanted, manager.filter(**owner))
    try:
        with transaction.atomic():
            manager.bulk_create(new)
    except IntegrityError:
        # Somebody adds the same at this moment: what they added is there now.
        found, new = _sort(wanted, manager.filter(**owner))
        try:
            with transaction.atomic():
                manager.bulk_create(new)
        except IntegrityError as error:
            raise _refusal(error) from error
    except DataError as error:
        raise _refusal(error) from error
    StatusChange.objects.record(_moved(row, "", by=by, at=now) for row in new)
    return found, new


def _sort(wanted: Sequence[R], there: QuerySet[R]) -> tuple[list[R], list[R]]:
    """Tell which of the wanted rows are there (or come twice), by id or by reference."""
    references = {row.reference for row in wanted} - {""}
    known: dict[Any, R] = {}
    for row in there.filter(Q(pk__in=[row.pk for row in wanted]) | Q(reference__in=references)):
        known[row.pk] = known[row.reference or row.pk] = row
    found, new = [], []
    for row in wanted:
        same = known.get(row.pk) or known.get(row.reference or row.pk)
        if same is None:
            new.append(row)
            same = known[row.pk] = known[row.reference or row.pk] = row
        found.append(same)
    return found, new


def _new(model: type[R], values: Mapping[str, Any], owner: Mapping[str, Any]) -> R:
    row = model(**owner)
    for name, value in values.items():
        if name == "id":
            row.pk = _read_id(value)
        else:
            setattr(row, name, _clean(row, name, value))
    return row


def _read_id(value: Any) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError as error:
        raise Refused("id", f"{str(value)[:80]!r} is no UUID.") from error


def _clean(row: Record, name: str, value: Any) -> Any:
    """Return the value as the column holds it. Raises Refused."""
    try:
        field = row._meta.get_field(name)  # noqa: SLF001 -- the documented API
    except FieldDoesNotExist as error:
        raise Refused(name, "there is no such column.") from error
    if name in FIXED or not isinstance(field, Field) or name != field.attname:
        raise Refused(name, "this column cannot be set.")
    _check_kind(field, name, value)
    if isinstance(field, ArrayField):
        value = list(value)
    try:
        if isinstance(field, ForeignKey):
            # Whether the row at the other end is there, the database says, which sees more than this role may.
            return field.target_field.to_python(value)
        clean = field.clean(value, row)
    except ValidationError as error:
        if error.error_list[0].code == "invalid_choice":
            known = ", ".join(str(choice) for choice, _ in field.flatchoices)
            raise Refused(name, f"{str(value)[:80]!r} is none; known are {known}.") from error
        raise Refused(name, " ".join(error.messages)) from error
    except (TypeError, ValueError, OverflowError) as error:
        # Fields expect what a form sends: a number where a moment belongs is no case of theirs.
        raise Refused(name, "this is no value for the column.") from error
    if isinstance(clean, datetime) and clean.tzinfo is None:
        return clean.replace(tzinfo=UTC)
    return clean


def _check_kind(field: Any, name: str, value: Any) -> None:
    if isinstance(field, JSONField):
        if not isinstance(value, dict):
            raise Refused(name, "has to be an object.")
    elif isinstance(field, ArrayField):
        if not _are_texts(value):
            raise Refused(name, "has to be a list of texts.")
    elif isinstance(value, list | dict):
        raise Refused(name, "has to be a single value.")
    texts = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(text, str) and "\0" in text for text in texts):
        raise Refused(name, "text must not contain NUL characters.")


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


def _refusal(error: Exception) -> Refused:
    """Say what the database refused, by the name of its constraint: <table>_<what>."""
    diagnosis = getattr(error.__cause__, "diag", None)
    constraint = (diagnosis and diagnosis.constraint_name) or "row"
    return Refused(constraint, "the database does not take these values together.")


def remove_rows(rows: QuerySet[R]) -> list[R]:
    locked = lock(rows)
    rows.model._default_manager.filter(pk__in=[row.pk for row in locked]).delete()  # noqa: SLF001 -- the documented API
    return locked


def _moved(row: Any, old: str, *, by: UUID | None, at: datetime) -> StatusChange:
    event = row.event if isinstance(row, EventTask) else row if isinstance(row, Event) else None
    return StatusChange(
        user_id=event.user_id if event else row.user_id,
        event_id=event.pk if event else None,
        table=row._meta.db_table,  # noqa: SLF001 -- the documented API
        record_id=row.pk,
        old_status=old,
        new_status=row.status,
        is_usual=not old or row.lifecycle.is_usual(old, row.status),
        changed_by_id=by,
        at=at,
    )

"""Writes that go through services: in a thread, inside `acting()`, every row of a request in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from django.db import DatabaseError, InterfaceError, connection

from fashionos.kit.owned import acting
from fashionos.postgrest.compile import (
    Plan,
    compile_existing,
    compile_keys,
    compile_rows,
    compile_typed,
)
from fashionos.postgrest.database import Result
from fashionos.postgrest.headers import Shape
from fashionos.postgrest.problems import (
    Problem,
    duplicate,
    foreign_row,
    missing_value,
    of_database,
    unavailable,
)
from fashionos.postgrest.registry import Actor, Row, Table, Writer
from fashionos.postgrest.tree import Query

T = TypeVar("T")
Check = Callable[[Result], None]

NOTHING = Result(b"[]", 0)


def act(actor: Actor, call: Callable[[], T], *, statement_timeout_ms: int) -> T:
    """Call in a transaction of the actor, which what is raised undoes. Raises Problem and SessionEnded."""
    try:
        with acting(
            actor.role,
            user_id=actor.user_id,
            session_id=actor.session_id,
            statement_timeout_ms=statement_timeout_ms,
        ):
            return call()
    except (DatabaseError, InterfaceError) as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is None:
            raise unavailable() from error
        raise of_database(diagnosis, signed_in=actor.is_known) from error
    finally:
        connection.close()  # back to the pool: threads live longer than requests


class Writes:
    """One write to a table that has a writer, called by `act`. `check` may raise, which undoes it."""

    def __init__(
        self,
        actor: Actor,
        table: Table,
        query: Query,
        shape: Shape,
        *,
        returning: bool,
        check: Check,
        most: int,
    ) -> None:
        assert table.writer is not None  # noqa: S101 -- what tells these tables from the others
        self.actor = actor
        self.table = table
        self.writer: Writer = table.writer
        self.query = query
        self.shape = shape
        self.returning = returning
        self.check = check
        self.most = most

    def insert(self, rows: Sequence[Row], resolution: str | None) -> Result:
        if len(rows) > self.most:
            raise self.too_many()
        rows = [self.owned(row) for row in self.typed(rows)]
        if resolution is None:
            for name, columns in self.table.unique.items():
                self.refuse_duplicates(rows, name, columns)
            return self.result(self.writer.add(self.actor, rows), new=len(rows))
        target = self.target()
        there = self.find(rows, target)
        repeated = {n for n, _ in self.repeated(rows, target)}
        if resolution == "ignore-duplicates":
            fresh = [row for n, row in enumerate(rows) if n not in there and n not in repeated]
            return self.result(self.add(fresh, target), new=len(fresh))
        if repeated:
            message = "ON CONFLICT DO UPDATE command cannot affect row a second time"
            raise Problem(400, "21000", message)
        fresh = [row for n, row in enumerate(rows) if n not in there]
        keys = self.add(fresh, target) if fresh else []
        fixed = {*target, self.table.key, self.table.owner}
        for n, key in there.items():
            values = {name: value for name, value in rows[n].items() if name not in fixed}
            changed = self.writer.change(self.actor, [key], values) if values else [key]
            if not changed:  # a row that the caller sees, and may not change
                raise foreign_row(self.table.name)
            keys += changed
        return self.result(keys, new=len(fresh))

    def update(self, values: Row) -> Result:
        if not values:
            return self.result([])
        [values] = self.typed([values])
        keys = self.keys()
        owner, key = self.table.owner, self.table.key
        if owner in values and self.actor.user_id is not None:
            if values[owner] != str(self.actor.user_id):
                raise foreign_row(self.table.name)
            values = {name: value for name, value in values.items() if name != owner}
        if key in values and [values[key]] == [str(key) for key in keys]:
            values = {name: value for name, value in values.items() if name != key}
        if not keys or not values:
            return self.result(keys)
        self.check_nulls(values)
        return self.result(self.writer.change(self.actor, keys, values))

    def delete(self) -> Result:
        keys = self.keys()
        # What is gone can be shown no more.
        result = self.result(keys)
        if keys:
            self.writer.remove(self.actor, keys)
        return result

    def add(self, rows: Sequence[Row], target: Sequence[str]) -> list[Any]:
        """Add rows that are not there as far as the caller sees. Raises Problem, of one that is another's too."""
        try:
            return self.writer.add(self.actor, rows)
        except Problem as problem:
            violated = self.table.unique.get(problem.constraint or "", ())
            if problem.code == "23505" and set(violated) == set(target):
                raise foreign_row(self.table.name) from problem
            raise

    # Rows

    def typed(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows with their values as PostgreSQL reads them, for services that expect typed ones."""
        if not rows:
            return []
        [(text,)] = self.fetch(compile_typed(self.table, rows))
        return [
            {name: read.get(name, value) for name, value in row.items()}
            for row, read in zip(rows, msgspec.json.decode(text), strict=True)
        ]

    def check_nulls(self, row: Row) -> None:
        for name, value in row.items():
            if value is None and not self.table.columns[name].nullable:
                raise missing_value(self.table.name, name)

    def owned(self, row: Row) -> Row:
        """Return the row in its caller's name. Raises Problem if it is in another's, or lacks a value."""
        owner, caller = self.table.owner, self.actor.user_id
        row = {**self.table.starts, **row}
        if owner is not None and caller is not None:
            if row.get(owner) not in {None, str(caller)}:
                raise foreign_row(self.table.name)
            row[owner] = str(caller)
        self.check_nulls(row)
        return row

    def target(self) -> tuple[str, ...]:
        target = self.query.on_conflict or (self.table.key,)
        if set(target) not in [set(columns) for columns in self.table.unique.values()]:
            message = (
                "there is no unique or exclusion constraint matching the ON CONFLICT specification"
            )
            raise Problem(400, "42P10", message)
        return target

    def refuse_duplicates(self, rows: Sequence[Row], name: str, columns: tuple[str, ...]) -> None:
        there = self.find(rows, columns)
        for n in (*there, *(n for n, _ in self.repeated(rows, columns))):
            values = ", ".join(str(rows[n].get(column)) for column in columns)
            raise duplicate(name, ", ".join(columns), values)

    def find(self, rows: Sequence[Row], columns: tuple[str, ...]) -> dict[int, Any]:
        """Return the keys of rows that are there already, by the places of those that equal them in `columns`."""
        named = [n for n, row in enumerate(rows) if _values(row, columns)]
        if not named:
            return {}
        found = self.fetch(compile_existing(self.table, [rows[n] for n in named], columns))
        return {named[n - 1]: key for n, key in found}

    @staticmethod
    def repeated(
        rows: Sequence[Row], columns: tuple[str, ...]
    ) -> Iterable[tuple[int, tuple[str, ...]]]:
        """Yield the rows that come again in one request."""
        seen = set()
        for n, row in enumerate(rows):
            values = _values(row, columns)
            if values in seen:
                yield n, values
            elif values:
                seen.add(values)

    def keys(self) -> list[Any]:
        plan = compile_keys(self.table, self.query, most=self.most)
        keys = [key for (key,) in self.fetch(plan)]
        if len(keys) > self.most:
            raise self.too_many()
        return keys

    def too_many(self) -> Problem:
        return Problem(413, "54000", f"More than {self.most} rows of {self.table.name} at once")

    def result(self, keys: Sequence[Any], *, new: int | None = None) -> Result:
        """Return what was written, unless `check` refuses it."""
        result = Result(b"[]", len(keys), None, new)
        if self.returning:
            plan = compile_rows(self.table, self.query, self.shape, keys)
            [(rows, count, _, _)] = self.fetch(plan)
            result = Result(rows.encode(), count, None, new, plan.fields)
        self.check(result)
        return result

    @staticmethod
    def fetch(plan: Plan) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(plan.sql, plan.params)
            rows: list[Any] = cursor.fetchall()
        return rows


def _values(row: Row, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a row holds in the columns of a unique index; () if it is not among the rows of the index."""
    values = [row.get(column) for column in columns]
    if any(value is None or value == "" for value in values):
        return ()
    return tuple(str(value).lower() for value in values)

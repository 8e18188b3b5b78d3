"""What a client asks of `postgres_changes` in its join, read as the client's realtime server reads it."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

SCHEMA = "public"
EVERY = "*"
Event = Literal["INSERT", "UPDATE", "DELETE"]
EVENTS = (EVERY, "INSERT", "UPDATE", "DELETE")


class BadBinding(ValueError):  # noqa: N818 -- a fact, named as one
    """What is asked for is not offered; the text says why."""


class Binding(NamedTuple):
    """One item of the join's list, `asked` as it came. `id` is its place there, from 1; `filter` is text.

    `table` may be EVERY, and then there is neither filter nor select.
    """

    id: int
    event: str
    table: str
    filter: str = ""
    select: tuple[str, ...] | None = None
    asked: Mapping[str, Any] = {}

    def takes(self, event: Event) -> bool:
        return self.event in {EVERY, event}

    def unable(self, why: str = "") -> BadBinding:
        """Refuse in the words of the client's own server."""
        select = "nil" if self.select is None else f"[{', '.join(self.select)}]"
        told = (
            f"event: {self.event}, schema: {SCHEMA}, table: {self.table},"
            f" filters: [{self.filter}], select: {select}"
        )
        if not why:
            return _not_offered(told)
        return BadBinding(
            "Unable to subscribe to changes with given parameters. An exception happened so please check your"
            f" connect parameters: [{told}]. Exception: {why}"
        )


def read_binding(asked: Any, number: int) -> Binding:
    """Read one item. Raises BadBinding."""
    if not isinstance(asked, Mapping):
        raise _nothing(asked)
    event = asked.get("event") or EVERY
    given = {name: asked[name] for name in ("schema", "table", "filter") if asked.get(name)}
    if not all(isinstance(value, str) for value in (event, *given.values())):
        raise _nothing(asked)
    if event.upper() not in EVENTS:
        raise BadBinding(f"Error parsing `event` params: expected one of {', '.join(EVENTS)}")
    if not {"schema", "table"} & given.keys():
        raise _nothing(asked)
    schema, table = given.get("schema", SCHEMA), given.get("table", EVERY)
    text = given.get("filter", "").strip()
    select = _read_select(asked.get("select"))
    if select is not None and EVERY in {schema, table}:
        raise BadBinding(
            "Column selection is not supported for wildcard subscriptions."
            " Provide an explicit schema and table name."
        )
    if text and table == EVERY:
        raise _nothing(asked)
    if schema not in {SCHEMA, EVERY}:
        raise _not_offered(f"event: {event}, schema: {schema}, table: {table}")
    return Binding(number, event.upper(), table, text, select, asked)


def _read_select(asked: Any) -> tuple[str, ...] | None:
    if asked is None:
        return None
    if not isinstance(asked, list):
        raise BadBinding(
            "Error parsing `select` params: expected a list of column name strings,"
            ' e.g. select: ["col1", "col2"]'
        )
    names = [name for name in asked if isinstance(name, str)]
    return tuple(dict.fromkeys(names)) or None


def _nothing(asked: Any) -> BadBinding:
    return BadBinding(
        "No subscription params provided. Please provide at least a `schema` or `table` to subscribe to:"
        f" {msgspec.json.encode(asked).decode()[:200]}"
    )


def _not_offered(told: str) -> BadBinding:
    return BadBinding(
        "Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given"
        f" connect parameters: [{told}]"
    )

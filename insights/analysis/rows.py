"""Reading rows field by field: every accepted spelling, and a caution for what had to be left out."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from insights.analysis.values import OddError, Reader, shown
from insights.schemas.base import Caution

MAX_CAUTIONS = 100

# From an accepted spelling to the field, how to read it, and whether it is the wire's own name.
Spellings = Mapping[str, tuple[str, Reader, bool]]


class Cautions:
    """The first hundred, and how many more there were."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._kept: list[Caution] = []
        self._more = 0

    def add(self, path: str, code: str, message: str) -> None:
        if len(self._kept) < MAX_CAUTIONS:
            self._kept.append(Caution(path=path, code=code, message=message))
        else:
            self._more += 1

    def all(self) -> list[Caution]:
        if not self._more:
            return self._kept
        message = f"{self._more} more warnings are not listed"
        return [*self._kept, Caution(path=self._path, code="more_warnings", message=message)]


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_Row = TypeVar("_Row", bound=_Identified)


def by_id(rows: Iterable[_Row | None], path: str, cautions: Cautions) -> dict[str, _Row]:
    """Return rows in their order, without those that could not be read; of the same id the last one counts."""
    found: dict[str, _Row] = {}
    for position, row in enumerate(rows):
        if row is None:
            continue
        if row.id in found:
            message = f"the last row with the id {shown(row.id)} counts"
            cautions.add(f"{path}[{position}].id", "duplicate_id", message)
        found[row.id] = row
    return found


def read_fields(
    row: dict[str, Any], spellings: Spellings, zone: ZoneInfo, path: str, cautions: Cautions
) -> dict[str, Any]:
    """Read the fields that are known; where a field comes twice its own name wins."""
    named: dict[str, Any] = {}
    aliased: dict[str, Any] = {}
    for key, value in row.items():
        if value is None or key not in spellings:
            continue
        field, read, own_name = spellings[key]
        try:
            found = read(value, zone)
        except OddError as odd:
            cautions.add(f"{path}.{key}", odd.code, odd.message)
            found = odd.instead
            if found is None:
                continue
        if own_name:
            named[field] = found
        else:
            aliased.setdefault(field, found)
    return aliased | named


def unfolded(row: Any) -> Any:
    """Lay open a row as the tables of `/rest/v1` have it: beside its columns stands what it has in `details`.

    A column that holds something counts more than a detail of its name. Anything else stays as it is.
    """
    if not isinstance(row, dict) or not isinstance(details := row.get("details"), dict):
        return row
    columns = {
        camel(name): value
        for name, value in row.items()
        if name != "details" and value not in ("", None, [], {})
    }
    return {**details, **columns}


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(map(str.capitalize, rest))


def spellings(
    readers: Mapping[str, Reader], aliases: Mapping[str, tuple[str, Reader]] | None = None
) -> Spellings:
    """List camelCase and snake_case spellings of fields and their aliases."""
    table: dict[str, tuple[str, Reader, bool]] = {}
    for alias, (field, read) in (aliases or {}).items():
        table[alias] = table[camel(alias)] = (field, read, False)
    for field, read in readers.items():
        table[field] = (field, read, False)
        table[camel(field)] = (field, read, True)
    return table

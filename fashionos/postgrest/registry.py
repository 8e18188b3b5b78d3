"""What is exposed: tables with their columns, and who writes them. Made by whoever knows the tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from fashionos.kit.owned import Role

Row = dict[str, Any]


class Actor(NamedTuple):
    """Who calls. Without a user it is nobody (Role.WEB, who then sees no row) or the server itself (Role.SYSTEM)."""

    role: Role
    user_id: UUID | None = None
    session_id: UUID | None = None

    @property
    def id(self) -> UUID:
        assert self.user_id is not None  # noqa: S101 -- asked of users alone
        return self.user_id

    @property
    def is_known(self) -> bool:
        return self.user_id is not None or self.role is not Role.WEB


NOBODY = Actor(Role.WEB)


@dataclass(frozen=True)
class Column:
    """`type` as PostgreSQL names it; `default` is SQL, for an INSERT of the dialect's own that leaves the column out.

    A `sealed` column is ciphertext in the database, and of `type` once it is opened.
    """

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    sealed: bool = False


Cells = tuple[
    str, str, Mapping[str, bytes]
]  # a row's key, its owner, and its ciphertexts by column


class Writer(Protocol):
    """Writes rows through the services, inside `acting()`. Keys are values of the table's `key`.

    What a service refuses is raised as a Problem.
    """

    def add(self, actor: Actor, rows: Sequence[Row]) -> list[Any]: ...

    def change(self, actor: Actor, keys: Sequence[Any], values: Row) -> list[Any]: ...

    def remove(self, actor: Actor, keys: Sequence[Any]) -> None: ...


@dataclass(frozen=True)
class Table:
    """A table or view of the schema `public`.

    Without a `writer` rows are written by SQL, under the policies and privileges of the caller's role.
    """

    name: str
    columns: Mapping[str, Column]
    key: str = "id"
    unique: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by the name of the index
    verbs: frozenset[str] = frozenset({"POST", "PATCH", "DELETE"})
    unreadable_by: frozenset[Role] = frozenset()  # what these roles read is empty
    writer: Writer | None = None
    # What rows for a writer hold unless they say otherwise; and, as SQL, which it removes at all, for a table whose
    # policies for UPDATE do not say so.
    starts: Mapping[str, Any] = field(default_factory=dict)
    removable: str = ""
    owner: str | None = "user_id"  # the column that names whose row it is
    is_shared: bool = False  # others than its owner may see a row
    # Columns that are not exposed, and the SQL that an INSERT puts there.
    hidden: Mapping[str, str] = field(default_factory=dict)
    touched: str | None = None  # the column that each UPDATE sets to now
    # Makes of the rows of a request those that are written; asks no database.
    cleaner: Callable[[Sequence[Row]], list[Row]] | None = None
    # Both inside `acting()`: rows with their key, owner and ciphertext as a bytea's hex; and ciphertexts opened.
    sealer: Callable[[Actor, Sequence[Row]], list[Row]] | None = None
    opener: Callable[[Sequence[Cells]], Sequence[Mapping[str, bytes | None]]] | None = None

    @property
    def is_private(self) -> bool:
        return self.owner is not None and not self.is_shared

    @cached_property
    def sealed(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns.values() if column.sealed)

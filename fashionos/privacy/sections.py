"""What the tables hold on a user: what the archive shows of each, and what erasing takes first.

Each table that refers to users is here, or in KEPT_BACK with the reason; a test asks the database which there are.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Model, Q, QuerySet, TextField, UUIDField
from django.db.models.functions import Cast

from analytics.models import AnalyticsEvent, UserDay
from assistant.models import Conversation
from fashionos.accounts.models import Identity, Session, User
from fashionos.storage.models import StoredObject
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


class Section(NamedTuple):
    """One list of the archive: the rows of a model that one of these fields refers to the user by."""

    name: str
    model: type[Model]
    fields: Sequence[str] = ("user_id",)
    without: frozenset[str] = frozenset()  # columns that are secrets, or the server's own business
    opened: Mapping[str, str] = {}  # by column of ciphertext: the attribute that says what it says
    # By what rows are read page by page, which no two share: the columns of an index, where there may be many.
    order: Sequence[str] = ("pk",)

    def rows(self, user_id: UUID, *, after: Model | None = None) -> QuerySet[Any]:
        """Return the rows that refer to this user, in order, from the one after `after` on."""
        mine = Q()
        for field in self.fields:
            mine |= Q(**{field: user_id})
        rows = self.model._default_manager.filter(mine).order_by(*self.order)  # noqa: SLF001 -- the documented API
        if after is None:
            return rows
        *equal, last = self.order
        later = Q(**{f"{last}__gt": getattr(after, last)})
        for field in reversed(equal):
            at = getattr(after, field)
            later = Q(**{f"{field}__gt": at}) | Q(**{field: at}) & later
            # Said once more alone, where an index begins with it.
            rows = rows.filter(**{f"{field}__gte": at})
        return rows.filter(later)

    def own_ids(self, user_id: UUID) -> QuerySet[Any]:
        """Return the random ids, as texts, of the rows that are the user's own, not others' that refer to the user."""
        owner = next((field for field in self.fields if field.endswith("user_id")), self.fields[0])
        rows = self.model._default_manager.filter(**{owner: user_id})  # noqa: SLF001 -- the documented API
        ids: QuerySet[Any] = rows.annotate(text=Cast("pk", TextField())).values("text")
        return ids

    @property
    def has_random_ids(self) -> bool:
        return isinstance(self.model._meta.pk, UUIDField)  # noqa: SLF001 -- the documented API

    @property
    def columns(self) -> list[str]:
        columns = (field.attname for field in self.model._meta.concrete_fields)  # noqa: SLF001 -- the documented API
        return [column for column in columns if column not in self.without]


SECTIONS = (
    Section("account", User, ("id",), frozenset(("password",))),
    Section("identities", Identity),
    Section("sessions", Session),
    Section("preferences", UserPreferences),
    Section(
        "conversations",
        Conversation,
        opened={"message": "text", "response": "answer"},
        order=("created_at", "pk"),
    ),
    Section("insights", Insight, without=frozenset(("input_digest", "generation"))),
    Section("analyticsEvents", AnalyticsEvent, order=("created_at", "pk")),
    Section("analyticsDays", UserDay),
    Section("samples", Sample),
    Section("assets", Asset),
    Section("shots", Shot),
    Section("events", Event),
    Section("eventMemberships", EventMember),
    Section("eventTasks", EventTask, ("owner_id", "event__user_id")),
    Section("taskDependencies", TaskDependency, ("event__user_id",)),
    Section("statusChanges", StatusChange, ("user_id", "changed_by_id")),
    Section("files", StoredObject, without=frozenset(("folder", "version"))),
)

# Tables that refer to users and are in no archive.
KEPT_BACK = {
    "accounts_refreshtoken": "digests of secrets",
    "accounts_onetimetoken": "digests of secrets",
    "accounts_authcode": "digests of secrets",
    "accounts_datakey": "a secret",
    "insight_generations": "counts that caches are told by",
    "django_admin_log": "what support did, under the name of who did it",
    "privacy_erasures": "of whom it names nothing is left to show",
}

"""What the admin's lists share: search by user, session and words without scanning the table, pages without a count."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

T = TypeVar("T")


class SupportAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """A list that stays quick on millions of rows; support reads, and changes only what a subclass offers."""

    show_full_result_count = False
    list_per_page = 50
    # Fields that one search term has to equal, and fields that may begin with it.
    search_ids: tuple[str, ...] = ()
    search_words: tuple[str, ...] = ()
    # A term such as 2026-11-23 finds the rows of that day.
    search_day: str = ""

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:  # noqa: ARG002 -- Django's signature
        """Name the fields, so that there is a search box; get_search_results does the search."""
        return (*self.search_ids, *self.search_words)

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002 -- Django's signature
        queryset: QuerySet[Any],
        search_term: str,
    ) -> tuple[QuerySet[Any], bool]:
        """Every term has to match: an id as a whole, a word from its beginning."""
        for term in search_term.replace("\x00", "").split():
            matches = Q(pk__in=[])
            if identifier := _read(UUID, term):
                for field in self.search_ids:
                    matches |= Q(**{field: identifier})
            elif self.search_day and (day := _read(date.fromisoformat, term)):
                within = [datetime.combine(day, at, tzinfo=UTC) for at in (time.min, time.max)]
                matches = Q(**{f"{self.search_day}__range": within})
            else:
                for field in self.search_words:
                    matches |= Q(**{f"{field}__istartswith": term})
            queryset = queryset.filter(matches)
        return queryset, False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 -- Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002 -- Django's signature
        return False


def _read(read: Callable[[str], T], term: str) -> T | None:
    try:
        return read(term)
    except ValueError:
        return None


class ReadOnlyAdmin(SupportAdmin):
    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002 -- Django's signature
        return False

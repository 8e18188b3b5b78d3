from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from fashionos.accounts.models import User
from fashionos.kit.support import ReadOnlyAdmin, SupportAdmin
from fashionos.operating.models import AlertState, FunctionRollout
from fashionos.operating.rollout import EVERYBODY, PRESETS, is_in
from fashionos.operating.services import function_names

_NAMED = 50


def _preset(percentage: int) -> Any:
    words = {0: "Switch off for everybody", EVERYBODY: "Switch on for everybody"}

    @admin.action(description=words.get(percentage, f"Switch on for {percentage} %%"))
    def switch(
        modeladmin: "FunctionRolloutAdmin", request: HttpRequest, queryset: QuerySet[Any]
    ) -> None:
        modeladmin.switch(request, queryset, percentage)

    switch.__name__ = f"switch_to_{percentage}"
    return switch


@admin.register(FunctionRollout)
class FunctionRolloutAdmin(SupportAdmin):
    """Switches functions on by share of the users; a search for a user's address or id says which ones they have."""

    search_ids = ("pk",)
    search_help_text = "A user's mail address or id: which functions are on for them"
    readonly_fields = ("function", "who", "updated_at")
    ordering = ("function",)
    actions = tuple(_preset(percentage) for percentage in PRESETS)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # A function that is new has a row from the first look on.
        FunctionRollout.objects.bulk_create(
            [FunctionRollout(function=name) for name in function_names()], ignore_conflicts=True
        )
        return super().get_queryset(request)

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        columns = ("function", "percentage", "updated_at")
        user = _find_user(request.GET.get("q", ""))
        if user is None:
            return columns

        @admin.display(description=f"on for {user}", boolean=True)
        def is_on(rollout: FunctionRollout) -> bool:
            return is_in(rollout.function, user.id, rollout.percentage)

        return (*columns, is_on)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Leave all functions in the list: the search chooses the user whom its last column is about."""
        if search_term and _find_user(search_term) is None:
            self.message_user(request, "There is no such user.", messages.WARNING)
        return queryset, False

    @admin.display(description="users who have it")
    def who(self, rollout: FunctionRollout) -> str:
        users = User.objects.order_by("email").values_list("id", "email")
        there, inside = 0, 0
        named: list[str] = []
        for user_id, email in users.iterator():
            there += 1
            if is_in(rollout.function, user_id, rollout.percentage):
                inside += 1
                if len(named) < _NAMED:
                    named.append(email or str(user_id))
        more = ", …" if inside > len(named) else ""
        return f"{inside} of {there}: {', '.join(named)}{more}" if inside else f"none of {there}"

    def switch(self, request: HttpRequest, queryset: QuerySet[Any], percentage: int) -> None:
        for rollout in queryset:
            rollout.percentage = percentage
            rollout.save(update_fields=["percentage", "updated_at"])
            self.log_change(request, rollout, f"Switched to {percentage} %.")
        self.message_user(request, f"{len(queryset)} functions are at {percentage} % now.")


@admin.register(AlertState)
class AlertStateAdmin(ReadOnlyAdmin):
    list_display = ("name", "is_firing", "value", "changed_at")
    ordering = ("-is_firing", "name")


def _find_user(term: str) -> User | None:
    term = term.strip()
    try:
        return User.objects.filter(id=UUID(term)).first()
    except ValueError:
        return User.objects.filter(email__iexact=term).first() if "@" in term else None

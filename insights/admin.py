from typing import Any

from django.contrib import admin
from django.db.models import BigIntegerField, F, Func, QuerySet, TextField, Value
from django.http import HttpRequest
from django.utils import timezone

from fashionos.kit.support import ReadOnlyAdmin, SupportAdmin
from insights.models import Insight, Package


class FreshnessFilter(admin.SimpleListFilter):
    title = "expiry"
    parameter_name = "expiry"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- Django's signature
        return [("fresh", "Fresh"), ("expired", "Expired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 -- Django's signature
        if self.value() == "fresh":
            return queryset.filter(expires_at__gt=timezone.now())
        return queryset.expired() if self.value() == "expired" else queryset  # type: ignore[attr-defined]  # InsightQuerySet


@admin.register(Insight)
class InsightAdmin(ReadOnlyAdmin):
    list_display = (
        "insight_type",
        "user",
        "context_id",
        "calculated_at",
        "expires_at",
        "fresh",
        "cache_hit_count",
    )
    list_filter = (FreshnessFilter, "insight_type", "calculated_at")
    list_select_related = ("user",)
    search_ids = ("id", "user_id")
    search_words = ("user__email", "insight_type", "context_id")
    search_day = "calculated_at"
    ordering = ("-calculated_at",)
    actions = ("expire_now",)
    exclude = ("input_digest",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Lists do not show the documents, and some of them are large; a deferred one is fetched where it is shown.
        rows = super().get_queryset(request).defer("data")
        family = Func(
            F("insight_type"), Value("_"), Value(1), function="split_part", output_field=TextField()
        )
        current = Func(
            F("user_id"),
            family,
            function="fashionos_insight_generation",
            output_field=BigIntegerField(),
        )
        annotated: QuerySet[Any] = rows.annotate(current=current)
        return annotated

    @admin.display(boolean=True, description="fresh")
    def fresh(self, insight: Insight) -> bool:
        # Of the user's data as it is now, or nobody is served it any more.
        return insight.expires_at > timezone.now() and insight.generation == insight.current  # type: ignore[attr-defined]  # annotated

    # Not a change of the insight as such, which nobody may edit: it will be computed anew.
    @admin.action(description="Expire now", permissions=["view"])
    def expire_now(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        now = timezone.now()
        expired = queryset.filter(expires_at__gt=now)
        ids = list(expired.values_list("pk", flat=True))
        count = expired.update(expires_at=now)
        for pk in ids:
            self.log_change(request, Insight(pk=pk, calculated_at=now), "Expired now.")
        self.message_user(request, f"{count} insights expired; they will be computed anew.")


@admin.register(Package)
class PackageAdmin(SupportAdmin):
    """The catalogue: the one table that support writes by hand."""

    list_display = (
        "name",
        "price_min",
        "price_max",
        "currency",
        "lead_days",
        "rating",
        "is_offered",
    )
    list_filter = ("is_offered", "currency")
    search_words = ("id", "name")
    ordering = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 -- Django's signature
        return True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 -- Django's signature
        return True

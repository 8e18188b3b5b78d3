import csv
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from analytics import metrics
from analytics.dashboard import Figure, Report, functions, kits, lines, report
from analytics.metrics import BUSINESS, EVENT_TYPES, PERFORMANCE, PRESETS, USAGE, Metric, Period
from analytics.models import AnalyticsEvent
from fashionos.kit.functions import SWITCHED_OFF
from fashionos.kit.support import ReadOnlyAdmin

_DEFAULT_DAYS = 28
_RECENT_DAYS = 90
_STALE = timedelta(minutes=15)
_KIT = re.compile(r"[a-z0-9_-]{0,40}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class TypeFilter(admin.SimpleListFilter):
    """The types that figures are made of: to ask millions of events for theirs would take seconds."""

    title = "event type"
    parameter_name = "event_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- Django's signature
        return [(name, name) for name in EVENT_TYPES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 -- Django's signature
        return queryset.filter(event_type=self.value()) if self.value() else queryset


class KitFilter(admin.SimpleListFilter):
    title = "kit"
    parameter_name = "kit_context"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- Django's signature
        return [(name, name) for name in kits(_recent())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 -- Django's signature
        return queryset.filter(kit_context=self.value()) if self.value() else queryset


class FunctionFilter(admin.SimpleListFilter):
    title = "function"
    parameter_name = "function"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- Django's signature
        return [(name, name) for name in functions(_recent())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 -- Django's signature
        return queryset.filter(event_data__function=self.value()) if self.value() else queryset


class OutcomeFilter(admin.SimpleListFilter):
    title = "outcome of a call"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- Django's signature
        return [("failed", "failed"), ("hit", "from the cache"), ("missed", "computed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 -- Django's signature
        conditions = {
            "failed": Q(event_data__status__gte=500)
            & (Q(event_data__error__isnull=True) | ~Q(event_data__error=SWITCHED_OFF))
            | Q(event_data__status__lt=400, event_data__error__gt=""),
            "hit": Q(event_data__cached=True),
            "missed": Q(event_data__cached=False),
        }
        value = self.value()
        return queryset.filter(conditions[value]) if value in conditions else queryset


@admin.register(AnalyticsEvent)
class AnalyticsEventAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "event_type", "user", "kit_context", "page_route", "session_id")
    list_filter = ("created_at", TypeFilter, KitFilter, FunctionFilter, OutcomeFilter)
    list_select_related = ("user",)
    search_ids = ("id", "user_id", "session_id")
    search_words = ("user__email", "event_type", "kit_context", "page_route")
    search_day = "created_at"
    ordering = ("-created_at",)

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("dashboard/", wrap(self.dashboard), name="analytics_dashboard"),
            path("dashboard.csv", wrap(self.export), name="analytics_dashboard_csv"),
            *super().get_urls(),
        ]

    def dashboard(self, request: HttpRequest) -> HttpResponse:
        """Show the figures of a period; of one that cannot be read, say so and show the usual one."""
        fault = ""
        try:
            period, kit = _asked(request)
        except ValueError as error:
            period, kit, fault = _recent(_DEFAULT_DAYS), "", str(error)
        found = self._report(request, period, kit)
        context = {
            **self.admin_site.each_context(request),
            "title": "Dashboard",
            "opts": self.opts,
            "report": found,
            "fault": fault,
            "presets": [_preset(days, period, kit) for days in PRESETS],
            "today": _today(),
            "is_stale": found.rolled_at is None or timezone.now() - found.rolled_at > _STALE,
            "groups": [
                ("Usage", _cards(found, USAGE)),
                ("Performance", _cards(found, PERFORMANCE)),
                ("Business", _cards(found, BUSINESS)),
            ],
            "documents": [chart.document for chart in found.charts],
            "functions": [
                (line, _events(found, event_type="function_called", function=line.name))
                for line in found.functions
            ],
            "power_opens": metrics.POWER_OPENS,
            "power_users": [
                (user, _events(found, event_type="assistant_opened", q=str(user.user_id)))
                for user in found.power_users
            ],
            "query": _query(period, kit),
        }
        status = HTTPStatus.BAD_REQUEST if fault else HTTPStatus.OK
        return TemplateResponse(request, "admin/analytics/dashboard.html", context, status=status)

    def export(self, request: HttpRequest) -> HttpResponse:
        """Give the same as a CSV file."""
        try:
            period, kit = _asked(request)
        except ValueError as error:
            return HttpResponse(
                str(error), status=HTTPStatus.BAD_REQUEST, content_type="text/plain; charset=utf-8"
            )
        name = "-".join(filter(None, ("fashionos", str(period.first), str(period.last), kit)))
        return HttpResponse(
            _csv(lines(self._report(request, period, kit))),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
        )

    def _report(self, request: HttpRequest, period: Period, kit: str) -> Report:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return report(period, kit)


def _today() -> date:
    return timezone.now().astimezone(UTC).date()


def _recent(days: int = _RECENT_DAYS) -> Period:
    return Period.ending(_today(), days)


def _asked(request: HttpRequest) -> tuple[Period, str]:
    """Read the period and the kit that a page is asked for. Raises ValueError with words for people."""
    said = request.GET
    kit = said.get("kit", "")
    if not _KIT.fullmatch(kit):
        raise ValueError("There is no such kit.")
    days = said.get("days", str(_DEFAULT_DAYS))
    return Period.read(days, said.get("from", ""), said.get("to", ""), today=_today()), kit


def _query(period: Period, kit: str) -> str:
    said = {"from": period.first.isoformat(), "to": period.last.isoformat()}
    return urlencode(said | ({"kit": kit} if kit else {}))


def _preset(days: str, period: Period, kit: str) -> tuple[str, str, bool]:
    query = urlencode({"days": days} | ({"kit": kit} if kit else {}))
    return f"{days} days", query, period == _recent(int(days))


def _cards(found: Report, group: Iterable[Metric]) -> list[tuple[Figure, str]]:
    """Return the figures of a group, each with the address of the events that it is made of."""
    figures = {figure.metric.id: figure for figure in found.figures}
    return [(figures[metric.id], _events(found, **metric.rows)) for metric in group]


def _events(found: Report, **filters: str) -> str:
    """Return the address of the list of the period's events, filtered."""
    starts = datetime.combine(found.period.first, time.min, UTC)
    ends = datetime.combine(found.period.last + timedelta(days=1), time.min, UTC)
    query = {"created_at__gte": str(starts), "created_at__lt": str(ends), **filters}
    if found.kit:
        query["kit_context"] = found.kit
    return f"{reverse('admin:analytics_analyticsevent_changelist')}?{urlencode(query)}"


def _csv(rows: Iterable[Iterable[Any]]) -> str:
    out = StringIO()
    csv.writer(out).writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    """Keep a spreadsheet from taking text for a formula (OWASP, CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

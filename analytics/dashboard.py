"""Reads the rollups of a period and of the one before: in ten queries, however long they are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from analytics import metrics
from analytics.metrics import (
    METRICS,
    PERCENTILES,
    WORKFLOWS,
    Counted,
    Metric,
    People,
    Period,
    Totals,
)

ALL = "*"  # the kit of rows that are of all kits
MOST_FEATURES = 12
MOST_POWER_USERS = 20
MOST_KITS = 20
# Units that are drawn and exported as others, and by which factor.
_DRAWN = {"%": ("%", 100.0), "min": ("h", 1 / 60)}
# What the charts show from step to step.
_DRAWN_NAMES = ("opens", "calls", "errors", "cache_lookups", "cache_hits")


class Figure(NamedTuple):
    metric: Metric
    value: float | None
    before: float | None
    change: float | None

    @property
    def text(self) -> str:
        return metrics.spell(self.value, self.metric.unit)

    @property
    def verdict(self) -> str:
        """Tell whether the change, in whole percent, is "good", "bad" or neither ("")."""
        direction = round((self.change or 0) * 100) * self.metric.good
        return "good" if direction > 0 else "bad" if direction < 0 else ""


class PowerUser(NamedTuple):
    user_id: UUID
    email: str  # "" of a guest
    days: int  # with more than POWER_OPENS opens
    most_opens: int  # on one day


class FunctionLine(NamedTuple):
    name: str
    calls: int
    p50: float | None
    p90: float | None
    p99: float | None
    errors: float | None
    hits: float | None
    database_ms: float | None


class Chart(NamedTuple):
    """A chart, and the table that says the same: a first column of labels, then one for each series."""

    id: str
    title: str
    kind: str  # "line", or "bar": lying, a label each
    unit: str  # as of a Metric
    label: str  # of the first column
    labels: Sequence[str]
    series: Sequence[tuple[str, Sequence[float | None]]]
    level: float | None = None  # beyond which the alerts fire

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        return [
            (label, [metrics.spell(values[n], self.unit) for _, values in self.series])
            for n, label in enumerate(self.labels)
        ]

    @property
    def document(self) -> dict[str, Any]:
        """What the script draws: shares in percent, minutes as hours."""
        drawn = [*self.series]
        if self.level is not None:
            drawn.append(("Alert level", [self.level] * len(self.labels)))
        return {
            "id": self.id,
            "kind": self.kind,
            "unit": _drawn_unit(self.unit),
            "labels": self.labels,
            "level": len(self.series),
            "series": [
                {"name": name, "values": [_drawn(value, self.unit) for value in values]}
                for name, values in drawn
            ],
        }

    @property
    def is_empty(self) -> bool:
        return not any(value for _, values in self.series for value in values)


def _drawn(value: float | None, unit: str) -> float | None:
    if value is None:
        return None
    return round(value * _DRAWN.get(unit, ("", 1))[1], 2)


def _drawn_unit(unit: str) -> str:
    return _DRAWN.get(unit, (unit, 1))[0]


@dataclass(frozen=True)
class Report:
    period: Period
    kit: str
    kits: Sequence[str]
    rolled_at: datetime | None
    figures: Sequence[Figure]
    charts: Sequence[Chart]
    functions: Sequence[FunctionLine]
    power_users: Sequence[PowerUser]


def report(period: Period, kit: str = "") -> Report:
    """Read what the dashboard shows, in the transaction of somebody who may."""
    totals = _totals(period, kit, dict(_rows(_ADOPTION, period, kit)))
    before = _totals(period.before, kit)
    return Report(
        period=period,
        kit=kit,
        kits=kits(period),
        rolled_at=_rolled_at(),
        figures=[_figure(metric, totals, before) for metric in METRICS],
        charts=_charts(period, kit, totals),
        functions=[_function(totals, name) for name in totals.details("calls")],
        power_users=_power_users(period, kit),
    )


def _figure(metric: Metric, totals: Totals, before: Totals) -> Figure:
    now, then = metric.value(totals), metric.value(before)
    return Figure(metric, now, then, metrics.change(now, then))


def _function(totals: Totals, name: str) -> FunctionLine:
    return FunctionLine(
        name,
        totals.count("calls", name),
        totals.percentile("calls", 50, name),
        totals.percentile("calls", 90, name),
        totals.percentile("calls", 99, name),
        totals.share("errors", "calls", name),
        totals.share("cache_hits", "cache_lookups", name),
        totals.mean("database", name),
    )


# Rows

_WHERE = "kit = %(kit)s AND day BETWEEN %(first)s AND %(last)s"
_TOTALS = f"""
SELECT name, detail, bucket, sum(count)::bigint, sum(total) FROM analytics_daily_totals
WHERE {_WHERE} GROUP BY name, detail, bucket
"""
_STEP = "%(first)s::date + (day - %(first)s::date) / %(step)s::int * %(step)s::int"
_STEPS = f"""
SELECT {_STEP} AS starts, name, bucket, sum(count)::bigint, sum(total) FROM analytics_daily_totals
WHERE {_WHERE} AND name = ANY(%(names)s) GROUP BY starts, name, bucket
"""
_PEOPLE = f"""
SELECT count(*), coalesce(sum(days), 0)::bigint, count(*) FILTER (WHERE uses), count(*) FILTER (WHERE most > %(power)s)
FROM (
    SELECT count(*) FILTER (WHERE opens > 0) AS days, max(opens) AS most, bool_or(features <> '{{}}') AS uses
    FROM analytics_user_days WHERE {_WHERE} GROUP BY user_id
) AS people
"""
_ADOPTION = f"""
SELECT feature, count(*) FROM (
    SELECT DISTINCT user_id, unnest(features) AS feature FROM analytics_user_days WHERE {_WHERE}
) AS used GROUP BY feature
"""
_ACTIVE = f"""
SELECT starts, count(*) FROM (
    SELECT DISTINCT {_STEP} AS starts, user_id FROM analytics_user_days WHERE {_WHERE}
) AS people GROUP BY starts
"""
_POWER_USERS = f"""
SELECT user_id, coalesce(email, ''), days, most FROM (
    SELECT user_id, count(*) AS days, max(opens) AS most FROM analytics_user_days
    WHERE {_WHERE} AND opens > %(power)s GROUP BY user_id
) AS people JOIN accounts_user u ON u.id = user_id
ORDER BY days DESC, most DESC, user_id LIMIT %(most)s
"""
_KITS = """
SELECT kit FROM analytics_daily_totals
WHERE day BETWEEN %(first)s AND %(last)s AND kit <> '*' AND name IN ('opens', 'uses', 'database')
GROUP BY kit ORDER BY sum(count) DESC, kit LIMIT %(most)s
"""
_FUNCTIONS = f"""
SELECT DISTINCT detail FROM analytics_daily_totals WHERE {_WHERE} AND name = 'database' AND detail <> ''
"""


def _rows(sql: str, period: Period, kit: str = "", **values: Any) -> list[Any]:
    values |= {"first": period.first, "last": period.last, "step": period.step, "kit": kit or ALL}
    with connection.cursor() as cursor:
        cursor.execute(sql, {**values, "power": metrics.POWER_OPENS})
        return list(cursor.fetchall())


def _totals(period: Period, kit: str, by_feature: Mapping[str, int] | None = None) -> Totals:
    [(active, opener_days, adopters, power)] = _rows(_PEOPLE, period, kit)
    rows = (Counted(*row) for row in _rows(_TOTALS, period, kit))
    return Totals(rows, People(active, opener_days, adopters, power, by_feature or {}))


def _steps(period: Period, kit: str) -> dict[date, Totals]:
    rows: defaultdict[date, list[Counted]] = defaultdict(list)
    for starts, name, duration, number, total in _rows(
        _STEPS, period, kit, names=list(_DRAWN_NAMES)
    ):
        rows[starts].append(Counted(name, "", duration, number, total))
    active = dict(_rows(_ACTIVE, period, kit))
    return {
        starts: Totals(rows.get(starts, ()), People(active=active.get(starts, 0)))
        for starts in period.each()
    }


def _power_users(period: Period, kit: str) -> list[PowerUser]:
    return [PowerUser(*row) for row in _rows(_POWER_USERS, period, kit, most=MOST_POWER_USERS)]


def kits(period: Period) -> list[str]:
    return sorted(kit for (kit,) in _rows(_KITS, period, most=MOST_KITS))


def functions(period: Period) -> list[str]:
    return sorted(name for (name,) in _rows(_FUNCTIONS, period))


def _rolled_at() -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(rolled_at) FROM analytics_rolled_days")
        [at] = cursor.fetchone()
        return at  # type: ignore[no-any-return]  # a row of a cursor


# Charts


def _charts(period: Period, kit: str, totals: Totals) -> list[Chart]:
    steps = _steps(period, kit)
    label = "Day" if period.step == 1 else "Week from"
    labels = [starts.isoformat() for starts in steps]

    def drawn(value: Any) -> list[float | None]:
        return [value(one) for one in steps.values()]

    saved = sorted(
        ((metrics.minutes_saved(totals, workflow), workflow.label) for workflow in WORKFLOWS),
        key=lambda pair: (-pair[0], pair[1]),
    )
    adopted = list(metrics.adoption(totals.people).items())[:MOST_FEATURES]
    return [
        Chart(
            "use",
            "Opens and active users",
            "line",
            "",
            label,
            labels,
            [
                ("Opens", drawn(lambda t: t.count("opens"))),
                ("Active users", drawn(lambda t: t.people.active)),
            ],
        ),
        Chart(
            "response-time",
            "Response time",
            "line",
            "ms",
            label,
            labels,
            [
                (f"p{percent}", drawn(lambda t, percent=percent: t.percentile("calls", percent)))
                for percent in PERCENTILES
            ],
        ),
        Chart(
            "cache",
            "Cache hit rate",
            "line",
            "%",
            label,
            labels,
            [("Cache hit rate", drawn(lambda t: t.share("cache_hits", "cache_lookups")))],
            level=metrics.ALERT_CACHE_HITS,
        ),
        Chart(
            "errors",
            "Error rate",
            "line",
            "%",
            label,
            labels,
            [("Error rate", drawn(lambda t: t.share("errors", "calls")))],
            level=metrics.ALERT_ERRORS,
        ),
        Chart(
            "time-saved",
            "Time saved by workflow (estimate)",
            "bar",
            "min",
            "Workflow",
            [label for _, label in saved],
            [("Minutes saved", [minutes for minutes, _ in saved])],
        ),
        Chart(
            "adoption",
            "Feature adoption, of active users",
            "bar",
            "%",
            "Feature",
            [feature for feature, _ in adopted],
            [("Active users", [share for _, share in adopted])],
        ),
    ]


def lines(found: Report) -> Iterable[Sequence[Any]]:
    """Return the report as lines of a CSV file: the figures, then each series of a chart."""
    yield ("what", "of", "unit", "value", "before", "change in %")
    for metric, value, before, changed in found.figures:
        drawn = (_drawn(one, metric.unit) for one in (value, before))
        yield (metric.label, "", _drawn_unit(metric.unit), *drawn, _drawn(changed, "%"))
    for chart in found.charts:
        unit = _drawn_unit(chart.unit)
        for name, values in chart.series:
            for label, value in zip(chart.labels, values, strict=True):
                yield (f"{chart.title}: {name}", label, unit, _drawn(value, chart.unit), None, None)
    for line in found.functions:
        yield ("Calls of the function", line.name, "", line.calls, None, None)
    for user in found.power_users:
        name = user.email or f"guest {user.user_id}"
        yield ("Power user", name, "days", user.days, None, None)

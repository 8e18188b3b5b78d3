"""What the dashboard's figures mean: docs/metrics.md says each in words, this in arithmetic.

Durations are counted in classes whose bounds grow by a factor, so that the counts of any days, kits and functions can
be added up and still tell a percentile: of the whole, not a mean of percentiles (DDSketch, Masson et al., VLDB 2019).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple, Self

GROWTH = 1.05
SHORTEST_MS, LONGEST_MS = 0.01, 1e7
# How far a percentile may be off: of any duration, half a class.
ERROR = (GROWTH - 1) / (GROWTH + 1)
PERCENTILES = (50, 90, 99)

GAP_MINUTES = 30  # of silence, after which a session has ended
CONVERSION_MINUTES = 30  # within which a link has led to something
PRESETS = ("7", "28", "90")  # days of a period
LONGEST_DAYS = 731
LONGEST_BY_DAY = 92  # of a longer period the charts have a point a week
WEEK = 7
FIRST_YEAR = 2000
ALERT_CACHE_HITS, ALERT_ERRORS = 0.8, 0.01  # below, above
POWER_OPENS = 10  # a day; who opens the assistant more often is a power user


def bucket(ms: float) -> int:
    """Return the class of a duration; class `n` reaches from GROWTH ** (n - 1), exclusive, to GROWTH ** n."""
    return math.ceil(math.log(min(max(ms, SHORTEST_MS), LONGEST_MS)) / math.log(GROWTH))


def typical(number: int) -> float:
    """Return the milliseconds that are at most ERROR away from all of this class, as a share of them."""
    return 2 * GROWTH**number / (GROWTH + 1)


def percentile(counts: Mapping[int, int], percent: float) -> float | None:
    """Return the duration that so many percent of those counted do not exceed (nearest rank); None of nothing."""
    total = sum(counts.values())
    rank = max(1, math.ceil(total * percent / 100))
    for number in sorted(counts):
        rank -= counts[number]
        if rank <= 0:
            return typical(number)
    return None


def ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def change(now: float | None, before: float | None) -> float | None:
    """Return by which share a figure has changed: 0.25 is a quarter more. None where there is nothing to compare."""
    if now is None or not before:
        return None
    return now / before - 1


class Period(NamedTuple):
    """Days, the first and the last included."""

    first: date
    last: date

    @classmethod
    def ending(cls, last: date, days: int) -> Self:
        return cls(last - timedelta(days=days - 1), last)

    @classmethod
    def read(cls, days: str, first: str, last: str, *, today: date) -> Self:
        """Read what somebody has typed: so many days up to today, or a first and a last one; "" is not said.

        Raises ValueError with words for that person.
        """
        if not first and not last:
            if days not in PRESETS:
                raise ValueError(
                    f"A period has {', '.join(PRESETS)} days, or a first and a last one."
                )
            return cls.ending(today, int(days))
        try:
            ends = date.fromisoformat(last) if last else today
            starts = date.fromisoformat(first) if first else ends
        except ValueError:
            raise ValueError("A day is written like 2026-11-23.") from None
        if starts > ends:
            raise ValueError("The first day lies after the last.")
        if ends > today:
            raise ValueError("The last day has not begun yet.")
        if (ends - starts).days >= LONGEST_DAYS:
            raise ValueError(f"A period has at most {LONGEST_DAYS} days.")
        if starts.year < FIRST_YEAR:
            raise ValueError(f"There was nothing to count before {FIRST_YEAR}.")
        return cls(starts, ends)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one begins."""
        return Period.ending(self.first - timedelta(days=1), self.days)

    @property
    def step(self) -> int:
        """Days from one point of a chart to the next."""
        return 1 if self.days <= LONGEST_BY_DAY else WEEK

    def each(self) -> list[date]:
        """Return the first day of each step."""
        return [self.first + timedelta(days=n) for n in range(0, self.days, self.step)]


class People(NamedTuple):
    """Figures that count people, of one period."""

    active: int = 0  # who did anything
    opener_days: int = 0  # pairs of a person and a day on which they opened the assistant
    adopters: int = 0  # who used a feature
    power: int = 0  # with more than POWER_OPENS on some day
    by_feature: Mapping[str, int] = {}


class Counted(NamedTuple):
    """One line of the daily totals: see analytics.models.DailyTotal."""

    name: str
    detail: str
    bucket: int
    number: int
    total: float


class Totals:
    """The daily totals of a period, added up."""

    def __init__(self, rows: Iterable[Counted] = (), people: People | None = None) -> None:
        self.people = people or People()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._sums: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._durations: defaultdict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        for name, detail, duration, number, total in rows:
            # Of each detail, and of the name as a whole.
            for key in ((name, detail), (name, "*")):
                self._counts[key] += number
                self._sums[key] += total
                self._durations[key][duration] += number

    def count(self, name: str, detail: str = "*") -> int:
        return self._counts[name, detail]

    def sum(self, name: str, detail: str = "*") -> float:
        return self._sums.get((name, detail), 0.0)

    def mean(self, name: str, detail: str = "*") -> float | None:
        return ratio(self.sum(name, detail), self.count(name, detail))

    def share(self, name: str, of: str, detail: str = "*") -> float | None:
        return ratio(self.count(name, detail), self.count(of, detail))

    def percentile(self, name: str, percent: float, detail: str = "*") -> float | None:
        return percentile(self._durations.get((name, detail), {}), percent)

    def details(self, name: str) -> list[str]:
        """Return what the name was counted of, the most frequent first."""
        found = [(count, one) for (kind, one), count in self._counts.items() if kind == name]
        return [one for _, one in sorted(found, key=lambda pair: (-pair[0], pair[1])) if one != "*"]


class Workflow(NamedTuple):
    """Work that a use of one of the features stands in for, and what is thought to be saved by it."""

    id: str
    label: str
    features: frozenset[str]
    minutes: float  # saved by one use
    source: str


def _workflows() -> tuple[Workflow, ...]:
    rows = ([cell.strip() for cell in line.split("|")] for line in _WORKFLOWS.strip().splitlines())
    return tuple(
        Workflow(name, label, frozenset(features.split()), float(minutes), source)
        for name, label, minutes, features, source in rows
    )


# id | label | minutes saved by one use | features | where the estimate comes from
_WORKFLOWS = """
status | Status of the samples | 5 | logistics.readiness logistics.blockers logistics.list logistics.arrivals logistics.returns overview.summary | 60 lines of a sheet read at 5 s each
locate | Finding one piece | 3 | logistics.locate nav.entity | a message to a colleague, and waiting for the answer
order | Shooting order | 12 | logistics.batching | 12 setups sorted by hand at 1 min each
schedule | Schedule and staffing | 10 | events.critical_path events.staffing events.workload | 40 tasks checked against what they wait for at 15 s each
run | Run of show | 20 | events.run_of_show | 30 lines typed at 40 s each
tasks | Looking up tasks | 2 | events.task_list events.task_lookup | opening the plan and filtering it
review | Going through pictures | 10 | media.quality media.missing media.selects media.approvals media.asset_find | 200 pictures looked at for 3 s each
changes | Changes by word | 1 | act.sample_status act.sample_add act.sample_edit act.task_status act.task_assign act.task_create act.task_reschedule act.asset_approve act.asset_reject act.asset_tag | opening a record, changing a field, saving it
packages | Comparing packages | 10 | rec.packages | 5 offers read at 2 min each
"""  # noqa: E501 -- one row a line is what makes the table readable
WORKFLOWS = _workflows()


def minutes_saved(totals: Totals, workflow: Workflow) -> float:
    return workflow.minutes * sum(totals.count("uses", feature) for feature in workflow.features)


def adoption(people: People) -> dict[str, float]:
    """Return which share of the active people used each feature, the most widely used first."""
    ranked = sorted(people.by_feature.items(), key=lambda item: (-item[1], item[0]))
    return {feature: users / people.active for feature, users in ranked if people.active}


class Metric(NamedTuple):
    """A figure of the dashboard; `docs/metrics.md` has a section for each `id`."""

    id: str
    label: str
    unit: str  # "", "%" (of a share), "ms", "s" or "min"
    good: int  # 1: more of it is better, -1: less, 0: neither
    value: Callable[[Totals], float | None]
    rows: Mapping[str, str]  # which events it is made of, as filters of their list


def _of(event_type: str, **filters: str) -> dict[str, str]:
    return {"event_type": event_type, **filters}


USAGE = (
    Metric("active_users", "Active users", "", 1, lambda t: t.people.active, {}),
    Metric("opens", "Opens", "", 1, lambda t: t.count("opens"), _of("assistant_opened")),
    Metric(
        "opens_per_user_day",
        "Opens per user and day",
        "",
        1,
        lambda t: ratio(t.count("opens"), t.people.opener_days),
        _of("assistant_opened"),
    ),
    Metric(
        "kit_switch_rate",
        "Kit switches per open",
        "",
        0,
        lambda t: t.share("kit_switches", "opens"),
        _of("kit_switched"),
    ),
    Metric(
        "action_click_rate",
        "Action click rate",
        "%",
        1,
        lambda t: t.share("action_clicks", "offers"),
        _of("action_clicked"),
    ),
    Metric(
        "deep_link_conversion",
        "Deep link conversion",
        "%",
        1,
        lambda t: t.share("conversions", "deep_links"),
        _of("deep_link_clicked"),
    ),
    Metric("session_duration", "Session duration", "s", 1, lambda t: t.mean("sessions"), {}),
)


def _response_time(percent: int) -> Metric:
    return Metric(
        f"response_time_p{percent}",
        f"Response time p{percent}",
        "ms",
        -1,
        lambda t: t.percentile("calls", percent),
        _of("function_called"),
    )


PERFORMANCE = (
    *map(_response_time, PERCENTILES),
    Metric(
        "cache_hit_rate",
        "Cache hit rate",
        "%",
        1,
        lambda t: t.share("cache_hits", "cache_lookups"),
        _of("function_called", outcome="missed"),
    ),
    Metric(
        "error_rate",
        "Error rate",
        "%",
        -1,
        lambda t: t.share("errors", "calls"),
        _of("function_called", outcome="failed"),
    ),
    Metric(
        "invocations",
        "Function calls",
        "",
        0,
        lambda t: t.count("calls"),
        _of("function_called"),
    ),
    Metric(
        "database_time",
        "Database time per call",
        "ms",
        -1,
        lambda t: t.mean("database"),
        _of("function_called"),
    ),
)
BUSINESS = (
    Metric(
        "time_saved",
        "Time saved (estimate)",
        "min",
        1,
        lambda t: sum(minutes_saved(t, workflow) for workflow in WORKFLOWS),
        _of("assistant_answered"),
    ),
    Metric(
        "feature_adoption",
        "Feature adoption",
        "%",
        1,
        lambda t: ratio(t.people.adopters, t.people.active),
        _of("assistant_answered"),
    ),
    Metric(
        "satisfaction",
        "Satisfaction",
        "%",
        1,
        lambda t: t.share("thumbs_up", "thumbs"),
        _of("answer_rated"),
    ),
    Metric(
        "power_users",
        "Power users",
        "",
        1,
        lambda t: t.people.power,
        _of("assistant_opened"),
    ),
)
METRICS = (*USAGE, *PERFORMANCE, *BUSINESS)
# What the figures are made of, as the list of events offers it.
EVENT_TYPES = (
    "action_clicked",
    "answer_rated",
    "assistant_action_confirmed",
    "assistant_answered",
    "assistant_opened",
    "deep_link_clicked",
    "function_called",
    "kit_switched",
    "page_viewed",
)

_MINUTE, _HOUR = 60, 3600


def spell(value: float | None, unit: str) -> str:
    """Write a figure for people: "1,234", "93.4 %", "182 ms", "4 min 10 s", "12.5 h"."""
    if value is None:
        return "-"
    if unit == "%":
        return f"{value * 100:.1f} %"
    if unit == "ms":
        return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"  # noqa: PLR2004 -- two digits tell
    if unit in {"s", "min"}:
        return _spell_seconds(value * (_MINUTE if unit == "min" else 1))
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def _spell_seconds(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        minutes, rest = divmod(round(seconds), _MINUTE)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{seconds / _HOUR:,.1f} h"

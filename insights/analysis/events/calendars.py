"""Working time: from moments to worked minutes and back.

Moments are minutes on the clock after an origin, so that changes of daylight saving time only show
in how long a window is; positions are the minutes worked until then. While nobody works a position
stands still: it has a first moment (work that ends there has ended) and a last one (work
that begins there begins).
"""

import math
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from insights.analysis.values import OddError, items, mapping, shown
from insights.schemas.base import LAST_YEAR
from insights.schemas.tasks import WorkCalendar

TOLERANCE = 1e-6  # minutes; means of estimates are fractions
_ONE_DAY = timedelta(days=1)
_MAX_HOLIDAYS = 10_000


class WorkingHours:
    """The windows of a calendar, laid out day by day as far as somebody asks."""

    def __init__(self, calendar: WorkCalendar, *, origin: datetime, first: datetime) -> None:
        """Begin with the day of `first`, the earliest moment that matters."""
        self._calendar = calendar
        self._origin = origin
        self._day = first.astimezone(calendar.zone).date() - _ONE_DAY  # its window may end later
        self._starts: list[float] = []
        self._ends: list[float] = []
        self._worked = [0.0]  # before each window, and after the last
        self._base = 0.0
        self._base = self.position(0.0)

    def position(self, moment: float) -> float:
        """Count the minutes worked between the origin and a moment."""
        while not self._ends or self._ends[-1] < moment:
            self._lay_out_day()
        window = bisect_right(self._starts, moment) - 1
        if window < 0:
            return -self._base
        done = min(moment, self._ends[window]) - self._starts[window]
        return self._worked[window] + done - self._base

    def starting(self, position: float) -> float:
        """Give the moment at which work from a position on can begin."""
        worked = position + self._base
        while self._worked[-1] <= worked + TOLERANCE:
            self._lay_out_day()
        window = max(0, bisect_right(self._worked, worked + TOLERANCE) - 1)
        return self._starts[window] + max(0.0, worked - self._worked[window])

    def finishing(self, position: float) -> float:
        """Give the moment at which work up to a position has been done.

        What has a position from the origin on is not done before it.
        """
        worked = position + self._base
        while self._worked[-1] < worked - TOLERANCE:
            self._lay_out_day()
        window = bisect_left(self._worked, worked - TOLERANCE) - 1
        moment = min(0.0, self._starts[0])  # when there is no work before
        if window >= 0:
            done = self._starts[window] + worked - self._worked[window]
            moment = min(done, self._ends[window])
        return max(0.0, moment) if position >= -TOLERANCE else moment

    def later(self, position: float, lag: float, *, from_start: bool) -> float:
        """Give the position a lag on the clock after the start or finish at `position`."""
        moment = self.starting(position) if from_start else self.finishing(position)
        return self.position(moment + lag)

    def latest(self, position: float, lag: float) -> float:
        """Give the last position from which such a lag does not lead beyond `position`."""
        return self.position(self.starting(position) - lag) if math.isfinite(position) else position

    def _lay_out_day(self) -> None:
        calendar, day = self._calendar, self._day
        if day.year > LAST_YEAR:  # nothing is planned there: one window without an end
            self._append(self._ends[-1] if self._ends else 0.0, math.inf)
            return
        self._day = day + _ONE_DAY
        if day.isoweekday() not in calendar.work_days or day in calendar.holidays:
            return
        last = day if calendar.start_time < calendar.end_time else self._day
        self._append(self._moment(day, calendar.start_time), self._moment(last, calendar.end_time))

    def _moment(self, day: date, clock: time) -> float:
        at = datetime.combine(day, clock, self._calendar.zone).astimezone(UTC)
        return (at - self._origin).total_seconds() / 60

    def _append(self, start: float, end: float) -> None:
        # An edge in the hour that daylight saving time skips lies after the hour.
        start = max(start, self._ends[-1]) if self._ends else start
        if start < end:
            self._starts.append(start)
            self._ends.append(end)
            self._worked.append(self._worked[-1] + end - start)


def read_calendar(value: Any, zone: ZoneInfo) -> WorkCalendar:
    """Read `{workDays, startTime, endTime, holidays}`; a reader for `rows.read_fields`.

    What is absent: Monday to Friday, 09:00 to 18:00. A calendar that cannot be read raises
    OddError, and so does one with a part that cannot, with the rest of it as `instead`.
    """
    row = mapping(value, zone)
    odd: list[str] = []
    days = frozenset(
        day
        for day in _part(row, "workDays", "work_days", list(range(1, 6)))
        if type(day) is int and 1 <= day <= 7  # noqa: PLR2004 -- ISO 8601: Monday to Sunday
    )
    if not days:
        raise OddError("bad_calendar", "left out, without a day of work from 1 (Monday) to 7")
    holidays = set()
    for written in _part(row, "holidays", "holidays", [])[:_MAX_HOLIDAYS]:
        try:
            holidays.add(date.fromisoformat(written))
        except (TypeError, ValueError):
            odd.append(f"no date: {shown(written)}")
    calendar = WorkCalendar(
        work_days=days,
        start_time=_clock(row.get("startTime", row.get("start_time")), time(9), odd),
        end_time=_clock(row.get("endTime", row.get("end_time")), time(18), odd),
        holidays=frozenset(holidays),
        zone=zone,
    )
    if odd:
        raise OddError("bad_calendar", odd[0], calendar)
    return calendar


def _part(row: dict[str, Any], name: str, other: str, default: list[Any]) -> list[Any]:
    value = row.get(name, row.get(other))
    return default if value is None else items(value)


def _clock(value: Any, default: time, odd: list[str]) -> time:
    if value is None:
        return default
    if isinstance(value, str):
        try:
            if value.startswith("24:00"):
                return time()
            return time.fromisoformat(value).replace(tzinfo=None)
        except ValueError:
            pass
    odd.append(f"no time of day, taken as {default:%H:%M}: {shown(value)}")
    return default

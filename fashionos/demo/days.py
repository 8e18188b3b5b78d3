"""The production's calendar: everything is dated from `now`, in the zone of the production."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, LAST_SETUP, CLOSES = "09:00", "17:00", "19:00"
DELIVERIES = ("08:30", "11:00", "14:30", "17:00")


@dataclass(frozen=True)
class Days:
    """Day 0 is today, the first day of the shoot; instants are aware, in UTC."""

    now: datetime
    zone: ZoneInfo

    def at(self, day: int, clock: str) -> datetime:
        date = self.now.astimezone(self.zone).date() + timedelta(days=day)
        return datetime.combine(date, time.fromisoformat(clock), self.zone).astimezone(UTC)

    def worked(self, minutes: int) -> datetime:
        """Return the instant so many studio minutes ago, to the minute.

        Nights do not count: at any hour of the day the past holds a full day of work.
        """
        left, day = timedelta(minutes=minutes), 0
        while True:
            opens, closes = self.at(day, OPENS), min(self.at(day, CLOSES), self.now)
            if closes - left >= opens:
                return (closes - left).astimezone(UTC).replace(second=0, microsecond=0)
            left -= max(closes - opens, timedelta())
            day -= 1

    def delivery(self, number: int) -> datetime:
        """Return the arrival of the next courier (1), of the one after it (2), and so on."""
        ahead = [
            slot
            for day in range(number // len(DELIVERIES) + 2)
            for clock in DELIVERIES
            if (slot := self.at(day, clock)) > self.now
        ]
        return ahead[number - 1]

    def call(self) -> datetime:
        """Return the next call of the shoot: today's, or tomorrow's once today's is past."""
        return next(call for call in (self.at(0, OPENS), self.at(1, OPENS)) if call > self.now)

    def hours(self) -> tuple[datetime, datetime]:
        """Return when the studio opens and closes: today, or tomorrow once today is nearly over."""
        day = 0 if self.now < self.at(0, LAST_SETUP) else 1
        return self.at(day, OPENS), self.at(day, CLOSES)

    def season(self) -> str:
        today = self.now.astimezone(self.zone)
        half_year = 6
        spring = today.month > half_year
        return f"{'SS' if spring else 'FW'}{(today.year + spring) % 100:02}"

    def text(self, instant: datetime) -> str:
        return instant.astimezone(self.zone).isoformat(timespec="seconds")

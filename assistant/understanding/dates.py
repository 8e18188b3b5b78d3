"""A small grammar of time windows in English, read against `now` in the user's zone.

Deliberately narrow: a bare `may`, `sun` or `second` is a word, not a date, so a question about
the sun hat of the may lookbook asks about no time at all.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_WEEK = 7
_NOON = 12
_LAST_HOUR = 23
_LAST_MINUTE = 59
_LONGEST_DAYS = 366
_FIRST_YEAR, _LAST_YEAR = 1900, 9000  # room for the weeks around any day, whatever the zone
_FIRST_WORKING_HOUR = 7  # a bare "by 3" is the afternoon, a bare "by 8" the morning

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY_OF = {name: at for at, name in enumerate(_WEEKDAYS)} | {
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "weds": 2, "thu": 3, "thur": 3, "thurs": 3,
    "fri": 4, "sat": 5, "sun": 6,
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY_NUMBER = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_CLOCK = (
    r"(?:(?P<hour>[01]?\d|2[0-3])(?:[:.](?P<minute>[0-5]\d))?\s?(?P<half>am|pm|a\.m\.|p\.m\.)?"
    r"|(?P<word>noon|midday|midnight))(?P<oclock> oclock)?"
)
_PARTS = {
    "morning": (0, 12),
    "afternoon": (12, 18),
    "evening": (18, 0),
    "night": (18, 0),
}
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "couple of": 2, "few": 3}
_UNITS = {"min": 1, "minute": 1, "h": 60, "hr": 60, "hour": 60, "day": 1440, "week": 10080}


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time `[start, end)`, both aware in the user's zone.

    `label` reads well after a verb (`today`, `by 15:00`); `text` is what was read in the message.
    """

    start: datetime
    end: datetime
    label: str
    text: str


def find_window(line: str, *, now: datetime, zone: ZoneInfo) -> Window | None:
    """Return the time window that `line` (folded text) speaks of, None when it speaks of none."""
    if not _FIRST_YEAR < now.year < _LAST_YEAR:
        return None
    here = now.astimezone(zone)
    days = _find_days(line, here)
    clock = _find_clock(line, here, days)
    return clock or days


def _find_days(line: str, here: datetime) -> Window | None:
    for pattern, reader in _DAY_RULES:
        found = pattern.search(line)
        if found:
            window = reader(found, here)
            if window:
                return _bounded(window, found, line, here)
    return None


def _bounded(window: Window, found: re.Match[str], line: str, here: datetime) -> Window:
    """Apply the `by`, `before`, `after` or `since` that stands right before the day."""
    word = _LAST_WORD.search(line[max(0, found.start() - 12) : found.start()])
    bound = word[1] if word else ""
    if bound in {"by", "until", "till", "til"} and window.end > here:
        return Window(min(here, window.start), window.end, f"by {window.label}", window.text)
    if bound == "before" and window.start > here:
        return Window(here, window.start, f"before {window.label}", window.text)
    if bound == "after":
        end = window.end + 14 * _DAY
        return Window(window.end, end, f"in the two weeks after {window.label}", window.text)
    if bound == "since":
        if window.start > here and "weekday" in found.groupdict():
            day = (window.start - _WEEK * _DAY).date()
            return Window(_midnight(day, here), here, f"since {_name_of(day)}", window.text)
        if window.start < here:
            return Window(window.start, here, f"since {window.label}", window.text)
    return window


_LAST_WORD = re.compile(r"\b(by|until|till|til|before|after|since) (?:the |this |end of )?$")


def _midnight(day: date, zone_of: datetime) -> datetime:
    return datetime.combine(day, time(), zone_of.tzinfo)


def _span(here: datetime, first: date, days: int, label: str, found: re.Match[str]) -> Window:
    return Window(
        _midnight(first, here), _midnight(first + days * _DAY, here), label, found.group(0)
    )


def _part(here: datetime, day: date, part: str, label: str, found: re.Match[str]) -> Window:
    first, last = _PARTS[part]
    start = datetime.combine(day, time(first), here.tzinfo)
    end = datetime.combine(day if last else day + _DAY, time(last), here.tzinfo)
    return Window(start, end, label, found.group(0))


def _relative_day(found: re.Match[str], here: datetime) -> Window:
    name, part = found["name"], found["part"]
    if name == "tonight":
        return _part(here, here.date(), "night", "tonight", found)
    if name == "this":
        return _part(here, here.date(), part, f"this {part}", found)
    shift = {"day after tomorrow": 2, "tomorrow": 1, "today": 0, "yesterday": -1}[name]
    day = here.date() + shift * _DAY
    if part:
        return _part(here, day, part, f"{name} {part}", found)
    label = "the day after tomorrow" if name == "day after tomorrow" else name
    return _span(here, day, 1, label, found)


def _weekday(found: re.Match[str], here: datetime) -> Window:
    wanted = _WEEKDAY_OF[found["weekday"]]
    which, part = found["which"], found["part"]
    ahead = (wanted - here.weekday()) % _WEEK
    if which == "next":
        ahead = _WEEK - here.weekday() + wanted
    elif which == "last":
        ahead = ahead - _WEEK
    day = here.date() + ahead * _DAY
    label = _name_of(day)
    if part:
        return _part(here, day, part, f"{label} {part}", found)
    return _span(here, day, 1, label, found)


def _week(found: re.Match[str], here: datetime) -> Window:
    which, unit = found["which"] or "this", found["unit"]
    monday = here.date() - here.weekday() * _DAY
    shift = {"this": 0, "next": _WEEK, "last": -_WEEK, "past": -_WEEK, "coming": _WEEK}[which]
    if unit == "weekend":
        return _span(here, monday + (shift + 5) * _DAY, 2, f"{which} weekend", found)
    if unit == "week":
        return _span(here, monday + shift * _DAY, _WEEK, f"{which} week", found)
    first = here.date().replace(day=1)
    months = here.year * 12 + here.month - 1 + (shift > 0) - (shift < 0)
    first = date(months // 12, months % 12 + 1, 1)
    after = date((months + 1) // 12, (months + 1) % 12 + 1, 1)
    return _span(here, first, (after - first).days, f"{which} month", found)


def _amount(found: re.Match[str], here: datetime) -> Window | None:
    number = found["number"]
    count = int(number) if number.isdigit() else _NUMBERS[number]
    minutes = count * _UNITS[found["unit"].removesuffix("s")]
    if minutes > _LONGEST_DAYS * 1440:
        return None
    unit = found["unit"].removesuffix("s")
    label = unit if count == 1 else f"{count} {unit}s"
    # Through UTC: the wall clock skips or repeats an hour twice a year.
    shifted = here.astimezone(UTC)
    if {found["way"], found["past"]} & {"last", "past"}:
        start = (shifted - timedelta(minutes=minutes)).astimezone(here.tzinfo)
        return Window(start, here, f"in the last {label}", found.group(0))
    end = (shifted + timedelta(minutes=minutes)).astimezone(here.tzinfo)
    return Window(here, end, f"in the next {label}", found.group(0))


def _calendar(found: re.Match[str], here: datetime) -> Window | None:
    groups = found.groupdict()
    try:
        if groups.get("year"):
            day = date(int(groups["year"]), int(groups["number"]), int(groups["day"]))
        else:
            month = _MONTHS.index(groups["month"][:3]) + 1
            day = date(here.year, month, int(groups["day"]))
            if day < here.date() - 180 * _DAY:
                day = day.replace(year=here.year + 1)
    except ValueError:
        return None
    if not _FIRST_YEAR < day.year < _LAST_YEAR:
        return None
    return _span(here, day, 1, _name_of(day, here), found)


def _end_of(found: re.Match[str], here: datetime) -> Window:
    day = here.date()
    if found["unit"] == "week":
        day += (_WEEK - 1 - here.weekday()) * _DAY
        return Window(here, _midnight(day + _DAY, here), "by the end of the week", found.group(0))
    return Window(here, _midnight(day + _DAY, here), "by the end of the day", found.group(0))


def _name_of(day: date, here: datetime | None = None) -> str:
    name = f"{_WEEKDAYS[day.weekday()].capitalize()} {day.day} {_MONTHS[day.month - 1].title()}"
    return f"{name} {day.year}" if here and day.year != here.year else name


_PART = r"(?: (?P<part>morning|afternoon|evening|night))?"
_FULL_WEEKDAY = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_SHORT_WEEKDAY = "mon|tues?|weds?|thu|thurs?|fri|sat|sun"
_Reader = Callable[[re.Match[str], datetime], Window | None]
_DAY_RULES: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (re.compile(rf"\b(?P<name>day after tomorrow|today|tomorrow|tonight|yesterday){_PART}\b"),
     _relative_day),
    (re.compile(r"\b(?P<name>this) (?P<part>morning|afternoon|evening)\b"), _relative_day),
    (re.compile(r"\b(?:end of|eo)(?: the | )?(?P<unit>day|week|d\b|w\b)"), _end_of),
    (re.compile(r"\b(?P<which>this|next|last|past|coming) (?P<unit>week|weekend|month)\b"), _week),
    (re.compile(rf"\b(?:(?P<which>this|next|last|coming|on) )?(?P<weekday>{_FULL_WEEKDAY})s?"
                rf"{_PART}\b"), _weekday),
    (re.compile(rf"\b(?:(?P<which>this|next|last|on)|by|before|until|till|since|after|from|for) "
                rf"(?P<weekday>{_SHORT_WEEKDAY}){_PART}\b(?! hat| dress| glass)"), _weekday),
    (re.compile(rf"(?P<which>)(?P<weekday>\b(?:{_SHORT_WEEKDAY})){_PART}(?=\W*$)"), _weekday),
    (re.compile(r"\b(?P<way>in|within|next|last|past|coming)(?: the)?(?: (?P<past>next|last|past))? "
                r"(?P<number>\d{1,4}|an?|one|two|three|couple of|few) ?"
                r"(?P<unit>minutes?|mins?|hours?|hrs?|h|days?|weeks?)\b"), _amount),
    (re.compile(r"\b(?P<year>\d{4})-(?P<number>\d{1,2})-(?P<day>\d{1,2})\b"), _calendar),
    (re.compile(rf"\b{_DAY_NUMBER}(?: of)? {_MONTH}\b"), _calendar),
    (re.compile(rf"\b{_MONTH} {_DAY_NUMBER}\b(?![:.]\d)"), _calendar),
    (re.compile(r"\b(?P<which>)(?P<unit>weekend)\b"), _week),
)  # fmt: skip

_CLOCK_RULE = re.compile(
    rf"\b(?P<bound>by|before|until|till|til|after|from|at|around|since) {_CLOCK}"
    r"(?=$|[?!.,;]| (?:today|tomorrow|tonight|on|this|next|mon|tue|wed|thu|fri|sat|sun))"
)
_CLOCK_EVIDENT = re.compile(
    r"\b(?P<bound>by|before|until|till|til|after|from|at|around|since) "
    r"(?P<hour>[01]?\d|2[0-3])(?:[:.](?P<minute>[0-5]\d))?\s?"
    r"(?P<half>am|pm|a\.m\.|p\.m\.|(?<=[:.]\d\d)|oclock)(?P<word>)(?P<oclock>)"
)


def _find_clock(line: str, here: datetime, days: Window | None) -> Window | None:
    found = _CLOCK_EVIDENT.search(line) or _CLOCK_RULE.search(line)
    if not found:
        return None
    at = _clock(found)
    day = days.start.date() if days else here.date()
    moment = datetime.combine(day, at, here.tzinfo)
    bound = found["bound"]
    if days is None and moment <= here and bound != "since":
        moment = datetime.combine(day + _DAY, at, here.tzinfo)
    label = f"{at:%H:%M}"
    if moment.date() != here.date():
        label += " tomorrow" if moment.date() == here.date() + _DAY else f" {_name_of(day)}"
    if bound in {"by", "before", "until", "till", "til"}:
        start = min(here, moment) if days is None else min(days.start, moment)
        return Window(max(start, min(here, moment)), moment, f"by {label}", found.group(0))
    if bound == "since":
        return Window(min(moment, here), here, f"since {label}", found.group(0))
    if bound in {"after", "from"}:
        return Window(
            moment, _midnight(moment.date() + _DAY, here), f"after {label}", found.group(0)
        )
    return Window(moment, moment + timedelta(hours=1), f"at {label}", found.group(0))


def _clock(found: re.Match[str]) -> time:
    if found["word"]:
        return time(0) if found["word"] == "midnight" else time(_NOON)
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    half = (found["half"] or "")[:1]
    if half == "p" and hour < _NOON:
        hour += _NOON
    elif half == "a" and hour == _NOON:
        hour = 0
    elif half not in {"a", "p"} and 0 < hour < _FIRST_WORKING_HOUR and not found["minute"]:
        hour += _NOON
    return time(min(hour, _LAST_HOUR), min(minute, _LAST_MINUTE))

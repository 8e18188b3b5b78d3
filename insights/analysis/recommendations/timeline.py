"""A small grammar of deadlines in English: how many days are left until something is needed."""

import re
from calendar import monthrange
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from insights.analysis.values import read_instant
from insights.schemas.recommendations import MAX_LEAD_DAYS

_LONGEST_TEXT = 100
_WEEK, _QUARTER, _YEAR = 7, 3, 12
_CENTURY, _YEARS_FROM = 2000, 100
_DAY = timedelta(days=1)

_WORDS = {
    "day after tomorrow": 2,
    "tomorrow": 1,
    **dict.fromkeys(("today", "tonight"), 0),
    **dict.fromkeys(("flexible", "no rush", "no hurry", "whenever", "any time", "anytime"), 365),
    **dict.fromkeys(
        ("asap", "as soon as possible", "urgent", "urgently", "immediately", "rush"),
        _WEEK,
    ),
    "fortnight": 2 * _WEEK,
}
_NUMBERS = {
    **dict.fromkeys(("a", "an", "one"), 1.0),
    **dict.fromkeys(("half a", "half an"), 0.5),
    **dict.fromkeys(("two", "couple of", "a couple of"), 2.0),
    **dict.fromkeys(("three", "few", "a few"), 3.0),
    **{
        word: number
        for number, word in enumerate(
            ("four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=4
        )
    },
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# The first of the two months in which a season is shown, and years before the one it is named for.
_SHOWN = {"ss": (9, 1), "fw": (2, 0), "resort": (5, 1), "prefall": (11, 1)}


class _Period(NamedTuple):
    first: date
    last: date


def read_timeline(text: str, *, now: datetime, zone: ZoneInfo) -> int | None:
    """Count the days from `now` to the deadline that `text` names, in the calendar of `zone`.

    A period ahead is needed from its first day, one that has begun by its last; of a range the
    earlier end counts. None when the text is not understood, negative when it names the past.
    """
    today = now.astimezone(zone).date()
    written = text[:_LONGEST_TEXT]
    if iso := _ISO.search(written):
        moment = read_instant(iso[0], zone) or read_instant(iso[0][: len("2026-01-31")], zone)
        return _days(moment.astimezone(zone).date(), today) if moment else None
    line = _BREAKS.sub(" ", written.casefold().replace("'", "").replace("\u2019", "")).strip()
    for pattern, read in _RULES:
        if found := pattern.search(line):
            with suppress(ValueError, OverflowError):  # no such day, or none that a date can hold
                return _days(read(found, today), today)
            return None
    return None


def _days(day: date, today: date) -> int:
    return max(-MAX_LEAD_DAYS, min(MAX_LEAD_DAYS, (day - today).days))


def _after(found: re.Match[str], today: date) -> date:
    number = found["number"]
    many = _NUMBERS[number] if number in _NUMBERS else float(number)
    unit = found["unit"]
    if unit.startswith("d"):
        return today + many * _DAY
    if unit.startswith("w"):
        return today + many * _WEEK * _DAY
    months = many * {"m": 1, "q": _QUARTER, "y": _YEAR}[unit[0]]
    whole = int(months)
    year, month = divmod(today.year * _YEAR + today.month - 1 + whole, _YEAR)
    day = min(today.day, monthrange(year, month + 1)[1])
    return date(year, month + 1, day) + int((months - whole) * 30) * _DAY


def _day_of_month(found: re.Match[str], today: date) -> date:
    month = _MONTHS.index(found["month"]) + 1
    if found["year"]:
        return date(_year(found["year"]), month, int(found["day"]))
    day = date(today.year, month, int(found["day"]))
    return day if day >= today else day.replace(year=today.year + 1)


def _weekday(found: re.Match[str], today: date) -> date:
    ahead = (_WEEKDAYS.index(found["weekday"]) - today.weekday()) % _WEEK
    return today + ahead * _DAY


def _calendar(found: re.Match[str], today: date) -> date:
    """Read this or next week, month, quarter or year; without either word it is this one's end."""
    ahead = 1 if found["which"] == "next" else 0
    unit = found["unit"]
    if unit == "week":
        monday = today + (ahead * _WEEK - today.weekday()) * _DAY
        return _within(found, _Period(monday, monday + 6 * _DAY), today)
    length = {"month": 1, "quarter": _QUARTER, "year": _YEAR}[unit]
    begun = today.year * _YEAR + (today.month - 1) // length * length
    return _within(found, _months(begun + ahead * length, length), today)


def _season(found: re.Match[str], today: date) -> date:
    name = found["season"].replace(" ", "")
    key = {"s": "ss", "f": "fw", "a": "fw", "r": "resort", "c": "resort", "p": "prefall"}[name[0]]
    month, before = _SHOWN[key]
    shown = _months((_year(found["year"]) - before) * _YEAR + month - 1, 2)
    return _within(found, shown, today)


def _quarter(found: re.Match[str], today: date) -> date:
    return _coming(found, (int(found["quarter"]) - 1) * _QUARTER, _QUARTER, today)


def _month(found: re.Match[str], today: date) -> date:
    return _coming(found, _MONTHS.index(found["month"]), 1, today)


def _coming(found: re.Match[str], month: int, length: int, today: date) -> date:
    """Find the months in the year that is named, else the next time they have not gone by."""
    year = _year(found["year"]) if found["year"] else today.year
    period = _months(year * _YEAR + month, length)
    if not found["year"] and period.last < today:
        period = _months((year + 1) * _YEAR + month, length)
    return _within(found, period, today)


def _months(begin: int, length: int) -> _Period:
    """Span `length` months; `begin` counts months since the year 0."""
    (year, month), (end_year, end_month) = divmod(begin, _YEAR), divmod(begin + length, _YEAR)
    return _Period(date(year, month + 1, 1), date(end_year, end_month + 1, 1) - _DAY)


def _within(found: re.Match[str], period: _Period, today: date) -> date:
    place = found["place"]
    if place in {"end", "late"}:
        return period.last
    if place in {"mid", "middle"}:
        return period.first + (period.last - period.first) // 2
    return period.first if period.first > today else period.last


def _year(written: str) -> int:
    year = int(written)
    return year if year >= _YEARS_FROM else year + _CENTURY


_PLACE = r"(?:\b(?P<place>early|beginning|start|mid|middle|end|late) (?:of )?(?:the )?)?"
_A_YEAR = r"(?: ?(?P<year>20\d\d|\d\d))"
_NAMED_MONTH = (
    r"\b(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\b"
)
_NAMED_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\b"
_NUMBER = (
    rf"(?P<number>\d{{1,4}}(?:\.\d)?|(?:{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})(?= ))"
)
_UNIT = r"(?P<unit>d(?:ays?)?|w(?:ks?|eeks?)?|mo(?:nths?|s)?|quarters?|y(?:ea)?rs?)"
_ISO = re.compile(r"\b\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d[\d:.,+Zz-]*)?")
_BREAKS = re.compile(r"[^\w.]+|\.(?!\d)")
# In this order: what is more definite comes first.
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], date]], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (rf"\b{_NAMED_DAY} (?:of )?{_NAMED_MONTH}(?: (?P<year>20\d\d))?", _day_of_month),
        (rf"{_NAMED_MONTH} {_NAMED_DAY}(?: (?P<year>20\d\d))?", _day_of_month),
        (
            rf"\b{_NUMBER}(?: (?:to |or )?\d{{1,4}})? ?{_UNIT}\b(?! ago)",
            _after,
        ),
        (
            _PLACE
            + r"\b(?P<which>this|next|coming)? ?\b(?P<unit>week|month|quarter|year)\b(?! ago)",
            _calendar,
        ),
        (
            _PLACE + r"\b(?P<season>s ?s|spring ?summer|[fa] ?w|fall ?winter|autumn ?winter"
            rf"|resort|cruise|pre ?fall){_A_YEAR}\b",
            _season,
        ),
        (_PLACE + rf"\bq(?P<quarter>[1-4])\b{_A_YEAR}?\b", _quarter),
        (_PLACE + _NAMED_MONTH + r"(?: (?P<year>20\d\d))?", _month),
        (r"\b(?P<weekday>mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs?|ur|urs)?(?:day)?\b", _weekday),
        (
            rf"\b(?P<word>{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b",
            lambda found, today: today + _WORDS[found["word"]] * _DAY,
        ),
    )
)

"""Numbers in a message: clock times, durations, stars, budgets, places in a list."""

import re
from datetime import time

_WRITTEN = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_NUMBERS = {
    **_WRITTEN, "a": 1, "an": 1, "couple of": 2, "few": 3, "half an": 0.5, "half a": 0.5,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1000, "grand": 1000, "million": 1_000_000}
_SCALED = "|".join((*_WRITTEN, *_SCALES))
_WRITTEN_OUT = re.compile(rf"(?<![\d.,] )\b(?:{_SCALED})\b(?:[ -](?:and )?(?:{_SCALED})\b)*+")
_HOURS = {word: number for word, number in _WRITTEN.items() if 1 <= number <= 12}  # noqa: PLR2004 -- of a clock
_HOUR = rf"(?:1[0-2]|[1-9]|{'|'.join(_HOURS)})"
_COUNTED = "|".join(word for word in _NUMBERS if word not in {"a", "an"} and " " not in word)
_NUMBER = rf"(?:\d{{1,4}}(?:\.\d)?|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_MINUTES = {
    "m": 1,
    "min": 1,
    "minute": 1,
    "h": 60,
    "hr": 60,
    "hour": 60,
    "day": 1440,
    "week": 10080,
}
_NOON, _LAST_HOUR, _FIRST_WORKING_HOUR = 12, 23, 7
_PARTS = {"half": 30, "half past": 30, "quarter past": 15, "quarter to": 45}
_MOST_MINUTES = 366 * 1440
_THOUSAND = 1000
_STARS = 5

_CLOCK = re.compile(
    r"\b(?P<hour>[01]?\d|2[0-3])(?:[:.](?P<minute>[0-5]\d))?\s?(?P<half>[ap])\.?m\b"
    r"|\b(?P<hour24>[01]?\d|2[0-3]):(?P<minute24>[0-5]\d)\b"
    r"|\b(?P<word>noon|midday|midnight)\b"
    r"|\b(?:at|to|until|till|by) (?P<bare>\d{1,2})(?: oclock)?(?=$|[?!.,]| (?:on|today|tomorrow|tonight))"
    rf"|\bat (?P<spelled>{'|'.join(_HOURS)})(?=$|[?!.,]| (?:on|today|tomorrow|tonight|oclock)\b)"
    rf"|\b(?P<whole>{_HOUR}) oclock\b"
    rf"|\b(?P<part>half(?: past)?|quarter (?:past|to)) (?P<parted>{_HOUR})\b"
    r"(?! ?(?:h|hrs?|hours?|days?|weeks?|of|and)\b)"
)
_DURATION = re.compile(
    rf"\b(?P<number>{_NUMBER}) ?(?P<unit>m|mins?|minutes?|h|hrs?|hours?|days?|weeks?)\b(?! ago)"
)
_RATING = re.compile(
    rf"\b(?P<number>[0-5]|{_COUNTED})"
    r"(?: ?/ ?5| out of (?:5|five)|[ -]?stars?)(?![a-z])|\brat(?:e|ed|ing) .{0,60}?\b(?P<bare>[0-5])$"
)
_BUDGET = re.compile(
    r"(?P<sign>[£$€])? ?(?P<number>\d{1,3}(?:[, ]\d{3})+|\d{1,9}(?:\.\d{1,2})?)"
    r" ?(?P<unit>k|thousand|grand|m|million)?\b"
    r" ?(?P<word>euros?|eur|dollars?|usd|pounds?|gbp|quid|bucks|€)?"
)
_OF_MONEY = re.compile(
    r"\b(?:budget|spend|afford|costs?|price|under|within|below|above|for|around|about|max|maximum|up to"
    r"|fits?|packages?|plans?|tiers?|with|at most|less than|more than|over|have|pay|got)\b"
)
_CURRENCIES = {
    "£": "GBP", "gbp": "GBP", "pound": "GBP", "quid": "GBP", "$": "USD", "usd": "USD",
    "dollar": "USD", "buck": "USD", "€": "EUR", "eur": "EUR", "euro": "EUR",
}  # fmt: skip
_PLACES = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4,
    "fifth": 5, "5th": 5, "sixth": 6, "6th": 6, "last": -1, "latter": -1, "former": 1,
}  # fmt: skip
_ORDINAL = re.compile(
    rf"\b(?:the |that )?(?P<word>{'|'.join(_PLACES)})"
    r"(?= (?:one|of|item|piece|in the list|on the list|result|option)\b|[?!. ]*$)"
    r"|^(?:the )?(?:number |no |nr |#)?(?P<number>\d{1,2})(?=[?!. ]*$)"
)
_COUNT = re.compile(
    rf"\b(?:top|best|first|last|next|pick|choose|select|any|show|show me|give me)"
    rf"(?: me)?(?: the)?(?: top| best)? (?P<number>\d{{1,3}}|{_COUNTED})\b"
    r"(?! ?(?:minutes?|mins?|hours?|days?|weeks?|months?|am|pm|of))"
    rf"|\b(?:short ?list|list|selection|set|edit|choice|pick|batch) of (?P<of>\d{{1,3}}|{_COUNTED})\b"
)


def _number(said: str) -> float:
    return _NUMBERS[said] if said in _NUMBERS else float(said)


def _in_digits(line: str) -> str:
    """Write large numbers in digits: "ten thousand" as 10000."""
    return _WRITTEN_OUT.sub(_read_number, line)


def _read_number(found: re.Match[str]) -> str:
    said = [word for word in re.split(r"[ -]", found[0]) if word != "and"]
    if _SCALES.keys().isdisjoint(said):
        return found[0]
    total = current = 0
    for word in said:
        scale = _SCALES.get(word)
        if scale is None:
            current += _WRITTEN[word]
        elif scale < _THOUSAND:
            current = max(current, 1) * scale
        else:
            total, current = total + max(current, 1) * scale, 0
    return str(total + current)


def find_clock(line: str, first_hour: int = _FIRST_WORKING_HOUR) -> time | None:
    """Return the last clock time that is said: what something is moved to.

    An hour before `first_hour` that leaves open which half of the day it is of is in the afternoon.
    """
    found = None
    for found in _CLOCK.finditer(line):  # noqa: B007 -- the last one counts
        pass
    if found is None:
        return None
    if found["word"]:
        return time(0) if found["word"] == "midnight" else time(_NOON)
    bare = found["bare"] or found["spelled"] or found["whole"] or found["parted"]
    said = found["hour"] or found["hour24"] or bare
    hour = _HOURS.get(said) or int(said)
    minute = int(found["minute"] or found["minute24"] or 0)
    if found["half"] == "p" and hour < _NOON:
        hour += _NOON
    elif found["half"] == "a" and hour == _NOON:
        hour = 0
    elif bare and hour < min(first_hour, _NOON):
        hour += _NOON
    if found["part"] == "quarter to":
        hour -= 1
    if found["part"]:
        minute = _PARTS[found["part"]]
    return time(hour, minute) if 0 <= hour <= _LAST_HOUR else None


def find_minutes(line: str) -> int | None:
    found = _DURATION.search(line)
    if not found:
        return None
    unit = found["unit"].removesuffix("s") or "m"
    minutes = round(_number(found["number"]) * _MINUTES[unit])
    return minutes if 0 < minutes <= _MOST_MINUTES else None


def find_rating(line: str) -> int | None:
    found = _RATING.search(line)
    if not found:
        return None
    stars = _number(found["number"] or found["bare"])
    return int(stars) if stars <= _STARS else None


def find_budget(line: str) -> tuple[float, str | None] | None:
    """Return an amount of money and its ISO currency, where the message says one."""
    line = _in_digits(line)
    for found in _BUDGET.finditer(line):
        sure = found["sign"] or found["word"] or found["unit"] in {"k", "thousand", "grand"}
        amount = float(found["number"].replace(",", "").replace(" ", ""))
        said_so = amount >= _THOUSAND and _OF_MONEY.search(
            line[max(0, found.start() - 24) : found.start()]
        )
        if not sure and not said_so:
            continue
        if found["unit"] in {"k", "thousand", "grand"}:
            amount *= _THOUSAND
        elif found["unit"]:
            amount *= _THOUSAND * _THOUSAND
        name = found["sign"] or (found["word"] or "").removesuffix("s")
        return amount, _CURRENCIES.get(name)
    return None


def find_ordinal(line: str) -> int | None:
    """Return a place in the list that was shown: 1 is the first, -1 the last."""
    found = _ORDINAL.search(line)
    if not found:
        return None
    return _PLACES[found["word"]] if found["word"] else int(found["number"]) or None


def find_count(line: str) -> int | None:
    found = _COUNT.search(line)
    return int(_number(found["number"] or found["of"])) if found else None

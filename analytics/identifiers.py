"""Personal data and secrets that a text shows by themselves: found by shape, check digits and the words before them.

Patterns neither nest nor give back what they took: time grows with the text alone.
"""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Literal

from analytics.numbers import redact_numbers, words_before

Kind = Literal[
    "email", "phone", "card", "iban", "national_id", "ip", "name", "address", "birthdate", "secret", "id"
]  # fmt: skip

PLACEHOLDER = re.compile(
    r"\[(?:email|phone|card|iban|national_id|ip|name|address|birthdate|secret|id)\]"
)
CUT = "[cut]"
_ROUNDS = 4
_MOST_DIGITS = 400  # of one text: more is no label, and would take long to check
_BUDGET = (
    500_000  # characters that one batch may have looked at closely; what comes after them is cut
)

# Without any of this a text holds nothing that is looked for; and what is nothing but an id, a moment or a number.
_MAYBE = re.compile(r"[\d@:=%(\[]|[\w+/-]{20}")
_PLAIN = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\d{1,6}(?:\.\d{1,6})?"
    r"|20\d\d-[01]\d-[0-3]\d(?:[T ][\d:.]{5,15}(?:Z|[+-]\d\d:?\d\d)?)?"
)
_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


@contextmanager
def batch() -> Iterator[None]:
    """Bound the time that all texts inside take together, whatever somebody wrote into them."""
    token = _left.set([_BUDGET])
    try:
        yield
    finally:
        _left.reset(token)


def redact_identifiers(text: str, label: str = "") -> str:
    """Replace what is found by its kind in brackets. `label` says what the text is, as the words before it would.

    What was replaced may uncover more beside it: the text is read again until nothing is found.
    """
    plain = text if text.isascii() else _folded(text)
    if not _MAYBE.search(plain) or _PLAIN.fullmatch(plain):
        return text
    if _is_too_much(plain):
        return CUT
    found = plain
    for _ in range(_ROUNDS):
        before, found = found, _redact_once(found, label)
        if found == before:
            break
    return text if found == plain else found


def _is_too_much(text: str) -> bool:
    left = _left.get()
    if left is not None:
        left[0] -= len(text)
        if left[0] < 0:
            return True
    return len(text) > _MOST_DIGITS and len(_DIGIT.findall(text)) > _MOST_DIGITS


_DIGIT = re.compile(r"\d")


def _folded(text: str) -> str:
    """Write wide and styled characters, and digits of any script, as ASCII where they are its twins."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(
        str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c
        for c in folded
        if unicodedata.category(c) != "Cf"
    )


def _redact_once(text: str, label: str) -> str:
    text = _secrets(text)
    if "@" in text or "%40" in text or "at" in text:
        text = _EMAIL.sub(_email, text)
        if "(" in text or "[" in text:
            text = _SPOKEN_EMAIL.sub("[email]", text)
    digits = sum(map(text.count, "0123456789"))
    if digits and ("." in text or ":" in text):
        text = _IP4.sub(_ip4, text)
        if text.count(":") > 1:
            text = _IP6.sub(_ip6, text)
    if digits >= _FEWEST_DIGITS:
        text = redact_numbers(text, label)
    return text


_FEWEST_DIGITS = 4


# Mail

_EMAIL = re.compile(
    r"(?<![\w.+&'-])([.+&'-]*+)\w[\w.+&'-]*+(?:@|%40)[\w-]++(?:\.[\w-]++)+", re.IGNORECASE
)
_SPOKEN_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]++\s?[\[(]\s?at\s?[\])]\s?[\w-]++(?:(?:\s?[\[(]\s?dot\s?[\])]\s?|\.)[\w-]++)+",
    re.IGNORECASE,
)
_FILES = frozenset(
    (
        *("png", "jpg", "jpeg", "gif", "webp", "svg", "tif", "tiff", "heic", "psd", "pdf", "mp4"),
        *("mov", "raw", "arw", "nef", "dng", "json", "csv", "zip", "css", "js"),
    )
)


def _email(match: re.Match[str]) -> str:
    top = match[0].rpartition(".")[2].lower()
    if not top[0].isalpha() or top in _FILES:
        return match[0]
    return f"{match[1]}[email]"


# Addresses of machines

_IP4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IP6 = re.compile(
    r"(?<![\w:.])[0-9a-f:]{3,39}(?:\d\.\d{1,3}\.\d{1,3}\.\d{1,3})?(?![\w:])", re.IGNORECASE
)
_RELEASE = re.compile(
    r"\b(?:v|ver|versions?|releases?|build|rev|ios|android|os|firmware|chapter|section|page|§|app)\W{0,3}\w{0,8}[\s.:]*$",
    re.IGNORECASE,
)


def _ip4(match: re.Match[str]) -> str:
    return "[ip]" if _is_ip(match[0]) and not _RELEASE.search(words_before(match, "")) else match[0]


def _ip6(match: re.Match[str]) -> str:
    has_digit = any(c.isdigit() for c in match[0])
    return "[ip]" if has_digit and match[0].count(":") > 1 and _is_ip(match[0]) else match[0]


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


# Secrets

_TOKENS = re.compile(
    r"""eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?
    |\b(?:sk|pk|rk)[-_](?:live_|test_|proj-)?[A-Za-z0-9]{16,}|\bsb_(?:secret|publishable)_[\w-]{10,}
    |\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abeprs]-[\w-]{10,}
    |\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{30,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bnpm_\w{30,}
    |-----BEGIN\s[A-Z ]{0,30}PRIVATE\sKEY-----(?:[^-]{0,8000}-----END\s[A-Z ]{0,30}PRIVATE\sKEY-----)?""",
    re.VERBOSE,
)
_PASS_WORDS = r"pass(?:word|wd|phrase|wort|code)|pwd|kennwort|mot\sde\spasse|contraseña|wachtwoord|lösenord|parola"  # noqa: S105 -- the words for them
_KEY_WORDS = (
    r"(?:client[ _-]?|shared[ _-]?)?secret|(?:api|access|private|x-api)[ _-]?key"
    r"|(?:[a-z]{1,12}[ _-])?token|cookie"
)
# A word for a secret, then what it says; bare words only after a sign, since people also talk about passwords.
_TOLD = re.compile(
    rf"""\b((?:{_PASS_WORDS})\s?[:=]\s?)([^\s"',;]+)
    |\b((?:{_PASS_WORDS})\s(?:is\s)?)((?=[^\s"',;&]*[\d])(?=[^\s"',;&]*[A-Za-z])[^\s"',;&]{{6,}})
    |\b((?:{_KEY_WORDS})\s?[:=]\s?)([^\s"',;&]{{6,}})
    |\b((?:bearer|basic)\s)((?=[^\s"',;&]*[\dA-Z])[^\s"',;&]{{12,}})""",
    re.IGNORECASE | re.VERBOSE,
)
# One of these is in each of the words, and is quicker to look for.
_PARTS_OF_TOLD = (
    *("pass", "pwd", "kenn", "contras", "wacht", "lösen", "parola"),
    *("secret", "key", "token", "cookie", "bearer", "basic"),
)
_LONG = re.compile(r"(?<![\w+/-])[\w+/-]{20,}={0,2}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_RANDOM = re.compile(r"[\w+/=.-]+")
_SHORTEST_RANDOM, _FEWEST_OF_EACH, _MOST_IN_WORDS = 16, 2, 0.4
_WORDLIKE = re.compile(r"[a-z]{4,}|[A-Z]{4,}|[A-Z][a-z]{2,}")


def _secrets(text: str) -> str:
    text = _TOKENS.sub("[secret]", text)
    lower = text.lower()
    if any(part in lower for part in _PARTS_OF_TOLD):
        text = _TOLD.sub(_told, text)
    return _LONG.sub(lambda match: "[secret]" if is_random(match[0]) else match[0], text)


def _told(match: re.Match[str]) -> str:
    word, value = (part for part in match.groups() if part is not None)
    return match[0] if PLACEHOLDER.match(value) else f"{word}[secret]"


def is_random(text: str) -> bool:
    """Whether somebody's key looks like this: long, of letters and digits, and no words in it. A uuid is no secret."""
    if _UUID.fullmatch(text) or not _RANDOM.fullmatch(text):
        return False
    piece = max(re.split(r"[_/-]", text), key=len)
    digits = sum(map(piece.count, "0123456789"))
    letters = len(piece) - digits
    if len(piece) < _SHORTEST_RANDOM or min(digits, letters) < _FEWEST_OF_EACH:
        return False
    in_words = sum(map(len, _WORDLIKE.findall(piece)))
    return piece != piece.upper() and in_words < _MOST_IN_WORDS * len(piece)

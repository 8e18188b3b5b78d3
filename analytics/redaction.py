"""Nothing personal is kept in analytics: what leaves here has typed placeholders such as "[email]" in its place.

Texts are read for what identifies people by itself (`identifiers`); names, addresses and the like are known by the
keys that carry them; in URLs and routes, ids go too. What was redacted once stays as it is.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, unquote_plus

from analytics.identifiers import CUT, PLACEHOLDER, Kind, batch, is_random, redact_identifiers

LONGEST_TEXT = 2_000  # characters; what is longer is cut, between words

_PEOPLE = (
    "user|customer|client|contact|owner|assignee|recipient|guest|person|member|attendee|holder|photographer|stylist"
    "|talent|author|sender|employee|manager|profile|account|dresser|driver|invitee|artist"
)
# Keys in snake case, and what they carry. The first that fits counts.
_KEYS: dict[Kind, str] = {
    "email": r"(?:.*_)?e_?mails?(?:_address)?",
    "ip": r"(?:.*_)?(?:ip|ip_address|ip_?v[46]|remote_addr|client_addr)",
    "phone": r"(?:.*_)?(?:phone|mobile|cell|tel|telephone|telefon|fax|whatsapp|msisdn)(?:_(?:number|no|nr|\d))?",
    "card": r"(?:.*_)?(?:card_(?:number|no)|credit_?card|debit_card|cc_number|cvv|cvc)",
    "iban": r"(?:.*_)?(?:iban|bank_account|account_(?:number|no)|sort_code|routing_number)",
    "national_id": r"(?:.*_)?(?:ssn|passport|national_id|tax_id|nino|social_security)(?:_(?:number|no|nr))?",
    "birthdate": r"(?:.*_)?(?:birth_?date|date_of_birth|dob|birth_?day|born)",
    "secret": r"(?:.*_)?(?:passw(?:or)?d|pwd|passphrase|secret|token|jwt|api_?key|access_key|private_key"
    r"|authorization|cookie|credentials?|otp)",
    "address": r"(?:.*_)?(?:street|address|address_line|zip|zip_?code|post_?code|postal_code|lat|latitude|lng|lon"
    r"|longitude|gps|coordinates)(?:_\d)?",
    "id": rf"(?:.*_)?(?:{_PEOPLE})_u?u?id",
    "name": r"(?:first|last|given|family|middle|maiden|full|display|nick|sur|fore)_?names?"
    rf"|(?:.*_)?(?:{_PEOPLE})_?name|user_?name|owner|assignee|assigned_to|recipient|photographer|stylist|attendee"
    r"|guest|person|(?:invited|created|updated|approved|rejected)_by|signature",
}
_KINDS = {kind: re.compile(pattern) for kind, pattern in _KEYS.items()}
_PERSON = re.compile(rf"(?:.*_)?(?:{_PEOPLE}|people|crew)s?")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NUMBERS_TOO: frozenset[Kind] = frozenset(
    ("phone", "card", "iban", "national_id", "address", "birthdate", "id")
)
# Of an address, what tells nobody's door.
_WIDE = frozenset(("city", "country", "region", "state", "country_code"))


def redact_events(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return many events as `redact_event` does, in a time that their number and length bound."""
    with batch():
        return [redact_event(row) for row in rows]


def redact_event(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of an event without personal data; those that are not there stay away."""
    clean = dict(row)
    for column, value in row.items():
        if column == "event_data":
            clean[column] = redact_data(value)
        elif column == "page_route" and isinstance(value, str):
            clean[column] = redact_route(value)
        elif column in {"event_type", "kit_context"} and isinstance(value, str):
            clean[column] = redact_text(value)
    return clean


def redact_text(text: str, label: str = "") -> str:
    """Redact a text or, where it is nothing else, a route. `label` says what it is."""
    if text[:1] == "/" and not re.search(r"\s", text):
        return redact_route(text)
    text = _cut(text)
    if "://" in text:
        text = _URL.sub(lambda match: _url(match[0]), text)
    return redact_identifiers(text, label)


def _cut(text: str) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    # Half an identifier is none that could be found: the last word goes as a whole.
    kept = text[: LONGEST_TEXT - len(CUT)]
    return re.sub(r"\S*\Z", "", kept) + CUT


# JSON


def redact_data(value: Any, key: str = "", parent: str = "") -> Any:
    """Redact a JSON value, the keys of its objects included."""
    if isinstance(value, str):
        kind = _kind_of(key, parent)
        if kind is None or not value:
            return redact_text(value, key)
        return value if PLACEHOLDER.fullmatch(value) else f"[{kind}]"
    if isinstance(value, Mapping):
        inner = key or parent
        clean: dict[str, Any] = {}
        for name, item in value.items():
            shown = redact_text(name)
            words = _snake(PLACEHOLDER.sub("", shown))
            clean[_unused(shown, clean)] = redact_data(item, words, inner)
        return clean
    if isinstance(value, list):
        return [redact_data(item, key, parent) for item in value]
    if value is None or isinstance(value, bool):
        return value
    kind = _kind_of(key, parent)
    return f"[{kind}]" if kind in _NUMBERS_TOO else value


def _unused(name: str, taken: Mapping[str, Any]) -> str:
    unused, count = name, 1
    while unused in taken:
        count += 1
        unused = f"{name} {count}"
    return unused


@lru_cache(maxsize=2_000)
def _snake(key: str) -> str:
    return "_".join(_WORDS.findall(key[:80])).lower()


@lru_cache(maxsize=2_000)
def _kind_of(key: str, parent: str) -> Kind | None:
    """Tell what a key in snake case carries, inside an object that stands under another key."""
    for kind, pattern in _KINDS.items():
        if pattern.fullmatch(key):
            return kind
    if key == "name" and _PERSON.fullmatch(parent):
        return "name"
    in_address = _KINDS["address"].fullmatch(parent)
    return "address" if in_address and key not in _WIDE else None


# URLs

_URL = re.compile(r"(?<![\w+.-])[A-Za-z][A-Za-z0-9+.-]{1,15}://[^\s<>\"'«»]*[^\s<>\"'«».,;:!?)]")
_ID = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,}|[0-9A-HJKMNP-TV-Z]{26}",
    re.IGNORECASE,
)
_ONES_OWN = re.compile(rf"(?:{_PEOPLE}|people)s?|u")
_OF_PRODUCTS = re.compile(
    r"orders?|skus?|ean|upc|gtin|barcode|styles?|articles?|items?|products?|p|ref|po|invoices?|tracking|parcels?|page|limit|size|width|height|w|h|t|ts"
)
# On these pages a code, a key or a state lets somebody in.
_DOOR = re.compile(
    r"/(?:auth|callback|confirm|verify|login|log-?in|sign-?in|reset|recover|invite|oauth|token)\b",
    re.IGNORECASE,
)
_LETS_IN = frozenset(("code", "key", "state", "ticket", "nonce", "sig", "signature", "hash"))
_MANY_DIGITS = 6


def redact_route(route: str) -> str:
    """Redact a path or a URL: segments that are ids, the values of its query and fragment, who signs in."""
    return redact_identifiers(_url(_cut(route)))


def _url(url: str) -> str:
    before, mark, fragment = url.partition("#")
    before, asked, query = before.partition("?")
    scheme, slashes, rest = before.partition("://")
    host = ""
    if slashes:
        host, slash, path = rest.partition("/")
        who, at, machine = host.rpartition("@")
        host = f"{scheme}://{'[secret]' if who else ''}{at}{redact_identifiers(machine)}"
        path = slash + path
    else:
        path = before
    is_door = bool(_DOOR.search(path))
    said = _pairs(fragment, is_door=is_door) if "=" in fragment else _segment(fragment, "")
    return host + _path(path) + asked + _pairs(query, is_door=is_door) + mark + said


def _path(path: str) -> str:
    segments = path.split("/")
    labels = ["", *(PLACEHOLDER.sub("", segment).lower() for segment in segments)]
    return "/".join(map(_segment, segments, labels))


def _segment(raw: str, before: str) -> str:
    text = unquote(raw)
    if not text or PLACEHOLDER.fullmatch(text):
        return raw
    if text.isalpha() and len(text) < _LONGEST_WORD and not _ONES_OWN.fullmatch(before):
        return raw
    if _ONES_OWN.fullmatch(before) or _is_id(text, before):
        return "[id]"
    clean = redact_identifiers(text, before)
    return raw if clean == text else clean


_LONGEST_WORD = 20


def _is_id(text: str, label: str) -> bool:
    if text.isdigit():
        return len(text) >= _MANY_DIGITS and not _OF_PRODUCTS.fullmatch(label)
    return bool(_ID.fullmatch(text)) or is_random(text)


def _pairs(query: str, *, is_door: bool) -> str:
    return "&".join(_pair(pair, is_door=is_door) for pair in query.split("&")) if query else ""


def _pair(pair: str, *, is_door: bool) -> str:
    name, equals, raw = pair.partition("=")
    if not equals:
        return _segment(pair, "")
    value, key = unquote_plus(raw), _snake(unquote_plus(name))
    name = _segment(name, "")
    if not value or PLACEHOLDER.fullmatch(value):
        return f"{name}={raw}"
    kind = _kind_of(key, "")
    if kind is None and is_door and key in _LETS_IN:
        kind = "secret"
    if kind is None and raw.isalpha() and len(raw) < _LONGEST_WORD:
        return f"{name}={raw}"
    if kind is None and _is_id(value, key):
        kind = "secret" if is_random(value) and not _ID.fullmatch(value) else "id"
    if kind is not None:
        return f"{name}=[{kind}]"
    clean = redact_text(value, key)
    return f"{name}={raw}" if clean == value else f"{name}={clean.replace(' ', '+')}"

"""What buckets, objects and types of content may be called, and whose folder an object lies in."""

import re
from collections.abc import Collection
from unicodedata import category
from uuid import UUID

LONGEST_KEY = 1024  # bytes of UTF-8; the index holds folder and name in one entry of at most 2,704
LONGEST_BUCKET = 100  # characters
LONGEST_TYPE = 255  # characters

# Words that the routes say in a bucket's place.
RESERVED = frozenset(
    ("authenticated", "copy", "info", "list", "list-v2", "move", "public", "sign", "upload")
)
LAST = "\U0010ffff"  # stands behind every character that a key may hold

_BUCKET = re.compile(r"[\w!.*'() &$@=;:+,?-]+")
# With its parameters, or a comma among them would begin a type of its own: browsers take the last one.
_TYPE = re.compile(
    r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+"
    r"(?: *+; *+(?:[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|\"[ !#-\[\]-~]*\"))?)*+",
    re.ASCII | re.IGNORECASE,
)
_SIZE = re.compile(r"\s*([0-9]{1,15}(?:\.[0-9]{1,6})?)\s*(b|kb|mb|gb|tb)?\s*", re.IGNORECASE)
_UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


def is_key(name: str) -> bool:
    """Tell whether an object may have this name: a path without empty, `.` and `..` segments and without controls."""
    return is_prefix(name) and not any(segment in {"", ".", ".."} for segment in name.split("/"))


def is_prefix(text: str) -> bool:
    """Tell whether names may begin so."""
    return (
        len(text) <= LONGEST_KEY
        and not any(letter == LAST or category(letter) in {"Cc", "Cs"} for letter in text)
        and len(text.encode()) <= LONGEST_KEY
    )


def is_bucket_id(name: str) -> bool:
    return (
        len(name) <= LONGEST_BUCKET
        and bool(_BUCKET.fullmatch(name))
        and name.strip() == name
        and name not in RESERVED
    )


def folder_owner(name: str) -> UUID | None:
    """Return the user whose folder the object lies in: the first segment, where it is an id as we write them."""
    folder, slash, _ = name.partition("/")
    try:
        owner = UUID(folder)
    except ValueError:
        return None
    return owner if slash and str(owner) == folder else None


def essence(content_type: str) -> str:
    """Return the type without its parameters: `text/html` of `Text/HTML; charset=utf-8`."""
    return content_type.partition(";")[0].strip().lower()


def is_content_type(text: str) -> bool:
    return len(text) <= LONGEST_TYPE and bool(_TYPE.fullmatch(text))


def is_type_pattern(text: str) -> bool:
    """Tell whether a bucket may allow this: `image/png`, `image/*` or `*/*`."""
    kind, _, detail = text.partition("/")
    return text == "*/*" or is_content_type(f"{kind}/x" if detail == "*" else text)


def is_allowed(content_type: str, allowed: Collection[str]) -> bool:
    """Tell whether a bucket that allows these types takes this one; without any it takes all."""
    kind = essence(content_type)
    patterns = {essence(pattern) for pattern in allowed}
    return not patterns or not patterns.isdisjoint({kind, f"{kind.partition('/')[0]}/*", "*/*"})


def read_size(text: str) -> int | None:
    """Return the bytes of `1000`, `"50MB"` or `"1.5gb"` (decimal units), None if it is no size."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    number, unit = match.groups()
    return int(float(number) * _UNITS[(unit or "b").lower()])

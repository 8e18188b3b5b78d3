"""JSON at the border: bytes in, plain values out, and the base of every document we emit."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Literal, NoReturn

import msgspec

WireErrorCode = Literal["invalid_json", "too_deep", "duplicate_key", "not_finite", "bad_text"]


# What a datetime looks like that is not UTC or has a fraction of a second.
_OTHER_TIME = re.compile(rb'T\d\d:\d\d:\d\d(?!Z")')
_CONTAINERS = frozenset((dict, list))


class WireError(ValueError):
    """The bytes are no JSON we accept; `code` is for programs, `message` for people."""

    def __init__(self, code: WireErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Document(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=False):
    """Base of everything emitted: closed, immutable, camelCase on the wire.

    Subclasses repeat `frozen=True, kw_only=True`: type checkers do not see the first inherited, and
    msgspec does not inherit the second.
    """


def read_json(body: bytes, *, max_depth: int = 64) -> Any:
    """Read exactly one JSON value from UTF-8, refusing what would hurt further in.

    Refused with `WireError`: broken syntax, more than `max_depth` nested containers, an object
    that names a key twice (readers disagree on which one counts), numbers a double cannot hold,
    NUL and lone surrogates (PostgreSQL stores neither).
    """
    try:
        value = msgspec.json.decode(body)
    except RecursionError:
        raise WireError("too_deep", f"JSON nested deeper than {max_depth} levels") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refusal(body, error) from None
    # Only an escape can bring a NUL; the decoder refuses the raw byte.
    if b"\\" in body and b"\\u0000" in body and b"\\u0000" in body.replace(b"\\\\", b""):
        raise WireError("bad_text", "text must not contain NUL characters")
    if _count_entries(value, max_depth=max_depth) != _most_keys(body):
        json.loads(body, object_pairs_hook=_refuse_duplicates, parse_int=float)
    return value


def write_json(value: Any) -> bytes:
    """Encode as strict JSON; datetimes as ISO 8601 UTC with `Z` and whole seconds.

    A datetime without an offset raises ValueError.
    """
    encoded = msgspec.json.encode(value)
    if _OTHER_TIME.search(encoded):
        plain = msgspec.to_builtins(value, builtin_types=(datetime,), str_keys=True)
        return msgspec.json.encode(_with_utc(plain))
    return encoded


def _count_entries(value: Any, *, max_depth: int) -> int:
    """Count the entries of all objects inside `value`, level by level."""
    entries = depth = 0
    level = _containers([value])
    while level:
        depth += 1
        if depth > max_depth:
            raise WireError("too_deep", f"JSON nested deeper than {max_depth} levels")
        objects = [item for item in level if type(item) is dict]
        arrays = [item for item in level if type(item) is list]
        entries += sum(map(len, objects))
        level = _containers(chain(*arrays, chain.from_iterable(map(dict.values, objects))))
    return entries


def _containers(values: Iterable[Any]) -> list[Any]:
    # Texts are most of the values: to tell them first takes a quarter less time.
    return [value for value in values if type(value) is not str and type(value) in _CONTAINERS]


def _most_keys(body: bytes) -> int:
    """Count what can be keys in the text: never fewer than there are.

    Every key is a quote, perhaps blanks, and a colon. A string that holds these characters makes
    the count too high, never too low; so when it equals the entries kept, no key came twice.
    """
    return body.translate(None, b" \t\r\n").count(b'":')


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise WireError("duplicate_key", "an object names the same key twice")


def _refusal(body: bytes, error: Exception) -> WireError:
    """Name what the decoder refused.

    The standard library accepts NaN and lone surrogates, which tells them from broken syntax.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return WireError("bad_text", "the body is not valid UTF-8")
    try:
        json.loads(text, parse_constant=_refuse_constant, parse_int=float)
    except WireError as refused:
        return refused
    except (ValueError, RecursionError):
        return WireError("invalid_json", str(error))
    if isinstance(error, msgspec.ValidationError):
        return WireError("not_finite", "a number is beyond the range of a double")
    return WireError("bad_text", "text must not contain lone surrogates")


def _refuse_constant(name: str) -> NoReturn:
    raise WireError("not_finite", f"{name} is not a JSON number")


def _with_utc(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_utc(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_utc(item) for item in value]
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a datetime without an offset is no moment")
        return value.astimezone(UTC).replace(microsecond=0)
    return value

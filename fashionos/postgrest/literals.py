"""The literals of the dialect as PostgreSQL writes them: arrays, patterns, regular expressions."""

from collections.abc import Iterable

# A pattern's cost grows with its wildcards, a regular expression's with its length; both far beyond what people type.
MAX_WILDCARDS = 10
MAX_PATTERN = 200

QUOTE, ESCAPE = '"', "\\"


class TooCostly(ValueError):  # noqa: N818 -- a fact, named as one
    """A pattern that could take a server's time."""


def quoted(text: str) -> str:
    """Return the text in double quotes, as lists and arrays of the dialect hold it."""
    escaped = text.replace(ESCAPE, ESCAPE * 2).replace(QUOTE, ESCAPE + QUOTE)
    return f"{QUOTE}{escaped}{QUOTE}"


def array(values: Iterable[str]) -> str:
    """Return PostgreSQL's literal of an array of these values."""
    return f"{{{','.join(quoted(value) for value in values)}}}"


def like_pattern(value: str) -> str:
    """Return the pattern with `%` for `*`, which needs no escaping in a URL. Raises TooCostly."""
    pattern = value.replace("*", "%")
    if pattern.count("%") > MAX_WILDCARDS or len(pattern) > MAX_PATTERN:
        raise TooCostly(f"at most {MAX_WILDCARDS} wildcards in {MAX_PATTERN} characters")
    return pattern


def regular_expression(value: str) -> str:
    """Return the expression as it is. Raises TooCostly."""
    if len(value) > MAX_PATTERN:
        raise TooCostly(f"at most {MAX_PATTERN} characters")
    return value

"""What a request's headers ask for: Prefer, Accept, profiles."""

import re
from dataclasses import dataclass
from typing import Literal

from fashionos.postgrest.problems import Problem

Return = Literal["representation", "minimal", "headers-only"]
Resolution = Literal["merge-duplicates", "ignore-duplicates"]
SCHEMA = "public"

JSON = "application/json"
OBJECT = "application/vnd.pgrst.object+json"
ARRAY = "application/vnd.pgrst.array+json"
CSV = "text/csv"

_PREFERENCES = {
    "return": {"representation", "minimal", "headers-only"},
    "count": {"exact", "planned", "estimated"},
    "missing": {"default", "null"},
    "resolution": {"merge-duplicates", "ignore-duplicates"},
    "handling": {"strict", "lenient"},
    "max-affected": None,  # a number
}


@dataclass(frozen=True, slots=True)
class Prefer:
    """The preferences of a request; `applied` as they were given."""

    answer: Return = "minimal"
    count: bool = False
    resolution: Resolution | None = None
    max_affected: int | None = None
    applied: str = ""


NO_PREFERENCE = Prefer()


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows are shown: `single` one object, `stripped` without nulls, else CSV or an array."""

    content_type: str
    single: bool = False
    stripped: bool = False
    csv: bool = False


AS_ARRAY = Shape(f"{JSON}; charset=utf-8")
_AS_CSV = Shape(f"{CSV}; charset=utf-8", csv=True)


def read_prefer(header: str) -> Prefer:
    """Read the Prefer headers, joined by commas. Of what is named twice the first one counts.

    Raises Problem (PGRST122) for what is not known, if handling is strict.
    """
    if not header:
        return NO_PREFERENCE
    given: dict[str, str] = {}
    unknown = []
    for token in re.split(r"\s*,\s*", header.strip(" ,")):
        name, _, value = (part.strip() for part in token.partition("="))
        values = _PREFERENCES.get(name, set())
        if (value.isdecimal() and len(value) < 10) if values is None else value in values:  # noqa: PLR2004 -- below 2^31
            given.setdefault(name, value)
        else:
            unknown.append(token)
    strict = given.get("handling") == "strict"
    if strict and unknown:
        raise Problem(
            400,
            "PGRST122",
            "Invalid preferences given with handling=strict",
            details=f"Invalid preferences: {', '.join(unknown)}",
        )
    if not strict:
        given.pop("max-affected", None)
    most = given.get("max-affected")
    return Prefer(
        given.get("return", "minimal"),  # type: ignore[arg-type]  # one of the values above
        "count" in given,
        given.get("resolution"),  # type: ignore[arg-type]  # one of the values above
        None if most is None else int(most),
        ", ".join(f"{name}={value}" for name, value in given.items()),
    )


def read_accept(header: str) -> Shape:
    """Take the first media type that can be given. Raises Problem (PGRST107)."""
    if header in {"", "*/*", JSON}:
        return AS_ARRAY
    offered = header.split(",")
    for media_range in offered:
        media, _, parameters = (part.strip().lower() for part in media_range.partition(";"))
        stripped = "nulls=stripped" in parameters.replace(" ", "")
        suffix = f"{';nulls=stripped' if stripped else ''}; charset=utf-8"
        if media in {JSON, "application/*", "*/*"}:
            return AS_ARRAY
        if media in {OBJECT, "application/vnd.pgrst.object"}:
            return Shape(OBJECT + suffix, single=True, stripped=stripped)
        if media in {ARRAY, "application/vnd.pgrst.array"}:
            return Shape(ARRAY + suffix if stripped else AS_ARRAY.content_type, stripped=stripped)
        if media == CSV:
            return _AS_CSV
    listed = ", ".join(part.strip() for part in offered)
    raise Problem(406, "PGRST107", f"None of these media types are available: {listed}")


def check_profile(name: str | None) -> None:
    """Refuse every schema but ours. Raises Problem (PGRST106)."""
    if name and name != SCHEMA:
        raise Problem(
            406,
            "PGRST106",
            f"Invalid schema: {name}",
            hint=f"Only the following schemas are exposed: {SCHEMA}",
        )

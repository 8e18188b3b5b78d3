"""What the three rankings share: ramps, contributions that sum to their score, routes, sentences."""

import math
from collections.abc import Mapping, Sequence
from urllib.parse import quote

MOST, FEWEST = 5, 3
_LONGEST_ID = 200
_PHRASES = 3
_HALF_UP = 1e-9  # what ends in a half may lie just below it as a binary fraction


def ramp(value: float, start: float, end: float) -> float:
    """Rise from 0 at `start` to 1 at `end`, which may lie below."""
    return min(1.0, max(0.0, (value - start) / (end - start)))


def points(fraction: float) -> float:
    """Turn 0..1 into a score of 0..100 with one decimal."""
    return round(100 * fraction + _HALF_UP, 1)


def share_out(score: float, weights: Mapping[str, float]) -> dict[str, float]:
    """Split a score of one decimal in proportion to the weights, in tenths that sum to it."""
    total = math.fsum(weights.values())
    if total <= 0:
        return dict.fromkeys(weights, 0.0)
    tenths = round(score * 10)
    exact = {name: tenths * weight / total for name, weight in weights.items()}
    parts = {name: math.floor(value) for name, value in exact.items()}
    # Largest remainders get the tenths that rounding down left over.
    by_remainder = sorted(parts, key=lambda name: parts[name] - exact[name])
    for name in by_remainder[: tenths - sum(parts.values())]:
        parts[name] += 1
    return {name: part / 10 for name, part in parts.items()}


def explain(
    contributions: Mapping[str, float], phrases: Mapping[str, str], caveats: Sequence[str]
) -> str:
    """Say what speaks most for it, then what speaks most against it."""
    largest = sorted(contributions, key=lambda name: -contributions[name])
    told = [phrases[name] for name in largest if contributions[name] > 0 and name in phrases]
    sentences = [", ".join(told[:_PHRASES]), *caveats[:1]]
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in sentences if text)


def route(page: str, record_id: str | None = None) -> str:
    """Return the app's route of a page or of one record on it."""
    path = f"/{page.replace('_', '-')}"
    if not record_id or len(record_id) > _LONGEST_ID:
        return path
    return f"{path}/{quote(record_id, safe='')}"


def readable(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def plural(number: float, noun: str) -> str:
    return f"{readable(number)} {noun}{'' if number == 1 else 's'}"

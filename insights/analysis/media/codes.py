"""Words as numbers, so that columns of them can be compared at once."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from insights.analysis.values import fold

Codes = NDArray[np.int64]


def codes_of(words: Iterable[str | None]) -> Codes:
    """Give each word, folded, its number; -1 where there is none."""
    known: dict[str, int] = {}
    codes = [
        known.setdefault(key, len(known)) if (key := fold(word or "")) else -1 for word in words
    ]
    return np.array(codes, np.int64)

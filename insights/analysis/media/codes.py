"""Words as numbers, so that columns of them can be compared at once."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from insights.analysis.values import fold

Codes = NDArray[np.int64]


class Folds(dict[str, str]):
    """Words folded, each once: thousands of pictures share a few."""

    def __missing__(self, word: str) -> str:
        folded = self[word] = fold(word)
        return folded


def codes_of(words: Iterable[str | None]) -> Codes:
    """Give each word, folded, its number; -1 where there is none."""
    folds = Folds()
    known: dict[str, int] = {"": -1}
    return np.array([known.setdefault(folds[word or ""], len(known)) for word in words], np.int64)

"""Names of one kind of record, found by their words: an inverted index with idf, typos and classes.

The index is linear in the records; a name of ten kilobytes costs no more than its first words.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from assistant.understanding.lexicon import CLASS_OF, COLOURS, DESIGNERS
from assistant.understanding.spelling import is_common, is_short_for, shortenings, singular, spell

_CANDIDATES = 2000  # spellings compared with one unknown word
_SHORTEST_TYPO = 4
_SHORTEST_SHORT = 3
_SAID_OF_A_NAME = 4  # words
_LONG_WORD = 7
_LONGEST_WORD = 30
_CLASS_WEIGHT = 0.6
_FUZZY_WEIGHT = 0.85
_TIE = 0.88  # a runner-up this close to the best is as good a reading
_ENOUGH = 0.55  # of what the message says about a record has to fit


class Name(NamedTuple):
    """What names a record: its words, and the classes it belongs to.

    All of the words of `spelled` have to be said, where there are any.
    """

    tokens: Collection[str]
    classes: Collection[str] = ()
    spelled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """The best records, by position; `words` fit them, `unknown` fit nothing of this kind."""

    places: tuple[int, ...] = ()
    words: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Names:
    """`whole` is the share of a name that has to be said, by weight; 0 where any part will do."""

    def __init__(self, names: Sequence[Name], *, whole: float = 0.0) -> None:
        self._names = names
        self._whole = whole
        self._postings: dict[str, list[int]] = defaultdict(list)
        self._classes: dict[str, list[int]] = defaultdict(list)
        for at, name in enumerate(names):
            for token in name.tokens:
                self._postings[token].append(at)
            for kind in name.classes:
                self._classes[kind].append(at)

    @cached_property
    def _by_letter(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for token in self._postings:
            if len(token) >= _SHORTEST_TYPO:
                found[token[0]].append(token)
        return found

    @cached_property
    def _by_shortening(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for token in self._postings:
            for short in shortenings(token):
                found.setdefault(short, token)
        return found

    def match(
        self, said: Iterable[str], *, heard: Collection[str] = (), whole: float | None = None
    ) -> Match:
        """Match the words that can be part of a name; `heard` are all words of the message."""
        whole = self._whole if whole is None else whole
        said = list(said)
        scores: dict[int, float] = defaultdict(float)
        total = 0.0
        known: list[str] = []
        unknown: list[str] = []
        for word in said:
            found = self._match(word)
            if found:
                known.append(word)
                total += max(found.values())
                for at, weight in found.items():
                    scores[at] += weight
            else:
                unknown.append(word)
                if word in DESIGNERS:
                    total += self._weight(1)
                elif word in COLOURS or singular(word) in CLASS_OF:
                    total += self._weight(1) / 2
        if whole:
            heard = {*heard, *(part for word in known for part in self._tokens_for(word))}
            scores = self._titles(scores, heard, whole)
        if not scores:
            return Match(unknown=tuple(unknown))
        best = max(scores.values())
        elsewhere = not whole and any(word in DESIGNERS for word in unknown)
        if (not whole and best < _ENOUGH * total) or elsewhere:
            return Match(words=tuple(known), unknown=tuple(unknown))
        ties = tuple(sorted(at for at, score in scores.items() if score >= _TIE * best))
        if whole:  # only what the best is called
            tokens = {token for at in ties for token in self._names[at].tokens}
            known = [word for word in known if not tokens.isdisjoint(self._tokens_for(word))]
        return Match(ties, tuple(known), tuple(unknown))

    def _titles(
        self, scores: dict[int, float], heard: Collection[str], whole: float
    ) -> dict[int, float]:
        return {
            at: score
            for at, score in scores.items()
            if self._names[at].spelled.issubset(heard) and self._is_said(at, score, whole)
        }

    def _is_said(self, at: int, score: float, whole: float) -> bool:
        """Tell whether enough of a name is said; of a long one, enough of as many words as people say."""
        tokens = self._names[at].tokens
        weight = sum(self._weight(len(self._postings[token])) for token in tokens)
        return score >= whole * weight * min(1, _SAID_OF_A_NAME / max(len(tokens), 1))

    def _tokens_for(self, word: str) -> tuple[str, ...]:
        """Return the tokens that a word stands for: itself, else the nearest spelling, else its parts."""
        forms = dict.fromkeys((word, singular(word)))
        exact = tuple(form for form in forms if form in self._postings)
        if exact or len(word) < _SHORTEST_SHORT or is_common(word):
            return exact
        near = self._near(word) or self._written_out(word)
        return (near,) if near else self._parts(word)

    def _written_out(self, word: str) -> str:
        """Return the token that a word without its vowels stands for."""
        token = self._by_shortening.get(word) or self._by_shortening.get(shortenings(word)[0])
        return token if token and is_short_for(word, token) else ""

    def _written_whole(self, half: str) -> str:
        if half in self._postings:
            return half
        spelled = spell(half)
        return self._written_out(half) or (spelled if is_common(spelled) else "")

    def _parts(self, word: str) -> tuple[str, ...]:
        """Return the two words that are written as one, of which one is a token at least."""
        for cut in range(_SHORTEST_SHORT, min(len(word), _LONGEST_WORD) - _SHORTEST_SHORT + 1):
            halves = word[:cut], word[cut:]
            found = [self._written_whole(half) for half in halves]
            if all(found) and not self._postings.keys().isdisjoint(found):
                return tuple(found)
        return ()

    def _match(self, word: str) -> dict[int, float]:
        """Return {position: weight} for a word, its class, or the nearest spelling."""
        head = singular(word)
        found: dict[int, float] = {}
        if head in self._classes:
            hits = self._classes[head]
            found = dict.fromkeys(hits, self._weight(len(hits)) * _CLASS_WEIGHT)
        for form in {word, head}:
            hits = self._postings.get(form, [])
            found.update(dict.fromkeys(hits, self._weight(len(hits))))
        if not found:
            for token in self._tokens_for(word):
                hits = self._postings.get(token, [])
                for at in hits:
                    found[at] = found.get(at, 0) + self._weight(len(hits)) * _FUZZY_WEIGHT
        return found

    def _near(self, word: str) -> str:
        if len(word) < _SHORTEST_TYPO:
            return ""
        limit = 2 if len(word) >= _LONG_WORD else 1
        best, nearest = limit + 1, ""
        for token in self._by_letter.get(word[0], [])[:_CANDIDATES]:
            if abs(len(token) - len(word)) <= limit:
                distance = edits(word, token, limit)
                if distance < best:
                    best, nearest = distance, token
        return nearest

    def _weight(self, hits: int) -> float:
        return math.log(1 + (len(self._names) + 1) / max(hits, 1))


def edits(one: str, two: str, limit: int) -> int:
    """Return the optimal string alignment distance, or limit + 1 when it is larger.

    Insertions, deletions, substitutions and swaps of neighbours count one each.
    """
    if len(one) > _LONGEST_WORD or len(two) > _LONGEST_WORD or abs(len(one) - len(two)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, letter in enumerate(one, start=1):
        above, row_before = row, before
        row = [i]
        for j, other in enumerate(two, start=1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == two[j - 2] and one[i - 2] == other:
                cost = min(cost, row_before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before = above
    return min(row[-1], limit + 1)

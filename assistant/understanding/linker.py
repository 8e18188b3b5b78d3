"""Which sample a message speaks of.

An inverted index over the samples of one request: names, designers, colours and categories as
folded tokens with their inverse document frequency, ids, SKUs and barcodes as exact codes. The
index lives for one request and is linear in the samples; a name of ten kilobytes costs no more
than its first words.
"""

import itertools
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.understanding.lexicon import CLASS_OF, COLOURS, DESIGNERS, FILLERS
from assistant.understanding.normalise import Text, fold, squeeze, words_of
from assistant.understanding.spelling import is_common, singular
from insights.schemas.logistics import Sample

_NAME_LENGTH = 120  # characters of a field that are indexed
_NAME_TOKENS = 12
_QUERY_TOKENS = 24
_CANDIDATES = 2000  # spellings compared with one unknown word
_SHORTEST_TYPO = 4
_LONG_WORD = 7
_LONGEST_WORD = 30
_CLASS_WEIGHT = 0.6
_FUZZY_WEIGHT = 0.85
_TIE = 0.88  # a runner-up this close to the best is as good a reading
_ENOUGH = 0.55  # of what the message says about a piece has to fit
CODE_LENGTH = 3  # a shorter id is a word or a count in most messages
_DIGITS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Link:
    """The samples a message can mean, in list order: none, one, or several equally good.

    `words` are those that named them; `unknown` those that look like part of a name and fit
    nothing in the data; `exact` when a code decided.
    """

    ids: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    exact: bool = False


class Index:
    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples
        self._codes: dict[str, list[int]] = defaultdict(list)
        self._postings: dict[str, list[int]] = defaultdict(list)
        self._classes: dict[str, list[int]] = defaultdict(list)
        for at, sample in enumerate(samples):
            for code in {sample.id, sample.sku, sample.barcode}:
                if code and len(code) <= _NAME_LENGTH:
                    self._codes[squeeze(code)].append(at)
            tokens, classes = tokens_of(sample)
            for token in tokens:
                self._postings[token].append(at)
            for name in classes:
                self._classes[name].append(at)
        self._by_letter: dict[str, list[str]] = defaultdict(list)
        for token in self._postings:
            if len(token) >= _SHORTEST_TYPO:
                self._by_letter[token[0]].append(token)

    def link(self, text: Text) -> Link:
        return self._by_code(text) or self._by_name(text)

    def _by_code(self, text: Text) -> Link | None:
        words = text.words
        pairs = (f"{one} {two}" for one, two in itertools.pairwise(words))
        for candidates in (text.compounds, pairs, words):
            for said in candidates:
                code = squeeze(said)
                # Plain words and small numbers are ids in some lists, and words in all messages.
                if len(code) < CODE_LENGTH or (code in FILLERS):
                    continue
                hits = self._codes.get(code)
                if hits:
                    ids = tuple(dict.fromkeys(self._samples[at].id for at in hits))
                    return Link(ids=ids, words=tuple(words_of(said)), exact=True)
        return None

    def _by_name(self, text: Text) -> Link:
        said = [
            word
            for word in dict.fromkeys(text.words)
            if word not in FILLERS and not word.isdigit() and singular(word) not in FILLERS
        ][:_QUERY_TOKENS]
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
            elif word in DESIGNERS or word in COLOURS or singular(word) in CLASS_OF:
                unknown.append(word)
                total += self._weight(1) if word in DESIGNERS else self._weight(1) / 2
            else:
                unknown.append(word)
        if not scores:
            return Link(unknown=tuple(unknown))
        best = max(scores.values())
        named_away = any(word in DESIGNERS for word in unknown)
        if best < _ENOUGH * total or named_away:
            return Link(words=tuple(known), unknown=tuple(unknown))
        ties = sorted(at for at, score in scores.items() if score >= _TIE * best)
        if len(ties) > 1:
            ties = self._break_tie(ties, text)
        return Link(
            ids=tuple(dict.fromkeys(self._samples[at].id for at in ties)),
            words=tuple(known),
            unknown=tuple(unknown),
        )

    def _match(self, word: str) -> dict[int, float]:
        """Return {sample position: weight} for a word, its class, or the nearest spelling."""
        head = singular(word)
        found: dict[int, float] = {}
        if head in self._classes:
            hits = self._classes[head]
            found = dict.fromkeys(hits, self._weight(len(hits)) * _CLASS_WEIGHT)
        for form in {word, head}:
            hits = self._postings.get(form, [])
            found.update(dict.fromkeys(hits, self._weight(len(hits))))
        if not found and len(word) >= _SHORTEST_TYPO and not is_common(word):
            near = self._near(word)
            hits = self._postings.get(near, [])
            found = dict.fromkeys(hits, self._weight(len(hits)) * _FUZZY_WEIGHT)
        return found

    def _near(self, word: str) -> str:
        limit = 2 if len(word) >= _LONG_WORD else 1
        best, nearest = limit + 1, ""
        for token in self._by_letter.get(word[0], [])[:_CANDIDATES]:
            if abs(len(token) - len(word)) <= limit:
                distance = edits(word, token, limit)
                if distance < best:
                    best, nearest = distance, token
        return nearest

    def _weight(self, hits: int) -> float:
        return math.log(1 + (len(self._samples) + 1) / max(hits, 1))

    def _break_tie(self, ties: list[int], text: Text) -> list[int]:
        """Prefer pieces whose name the message spells out, fillers and numbers included."""
        said = set(text.words)
        spelled = {at: _name_tokens(self._samples[at].name) for at in ties}
        whole = [at for at in ties if spelled[at] and set(spelled[at]) <= said]
        if whole:
            longest = max(len(spelled[at]) for at in whole)
            return [at for at in whole if len(spelled[at]) == longest]
        return ties


def tokens_of(sample: Sample) -> tuple[set[str], set[str]]:
    """Return the folded tokens that name a sample, and the classes and kinds it belongs to."""
    tokens = {
        *_name_tokens(sample.name),
        *_field_tokens(sample.designer),
        *_field_tokens(sample.color),
    }
    classes = {kind for token in tokens if (kind := _class_of(token))}
    return tokens, classes | _category_heads(sample.category[:_NAME_LENGTH])


@lru_cache(maxsize=4096)
def _class_of(token: str) -> str | None:
    return CLASS_OF.get(singular(token))


@lru_cache(maxsize=1024)
def _category_heads(category: str) -> frozenset[str]:
    heads = {singular(word) for word in words_of(category)}
    return frozenset(heads | {CLASS_OF[head] for head in heads if head in CLASS_OF})


def _name_tokens(value: str | None) -> list[str]:
    return words_of(value[:_NAME_LENGTH])[:_NAME_TOKENS] if value else []


def _field_tokens(value: str | None) -> tuple[str, ...]:
    return _few_tokens(value[:_NAME_LENGTH]) if value else ()


@lru_cache(maxsize=1024)
def _few_tokens(value: str) -> tuple[str, ...]:
    """Read the fields that many samples share once."""
    return tuple(_name_tokens(value))


def same_look(sample: Sample, look: int) -> bool:
    """Tell whether a sample belongs to a look, whose id may be `18`, `look-18` or `L18`."""
    return any(
        int(digits[-1]) == look
        for name in sample.look_ids
        if len(name) <= _NAME_LENGTH and (digits := _DIGITS.findall(name))
    )


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


def known_values(values: Iterable[str | None], text: Text) -> tuple[str, ...]:
    """Return the values (designers, places) whose every word stands in the message, as written."""
    said = set(text.words)
    found: dict[str, str] = {}
    for value in dict.fromkeys(values):
        if value and len(value) <= _NAME_LENGTH:
            key = fold(value)
            if key not in found and (words := words_of(key)) and said.issuperset(words):
                found[key] = value
    return tuple(found.values())

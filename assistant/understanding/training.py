"""Softmax regression over hashed features, by Adagrad in small batches: numpy alone, the same bytes each time."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistant.understanding.corpus import (
    Example,
    Pattern,
    digest,
    expand,
    read_values,
)
from assistant.understanding.features import TOKENS, encode
from assistant.understanding.model import Model
from assistant.understanding.normalise import read
from assistant.understanding.reading import mark

SEED = 20260311
_EPOCHS = 7
_BATCH = 128
_RATE, _BIAS_RATE = 0.35, 0.05
_DECAY = 2e-6  # of the weights, each time they are touched
_LEAST_PATTERNS = 2  # that share a feature, for it to be kept
_LEAST_SHARED = 3  # patterns that share a word, for it to be no name
_MESSAGES = 6  # of a pattern
_FEW_MESSAGES = 3  # of a pattern out of scope, of which there are many, or of one kit
_LARGEST = 127

Progress = Callable[[str], None]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Examples as compressed sparse rows: row i has `columns[starts[i]:starts[i + 1]]`."""

    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Floats
    rows: NDArray[np.uint32]  # the hash behind each column


class Batch(NamedTuple):
    """Some rows of a table, one after the other; row i starts at `starts[i]`."""

    columns: NDArray[np.int64]
    values: Floats
    starts: NDArray[np.int64]


def vocabulary_of(patterns: Sequence[Pattern]) -> frozenset[str]:
    """Return the words that several patterns share; slots are left out."""
    shared = Counter(
        word for pattern in patterns for word in set(read(_without_slots(pattern.text)).spelled)
    )
    return frozenset(
        word for word, count in shared.items() if count >= _LEAST_SHARED and word not in TOKENS
    )


def _without_slots(text: str) -> str:
    return " ".join(part for part in text.replace("}", "{").split("{")[::2])


def examples_of(patterns: Sequence[Pattern]) -> list[Example]:
    values = read_values()
    return [
        example
        for pattern in patterns
        for example in expand(
            pattern,
            values,
            most=_FEW_MESSAGES if pattern.skill == "out_of_scope" or pattern.kit else _MESSAGES,
        )
    ]


def train(patterns: Sequence[Pattern], progress: Progress = lambda _: None) -> Model:
    """Train on all messages of the patterns."""
    vocabulary = vocabulary_of(patterns)
    examples = examples_of(patterns)
    skills = tuple(sorted({pattern.skill for pattern in patterns}))
    progress(f"{len(patterns)} patterns, {len(examples)} messages, {len(vocabulary)} words")
    table = _tabulate(examples, vocabulary)
    progress(f"{len(table.rows)} features")
    labels = np.array([skills.index(example.pattern.skill) for example in examples])
    weights, bias = _fit(table, labels, len(skills), progress)
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-6) / _LARGEST
    whole = np.rint(weights / scale).astype(np.int8)
    used = whole.any(axis=1)
    return Model(
        skills=skills,
        vocabulary=vocabulary,
        rows=table.rows[used],
        weights=whole[used],
        scale=scale.astype(np.float32),
        bias=bias,
        digest=digest(),
    )


def _tabulate(examples: Sequence[Example], vocabulary: frozenset[str]) -> Table:
    hashes: list[int] = []
    values: list[float] = []
    lengths: list[int] = []
    owners: dict[Pattern, int] = {}
    patterns: list[int] = []
    for example in examples:
        text = read(example.message)
        marked = mark(text, dict(example.links), most_words=len(text.words))
        vector = encode(
            text.spelled, marked, kit=example.kit, asks=text.asks, vocabulary=vocabulary
        )
        hashes += vector.hashes
        values += vector.values
        lengths.append(len(vector.hashes))
        patterns.append(owners.setdefault(example.pattern, len(owners)))
    rows, columns = np.unique(np.array(hashes, np.uint32), return_inverse=True)
    pairs = np.unique(columns * len(owners) + np.repeat(patterns, lengths))
    kept = np.bincount(pairs // len(owners), minlength=len(rows)) >= _LEAST_PATTERNS
    places = np.where(kept, np.cumsum(kept) - 1, -1)[columns]
    known = places >= 0
    held = np.add.reduceat(known.astype(np.int64), np.cumsum([0, *lengths[:-1]]))
    return Table(
        starts=np.concatenate([[0], np.cumsum(held)]),
        columns=places[known],
        values=np.array(values, np.float32)[known],
        rows=rows[kept],
    )


def _fit(
    table: Table, labels: NDArray[np.int64], skills: int, progress: Progress
) -> tuple[Floats, Floats]:
    """Return the weights averaged over the second half of the way, and the biases."""
    generator = np.random.default_rng(SEED)
    counts = np.bincount(labels, minlength=skills)
    worth = ((len(labels) / skills / np.maximum(counts, 1)) ** 0.5).astype(np.float32)[labels]
    decay = np.float32(_DECAY * len(labels) / _BATCH)
    learner = _Learner(len(table.rows), skills)
    total, taken = np.zeros_like(learner.weights), 0
    for epoch in range(_EPOCHS):
        loss = 0.0
        order = generator.permutation(len(labels))
        for first in range(0, len(order), _BATCH):
            batch = order[first : first + _BATCH]
            loss += learner.learn(_slice(table, batch), labels[batch], worth[batch], decay)
        if epoch >= _EPOCHS // 2:
            total += learner.weights
            taken += 1
        progress(f"epoch {epoch + 1} of {_EPOCHS}: loss {loss / len(labels):.4f}")
    return (total / taken).astype(np.float32), learner.bias


class _Learner:
    """Adagrad: what was moved often moves less. `squares` start above zero to calm the first steps."""

    def __init__(self, features: int, skills: int) -> None:
        self.weights = np.zeros((features, skills), np.float32)
        self.bias = np.zeros(skills, np.float32)
        self._squares = np.full((features, skills), 1e-3, np.float32)
        self._bias_squares = np.full(skills, 1e-1, np.float32)

    def learn(
        self, batch: Batch, labels: NDArray[np.int64], worth: Floats, decay: np.float32
    ) -> float:
        """Take one step, and return the batch's loss before it."""
        scores = np.add.reduceat(self.weights[batch.columns] * batch.values[:, None], batch.starts)
        scores += self.bias
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        gradient = raised / raised.sum(axis=1, keepdims=True)
        rows = np.arange(len(labels))
        loss = -float(np.log(gradient[rows, labels] + 1e-9).sum())
        gradient[rows, labels] -= 1
        gradient *= worth[:, None]
        # The same sums by column: entries of one column are brought together, then added up.
        owners = np.repeat(rows, np.diff([*batch.starts, len(batch.columns)]))
        order = np.argsort(batch.columns, kind="stable")
        touched, edges = np.unique(batch.columns[order], return_index=True)
        entries = gradient[owners[order]] * batch.values[order][:, None]
        steps = np.add.reduceat(entries, edges) + decay * self.weights[touched]
        self._squares[touched] += steps * steps
        self.weights[touched] -= _RATE * steps / np.sqrt(self._squares[touched])
        step = gradient.sum(axis=0)
        self._bias_squares += step * step
        self.bias -= _BIAS_RATE * step / np.sqrt(self._bias_squares)
        return loss


def _slice(table: Table, batch: NDArray[np.int64]) -> Batch:
    """Gather the rows of a batch; every row has features, if only of its kit."""
    lengths = table.starts[batch + 1] - table.starts[batch]
    starts = np.cumsum(lengths) - lengths
    places = np.arange(lengths.sum()) - np.repeat(starts - table.starts[batch], lengths)
    return Batch(table.columns[places], table.values[places], starts)

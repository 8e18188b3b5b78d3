"""How well messages are understood that a model was not trained on.

Never by a random split of messages: those of one pattern, or of one writer, are too much alike.
"""

import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.understanding.corpus import Pattern, expand, read_values
from assistant.understanding.deciding import is_clear, readings
from assistant.understanding.model import Model
from assistant.understanding.normalise import read
from assistant.understanding.training import train

FOLDS = 5
HOUSE = "house"  # the voice of nobody: borders and gaps, always trained on with the others
_TOP = 3

Fit = Callable[[Sequence[Pattern]], Model]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One message, what was meant and what was read; `ranked` are the best three skills."""

    message: str
    kit: str
    pattern: Pattern
    ranked: tuple[str, ...]
    probability: float
    clear: bool
    milliseconds: float

    @property
    def right(self) -> bool:
        return self.ranked[0] == self.pattern.skill

    @property
    def acts(self) -> bool:
        """Whether an action would be proposed."""
        return self.clear and self.ranked[0].startswith("act.")


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares of 1 but for the counts; nan where nothing was counted."""

    count: int
    skill: float
    coarse: float
    top_three: float
    out_of_scope_recall: float
    out_of_scope_precision: float
    false_actions: float
    negated_hits: int
    answered: float  # without asking back
    right_when_answered: float


def leave_voice_out(patterns: Sequence[Pattern], fit: Fit = train) -> Iterator[list[Outcome]]:
    """Judge each writer's voice by a model that has never heard it."""
    for voice in sorted({pattern.voice for pattern in patterns} - {HOUSE}):
        model = fit([pattern for pattern in patterns if pattern.voice != voice])
        yield judge(model, [pattern for pattern in patterns if pattern.voice == voice])


def leave_pattern_out(
    patterns: Sequence[Pattern], fit: Fit = train, folds: int = FOLDS
) -> Iterator[list[Outcome]]:
    """Judge each fold of the patterns by a model of the others; equal words share a fold."""
    for fold in range(folds):
        held = [pattern for pattern in patterns if _fold(pattern, folds) == fold]
        model = fit([pattern for pattern in patterns if _fold(pattern, folds) != fold])
        yield judge(model, held)


def _fold(pattern: Pattern, folds: int) -> int:
    return zlib.crc32(" ".join(read(pattern.text).words).encode()) % folds


def judge(model: Model, patterns: Iterable[Pattern]) -> list[Outcome]:
    """Read one message of each pattern, as it is written, half of its records linked."""
    values = read_values()
    outcomes = []
    for pattern in patterns:
        [example] = expand(pattern, values, most=1)
        started = time.perf_counter()
        text = read(example.message)
        found = readings(text, dict(example.links), kit=example.kit, model=model)
        outcomes.append(
            Outcome(
                message=example.message,
                kit=example.kit,
                pattern=pattern,
                ranked=tuple(reading.skill for reading in found[:_TOP]),
                probability=found[0].probability,
                clear=is_clear(found, text),
                milliseconds=(time.perf_counter() - started) * 1000,
            )
        )
    return outcomes


def score(outcomes: Sequence[Outcome], intent_of: Callable[[str], str]) -> Scores:
    beyond = [one for one in outcomes if one.pattern.skill == "out_of_scope"]
    refused = [one for one in outcomes if one.ranked[0] == "out_of_scope"]
    inside = [one for one in outcomes if one.pattern.skill != "out_of_scope"]
    no_actions = [one for one in outcomes if not one.pattern.skill.startswith("act.")]
    answered = [one for one in outcomes if one.clear]
    return Scores(
        count=len(outcomes),
        skill=_share(one.right for one in outcomes),
        coarse=_share(intent_of(one.ranked[0]) == intent_of(one.pattern.skill) for one in outcomes),
        top_three=_share(one.pattern.skill in one.ranked for one in inside),
        out_of_scope_recall=_share(one.right for one in beyond),
        out_of_scope_precision=_share(one.right for one in refused),
        false_actions=_share(one.acts for one in no_actions),
        negated_hits=sum(one.acts for one in outcomes if one.pattern.skill == "dialog.deny"),
        answered=_share(one.clear for one in outcomes),
        right_when_answered=_share(one.right for one in answered),
    )


def confusions(outcomes: Iterable[Outcome], most: int) -> list[tuple[tuple[str, str], int]]:
    """Return the pairs (meant, read) that are mistaken most."""
    pairs = Counter((one.pattern.skill, one.ranked[0]) for one in outcomes if not one.right)
    return sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:most]


def _share(found: Iterable[bool]) -> float:
    counted = list(found)
    return sum(counted) / len(counted) if counted else float("nan")

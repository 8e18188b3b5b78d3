"""From a message's words to skills, best first: guards before, the model in the middle, gates after."""

from typing import NamedTuple

from assistant.understanding import guards
from assistant.understanding.features import encode
from assistant.understanding.model import Model
from assistant.understanding.normalise import Text
from assistant.understanding.reading import mark

MOST_WORDS = 120  # of a message that are read
SURE = 0.98  # what a guard decides

# A reading is clear when it is this probable or this far ahead; an action has to be more probable.
_CLEAR, _AHEAD, _CLEAR_ACTION, _CLEAR_WITHOUT_A_VERB = 0.35, 0.15, 0.4, 0.6


class Reading(NamedTuple):
    """A skill, and how probable it is that this was meant, 0..1."""

    skill: str
    probability: float


def readings(text: Text, tokens: dict[str, str], *, kit: str, model: Model) -> list[Reading]:
    """Return every skill that the message can mean, best first; just one when a guard decides.

    `tokens` are the words that name linked records, with the class token of each.
    """
    plain = " ".join(text.spelled[:MOST_WORDS])
    clauses = text.clauses() or [plain]
    guarded = guards.decide(plain, clauses=clauses, asks=text.asks)
    if guarded:
        return [Reading(guarded, SURE)]
    vector = encode(
        text.spelled,
        mark(text, tokens, most_words=MOST_WORDS),
        kit=kit,
        asks=text.asks,
        vocabulary=model.vocabulary,
    )
    found = list(map(Reading, model.skills, model.probabilities(vector).tolist()))
    if not guards.may_act(plain, clauses=clauses, asks=text.asks):
        found = [reading for reading in found if not reading.skill.startswith("act.")]
    ranked = sorted(found, key=lambda reading: (-reading.probability, reading.skill))
    total = sum(reading.probability for reading in ranked)
    return [Reading(skill, probability / total) for skill, probability in ranked]


def is_clear(found: list[Reading], text: Text) -> bool:
    """Tell whether the best reading is clear enough to answer, rather than to ask."""
    best, second = found[0], found[1] if len(found) > 1 else Reading("", 0.0)
    if best.skill.startswith("act."):
        said = guards.names_a_change(" ".join(text.spelled[:MOST_WORDS]))
        return best.probability >= (_CLEAR_ACTION if said else _CLEAR_WITHOUT_A_VERB)
    return best.probability >= _CLEAR or best.probability - second.probability >= _AHEAD

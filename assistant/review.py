"""What the people who run the assistant look at: what it does not understand, what was no help, what it is used for.

Texts are sealed, so that they are grouped here and not in the database, over the newest turns.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import yaml

from assistant.models import Conversation, Said
from assistant.understanding.normalise import read
from fashionos.kit.encryption import Unreadable

NEWEST = 1_000  # turns that a page reads


@dataclass(frozen=True)
class Phrase:
    text: str
    count: int
    skill: str  # the best reading


@dataclass(frozen=True)
class Share:
    name: str
    count: int
    percent: float


@dataclass(frozen=True)
class Rated:
    """A turn with its words."""

    turn: Conversation
    text: str
    answer: str


def unmatched(turns: Iterable[Conversation]) -> list[Phrase]:
    """Group what was out of scope or asked back about by its folded words, the most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    spelled: dict[tuple[str, str], str] = {}
    for turn, text, said in _readable(turns):
        if turn.skill_used == "out_of_scope" or said.meta.get("clarifies"):
            key = (" ".join(read(text).words), turn.skill_used)
            counts[key] += 1
            spelled.setdefault(key, text)
    ranked = sorted(counts, key=lambda key: (-counts[key], key))
    return [Phrase(spelled[key], counts[key], key[1]) for key in ranked]


def shares(names: Iterable[str]) -> list[Share]:
    """Count the names, the most frequent first."""
    counts = Counter(names)
    total = counts.total()
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    return [Share(name, counts[name], round(100 * counts[name] / total, 1)) for name in ranked]


def rated(turns: Iterable[Conversation]) -> list[Rated]:
    return [Rated(turn, text, said.content) for turn, text, said in _readable(turns)]


def to_corpus(turns: Iterable[Conversation]) -> str:
    """Write messages as a file of the corpus, under the skill that each was read as: a person corrects that.

    Braces would name slots there, so they become brackets.
    """
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: {"plain": []})
    for turn, text, _ in _readable(turns):
        line = " ".join(text.translate(_BRACES).split())
        lines = found[turn.skill_used]["plain"]
        if line and line not in lines:
            lines.append(line)
    written: str = yaml.safe_dump(dict(found), allow_unicode=True, width=1_000)
    return written


_BRACES = str.maketrans("{}", "()")


def _readable(turns: Iterable[Conversation]) -> Iterator[tuple[Conversation, str, Said]]:
    """Yield the turns whose key is still there, with their message and what was answered."""
    for turn in turns:
        try:
            yield turn, turn.text, turn.said
        except Unreadable:
            continue

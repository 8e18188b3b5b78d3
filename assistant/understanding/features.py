"""A message as the linear model sees it: hashed words, letters and signals, in four groups.

Training and answering read a message by this one path, so that the model meets what it learnt from.
Linked records stand in the words as class tokens (`xitem`, `xtask` ...).
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import sqrt
from zlib import crc32

from assistant.understanding import guards
from assistant.understanding.lexicon import (
    CLASS_OF,
    COLOURS,
    DAYS,
    DESIGNERS,
    DOMAINS,
    NAMES,
    ROLES,
)
from assistant.understanding.spelling import singular

ITEM, TASK, ASSET, PERSON, PACKAGE, CUE = "xitem", "xtask", "xasset", "xperson", "xpackage", "xcue"
TOKENS = frozenset({ITEM, TASK, ASSET, PERSON, PACKAGE, CUE})

_MOST_WORDS = 60
_SHORTEST_GRAM, _LONGEST_GRAM = 2, 5
_LONGEST_WORD = 24
_WORD_WEIGHT, _LETTER_WEIGHT, _SIGNAL_WEIGHT, _KIT_WEIGHT = 1.0, 0.8, 0.8, 0.5
_CLOCK = re.compile(r"\d{1,2}(?:am|pm|h)|noon|midnight|midday|oclock")
_MONEY = re.compile(r"\d+k")
_LENGTHS = (1, 2, 3, 5, 8, 13, 21)
_HOWTO = re.compile(r"\bhow (?:do|does|can|could|should|would|to)\b|\b(?:way|steps|where) to\b")
_MAY = re.compile(r"\b(?:can|may|could|am|are) (?:i|we)\b|\bis it (?:possible|ok)\b|\ballowed\b")
_ASKED = re.compile(r"\b(?:can|could|would|will) (?:you|u)\b")
_WANTED = re.compile(r"\b(?:i|we) (?:want|need|would like|have to|must)\b")
_PASSIVE = re.compile(
    r"\b(?:is|are|was|were|been|be|has|have|got|get|gets|did)\b.{0,40}"
    r"\b(?:approved|rejected|tagged|assigned|shared|sent|exported|marked|moved|added|created|done"
    r"|finished|completed|returned|received|delivered|notified)\b"
)
_NOT = re.compile(r"\b(?:not|no|never|without)\b")
_OPENING = re.compile(
    r"^(?:who|whom|whose|what|which|where|when|why|how|is|are|was|were|do|does|did|has|have|had"
    r"|can|could|will|would|should|shall|may|am|any|anything|anyone)\b"
)


@dataclass(frozen=True, slots=True)
class Vector:
    """Hashes of features and their values, group after group."""

    hashes: tuple[int, ...]
    values: tuple[float, ...]


def encode(
    words: Sequence[str],
    marked: Sequence[str],
    *,
    kit: str,
    asks: bool,
    vocabulary: Collection[str],
    hints: Collection[str] = (),
) -> Vector:
    """Encode a message's spelled words, also as `marked` with its linked records as class tokens.

    `asks` is whether it ends in a question mark.
    `vocabulary` are the words that the patterns share: any other word counts as a name. `hints` are
    further signals.
    """
    said = list(words[:_MOST_WORDS])
    classes = _classes(marked[:_MOST_WORDS], vocabulary)
    grams = {*_grams(said), *_grams(classes)}
    signals = {*_signals(said, classes, asks=asks), *hints}
    kits = {f"k:{kit}", *(f"k:{kit} {word}" for word in set(classes))}
    letters = {gram for word in said if word not in TOKENS for gram in letters_of(word)}
    hashes: list[int] = []
    values: list[float] = []
    for found, weight in (
        ({crc32(gram.encode()) for gram in grams}, _WORD_WEIGHT),
        (letters, _LETTER_WEIGHT),
        ({crc32(signal.encode()) for signal in signals}, _SIGNAL_WEIGHT),
        ({crc32(signal.encode()) for signal in kits}, _KIT_WEIGHT),
    ):
        # Sorted, because sums of floats depend on their order, and a set's order on the process.
        hashes += sorted(found)
        values += [weight / sqrt(len(found) or 1)] * len(found)
    return Vector(tuple(hashes), tuple(values))


def _grams(words: Sequence[str]) -> set[str]:
    padded = ["^", *words, "$"]
    grams = {f"w {word}" for word in words}
    grams |= {f"w {one} {two}" for one, two in pairwise(padded)}
    grams |= {f"w {padded[at]} {padded[at + 1]} {padded[at + 2]}" for at in range(len(padded) - 2)}
    return grams


@lru_cache(maxsize=20_000)
def letters_of(word: str) -> tuple[int, ...]:
    """Return the hashes of a word's 2- to 5-grams, its borders included."""
    padded = f" {word[:_LONGEST_WORD]} "
    return tuple(
        {
            crc32(f"c{padded[at : at + size]}".encode())
            for size in range(_SHORTEST_GRAM, _LONGEST_GRAM + 1)
            for at in range(len(padded) - size + 1)
        }
    )


def _classes(words: Sequence[str], vocabulary: Collection[str]) -> list[str]:
    """Write names, numbers and words of the lexicon as their classes, repeated ones once."""
    out: list[str] = []
    for word in words:
        token = _class_of(word)
        if token == word and token not in vocabulary and token not in TOKENS:
            token = "xname"  # noqa: S105 -- a class of words
        if token == "xnum" and out and out[-1] in {"look", "looks"}:  # noqa: S105 -- a class of words
            out[-1] = "xlook"
        elif not out or out[-1] != token or not token.startswith("x"):
            out.append(token)
    return out


@lru_cache(maxsize=20_000)
def _class_of(word: str) -> str:
    if word.isdigit():
        return "xnum"
    if word[0].isdigit():
        return (
            "xclock" if _CLOCK.fullmatch(word) else "xmoney" if _MONEY.fullmatch(word) else "xcode"
        )
    if any(letter.isdigit() for letter in word):
        return "xcode"
    for token, lexicon in (
        ("xday", DAYS), ("xcolour", COLOURS), ("xhouse", DESIGNERS), (PERSON, NAMES),
    ):  # fmt: skip
        if word in lexicon:
            return token
    head = singular(word)
    if head in CLASS_OF:
        return "xkind" if head == word else "xkinds"
    return "xrole" if head in ROLES else word


def _signals(words: Sequence[str], classes: Sequence[str], *, asks: bool) -> set[str]:
    plain = " ".join(words)
    core = guards.strip_polite(plain)
    acts = {
        name
        for name, found in (
            ("question", guards.is_question(core)),
            ("command", guards.is_command(core)),
            ("howto", _HOWTO.search(plain)),
            ("may", _MAY.search(plain)),
            ("asked", _ASKED.search(plain)),
            ("wanted", _WANTED.search(plain)),
            ("passive", _PASSIVE.search(plain)),
            ("not", _NOT.search(plain)),
            ("mark", asks),
        )
        if found
    }
    heads = {singular(word) for word in words}
    domains = {name for name, lexicon in DOMAINS.items() if not lexicon.isdisjoint(heads)}
    domains |= {token for token in classes if token.startswith("x")}
    opening = _OPENING.match(core)
    first = core.split(maxsplit=1)[0] if core else ""
    lead = f"q:{opening[0]}" if opening else f"v:{first}" if "command" in acts else "n"
    length = sum(len(words) >= size for size in _LENGTHS)
    return {
        f"n:{length}",
        lead,
        *(f"a:{act}" for act in acts),
        *(f"d:{domain}" for domain in domains),
        *(f"{lead} d:{domain}" for domain in domains),
        *(f"a:{act} d:{domain}" for act in acts for domain in domains),
        *(f"a:{one} a:{two}" for one in acts for two in acts if one < two),
        *(f"core {gram}" for gram in _first_grams(core)),
    }


def _first_grams(core: str) -> tuple[str, ...]:
    words = core.split(maxsplit=3)
    return tuple(" ".join(words[:size]) for size in (1, 2, 3) if len(words) >= size)

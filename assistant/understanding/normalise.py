"""One reading of a message: what was typed, and what the rules and the linker compare."""

import re
import unicodedata
from dataclasses import dataclass

from assistant.understanding.spelling import CONTRACTIONS, SHORTHAND, spell

# A separator is never a word character, so every pattern below is linear in the message.
_COMPOUND = re.compile(r"\w+(?:[-./:#&']\w+)*")
_WORD = re.compile(r"[^\W_]+")
_LONG_RUN = re.compile(r"(.)\1{2,}")
_SPACE = re.compile(r"\s+")
_QUOTES = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "`": "'", "\u201c": '"', "\u201d": '"'}
)
_SIGNS = str.maketrans(
    {
        "\u2705": " yes ",
        "\u2714": " yes ",
        "\U0001f44d": " yes ",
        "\u274c": " no ",
        "\U0001f44e": " no ",
        "\U0001f64f": " thanks ",
    }
)
_ENDINGS = {"re": "are", "ve": "have", "ll": "will", "d": "would", "m": "am"}


@dataclass(frozen=True, slots=True)
class Text:
    """A message read once.

    `line` keeps punctuation (times and dates live there); `words` has contractions and
    shorthand spelled out; `spelled` has the product's own words repaired as well. The linker
    reads `words` and `compounds` (a name is not a misspelling), the rules read `spelled`.
    """

    raw: str
    line: str
    words: tuple[str, ...]
    spelled: tuple[str, ...]
    compounds: tuple[str, ...]


def fold(value: str) -> str:
    """Return the form that is compared: NFKC, casefolded, straight quotes, no accents."""
    if value.isascii():
        return value.lower()
    value = unicodedata.normalize("NFKC", value).casefold().translate(_QUOTES)
    decomposed = unicodedata.normalize("NFKD", value)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def words_of(value: str) -> list[str]:
    return _WORD.findall(fold(value))


def squeeze(value: str) -> str:
    """Return only letters and digits, so that `SMP-001`, `smp 001` and `smp_001` are one code."""
    folded = fold(value)
    return folded if folded.isalnum() else "".join(_WORD.findall(folded))


def _spell_out(compound: str) -> list[str]:
    if compound in CONTRACTIONS:
        return CONTRACTIONS[compound].split()
    stem, quote, ending = compound.partition("'")
    if quote:
        if ending == "t" and stem.endswith("n"):
            return [stem[:-1], "not"]
        if ending == "s":
            return words_of(stem)
        if ending in _ENDINGS:
            return [*words_of(stem), _ENDINGS[ending]]
    out: list[str] = []
    for word in _WORD.findall(compound):
        out += SHORTHAND[word].split() if word in SHORTHAND else [word]
    return out


def read(message: str) -> Text:
    line = _SPACE.sub(" ", fold(message.translate(_SIGNS).translate(_QUOTES))).strip()
    calm = _LONG_RUN.sub(lambda run: run[0] if run[1].isdigit() else run[1] * 2, line)
    compounds = tuple(_COMPOUND.findall(calm))
    words = tuple(word for compound in compounds for word in _spell_out(compound))
    return Text(
        raw=message,
        line=_WORD.sub(lambda word: spell(SHORTHAND.get(word[0], word[0])), calm),
        words=words,
        spelled=tuple(spell(word) for word in words),
        compounds=compounds,
    )

"""One reading of a message: what was typed, and what the rules and the linker compare."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.understanding.spelling import CONTRACTIONS, SHORTHAND, spell

# A separator is never a word character, so every pattern below is linear in the message.
_COMPOUND = re.compile(r"\w+(?:[-./:#&']\w+)*")
_WORD = re.compile(r"[^\W_]+")
_LONG_RUN = re.compile(r"(.)\1{2,}")
_CLAUSE = re.compile(r"[,;!?\n]+|[.:](?= |$)| -+ ")
_MOST_CLAUSES = 20
# Dictated: "look number twenty one". Other numbers in words are names as often ("the three sisters").
_UNITS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
_DICTATED = re.compile(
    r"\b(?P<what>look|rail|rack|shelf|image|photo|picture)(?P<number> number| no\.?)?"
    rf" (?:(?P<tens>{'|'.join(_TENS)})(?:[ -](?P<one>{'|'.join(list(_UNITS)[:9])}))?|(?P<unit>{'|'.join(_UNITS)}))\b"
    r"(?! (?:of|more|by|at)\b)"
)
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
        "\u2764": " great ",
        "\U0001f44f": " great ",
        "\U0001f64c": " great ",
        "\U0001f60d": " great ",
    }
)
# ASCII, which most data is, is read without a pattern: an index is built of thousands of names.
_ASCII_WORDS = {at: chr(at).lower() if chr(at).isalnum() else " " for at in range(128)}
_ASCII_CODE = {at: chr(at).lower() if chr(at).isalnum() else None for at in range(128)}
_ASCII_CODES = _ASCII_CODE | {ord("\n"): "\n"}
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
    asks: bool  # it ends in a question mark

    def clauses(self) -> list[str]:
        """Return the spelled words between commas and stops, joined."""
        parts = _CLAUSE.split(self.line)[:_MOST_CLAUSES]
        if len(parts) == 1:
            return [" ".join(self.spelled)]
        found = (
            " ".join(spell(word) for said in _COMPOUND.findall(part) for word in _spell_out(said))
            for part in parts
        )
        return [clause for clause in found if clause]


def fold(value: str) -> str:
    """Return the form that is compared: NFKC, casefolded, straight quotes, no accents."""
    if value.isascii():
        return value.lower()
    value = unicodedata.normalize("NFKC", value).casefold().translate(_QUOTES)
    decomposed = unicodedata.normalize("NFKD", value)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def words_of(value: str) -> list[str]:
    if value.isascii():
        return value.translate(_ASCII_WORDS).split()
    return _WORD.findall(fold(value))


def squeeze(value: str) -> str:
    """Return only letters and digits, so that `SMP-001`, `smp 001` and `smp_001` are one code."""
    if value.isascii():
        return value.translate(_ASCII_CODE)
    return "".join(_WORD.findall(fold(value)))


def squeeze_each(values: Sequence[str]) -> Sequence[str]:
    """Squeeze many values at once, which costs a fraction of one by one."""
    lines = "\n".join(values)
    if lines.isascii():
        squeezed = lines.translate(_ASCII_CODES).split("\n")
        if len(squeezed) == len(values):
            return squeezed
    return [squeeze(value) for value in values]


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


def _digits(found: re.Match[str]) -> str:
    number = _TENS.get(found["tens"] or "", 0) + _UNITS.get(found["one"] or found["unit"], 0)
    return f"{found['what']} {number}"


def read(message: str) -> Text:
    line = _SPACE.sub(" ", fold(message.translate(_SIGNS).translate(_QUOTES))).strip()
    line = _DICTATED.sub(_digits, line)
    calm = _LONG_RUN.sub(lambda run: run[0] if run[1].isdigit() else run[1] * 2, line)
    compounds = tuple(_COMPOUND.findall(calm))
    words = tuple(word for compound in compounds for word in _spell_out(compound))
    return Text(
        raw=message,
        line=_WORD.sub(lambda word: spell(SHORTHAND.get(word[0], word[0])), calm),
        words=words,
        spelled=tuple(spell(word) for word in words),
        compounds=compounds,
        asks=line.endswith("?"),
    )

"""The corpus: patterns by voice, skill and register, and the messages that are made of them.

Everything that is drawn is drawn from the pattern's own text, so that one pattern more or less
changes no other pattern's messages.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

import yaml

from assistant.understanding.features import ASSET, CUE, ITEM, PACKAGE, PERSON, TASK
from assistant.understanding.normalise import words_of

DIRECTORY = Path(__file__).resolve().parent.parent / "corpus"
KITS = ("logistics", "events", "media", "recommendations", "home")
REGISTERS = ("plain", "terse", "slang", "misspelt", "non_native")

_VALUES = "values.yml"
_KIT = re.compile(rf" @({'|'.join(KITS)})$")
_SLOT = re.compile(r"\{(\w+)\}")
_OWN_KITS = {
    "logistics": ("logistics",),
    "events": ("events",),
    "media": ("media",),
    "rec": ("recommendations", "home"),
    "overview": ("home",),
    "act.sample": ("logistics",),
    "act.task": ("events",),
    "act.asset": ("media",),
}
# What a linked record looks like in a message, beside the names that are linked to nothing.
_LINKED = {
    "item": ITEM, "sku": ITEM, "task": TASK, "asset": ASSET, "person": PERSON,
    "package": PACKAGE, "cue": CUE,
}  # fmt: skip
_PREFIXES = ("please", "hey", "hi,", "ok", "so", "can you tell me", "quick one:", "and", "just")
_ASKING = ("can you", "could you please", "please", "pls", "i need you to", "hey can you", "kindly")
_SUFFIXES = ("please", "pls", "thanks", "?", "??", "!", "for me", "right now", "asap", "thx", "...")
_NEIGHBOURS = {
    row[at]: row[at - 1] + row[at + 1]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for at in range(1, len(row) - 1)
}
_SHORTEST_TYPO = 4


class CorpusError(ValueError):
    """A file that cannot be read as patterns; the message says which and where."""


@dataclass(frozen=True, slots=True, order=True)
class Pattern:
    """One way to say something; `kit` is set where only the kit decides the skill."""

    voice: str
    skill: str
    register: str
    text: str
    kit: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A message; the words of `links` stand for the linked record of a token."""

    message: str
    kit: str
    pattern: Pattern
    links: tuple[tuple[str, str], ...] = ()


def read_corpus(directory: Path = DIRECTORY) -> list[Pattern]:
    """Read all patterns, in an order that the file system has no say in."""
    return sorted(
        pattern
        for path in sorted(directory.glob("*/*.yml"))
        for pattern in _read_file(path, path.parent.name)
    )


def digest(directory: Path = DIRECTORY) -> str:
    """Return the hash of what a model is made of: the corpus, and the modules that read messages."""
    here = Path(__file__).resolve().parent
    code = (
        *("corpus", "features", "guards", "lexicon", "normalise", "reading", "spelling"),
        "training",
    )
    found = blake2b(digest_size=16)
    for path in [*sorted(directory.glob("**/*.yml")), *(here / f"{name}.py" for name in code)]:
        data = path.read_bytes().replace(b"\r\n", b"\n")
        found.update(f"{path.name} {len(data)}\n".encode() + data)
    return found.hexdigest()


def _read_file(path: Path, voice: str) -> Iterator[Pattern]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise CorpusError(f"{path}: {error}") from error
    for skill, registers in _mapping(document, path).items():
        for register, lines in _mapping(registers, path, skill).items():
            if register not in REGISTERS:
                raise CorpusError(f"{path}: {skill} has a register {register!r}")
            for line in lines or ():
                if not isinstance(line, str) or not line.strip():
                    raise CorpusError(f"{path}: {skill}.{register} has {line!r}, no text")
                found = _KIT.search(line)
                text = line[: found.start()] if found else line
                yield Pattern(voice, skill, register, text.strip(), found[1] if found else None)


def _mapping(value: Any, path: Path, where: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CorpusError(f"{path}: a mapping is wanted {f'in {where}' if where else ''}")
    return value


def read_values(directory: Path = DIRECTORY) -> dict[str, tuple[str, ...]]:
    document = yaml.safe_load((directory / _VALUES).read_text(encoding="utf-8"))
    return {slot: tuple(map(str, values)) for slot, values in document.items()}


def expand(pattern: Pattern, values: dict[str, tuple[str, ...]], *, most: int) -> list[Example]:
    """Return up to `most` messages of a pattern, the first as it is written."""
    draw = Random(f"{pattern.skill} {pattern.text} {pattern.kit}")  # noqa: S311 -- has to repeat
    kits = _kits(pattern)
    found: dict[tuple[str, str], Example] = {}
    for turn in range(most):
        links: dict[str, str] = {}
        message = _fill(pattern.text, values, draw, links)
        if turn:
            message = _roughen(_dress(message, pattern.skill, draw), draw)
        kit = pattern.kit or draw.choice(kits if draw.random() < 0.6 else KITS)  # noqa: PLR2004 -- most ask where they are
        found[message, kit] = Example(message, kit, pattern, tuple(links.items()))
    return list(found.values())


def _kits(pattern: Pattern) -> tuple[str, ...]:
    family = pattern.skill.partition("_")[0]
    return _OWN_KITS.get(family) or _OWN_KITS.get(family.partition(".")[0], KITS)


def _fill(
    text: str, values: dict[str, tuple[str, ...]], draw: Random, links: dict[str, str]
) -> str:
    """Fill the slots; `links` takes the words of those that are to count as linked."""

    def value(found: re.Match[str]) -> str:
        slot = found[1]
        if slot not in values:
            raise CorpusError(f"{text!r} has the slot {slot}, which has no values")
        chosen = draw.choice(values[slot])
        if slot in _LINKED and draw.random() < 0.5:  # noqa: PLR2004 -- linked as often as not
            links.update(dict.fromkeys(words_of(chosen), _LINKED[slot]))
        return chosen

    return _SLOT.sub(value, text)


def _dress(message: str, skill: str, draw: Random) -> str:
    """Add a courtesy here and there."""
    if skill.startswith("dialog."):
        return message
    if draw.random() < 0.15:  # noqa: PLR2004 -- a few
        prefixes = _ASKING if skill.startswith(("act.", "nav.")) else _PREFIXES
        message = f"{draw.choice(prefixes)} {message}"
    if draw.random() < 0.2:  # noqa: PLR2004 -- a few
        message = f"{message.rstrip('?.!')} {draw.choice(_SUFFIXES)}"
    return message


def _roughen(message: str, draw: Random) -> str:
    """Drop apostrophes and punctuation, and let a finger slip."""
    if draw.random() < 0.4:  # noqa: PLR2004 -- thumbs
        message = message.replace("'", "").rstrip("?.!")
    if draw.random() > 0.25:  # noqa: PLR2004 -- most type well
        return message
    words = message.split(" ")
    places = [
        at
        for at, word in enumerate(words)
        if len(word) >= _SHORTEST_TYPO and word.isalpha() and not word.startswith("x")
    ]
    if places:
        at = draw.choice(places)
        words[at] = _slip(words[at], draw)
    return " ".join(words)


def _slip(word: str, draw: Random) -> str:
    at = draw.randrange(1, len(word) - 1)
    kind = draw.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:  # noqa: PLR2004 -- the third of four
        return word[:at] + word[at] + word[at:]
    near = _NEIGHBOURS.get(word[at].lower(), word[at])
    return word[:at] + draw.choice(near) + word[at + 1 :]

"""Keeps people to ourselves: stand-ins for their names, addresses and numbers on the way out, names on the way back."""

import re
from collections.abc import Callable, Iterable
from string import ascii_uppercase

from assistant.skills.wording import clip

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TELEPHONE = re.compile(
    r"(?<![\w-])(?:(?:\+\d|\(?0\d)(?:[ ().-]{0,2}\d){6,13}|\d{3}[-. ]\d{3}[-. ]\d{4})(?![\w-])"
)
_LEFT_OUT = "[left-out]"
_STAND_IN = re.compile(r"\bPerson-([A-Z]+)\b", re.IGNORECASE)
_SHORTEST_PART = 3
# First names that are words as well: hidden with a capital alone.
_WORDS = """
    april art august bill dawn drew faith frank grace grant hope iris ivory ivy jack joy june mark may miles olive pat
    pearl ray rich rob rose ruby sage sandy sky summer sunny tan violet will
"""
_ALSO_WORDS = frozenset(_WORDS.split())


class Names:
    """The people of one request. `hide` puts stand-ins, `show` puts the names back."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(dict.fromkeys(name for name in names if name.strip()))
        stand_ins: dict[str, str] = {}
        for at, name in enumerate(self._names):
            stand_in = f"Person-{_letters(at)}"
            stand_ins[name.casefold()] = stand_in
            for part in re.findall(r"[^\W\d_]+", name):
                if len(part) >= _SHORTEST_PART:
                    stand_ins.setdefault(part.casefold(), stand_in)
        self._stand_ins = stand_ins
        longest_first = sorted(stand_ins, key=lambda name: (-len(name), name))
        either = "|".join(map(re.escape, longest_first))
        self._pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE) if either else None

    def hide(self, text: str) -> str:
        text = _TELEPHONE.sub(_LEFT_OUT, _ADDRESS.sub(_LEFT_OUT, text))
        return self._pattern.sub(self._stand_in, text) if self._pattern else text

    @staticmethod
    def lacks(text: str) -> bool:
        """Tell whether a text repeats the gap of something that was left out, and does not come back."""
        return "left-out" in text

    def show(self, text: str, write: Callable[[str], str] = clip) -> str:
        return _STAND_IN.sub(lambda match: self._name(match, write), text)

    def _stand_in(self, match: re.Match[str]) -> str:
        said = match[0]
        folded = said.casefold()
        if folded in _ALSO_WORDS and said[0].islower():
            return said
        return self._stand_ins.get(folded, "Person")

    def _name(self, match: re.Match[str], write: Callable[[str], str]) -> str:
        at = 0
        for letter in match[1].upper():
            at = at * len(ascii_uppercase) + ascii_uppercase.index(letter) + 1
        return write(self._names[at - 1]) if at <= len(self._names) else match[0]


def _letters(at: int) -> str:
    """Return A, B, ... Z, AA, AB, ...: letters, for a digit would ground a number."""
    text = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, len(ascii_uppercase))
        text = ascii_uppercase[rest] + text
    return text

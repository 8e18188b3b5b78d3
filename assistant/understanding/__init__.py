"""What a message means: one seam, `understand`, whatever stands behind it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from assistant.understanding import guards, rules
from assistant.understanding.dates import find_window
from assistant.understanding.lexicon import FILLERS, NOT_ARRIVED, NOT_READY, READY
from assistant.understanding.linker import CODE_LENGTH, Link
from assistant.understanding.normalise import Text, read
from assistant.understanding.reading import find_pieces, mark
from assistant.understanding.slots import Slots, find_page, read_slots
from insights.schemas.logistics import Sample

INTENTS = ("navigation", "question", "action", "help", "out_of_scope")

_INTENT_OF = {
    "nav": "navigation",
    "act": "action",
    "dialog": "action",
    "help": "help",
    "smalltalk": "help",
    "out_of_scope": "out_of_scope",
}
_MOST_WORDS = 120  # of a message that the rules read
_ALTERNATIVES = 2
_MISSING = re.compile(r"\bmissing\b")
_LEFT = re.compile(r"\b(?:left|remain(?:s|ing)?|to go|outstanding|still (?:open|to do))\b")
_DONE = re.compile(r"\b(?:ready|done|finished)\b")


@dataclass(frozen=True, slots=True)
class Understanding:
    """What was read: `skill` is a name of the registry, `confidence` is 0..1.

    `alternatives` are the next readings, best first.
    """

    skill: str
    confidence: float
    slots: Slots = field(default_factory=Slots)
    alternatives: tuple[str, ...] = ()

    @property
    def intent(self) -> str:
        return intent_of(self.skill)


def intent_of(skill: str) -> str:
    """Return the coarse intent that a skill belongs to."""
    return _INTENT_OF.get(skill.partition(".")[0], "question")


def understand(
    message: str, *, kit: str, samples: Sequence[Sample], now: datetime, zone: ZoneInfo
) -> Understanding:
    """Read one message against the samples that came with it. Never raises."""
    text = read(message)
    plain = " ".join(text.spelled[:_MOST_WORDS])
    link, several = Link(), False
    if samples and _may_name_a_piece(text):
        link, several = find_pieces(text, plain, samples)
    marked = mark(text, link, most_words=_MOST_WORDS)
    core = guards.strip_polite(marked)
    slots = read_slots(text, plain, link=link, samples=samples)
    slots = replace(slots, window=find_window(text.line, now=now, zone=zone))
    decided = rules.guard(plain, core)
    if decided:
        skill, confidence = decided
        negated = replace(slots, negated=skill == "dialog.deny")
        return Understanding(skill, confidence, negated)
    found = rules.readings(marked, core, kit=kit, slots=slots, several=several)
    if not found:
        return Understanding("out_of_scope", rules.GUESS, slots)
    skill, confidence = found[0]
    others = dict.fromkeys(other for other, _ in found if other != skill)
    slots = _complete(slots, skill, plain)
    return Understanding(skill, confidence, slots, tuple(others)[:_ALTERNATIVES])


def _may_name_a_piece(text: Text) -> bool:
    """Spare the index when no word can be part of a name or of a code."""
    return any(word not in FILLERS and not word.isdigit() for word in text.words) or any(
        len(compound) >= CODE_LENGTH and any(letter.isdigit() for letter in compound)
        for compound in text.compounds
    )


def _complete(slots: Slots, skill: str, plain: str) -> Slots:
    """Fill what only makes sense once the skill is known."""
    if skill == "nav.page":
        return replace(slots, target=find_page(plain) or "home")
    if skill != "logistics.list" or slots.statuses:
        return slots
    if _MISSING.search(plain):
        return replace(slots, statuses=(*NOT_ARRIVED, "lost"))
    if _LEFT.search(plain):
        return replace(slots, statuses=NOT_READY)
    return replace(slots, statuses=READY) if _DONE.search(plain) else slots

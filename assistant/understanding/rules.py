"""Message -> skills, best first, by the ordered tables of `phrases`.

The message arrives with the linked piece replaced by `ITEM`. The first rule that fits decides
unless a linked piece or a filter speaks louder; rules that fit too are the alternatives.
"""

import re
from collections.abc import Iterable

from assistant.understanding import guards
from assistant.understanding.lexicon import DESIGNERS
from assistant.understanding.phrases.actions import ACTIONS
from assistant.understanding.phrases.navigation import NAVIGATION
from assistant.understanding.phrases.open_questions import OPEN, OVERVIEW
from assistant.understanding.phrases.questions import QUESTIONS
from assistant.understanding.phrases.talk import CHAT, COURTESIES, ELSEWHERE, HELP
from assistant.understanding.phrases.words import Rule
from assistant.understanding.slots import Slots

SURE, LIKELY, OPEN_ENDED, GUESS = 0.95, 0.8, 0.6, 0.3

Reading = tuple[str, float]  # a skill and how sure we are, 0..1

_PRIVACY = tuple(rule for rule in ACTIONS if rule.skill == "act.privacy")
_OURS = re.compile(r"\b(?:tasks?|remind(?:er)?|samples?)\b")
_PICTURES = re.compile(
    r"\b(?:images?|photos?|pictures?|pics?|assets?|gallery|frames?|shot list|selects?|reshoots?"
    r"|close ?ups?)\b"
)
_EVENTS = re.compile(r"\b(?:tasks?|to ?dos?|run of show|staff\w*|crew|ushers?|doors?)\b")
_PIECES = re.compile(
    r"\b(?:samples?|pieces|items|looks|garments|hero(?:es)?|stuff|clothes|things)\b"
)
_ASKS_ONE = re.compile(r"^(?:where is|who has|has the|did the|is the|locate|track)\b")
_ASKS_PLACE = re.compile(r"^(?:where|has|have|did|is|who has|when)\b")

_CLOSED = frozenset({"help", "nav", "act", "smalltalk", "out_of_scope"})
_ABOUT_ONE = frozenset({"logistics.returns", "logistics.batching", "events.critical_path"})
_ABOUT_MANY = frozenset({"logistics.batching", "logistics.returns", "logistics.blockers"})
_LOOSE = frozenset({"", "logistics.arrivals", "logistics.readiness"})


def guard(plain: str, core: str) -> Reading | None:
    """Return what is decided whatever else the words say: noise, attacks, yes, no, "do not"."""
    if not plain:
        return "out_of_scope", GUESS
    if guards.is_attack(plain):
        return "out_of_scope", SURE
    if guards.is_no(plain) or (guards.is_negated(plain, core) and not guards.is_yes(plain)):
        return "dialog.deny", SURE
    return ("dialog.affirm", SURE) if guards.is_yes(plain) else None


def readings(marked: str, core: str, *, kit: str, slots: Slots, several: bool) -> list[Reading]:
    """Return every skill that fits, best first; `core` is `marked` without its courtesies."""
    commands = not guards.is_question(core)
    found: list[Reading] = []
    if ELSEWHERE.search(marked) and not _OURS.search(marked):
        found.append(("out_of_scope", LIKELY))
    if commands:
        found += _matches(_PRIVACY, core, kit, SURE)
    found += _matches(HELP, core, kit, LIKELY)
    found += _matches(COURTESIES, marked, kit, SURE)
    found += _matches(NAVIGATION, core, kit, LIKELY)
    if commands:
        found += _matches(ACTIONS, core, kit, LIKELY)
    found += _matches(QUESTIONS, core, kit, LIKELY)
    found = _weigh(found, core, slots=slots, several=several)
    if not found and _PIECES.search(core) and (several or commands or kit == "logistics"):
        found.append(("logistics.list", LIKELY))
    found += _matches(CHAT, marked, kit, OPEN_ENDED)
    found += _matches(OVERVIEW, core, kit, OPEN_ENDED)
    found += _matches(OPEN, core, kit, OPEN_ENDED)
    return found


def _matches(table: Iterable[Rule], text: str, kit: str, confidence: float) -> list[Reading]:
    return [
        (rule.skill, confidence)
        for rule in table
        if (not rule.kits or kit in rule.kits) and rule.pattern.search(text)
    ]


def _weigh(found: list[Reading], core: str, *, slots: Slots, several: bool) -> list[Reading]:
    """Let a linked piece and the filters speak where the phrases leave room."""
    first = found[0][0] if found else ""
    if first.partition(".")[0] in _CLOSED or _PICTURES.search(core) or _EVENTS.search(core):
        return found
    place, listing = ("logistics.locate", LIKELY), ("logistics.list", LIKELY)
    if slots.items and not several:
        return _insert(found, place, second=first in _ABOUT_ONE)
    absent = any(word in DESIGNERS for word in slots.unknown)
    if absent and first in {"", "logistics.arrivals"} and (not several or _ASKS_PLACE.search(core)):
        return [place, *found]
    if _ASKS_ONE.search(core) and slots.filters and first in {"", "logistics.arrivals"}:
        return [place, *found]
    settled = first not in _LOOSE and (first in _ABOUT_MANY or not several)
    timed = first == "logistics.arrivals" and slots.window
    if settled or timed or not (slots.filters or slots.hero is not None):
        return found
    return _insert(found, listing, second=first == "logistics.readiness" and not several)


def _insert(found: list[Reading], reading: Reading, *, second: bool) -> list[Reading]:
    return [found[0], reading, *found[1:]] if second else [reading, *found]

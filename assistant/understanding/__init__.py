"""What a message means: one seam, `understand`, whatever stands behind it."""

import re
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from assistant.understanding.context import Context
from assistant.understanding.dates import find_window
from assistant.understanding.deciding import MOST_WORDS, is_clear, readings
from assistant.understanding.lexicon import NOT_ARRIVED, NOT_READY, READY
from assistant.understanding.linker import Index
from assistant.understanding.meaning import INTENTS, Understanding, intent_of
from assistant.understanding.model import trained
from assistant.understanding.normalise import read
from assistant.understanding.quantities import find_clock
from assistant.understanding.reading import find_links, tokens_of_links
from assistant.understanding.slots import Slots, find_page, read_slots

__all__ = ["INTENTS", "Understanding", "intent_of", "understand"]

_ALTERNATIVES = 3
_KIT_OF_PAGE = {
    **dict.fromkeys(("logistics", "samples", "returns"), "logistics"),
    **dict.fromkeys(("events", "tasks", "run-of-show", "staffing"), "events"),
    **dict.fromkeys(("media", "gallery", "shot-list", "selects"), "media"),
    **dict.fromkeys(("recommendations", "packages"), "recommendations"),
}
_MISSING = re.compile(r"\bmissing\b")
_LEFT = re.compile(r"\b(?:left|remain(?:s|ing)?|to go|outstanding|still (?:open|to do))\b")
_DONE = re.compile(r"\b(?:ready|done|finished)\b")


def understand(
    message: str,
    *,
    kit: str,
    context: Context | Index,
    now: datetime,
    zone: ZoneInfo,
    route: str = "",
) -> Understanding:
    """Read one message against the data that came with it. Never raises.

    A caller that sees the same context again passes the `Index` that it kept of it. At home the
    page (`route`) says which kit is meant.
    """
    index = context if isinstance(context, Index) else Index(context)
    if kit == "home":
        kit = _KIT_OF_PAGE.get(route.strip("/").partition("/")[0].partition("?")[0], kit)
    text = read(message)
    plain = " ".join(text.spelled[:MOST_WORDS])
    links = find_links(text, plain, index, kit=kit)
    slots = read_slots(text, plain, links=links, index=index)
    slots = replace(slots, window=find_window(text.line, now=now, zone=zone))
    found = readings(text, tokens_of_links(links), kit=kit, model=trained())
    best, *others = found[: _ALTERNATIVES + 1]
    slots = _complete(slots, best.skill, plain)
    if slots.clock and index.context.cues and intent_of(best.skill) != "action":
        # "At nine" is in the evening of a day that begins at two.
        starts = [cue.start_at for cue in index.context.cues if cue.start_at]
        if starts:
            first_hour = min(starts).astimezone(zone).hour
            slots = replace(slots, clock=find_clock(text.line, first_hour))
    return Understanding(
        best.skill,
        best.probability,
        slots,
        tuple(reading.skill for reading in others),
        tuple(reading.probability for reading in others),
        decided=is_clear(found, text),
    )


def _complete(slots: Slots, skill: str, plain: str) -> Slots:
    """Fill what only makes sense once the skill is known."""
    if skill == "dialog.deny":
        return replace(slots, negated=True)
    if skill == "nav.page":
        return replace(slots, target=find_page(plain) or "home")
    if skill != "logistics.list" or slots.statuses:
        return slots
    if _MISSING.search(plain):
        return replace(slots, statuses=(*NOT_ARRIVED, "lost"))
    if _LEFT.search(plain):
        return replace(slots, statuses=NOT_READY)
    return replace(slots, statuses=READY) if _DONE.search(plain) else slots

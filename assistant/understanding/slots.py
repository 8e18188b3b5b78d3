"""What a message fixes besides its skill: records, filters, a time, a page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.understanding.dates import Window
from assistant.understanding.lexicon import (
    CLASS_OF,
    COLOURS,
    DESIGNERS,
    NOT_ARRIVED,
    NOT_READY,
    PAGE_OF,
    STATUS_PHRASES,
)
from assistant.understanding.linker import Link, known_values
from assistant.understanding.normalise import Text
from assistant.understanding.spelling import singular
from insights.schemas.logistics import Sample

_LOOK = re.compile(r"\blook(?:s|book)? ?(?:number |no |nr )?(\d{1,4})\b")
_COUNT = re.compile(r"\b(?:top|best|first|last|next|pick|any|show|show me|give me) (\d{1,3})\b")
_NOT_ARRIVED = re.compile(
    r"\b(?:not (?:\w+ )?(?:arrived?|here|come|received|delivered|checked in)"
    r"|still (?:to come|coming|waiting|missing|expected)|yet to (?:arrive|come))\b"
)
_UNREADY = re.compile(r"\bnot (?:\w+ )?(?:ready|on set)\b")
_HERO = re.compile(r"\bhero(?:e?s)?\b")
_NOT_HERO = re.compile(r"\b(?:non|not|no) hero(?:e?s)?\b")
_WORDS_OF_STATUS = tuple(
    (re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b"), status)
    for status, phrases in STATUS_PHRASES.items()
)
_STATUS_SHOT = re.compile(
    r"\b(?:(?:already|been|is|are|was|were|got|be) shot|shot (?:already|so far|yet|samples?|pieces?|items?|looks?)"
    r"|(?:samples?|pieces?|items?) shot|captured|photographed|not (?:yet )?shot)\b"
)
_PAGE_NAMES = sorted(PAGE_OF, key=lambda name: (-name.count(" "), -len(name), name))
_PAGE = re.compile(rf"\b({'|'.join(map(re.escape, _PAGE_NAMES))})\b")


@dataclass(frozen=True, slots=True)
class Slots:
    """`items` are sample ids: one is a found piece, several are equally good readings.

    `unknown` are words that look like a piece's name and are nowhere in the data. The other tuples
    are filters, empty when the message sets none; `look` is a look's number; `target` a page slug.
    """

    items: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    designers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    hero: bool | None = None
    look: int | None = None
    window: Window | None = None
    count: int | None = None
    target: str | None = None
    negated: bool = False

    @property
    def filters(self) -> bool:
        """Whether the message narrows the list by status, kind, colour, house or place."""
        return bool(
            self.statuses or self.categories or self.colours or self.designers or self.places
        )


def read_slots(text: Text, plain: str, *, link: Link, samples: Sequence[Sample]) -> Slots:
    """Fill every slot the words can fill; the window, page and negation are set by the caller."""
    heads = dict.fromkeys(singular(word) for word in text.spelled)
    look, count = _LOOK.search(plain), _COUNT.search(plain)
    hero = None
    if _HERO.search(plain):
        hero = not _NOT_HERO.search(plain)
    return Slots(
        items=link.ids,
        named=link.words,
        unknown=link.unknown,
        statuses=read_statuses(plain),
        categories=tuple(head for head in heads if head in CLASS_OF),
        colours=tuple(colour for colour in heads if colour in COLOURS),
        # A house that is not in the data filters too: to an honest nothing.
        designers=(
            *known_values((sample.designer for sample in samples), text),
            *(word.capitalize() for word in link.unknown if word in DESIGNERS),
        ),
        places=known_values((sample.location for sample in samples), text),
        hero=hero,
        look=int(look[1]) if look else None,
        count=int(count[1]) if count else None,
    )


def read_statuses(plain: str) -> tuple[str, ...]:
    """Return the statuses that a question filters by, in the order of their normal course."""
    if _NOT_ARRIVED.search(plain):
        return NOT_ARRIVED
    if _UNREADY.search(plain):
        return NOT_READY
    found = []
    for pattern, status in _WORDS_OF_STATUS:
        if status == "shot":
            # "shot" and "shots" are pictures as often as a status.
            if _STATUS_SHOT.search(plain):
                found.append(status)
        elif pattern.search(plain):
            found.append(status)
    return tuple(found)


def find_page(plain: str) -> str | None:
    """Return the slug of the page that is named last: "from the gallery to the tasks" is tasks."""
    names = _PAGE.findall(plain)
    if not names:
        return None
    elsewhere = [name for name in names if PAGE_OF[name] not in {"back", "home"}]
    return PAGE_OF[(elsewhere or names)[-1]]

"""What a message fixes besides its skill: records, filters, a time, a page."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import time

from assistant.understanding.dates import Window
from assistant.understanding.lexicon import (
    CLASS_OF,
    COLOURS,
    DESIGNERS,
    NOT_ARRIVED,
    NOT_READY,
    PAGE_OF,
    ROLES,
    STATUS_PHRASES,
)
from assistant.understanding.linker import Index, Links, is_no_garment, known_places, known_values
from assistant.understanding.normalise import Text, squeeze, words_of
from assistant.understanding.quantities import (
    find_budget,
    find_clock,
    find_count,
    find_minutes,
    find_ordinal,
    find_rating,
)
from assistant.understanding.spelling import singular

_LOOK = re.compile(r"\blook(?:s|book)? ?(?:number |no |nr )?(\d{1,4})\b")
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


_PICTURES = r"(?:shots?|views?|angles?|images?|photos?|pictures?|pics?|frames?|one|ones)"
_ANGLES = {
    "front": rf"front(?:al)? {_PICTURES}|fronts|(?:the|its|their|a|from) front(?! (?:row|of house|desk|page)\b)",
    "back": rf"(?:back|rear) {_PICTURES}|backs|rears|from behind"
    r"|(?:the|its|their|a|from) (?:back|rear)(?! (?:to|of house|stage|row|door|rail|room)\b)",
    "side": rf"(?:side|profile) {_PICTURES}|sides|profiles|(?:the|from) side",
    "three_quarter": r"three[- ]quarters?|3/4",
    "detail": rf"details? {_PICTURES}|detail",
    "close_up": r"close[- ]?ups?|macro",
    "full_length": r"full[- ](?:length|body|look)|head to toe",
    "flat_lay": r"flat[- ]?lays?|laydown",
    "ghost": r"ghost(?: mannequin)?",
    "on_model": r"on[- ]model",
    "video": r"videos?|clips?",
}
_ANGLE_RULES = tuple((name, re.compile(rf"\b(?:{words})\b")) for name, words in _ANGLES.items())
_ORIENTATIONS = {
    "portrait": re.compile(r"\b(?:portraits?|vertical)\b"),
    "landscape": re.compile(r"\b(?:landscapes?|horizontal)\b"),
    "square": re.compile(r"\bsquares?\b"),
}
_TASK_STATUSES = {
    "not_started": re.compile(r"\b(?:not (?:yet )?started|to ?do|upcoming)\b"),
    "in_progress": re.compile(
        r"\b(?:in progress|started|start|begin|under ?way|ongoing|running)\b"
    ),
    "blocked": re.compile(r"\b(?:blocked|block|on hold|stuck|waiting)\b"),
    "done": re.compile(r"\b(?:done|completed?|finish(?:ed)?|closed?|tick(?:ed)? off|wrapped up)\b"),
    "overdue": re.compile(r"\b(?:overdue|late|past due)\b"),
}
_NOT_STARTED = re.compile(r"\bnot (?:yet )?started\b")
_NOT_DONE = re.compile(
    r"\b(?:(?<!as )(?<!to )open(?! (?:the|a|an|my|this|that|it|up|call)\b)"
    r"|un(?:finished|done)|not (?:yet |all )?(?:done|finished|complete\w*))\b"
)
_ASSET_STATUSES = {
    "approved": re.compile(r"\b(?:approved?|signed off|accepted)\b"),
    "rejected": re.compile(r"\b(?:reject(?:ed)?|declined?|discarded|killed)\b"),
    "pending_review": re.compile(
        r"\b(?:pending|awaiting (?:approval|review)|to (?:review|approve)|unreviewed|unapproved"
        r"|waiting (?:for|on) (?:approval|review)|not (?:yet )?(?:approved|reviewed)|in review)\b"
    ),
}
_PLACE = re.compile(r"\b(?:rail|rack|shelf|trolley|bay|bin) (?:[a-z]?\d{1,3}|[a-h])\b")
_TAG = re.compile(r"\b(?:un)?tag(?:s|ged|ging)?\b")
_MINE = re.compile(
    r"\b(?:my|mine|myself)\b|\b(?:to|for|by|on|with) me\b|\b(?:do|have|am|should|must|can) i\b"
    r"|\bi (?:have|own|am|need to|must|should)\b"
)
_CODE = re.compile(r"(?=.*\d.*\d)(?=.*[a-z]).{4,40}")
_NO_CODE = re.compile(r"\d+(?:am|pm|k|h|hrs?|mins?|m|st|nd|rd|th|x|d|days?)")


@dataclass(frozen=True, slots=True)
class Slots:
    """What was said besides the skill; everything is empty or None where nothing was.

    Records: `items` (samples), `tasks`, `assets`, `packages` and `cues` hold ids, `people` names as
    the data has them: one is found, several are equally good readings, or all named with `together`.
    `named` are the words that named a sample; `unknown` words look like a name and are nowhere in
    the data; `codes` look like
    an id or a file name and are nowhere.

    Filters: `statuses`, `categories`, `colours`, `designers`, `places` and `hero` are of samples
    (`excluded` are categories, colours and houses to leave out, of a follow-up),
    `task_statuses` of tasks (`overdue` among them), `asset_statuses`, `tags`, `angles` and
    `orientation` of pictures, `roles` of the crew; `look` is a look's number; `mine` is whether the
    user speaks of themselves.

    Values: `window`, `clock`, `minutes` (a duration), `count`, `rating` (0..5), `budget` in
    `currency`, `ordinal` (a place in the list shown, -1 the last), `target` (a page slug).
    """

    together: bool = False
    items: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    designers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    hero: bool | None = None
    look: int | None = None
    task_statuses: tuple[str, ...] = ()
    asset_statuses: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    angles: tuple[str, ...] = ()
    orientation: str | None = None
    roles: tuple[str, ...] = ()
    mine: bool = False
    window: Window | None = None
    clock: time | None = None
    minutes: int | None = None
    count: int | None = None
    rating: int | None = None
    budget: float | None = None
    currency: str | None = None
    ordinal: int | None = None
    target: str | None = None
    negated: bool = False

    @property
    def filters(self) -> bool:
        """Whether the message narrows the list by status, kind, colour, house or place."""
        return bool(
            self.statuses or self.categories or self.colours or self.designers or self.places
        )


def read_slots(text: Text, plain: str, *, links: Links, index: Index) -> Slots:
    """Fill every slot the words can fill; the window, page and negation are set by the caller."""
    elsewhere = {*links.tasks.words, *links.cues.words, *links.people.words}
    elsewhere |= {"top"} if is_no_garment(text) else set()
    said = zip(text.words, text.spelled, strict=True)
    heads = dict.fromkeys(singular(word) for typed, word in said if typed not in elsewhere)
    look = _LOOK.search(plain)
    hero = None
    if _HERO.search(plain):
        hero = not _NOT_HERO.search(plain)
    money = find_budget(text.line)
    link = links.items
    angles = tuple(name for name, pattern in _ANGLE_RULES if pattern.search(text.line))
    return Slots(
        together=links.together,
        items=link.ids,
        tasks=links.tasks.ids,
        assets=links.assets.ids,
        people=links.people.ids,
        packages=links.packages.ids,
        cues=links.cues.ids,
        named=link.words,
        unknown=link.unknown,
        codes=_read_codes(text, links),
        statuses=read_statuses(plain),
        categories=tuple(head for head in heads if head in CLASS_OF),
        colours=tuple(colour for colour in heads if colour in COLOURS or colour in index.colours),
        # A house that is not in the data filters too: to an honest nothing.
        designers=(
            *known_values(index.designers, text),
            *(word.capitalize() for word in link.unknown if word in DESIGNERS),
        ),
        places=_read_places(plain, text, index),
        hero=hero,
        look=int(look[1]) if look else None,
        task_statuses=_task_statuses(plain),
        asset_statuses=_found(_ASSET_STATUSES, plain),
        tags=_read_tags(plain, index, text, {*link.words, *angles}),
        angles=angles,
        orientation=next(iter(_found(_ORIENTATIONS, plain)), None),
        roles=_read_roles(heads, index),
        mine=bool(_MINE.search(plain)),
        clock=find_clock(text.line),
        minutes=find_minutes(text.line),
        count=find_count(plain),
        rating=find_rating(text.line),
        budget=money[0] if money else None,
        currency=money[1] if money else None,
        ordinal=find_ordinal(text.line),
    )


def _found(rules: dict[str, re.Pattern[str]], plain: str) -> tuple[str, ...]:
    return tuple(name for name, pattern in rules.items() if pattern.search(plain))


def _task_statuses(plain: str) -> tuple[str, ...]:
    if _NOT_DONE.search(plain):
        return ("not_started", "in_progress", "blocked")
    found = _found(_TASK_STATUSES, plain)
    # "Not started" has the word of "started" in it.
    return ("not_started",) if _NOT_STARTED.search(plain) else found


def _read_places(plain: str, text: Text, index: Index) -> tuple[str, ...]:
    """Return the places that are said; one of the usual kind that nothing is at filters to an honest nothing."""
    known = known_places(index.places, text)
    return known or tuple(found.capitalize() for found in _PLACE.findall(plain))


def _read_tags(plain: str, index: Index, text: Text, elsewhere: Collection[str]) -> tuple[str, ...]:
    """Return the tags that are said; a word of a piece or of an angle is a tag only when it is called one."""
    known = known_values(index.tags, text)
    if _TAG.search(plain):
        return known
    return tuple(tag for tag in known if not set(words_of(tag)) <= set(elsewhere))


def _read_roles(heads: dict[str, None], index: Index) -> tuple[str, ...]:
    """Return the roles of the data that are said, in the singular; else those of the trade."""
    known = {role: [singular(word) for word in words_of(role)] for role in index.roles}
    found = tuple(role for role, words in known.items() if words and heads.keys() >= set(words))
    return found or tuple(head for head in heads if head in ROLES)


def _read_codes(text: Text, links: Links) -> tuple[str, ...]:
    """Return what looks like an id or a file name and was not found."""
    linked = {word for link in (links.items, links.tasks, links.assets) for word in link.words}
    return tuple(
        compound
        for compound in text.compounds
        if _CODE.fullmatch(squeeze(compound))
        and not _NO_CODE.fullmatch(compound)
        and linked.isdisjoint(words_of(compound))
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

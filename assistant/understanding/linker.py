"""Which records a message speaks of: samples, tasks, pictures, people, packages, cues.

Samples, of which people say any part of the name, are found by words with their inverse document
frequency; the other kinds only when most of their name is said. Ids, SKUs, barcodes and file names
are exact codes. Kinds compete for words: the record that explains more of them has them.
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from assistant.understanding.context import Context
from assistant.understanding.lexicon import CLASS_OF, COLOURS, DOMAINS, FILLERS, INITIALS, PAGE_OF
from assistant.understanding.names import Match, Name, Names
from assistant.understanding.normalise import Text, fold, squeeze, squeeze_each, words_of
from assistant.understanding.spelling import singular
from insights.schemas.logistics import Sample

CODE_LENGTH = 3  # a shorter id is a word or a count in most messages
_NAME_LENGTH = 120  # characters of a field that are indexed
_NAME_TOKENS = 12
_MARKUP_LENGTH = 400  # characters of a field that are searched for markup, which names nothing
_MARKUP = re.compile(
    r"<script\b[^>]{0,99}>[^<]{0,199}</script|<[^<>]{0,199}>|\w{1,9}://[^\s)>]{0,199}"
)
_QUERY_TOKENS = 24
_MOST_OF_A_TITLE, _HALF_OF_A_TITLE, _ALL_OF_A_FILE = 0.65, 0.42, 0.75
_SHORTEST_OF_A_FILE = 3
_FILE_PREFIXES = frozenset({"img", "imgs", "dsc", "dscf", "dscn", "pic", "pics", "raw", "jpg"})
_PARTS = re.compile(r"[,:;()]| - ")
_TO_A_PLACE = re.compile(r"^ *(?:(?:last seen|at|with|in|on|near|the)\b *)+")
_LONG_ENOUGH = 5
_DIGITS = re.compile(r"[0-9]{1,9}")
_LETTERS = re.compile(r"[a-z]+")
_NUMBERED = re.compile(
    r"\b(?:image|photo|picture|pic|asset|frame|file|shot|img|dsc|jpg|jpeg)s?"
    r" (?:number |no\.? |nr\.? |id |#)?(\d{1,9}(?:(?: ?, ?| and | & )\d{1,9})*)\b(?! ?(?:stars?|x|px))"
)
_BARE_NUMBER = re.compile(
    r"(?<![\w.,:/-])(?<!look )(?<!looks )(?<!top )(?<!best )(?<!first )(?<!last )(?<!next )(?<!than )"
    r"(?<!under )(?<!over )(?<!above )(?<!below )(?<!pick )(?<!at )(?<!by )(?<!score )(?<!least )"
    r"(\d{2,9}(?:(?: ?, ?| and | & )\d{2,9})*)(?=$|[?!.]| (?!(?:images?|photos?|pictures?|shots?|of|stars?"
    r"|pics?|percent|px|pixels?|mp|minutes?|hours?|days?|am|pm|best|more|files?|or|x)\b))"
)
_TASKS = re.compile(
    r"^who (?!is\b|are\b|has\b|have\b)"
    r"|\b(?:tasks?|owns?|owner|assign\w*|reassign|due|finish\w*|complete\w*|done|start\w*|block\w*|late"
    r"|reschedule|postpone|delay\w*|deadline|overdue|progress|responsible|depends?|dependency|slack)\b"
)
_WHEN = re.compile(r"^(?:what time|when) (?:is|are|does|do|will)\b")
_PAGE_NAME = re.compile(
    rf"\b(?:{'|'.join(name for name in PAGE_OF if ' ' in name)}|run (?:through|order|time))\b"
)
_NO_GARMENT = re.compile(
    r"\btop (?=\d|ten|five|three|picks?|images?|photos?|pictures?|shots?|selects?|risks?|priorit)"
    r"|\bon (?=top)|\bat the (?=top)"
)


@dataclass(frozen=True, slots=True)
class Link:
    """The records a message can mean, in list order: none, one, or several equally good.

    `words` are those that named them; `unknown` those that look like part of a name and fit
    nothing in the data; `exact` when a code decided.
    """

    ids: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Links:
    """What was linked, by kind; people are linked by their name as the data has it.

    `together` is whether several records are each named, and not equally good readings of one name.
    """

    items: Link = Link()
    tasks: Link = Link()
    assets: Link = Link()
    people: Link = Link()
    packages: Link = Link()
    cues: Link = Link()
    together: bool = False


class Index:
    """All names and codes of a context; costs what the context is long, so keep it while that lasts."""

    def __init__(self, context: Context) -> None:
        self.context = context
        tasks, assets, packages, cues = (
            context.tasks,
            context.assets,
            context.packages,
            context.cues,
        )
        self._samples = Names([Name(*tokens_of(sample)) for sample in context.samples])
        self._tasks = Names([_title(task.name) for task in tasks], whole=_MOST_OF_A_TITLE)
        self._assets = Names([_file(asset.file_name) for asset in assets], whole=_ALL_OF_A_FILE)
        self._people = Names([Name(_name_tokens(name)) for name in context.names], whole=0.01)
        self._packages = Names([_title(row.name) for row in packages], whole=_MOST_OF_A_TITLE)
        self._cues = Names([_title(cue.name) for cue in cues], whole=_MOST_OF_A_TITLE)
        self._sample_codes = _codes(
            (sample.id, sample.sku, sample.barcode) for sample in context.samples
        )
        self._task_codes = _codes((task.id,) for task in tasks)
        self._asset_codes = _codes(
            (asset.id, asset.file_name, _stem(asset.file_name)) for asset in assets
        )
        self._numbers = tuple(
            _by_number(names)
            for names in (
                [_stem(asset.file_name) for asset in assets],
                [asset.id for asset in assets],
            )
        )
        self.designers = tuple(dict.fromkeys(sample.designer for sample in context.samples))
        self.places = tuple(dict.fromkeys(sample.location for sample in context.samples))
        self.colours = frozenset(
            fold(sample.color)
            for sample in context.samples
            if sample.color and sample.color.isalpha()
        )
        self.tags = tuple(dict.fromkeys(tag for asset in assets for tag in asset.tags))
        roles = [shift.role for shift in context.staffing]
        roles += [role for person in context.people for role in person.roles]
        self.roles = tuple(dict.fromkeys(role for role in roles if role))
        self.makers = frozenset(
            word
            for designer in self.designers
            if designer
            for word in words_of(designer[:_NAME_LENGTH])
        )

    def link(self, text: Text, *, kit: str = "") -> Links:
        """Link a message; in the kit of media a bare number is that of a picture."""
        context = self.context
        said = _content(text.words)
        heard = frozenset((*text.words, *text.spelled))
        plain = " ".join(text.spelled)
        cues = self._cues.match(said, heard=heard)
        # "When is the rehearsal?" is about a task where the run of show has nothing of the name.
        half = _TASKS.search(plain) or (not cues.places and _WHEN.search(plain))
        whole = _HALF_OF_A_TITLE if half else None
        assets = (
            self._numbered(text, _NUMBERED)
            or _by_code(text, self._asset_codes, [asset.id for asset in context.assets])
            or (self._numbered(text, _BARE_NUMBER) if kit == "media" else None)
        )
        taken = set(assets.words) if assets else set[str]()
        no_garment = {"top"} if is_no_garment(text) else set[str]()
        found = {
            "items": self._piece(text, [word for word in said if word not in taken | no_garment]),
            "tasks": _by_code(text, self._task_codes, [task.id for task in context.tasks])
            or self._titled(self._tasks.match(said, heard=heard, whole=whole), text),
            "assets": assets
            or _linked(self._assets.match(said), [asset.id for asset in context.assets]),
            "people": _linked(self._people.match(_unusual(said)), context.names),
            "packages": _linked(
                self._packages.match(said, heard=heard), [row.id for row in context.packages]
            ),
            "cues": _linked(cues, [cue.id for cue in context.cues]),
        }
        found = _compete(found, text)
        return Links(
            found["items"],
            found["tasks"],
            found["assets"],
            found["people"],
            found["packages"],
            found["cues"],
        )

    def is_called(self, ids: Collection[str], word: str) -> bool:
        """Tell whether the name of one of these samples has a word in it, as written."""
        return any(
            word in _name_tokens(sample.name) for sample in self.context.samples if sample.id in ids
        )

    def _piece(self, text: Text, said: list[str]) -> Link:
        ids = [sample.id for sample in self.context.samples]
        exact = _by_code(text, self._sample_codes, ids)
        if exact:
            return exact
        match = self._samples.match(self._houses_spelled_out(said))
        if len(match.places) > 1:
            names = {at: self.context.samples[at].name for at in match.places}
            match = replace(match, places=_spelled_out(names, text))
        return _linked(match, ids)

    def _houses_spelled_out(self, said: Sequence[str]) -> list[str]:
        """Write out a house that is in the data and is called by its initials."""
        found: list[str] = []
        for word in said:
            house = INITIALS.get(word, ())
            found += house if house and self.makers.issuperset(house) else (word,)
        return found

    def _titled(self, match: Match, text: Text) -> Link:
        if match.places and set(match.words) <= _words_of_a_page(text):
            return Link(unknown=match.unknown)
        if len(match.places) > 1:
            names = {at: self.context.tasks[at].name for at in match.places}
            match = replace(match, places=_spelled_out(names, text))
        return _linked(match, [task.id for task in self.context.tasks])

    def _numbered(self, text: Text, pattern: re.Pattern[str]) -> Link | None:
        """Find "image 77" by the last number of a file name, else by that of an id."""
        found = pattern.search(text.line)
        if not found:
            return None
        places: list[int] = []
        for number in map(int, _DIGITS.findall(found[1])):
            hits = [held[number] for held in self._numbers if number in held]
            if hits:
                fewest = min(hits, key=len)
                places += fewest
        ids = tuple(dict.fromkeys(self.context.assets[at].id for at in places))
        return Link(ids, tuple(words_of(found[0])), exact=True) if ids else None


def _words_of_a_page(text: Text) -> set[str]:
    """Return the words of a page's name: "run" in "run of show" is said of no task."""
    found = _PAGE_NAME.search(" ".join(text.words))
    return set(found[0].split()) if found else set()


def _spelled_out(ties: dict[int, str | None], text: Text) -> tuple[int, ...]:
    """Prefer those whose name the message spells out, fillers and numbers included."""
    said = set(text.words)
    spelled = {at: _name_tokens(name) for at, name in ties.items()}
    whole = [at for at in ties if spelled[at] and set(spelled[at]) <= said]
    longest = max((len(spelled[at]) for at in whole), default=0)
    return tuple(at for at in whole if len(spelled[at]) == longest) or tuple(ties)


def _by_number(names: Iterable[str]) -> dict[int, list[int]]:
    held: dict[int, list[int]] = defaultdict(list)
    for at, name in enumerate(names):
        number = _last_number(name)
        if number is not None:
            held[number].append(at)
    return held


def _compete(found: dict[str, Link], text: Text) -> dict[str, Link]:
    """Give each word to the kind that explains most with it."""
    heads = {singular(word) for word in text.spelled}
    about = {
        "tasks": not DOMAINS["task"].isdisjoint(heads),
        "assets": not DOMAINS["picture"].isdisjoint(heads),
        "items": not DOMAINS["piece"].isdisjoint(heads),
        "packages": "package" in heads,
    }
    order = ("items", "tasks", "people", "assets", "cues", "packages")
    ranked = sorted(
        (kind for kind in order if found[kind].ids),
        key=lambda kind: (
            not found[kind].exact,
            -len(found[kind].words),
            not about.get(kind, False),
            order.index(kind),
        ),
    )
    taken: set[str] = set()
    for kind in ranked:
        if taken.isdisjoint(found[kind].words):
            taken |= set(found[kind].words)
        else:
            found[kind] = Link()
    unknown = tuple(word for word in found["items"].unknown if word not in taken)
    found["items"] = replace(found["items"], unknown=unknown)
    return found


def _by_code(text: Text, codes: dict[str, list[int]], ids: Sequence[str]) -> Link | None:
    pairs = (f"{one} {two}" for one, two in itertools.pairwise(text.words))
    for candidates in (text.compounds, pairs, text.words):
        for said in candidates:
            code = squeeze(said)
            # Plain words and small numbers are ids in some lists, and words in all messages.
            if len(code) < CODE_LENGTH or code in FILLERS:
                continue
            hits = codes.get(code)
            if hits:
                found = tuple(dict.fromkeys(ids[at] for at in hits))
                return Link(ids=found, words=tuple(words_of(said)), exact=True)
    return None


def _codes(rows: Iterable[Iterable[str | None]]) -> dict[str, list[int]]:
    said = [
        (code, at)
        for at, row in enumerate(rows)
        for code in set(row)
        if code and len(code) <= _NAME_LENGTH
    ]
    codes: dict[str, list[int]] = defaultdict(list)
    for squeezed, (_, at) in zip(squeeze_each([code for code, _ in said]), said, strict=True):
        codes[squeezed].append(at)
    return codes


def _linked(match: Match, ids: Sequence[str]) -> Link:
    found = tuple(dict.fromkeys(ids[at] for at in match.places))
    return Link(ids=found, words=match.words, unknown=match.unknown)


def _content(words: Iterable[str]) -> list[str]:
    """Return the words that can be part of a name."""
    return [
        word
        for word in dict.fromkeys(words)
        if word not in FILLERS and not word.isdigit() and singular(word) not in FILLERS
    ][:_QUERY_TOKENS]


def _unusual(words: Iterable[str]) -> list[str]:
    """Leave out the trade's own words, which are nobody's name."""
    return [word for word in words if singular(word) not in CLASS_OF]


def _title(value: str | None) -> Name:
    words = _name_tokens(value)
    content = frozenset(_content(words))
    # One word of many ("Doors open") names a title only together with the others.
    return Name(content, spelled=frozenset(words) if len(content) == 1 else frozenset())


def _file(value: str | None) -> Name:
    return _named_by(tuple(_LETTERS.findall(_file_stem(value))))


@lru_cache(maxsize=1024)
def _named_by(letters: tuple[str, ...]) -> Name:
    """Read once what many files of a camera are called."""
    return Name(
        frozenset(
            word
            for word in _content(letters)
            if len(word) >= _SHORTEST_OF_A_FILE and word not in _FILE_PREFIXES
        )
    )


def _stem(file_name: str | None) -> str:
    return (file_name or "")[:_NAME_LENGTH].rpartition(".")[0] or (file_name or "")[:_NAME_LENGTH]


def _file_stem(value: str | None) -> str:
    if value and "<" in value:
        value = _MARKUP.sub(" ", value[:_MARKUP_LENGTH])
    return fold(_stem(value))


def _last_number(value: str) -> int | None:
    digits = _DIGITS.findall(value[:_NAME_LENGTH])
    return int(digits[-1]) if digits else None


def tokens_of(sample: Sample) -> tuple[frozenset[str], frozenset[str]]:
    """Return the folded tokens that name a sample, and the classes and kinds it belongs to."""
    told = (sample.name, sample.designer, sample.color, sample.category)
    return _called(*[(value or "")[:_MARKUP_LENGTH] for value in told])


@lru_cache(maxsize=4096)
def _called(
    name: str, designer: str, colour: str, category: str
) -> tuple[frozenset[str], frozenset[str]]:
    """Read once what stays the same from message to message, whatever happens to the sample."""
    named = _name_tokens(name)
    described, classes = _described(
        designer[:_NAME_LENGTH], colour[:_NAME_LENGTH], category[:_NAME_LENGTH]
    )
    return described.union(named), classes.union(filter(None, map(_class_of, named)))


@lru_cache(maxsize=4096)
def _class_of(token: str) -> str | None:
    return CLASS_OF.get(singular(token))


@lru_cache(maxsize=1024)
def _described(designer: str, colour: str, category: str) -> tuple[frozenset[str], frozenset[str]]:
    """Read the fields that many samples share once: their tokens and classes."""
    tokens = frozenset((*_name_tokens(designer), *_name_tokens(colour)))
    heads = {singular(word) for word in words_of(category)}
    classes = {kind for word in (*tokens, *heads) if (kind := _class_of(word))}
    return tokens, frozenset(heads | classes)


def _name_tokens(value: str | None) -> list[str]:
    if not value:
        return []
    if "<" in value or "://" in value:
        value = _MARKUP.sub(" ", value[:_MARKUP_LENGTH])
    return words_of(value[:_NAME_LENGTH])[:_NAME_TOKENS]


def same_look(sample: Sample, look: int) -> bool:
    """Tell whether a sample belongs to a look, whose id may be `18`, `look-18` or `L18`."""
    return any(
        int(digits[-1]) == look
        for name in sample.look_ids
        if len(name) <= _NAME_LENGTH and (digits := _DIGITS.findall(name))
    )


def is_no_garment(text: Text) -> bool:
    """Tell whether the top of a list is meant, not one to wear."""
    return bool(_NO_GARMENT.search(text.line))


def known_places(places: Iterable[str | None], text: Text) -> tuple[str, ...]:
    """Return the places that are named, or a part of them: "rail B1" is in "Sample room, rail B1"."""
    said = f" {' '.join(text.words)} "
    return tuple(
        place
        for place in places
        if place
        and len(place) <= _NAME_LENGTH
        and any(f" {part} " in said for part in _parts_of_a_place(place))
    )


@lru_cache(maxsize=1024)
def _parts_of_a_place(place: str) -> tuple[str, ...]:
    whole = " ".join(words_of(place))
    parts = [" ".join(words_of(_TO_A_PLACE.sub("", part))) for part in _PARTS.split(fold(place))]
    # "Customs" says enough of "Linate customs"; "shot" of "rail S (shot)" is no place.
    telling = [
        word
        for word in words_of(place)
        if len(word) >= _LONG_ENOUGH
        and not {word, singular(word)} & {*FILLERS, *COLOURS, *CLASS_OF}
    ]
    return tuple(dict.fromkeys([whole, *(part for part in parts if " " in part), *telling]))


def known_values(values: Iterable[str | None], text: Text) -> tuple[str, ...]:
    """Return the values (designers, places) whose every word stands in the message, as written."""
    said = set(text.words)
    found: dict[str, str] = {}
    for value in dict.fromkeys(values):
        if value and len(value) <= _NAME_LENGTH:
            key = fold(value)
            if key not in found and (words := words_of(key)) and said.issuperset(words):
                found[key] = value
    return tuple(found.values())

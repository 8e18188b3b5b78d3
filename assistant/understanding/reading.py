"""A named piece or a filter? "The ivory gown" is one piece, "all ivory gowns" is a filter."""

import re
from dataclasses import replace

from assistant.understanding.features import ASSET, CUE, ITEM, PACKAGE, PERSON, TASK
from assistant.understanding.lexicon import CLASS_OF, COLOURS, FILLERS
from assistant.understanding.linker import Index, Link, Links
from assistant.understanding.normalise import Text, read
from assistant.understanding.spelling import singular

_TOKENS = {
    "items": ITEM,
    "tasks": TASK,
    "assets": ASSET,
    "people": PERSON,
    "packages": PACKAGE,
    "cues": CUE,
}
_KINDS = "|".join(sorted({f"{kind}s" for kind in CLASS_OF} | {"dresses", "clutches", "watches"}))
_COLOUR = f"(?:{'|'.join(sorted(COLOURS))})"
_ALWAYS_SEVERAL = re.compile(
    r"\b(?:how many|all|every|list|count|number of|everything"
    r"|any (?:\w+ ){0,2}(?:samples?|pieces?|items?)|(?:which|what) (?:\w+ ){0,2}"
    rf"(?:samples|pieces|items|garments|ones|of the|heroes|{_KINDS})"
    rf"|(?:which|what|any) (?:{_COLOUR} )?(?:{'|'.join(sorted(CLASS_OF))}))\b(?! (?:of|number)\b)"
)
_AND = re.compile(r"\s*(?:\band\b|&|,|\bplus\b)\s*")
_MOST_PARTS = 4
_ASKS_PLACE = re.compile(r"\b(?:where|arrived|here|eta)\b")


def find_links(text: Text, plain: str, index: Index, *, kit: str = "") -> Links:
    """Return what the message links to; a filter links to nothing, its words become slots."""
    if not _may_name(text):
        return Links()
    links = _together(text, index, index.link(text, kit=kit), kit=kit)
    link = links.items
    if links.together or link.exact or not link.ids:
        return links
    kinds = {word for word in link.words if _is_plural_kind(word)}
    only_kinds = len(kinds) == len(link.words) and not _ASKS_PLACE.search(plain)
    several = _ALWAYS_SEVERAL.search(plain)
    loose = kinds | COLOURS | index.colours | index.makers  # they describe many pieces
    # "Camel coats" are many even where one coat is camel; "Gucci loafers" is what one is called.
    many = len(link.ids) > 1 or any(not index.is_called(link.ids, kind) for kind in kinds)
    if several or only_kinds or (many and set(link.words) <= loose):
        links = replace(links, items=Link(unknown=link.unknown))
    return links


def _together(text: Text, index: Index, links: Links, *, kit: str) -> Links:
    """Link "the cape and the belt" to both, where each part alone names one record in so many words."""
    parts = _AND.split(text.line)
    if not 1 < len(parts) <= _MOST_PARTS:
        return links
    found = [index.link(read(part), kit=kit) for part in parts]
    for kind in ("items", "tasks"):
        named = [
            link
            for link in (getattr(each, kind) for each in found)
            if len(link.ids) == 1 and (kind == "tasks" or _is_plain(link))
        ]
        ids = tuple(dict.fromkeys(link.ids[0] for link in named))
        if len(ids) > 1:
            words = tuple(word for link in named for word in link.words)
            return replace(links, together=True, **{kind: Link(ids=ids, words=words)})
    return links


def _is_plain(link: Link) -> bool:
    """Tell whether the words say which piece it is, and not only a colour or a house."""
    return (
        link.exact or len(link.words) > 1 or any(singular(word) in CLASS_OF for word in link.words)
    )


def _may_name(text: Text) -> bool:
    """Spare the index when no word can be part of a name or of a number."""
    return any(word not in FILLERS for word in text.words)


def _is_plural_kind(word: str) -> bool:
    return singular(word) != word and singular(word) in CLASS_OF


def tokens_of_links(links: Links) -> dict[str, str]:
    """Return {word as typed: class token} for the words that name a linked record."""
    found: dict[str, str] = {}
    for kind, token in _TOKENS.items():
        link: Link = getattr(links, kind)
        if link.ids:
            found |= dict.fromkeys(link.words, token)
    return found


def mark(text: Text, tokens: dict[str, str], *, most_words: int) -> list[str]:
    """Write each linked record as one token."""
    marked: list[str] = []
    for said, spelled in list(zip(text.words, text.spelled, strict=True))[:most_words]:
        token = tokens.get(said)
        if token is None:
            marked.append(spelled)
        elif not marked or marked[-1] != token:
            marked.append(token)
    return marked

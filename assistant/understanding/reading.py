"""A named piece or a filter? "The ivory gown" is one piece, "all ivory gowns" is a filter."""

import re
from collections.abc import Sequence

from assistant.understanding.lexicon import CLASS_OF, COLOURS
from assistant.understanding.linker import Index, Link
from assistant.understanding.normalise import Text, words_of
from assistant.understanding.phrases.words import ITEM
from assistant.understanding.spelling import singular
from insights.schemas.logistics import Sample

_MAKER_LENGTH = 60
_KINDS = "|".join(sorted({f"{kind}s" for kind in CLASS_OF} | {"dresses", "clutches", "watches"}))
_ALWAYS_SEVERAL = re.compile(
    r"\b(?:how many|all|every|list|count|number of|everything"
    r"|any (?:\w+ ){0,2}(?:samples?|pieces?|items?)|(?:which|what) (?:\w+ ){0,2}"
    rf"(?:samples|pieces|items|garments|ones|of the|heroes|{_KINDS}))\b"
)
_ASKS_PLACE = re.compile(r"\b(?:where|arrived|here|eta)\b")


def find_pieces(text: Text, plain: str, samples: Sequence[Sample]) -> tuple[Link, bool]:
    """Return what the message links to, and whether it speaks of several pieces.

    A filter links to nothing: its words become slots.
    """
    several = bool(_ALWAYS_SEVERAL.search(plain))
    link = Index(samples).link(text)
    if link.exact or not link.ids:
        return link, several
    kinds = {word for word in link.words if _is_plural_kind(word)}
    only_kinds = len(kinds) == len(link.words) and not _ASKS_PLACE.search(plain)
    if several or only_kinds or (len(link.ids) > 1 and set(link.words) <= kinds | _loose(samples)):
        return Link(unknown=link.unknown), several
    return link, several


def _is_plural_kind(word: str) -> bool:
    return singular(word) != word and singular(word) in CLASS_OF


def _loose(samples: Sequence[Sample]) -> frozenset[str]:
    """Return the words that describe many pieces: colours, and the houses of these samples."""
    makers = {sample.designer[:_MAKER_LENGTH] for sample in samples if sample.designer}
    return COLOURS | {word for maker in makers for word in words_of(maker)}


def mark(text: Text, link: Link, *, most_words: int) -> str:
    """Write the linked piece as one word, so that a rule can speak of it."""
    named = set(link.words) if link.ids else set()
    marked: list[str] = []
    for said, spelled in list(zip(text.words, text.spelled, strict=True))[:most_words]:
        if said not in named:
            marked.append(spelled)
        elif not marked or marked[-1] != ITEM:
            marked.append(ITEM)
    return " ".join(marked)

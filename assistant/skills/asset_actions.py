"""Changes of pictures, as proposals: approve, reject, tag, rate."""

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.schemas import Action
from assistant.skills import routes
from assistant.skills.changes import (
    absent,
    already,
    ask,
    ask_which,
    left_out,
    listed,
    means_fewer,
    means_several,
    offer,
    plain,
)
from assistant.skills.filters import wanted_assets
from assistant.skills.gallery import open_asset
from assistant.skills.proposals import Change
from assistant.skills.quality import flawed_assets
from assistant.skills.questions import PENDING
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import ASSET_WORDS, asset_name, clip, counted
from assistant.understanding.normalise import fold, words_of
from insights.schemas.media import GalleryAsset

TABLE = "assets"
_TAG = re.compile(
    r"\btag(?:ged|ging)?\b.{0,80}?\b(?:as|with|to)\s+(?P<as>[^,.;!?]{1,60})$"
    r"|\b(?:add|put|give)\b.{0,40}?\b(?:tags?|label)\s+(?P<add>[^,.;!?]{1,60}?)\s+(?:to|on|onto)\b"
    r"|\b(?:label|mark|flag|tag)\b.{0,80}?\bas\s+(?P<label>[^,.;!?]{1,60})$"
    r"|\btag\b.{0,80}?[\s:]+(?P<last>[a-z][\w-]{1,40})$"
    r"|\b(?:remove|delete|drop|take off)\b.{0,20}?\btags?\s+(?P<off>[^,.;!?]{1,60}?)(?:\s+(?:from|off)\b|$)"
    r"|\b(?:remove|delete|drop|take)\b.{0,20}?\b(?P<before>[\w-]{2,40})\s+tags?\b",
    re.IGNORECASE,
)
_NO_TAG = re.compile(
    r"(?:all |the |these |those )*(?:images?|photos?|pictures?|pics?|shots?|assets?|it|them|this|that|look \d+)",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_SHORTEST_NUMBER = 3
_UNTAG = re.compile(r"\b(?:untag|remove|delete|drop|take off|take the)\b")


def approve(turn: Turn) -> Reply:
    return _decide(turn, "approved", "approve")


def reject(turn: Turn) -> Reply:
    return _decide(turn, "rejected", "reject")


def _decide(turn: Turn, new: str, verb: str) -> Reply:
    chosen = _choose(turn, new)
    if isinstance(chosen, Reply):
        return chosen
    assets, is_everything = chosen
    if means_fewer(turn, len(assets)):
        question = (
            f"{counted(len(assets), 'image')} fit, and you mean fewer: which ones? "
            f"Pick the best ones first, then say “{verb} them”."
        )
        return ask(turn, question, *_links(turn, assets))
    moving = [asset for asset in assets if asset.status != new]
    names = listed([asset_name(asset) for asset in assets])
    if not moving:
        is_so = "is" if len(assets) == 1 else "are"
        return already(turn, f"{names} {is_so} already {new}", _ids(assets), *_links(turn, assets))
    old = {ASSET_WORDS[asset.status] for asset in moving}
    was = old.pop() if len(old) == 1 else ""
    other = "approved" if new == "rejected" else "rejected"
    turned = sum(asset.status == other for asset in moving)
    warning = ""
    if turned:
        is_so = "is" if turned == 1 else "are"
        warning = f"{turned} of them {is_so} {other} now." if len(moving) > 1 else ""
        warning = warning or f"It is {other} now."
    return offer(
        turn,
        f"{verb} {_whom(moving, was)}",
        [_change(asset, "status", asset.status, new) for asset in moving],
        note=left_out(len(assets) - len(moving), new),
        warning=warning,
        is_everything=is_everything,
        links=_links(turn, moving),
    )


def tag(turn: Turn) -> Reply:
    stars = turn.slots.rating
    name = None if stars is not None else _tag_name(turn)
    chosen = _choose(turn, None, tag=name)
    if isinstance(chosen, Reply):
        return chosen
    assets, is_everything = chosen
    names = listed([asset_name(asset) for asset in assets])
    if stars is not None:
        moving = [asset for asset in assets if round(asset.rating) != stars]
        words = f"rate {_whom(moving)} {counted(stars, 'star')}"
        changes = [_change(asset, "rating", round(asset.rating), stars) for asset in moving]
        is_so = f"already {'has' if len(assets) == 1 else 'have'} {counted(stars, 'star')}"
        if len(moving) == 1:
            words += f" (now {round(moving[0].rating)})"
    elif name:
        removes = bool(_UNTAG.search(plain(turn)))
        moving = [asset for asset in assets if (fold(name) in map(fold, asset.tags)) == removes]
        changes = [
            _change(asset, "tags", asset.tags, _tags(asset, name, removes=removes))
            for asset in moving
        ]
        words = (
            f"take the tag “{name}” off {_whom(moving)}"
            if removes
            else f"tag {_whom(moving)} as “{name}”"
        )
        is_so = f"{'is' if len(assets) == 1 else 'are'} already {'without' if removes else 'tagged'} “{name}”"
    else:
        return ask(
            turn, f"Which tag or how many stars should {names} get?", *_links(turn, assets),
            shown=_ids(assets),
        )  # fmt: skip
    if not moving:
        return already(turn, f"{names} {is_so}", _ids(assets), *_links(turn, assets))
    return offer(
        turn,
        words,
        changes,
        note=left_out(len(assets) - len(moving), "so"),
        is_everything=is_everything,
        links=_links(turn, moving),
    )


def _tags(asset: GalleryAsset, name: str, *, removes: bool) -> tuple[str, ...]:
    others = tuple(tag for tag in asset.tags if fold(tag) != fold(name))
    return others if removes else (*others, name)


def _tag_name(turn: Turn) -> str | None:
    """Return the tag that the message gives or takes, spelled as the gallery has it already."""
    found = _TAG.search(turn.message.strip().rstrip("?!."))
    said = next((value for value in found.groups() if value), "") if found else ""
    said = clip(re.sub(r"\s+(?:please|pls|thanks)$", "", said.strip(), flags=re.IGNORECASE), 40)
    said = said.strip("\"'“”# ")
    said = "" if _NO_TAG.fullmatch(said) else said
    known = next(
        (tag for asset in turn.assets for tag in asset.tags if fold(tag) == fold(said)), ""
    )
    if known or said:
        return clip(known or said, 40)
    return next((clip(tag, 40) for tag in turn.slots.tags), None)


def _choose(  # noqa: PLR0911 -- one return for each thing to say
    turn: Turn, new: str | None, *, tag: str | None = None
) -> tuple[list[GalleryAsset], bool] | Reply:
    """Return the pictures that are meant, and whether these are all there are; else what to say."""
    slots = turn.slots
    exact = {word for word in words_of(turn.message) if word.isdigit()}
    assets = turn.linked_assets() or _numbered(turn, exact)
    if len(assets) > 1 and not means_several(turn) and len(exact) < len(assets):
        names = [asset_name(asset) for asset in assets]
        return ask_which(names, _ids(assets), noun="image", slug="gallery")
    if assets:
        return assets, False
    if not turn.assets:
        return absent(turn, noun="image", slug="gallery", any_sent=False)
    said = plain(turn)
    asked = replace(
        slots,
        tags=tuple(name for name in slots.tags if not tag or fold(name) != fold(tag)),
        asset_statuses=tuple(name for name in slots.asset_statuses if name != new),
        rating=slots.rating if new else None,
    )
    narrowed = replace(turn, understanding=replace(turn.understanding, slots=asked))
    flawed = _flawed(narrowed)
    is_narrow = (
        flawed is not None
        or asked.look is not None
        or asked.rating is not None
        or any((asked.tags, asked.asset_statuses, asked.angles, asked.orientation, asked.items))
    )
    if not is_narrow and not re.search(r"\b(?:all|every|everything|rest)\b", said):
        if slots.codes or slots.unknown or exact:
            return absent(turn, noun="image", slug="gallery", any_sent=True)
        return ask(turn, "Which images do you mean?", routes.open_page("gallery"))
    found = wanted_assets(narrowed)
    chosen = [
        asset
        for asset in found
        if (flawed is None or asset.id in flawed)
        and (is_narrow or new is None or asset.status in {*PENDING, new})
    ]
    if not chosen:
        return absent(turn, noun="image", slug="gallery", any_sent=True)
    return chosen, not is_narrow


def _flawed(turn: Turn) -> set[str] | None:
    """Return the pictures with the flaw that is named, by tag or by measure as in an answer about them."""
    media = turn.analyses.media
    scores = {score.asset_id: score for score in (media.quality_scores if media else None) or ()}
    found = flawed_assets(turn, scores)
    return {asset.id for asset in found[0]} if found else None


def _numbered(turn: Turn, said: set[str]) -> list[GalleryAsset]:
    """Find pictures by the number of their file alone, which in an action on pictures is enough."""
    long = {word for word in said if len(word) >= _SHORTEST_NUMBER}
    return [
        asset for asset in turn.assets if long & set(_DIGITS.findall((asset.file_name or "")[:120]))
    ]


def _whom(assets: Sequence[GalleryAsset], was: str = "") -> str:
    """Name the pictures, and the status that all of them have."""
    names = listed([asset_name(asset) for asset in assets])
    if len(assets) == 1:
        return f"{names} (now {was})" if was else names
    return f"{counted(len(assets), f'{was} image'.strip())} ({names})"


def _change(
    asset: GalleryAsset,
    field: str,
    old: str | int | tuple[str, ...],
    new: str | int | tuple[str, ...],
) -> Change:
    return Change(table=TABLE, id=asset.id, label=asset_name(asset), field=field, old=old, new=new)


def _ids(assets: Sequence[GalleryAsset]) -> tuple[str, ...]:
    return tuple(asset.id for asset in assets)


def _links(turn: Turn, assets: Sequence[GalleryAsset]) -> tuple[Action, ...]:
    if len(assets) == 1:
        return (open_asset(assets[0]),)
    look = turn.slots.look
    if look is None:
        return (routes.open_page("gallery"),)
    target = routes.filtered("gallery", look=look)
    return (Action(label=f"Open look {look} in the gallery", target=target),)

"""Pictures: which there are, how good they are, which are approved."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from assistant.schemas import Action
from assistant.skills import routes
from assistant.skills.filters import asset_statuses, at_least, wanted_assets
from assistant.skills.questions import (
    PENDING,
    next_questions,
    no_data,
    not_found,
    which_of,
)
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import (
    ASSET_WORDS,
    asset_name,
    clip,
    counted,
    is_are,
    join,
    look_of,
    name_of,
    named,
    number,
)
from assistant.understanding.normalise import fold
from insights.schemas.media import GalleryAsset

_WAITING = re.compile(
    r"\b(?:await\w*|waiting|left|outstanding|remaining|open|(?:to|need\w*|still) .{0,12}(?:review|approve|sign))\b"
)
_WHO = re.compile(r"\b(?:who|by whom)\b")
_TAGGED = re.compile(r"\btagged(?: as| with)? (?P<tag>[a-z0-9_-]+)")
_ONE_PICTURE = re.compile(
    r"\b(?:is|was|has|did) (?:the |my |our )(?P<what>(?!client|images?\b|photos?|pictures?|pics|shots\b"
    r"|gallery|team|rest|selects\b|whole|magazine|brand|editor)[a-z][\w -]{1,40}?)"
    r" (?:shot |image |photo |picture )?"
    r"(?:been |get |already |yet )*(?:approved?|signed off|rejected|accepted)\b"
)
_NUMBER_OF = re.compile(
    r"\b(?:image|photo|picture|pic|asset|frame|file|img)s?[ _]?(?:number |no\.? |nr |id |#)?(?P<code>\d{2,9})\b"
)


def unknown_picture(turn: Turn) -> str:
    """Return the number or code of a picture that is named and is not in the data."""
    if turn.slots.assets:
        return ""
    found = _NUMBER_OF.search(fold(turn.message))
    return found["code"] if found else next(iter(turn.slots.codes), "")


def not_in_gallery(turn: Turn, said: str) -> Reply:
    return not_found(turn, said, f"your {counted(len(turn.assets), 'image')}", slug="gallery")


def open_asset(asset: GalleryAsset, *, primary: bool = False) -> Action:
    target = routes.record("gallery", asset.id)
    return Action(label=f"Open {asset_name(asset)}", target=target, primary=primary)


def which_asset(found: Sequence[GalleryAsset]) -> Reply:
    options = [
        (asset_name(asset), _telling(asset), routes.record("gallery", asset.id)) for asset in found
    ]
    return which_of("image", options, "Was {} approved?")


def _telling(asset: GalleryAsset) -> str:
    look = f", look {look_of(asset.look_id)}" if asset.look_id else ""
    return f"{ASSET_WORDS[asset.status]}{look}"


# Which there are.


def find(turn: Turn) -> Reply:
    if not turn.assets:
        return no_data(turn, "assets")
    code = unknown_picture(turn)
    if code:
        return not_in_gallery(turn, code)
    tagged = _TAGGED.search(fold(turn.message))
    if tagged and not turn.slots.tags:
        return not_found(
            turn,
            tagged["tag"],
            f"the tags of your {counted(len(turn.assets), 'image')}",
            slug="gallery",
        )
    if not _is_filtered(turn):
        return _everything(turn)
    return list_assets(turn, wanted_assets(turn))


def list_assets(turn: Turn, found: Sequence[GalleryAsset]) -> Reply:
    one, many = _description(turn)
    if not found:
        return Reply(
            content=f"No {many}: I don't have any among your {counted(len(turn.assets), 'image')}.",
            actions=(routes.open_page("gallery", primary=True),),
            follow_up=next_questions(turn),
        )
    single = len(asset_statuses(turn)) == 1
    parts = (
        asset_name(asset) if single else f"{asset_name(asset)} ({ASSET_WORDS[asset.status]})"
        for asset in found
    )
    is_one = len(found) == 1
    return Reply(
        content=f"{counted(len(found), one, many)}: {named(parts, total=len(found))}.",
        actions=(_see(turn), *((open_asset(found[0]),) if is_one else ())),
        follow_up=next_questions(turn, *_about(turn)),
        shown=tuple(asset.id for asset in found),
        focus=found[0].id if is_one else None,
    )


def _about(turn: Turn) -> tuple[str, ...]:
    look = turn.slots.look
    return (f"What is the best image of look {look}?",) if look is not None else ()


def _see(turn: Turn) -> Action:
    slots = turn.slots
    statuses = asset_statuses(turn)
    target = routes.filtered(
        "gallery",
        look=slots.look,
        angle=",".join(slots.angles),
        orientation=slots.orientation,
        tag=",".join(clip(tag, 40) for tag in slots.tags),
        rating=slots.rating,
        status="pending" if statuses >= PENDING else ",".join(sorted(statuses)),
    )
    return Action(label="See them in the gallery", target=target, primary=True)


def _is_filtered(turn: Turn) -> bool:
    slots = turn.slots
    return bool(
        slots.assets
        or slots.asset_statuses
        or slots.angles
        or slots.orientation
        or slots.tags
        or slots.items
        or slots.look is not None
        or slots.rating is not None
    )


def _everything(turn: Turn) -> Reply:
    return Reply(
        content=f"You have {counted(len(turn.assets), 'image')}: {_tally(turn.assets)}.",
        actions=(routes.open_page("gallery", primary=True),),
        follow_up=next_questions(turn),
        shown=tuple(asset.id for asset in turn.assets),
    )


def _tally(assets: Sequence[GalleryAsset]) -> str:
    counts = Counter(ASSET_WORDS[asset.status] for asset in assets)
    return join([f"{count} {word}" for word, count in counts.most_common()])


def _description(turn: Turn) -> tuple[str, str]:
    """Return the filters as people say them, for one picture and for several."""
    slots = turn.slots
    words = []
    statuses = asset_statuses(turn)
    if statuses >= PENDING:
        words.append("pending")
    elif statuses:
        words.append(join([ASSET_WORDS[status] for status in sorted(statuses)], "or"))
    if slots.orientation:
        words.append(slots.orientation)
    words += [angle.replace("_", " ") for angle in slots.angles]
    head = " ".join(words)
    after = f" of look {slots.look}" if slots.look is not None else ""
    pieces = turn.linked()
    if pieces:
        after += f" of {join([name_of(piece) for piece in pieces[:3]])}"
    if slots.tags:
        after += f" tagged {join([clip(tag, 40) for tag in slots.tags], 'or')}"
    if slots.rating is not None:
        after += f" with {counted(slots.rating, 'star')}"
        after += " or more" if at_least(turn) else ""
    return f"{head} image{after}".strip(), f"{head} images{after}".strip()


# Approvals.


def approvals(turn: Turn) -> Reply:
    if not turn.assets:
        return no_data(turn, "assets")
    code = unknown_picture(turn) or _unknown_by_name(turn)
    if code:
        return not_in_gallery(turn, code)
    asked = turn.linked_assets()
    if len(asked) == 1:
        return _one_approval(turn, asked[0])
    found = wanted_assets(turn)
    if turn.slots.asset_statuses:
        return _counted(turn, found)
    if _WAITING.search(fold(turn.message)):
        pending = [asset for asset in found if asset.status in PENDING]
        return _pending(turn, pending, len(found))
    return _standing(turn, found)


def _unknown_by_name(turn: Turn) -> str:
    """Return what the one picture is called that is asked about, where nothing in the data is called so."""
    slots = replace(turn.slots, asset_statuses=())
    if _is_filtered(replace(turn, understanding=replace(turn.understanding, slots=slots))):
        return ""
    found = _ONE_PICTURE.search(fold(turn.message))
    return found["what"] if found else ""


def _standing(turn: Turn, found: Sequence[GalleryAsset]) -> Reply:
    if not found:
        return list_assets(turn, found)
    what = f" of look {turn.slots.look}" if turn.slots.look is not None else ""
    pending = sum(asset.status in PENDING for asset in found)
    return Reply(
        content=f"Of {counted(len(found), 'image')}{what}: {_tally(found)}.",
        severity="info" if pending else "success",
        actions=(_see(turn),),
        follow_up=next_questions(turn),
        shown=tuple(asset.id for asset in found),
    )


def _pending(turn: Turn, found: Sequence[GalleryAsset], total: int) -> Reply:
    names = f": {named(map(asset_name, found), total=len(found))}" if found else ""
    target = routes.filtered("gallery", look=turn.slots.look, status="pending")
    return Reply(
        content=f"{len(found) or 'None'} of {counted(total, 'image')} {is_are(len(found))} still pending{names}.",
        severity="info" if found else "success",
        actions=(Action(label="See them in the gallery", target=target, primary=True),),
        follow_up=next_questions(turn),
        shown=tuple(asset.id for asset in found),
        focus=found[0].id if len(found) == 1 else None,
    )


def _one_approval(turn: Turn, asset: GalleryAsset) -> Reply:
    name = asset_name(asset)
    if asset.status == "approved":
        content = f"Yes, {name} is approved."
    elif asset.status in PENDING:
        content = f"{name} is still pending: it is neither approved nor rejected."
    else:
        content = f"{name} is {ASSET_WORDS[asset.status]}."
    if asset.rating:
        content += f" It has {number(asset.rating)} of 5 stars."
    if _WHO.search(fold(turn.message)):
        content += " By whom is not in your data."
    return Reply(
        content=content,
        actions=(open_asset(asset, primary=True),),
        follow_up=next_questions(turn),
        shown=(asset.id,),
        focus=asset.id,
    )


def _counted(turn: Turn, found: Sequence[GalleryAsset]) -> Reply:
    one, many = _description(turn)
    if not found:
        waits = asset_statuses(turn) <= PENDING
        return Reply(
            content=f"There are no {many} among your {counted(len(turn.assets), 'image')}.",
            severity="success" if waits else "info",
            actions=(routes.open_page("gallery", primary=True),),
            follow_up=next_questions(turn),
        )
    return Reply(
        content=f"{counted(len(found), one, many)}, of {len(turn.assets)} in all: "
        f"{named(map(asset_name, found), total=len(found))}.",
        actions=(_see(turn),),
        follow_up=next_questions(turn),
        shown=tuple(asset.id for asset in found),
        focus=found[0].id if len(found) == 1 else None,
    )

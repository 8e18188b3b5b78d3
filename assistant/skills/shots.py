"""The gallery against the shot list, and the best pictures of it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.schemas import Action
from assistant.skills import routes
from assistant.skills.filters import is_look, wanted_assets
from assistant.skills.gallery import list_assets, not_in_gallery, open_asset, unknown_picture
from assistant.skills.questions import next_questions, no_data, not_computed, not_found
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import (
    asset_name,
    clip,
    counted,
    is_are,
    join,
    look_of,
    named,
    number,
)
from assistant.understanding.normalise import fold, words_of
from insights.schemas.media import GalleryAsset, MediaAnalysis, MissingShot, ShotItem

_EACH_LOOK = re.compile(r"\b(?:each|every|per) look\b")
_NO_PICTURE = re.compile(
    r"\blooks? .{0,20}\b(?:no|without|zero)\b.{0,10}\b(?:photos?|images?|pictures?|pics?|shots?)\b"
)
_ONE_PICTURE = frozenset({"image", "photo", "picture", "pic", "shot", "frame", "one"})
_UNUSABLE = {
    "rejected": "rejected",
    "below_quality": "too poor",
    "spec_mismatch": "of the wrong format",
}


# What is missing.


def missing(turn: Turn) -> Reply:
    media = turn.analyses.media
    if not turn.context.shots:
        return _from_before(turn, media) if media else no_data(turn, "shots")
    if media is None or media.missing_shots is None:
        return not_computed(turn, "shot_list")
    look = turn.slots.look
    shots = [
        shot
        for shot in turn.context.shots
        if shot.status != "cancelled"
        and (look is None or is_look(shot.look_id, look))
        and _is_asked(turn, shot)
    ]
    if not shots:
        said = f"look {look}" if look is not None else " ".join(turn.slots.angles)
        return not_found(
            turn,
            said,
            f"your shot list of {counted(len(turn.context.shots), 'line')}",
            slug="shot_list",
        )
    if _NO_PICTURE.search(fold(turn.message)):
        return _bare_looks(turn, shots)
    ids = {shot.id for shot in shots}
    lacking = [shot for shot in media.missing_shots if shot.shot_id in ids]
    needed = [shot for shot in lacking if shot.required]
    required = [shot for shot in shots if shot.required]
    what = f"look {look}" if look is not None else "the shot list"
    optional = [shot for shot in lacking if not shot.required]
    if not needed:
        return _covered(turn, what, required, optional)
    return _lacking(turn, what, required, needed, optional)


def _from_before(turn: Turn, media: MediaAnalysis) -> Reply:
    """Answer from an analysis whose shot list is not at hand."""
    coverage = media.coverage
    if coverage is None or not coverage.required:
        return no_data(turn, "shots")
    look = turn.slots.look
    needed = [
        shot
        for shot in media.missing_shots or ()
        if shot.required and (look is None or is_look(shot.look_id, look))
    ]
    names = f": {_names(turn, needed)}" if needed else ""
    return Reply(
        content=f"{coverage.captured} of {counted(coverage.required, 'required picture')} "
        f"{is_are(coverage.captured)} there; {len(needed) or 'no'} "
        f"{'shot is' if len(needed) == 1 else 'shots are'} missing{names}.",
        severity="warning" if needed else "success",
        actions=(_open_list(turn),),
        follow_up=next_questions(turn),
    )


def _bare_looks(turn: Turn, shots: Sequence[ShotItem]) -> Reply:
    """Tell which looks of the shot list have no picture at all."""
    there = {asset.look_id for asset in turn.assets}
    looks = dict.fromkeys(shot.look_id for shot in shots if shot.look_id)
    bare = [look_of(look) for look in looks if look not in there]
    if not bare:
        content = f"All {counted(len(looks), 'look')} of the shot list have pictures."
    else:
        verb = "has" if len(bare) == 1 else "have"
        content = (
            f"{counted(len(bare), 'look')} {verb} no picture: look {named(bare, total=len(bare))}."
        )
    return Reply(
        content=content,
        severity="warning" if bare else "success",
        actions=(_open_list(turn),),
        follow_up=next_questions(turn),
    )


def _is_asked(turn: Turn, shot: ShotItem) -> bool:
    return not turn.slots.angles or shot.angle in turn.slots.angles


def _covered(
    turn: Turn, what: str, required: Sequence[ShotItem], optional: Sequence[MissingShot]
) -> Reply:
    content = (
        f"Nothing is missing: all {counted(len(required), 'required shot')} of {what} are covered."
    )
    if len(required) == 1:
        content = f"Nothing is missing: the one required shot of {what} is covered."
    if optional:
        content += f" Optional and not there: {_names(turn, optional)}."
    return Reply(
        content=content,
        severity="success",
        actions=(_open_list(turn),),
        follow_up=next_questions(turn),
    )


def _lacking(
    turn: Turn,
    what: str,
    required: Sequence[ShotItem],
    needed: Sequence[MissingShot],
    optional: Sequence[MissingShot],
) -> Reply:
    verb = is_are(len(needed))
    sentences = [
        f"{len(needed)} of {counted(len(required), 'required shot')} of {what} {verb} missing."
    ]
    never = [shot for shot in needed if shot.reason not in _UNUSABLE]
    if never:
        sentences.append(f"Not taken, {len(never)}: {_names(turn, never)}.")
    for reason, words in _UNUSABLE.items():
        poor = [shot for shot in needed if shot.reason == reason]
        if poor:
            verb = "picture is" if len(poor) == 1 else "pictures are"
            sentences.append(f"Taken, but the {verb} {words}, {len(poor)}: {_names(turn, poor)}.")
    if optional:
        sentences.append(f"Optional: {_names(turn, optional)}.")
    heroes = any(shot.is_hero or shot.severity == "critical" for shot in needed)
    return Reply(
        content=" ".join(sentences),
        severity="critical" if heroes else "warning",
        actions=(_open_list(turn), routes.open_page("gallery")),
        follow_up=next_questions(turn, *_of_looks(needed)),
        shown=tuple(shot.shot_id for shot in needed),
    )


def _of_looks(needed: Sequence[MissingShot]) -> tuple[str, ...]:
    look = needed[0].look_id
    return (f"Find the images of look {look}",) if look and look.isdigit() else ()


def _names(turn: Turn, shots: Sequence[MissingShot]) -> str:
    return named((_name(turn, shot) for shot in shots), total=len(shots))


def _name(turn: Turn, shot: MissingShot) -> str:
    words = []
    if shot.name:
        words.append(clip(shot.name))
    elif shot.look_id and turn.slots.look is None:
        words.append(f"look {look_of(shot.look_id)}")
    elif shot.sku and not shot.look_id:
        words.append(clip(shot.sku, 30))
    if shot.angle and not shot.name:
        words.append(shot.angle.replace("_", " "))
    if shot.quantity_missing > 1:
        words.append(f"({shot.quantity_missing} pictures)")
    return " ".join(words) or clip(shot.shot_id, 30)


def _open_list(turn: Turn) -> Action:
    target = routes.filtered("shot_list", look=turn.slots.look, status="missing")
    return Action(label="Open shot list", target=target, primary=True)


# Selects.


def selects(turn: Turn) -> Reply:
    if not turn.assets:
        return no_data(turn, "assets")
    code = unknown_picture(turn)
    if code:
        return not_in_gallery(turn, code)
    media = turn.analyses.media
    if media is None or media.selection_reasons is None or media.quality_scores is None:
        return not_computed(turn, "selects")
    turn, pool = _pool(turn)
    if not pool:
        return list_assets(turn, pool)
    scores = {score.asset_id: score.score for score in media.quality_scores}
    is_narrow = len(pool) < len(turn.assets)
    rank = [] if is_narrow else [reason.asset_id for reason in media.selection_reasons]
    chosen = _choose(turn, _rank(pool, rank, scores), most=len(media.selection_reasons))
    if not chosen:
        return Reply(
            content=f"None of {counted(len(pool), 'image')} can be selected: all are rejected.",
            severity="warning",
            actions=(routes.open_page("gallery", primary=True),),
            follow_up=next_questions(turn),
        )
    return _selected(turn, chosen, scores, is_narrow=is_narrow)


def _pool(turn: Turn) -> tuple[Turn, list[GalleryAsset]]:
    """Return what to choose from: "the cover image" is one to choose, where none is tagged so."""
    pool = wanted_assets(turn)
    if pool or not turn.slots.tags:
        return turn, pool
    untagged = replace(turn.understanding, slots=replace(turn.slots, tags=()))
    turn = replace(turn, understanding=untagged)
    return turn, wanted_assets(turn)


def _choose(turn: Turn, ranked: Sequence[GalleryAsset], *, most: int) -> Sequence[GalleryAsset]:
    if _EACH_LOOK.search(fold(turn.message)):
        first: dict[str, GalleryAsset] = {}
        for asset in ranked:
            first.setdefault(asset.look_id or "", asset)
        return list(first.values())
    return ranked[: turn.slots.count or (1 if _asks_one(turn) else most)]


def _selected(
    turn: Turn, chosen: Sequence[GalleryAsset], scores: dict[str, float], *, is_narrow: bool
) -> Reply:
    of = f" of look {turn.slots.look}" if turn.slots.look is not None else ""
    parts = [f"{asset_name(asset)} ({_why(asset, scores)})" for asset in chosen]
    if len(chosen) == 1:
        content = f"The best image{of} is {parts[0]}."
    else:
        content = (
            f"{counted(len(chosen), 'select')}{of}, best first: {named(parts, total=len(parts))}."
        )
    if turn.slots.count and len(chosen) < turn.slots.count:
        content += f" There are no more that can be used than {len(chosen)}."
    elif not is_narrow and len(chosen) > 1:
        content += " Chosen for quality and for variety of looks and angles."
    return Reply(
        content=content,
        actions=(
            Action(
                label="Open selects",
                target=routes.filtered("selects", look=turn.slots.look),
                primary=True,
            ),
            *((open_asset(chosen[0]),) if len(chosen) == 1 else ()),
        ),
        follow_up=next_questions(turn, f"Was {asset_name(chosen[0])} approved?"),
        shown=tuple(asset.id for asset in chosen),
        focus=chosen[0].id if len(chosen) == 1 else None,
    )


def _rank(
    pool: Sequence[GalleryAsset], selects: Sequence[str], scores: dict[str, float]
) -> list[GalleryAsset]:
    """Take the selects of the analysis in its order, then what is left by quality; nothing rejected."""
    rank = {asset_id: at for at, asset_id in enumerate(selects)}
    usable = [asset for asset in pool if not asset.rejected]
    return sorted(
        usable,
        key=lambda asset: (rank.get(asset.id, len(rank)), -scores.get(asset.id, 0.0)),
    )


def _asks_one(turn: Turn) -> bool:
    """Tell whether one picture is asked for: "the best shot", not "the best shots"."""
    said = set(words_of(turn.message))
    return not said.isdisjoint(_ONE_PICTURE)


def _why(asset: GalleryAsset, scores: dict[str, float]) -> str:
    facts = [f"score {number(scores[asset.id])}"] if asset.id in scores else []
    if asset.rating:
        facts.append(f"{number(asset.rating)} stars")
    return join(facts) or "not scored"

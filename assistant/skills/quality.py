"""How good the pictures are: one, those with a flaw, all."""

import re
from collections import Counter
from collections.abc import Sequence

from assistant.schemas import Action
from assistant.skills import routes
from assistant.skills.filters import wanted_assets
from assistant.skills.gallery import list_assets, not_in_gallery, open_asset, unknown_picture
from assistant.skills.questions import next_questions, no_data, not_computed
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import asset_name, clip, counted, is_are, join, named, number, pixels
from assistant.understanding.normalise import fold
from insights.schemas.media import GalleryAsset, Grade, QualityScore

PACKSHOT_SIDE = 1600  # pixels of the longer side that a packshot wants
_MEGA = 1_000_000
_SMALL = re.compile(
    r"\b(?:res(?:olution)?|rez|pixels?|megapixels?|mp|dimensions?|large enough|big enough|small(?:est)?"
    r"|low[ -]?res\w*|too low|tiny|pixelat\w+)\b"
)
_SOFT = re.compile(
    r"\b(?:blur\w*|soft|unsharp|sharp\w*|out of focus|focus\w*|fuzzy|shak\w*|motion)\b"
)
_EXPOSED = re.compile(
    r"\b(?:dark|bright|exposure|exposed|over ?exposed|under ?exposed|light\w*|gloomy|dim)\b"
)
_SOFT_TAGS = frozenset({"blurry", "blurred", "blur", "soft", "out of focus", "unsharp"})
_DARK_TAGS = frozenset({"dark", "too dark", "underexposed", "overexposed", "too bright", "bright"})
_GRADES: tuple[Grade, ...] = ("A", "B", "C", "D", "F")


def quality(turn: Turn) -> Reply:
    if not turn.assets:
        return no_data(turn, "assets")
    code = unknown_picture(turn)
    if code:
        return not_in_gallery(turn, code)
    media = turn.analyses.media
    if media is None or media.quality_scores is None:
        return not_computed(turn, "gallery")
    scores = {score.asset_id: score for score in media.quality_scores}
    asked = turn.linked_assets()
    if len(asked) == 1:
        return _one_quality(turn, asked[0], scores.get(asked[0].id))
    flawed = flawed_assets(turn, scores)
    if flawed is not None:
        return _flawed(turn, *flawed)
    return _all_quality(turn, wanted_assets(turn), scores)


def flawed_assets(
    turn: Turn, scores: dict[str, QualityScore]
) -> tuple[list[GalleryAsset], str, str] | None:
    """Return the pictures with the flaw that is asked about, what they are, and how that is told.

    None when no flaw is named. A tag that says so counts as much as a measure.
    """
    plain = fold(turn.message)
    pool = wanted_assets(turn)
    if _SMALL.search(plain):
        codes, tags, what = {"low_resolution", "below_spec"}, frozenset[str](), "low in resolution"
        rule = f"shorter than the {PACKSHOT_SIDE} pixels of a packshot on the longer side"
    elif _SOFT.search(plain):
        codes, tags, what = {"soft"}, _SOFT_TAGS, "not sharp"
        rule = "by tag or by measure"
    elif _EXPOSED.search(plain):
        codes, tags, what = {"badly_exposed"}, _DARK_TAGS, "badly exposed"
        rule = "by tag or by measure"
    else:
        return None
    found = [
        asset
        for asset in pool
        if _has_issue(scores.get(asset.id), codes)
        or not tags.isdisjoint(fold(tag) for tag in asset.tags)
        or ("low_resolution" in codes and is_small(asset))
    ]
    return found, what, rule


def is_small(asset: GalleryAsset) -> bool:
    return bool(asset.width and asset.height) and (
        max(asset.width or 0, asset.height or 0) < PACKSHOT_SIDE
    )


def _has_issue(score: QualityScore | None, codes: set[str]) -> bool:
    return score is not None and any(issue.code in codes for issue in score.issues)


def _flawed(turn: Turn, found: Sequence[GalleryAsset], what: str, rule: str) -> Reply:
    total = counted(len(turn.assets), "image")
    if not found:
        unmeasured = sum(asset.features is None and not asset.width for asset in turn.assets)
        hint = f" {unmeasured} have not been measured." if unmeasured else ""
        return Reply(
            content=f"None of your {total} is {what}, {rule}.{hint}",
            severity="info" if unmeasured else "success",
            actions=(routes.open_page("gallery", primary=True),),
            follow_up=next_questions(turn),
        )
    parts = (f"{asset_name(asset)}{_size(asset)}" for asset in found)
    return Reply(
        content=f"{len(found)} of your {total} {is_are(len(found))} {what}, {rule}: "
        f"{named(parts, total=len(found))}.",
        severity="warning",
        actions=(
            Action(
                label="See them in the gallery",
                target=routes.filtered("gallery", issue=what.replace(" ", "-")),
                primary=True,
            ),
        ),
        follow_up=next_questions(turn, f"Was {asset_name(found[0])} approved?"),
        shown=tuple(asset.id for asset in found),
        focus=found[0].id if len(found) == 1 else None,
    )


def _size(asset: GalleryAsset) -> str:
    return f" ({pixels(asset.width, asset.height)})" if asset.width and asset.height else ""


def _one_quality(turn: Turn, asset: GalleryAsset, score: QualityScore | None) -> Reply:
    name = asset_name(asset)
    sentences = []
    if asset.width and asset.height:
        mega = number(round(asset.width * asset.height / _MEGA, 1))
        sentences.append(f"{name} is {pixels(asset.width, asset.height)} pixels ({mega} MP).")
    else:
        sentences.append(f"The size of {name} is not noted.")
    if score:
        sentences.append(f"Its quality is {number(score.score)} of 100, grade {score.grade}.")
        sentences += [f"{issue.message}." for issue in score.issues[:3]]
    tags = [tag for tag in asset.tags if fold(tag) in _SOFT_TAGS | _DARK_TAGS]
    if tags:
        sentences.append(f"It is tagged {join([clip(tag, 40) for tag in tags])}.")
    elif asset.features is None and _SOFT.search(fold(turn.message)):
        sentences.append("Its sharpness has not been measured.")
    if is_small(asset):
        sentences.append(f"That is below the {PACKSHOT_SIDE} pixels of a packshot.")
    bad = is_small(asset) or bool(tags) or bool(score and score.verdict in {"review", "reject"})
    return Reply(
        content=" ".join(sentences),
        severity="warning" if bad else "info",
        actions=(open_asset(asset, primary=True),),
        follow_up=next_questions(turn, f"Was {name} approved?"),
        shown=(asset.id,),
        focus=asset.id,
    )


def _all_quality(
    turn: Turn, pool: Sequence[GalleryAsset], scores: dict[str, QualityScore]
) -> Reply:
    rated = sorted(
        ((scores[asset.id].score, asset) for asset in pool if asset.id in scores),
        key=lambda pair: pair[0],
    )
    if not rated:
        return list_assets(turn, [])
    grades = Counter(scores[asset.id].grade for _, asset in rated)
    told = join([f"{grades[grade]} {grade}" for grade in _GRADES if grades[grade]])
    look = f" of look {turn.slots.look}" if turn.slots.look is not None else ""
    bad = [asset for _, asset in rated if scores[asset.id].verdict in {"review", "reject"}]
    sentences = [f"Grades of {counted(len(rated), 'image')}{look}: {told}."]
    if bad:
        parts = (f"{asset_name(asset)} ({number(scores[asset.id].score)})" for asset in bad)
        verb = "needs" if len(bad) == 1 else "need"
        sentences.append(f"{len(bad)} {verb} a second look: {named(parts, total=len(bad))}.")
    else:
        lowest = rated[0]
        sentences.append(f"The lowest is {asset_name(lowest[1])} with {number(lowest[0])}.")
    copies = [asset for _, asset in rated if scores[asset.id].duplicate_of]
    if copies:
        sentences.append(f"{counted(len(copies), 'near duplicate')} among them.")
    if all(scores[asset.id].confidence < 1 for _, asset in rated):
        sentences.append("Judged by size and rating: the pixels have not been measured.")
    return Reply(
        content=" ".join(sentences),
        severity="warning" if bad else "success",
        actions=(routes.open_page("gallery", primary=True),),
        follow_up=next_questions(turn, "Which images are low resolution?"),
        shown=tuple(asset.id for asset in bad),
    )

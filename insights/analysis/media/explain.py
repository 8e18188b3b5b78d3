"""Quality as documents: contributions that sum to the score, and what is wrong in words."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from insights.analysis.media.colour import Floats
from insights.analysis.media.quality import RATING_WEIGHT, Group, Quality
from insights.schemas.media import (
    Factor,
    FactorGroup,
    Factors,
    GalleryAsset,
    Grade,
    Issue,
    Penalty,
    QualityScore,
    Verdict,
)

SELECT_FROM, KEEP_FROM, REVIEW_FROM = 85.0, 70.0, 40.0
_GRADES: tuple[tuple[float, Grade], ...] = ((85, "A"), (70, "B"), (55, "C"), (40, "D"))
WEAK_BELOW = 50.0
SOFT_FROM, SHARP_BELOW = 0.8, 0.45

_ISSUES = {
    "sharpness": ("soft", "Not sharp: focus or motion"),
    "exposure": ("badly_exposed", "Too dark or too bright"),
    "noise": ("noisy", "Noise shows"),
    "contrast": ("flat", "Little contrast"),
    "resolution": ("low_resolution", "Too few pixels"),
    "colorCast": ("color_cast", "Neutral parts have a colour cast"),
    "coverage": ("subject_size", "The subject is too small or too large in the frame"),
    "placement": ("off_center", "The subject is out of place"),
    "margins": ("cut_off", "The subject is cut off or too near an edge"),
    "horizon": ("tilted", "The horizon is tilted"),
    "palette": ("off_palette", "Colours are far from what they should be"),
    "background": ("background_off", "The background is not the one asked for"),
    "aspectRatio": ("wrong_aspect", "Wrong aspect ratio"),
    "fill": ("wrong_fill", "The subject does not fill what the brand asks for"),
    "size": ("below_spec", "Smaller than the delivery asks for"),
    "rights": ("rights_missing", "Rights have expired or a release is missing"),
    "given": ("given_low", "Scored low by another tool"),
}
# How a measure is told in a sentence; the number is the emitted one.
_SAID = {
    "sharpness": "blur {} of 1",
    "exposure": "median grey {} of 255",
    "noise": "deviation {} grey levels",
    "contrast": "{} of the range",
    "resolution": "{} of the side wanted",
    "colorCast": "chroma {}",
    "coverage": "fills {} of the longer side",
    "placement": "{} of the frame off",
    "margins": "{} edges cut",
    "horizon": "{} degrees",
    "palette": "difference {}",
    "background": "difference {}",
    "aspectRatio": "width / height {}",
    "fill": "fills {}",
    "size": "{} of the side wanted",
}


def explain(quality: Quality, keeper: Sequence[int]) -> list[QualityScore]:
    """Return a document for each picture; the contributions sum to the score, to the hundredth.

    `keeper` is the position of the picture that each is a near duplicate of, or its own.
    """
    names = list(quality.groups)
    groups = list(quality.groups.values())
    rated = np.array([asset.rating > 0 for asset in quality.assets], np.bool_)
    gates = np.round(quality.gates, 3)
    final = _hundredths(np.array(quality.scores))
    bases = np.column_stack([_hundredths(group.weights * group.scores) for group in groups])
    # Where nothing stands between the groups and the score, the largest takes what rounding leaves.
    plain = ~rated & (gates == 1)
    bases[np.arange(len(final)), bases.argmax(axis=1)] += np.where(plain, final - bases.sum(1), 0)
    sums = bases.sum(axis=1)
    gated = np.where(gates == 1, sums, np.where(rated, _hundredths(quality.gated), final))
    rows = zip(
        quality.assets,
        (None if kept == own else quality.assets[kept].id for own, kept in enumerate(keeper)),
        quality.scores,
        quality.confidence,
        quality.expired,
        gates.tolist(),
        ((gated - sums) / 100).tolist(),
        ((final - gated) / 100).tolist(),
        *(_documents(group, bases[:, i]) for i, group in enumerate(groups)),
        strict=True,
    )
    documents = []
    for (
        asset,
        duplicate_of,
        score,
        confidence,
        expired,
        gate,
        gate_points,
        human_points,
        *made,
    ) in rows:
        penalties = []
        if gate < 1:
            note = "Sharpness, exposure or noise is too poor for the rest to make up for it"
            penalties.append(
                Penalty(code="gate", multiplier=gate, contribution=gate_points, note=note)
            )
        if asset.rating:
            before = score - human_points
            factor = round(score / before, 3) if before > 0 else 1.0
            note = f"Rated {asset.rating:g} of 5: that counts for {RATING_WEIGHT:.0%}"
            penalties.append(
                Penalty(code="rating", multiplier=factor, contribution=human_points, note=note)
            )
        factors = Factors(**dict(zip(names, made, strict=True)), penalties=tuple(penalties))
        documents.append(
            QualityScore(
                asset_id=asset.id,
                score=score,
                grade=grade_of(score),
                verdict=_verdict(asset, score, confidence, expired=expired),
                confidence=confidence,
                factors=factors,
                issues=_issues(asset, made, confidence),
                duplicate_of=duplicate_of,
            )
        )
    return documents


def grade_of(score: float) -> Grade:
    return next((grade for least, grade in _GRADES if score >= least), "F")


def _hundredths(values: Floats) -> NDArray[np.int64]:
    return np.rint(100 * values).astype(np.int64)


def _documents(group: Group, points: NDArray[np.int64]) -> Iterator[FactorGroup]:
    """Make the group of each picture; what rounding leaves goes to its largest factor."""
    known = group.shares > 0
    parts = _hundredths(group.shares * np.where(known, group.factor_scores, 0))
    largest = np.where(known, parts, -1).argmax(axis=1)
    parts[np.arange(len(parts)), largest] += points - parts.sum(axis=1)
    names = group.names
    for factor_scores, shares, factor_points, raw, score, weight, contribution in zip(
        _rows(np.round(group.factor_scores, 1)),
        _rows(np.round(group.shares, 3)),
        _rows(parts / 100),
        _rows(np.round(group.raw, 3)),
        np.round(group.scores, 1).tolist(),
        np.round(group.weights, 3).tolist(),
        (points / 100).tolist(),
        strict=True,
    ):
        factors = {}
        for name, found, share, part, measured in zip(
            names, factor_scores, shares, factor_points, raw, strict=True
        ):
            if share:
                value = measured if measured == measured else None  # noqa: PLR0124 -- NaN is not
                note = None if found >= WEAK_BELOW else _note(name, value)
                factors[name] = Factor(
                    score=found, weight=share, contribution=part, raw=value, note=note
                )
        yield FactorGroup(
            score=score,
            weight=weight,
            contribution=contribution,
            available=bool(factors),
            factors=factors,
        )


def _rows(values: Floats) -> Iterator[tuple[float, ...]]:
    """Go through the rows as tuples; thousands of small lists would keep the collector busy."""
    return zip(*values.T.tolist(), strict=True)


def _note(name: str, raw: float | None) -> str:
    message = _ISSUES[name][1]
    return message if raw is None else f"{message} ({_SAID[name].format(raw)})"


def _issues(asset: GalleryAsset, groups: Sequence[FactorGroup], confidence: float) -> list[Issue]:
    issues = [
        Issue(code=_ISSUES[name][0], factor=name, message=factor.note)
        for group in groups
        for name, factor in group.factors.items()
        if factor.note
    ]
    if not confidence:
        message = "Nothing is known of its quality: measure it, or give metrics"
        issues.append(Issue(code="not_measured", factor="technical", message=message))
    seen = asset.features
    if seen is None:
        return issues
    if seen.native_blur > SOFT_FROM and seen.blur < SHARP_BELOW:
        message = "Sharp on screen, soft at full size"
        issues.append(Issue(code="soft_at_full_size", factor="sharpness", message=message))
    if seen.color_profile:
        message = f"Colour profile {seen.color_profile}, measured as if it were sRGB"
        issues.append(Issue(code="color_profile", factor="colorCast", message=message))
    return issues


def _verdict(asset: GalleryAsset, score: float, confidence: float, *, expired: bool) -> Verdict:
    """Judge as the human did, else by the score; what may not be used or is not known is reviewed."""
    if asset.rejected:
        return "reject"
    if expired or not (confidence or asset.rating):
        return "review"
    if asset.preferred or score >= SELECT_FROM:
        return "select"
    if score >= KEEP_FROM:
        return "keep"
    return "review" if score >= REVIEW_FROM else "reject"

"""Quality as documents: contributions that sum to the score, and what is wrong in words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from insights.analysis.media.colour import Floats
from insights.analysis.media.quality import RATING_WEIGHT, Group, Quality
from insights.schemas.media import (
    Factor,
    FactorGroup,
    Factors,
    Features,
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
    groups = quality.groups.values()
    ratings = np.array([asset.rating for asset in quality.assets])
    rated = ratings > 0
    gates = np.round(quality.gates, 3)
    final = _hundredths(np.array(quality.scores))
    bases = np.column_stack([_hundredths(group.weights * group.scores) for group in groups])
    # Where nothing stands between the groups and the score, the largest takes what rounding leaves.
    plain = ~rated & (gates == 1)
    bases[np.arange(len(final)), bases.argmax(axis=1)] += np.where(plain, final - bases.sum(1), 0)
    sums = bases.sum(axis=1)
    gated = np.where(gates == 1, sums, np.where(rated, _hundredths(quality.gated), final))
    issues: list[list[Issue]] = [[] for _ in quality.assets]
    made = [_documents(group, bases[:, i], issues) for i, group in enumerate(groups)]
    penalties: list[tuple[Penalty, ...]] = [()] * len(issues)
    gate_points, human_points = (gated - sums) / 100, (final - gated) / 100
    for row in np.flatnonzero(gates < 1).tolist():
        penalties[row] = (_gate(float(gates[row]), float(gate_points[row])),)
    for row in np.flatnonzero(rated).tolist():
        penalty = _rating(float(ratings[row]), quality.scores[row], float(human_points[row]))
        penalties[row] = (*penalties[row], penalty)
    documents = []
    for own, (asset, kept, score, confidence, expired, technical, composition, brand) in enumerate(
        zip(
            quality.assets,
            keeper,
            quality.scores,
            quality.confidence,
            quality.expired,
            *made,
            strict=True,
        )
    ):
        factors = Factors(
            technical=technical, composition=composition, brand=brand, penalties=penalties[own]
        )
        _add_issues(issues[own], asset.features, confidence)
        documents.append(
            QualityScore(
                asset_id=asset.id,
                score=score,
                grade=grade_of(score),
                verdict=_verdict(asset, score, confidence, expired=expired),
                confidence=confidence,
                factors=factors,
                issues=issues[own],
                duplicate_of=None if kept == own else quality.assets[kept].id,
            )
        )
    return documents


def grade_of(score: float) -> Grade:
    for least, grade in _GRADES:
        if score >= least:
            return grade
    return "F"


def _hundredths(values: Floats) -> NDArray[np.int64]:
    return np.rint(100 * values).astype(np.int64)


def _gate(gate: float, points: float) -> Penalty:
    note = "Sharpness, exposure or noise is too poor for the rest to make up for it"
    return Penalty(code="gate", multiplier=gate, contribution=points, note=note)


def _rating(rating: float, score: float, points: float) -> Penalty:
    before = score - points
    factor = round(score / before, 3) if before > 0 else 1.0
    note = f"Rated {rating:g} of 5: that counts for {RATING_WEIGHT:.0%}"
    return Penalty(code="rating", multiplier=factor, contribution=points, note=note)


def _documents(
    group: Group, points: NDArray[np.int64], issues: Sequence[list[Issue]]
) -> list[FactorGroup]:
    """Make the group of each picture, and add what is wrong with it to its issues.

    What rounding leaves goes to the largest factor.
    """
    known = group.shares > 0
    parts = _hundredths(group.shares * np.where(known, group.factor_scores, 0))
    largest = np.where(known, parts, -1).argmax(axis=1)
    parts[np.arange(len(parts)), largest] += points - parts.sum(axis=1)
    shares = np.round(group.shares, 3)
    factors: list[dict[str, Factor]] = [{} for _ in issues]
    # A factor after the other: most pictures have the same ones.
    for column, name in enumerate(group.names):
        rows = np.flatnonzero(shares[:, column])
        code, message = _ISSUES[name]
        said = f"{message} ({_SAID.get(name)})"
        for row, score, share, part, raw in zip(
            rows.tolist(),
            np.round(group.factor_scores[rows, column], 1).tolist(),
            shares[rows, column].tolist(),
            (parts[rows, column] / 100).tolist(),
            np.round(group.raw[rows, column], 3).tolist(),
            strict=True,
        ):
            value = raw if raw == raw else None  # noqa: PLR0124 -- NaN is not
            note = None
            if score < WEAK_BELOW:
                note = message if value is None else said.format(value)
                issues[row].append(Issue(code=code, factor=name, message=note))
            factors[row][name] = Factor(
                score=score, weight=share, contribution=part, raw=value, note=note
            )
    return [
        FactorGroup(
            score=score,
            weight=weight,
            contribution=contribution,
            available=bool(held),
            factors=held,
        )
        for held, score, weight, contribution in zip(
            factors,
            np.round(group.scores, 1).tolist(),
            np.round(group.weights, 3).tolist(),
            (points / 100).tolist(),
            strict=True,
        )
    ]


def _add_issues(issues: list[Issue], seen: Features | None, confidence: float) -> None:
    """Add what is no single factor's fault."""
    if not confidence:
        message = "Nothing is known of its quality: measure it, or give metrics"
        issues.append(Issue(code="not_measured", factor="technical", message=message))
    if seen is None:
        return
    if seen.native_blur > SOFT_FROM and seen.blur < SHARP_BELOW:
        message = "Sharp on screen, soft at full size"
        issues.append(Issue(code="soft_at_full_size", factor="sharpness", message=message))
    if seen.color_profile:
        message = f"Colour profile {seen.color_profile}, measured as if it were sRGB"
        issues.append(Issue(code="color_profile", factor="colorCast", message=message))


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

"""The factors of quality: what is known of a picture, and the score 0..100 that it is worth.

A row for each picture, a column for each factor, NaN where nothing is known.
"""

from collections.abc import Sequence
from itertools import repeat

import numpy as np
from msgspec.structs import astuple

from insights.analysis.media.colour import Floats, ciede2000, labs, padded
from insights.analysis.values import fold
from insights.schemas.media import Brand, DeliverySpec, Features, GalleryAsset, Profile, Swatch

TECHNICAL = {
    "sharpness": 0.35,
    "exposure": 0.20,
    "noise": 0.15,
    "contrast": 0.10,
    "resolution": 0.10,
    "colorCast": 0.10,
}
# A picture that fails one of these is not saved by the others.
GATES = slice(0, 3)
SHARPNESS, NOISE = 0, 2
COMPOSITION = {"coverage": 0.40, "placement": 0.35, "margins": 0.25, "horizon": 0.25, "given": 1.0}
BRAND = {
    "palette": 0.35,
    "background": 0.20,
    "aspectRatio": 0.15,
    "fill": 0.10,
    "size": 0.10,
    "rights": 0.10,
    "given": 0.65,
}

_PROFILES: dict[str, Profile] = {
    **dict.fromkeys(("packshot", "productonly", "flatlay", "ghost", "swatch"), "packshot"),
    **dict.fromkeys(("detail", "closeup"), "detail"),
    **dict.fromkeys(("onmodel", "model", "fulllength", "ecommerce", "ecom"), "on_model"),
    **dict.fromkeys(("editorial", "campaign", "lifestyle", "lookbook"), "editorial"),
    **dict.fromkeys(("runway", "catwalk", "show"), "runway"),
}
_PROFILE_NAMES: tuple[Profile, ...] = ("packshot", "detail", "on_model", "editorial", "runway")
_PACKSHOT, _DETAIL, _ON_MODEL, _EDITORIAL, _RUNWAY = range(5)
# How much of the longer side the subject should have, by profile.
_FILL = np.array([(0.80, 0.95), (0.90, 1.0), (0.70, 1.0), (0.25, 1.0), (0.25, 1.0)])
_LONG_SIDE, _LONG_SIDE_PACKSHOT, _LONG_SIDE_PRINT = 1000, 1600, 2500
_CAST, _BACKDROP, _BACKDROP_ROOM = 25.0, 1.5, 10.5
_CUT = 0.01  # nearer to an edge than this, the subject goes on beyond it


def profile_of(asset: GalleryAsset) -> Profile:
    """Say by which rules to judge a picture: its kind of shot, else its angle; editorial asks least."""
    found = _PROFILES.get(fold(asset.shot_type)) if asset.shot_type else None
    return found or _PROFILES.get(fold(asset.angle or ""), "editorial")


def ramp(values: Floats, zero: Floats | float, one: Floats | float) -> Floats:
    """Return 0 at `zero`, 1 at `one`, straight in between and flat outside; NaN stays."""
    risen: Floats = np.clip((values - zero) / (np.asarray(one) - zero), 0, 1)
    return risen


class Columns:
    """What is known of each picture, as columns."""

    def __init__(self, assets: Sequence[GalleryAsset]) -> None:
        self.assets = assets
        kinds = {(a.shot_type, a.angle): a for a in assets}
        profiles = {kind: _PROFILE_NAMES.index(profile_of(a)) for kind, a in kinds.items()}
        self.profiles = np.array([profiles[a.shot_type, a.angle] for a in assets], np.intp)
        self.pixels = np.array(
            [
                _NO_PIXELS if asset.features is None else _pixels(asset.features, packshot)
                for asset, packshot in zip(assets, (self.profiles <= _DETAIL).tolist(), strict=True)
            ]
        ).reshape(len(assets), len(_NO_PIXELS))
        self.metrics = np.array(
            [
                _NO_METRICS if a.metrics is None or a.features else astuple(a.metrics)
                for a in assets
            ],
            dtype=np.float64,
        ).reshape(len(assets), len(_NO_METRICS))
        sizes = [
            (a.features.width, a.features.height) if a.features else (a.width, a.height)
            for a in assets
        ]
        self.width, self.height = np.array(sizes, dtype=np.float64).reshape(-1, 2).T
        self.long_side = np.maximum(self.width, self.height)
        self.box = np.array([_box(asset) for asset in assets]).reshape(len(assets), 6)

    def fills(self) -> Floats:
        larger: Floats = np.maximum(self.box[:, 2], self.box[:, 3])
        return larger


_NO_PIXELS = (np.nan,) * 9
_NO_METRICS = (np.nan,) * 8
_NO_BOX = (np.nan,) * 6


def _pixels(features: Features, packshot: bool) -> tuple[float, ...]:  # noqa: FBT001 -- a row, positional
    exposure = features.exposure
    if packshot and features.subject_exposure:  # a white backdrop is not overexposed
        exposure = features.subject_exposure
    return (
        features.blur,
        features.edges,
        features.noise,
        features.contrast,
        np.nan if features.cast is None else features.cast,
        exposure.high,
        exposure.low,
        exposure.median,
        np.nan if features.tilt is None else features.tilt,
    )


def _box(asset: GalleryAsset) -> tuple[float, ...]:
    """Return x, y, width and height of the subject and its centre, as shares of the picture."""
    subject = asset.features.subject if asset.features else None
    if subject:
        box = subject.box
        return box.x, box.y, box.w, box.h, subject.x, subject.y
    box_ = asset.subject_box
    if box_ is None or asset.features:
        return _NO_BOX
    return box_.x, box_.y, box_.w, box_.h, box_.x + box_.w / 2, box_.y + box_.h / 2


def technical(columns: Columns, brand: Brand, spec: DeliverySpec) -> tuple[Floats, Floats]:
    blur, edges, noise, contrast, cast, high, low, median, _ = columns.pixels.T
    wanted = _long_side(columns, brand, spec)
    resolution = columns.long_side / wanted
    sharp = 0.6 * ramp(blur, 0.75, 0.30) + 0.4 * ramp(np.log(np.maximum(edges, 1)), 0, np.log(12))
    exposure = (
        ramp(high, 0.40, 0.01)
        * ramp(low, 0.60, 0.05)
        * (0.25 + 0.75 * ramp(np.abs(median - 118), 110, 50))
    )
    least_cast = min(brand.max_cast or 4.0, _CAST - 1)
    measured = 100 * np.column_stack(
        (
            sharp,
            exposure,
            ramp(noise, 15, 1),
            ramp(contrast, 0.15, 0.65),
            ramp(resolution, 0.25, 1),
            ramp(cast, _CAST, least_cast),
        )
    )
    given = columns.metrics[:, :6]
    # The size of a file is a fact: no tool has to be believed about it.
    scores = np.where(np.isnan(measured), given, measured)
    raw = np.column_stack((blur, median, noise, contrast, resolution, cast))
    return scores, np.where(np.isnan(measured), np.nan, raw)


def _long_side(columns: Columns, brand: Brand, spec: DeliverySpec) -> Floats:
    asked = spec.min_long_side or brand.min_long_side
    if asked is None and fold(spec.channel or "") == "print":
        asked = _LONG_SIDE_PRINT
    usual = np.where(columns.profiles == _PACKSHOT, _LONG_SIDE_PACKSHOT, _LONG_SIDE)
    wanted: Floats = np.full(len(columns.assets), asked) if asked else usual.astype(np.float64)
    return wanted


def composition(columns: Columns) -> tuple[Floats, Floats]:
    left, top, width, height, x, y = columns.box.T
    profiles = columns.profiles
    fill = columns.fills()
    least, most = _FILL[profiles].T
    over = np.maximum(1 - most, 0.05)
    coverage = ramp(fill, 0.4 * least, least) * (1 - 0.5 * ramp(fill, most, most + over))

    off_centre = np.hypot(x - 0.5, y - 0.5)
    off_third = np.minimum(np.abs(x - 1 / 3), np.abs(x - 2 / 3))
    off_point = np.hypot(off_third, np.minimum(np.abs(y - 1 / 3), np.abs(y - 2 / 3)))
    still = profiles <= _DETAIL
    model = profiles == _ON_MODEL
    off = np.where(
        still,
        off_centre,
        np.where(model, np.minimum(np.abs(x - 0.5), off_third), np.minimum(off_point, off_centre)),
    )
    placement = np.where(
        still, ramp(off, 0.25, 0.02), np.where(model, ramp(off, 0.15, 0.02), ramp(off, 0.24, 0.03))
    )

    right, bottom = 1 - left - width, 1 - top - height
    cuts = (left < _CUT) * 1.0 + (right < _CUT) + (top < _CUT)
    cuts += (bottom < _CUT) * (profiles == _PACKSHOT)
    cuts[profiles == _DETAIL] = 0  # a detail is meant to fill the frame
    room = np.maximum(left, 0) + np.maximum(right, 0)
    lean = np.abs(left - right) / np.maximum(room, 0.02)
    uneven = 0.3 * np.clip(lean, 0, 1) * ((profiles == _PACKSHOT) | model)
    headroom = 0.2 * (1 - ramp(top, 0, 0.03) * ramp(top, 0.30, 0.12)) * model
    margins = np.clip(1 - 0.5 * cuts - uneven - headroom, 0, 1)
    margins[np.isnan(left)] = np.nan

    tilt = np.abs(columns.pixels[:, 8])
    horizon = np.where(profiles == _EDITORIAL, ramp(tilt, 5, 0.5), np.nan)
    measured = 100 * np.column_stack((coverage, placement, margins, horizon))
    given = columns.metrics[:, 6]
    measured[~np.isnan(given)] = np.nan
    raw = np.column_stack((fill, off, cuts, tilt, np.full(len(given), np.nan)))
    return np.column_stack((measured, given)), raw


def brand_match(
    columns: Columns, brand: Brand, spec: DeliverySpec, expired: Sequence[bool]
) -> tuple[Floats, Floats]:
    assets = columns.assets
    nothing = np.full(len(assets), np.nan)
    given = columns.metrics[:, 7]
    palette, backdrop, ratio, fill, size = (nothing.copy() for _ in range(5))
    palette_raw, backdrop_raw, ratio_raw, fill_raw, size_raw = (nothing.copy() for _ in range(5))
    if brand.palette:
        palette_raw = _palette_difference(assets, brand)
        palette = ramp(palette_raw, 40, 3)
    if brand.background:
        backdrop_raw = _border_difference(assets, brand.background.swatch)
        tolerance = brand.background.tolerance
        backdrop = ramp(backdrop_raw, tolerance + _BACKDROP_ROOM, tolerance)
    wanted_ratio = spec.aspect_ratio or brand.aspect_ratio
    if wanted_ratio:
        ratio_raw = columns.width / columns.height
        ratio = ramp(np.abs(np.log(ratio_raw / wanted_ratio)), 0.20, 0.01)
    if brand.fill:
        least, most = brand.fill
        fill_raw = columns.fills()
        fill = ramp(fill_raw, 0.4 * least, max(least, 0.01)) * ramp(fill_raw, most + 0.2, most)
    wanted_side = spec.min_long_side or brand.min_long_side
    if wanted_side:
        size_raw = columns.long_side / wanted_side
        size = ramp(size_raw, 0.5, 1)
    asked = brand != Brand() or spec != DeliverySpec()
    rights = np.array(list(map(_rights, assets, expired, repeat(asked))), dtype=np.float64)
    for covered in (palette, backdrop, fill):
        covered[~np.isnan(given)] = np.nan
    scores = (palette, backdrop, ratio, fill, size, rights)
    raw = (palette_raw, backdrop_raw, ratio_raw, fill_raw, size_raw, nothing, nothing)
    return np.column_stack((*(100 * score for score in scores), given)), np.column_stack(raw)


def _rights(asset: GalleryAsset, expired: bool, asked: bool) -> float:  # noqa: FBT001 -- mapped over columns
    """Return 0 for a picture that must not be used, 1 for one that may, NaN when nobody asks or says."""
    unsigned = asset.release_signed is False and asset.model_id is not None
    if expired or unsigned:
        return 0.0
    said = asset.usage_rights or asset.expires_at or asset.release_signed
    return 1.0 if asked and said else np.nan


def _palette_difference(assets: Sequence[GalleryAsset], brand: Brand) -> Floats:
    """Return how far the colours are from the palette, or the garment from its own colour if known."""
    rows = [a.features.palette if a.features else a.dominant_colors for a in assets]
    own = [Swatch(hex=a.color_hex) if a.color_hex else None for a in assets]
    colours, shares = padded(rows)
    total = shares.sum(axis=1)
    found = np.full(len(assets), np.nan)
    has_own = np.array([swatch is not None for swatch in own], np.bool_)
    house = ~has_own & (total > 0)
    if house.any():
        seen = house[:, None] & (shares > 0)
        nearest = np.zeros_like(shares)
        # One colour after the other, so that what is computed stays in the processor's cache.
        to_each = [ciede2000(colours[seen], target) for target in labs(brand.palette)]
        nearest[seen] = np.min(to_each, axis=0)
        found[house] = (nearest[house] * shares[house]).sum(axis=1) / total[house]
    garment = has_own & (total > 0)
    if garment.any():
        targets = labs(
            [swatch for swatch, kept in zip(own, garment, strict=True) if swatch and kept]
        )
        differences = ciede2000(colours[garment], targets[:, None])
        found[garment] = np.where(shares[garment] > 0, differences, np.inf).min(axis=1)
    return found


def _border_difference(assets: Sequence[GalleryAsset], target: Swatch) -> Floats:
    """Return the difference that nine tenths of the border do not exceed."""
    colours, shares = padded([a.features.border if a.features else () for a in assets])
    found = np.full(len(assets), np.nan)
    known = shares.sum(axis=1) > 0
    if not known.any():
        return found
    differences, shares = ciede2000(colours[known], labs([target])), shares[known]
    order = np.argsort(differences, axis=1, kind="stable")
    cumulated = np.cumsum(np.take_along_axis(shares, order, axis=1), axis=1)
    at = (cumulated >= 0.9 * (1 - 1e-9) * cumulated[:, -1:]).argmax(axis=1)
    found[known] = np.take_along_axis(differences, order, axis=1)[np.arange(len(at)), at]
    return found

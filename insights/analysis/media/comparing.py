"""Lines of the shot list and pictures side by side: which can meet, and how well they fit."""

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insights.analysis.media.codes import Codes, Folds, codes_of
from insights.analysis.media.colour import Floats
from insights.analysis.media.readers import ANGLE_WORDS
from insights.schemas.media import GalleryAsset, ShotItem

IDENTITIES = ("sku", "style_id", "look_id", "sample_id")
IDENTITY, ANGLE, COLOR, SHOT_TYPE, ORIENTATION = 40.0, 30.0, 12.0, 8.0, 5.0
QUALITY, APPROVED, SPEC = 5.0, 3.0, -15.0
_REQUIRED, _HERO = 1000.0, 200.0
_ASPECT_ROOM = 0.1
_SAME_ANGLE = {"close_up": "detail"}
_LEAST_TOKEN, _MOST_TOKENS = 3, 4
_LEAST_ANGLE_TOKEN = 4

Positions = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Pairs:
    """Lines and pictures that share an identity, side by side, and how they fit."""

    lines: Positions
    assets: Positions
    scores: Floats
    angle: Flags
    color: Flags
    quality: Flags
    size: Flags
    shape: Flags

    @property
    def fits(self) -> Flags:
        """Say which pictures can cover their lines."""
        return self.angle & self.color & self.quality & self.size


class Table:
    """Lines and pictures as columns of numbers, and an index of pictures by identity."""

    def __init__(
        self, shots: Sequence[ShotItem], assets: Sequence[GalleryAsset], scores: Sequence[float]
    ) -> None:
        self.shots, self.assets = shots, assets
        self.scores = np.array(scores, np.float64)
        folds = Folds()
        self._line_keys = [
            tuple((kind, folds[value]) for kind in IDENTITIES if (value := getattr(shot, kind)))
            for shot in shots
        ]
        names = {
            key[1]: key for keys in self._line_keys for key in keys if len(key[1]) >= _LEAST_TOKEN
        }
        read = [_from_name(asset, names) for asset in assets]
        self._identities = [
            _identities(asset, found, folds) for asset, (found, _) in zip(assets, read, strict=True)
        ]
        angles = [
            *(shot.angle for shot in shots),
            *(a.angle or angle for a, (_, angle) in zip(assets, read, strict=True)),
        ]
        count = len(shots)
        self.line_angle, self.angle = _split(
            [_SAME_ANGLE.get(angle or "", angle) for angle in angles], count
        )
        self.line_color, self.color = _split(
            [*(s.color for s in shots), *(a.color for a in assets)], count
        )
        self.line_type, self.type = _split(
            [*(s.shot_type for s in shots), *(a.shot_type for a in assets)], count
        )
        turns = [*(shot.orientation for shot in shots), *map(_orientation, assets)]
        self.line_orientation, self.orientation = _split(turns, count)
        self.approved = np.array([asset.status == "approved" for asset in assets], np.bool_)
        sizes = np.array([_size(asset) for asset in assets], np.float64).reshape(-1, 2)
        self.long_side, self.aspect = (
            sizes.max(axis=1, initial=0),
            np.log(sizes[:, 0] / sizes[:, 1]),
        )
        specs = [shot.delivery_spec for shot in shots]
        self.line_side = np.array([spec.min_long_side or 0 for spec in specs], np.float64)
        self.line_aspect = np.array(
            [math.log(spec.aspect_ratio) if spec.aspect_ratio else math.nan for spec in specs]
        )
        self._named = np.array([bool(keys) for keys in self._line_keys], np.bool_)
        self.least = np.array([shot.min_quality for shot in shots])
        self.weight = np.array([_REQUIRED * s.required + _HERO * s.is_hero for s in shots])
        self._kinds = [{kind for kind, _ in keys} for keys in self._identities]
        self._candidates: dict[tuple[tuple[str, str], ...], Positions] = {}
        self._index: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        # Best first, so that a part of a list is the better part.
        self._all = np.argsort(-self.scores, kind="stable")
        for position in self._all.tolist():
            for key in self._identities[position]:
                self._index[key].append(position)

    def candidates(self, line: int) -> Positions:
        """Return the pictures of the line's piece, or all pictures for a line that names none.

        The first of SKU, style, look and sample that both name decides. Better pictures come first.
        """
        keys = self._line_keys[line]
        if not keys:
            return self._all
        if keys not in self._candidates:
            passed: set[str] = set()
            found: list[int] = []
            for kind, name in keys:
                found += [
                    position
                    for position in self._index.get((kind, name), ())
                    if passed.isdisjoint(self._kinds[position])
                ]
                passed.add(kind)
            self._candidates[keys] = np.array(found, np.intp)
        return self._candidates[keys]

    def signature(self, line: int) -> tuple[Any, ...]:
        """Return all that tells a line from others when it is compared with pictures."""
        columns = (self.line_angle, self.line_color, self.line_type, self.line_orientation)
        numbers = (*columns, self.line_side, self.line_aspect, self.least)
        # As text, because NaN is not like itself.
        return self._line_keys[line], str([column[line] for column in numbers])

    def pairs(self, lines: Sequence[int], candidates: Sequence[Positions]) -> Pairs:
        """Compare each line with its candidates."""
        counts = [len(found) for found in candidates]
        rows = np.repeat(np.array(lines, np.intp), counts)
        assets = np.concatenate([*candidates, np.zeros(0, np.intp)])
        # Columns of one line need not be repeated for each picture.
        of = np.s_[lines[0]] if len(lines) == 1 else rows
        same_angle, angle = _compared(self.line_angle[of], self.angle[assets])
        same_color, color = _compared(self.line_color[of], self.color[assets])
        same_type, _ = _compared(self.line_type[of], self.type[assets])
        same_turn, _ = _compared(self.line_orientation[of], self.orientation[assets])
        # Unknown sizes are NaN, and refuse nothing.
        size = ~(self.long_side[assets] < self.line_side[of])
        shape = ~(np.abs(self.aspect[assets] - self.line_aspect[of]) > _ASPECT_ROOM)
        quality = self.scores[assets]
        scores = (
            IDENTITY * self._named[of]
            + ANGLE * same_angle
            + COLOR * same_color
            + SHOT_TYPE * same_type
            + ORIENTATION * same_turn
            + QUALITY * quality / 100
            + APPROVED * self.approved[assets]
            + SPEC * ~(shape & size)
        )
        # A line that names no piece is not covered by just anything.
        angle &= self._named[of] | same_angle | same_color | same_type
        return Pairs(rows, assets, scores, angle, color, quality >= self.least[of], size, shape)


def _split(words: Sequence[str | None], count: int) -> tuple[Codes, Codes]:
    codes = codes_of(words)
    return codes[:count], codes[count:]


def _compared(one: Codes | np.int64, other: Codes) -> tuple[Flags, Flags]:
    """Say where two known words are the same, and where nothing speaks against it."""
    same = (one == other) & (one >= 0)
    return same, same | (one < 0) | (other < 0)


def _identities(
    asset: GalleryAsset, named: tuple[str, str] | None, folds: Folds
) -> list[tuple[str, str]]:
    found = [("sku", folds[sku]) for sku in (asset.sku, *asset.skus) if sku]
    found += [(kind, folds[value]) for kind in IDENTITIES[1:] if (value := getattr(asset, kind))]
    return list(dict.fromkeys(found)) or ([named] if named else [])


def _from_name(
    asset: GalleryAsset, names: dict[str, tuple[str, str]]
) -> tuple[tuple[str, str] | None, str | None]:
    """Read the piece and the angle from a file name such as `KN-0012_back_02.jpg`."""
    known = asset.sku or asset.skus or asset.style_id or asset.look_id or asset.sample_id
    if not asset.file_name or (known and asset.angle):
        return None, None
    tokens = [token.casefold() for token in _TOKEN.findall(asset.file_name[:200])]
    identity = angle = None
    for start in range(len(tokens)):
        word = ""
        for token in tokens[start : start + _MOST_TOKENS]:
            word += token
            identity = identity or names.get(word)
            if word.isalpha() and len(word) >= _LEAST_ANGLE_TOKEN:
                angle = angle or ANGLE_WORDS.get(word)
    return identity, angle


_TOKEN = re.compile(r"[A-Za-z0-9]+")


def _size(asset: GalleryAsset) -> tuple[float, float]:
    seen = asset.features
    width, height = (seen.width, seen.height) if seen else (asset.width, asset.height)
    return (width, height) if width and height else (math.nan, math.nan)


def _orientation(asset: GalleryAsset) -> str | None:
    width, height = _size(asset)
    if asset.orientation or math.isnan(width):
        return asset.orientation
    if width == height:
        return "square"
    return "portrait" if height > width else "landscape"

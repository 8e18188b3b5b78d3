"""Colours in CIE L*a*b* (D65, 2 degrees) and how different they look."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from insights.schemas.media import Swatch

Floats = NDArray[np.float64]

_SRGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
_EPSILON = (6 / 29) ** 3


def srgb_to_lab(rgb: Floats) -> Floats:
    """Convert sRGB, 0..1 in the last axis, to L*a*b*."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 -- IEC 61966-2-1
    scaled = linear @ _SRGB_TO_XYZ.T / _WHITE
    root = np.where(scaled > _EPSILON, np.cbrt(scaled), scaled * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=-1)


def labs(swatches: Sequence[Swatch]) -> Floats:
    """Return the colours as rows of L*a*b*."""
    found = np.array([swatch.lab or (0, 0, 0) for swatch in swatches], np.float64).reshape(-1, 3)
    named = [position for position, swatch in enumerate(swatches) if swatch.lab is None]
    if named:
        written = "".join((swatches[position].hex or "#000000")[1:] for position in named)
        rgb = np.frombuffer(bytes.fromhex(written), np.uint8).reshape(-1, 3)
        found[named] = srgb_to_lab(rgb / 255)
    return found


def padded(rows: Sequence[tuple[Swatch, ...]]) -> tuple[Floats, Floats]:
    """Return the colours of each row (n, k, 3), and their shares (n, k), 0 where there is none."""
    counts = np.array([len(row) for row in rows], np.intp)
    flat = [swatch for row in rows for swatch in row]
    most = int(counts.max(initial=0))
    filled = np.arange(most) < counts[:, None]
    colours, shares = np.zeros((len(rows), most, 3)), np.zeros((len(rows), most))
    colours[filled] = labs(flat)
    shares[filled] = [swatch.share for swatch in flat]
    return colours, shares


def mean_labs(rows: Sequence[tuple[Swatch, ...]]) -> Floats:
    """Return the mean colour of each row, weighted by shares; NaN where there is none."""
    colours, shares = padded(rows)
    total = shares.sum(axis=1, keepdims=True)
    weights = np.divide(shares, total, out=np.full_like(shares, np.nan), where=total > 0)
    known = weights.shape[1] > 0
    mean: Floats = (
        (colours * weights[:, :, None]).sum(axis=1) if known else np.full((len(rows), 3), np.nan)
    )
    return mean


def ciede2000(one: Floats, other: Floats) -> Floats:
    """Return the CIEDE2000 difference of L*a*b* colours in the last axis, broadcast.

    Sharma, Wu and Dalal, The CIEDE2000 Color-Difference Formula (2005).
    """
    l1, a1, b1 = np.moveaxis(np.asarray(one, dtype=np.float64), -1, 0).copy()
    l2, a2, b2 = np.moveaxis(np.asarray(other, dtype=np.float64), -1, 0).copy()
    chroma = (_length(a1, b1) + _length(a2, b2)) / 2
    stretch = 1.5 - 0.5 * _bend(chroma)
    c1, c2 = _length(stretch * a1, b1), _length(stretch * a2, b2)
    h1, h2 = _hue(stretch * a1, b1), _hue(stretch * a2, b2)
    grey = c1 * c2 == 0

    turn = h2 - h1
    turn = np.where(grey, 0.0, turn - 360 * (turn > 180) + 360 * (turn < -180))  # noqa: PLR2004 -- half a turn
    far = np.abs(h1 - h2) > 180  # noqa: PLR2004 -- half a turn
    total = h1 + h2
    mean_hue = np.where(far, (total + np.where(total < 360, 360, -360)) / 2, total / 2)  # noqa: PLR2004 -- a turn
    mean_hue = np.where(grey, total, mean_hue)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2

    weight = (
        1
        - 0.17 * np.cos(np.radians(mean_hue - 30))
        + 0.24 * np.cos(np.radians(2 * mean_hue))
        + 0.32 * np.cos(np.radians(3 * mean_hue + 6))
        - 0.20 * np.cos(np.radians(4 * mean_hue - 63))
    )
    d_light = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    d_chroma = (c2 - c1) / (1 + 0.045 * chroma)
    d_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2) / (1 + 0.015 * chroma * weight)
    rotation = -2 * _bend(chroma) * np.sin(np.radians(60) * np.exp(-(((mean_hue - 275) / 25) ** 2)))
    squared = d_light**2 + d_chroma**2 + d_hue**2 + rotation * d_chroma * d_hue
    difference: Floats = np.sqrt(np.maximum(squared, 0))
    return difference


def _length(a: Floats, b: Floats) -> Floats:
    length: Floats = np.sqrt(a * a + b * b)  # a sixth of the time of np.hypot
    return length


def _hue(a: Floats, b: Floats) -> Floats:
    """Return degrees from 0 to 360."""
    hue: Floats = np.degrees(np.arctan2(b, a))
    return hue + 360 * (hue < 0)


def _bend(chroma: Floats) -> Floats:
    squared = chroma * chroma
    seventh = squared * squared * squared * chroma  # a tenth of the time of ** 7
    bent: Floats = np.sqrt(seventh / (seventh + 25.0**7))
    return bent

"""Measures of pixels: plain functions of arrays.

`grey` is uint8 and `lab` float32 L*a*b*, both of the whole picture at `LONG_SIDE` and `LAB_SIDE`
pixels; `tile` is a piece of the grey picture at full size.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from insights.analysis.media.colour import Floats
from insights.schemas.media import Box, Exposure, Subject, Swatch

LONG_SIDE, LAB_SIDE = 1024, 384
TILE = 512

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Picture = NDArray[np.float32]

BLOCKED, BLOWN = 2, 253
# What a 3 x 3 Gaussian leaves of the noise in a difference of neighbours: sqrt(4/16 * 6/16).
_SMOOTHED_NOISE = 0.306
_ROUNDING = 0.75  # whole grey levels look like that much noise
_GRID = 8  # tiles a side in which the sharpest part is looked for
_SUBJECT_SHARES = (0.002, 0.98)  # outside it is dirt, or no background at all
_PLAIN = 8.0  # a difference in L*a*b* that the eye overlooks in a backdrop
_BLACK, _WHITE = 15.0, 99.5  # no hue can be seen outside
_LEAST_SEEN = 200
_COLOURS = 5
_SAMPLE = 3000
_MOST_TILT = 10.0


def measure_blur(grey: Grey, noise: float) -> float:
    """Return 0 (sharp) to 1: how little variation another blur takes away (Crété-Roffet et al. 2007).

    Variation that noise of that standard deviation makes is no sharpness.
    """
    # In 16 bits, so that the mean of 9 pixels is not cut to whole grey levels.
    picture = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint16) * np.uint16(128)
    grain = np.full(4, 2 * _SMOOTHED_NOISE * max(0.0, noise - _ROUNDING) * 128)  # cv2's scalar
    worst = 0.0
    for turned in (picture, cv2.transpose(picture)):
        variation = cv2.subtract(cv2.absdiff(turned[1:], turned[:-1]), grain)
        again = cv2.blur(turned, (1, 9))
        lost = cv2.subtract(variation, cv2.absdiff(again[1:], again[:-1]))
        total = cv2.sumElems(variation)[0]
        worst = max(worst, 1 - cv2.sumElems(lost)[0] / total if total else 1.0)
    return worst


def measure_edges(grey: Grey, noise: float) -> float:
    """Return the gradient of the sharpest part, which is where the subject is in focus.

    What noise of that standard deviation adds to a gradient is taken off.
    """
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=1 / 16)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=1 / 16)
    energy = cv2.resize(across**2 + down**2, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    return float(np.percentile(np.sqrt(np.maximum(energy - (_SMOOTHED_NOISE * noise) ** 2, 0)), 90))


def measure_noise(tile: Grey) -> float:
    """Return the standard deviation of the noise in grey levels (Donoho and Johnstone 1994).

    From the diagonal Haar details of blocks that are not clipped; clipping hides noise.
    """
    height, width = (side // 2 * 2 for side in tile.shape)
    one, two, three, four = (
        np.ascontiguousarray(tile[down:height:2, across:width:2])
        for down in (0, 1)
        for across in (0, 1)
    )
    darkest = np.minimum(np.minimum(one, two), np.minimum(three, four))
    lightest = np.maximum(np.maximum(one, two), np.maximum(three, four))
    clipped = (darkest <= BLOCKED) | (lightest >= BLOWN)
    detail = np.abs(one.astype(np.int16) - two - three + four)[~clipped]
    if not detail.size:
        return 0.0
    counts = np.cumsum(np.bincount(detail))  # the median of whole numbers needs no sorting
    middle = np.searchsorted(counts, ((detail.size - 1) // 2, detail.size // 2), side="right")
    return float(middle.mean()) / 2 / 0.6745


def measure_exposure(values: Grey) -> Exposure:
    counts = _cumulated(values)
    return Exposure(
        high=_rounded(1 - counts[BLOWN - 1]),
        low=_rounded(counts[BLOCKED]),
        median=float(np.searchsorted(counts, 0.5)),
    )


def measure_contrast(grey: Grey) -> float:
    low, high = np.searchsorted(_cumulated(grey), (0.02, 0.98))
    return float(high - low) / 255


def _cumulated(values: Grey) -> Floats:
    """Return for each of the 256 grey levels the share of pixels up to it."""
    counts: Floats = np.cumsum(np.bincount(values.ravel(), minlength=256)) / values.size
    return counts


def measure_cast(colours: Picture) -> float | None:
    """Return the chroma of the least coloured 30 % of rows of L*a*b*; None when too few show any hue."""
    lightness = colours[:, 0]
    seen = colours[(lightness > _BLACK) & (lightness < _WHITE)]
    if len(seen) < _LEAST_SEEN:
        return None
    chroma = np.hypot(seen[:, 1], seen[:, 2])
    greyest = seen[chroma <= np.percentile(chroma, 30)]
    return float(np.hypot(greyest[:, 1].mean(), greyest[:, 2].mean()))


def busiest_corners(grey: Grey, full: tuple[int, int]) -> list[tuple[int, int]]:
    """Return x, y of the four tiles of a picture of `full` width and height with most edges."""
    width, height = full
    columns, rows = max(1, width // TILE), max(1, height // TILE)
    edges = np.abs(cv2.Laplacian(grey, cv2.CV_32F))
    energy = cv2.resize(edges, (columns, rows), interpolation=cv2.INTER_AREA)
    order = np.argsort(-energy, axis=None, kind="stable")[:4]
    found = (divmod(int(position), columns) for position in order)
    return [
        (
            column * max(0, width - TILE) // max(1, columns - 1),
            row * max(0, height - TILE) // max(1, rows - 1),
        )
        for row, column in found
    ]


def border_of(lab: Picture) -> Picture:
    """Return the pixels along the top and the sides; a model may leave through the bottom."""
    wide = max(2, round(min(lab.shape[:2]) * 0.02))
    parts = (lab[:wide], lab[:, :wide], lab[:, -wide:])
    return np.concatenate([part.reshape(-1, 3) for part in parts])


def find_subject(lab: Picture, grey: Grey) -> tuple[Mask | None, bool]:
    """Return where the subject is, and whether it stands before a plain background."""
    border = border_of(lab)
    backdrop = np.median(border, axis=0)
    spread = float(np.percentile(np.linalg.norm(border - backdrop, axis=1), 75))
    plain = spread < _PLAIN
    if plain:
        away = np.linalg.norm(lab - backdrop, axis=2) > max(_PLAIN, 3 * spread)
        mask = cv2.morphologyEx(away.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    else:
        mask = _salient(grey, lab.shape[:2])
    share = float(mask.mean())
    least, most = _SUBJECT_SHARES
    return (mask.astype(bool) if least <= share <= most else None), plain


def _salient(grey: Grey, shape: tuple[int, ...]) -> Grey:
    """Find what stands out: the spectral residual of Hou and Zhang (2007)."""
    small = cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float64)
    spectrum = np.fft.fft2(small)
    log = np.log(np.abs(spectrum) + 1e-9)
    residual = log - cv2.blur(log, (3, 3))
    map_ = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    map_ = cv2.GaussianBlur(map_, (0, 0), 2.5)
    mask = (map_ > map_.mean() + map_.std()).astype(np.uint8)
    grown = cv2.resize(mask, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(grown, np.uint8)


def describe_subject(mask: Mask) -> Subject:
    height, width = mask.shape
    down, across = np.nonzero(mask)
    # A few stray pixels must not stretch the box.
    left, right = np.percentile(across, (0.5, 99.5))
    top, bottom = np.percentile(down, (0.5, 99.5))
    return Subject(
        box=Box(
            x=_rounded(left / width),
            y=_rounded(top / height),
            w=_rounded((right - left + 1) / width),
            h=_rounded((bottom - top + 1) / height),
        ),
        x=_rounded((float(across.mean()) + 0.5) / width),
        y=_rounded((float(down.mean()) + 0.5) / height),
        share=_rounded(float(mask.mean())),
    )


def background_of(mask: Mask) -> Mask:
    """Return what is around the subject: no subject, and connected with the border."""
    height, width = mask.shape
    padded = np.zeros(
        (height + 2, width + 2), np.uint8
    )  # floodFill wants a frame, which is also a way round
    padded[1:-1, 1:-1] = mask
    cv2.floodFill(padded, None, (0, 0), 2)
    around: Mask = padded[1:-1, 1:-1] == 2  # noqa: PLR2004 -- as just filled
    return around


def measure_tilt(grey: Grey) -> float | None:
    """Return the degrees by which the strongest line near the horizontal leans; None without one."""
    edges = cv2.Canny(grey, 60, 180)
    level, lean = np.pi / 2, np.radians(_MOST_TILT)
    votes = max(40, grey.shape[1] // 3)
    lines = cv2.HoughLines(
        edges, 1, np.pi / 720, votes, min_theta=level - lean, max_theta=level + lean
    )
    if lines is None:
        return None
    theta = float(np.asarray(lines).reshape(-1, 2)[0, 1])
    return float(np.degrees(theta - level))


def main_colours(pixels: Picture) -> tuple[Swatch, ...]:
    """Return up to five colours of rows of L*a*b*, by k-means, largest share first."""
    step = -(-len(pixels) // _SAMPLE)
    sample = np.ascontiguousarray(pixels[::step], dtype=np.float32)
    if len(sample) < _COLOURS:
        return ()
    # Starting from fifths of the lightness needs no random numbers.
    labels = np.empty((len(sample), 1), np.int32)
    labels[np.argsort(sample[:, 0], kind="stable"), 0] = (
        np.arange(len(sample)) * _COLOURS // len(sample)
    )
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 0.5)
    flags = cv2.KMEANS_USE_INITIAL_LABELS
    _, found, centres = cv2.kmeans(sample, _COLOURS, labels, stop, 1, flags)
    counts = np.bincount(np.asarray(found, np.int32).ravel(), minlength=_COLOURS)
    order = np.argsort(-counts, kind="stable")
    return tuple(
        Swatch(lab=rounded_lab(centres[i]), share=_rounded(counts[i] / len(sample)))
        for i in order
        if counts[i]
    )


def difference_hash(grey: Grey) -> str:
    """Return dHash: for each of 8 x 8 places whether the picture gets lighter to the right."""
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA)
    bits = np.packbits(small[:, 1:] > small[:, :-1])
    return bits.tobytes().hex()


def rounded_lab(colour: Floats | Picture) -> tuple[float, float, float]:
    lightness, a, b = (round(float(value), 2) for value in colour)
    return min(100.0, max(0.0, lightness)), a, b


def _rounded(value: float) -> float:
    return round(float(value), 4)

"""Near duplicates: the same picture again, or the next frame of a burst.

A hash alone would call two colourways of a silhouette on white the same; so hash, colours and what
is known of the piece have to agree. Each group is a star around the picture to keep: two of its
members can be twice as far apart as each is from the keeper, and a long burst does not become a chain.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from insights.analysis.media.codes import Codes, codes_of
from insights.analysis.media.colour import Floats, mean_labs
from insights.schemas.media import DuplicateGroup, GalleryAsset

MAX_BITS = 6
SURE_BITS = 3  # up to here two pictures may be taken at any time
BURST_SECONDS = 120
MAX_DIFFERENCE = 10.0
MAX_ASPECT = 0.15
# A picture with fewer or more bits set is flat: such pictures share a hash without being alike.
LEAST_SET, MOST_SET = 4, 60
_BLOCK = 8  # what is compared of so many with ten thousand stays in the processor's cache

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Duplicates:
    """`keeper` says for each picture which one stands for it, by position: mostly itself."""

    groups: tuple[DuplicateGroup, ...]
    keeper: list[int]


def find_duplicates(assets: Sequence[GalleryAsset], scores: Sequence[float]) -> Duplicates:
    """Group pictures that are nearly the same; `scores` help to choose the one to keep."""
    keeper = list(range(len(assets)))
    hashed = [position for position in _best_first(assets, scores) if _hash(assets[position])]
    if not hashed:
        return Duplicates((), keeper)
    prints = _prints([assets[position] for position in hashed])
    stars = [[hashed[place] for place in star] for star in _stars(prints)]
    for members in stars:
        for member in members:
            keeper[member] = members[0]
    stars.sort(key=min)
    return Duplicates(tuple(_group(assets, members, scores) for members in stars), keeper)


def _best_first(assets: Sequence[GalleryAsset], scores: Sequence[float]) -> list[int]:
    """Order by whom to keep: a human's choice, approved, better, larger, earlier; rejected ones last."""
    columns = (
        [asset.rejected for asset in assets],
        [not asset.is_select for asset in assets],
        [-asset.rating for asset in assets],
        [asset.status != "approved" for asset in assets],
        [-score for score in scores],
        [-width * height for width, height in map(_size, assets)],
        [-(asset.bytes or 0) for asset in assets],
        [math.inf if a.captured_at is None else a.captured_at.timestamp() for a in assets],
    )
    order: list[int] = np.lexsort(columns[::-1]).tolist()
    return order


def _size(asset: GalleryAsset) -> tuple[int, int]:
    seen = asset.features
    return (seen.width, seen.height) if seen else (asset.width or 0, asset.height or 0)


def _hash(asset: GalleryAsset) -> str | None:
    return asset.features.perceptual_hash if asset.features else asset.perceptual_hash


class _Prints(NamedTuple):
    """What of each picture is compared, as columns; NaN, -1 or False where nothing is known."""

    hash: NDArray[np.uint64]
    flat: Flags
    light: Floats
    a: Floats
    b: Floats
    aspect: Floats
    sku: Codes
    color: Codes
    taken: Floats
    bytes: NDArray[np.int64]

    def at(self, places: NDArray[np.intp]) -> "_Prints":
        return _Prints._make(column[places] for column in self)


def _prints(assets: Sequence[GalleryAsset]) -> _Prints:
    hashes = np.array([int(_hash(asset) or "0", 16) for asset in assets], np.uint64)
    set_bits = np.bitwise_count(hashes)
    light, a, b = _labs(assets).T
    sizes = np.array([_size(asset) for asset in assets], np.float64)
    sizes[sizes == 0] = np.nan
    return _Prints(
        hash=hashes,
        flat=(set_bits < LEAST_SET) | (set_bits > MOST_SET),
        light=light,
        a=a,
        b=b,
        aspect=np.log(sizes[:, 0] / sizes[:, 1]),
        sku=codes_of([asset.sku for asset in assets]),
        color=codes_of([asset.color for asset in assets]),
        taken=np.array([a.captured_at.timestamp() if a.captured_at else math.nan for a in assets]),
        bytes=np.array([asset.bytes or -1 for asset in assets], np.int64),
    )


def _stars(prints: _Prints) -> Iterator[list[int]]:
    """Take the best picture and all like it, then the best of what is left, and so on."""
    free = np.ones(len(prints.hash), np.bool_)
    for start in range(0, len(free), _BLOCK):
        others = start + np.flatnonzero(free[start:])
        rows = others[: np.searchsorted(others, start + _BLOCK)]
        hashes = prints.hash[others]
        near = np.bitwise_count(hashes[: len(rows), None] ^ hashes) <= MAX_BITS
        if np.count_nonzero(near) == len(rows):
            continue  # each is near itself alone, as most pictures are
        np.fill_diagonal(near, val=False)
        rows, others = rows[near.any(axis=1)], others[near.any(axis=0)]
        # Side by side, all with all: ten thousand pictures may share a hash, and nothing else.
        same = _same(prints.at(rows[:, None]), prints.at(others))
        for row in np.flatnonzero(same.any(axis=1)).tolist():
            members = others[same[row]]
            members = members[free[members] & (members > rows[row])]
            if free[rows[row]] and members.size:
                free[members] = False
                yield [int(rows[row]), *members.tolist()]


def _same(one: _Prints, other: _Prints) -> Flags:
    """Say which are the same picture, by hash and all else that is known of both."""
    bits = np.bitwise_count(one.hash ^ other.hash)
    same_sku = (one.sku == other.sku) & (one.sku >= 0)
    possible: Flags = (bits <= MAX_BITS) & (same_sku | (one.sku < 0) | (other.sku < 0))
    possible &= (one.color == other.color) | (one.color < 0) | (other.color < 0)
    if not possible.any():
        return possible
    difference = (
        np.square(one.light - other.light) + np.square(one.a - other.a) + np.square(one.b - other.b)
    )
    apart = np.abs(one.taken - other.taken)
    # Comparisons with NaN are false: what is unknown neither agrees nor contradicts.
    possible &= ~(difference >= MAX_DIFFERENCE**2)
    possible &= ~(apart > BURST_SECONDS) | (bits <= SURE_BITS)
    possible &= ~(np.abs(one.aspect - other.aspect) > MAX_ASPECT)
    seconded = (difference < MAX_DIFFERENCE**2) | same_sku | (apart <= BURST_SECONDS)
    same_file = (one.bytes == other.bytes) & (one.bytes > 0)
    flat = one.flat | other.flat
    possible &= (flat & same_file) | (~flat & seconded)
    return possible


def _labs(assets: Sequence[GalleryAsset]) -> Floats:
    """Return the mean colour of each picture; NaN where it is not known."""
    found = mean_labs([() if asset.features else asset.dominant_colors for asset in assets])
    for row, asset in enumerate(assets):
        if asset.features:
            found[row] = asset.features.mean_lab
    return found


def _group(
    assets: Sequence[GalleryAsset], members: list[int], scores: Sequence[float]
) -> DuplicateGroup:
    keeper = assets[members[0]]
    others = [keeper.id, *(assets[member].id for member in sorted(members[1:]))]
    if keeper.is_select or keeper.rating:
        why = "it was selected" if keeper.is_select else f"it is rated {keeper.rating:g} of 5"
    elif keeper.status == "approved":
        why = "it is approved"
    elif scores[members[0]] > max(scores[member] for member in members[1:]):
        why = f"it has the highest score, {scores[members[0]]}"
    else:
        why = "it is as good as the others, and larger or earlier"
    reason = (
        f"{len(members)} pictures are nearly the same; keep {keeper.file_name or keeper.id}: {why}"
    )
    return DuplicateGroup(asset_ids=tuple(others), keeper_id=keeper.id, reason=reason)

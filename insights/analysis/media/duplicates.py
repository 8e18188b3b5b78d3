"""Near duplicates: the same picture again, or the next frame of a burst.

A hash alone would call two colourways of a silhouette on white the same; so hash, colours and what
is known of the piece have to agree. Each group is a star around the picture to keep: two of its
members can be twice as far apart as each is from the keeper, and a long burst does not become a chain.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from insights.analysis.media.codes import Codes, codes_of
from insights.analysis.media.colour import mean_labs
from insights.schemas.media import DuplicateGroup, GalleryAsset, Swatch

MAX_BITS = 6
SURE_BITS = 3  # up to here two pictures may be taken at any time
BURST_SECONDS = 120
MAX_DIFFERENCE = 10.0
MAX_ASPECT = 0.15
# A picture with fewer or more bits set is flat: such pictures share a hash without being alike.
LEAST_SET, MOST_SET = 4, 60
_BLOCK = 32


@dataclass(frozen=True)
class Duplicates:
    """`keeper` says for each picture which one stands for it, by position: mostly itself."""

    groups: tuple[DuplicateGroup, ...]
    keeper: list[int]


def find_duplicates(assets: Sequence[GalleryAsset], scores: Sequence[float]) -> Duplicates:
    """Group pictures that are nearly the same; `scores` help to choose the one to keep."""
    keeper = list(range(len(assets)))
    if not assets:
        return Duplicates((), keeper)
    order = _best_first(assets, scores)
    prints = _Prints([assets[position] for position in order])
    stars = [[order[position] for position in star] for star in prints.stars()]
    for members in stars:
        for member in members:
            keeper[member] = members[0]
    stars.sort(key=min)
    return Duplicates(tuple(_group(assets, members, scores) for members in stars), keeper)


def _best_first(assets: Sequence[GalleryAsset], scores: Sequence[float]) -> list[int]:
    """Order by whom to keep: a human's choice, approved, better, larger, earlier; rejected ones last."""

    def rank(position: int) -> tuple[float | bool, ...]:
        asset = assets[position]
        width, height = _size(asset)
        taken = asset.captured_at.timestamp() if asset.captured_at else math.inf
        return (
            asset.rejected,
            not asset.is_select,
            -asset.rating,
            asset.status != "approved",
            -scores[position],
            -(width * height),
            -(asset.bytes or 0),
            taken,
        )

    return sorted(range(len(assets)), key=rank)


def _size(asset: GalleryAsset) -> tuple[int, int]:
    seen = asset.features
    return (seen.width, seen.height) if seen else (asset.width or 0, asset.height or 0)


class _Prints:
    """What of each picture is compared, as columns."""

    def __init__(self, assets: Sequence[GalleryAsset]) -> None:
        hashes = [a.features.perceptual_hash if a.features else a.perceptual_hash for a in assets]
        self.hashed = np.array([bool(written) for written in hashes], np.bool_)
        self.hash = np.array([int(written or "0", 16) for written in hashes], np.uint64)
        set_bits = np.bitwise_count(self.hash)
        self.flat = (set_bits < LEAST_SET) | (set_bits > MOST_SET)
        self.lab = mean_labs([_colour(asset) for asset in assets])
        sizes = np.array([_size(asset) for asset in assets], np.float64).reshape(-1, 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.aspect = np.log(sizes[:, 0] / sizes[:, 1])
        self.sku = codes_of([asset.sku for asset in assets])
        self.color = codes_of([asset.color for asset in assets])
        self.taken = np.array(
            [a.captured_at.timestamp() if a.captured_at else math.nan for a in assets]
        )
        self.bytes = np.array([asset.bytes or -1 for asset in assets], np.int64)

    def stars(self) -> Iterator[list[int]]:
        """Take the best picture and all like it, then the best of what is left, and so on."""
        near = self._with_neighbours()
        hashes, light = self.hash[near], self.lab[near, 0]
        sku, color = self.sku[near], self.color[near]
        free = np.ones(len(near), np.bool_)
        for row in range(len(near)):
            if not free[row]:
                continue
            after = slice(row + 1, None)
            # The cheap refusals first, on columns as they lie: ten thousand pictures may share a hash.
            fit = np.bitwise_count(hashes[after] ^ hashes[row]) <= MAX_BITS
            fit &= free[after] & _compatible(sku[after], sku[row])
            fit &= _compatible(color[after], color[row])
            fit &= ~(np.abs(light[after] - light[row]) >= MAX_DIFFERENCE)
            place = np.flatnonzero(fit) + row + 1
            place = place[self._agree(near[row], near[place])]
            if place.size:
                free[place] = False
                yield near[[row, *place]].tolist()

    def _with_neighbours(self) -> NDArray[np.intp]:
        """Return the positions whose hash is near another's: most pictures are alone."""
        known = np.flatnonzero(self.hashed)
        hashes = self.hash[known]
        near = np.zeros(len(known), np.bool_)
        for start in range(0, len(known), _BLOCK):
            block = hashes[start : start + _BLOCK, None]
            close = np.bitwise_count(block ^ hashes[None, start:]) <= MAX_BITS
            np.fill_diagonal(close, val=False)
            if close.any():
                near[start : start + _BLOCK] |= close.any(axis=1)
                near[start:] |= close.any(axis=0)
        found: NDArray[np.intp] = known[near]
        return found

    def _agree(self, one: int, others: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Say which of the others, near by hash, are the same picture by all else that is known."""
        bits = np.bitwise_count(self.hash[others] ^ self.hash[one])
        same_sku = (self.sku[others] == self.sku[one]) & bool(self.sku[one] >= 0)
        difference = np.sqrt(((self.lab[others] - self.lab[one]) ** 2).sum(axis=1))
        apart = np.abs(self.taken[others] - self.taken[one])
        # Comparisons with NaN are false: what is unknown neither agrees nor contradicts.
        contradicted = difference >= MAX_DIFFERENCE
        contradicted |= (apart > BURST_SECONDS) & (bits > SURE_BITS)
        contradicted |= np.abs(self.aspect[others] - self.aspect[one]) > MAX_ASPECT
        seconded = (difference < MAX_DIFFERENCE) | same_sku | (apart <= BURST_SECONDS)
        flat = self.flat[others] | self.flat[one]
        same_file = (self.bytes[others] == self.bytes[one]) & bool(self.bytes[one] > 0)
        agreed: NDArray[np.bool_] = ~contradicted & np.where(flat, same_file, seconded)
        return agreed


def _compatible(codes: Codes, one: np.int64) -> NDArray[np.bool_]:
    """Say where two words are the same, or one is not known."""
    same: NDArray[np.bool_] = (codes == one) | (codes < 0) | bool(one < 0)
    return same


def _colour(asset: GalleryAsset) -> tuple[Swatch, ...]:
    return (Swatch(lab=asset.features.mean_lab),) if asset.features else asset.dominant_colors


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
    reason = f"{len(members)} pictures are nearly the same; keep {keeper.id}: {why}"
    return DuplicateGroup(asset_ids=tuple(others), keeper_id=keeper.id, reason=reason)

"""Setups, and the minutes lost between them."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import compress
from operator import attrgetter, ne
from typing import NamedTuple

from insights.analysis.logistics.timeline import Piece
from insights.schemas.base import Caution
from insights.schemas.logistics import LogisticsOptions, Sample

ATTRIBUTES = ("set_id", "lighting", "background", "model_id", "category")
_attributes = attrgetter(*ATTRIBUTES)
_Attributes = tuple[str | None, ...]


class StudioSetup(NamedTuple):
    name: str
    attributes: _Attributes
    pieces: list[Piece]

    @property
    def hero_count(self) -> int:
        return sum(piece.is_hero for piece in self.pieces)

    @property
    def minutes(self) -> float:
        return sum(piece.minutes for piece in self.pieces)

    @property
    def hero_minutes(self) -> float:
        return sum(piece.minutes for piece in self.pieces if piece.is_hero)


def group(
    samples: Sequence[Sample], pieces: Sequence[Piece]
) -> tuple[list[StudioSetup], list[int]]:
    """Group pieces by setup key, in order of appearance; also the setup of each piece.

    Without a key of its own a sample's setup is what its attributes are, named by those that any
    sample has: by category alone in the poorest case.
    """
    setups: list[StudioSetup] = []
    setup_of: list[int] = []
    indices: dict[str | _Attributes, int] = {}
    for piece in pieces:
        sample = samples[piece.position]
        attributes: _Attributes = _attributes(sample)
        if "" in attributes:
            attributes = tuple(value or None for value in attributes)
        key = sample.setup_key or attributes
        index = indices.setdefault(key, len(setups))
        if index == len(setups):
            setups.append(StudioSetup(sample.setup_key or "", attributes, []))
        elif sample.setup_key and setups[index].attributes != attributes:
            pairs = zip(setups[index].attributes, attributes, strict=True)
            common = tuple(one if one == other else None for one, other in pairs)
            setups[index] = setups[index]._replace(attributes=common)
        setups[index].pieces.append(piece)
        setup_of.append(index)
    used = [i for i in range(len(ATTRIBUTES)) if any(setup.attributes[i] for setup in setups)]
    named = [
        setup._replace(name=setup.name or "|".join(setup.attributes[i] or "" for i in used))
        for setup in setups
    ]
    return named, setup_of


class Changeovers:
    """Minutes between setups: as the request's matrix says, else by the attributes that differ."""

    def __init__(self, setups: Sequence[StudioSetup], options: LogisticsOptions) -> None:
        rates = options.changeover
        self.rates = (
            rates.set_minutes,
            rates.lighting_minutes,
            rates.background_minutes,
            rates.model_minutes,
            rates.category_minutes,
        )
        self._combine = max if rates.combine == "max" else sum
        self._setups = setups
        self._matrix = options.changeover_matrix
        self._returns = options.return_to_start and options.start_setup is not None
        self._missing: set[tuple[str, str]] = set()
        name = options.start_setup
        self._start = None
        if name is not None:
            unknown = StudioSetup(name, (None,) * len(ATTRIBUTES), [])
            self._start = next((setup for setup in setups if setup.name == name), unknown)
        self.minutes: Callable[[int | None, int], float] = cache(self._minutes)

    def back(self, last: int) -> float:
        """Give the minutes to restore the start setup at the end, if that is wanted."""
        if not self._returns or self._start is None:
            return 0.0
        return self._between(self._setups[last], self._start)

    def cautions(self) -> list[Caution]:
        if not self._missing:
            return []
        one, other = min(self._missing)
        message = (
            f"{len(self._missing)} changeovers are not in the matrix, such as {one!r:.60} to "
            f"{other!r:.60}; their minutes follow from the attributes"
        )
        path = "options.changeoverMatrix"
        return [Caution(path=path, code="missing_changeover", message=message)]

    def _minutes(self, before: int | None, setup: int) -> float:
        start = self._start if before is None else self._setups[before]
        return 0.0 if start is None else self._between(start, self._setups[setup])

    def _between(self, one: StudioSetup, other: StudioSetup) -> float:
        if one is other:
            return 0.0
        if self._matrix:
            for start, end in ((one.name, other.name), (other.name, one.name)):
                given = self._matrix.get(start, {}).get(end)
                if given is not None:
                    return given
            self._missing.add((one.name, other.name))
        differing = list(compress(self.rates, map(ne, one.attributes, other.attributes)))
        # Two setup keys with the same attributes are two sets all the same.
        return float(self._combine(differing)) if differing else self.rates[0]

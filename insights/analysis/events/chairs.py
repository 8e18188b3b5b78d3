"""Hair and make-up: how long it takes with the chairs there are, and who sits when."""

import heapq
import math
from bisect import insort
from collections.abc import Sequence
from typing import NamedTuple

from insights.schemas.events import Event

LEAST_MINUTES = 90.0
USUAL_MINUTES = 35.0  # in each of the two chairs
_MODELS_PER_STATION = 3


class Sitter(NamedTuple):
    """A model and the minutes in both chairs."""

    model_id: str
    name: str | None
    hair: float
    makeup: float


class Sitting(NamedTuple):
    """When a model sits down first and gets up last, in minutes from the opening of the chairs."""

    sitter: Sitter
    start: float
    end: float


class Chairs(NamedTuple):
    """The plan of hair and make-up.

    `usual` are the minutes that the work takes when it is shared out evenly, `minutes` those that it
    takes model by model; stations are those of hair and of make-up.
    """

    sittings: list[Sitting]
    hair_stations: int
    makeup_stations: int
    usual: float
    minutes: float

    @property
    def are_short(self) -> bool:
        """Whether no model can be spared for a rehearsal meanwhile."""
        return self.minutes > LEAST_MINUTES


def plan_chairs(event: Event, first_exits: Sequence[str]) -> Chairs:
    """Seat the models, those of the first exits first; `first_exits` are ids in that order."""
    sitters = _sitters(event, first_exits)
    settings = event.show_settings
    usual_stations = max(1, math.ceil(len(sitters) / _MODELS_PER_STATION))
    hair_stations = settings.hair_stations or usual_stations
    makeup_stations = settings.makeup_stations or usual_stations
    sittings = _seat(sitters, hair_stations, makeup_stations)
    usual = max(
        LEAST_MINUTES,
        math.ceil(math.fsum(each.hair for each in sitters) / hair_stations),
        math.ceil(math.fsum(each.makeup for each in sitters) / makeup_stations),
    )
    longest = max((sitting.end for sitting in sittings), default=0.0)
    return Chairs(sittings, hair_stations, makeup_stations, usual, max(usual, math.ceil(longest)))


def _sitters(event: Event, first_exits: Sequence[str]) -> list[Sitter]:
    listed = {model.id: model for model in event.models}
    sitters = []
    for model_id in dict.fromkeys((*first_exits, *listed)):
        model = listed.get(model_id)
        hair, makeup = (model.hair_minutes, model.makeup_minutes) if model else (None, None)
        sitters.append(
            Sitter(
                model_id,
                model.name if model else None,
                USUAL_MINUTES if hair is None else hair,
                USUAL_MINUTES if makeup is None else makeup,
            )
        )
    return sitters


def _seat(sitters: Sequence[Sitter], hair_stations: int, makeup_stations: int) -> list[Sitting]:
    """Let whoever has most minutes left take a free chair, at every moment somebody gets up."""
    left = [[each.hair, each.makeup] for each in sitters]
    free = [hair_stations, makeup_stations]
    waiting = sorted((-sum(minutes), number) for number, minutes in enumerate(left) if sum(minutes))
    starts = [math.inf] * len(sitters)
    ends = [0.0] * len(sitters)
    sitting: list[tuple[float, int, int]] = []
    now = 0.0
    while waiting or sitting:
        seated = []
        for turn in waiting:
            if not any(free):
                break
            number = turn[1]
            kinds = [kind for kind in (0, 1) if free[kind] and left[number][kind]]
            if kinds:
                kind = max(kinds, key=lambda kind: (free[kind], -kind))
                seated.append(turn)
                free[kind] -= 1
                ends[number] = now + left[number][kind]
                heapq.heappush(sitting, (ends[number], number, kind))
                left[number][kind] = 0.0
                starts[number] = min(starts[number], now)
        for turn in seated:
            waiting.remove(turn)
        now = sitting[0][0]
        while sitting and sitting[0][0] <= now:
            _, number, kind = heapq.heappop(sitting)
            free[kind] += 1
            if sum(left[number]):
                insort(waiting, (-sum(left[number]), number))
    return [
        Sitting(each, 0.0 if math.isinf(start) else start, end)
        for each, start, end in zip(sitters, starts, ends, strict=True)
    ]

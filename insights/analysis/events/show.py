"""What is known of a show before it is known when it starts: its order, its changes, its chairs."""

import math
from typing import NamedTuple

from insights.analysis.events.chairs import Chairs, plan_chairs
from insights.analysis.events.look_order import LineUp, find_changes, order_looks, read_exits
from insights.schemas.events import Event, LookOrderPolicy, QuickChange

_USUAL_SECONDS = 900.0


class Show(NamedTuple):
    """`last_back` is when the last model is off the runway; all in seconds from the start."""

    line_up: LineUp
    changes: list[QuickChange]
    chairs: Chairs
    last_back: float
    finale: float
    bow: float

    @property
    def seconds(self) -> float:
        return round(self.last_back + self.finale + self.bow, 3)


def plan_show(event: Event, policy: LookOrderPolicy | None = None) -> Show:
    """Order the looks, check the changes and seat the models; the policy is that of the settings."""
    settings = event.show_settings
    line_up = order_looks(
        read_exits(event.looks, settings),
        policy=policy or settings.look_order_policy,
        settings=settings,
    )
    names = {model.id: model.name or model.id for model in event.models}
    models = list(line_up.by_model())
    last_back, finale, bow = _length_without_looks(event), 0.0, 0.0
    if line_up.order:
        last_back = max(
            start + line_up.at(position).walk for position, start in enumerate(line_up.starts)
        )
        finale = settings.finale_seconds_per_model * len(models)
        bow = settings.bow_seconds
    return Show(
        line_up=line_up,
        changes=find_changes(line_up, settings=settings, names=names),
        chairs=plan_chairs(event, models),
        last_back=last_back,
        finale=finale,
        bow=bow,
    )


def _length_without_looks(event: Event) -> float:
    music = math.fsum(track.seconds for track in event.music)
    if music:
        return music
    if event.start_at and event.end_at and event.end_at > event.start_at:
        return (event.end_at - event.start_at).total_seconds()
    return _USUAL_SECONDS

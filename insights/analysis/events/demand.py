"""The crew that a production asks for: by its own rules, else by those of the trade."""

import math
from collections.abc import Iterable

from insights.analysis.events.chairs import USUAL_MINUTES, Chairs
from insights.analysis.values import fold
from insights.schemas.events import DerivedCrew, Event, QuickChange, StaffingRule

QUICK_SECONDS = 60.0
_MODELS_PER_DRESSER = 2
_GUESTS_PER_HOST = 50
_EFFICIENCY = 0.85  # of a window: the rest is walking, waiting and tidying up
_ROUNDING = 1e-9


def derive_crew(
    event: Event, chairs: Chairs, changes: Iterable[QuickChange]
) -> tuple[DerivedCrew, ...]:
    """Count the people for each role; the event's rules replace the usual ones of their role."""
    models = len(chairs.sittings)
    guests = event.guest_count
    of_whom = "guests"
    if guests is None:
        guests, of_whom = event.venue.capacity or 0, "seats"
    counts = {
        "look": (len(event.looks), "looks"),
        "model": (models, "models"),
        "guest": (guests, of_whom),
        "chair": (chairs.hair_stations + chairs.makeup_stations, "chairs"),
    }
    derived = []
    for rule in event.staffing_rules:
        count, what = counts[rule.per]
        if rule.per == "chair" and (stations := _own_stations(rule, chairs)):
            count = stations
        if count:
            derived.append(_by_rule(rule, count, what, chairs))
    ruled = {fold(rule.role) for rule in event.staffing_rules}
    usual = _usual(models, guests, of_whom, chairs, changes)
    return (*derived, *(each for each in usual if fold(each.role) not in ruled))


def _own_stations(rule: StaffingRule, chairs: Chairs) -> int:
    role = fold(rule.role)
    if role.startswith("hair"):
        return chairs.hair_stations
    return chairs.makeup_stations if role.startswith("makeup") else 0


def _by_rule(rule: StaffingRule, count: int, what: str, chairs: Chairs) -> DerivedCrew:
    if rule.minutes_each is None:
        ratio = 1.0 if rule.ratio is None else rule.ratio
        required, basis = _up(count * ratio), f"{count} {what}, {ratio:g} for each"
    else:
        window = rule.window_minutes or chairs.minutes
        required = _up(count * rule.minutes_each / (window * _EFFICIENCY))
        basis = f"{count} {what}, {rule.minutes_each:g} min each within {window:g} min"
    return DerivedCrew(role=rule.role, required=required, basis=basis)


def _usual(
    models: int, guests: int, of_whom: str, chairs: Chairs, changes: Iterable[QuickChange]
) -> list[DerivedCrew]:
    usual = []
    if models:
        quick = sum(change.available_seconds < QUICK_SECONDS for change in changes)
        dressers = _up(models / _MODELS_PER_DRESSER) + quick
        basis = f"{models} models, 1 for {_MODELS_PER_DRESSER}"
        if quick:
            basis += f", and {quick} changes in less than {QUICK_SECONDS:g} s"
        usual.append(DerivedCrew(role="dresser", required=dressers, basis=basis))
        for role in ("hair artist", "make-up artist"):
            artists = _up(models * USUAL_MINUTES / chairs.minutes)
            basis = f"{models} models, {USUAL_MINUTES:g} min each within {chairs.minutes:g} min"
            usual.append(DerivedCrew(role=role, required=artists, basis=basis))
    if guests:
        basis = f"{guests} {of_whom}, 1 for {_GUESTS_PER_HOST}"
        hosts = _up(guests / _GUESTS_PER_HOST)
        usual.append(DerivedCrew(role="front of house", required=hosts, basis=basis))
    return usual


def _up(number: float) -> int:
    return math.ceil(number - _ROUNDING)

"""The analyses that a skill reads, over the context of its turn: those of the endpoints."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from assistant.skills.turn import Analyses
from assistant.understanding.context import Context
from assistant.understanding.slots import Slots
from insights.analysis.events import analyse as analyse_event
from insights.analysis.logistics import analyse as analyse_logistics
from insights.analysis.media import analyse as analyse_media
from insights.analysis.recommendations import Candidate, Preferences, Usage, recommend
from insights.analysis.recommendations.candidates import (
    from_events,
    from_logistics,
    from_media,
    from_plan,
)
from insights.schemas.events import EventOptions
from insights.schemas.logistics import LogisticsOptions
from insights.schemas.media import MediaOptions
from insights.schemas.recommendations import (
    Package,
    RecommendationRequest,
    RecommendationType,
)

_DAY_MINUTES = 1440
_NOTHING_SAID = Slots()


@dataclass(frozen=True, slots=True)
class Background:
    """What recommendations know of the user besides the context.

    `candidates` are of kept insights; `begun` tells which parts of a plan are stored.
    """

    packages: Sequence[Package] = ()
    usage: Usage = field(default_factory=Usage)
    preferences: Preferences = field(default_factory=Preferences)
    candidates: Sequence[Candidate] = ()
    begun: Mapping[str, bool] = field(default_factory=dict)


def compute(
    needs: Sequence[str],
    context: Context,
    *,
    slots: Slots = _NOTHING_SAID,
    background: Background = Background(),
    now: datetime,
    zone: ZoneInfo,
) -> Analyses:
    """Analyse what `needs` names (`event.staffing`); a family without its data is left out."""
    parts = defaultdict[str, list[str]](list)
    for need in needs:
        family, _, part = need.partition(".")
        parts[family].append(part)
    logistics = event = media = None
    if parts["logistics"] and context.samples:
        logistics = analyse_logistics(
            context.samples, parts=parts["logistics"], options=LogisticsOptions(), now=now
        )
    if parts["event"] and (context.tasks or context.staffing or context.sent & {"event"}):
        event = analyse_event(context.event, parts=parts["event"], options=EventOptions(), now=now)
    if parts["media"] and (context.assets or context.shots):
        media = analyse_media(
            context.assets, context.shots, parts=parts["media"], options=MediaOptions(), now=now
        )
    found = Analyses(logistics=logistics, event=event, media=media)
    if not parts["recommendation"]:
        return found
    candidates = background.candidates
    if logistics or event or media:
        candidates = _candidates(found, context, background.begun)
    signals: dict[str, Any] = {
        "budget": slots.budget,
        "currency": slots.currency,
        "timeline": days_of(slots, now),
    }
    answer = recommend(
        RecommendationRequest(
            recommendation_type=cast("RecommendationType", parts["recommendation"][0]),
            context={name: value for name, value in signals.items() if value is not None},
        ),
        packages=context.packages or background.packages,
        usage=background.usage,
        preferences=background.preferences,
        candidates=candidates,
        now=now,
        zone=zone,
    )
    return Analyses(logistics=logistics, event=event, media=media, recommendation=answer)


def days_of(slots: Slots, now: datetime) -> int | None:
    """Return the days that a message leaves for a production: `2 days`, `until Friday`."""
    if slots.minutes and slots.minutes >= _DAY_MINUTES:
        return slots.minutes // _DAY_MINUTES
    if slots.window and slots.window.end > now:
        return max(1, (slots.window.end - now).days)
    return None


def _candidates(found: Analyses, context: Context, begun: Mapping[str, bool]) -> list[Candidate]:
    candidates: list[Candidate] = []
    if found.logistics:
        candidates += from_logistics(found.logistics)
    if found.event:
        candidates += from_events(found.event)
    if found.media:
        pending = sum(asset.status == "pending_review" for asset in context.assets)
        candidates += from_media(found.media, unreviewed=pending)
    parts = ("samples", "tasks", "shots", "assets")
    return candidates + from_plan(begun, shown=[part for part in parts if getattr(context, part)])

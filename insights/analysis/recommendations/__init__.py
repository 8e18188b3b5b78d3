"""Packages, next actions and features, each with its score and the reasons for it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from insights.analysis.recommendations.features import Preferences, Usage, recommend_features
from insights.analysis.recommendations.intake import read_context
from insights.analysis.recommendations.next_actions import Candidate, recommend_next_actions
from insights.analysis.recommendations.packages import recommend_packages
from insights.schemas.recommendations import Package, RecommendationAnswer, RecommendationRequest

__all__ = ["Candidate", "Preferences", "Usage", "recommend"]


def recommend(
    request: RecommendationRequest,
    *,
    packages: Sequence[Package],
    usage: Usage,
    preferences: Preferences,
    candidates: Sequence[Candidate],
    now: datetime,
    zone: ZoneInfo,
) -> RecommendationAnswer:
    """Recommend three to five things, fewer only when there are fewer.

    `packages` are the catalogue unless the context brings its own; the same values and `now`
    (aware) give the same answer.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    context = read_context(request.context, options=request.options, now=now, zone=zone)
    signals, assumptions = context.signals, list[str]()
    if request.recommendation_type == "packages":
        offered = packages if context.packages is None else context.packages
        found, assumed = recommend_packages(offered, signals)
        assumptions += [*context.assumptions, *assumed]
    elif request.recommendation_type == "next_actions":
        found = recommend_next_actions(
            candidates, now=now, limit=signals.limit, kit_order=preferences.kit_order
        )
    else:
        found, assumed = recommend_features(signals, usage=usage, preferences=preferences)
        assumptions += assumed
    return RecommendationAnswer(
        recommendations=found,
        warnings=tuple(context.cautions),
        assumptions=tuple(assumptions),
    )

"""Which features of the product are worth a look: by role, page and what is used already."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from insights.analysis.recommendations.scoring import explain, plural, points, route, share_out
from insights.analysis.values import fold
from insights.schemas.recommendations import Recommendation, Signals

Kit = Literal["logistics", "events", "media", "recommendations", "home"]

ROLES = ("planner", "producer", "stylist", "coordinator", "photo_editor", "admin")
WEEKS, WEEKLY_FROM = 4, 3  # used in three of the last four weeks is used weekly
CO_USE = 0.2


@dataclass(frozen=True)
class Feature:
    """Something the product offers; `id` is the name that usage is counted by.

    `priors` follow ROLES, in hundredths; `seen_with` are the pages whose visitors tend to need it.
    """

    id: str
    title: str
    page: str
    kit: Kit
    priors: tuple[int, ...]
    seen_with: frozenset[str]


@dataclass(frozen=True)
class Usage:
    """How often each feature was used in the last 30 days, and in how many of the last 4 weeks."""

    uses: Mapping[str, int] = field(default_factory=dict)
    weeks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Preferences:
    """What a person has set; `favorite_actions` name features or pages they know."""

    default_kit: str | None = None
    kit_order: tuple[str, ...] = ()
    favorite_actions: tuple[str, ...] = ()


# id | title | page | priors in the order of ROLES | seen with
_TABLE = """
logistics.readiness  | See how ready your samples are       | logistics   | 35 60 45 70 15 30 | samples home events
logistics.blockers   | Rank what endangers the shoot        | logistics   | 40 70 45 75 15 30 | samples returns home
logistics.batching   | Get a shooting order with fewer changes | logistics | 20 60 55 60 25 15 | samples shot_list
logistics.arrivals   | Ask what arrives today               | samples     | 20 40 50 75 10 15 | logistics returns
logistics.returns    | Keep track of loans that go back     | returns     | 15 25 45 70 10 15 | samples logistics
events.critical_path | Find the tasks that decide the date  | events      | 75 70 15 35 10 30 | tasks run_of_show
events.staffing      | Find and fill gaps in the roster     | staffing    | 75 60 15 30 10 30 | events tasks run_of_show
events.run_of_show   | Draft a run of show                  | run_of_show | 70 65 40 25 10 20 | events staffing
events.task_list     | Ask for your tasks in plain words    | tasks       | 60 50 30 45 20 20 | events
media.quality        | Score images with reasons            | gallery     | 10 30 35 15 75 25 | media selects
media.missing        | Find the shots you still miss        | shot_list   | 15 55 50 30 70 20 | media gallery samples
media.selects        | Pick varied selects in one go        | selects     | 10 35 55 10 75 15 | gallery media shot_list
rec.packages         | Compare service packages             | packages    | 60 55 20 15 15 25 | recommendations events
rec.next_actions     | Ask what to do next                  | recommendations | 50 55 40 50 40 35 | home tasks insights
overview.summary     | Get a status update across all kits  | home        | 45 55 30 35 30 45 | insights analytics
"""


def _features() -> tuple[Feature, ...]:
    rows = ([cell.strip() for cell in line.split("|")] for line in _TABLE.strip().splitlines())
    return tuple(
        Feature(
            id=name,
            title=title,
            page=page,
            kit=_KITS[name.split(".", maxsplit=1)[0]],
            priors=tuple(map(int, priors.split())),
            seen_with=frozenset(fold(seen) for seen in seen_with.split()),
        )
        for name, title, page, priors, seen_with in rows
    )


_KITS: dict[str, Kit] = {
    "logistics": "logistics",
    "events": "events",
    "media": "media",
    "rec": "recommendations",
    "overview": "home",
}
FEATURES = _features()
_ROLE_AT = {fold(role): (at, role) for at, role in enumerate(ROLES)}


def recommend_features(
    signals: Signals, *, usage: Usage, preferences: Preferences
) -> tuple[tuple[Recommendation, ...], tuple[str, ...]]:
    """Recommend features that the person neither uses weekly nor lists as favourites."""
    known = {fold(action) for action in preferences.favorite_actions}
    page, assumptions = _page(signals, preferences)
    role = _ROLE_AT.get(signals.user_role or "")
    if role is None:
        assumptions += ("no role we know: features are ranked as for everybody",)
    total = sum(max(0, usage.uses.get(feature.id, 0)) for feature in FEATURES)
    found = [
        _recommend(feature, role, page, max(0, usage.uses.get(feature.id, 0)), total)
        for feature in FEATURES
        if usage.weeks.get(feature.id, 0) < WEEKLY_FROM and not _is_known(feature, known)
    ]
    found.sort(key=lambda item: -item.score)
    return tuple(found[: signals.limit]), assumptions


def score_feature(prior: float, share_of_use: float, *, co_used: bool) -> tuple[float, float]:
    """Return what the role and what the page add, 0..1; the less it is used the more the role."""
    return prior * (1 - share_of_use), CO_USE if co_used else 0.0


def _is_known(feature: Feature, known: Collection[str]) -> bool:
    return fold(feature.id) in known or fold(feature.title) in known


def _page(signals: Signals, preferences: Preferences) -> tuple[str, tuple[str, ...]]:
    """Take the page the person is on, else the kit they open by default."""
    route_parts = (signals.current_page or "").split("?")[0].split("/")
    page = fold(next((part for part in route_parts if part.strip()), ""))
    if not page and preferences.default_kit:
        return fold(preferences.default_kit), ("no page given: your default kit is taken",)
    return page, ()


def _recommend(
    feature: Feature, role: tuple[int, str] | None, page: str, uses: int, total: int
) -> Recommendation:
    share = uses / total if total else 0.0
    if role:
        prior, audience = feature.priors[role[0]] / 100, f"{role[1].replace('_', ' ')}s"
    else:
        prior, audience = sum(feature.priors) / len(feature.priors) / 100, "every role"
    co_used = page in feature.seen_with
    by_role, by_page = score_feature(prior, share, co_used=co_used)
    score = points(by_role + by_page)
    contributions = share_out(score, {"role": by_role, "page": by_page})
    used = f", used {plural(uses, 'time')} in 30 days" if uses else ", which you have not used yet"
    phrases = {"role": f"useful to {audience}{used}", "page": "goes with the page you are on"}
    return Recommendation(
        item={
            "id": feature.id,
            "type": "feature",
            "title": feature.title,
            "page": feature.page,
            "kit": feature.kit,
            "uses": uses,
        },
        score=score,
        rationale=explain(contributions, phrases, ()),
        action=route(feature.page),
        contributions=contributions,
        caveats=(),
    )

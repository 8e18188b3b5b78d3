"""What crosses the wire for recommendations: signals and packages in, ranked advice out."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from fashionos.kit.wire import Document
from insights.schemas.base import Amount, Caution, Count, Identifier

MAX_LEAD_DAYS = 3_650
MAX_TAGS = 50  # that are compared, of the request and of a package

RecommendationType = Literal["packages", "next_actions", "features"]

Days = Annotated[float, msgspec.Meta(ge=0, le=MAX_LEAD_DAYS)]
Stars = Annotated[float, msgspec.Meta(ge=1, le=5)]


class Capacity(Document, frozen=True, kw_only=True):
    """How many people a package serves; None leaves that end open."""

    min: Count | None = None
    max: Count | None = None


class Package(Document, frozen=True, kw_only=True):
    """A service that can be booked, as the ranking sees it.

    The price is `price`, or anything from `price_min` to `price_max`. Without `roles`,
    `event_types` or `capacity` a package makes no claim about them. `extra` holds the fields that
    came with it and are not ours.
    """

    id: Identifier
    name: str | None = None
    description: str | None = None
    price: Amount | None = None
    price_min: Amount | None = None
    price_max: Amount | None = None
    currency: str | None = None
    lead_days: Days | None = None
    tags: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()
    capacity: Capacity | None = None
    rating: Stars | None = None
    rating_count: Count = 0
    includes: tuple[str, ...] = ()
    extra: dict[str, Any] = {}


class Signals(Document, frozen=True, kw_only=True):
    """What the request says about its sender's situation; None and () mean that it does not say.

    `user_role`, `event_type` and `tags` are folded; `available_days` is the timeline, counted from
    the request's `now`.
    """

    current_page: str | None = None
    user_role: str | None = None
    event_type: str | None = None
    tags: tuple[str, ...] = ()
    budget: Amount | None = None
    currency: str | None = None
    available_days: int | None = None
    headcount: Count | None = None
    limit: int = 5


class RecommendationRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of `recommendations`; `context` is read by `analysis.recommendations.intake`."""

    recommendation_type: RecommendationType
    user_id: str | None = None
    context: Any = None
    options: Any = None
    now: str | int | float | None = None
    timezone: str | None = None
    no_cache: bool = False


class Recommendation(Document, frozen=True, kw_only=True, omit_defaults=True):
    """One piece of advice: `item` has `id`, `type`, `title` and the numbers that texts quote.

    `score` is 0..100 and the sum of `contributions`; `action` is a route of the app; `caveats`
    come largest first.
    """

    item: dict[str, Any]
    score: float
    rationale: str
    action: str | None = None
    contributions: dict[str, float]
    caveats: tuple[str, ...]


class RecommendationAnswer(Document, frozen=True, kw_only=True, omit_defaults=True):
    """At most five recommendations, best first."""

    recommendations: tuple[Recommendation, ...]
    warnings: tuple[Caution, ...] = ()
    assumptions: tuple[str, ...] = ()


class RecommendationsAnswered(RecommendationAnswer, frozen=True, kw_only=True, omit_defaults=True):
    """An analysis as it is answered."""

    cached: bool
    calculated_at: datetime
    input_hash: str

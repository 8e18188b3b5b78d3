"""Which packages fit a production: fit, budget, timeline and popularity, then variety."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import msgspec

from insights.analysis.recommendations.scoring import (
    FEWEST,
    explain,
    plural,
    points,
    ramp,
    readable,
    route,
    share_out,
)
from insights.analysis.values import fold
from insights.schemas.base import clip
from insights.schemas.recommendations import (
    MAX_TAGS,
    Capacity,
    Package,
    Recommendation,
    Signals,
)

WEIGHTS = {"fit": 0.35, "budget": 0.30, "timeline": 0.20, "popularity": 0.15}
FIT_WEIGHTS = {"tags": 0.5, "role": 0.2, "event_type": 0.15, "capacity": 0.15}
MEAN_VOTES = 20  # what the catalogue's mean weighs against a package's own ratings
RELEVANCE = 0.75  # against variety, in MMR
SHOWN_FROM = 0.4  # of the best score

_MOST_STARS = 5
_CHEAP_FROM, _CHEAP_LOSS, _OVERRUN_FALL = 0.5, 0.3, 4.0
_LEAD_FROM, _LEAD_TO = 0.6, 1.0
_CAPACITY_SLACK = 0.5
_SHOWN_TAGS = 3

Parts = Mapping[str, float]


class Reading(NamedTuple):
    """A package with its words folded; a mapping is from the folded word to the word as written."""

    package: Package
    tags: Mapping[str, str]
    roles: Mapping[str, str]
    event_types: Mapping[str, str]


class Catalogue(NamedTuple):
    """What one package's score depends on besides itself."""

    tag_weights: Mapping[str, float]
    mean_rating: float | None  # of the packages that are rated


class _Scored(NamedTuple):
    reading: Reading
    score: float
    rated: Parts  # the signals, each 0..1; absent ones are left out
    fit: Parts  # the same of what fit is made of


def recommend_packages(
    packages: Sequence[Package], signals: Signals
) -> tuple[tuple[Recommendation, ...], tuple[str, ...]]:
    """Recommend at most `signals.limit` packages, and say what was assumed."""
    readings = [_read(package) for package in packages]
    catalogue = describe(readings)
    scored = [_score(reading, signals, catalogue) for reading in readings]
    scored.sort(key=lambda item: -item.score)
    chosen = _diversify(scored, signals.limit)
    chosen.sort(key=lambda item: -item.score)
    silent = [name for name in WEIGHTS if all(name not in item.rated for item in scored)]
    assumptions = (
        (f"nothing is known of {', '.join(silent)}: the other signals carry the weight",)
        if scored and silent
        else ()
    )
    return tuple(_present(item, signals) for item in chosen), assumptions


def describe(readings: Sequence[Reading]) -> Catalogue:
    """Weigh tags by rarity, so that a tag everybody has decides little."""
    counts = Counter(tag for reading in readings for tag in reading.tags)
    ratings = [reading.package.rating for reading in readings if reading.package.rating is not None]
    return Catalogue(
        tag_weights={tag: math.log1p(len(readings) / many) for tag, many in counts.items()},
        mean_rating=math.fsum(ratings) / len(ratings) if ratings else None,
    )


def score_fit(reading: Reading, signals: Signals, tag_weights: Parts) -> dict[str, float]:
    """Rate what fit is made of, 0..1 each; where the request or the package is silent nothing."""
    rated: dict[str, float] = {}
    if signals.tags:
        rated["tags"] = _overlap(set(signals.tags), reading.tags.keys(), tag_weights)
    if signals.user_role and reading.roles:
        rated["role"] = float(signals.user_role in reading.roles)
    if signals.event_type and reading.event_types:
        rated["event_type"] = float(signals.event_type in reading.event_types)
    if signals.headcount is not None and reading.package.capacity:
        rated["capacity"] = score_capacity(signals.headcount, reading.package.capacity)
    return rated


def score_budget(share: float) -> float:
    """Rate price / budget: from half the budget to all of it is fine, far less looks too small."""
    if share > 1:
        return math.exp(-_OVERRUN_FALL * (share - 1))
    return 1 - _CHEAP_LOSS * max(0.0, _CHEAP_FROM - share) / _CHEAP_FROM


def score_timeline(available_days: float, lead_days: float) -> float:
    return ramp(available_days / lead_days, _LEAD_FROM, _LEAD_TO) if lead_days else 1.0


def score_capacity(headcount: int, capacity: Capacity) -> float:
    least, most = capacity.min or 0, capacity.max
    if headcount < least:
        return ramp(headcount, least * (1 - _CAPACITY_SLACK), least)
    if most is not None and headcount > most:
        return ramp(headcount, most * (1 + _CAPACITY_SLACK), most) if most else 0.0
    return 1.0


def score_popularity(rating: float | None, votes: int, mean: float) -> float:
    """Take the Bayesian mean of the stars: one vote of five cannot beat 200 at 4.8."""
    own = 0 if rating is None else max(1, votes)
    stars = (own * (rating or 0.0) + MEAN_VOTES * mean) / (own + MEAN_VOTES)
    return (stars - 1) / (_MOST_STARS - 1)


def weigh(rated: Parts, weights: Parts) -> float:
    """Average what is rated; the weights of the others are spread over them."""
    total = sum(weights[name] for name in rated)
    return sum(weights[name] * value for name, value in rated.items()) / total if total else 0.0


def _read(package: Package) -> Reading:
    return Reading(
        package,
        tags={fold(tag): tag for tag in package.tags[:MAX_TAGS]},
        roles={fold(role): role for role in package.roles[:MAX_TAGS]},
        event_types={fold(kind): kind for kind in package.event_types[:MAX_TAGS]},
    )


def _score(reading: Reading, signals: Signals, catalogue: Catalogue) -> _Scored:
    package, rated = reading.package, dict[str, float]()
    fit = score_fit(reading, signals, catalogue.tag_weights)
    if fit:
        rated["fit"] = weigh(fit, FIT_WEIGHTS)
    price = _price(package, signals)
    if price is not None and signals.budget:
        rated["budget"] = score_budget(price / signals.budget)
    if signals.available_days is not None and package.lead_days is not None:
        rated["timeline"] = score_timeline(signals.available_days, package.lead_days)
    if catalogue.mean_rating is not None:
        rated["popularity"] = score_popularity(
            package.rating, package.rating_count, catalogue.mean_rating
        )
    return _Scored(reading, points(weigh(rated, WEIGHTS)), rated, fit)


def _diversify(ranked: Sequence[_Scored], most: int) -> list[_Scored]:
    """Choose by maximal marginal relevance (Carbonell & Goldstein 1998) among those worth showing."""
    shown = [item for item in ranked if item.score >= SHOWN_FROM * ranked[0].score]
    pool = shown if len(shown) >= FEWEST else list(ranked[:FEWEST])
    chosen: list[_Scored] = []
    likeness = [0.0] * len(pool)
    while pool and len(chosen) < most:
        best = max(
            range(len(pool)),
            key=lambda i: RELEVANCE * pool[i].score / 100 - (1 - RELEVANCE) * likeness[i],
        )
        last = pool.pop(best)
        del likeness[best]
        chosen.append(last)
        likeness = [
            max(like, _jaccard(item.reading.tags.keys(), last.reading.tags.keys()))
            for like, item in zip(likeness, pool, strict=True)
        ]
    return chosen


def _overlap(wanted: AbstractSet[str], offered: AbstractSet[str], weights: Parts) -> float:
    """Jaccard with weights; a tag that no package has weighs as much as the rarest."""
    rarest = max(weights.values(), default=1.0)
    # fsum does not depend on the order, which that of a set of texts is not fixed.
    both = math.fsum(weights.get(tag, rarest) for tag in wanted & offered)
    return both / math.fsum(weights.get(tag, rarest) for tag in wanted | offered)


def _jaccard(one: AbstractSet[str], other: AbstractSet[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 0.0


def _price(package: Package, signals: Signals) -> float | None:
    """Take the price nearest to the budget; None when the currencies differ."""
    if _foreign(package, signals):
        return None
    if package.price is not None:
        return package.price
    ends = sorted(end for end in (package.price_min, package.price_max) if end is not None)
    return min(max(signals.budget or 0.0, ends[0]), ends[-1]) if ends else None


def _foreign(package: Package, signals: Signals) -> bool:
    return bool(signals.currency and package.currency and signals.currency != package.currency)


# Words for it. Numbers are rounded first, and stand in the item as they are told.


def _present(scored: _Scored, signals: Signals) -> Recommendation:
    package = scored.reading.package
    facts = _facts(scored, signals)
    fields = msgspec.to_builtins(package)
    del fields["extra"]
    title = clip(package.name or package.id)
    kept = {name: value for name, value in fields.items() if value not in (None, [])}
    weighted = {name: WEIGHTS[name] * value for name, value in scored.rated.items()}
    contributions = share_out(scored.score, weighted)
    caveats = _caveats(scored, signals, facts)
    rationale = explain(contributions, _phrases(scored, signals, facts), caveats)
    return Recommendation(
        item={**package.extra, **kept, "type": "package", "title": title, **facts},
        score=scored.score,
        rationale=rationale or "Nothing is known yet of what you need.",
        action=route("packages", package.id),
        contributions=contributions,
        caveats=caveats,
    )


def _facts(scored: _Scored, signals: Signals) -> dict[str, Any]:
    """Give the numbers and words that the rationale and the caveats are made of."""
    package, facts = scored.reading.package, dict[str, Any]()
    matched = [tag for key, tag in scored.reading.tags.items() if key in signals.tags]
    if matched:
        facts["matchedTags"] = matched
    if "capacity" in scored.fit:
        facts["headcount"] = signals.headcount
    price = _price(package, signals)
    if "budget" in scored.rated and price is not None and signals.budget:
        percent = round(100 * (price / signals.budget - 1), 1)
        facts["overBudgetPercent" if percent > 0 else "underBudgetPercent"] = abs(percent)
    if "timeline" in scored.rated and signals.available_days is not None:
        spare = round(signals.available_days - (package.lead_days or 0.0), 1)
        facts["daysShort" if spare < 0 else "daysToSpare"] = abs(spare)
    if package.rating is not None:
        facts["rating"] = round(package.rating, 1)
    return facts


def _phrases(scored: _Scored, signals: Signals, facts: Mapping[str, Any]) -> dict[str, str]:
    package, phrases = scored.reading.package, dict[str, str]()
    if fits := _fit_phrase(scored, signals, facts):
        phrases["fit"] = fits
    if "underBudgetPercent" in facts:
        percent = facts["underBudgetPercent"]
        phrases["budget"] = f"{readable(percent)} % under budget" if percent else "on budget"
    if "daysToSpare" in facts:
        spare = facts["daysToSpare"]
        before = f"{plural(spare, 'day')} before you need it" if spare else "on the day"
        phrases["timeline"] = f"ready {before}"
    if "rating" in facts and package.rating_count:
        teams = plural(package.rating_count, "team")
        phrases["popularity"] = f"rated {readable(facts['rating'])} by {teams}"
    return phrases


def _fit_phrase(scored: _Scored, signals: Signals, facts: Mapping[str, Any]) -> str | None:
    reading, fit = scored.reading, scored.fit
    kind = role = ""
    if signals.event_type and fit.get("event_type"):
        kind = clip(reading.event_types[signals.event_type].replace("_", " ")) + " "
    if signals.user_role and fit.get("role"):
        role = clip(reading.roles[signals.user_role].replace("_", " "))
    if tags := facts.get("matchedTags"):
        return f"fits your {kind}brief ({', '.join(map(clip, tags[:_SHOWN_TAGS]))})"
    if kind:
        return f"made for {kind}productions"
    if fit.get("capacity") == 1:
        return f"takes your {readable(facts['headcount'])} people"
    return f"made for the {role}" if role else None


def _caveats(scored: _Scored, signals: Signals, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """List what speaks against it, by the part of the score that it costs or leaves open."""
    package, fit = scored.reading.package, scored.fit
    found: list[tuple[float, str]] = []

    def add(loss: float, text: str) -> None:
        found.append((loss, text))

    lost = {name: WEIGHTS[name] * (1 - value) for name, value in scored.rated.items()}
    lost_fit = {name: WEIGHTS["fit"] * FIT_WEIGHTS[name] * (1 - fit[name]) for name in fit}
    if "overBudgetPercent" in facts:
        add(lost["budget"], f"over budget by {readable(facts['overBudgetPercent'])} %")
    if "daysShort" in facts:
        add(lost["timeline"], f"{plural(facts['daysShort'], 'day')} short of its lead time")
    if fit.get("event_type") == 0:
        add(lost_fit["event_type"], "not made for this type of event")
    if fit.get("tags") == 0:
        add(lost_fit["tags"], "nothing in common with your tags")
    if fit.get("capacity", 1) < 1:
        add(lost_fit["capacity"], f"not made for {plural(facts['headcount'], 'guest')}")
    # What is not known may be as good as it is bad.
    if signals.budget and "budget" not in scored.rated:
        foreign = _foreign(package, signals)
        text = f"priced in {clip(package.currency or '')}" if foreign else "no price listed"
        add(WEIGHTS["budget"] / 2, text)
    if signals.available_days is not None and "timeline" not in scored.rated:
        add(WEIGHTS["timeline"] / 2, "no lead time listed")
    if "popularity" in scored.rated and package.rating is None:
        add(WEIGHTS["popularity"] / 2, "not rated yet")
    return tuple(text for _, text in sorted(found, key=lambda entry: -entry[0]))

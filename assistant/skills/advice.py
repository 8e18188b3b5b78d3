"""Packages, what to do next, and features: the recommendations, told in words."""

import math
import re
from collections.abc import Sequence

import msgspec

from assistant.schemas import Action, Severity
from assistant.skills import routes
from assistant.skills.analyses import days_of
from assistant.skills.filters import severity_of
from assistant.skills.questions import next_questions, no_data, not_computed
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import clip, counted, join, money, named, number, package_name
from assistant.understanding.normalise import fold
from insights.schemas.recommendations import Package, Recommendation

_CHEAPEST = re.compile(r"\b(?:cheap\w*|least expensive|lowest|most affordable)\b")
_DEAREST = re.compile(r"\b(?:most expensive|dearest|biggest|largest|top|premium)\b")
_PACKAGE_FIELDS = set(Package.__struct_fields__) | set(Package.__struct_encode_fields__)
_MOST_TOLD = 3


# Packages.


def packages(turn: Turn) -> Reply:
    offers = _offers(turn)
    if not offers:
        return no_data(turn, "packages")
    asked = _asked(turn, offers)
    if asked:
        return _described(turn, asked)
    recommended = turn.analyses.recommendation
    if recommended is None:
        return not_computed(turn, "packages")
    found = recommended.recommendations
    ranks = {str(one.item.get("id")): at for at, one in enumerate(found)}
    offers.sort(key=lambda offer: (ranks.get(offer.id, len(ranks)), _price(offer)))
    days = days_of(turn.slots, turn.now)
    if turn.slots.budget is None and days is None:
        return _unasked(turn, offers, found)
    fitting = [offer for offer in offers if _fits(offer, turn.slots.budget, days)]
    limits = _limits(turn, days)
    return _fitting(turn, fitting, limits, found) if fitting else _none_fits(turn, offers, limits)


def _asked(turn: Turn, offers: Sequence[Package]) -> list[Package]:
    """Return the packages that are named, or the one that is cheapest or dearest where that is asked."""
    named_offers = [offer for offer in offers if offer.id in turn.slots.packages]
    priced = [offer for offer in offers if _price(offer) < math.inf]
    if named_offers or not priced or turn.slots.budget is not None:
        return named_offers
    plain = fold(turn.message)
    if _CHEAPEST.search(plain):
        return [min(priced, key=_price)]
    return [max(priced, key=_price)] if _DEAREST.search(plain) else []


def _fitting(
    turn: Turn, fitting: Sequence[Package], limits: str, found: Sequence[Recommendation]
) -> Reply:
    best = fitting[0]
    reason = next((one.rationale for one in found if one.item.get("id") == best.id), "")
    content = (
        f"{counted(len(fitting), 'package')} {'fits' if len(fitting) == 1 else 'fit'} {limits}"
    )
    parts = [_told(offer) for offer in fitting]
    order = ", best first" if len(fitting) > 1 else ""
    content += f"{order}: {named(parts, total=len(parts))}."
    if reason:
        content += f" {package_name(best)}: {clip(reason, 200)}"
    return Reply(
        content=content,
        actions=(_open(best, primary=True), routes.open_page("packages")),
        follow_up=next_questions(turn, f"What does {package_name(best)} include?"),
        shown=tuple(offer.id for offer in fitting),
        focus=best.id,
    )


def _offers(turn: Turn) -> list[Package]:
    """Return the packages of the context, else those that are recommended."""
    if turn.context.packages:
        return list(turn.context.packages)
    found = turn.analyses.recommendation
    items = [one.item for one in found.recommendations] if found else []
    return [
        msgspec.convert(
            {name: value for name, value in item.items() if name in _PACKAGE_FIELDS}, Package
        )
        for item in items
        if item.get("type") == "package"
    ]


def _price(offer: Package) -> float:
    known = [
        price for price in (offer.price, offer.price_min, offer.price_max) if price is not None
    ]
    return known[0] if known else math.inf


def _fits(offer: Package, budget: float | None, days: int | None) -> bool:
    return (budget is None or _price(offer) <= budget) and (
        days is None or offer.lead_days is None or offer.lead_days <= days
    )


def _limits(turn: Turn, days: int | None) -> str:
    limits = []
    if turn.slots.budget is not None:
        limits.append(f"a budget of {money(turn.slots.budget, turn.slots.currency)}")
    if days is not None:
        limits.append(counted(days, "day"))
    return join(limits)


def _told(offer: Package) -> str:
    facts = []
    if offer.price is not None:
        facts.append(money(offer.price, offer.currency))
    elif offer.price_min is not None and offer.price_max is not None:
        facts.append(f"{money(offer.price_min, None)} to {money(offer.price_max, offer.currency)}")
    if offer.lead_days is not None:
        facts.append(f"{number(offer.lead_days)} {'day' if offer.lead_days == 1 else 'days'}")
    return f"{package_name(offer)} ({', '.join(facts)})" if facts else package_name(offer)


def _described(turn: Turn, offers: Sequence[Package]) -> Reply:
    sentences = []
    for offer in offers[:_MOST_TOLD]:
        includes = [clip(part, 60) for part in offer.includes]
        sentence = _told(offer)
        if includes:
            sentence += f" includes {join(includes[:12])}"
        elif offer.description:
            sentence += f": {clip(offer.description, 200)}"
        else:
            sentence += " does not say what it includes"
        sentences.append(f"{sentence}.")
    return Reply(
        content=" ".join(sentences),
        actions=(_open(offers[0], primary=True), routes.open_page("packages")),
        follow_up=next_questions(turn, "Which package fits?"),
        shown=tuple(offer.id for offer in offers),
        focus=offers[0].id if len(offers) == 1 else None,
    )


def _open(offer: Package, *, primary: bool = False) -> Action:
    target = routes.record("packages", offer.id)
    return Action(label=f"Open {package_name(offer)}", target=target, primary=primary)


def _none_fits(turn: Turn, offers: Sequence[Package], limits: str) -> Reply:
    cheapest = min(offers, key=_price)
    return Reply(
        content=f"No package fits {limits}. The nearest is {_told(cheapest)}.",
        severity="warning",
        actions=(routes.open_page("packages", primary=True),),
        follow_up=next_questions(turn, f"What does {package_name(cheapest)} include?"),
        shown=(cheapest.id,),
    )


def _unasked(
    turn: Turn, offers: Sequence[Package], recommendations: Sequence[Recommendation]
) -> Reply:
    parts = [_told(offer) for offer in offers]
    content = (
        f"You can choose from {counted(len(offers), 'package')}: {named(parts, total=len(parts))}."
    )
    best = recommendations[0] if recommendations else None
    if best and best.score > 0:
        content += (
            f" Best for you: {clip(str(best.item.get('title', '')))}. {clip(best.rationale, 200)}"
        )
    content += " Tell me your budget or how many days you have, and I narrow it down."
    return Reply(
        content=content,
        actions=(routes.open_page("packages", primary=True),),
        follow_up=next_questions(turn, f"What does {package_name(offers[0])} include?"),
        shown=tuple(offer.id for offer in offers),
    )


# Next actions and features.


def next_actions(turn: Turn) -> Reply:
    answer = turn.analyses.recommendation
    context = turn.context
    if answer is None:
        return not_computed(turn, "recommendations")
    found = answer.recommendations
    if not found and not (context.samples or context.tasks or context.assets or context.shots):
        return no_data(turn, "tasks", "samples", "assets")
    if not found:
        return Reply(
            content="Nothing waits for you: no blockers, no overdue tasks, no gaps.",
            severity="success",
            actions=(routes.open_page("home", primary=True),),
            follow_up=next_questions(turn),
        )
    titles = [_title(one) for one in found]
    content = f"First: {titles[0]}. {clip(found[0].rationale, 200)}"
    if titles[1:]:
        content += f" Then: {'; '.join(titles[1:6])}."
    return Reply(
        content=content,
        severity=_urgency(turn),
        actions=_actions(found),
        follow_up=next_questions(turn, "Give me a status update"),
        shown=tuple(str(one.item.get("id", "")) for one in found),
    )


def _title(one: Recommendation) -> str:
    return clip(str(one.item.get("title", "")), 100)


def _actions(found: Sequence[Recommendation]) -> tuple[Action, ...]:
    """Return buttons for the first three; the routes are the app's own."""
    return tuple(
        Action(label=_title(one), target=one.action, primary=at == 0)
        for at, one in enumerate(found[:_MOST_TOLD])
        if one.action
    )


def _urgency(turn: Turn) -> Severity:
    event = turn.analyses.event
    late = event and event.critical_path and event.critical_path.status == "late"
    heroes = severity_of(turn.samples, turn.now)
    if late or heroes == "critical":
        return "critical"
    blocked = event and event.critical_path and event.critical_path.blockers
    return "warning" if blocked or heroes == "warning" else "info"


def features(turn: Turn) -> Reply:
    answer = turn.analyses.recommendation
    if answer is None or not answer.recommendations:
        return not_computed(turn, "recommendations")
    told = [
        f"{_title(one)}: {clip(one.rationale, 160)}" for one in answer.recommendations[:_MOST_TOLD]
    ]
    return Reply(
        content="Worth a try: " + " ".join(f"{at}. {text}" for at, text in enumerate(told, 1)),
        actions=_actions(answer.recommendations),
        follow_up=next_questions(turn, "What can you do?"),
    )

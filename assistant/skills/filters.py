"""Which pieces a message asks for, and how bad the worst of them is."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from assistant.schemas import Severity
from assistant.skills.questions import COMING
from assistant.understanding.lexicon import CLASS_OF
from assistant.understanding.linker import same_look, tokens_of
from assistant.understanding.normalise import fold
from assistant.understanding.slots import Slots
from assistant.understanding.spelling import singular
from insights.schemas.logistics import Sample

BAD = frozenset({"lost", "delayed", "damaged"})


def fits(sample: Sample, slots: Slots) -> bool:
    """Tell whether a piece passes every filter that the message sets."""
    return (
        (not slots.statuses or sample.status in slots.statuses)
        and (not slots.items or sample.id in slots.items)
        and (not slots.places or _same(sample.location, slots.places))
        and (not slots.colours or bool(tokens_of(sample)[0].intersection(slots.colours)))
        and fits_kind(sample, slots)
    )


def fits_kind(sample: Sample, slots: Slots) -> bool:
    """Tell the same for what a piece is: its house, category, look and whether it is a hero."""
    return (
        (slots.hero is None or sample.is_hero == slots.hero)
        and (slots.look is None or same_look(sample, slots.look))
        and (not slots.designers or _same(sample.designer, slots.designers))
        and (not slots.categories or is_of(sample, slots.categories))
    )


def is_of(sample: Sample, categories: Sequence[str]) -> bool:
    """Tell whether a piece is of a category by its own word for it, its class, or its name."""
    if category_names(sample.category).intersection(categories):
        return True
    tokens, classes = tokens_of(sample)
    return not classes.union(map(singular, tokens)).isdisjoint(categories)


def category_names(category: str) -> set[str]:
    """Return the words that ask for a category: itself in the singular, and its class."""
    head = singular(category.strip().lower())
    return {head, CLASS_OF.get(head, head)}


def _same(value: str | None, wanted: Iterable[str]) -> bool:
    return value is not None and fold(value) in {fold(name) for name in wanted}


def severity_of(samples: Iterable[Sample], now: datetime) -> Severity:
    """Return how bad the worst of these is: a lost or late hero is critical."""
    worst: Severity = "info"
    for sample in samples:
        overdue = sample.status in COMING and bool(sample.expected_at and sample.expected_at < now)
        if sample.status in BAD or overdue:
            if sample.is_hero:
                return "critical"
            worst = "warning"
    return worst

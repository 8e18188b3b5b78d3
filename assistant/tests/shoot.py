"""The shoot that the assistant's tests ask about: Wednesday 11 March 2026, 09:30 in London."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from assistant.skills import SKILLS, Turn
from assistant.skills.analyses import compute
from assistant.understanding import understand
from assistant.understanding.context import Context
from insights.schemas.logistics import Sample

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)


def at(hours: float) -> datetime:
    """Return the moment so many hours from now."""
    return NOW + timedelta(hours=hours)


def a_sample(sample_id: str, name: str, status: str = "received", **fields: object) -> Sample:
    return Sample(id=sample_id, name=name, status=status, **fields)


SHOOT = (
    a_sample("s1", "Ivory Dior Gown", "delayed", sku="DR-101", category="dress", is_hero=True,
             designer="Dior", color="ivory", look_ids=("18",), expected_at=at(28),
             needed_at=at(24), location="DHL"),
    a_sample("s2", "Loewe Puzzle Tote", "in_transit", sku="BG-202", category="bag",
             designer="Loewe", color="tan", look_ids=("18",), expected_at=at(4.5)),
    a_sample("s3", "Velvet Cape", "received", sku="OW-303", category="outerwear",
             designer="Valentino", color="black", look_ids=("3",), location="Rail B",
             return_due_at=at(-15)),
    a_sample("s4", "Gucci Loafers", "on_set", sku="SH-404", category="shoes", designer="Gucci",
             color="black", look_ids=("3",), return_due_at=at(50)),
    a_sample("s5", "Silk Slip Dress", "shot", sku="DR-105", category="dress", designer="Gucci",
             color="champagne", is_hero=True, look_ids=("5",)),
    a_sample("s6", "Emerald Column Gown", "awaiting", sku="DR-106", category="dress",
             designer="Valentino", color="emerald", look_ids=("5",), expected_at=at(26)),
    a_sample("s7", "Ivory Tulle Gown", "received", sku="DR-107", category="dress",
             designer="Simone", color="ivory", look_ids=("7",), location="Rail A"),
    a_sample("s8", "Pearl Earrings", "lost", sku="JW-808", category="jewellery",
             designer="Chanel", color="white"),
)  # fmt: skip


def ask(message, kit="logistics", samples=SHOOT, context=None):
    """Answer a message as the service does: understand, analyse what the skill needs, run it."""
    context = context or Context(samples=samples)
    found = understand(message, kit=kit, context=context, now=NOW, zone=LONDON)
    return run(found, message, kit=kit, context=context)


def run(found, message="", kit="logistics", samples=SHOOT, context=None):
    skill = SKILLS[found.skill]
    context = context or Context(samples=samples)
    turn = Turn(
        message=message,
        kit=kit,
        route="/",
        understanding=found,
        context=context,
        analyses=compute(skill.needs, context, slots=found.slots, now=NOW, zone=LONDON),
        now=NOW,
        zone=LONDON,
    )
    return skill.run(turn)

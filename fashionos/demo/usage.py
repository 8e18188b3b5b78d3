"""What the people of the production did with the assistant: weeks of events, a day the same whenever it is made."""

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

WEEKS = 9
_NAMESPACE = UUID("0b7f8a3e-6a43-4b7e-9d0f-2f5f1f0a7c11")
_SUNDAY, _SATURDAY = 6, 5

# kit | page | function | milliseconds | how many answers come from the cache | features
_TABLE = """
logistics       | /samples         | logistics-analyzer | 24 | 90 | logistics.readiness logistics.blockers logistics.locate logistics.list logistics.batching logistics.arrivals
events          | /events          | events-optimizer   | 38 | 84 | events.critical_path events.staffing events.run_of_show events.task_list events.task_lookup
media           | /gallery         | media-scorer       | 61 | 72 | media.quality media.missing media.selects media.approvals
recommendations | /recommendations | recommendations    | 15 | 88 | rec.next_actions rec.packages overview.summary
"""  # noqa: E501 -- one row a line is what makes the table readable
_SHARES = ((50, 25, 18, 7), (30, 60, 0, 10))  # of the kits, in the work of each person
_CHANGES = ("act.sample_status", "act.task_status", "act.asset_approve")


class Kit(NamedTuple):
    name: str
    page: str
    function: str
    ms: float
    cached: float  # of a hundred
    features: tuple[str, ...]


def _kits() -> list[Kit]:
    rows = ([cell.strip() for cell in line.split("|")] for line in _TABLE.strip().splitlines())
    return [
        Kit(name, page, function, float(ms), float(cached), tuple(features.split()))
        for name, page, function, ms, cached, features in rows
    ]


KITS = _kits()


class Used(NamedTuple):
    """An event, but for whose it is."""

    id: UUID
    event_type: str
    event_data: dict[str, Any]
    page_route: str | None
    kit_context: str
    session_id: UUID
    created_at: datetime


def usage(person: int, now: datetime, zone: ZoneInfo) -> list[Used]:
    """Return the events of the whole days (UTC) before `now`; the first person (0) is the busiest."""
    today = now.astimezone(UTC).date()
    return [
        event
        for ago in range(WEEKS * 7, 0, -1)
        for event in _day(person, today - timedelta(days=ago), zone)
    ]


def _day(person: int, day: date, zone: ZoneInfo) -> Iterator[Used]:
    random = Random(f"{person} {day}")  # noqa: S311 -- made up, and the same every time
    busy = {_SATURDAY: 0.3, _SUNDAY: 0.1}.get(day.weekday(), 1.0) / (1 + person)
    # A collection comes and goes in some six weeks.
    busy *= 1 + 0.4 * math.sin(day.toordinal() / 42 * math.tau)
    number = 0
    for _ in range(round(random.gauss(9, 2.5) * busy)):
        at = datetime.combine(day, time(8), zone) + timedelta(minutes=random.uniform(0, 10 * 60))
        session_id = uuid5(_NAMESPACE, f"{person} {at}")
        for seconds, event_type, data, page, kit in _session(person, random):
            number += 1
            identifier = uuid5(_NAMESPACE, f"{person} {day} {number}")
            moment = at.astimezone(UTC) + timedelta(seconds=seconds)
            yield Used(identifier, event_type, data, page, kit, session_id, moment)


def _session(
    person: int, random: Random
) -> Iterator[tuple[float, str, dict[str, Any], str | None, str]]:
    """Yield seconds from the start, type, data, page and kit of each event of one visit."""
    kit, at = random.choices(KITS, _SHARES[person])[0], 0.0
    yield at, "assistant_opened", {}, kit.page, kit.name
    for _ in range(random.randint(1, 5)):
        at += random.uniform(8, 90)
        if random.random() < 0.12:  # noqa: PLR2004 -- shares, as believed
            before, kit = kit, random.choices(KITS, _SHARES[person])[0]
            yield at, "kit_switched", {"from": before.name, "to": kit.name}, kit.page, kit.name
            at += random.uniform(3, 12)
        yield at, "function_called", _call("chat-orchestrator", 13, kit, random), None, kit.name
        actions, feature = (
            random.choices((0, 1, 2, 3), (2, 3, 4, 1))[0],
            random.choice(kit.features),
        )
        answered = {"feature": feature, "actions": actions}
        yield at + 0.1, "assistant_answered", answered, None, kit.name
        if random.random() < 0.3:  # noqa: PLR2004 -- as above
            yield (
                at + 1,
                "function_called",
                _call(kit.function, kit.ms, kit, random),
                None,
                kit.name,
            )
        if random.random() < 0.1:  # noqa: PLR2004 -- as above
            rated = {
                "conversationId": str(UUID(int=random.getrandbits(128), version=4)),
                "helpful": random.random() < 0.86,  # noqa: PLR2004 -- as above
            }
            yield at + 4, "answer_rated", rated, kit.page, kit.name
        if actions and random.random() < 0.4:  # noqa: PLR2004 -- as above
            yield from _click(at + random.uniform(5, 40), kit, random)


def _click(
    at: float, kit: Kit, random: Random
) -> Iterator[tuple[float, str, dict[str, Any], str | None, str]]:
    if random.random() < 0.5:  # noqa: PLR2004 -- as above
        yield at, "action_clicked", {"label": "Confirm"}, kit.page, kit.name
        done = {"feature": random.choice(_CHANGES), "applied": True}
        yield at + 1, "assistant_action_confirmed", done, None, kit.name
        return
    yield at, "action_clicked", {"target": f"{kit.page}?from=assistant"}, "/", kit.name
    yield at, "deep_link_clicked", {"target": f"{kit.page}?from=assistant"}, "/", kit.name
    yield at + 1, "page_viewed", {}, kit.page, kit.name
    if random.random() < 0.7:  # noqa: PLR2004 -- as above
        yield at + random.uniform(10, 200), "record_changed", {}, kit.page, kit.name


def _call(function: str, typical_ms: float, kit: Kit, random: Random) -> dict[str, Any]:
    failed = random.random() < 0.004  # noqa: PLR2004 -- as above
    cached = random.random() * 100 < kit.cached
    ms = typical_ms * random.lognormvariate(0, 0.35) * (0.4 if cached else 1.6)
    data = {
        "function": function,
        "status": 503 if failed else 200,
        "ms": round(ms, 3),
        "database_ms": round(min(ms * 0.8, random.lognormvariate(0.8, 0.4)), 3),
        "cached": None if failed else cached,
    }
    return data | ({"error": "unavailable"} if failed else {})

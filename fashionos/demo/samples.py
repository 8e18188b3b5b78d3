"""The samples of the shoot: where each is, since when, and what depends on it."""

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from fashionos.demo.days import Days
from fashionos.demo.house import (
    COLLECTION,
    COLOURS,
    DETAILS,
    PROMISES,
    SETUPS,
    SUBSTITUTES,
    SUPPLIERS,
    Piece,
    pieces,
)

EVENT_ID = "event-first-light"
FITTINGS = "task-09"
ARRIVED = {"received", "on_set", "shot", "returned", "damaged", "lost"}
# Hours between promise and arrival, as couriers have it: mostly hours, now and then a day.
SLIPS = (-2.0, -1.0, -0.5, 0.0, 0.5, 0.5, 1.0, 1.5, 2.0, 3.0, 22.0, 25.0)
# status -> where it is, who has it
WHERE = {
    "received": ("Sample room, rail {setup}", "Leïla Benhamida"),
    "on_set": ("Set: {set}", "Sofia Marchetto"),
    "shot": ("Sample room, rail S (shot)", "Leïla Benhamida"),
    "in_transit": ("With the courier", "{carrier}"),
    "delayed": ("With the courier", "{carrier}"),
    "awaiting": ("At the supplier", "{supplier}"),
    "returned": ("At the supplier", "{supplier}"),
    "damaged": ("Repair table", "Yara Haddadin"),
    "lost": ("Unknown", "Leïla Benhamida"),
    "cancelled": ("At the supplier", "{supplier}"),
}


def look_id(number: int) -> str:
    return f"look-{number:02}"


def samples(days: Days) -> list[dict[str, Any]]:
    """Return the samples in the order of their SKUs, as a tracker shows them.

    `shotIds` is empty here: the shot list is drawn up from the samples.
    """
    rng = random.Random("samples")  # noqa: S311 -- a reproducible demo, nothing secret
    every = list(pieces())
    ids = {piece.name: f"smp-{number:03}" for number, piece in enumerate(every, 1)}
    shot_rows = sorted({piece.row for piece in every if piece.status == "shot"}, reverse=True)
    turns: Counter[str] = Counter()
    rows = []
    for number, piece in enumerate(every, 1):
        turns[piece.status] += 1
        history = _history(piece, turns[piece.status], shot_rows, days, rng)
        rows.append(_row(piece, number, history, ids=ids, days=days, rng=rng))
    return sorted(rows, key=lambda row: str(row["sku"]))


def _history(
    piece: Piece, turn: int, shot_rows: list[int], days: Days, rng: random.Random
) -> dict[str, datetime]:
    """Return the piece's instants by wire name; `turn` counts the pieces of its status."""
    status = piece.status
    if status in ARRIVED:
        expected = days.at(-rng.randint(6 if status == "returned" else 3, 12), "10:00")
        expected += timedelta(minutes=15 * rng.randint(0, 20))
        arrived = expected + timedelta(hours=rng.choice(SLIPS))
        history = {
            "orderedAt": expected - timedelta(days=rng.randint(20, 45)),
            "shippedAt": expected - timedelta(days=rng.randint(2, 5)),
            "expectedAt": expected,
            "receivedAt": arrived,
        }
    else:
        history = {"orderedAt": days.at(-rng.randint(20, 45), "11:00")}
        if status in {"in_transit", "delayed"}:
            history["shippedAt"] = days.at(-rng.randint(3, 5), "15:00")
        promise = PROMISES.get(piece.name, (1 + turn % 2, "11:00"))
        if status == "in_transit" and piece.name not in PROMISES:
            history["expectedAt"] = days.delivery(1 + turn % 4)
        elif promise and status != "cancelled":
            history["expectedAt"] = days.at(*promise)
    if status == "on_set":
        history["onSetAt"] = days.worked(12 + 2 * turn)
    elif status == "shot":
        turn = shot_rows.index(piece.row)
        history["onSetAt"] = days.worked(80 + 35 * turn)
        history["shotAt"] = days.worked(50 + 35 * turn)
    elif status == "returned":
        if SETUPS[piece.setup].day == 0 or piece.setup == "D2":
            history |= {"onSetAt": days.at(-4, "14:50"), "shotAt": days.at(-4, "15:20")}
        history["returnedAt"] = days.at(-1, "16:30")
    return history


def _row(
    piece: Piece,
    number: int,
    history: dict[str, datetime],
    *,
    ids: dict[str, str],
    days: Days,
    rng: random.Random,
) -> dict[str, Any]:
    noun, setup, supplier = piece.noun, SETUPS[piece.setup], SUPPLIERS[piece.noun.supplier]
    details = dict(DETAILS.get(piece.name, {}))
    return_due = details.pop("returnDue", (0 if piece.status == "returned" else 9, "18:00"))
    location, holder = WHERE[piece.status]
    known = {
        "setup": piece.setup,
        "set": setup.set_id,
        "carrier": supplier.carrier,
        "supplier": supplier.name,
    }
    slot = timedelta(minutes=40 * (min(piece.looks) % 3 if piece.looks else 0))
    row: dict[str, Any] = {
        "id": ids[piece.name],
        "sku": f"MO-{noun.code}-{number:03}-{COLOURS[piece.colour].code}",
        "styleId": f"MO-{noun.code}-{number:03}",
        "name": piece.name,
        "category": noun.category,
        "status": piece.status,
        "isHero": piece.is_hero,
        "priority": "high" if piece.is_hero else "normal" if piece.looks else "low",
        "sampleType": "photo",
        "color": piece.colour,
        "colorHex": COLOURS[piece.colour].hex,
        "size": noun.size,
        "season": days.season(),
        "collection": COLLECTION,
        "designer": noun.line,
        "quantity": 1,
        "location": location.format(**known),
        "holder": holder.format(**known),
        "setId": setup.set_id,
        "lighting": setup.lighting,
        "background": setup.background,
        "shotType": setup.shot_type,
        "setupKey": piece.setup,
        "shotMinutes": rng.choice((6, 8, 8, 10, 12)),
        "prepMinutes": 30,
        "lookIds": [look_id(look) for look in piece.looks],
        "shotIds": [],
        "taskIds": [FITTINGS] if piece.is_hero else [],
        "eventIds": [EVENT_ID] if piece.looks else [],
        "substituteIds": [ids[name] for name in SUBSTITUTES.get(piece.name, ())],
        "neededAt": days.text(history.get("onSetAt", days.at(setup.day, setup.clock) + slot)),
        "returnDueAt": days.text(days.at(*return_due)),
        "supplier": supplier.name,
        "customsStatus": _customs(piece.status, customs=supplier.customs),
        "condition": "damaged" if piece.status == "damaged" else "perfect",
        "statusHistory": _status_history(piece.status, history, days),
        "valueAmount": noun.value,
        "currency": "EUR",
        "tags": [noun.line, "campaign", *(["runway"] if piece.looks else [])],
        **{name: days.text(instant) for name, instant in history.items()},
    }
    if setup.model_id:
        row["modelId"] = setup.model_id
    if "shippedAt" in history:
        row["carrier"] = supplier.carrier
        row["trackingNumber"] = f"{supplier.prefix}{rng.randrange(10**8, 10**9)}"
    return row | details


def _customs(status: str, *, customs: bool) -> str:
    if not customs:
        return "none"
    return "cleared" if status in ARRIVED else "pending"


def _status_history(status: str, history: dict[str, datetime], days: Days) -> list[dict[str, str]]:
    steps = [
        (step, history[name])
        for step, name in (
            ("awaiting", "orderedAt"),
            ("in_transit", "shippedAt"),
            ("received", "receivedAt"),
            ("on_set", "onSetAt"),
            ("shot", "shotAt"),
            ("returned", "returnedAt"),
        )
        if name in history
    ]
    turned = {"delayed": "12:20", "damaged": "17:40", "lost": "20:10", "cancelled": "10:05"}
    if status in turned:
        steps.append((status, days.at(-1, turned[status])))
    return [{"status": step, "at": days.text(instant)} for step, instant in steps]

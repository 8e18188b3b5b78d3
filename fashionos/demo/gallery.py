"""The shot list, and the gallery of what has been captured of it so far."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from fashionos.demo.days import Days

FRAMES = 8
BACK_EVERY = 2  # on-model looks with an even number also get a back view
# Lines of finished looks that are not in the can: never taken, all rejected, all soft.
NOT_TAKEN = ("look-06", "back")
ALL_REJECTED = ("look-08", "detail")
ALL_SOFT = ("look-04", "back")
SIZES = {"portrait": (4480, 5600), "landscape": (5600, 4480), "square": (4480, 4480)}
BACKDROPS = {
    "cyclorama": "#F2F0EC",
    "salon": "#B7A58F",
    "courtyard": "#CFC8B8",
    "still life": "#FBFBFA",
}


def shot_list(samples: Sequence[dict[str, Any]], days: Days) -> list[dict[str, Any]]:
    """Return the lines of the looks by number, then the still life, with their status now."""
    looks: dict[str, list[dict[str, Any]]] = {}
    for sample in samples:
        for look in sample["lookIds"]:
            looks.setdefault(look, []).append(sample)
    wanted: list[tuple[str | None, dict[str, Any], str]] = []
    for number, (look, worn) in enumerate(sorted(looks.items()), 1):
        own = [sample for sample in worn if sample["lookIds"][0] == look]
        lead = max(own, key=lambda sample: (sample["isHero"], sample["valueAmount"]))
        wanted.append((look, lead, "full_length"))
        if number % BACK_EVERY == 0:
            wanted.append((look, lead, "back"))
        if lead["isHero"]:
            wanted.append((look, lead, "detail"))
    wanted += [
        (None, sample, "front")
        for sample in samples
        if sample["setId"] == "still life" and sample["status"] != "cancelled"
    ]
    return [
        _line(number, look, lead, angle, days)
        for number, (look, lead, angle) in enumerate(wanted, 1)
    ]


def _line(
    number: int, look: str | None, lead: dict[str, Any], angle: str, days: Days
) -> dict[str, Any]:
    status = {"shot": "captured", "returned": "captured", "on_set": "in_progress"}.get(
        lead["status"], "planned"
    )
    if (look, angle) in {NOT_TAKEN, ALL_REJECTED, ALL_SOFT}:
        status = "in_progress"
    line: dict[str, Any] = {
        "id": f"shot-{number:03}",
        "name": f"{lead['name']}, {angle.replace('_', ' ')}",
        "sampleId": lead["id"],
        "category": lead["category"],
        "color": lead["color"],
        "angle": angle,
        "shotType": "detail" if angle == "detail" else lead["shotType"],
        "orientation": "portrait" if look else "square",
        "background": lead["background"],
        "quantity": 1,
        "priority": lead["priority"],
        "isHero": lead["isHero"],
        "required": angle != "detail" or lead["isHero"],
        "dueAt": days.text(days.at(1, "19:00")),
        "deliverySpec": {"channel": "campaign" if look else "web", "minLongSide": 2500},
        "status": status,
        "minQuality": 40,
    }
    if look:
        line["lookId"] = look
    else:
        line["sku"] = lead["sku"]
    if "modelId" in lead:
        line["modelId"] = lead["modelId"]
    return line


def assets(
    shots: Sequence[dict[str, Any]], samples: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the frames of every line that was or is on set, in the order of capture."""
    rng = random.Random("gallery")  # noqa: S311 -- a reproducible demo, nothing secret
    by_id = {sample["id"]: sample for sample in samples}
    taken: dict[str, int] = {}
    frames: list[dict[str, Any]] = []
    for shot in shots:
        lead = by_id[shot["sampleId"]]
        in_progress = lead["status"] == "on_set"
        if "onSetAt" not in lead or (shot.get("lookId"), shot["angle"]) == NOT_TAKEN:
            continue
        if in_progress and shot["angle"] != "full_length":
            continue
        key = shot.get("lookId", shot["sampleId"])
        started = datetime.fromisoformat(lead["onSetAt"])
        digest = rng.getrandbits(64)
        for frame in range(FRAMES):
            burst = frame in {2, 3, 6}
            # A burst moves a bit or two of the hash; a new pose changes it altogether.
            digest = digest ^ 1 << rng.randrange(64) if burst else rng.getrandbits(64)
            second = 30 * taken.get(key, 0) + (-26 if burst else 0)
            taken[key] = taken.get(key, 0) + 1
            at = started + timedelta(seconds=max(0, second))
            frames.append(_frame(shot, lead, frame=frame, at=at, digest=digest, rng=rng))
    frames.sort(key=lambda row: datetime.fromisoformat(row["capturedAt"]))
    return [{"id": f"ast-{number:03}", **row} for number, row in enumerate(frames, 1)]


def _frame(
    shot: dict[str, Any],
    lead: dict[str, Any],
    *,
    frame: int,
    at: datetime,
    digest: int,
    rng: random.Random,
) -> dict[str, Any]:
    line = (shot.get("lookId"), shot["angle"])
    soft = line == ALL_SOFT or frame == FRAMES - 1
    status, rating = _verdict(lead["status"], frame)
    if line == ALL_REJECTED:
        status, rating = "rejected", 1
    elif line == ALL_SOFT:
        status, rating = "pending_review", 0
    width, height = SIZES[shot["orientation"]]
    row: dict[str, Any] = {
        "fileName": f"{lead['sku']}_{shot['angle']}_{frame + 1:02}.jpg",
        "mimeType": "image/jpeg",
        "bytes": rng.randrange(7_000_000, 12_000_000),
        "width": width,
        "height": height,
        "colorSpace": "sRGB",
        "bitDepth": 8,
        "capturedAt": at.isoformat(timespec="seconds"),
        "sku": lead["sku"],
        "sampleId": lead["id"],
        "color": lead["color"],
        "angle": shot["angle"],
        "shotType": shot["shotType"],
        "orientation": shot["orientation"],
        "status": status,
        "rating": rating,
        "isSelect": rating == 5,  # noqa: PLR2004 -- five of five stars
        "metrics": _metrics(rng, soft=soft),
        "perceptualHash": f"{digest:016x}",
        "dominantColors": [
            {"hex": lead["colorHex"], "share": round(rng.uniform(0.3, 0.45), 2)},
            {"hex": BACKDROPS[lead["setId"]], "share": round(rng.uniform(0.4, 0.55), 2)},
        ],
        "subjectBox": {"x": 0.26, "y": 0.06, "w": 0.48, "h": round(rng.uniform(0.8, 0.9), 2)},
        "tags": [shot["angle"], lead["category"], *(["hero"] if lead["isHero"] else [])],
        "usageRights": "worldwide, two years",
        "releaseSigned": "modelId" in lead,
    }
    for name in ("lookId", "modelId"):
        if name in shot:
            row[name] = shot[name]
    if status == "approved":
        row["shotId"] = shot["id"]
    return row


def _verdict(sample_status: str, frame: int) -> tuple[str, int]:
    if frame == FRAMES - 1:
        return "rejected", 1
    if sample_status == "on_set":
        return "uploaded", 0
    return {0: ("pending_review", 3), 1: ("approved", 5), 4: ("approved", 4)}.get(
        frame, ("pending_review", 0)
    )


def _metrics(rng: random.Random, *, soft: bool) -> dict[str, float]:
    """Return scores as an ingest tool leaves them; a soft frame missed its focus."""
    middle = {
        "sharpness": 14 if soft else 82,
        "exposure": 40 if soft else 80,
        "noise": 45 if soft else 84,
        "contrast": 40 if soft else 76,
        "resolution": 100,
        "colorCast": 50 if soft else 85,
        "composition": 35 if soft else 74,
        "brand": 40 if soft else 78,
    }
    return {
        name: round(min(100.0, max(0.0, rng.gauss(mean, 5))), 1) for name, mean in middle.items()
    }

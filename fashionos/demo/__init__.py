"""A believable production of a fictional house, dated around a given instant.

Day one of the shoot is today, day two tomorrow, the runway show in three days.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fashionos.demo import event, gallery, house, samples
from fashionos.demo.days import Days

SESSION_ID = "5f0c7d52-3b1e-4c7a-9d86-2a4be1f7c903"

Row = dict[str, Any]


@dataclass(frozen=True)
class Production:
    """JSON-ready rows; instants are ISO 8601 with the offset of the production's zone."""

    timezone: str
    samples: list[Row]
    event: Row
    shot_list: list[Row]
    assets: list[Row]
    brand: Row
    packages: list[Row]
    logistics_options: Row


def production(now: datetime, zone: ZoneInfo) -> Production:
    """Return the whole production as it stands at `now` (aware): the same `now`, the same rows."""
    days = Days(now, zone)
    pieces = samples.samples(days)
    shots = gallery.shot_list(pieces, days)
    assets = gallery.assets(shots, pieces)
    _link_shots(pieces, shots)
    opens, closes = days.hours()
    return Production(
        timezone=zone.key,
        samples=pieces,
        event=event.event(days, pieces),
        shot_list=shots,
        assets=assets,
        brand=house.brand(),
        packages=house.packages(),
        logistics_options={
            "shootAt": days.text(days.call()),
            "dayStartAt": days.text(opens),
            "dayEndAt": days.text(closes),
        },
    )


def _link_shots(pieces: list[Row], shots: list[Row]) -> None:
    """Fill `shotIds` and the shot counts: a look's lines need all its pieces, a detail just one."""
    for piece in pieces:
        lines = [
            shot
            for shot in shots
            if shot["sampleId"] == piece["id"]
            or (shot["angle"] != "detail" and shot.get("lookId") in piece["lookIds"])
        ]
        piece["shotIds"] = [shot["id"] for shot in lines]
        piece["shotsRequired"] = len(lines)
        piece["shotsCaptured"] = sum(shot["status"] == "captured" for shot in lines)


def files(now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Return the request bodies that show the five functions at work, by file name."""
    show = production(now, zone)
    return {
        "logistics-analyzer.json": {
            "sampleList": show.samples,
            "analysisType": "all",
            "options": show.logistics_options,
            "timezone": show.timezone,
        },
        "events-optimizer.json": {"event": show.event, "analysisType": "all"},
        "media-scorer.json": {
            "assets": show.assets,
            "shotList": show.shot_list,
            "analysisType": "all",
            "brand": show.brand,
        },
        "recommendations.json": {
            "recommendationType": "packages",
            "context": {
                "currentPage": "/recommendations",
                "userRole": "producer",
                "budget": 28000,
                "timeline": "6 weeks",
                "eventType": "runway",
                "tags": ["runway", "backstage"],
                "packages": show.packages,
            },
        },
        "chat-orchestrator.json": {
            "message": "are we ready?",
            "currentKit": "logistics",
            "currentRoute": "/logistics",
            "sessionId": SESSION_ID,
            "conversationHistory": [],
            "userContext": {
                "timezone": show.timezone,
                "sampleList": show.samples,
                "event": show.event,
                "eventTasks": show.event["tasks"],
                "galleryAssets": show.assets,
                "shotList": show.shot_list,
                "packages": show.packages,
                "brand": show.brand,
            },
        },
    }

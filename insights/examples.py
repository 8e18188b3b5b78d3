"""One small request for each function, as its client would send it."""

from typing import Any

_ZONE = "Europe/Paris"
_NOW = "2026-11-23T09:00:00Z"

_SAMPLES: list[dict[str, Any]] = [
    {
        "id": "smp-101",
        "sku": "FL26-GWN-IVR",
        "name": "Ivory silk gown",
        "category": "dress",
        "status": "delayed",
        "isHero": True,
        "priority": "critical",
        "lookIds": ["look-01"],
        "supplier": "Atelier Brissonne",
        "expectedAt": "2026-11-24T11:30:00Z",
        "neededAt": "2026-11-24T09:00:00Z",
    },
    {
        "id": "smp-102",
        "sku": "FL26-COT-CML",
        "name": "Camel cashmere coat",
        "category": "outerwear",
        "status": "on_set",
        "isHero": True,
        "lookIds": ["look-02"],
        "setId": "cyclorama",
        "neededAt": "2026-11-23T10:00:00Z",
    },
    {
        "id": "smp-103",
        "sku": "FL26-BAG-CGN",
        "name": "Cognac woven bag",
        "category": "bag",
        "status": "received",
        "lookIds": ["look-02"],
        "setId": "still life",
        "neededAt": "2026-11-23T13:00:00Z",
    },
    {
        "id": "smp-104",
        "sku": "FL26-DRS-SGE",
        "name": "Sage linen dress",
        "category": "dress",
        "status": "shot",
        "lookIds": ["look-03"],
        "setId": "cyclorama",
    },
]

_EVENT: dict[str, Any] = {
    "id": "evt-7",
    "name": "First Light, runway",
    "type": "runway",
    "status": "confirmed",
    "startAt": "2026-11-26T19:00:00Z",
    "doorsAt": "2026-11-26T18:30:00Z",
    "timezone": _ZONE,
    "tasks": [
        {
            "id": "t1",
            "name": "Stage build",
            "status": "in_progress",
            "durationHours": 10,
            "ownerId": "p-3",
        },
        {
            "id": "t2",
            "name": "Light and sound",
            "durationHours": 4,
            "dependsOn": ["t1"],
            "ownerId": "p-3",
        },
        {
            "id": "t3",
            "name": "Rehearsal",
            "durationMinutes": 45,
            "dependsOn": ["t2", "t4"],
            "ownerId": "p-1",
        },
        {"id": "t4", "name": "Fittings", "status": "done", "durationHours": 6, "ownerId": "p-1"},
    ],
    "shifts": [
        {
            "id": "sh-1",
            "role": "dresser",
            "startAt": "2026-11-26T16:00:00Z",
            "endAt": "2026-11-26T21:00:00Z",
            "required": 2,
            "assigned": ["p-1"],
        }
    ],
    "people": [
        {"id": "p-1", "name": "Nina Aubry", "roles": ["dresser"], "hourlyRate": 24},
        {"id": "p-2", "name": "Tom Keller", "roles": ["dresser"], "hourlyRate": 22},
        {"id": "p-3", "name": "Marta Lindqvist", "roles": ["technician"], "hourlyRate": 31},
    ],
    "looks": [
        {"id": "look-01", "number": 1, "modelId": "m-1", "isOpening": True},
        {"id": "look-02", "number": 2, "modelId": "m-2"},
        {"id": "look-03", "number": 3, "modelId": "m-1", "dressers": 2},
    ],
    "models": [{"id": "m-1", "name": "Ines"}, {"id": "m-2", "name": "Awa"}],
}

_ASSETS: list[dict[str, Any]] = [
    {
        "id": "img-1",
        "fileName": "FL26-COT-CML_front_01.jpg",
        "sku": "FL26-COT-CML",
        "angle": "front",
        "shotType": "on_model",
        "status": "approved",
        "width": 4000,
        "height": 5000,
        "rating": 4,
        "metrics": {"sharpness": 91, "exposure": 84, "noise": 88},
    },
    {
        "id": "img-2",
        "fileName": "FL26-DRS-SGE_front_01.jpg",
        "sku": "FL26-DRS-SGE",
        "angle": "front",
        "shotType": "on_model",
        "status": "pending_review",
        "width": 4000,
        "height": 5000,
        "metrics": {"sharpness": 62, "exposure": 77, "noise": 70},
    },
]

_SHOTS: list[dict[str, Any]] = [
    {"id": "shot-1", "sku": "FL26-COT-CML", "angle": "front", "isHero": True},
    {"id": "shot-2", "sku": "FL26-COT-CML", "angle": "back", "priority": "high"},
    {"id": "shot-3", "sku": "FL26-DRS-SGE", "angle": "front"},
]

EXAMPLES: dict[str, dict[str, Any]] = {
    "logistics-analyzer": {
        "sampleList": _SAMPLES,
        "analysisType": "all",
        "options": {"dayStartAt": "2026-11-23T08:00:00Z", "dayEndAt": "2026-11-23T18:00:00Z"},
        "now": _NOW,
        "timezone": _ZONE,
    },
    "events-optimizer": {"event": _EVENT, "analysisType": "all", "now": _NOW},
    "media-scorer": {
        "assets": _ASSETS,
        "shotList": _SHOTS,
        "analysisType": "all",
        "options": {"selectCount": 2},
        "now": _NOW,
    },
    "recommendations": {
        "recommendationType": "packages",
        "context": {
            "currentPage": "/recommendations",
            "userRole": "producer",
            "budget": 30000,
            "timeline": "6 weeks",
            "eventType": "runway",
            "tags": ["runway", "backstage"],
            "headcount": 150,
        },
        "now": _NOW,
        "timezone": _ZONE,
    },
}

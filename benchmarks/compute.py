"""The analyses alone, without a server: p95 of compute at the sizes that their users may reach."""

import io
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.figures import Figure, collect_as_the_server, percentile, timed
from benchmarks.samples import shown_samples
from fashionos.demo import files
from fashionos.kit.wire import read_json, write_json
from insights.analysis.events import analyse as analyse_event
from insights.analysis.events.intake import read_event, read_event_options
from insights.analysis.intake import read_samples
from insights.analysis.logistics import analyse
from insights.analysis.media import analyse as analyse_media
from insights.analysis.media.intake import read_assets, read_shots
from insights.analysis.recommendations import Preferences, Usage, recommend
from insights.analysis.recommendations.intake import read_packages
from insights.catalogue import packages
from insights.schemas.logistics import LogisticsOptions
from insights.schemas.media import MediaOptions
from insights.schemas.recommendations import RecommendationRequest

ZONE = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
ROUNDS = 15


def measure() -> list[Figure]:
    cases = [*_logistics(), *_events(), *_media(), *_recommendations()]
    collect_as_the_server()
    return [_figure(work, goal, call) for work, goal, call in cases]


def _figure(work: str, goal: int, call: Callable[[], object]) -> Figure:
    taken = timed(call, ROUNDS)
    p50, p95 = percentile(taken, 50), percentile(taken, 95)
    return Figure(work, f"p50 {p50:.1f}  p95 {p95:.1f} ms", f"p95 < {goal} ms", p95 < goal)


Case = tuple[str, int, Callable[[], object]]


def _logistics() -> list[Case]:
    demo = files(NOW, ZONE)["logistics-analyzer.json"]
    body = write_json(shown_samples(demo["sampleList"], 10_000))
    samples, _ = read_samples(read_json(body), zone=ZONE)
    options = LogisticsOptions()
    return [
        (
            "10,000 samples: parse and normalise",
            60,
            lambda: read_samples(read_json(body), zone=ZONE),
        ),
        (
            "10,000 samples: readiness and blockers",
            50,
            lambda: analyse(samples, parts=("readiness", "blockers"), options=options, now=NOW),
        ),
        (
            "10,000 samples: batching",
            150,
            lambda: analyse(samples, parts=("batching",), options=options, now=NOW),
        ),
    ]


def _events() -> list[Case]:
    draw = random.Random(7)  # noqa: S311 -- a benchmark's choice
    tasks = [
        {
            "id": f"t{number}",
            "durationMinutes": draw.randint(10, 240),
            "dependsOn": [
                {"taskId": f"t{before}", "type": draw.choice(["FS", "FS", "SS", "FF"])}
                for before in draw.sample(range(max(0, number - 40), number), min(4, number))
            ],
        }
        for number in range(5_000)
    ]
    estimated = [
        {**task, "optimisticMinutes": 10, "likelyMinutes": 60, "pessimisticMinutes": 200}
        for task in tasks[:500]
    ]
    starts = [NOW + timedelta(hours=draw.randint(0, 80)) for _ in range(250)]
    shifts = [
        {
            "id": f"s{number}",
            "role": f"role {number % 8}",
            "startAt": start.isoformat(),
            "endAt": (start + timedelta(hours=6)).isoformat(),
            "required": 2,
        }
        for number, start in enumerate(starts)
    ]
    people = [
        {
            "id": f"p{number}",
            "roles": [f"role {number % 8}", f"role {number % 5}"],
            "hourlyRate": 20,
        }
        for number in range(200)
    ]
    looks = [{"id": f"l{number}", "modelId": f"m{number % 30}"} for number in range(120)]
    show = NOW + timedelta(days=3)
    return [
        ("5,000 tasks, 20,000 links, rows out", 60, _event({"tasks": tasks}, "critical_path")),
        (
            "500 tasks simulated",
            60,
            _event({"tasks": estimated}, "critical_path", {"simulate": True}),
        ),
        ("500 slots, 200 people", 100, _event({"shifts": shifts, "people": people}, "staffing")),
        (
            "run of show, 120 looks",
            5,
            _event({"looks": looks, "startAt": show.isoformat()}, "run_of_show"),
        ),
    ]


def _event(
    fields: dict[str, Any], part: str, options: dict[str, Any] | None = None
) -> Callable[[], object]:
    event, _ = read_event({"id": "e", **fields}, zone=ZONE)
    read, _ = read_event_options(options, zone=ZONE)
    return lambda: write_json(analyse_event(event, parts=(part,), options=read, now=NOW))


def _media() -> list[Case]:
    demo = files(NOW, ZONE)["media-scorer.json"]
    rows = [
        {**demo["assets"][number % len(demo["assets"])], "id": f"a{number}", "shotId": None}
        for number in range(5_000)
    ]
    for number, row in enumerate(rows):
        row["perceptualHash"] = f"{(number * 0x9E3779B97F4A7C15) % 2**64:016x}"
    lines = [
        {**demo["shotList"][number % len(demo["shotList"])], "id": f"s{number}", "assetIds": []}
        for number in range(1_000)
    ]
    assets, _ = read_assets(rows, zone=ZONE)
    shots, _ = read_shots(lines, zone=ZONE)

    def score(part: str, shots: Any = (), **options: Any) -> Callable[[], object]:
        chosen = MediaOptions(**options)
        return lambda: analyse_media(assets, shots, parts=(part,), options=chosen, now=NOW)

    return [
        ("5,000 pictures: quality and duplicates", 110, score("quality")),
        ("1,000 shots, 5,000 pictures: missing", 110, score("missing", shots)),
        ("5,000 pictures: 50 selects", 140, score("selects", select_count=50)),
        ("one picture of 24 megapixels", 100, _picture()),
    ]


def _picture() -> Callable[[], object]:
    from insights.analysis.media.pixels import measure as measure_pixels  # noqa: PLC0415 -- OpenCV

    data = large_picture()
    return lambda: measure_pixels(data)


def large_picture() -> bytes:
    """Return a JPEG of 24 megapixels that is as hard to decode as a photograph."""
    import numpy as np  # noqa: PLC0415 -- only for this figure
    from PIL import Image  # noqa: PLC0415 -- only for this figure

    waves = np.add.outer(np.arange(4000) % 251, np.arange(6000) % 241).astype("uint8")
    noise = np.random.default_rng(7).integers(0, 20, waves.shape, dtype="uint8")
    file = io.BytesIO()
    Image.fromarray(np.dstack([waves, waves + noise, waves - noise])).save(file, "JPEG", quality=90)
    return file.getvalue()


def _recommendations() -> list[Case]:
    rows = [
        {**package, "id": f"{package['id']}-{number}"}
        for number in range(40)
        for package in packages()
    ][:500]
    catalogue, _ = read_packages(rows, zone=ZONE)
    request = RecommendationRequest(
        recommendation_type="packages",
        context={
            "budget": 28000,
            "timeline": "6 weeks",
            "tags": ["runway"],
            "userRole": "producer",
        },
    )
    return [
        (
            "500 packages ranked",
            15,
            lambda: recommend(
                request,
                packages=catalogue,
                usage=Usage(),
                preferences=Preferences(),
                candidates=(),
                now=NOW,
                zone=ZONE,
            ),
        ),
    ]

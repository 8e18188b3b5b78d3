"""The functions over a user's data: read the request, analyse it, answer from the cache where that is true."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.utils import timezone

from analytics.services import feature_use
from fashionos.accounts.tokens import Caller
from fashionos.kit.functions import note, read_document
from fashionos.kit.owned import Role, acting
from fashionos.kit.problems import Problem
from fashionos.kit.wire import write_json
from insights import cache
from insights.analysis.events import analyse as analyse_event
from insights.analysis.events.intake import read_event, read_event_options
from insights.analysis.intake import read_instant, read_options, read_samples, read_zone
from insights.analysis.logistics import analyse
from insights.analysis.media import analyse as analyse_media
from insights.analysis.media.intake import (
    read_assets,
    read_brand,
    read_delivery_spec,
    read_shots,
)
from insights.analysis.media.intake import read_options as read_media_options
from insights.analysis.recommendations import Candidate, Preferences, Usage, recommend
from insights.analysis.recommendations.candidates import (
    from_events,
    from_logistics,
    from_media,
    from_plan,
)
from insights.cache import Computed, Kept
from insights.generations import Family
from insights.models import Package
from insights.schemas.base import Caution
from insights.schemas.events import EventAnalysis, EventRequest
from insights.schemas.logistics import LogisticsAnalysis, LogisticsRequest
from insights.schemas.media import MediaAnalysis, MediaRequest
from insights.schemas.recommendations import Capacity, RecommendationRequest
from insights.schemas.recommendations import Package as OfferedPackage
from preferences.services import preferences_of

UTC = ZoneInfo("UTC")

# Part of every digest: an analysis that answers differently gets a new one, and old answers are not found again.
LOGISTICS_VERSION = b"logistics-analyzer 2"
LOGISTICS_PARTS = ("readiness", "blockers", "batching")
EVENTS_VERSION = b"events-optimizer 1"
EVENT_PARTS = ("critical_path", "staffing", "run_of_show")
MEDIA_VERSION = b"media-scorer 1"
MEDIA_PARTS = ("quality", "missing", "selects")
RECOMMENDATIONS_VERSION = b"recommendations 1"

# The setting that bounds a list, and the names that the list goes by.
EVENT_LISTS = {
    "MAX_TASKS": ("tasks",),
    "MAX_DEPENDENCIES": ("dependencies",),
    "MAX_SHIFTS": ("shifts", "staffing", "positions"),
    "MAX_PEOPLE": ("people", "crew", "staff", "models"),
    "MAX_LOOKS": ("looks", "cues"),
}
CONTEXT_LISTS = {"packages": "MAX_PACKAGES"}
USAGE_DAYS = 30


def analyse_logistics(caller: Caller, body: bytes) -> bytes:
    """Answer a request of logistics-analyzer; raise Problem for a body that cannot be read."""
    return _answer(caller, "logistics", LOGISTICS_VERSION, body, _run_logistics)


def _answer(
    caller: Caller, family: Family, version: bytes, body: bytes, run: Callable[[bytes], Computed]
) -> bytes:
    # Of the bytes as they came: a hit costs neither parsing nor analysis.
    input_digest = cache.digest(version, body)
    kept = cache.find_or_compute(caller, family, input_digest, lambda: run(body))
    note(cached=kept.cached)
    return _envelope(kept, input_digest)


def _envelope(kept: Kept, input_digest: bytes) -> bytes:
    """Add what is true of this answer alone to the document, without taking the document apart."""
    about = write_json(
        {
            "cached": kept.cached,
            "calculatedAt": kept.calculated_at,
            "inputHash": input_digest.hex(),
        }
    )
    # Every document has a part, so that a comma fits; a view spares a megabyte of copying.
    return b"".join((about[:-1], b",", memoryview(kept.document)[1:]))


def _run_logistics(body: bytes) -> Computed:
    request: LogisticsRequest = _read_request(
        body,
        LogisticsRequest,
        [
            "Send sampleList as a list of samples.",
            "analysisType is one of readiness, blockers, batching, all.",
        ],
    )
    _check_size("sampleList", len(request.sample_list), "MAX_SAMPLES")
    zone, now, about_time = read_time(request.timezone, request.now)
    samples, cautions = read_samples(request.sample_list, zone=zone)
    options, option_cautions = read_options(request.options, zone=zone)
    parts = LOGISTICS_PARTS if request.analysis_type == "all" else (request.analysis_type,)
    analysis = analyse(samples, parts=parts, options=options, now=now)
    warnings = (*about_time, *cautions, *option_cautions, *analysis.warnings)
    return Computed(
        write_json(msgspec.structs.replace(analysis, warnings=warnings)),
        f"logistics_{request.analysis_type}",
        context_id=request.context_id or request.tracker_id,
        keep=not request.no_cache,
    )


def optimise_event(caller: Caller, body: bytes) -> bytes:
    """Answer a request of events-optimizer; raise Problem for a body that cannot be read."""
    return _answer(caller, "event", EVENTS_VERSION, body, _run_event)


def _run_event(body: bytes) -> Computed:
    request: EventRequest = _read_request(
        body,
        EventRequest,
        [
            "Send event as an object with its tasks, shifts and looks.",
            "analysisType is one of critical_path, staffing, run_of_show, all.",
        ],
    )
    for limit, names in EVENT_LISTS.items():
        for name in names:
            _check_size(f"event.{name}", _length(request.event.get(name)), limit)
    zone, now, about_time = read_time(request.timezone, request.now)
    event, cautions = read_event(request.event, zone=zone)
    options, option_cautions = read_event_options(request.options, zone=zone)
    parts = EVENT_PARTS if request.analysis_type == "all" else (request.analysis_type,)
    analysis = analyse_event(event, parts=parts, options=options, now=now)
    warnings = (*about_time, *cautions, *option_cautions, *analysis.warnings)
    return Computed(
        write_json(msgspec.structs.replace(analysis, warnings=warnings)),
        f"event_{request.analysis_type}",
        context_id=request.context_id or request.event_id or event.id,
        keep=not request.no_cache,
    )


def score_media(caller: Caller, body: bytes) -> bytes:
    """Answer a request of media-scorer; raise Problem for a body that cannot be read."""
    return _answer(caller, "media", MEDIA_VERSION, body, _run_media)


def _run_media(body: bytes) -> Computed:
    request: MediaRequest = _read_request(
        body,
        MediaRequest,
        [
            "Send assets as a list of pictures, and shotList as a list of shots.",
            "analysisType is one of quality, missing, selects, all.",
        ],
    )
    _check_size("assets", len(request.assets), "MAX_ASSETS")
    _check_size("shotList", len(request.shot_list), "MAX_SHOTS")
    zone, now, about_time = read_time(request.timezone, request.now)
    assets, asset_cautions = read_assets(request.assets, zone=zone)
    shots, shot_cautions = read_shots(request.shot_list, zone=zone)
    brand, brand_cautions = read_brand(request.brand, zone=zone)
    spec, spec_cautions = read_delivery_spec(request.delivery_spec, zone=zone)
    options, option_cautions = read_media_options(request.options, zone=zone)
    parts = MEDIA_PARTS if request.analysis_type == "all" else (request.analysis_type,)
    analysis = analyse_media(
        assets,
        shots,
        brand=brand,
        delivery_spec=spec,
        parts=parts,
        options=options,
        now=now,
    )
    warnings = (
        *(*about_time, *asset_cautions, *shot_cautions, *brand_cautions),
        *(*spec_cautions, *option_cautions, *analysis.warnings),
    )
    return Computed(
        write_json(msgspec.structs.replace(analysis, warnings=warnings)),
        f"media_{request.analysis_type}",
        context_id=request.context_id,
        keep=not request.no_cache,
    )


def recommend_to(caller: Caller, body: bytes) -> bytes:
    """Answer a request of recommendations; raise Problem for a body that cannot be read, or another's userId."""
    return _answer(
        caller,
        "recommendation",
        RECOMMENDATIONS_VERSION,
        body,
        lambda body: _run_recommendations(caller, body),
    )


def _run_recommendations(caller: Caller, body: bytes) -> Computed:
    request: RecommendationRequest = _read_request(
        body,
        RecommendationRequest,
        ["recommendationType is one of packages, next_actions, features."],
    )
    if request.user_id and request.user_id.lower() != str(caller.id):
        raise Problem(403, "forbidden", "Recommendations are for the signed-in user alone.")
    context = request.context if isinstance(request.context, dict) else {}
    for field, limit in CONTEXT_LISTS.items():
        _check_size(f"context.{field}", _length(context.get(field)), limit)
    zone, now, about_time = read_time(request.timezone, request.now)
    answer = recommend(
        request,
        packages=offered_packages() if request.recommendation_type == "packages" else (),
        usage=usage_of(caller, now) if request.recommendation_type == "features" else Usage(),
        preferences=preferences_for(caller),
        candidates=candidates_for(caller) if request.recommendation_type == "next_actions" else (),
        now=now,
        zone=zone,
    )
    return Computed(
        write_json(msgspec.structs.replace(answer, warnings=(*about_time, *answer.warnings))),
        f"recommendation_{request.recommendation_type}",
        keep=not request.no_cache,
    )


def offered_packages() -> list[OfferedPackage]:
    with acting(Role.SYSTEM):
        rows = list(Package.objects.filter(is_offered=True).order_by("id"))
    return [
        OfferedPackage(
            id=row.id,
            name=row.name,
            description=row.description or None,
            price_min=float(row.price_min),
            price_max=float(row.price_max),
            currency=row.currency,
            lead_days=float(row.lead_days),
            tags=tuple(row.tags),
            roles=tuple(row.roles),
            event_types=tuple(row.event_types),
            capacity=Capacity(min=row.capacity_min, max=row.capacity_max),
            rating=None if row.rating is None else float(row.rating),
            rating_count=row.rating_count,
            includes=tuple(row.includes),
        )
        for row in rows
    ]


def usage_of(caller: Caller, now: datetime) -> Usage:
    use = feature_use(caller, since=now - timedelta(days=USAGE_DAYS))
    return Usage(
        uses={feature: count.uses for feature, count in use.items()},
        weeks={feature: count.weeks for feature, count in use.items()},
    )


def preferences_for(caller: Caller) -> Preferences:
    row = preferences_of(caller)
    return Preferences(
        default_kit=row.default_kit,
        kit_order=_texts(row.kit_order),
        favorite_actions=_texts(row.favorite_actions),
    )


def _texts(values: list[Any]) -> tuple[str, ...]:
    # Clients write the column, and a list of texts of PostgreSQL's may hold nulls and lists.
    return tuple(value for value in values if isinstance(value, str))


# Tells which parts of a plan a user has begun. Plans are kept by rooms above this one: whoever composes them says so.
BegunParts = Callable[[Caller], Mapping[str, bool]]
_begun_parts: BegunParts = lambda _caller: {}  # noqa: E731 -- replaced as a whole


def read_plans_with(begun_parts: BegunParts) -> None:
    global _begun_parts  # noqa: PLW0603 -- said once, when the process is composed
    _begun_parts = begun_parts


def begun_parts(caller: Caller) -> Mapping[str, bool]:
    return _begun_parts(caller)


def candidates_for(caller: Caller) -> list[Candidate]:
    """Derive what could be done next from the newest insights that the user has, and from what is not planned yet."""
    found: list[Candidate] = []
    shown: set[str] = set()
    if document := cache.newest(caller, "logistics"):
        found += from_logistics(msgspec.json.decode(document, type=LogisticsAnalysis))
        shown.add("samples")
    if document := cache.newest(caller, "event"):
        found += from_events(msgspec.json.decode(document, type=EventAnalysis))
        shown.add("tasks")
    if document := cache.newest(caller, "media"):
        found += from_media(msgspec.json.decode(document, type=MediaAnalysis))
        shown |= {"shots", "assets"}
    return found + from_plan(begun_parts(caller), shown=shown)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def _read_request(body: bytes, kind: Any, suggestions: list[str]) -> Any:
    document = read_document(body)
    if not isinstance(document, dict):
        raise Problem(400, "invalid_request", "Send a JSON object.", suggestions=suggestions)
    try:
        return msgspec.convert(document, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Problem(
            400, "invalid_request", f"The request cannot be read: {error}.", suggestions=suggestions
        ) from error


def _check_size(field: str, count: int, limit: str) -> None:
    """Refuse a list over the limit that the setting of this name holds."""
    most = getattr(settings, limit)
    if count > most:
        raise Problem(
            413,
            f"too_many_{limit.removeprefix('MAX_').lower()}",
            f"{field} holds {count}; the limit is {most}.",
            details={"limit": limit, "maximum": most},
        )


def read_time(timezone_name: Any, given: Any) -> tuple[ZoneInfo, datetime, list[Caution]]:
    """Return the zone and the moment to compute for: the request's, else UTC and this minute."""
    cautions = []
    zone, now = read_zone(timezone_name), None
    if timezone_name is not None and zone is None:
        message = "no IANA time zone of this name, UTC taken"
        cautions.append(Caution(path="timezone", code="unknown_timezone", message=message))
    zone = zone or UTC
    if given is not None:
        now = read_instant(given, zone)
        if now is None:
            message = "no ISO 8601 datetime, the server's clock taken"
            cautions.append(Caution(path="now", code="bad_datetime", message=message))
    return zone, now or timezone.now().replace(second=0, microsecond=0), cautions

"""The functions over a user's data: read the request, analyse it, answer from the cache where that is true."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.utils import timezone

from fashionos.accounts.tokens import Caller
from fashionos.kit.functions import read_document
from fashionos.kit.problems import Problem
from fashionos.kit.wire import write_json
from insights import cache
from insights.analysis.intake import read_instant, read_options, read_samples, read_zone
from insights.analysis.logistics import analyse
from insights.cache import Computed, Family, Kept
from insights.schemas.common import Caution
from insights.schemas.logistics import LogisticsRequest

UTC = ZoneInfo("UTC")

# Part of every digest: an analysis that answers differently gets a new one, and old answers are not found again.
LOGISTICS_VERSION = b"logistics-analyzer 1"
LOGISTICS_PARTS = ("readiness", "blockers", "batching")


def analyse_logistics(caller: Caller, body: bytes) -> bytes:
    """Answer a request of logistics-analyzer; raise Problem for a body that cannot be read."""
    return _answer(caller, "logistics", LOGISTICS_VERSION, body, _run_logistics)


def _answer(
    caller: Caller, family: Family, version: bytes, body: bytes, run: Callable[[bytes], Computed]
) -> bytes:
    # Of the bytes as they came: a hit costs neither parsing nor analysis.
    input_digest = cache.digest(version, body)
    kept = cache.find_or_compute(caller, family, input_digest, lambda: run(body))
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

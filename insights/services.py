"""Cache or compute: each analysis of a user's data is kept until it expires or its input changes."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.db.models import JSONField, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from fashionos.accounts.tokens import Caller
from fashionos.kit.functions import read_document
from fashionos.kit.owned import Role, acting
from fashionos.kit.problems import Problem
from fashionos.kit.wire import write_json
from insights.analysis.intake import read_instant, read_options, read_samples, read_zone
from insights.analysis.logistics import analyse
from insights.held import HeldDocuments
from insights.hits import count_hit
from insights.models import Insight
from insights.schemas.common import Caution
from insights.schemas.logistics import LogisticsRequest

UTC = ZoneInfo("UTC")

# Part of every digest: an analysis that answers differently gets a new one, and old answers are not found again.
LOGISTICS_VERSION = b"logistics-analyzer 1"
LOGISTICS_PARTS = ("readiness", "blockers", "batching")


_held = HeldDocuments(settings.INSIGHT_MEMORY_BYTES)


class Kept(NamedTuple):
    """An analysis as it is kept: the JSON of its document, and when it was computed."""

    document: bytes
    calculated_at: datetime
    cached: bool


def digest(*parts: bytes) -> bytes:
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(len(part).to_bytes(8, "big"))
        hashed.update(part)
    return hashed.digest()


def find(caller: Caller, input_digest: bytes) -> Kept | None:
    """Return what was computed from the very same input and has not expired; counts the hit.

    Raises SessionEnded if the caller's session does not live any more.
    """
    with acting(Role.WEB, user_id=caller.id, session_id=caller.session_id):
        rows = Insight.objects.for_user(caller).made_from(input_digest)
        found = rows.values_list("id", "calculated_at")[:1]
        for insight_id, calculated_at in found:
            document = _held.get((insight_id, calculated_at))
            if document is None:
                texts = rows.annotate(text=Cast("data", TextField())).values_list("text", flat=True)
                document = texts.get(id=insight_id).encode()
                _held.put((insight_id, calculated_at), document)
            count_hit(insight_id)
            return Kept(document, calculated_at, cached=True)
    return None


def keep(
    caller: Caller,
    *,
    family: str,
    insight_type: str,
    context_id: str,
    input_digest: bytes,
    document: bytes,
) -> Kept:
    """Keep an analysis for its family's time, in the place of an older one of the same context."""
    now = timezone.now()
    row = Insight(
        user_id=caller.id,
        insight_type=insight_type,
        context_id=context_id,
        input_digest=input_digest,
        # The text is JSON already: PostgreSQL reads it, so that it need not be taken apart and put together here.
        data=Cast(Value(document.decode(), TextField()), JSONField()),
        calculated_at=now,
        expires_at=now + timedelta(seconds=settings.INSIGHT_TTL_SECONDS[family]),
    )
    with acting(Role.SYSTEM, durable=False):
        Insight.objects.put(row)
    return Kept(document, now, cached=False)


def analyse_logistics(caller: Caller, body: bytes) -> bytes:
    """Answer a request of logistics-analyzer; raise Problem for a body that cannot be read."""
    # Of the bytes as they came: a hit costs neither parsing nor analysis.
    input_digest = digest(LOGISTICS_VERSION, body)
    kept = find(caller, input_digest)
    if kept is not None:
        return _envelope(kept, input_digest)
    request = _read_request(body)
    document, insight_type = _run(request)
    if request.no_cache:
        return _envelope(Kept(document, timezone.now(), cached=False), input_digest)
    kept = keep(
        caller,
        family="logistics",
        insight_type=insight_type,
        context_id=request.context_id or request.tracker_id or input_digest.hex(),
        input_digest=input_digest,
        document=document,
    )
    return _envelope(kept, input_digest)


def _read_request(body: bytes) -> LogisticsRequest:
    document = read_document(body)
    if not isinstance(document, dict):
        raise Problem(400, "invalid_request", "Send a JSON object with a sampleList.")
    try:
        request = msgspec.convert(document, LogisticsRequest, strict=False)
    except msgspec.ValidationError as error:
        raise Problem(
            400,
            "invalid_request",
            f"The request cannot be read: {error}.",
            suggestions=[
                "Send sampleList as a list of samples.",
                "analysisType is one of readiness, blockers, batching, all.",
            ],
        ) from error
    if len(request.sample_list) > settings.MAX_SAMPLES:
        raise Problem(
            413,
            "too_many_samples",
            f"sampleList holds {len(request.sample_list)} samples; the limit is {settings.MAX_SAMPLES}.",
            details={"limit": "MAX_SAMPLES", "maximum": settings.MAX_SAMPLES},
        )
    return request


def _run(request: LogisticsRequest) -> tuple[bytes, str]:
    """Return the document of the analysis, and the insight type it is kept as."""
    zone, now, about_time = read_time(request.timezone, request.now)
    samples, cautions = read_samples(request.sample_list, zone=zone)
    options, option_cautions = read_options(request.options, zone=zone)
    parts = LOGISTICS_PARTS if request.analysis_type == "all" else (request.analysis_type,)
    analysis = analyse(samples, parts=parts, options=options, now=now)
    warnings = (*about_time, *cautions, *option_cautions, *analysis.warnings)
    document = write_json(msgspec.structs.replace(analysis, warnings=warnings))
    return document, f"logistics_{request.analysis_type}"


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


def remove_expired(size: int) -> int:
    """Delete up to `size` expired insights in one transaction; return how many. Rows in use are left for later."""
    with acting(Role.SYSTEM):
        batch = list(
            Insight.objects.expired()
            .order_by("expires_at")
            .select_for_update(skip_locked=True)
            .values_list("id", flat=True)[:size]
        )
        removed, _ = Insight.objects.expired().filter(id__in=batch).delete()
    return removed

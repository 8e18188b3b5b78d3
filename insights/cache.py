"""Cache or compute: an analysis of a user's data is kept until it expires, or its input or its data change."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import JSONField, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from fashionos.accounts.tokens import Caller
from fashionos.kit.held import Held
from fashionos.kit.owned import Role, acting
from insights.flights import Flights
from insights.generations import Family, generation_of
from insights.hits import count_hit
from insights.models import Insight


class Kept(NamedTuple):
    """An analysis as it is kept: the JSON of its document, and when it was computed."""

    document: bytes
    calculated_at: datetime
    cached: bool


class Found(NamedTuple):
    """What is kept for an input, or None; and the generation of the user's data, which what is computed now is of."""

    kept: Kept | None
    generation: int


class Computed(NamedTuple):
    """A fresh analysis: the JSON of its document, and what to keep it as."""

    document: bytes
    insight_type: str
    context_id: str | None = None  # the entity that the request names, None for its input's digest
    keep: bool = True


# The database still says of each whether it is valid: what is spared is the reading of a large document.
_held: Held[bytes] = Held(settings.INSIGHT_MEMORY_BYTES)
_flights: Flights[Kept] = Flights()


def digest(*parts: bytes) -> bytes:
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(len(part).to_bytes(8, "big"))
        hashed.update(part)
    return hashed.digest()


def find_or_compute(
    caller: Caller, family: Family, input_digest: bytes, compute: Callable[[], Computed]
) -> Kept:
    """Return what is kept for this very input, else compute and keep it; at most once at a time in this process.

    Raises SessionEnded if the caller's session does not live any more, and whatever `compute` raises.
    """
    kept, generation = find(caller, family, input_digest)
    if kept is not None:
        return kept

    def compute_and_keep() -> Kept:
        computed = compute()
        if not computed.keep:
            return Kept(computed.document, timezone.now(), cached=False)
        return keep(caller, family, input_digest, computed, generation=generation)

    # Of one generation only: who asks after a change does not wait for what was begun before it.
    return _flights.run((caller.id, input_digest, generation), compute_and_keep)


def find(caller: Caller, family: Family, input_digest: bytes) -> Found:
    """Find what was computed from the very same input, has not expired and is not stale; counts the hit.

    Raises SessionEnded if the caller's session does not live any more.
    """
    with acting(Role.WEB, user_id=caller.id, session_id=caller.session_id):
        rows = Insight.objects.for_user(caller).made_from(input_digest).fresh_of(caller.id, family)
        row = rows.values_list("id", "calculated_at", "generation").first()
        if row is None:
            return Found(None, generation_of(caller.id, family))
        insight_id, calculated_at, generation = row
        document = _held.get(caller.id, (insight_id, calculated_at))
        if document is None:
            texts = rows.annotate(text=Cast("data", TextField())).values_list("text", flat=True)
            document = texts.get(id=insight_id).encode()
            _held.put(caller.id, (insight_id, calculated_at), document, len(document))
    count_hit(insight_id)
    return Found(Kept(document, calculated_at, cached=True), generation)


def keep(
    caller: Caller, family: Family, input_digest: bytes, computed: Computed, *, generation: int
) -> Kept:
    """Keep an analysis for its family's time, in the place of an older one of the same context.

    `generation` is what `find` gave before computing began; if the user's data changed meanwhile, it is kept stale.
    """
    now = timezone.now()
    row = Insight(
        user_id=caller.id,
        insight_type=computed.insight_type,
        context_id=computed.context_id or input_digest.hex(),
        input_digest=input_digest,
        # The text is JSON already: PostgreSQL reads it, so that it need not be taken apart and put together here.
        data=Cast(Value(computed.document.decode(), TextField()), JSONField()),
        generation=generation,
        calculated_at=now,
        expires_at=now + timedelta(seconds=settings.INSIGHT_TTL_SECONDS[family]),
    )
    with acting(Role.SYSTEM, durable=False):
        Insight.objects.put(row)
    return Kept(computed.document, now, cached=False)


def newest(caller: Caller, family: Family) -> bytes | None:
    """Return the newest document of this family that has not expired, whichever parts it has."""
    with acting(Role.WEB, user_id=caller.id, session_id=caller.session_id):
        rows = (
            Insight.objects.for_user(caller).fresh_of(caller.id, family).order_by("-calculated_at")
        )
        found = rows.annotate(text=Cast("data", TextField())).values_list("text", flat=True).first()
    return None if found is None else found.encode()


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

"""What the caller's workspace holds, where a message came without it: as the client would have sent it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.db.models import Case, DateTimeField, F, When
from django.db.models.functions import Coalesce

from fashionos.accounts.tokens import Caller
from fashionos.kit.owned import Role, acting
from fashionos.workspace.documents import (
    asset_document,
    event_document,
    sample_document,
    shot_document,
)
from fashionos.workspace.models import Asset, Event, EventTask, Sample, Shot, TaskDependency

_OF_EVENT = frozenset({"tasks", "event", "staffing", "people", "cues"})
_JUST_OVER = timedelta(hours=12)  # an event that began so long ago is still the one people speak of


def missing(parts: Collection[str], sent: Collection[str]) -> frozenset[str]:
    """Return what has to be loaded for these parts of a context: samples, event, assets, shots."""
    silent = {part for part in ("samples", "assets", "shots") if part in parts and part not in sent}
    if _OF_EVENT & set(parts) and not _OF_EVENT & set(sent):
        silent.add("event")
    return frozenset(silent)


def load(caller: Caller, parts: Collection[str], *, now: datetime) -> dict[str, Any]:
    """Read these parts in one transaction; return them by their field of the user context.

    Of the events it is the next one of the user's, else the one last past. What is not there is left out.
    """
    most = settings.CHAT_CONTEXT_RECORDS
    found: dict[str, Any] = {}
    with acting(Role.WEB, user_id=caller.id, session_id=caller.session_id):
        if "samples" in parts:
            rows = Sample.objects.for_user(caller).order_by("created_at", "id")[:most]
            found["sample_list"] = [sample_document(row) for row in rows]
        if "event" in parts:
            found["event"] = _next_event(caller, now, most)
        if "assets" in parts:
            rows = Asset.objects.for_user(caller).order_by("created_at", "id")[:most]
            found["gallery_assets"] = [asset_document(row) for row in rows]
        if "shots" in parts:
            rows = Shot.objects.for_user(caller).order_by("created_at", "id")[:most]
            found["shot_list"] = [shot_document(row) for row in rows]
    # As JSON has them, for that is what the client would have sent.
    return {field: msgspec.to_builtins(rows) for field, rows in found.items() if rows}


def _next_event(caller: Caller, now: datetime, most: int) -> dict[str, Any] | None:
    at = Coalesce("start_at", "doors_at", "deadline_at", "plan_start_at")
    upcoming = Case(When(at__gte=now - _JUST_OVER, then=F("at")), output_field=DateTimeField())
    event = (
        Event.objects.for_user(caller)
        .exclude(status__in=("wrapped", "cancelled"))
        .annotate(at=at)
        .annotate(upcoming=upcoming)
        .order_by(F("upcoming").asc(nulls_last=True), F("at").desc(nulls_last=True), "created_at")
        .first()
    )
    if event is None:
        return None
    tasks = EventTask.objects.for_user(caller).filter(event_id=event.pk)
    links = TaskDependency.objects.for_user(caller).filter(event_id=event.pk)
    ordered = tasks.order_by("due_at", "created_at", "id")[:most]
    return event_document(event, ordered, links[: settings.MAX_DEPENDENCIES])

"""What a change means: does it raise or resolve a blocker of the shoot, is it on the critical path of the show."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from insights.analysis.events import analyse as analyse_event
from insights.analysis.events.intake import read_event, read_event_options
from insights.analysis.intake import read_samples
from insights.analysis.logistics.blockers import detect_blockers
from insights.schemas.logistics import LogisticsOptions

_UTC = ZoneInfo("UTC")


def is_blocker(sample: Mapping[str, Any], *, now: datetime) -> bool:
    """Tell whether this sample (as a document) holds up the shoot, by what it says of itself."""
    samples, _ = read_samples([sample], zone=_UTC)
    blockers, _ = detect_blockers(samples, options=LogisticsOptions(), now=now)
    return bool(blockers)


def critical_tasks(event: Mapping[str, Any], *, now: datetime) -> frozenset[str]:
    """Return the ids of the tasks that decide when an event (as a document with its tasks) is ready."""
    typed, _ = read_event(event, zone=_UTC)
    # The simulation of three-point estimates changes no path, and costs tens of milliseconds, with rows locked.
    options, _ = read_event_options({"simulate": False}, zone=_UTC)
    path = analyse_event(typed, parts=("critical_path",), options=options, now=now).critical_path
    return frozenset(path.critical_task_ids if path else ())

"""Readiness, blockers and batching of samples."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from insights.analysis.logistics.batching import plan_batches
from insights.analysis.logistics.blockers import detect_blockers
from insights.analysis.logistics.readiness import score_readiness
from insights.schemas.base import Caution
from insights.schemas.logistics import LogisticsAnalysis, LogisticsOptions, Sample


def analyse(
    samples: Sequence[Sample],
    *,
    parts: Collection[str],
    options: LogisticsOptions,
    now: datetime,
) -> LogisticsAnalysis:
    """Analyse samples; `parts` are some of readiness, blockers and batching.

    The same samples, options and `now` (aware) give the same answer.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    readiness = blockers = watchlist = batching = None
    cautions: list[Caution] = []
    assumptions: list[str] = []
    if "readiness" in parts:
        readiness, assumed = score_readiness(samples, options=options, now=now)
        assumptions += assumed
    if "blockers" in parts:
        blockers, watchlist = detect_blockers(samples, options=options, now=now)
    if "batching" in parts:
        batching, cautions, assumed = plan_batches(samples, options=options, now=now)
        assumptions += assumed
    return LogisticsAnalysis(
        readiness=readiness,
        blockers=blockers,
        watchlist=watchlist,
        batching=batching,
        warnings=tuple(cautions),
        assumptions=tuple(assumptions),
    )

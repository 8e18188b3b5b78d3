"""What the analyses make of the demo: the true answer to "are we ready?"."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from fashionos.demo import production
from insights.analysis.intake import read_options, read_samples
from insights.analysis.logistics import analyse

PARIS = ZoneInfo("Europe/Paris")
MOMENTS = [
    datetime(2026, 11, 23, 7, 30, tzinfo=PARIS),
    datetime(2026, 11, 23, 14, 20, tzinfo=PARIS),
    datetime(2026, 3, 29, 23, 40, tzinfo=PARIS),
    datetime(2026, 10, 25, 0, 10, tzinfo=PARIS),
    datetime(2026, 12, 31, 17, 0, tzinfo=PARIS),
]


@pytest.fixture(params=MOMENTS, ids=str)
def now(request):
    return request.param.astimezone(UTC)


@pytest.fixture
def analysis(now):
    show = production(now, PARIS)
    samples, cautions = read_samples(show.samples, zone=PARIS)
    assert (len(samples), cautions) == (len(show.samples), [])
    options, cautions = read_options(show.logistics_options, zone=PARIS)
    assert cautions == []
    return analyse(samples, parts={"readiness", "blockers", "batching"}, options=options, now=now)


def test_the_analysis_has_nothing_to_complain_of(analysis):
    assert analysis.warnings == ()


def test_readiness_is_neither_trivial_nor_hopeless(analysis):
    assert 25 <= analysis.readiness.score <= 60
    silent = {status for status, count in analysis.readiness.by_status.items() if not count}
    assert silent == {"unknown"}


def test_the_late_and_the_lost_heroes_block(analysis):
    blocking = {blocker.name for blocker in analysis.blockers if blocker.is_hero}
    assert blocking >= {
        "Ivory silk gown",
        "Rust pleated dress",
        "Bordeaux silk dress",
        "Silver lamé gown",
    }
    assert analysis.watchlist


def test_a_better_order_of_setups_saves_minutes(analysis):
    setups = {batch.setup_key for batch in analysis.batching.batches}
    assert 6 <= len(setups) <= 20
    assert analysis.batching.time_saved_minutes > 0

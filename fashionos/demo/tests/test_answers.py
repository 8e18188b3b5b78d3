"""What the analyses make of the demo: the true answer to "are we ready?"."""

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from fashionos.demo import files, production
from fashionos.demo.gallery import ALL_REJECTED, ALL_SOFT, FRAMES, NOT_TAKEN
from insights.analysis.events import analyse as analyse_event
from insights.analysis.events.critical_path import find_critical_path
from insights.analysis.events.intake import read_event, read_event_options
from insights.analysis.events.tasks import read_tasks
from insights.analysis.intake import read_options, read_samples
from insights.analysis.logistics import analyse
from insights.analysis.media import analyse as analyse_media
from insights.analysis.media.intake import read_assets, read_brand, read_shots
from insights.analysis.recommendations import Preferences, Usage, recommend
from insights.analysis.recommendations.candidates import from_logistics
from insights.schemas.media import MediaOptions
from insights.schemas.recommendations import RecommendationRequest
from insights.schemas.tasks import EventTimes, NetworkOptions

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


# Recommendations


def advise(body, now, candidates=()):
    return recommend(
        msgspec.convert(body, RecommendationRequest),
        packages=(),
        usage=Usage(),
        preferences=Preferences(),
        candidates=candidates,
        now=now,
        zone=PARIS,
    )


def test_the_runway_package_is_recommended_for_a_runway_show(now):
    body = files(now, PARIS)["recommendations.json"]
    answer = advise(body, now)
    assert answer.warnings == ()
    assert [item.item["id"] for item in answer.recommendations] == [
        *("pkg-runway", "pkg-campaign", "pkg-salon", "pkg-capsule", "pkg-press"),
    ]
    best = answer.recommendations[0]
    assert best.score > answer.recommendations[1].score + 5
    assert best.rationale == (
        "Fits your runway brief (runway, backstage), ready 14 days before you need it, "
        "rated 4.7 by 132 teams. Over budget by 10.7 %."
    )


def test_the_blocking_heroes_are_the_next_actions(now, analysis):
    answer = advise({"recommendationType": "next_actions"}, now, from_logistics(analysis))
    assert len(answer.recommendations) == 5
    heroes = {blocker.sample_id for blocker in analysis.blockers if blocker.is_hero}
    assert {item.item["id"] for item in answer.recommendations[:3]} <= heroes
    assert all(item.action.startswith("/samples/smp-") for item in answer.recommendations)


# The critical path


@pytest.fixture
def critical(now):
    event = files(now, PARIS)["events-optimizer.json"]["event"]
    tasks, cautions = read_tasks(event["tasks"], [], zone=PARIS, has_calendar=False)
    assert (len(tasks), cautions) == (len(event["tasks"]), [])
    times = EventTimes(
        deadline_at=datetime.fromisoformat(event["deadlineAt"]).astimezone(UTC),
        start_at=datetime.fromisoformat(event["startAt"]).astimezone(UTC),
    )
    report, cautions, assumptions = find_critical_path(
        tasks, event=times, options=NetworkOptions(), now=now
    )
    assert (cautions, assumptions) == ([], [])
    return report


def test_the_show_can_be_ready_but_only_just(critical):
    assert critical.valid
    assert critical.status == "tight"
    assert 0 < critical.slack_minutes <= 180
    assert 0.9 < critical.simulation.probability_by_deadline < 1


def test_the_day_of_the_show_decides_from_load_in_to_hand_over(critical):
    assert critical.path[0] == "task-21"
    assert critical.path[-1] == "task-41"
    assert {"task-32", "task-36"} <= set(critical.path)
    assert "task-19" not in {row.task_id for row in critical.tasks}


def test_the_sign_off_blocks_the_load_in(critical):
    blocked = next(blocker for blocker in critical.blockers if blocker.reason == "blocked")
    assert blocked.task_id == "task-11"
    assert blocked.downstream_count >= 20
    assert critical.next_actions


@pytest.fixture
def event_analysis(now):
    body = files(now, PARIS)["events-optimizer.json"]
    event, cautions = read_event(body["event"], zone=ZoneInfo("UTC"))
    assert cautions == []
    options, cautions = read_event_options(body.get("options"), zone=PARIS)
    assert cautions == []
    return analyse_event(
        event, parts={"critical_path", "staffing", "run_of_show"}, options=options, now=now
    )


def test_an_event_has_an_answer_for_every_part_and_nothing_to_complain_of(event_analysis):
    assert event_analysis.warnings == ()
    assert event_analysis.critical_path.valid
    assert event_analysis.run_of_show.conflicts == ()


def test_the_shifts_that_lack_people_are_told_with_their_reasons(event_analysis):
    gaps = {gap.role: gap for gap in event_analysis.staffing}
    assert set(gaps) == {"hair artist", "dresser", "front of house", "security"}
    conflicts = {
        (conflict.person_id, conflict.type)
        for gap in event_analysis.staffing
        for conflict in gap.conflicts
    }
    assert conflicts == {("crew-gwen", "double_booked"), ("crew-salif", "unavailable")}
    summary = event_analysis.staffing_summary
    assert (summary.required, summary.gap, summary.conflicts) == (34, 4, 2)


def test_the_recast_look_cannot_be_changed_into_in_time(event_analysis):
    draft = event_analysis.run_of_show
    changes = {change.to_look_id: change for change in draft.quick_changes}
    assert changes["look-16"].status == "impossible"
    assert [fix.type for fix in changes["look-16"].fixes] == ["swap", "hold"]
    assert changes["look-24"].status == "tight"
    assert draft.over_under_seconds == -8.0
    assert len(draft.look_order) == 28


@pytest.fixture
def gallery(now):
    body = files(now, PARIS)["media-scorer.json"]
    assets, cautions = read_assets(body["assets"], zone=PARIS)
    shots, more = read_shots(body["shotList"], zone=PARIS)
    brand, about_brand = read_brand(body["brand"], zone=PARIS)
    assert (len(assets), len(shots)) == (len(body["assets"]), len(body["shotList"]))
    assert cautions + more + about_brand == []
    return analyse_media(
        assets,
        shots,
        brand=brand,
        parts={"quality", "missing", "selects"},
        options=MediaOptions(),
        now=now,
    )


def test_the_gallery_has_nothing_to_complain_of(gallery):
    assert gallery.warnings == ()


def test_the_pictures_are_neither_all_good_nor_all_bad(gallery):
    verdicts = Counter(found.verdict for found in gallery.quality_scores)
    pictures = sum(verdicts.values())
    assert set(verdicts) == {"select", "keep", "review", "reject"}
    assert 0.4 * pictures < verdicts["keep"]
    assert verdicts["reject"] < 0.3 * pictures


def test_bursts_are_found(gallery):
    sizes = Counter(len(group.asset_ids) for group in gallery.duplicate_groups)
    lines = len(gallery.quality_scores) // FRAMES
    # Each line has a burst of three frames and one of two; a few differ too much in colour.
    assert set(sizes) == {2, 3}
    assert 0.9 * lines <= sizes[3] <= lines


def test_the_gaps_of_finished_looks_have_their_reasons(gallery):
    reasons = {(item.look_id, item.angle): item.reason for item in gallery.missing_shots}
    assert reasons[NOT_TAKEN] == "wrong_angle"
    assert reasons[ALL_REJECTED] == "rejected"
    assert reasons[ALL_SOFT] == "below_quality"
    assert 20 < gallery.coverage.percent < 60
    assert not gallery.coverage.approximate


def test_the_selects_show_every_look_that_was_shot(gallery):
    ids = [row["id"] for row in gallery.selects]
    assert len(set(ids)) == 10
    assert len({row.get("lookId") for row in gallery.selects}) >= 5
    assert not {row["status"] for row in gallery.selects} & {"rejected", "archived"}

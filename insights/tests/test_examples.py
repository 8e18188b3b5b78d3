from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from fashionos.kit.wire import read_json, write_json
from insights import catalogue
from insights.analysis.events.intake import read_event, read_event_options
from insights.analysis.intake import read_instant, read_options, read_samples, read_zone
from insights.analysis.logistics import analyse
from insights.analysis.media.intake import read_assets, read_shots
from insights.analysis.media.intake import read_options as read_media_options
from insights.analysis.recommendations import Preferences, Usage, recommend
from insights.analysis.recommendations.intake import read_packages
from insights.examples import EXAMPLES
from insights.schemas.events import EventRequest
from insights.schemas.logistics import LogisticsRequest
from insights.schemas.media import MediaRequest
from insights.schemas.recommendations import RecommendationRequest

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def typed(name, kind):
    return msgspec.convert(EXAMPLES[name], kind, strict=True)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_json(name):
    assert read_json(write_json(EXAMPLES[name])) == EXAMPLES[name]


@pytest.mark.parametrize("name", [name for name in EXAMPLES if "now" in EXAMPLES[name]])
def test_examples_are_of_one_moment_and_of_zones_that_exist(name):
    example = EXAMPLES[name]
    assert read_instant(example["now"], PARIS) == NOW
    assert "timezone" not in example or read_zone(example["timezone"])


def test_the_logistics_example_is_read_without_warnings_and_answers():
    request = typed("logistics-analyzer", LogisticsRequest)
    samples, cautions = read_samples(request.sample_list, zone=PARIS)
    options, option_cautions = read_options(request.options, zone=PARIS)
    assert [*cautions, *option_cautions] == []
    analysis = analyse(
        samples, parts={"readiness", "blockers", "batching"}, options=options, now=NOW
    )
    assert analysis.warnings == ()
    assert analysis.readiness.score == 50
    assert [blocker.name for blocker in analysis.blockers] == ["Ivory silk gown"]


def test_the_events_example_is_read_without_warnings():
    request = typed("events-optimizer", EventRequest)
    event, cautions = read_event(request.event, zone=PARIS)
    _, option_cautions = read_event_options(request.options, zone=PARIS)
    assert [*cautions, *option_cautions] == []
    assert (len(event.tasks), len(event.shifts), len(event.looks)) == (4, 1, 3)
    assert event.type == "runway"


def test_the_media_example_is_read_without_warnings():
    request = typed("media-scorer", MediaRequest)
    assets, asset_cautions = read_assets(request.assets, zone=PARIS)
    shots, shot_cautions = read_shots(request.shot_list, zone=PARIS)
    options, option_cautions = read_media_options(request.options, zone=PARIS)
    assert [*asset_cautions, *shot_cautions, *option_cautions] == []
    assert (len(assets), len(shots), options.select_count) == (2, 3, 2)


def test_the_recommendations_example_is_read_without_warnings_and_answers():
    packages, cautions = read_packages(catalogue.packages(), zone=PARIS)
    answer = recommend(
        typed("recommendations", RecommendationRequest),
        packages=packages,
        usage=Usage(),
        preferences=Preferences(),
        candidates=(),
        now=NOW,
        zone=PARIS,
    )
    assert [*cautions, *answer.warnings] == []
    best = answer.recommendations[0]
    assert (best.item["id"], best.caveats) == ("pkg-runway-compact", ())

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analysis.logistics.readiness import STATUSES, score_readiness
from insights.schemas.logistics import LogisticsOptions, Sample, StatusMoment

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
NUMBER = iter(range(1_000_000_000))


def sample(status="awaiting", **fields):
    return Sample(**{"id": f"s{next(NUMBER)}", "status": status, **fields})


def report(*samples, **options):
    return score_readiness(samples, options=LogisticsOptions(**options), now=NOW)[0]


def hours(number):
    return NOW + timedelta(hours=number)


INSTANTS = st.none() | st.integers(-200, 200).map(hours)
SAMPLES = st.lists(
    st.builds(
        Sample,
        id=st.integers(0, 40).map(str),
        status=st.sampled_from(STATUSES),
        category=st.sampled_from(["dress", "bag", "shoes"]),
        is_hero=st.booleans(),
        priority=st.sampled_from(["critical", "high", "normal", "low"]),
        look_ids=st.lists(st.sampled_from("xyz"), max_size=2).map(tuple),
        substitute_ids=st.lists(st.integers(0, 40).map(str), max_size=2).map(tuple),
        supplier=st.sampled_from([None, "one", "two"]),
        prep_minutes=st.floats(0, 525_600),
        expected_at=INSTANTS,
        received_at=INSTANTS,
        needed_at=INSTANTS,
        shot_at=INSTANTS,
    ),
    max_size=30,
    unique_by=lambda sample: sample.id,
)


def test_an_empty_list_is_empty_and_scores_nothing():
    empty = report()
    assert (empty.total, empty.score, empty.weighted_score, empty.level) == (0, 0.0, 0.0, "empty")
    assert (empty.forecast, empty.ready_by, empty.bottleneck) == ((), None, None)
    assert set(empty.by_status) == set(STATUSES)


def test_the_score_is_on_set_plus_shot_by_total():
    found = report(sample("on_set"), sample("shot"), sample("received"), sample("cancelled"))
    assert (found.on_set, found.shot, found.ready, found.total, found.excluded) == (1, 1, 2, 3, 1)
    assert found.score == 66.7


def test_heroes_and_priorities_weigh_more():
    found = report(
        sample("shot", is_hero=True, priority="critical"),
        sample("in_transit", priority="low"),
        sample("received", priority="high"),
    )
    assert found.weighted_score == round(100 * (6 * 1 + 0.5 * 0.25 + 1.5 * 0.6) / 8, 1)
    assert (found.heroes.total, found.heroes.ready, found.heroes.score) == (1, 1, 100.0)


@pytest.mark.parametrize(
    "proof",
    [{"shot_at": NOW}, {"shots_captured": 2}, {"status_history": (StatusMoment(status="shot"),)}],
)
def test_a_sample_that_went_back_after_its_shot_counts_effectively(proof):
    found = report(sample("returned", **proof), sample("returned"))
    assert (found.score, found.effective_score, found.weighted_score) == (0.0, 50.0, 50.0)


@pytest.mark.parametrize(
    ("ready", "of", "level"),
    [
        (0, 4, "critical"),
        (2, 4, "at_risk"),
        (3, 4, "on_track"),
        (19, 20, "ready"),
        (49, 100, "critical"),
        (74, 100, "at_risk"),
        (94, 100, "on_track"),
    ],
)
def test_levels_follow_the_effective_score(ready, of, level):
    assert (
        report(
            *(sample("shot") for _ in range(ready)),
            *(sample() for _ in range(of - ready)),
        ).level
        == level
    )


def test_categories_come_worst_first_with_their_bottleneck():
    found = report(
        sample("shot", category="dress"),
        sample("received", category="dress"),
        sample("delayed", category="bag", is_hero=True),
        sample("awaiting", category="bag"),
        sample("awaiting", category="bag"),
        sample("cancelled", category="belt"),
    )
    assert [(row.category, row.total, row.ready, row.score) for row in found.by_category] == [
        ("bag", 3, 0, 0.0),
        ("dress", 2, 1, 50.0),
    ]
    assert [row.bottleneck_status for row in found.by_category] == ["delayed", "received"]
    assert found.by_category[0].hero_total == 1


def test_the_bottleneck_is_the_status_that_holds_most_weight():
    found = report(
        sample("awaiting"), sample("awaiting"), sample("in_transit", is_hero=True), sample("shot")
    )
    assert found.bottleneck.status == "in_transit"
    assert (found.bottleneck.count, found.bottleneck.share) == (1, 0.6)
    assert found.bottleneck.message == "1 of 3 samples that are not ready are in transit."


def test_a_look_is_as_ready_as_its_weakest_piece():
    found = report(
        sample("shot", look_ids=("a", "b")),
        sample("awaiting", id="late", look_ids=("b",)),
        sample("lost", id="gone", look_ids=("c",), substitute_ids=("spare",)),
        sample("on_set", id="spare"),
        sample("cancelled", look_ids=("d",)),
    )
    assert (found.looks.total, found.looks.ready, found.looks.score) == (3, 2, 66.7)
    assert [(look.look_id, look.missing_sample_ids) for look in found.looks.incomplete] == [
        ("b", ("late",))
    ]


def test_incomplete_looks_are_capped():
    found = report(*(sample(look_ids=(f"look-{n}",)) for n in range(80)))
    assert len(found.looks.incomplete) == 50
    assert (found.looks.total, found.looks.ready) == (80, 0)


def test_the_forecast_rises_as_arrivals_come_in():
    found = report(
        sample("shot"),
        sample("in_transit", expected_at=hours(24), prep_minutes=60),
        sample("received", received_at=hours(-1), prep_minutes=90),
        sample("lost", expected_at=hours(1)),
    )
    assert [point.at for point in found.forecast] == [hours(0), hours(24), hours(48), hours(72)]
    # At +24 h the arrival is an hour of preparation short: the normal distribution at -1/6.
    assert [point.expected_score for point in found.forecast] == [25.0, 60.8, 75.0, 75.0]
    assert found.forecast[1].low < 60.8 < found.forecast[1].high
    assert found.forecast[3].low == found.forecast[3].high == 75.0


def test_an_overdue_piece_has_not_arrived_in_the_past():
    found = report(sample("in_transit", expected_at=hours(-100), prep_minutes=0))
    assert found.forecast[0].expected_score == 50.0


def test_the_shoot_is_when_the_options_say_or_the_first_need():
    arriving = sample("in_transit", expected_at=hours(1), needed_at=hours(30))
    assert report(arriving).forecast_at_shoot == 100.0
    assert [point.at for point in report(arriving).forecast][2] == hours(30)
    assert report(arriving, shoot_at=hours(1.5)).forecast_at_shoot == 50.0
    assert report(sample()).forecast_at_shoot is None


def test_ready_by_is_the_first_moment_that_reaches_the_target():
    arriving = sample("in_transit", expected_at=hours(24), prep_minutes=0)
    assert report(arriving).ready_by == hours(48)
    assert report(arriving, target=50.0).ready_by == hours(24)
    assert report(sample()).ready_by is None


def test_slip_is_learned_from_arrivals_by_supplier():
    past = [
        sample("shot", supplier="slow", expected_at=hours(-100), received_at=hours(-90 + late))
        for late in (-1, -1, 0, 0, 0, 0, 1, 1)
    ]

    def at_34(supplier):
        piece = sample("in_transit", supplier=supplier, expected_at=hours(24), prep_minutes=0)
        return report(*past, piece, shoot_at=hours(34)).forecast_at_shoot

    # The median slip is 10 h, so at +34 h the chance is one half.
    assert at_34("slow") == round(100 * 8.5 / 9, 1)
    assert at_34("other") == at_34("slow")
    _, assumed = score_readiness(past, options=LogisticsOptions(), now=NOW)
    assert assumed == ["Arrivals slip by 10.0 h (median of 8 arrivals)."]


def test_seven_arrivals_teach_nothing():
    past = [sample("shot", expected_at=hours(-9), received_at=hours(9)) for _ in range(7)]
    piece = sample("in_transit", expected_at=hours(24), prep_minutes=0)
    assert report(*past, piece, shoot_at=hours(24)).forecast_at_shoot == round(100 * 7.5 / 8, 1)


@given(SAMPLES, st.randoms())
def test_the_order_of_samples_does_not_matter(samples, generator):
    shuffled = list(samples)
    generator.shuffle(shuffled)
    assert report(*samples) == report(*shuffled)


@given(SAMPLES)
def test_scores_stay_within_0_and_100(samples):
    found = report(*samples)
    scores = [
        found.score,
        found.weighted_score,
        found.effective_score,
        found.heroes.score,
        found.looks.score,
    ]
    for point in found.forecast:
        scores += [point.low, point.expected_score, point.high]
        assert point.low <= point.expected_score <= point.high
    assert all(0 <= score <= 100 for score in scores)
    assert found.score <= found.effective_score
    assert sum(found.by_status.values()) == found.total + found.excluded == len(samples)
    assert sum(row.total for row in found.by_category) == found.total


@given(SAMPLES, st.sampled_from(["on_set", "shot"]), st.booleans())
def test_adding_a_ready_sample_never_lowers_a_score(samples, status, is_hero):
    before, after = report(*samples), report(*samples, sample(status, is_hero=is_hero))
    assert after.score >= before.score
    assert after.weighted_score >= before.weighted_score
    assert after.effective_score >= before.effective_score


@given(SAMPLES)
def test_the_forecast_never_falls_with_time(samples):
    scores = [point.expected_score for point in report(*samples).forecast]
    assert scores == sorted(scores)


def test_sums_do_not_depend_on_the_order_of_thousands():
    samples = [
        sample("in_transit", expected_at=hours(n * 0.7 % 90), prep_minutes=n / 7)
        for n in range(2_000)
    ]
    assert report(*samples) == report(*reversed(samples))

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analysis.logistics.batching import plan_batches
from insights.analysis.logistics.readiness import STATUSES
from insights.schemas.logistics import Break, Changeover, LogisticsOptions, Sample

NOW = datetime(2026, 3, 10, 7, tzinfo=UTC)
NINE = datetime(2026, 3, 10, 9, tzinfo=UTC)


def at(hour, minute=0, day=10):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def sample(number, status="received", **fields):
    return Sample(**{"id": str(number), "status": status, "shot_minutes": 10, **fields})


def plan(*samples, **options):
    return plan_batches(samples, options=LogisticsOptions(**options), now=NOW)[0]


def cautions(*samples, **options):
    found = plan_batches(samples, options=LogisticsOptions(**options), now=NOW)[1]
    return [(caution.path, caution.code) for caution in found]


def mixed(count=12):
    """Jump between three sets and two lights."""
    return [
        sample(n, set_id=f"set-{n % 3}", lighting=f"light-{n % 2}", category="dress")
        for n in range(count)
    ]


def test_nothing_to_shoot_is_an_empty_plan():
    found = plan()
    assert (found.batches, found.sequence, found.total_minutes, found.days_needed) == ((), (), 0, 0)
    assert (found.method, found.heroes_done_minutes) == ("exact", None)


def test_in_the_poorest_case_it_groups_by_category():
    found = plan(
        sample(1, category="dress"),
        sample(2, category="bag"),
        sample(3, category="dress"),
        sample(4, category="bag"),
    )
    assert [(batch.setup_key, batch.sample_ids) for batch in found.batches] == [
        ("dress", ("1", "3")),
        ("bag", ("2", "4")),
    ]
    assert found.sequence == ("1", "3", "2", "4")
    assert (found.changeover_minutes, found.setup_changes, found.shoot_minutes) == (5, 1, 40)
    assert (found.baseline.changeover_minutes, found.baseline.setup_changes) == (15, 3)
    assert (found.time_saved_minutes, found.time_saved_percent) == (10, 66.7)
    assert found.total_minutes == 45
    assert found.baseline.total_minutes == 55


def test_the_costliest_change_happens_least():
    found = plan(*mixed())
    assert found.changeover_minutes == 2 * 25 + 3 * 12
    assert found.method == "exact"
    assert found.batches[0].label == "set-0 · light-0 · dress"
    assert found.batches[0].setup_key == "set-0|light-0|dress"
    assert found.batches[0].setup.lighting == "light-0"


def test_changes_may_happen_at_the_same_time():
    together = plan(*mixed(), changeover=Changeover(combine="max"))
    assert together.changeover_minutes == 2 * 25 + 3 * 12
    one = sample(1, set_id="a", lighting="x")
    other = sample(2, set_id="b", lighting="y")
    assert plan(one, other).changeover_minutes == 37
    assert plan(one, other, changeover=Changeover(combine="max")).changeover_minutes == 25


def test_a_setup_key_overrides_the_attributes():
    found = plan(
        sample(1, setup_key="A", category="dress", set_id="x"),
        sample(2, setup_key="A", category="bag", set_id="x"),
        sample(3, setup_key="B", category="bag", set_id="x"),
    )
    assert [(batch.setup_key, batch.sample_count) for batch in found.batches] == [
        ("A", 2),
        ("B", 1),
    ]
    assert found.batches[0].setup.category is None
    assert found.batches[0].setup.set_id == "x"


def test_two_setup_keys_with_equal_attributes_are_two_sets():
    assert plan(sample(1, setup_key="A"), sample(2, setup_key="B")).changeover_minutes == 25


def test_the_matrix_decides_and_half_of_it_is_mirrored():
    samples = [sample(n, setup_key=key) for n, key in enumerate("ABC")]
    matrix = {"A": {"B": 100.0, "C": 1.0}, "C": {"B": 2.0}}
    found = plan(*samples, changeover_matrix=matrix)
    assert [batch.setup_key for batch in found.batches] in (["A", "C", "B"], ["B", "C", "A"])
    assert found.changeover_minutes == 3
    assert cautions(*samples, changeover_matrix=matrix) == []


def test_a_pair_missing_in_the_matrix_follows_from_the_attributes_and_is_named():
    samples = [sample(1, category="dress"), sample(2, category="bag")]
    matrix = {"dress": {"shoes": 50.0}}
    assert plan(*samples, changeover_matrix=matrix).changeover_minutes == 5
    assert cautions(*samples, changeover_matrix=matrix) == [
        ("options.changeoverMatrix", "missing_changeover")
    ]


def test_the_start_setup_counts_and_may_be_returned_to():
    samples = [sample(1, category="dress"), sample(2, category="bag")]
    matrix = {"stand": {"dress": 30.0, "bag": 10.0}, "dress": {"bag": 4.0}}
    there = plan(*samples, changeover_matrix=matrix, start_setup="stand")
    assert there.sequence == ("2", "1")
    assert there.changeover_minutes == 14
    assert there.batches[0].changeover_minutes == 10
    back = plan(*samples, changeover_matrix=matrix, start_setup="stand", return_to_start=True)
    assert back.changeover_minutes == 10 + 4 + 30
    assert back.total_minutes == 64
    assert plan(*samples, start_setup="bag").sequence == ("2", "1")


def heroic():
    """Put heroes in the set that comes second."""
    return [
        sample(1, set_id="a", category="x"),
        sample(2, set_id="c", category="x", is_hero=True),
        sample(3, set_id="a", category="y"),
        sample(4, set_id="c", category="y"),
        sample(5, set_id="a", category="x"),
        sample(6, set_id="c", category="x"),
        sample(7, set_id="a", category="y"),
        sample(8, set_id="c", category="y", is_hero=True),
    ]


def test_strict_shoots_the_setups_of_heroes_first():
    found = plan(*heroic())
    assert [batch.hero_count > 0 for batch in found.batches] == [True, True, False, False]
    assert found.batches[0].hero_ids == ("2",)
    assert found.batches[0].sample_ids[0] == "2"
    assert found.heroes_done_minutes == 35
    assert found.heroes_done_at is None


def test_off_forgets_the_heroes():
    start = {"start_setup": "home", "changeover_matrix": {"home": {"a|x": 0.0, "a|y": 0.0}}}
    assert plan(*heroic(), hero_first="off", **start).batches[0].hero_count == 0
    assert plan(*heroic(), **start).batches[0].hero_count == 1


def test_soft_trades_waiting_against_changeover():
    far = {"home": {"dull": 0.0, "hero": 30.0}, "dull": {"hero": 25.0}, "hero": {"dull": 5.0}}
    options = {"changeover_matrix": far, "start_setup": "home", "hero_first": "soft"}

    def mixed_with(dull_minutes):
        return [
            sample(n, setup_key=key, is_hero=key == "hero", shot_minutes=minutes)
            for n, (key, minutes) in enumerate([("dull", dull_minutes), ("hero", 10)] * 2)
        ]

    assert plan(*mixed_with(5), **options).sequence == ("0", "2", "1", "3")
    assert plan(*mixed_with(90), **options).sequence == ("1", "3", "0", "2")
    assert plan(*mixed_with(5), **(options | {"hero_first": "strict"})).sequence[0] == "1"


def test_soft_on_many_setups_takes_the_better_of_strict_and_off():
    samples = [sample(n, setup_key=f"k{n:02}", is_hero=n == 17) for n in range(20)]
    assert plan(*samples, hero_first="soft").sequence[0] == "17"


def test_when_heroes_first_costs_more_than_the_list_the_list_stands():
    samples = [
        sample(1, set_id="a", category="x"),
        sample(2, set_id="b", category="x"),
        sample(3, set_id="b", category="y", is_hero=True),
        sample(4, set_id="a", category="y"),
    ]
    ordered = [samples[0], samples[3], samples[2], samples[1]]
    assert plan(*ordered).time_saved_minutes == 0
    worse = [
        sample(1, set_id="a"),
        sample(2, set_id="b", is_hero=True),
        sample(3, set_id="c"),
    ]
    matrix = {key: dict.fromkeys(("a", "b", "c"), 50.0) for key in "abc"}
    matrix = {
        f"{one}|uncategorised": {f"{two}|uncategorised": minutes for two, minutes in row.items()}
        for one, row in (matrix | {"a": {"b": 1.0, "c": 90.0}, "b": {"a": 60.0, "c": 1.0}}).items()
    }
    kept, _, assumed = plan_batches(
        worse, options=LogisticsOptions(changeover_matrix=matrix), now=NOW
    )
    assert kept.sequence == ("1", "2", "3")
    assert (kept.method, kept.time_saved_minutes) == ("sorted", 0)
    assert assumed[0].startswith("No order loses less time")


def test_what_cannot_be_shot_is_deferred_with_its_reason():
    found = plan(
        sample(1, "awaiting"),
        sample(2, "lost"),
        sample(3, "damaged"),
        sample(4, "in_transit", expected_at=at(10)),
        sample(5, "returned"),
        sample(6, "unknown"),
        sample(7, "cancelled"),
        sample(8, "shot"),
        sample(9, "returned", shot_at=at(1)),
        sample(10, "on_set", shot_at=at(1)),
    )
    assert [(item.sample_id, item.reason) for item in found.deferred] == [
        ("1", "not_arrived"),
        ("2", "lost"),
        ("3", "damaged"),
        ("4", "not_arrived"),
        ("5", "returned"),
        ("6", "unknown_status"),
    ]
    assert found.deferred[3].expected_at == at(10)
    assert found.done == ("8", "9")
    assert found.sequence == ("10",)


def test_late_arrivals_are_shot_when_they_are_there():
    found = plan(
        sample(1, "in_transit", setup_key="late", expected_at=at(10), prep_minutes=30),
        sample(2, setup_key="now"),
        sample(3, "delayed", setup_key="now", expected_at=at(16, 45), prep_minutes=30),
        sample(4, "in_transit", setup_key="now", expected_at=at(10), customs_status="held"),
        day_start_at=NINE,
        day_end_at=at(17),
    )
    assert found.sequence == ("2", "1")
    assert [item.reason for item in found.deferred] == ["arrives_too_late", "customs_hold"]
    assert found.batches[1].start_at == at(10, 55)
    assert found.idle_minutes == 80
    assert found.baseline.total_minutes == 90 + 10 + 25 + 10
    assert found.time_saved_minutes == found.baseline.total_minutes - found.total_minutes


def test_days_and_breaks_have_their_times():
    found = plan(
        *(sample(n, setup_key="one", shot_minutes=100) for n in range(6)),
        day_start_at=NINE,
        day_end_at=at(17),
        breaks=(Break(start_at=at(12), end_at=at(13)),),
    )
    assert [
        (batch.day, batch.start_at, batch.end_at, batch.sample_count) for batch in found.batches
    ] == [(1, NINE, at(16, 40), 4), (2, at(9, day=11), at(13, 20, day=11), 2)]
    assert (found.days_needed, found.overtime_minutes) == (2, 200)
    assert found.batches[1].start_minutes == 400
    assert found.batches[1].end_minutes == found.total_minutes == 600


def test_a_day_that_ends_before_it_starts_is_open_ended():
    options = {"day_start_at": at(17), "day_end_at": NINE}
    assert plan(sample(1), **options).days_needed == 1
    assert cautions(sample(1), **options) == [("options.dayEndAt", "bad_day")]


def test_a_long_batch_is_cut():
    found = plan(*(sample(n) for n in range(5)), max_batch_minutes=20)
    assert [batch.sample_count for batch in found.batches] == [2, 2, 1]
    assert found.changeover_minutes == 0
    assert [batch.batch_id for batch in found.batches] == ["batch-1", "batch-2", "batch-3"]


@pytest.mark.parametrize(
    ("shot_type", "minutes"),
    [
        ("packshot", 6),
        ("Flat Lay", 8),
        ("on-model", 12),
        ("editorial", 25),
        ("other", 8),
        (None, 8),
    ],
)
def test_minutes_on_set_follow_the_shot_type(shot_type, minutes):
    found, _, assumed = plan_batches(
        [Sample(id="a", status="received", shot_type=shot_type)],
        options=LogisticsOptions(),
        now=NOW,
    )
    assert found.shoot_minutes == minutes
    assert assumed == ["Samples without shotMinutes take the usual time of their shot type."]


def test_the_method_follows_the_number_of_setups():
    def method(count):
        return plan(*(sample(n, setup_key=f"k{n}") for n in range(count))).method

    assert [method(count) for count in (13, 14, 201)] == ["exact", "heuristic", "sorted"]


def test_many_setups_are_sorted_by_their_costliest_attribute():
    samples = [
        sample(n, set_id=f"set-{n * 7 % 5}", model_id=f"model-{n % 250}", is_hero=n == 4)
        for n in range(300)
    ]
    found = plan(*samples, hero_first="off")
    sets = [batch.setup.set_id for batch in found.batches]
    assert found.method == "sorted"
    assert sets == sorted(sets)
    assert plan(*samples).sequence[0] == "4"


NAMES = st.sampled_from([None, "", "a", "b", "c"])
INSTANTS = st.none() | st.integers(-30, 60).map(lambda number: NOW + timedelta(hours=number))
SAMPLES = st.lists(
    st.builds(
        Sample,
        id=st.integers(0, 99).map(str),
        status=st.sampled_from(STATUSES) | st.just("received"),
        is_hero=st.booleans(),
        category=NAMES.map(lambda name: name or "d"),
        set_id=NAMES,
        lighting=NAMES,
        setup_key=st.sampled_from([None, None, "k1", "k2"]),
        shot_minutes=st.none() | st.floats(0, 525_600) | st.floats(0, 60),
        prep_minutes=st.floats(0, 500),
        expected_at=INSTANTS,
    ),
    max_size=25,
    unique_by=lambda item: item.id,
)
OPTIONS = st.builds(
    LogisticsOptions,
    changeover=st.builds(
        Changeover, set_minutes=st.floats(0, 100), combine=st.sampled_from(["sum", "max"])
    ),
    changeover_matrix=st.dictionaries(
        st.sampled_from(["k1", "k2", "d", "a"]),
        st.dictionaries(st.sampled_from(["k1", "k2", "d", "a"]), st.floats(0, 90)),
    ),
    start_setup=st.sampled_from([None, "k1", "nowhere"]),
    return_to_start=st.booleans(),
    day_start_at=INSTANTS,
    day_end_at=INSTANTS,
    hero_first=st.sampled_from(["strict", "soft", "off"]),
    max_batch_minutes=st.none() | st.floats(0, 100),
    shoot_at=INSTANTS,
)


@given(SAMPLES, OPTIONS)
def test_a_plan_is_a_permutation_that_never_loses_to_the_list(samples, options):
    found, _, _ = plan_batches(samples, options=options, now=NOW)
    shown = [*found.sequence, *found.done, *(item.sample_id for item in found.deferred)]
    assert sorted(shown) == sorted(item.id for item in samples if item.status != "cancelled")
    assert found.sequence == tuple(name for batch in found.batches for name in batch.sample_ids)
    assert found.time_saved_minutes >= 0
    assert found.total_minutes <= found.baseline.total_minutes + 0.001
    assert found.total_minutes == pytest.approx(
        found.shoot_minutes + found.changeover_minutes + found.idle_minutes, abs=0.01
    )
    assert 0 <= found.time_saved_percent <= 100
    assert found.method in ("exact", "sorted", "heuristic")
    assert found == plan_batches(samples, options=options, now=NOW)[0]


@given(SAMPLES)
def test_strict_means_no_setup_without_heroes_before_one_with(samples):
    found = plan(*samples)
    flags = [batch.hero_count > 0 for batch in found.batches]
    if found.method == "exact":
        assert flags == sorted(flags, reverse=True)

from datetime import UTC, datetime
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.analysis.media import matching
from insights.analysis.media.intake import read_assets, read_shots
from insights.analysis.media.matching import match
from insights.analysis.media.missing import count_coverage, find_missing

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")


def matched(shots, assets, scores=None):
    shots = [{"id": f"s{n}", **row} for n, row in enumerate(shots)]
    assets = [{"id": f"a{n}", **row} for n, row in enumerate(assets)]
    read, cautions = read_shots(shots, zone=UTC_ZONE)
    pictures, more = read_assets(assets, zone=UTC_ZONE)
    assert cautions + more == []
    return match(read, pictures, scores or [80.0] * len(pictures))


def covered(shots, assets, scores=None):
    return matched(shots, assets, scores).covered


def missing(shots, assets, scores=None, *, repairable=False, now=NOW):
    found = matched(shots, assets, scores)
    return find_missing(found, repairable=[repairable] * len(assets), now=now)


def only(shot, *assets, **more):
    [found] = missing([{"sku": "K", "angle": "front", **shot}], assets, **more)
    return found


FRONT = {"sku": "K", "angle": "front"}


def test_a_picture_of_the_piece_and_angle_covers_a_line():
    assert covered([FRONT], [{"sku": "K", "angle": "back"}, FRONT]) == [[1]]
    assert missing([FRONT], [FRONT]) == ()


def test_a_picture_covers_one_line_once():
    assert sorted(covered([FRONT, FRONT], [FRONT])) == [[], [0]]
    [left] = missing([FRONT, FRONT], [FRONT])
    assert left.reason == "taken_by_other_shot"
    assert left.nearest[0].mismatches == ("taken_by_other_shot",)


@pytest.mark.parametrize(
    ("line", "picture", "fits"),
    [
        ({"sku": "K 1"}, {"sku": "k-1"}, True),
        ({"sku": "K"}, {"skus": ["J", "K"]}, True),
        ({"sku": "K"}, {"sku": "J", "lookId": "1"}, False),
        ({"sku": "K", "lookId": "1"}, {"lookId": "1"}, True),
        ({"sku": "K", "lookId": "1"}, {"sku": "J", "lookId": "1"}, False),
        ({"lookId": "1"}, {"sku": "J", "lookId": "1"}, True),
        ({"sampleId": "x"}, {"sampleId": "x"}, True),
        ({"sku": "K"}, {}, False),
        ({"sku": "K", "angle": "front"}, {"sku": "K"}, True),
        ({"sku": "K"}, {"sku": "K", "angle": "back"}, True),
        ({"sku": "K", "angle": "detail"}, {"sku": "K", "angle": "close-up"}, True),
        ({"sku": "K", "angle": "Rear"}, {"sku": "K", "angle": "back"}, True),
        ({"sku": "K", "color": "rust"}, {"sku": "K", "color": "sage"}, False),
        ({"sku": "K", "color": "rust"}, {"sku": "K"}, True),
        ({"angle": "detail"}, {"sku": "J", "angle": "detail"}, True),
        ({"angle": "detail"}, {"sku": "J"}, False),
        ({}, {"sku": "J"}, False),
    ],
)
def test_what_fits(line, picture, fits):
    assert covered([line], [picture]) == [[0] if fits else []]


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("KN-0012_back_02.jpg", True),
        ("kn0012 BACK.tif", True),
        ("2026-03-10_KN_0012_rear.jpg", True),
        ("KN-0012_front_02.jpg", False),
        ("KN-0013_back_02.jpg", False),
        ("back.jpg", False),
        ("KN-0012.jpg", True),
        ("", False),
    ],
)
def test_file_names_tell_piece_and_angle(name, fits):
    assert covered([{"sku": "KN-0012", "angle": "back"}], [{"fileName": name}]) == [
        [0] if fits else []
    ]


def test_what_a_field_says_is_not_read_from_the_name():
    picture = {"sku": "K", "angle": "front", "fileName": "KN-0012_back.jpg"}
    assert covered([{"sku": "KN-0012", "angle": "back"}], [picture]) == [[]]


def test_links_by_hand_come_first_and_cover_nothing_else():
    shots = [FRONT, {"sku": "J", "angle": "back", "assetIds": ["a0"]}]
    assert covered(shots, [FRONT]) == [[], [0]]
    assert covered([FRONT, {"id": "mine"}], [FRONT | {"shotId": "mine"}]) == [[], [0]]
    surplus = [FRONT | {"shotId": "s0"}] * 3
    assert covered([FRONT, FRONT], surplus, [50.0, 70.0, 60.0]) == [[1], []]
    assert covered([FRONT], [FRONT | {"shotId": "gone"}]) == [[0]]


@pytest.mark.parametrize("row", [{"status": "rejected"}, {"status": "archived"}, {"rating": 1}])
def test_refused_pictures_cover_nothing_linked_or_not(row):
    assert covered([FRONT], [FRONT | row]) == [[]]
    assert covered([FRONT], [FRONT | row | {"shotId": "s0"}]) == [[]]


def test_each_line_has_its_own_bar():
    assert covered([FRONT | {"minQuality": 81}], [FRONT]) == [[]]
    assert covered([FRONT | {"minQuality": 80}], [FRONT]) == [[0]]


def test_several_pictures_of_a_line():
    found = matched([FRONT | {"quantity": 3}], [FRONT] * 2)
    assert found.covered == [[0, 1]]
    [left] = find_missing(found, repairable=[False] * 2, now=NOW)
    assert (left.quantity_required, left.quantity_captured, left.quantity_missing) == (3, 2, 1)
    assert "1 of 3" in left.message


def test_heroes_and_required_lines_are_covered_first():
    optional, hero = FRONT | {"required": False}, FRONT | {"isHero": True}
    assert covered([optional, FRONT], [FRONT]) == [[], [0]]
    assert covered([FRONT, hero], [FRONT]) == [[], [0]]


def test_more_lines_are_covered_rather_than_better():
    # Each line alone would take the first picture.
    shots = [{"sku": "K"}, {"sku": "K", "angle": "front", "color": "rust"}]
    best = {"sku": "K", "angle": "front", "color": "rust"}
    other = {"sku": "K", "angle": "back"}
    assert covered(shots, [best, other], [99.0, 41.0]) == [[1], [0]]


def test_cancelled_lines_need_nothing():
    found = matched([FRONT | {"status": "cancelled"}, FRONT], [FRONT])
    assert found.covered == [[], [0]]
    assert find_missing(found, repairable=[True], now=NOW) == ()
    assert count_coverage(found).required == 1


# Why, and what to do


def test_nothing_there_is_not_captured():
    found = only({}, {"sku": "J", "angle": "front"})
    assert (found.reason, found.suggested_action, found.nearest) == ("not_captured", "capture", ())
    assert (found.quantity_missing, found.can_shoot_now) == (1, None)


@pytest.mark.parametrize(
    ("line", "picture", "reason", "action"),
    [
        ({}, {"angle": "back"}, "wrong_angle", "capture"),
        ({"color": "rust"}, {"color": "sage"}, "wrong_color", "capture"),
        ({"minQuality": 90}, {}, "below_quality", "reshoot"),
        ({}, {"status": "rejected", "rating": 1}, "rejected", "reshoot"),
        ({}, {"status": "rejected"}, "rejected", "approve_existing"),
        (
            {"deliverySpec": {"minLongSide": 2000}},
            {"width": 1000, "height": 1999},
            "spec_mismatch",
            "reshoot",
        ),
    ],
)
def test_the_reason_is_what_stops_the_nearest_picture(line, picture, reason, action):
    found = only(line, {"sku": "K", "angle": "front", **picture})
    assert (found.reason, found.suggested_action) == (reason, action)
    assert found.nearest[0].mismatches[0] == reason


def test_a_sharp_picture_below_the_bar_can_be_retouched():
    assert only({"minQuality": 90}, FRONT, repairable=True).suggested_action == "retouch"
    assert "retouch a0" in only({"minQuality": 90}, FRONT, repairable=True).message


def test_the_nearest_are_the_three_that_fit_best():
    found = only(
        {"color": "rust"},
        {"sku": "K", "angle": "back"},
        {"sku": "K", "angle": "front", "color": "sage"},
        {"sku": "K", "angle": "side", "color": "sage"},
        {"sku": "K", "angle": "front", "status": "rejected"},
        {"sku": "J", "angle": "front", "color": "rust"},
    )
    assert [item.asset_id for item in found.nearest] == ["a1", "a3", "a0"]
    assert found.nearest[0].match_score == 40 + 30 + 5 * 0.8
    [half] = missing([FRONT | {"quantity": 2}], [FRONT, *[FRONT | {"angle": "back"}] * 4])
    assert [item.asset_id for item in half.nearest] == ["a1", "a2", "a3"]


def test_an_aspect_ratio_can_be_cropped_and_only_costs_points():
    line = FRONT | {"deliverySpec": {"aspectRatio": "4:5"}}
    wide, tall = {"width": 3000, "height": 2000}, {"width": 2000, "height": 2500}
    assert covered([line], [FRONT | wide]) == [[0]]
    assert covered([line], [FRONT | wide, FRONT | tall], [99.0, 50.0]) == [[1]]


@pytest.mark.parametrize(
    ("status", "shootable", "action"),
    [
        ("on_set", True, "capture"),
        ("In Transit", False, "chase_sample"),
        ("lost", False, "chase_sample"),
    ],
)
def test_without_the_sample_there_is_nothing_to_shoot(status, shootable, action):
    found = only({"sampleStatus": status})
    assert (found.can_shoot_now, found.suggested_action) == (shootable, action)


@pytest.mark.parametrize(
    ("line", "score", "severity"),
    [
        ({}, 30.0, "medium"),
        ({"isHero": True}, 61.5, "high"),
        ({"isHero": True, "priority": "critical"}, 75.0, "critical"),
        ({"priority": "high"}, 44.0, "medium"),
        ({"dueAt": "2026-03-11T09:00:00Z"}, 58.0, "high"),
        ({"dueAt": "2026-03-11T09:00:01Z"}, 30.0, "medium"),
        ({"sampleStatus": "lost"}, 44.0, "medium"),
    ],
)
def test_severity_by_hand(line, score, severity):
    found = only(line)
    assert (found.severity_score, found.severity) == (score, severity)


def test_a_part_that_is_missing_weighs_less():
    [found] = missing([FRONT | {"quantity": 3}], [FRONT] * 2)
    assert (found.severity_score, found.severity) == (10.0, "low")


def test_the_worst_come_first_and_equals_in_the_order_of_the_list():
    rows = [{"sku": "A"}, {"sku": "B", "isHero": True}, {"sku": "C"}]
    assert [item.shot_id for item in missing(rows, [])] == ["s1", "s0", "s2"]


def test_coverage_counts_required_pictures():
    shots = [
        FRONT | {"category": "Dress", "quantity": 2, "priority": "high"},
        {"sku": "J", "category": "bag"},
        {"sku": "X", "required": False},
    ]
    found = count_coverage(matched(shots, [FRONT, {"sku": "X"}]))
    assert (found.required, found.captured, found.missing, found.percent) == (3, 1, 2, 33.3)
    assert {name: tally.percent for name, tally in found.by_category.items()} == {
        "bag": 0,
        "dress": 50,
    }
    assert list(found.by_priority) == ["high", "normal"]
    assert count_coverage(matched([], [])).percent == 100


# Optimal, and bounded

LINE = st.fixed_dictionaries(
    {},
    optional={
        "sku": st.sampled_from("KJ"),
        "angle": st.sampled_from(["front", "back"]),
        "color": st.sampled_from(["rust", "sage"]),
        "required": st.booleans(),
        "isHero": st.booleans(),
        "quantity": st.integers(1, 2),
    },
)
PICTURE = st.fixed_dictionaries(
    {},
    optional={
        "sku": st.sampled_from("KJ"),
        "angle": st.sampled_from(["front", "back"]),
        "color": st.sampled_from(["rust", "sage"]),
    },
)
SCORES = st.lists(st.integers(30, 100).map(float), min_size=5, max_size=5)


def worth(table, lines):
    """Return what each line gains from each picture; None where it does not fit."""
    found = {}
    for line in lines:
        pairs = table.pairs([line], [table.candidates(line)])
        for asset, fits, points in zip(pairs.assets, pairs.fits, pairs.scores, strict=True):
            found[line, int(asset)] = table.weight[line], float(points) if fits else None
    return found


def total(pairs, gains):
    """Return lines first, then matches: they are compared in that order."""
    return sum(gains[pair][0] + 1 for pair in pairs), round(
        sum(gains[pair][1] for pair in pairs), 6
    )


@settings(deadline=None, max_examples=150)
@given(st.lists(LINE, max_size=4), st.lists(PICTURE, max_size=5), SCORES)
def test_the_assignment_is_optimal(shots, pictures, scores):
    found = matched(shots, pictures, scores[: len(pictures)])
    gains = worth(found.table, range(len(shots)))
    pairs = [(line, asset) for line, some in enumerate(found.covered) for asset in some]
    assert all(gains[pair][1] is not None for pair in pairs)
    assert len({asset for _, asset in pairs}) == len(pairs)
    units = [line for line, shot in enumerate(found.table.shots) for _ in range(shot.quantity)]
    nobody = [-1] * len(units)
    best = (0, 0)
    for chosen in set(permutations([*range(len(pictures)), *nobody], len(units))):
        some = [(line, a) for line, a in zip(units, chosen, strict=True) if a >= 0]
        if all(gains.get(pair, (0, None))[1] is not None for pair in some):
            best = max(best, total(some, gains))
    assert total(pairs, gains)[0] == best[0]
    assert total(pairs, gains)[1] == pytest.approx(best[1], abs=1e-4)


@settings(deadline=None)
@given(
    st.lists(LINE, max_size=6),
    st.lists(PICTURE, max_size=5),
    SCORES,
    st.sampled_from(["MAX_PAIRS", "MAX_WORK"]),
)
def test_greedy_answers_are_assignments_too(shots, pictures, scores, limit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, limit, 0)
        found = matched(shots, pictures, scores[: len(pictures)])
    gains = worth(found.table, range(len(shots)))
    pairs = [(line, asset) for line, some in enumerate(found.covered) for asset in some]
    assert all(gains[pair][1] is not None for pair in pairs)
    assert len({asset for _, asset in pairs}) == len(pairs)
    for line, some in enumerate(found.covered):
        assert len(some) <= found.table.shots[line].quantity


def test_thousands_of_equal_lines_are_matched_in_no_time_and_told():
    found = matched([{"color": "red"}] * 5000, [{"color": "red"}] * 10_000)
    assert found.approximate
    assert sum(map(len, found.covered)) == 5000
    assert count_coverage(found).percent == 100


def test_an_exact_answer_is_not_called_approximate():
    assert not matched([FRONT] * 50, [FRONT] * 80).approximate

import math
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.analysis.media.intake import read_assets
from insights.analysis.media.selects import WEIGHTS, choose_selects
from insights.schemas.media import MediaOptions, ShotItem

UTC_ZONE = ZoneInfo("UTC")


def choose(rows, scores=None, expired=None, keeper=None, covers=None, **options):
    rows = [{"id": str(n), **row} for n, row in enumerate(rows)]
    assets, cautions = read_assets(rows, zone=UTC_ZONE)
    assert cautions == []
    count = len(assets)
    return choose_selects(
        assets,
        scores=scores or [80.0] * count,
        expired=expired or [False] * count,
        keeper=keeper or range(count),
        covers=covers or {},
        options=MediaOptions(**options),
    )


def test_the_best_go_first_when_variety_does_not_count():
    found = choose([{"lookId": "one"}] * 4, [60.0, 90.0, 70.0, 80.0], select_count=3, variety=0.0)
    assert found.chosen == [1, 3, 2]
    assert [reason.rank for reason in found.reasons] == [1, 2, 3]
    assert [reason.quality_gain for reason in found.reasons] == [0.9, 0.8, 0.7]
    assert [reason.variety_gain for reason in found.reasons] == [0, 0, 0]


def test_gains_by_hand():
    rows = [{"lookId": "1", "angle": "front"}, {"lookId": "1"}, {"lookId": "2"}]
    found = choose(rows, [90.0, 88.0, 70.0], select_count=3)
    # .45 + .5 * (.35 + .2); then .35 + .175 against .44 + .175 * (sqrt 2 - 1) = .5125
    assert found.chosen == [0, 2, 1]
    assert [reason.variety_gain for reason in found.reasons] == [0.275, 0.175, 0.0725]
    assert [reason.covers for reason in found.reasons] == [
        ("look 1", "angle front"),
        ("look 2",),
        (),
    ]


def test_a_hero_line_is_worth_most():
    line = ShotItem(id="line", name="Ivory gown, back", is_hero=True)
    found = choose([{}, {}], [80.0, 60.0], covers={"1": line}, select_count=1)
    assert found.chosen == [1]
    assert found.reasons[0].covers == ("hero shot line",)
    assert found.reasons[0].message == "Score 60.0; first of hero shot Ivory gown, back"


def test_names_are_compared_folded_and_told_as_sent():
    rows = [{"lookId": "Look-1"}, {"lookId": "look 1"}, {"lookId": "Look-2"}]
    found = choose(rows, [90.0, 89.0, 80.0], select_count=2)
    assert found.chosen == [0, 2]
    assert found.reasons[1].covers == ("look Look-2",)


def test_what_people_chose_goes_first_whatever_its_score():
    found = choose([{}, {"isSelect": True}, {"rating": 5}], [99.0, 3.0, 2.0], select_count=2)
    assert found.chosen == [1, 2]
    assert "chosen by hand" in found.reasons[0].message
    more = choose([{"isSelect": True}] * 5, select_count=2)
    assert more.chosen == [0, 1]
    assert "3 more pictures that people selected" in more.assumptions[-1]


@pytest.mark.parametrize(
    "row", [{"status": "rejected"}, {"status": "archived"}, {"rating": 1}, {"colorLabel": "reject"}]
)
def test_what_people_refused_is_never_chosen(row):
    assert choose([row | {"isSelect": True}, {}]).chosen == [1]


def test_expired_pictures_and_duplicates_are_never_chosen():
    assert choose([{}, {}], expired=[True, False]).chosen == [1]
    assert choose([{}, {}, {}], keeper=[2, 1, 2]).chosen == [1, 2]


def test_too_few_good_pictures_lower_the_bar_and_are_told():
    found = choose([{}] * 3, [90.0, 35.0, 5.0], select_count=2, min_quality=60.0)
    assert found.chosen == [0, 1]
    assert [(caution.code, caution.path) for caution in found.warnings] == [
        ("relaxed", "options.minQuality")
    ]
    assert "taken from 30 up" in found.warnings[0].message
    assert choose([{}] * 3, [90.0, 65.0, 5.0], select_count=2, min_quality=60.0).warnings == ()


def test_a_limit_for_each_look():
    rows = [{"lookId": "1"}] * 4 + [{"lookId": "2"}] * 2 + [{}]
    found = choose(rows, select_count=7, select_per_look=1)
    assert sorted(found.chosen) == [0, 4, 6]
    assert "half" in found.assumptions[0]


def test_nothing_to_choose_from_and_nothing_wanted():
    assert choose([]).chosen == []
    assert choose([{}], select_count=0).chosen == []


KINDS = {"lookId": "look", "sku": "piece", "angle": "angle", "modelId": "model"}
ROW = st.fixed_dictionaries(
    {},
    optional={
        "lookId": st.sampled_from("12"),
        "sku": st.sampled_from("ab"),
        "angle": st.sampled_from(["front", "back"]),
        "modelId": st.sampled_from("xy"),
    },
)
GALLERY = st.lists(st.tuples(ROW, st.integers(40, 100).map(float)), min_size=1, max_size=8)


def value(rows, scores, chosen, variety):
    total = (1 - variety) * sum(scores[i] for i in chosen) / 100
    for key, kind in KINDS.items():
        for word in {row.get(key) for row in rows} - {None}:
            total += (
                variety * WEIGHTS[kind] * math.sqrt(sum(rows[i].get(key) == word for i in chosen))
            )
    return total


@settings(deadline=None)
@given(GALLERY, st.integers(1, 4), st.sampled_from([0.0, 0.3, 0.5, 1.0]))
def test_gains_sum_to_the_objective_and_come_near_the_optimum(gallery, count, variety):
    rows, scores = [row for row, _ in gallery], [points for _, points in gallery]
    found = choose(rows, scores, select_count=count, variety=variety)
    reached = sum(reason.quality_gain + reason.variety_gain for reason in found.reasons)
    assert reached == pytest.approx(value(rows, scores, found.chosen, variety), abs=1e-3)
    count = min(count, len(rows))
    assert len(set(found.chosen)) == count
    best = max(value(rows, scores, some, variety) for some in combinations(range(len(rows)), count))
    assert reached >= (1 - 1 / math.e) * best - 1e-3


@given(GALLERY, st.data())
def test_selects_never_repeat_a_duplicate_group(gallery, data):
    rows, scores = [row for row, _ in gallery], [points for _, points in gallery]
    keeper = [data.draw(st.integers(0, i)) for i in range(len(rows))]
    keeper = [keeper[k] if keeper[k] == k else i for i, k in enumerate(keeper)]
    found = choose(rows, scores, keeper=keeper)
    assert all(keeper[i] == i for i in found.chosen)
    assert len({keeper[i] for i in found.chosen}) == len(found.chosen)

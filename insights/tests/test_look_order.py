from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analysis.events.look_order import (
    find_changes,
    models_needed,
    order_looks,
    read_exits,
)
from insights.schemas.events import Look, ShowSettings

POLICIES = ["keep", "repair", "optimize"]


def looks_of(models, **fields):
    """Make a look for each letter: `abca` is one model with two looks and two with one."""
    return [
        Look(id=f"look-{number}", number=number, model_id=None if model == "-" else model, **fields)
        for number, model in enumerate(models, 1)
    ]


def line_up(looks, policy="keep", **settings):
    chosen = ShowSettings(**settings)
    return order_looks(read_exits(looks, chosen), policy=policy, settings=chosen)


def changes_of(looks, policy="keep", **settings):
    found = line_up(looks, policy, **settings)
    return find_changes(found, settings=ShowSettings(**settings), names={})


def ids(found):
    return [found.at(position).look.id for position in range(len(found.order))]


lines_up = st.lists(
    st.builds(
        dict,
        model_id=st.sampled_from([None, *"abcd"]),
        change_seconds=st.none() | st.integers(0, 200).map(float),
        walk_seconds=st.none() | st.integers(0, 90).map(float),
        dressers=st.integers(0, 4),
        locked=st.booleans(),
        is_opening=st.booleans(),
        is_closing=st.booleans(),
        alt_model_ids=st.lists(st.sampled_from("abcdef"), max_size=2).map(tuple),
    ),
    max_size=14,
).map(lambda rows: [Look(id=f"l{at}", number=at, **row) for at, row in enumerate(rows)])
settings_of_all_kinds = st.fixed_dictionaries(
    {"exit_interval_seconds": st.sampled_from([1.0, 17.3, 18.0, 60.0])}
)


@given(lines_up, st.sampled_from(POLICIES), settings_of_all_kinds)
def test_every_policy_shows_each_look_once_and_leaves_fixed_ones(looks, policy, settings):
    found = line_up(looks, policy, **settings)
    assert sorted(found.order) == list(range(len(looks)))
    for position, look in enumerate(looks):
        if look.locked or look.is_opening or look.is_closing:
            assert found.order[position] == position
    interval = settings["exit_interval_seconds"]
    for (first, second), hold in zip(pairwise(found.starts), found.holds[1:], strict=True):
        assert second - first == pytest.approx(interval + hold)
    if policy == "keep":
        assert (found.moves, found.hold) == (0, 0.0)


@given(lines_up, st.sampled_from(["repair", "optimize"]), settings_of_all_kinds)
def test_no_change_is_impossible_once_repaired(looks, policy, settings):
    for change in changes_of(looks, policy, **settings):
        assert change.status != "impossible"
        assert change.slack_seconds >= 0


@given(lines_up, st.sampled_from(["repair", "optimize"]), settings_of_all_kinds)
def test_no_policy_holds_longer_than_the_designers_order_would(looks, policy, settings):
    interval = settings["exit_interval_seconds"]
    start, hold, back = -interval, 0.0, {}
    for exit_ in read_exits(looks, ShowSettings(**settings)):
        start += interval
        wait = max(0.0, back.get(exit_.look.model_id, -1e9) + exit_.needed - start)
        start, hold = start + wait, hold + wait
        if exit_.look.model_id:
            back[exit_.look.model_id] = start + exit_.walk
    assert line_up(looks, policy, **settings).hold <= hold + 0.1


@given(lines_up, settings_of_all_kinds)
def test_fixes_come_cheapest_first_and_a_hold_is_always_there(looks, settings):
    for change in changes_of(looks, **settings):
        costs = [fix.cost_seconds for fix in change.fixes]
        assert costs == sorted(costs)
        kinds = [fix.type for fix in change.fixes]
        assert len(set(kinds)) == len(kinds)
        assert ("hold" in kinds) == (change.status == "impossible")


def test_what_a_change_needs_and_has():
    [change] = changes_of(looks_of("abcdefga"))
    assert (change.from_look_id, change.to_look_id) == ("look-1", "look-8")
    assert change.available_seconds == 7 * 18 - 50
    assert change.needed_seconds == 90.0
    assert (change.slack_seconds, change.status) == (-14.0, "impossible")


@pytest.mark.parametrize(
    ("models", "status"),
    [("abcdefga", "impossible"), ("abcdefgha", "tight"), ("abcdefghija", "ok")],
)
def test_slack_decides(models, status):
    [change] = changes_of(looks_of(models))
    assert change.status == status


@pytest.mark.parametrize(
    ("dressers", "needed"), [(0, 90.0), (1, 90.0), (2, 63.0), (3, 49.5), (7, 49.5)]
)
def test_dressers_shorten_a_change(dressers, needed):
    [change] = changes_of(looks_of("aa", dressers=dressers))
    assert change.needed_seconds == needed


def test_another_model_who_is_free_costs_nothing():
    looks = looks_of("abcdefga")
    looks[7] = Look(id="look-8", number=8, model_id="a", alt_model_ids=("g", "z"))
    [change] = changes_of(looks)
    assert change.fixes[0].type == "reassign"
    assert change.fixes[0].detail == "Give look-8 to z, after a fitting."
    assert [fix.type for fix in change.fixes] == ["reassign", "hold", "add_dresser"]


def test_a_swap_breaks_nothing_else():
    [change] = changes_of(looks_of("abcdefgahijk"))
    swap = next(fix for fix in change.fixes if fix.type == "swap")
    assert swap.detail == "Swap look-8 and its neighbour look-9."
    assert swap.cost_seconds == 1.0
    locked = [
        Look(id=x.id, number=x.number, model_id=x.model_id, locked=True)
        for x in looks_of("abcdefgahijk")
    ]
    [change] = changes_of(locked)
    assert "swap" not in {fix.type for fix in change.fixes}


def test_a_swap_does_not_bring_together_what_a_look_held_apart():
    looks = looks_of("aabacdefgh")
    looks[0] = Look(id="look-1", number=1, model_id="a", walk_seconds=100)
    looks[1] = Look(id="look-2", number=2, model_id="a", walk_seconds=0, change_seconds=10)
    looks[3] = Look(id="look-4", number=4, model_id="a", change_seconds=36)
    [change, _] = changes_of(looks)
    assert change.status == "impossible"
    assert "swap" not in {fix.type for fix in change.fixes}


def test_a_look_goes_after_a_fixed_one_that_it_would_make_late():
    looks = looks_of("bcaea" + "fghijklmnopqrstuvwxy")
    looks[4] = Look(id="look-5", number=5, model_id="a", locked=True)
    found = line_up(looks, "repair")
    assert found.hold == 0.0
    assert ids(found).index("look-3") >= 4 + 8


def test_repair_moves_one_look_where_that_is_enough():
    found = line_up(looks_of("abcdefgahijk"), "repair")
    assert found.hold == 0
    assert ids(found)[7:9] == ["look-9", "look-8"]
    assert found.moves == 2


def test_the_show_is_held_when_nobody_is_ready():
    found = line_up(looks_of("aa"), "repair")
    assert found.starts == [0.0, 140.0]
    assert found.holds == [0.0, 122.0]


def test_a_locked_look_is_held_rather_than_moved():
    looks = looks_of("abcdefgahijk")
    looks[7] = Look(id="look-8", number=8, model_id="a", locked=True)
    looks[0] = Look(id="look-1", number=1, model_id="a", is_opening=True)
    found = line_up(looks, "repair")
    assert ids(found)[7] == "look-8"
    assert found.hold == 14.0


def test_a_model_with_many_looks_goes_early_enough():
    """Eight looks of one model among 56 others: only an even spread needs no hold."""
    looks = looks_of("bcdefgh" * 7 + "aaaaaaaa")
    for policy in ("repair", "optimize"):
        assert line_up(looks, policy, exit_interval_seconds=20).hold <= 140


def test_numbers_make_the_order_and_looks_without_one_come_last():
    looks = [Look(id="x"), Look(id="b", number=2), Look(id="a", number=1), Look(id="y")]
    assert ids(line_up(looks)) == ["a", "b", "x", "y"]


@pytest.mark.parametrize(
    ("models", "settings", "needed"),
    [
        ("abcdefghij", {}, 8),
        ("abc", {}, 3),
        ("", {}, 0),
        ("ab" * 9, {"exit_interval_seconds": 70}, 2),
    ],
)
def test_models_needed_to_take_turns(models, settings, needed):
    exits = read_exits(looks_of(models), ShowSettings(**settings))
    assert models_needed(exits, ShowSettings(**settings)) == needed


def test_looks_without_a_model_never_wait():
    found = line_up(looks_of("------"), "optimize")
    assert (found.hold, found.moves) == (0.0, 0)

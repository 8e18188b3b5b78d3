import random
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analysis.logistics.batching import MAX_EXACT, MAX_HEURISTIC
from insights.analysis.logistics.sequencing import (
    Heroes,
    _least_length,
    _with_ends,
    exact_path,
    heuristic_path,
)


def length(path, costs, entry, leave):
    return entry[path[0]] + sum(costs[a][b] for a, b in pairwise(path)) + leave[path[-1]]


def waiting_cost(path, costs, entry, leave, heroes):
    clock = cost = 0.0
    for before, setup in zip([None, *path], path, strict=False):
        clock += entry[setup] if before is None else costs[before][setup]
        cost += heroes.counts[setup] * (clock + heroes.minutes[setup])
        clock += heroes.setup_minutes[setup]
    return length(path, costs, entry, leave) + heroes.rate * cost


def instance(size, seed, most=100):
    generator = random.Random(seed)  # noqa: S311 -- repeatable instances

    def row():
        return [float(generator.randint(1, most)) for _ in range(size)]

    return [row() for _ in range(size)], row(), [0.0] * size


MINUTES = st.integers(0, 60).map(float)


@st.composite
def instances(draw, most):
    size = draw(st.integers(1, most))
    rows = st.lists(MINUTES, min_size=size, max_size=size)
    return draw(st.lists(rows, min_size=size, max_size=size)), draw(rows), draw(rows)


@given(instances(6))
def test_exact_equals_brute_force(drawn):
    best = min(length(path, *drawn) for path in permutations(range(len(drawn[1]))))
    assert length(exact_path(*drawn), *drawn) == best


@pytest.mark.parametrize("seed", range(5))
def test_exact_equals_brute_force_on_seven_setups(seed):
    drawn = instance(7, seed)
    best = min(length(path, *drawn) for path in permutations(range(7)))
    assert length(exact_path(*drawn), *drawn) == best


@given(instances(5), st.data())
def test_exact_weighs_waiting_heroes_exactly(drawn, data):
    size = len(drawn[1])
    counts = data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    whole = data.draw(st.lists(MINUTES, min_size=size, max_size=size))
    early = [minutes / 2 for minutes in whole]
    heroes = Heroes(counts, early, whole, 0.25)
    best = min(waiting_cost(path, *drawn, heroes) for path in permutations(range(size)))
    found = waiting_cost(exact_path(*drawn, heroes), *drawn, heroes)
    assert found == pytest.approx(best)


@pytest.mark.parametrize("size", [0, 1, 2, MAX_EXACT])
def test_exact_visits_every_setup_once(size):
    assert sorted(exact_path(*instance(size, 1))) == list(range(size))


def test_the_heuristic_stays_within_5_percent_of_exact():
    for seed in [*range(30), 104]:  # at 104 a search from one start only is 8 % off
        costs, _, nothing = instance(12, seed)
        exact, found = (
            length(path(costs, nothing, nothing), costs, nothing, nothing)
            for path in (exact_path, heuristic_path)
        )
        assert exact <= found <= 1.05 * exact


def test_the_heuristic_finds_a_hidden_cheap_chain():
    size = 48
    order = random.Random(7).sample(range(size), size)  # noqa: S311 -- repeatable
    costs, entry, leave = instance(size, 7)
    for before, after in pairwise(order):
        costs[before][after] = 0.0
    entry[order[0]] = 0.0
    assert length(heuristic_path(costs, entry, leave), costs, entry, leave) <= 5


@pytest.mark.parametrize("size", [3, 4, 5, 14, 60, MAX_HEURISTIC])
def test_the_heuristic_visits_every_setup_once_and_never_changes_its_mind(size):
    drawn = instance(size, size)
    path = heuristic_path(*drawn)
    assert sorted(path) == list(range(size))
    assert path == heuristic_path(*drawn)


@given(instances(9))
def test_the_heuristic_copes_with_any_small_instance(drawn):
    size = len(drawn[1])
    if size > 2:
        path = heuristic_path(*drawn)
        assert sorted(path) == list(range(size))
        assert length(path, *drawn) >= length(exact_path(*drawn), *drawn)


@given(instances(8))
def test_no_path_is_shorter_than_the_bound_that_ends_the_search(drawn):
    least = _least_length(_with_ends(*drawn))
    assert least <= length(exact_path(*drawn), *drawn) + 1e-9


def test_the_bound_is_reached_where_setups_differ_in_one_attribute():
    costs = [[0.0 if a == b else 5.0 for b in range(30)] for a in range(30)]
    nothing = [0.0] * 30
    assert _least_length(_with_ends(costs, nothing, nothing)) == 29 * 5

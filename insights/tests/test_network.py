import math
import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analysis.events.network import Work, build_network, pass_backward, pass_forward
from insights.schemas.tasks import Dependency, Task

TYPES = ("FS", "SS", "FF", "SF")


def task(name, minutes=10, *after, status="not_started"):
    return Task(
        id=name,
        duration_minutes=minutes,
        status=status,
        depends_on=tuple(
            Dependency(task_id=link) if isinstance(link, str) else Dependency(**link)
            for link in after
        ),
    )


def link(name, kind="FS", lag=0):
    return {"task_id": name, "type": kind, "lag_minutes": lag}


def cycles(*tasks):
    network = build_network(tasks)
    return [[tasks[place].id for place in cycle] for cycle in network.cycles]


def passes(tasks):
    network = build_network(tasks)
    size = len(tasks)
    cancelled = [row.status == "cancelled" for row in tasks]
    work = Work(
        duration=[
            0.0 if gone else row.duration_minutes
            for row, gone in zip(tasks, cancelled, strict=True)
        ],
        variance=[0.0] * size,
        earliest=[-math.inf if gone else 0.0 for gone in cancelled],
        must_start=[None] * size,
        begun=[None] * size,
        done=[False] * size,
    )
    early = pass_forward(network, work, clock=None)
    finish = max(
        (early.finish[place] for place in network.order if not cancelled[place]), default=0.0
    )
    late = pass_backward(
        network, work, early, latest=[finish] * size, project_finish=finish, clock=None
    )
    return network, early, late, finish


@st.composite
def plans(draw, most=7):
    """Draw tasks whose links lead to later ones, listed in any order."""
    size = draw(st.integers(1, most))
    rows = []
    for place in range(size):
        after = draw(
            st.lists(
                st.builds(
                    link,
                    st.sampled_from([f"t{before}" for before in range(place)]),
                    st.sampled_from(TYPES),
                    st.integers(-20, 40),
                ),
                max_size=4,
            )
            if place
            else st.just([])
        )
        rows.append(task(f"t{place}", draw(st.integers(0, 30)), *after))
    return draw(st.permutations(rows))


def weight(before, kind, lag, after):
    return lag + (before if kind in {"FS", "FF"} else 0) - (after if kind in {"FF", "SF"} else 0)


def longest_finish(tasks):
    """Try every chain of links from every task that starts at zero."""
    by_id = {row.id: row for row in tasks}
    following = {row.id: [] for row in tasks}
    for row in tasks:
        for each in row.depends_on:
            before = by_id[each.task_id].duration_minutes
            minutes = weight(before, each.type, each.lag_minutes, row.duration_minutes)
            following[each.task_id].append((row.id, minutes))
    longest = 0.0
    stack = [(row.id, 0.0) for row in tasks]
    while stack:
        name, start = stack.pop()
        longest = max(longest, start + by_id[name].duration_minutes)
        stack += [
            (after, start + minutes) for after, minutes in following[name] if start + minutes >= 0
        ]
    return longest


@given(plans())
def test_the_finish_is_the_longest_chain_of_links(tasks):
    *_, finish = passes(tasks)
    assert finish == pytest.approx(longest_finish(tasks))


@given(plans())
def test_every_link_holds_in_both_passes_and_no_float_is_negative(tasks):
    network, early, late, _ = passes(tasks)
    for row in tasks:
        place = network.index[row.id]
        assert early.start[place] >= 0
        assert late.start[place] >= early.start[place] - 1e-9
        total = late.start[place] - early.start[place]
        assert -1e-9 <= late.free_float[place] <= total + 1e-9
        for each in row.depends_on:
            before = network.index[each.task_id]
            minutes = weight(
                tasks[before].duration_minutes, each.type, each.lag_minutes, row.duration_minutes
            )
            assert early.start[place] >= early.start[before] + minutes - 1e-9
            assert late.start[place] >= late.start[before] + minutes - 1e-9


@given(plans())
def test_a_driver_decides_when_its_successor_starts(tasks):
    network, early, _, _ = passes(tasks)
    for row in tasks:
        place = network.index[row.id]
        deciding = early.driver[place]
        if deciding is None:
            assert early.start[place] == 0
            continue
        before, _, from_start, to_finish, lag = deciding
        bound = (early.start if from_start else early.finish)[before] + lag
        assert early.start[place] == pytest.approx(bound - to_finish * row.duration_minutes)


@given(plans())
def test_slipping_by_the_free_float_moves_no_other_task(tasks):
    network, early, late, finish = passes(tasks)
    for place, row in enumerate(tasks):
        start = early.start[place] + late.free_float[place]
        assert start + row.duration_minutes <= finish + 1e-9
        for _, successor, from_start, to_finish, lag in network.links[place]:
            other = tasks[successor].duration_minutes
            bound = start + lag + (0 if from_start else row.duration_minutes)
            assert bound - to_finish * other <= early.start[successor] + 1e-9


@given(plans(), st.integers(0, 30))
def test_adding_a_task_never_shortens_the_plan(tasks, minutes):
    *_, before = passes(tasks)
    after = [*tasks, task("new", minutes, tasks[0].id)]
    assert passes(after)[3] >= before - 1e-9


@pytest.mark.parametrize(
    ("kind", "lag", "start"),
    [
        ("FS", 0, 10),
        ("FS", 5, 15),
        ("FS", -4, 6),
        ("SS", 3, 3),
        ("FF", 2, 8),
        ("SF", 9, 5),
        ("SF", 0, 0),
    ],
)
def test_each_type_of_link_bounds_the_start(kind, lag, start):
    _, early, _, _ = passes([task("a", 10), task("b", 4, link("a", kind, lag))])
    assert early.start[1] == start


def test_several_links_between_two_tasks_all_count():
    ladder = [task("a", 10), task("b", 4, link("a", "SS", 2), link("a", "FF", 3))]
    assert passes(ladder)[1].start[1] == 9
    ladder = [task("a", 10), task("b", 40, link("a", "SS", 2), link("a", "FF", 3))]
    assert passes(ladder)[1].start[1] == 2


def test_a_task_that_is_no_sink_can_end_last():
    rows = [task("long", 50), task("short", 5, link("long", "SS", 1))]
    *_, finish = passes(rows)
    assert finish == 50


# Cycles


def test_a_cycle_is_named_in_the_order_of_its_links():
    rows = [task("c", 1, "b"), task("a", 1, "c"), task("b", 1, "a")]
    assert cycles(*rows) == [["c", "a", "b"]]


def test_a_task_that_waits_for_itself_is_a_cycle_of_one():
    assert cycles(task("a", 1, "a"), task("b", 1, "a")) == [["a"]]


def test_what_hangs_on_a_cycle_is_not_in_it():
    rows = [
        task("x"),
        task("a", 1, "x", "b"),
        task("b", 1, "a"),
        task("y", 1, "b"),
        task("z", 1, "y"),
    ]
    network = build_network(rows)
    assert cycles(*rows) == [["a", "b"]]
    assert [rows[place].id for place in network.order] == ["x", "y", "z"]


def test_each_knot_has_one_cycle_and_five_are_named():
    rows = [task(f"{name}{n}", 1, f"{'ba'[name == 'b']}{n}") for n, name in product(range(7), "ab")]
    found = cycles(*rows)
    assert found == [[f"a{n}", f"b{n}"] for n in range(5)]
    assert build_network(rows).order == []


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_a_named_cycle_is_one_and_none_is_overlooked(pairs):
    rows = [
        task(str(place), 1, *(str(before) for before, after in pairs if after == place))
        for place in range(8)
    ]
    network = build_network(rows)
    for cycle in network.cycles:
        assert len(set(cycle)) == len(cycle)
        for before, after in zip(cycle, cycle[1:] + cycle[:1], strict=True):
            assert str(before) in {each.task_id for each in rows[after].depends_on}
    reached = {place: {after for before, after in pairs if before == place} for place in range(8)}
    for _ in range(8):
        reached = {
            place: known.union(*(reached[other] for other in known))
            for place, known in reached.items()
        }
    assert network.looped == {place for place in range(8) if place in reached[place]}
    assert sorted([*network.order, *network.looped]) == list(range(8))


def test_one_cycle_through_everything_is_named_whole():
    size = 10_000
    rows = [task(str(place), 1, str((place - 1) % size)) for place in range(size)]
    assert build_network(rows).cycles == [list(range(size))]


# Cancelled tasks, loose ends


def test_a_cancelled_task_passes_the_order_on():
    rows = [
        task("a", 10),
        task("gone", 100, link("a", "FS", 5), link("late", "SS", 50), status="cancelled"),
        task("late", 1),
        task("b", 4, link("gone", "FF", 70)),
    ]
    _, early, late, finish = passes(rows)
    assert (early.start[3], finish) == (15, 19)
    assert late.start[0] - early.start[0] == 0
    assert late.free_float[0] == 0


def test_a_cancelled_task_at_the_end_holds_nobody():
    rows = [
        task("a", 10),
        task("b", 30),
        task("gone", 99, link("a", "FS", 500), status="cancelled"),
    ]
    _, _, late, finish = passes(rows)
    assert (finish, late.start[0], late.free_float[0]) == (30, 20, 20)


def test_a_cycle_of_cancelled_tasks_is_none():
    rows = [
        task("a", 1, "b", status="cancelled"),
        task("b", 1, "a", status="cancelled"),
        task("c", 1, "b"),
    ]
    network = build_network(rows)
    assert (network.cycles, network.order) == ([], [2])


def test_tasks_without_links_are_known():
    rows = [
        task("alone"),
        task("a"),
        task("b", 1, "a"),
        task("dangling", 1, "nobody"),
        task("gone", 1, "c", status="cancelled"),
        task("c"),
        task("across", 1, "bridge"),
        task("bridge", 1, "d", status="cancelled"),
        task("d"),
    ]
    network = build_network(rows)
    assert [rows[place].id for place in network.unlinked] == ["alone", "dangling", "c"]
    assert network.missing == [(3, "nobody")]


def test_downstream_counts_each_task_once():
    rows = [
        task("a"),
        task("b", 1, "a"),
        task("c", 1, "a"),
        task("d", 1, "b", "c", link("a", "SS")),
    ]
    assert build_network(rows).downstream == [3, 1, 1, 0]


def test_fifty_thousand_links_are_no_trouble():
    rng = random.Random(1)  # noqa: S311 -- a plan, no secret
    rows = [
        task(str(place), 1, *(str(rng.randrange(place)) for _ in range(5 if place else 0)))
        for place in range(10_000)
    ]
    network, early, late, finish = passes(rows)
    assert len(network.order) == 10_000
    assert min(late.start[place] - early.start[place] for place in network.order) == 0
    assert finish == max(early.finish)

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analysis.events.critical_path import find_critical_path
from insights.analysis.events.risk import expect, probability, quantile
from insights.schemas.tasks import Dependency, EventTimes, NetworkOptions, Task

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


def task(name, estimates, *after, **fields):
    low, likely, high = estimates
    return Task(
        id=name,
        duration_minutes=likely,
        optimistic_minutes=low,
        likely_minutes=likely,
        pessimistic_minutes=high,
        depends_on=tuple(Dependency(task_id=each) for each in after),
        **fields,
    )


def report(tasks, deadline=None, **options):
    event = EventTimes(
        plan_start_at=NOW, deadline_at=deadline and NOW + timedelta(minutes=deadline)
    )
    return find_critical_path(tasks, event=event, options=NetworkOptions(**options), now=NOW)[0]


# Hillier & Lieberman, Introduction to Operations Research: Reliable Construction Co.
RELIABLE = [
    task("A", (1, 2, 3)),
    task("B", (2, 3.5, 8), "A"),
    task("C", (6, 9, 18), "B"),
    task("D", (4, 5.5, 10), "C"),
    task("E", (1, 4.5, 5), "C"),
    task("F", (4, 4, 10), "E"),
    task("G", (5, 6.5, 11), "D"),
    task("H", (5, 8, 17), "E", "G"),
    task("I", (3, 7.5, 9), "C"),
    task("J", (3, 9, 9), "F", "I"),
    task("K", (4, 4, 4), "J"),
    task("L", (1, 5.5, 7), "J"),
    task("M", (1, 2, 3), "H"),
    task("N", (5, 5.5, 9), "K", "L"),
]

# Heizer & Render, Operations Management: Milwaukee Paper Manufacturing.
MILWAUKEE = [
    task("A", (1, 2, 3)),
    task("B", (2, 3, 4)),
    task("C", (1, 2, 3), "A"),
    task("D", (2, 4, 6), "A", "B"),
    task("E", (1, 4, 7), "C"),
    task("F", (1, 2, 9), "C"),
    task("G", (3, 4, 11), "D", "E"),
    task("H", (1, 2, 3), "F", "G"),
]

# Stevenson, Operations Management: three paths side by side.
STEVENSON = [
    task("a", (1, 3, 4)),
    task("b", (2, 4, 6), "a"),
    task("c", (2, 3, 5), "b"),
    task("d", (3, 4, 5)),
    task("e", (3, 5, 7), "d"),
    task("f", (5, 7, 9), "e"),
    task("g", (2, 3, 6)),
    task("h", (4, 6, 8), "g"),
    task("i", (3, 4, 6), "h"),
]


def test_reliable_construction_takes_44_with_a_variance_of_9():
    found = report(RELIABLE, deadline=47)
    assert found.pert.expected_minutes == 44
    assert found.pert.variance_minutes2 == 9
    assert found.pert.std_dev_minutes == 3
    assert found.pert.probability_by_deadline == 0.8413  # within one standard deviation
    assert found.path == tuple("ABCEFJLN")
    slack = {row.task_id: row.total_float_minutes for row in found.tasks if row.total_float_minutes}
    assert slack == {"D": 4, "G": 4, "H": 4, "M": 4, "I": 2, "K": 1}


def test_milwaukee_paper_takes_15_with_a_variance_of_3_11():
    found = report(MILWAUKEE, deadline=16)
    assert (found.pert.expected_minutes, found.pert.variance_minutes2) == (15, 3.111)
    assert found.pert.probability_by_deadline == pytest.approx(0.7157, abs=0.0015)  # z as 0.57
    assert found.path == tuple("ACEGH")
    slack = {row.task_id: row.total_float_minutes for row in found.tasks if row.total_float_minutes}
    assert slack == {"B": 1, "D": 1, "F": 6}


def test_stevensons_three_paths_end_within_17_with_a_chance_of_84_percent():
    found = report(STEVENSON, deadline=17)
    assert (found.pert.expected_minutes, found.pert.variance_minutes2) == (16, 1)
    assert found.pert.probability_by_deadline == 0.8413
    # The beta distribution of an estimate is wider than ((p - o) / 6)² says.
    assert 0.75 < found.simulation.probability_by_deadline < 0.8413


def test_the_simulation_sees_what_merging_paths_cost():
    alike = [task(f"t{place}", (10, 20, 60)) for place in range(6)]
    found = report(
        [*alike, task("end", (0, 0, 0), *(f"t{place}" for place in range(6)))], deadline=30
    )
    single = found.pert.probability_by_deadline
    assert found.simulation.probability_by_deadline < single - 0.2
    shares = found.simulation.criticality
    assert shares["end"] == 1
    assert sum(shares[row.id] for row in alike) == pytest.approx(1, abs=0.01)
    assert all(share == pytest.approx(1 / 6, abs=0.04) for share in list(shares.values())[:6])


def test_of_paths_of_one_length_the_riskiest_counts():
    calm, wild = task("calm", (9, 10, 11)), task("wild", (4, 10, 16))
    found = report([calm, wild, task("end", (5, 5, 5), "calm", "wild")])
    assert found.path == ("wild", "end")
    assert found.pert.variance_minutes2 == 4
    assert set(found.critical_task_ids) == {"calm", "wild", "end"}


def test_without_estimates_there_is_neither_pert_nor_simulation():
    plain = [Task(id="a", duration_minutes=10)]
    found = report(plain)
    assert (found.pert, found.simulation) == (None, None)
    found = report(plain, simulate=True)
    assert found.simulation.criticality == {"a": 1}
    assert found.simulation.p50_minutes == found.simulation.p95_minutes == 10
    assert report(RELIABLE, simulate=False).simulation is None


def test_what_remains_of_a_task_varies_less():
    half = task("a", (10, 20, 60), status="in_progress", percent_complete=0.5, actual_start_at=NOW)
    whole = report([task("a", (10, 20, 60))]).pert
    left = report([half]).pert
    assert left.expected_minutes == whole.expected_minutes / 2
    assert left.std_dev_minutes == pytest.approx(whole.std_dev_minutes / 2, abs=1e-3)
    whole, left = report([task("a", (10, 20, 60))]).simulation, report([half]).simulation
    assert left.p95_minutes == pytest.approx(whole.p95_minutes / 2, abs=1e-2)
    done = task("a", (10, 20, 60), status="done", actual_start_at=NOW, actual_end_at=NOW)
    assert report([done]).pert.std_dev_minutes == 0


@pytest.mark.parametrize(
    ("size", "samples"), [(3, 2000), (101, 1000), (501, 500), (1001, 200), (5001, 100)]
)
def test_larger_networks_are_sampled_less(size, samples):
    tasks = [task(str(place), (1, 2, 3)) for place in range(size)]
    assert report(tasks, simulate=True).simulation.samples == samples


def test_large_networks_are_simulated_on_request_only():
    tasks = [task(str(place), (1, 2, 3)) for place in range(501)]
    assert report(tasks).simulation is None
    assert report(tasks[:500]).simulation.samples == 1000


@given(st.lists(st.integers(0, 525_600), min_size=3, max_size=3).map(sorted))
def test_a_mean_lies_between_its_estimates(estimates):
    mean, variance = expect(task("a", estimates))
    assert estimates[0] - 1e-6 <= mean <= estimates[2] + 1e-6
    assert variance == pytest.approx(((estimates[2] - estimates[0]) / 6) ** 2)


@given(st.floats(0, 1e6), st.floats(0, 1e9), st.floats(0.01, 0.99))
def test_quantiles_and_probabilities_are_inverse(mean, variance, share):
    at = quantile(share, mean=mean, variance=variance)
    if variance > 1:
        assert probability(at, mean=mean, variance=variance) == pytest.approx(share, abs=1e-4)
    if variance == 0:
        assert at == mean


def test_without_variance_the_chance_is_none_or_all():
    assert probability(10, mean=10, variance=0) == 1
    assert probability(9, mean=10, variance=0) == 0


def test_sampled_durations_have_the_mean_and_the_spread_of_the_estimate():
    found = report([task("a", (10, 20, 60))], simulate=True)
    mean, deviation = 25, math.sqrt(15 * 35 / 7)  # Beta-PERT: (mean - o)(p - mean) / 7
    assert found.simulation.p50_minutes == pytest.approx(mean, abs=2.5)
    assert found.simulation.p95_minutes == pytest.approx(mean + 1.8 * deviation, abs=1.5)

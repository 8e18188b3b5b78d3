"""What three-point estimates say about the finish: PERT, and a simulation of it.

PERT: Malcolm, Roseboom, Clark & Fazar 1959. Its probability is too hopeful where paths
merge, because only one of them is looked at; the simulation looks at all of them.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

from insights.analysis.events.calendars import TOLERANCE
from insights.analysis.events.network import Network, Work
from insights.schemas.tasks import Simulation, Task

_SEED = 1959
# As many samples as a network of some size leaves time for: (tasks up to, samples).
_SAMPLES = ((100, 2000), (500, 1000), (1000, 500), (5000, 200))
_FEWEST_SAMPLES = 100


def expect(task: Task) -> tuple[float, float]:
    """Give the mean duration (o + 4m + p) / 6 and its variance ((p - o) / 6)²."""
    low, likely, high = task.optimistic_minutes, task.likely_minutes, task.pessimistic_minutes
    if low is None or likely is None or high is None:
        return task.duration_minutes, 0.0
    return (low + 4 * likely + high) / 6, ((high - low) / 6) ** 2


def has_estimate(task: Task) -> bool:
    return task.pessimistic_minutes is not None


def probability(limit: float, *, mean: float, variance: float) -> float:
    """Give the chance that a normal variable stays within a limit; without variance 0 or 1."""
    if variance <= 0:
        return 1.0 if mean <= limit + TOLERANCE else 0.0
    return NormalDist(mean, math.sqrt(variance)).cdf(limit)


def quantile(share: float, *, mean: float, variance: float) -> float:
    return NormalDist(mean, math.sqrt(variance)).inv_cdf(share) if variance > 0 else mean


class Goal(NamedTuple):
    """The tasks that have to be finished by the deadline, and the deadline's position."""

    tasks: Sequence[int]
    deadline: float | None


def simulate(network: Network, work: Work, *, goal: Goal) -> Simulation | None:
    """Sample the durations of open tasks (Beta-PERT) and see which tasks decide how often.

    The lags in `network` are worked minutes. None when no task is open.
    """
    import numpy as np  # noqa: PLC0415 -- a tenth of a second that only simulations need

    open_tasks = [task for task in network.order if not work.done[task]]
    working = [task for task in open_tasks if network.tasks[task].status != "cancelled"]
    if not working:
        return None
    samples = next((count for most, count in _SAMPLES if len(working) <= most), _FEWEST_SAMPLES)
    duration = _sample_durations(network, work, working, samples)
    start = np.repeat(np.array(work.earliest)[:, None], samples, axis=1)
    finish = start + duration
    # Views of the rows, once: indexing an array costs as much as the sum that follows.
    starts, finishes, durations = list(start), list(finish), list(duration)
    for task in network.order:
        actual = work.begun[task]
        ends = np.add(starts[task], durations[task], out=finishes[task])
        begins = starts[task] if actual is None else actual
        for _, successor, from_start, to_finish, lag in network.links[task]:
            if work.done[successor]:
                continue
            bound = begins if from_start else ends
            if lag:
                bound = bound + lag
            if to_finish:
                bound = bound - durations[successor]
            np.maximum(starts[successor], bound, out=starts[successor])
    ends = finish[working].max(axis=0)
    late = _latest_starts(network, work, open_tasks, duration=duration, ends=ends)
    critical = (late[working] - start[working] <= TOLERANCE).mean(axis=1)
    middle, high, highest = np.quantile(ends, (0.5, 0.8, 0.95))
    chance = None
    if goal.deadline is not None and goal.tasks:
        in_time = finish[list(goal.tasks)].max(axis=0) <= goal.deadline + TOLERANCE
        chance = round(float(in_time.mean()), 4)
    shares = dict(zip(working, critical.tolist(), strict=True))
    return Simulation(
        samples=samples,
        probability_by_deadline=chance,
        p50_minutes=round(float(middle), 3),
        p80_minutes=round(float(high), 3),
        p95_minutes=round(float(highest), 3),
        criticality={network.tasks[task].id: round(shares[task], 4) for task in sorted(shares)},
    )


def _latest_starts(
    network: Network, work: Work, open_tasks: Sequence[int], *, duration: Any, ends: Any
) -> Any:
    import numpy as np  # noqa: PLC0415 -- as above

    late = ends[None, :] - duration
    rows, durations = list(late), list(duration)
    for task in reversed(open_tasks):
        if network.tasks[task].status == "cancelled":
            rows[task][:] = math.inf
        for _, successor, from_start, to_finish, lag in network.links[task]:
            if work.done[successor] or (from_start and work.begun[task] is not None):
                continue
            bound = rows[successor]
            if to_finish:
                bound = bound + durations[successor]
            if lag:
                bound = bound - lag
            if not from_start:
                bound = bound - durations[task]
            np.minimum(rows[task], bound, out=rows[task])
    return late


def _sample_durations(network: Network, work: Work, working: Sequence[int], samples: int) -> Any:
    """Sample from Beta(1 + 4(m - o)/(p - o), 1 + 4(p - m)/(p - o)) between o and p.

    What remains of a task in progress varies in proportion.
    """
    import numpy as np  # noqa: PLC0415 -- as above

    duration = np.repeat(np.array(work.duration)[:, None], samples, axis=1)
    low, likely, high, rows, left = [], [], [], [], []
    for task in sorted(working):
        row = network.tasks[task]
        mean, variance = expect(row)
        if variance > 0 and work.variance[task] > 0:
            low.append(row.optimistic_minutes)
            likely.append(row.likely_minutes)
            high.append(row.pessimistic_minutes)
            rows.append(task)
            left.append(work.duration[task] / mean)
    if rows:
        o, m, p, share = (np.array(values)[:, None] for values in (low, likely, high, left))
        alpha = 1 + 4 * (m - o) / (p - o)
        draws = np.random.default_rng(_SEED).beta(alpha, 6 - alpha, (len(rows), samples))
        duration[rows] = share * (o + (p - o) * draws)
    return duration

"""Networks that are worked through in print, to the digit; test_risk.py has those with a variance."""

from datetime import UTC, datetime

import pytest

from insights.analysis.events.critical_path import find_critical_path
from insights.schemas.tasks import Dependency, EventTimes, NetworkOptions, Task

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


def task(name, minutes, *after, estimates=(None, None, None)):
    low, likely, high = estimates
    return Task(
        id=name,
        duration_minutes=minutes,
        optimistic_minutes=low,
        likely_minutes=likely,
        pessimistic_minutes=high,
        depends_on=tuple(
            Dependency(task_id=link) if isinstance(link, str) else link for link in after
        ),
    )


def report(tasks):
    return find_critical_path(tasks, event=EventTimes(), options=NetworkOptions(), now=NOW)[0]


def floats(found):
    return {row.task_id: row.total_float_minutes for row in found.tasks if not row.is_critical}


def starts(found):
    return {row.task_id: row.early_start_minutes for row in found.tasks}


# Levy, Thompson & Wiest, The ABCs of the Critical Path Method, Harvard Business Review 41(5), 1963:
# building a house.
HOUSE = [
    task("a", 0),
    task("b", 4, "a"),
    task("c", 2, "b"),
    task("d", 4, "c"),
    task("e", 6, "d"),
    task("f", 1, "c"),
    task("g", 2, "f"),
    task("h", 3, "f"),
    task("i", 2, "d"),
    task("j", 4, "d", "g"),
    task("k", 10, "i", "j", "h"),
    task("l", 3, "k"),
    task("m", 1, "l"),
    task("n", 2, "l"),
    task("o", 3, "l"),
    task("p", 2, "e"),
    task("q", 1, "p"),
    task("r", 1, "c"),
    task("s", 2, "o", "t"),
    task("t", 3, "m", "n"),
    task("u", 1, "t"),
    task("v", 2, "q", "r"),
    task("w", 5, "v"),
    task("x", 0, "s", "u", "w"),
]

# Anderson, Sweeney & Williams, An Introduction to Management Science: Western Hills Shopping Center.
WESTERN_HILLS = [
    task("A", 5),
    task("B", 6),
    task("C", 4, "A"),
    task("D", 3, "A"),
    task("E", 1, "A"),
    task("F", 4, "E"),
    task("G", 14, "D", "F"),
    task("H", 12, "B", "C"),
    task("I", 2, "G", "H"),
]

# Wikipedia, Program evaluation and review technique. The means are printed with two digits.
PERT = {
    "a": ((2, 4, 6), 4, ()),
    "b": ((3, 5, 9), 5.33, ()),
    "c": ((4, 5, 7), 5.17, ("a",)),
    "d": ((4, 6, 10), 6.33, ("a",)),
    "e": ((4, 5, 7), 5.17, ("b", "c")),
    "f": ((3, 4, 8), 4.5, ("d",)),
    "g": ((3, 5, 8), 5.17, ("e",)),
}


def test_the_house_takes_34_days():
    found = report(HOUSE)
    assert found.project_duration_minutes == 34
    assert found.path == tuple("abcdjklnts")  # x is the finish itself and takes no time
    assert found.critical_task_ids == tuple("abcdjklnstx")


def test_western_hills_opens_after_26_weeks():
    found = report(WESTERN_HILLS)
    assert found.project_duration_minutes == 26
    assert found.path == tuple("AEFGI")
    assert floats(found) == {"B": 6, "C": 3, "D": 2, "H": 3}
    assert starts(found) == dict(zip("ABCDEFGHI", (0, 0, 5, 5, 5, 6, 10, 9, 24), strict=True))


def test_the_example_of_pert_takes_19_51_days_with_the_means_as_printed():
    found = report([task(name, mean, *after) for name, (_, mean, after) in PERT.items()])
    assert found.project_duration_minutes == 19.51
    assert found.path == tuple("aceg")
    assert floats(found) == {"b": 3.84, "d": 4.68, "f": 4.68}


def test_the_example_of_pert_takes_19_5_days_with_means_that_are_not_rounded():
    rows = [
        task(name, estimates[1], *after, estimates=estimates)
        for name, (estimates, _, after) in PERT.items()
    ]
    found = report(rows)
    assert found.pert.expected_minutes == 19.5
    means = {row.task_id: row.duration_minutes for row in found.tasks}
    assert means == pytest.approx({name: mean for name, (_, mean, _) in PERT.items()}, abs=0.005)


@pytest.mark.parametrize(("minutes", "duration"), [(4, 16), (8, 12), (10, 10)])
def test_a_task_that_takes_longer_can_shorten_the_plan(minutes, duration):
    """Wiest, Precedence Diagramming Method: Some Unusual Characteristics, 1981: reverse critical.

    The task has to finish when another has, and what follows it waits for its start alone.
    """
    rows = [
        task("before", 10),
        task("reverse", minutes, Dependency(task_id="before", type="FF")),
        task("after", 10, Dependency(task_id="reverse", type="SS")),
    ]
    found = report(rows)
    assert found.project_duration_minutes == duration
    assert set(found.critical_task_ids) >= {"before", "reverse", "after"}

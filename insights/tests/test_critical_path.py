from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionos.kit.wire import write_json
from insights.analysis.events.critical_path import find_critical_path
from insights.analysis.events.tasks import read_tasks
from insights.schemas.tasks import Dependency, EventTimes, NetworkOptions, Task, WorkCalendar
from insights.tests.test_network import plans
from insights.tests.test_tasks import ROWS

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)  # a Tuesday
OFFICE = WorkCalendar(
    work_days=frozenset({1, 2, 3, 4, 5}), start_time=time(9), end_time=time(17), zone=PARIS
)


def at(minutes):
    return NOW + timedelta(minutes=minutes)


def paris(day, hour, minute=0, month=3):
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def task(name, minutes=10, *after, **fields):
    return Task(
        id=name,
        duration_minutes=minutes,
        depends_on=tuple(
            Dependency(task_id=link) if isinstance(link, str) else link for link in after
        ),
        **fields,
    )


def link(name, kind="FS", lag=0):
    return Dependency(task_id=name, type=kind, lag_minutes=lag)


def analyse(*tasks, now=NOW, options=None, **event):
    return find_critical_path(
        tasks, event=EventTimes(**event), options=NetworkOptions(**(options or {})), now=now
    )


def report(*tasks, **settings):
    return analyse(*tasks, **settings)[0]


def row(found, name):
    return next(each for each in found.tasks if each.task_id == name)


def reasons(found):
    return [(blocker.task_id, blocker.reason) for blocker in found.blockers]


# The path


def test_the_path_is_one_driving_chain_though_two_are_critical():
    rows = [task("a1", 10), task("b1", 5), task("a2", 10, "a1"), task("b2", 15, "b1")]
    found = report(*rows)
    assert found.path == ("a1", "a2")
    assert found.critical_task_ids == ("a1", "b1", "a2", "b2")
    assert found.project_duration_minutes == 20
    assert found.parallelism == 2


def test_near_critical_tasks_have_a_tenth_of_the_duration_at_most():
    found = report(task("a", 100), task("near", 90), task("far", 89))
    assert (found.critical_task_ids, found.near_critical_task_ids) == (("a",), ("near",))


def test_rows_come_in_list_order_with_both_ends_and_floats():
    found = report(task("b", 5, "a"), task("a", 10), task("c", 20))
    assert [each.task_id for each in found.tasks] == ["b", "a", "c"]
    first = row(found, "a")
    assert (first.late_start_minutes, first.late_finish_minutes) == (5, 15)
    assert (first.total_float_minutes, first.free_float_minutes) == (5, 0)
    assert (first.early_finish_at, first.late_finish_at) == (at(10), at(15))
    last = row(found, "b")
    assert (last.free_float_minutes, last.driver.task_id, last.driver.type) == (5, "a", "FS")


@given(plans())
def test_the_path_is_connected_by_drivers_and_as_long_as_the_plan(tasks):
    found = report(*tasks, plan_start_at=NOW)
    rows = {each.task_id: each for each in found.tasks}
    assert rows[found.path[-1]].early_finish_minutes == found.project_duration_minutes
    assert rows[found.path[0]].driver is None
    assert rows[found.path[0]].early_start_minutes == 0
    for before, after in pairwise(found.path):
        driver = rows[after].driver
        assert driver.task_id == before
    assert set(found.path) <= set(found.critical_task_ids)


@given(plans(), st.randoms(use_true_random=False))
def test_the_order_of_the_list_changes_no_time(tasks, random):
    other = list(tasks)
    random.shuffle(other)
    first, second = report(*tasks), report(*other)
    assert {each.task_id: each.early_start_minutes for each in first.tasks} == {
        each.task_id: each.early_start_minutes for each in second.tasks
    }
    assert set(first.critical_task_ids) == set(second.critical_task_ids)
    assert first.project_duration_minutes == second.project_duration_minutes


def test_cancelled_tasks_leave_the_network_and_pass_the_order_on():
    rows = [task("a", 10), task("gone", 99, "a", status="cancelled"), task("b", 5, "gone")]
    found = report(*rows)
    assert [each.task_id for each in found.tasks] == ["a", "b"]
    assert row(found, "b").driver.task_id == "a"
    assert (found.path, found.project_duration_minutes) == (("a", "b"), 15)
    assert found.orphan_task_ids == ()


@given(st.floats(0, 525_600))
def test_minutes_come_with_three_decimals(minutes):
    [only] = report(task("a", minutes)).tasks
    assert only.early_finish_minutes == only.duration_minutes == round(minutes * 1000) / 1000


# Progress and now


def test_what_is_done_stands_where_it_was_and_is_never_critical():
    rows = [
        task("a", 60, status="done", actual_start_at=at(-90), actual_end_at=at(-20)),
        task("b", 30, link("a", "FS", 40)),
    ]
    found = report(*rows)
    assert found.plan_start_at == at(-90)
    assert row(found, "a").early_finish_at == at(-20)
    assert row(found, "b").early_start_at == at(20)
    assert (found.path, found.critical_task_ids) == (("b",), ("b",))
    assert not row(found, "a").is_critical


def test_what_is_done_was_done_before_now():
    found = report(task("a", 60, status="done", actual_end_at=at(500)), task("b", 5, "a"))
    assert row(found, "b").early_start_at == NOW


def test_what_is_in_progress_is_scheduled_with_what_remains():
    rows = [
        task("a", 100, status="in_progress", percent_complete=0.75, actual_start_at=at(-60)),
        task("b", 100, status="in_progress", remaining_minutes=40, actual_start_at=at(-60)),
        task("c", 5, link("a", "SS", 70)),
        task("d", 5, "a"),
    ]
    found = report(*rows)
    assert row(found, "a").early_finish_at == at(25)
    assert row(found, "b").early_finish_at == at(40)
    assert row(found, "c").early_start_at == at(10)  # counts from the actual start
    assert row(found, "d").early_start_at == at(25)


def test_what_waits_for_the_start_of_a_task_in_progress_leaves_it_its_float():
    begun = task("a", 10, status="in_progress", actual_start_at=at(-5))
    found = report(begun, task("b", 100, link("a", "SS")))
    assert row(found, "a").total_float_minutes == row(found, "a").free_float_minutes == 90


def test_nothing_that_has_not_begun_starts_in_the_past():
    found = report(task("a", 10), plan_start_at=at(-600))
    assert row(found, "a").early_start_minutes == 600
    assert row(found, "a").early_start_at == NOW
    found = report(task("a", 10), plan_start_at=at(600))
    assert row(found, "a").early_start_at == at(600)


def test_a_blocked_task_is_scheduled_as_if_released_now():
    found = report(task("a", 10, status="blocked", blocked_reason="No permit.", owner_id="x"))
    assert row(found, "a").early_start_at == NOW
    assert reasons(found) == [("a", "blocked")]
    assert found.blockers[0].message == "a is blocked: No permit."


def test_a_plan_with_all_done_is_complete_and_one_without_tasks_empty():
    done = task("a", status="done", actual_end_at=at(-5))
    found = report(done, deadline_at=at(60))
    assert (found.status, found.path, found.slack_minutes) == ("complete", (), 65)
    found = report(deadline_at=at(60))
    assert (found.status, found.tasks, found.project_finish_at) == ("empty", (), None)
    assert report(task("a", status="cancelled")).status == "empty"


# Dates


def test_dates_constrain():
    rows = [task("a", 10, not_before_at=at(50)), task("b", 10, must_start_at=at(100)), task("c", 5)]
    found = report(*rows)
    assert row(found, "a").early_start_at == at(50)
    assert row(found, "b").early_start_at == row(found, "b").late_start_at == at(100)
    assert found.path == ("b",)


def test_a_start_that_cannot_be_met_gives_negative_float_and_a_warning():
    found, cautions, _ = analyse(task("a", 60), task("b", 10, "a", must_start_at=at(40)))
    assert row(found, "b").early_start_at == at(60)
    assert [each.total_float_minutes for each in found.tasks] == [-20, -20]
    assert [each.code for each in cautions] == ["must_start_missed"]


@pytest.mark.parametrize(
    ("deadline", "status", "slack"),
    [
        (300, "on_track", 200),
        (110, "on_track", 10),
        (109, "tight", 9),
        (100, "tight", 0),
        (70, "late", -30),
    ],
)
def test_slack_is_what_the_deadline_leaves(deadline, status, slack):
    found = report(task("a", 100), deadline_at=at(deadline))
    assert (found.status, found.slack_minutes) == (status, slack)
    assert row(found, "a").total_float_minutes == 0


def test_floats_count_against_the_deadline_on_request():
    rows = [task("a", 60), task("b", 40, "a"), task("c", 70), task("d", 10, due_at=at(5))]
    settings = {"options": {"slack_mode": "deadline"}}
    found = report(*rows, deadline_at=at(120), **settings)
    assert [each.total_float_minutes for each in found.tasks] == [20, 20, 50, -5]
    assert found.critical_task_ids == ("d",)
    found = report(*rows[:3], deadline_at=at(60), **settings)
    assert [each.total_float_minutes for each in found.tasks] == [-40, -40, -10]
    assert found.critical_task_ids == ("a", "b")  # all late: the latest are critical


def test_the_doors_are_the_deadline_of_what_comes_before_them():
    rows = [task("set", 60, phase="setup"), task("strike", 600, "set", phase="teardown")]
    found, _, assumptions = analyse(*rows, doors_at=at(90), start_at=at(120))
    assert (found.deadline_at, found.slack_minutes, found.status) == (at(90), 30, "on_track")
    [assumption] = assumptions
    assert assumption.startswith("The deadline is the doors. Tasks of the phases show, teardown")
    found = report(*rows, deadline_at=at(90), doors_at=at(30))
    assert (found.deadline_at, found.slack_minutes) == (at(90), -570)


def test_a_missing_duration_is_an_assumption():
    tasks, _ = read_tasks([{"id": "a"}, {"id": "b"}], [], zone=PARIS, has_calendar=False)
    assert analyse(*tasks)[2] == ["2 tasks have no duration; an hour is assumed."]


# Calendars


def test_work_is_not_done_over_night_nor_over_the_weekend():
    now = paris(13, 16)  # a Friday, an hour before the end
    rows = [task("a", 120), task("b", 60, "a"), task("end", 0, "b")]
    found = report(*rows, calendar=OFFICE, now=now)
    assert row(found, "a").early_finish_at == paris(16, 10)
    assert row(found, "b").early_start_at == paris(16, 10)
    assert found.project_duration_minutes == 180
    assert found.project_finish_at == paris(16, 11)


def test_a_milestone_is_reached_when_the_work_before_it_ends():
    found = report(task("a", 60), task("end", 0, "a"), calendar=OFFICE, now=paris(13, 16))
    assert row(found, "end").early_finish_at == paris(13, 17)
    assert found.project_finish_at == paris(13, 17)


def test_a_milestone_that_waits_for_nothing_is_reached_at_night_too():
    found = report(task("gate", 0), calendar=OFFICE, now=paris(13, 20))
    assert row(found, "gate").early_finish_at == paris(13, 20)


def test_lags_pass_on_the_clock_unless_they_are_to_be_worked():
    rows = [task("a", 60), task("b", 60, link("a", "FS", 120))]
    now = paris(13, 16)
    assert row(report(*rows, calendar=OFFICE, now=now), "b").early_start_at == paris(16, 9)
    worked = report(*rows, calendar=OFFICE, now=now, options={"lag_calendar": "working"})
    assert row(worked, "b").early_start_at == paris(16, 11)


def test_the_simulation_takes_lags_as_they_fall():
    rows = [task("a", 60), task("b", 60, link("a", "FS", 66 * 60))]
    found, _, assumptions = analyse(
        *rows, calendar=OFFICE, now=paris(13, 16), options={"simulate": True}
    )
    assert found.simulation.p50_minutes == found.project_duration_minutes == 240
    assert assumptions == ["The simulation takes lags as they fall in the expected schedule."]


def test_days_with_a_change_of_the_clocks_start_on_time():
    found = report(task("a", 480), task("b", 60, "a"), calendar=OFFICE, now=paris(27, 9))
    assert row(found, "b").early_start_at == paris(30, 9)
    assert paris(30, 9).hour == paris(27, 9).hour - 1


@given(plans(most=5), st.integers(0, 20_000), st.sampled_from(["elapsed", "working"]))
def test_with_a_calendar_every_link_holds_on_the_clock(tasks, later, lags):
    longer = [
        Task(id=each.id, duration_minutes=each.duration_minutes * 20, depends_on=each.depends_on)
        for each in tasks
    ]
    found = report(*longer, calendar=OFFICE, now=at(later), options={"lag_calendar": lags})
    rows = {each.task_id: each for each in found.tasks}
    lengths = {each.id: each.duration_minutes for each in longer}
    for each in rows.values():
        assert each.total_float_minutes >= 0
        assert each.early_start_at <= each.early_finish_at <= found.project_finish_at
        assert each.late_finish_at >= each.early_finish_at
    for each in longer:
        for before in each.depends_on:
            if before.type == "FS" and before.lag_minutes >= 0 and lengths[before.task_id]:
                lag = timedelta(minutes=before.lag_minutes if lags == "elapsed" else 0)
                ready = rows[before.task_id].early_finish_at + lag
                if lengths[each.id]:
                    assert rows[each.id].early_start_at >= ready - timedelta(seconds=1)


# Cycles


def test_a_cycle_is_an_answer_and_the_rest_is_scheduled():
    rows = [
        task("a", 10, "c"),
        task("b", 10, "a"),
        task("c", 10, "b"),
        task("d", 5),
        task("e", 5, "d", "c"),
    ]
    found, _, assumptions = analyse(*rows)
    assert (found.valid, found.partial, found.status) == (False, True, "invalid")
    assert found.cycles == (("a", "b", "c"),)
    assert [each.task_id for each in found.tasks] == ["d", "e"]
    assert found.path == ("d", "e")
    assert assumptions == ["Tasks in a cycle are left out, and so are the links to and from them."]


# Blockers


def test_blockers_name_their_reason_and_what_waits():
    rows = [
        task("late", 10, due_at=at(-120), owner_id="x"),
        task("next", 10, "late", owner_id="x"),
        task("odd", 5, "nobody", owner_id="x"),
        task("early", 5, "late", status="in_progress", actual_start_at=at(-5), owner_id="x"),
        task("along", 5, link("early", "SS"), planned_start_at=at(-1), owner_id="x"),
        task("slow", 15, due_at=at(5), owner_id="x"),
        task("alone", 40),
    ]
    found = report(*rows)
    assert dict(reasons(found)) == {
        "late": "overdue",
        "odd": "missing_dependency",
        "early": "dependency_not_done",
        "slow": "late_against_deadline",
        "alone": "unassigned_critical",
    }
    late = next(blocker for blocker in found.blockers if blocker.task_id == "late")
    assert (late.downstream_count, late.delay_minutes) == (3, 130)
    assert late.message == "late was due 2 h ago. 3 tasks wait for it."
    scores = [blocker.severity_score for blocker in found.blockers]
    assert scores == sorted(scores, reverse=True)


def test_severity_of_an_overdue_critical_unassigned_task():
    found = report(task("a", 10, due_at=at(-1440)))
    severity = {blocker.reason: blocker.severity_score for blocker in found.blockers}
    # 1 - .5 x .6 x .7, and it is urgent
    assert severity == {"overdue": 79.0, "unassigned_critical": 79.0}


def test_what_ends_after_the_deadline_is_named():
    found = report(
        task("a", 100, owner_id="x"), task("b", 10, "a", owner_id="x"), deadline_at=at(60)
    )
    assert reasons(found) == [("b", "late_against_deadline")]
    assert found.blockers[0].message == "b will be done 50 min after the deadline."
    assert found.blockers[0].delay_minutes == 50


def test_the_worst_of_very_many_blockers_are_listed():
    found, cautions, _ = analyse(*(task(str(place), 5, status="blocked") for place in range(600)))
    assert len(found.blockers) == 500
    assert [each.code for each in cautions] == ["more_blockers"]


# Next actions


def test_next_actions_can_be_started_and_the_critical_ones_come_first():
    rows = [
        task("free", 10),
        task("before", 10, status="done", actual_end_at=at(-5)),
        task("long", 60, "before"),
        task("waiting", 10, "free"),
        task("running", 5, status="in_progress"),
        task("stuck", 5, status="blocked"),
        task("later", 5, not_before_at=at(10)),
        task("gate", 0),
        task("through", 5, "gate"),
    ]
    found = report(*rows)
    assert [each.task_id for each in found.next_actions] == ["long", "free", "gate"]
    assert found.next_actions[0].reason == "Critical: every delay moves the finish."
    assert found.next_actions[1].reason == "It can slip by 40 min; 1 task waits for it."
    many = report(*(task(str(place), 5) for place in range(9)))
    assert [each.task_id for each in many.next_actions] == ["0", "1", "2", "3", "4"]


# Whatever comes


@given(ROWS, ROWS, st.sampled_from([None, OFFICE]), st.sampled_from(["finish", "deadline"]))
def test_arbitrary_rows_always_give_an_answer_and_the_same_one(rows, dependencies, calendar, mode):
    tasks, _ = read_tasks(rows, dependencies, zone=PARIS, has_calendar=calendar is not None)
    settings = {
        "calendar": calendar,
        "deadline_at": at(600),
        "options": {"slack_mode": mode, "simulate": True},
    }
    first = write_json(analyse(*tasks, **settings))
    assert first == write_json(analyse(*tasks, **settings))


def test_a_plan_beyond_all_years_has_no_dates_there():
    rows = [task(str(place), 525_600, *([str(place - 1)] if place else [])) for place in range(400)]
    for calendar in (None, OFFICE):
        found, cautions, _ = analyse(*rows, calendar=calendar)
        assert found.project_finish_at is None
        assert found.project_duration_minutes == 400 * 525_600
        assert "beyond_calendar" in {each.code for each in cautions}
        assert write_json(found)

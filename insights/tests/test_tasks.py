from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analysis.events.tasks import read_network_options, read_tasks
from insights.schemas.tasks import Dependency, NetworkOptions, Task

PARIS = ZoneInfo("Europe/Paris")
UTC_ZONE = ZoneInfo("UTC")

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["2026-03-10", "t1SS+2h", "PT2H", "-4", "9999-12-31T23:59:59-12:00", "FS"])
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
FIELDS = [
    *("id", "taskId", "name", "title", "status", "durationMinutes", "durationHours", "duration"),
    *("durationDays", "optimisticMinutes", "likelyMinutes", "pessimisticMinutes", "dependsOn"),
    *("predecessors", "percentComplete", "remainingMinutes", "plannedStartAt", "endAt", "dueAt"),
    *("mustStartAt", "actualStartAt", "ownerId", "assigneeIds", "phase", "priority", "milestone"),
    *("from", "to", "type", "lagMinutes", "lag", "unheardOf"),
]
ROWS = st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=12) | JSON, max_size=8)


def read(*rows, dependencies=(), zone=UTC_ZONE, has_calendar=False):
    return read_tasks(rows, dependencies, zone=zone, has_calendar=has_calendar)


def only(row, **settings):
    [task], _ = read({"id": "a", **row}, **settings)
    return task


def links(*written, known=("t1", "t3", "task-03", "press")):
    rows = [{"id": name} for name in known]
    tasks, _ = read(*rows, {"id": "last", "dependsOn": list(written)})
    return [(link.task_id, link.type, link.lag_minutes) for link in tasks[-1].depends_on]


def codes(cautions):
    return [(caution.path, caution.code) for caution in cautions]


def test_a_well_formed_row_is_taken_as_it_is():
    row = {
        "id": "t1",
        "name": "Final fittings",
        "status": "in_progress",
        "durationMinutes": 480,
        "optimisticMinutes": 360,
        "likelyMinutes": 480,
        "pessimisticMinutes": 720,
        "dependsOn": ["t0", {"taskId": "t9", "type": "SS", "lagMinutes": -15}],
        "percentComplete": 0.25,
        "dueAt": "2026-03-10T10:00:00.750+01:00",
        "ownerId": "crew-ines",
        "phase": "pre_production",
        "extra": {"kept": "no error"},
    }
    [task], cautions = read(row)
    assert cautions == []
    assert (task.duration_minutes, task.pessimistic_minutes) == (480, 720)
    assert task.due_at == datetime(2026, 3, 10, 9, tzinfo=UTC)
    assert task.depends_on == (
        Dependency(task_id="t0"),
        Dependency(task_id="t9", type="SS", lag_minutes=-15),
    )


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("todo", "not_started"),
        ("To Do", "not_started"),
        ("open", "not_started"),
        ("pending", "not_started"),
        ("Ready", "ready"),
        ("doing", "in_progress"),
        ("inProgress", "in_progress"),
        ("started", "in_progress"),
        ("on-hold", "blocked"),
        ("complete", "done"),
        ("Completed", "done"),
        ("closed", "done"),
        ("canceled", "cancelled"),
    ],
)
def test_statuses_have_synonyms(written, status):
    [task], cautions = read({"id": "a", "status": written})
    assert (task.status, cautions) == (status, [])


def test_a_task_without_status_is_not_started_and_an_unknown_one_is_named():
    assert only({}).status == "not_started"
    [task], cautions = read({"id": "a", "status": "levitating"})
    assert task.status == "not_started"
    assert codes(cautions) == [("event.tasks[0].status", "unknown_value")]


@pytest.mark.parametrize(
    ("row", "minutes"),
    [
        ({"durationMinutes": 90}, 90),
        ({"durationMinutes": "90"}, 90),
        ({"duration_minutes": 90}, 90),
        ({"durationHours": 1.5}, 90),
        ({"durationHours": "1.5"}, 90),
        ({"durationDays": 2}, 2880),
        ({"duration": "PT1H30M"}, 90),
        ({"duration": "pt90m"}, 90),
        ({"duration": "1h 30m"}, 90),
        ({"duration": "1.5 hours"}, 90),
        ({"duration": "P1DT2H"}, 1560),
        ({"durationHours": "PT2H"}, 120),
        ({"duration": 45}, 45),
        ({"startAt": "2026-03-10T09:00:00Z", "endAt": "2026-03-10T11:30:00Z"}, 150),
        ({"isMilestone": True}, 0),
        ({"durationMinutes": -5}, 0),
        ({"durationMinutes": 1e12}, 525_600),
        ({"likelyMinutes": 70}, 70),
    ],
)
def test_durations_come_in_many_units(row, minutes):
    assert only(row).duration_minutes == pytest.approx(minutes)
    assert not only(row).duration_assumed


@pytest.mark.parametrize("row", [{}, {"duration": "a while"}, {"durationMinutes": "P1M"}])
def test_a_duration_nobody_gave_is_an_hour_and_marked(row):
    assert (only(row).duration_minutes, only(row).duration_assumed) == (60, True)


def test_with_a_calendar_a_day_has_eight_hours():
    assert only({"durationDays": 2}, has_calendar=True).duration_minutes == 960
    assert only({"duration": "P1D"}, has_calendar=True).duration_minutes == 480
    assert only({"duration": "1w"}, has_calendar=True).duration_minutes == 2400
    span = {"startAt": "2026-03-10T09:00:00Z", "endAt": "2026-03-11T17:00:00Z"}
    assert only(span, has_calendar=True).duration_minutes == 960


def test_estimates_are_put_in_order_and_incomplete_ones_dropped():
    row = {"id": "a", "optimisticMinutes": 9, "likelyMinutes": 6, "pessimisticMinutes": 3}
    [task], cautions = read(row)
    assert (task.optimistic_minutes, task.likely_minutes, task.pessimistic_minutes) == (3, 6, 9)
    assert codes(cautions) == [("event.tasks[0]", "unordered_estimate")]
    [task], cautions = read(
        {"id": "a", "durationMinutes": 5, "pessimisticMinutes": 3, "likelyMinutes": 4}
    )
    assert (task.duration_minutes, task.pessimistic_minutes) == (5, None)
    assert codes(cautions) == [("event.tasks[0]", "incomplete_estimate")]
    assert (
        only({"durationMinutes": 5, "optimisticMinutes": 3, "pessimisticMinutes": 8}).likely_minutes
        == 5
    )


@pytest.mark.parametrize(
    ("written", "share"), [(0.4, 0.4), (1, 1), (40, 0.4), ("70", 0.7), (150, 1)]
)
def test_progress_above_one_is_percent(written, share):
    assert only({"percentComplete": written}).percent_complete == pytest.approx(share)


def test_links_are_ids_objects_or_text():
    assert links("t3", " t3 ") == [("t3", "FS", 0), ("t3", "FS", 0)]
    assert links(3, known=("3",)) == [("3", "FS", 0)]
    assert links({"id": "t3", "type": "start-to-start", "lag": "2h"}) == [("t3", "SS", 120)]
    assert links({"from": "t3", "type": "ff", "lagHours": -1}) == [("t3", "FF", -60)]
    assert links("t3SS+2h", "t3FS-30m") == [("t3", "SS", 120), ("t3", "FS", -30)]
    assert links("t3 sf + 1d", "t3+15", "t3FF") == [
        ("t3", "SF", 1440),
        ("t3", "FS", 15),
        ("t3", "FF", 0),
    ]
    assert links("task-03SS+2h", "task-03", "task-03-30m") == [
        ("task-03", "SS", 120),
        ("task-03", "FS", 0),
        ("task-03", "FS", -30),
    ]


def test_lags_stay_within_a_year():
    assert links({"id": "t3", "lagMinutes": -(10**400)}) == [("t3", "FS", -525_600)]
    assert links({"id": "t3", "lagDays": 9999}, {"id": "t3", "lag": True}) == [
        ("t3", "FS", 525_600),
        ("t3", "FS", 0),
    ]


def test_an_endless_text_is_an_id():
    written = "t3" + " " * 100_000 + "S"
    assert links(written) == [(written, "FS", 0)]


def test_a_task_called_like_a_link_is_that_task():
    assert links("press") == [("press", "FS", 0)]
    assert links("press", known=("pre",)) == [("pre", "SS", 0)]
    assert links("express", "t9SS+1h", known=("a",)) == [("express", "FS", 0), ("t9", "SS", 60)]


def test_one_text_may_hold_several_links():
    tasks, cautions = read({"id": "a"}, {"id": "b"}, {"id": "c", "predecessors": "a, bSS+1h"})
    assert tasks[2].depends_on == (
        Dependency(task_id="a"),
        Dependency(task_id="b", type="SS", lag_minutes=60),
    )
    assert cautions == []


def test_links_given_apart_join_those_of_the_task():
    tasks, cautions = read(
        {"id": "a"},
        {"id": "b", "dependsOn": ["a"]},
        dependencies=[
            {"from": "a", "to": "b", "type": "SS", "lagMinutes": 5},
            {"source": "a", "target": "b", "type": "Finish to Finish", "lag": "-1h"},
            {"from": "a", "to": "nobody"},
            {"from": "a"},
            7,
        ],
    )
    assert [(link.type, link.lag_minutes) for link in tasks[1].depends_on] == [
        ("FS", 0),
        ("SS", 5),
        ("FF", -60),
    ]
    assert codes(cautions) == [
        ("event.dependencies[2]", "unknown_task"),
        ("event.dependencies[3]", "no_identity"),
        ("event.dependencies[4]", "not_an_object"),
    ]


def test_a_bad_link_leaves_the_others():
    [task], cautions = read(
        {"id": "a", "dependsOn": ["b", None, {"type": "FS"}, {"id": "c", "type": "XX"}]}
    )
    assert [link.task_id for link in task.depends_on] == ["b", "c"]
    assert codes(cautions) == [("event.tasks[0].dependsOn", "bad_dependency")]


def test_the_last_of_two_rows_with_one_id_counts_in_the_place_of_the_first():
    tasks, cautions = read({"id": "a", "name": "old"}, {"id": "b"}, {"id": "a", "name": "new"})
    assert [(task.id, task.name) for task in tasks] == [("a", "new"), ("b", None)]
    assert codes(cautions) == [("event.tasks[2].id", "duplicate_id")]


def test_rows_without_identity_are_left_out_and_named():
    tasks, cautions = read({"name": "nameless"}, [], {"taskId": 7})
    assert [task.id for task in tasks] == ["7"]
    assert codes(cautions) == [
        ("event.tasks[0]", "no_identity"),
        ("event.tasks[1]", "not_an_object"),
    ]


def test_a_due_date_is_the_end_of_its_day_where_the_event_is():
    task = only({"dueDate": "2026-07-10", "startAt": "2026-07-10T09:00"}, zone=PARIS)
    assert task.due_at == datetime(2026, 7, 10, 21, 59, 59, tzinfo=UTC)
    assert task.planned_start_at == datetime(2026, 7, 10, 7, tzinfo=UTC)


def test_the_shape_of_the_chat_context_is_read():
    task = only(
        {
            "title": "Casting",
            "status": "todo",
            "ownerName": "Ben",
            "durationHours": 2,
            "role": "producer",
        }
    )
    assert (task.label, task.is_assigned, task.duration_minutes) == ("Casting", True, 120)


def test_options_are_read_leniently():
    options, cautions = read_network_options(
        {"slackMode": "Deadline", "lag_calendar": "working", "simulate": "yes"}, zone=UTC_ZONE
    )
    assert options == NetworkOptions(slack_mode="deadline", lag_calendar="working", simulate=True)
    assert cautions == []
    assert read_network_options(None, zone=UTC_ZONE) == (NetworkOptions(), [])
    options, cautions = read_network_options([], zone=UTC_ZONE)
    assert (options, codes(cautions)) == (NetworkOptions(), [("options", "not_an_object")])


@given(ROWS, ROWS, st.booleans())
def test_arbitrary_rows_never_raise(rows, dependencies, has_calendar):
    tasks, _ = read(*rows, dependencies=dependencies, has_calendar=has_calendar)
    assert all(isinstance(task, Task) for task in tasks)
    assert len({task.id for task in tasks}) == len(tasks)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=12))
def test_both_ways_of_reading_agree(row):
    """An alias sends a row the slow way, which must not change what is read."""
    named = {key: value for key, value in row.items() if key not in {"name", "title"}}
    assert read({**named, "id": "a", "name": "n"})[0] == read({**named, "id": "a", "title": "n"})[0]

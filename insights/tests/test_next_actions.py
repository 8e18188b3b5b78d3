import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionos.kit.wire import write_json
from insights.analysis.logistics import analyse
from insights.analysis.recommendations.candidates import (
    from_events,
    from_logistics,
    from_media,
    from_plan,
)
from insights.analysis.recommendations.next_actions import (
    Candidate,
    mark,
    recommend_next_actions,
    score_action,
)
from insights.schemas.events import EventAnalysis, StaffingGap
from insights.schemas.logistics import (
    Blocker,
    Contributions,
    LogisticsAnalysis,
    LogisticsOptions,
    Sample,
    SuggestedAction,
)
from insights.schemas.media import MediaAnalysis, MissingShot
from insights.schemas.tasks import CriticalPathReport, NextAction, TaskBlocker, TaskSchedule

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)

instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- hypothesis wants naive bounds
near = st.integers(-100, 100).map(lambda hours: NOW + timedelta(hours=hours))
candidates = st.builds(
    Candidate,
    kind=st.sampled_from(["sample", "task", "shift", "shot", "review", "plan"]),
    id=st.sampled_from("abcdef"),
    title=st.text(max_size=120),
    target=st.just("/tasks"),
    severity=st.floats(-10, 200, allow_nan=False),
    on_critical_path=st.booleans(),
    needed_at=st.none() | near | instants,
    unblocks=st.integers(-2, 40),
    done=st.booleans(),
    dismissed_at=st.none() | near,
)


def candidate(**fields):
    return Candidate(**{"kind": "task", "id": "t", "title": "T", "target": "/tasks/t", **fields})


def hours(number):
    return NOW + timedelta(hours=number)


def recommend(*found, limit=5, kit_order=()):
    return recommend_next_actions(found, now=NOW, limit=limit, kit_order=kit_order)


@pytest.mark.parametrize(
    ("fields", "score"),
    [
        ({}, 0),
        ({"severity": 100}, 60),
        ({"severity": 81.4}, 48.8),
        ({"on_critical_path": True}, 40),
        ({"needed_at": hours(72)}, 0),
        ({"needed_at": hours(36)}, 20),
        ({"needed_at": hours(0)}, 40),
        ({"needed_at": hours(-500)}, 40),
        ({"unblocks": 5}, 15),
        ({"unblocks": 500}, 30),
        # 1 - .4 * .6 * .8 * .85 = .8368
        (
            {"severity": 100, "on_critical_path": True, "needed_at": hours(36), "unblocks": 5},
            83.7,
        ),
        ({"severity": 100, "dismissed_at": hours(-1)}, 12),
        ({"severity": 100, "dismissed_at": hours(-24)}, 60),
        ({"severity": 100, "dismissed_at": hours(1)}, 60),
    ],
)
def test_worked_scores(fields, score):
    assert score_action(candidate(**fields), NOW) == score


def test_a_worked_example():
    [found] = recommend(
        candidate(severity=100, on_critical_path=True, needed_at=hours(36), unblocks=5)
    )
    # in proportion to -ln(.4), -ln(.6), -ln(.8) and -ln(.85)
    assert found.contributions == {
        "severity": 42.3,
        "critical": 23.6,
        "urgency": 10.3,
        "unblocks": 7.5,
    }
    assert found.rationale == "Severity 100 of 100, on the critical path, needed in 36 hours."
    assert found.action == "/tasks/t"
    assert found.item == {
        "id": "t",
        "type": "task",
        "title": "T",
        "severity": 100.0,
        "onCriticalPath": True,
        "neededAt": hours(36),
        "hoursUntilNeeded": 36.0,
        "unblocks": 5,
    }


@pytest.mark.parametrize(
    ("needed_at", "words"),
    [
        (hours(1), "Needed in 1 hour."),
        (hours(0), "Needed now."),
        (hours(-1.5), "Needed 1.5 hours ago."),
    ],
)
def test_when_it_is_needed_is_told(needed_at, words):
    assert recommend(candidate(needed_at=needed_at))[0].rationale == words


def test_what_was_put_off_falls_back_and_says_so():
    first, second = recommend(
        candidate(id="a", severity=90, dismissed_at=hours(-2)), candidate(id="b", severity=40)
    )
    assert (first.item["id"], second.item["id"]) == ("b", "a")
    assert second.caveats == ("you put it off within the last day",)
    assert second.rationale == "Severity 90 of 100. You put it off within the last day."


def test_what_is_done_never_comes_back():
    marked = mark(
        [candidate(id="a"), candidate(id="b"), candidate(id="c", done=True)],
        done={"task:a"},
        dismissed={"task:b": hours(-1)},
    )
    assert [item.done for item in marked] == [True, False, True]
    assert marked[1].dismissed_at == hours(-1)
    assert [item.item["id"] for item in recommend(*marked)] == ["b"]


def test_of_one_thing_named_twice_the_worse_news_counts():
    [found] = recommend(candidate(severity=20), candidate(severity=70), candidate(severity=50))
    assert found.score == 42


def test_ties_follow_the_order_of_kits_then_the_order_given():
    alike = [
        candidate(kind="task", id="1", severity=50),
        candidate(kind="shot", id="2", severity=50),
        candidate(kind="sample", id="3", severity=50),
    ]
    assert [item.item["id"] for item in recommend(*alike)] == ["1", "2", "3"]
    in_order = recommend(*alike, kit_order=("logistics", "media"))
    assert [item.item["id"] for item in in_order] == ["3", "2", "1"]


# What the other analyses leave to be done

SCHEDULE = TaskSchedule(
    task_id="t1",
    name="Stage build",
    status="blocked",
    duration_minutes=60,
    early_start_minutes=0,
    early_finish_minutes=60,
    late_start_minutes=0,
    late_finish_minutes=60,
    total_float_minutes=0,
    free_float_minutes=0,
    is_critical=True,
    early_start_at=hours(1),
    early_finish_at=hours(2),
    late_start_at=hours(3),
    late_finish_at=hours(4),
    slip_minutes=0,
    driver=None,
)
REPORT = CriticalPathReport(
    valid=True,
    partial=False,
    cycles=(),
    status="on_track",
    project_duration_minutes=60,
    plan_start_at=NOW,
    project_start_at=NOW,
    project_finish_at=hours(4),
    deadline_at=None,
    slack_minutes=None,
    path=("t1",),
    critical_task_ids=("t1",),
    near_critical_task_ids=(),
    tasks=(
        SCHEDULE,
        TaskSchedule(
            **{
                **{name: getattr(SCHEDULE, name) for name in SCHEDULE.__struct_fields__},
                "task_id": "t2",
                "name": None,
                "is_critical": False,
                "late_start_at": None,
            }
        ),
    ),
    blockers=(
        TaskBlocker(
            task_id="t1",
            reason="blocked",
            downstream_count=4,
            delay_minutes=0,
            severity_score=61.5,
            message="",
        ),
        TaskBlocker(
            task_id="gone",
            reason="missing_dependency",
            downstream_count=0,
            delay_minutes=0,
            severity_score=10,
            message="",
        ),
    ),
    parallelism=1,
    orphan_task_ids=(),
    pert=None,
    simulation=None,
    next_actions=(
        NextAction(task_id="t1", label="Start Stage build", reason=""),
        NextAction(task_id="t2", label="Start t2", reason=""),
    ),
)
GAP = StaffingGap(
    shift_id="s/1",
    role="lead_dresser",
    start_at=hours(20),
    end_at=hours(28),
    phase="show",
    required=3,
    assigned=1,
    valid_assigned=1,
    gap=2,
    surplus=0,
    severity="high",
    severity_score=58.0,
    conflicts=(),
    suggestions=(),
    coverage=(),
)
SHOT = MissingShot(
    shot_id="sh1",
    name="Gown, back",
    sku=None,
    look_id=None,
    angle="back",
    color=None,
    priority="high",
    is_hero=True,
    required=True,
    quantity_required=1,
    quantity_captured=0,
    quantity_missing=1,
    reason="not_captured",
    severity="high",
    severity_score=66.0,
    nearest=(),
    sample_status=None,
    can_shoot_now=None,
    suggested_action="reshoot",
    message="",
)
BLOCKER = Blocker(
    sample_id="é 1",
    sku=None,
    name="Ivory gown",
    category="dress",
    status="delayed",
    is_hero=True,
    reason="delayed",
    severity_score=81.4,
    severity="critical",
    contributions=Contributions(hero=0, lateness=0, status=0, downstream=0),
    hours_late=24,
    hours_until_needed=0,
    needed_at=hours(5),
    expected_at=None,
    eta_assumed=True,
    affected_look_ids=("1",),
    affected_shot_ids=(),
    affected_count=3,
    substitutes=(),
    suggested_actions=(SuggestedAction(action="chase_supplier", label="Chase Brissonne"),),
    rationale="",
)


def test_blocked_and_startable_tasks():
    blocked, gone, startable = from_events(EventAnalysis(critical_path=REPORT))
    assert blocked == Candidate(
        kind="task",
        id="t1",
        title="Unblock Stage build",
        target="/tasks/t1",
        severity=61.5,
        on_critical_path=True,
        needed_at=hours(3),
        unblocks=4,
    )
    assert (gone.title, gone.on_critical_path) == ("Mend the links of gone", False)
    assert (startable.title, startable.severity) == ("Start t2", 0)


def test_unfilled_shifts():
    [found] = from_events(EventAnalysis(staffing=(GAP,)))
    assert (found.title, found.target) == ("Find 2 more for lead dresser", "/staffing/s%2F1")
    assert (found.severity, found.needed_at) == (58, hours(20))
    filled = StaffingGap(
        **{**{name: getattr(GAP, name) for name in GAP.__struct_fields__}, "gap": 0}
    )
    assert from_events(EventAnalysis(staffing=(filled,))) == []


def test_missing_shots_and_images_to_review():
    shot, review = from_media(MediaAnalysis(missing_shots=(SHOT,)), unreviewed=12)
    assert (shot.title, shot.target, shot.severity) == (
        "Reshoot Gown, back",
        "/shot-list/sh1",
        66,
    )
    assert (review.title, review.target) == ("Review 12 images", "/gallery")
    assert from_media(MediaAnalysis()) == []


def test_samples_that_endanger_the_shoot():
    [found] = from_logistics(LogisticsAnalysis(blockers=(BLOCKER,)))
    assert found == Candidate(
        kind="sample",
        id="é 1",
        title="Chase Brissonne",
        target="/samples/%C3%A9%201",
        severity=81.4,
        needed_at=hours(5),
        unblocks=3,
    )


def test_the_stage_where_most_samples_wait():
    samples = [Sample(id=str(at), status="received") for at in range(3)]
    samples.append(Sample(id="x", status="shot"))
    options = LogisticsOptions()
    analysis = analyse(samples, parts={"readiness"}, options=options, now=NOW)
    [found] = from_logistics(analysis)
    assert (found.key, found.title) == (
        "plan:samples-received",
        "Move on what is received: 3 samples",
    )
    assert found.severity == 75


def test_empty_parts_of_the_plan():
    found = from_plan({"samples": False, "tasks": True, "shots": False})
    assert [(item.id, item.target) for item in found] == [
        ("samples", "/samples"),
        ("shots", "/shot-list"),
    ]


def test_what_somebody_shows_is_not_missing_and_who_stores_nothing_misses_nothing():
    begun = {"samples": False, "tasks": True, "shots": False}
    assert [item.id for item in from_plan(begun, shown=["samples"])] == ["shots"]
    assert from_plan(dict.fromkeys(begun, False), shown=["samples"]) == []
    assert len(from_plan(dict.fromkeys(begun, False))) == 3


# Whatever comes


@given(st.lists(candidates, max_size=12), st.integers(3, 5))
def test_scores_are_bounded_sums_in_order_and_nothing_done_is_shown(found, limit):
    answer = recommend(*found, limit=limit)
    open_keys = {item.key for item in found if not item.done}
    assert len(answer) == min(limit, len(open_keys))
    scores = [item.score for item in answer]
    assert scores == sorted(scores, reverse=True)
    for item in answer:
        assert 0 <= item.score <= 100
        assert round(sum(item.contributions.values()), 1) == item.score
        assert f"{item.item['type']}:{item.item['id']}" in open_keys
    assert write_json(answer) == write_json(recommend(*found, limit=limit))


@given(candidates)
def test_no_factor_lowers_the_score(item):
    score = score_action(item, NOW)
    assert score_action(replace(item, severity=item.severity + 10), NOW) >= score
    assert score_action(replace(item, on_critical_path=True), NOW) >= score
    assert score_action(replace(item, unblocks=item.unblocks + 1), NOW) >= score
    assert score_action(replace(item, needed_at=NOW), NOW) >= score
    assert score_action(replace(item, dismissed_at=None), NOW) >= score


@given(candidates.map(lambda item: replace(item, done=False, title="")))
def test_every_number_told_stands_in_what_is_emitted(item):
    [found] = recommend(item)
    known = {abs(value) for value in found.item.values() if isinstance(value, int | float)}
    told = re.sub(r" of 100", "", found.rationale)
    assert {float(number) for number in re.findall(r"\d+(?:\.\d+)?", told)} <= known

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analysis.logistics.blockers import detect_blockers, score_severity
from insights.schemas.logistics import LogisticsOptions, Sample

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
REASONS = [
    *("lost", "damaged", "customs_hold", "delayed", "overdue", "missing_from_send_out"),
    *("eta_after_need", "no_eta"),
]


def hours(number):
    return NOW + timedelta(hours=number)


def sample(status="in_transit", **fields):
    return Sample(**{"id": "s", "status": status, **fields})


def detect(*samples, **options):
    return detect_blockers(samples, options=LogisticsOptions(**options), now=NOW)


def only(*samples, **options):
    blockers, watchlist = detect(*samples, **options)
    [found] = [*blockers, *watchlist]
    return found


def severity(reason="delayed", *, is_hero=False, hours_late=0.0, affected=0, replaced=False):
    return score_severity(
        reason, is_hero=is_hero, hours_late=hours_late, affected=affected, replaced=replaced
    )[0]


@pytest.mark.parametrize(
    ("piece", "score", "level"),
    [
        (sample("delayed", is_hero=True), 58.8, "high"),
        (
            sample(
                "delayed",
                is_hero=True,
                expected_at=hours(24),
                needed_at=hours(0),
                prep_minutes=0,
            ),
            81.4,
            "critical",
        ),
        (sample("lost", is_hero=True), 78.0, "critical"),
        (sample("delayed"), 25.0, "medium"),
    ],
)
def test_published_severities(piece, score, level):
    found = only(piece)
    assert (found.severity_score, found.severity) == (score, level)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "lost"}, "lost"),
        ({"status": "damaged"}, "damaged"),
        ({"status": "delayed"}, "delayed"),
        ({"customs_status": "held"}, "customs_hold"),
        ({"status": "delayed", "customs_status": "held"}, "customs_hold"),
        ({"expected_at": hours(-1)}, "overdue"),
        ({"status": "awaiting", "expected_at": hours(-1)}, "overdue"),
        ({"expected_at": hours(5), "needed_at": hours(5)}, "eta_after_need"),
        ({"expected_at": hours(5), "needed_at": hours(5), "prep_minutes": 0}, None),
        ({"needed_at": hours(23)}, "no_eta"),
        ({"needed_at": hours(25)}, None),
        ({}, None),
        ({"status": "unknown", "needed_at": hours(1)}, "no_eta"),
        ({"status": "unknown", "needed_at": hours(1), "received_at": hours(-5)}, None),
        ({"status": "received", "customs_status": "held", "needed_at": hours(-5)}, None),
        ({"status": "on_set", "expected_at": hours(-5)}, None),
        ({"status": "shot"}, None),
        ({"status": "returned"}, None),
        ({"status": "cancelled", "is_hero": True}, None),
    ],
)
def test_what_is_at_risk_and_why(fields, reason):
    blockers, watchlist = detect(sample(**fields))
    assert [found.reason for found in (*blockers, *watchlist)] == ([reason] if reason else [])


def test_a_piece_left_behind_by_its_send_out_is_missing_from_it():
    late = sample(expected_at=hours(-1), tracking_number="TN1")
    arrived = sample("received", id="other", tracking_number="TN1")
    assert only(late, arrived).reason == "missing_from_send_out"
    assert only(late).reason == "overdue"


def test_heroes_and_critical_ones_block_the_others_are_watched():
    blockers, watchlist = detect(
        sample("delayed", id="plain"),
        sample("delayed", id="hero", is_hero=True),
        sample("lost", id="late", expected_at=hours(48), needed_at=hours(1)),
    )
    assert [found.sample_id for found in blockers] == ["late", "hero"]
    assert [found.sample_id for found in watchlist] == ["plain"]


def test_ties_go_to_heroes_then_need_then_id():
    blockers, watchlist = detect(
        sample("delayed", id="c"),
        sample("delayed", id="b"),
        sample("delayed", id="a", needed_at=hours(300)),
        sample("delayed", id="d", needed_at=hours(200)),
    )
    assert blockers == ()
    assert [found.sample_id for found in watchlist] == ["d", "a", "b", "c"]


def test_the_need_falls_back_to_the_shoot_and_then_to_the_look():
    plain = sample("delayed", look_ids=("x", "y"))
    needy = [
        sample("shot", id="1", look_ids=("x",), needed_at=hours(9)),
        sample("shot", id="2", look_ids=("x", "y"), needed_at=hours(7)),
    ]
    assert only(plain, *needy).needed_at == hours(7)
    assert only(plain, *needy, shoot_at=hours(3)).needed_at == hours(3)
    assert only(sample("delayed", needed_at=hours(1)), shoot_at=hours(3)).needed_at == hours(1)
    assert only(plain).needed_at is None


def test_hours_count_against_the_need():
    found = only(sample("delayed", expected_at=hours(4), needed_at=hours(2), prep_minutes=30))
    assert (found.hours_late, found.hours_until_needed) == (2.5, 2.0)
    past = only(sample(expected_at=hours(-40), needed_at=hours(-10), prep_minutes=0))
    assert (past.hours_late, past.hours_until_needed) == (10.0, -10.0)
    undated = only(sample("delayed"))
    assert (undated.hours_late, undated.hours_until_needed) == (None, None)


def test_a_missing_eta_is_assumed_a_day_from_now():
    found = only(sample(needed_at=hours(1), prep_minutes=60))
    assert (found.expected_at, found.eta_assumed, found.hours_late) == (hours(24), True, 24.0)
    assert not only(sample(expected_at=hours(-1))).eta_assumed


def test_what_depends_on_it_is_counted_once():
    found = only(sample("lost", look_ids=("a", "b", "a"), shot_ids=("a",), task_ids=("t", "t")))
    assert found.affected_look_ids == ("a", "b")
    assert found.affected_shot_ids == ("a",)
    assert found.affected_count == 4


def test_a_ready_substitute_relieves():
    piece = sample("lost", look_ids=("a", "b"), substitute_ids=("s", "x", "y", "nobody", "x"))
    waiting, ready = sample("awaiting", id="x"), sample("on_set", id="y")
    found = only(piece, waiting, ready)
    assert [(other.sample_id, other.ready) for other in found.substitutes] == [
        ("y", True),
        ("x", False),
    ]
    assert found.severity_score == 36.0
    assert (found.affected_count, found.affected_look_ids) == (0, ())
    assert found.suggested_actions[0].action == "use_substitute"
    assert found.suggested_actions[0].target == "y"
    assert only(piece, waiting).severity_score == 64.8


def test_answers_stay_short_whatever_the_rows_repeat():
    others = [sample("shot" if n == 50 else "awaiting", id=f"s{n}") for n in range(60)]
    names = tuple(other.id for other in others)
    found = only(sample("lost", name="x" * 10_000, substitute_ids=names), *others)
    assert len(found.substitutes) == 10
    assert found.substitutes[0].sample_id == "s50"
    assert len(found.rationale) < 200
    assert all(len(action.label) < 200 for action in found.suggested_actions)


@pytest.mark.parametrize(
    ("fields", "actions"),
    [
        ({"status": "lost", "look_ids": ("a",)}, ["file_loss", "release_look"]),
        ({"status": "damaged"}, ["repair"]),
        (
            {"expected_at": hours(5), "needed_at": hours(2)},
            ["rush_courier", "move_to_end_of_day"],
        ),
        ({"status": "delayed", "needed_at": hours(2)}, ["chase_supplier", "reschedule_shot"]),
        ({"customs_status": "held"}, ["chase_supplier"]),
    ],
)
def test_each_reason_has_its_actions(fields, actions):
    assert [action.action for action in only(sample(**fields)).suggested_actions] == actions


def test_the_rationale_is_one_sentence_of_the_two_largest_parts():
    found = only(
        sample(
            "delayed",
            name="Ivory gown",
            is_hero=True,
            expected_at=hours(24),
            needed_at=hours(0),
            prep_minutes=0,
        )
    )
    assert found.rationale == "Ivory gown is 24 h late and a hero piece."
    assert only(sample("lost", id="x", sku="SKU1")).rationale == "SKU1 is lost."
    one = only(sample("delayed", shot_ids=("s",)))
    assert one.rationale == "s is delayed and needed by 1 look, shot or task."


CASES = {
    "reason": st.sampled_from(REASONS),
    "is_hero": st.booleans(),
    "hours_late": st.floats(0, 1e9),
    "affected": st.integers(0, 50),
    "replaced": st.booleans(),
}


@given(**CASES)
def test_contributions_sum_to_the_score_exactly_in_tenths(**case):
    score, parts = score_severity(**case)
    tenths = [
        round(part * 10) for part in (parts.hero, parts.lateness, parts.status, parts.downstream)
    ]
    assert sum(tenths) == round(score * 10)
    assert 0 < score <= 100
    assert min(tenths) >= 0
    assert (parts.hero == 0) == (not case["is_hero"])


@given(**CASES, more_hours=st.floats(0, 100), more_affected=st.integers(0, 10))
def test_no_factor_lowers_the_score(more_hours, more_affected, **case):
    def score(**change):
        return score_severity(**(case | change))[0]

    assert score(is_hero=True) >= score(is_hero=False)
    assert score(hours_late=case["hours_late"] + more_hours) >= score()
    assert score(affected=case["affected"] + more_affected) >= score()
    assert score(replaced=True) <= score(replaced=False)
    assert score(reason="lost") >= score()


@pytest.mark.parametrize("reason", REASONS)
def test_a_status_alone_never_exceeds_60(reason):
    assert severity(reason) <= 60.0


def test_lateness_and_dependants_saturate():
    assert severity(hours_late=24.0) == severity(hours_late=1e9)
    assert severity(affected=5) == severity(affected=500)

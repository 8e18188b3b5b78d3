import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analysis.logistics.timeline import Calendar, Piece, Studio, follow, lay_out
from insights.schemas.logistics import Break, LogisticsOptions

NOW = datetime(2026, 3, 10, 7, tzinfo=UTC)
NINE = datetime(2026, 3, 10, 9, tzinfo=UTC)


def at(hour, minute=0, day=10):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def calendar(*breaks, **options):
    pauses = tuple(Break(start_at=start, end_at=end) for start, end in breaks)
    return Calendar(LogisticsOptions(breaks=pauses, **options), NOW)


def pieces(*minutes, release=0.0, heroes=()):
    return [Piece(n, float(m), n in heroes, release) for n, m in enumerate(minutes)]


def studio(days=None, **settings):
    return Studio(days or calendar(), lambda before, _: 0.0 if before is None else 10.0, **settings)


DAY = {"day_start_at": NINE, "day_end_at": at(17)}


def test_without_a_start_there_is_no_wall_clock():
    assert calendar().wall(60, 0) is None
    assert math.isinf(calendar().day_minutes)


def test_the_day_starts_when_it_says_or_at_the_shoot_or_now():
    assert calendar(**DAY).opens == NINE
    assert calendar(shoot_at=at(10)).opens == at(10)
    assert calendar(day_end_at=at(17)).opens == NOW
    assert calendar(day_end_at=at(6), day_start_at=NINE).closes is None


def test_breaks_are_skipped_merged_and_repeated_daily():
    days = calendar((at(12), at(13)), (at(12, 30), at(13, 30)), (at(20), at(21)), **DAY)
    assert days.day_minutes == 480 - 90
    assert days.wall(180, 0, ends=True) == at(12)
    assert days.wall(180, 0) == at(13, 30)
    assert days.wall(days.day_minutes + 181, 1) == at(13, 31, day=11)
    assert days.working(at(12, 45)) == days.working(at(13, 30)) == 180
    assert days.working(at(8)) == 0
    assert days.working(at(14)) == 210


def test_a_break_all_day_is_ignored():
    assert calendar((at(8), at(18)), **DAY).day_minutes == 480


@given(st.floats(0, 390))
def test_working_time_undoes_wall_time(minute):
    days = calendar((at(12), at(13)), (at(15), at(15, 30)), **DAY)
    assert days.working(days.wall(minute, 0)) == pytest.approx(minute, abs=1e-3)


def test_a_setup_is_built_once_and_heroes_come_first():
    plan = lay_out([(0, pieces(5, 6, 7, heroes={2})), (1, pieces(8))], studio())
    assert [[piece.position for piece in stretch.pieces] for stretch in plan.stretches] == [
        [2, 0, 1],
        [0],
    ]
    assert [(stretch.start, stretch.end) for stretch in plan.stretches] == [(0, 18), (28, 36)]
    assert (plan.changes, plan.changeover, plan.idle, plan.overtime) == (1, 10, 0, 0)


def test_a_long_batch_is_cut_at_no_cost():
    plan = lay_out([(0, pieces(30, 30, 10, 90))], studio(most_minutes=60))
    assert [len(stretch.pieces) for stretch in plan.stretches] == [2, 1, 1]
    assert (plan.changes, plan.changeover) == (0, 0)


def test_what_has_not_arrived_waits_behind_what_has():
    plan = lay_out([(0, pieces(10, release=30.0)), (1, pieces(10)), (2, pieces(10))], studio())
    assert [stretch.setup for stretch in plan.stretches] == [1, 2, 0]
    assert plan.idle == 0


def test_the_clock_jumps_when_nothing_has_arrived():
    plan = lay_out([(0, pieces(10, release=30.0))], studio())
    assert (plan.idle, plan.stretches[0].start, plan.stretches[0].elapsed) == (30, 30, 30)


def test_a_late_piece_does_not_hold_up_its_setup():
    queue = [(0, pieces(10, release=200.0) + pieces(10)), (1, pieces(10))]
    plan = lay_out(queue, studio())
    assert [stretch.setup for stretch in plan.stretches] == [0, 1, 0]
    assert plan.idle == 200 - 30


def test_past_the_end_the_next_day_starts_with_its_opening_changeover():
    def build(before, _):
        return 20.0 if before is None else 10.0

    plan = follow(
        [(0, piece) for piece in pieces(300, 300, 60)], Studio(calendar(**DAY), build, rebuilt=True)
    )
    assert [(stretch.day, stretch.changeover) for stretch in plan.stretches] == [(0, 20), (1, 20)]
    assert plan.changeover == 40
    assert plan.overtime == 20 + 300 + 60
    assert [stretch.start for stretch in plan.stretches] == [20, 500]
    assert [stretch.elapsed for stretch in plan.stretches] == [20, 340]


def test_without_a_start_setup_the_studio_stands_overnight():
    plan = follow([(0, piece) for piece in pieces(300, 300)], studio(calendar(**DAY)))
    assert plan.changeover == 0
    assert [stretch.day for stretch in plan.stretches] == [0, 1]


def test_what_no_day_can_hold_is_shot_all_the_same():
    plan = follow([(0, piece) for piece in pieces(1_000, 10)], studio(calendar(**DAY)))
    assert [stretch.day for stretch in plan.stretches] == [0, 3]
    assert plan.overtime == 1_000 - 480 + 10


def test_following_an_order_waits_where_planning_would_not():
    order = [(0, *pieces(10, release=30.0)), (1, *pieces(10))]
    assert follow(order, studio()).idle == 30


def test_thousands_of_years_have_no_date():
    assert calendar(**DAY).wall(1e12, 5_000_000) is None


PIECES = st.lists(
    st.tuples(st.integers(0, 3), st.floats(0, 200), st.booleans(), st.floats(0, 480)),
    min_size=1,
    max_size=20,
)


@given(PIECES, st.booleans(), st.booleans(), st.sampled_from([math.inf, 45.0]))
def test_every_piece_is_shot_once_and_minutes_add_up(drawn, ends, rebuilt, most_minutes):
    days = calendar((at(12), at(13)), **(DAY if ends else {}))
    setups = {}
    for position, (setup, minutes, is_hero, release) in enumerate(drawn):
        setups.setdefault(setup, []).append(Piece(position, minutes, is_hero, release))
    plan = lay_out(list(setups.items()), studio(days, rebuilt=rebuilt, most_minutes=most_minutes))
    shot = [piece for stretch in plan.stretches for piece in stretch.pieces]
    assert sorted(piece.position for piece in shot) == list(range(len(drawn)))
    minutes = math.fsum(piece.minutes for piece in shot)
    last = plan.stretches[-1]
    assert last.elapsed + last.end - last.start == pytest.approx(
        minutes + plan.changeover + plan.idle
    )
    for before, after in zip(plan.stretches, plan.stretches[1:], strict=False):
        assert after.start >= before.end - 1e-6
        assert after.day >= before.day
    for stretch in plan.stretches:
        assert all(piece.release <= stretch.end for piece in stretch.pieces)
        if most_minutes < math.inf and len(stretch.pieces) > 1:
            assert stretch.end - stretch.start <= most_minutes + 1e-6


def test_days_follow_each_other_by_24_hours():
    days = calendar(**DAY)
    assert days.wall(days.day_minutes * 2, 2) == NINE + timedelta(days=2)

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from insights.analysis.events.calendars import WorkingHours, read_calendar
from insights.analysis.values import OddError
from insights.schemas.tasks import WorkCalendar

PARIS = ZoneInfo("Europe/Paris")
WEEKDAYS = frozenset({1, 2, 3, 4, 5})


def calendar(start=time(9), end=time(17), days=WEEKDAYS, holidays=(), zone=PARIS):
    return WorkCalendar(
        work_days=frozenset(days),
        start_time=start,
        end_time=end,
        holidays=frozenset(holidays),
        zone=zone,
    )


def hours(origin, first=None, **settings):
    origin = origin.astimezone(UTC)
    return WorkingHours(calendar(**settings), origin=origin, first=first or origin)


def local(moment, origin):
    return (origin.astimezone(UTC) + timedelta(minutes=moment)).astimezone(PARIS)


FRIDAY = datetime(2026, 3, 6, 9, tzinfo=PARIS)


def test_work_stops_over_night_and_over_the_weekend():
    work = hours(FRIDAY)
    assert local(work.finishing(480), FRIDAY) == datetime(2026, 3, 6, 17, tzinfo=PARIS)
    assert local(work.starting(480), FRIDAY) == datetime(2026, 3, 9, 9, tzinfo=PARIS)
    assert local(work.finishing(600), FRIDAY) == datetime(2026, 3, 9, 11, tzinfo=PARIS)
    saturday = (datetime(2026, 3, 7, 12, tzinfo=PARIS) - FRIDAY).total_seconds() / 60
    assert work.position(saturday) == 480


def test_holidays_are_no_working_days():
    work = hours(FRIDAY, holidays=[date(2026, 3, 9)])
    assert local(work.starting(480), FRIDAY) == datetime(2026, 3, 10, 9, tzinfo=PARIS)


def test_a_lag_on_the_clock_passes_while_nobody_works():
    work = hours(FRIDAY)
    assert work.later(480, 60, from_start=False) == 480  # Friday 18:00 is still before Monday
    assert work.later(480, 60, from_start=True) == 540  # begun on Monday at 9, an hour later
    assert work.later(480, 64 * 60 + 30, from_start=False) == 510  # Monday 09:30
    assert work.later(510, -60, from_start=False) == 480


def test_days_on_which_the_clocks_change_have_another_length():
    origin = datetime(2026, 3, 29, 0, tzinfo=PARIS)
    spring = hours(origin, start=time(0), end=time(0), days=range(1, 8))
    assert local(spring.finishing(23 * 60), origin) == datetime(2026, 3, 30, 0, tzinfo=PARIS)
    origin = datetime(2026, 10, 25, 0, tzinfo=PARIS)
    autumn = hours(origin, start=time(0), end=time(0), days=range(1, 8))
    assert local(autumn.finishing(25 * 60), origin) == datetime(2026, 10, 26, 0, tzinfo=PARIS)


def test_a_working_day_begins_at_its_local_time_on_both_sides_of_a_change():
    origin = datetime(2026, 3, 27, 9, tzinfo=PARIS)
    work = hours(origin)
    monday = local(work.starting(480), origin)
    assert (monday.day, monday.hour, monday.utcoffset()) == (30, 9, timedelta(hours=2))


def test_a_show_night_across_the_change_counts_the_hours_that_pass():
    origin = datetime(2026, 10, 24, 22, tzinfo=PARIS)
    night = hours(origin, start=time(22), end=time(6), days=[6])
    assert night.position(9 * 60) == 9 * 60  # one hour comes twice
    assert night.position(20 * 60) == 9 * 60


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (time(2, 30), time(3)),
        (time(2), time(3)),
        (time(2, 30), time(2, 30)),
        (time(3), time(2, 45)),
    ],
)
def test_edges_in_the_hour_that_is_skipped_do_no_harm(start, end):
    origin = datetime(2026, 3, 28, 12, tzinfo=PARIS)
    work = hours(origin, start=start, end=end, days=range(1, 8))
    moments = [work.finishing(position) for position in range(1, 3000, 7)]
    assert all(earlier < later for earlier, later in pairwise(moments))


def test_beyond_the_years_we_plan_for_there_is_no_end():
    work = hours(FRIDAY)
    assert work.finishing(5e9) > 5e9
    assert work.position(1e9) < 1e9


CALENDARS = st.builds(
    calendar,
    start=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    end=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    days=st.sets(st.integers(1, 7), min_size=1),
    holidays=st.sets(st.dates(date(2026, 3, 1), date(2026, 4, 30)), max_size=9),
    zone=st.sampled_from(
        [PARIS, ZoneInfo("UTC"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe")]
    ),
)
MOMENTS = st.floats(0, 90 * 1440, allow_nan=False)


@given(CALENDARS, st.integers(0, 31 * 1440), MOMENTS, MOMENTS)
def test_positions_and_moments_belong_together(worked, origin, moment, other):
    start = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=origin)
    work = WorkingHours(worked, origin=start, first=start)
    position = work.position(moment)
    assert work.position(0) == 0
    assert 0 <= position <= moment + 1e-6
    assert (work.position(other) - position) * (other - moment) >= -1e-6
    assert 0 <= work.finishing(position) <= moment + 1e-5
    assert work.starting(position) >= moment - 1e-5
    assert work.position(work.starting(position)) == pytest.approx(position, abs=1e-5)
    assert work.position(work.finishing(position)) == pytest.approx(position, abs=1e-5)


@given(CALENDARS, MOMENTS, st.floats(-3000, 3000))
def test_the_latest_position_does_not_lead_beyond(worked, moment, lag):
    start = FRIDAY.astimezone(UTC)
    work = WorkingHours(worked, origin=start, first=start - timedelta(days=60))
    position = work.position(moment)
    latest = work.latest(position, lag)
    assume(latest > 0)  # what is done before the origin counts from there
    assert work.later(latest, lag, from_start=False) <= position + 1e-5


def test_a_calendar_is_read_with_what_is_missing():
    read = read_calendar(
        {"workDays": [1, 2, 6], "startTime": "08:30", "holidays": ["2026-05-01"]}, PARIS
    )
    assert read == calendar(time(8, 30), time(18), {1, 2, 6}, [date(2026, 5, 1)])
    assert read_calendar({}, PARIS) == calendar(end=time(18))
    assert read_calendar({"endTime": "24:00"}, PARIS).end_time == time(0)


@pytest.mark.parametrize(
    "written", [[], "weekdays", {"workDays": []}, {"workDays": [0, 8, "x", True]}, {"workDays": 5}]
)
def test_a_calendar_without_work_is_left_out(written):
    with pytest.raises(OddError) as refused:
        read_calendar(written, PARIS)
    assert refused.value.instead is None


@pytest.mark.parametrize(
    "part", [{"startTime": "nine"}, {"endTime": 17}, {"holidays": ["Easter", 7]}]
)
def test_a_part_that_cannot_be_read_leaves_the_rest(part):
    with pytest.raises(OddError) as refused:
        read_calendar({"workDays": [1], **part}, PARIS)
    assert refused.value.instead == calendar(end=time(18), days={1})

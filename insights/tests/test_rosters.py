import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analysis.events.jobs import NOT_PREFERRED, Job, Roster, Worker
from insights.analysis.events.rosters import fill

HOUR = 3600
ANY_HOUR = st.integers(0, 40)


def job(shift, start, hours, *, day=0, place=None, role="dresser"):
    begins = round(start * HOUR)
    return Job(begins, begins + round(hours * HOUR), shift, float(hours), day, place, role)


def worker(rate=20.0, *, rates=None, preferred=(), travel=0, rest=0, most=math.inf):
    return Worker(rates or {}, rate, frozenset(preferred), travel, rest * HOUR, most)


def everybody(workers, jobs):
    return {each.shift: list(range(len(workers))) for each in jobs}


def filled(holders):
    return sum(holder is not None for holder in holders)


workers_of_all_kinds = st.builds(
    worker,
    st.integers(0, 60).map(float),
    rates=st.dictionaries(st.sampled_from(["dresser", "rigger"]), st.integers(0, 90).map(float)),
    preferred=st.sets(st.sampled_from(["dresser", "rigger"])),
    travel=st.sampled_from([0, 1800]),
    rest=st.sampled_from([0, 8, 11]),
    most=st.sampled_from([math.inf, 6.0, 12.0]),
)


@st.composite
def rosters(draw, *, starts=ANY_HOUR, most=6):
    workers = draw(st.lists(workers_of_all_kinds, min_size=1, max_size=5))
    shifts = draw(
        st.lists(st.tuples(starts, st.integers(1, 9), st.integers(1, 2)), min_size=1, max_size=most)
    )
    jobs, candidates = [], {}
    for shift, (start, hours, positions) in enumerate(shifts):
        place = draw(st.sampled_from([None, "venue", "atelier"]))
        role = draw(st.sampled_from(["dresser", "rigger"]))
        jobs += [job(shift, start, hours, day=start // 24, place=place, role=role)] * positions
        people = st.lists(st.sampled_from(range(len(workers))), unique=True)
        candidates[shift] = draw(people)
    return workers, jobs, candidates


@given(rosters())
def test_a_proposal_breaks_no_limit(case):
    workers, jobs, candidates = case
    roster = Roster(workers)
    holders = fill(roster, jobs, candidates).holders
    for person, limits in enumerate(workers):
        mine = [each for each, who in zip(jobs, holders, strict=True) if who == person]
        assert sorted(mine) == list(roster.taken(person))
        assert len({each.shift for each in mine}) == len(mine)
        assert sum(each.hours for each in mine) <= limits.max_hours
        for first, second in zip(sorted(mine), sorted(mine)[1:], strict=False):
            pause = second.start - first.end
            same_place = first.place is not None and first.place == second.place
            assert pause >= (0 if same_place else limits.travel)
            assert not 3 * HOUR < pause < limits.rest
    for each, who in zip(jobs, holders, strict=True):
        assert who is None or who in candidates[each.shift]


@given(rosters())
def test_the_same_roster_gives_the_same_proposal(case):
    workers, jobs, candidates = case
    assert fill(Roster(workers), jobs, candidates) == fill(Roster(workers), jobs, candidates)


@given(rosters(starts=st.just(9), most=3))
def test_overlapping_positions_are_filled_best(case):
    workers, jobs, candidates = case
    empty = Roster(workers)

    def best(left, free):
        """Give the least (positions empty, cost) of all ways to fill what is left."""
        if not left:
            return 0, 0.0
        first, *others = left
        empty_here, cost = best(others, free)
        ways = [(empty_here + 1, cost)]
        for who in free & set(candidates[first.shift]):
            if empty.fits(who, first):
                empty_there, cost = best(others, free - {who})
                ways.append((empty_there, cost + empty.price(who, first)))
        return min(ways)

    found = fill(Roster(workers), jobs, candidates)
    cost = sum(
        empty.price(who, each)
        for who, each in zip(found.holders, jobs, strict=True)
        if who is not None
    )
    least_empty, least_cost = best(jobs, frozenset(range(len(workers))))
    assert found.method == "exact"
    assert (found.holders.count(None), cost) == (least_empty, pytest.approx(least_cost))


def planted(seed, *, people, days, roles):
    """Make a roster that can be filled: everybody's days cut into shifts, holders forgotten."""
    chance = random.Random(seed)  # noqa: S311 -- the same rosters every time
    able = [set(chance.sample(range(roles), 2)) for _ in range(people)]
    jobs, needed = [], {}
    for person in range(people):
        for day in range(days):
            clock = 24 * day + chance.choice([6, 7, 8])
            for _ in range(3):
                hours = chance.choice([2, 3, 4])
                role = chance.choice(sorted(able[person]))
                needed[len(jobs)] = role
                jobs.append(job(len(jobs), clock, hours, day=day, role=str(role)))
                clock += hours + chance.choice([0, 0, 1])
    candidates = {
        shift: [person for person in range(people) if role in able[person]]
        for shift, role in needed.items()
    }
    return [worker() for _ in range(people)], jobs, candidates


@pytest.mark.parametrize("seed", range(10))
def test_rosters_that_can_be_filled_are_filled(seed):
    workers, jobs, candidates = planted(seed, people=14, days=2, roles=5)
    assert filled(fill(Roster(workers), jobs, candidates).holders) == len(jobs)


def test_somebody_makes_room_when_nobody_is_free():
    """Only the second can rig; they took the dresser's shift that the first can do as well."""
    workers = [worker(), worker()]
    jobs = [job(0, 9, 8), job(1, 10, 2, role="rigger"), job(2, 20, 1, role="rigger")]
    found = fill(Roster(workers), jobs, {0: [1, 0], 1: [1], 2: [1]})
    assert found.holders == [0, 1, 1]


def test_hours_are_given_away_when_they_are_used_up():
    workers = [worker(most=4.0), worker()]
    jobs = [job(0, 6, 4), job(1, 12, 4), job(2, 12, 1), job(3, 13, 1)]
    candidates = {0: [0, 1], 1: [0], 2: [1], 3: [1]}
    assert fill(Roster(workers), jobs, candidates).holders == [1, 0, 1, 1]


def test_filling_one_more_position_is_worth_any_wage():
    workers = [worker(0.0), worker(rates={"x": 100.0, "y": 0.0}), worker(100.0)]
    jobs = [job(0, 9, 1, role="x"), job(1, 9, 1, role="y"), job(2, 9, 1, role="x")]
    candidates = {0: [0, 1], 1: [1, 2], 2: [0]}
    assert fill(Roster(workers), jobs, candidates).holders == [1, 2, 0]


def test_wages_are_lowered_once_everything_is_filled():
    """The cheap one is kept for the evening at first, but has time for both."""
    workers = [worker(10.0), worker(30.0)]
    jobs = [job(0, 9, 3), job(1, 20, 2)]
    assert fill(Roster(workers), jobs, {0: [0, 1], 1: [0]}).holders == [0, 0]


def test_the_cheaper_person_is_taken_and_preferences_count():
    jobs = [job(0, 9, 8)]
    cheap = [worker(24.0), worker(22.0), worker(23.0)]
    assert fill(Roster(cheap), jobs, everybody(cheap, jobs)).holders == [1]
    reluctant = [worker(22.0, preferred={"rigger"}), worker(23.0)]
    assert NOT_PREFERRED > 8
    assert fill(Roster(reluctant), jobs, everybody(reluctant, jobs)).holders == [1]


@pytest.mark.parametrize(
    ("taken", "hours", "wage"),
    [(0, 8, 160.0), (0, 10, 220.0), (6, 4, 100.0), (9, 2, 60.0), (0, 0, 0.0)],
)
def test_overtime_is_paid_half_again_beyond_eight_hours_a_day(taken, hours, wage):
    roster = Roster([worker(20.0)])
    if taken:
        roster.add(0, job(0, 0, taken))
    assert roster.wage(0, job(1, 12, hours)) == pytest.approx(wage)


def test_a_role_may_have_its_own_rate():
    roster = Roster([worker(20.0, rates={"rigger": 30.0})])
    assert roster.wage(0, job(0, 9, 2, role="rigger")) == pytest.approx(60.0)


def test_the_end_of_one_shift_may_be_the_start_of_the_next():
    roster = Roster([worker()])
    roster.add(0, job(0, 9, 3))
    assert roster.fits(0, job(1, 12, 3))
    assert not roster.fits(0, job(2, 11.5, 3))


def test_travel_counts_between_places():
    roster = Roster([worker(travel=1800)])
    roster.add(0, job(0, 9, 3, place="venue"))
    assert not roster.fits(0, job(1, 12, 3, place="atelier"))
    assert roster.fits(0, job(1, 12, 3, place="venue"))
    assert roster.fits(0, job(1, 12.5, 3, place="atelier"))


@pytest.mark.parametrize(("pause", "fits"), [(3, True), (3.5, False), (10.5, False), (11, True)])
def test_a_pause_is_a_break_or_a_rest(pause, fits):
    roster = Roster([worker(rest=11)])
    roster.add(0, job(0, 6, 2))
    assert roster.fits(0, job(1, 8 + pause, 2)) is fits


def test_who_is_there_already_moves_only_when_that_is_allowed():
    workers = [worker(), worker()]
    held, wanted = job(0, 9, 8), job(1, 9, 8, role="rigger")
    candidates = {0: [0, 1], 1: [0]}
    roster = Roster(workers)
    roster.add(0, held)
    assert fill(roster, [wanted], candidates).holders == [None]
    roster = Roster(workers)
    roster.add(0, held)
    found = fill(roster, [wanted], candidates, held=[(0, held)])
    assert (found.holders, found.held_by) == ([0], [1])


def test_a_job_that_holds_others_together_stays():
    """Two short breaks are allowed, the seven hours without the job between them are not."""
    workers = [worker(30.0, rest=11), worker(10.0)]
    jobs = [job(0, 6, 2), job(1, 10, 3), job(2, 15, 2), job(3, 13, 1), job(4, 14, 1)]
    candidates = {0: [0], 1: [0, 1], 2: [0], 3: [1], 4: [1]}
    assert fill(Roster(workers), jobs, candidates).holders == [0, 0, 0, 1, 1]


def test_nobody_is_twice_on_a_shift_without_length():
    workers = [worker(), worker()]
    found = fill(Roster(workers), [job(0, 9, 0)] * 3, {0: [0, 1]})
    assert sorted(filter(lambda holder: holder is not None, found.holders)) == [0, 1]


def test_more_ties_than_the_exact_solver_can_bear_are_filled_all_the_same():
    workers = [worker() for _ in range(700)]
    jobs = [job(0, 9, 8)] * 700
    found = fill(Roster(workers), jobs, everybody(workers, jobs))
    assert (filled(found.holders), found.method) == (700, "heuristic")


def test_nothing_open_is_nothing_proposed():
    assert fill(Roster([worker()]), [], {}) == ([], [], "none")

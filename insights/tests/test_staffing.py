from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.analysis.events.staffing import score_severity, staff
from insights.schemas.events import DerivedCrew, Event, EventOptions, Period, Person, Shift

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


def hours(number):
    return NOW + timedelta(hours=number)


def shift(number, start=24, end=32, **fields):
    times = {"start_at": hours(start), "end_at": hours(end)} if start is not None else {}
    return Shift(**({"id": f"s{number}", "role": "dresser"} | times | fields))


def person(key, **fields):
    return Person(**({"id": key, "roles": ("dresser",)} | fields))


def staffing(shifts, people=(), derived=(), *, event=None, **options):
    chosen = Event(id="e", shifts=tuple(shifts), people=tuple(people), **(event or {}))
    return staff(chosen, derived, options=EventOptions(**options), now=NOW)


def gaps(*shifts, people=(), **options):
    return staffing(shifts, people, **options)[0]


def only(*shifts, people=(), **options):
    [found] = gaps(*shifts, people=people, **options)
    return found


def conflict_types(gap):
    return [conflict.type for conflict in gap.conflicts]


@pytest.mark.parametrize(
    ("missing", "required", "until", "role", "has_candidate", "score"),
    [
        (1, 1, 24, "dresser", True, 62.7),  # one person missing tomorrow
        (1, 1, 24, "dresser", False, 70.2),
        (1, 1, 24, "Show Caller", True, 75.8),
        (1, 1, 100, "dresser", True, 50.0),
        (1, 4, 100, "dresser", True, 12.5),
        (1, 1, 6, "medic", False, 83.1),
        (1, 1, -5, "medic", False, 83.1),
        (1, 1, None, "dresser", True, 50.0),
        (0, 3, 1, "security", False, 0.0),
    ],
)
def test_severities(missing, required, until, role, has_candidate, score):
    found = score_severity(missing, required, hours=until, role=role, has_candidate=has_candidate)
    assert found == score


def test_only_shifts_with_a_gap_or_a_conflict_are_listed():
    full, empty = shift(1, assigned=("ana",)), shift(2, start=40, end=44)
    people = [person("ana")]
    assert [gap.shift_id for gap in gaps(full, empty, people=people)] == ["s2"]
    listed = gaps(full, empty, people=people, include_filled=True)
    assert [gap.shift_id for gap in listed] == ["s1", "s2"]
    assert (listed[0].gap, listed[0].severity_score, listed[0].severity) == (0, 0.0, "low")


def test_gap_and_surplus():
    people = [person(name) for name in "abc"]
    lacking = only(shift(1, required=5, assigned=("a", "b", "c")), people=people)
    assert (lacking.required, lacking.assigned, lacking.valid_assigned) == (5, 3, 3)
    assert (lacking.gap, lacking.surplus) == (2, 0)
    over = shift(1, required=1, assigned=("a", "b", "c"))
    assert only(over, people=people, include_filled=True).surplus == 2


@pytest.mark.parametrize(
    ("asks", "who", "conflict"),
    [
        ({}, {}, None),
        ({}, {"roles": ()}, None),
        ({}, {"roles": ("Dresser",)}, None),
        ({}, {"roles": ("rigger",)}, "wrong_role"),
        ({"role": ""}, {"roles": ("rigger",)}, None),
        ({"skills": ("sewing",)}, {"skills": ("Sewing",)}, None),
        ({"skills": ("sewing",)}, {}, "missing_skill"),
        ({"min_level": 3}, {"level": 3}, None),
        ({"min_level": 3}, {"level": 2}, "missing_skill"),
        ({"min_level": 3}, {}, "missing_skill"),
        ({}, {"availability": (Period(start_at=hours(24), end_at=hours(32)),)}, None),
        ({}, {"availability": (Period(start_at=hours(25), end_at=hours(40)),)}, "unavailable"),
        ({}, {"availability": ()}, "unavailable"),
        (
            {},
            {
                "availability": (
                    Period(start_at=hours(20), end_at=hours(28)),
                    Period(start_at=hours(28), end_at=hours(40)),
                )
            },
            None,
        ),
        ({}, {"unavailable": (Period(start_at=hours(31), end_at=hours(40)),)}, "unavailable"),
        ({}, {"unavailable": (Period(start_at=hours(32), end_at=hours(40)),)}, None),
        ({}, {"unavailable": (Period(start_at=hours(20), end_at=hours(24)),)}, None),
        ({}, {"max_hours": 8}, None),
        ({}, {"max_hours": 7.5}, "over_max_hours"),
        ({"break_minutes": 30}, {"max_hours": 7.5}, None),
    ],
)
def test_who_can_be_on_a_shift(asks, who, conflict):
    found = only(
        shift(1, assigned=("ana",), **asks), people=[person("ana", **who)], include_filled=True
    )
    assert conflict_types(found) == ([conflict] if conflict else [])
    assert found.valid_assigned == (conflict is None)


def test_people_who_are_not_listed_are_unknown():
    found = only(shift(1, assigned=("ana", "zoe")), people=[person("ana")])
    assert [(c.person_id, c.type) for c in found.conflicts] == [("zoe", "unknown_person")]


def test_without_a_list_of_people_whoever_is_named_counts():
    found, summary, assumptions = staffing(
        [shift(1, assigned=("ana",)), shift(2, assigned=("ana",)), shift(3, unnamed=1)]
    )
    assert [(gap.shift_id, conflict_types(gap)) for gap in found] == [("s2", ["double_booked"])]
    assert (summary.required, summary.assigned, summary.gap) == (3, 2, 1)
    assert any("No people are listed" in text for text in assumptions)


def test_of_two_shifts_at_once_the_first_listed_holds():
    found = only(
        shift(1, 24, 32, assigned=("ana",)),
        shift(2, 31, 36, assigned=("ana",)),
        people=[person("ana", name="Ana")],
    )
    [conflict] = found.conflicts
    assert (found.shift_id, conflict.type, conflict.with_shift_id) == ("s2", "double_booked", "s1")
    assert conflict.message == "Ana is on dresser (s1) at the same time."


def test_the_end_of_a_shift_is_no_overlap_but_travel_is():
    shifts = [shift(1, 20, 24, assigned=("a",)), shift(2, 24, 28, assigned=("a",))]
    assert gaps(*shifts, people=[person("a")]) == ()
    found = only(*shifts, people=[person("a", travel_minutes=20)])
    assert found.conflicts[0].message == "a is on dresser (s1) with no time to get there."


def test_a_long_shift_hides_no_double_booking_behind_a_short_one():
    shifts = [
        shift(1, 20, 40, assigned=("a",)),
        shift(2, 21, 22, assigned=("a",)),
        shift(3, 30, 31, assigned=("a",)),
    ]
    assert [gap.shift_id for gap in gaps(*shifts, people=[person("a")])] == ["s2", "s3"]


@pytest.mark.parametrize(
    ("pause", "least", "types", "valid"),
    [
        (2, None, [], 1),
        (3, None, [], 1),
        (9, None, ["rest_too_short"], 1),
        (10, None, [], 1),
        (9, 8, [], 1),
        (9, 9.5, ["rest_too_short"], 0),
        (11, 12, ["rest_too_short"], 0),
    ],
)
def test_rest_is_wished_for_unless_it_is_required(pause, least, types, valid):
    shifts = [shift(1, 24, 30, assigned=("a",)), shift(2, 30 + pause, 40 + pause, assigned=("a",))]
    found = gaps(*shifts, people=[person("a", min_rest_hours=least)], include_filled=True)[1]
    assert (conflict_types(found), found.valid_assigned) == (types, valid)


def test_shifts_across_midnight_keep_their_hours():
    _, summary, _ = staffing([shift(1, 13, 19, assigned=("a",))], [person("a")])  # 22:00 to 04:00
    assert [(each.person_id, each.hours) for each in summary.utilisation] == [("a", 6.0)]


def test_suggestions_are_the_cheapest_who_can():
    people = [
        person("busy", hourly_rate=10),
        person("dear", hourly_rate=30, name="Dear"),
        person("cheap", hourly_rate=20),
        person("rigger", hourly_rate=5, roles=("rigger",)),
        *(person(f"x{number}", hourly_rate=40 + number) for number in range(6)),
    ]
    found = gaps(
        shift(1, 20, 30, assigned=("busy",)),
        shift(2, 24, 32),
        people=people,
        event={"currency": "EUR"},
    )[0]
    assert [each.person_id for each in found.suggestions] == ["cheap", "dear", "x0", "x1", "x2"]
    assert [each.cost for each in found.suggestions[:2]] == [160.0, 240.0]
    assert "costs 160 EUR" in found.suggestions[0].reasons
    assert found.suggestions[0].score == 100.0


def test_the_proposal_fills_at_least_cost_and_leaves_the_rest():
    people = [person("a", hourly_rate=20), person("b", hourly_rate=30)]
    _, summary, _ = staffing([shift(1, required=3)], people, event={"currency": "EUR"})
    assert [(row.person_id, row.cost, row.hours) for row in summary.proposal] == [
        ("a", 160.0, 8.0),
        ("b", 240.0, 8.0),
    ]
    assert (summary.proposed_cost, summary.currency, summary.method) == (400.0, "EUR", "exact")
    assert (summary.gap, summary.fillable, summary.unfillable) == (3, 2, 1)


@pytest.mark.parametrize(
    ("who", "cost"),
    [
        ({"hourly_rate": 10, "rates": {"Dresser": 25}}, 200.0),
        ({"hourly_rate": 10, "day_rate": 400}, 80.0),
        ({"day_rate": 400}, 400.0),
        ({}, 0.0),
        ({"hourly_rate": 10, "preferred_roles": ("rigger",)}, 80.0),
    ],
)
def test_wages(who, cost):
    assert staffing([shift(1)], [person("a", **who)])[1].proposed_cost == cost


def test_two_shifts_of_a_day_share_its_overtime():
    shifts = [shift(1, 24, 30), shift(2, 30, 36)]
    _, summary, _ = staffing(shifts, [person("a", hourly_rate=10)])
    assert [row.cost for row in summary.proposal] == [60.0, 80.0]


def test_what_is_over_is_not_filled():
    found, summary, assumptions = staffing([shift(1, -9, -1)], [person("a")])
    assert (found[0].suggestions, summary.proposal, summary.unfillable) == ((), (), 1)
    assert any("over" in text for text in assumptions)


def test_reassigning_says_who_is_replaced():
    people = [person("both", roles=("dresser", "medic")), person("one")]
    shifts = [shift(1, assigned=("both",)), shift(2, role="medic")]
    assert staffing(shifts, people)[1].proposal == ()
    rows = staffing(shifts, people, allow_reassign=True)[1].proposal
    assert [(row.shift_id, row.person_id, row.replaces_person_id) for row in rows] == [
        ("s1", "one", "both"),
        ("s2", "both", None),
    ]


def test_coverage_counts_all_shifts_of_a_role():
    people = [person(name) for name in "abcd"]
    found = only(
        shift(1, 24, 32, required=3, assigned=("a", "b")),
        shift(2, 28, 36, required=1, assigned=("c", "d")),
        people=people,
    )
    assert [
        (each.start_at, each.end_at, each.required, each.present) for each in found.coverage
    ] == [(hours(24), hours(28), 3, 2)]


def test_the_peak_is_when_most_are_missing():
    summary = staffing([shift(1, 24, 32), shift(2, 30, 36, required=2), shift(3, 31, 33)])[1]
    assert summary.peak_gap_at == hours(31)
    assert staffing([shift(1), shift(2, 40, 44)])[1].peak_gap_at == hours(24)
    assert staffing([])[1].peak_gap_at is None


def test_roles_are_summed_up_with_what_the_line_up_asks_for():
    derived = [
        DerivedCrew(role="Dresser", required=6, basis=""),
        DerivedCrew(role="hair artist", required=2, basis=""),
    ]
    summary = staffing([shift(1, required=2), shift(2, role="DRESSER")], derived=derived)[1]
    assert [
        (r.role, r.required, r.assigned, r.gap, r.derived_required) for r in summary.by_role
    ] == [
        ("dresser", 3, 0, 3, 6),
        ("hair artist", 0, 0, 0, 2),
    ]


@pytest.mark.parametrize(
    ("times", "phase"), [((20, 24), "setup"), ((20, 25), "show"), ((25, 27), "teardown")]
)
def test_phases_of_shifts(times, phase):
    event = {"start_at": hours(24), "end_at": hours(25)}
    assert only(shift(1, *times), event=event).phase == phase


def test_shifts_without_times_are_counted():
    found, summary, assumptions = staffing([shift(1, None, required=4, unnamed=1)], [person("a")])
    assert (found[0].gap, found[0].coverage, found[0].phase) == (3, (), None)
    assert (summary.fillable, summary.peak_gap_at) == (0, None)
    assert any("without times" in text for text in assumptions)


rows = st.lists(
    st.builds(
        lambda start, length, required, assigned, role: (
            start,
            start + length,
            required,
            assigned,
            role,
        ),
        st.integers(0, 60),
        st.integers(0, 12),
        st.integers(0, 3),
        st.lists(st.sampled_from(["a", "b", "c", "z"]), unique=True).map(tuple),
        st.sampled_from(["dresser", "medic"]),
    ),
    max_size=8,
)


@given(rows, st.booleans())
def test_sums_agree_and_proposals_keep_to_the_rules(rows, allow_reassign):
    shifts = [
        shift(number, start, end, required=required, assigned=assigned, role=role)
        for number, (start, end, required, assigned, role) in enumerate(rows)
    ]
    people = [
        person("a", roles=("dresser", "medic"), hourly_rate=20, max_hours=20),
        person("b", min_rest_hours=11, hourly_rate=25),
        person("c", roles=(), travel_minutes=30),
    ]
    found, summary, _ = staffing(shifts, people, allow_reassign=allow_reassign)
    assert summary.gap == sum(gap.gap for gap in found) == sum(role.gap for role in summary.by_role)
    assert summary.fillable + summary.unfillable == summary.gap
    moved = {(row.shift_id, row.replaces_person_id) for row in summary.proposal}
    # Put onto the shifts, in the place of whoever conflicts or is moved, the proposal stands.
    conflicts = {
        (gap.shift_id, c.person_id)
        for gap in found
        for c in gap.conflicts
        if gap.valid_assigned < gap.assigned
    }
    after = []
    for each in shifts:
        stays = [who for who in each.assigned if (each.id, who) not in moved | conflicts]
        comes = [row.person_id for row in summary.proposal if row.shift_id == each.id]
        assert not set(stays) & set(comes)
        after.append(
            Shift(
                id=each.id,
                role=each.role,
                start_at=each.start_at,
                end_at=each.end_at,
                required=each.required,
                assigned=(*stays, *comes),
            )
        )
    refused = {
        c.type
        for gap in staffing(after, people)[0]
        for c in gap.conflicts
        if gap.valid_assigned < gap.assigned
    }
    assert not refused

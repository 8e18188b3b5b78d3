from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionos.kit.wire import write_json
from insights.analysis.events import analyse
from insights.schemas.events import (
    Cue,
    Event,
    EventOptions,
    Look,
    ModelCall,
    Person,
    Shift,
    ShowSettings,
    StaffingRule,
    Track,
    Venue,
)

SHOW = datetime(2026, 3, 10, 19, tzinfo=UTC)


def minutes(number):
    return SHOW + timedelta(minutes=number)


def looks_of(models, **fields):
    return tuple(
        Look(id=f"look-{number}", number=number, model_id=model, **fields)
        for number, model in enumerate(models, 1)
    )


def draft(**fields):
    event = Event(**({"id": "e", "start_at": SHOW} | fields))
    analysis = analyse(event, parts={"run_of_show"}, options=EventOptions(), now=SHOW)
    return analysis.run_of_show


def times(found):
    """Give start and end by name, in minutes from the show."""
    return {
        item.name: tuple((at - SHOW).total_seconds() / 60 for at in (item.start_at, item.end_at))
        for item in found.timeline
    }


def span(start, length):
    return pytest.approx((start, start + length))


def test_the_day_is_timed_backwards_from_the_show():
    found = draft(looks=looks_of("abc"))
    assert (found.show_seconds, found.show_start_at) == (2 * 18 + 50 + 3 * 4 + 20, SHOW)
    end = 118 / 60
    assert times(found) == {
        "Crew call and briefing": (-630, -615),
        "Venue access, load-in": (-630, -450),
        "Rig, runway build": (-450, -270),
        "Focus and sound check": (-270, -210),
        "Model call": (-225, -210),
        "Rehearsal": (-210, -165),
        "Dressers' call": (-180, -165),
        "Racks in, steam, sample count-in": (-180, -60),
        "Hair and make-up": (-165, -60),
        "Crew meal": (-165, -135),
        "First looks dressed": (-45, -15),
        "Doors": (-30, 0),
        "Press check-in": (-30, 0),
        "Line-up": (-15, -5),
        "Places": (-5, 0),
        "Exit 1: look-1": span(0, 50 / 60),
        "Exit 2: look-2": span(18 / 60, 50 / 60),
        "Exit 3: look-3": span(36 / 60, 50 / 60),
        "Finale": span(86 / 60, 12 / 60),
        "Bow": span(98 / 60, 20 / 60),
        "Backstage press": span(end, 20),
        "Sample check-in": span(end, 20),
        "Strike, load-out": span(end + 20, 120),
        "Venue handover": span(end + 140, 0),
    }
    assert [block.phase for block in found.blocks] == ["setup", "show", "teardown"]
    assert [len(block.items) for block in found.blocks] == [15, 5, 4]


def test_models_who_can_be_spared_rehearse_during_hair_and_make_up():
    found = times(
        draft(looks=looks_of("abc"), show_settings=ShowSettings(hair_stations=3, makeup_stations=3))
    )
    assert found["Hair and make-up"] == (-150, -60)
    assert found["Rehearsal"] == (-135, -90)
    assert found["Model call"] == (-165, -150)


@pytest.mark.parametrize(
    ("models", "hair", "makeup", "length"),
    [
        ("a", None, None, 90),
        ("abcdefghijkl", None, None, 105),  # 12 models, 4 chairs of each kind
        ("abcdefghijkl", 2, 4, 210),
        ("abcdefghijkl", 4, 1, 420),
        ("abcdefghijkl", 12, 12, 90),
    ],
)
def test_hair_and_make_up_takes_what_its_chairs_allow(models, hair, makeup, length):
    chairs = ShowSettings(hair_stations=hair, makeup_stations=makeup)
    start, end = times(draft(looks=looks_of(models), show_settings=chairs))["Hair and make-up"]
    assert (end, end - start) == (-60, length)


def test_counting_back_takes_longer_with_more_pieces():
    looks = tuple(
        Look(id=f"l{number}", sample_ids=tuple(f"{number}-{piece}" for piece in range(6)))
        for number in range(20)
    )
    start, end = times(draft(looks=looks))["Sample check-in"]
    assert end - start == pytest.approx(30)  # 120 pieces, half a minute each, two people


def test_the_delay_moves_the_show_and_what_is_timed_from_it():
    found = draft(show_settings=ShowSettings(start_delay_minutes=20), doors_at=minutes(-45))
    assert found.show_start_at == minutes(20)
    assert times(found)["Places"] == (15, 20)
    assert times(found)["Doors"] == (-45, 20)


def test_doors_alone_tell_when_the_show_is():
    found = draft(start_at=None, doors_at=minutes(-30))
    assert found.show_start_at == SHOW
    doors = next(item for item in found.timeline if item.name == "Doors")
    assert doors.start_mode == "hard"


def test_without_a_start_the_other_parts_still_come():
    analysis = analyse(
        Event(id="e"), parts={"run_of_show", "staffing"}, options=EventOptions(), now=SHOW
    )
    assert analysis.run_of_show is None
    assert analysis.staffing == ()
    assert [caution.code for caution in analysis.warnings] == ["part_failed"]


def test_the_users_cues_take_the_place_of_rows_and_the_others_follow():
    cues = (
        Cue(id="c1", name="Rigging", start_at=minutes(-400), duration_minutes=120, owner="kofi"),
        Cue(id="c2", name="Sound check", duration_minutes=30),
        Cue(id="c3", name="Finale & bow", duration_minutes=2),
        Cue(id="c4", name="Speech", phase="show", offset_minutes=-1, duration_minutes=1),
    )
    found = draft(looks=looks_of("abc"), cues=cues)
    clock = times(found)
    assert clock["Rigging"] == (-400, -280)
    assert clock["Venue access, load-in"] == (-580, -400)
    assert clock["Sound check"] == (-240, -210)
    assert "Rig, runway build" not in clock
    assert "Bow" not in clock
    assert clock["Finale & bow"] == span(86 / 60, 2)
    assert clock["Speech"] == (-1, 0)
    rig = next(item for item in found.timeline if item.id == "c1")
    assert (rig.owner, rig.source, rig.gap_seconds, rig.overlap_seconds) == (
        "kofi",
        "event",
        2400.0,
        0.0,
    )


def test_a_fixed_start_leaves_a_gap_or_an_overlap_before_it():
    cues = (
        Cue(id="one", name="Speech", phase="show", offset_minutes=2, duration_minutes=3),
        Cue(id="two", name="Film", phase="show", duration_minutes=4),
        Cue(id="three", name="Song", phase="show", start_at=minutes(8), start_mode="hard"),
        Cue(id="four", name="Toast", phase="show", duration_minutes=1),
    )
    found = {item.id: item for item in draft(cues=cues).timeline}
    assert found["two"].start_at == minutes(5)
    assert (found["two"].gap_seconds, found["two"].overlap_seconds) == (0.0, 60.0)
    assert found["three"].start_mode == "hard"
    assert found["four"].start_at == minutes(8)


def test_cues_without_times_end_where_the_next_one_begins():
    cues = (
        Cue(id="one", name="Flowers", phase="setup", duration_minutes=20),
        Cue(id="two", name="Ice", phase="setup", duration_minutes=10),
        Cue(id="three", name="Rehearsal", phase="setup"),
        Cue(id="four", name="Thanks", phase="teardown", duration_minutes=5),
    )
    found = times(draft(looks=looks_of("abc"), cues=cues))
    assert found["Ice"] == (-220, -210)
    assert found["Flowers"] == (-240, -220)
    assert found["Thanks"] == span(118 / 60, 5)


def test_conflicts_name_access_curfew_and_fixed_starts():
    cues = (
        Cue(
            id="a",
            name="Speech",
            phase="show",
            start_at=minutes(0),
            start_mode="hard",
            duration_minutes=3,
        ),
        Cue(
            id="b",
            name="Film",
            phase="show",
            start_at=minutes(2),
            start_mode="hard",
            duration_minutes=1,
        ),
    )
    venue = Venue(access_from_at=minutes(-600), curfew_at=minutes(140))
    found = draft(looks=looks_of("abc"), cues=cues, venue=venue)
    assert found.conflicts == (
        "Crew call and briefing would begin 30 min before venue access.",
        "Venue access, load-in would begin 30 min before venue access.",
        "Strike, load-out would end 2 min after curfew.",
        "Venue handover would end 2 min after curfew.",
        "Speech runs 1 min into Film.",
    )


@pytest.mark.parametrize(
    ("fields", "over_under"),
    [
        ({}, None),
        ({"music": (Track(seconds=100), Track(seconds=30))}, 12.0),
        ({"music": (Track(seconds=100),)}, -18.0),
        ({"end_at": minutes(3)}, 62.0),
        ({"end_at": minutes(3), "music": (Track(seconds=118),)}, 0.0),
    ],
)
def test_over_and_under(fields, over_under):
    assert draft(looks=looks_of("abc"), **fields).over_under_seconds == over_under


def test_exits_are_timed_and_moved_looks_marked():
    settings = ShowSettings(look_order_policy="repair")
    found = draft(looks=looks_of("abcdefgahijk"), show_settings=settings)
    assert (found.moves, found.hold_seconds) == (2, 0.0)
    eighth = found.look_order[7]
    assert (eighth.position, eighth.look_id, eighth.designer_position) == (8, "look-9", 9)
    assert eighth.moved
    assert (eighth.exit_offset_seconds, eighth.back_at_seconds) == (126.0, 176.0)
    assert eighth.exit_at == SHOW + timedelta(seconds=126)
    assert {change.status for change in found.quick_changes} == {"tight"}


def test_impossible_changes_are_said_in_words():
    found = draft(looks=looks_of("aab"))
    assert found.warnings == ("1 change cannot be done in this order.",)


def test_models_are_called_before_the_first_thing_they_do():
    models = (ModelCall(id="b", name="Bea", call_at=minutes(-100)),)
    found = draft(looks=looks_of("ab"), models=models)
    calls = {entry.person_or_model_id: entry for entry in found.call_sheet}
    assert (calls["a"].call_at, calls["a"].hmu_at) == (minutes(-165), minutes(-150))
    assert calls["a"].ready_at == minutes(-80)
    assert calls["b"].call_at == minutes(-100)
    assert found.conflicts == ("Bea is called too late for hair and make-up.",)


def test_models_are_called_to_the_rehearsal_when_it_comes_first():
    calls = draft(looks=looks_of("abc")).call_sheet
    assert {entry.call_at for entry in calls} == {minutes(-225)}
    assert {entry.hmu_at for entry in calls} == {minutes(-165), minutes(-130)}


def test_crew_is_called_to_the_first_shift_of_the_day():
    shifts = (
        Shift(id="1", role="r", start_at=minutes(-3000), end_at=minutes(-2500), assigned=("ana",)),
        Shift(
            id="2", role="r", start_at=minutes(-300), end_at=minutes(-200), assigned=("ana", "bo")
        ),
        Shift(id="3", role="r", start_at=minutes(-600), end_at=minutes(-500), assigned=("bo",)),
    )
    found = draft(shifts=shifts, people=(Person(id="ana", name="Ana"), Person(id="bo")))
    assert [(e.person_or_model_id, e.name, e.kind, e.call_at) for e in found.call_sheet] == [
        ("bo", None, "crew", minutes(-600)),
        ("ana", "Ana", "crew", minutes(-300)),
    ]


def derived(**fields):
    return {each.role: each.required for each in draft(**fields).derived_crew}


def test_crew_derived_from_the_line_up():
    assert derived(looks=looks_of("abcdefghijkl"), guest_count=310) == {
        "dresser": 6,
        "hair artist": 4,
        "make-up artist": 4,
        "front of house": 7,
    }


def test_changes_in_less_than_a_minute_take_a_dresser_each():
    assert derived(looks=looks_of("abcda"))["dresser"] == 3  # 4 models, and 22 s for one change


@pytest.mark.parametrize(
    ("rule", "required"),
    [
        ({"per": "model", "ratio": 0.5}, 3),
        ({"per": "look", "ratio": 0.5}, 4),
        ({"per": "guest", "ratio": 0.02}, 2),
        ({"per": "guest", "ratio": 0.07}, 7),
        ({"per": "chair"}, 4),
        ({"per": "look", "minutes_each": 10, "window_minutes": 60}, 2),
        ({"per": "model", "minutes_each": 35}, 2),
    ],
)
def test_rules_replace_what_is_usual(rule, required):
    rules = (StaffingRule(role="Dresser", **rule),)
    found = derived(looks=looks_of("abcdeab"), guest_count=100, staffing_rules=rules)
    assert found["Dresser"] == required
    assert "dresser" not in found


cues_of_all_kinds = st.lists(
    st.builds(
        Cue,
        id=st.uuids().map(str),
        name=st.sampled_from(
            ["Doors", "Rig", "Load-in", "Rehearsal", "hmu", "Finale", "Bow", "Strike", "Toast"]
        ),
        phase=st.sampled_from([None, "setup", "show", "teardown"]),
        start_at=st.none() | st.integers(-900, 300).map(minutes),
        offset_minutes=st.none() | st.floats(-900, 300),
        duration_minutes=st.none() | st.floats(0, 300),
        start_mode=st.sampled_from(["hard", "soft"]),
    ),
    max_size=8,
)


@given(
    cues_of_all_kinds,
    st.text("abcdef", max_size=12),
    st.sampled_from(["keep", "repair", "optimize"]),
    st.none() | st.integers(-90, 10).map(minutes),
)
def test_nothing_of_the_setup_that_we_time_runs_into_the_show(cues, models, policy, doors_at):
    found = draft(
        cues=tuple(cues),
        looks=looks_of(models),
        doors_at=doors_at,
        show_settings=ShowSettings(look_order_policy=policy),
        end_at=minutes(20),
    )
    assert {cue.id for cue in cues} <= {item.id for item in found.timeline}
    for item in found.timeline:
        assert item.start_at <= item.end_at
        assert item.gap_seconds == 0 or item.overlap_seconds == 0
        if item.source == "template" and item.phase == "setup" and item.id != "template:doors":
            assert item.end_at <= found.show_start_at
    starts = [item.start_at for item in found.timeline]
    assert starts == sorted(starts)
    assert sum(len(block.items) for block in found.blocks) == len(found.timeline)
    exits = [row.exit_at for row in found.look_order]
    assert all(first < second for first, second in pairwise(exits))
    assert write_json(found)


@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=15),
    st.integers(1, 5),
    st.integers(1, 5),
)
def test_no_chair_is_taken_twice_and_everybody_is_ready(needs, hair, makeup):
    models = tuple(
        ModelCall(id=str(number), hair_minutes=one, makeup_minutes=two)
        for number, (one, two) in enumerate(needs)
    )
    found = draft(
        models=models, show_settings=ShowSettings(hair_stations=hair, makeup_stations=makeup)
    )
    calls = [entry for entry in found.call_sheet if entry.kind == "model"]
    assert len(calls) == len(needs)
    for call, (one, two) in zip(calls, needs, strict=True):
        assert call.call_at <= call.hmu_at
        assert call.ready_at - call.hmu_at >= timedelta(minutes=one + two)
        assert call.ready_at <= minutes(-60)
    if calls:
        taken = max(call.ready_at for call in calls) - min(call.hmu_at for call in calls)
        assert taken >= timedelta(minutes=sum(one for one, _ in needs) / hair)
        assert taken >= timedelta(minutes=sum(two for _, two in needs) / makeup)
    start, end = times(found)["Hair and make-up"]
    assert end - start >= max(
        90, sum(one for one, _ in needs) / hair, sum(two for _, two in needs) / makeup
    )

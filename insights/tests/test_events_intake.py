from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionos.kit.wire import read_json, write_json
from insights.analysis.events import analyse
from insights.analysis.events.intake import (
    MAX_PEOPLE,
    read_event,
    read_event_options,
)
from insights.schemas.events import Event, EventOptions, Period, Venue

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
PARTS = ("critical_path", "staffing", "run_of_show")


def read(zone=UTC, **fields):
    return read_event({"id": "e", **fields}, zone=ZoneInfo("UTC") if zone is UTC else zone)


def read_one(name, row):
    """Read an event with one row in a list; the row and the codes of its cautions."""
    event, cautions = read(**{name: [row]})
    attribute = {"staffingRules": "staffing_rules"}.get(name, name)
    rows = getattr(event, attribute)
    return (rows[0] if rows else None), [caution.code for caution in cautions]


def at(hour, minute=0):
    return datetime(2026, 3, 12, hour, minute, tzinfo=UTC)


def test_an_event_may_be_nearly_nothing():
    assert read_event({}, zone=PARIS) == (Event(id="event", timezone="Europe/Paris"), [])


@pytest.mark.parametrize("document", [None, [], "event", 3])
def test_what_is_no_object_is_an_empty_event(document):
    event, cautions = read_event(document, zone=PARIS)
    assert event == Event(id="event", timezone="Europe/Paris")
    assert [(caution.path, caution.code) for caution in cautions] == [("event", "not_an_object")]


def test_the_zone_of_an_event_is_its_own_if_it_has_one():
    event, cautions = read(timezone="Europe/Paris", startAt="2026-03-12T20:00")
    assert (event.start_at, event.timezone, cautions) == (at(19), "Europe/Paris", [])
    event, cautions = read(PARIS, timezone="Mars/Olympus", showTime="2026-03-12T20:00")
    assert (event.start_at, event.timezone) == (at(19), "Europe/Paris")
    assert [caution.code for caution in cautions] == ["unknown_timezone"]


def test_spellings_and_aliases():
    event, cautions = read(
        type="Runway Show",
        status="canceled",
        doors_at="2026-03-12T18:30Z",
        guests="310",
        staffing=[{"role": "usher", "count": "4", "assigned": 2}],
        crew=[{"name": "Ana", "role": "usher", "rate": 20}],
        venue={"name": "Halle", "curfew": "2026-03-12"},
        showSettings={"look_order_policy": "optimise", "hairStations": "3"},
        eventTasks=[{"id": "t", "durationMinutes": 5}],
    )
    assert cautions == []
    assert (event.type, event.status, event.doors_at) == ("runway", "cancelled", at(18, 30))
    assert event.guest_count == 310
    [shift] = event.shifts
    assert (shift.id, shift.role, shift.required, shift.unnamed) == ("shift-1", "usher", 4, 2)
    [person] = event.people
    assert (person.id, person.roles, person.hourly_rate) == ("Ana", ("usher",), 20.0)
    assert event.venue == Venue(
        name="Halle", curfew_at=datetime(2026, 3, 12, 23, 59, 59, tzinfo=UTC)
    )
    assert event.show_settings.look_order_policy == "optimize"
    assert event.show_settings.hair_stations == 3
    assert [task.id for task in event.tasks] == ["t"]


@pytest.mark.parametrize(
    ("start", "end", "hours", "codes"),
    [
        ("2026-03-12T22:00", "2026-03-13T02:00", (22, 26), []),
        ("2026-03-12T22:00", "2026-03-12T02:00", (22, 26), ["next_day"]),
        ("2026-03-12T10:00", "2026-03-10T02:00", (10, 18), ["end_before_start"]),
        ("2026-03-12T10:00", "2026-03-12T10:00", (10, 10), []),
        ("2026-03-12T10:00", None, (10, 18), []),
        (None, "2026-03-12T10:00", (2, 10), []),
        (None, None, None, []),
    ],
)
def test_times_of_shifts(start, end, hours, codes):
    shift, found = read_one("shifts", {"id": "s", "startAt": start, "endAt": end})
    times = hours and tuple(at(0) + timedelta(hours=hour) for hour in hours)
    assert (shift.start_at, shift.end_at) == (times or (None, None))
    assert found == codes


@pytest.mark.parametrize(
    ("written", "assigned", "codes"),
    [
        (["a", "b", "a"], ("a", "b"), []),
        ([{"personId": "a"}, {"person_id": 7}, {"id": "c"}], ("a", "7", "c"), []),
        ("a", ("a",), []),
        (["a", None, {}, [], ""], ("a",), ["bad_assignment"]),
    ],
)
def test_who_is_assigned(written, assigned, codes):
    shift, found = read_one("shifts", {"id": "s", "assigned": written})
    assert (shift.assigned, found) == (assigned, codes)


def test_availability():
    person, codes = read_one(
        "people",
        {
            "id": "p",
            "availability": [{"startAt": "2026-03-12T09:00", "endAt": "2026-03-12T18:00"}],
            "unavailable": ["2026-03-13", {"startAt": "2026-03-15", "endAt": "2026-03-14"}, 5],
        },
    )
    assert person.availability == (Period(start_at=at(9), end_at=at(18)),)
    day = at(0) + timedelta(days=1)
    assert person.unavailable == (Period(start_at=day, end_at=day + timedelta(days=1)),)
    assert codes == ["bad_period"]


@pytest.mark.parametrize(
    ("name", "row", "codes"),
    [
        ("shifts", {}, ["no_identity"]),
        ("people", {"roles": ["x"]}, ["no_identity"]),
        ("looks", {"modelId": "m"}, ["no_identity"]),
        ("models", {}, ["no_identity"]),
        ("cues", {"durationMinutes": 4}, ["no_identity"]),
        ("music", {"title": "x"}, ["no_seconds"]),
        ("staffingRules", {"ratio": 2}, ["no_identity"]),
        *((name, 5, ["not_an_object"]) for name in ("shifts", "people", "looks", "music")),
    ],
)
def test_rows_that_say_nothing_are_left_out(name, row, codes):
    assert read_one(name, row) == (None, codes)


def test_identities_other_than_ids():
    assert read_one("looks", {"number": 7})[0].id == "look-7"
    assert read_one("cues", {"name": "Doors"})[0].id == "cue-1"
    assert read_one("models", {"name": "Ana"})[0].id == "Ana"


def test_of_rows_with_the_same_id_the_last_counts():
    event, cautions = read(looks=[{"id": 1, "name": "a"}, {"id": "1", "name": "b"}])
    assert [look.name for look in event.looks] == ["b"]
    assert [caution.code for caution in cautions] == ["duplicate_id"]


def test_lists_are_bounded():
    event, cautions = read(people=[{"id": number} for number in range(MAX_PEOPLE + 3)])
    assert len(event.people) == MAX_PEOPLE
    assert [caution.message for caution in cautions] == ["3 rows left out, 1000 are read"]


@pytest.mark.parametrize(
    ("written", "minutes"), [(-5, -5.0), ("-2.5", -2.5), ("10", 10.0), (0, 0.0)]
)
def test_offsets_of_cues_may_be_negative(written, minutes):
    assert read_one("cues", {"id": "c", "offsetMinutes": written})[0].offset_minutes == minutes


@pytest.mark.parametrize("written", [-1, 0, 0.3, "-20"])
def test_exits_are_a_second_apart_at_least(written):
    event, cautions = read(showSettings={"exitIntervalSeconds": written}, looks=[{"id": "a"}])
    assert event.show_settings.exit_interval_seconds == 1
    assert [caution.code for caution in cautions] == ["too_small"]


def test_one_time_for_both_chairs_is_shared():
    model = read_one("models", {"id": "m", "hmuMinutes": 80})[0]
    assert (model.hair_minutes, model.makeup_minutes) == (40.0, 40.0)
    model = read_one("models", {"id": "m", "hmuMinutes": 80, "makeupMinutes": 50})[0]
    assert (model.hair_minutes, model.makeup_minutes) == (30.0, 50.0)


def test_an_event_of_tasks_alone():
    event, cautions = read_event(
        {"id": "event", "tasks": [{"id": "t", "durationMinutes": 30}]}, zone=PARIS
    )
    assert ([task.id for task in event.tasks], cautions) == (["t"], [])


def test_options():
    options, cautions = read_event_options(
        {
            "includeFilled": "yes",
            "allow_reassign": 1,
            "lookOrderPolicy": "Repair",
            "slackMode": "deadline",
        },
        zone=PARIS,
    )
    assert cautions == []
    assert (options.include_filled, options.allow_reassign) == (True, True)
    assert (options.look_order_policy, options.network.slack_mode) == ("repair", "deadline")
    assert read_event_options(None, zone=PARIS) == (EventOptions(), [])
    assert [caution.code for caution in read_event_options([], zone=PARIS)[1]] == ["not_an_object"]


odd_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "a", "b", "0", "2026-03-12", "2026-03-12T20:00:00Z", "hard", "Doors"])
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "startAt", "endAt", "personId"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)


def rows_of(*names):
    usual = st.sampled_from(
        ["a", "b", "dresser", 1, 2, 9, "2026-03-12T18:00:00Z", "2026-03-12T22:00Z"]
    )
    return st.lists(
        st.dictionaries(st.sampled_from(names), usual | odd_values, max_size=len(names))
        | odd_values,
        max_size=5,
    )


documents = st.fixed_dictionaries(
    {},
    optional={
        "id": odd_values,
        "startAt": st.just("2026-03-12T19:00:00Z") | odd_values,
        "endAt": odd_values,
        "doorsAt": odd_values,
        "timezone": odd_values,
        "calendar": odd_values,
        "guestCount": odd_values,
        "venue": st.dictionaries(
            st.sampled_from(["accessFromAt", "curfewAt", "capacity", "name"]), odd_values
        )
        | odd_values,
        "tasks": rows_of("id", "durationMinutes", "dependsOn", "status"),
        "shifts": rows_of("id", "role", "startAt", "endAt", "required", "assigned", "breakMinutes"),
        "people": rows_of(
            "id", "name", "roles", "hourlyRate", "availability", "maxHours", "travelMinutes"
        ),
        "staffingRules": rows_of("role", "per", "ratio", "minutesEach", "windowMinutes"),
        "looks": rows_of(
            "id", "number", "modelId", "altModelIds", "changeSeconds", "dressers", "locked"
        ),
        "models": rows_of("id", "callAt", "hairMinutes", "makeupMinutes", "travelFromShow"),
        "showSettings": st.dictionaries(
            st.sampled_from(
                ["exitIntervalSeconds", "walkSeconds", "hairStations", "startDelayMinutes"]
            ),
            odd_values,
        )
        | odd_values,
        "cues": rows_of(
            "id", "name", "phase", "startAt", "offsetMinutes", "durationMinutes", "startMode"
        ),
        "music": rows_of("title", "seconds"),
    },
)


@given(documents, st.sampled_from(["keep", "repair", "optimize"]), st.booleans())
def test_whatever_comes_is_answered_and_twice_the_same(document, policy, allow_reassign):
    event, cautions = read_event(document, zone=PARIS)
    options = EventOptions(
        look_order_policy=policy, allow_reassign=allow_reassign, include_filled=True
    )
    answer = write_json(analyse(event, parts=PARTS, options=options, now=NOW))
    assert read_json(answer)
    again, _ = read_event(document, zone=PARIS)
    assert write_json(analyse(again, parts=PARTS, options=options, now=NOW)) == answer
    assert write_json(cautions)

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from graphlib import TopologicalSorter
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionos.demo import Production, files, production
from fashionos.demo.days import CLOSES, OPENS, Days
from fashionos.demo.house import PROMISES, SUBSTITUTES, pieces

PARIS = ZoneInfo("Europe/Paris")
AUCKLAND = ZoneInfo("Pacific/Auckland")
STATUSES = {
    "awaiting", "in_transit", "delayed", "received", "on_set",
    "shot", "returned", "damaged", "lost", "cancelled",
}  # fmt: skip
MOMENTS = [
    pytest.param(datetime(2026, 11, 23, 10, 7, 31, tzinfo=PARIS), PARIS, id="a working morning"),
    pytest.param(datetime(2026, 6, 4, 0, 0, tzinfo=PARIS), PARIS, id="midnight"),
    pytest.param(datetime(2026, 6, 4, 23, 59, 59, tzinfo=PARIS), PARIS, id="the last second"),
    pytest.param(datetime(2026, 3, 29, 12, 0, tzinfo=PARIS), PARIS, id="clocks go forward today"),
    pytest.param(datetime(2026, 3, 26, 9, 0, tzinfo=PARIS), PARIS, id="forward on show day"),
    pytest.param(datetime(2026, 10, 25, 2, 30, tzinfo=PARIS), PARIS, id="clocks go back now"),
    pytest.param(datetime(2026, 10, 21, 18, 0, tzinfo=PARIS), PARIS, id="back after the show"),
    pytest.param(datetime(2026, 12, 31, 23, 30, tzinfo=PARIS), PARIS, id="new year's eve"),
    pytest.param(datetime(2027, 1, 1, 0, 30, tzinfo=PARIS), PARIS, id="new year"),
    pytest.param(datetime(2028, 2, 27, 15, 0, tzinfo=UTC), PARIS, id="two days to a leap day"),
    pytest.param(datetime(2026, 12, 31, 13, 0, tzinfo=UTC), AUCKLAND, id="tomorrow in Auckland"),
]
at_any_moment = pytest.mark.parametrize(("now", "zone"), MOMENTS)
instants = st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- hypothesis wants naive bounds


@pytest.fixture(scope="module")
def show() -> Production:
    return production(datetime(2026, 11, 23, 10, 7, 31, tzinfo=PARIS), PARIS)


def read(text):
    instant = datetime.fromisoformat(text)
    assert instant.tzinfo is not None
    return instant


def named(show, name):
    [sample] = [sample for sample in show.samples if sample["name"] == name]
    return sample


def every_instant(value, name=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from every_instant(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from every_instant(inner, name)
    elif name == "at" or name.endswith("At"):
        yield name, read(value)


# What was promised


def test_holds_as_much_as_a_real_production(show):
    assert 110 <= len(show.samples) <= 130
    assert 35 <= len(show.event["tasks"]) <= 45
    assert 55 <= len(show.shot_list) <= 70
    assert 190 <= len(show.assets) <= 220
    assert 3 <= len(show.packages) <= 6
    assert len(show.event["looks"]) == 28


@at_any_moment
def test_every_status_occurs_and_between_a_quarter_and_three_fifths_are_ready(now, zone):
    counts = Counter(sample["status"] for sample in production(now, zone).samples)
    assert set(counts) == STATUSES
    share = (counts["on_set"] + counts["shot"]) / (counts.total() - counts["cancelled"])
    assert 0.25 <= share <= 0.6


def test_one_hero_is_lost_and_some_are_late(show):
    heroes = Counter(sample["status"] for sample in show.samples if sample["isHero"])
    assert heroes["lost"] == 1
    assert 2 <= heroes["delayed"] <= 4


def test_one_piece_is_held_at_customs_and_some_have_no_eta(show):
    held = [sample["name"] for sample in show.samples if sample["customsStatus"] == "held"]
    assert held == ["Bordeaux silk dress"]
    waiting = [sample for sample in show.samples if sample["status"] in {"awaiting", "in_transit"}]
    assert sum("expectedAt" not in sample for sample in waiting) == 3


def test_the_ivory_gown_is_one_piece_and_the_black_coat_is_two(show):
    def matching(*words):
        return [s["name"] for s in show.samples if set(words) <= set(s["name"].lower().split())]

    assert matching("ivory", "gown") == ["Ivory silk gown"]
    assert sorted(matching("black", "coat")) == ["Black leather coat", "Black wool coat"]


def test_enough_arrivals_of_every_kind_to_learn_the_slip_from(show):
    slips = {
        (read(sample["receivedAt"]) - read(sample["expectedAt"])) / timedelta(hours=1)
        for sample in show.samples
        if "receivedAt" in sample
    }
    assert len(slips) >= 8
    assert min(slips) < 0 < max(slips)


def test_the_gallery_has_rejects_near_duplicates_and_lines_without_a_frame(show):
    def distance(one, other):
        return (int(one["perceptualHash"], 16) ^ int(other["perceptualHash"], 16)).bit_count()

    statuses = Counter(asset["status"] for asset in show.assets)
    assert {"approved", "pending_review", "rejected"} <= set(statuses)
    near = [
        (one, other) for one, other in combinations(show.assets, 2) if distance(one, other) <= 6
    ]
    assert len(near) >= 20
    assert all(one["sku"] == other["sku"] for one, other in near)
    covered = {(asset["sku"], asset["angle"]) for asset in show.assets}
    skus = {sample["id"]: sample["sku"] for sample in show.samples}
    open_lines = [
        shot for shot in show.shot_list if (skus[shot["sampleId"]], shot["angle"]) not in covered
    ]
    assert len(open_lines) >= 20


# The plan of the show


def test_tasks_use_every_kind_of_link_and_form_no_cycle(show):
    tasks = {task["id"]: task for task in show.event["tasks"]}
    links = [link for task in tasks.values() for link in task["dependsOn"]]
    assert {link["type"] for link in links} == {"FS", "SS", "FF", "SF"}
    assert min(link["lagMinutes"] for link in links) < 0 < max(link["lagMinutes"] for link in links)
    graph = {key: [link["taskId"] for link in task["dependsOn"]] for key, task in tasks.items()}
    assert set(TopologicalSorter(graph).static_order()) == set(tasks)


def test_one_task_is_blocked_one_is_overdue_and_one_has_nobody(show):
    tasks = show.event["tasks"]
    now = datetime(2026, 11, 23, 10, 7, 31, tzinfo=PARIS)
    closed = {"done", "cancelled"}
    overdue = [t["name"] for t in tasks if t["status"] not in closed and read(t["dueAt"]) < now]
    assert overdue == ["Guest list and seating"]
    assert [t["name"] for t in tasks if t["status"] == "blocked"] == [
        "Fire safety sign-off of the runway plan"
    ]
    assert [t["name"] for t in tasks if "ownerId" not in t] == ["Backstage catering order"]
    assert sum(t["isMilestone"] for t in tasks) == 3
    for task in tasks:
        if "likelyMinutes" in task:
            estimates = [task[f"{kind}Minutes"] for kind in ("optimistic", "likely", "pessimistic")]
            assert estimates == sorted(estimates)


def test_nothing_is_done_before_what_it_waits_for(show):
    tasks = {task["id"]: task for task in show.event["tasks"]}
    for task in tasks.values():
        if task["status"] in {"done", "in_progress"}:
            for link in task["dependsOn"]:
                assert link["type"] == "SS" or tasks[link["taskId"]]["status"] == "done"


def test_one_person_is_booked_twice_and_two_shifts_are_short(show):
    shifts = show.event["shifts"]
    twice = {
        person
        for one, other in combinations(shifts, 2)
        for person in set(one["assigned"]) & set(other["assigned"])
        if read(one["startAt"]) < read(other["endAt"])
        and read(other["startAt"]) < read(one["endAt"])
    }
    assert twice == {"crew-gwen"}
    short = [shift["role"] for shift in shifts if len(shift["assigned"]) < shift["required"]]
    assert short == ["hair artist", "dresser"]


def test_people_work_in_their_roles(show):
    roles = {person["id"]: person["roles"] for person in show.event["people"]}
    for shift in show.event["shifts"]:
        assert all(shift["role"] in roles[person] for person in shift["assigned"])


def test_one_quick_change_is_impossible_and_one_is_tight(show):
    last, verdicts = {}, Counter()
    for look in show.event["looks"]:
        before = last.get(look["modelId"])
        last[look["modelId"]] = look
        if before:
            available = 18 * (look["number"] - before["number"])
            change = look["changeSeconds"] * (0.7 if look["dressers"] == 2 else 1)
            slack = available - before["walkSeconds"] - change
            verdicts["impossible" if slack < 0 else "tight" if slack < 30 else "ok"] += 1
    assert verdicts["impossible"] == 1
    assert verdicts["tight"] == 1


# One world: ids and references


@at_any_moment
def test_ids_are_unique(now, zone):
    show = production(now, zone)
    lists = [show.samples, show.shot_list, show.assets, show.packages]
    lists += [show.event[name] for name in ("tasks", "shifts", "people", "looks", "models", "cues")]
    for rows in lists:
        assert len({row["id"] for row in rows}) == len(rows)
    assert len({sample["sku"] for sample in show.samples}) == len(show.samples)
    assert len({sample["name"] for sample in show.samples}) == len(show.samples)


@at_any_moment
def test_every_reference_resolves(now, zone):
    show = production(now, zone)
    event = show.event
    known = {
        "sample": {sample["id"] for sample in show.samples},
        "substitute": {sample["id"] for sample in show.samples},
        "shot": {shot["id"] for shot in show.shot_list},
        "look": {look["id"] for look in event["looks"]},
        "task": {task["id"] for task in event["tasks"]},
        "event": {event["id"]},
        "model": {model["id"] for model in event["models"]},
        "altModel": {model["id"] for model in event["models"]},
        "owner": {person["id"] for person in event["people"]},
    }
    skus = {sample["sku"] for sample in show.samples}
    crew = known["owner"]
    seen = Counter()

    def check(value):
        if isinstance(value, list):
            for inner in value:
                check(inner)
        elif isinstance(value, dict):
            for key, inner in value.items():
                noun = key.removesuffix("Ids").removesuffix("Id")
                if noun != key and noun in known:
                    ids = inner if isinstance(inner, list) else [inner]
                    assert set(ids) <= known[noun], key
                    seen[noun] += len(ids)
                check(inner)

    check([show.samples, show.shot_list, show.assets, event])
    assert set(seen) == set(known)
    assert {asset["sku"] for asset in show.assets} <= skus
    assert {person for shift in event["shifts"] for person in shift["assigned"]} <= crew
    assert {cue["owner"] for cue in event["cues"]} <= crew


def test_looks_and_samples_name_each_other(show):
    of_samples = {(look, s["id"]) for s in show.samples for look in s["lookIds"]}
    of_looks = {(look["id"], s) for look in show.event["looks"] for s in look["sampleIds"]}
    assert of_samples == of_looks


def test_the_tables_speak_of_pieces_that_exist():
    names = {piece.name for piece in pieces()}
    spoken = {name for names_ in SUBSTITUTES.values() for name in names_}
    assert set(SUBSTITUTES) | spoken | set(PROMISES) <= names


# Time


@at_any_moment
def test_history_is_past_and_in_order(now, zone):
    show = production(now, zone)
    past = {"orderedAt", "shippedAt", "receivedAt", "onSetAt", "shotAt", "returnedAt", "at"}
    past |= {"capturedAt", "actualStartAt", "actualEndAt"}
    everything = [show.samples, show.assets, show.event, show.shot_list]
    for name, instant in every_instant(everything):
        assert instant <= now or name not in past, name
        assert abs(instant - now) < timedelta(days=70)
    for sample in show.samples:
        moments = [read(step["at"]) for step in sample["statusHistory"]]
        assert moments == sorted(moments), sample["name"]
        assert sample["statusHistory"][-1]["status"] == sample["status"]


@at_any_moment
def test_the_shoot_is_today_and_tomorrow_and_the_show_in_three_days(now, zone):
    show = production(now, zone)
    today = now.astimezone(zone).date()
    start = read(show.event["startAt"]).astimezone(zone)
    assert (start.date() - today, start.hour) == (timedelta(days=3), 20)
    still_to_shoot = [
        read(sample["neededAt"]).astimezone(zone)
        for sample in show.samples
        if "onSetAt" not in sample
    ]
    assert {needed.date() - today for needed in still_to_shoot} <= {
        timedelta(days=0),
        timedelta(days=1),
    }
    assert all(OPENS <= f"{needed:%H:%M}" <= CLOSES for needed in still_to_shoot)
    options = {name: read(text) for name, text in show.logistics_options.items()}
    assert options["shootAt"] > now
    assert options["dayEndAt"] - options["dayStartAt"] == timedelta(hours=10)
    assert options["dayEndAt"] > now
    doors = read(show.event["doorsAt"])
    hard = [read(cue["startAt"]) for cue in show.event["cues"] if cue["startMode"] == "hard"]
    assert [doors - start for start in hard] == [timedelta(minutes=15), timedelta(0)]


@at_any_moment
def test_couriers_on_the_road_are_ahead_of_us_but_for_the_overdue_one(now, zone):
    late = [
        sample["name"]
        for sample in production(now, zone).samples
        if sample["status"] == "in_transit" and read(sample["expectedAt"]) < now
    ]
    assert late == ["Black denim jeans"]


@given(now=instants, minutes=st.integers(0, 2000))
def test_studio_time_runs_backwards_over_nights(now, minutes):
    days = Days(now, PARIS)
    then = days.worked(minutes)
    assert then <= now
    assert OPENS <= f"{then.astimezone(PARIS):%H:%M}" <= CLOSES
    assert then >= days.worked(minutes + 1)


def test_ninety_minutes_of_work_ago_at_ten_was_yesterday_evening():
    days = Days(datetime(2026, 11, 23, 10, 0, tzinfo=PARIS), PARIS)
    assert days.worked(90) == datetime(2026, 11, 22, 18, 30, tzinfo=PARIS)
    assert days.worked(30) == datetime(2026, 11, 23, 9, 30, tzinfo=PARIS)


def test_the_courier_at_the_door_is_not_the_next_one():
    days = Days(datetime(2026, 11, 23, 8, 30, tzinfo=PARIS), PARIS)
    assert days.delivery(1) == datetime(2026, 11, 23, 11, 0, tzinfo=PARIS)


@given(now=instants, number=st.integers(1, 12))
def test_deliveries_lie_ahead_in_order(now, number):
    days = Days(now, AUCKLAND)
    assert now < days.delivery(number) < days.delivery(number + 1)


@pytest.mark.parametrize(("month", "season"), [(2, "FW26"), (6, "FW26"), (7, "SS27"), (12, "SS27")])
def test_the_season_is_the_one_that_is_shown(month, season):
    assert Days(datetime(2026, month, 15, tzinfo=PARIS), PARIS).season() == season


# The documents


@at_any_moment
def test_the_same_now_gives_the_same_bytes(now, zone):
    assert json.dumps(files(now, zone)) == json.dumps(files(now, zone))


def test_documents_are_ready_to_post(show):
    documents = files(datetime(2026, 11, 23, 10, 7, 31, tzinfo=PARIS), PARIS)
    assert json.loads(json.dumps(documents, allow_nan=False)) == documents
    assert {name: set(body) for name, body in documents.items()} == {
        "logistics-analyzer.json": {"sampleList", "analysisType", "options", "timezone"},
        "events-optimizer.json": {"event", "analysisType"},
        "media-scorer.json": {"assets", "shotList", "analysisType", "brand"},
        "recommendations.json": {"recommendationType", "context"},
        "chat-orchestrator.json": {
            "message", "currentKit", "currentRoute", "sessionId", "conversationHistory",
            "userContext",
        },
    }  # fmt: skip
    context = documents["chat-orchestrator.json"]["userContext"]
    assert "now" not in context
    assert context["sampleList"] == show.samples
    assert context["eventTasks"] == show.event["tasks"]

import json
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from fashionos.kit.wire import write_json
from insights.analysis.intake import read_samples
from insights.analysis.logistics import analyse
from insights.schemas.logistics import LogisticsOptions

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
ALL = ("readiness", "blockers", "batching")
ROWS = [
    {"id": "gown", "name": "Ivory gown", "category": "dress", "status": "on_set", "isHero": True},
    {"id": "coat", "category": "outerwear", "status": "Shot", "lookIds": ["look-1"]},
    {"id": "bag", "category": "bag", "status": "arrived", "lookIds": ["look-1"]},
    {
        "id": "cape",
        "name": "Velvet cape",
        "category": "outerwear",
        "status": "delayed",
        "isHero": True,
        "eta": "2026-03-11T09:00:00Z",
        "neededAt": "2026-03-10T09:30:00Z",
    },
    {"id": "hat", "category": "accessory", "status": "in transit", "eta": "2026-03-09T09:00:00Z"},
]


def run(rows=ROWS, parts=ALL, now=NOW):
    samples, _ = read_samples(rows, zone=ZoneInfo("UTC"))
    return analyse(samples, parts=parts, options=LogisticsOptions(), now=now)


def test_only_the_parts_asked_for_are_on_the_wire():
    assert set(json.loads(write_json(run(parts=["readiness"])))) == {"readiness", "assumptions"}
    assert set(json.loads(write_json(run(parts=["blockers"])))) == {"blockers", "watchlist"}
    assert json.loads(write_json(run(rows=[], parts=["batching"])))["batching"]["sequence"] == []
    assert write_json(run(parts=[])) == b"{}"


def test_a_small_shoot_from_rows_to_answer():
    found = run()
    assert found.readiness.score == 40.0
    assert found.readiness.level == "critical"
    assert [(item.sample_id, item.severity_score) for item in found.blockers] == [("cape", 81.4)]
    assert [(item.sample_id, item.reason) for item in found.watchlist] == [("hat", "overdue")]
    assert found.batching.sequence == ("gown", "bag")
    assert found.batching.done == ("coat",)


def test_empty_answers_are_told_from_absent_ones():
    document = json.loads(write_json(run(rows=[], parts=["blockers"])))
    assert document == {"blockers": [], "watchlist": []}


def test_now_is_an_instant_whatever_its_offset_and_fraction():
    other = NOW.astimezone(timezone(timedelta(hours=-7))).replace(microsecond=5)
    assert write_json(run(now=other)) == write_json(run())


@given(st.permutations(ROWS))
def test_readiness_and_blockers_do_not_depend_on_the_order(rows):
    parts = ["readiness", "blockers"]
    assert write_json(run(rows, parts)) == write_json(run(ROWS, parts))


def test_the_same_input_gives_the_same_bytes():
    rows = [
        {
            "id": n,
            "status": ["received", "in_transit", "lost"][n % 3],
            "setId": f"set-{n % 7}",
            "lighting": f"light-{n % 3}",
            "category": f"category-{n % 5}",
            "isHero": n % 20 == 0,
            "expectedAt": f"2026-03-{10 + n % 9:02}T10:00:00Z",
        }
        for n in range(400)
    ]
    assert write_json(run(rows)) == write_json(run(rows))

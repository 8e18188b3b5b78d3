"""What a roll-up writes, against the plainest way to count; when it counts again; and what retention leaves."""

import uuid
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from itertools import groupby, pairwise

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.metrics import bucket
from analytics.models import AnalyticsEvent, DailyTotal, RolledDay, UserDay
from analytics.rollups import LATE_DAYS, roll_up
from analytics.tests.events import add_events
from fashionos.accounts.models import User
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import add_person

MORNING = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
NOW = MORNING + timedelta(hours=12)
TODAY = NOW.date()


def rolled(now=NOW, **options):
    return list(roll_up(now, **options))


def totals(day=None):
    with acting(Role.SYSTEM):
        rows = DailyTotal.objects.filter(**({"day": day} if day else {}))
        return {
            (row.day, row.name, row.detail, row.kit, row.bucket): (row.count, round(row.total, 3))
            for row in rows
        }


def user_days():
    with acting(Role.SYSTEM):
        return {
            (row.day, row.user_id, row.kit): (row.opens, row.events, sorted(row.features))
            for row in UserDay.objects.all()
        }


def count(name, **filters):
    with acting(Role.SYSTEM):
        rows = DailyTotal.objects.filter(**{"name": name, "kit": "*", **filters})
        return sum(rows.values_list("count", flat=True))


# The plainest way to count


def reference(events):  # noqa: C901, PLR0912 -- one branch for each thing that is counted, as the document has it
    """Count the events of (user_id, row) day by day, as docs/metrics.md says it."""
    found = defaultdict(lambda: [0, 0.0])
    people = defaultdict(lambda: [0, 0, set()])

    def add(name, row, detail="", number=0, total=0.0):
        for kit in kits_of(row):
            entry = found[row["created_at"].date(), name, detail, kit, number]
            entry[0] += 1
            entry[1] += total

    plain = {
        "assistant_opened": "opens",
        "kit_switched": "kit_switches",
        "action_clicked": "action_clicks",
    }
    asked = set()
    for user, row in events:
        kind, data, day = row["event_type"], row["event_data"], row["created_at"].date()
        feature = data.get("feature", "")
        if kind in plain:
            add(plain[kind], row)
        if kind == "assistant_answered" and data.get("actions", 0) > 0:
            add("offers", row)
        if kind == "deep_link_clicked":
            add("deep_links", row)
            if any(
                other == user
                and done["page_route"] == data["target"].split("?")[0]
                and done["event_type"]
                not in {"deep_link_clicked", "page_viewed", "function_called"}
                and done["created_at"].date() == day
                and timedelta() < done["created_at"] - row["created_at"] <= timedelta(minutes=30)
                for other, done in events
            ):
                add("conversions", row)
        if kind == "function_called":
            name = data["function"]
            add("calls", row, name, bucket(data["ms"]), max(data["ms"], 0.01))
            add("database", row, name, 0, max(data["database_ms"], 0.01))
            server_failed = data["status"] >= 500 and data["error"] != "switched_off"
            if server_failed or (data["status"] < 400 and data["error"]):
                add("errors", row, name)
            if data["cached"] is not None:
                add("cache_lookups", row, name)
            if data["cached"]:
                add("cache_hits", row, name)
            continue
        for kit in kits_of(row):
            if feature and (use := (day, user, row["session_id"], feature, kit)) not in asked:
                asked.add(use)
                found[day, "uses", feature, kit, 0][0] += 1
            entry = people[day, user, kit]
            entry[0] += kind == "assistant_opened"
            entry[1] += 1
            entry[2] |= {feature} - {""}
    for session in sessions(events):
        seconds = (session[-1]["created_at"] - session[0]["created_at"]).total_seconds()
        add("sessions", session[0], total=seconds)
    for row in last_ratings(events):
        if row["event_data"]["helpful"] is not None:
            add("thumbs", row)
        if row["event_data"]["helpful"]:
            add("thumbs_up", row)
    return (
        {key: (number, round(total, 3)) for key, (number, total) in found.items()},
        {key: (opens, events, sorted(used)) for key, (opens, events, used) in people.items()},
    )


def kits_of(row):
    """Return the kits that an event counts in: its own, and all of them together."""
    return [kit for kit in (row["kit_context"], "*") if kit]


def sessions(events):
    def whose(event):
        user, row = event
        return str(user), str(row["session_id"]), row["created_at"].date()

    own = [event for event in events if event[1]["event_type"] != "function_called"]
    for _, group in groupby(
        sorted(own, key=lambda e: (*whose(e), e[1]["created_at"], e[1]["id"])), whose
    ):
        rows = [row for _, row in group]
        run = [rows[0]]
        for before, row in pairwise(rows):
            if row["created_at"] - before["created_at"] > timedelta(minutes=30):
                yield run
                run = []
            run.append(row)
        yield run


def last_ratings(events):
    last = {}
    for user, row in sorted(events, key=lambda event: (event[1]["created_at"], event[1]["id"])):
        if row["event_type"] == "answer_rated":
            last[user, row["created_at"].date(), row["event_data"]["conversationId"]] = row
    return last.values()


features = st.sampled_from(["logistics.readiness", "events.staffing"])
pages = st.sampled_from(["/samples", "/gallery"])
SESSIONS = [uuid.UUID(int=1), uuid.UUID(int=2), None]
data = {
    "assistant_opened": st.just({}),
    "kit_switched": st.just({}),
    "action_clicked": st.just({}),
    "page_viewed": st.just({}),
    "record_changed": st.just({}),
    "deep_link_clicked": st.builds(lambda page: {"target": f"{page}?a=1"}, pages),
    "assistant_answered": st.fixed_dictionaries(
        {"feature": features, "actions": st.integers(0, 3)}
    ),
    "answer_rated": st.fixed_dictionaries(
        {
            "conversationId": st.sampled_from(["a", "b"]),
            "helpful": st.sampled_from([True, False, None]),
        }
    ),
    "function_called": st.fixed_dictionaries(
        {
            "function": st.sampled_from(["chat-orchestrator", "media-scorer"]),
            "status": st.sampled_from([200, 404, 500, 503]),
            "error": st.sampled_from(["", "skill_failed", "switched_off"]),
            "ms": st.floats(0, 50_000).map(lambda ms: round(ms, 3)),
            "database_ms": st.floats(0, 900).map(lambda ms: round(ms, 3)),
            "cached": st.sampled_from([True, False, None]),
        }
    ),
}
rows = st.sampled_from(sorted(data)).flatmap(
    lambda kind: st.fixed_dictionaries(
        {
            "id": st.uuids(version=4),
            "event_type": st.just(kind),
            "event_data": data[kind],
            "page_route": pages,
            "kit_context": st.sampled_from(["logistics", "media", None]),
            "session_id": st.sampled_from(SESSIONS),
            # Around midnight, in steps of which three are the longest gap.
            "created_at": st.integers(-24, 18).map(lambda n: MORNING + timedelta(minutes=10 * n)),
        }
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.booleans(), rows), max_size=60, unique_by=lambda event: event[1]["id"])
)
def test_a_roll_up_counts_what_the_events_say(alice, bob, drawn):
    with acting(Role.ERASER):
        AnalyticsEvent.objects.all().delete()
    with acting(Role.SYSTEM):
        UserDay.objects.all().delete()
        DailyTotal.objects.all().delete()
    events = [((alice if is_hers else bob).id, row) for is_hers, row in drawn]
    for person in (alice, bob):
        add_events(person.id, [row for user, row in events if user == person.id])
    rolled(again_from=TODAY - timedelta(days=3))
    assert (totals(), user_days()) == reference(events)


# When it counts


def opened(at, **fields):
    return {
        "event_type": "assistant_opened",
        "kit_context": "logistics",
        "created_at": at,
        **fields,
    }


def test_a_day_counts_again_until_it_is_settled_and_then_no_more(alice):
    yesterday = TODAY - timedelta(days=1)
    rolled(MORNING - timedelta(hours=1))
    assert yesterday in rolled(MORNING + timedelta(hours=1))
    assert rolled(MORNING + timedelta(hours=2, minutes=1)) == [yesterday, TODAY]
    assert rolled(MORNING + timedelta(hours=3)) == [TODAY]


def test_the_same_day_twice_comes_to_the_same(alice):
    add_events(alice.id, [opened(NOW - timedelta(minutes=n)) for n in range(5)])
    rolled()
    before = totals(), user_days()
    rolled()
    assert (totals(), user_days()) == before
    assert count("opens") == 5


def test_an_event_that_comes_late_is_counted_on_its_day(alice):
    rolled()
    day = TODAY - timedelta(days=LATE_DAYS)
    add_events(alice.id, [opened(datetime(day.year, day.month, day.day, 7, tzinfo=UTC))] * 1)
    assert rolled() == [day, TODAY]
    assert rolled() == [TODAY]
    assert count("opens", day=day) == 1


def test_an_event_of_long_ago_or_to_come_is_kept_and_not_counted(alice):
    ancient, future = datetime(1999, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
    add_events(alice.id, [opened(ancient), opened(future), opened(NOW)])
    rolled()
    assert count("opens") == 1
    with acting(Role.SUPPORT):
        assert AnalyticsEvent.objects.for_user(alice).count() == 3


def test_a_late_event_does_not_wash_away_the_totals_of_a_day_that_retention_has_emptied(alice):
    day = TODAY - timedelta(days=LATE_DAYS + 5)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    add_events(alice.id, [opened(noon), opened(noon)])
    rolled(again_from=day)
    call_command("drop_old_analytics", keep=LATE_DAYS + 1, stdout=StringIO())
    add_events(alice.id, [opened(noon)])
    rolled()
    assert count("opens", day=day) == 2


def test_counting_the_past_again_leaves_the_totals_of_days_without_events(alice):
    day = TODAY - timedelta(days=LATE_DAYS + 5)
    add_events(alice.id, [opened(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))])
    rolled(again_from=day)
    with acting(Role.ERASER):
        AnalyticsEvent.objects.all().delete()
    rolled(again_from=day)
    assert count("opens", day=day) == 1


@pytest.mark.parametrize(
    "row",
    [
        {"event_type": "assistant_answered", "event_data": {"actions": "many", "feature": ["x"]}},
        {"event_type": "assistant_answered", "event_data": {"actions": 10**400}},
        {"event_type": "assistant_answered", "event_data": ["feature"]},
        {"event_type": "assistant_answered", "event_data": {"feature": "x" * 10_000}},
        {"event_type": "assistant_answered", "event_data": {"feature": "'; DROP TABLE x"}},
        {"event_type": "answer_rated", "event_data": {"helpful": "yes", "conversationId": {}}},
        {"event_type": "deep_link_clicked", "event_data": "/samples"},
        {"event_type": "deep_link_clicked", "event_data": {"target": 7}},
        {"event_type": "assistant_opened", "kit_context": "k" * 10_000},
        {"event_type": "x" * 2_000, "page_route": "?" * 10_000},
        {"event_type": "function_called", "event_data": {"ms": "fast", "status": "200"}},
        {"event_type": "function_called", "event_data": {"ms": 10**400, "database_ms": -1}},
        {"event_type": "function_called", "event_data": {"function": "f" * 500, "ms": 1}},
    ],
)
def test_nothing_that_an_event_may_hold_fails_a_day(alice, row):
    data = row.get("event_data", {})
    add_events(alice.id, [opened(NOW), {"created_at": NOW, **row, "event_data": data}])
    rolled()
    assert count("opens", kit="logistics") == 1


def test_the_words_of_clients_do_not_become_kits_or_features(alice):
    strange = {"kit_context": "<script>", "event_data": {"feature": "Not One!"}}
    add_events(
        alice.id, [opened(NOW, **strange), opened(NOW, event_data={"feature": "dialog.deny"})]
    )
    rolled()
    assert user_days() == {
        (TODAY, alice.id, "*"): (2, 2, []),
        (TODAY, alice.id, "logistics"): (1, 1, []),
    }
    assert count("uses") == 0


def test_a_roll_up_takes_as_many_queries_for_three_users_as_for_one(
    alice, bob, django_assert_num_queries
):
    rolled()
    add_events(alice.id, [opened(NOW)])
    with django_assert_num_queries(20):
        rolled()
    carol = add_person("carol@example.com")
    for person in (bob, carol):
        add_events(person.id, [opened(NOW), opened(NOW, kit_context="media")])
    with django_assert_num_queries(20):
        rolled()


@pytest.mark.django_db(transaction=True)
def test_roll_ups_that_run_together_come_to_the_same_as_one():
    alice = add_person("alice@example.com")
    now = datetime.now(UTC)
    add_events(alice.id, [opened(now) for _ in range(50)])

    def run(_):
        try:
            return rolled(now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(run, range(8)))
    assert count("opens") == 50
    assert user_days() == {(now.date(), alice.id, kit): (50, 50, []) for kit in ("*", "logistics")}


@pytest.mark.django_db(transaction=True)
def test_an_event_whose_transaction_ends_after_the_roll_up_is_counted_by_the_next():
    alice = add_person("alice@example.com")
    now = datetime.now(UTC)
    late = now - timedelta(days=3)
    rolled(now)
    with acting(Role.WEB, user_id=alice.id):
        AnalyticsEvent.objects.create(
            user_id=alice.id, event_type="assistant_opened", created_at=late
        )
        with ThreadPoolExecutor(1) as pool:
            assert late.date() not in pool.submit(run_and_close, now).result()
    assert late.date() in rolled(now)
    assert count("opens") == 1


def run_and_close(now):
    try:
        return rolled(now)
    finally:
        connection.close()


# Retention


@pytest.mark.django_db(transaction=True)
def test_retention_drops_whole_months_and_then_the_days_before():
    alice = add_person("alice@example.com")
    old = datetime.now(UTC) - timedelta(days=200)
    cut = datetime.now(UTC).date() - timedelta(days=100)
    starts = datetime(cut.year, cut.month, cut.day, tzinfo=UTC)
    moments = [old, starts - timedelta(seconds=1), starts, datetime(1990, 1, 1, tzinfo=UTC)]
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "SELECT fashionos_add_analytics_month(%s), fashionos_add_analytics_month(%s)",
            [old.date(), cut],
        )
    add_events(alice.id, [opened(at) for at in moments])
    rolled(datetime.now(UTC), again_from=old.date())
    kept = totals()
    first, second = (
        run("drop_old_analytics", keep=100),
        run("drop_old_analytics", keep=100),
    )
    assert "1 months dropped, 2 more events removed" in first
    assert "0 months dropped, 0 more events removed" in second
    with acting(Role.SUPPORT):
        assert [event.created_at for event in AnalyticsEvent.objects.for_user(alice)] == [starts]
    assert {day for day, *_ in user_days()} == {cut}
    assert totals() == kept


def run(name, **options):
    out = StringIO()
    call_command(name, stdout=out, **options)
    return out.getvalue()


def test_retention_removes_in_batches(alice):
    old = datetime(2001, 1, 1, tzinfo=UTC)
    add_events(alice.id, [opened(old)] * 7)
    assert "7 more events removed" in run("drop_old_analytics", batch=3)


def test_retention_keeps_what_may_still_change():
    with pytest.raises(CommandError, match=str(LATE_DAYS)):
        run("drop_old_analytics", keep=LATE_DAYS)


@pytest.mark.parametrize(
    "options", [{"again_from": date(2999, 1, 1)}, {"every": 0.0}, {"every": -1.0}]
)
def test_a_roll_up_that_makes_no_sense_is_refused(options):
    with pytest.raises(CommandError):
        run("roll_up_analytics", **options)


# Walls


@pytest.mark.parametrize(
    "table", ["analytics_daily_totals", "analytics_user_days", "analytics_rolled_days"]
)
@pytest.mark.parametrize("statement", ["SELECT * FROM {}", "DELETE FROM {}"])
def test_users_see_and_change_no_totals(alice, table, statement):
    add_events(alice.id, [opened(NOW)])
    rolled()
    before = totals(), user_days()
    with (
        acting(Role.WEB, user_id=alice.id),
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))
    assert (totals(), user_days()) == before


@pytest.mark.parametrize(
    "call",
    ["fashionos_add_analytics_month(now()::date)", "fashionos_drop_analytics_months('3000-01-01')"],
)
@pytest.mark.parametrize("role", [Role.WEB, Role.SUPPORT, Role.AUTH])
def test_who_may_not_makes_and_drops_no_months(alice, call, role):
    with (
        acting(role, user_id=alice.id),
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"SELECT {call}")


def test_erasing_a_user_erases_what_they_did_on_which_day(alice, bob):
    for person in (alice, bob):
        add_events(person.id, [opened(NOW)])
    rolled()
    with acting(Role.ERASER):
        User.objects.get(id=alice.id).delete()
    assert {user for _, user, *_ in user_days()} == {bob.id}
    assert count("opens") == 2
    with acting(Role.SYSTEM):
        assert RolledDay.objects.filter(day=TODAY).exists()

"""`postgres_changes` over a real server process: what is told, to whom, in which order, and how often."""

import http.client
import json
import time
from contextlib import contextmanager
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

from fashionos.accounts.models import User
from fashionos.accounts.tokens import legacy_api_key
from fashionos.kit.owned import Role, acting
from fashionos.tables import TABLES
from fashionos.testing.people import sign_in
from fashionos.testing.sockets import served_database, server_process
from fashionos.workspace import services
from fashionos.workspace.models import Event, EventMember, EventTask, Sample
from realtime.listener import CHANGES_CHANNEL, LOCK
from realtime.tests.test_facts import end_listeners
from realtime.tests.test_faults import until
from realtime.tests.test_sockets import denied, join_for

pytestmark = pytest.mark.django_db(transaction=True)

VERSIONS = pytest.mark.parametrize("vsn", ["1.0.0", "2.0.0"])
SECRET = settings.SECRET_API_KEYS[0]
ROOM = "changes"


def binding(table="samples", event="*", **more):
    return {"event": event, "schema": "public", "table": table, **more}


def subscribe(client, token, *bindings, name=ROOM, private=False):
    """Join with these bindings; the reply has echoed them, and the database is heard."""
    reply = client.join(name, token, private=private, postgres_changes=list(bindings))
    assert reply["status"] == "ok", reply
    echoed = reply["response"]["postgres_changes"]
    assert [{**one, "id": n} for n, one in enumerate(bindings, 1)] == echoed
    assert client.hear("system").payload == {
        "extension": "postgres_changes",
        "status": "ok",
        "message": "Subscribed to PostgreSQL",
        "channel": name,
    }
    return client


def heard(client):
    payload = client.hear("postgres_changes").payload
    return payload["ids"], payload["data"]


def told(client, count=1):
    """Return type and name (or keys) of the next changes."""
    changes = [heard(client)[1] for _ in range(count)]
    return [(c["type"], c.get("record", c.get("old_record")).get("name", "")) for c in changes]


def as_person(person):
    return acting(Role.WEB, user_id=person.id)


def add(person, *names, **values):
    with as_person(person):
        rows = [{"name": name, **values} for name in names]
        return services.add_samples(person.id, rows, by=person.id)


def ask(server, person, method, path, document=None, **headers):
    """Call /rest/v1 of the server; return what it answers."""
    remote = http.client.HTTPConnection("127.0.0.1", server.port)
    token = {"Authorization": f"Bearer {person.token}"} if person else {}
    sent = {"apikey": settings.PUBLISHABLE_KEYS[0] if person else SECRET, **token, **headers}
    body = None if document is None else json.dumps(document)
    remote.request(method, f"/rest/v1/{path}", body, {"Content-Type": "application/json", **sent})
    answer = remote.getresponse().read()
    remote.close()
    return json.loads(answer) if answer else None


@contextmanager
def login():
    """Connect as the login that serves, beside the house."""
    with psycopg.connect(served_database(), autocommit=True) as other:
        yield other


def become(other, role, person=None):
    other.execute("SELECT set_config('role', %s, true)", [role.value])
    other.execute("SELECT set_config('app.user_id', %s, true)", [str(person.id) if person else ""])


# What is told


@VERSIONS
def test_each_change_reaches_its_owner_as_rest_shows_it_and_nobody_else(
    server, connect, alice, bob, sam, vsn
):
    owner = subscribe(connect(vsn=vsn), alice.token, binding())
    others = [subscribe(connect(vsn=vsn), other.token, binding()) for other in (bob, sam)]
    [sample] = add(alice, "Gown", details={"fabric": ["silk"]}, look_ids=["a", "b"])
    ids, inserted = heard(owner)
    [row] = ask(server, alice, "GET", f"samples?id=eq.{sample.id}")
    assert ids == [1]
    assert inserted["record"] == row
    assert [inserted[name] for name in ("schema", "table", "type", "errors")] == [
        *("public", "samples", "INSERT", None)
    ]
    assert "old_record" not in inserted
    types = {column["name"]: column["type"] for column in inserted["columns"]}
    assert list(types) == list(row)
    assert [types[n] for n in ("id", "name", "is_hero", "look_ids", "details", "created_at")] == [
        *("uuid", "text", "bool", "_text", "jsonb", "timestamptz")
    ]
    assert inserted["commit_timestamp"][:10] == row["created_at"][:10]
    with as_person(alice):
        services.change_samples(Sample.objects.for_user(alice), {"status": "received"}, by=None)
    _, updated = heard(owner)
    [row] = ask(server, alice, "GET", "samples")
    assert (updated["type"], updated["record"], updated["old_record"]) == (
        *("UPDATE", row),
        {"id": str(sample.id)},
    )
    with as_person(alice):
        services.remove_samples(Sample.objects.for_user(alice))
    _, deleted = heard(owner)
    assert (deleted["type"], deleted["old_record"]) == ("DELETE", {"id": str(sample.id)})
    assert "record" not in deleted
    assert deleted["columns"] == inserted["columns"]
    for client in (owner, *others):
        assert client.hears_nothing(0.2)


def test_one_frame_names_all_bindings_of_a_channel_that_it_is_for(connect, alice):
    client = subscribe(
        connect(),
        alice.token,
        binding(event="INSERT"),
        binding(event="UPDATE"),
        binding(event="insert", filter="name=eq.Gown"),
        {"event": "*", "schema": "public"},
        {"event": "*", "schema": "*", "table": "samples"},
        {"table": "samples", "filter": None, "select": []},
        binding(filter="name=eq.Cape"),
        binding("assets"),
    )
    add(alice, "Gown")
    assert heard(client)[0] == [1, 3, 4, 5, 6]
    assert heard(client)[1]["table"] == "status_changes"  # by the binding of all tables
    assert client.hears_nothing(0.2)


def test_select_leaves_columns_out_but_never_the_key(connect, alice):
    client = subscribe(
        connect(), alice.token, binding(select=["name", "status"]), binding(event="INSERT")
    )
    [sample] = add(alice, "Gown")
    (some, cut), (every, whole) = sorted((heard(client), heard(client)), key=lambda told: told[0])
    assert (some, every) == ([1], [2])
    assert cut["record"] == {"id": str(sample.id), "name": "Gown", "status": "awaiting"}
    assert {column["name"] for column in cut["columns"]} == {"id", "name", "status"}
    assert len(whole["record"]) > 10


def test_conversations_are_opened_and_preferences_are_known_by_their_user(server, connect, alice):
    client = subscribe(
        connect(), alice.token, binding("assistant_conversations"), binding("user_preferences")
    )
    turn = {"message": "are we ready?", "response": {"content": "yes"}}
    ask(server, alice, "POST", "assistant_conversations", turn)
    ids, inserted = heard(client)
    assert (ids, inserted["record"]) == (
        [1],
        ask(server, alice, "GET", "assistant_conversations")[0],
    )
    assert inserted["record"]["message"] == "are we ready?"
    assert inserted["record"]["response"] == {"content": "yes"}
    ask(server, alice, "PATCH", f"user_preferences?user_id=eq.{alice.id}", {"default_kit": "media"})
    ids, updated = heard(client)
    assert (ids, updated["old_record"]) == ([2], {"user_id": str(alice.id)})
    assert updated["record"]["default_kit"] == "media"


def test_what_users_never_read_back_is_told_to_the_server_alone(server, connect, alice):
    user = subscribe(connect(), alice.token, binding("analytics_events"), {"schema": "public"})
    backend = subscribe(connect(key=SECRET), None, binding("analytics_events"))
    ask(server, alice, "POST", "analytics_events", [{"event_type": str(n)} for n in range(3)])
    assert [heard(backend)[1]["record"]["event_type"] for _ in range(3)] == ["0", "1", "2"]
    assert user.hears_nothing(0.2)


def test_the_server_hears_of_everybody_once(connect, alice, bob):
    backend = subscribe(connect(key=SECRET), None, binding(event="INSERT"))
    add(alice, "Gown")
    add(bob, "Cape")
    assert told(backend, 2) == [("INSERT", "Gown"), ("INSERT", "Cape")]
    assert backend.hears_nothing(0.2)


def test_a_record_that_is_too_large_is_told_without_what_makes_it_so(connect, alice):
    with server_process(REALTIME_RECORD_BYTES="1000") as process:
        client = subscribe(connect(process), alice.token, binding())
        add(alice, "Gown", details={"x": "y" * 1000})
        _, change = heard(client)
        assert change["errors"] == ["Error 413: Payload Too Large"]
        assert change["record"]["name"] == "Gown"
        assert "details" not in change["record"]


# Filters

ROWS = [
    {"name": "Gown", "priority": "high", "sku": "A,1", "is_hero": True, "color": "red"},
    {"name": "gown (long)", "priority": "low", "sku": 'B"2', "needed_at": "2026-11-23T09:00:00Z"},
    {"name": "Cape", "priority": "normal", "look_ids": ["x"], "needed_at": "2026-12-01T09:00:00Z"},
]


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ("name=eq.Gown", "name=eq.Gown"),
        ("name=neq.Gown", "name=neq.Gown"),
        ("name=not.eq.Gown", "name=not.eq.Gown"),
        ("needed_at=lt.2026-11-24", "needed_at=lt.2026-11-24"),
        ("needed_at=lte.2026-11-23T09:00:00Z", "needed_at=lte.2026-11-23T09:00:00Z"),
        ("needed_at=gt.2026-11-24", "needed_at=gt.2026-11-24"),
        ("needed_at=gte.2026-12-01T09:00:00Z", "needed_at=gte.2026-12-01T09:00:00Z"),
        ("priority=in.(high,low)", "priority=in.(high,low)"),
        ('sku=in.("A,1",none)', 'sku=in.("A,1",none)'),
        ("priority=not.in.(high,low)", "priority=not.in.(high,low)"),
        ("name=like.G%", "name=like.G%"),
        ("name=ilike.g%", "name=ilike.g%"),
        ("name=match.^[Gg]own$", "name=match.^[Gg]own$"),
        ("name=imatch.^gown", "name=imatch.^gown"),
        ("needed_at=is.null", "needed_at=is.null"),
        ("needed_at=not.is.null", "needed_at=not.is.null"),
        ("is_hero=is.true", "is_hero=is.true"),
        ("needed_at=isdistinct.2026-12-01T09:00:00Z", "needed_at=isdistinct.2026-12-01T09:00:00Z"),
        ("name=eq.gown (long)", "name=eq.gown (long)"),
        ('sku=eq."A,1"', "sku=eq.A,1"),
        (r'sku=eq."B\"2"', 'sku=eq.B"2'),
        ("name=ilike.g%,is_hero=eq.true", "name=ilike.g%&is_hero=eq.true"),
        ("name=neq.Gown, priority=not.eq.low", "name=neq.Gown&priority=not.eq.low"),
        ("user_id=eq.{id}", "user_id=eq.{id}"),
        ("", ""),
    ],
)
def test_a_filter_lets_through_what_the_same_read_finds(server, connect, alice, asked, query):
    asked, query = asked.replace("{id}", str(alice.id)), query.replace("{id}", str(alice.id))
    inserted = binding(event="INSERT", filter=asked)
    client = subscribe(connect(), alice.token, inserted, binding("assets"))
    for row in ROWS:
        with as_person(alice):
            services.add_samples(alice.id, [row], by=alice.id)
    with as_person(alice):
        services.add_assets(alice.id, [{"file_name": "the end"}], by=alice.id)
    names = []
    while (change := heard(client)[1])["table"] == "samples":
        names.append(change["record"]["name"])
    found = ask(server, alice, "GET", f"samples?select=name&order=created_at&{quote(query, '=&')}")
    assert names == [row["name"] for row in found]
    assert found


def test_an_update_is_filtered_by_the_row_as_it_is_and_a_delete_by_its_key(connect, alice):
    first, second = add(alice, "Gown", "Cape")
    bindings = [binding(filter="status=eq.received"), binding(filter=f"id=eq.{first.id}")]
    client = subscribe(connect(), alice.token, *bindings)

    def change(sample, **values):
        with as_person(alice):
            found = Sample.objects.for_user(alice).filter(id=sample.id)
            services.change_samples(found, values, by=alice.id)

    change(first, location="Milan")
    assert heard(client)[0] == [2]
    change(second, location="Paris")
    change(second, status="received")
    assert heard(client)[0] == [1]
    change(first, status="received")
    assert heard(client)[0] == [1, 2]
    with as_person(alice):
        services.remove_samples(Sample.objects.for_user(alice))
    gone = {
        tuple(ids): change["old_record"]["id"] for ids, change in (heard(client), heard(client))
    }
    assert gone == {(1, 2): str(first.id), (1,): str(second.id)}
    assert client.hears_nothing(0.2)


# What is refused


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (binding("nothing"), "Unable to subscribe to changes with given parameters. Please check"),
        (binding("accounts_user"), "Unable to subscribe to changes with given parameters."),
        ({"schema": "auth", "table": "users"}, "Unable to subscribe to changes"),
        ({"event": "*"}, "No subscription params provided."),
        ("samples", "No subscription params provided."),
        (None, "No subscription params provided."),
        ({"table": 5}, "No subscription params provided."),
        ({"schema": "public", "filter": "name=eq.x"}, "No subscription params provided."),
        (binding(event="TRUNCATE"), "Error parsing `event` params"),
        (binding(filter="undefined"), "Error parsing `filter` params: "),
        (binding(filter="name=foo.x"), "Error parsing `filter` params: "),
        (binding(filter="name=fts.x"), "Error parsing `filter` params: "),
        (binding(filter="name=eq.x,,"), "Error parsing `filter` params: "),
        (binding(filter="name=in.x"), "Error parsing `filter` params: "),
        (binding(filter="name=is.maybe"), "Error parsing `filter` params: "),
        (binding(filter="name=eq.\0"), "Error parsing `filter` params: "),
        (binding(filter="nope=eq.x"), "invalid column for filter nope"),
        (binding(filter="user_id=eq.x"), "invalid input syntax for type uuid"),
        (binding(filter="is_hero=like.x"), "operator does not exist"),
        (binding(filter="name=is.true"), "must be type boolean"),
        (binding(filter="name=match.["), "invalid regular expression"),
        (binding(filter=f"name=like.{'%x' * 50}"), "too costly"),
        (binding("assistant_conversations", filter="message=eq.x"), "encrypted"),
        (binding(select="id,name"), "Error parsing `select` params: "),
        (binding(select=["nope"]), "invalid column for select nope"),
        ({"schema": "public", "select": ["id"]}, "Column selection is not supported for wildcard"),
    ],
)
def test_what_cannot_be_subscribed_to_is_refused_in_words(connect, alice, asked, why):
    client = connect()
    bindings = [binding("assets"), asked]
    reply = client.join(ROOM, alice.token, private=False, postgres_changes=bindings)
    assert denied(reply, "RealtimeDisabledForConfiguration: ")
    assert why in reply["response"]["reason"]
    assert client.hears_nothing(0)
    subscribe(client, alice.token, binding())


def test_nobody_is_asked_to_come_back_with_a_token(connect, alice):
    client = connect()
    for token in (None, legacy_api_key("anon", now=int(time.time()))):
        reply = client.join(ROOM, token, private=False, postgres_changes=[binding()])
        assert denied(reply, "Unauthorized: ")
    subscribe(client, alice.token, binding())


def test_the_server_may_not_hear_what_it_may_not_read(connect):
    client = connect(key=SECRET)
    asked = [binding("assistant_conversations")]
    reply = client.join(ROOM, private=False, postgres_changes=asked)
    assert denied(reply, "RealtimeDisabledForConfiguration: ")
    assert "permission denied for table assistant_conversations" in reply["response"]["reason"]
    subscribe(client, None, {"schema": "public"})


def test_bindings_and_filters_are_limited(connect, alice):
    with server_process(REALTIME_BINDINGS="2") as process:
        client, again = connect(process), connect(process)
        many = [binding(event=event) for event in ("INSERT", "UPDATE", "DELETE")]
        reply = client.join(ROOM, alice.token, private=False, postgres_changes=many)
        assert denied(reply, "RealtimeDisabledForConfiguration: At most 2")
        filters = [binding(filter=f"name=eq.{n}") for n in range(3)]
        subscribe(client, alice.token, *filters[:2])
        subscribe(again, alice.token, *filters[:2])  # the same are no others
        reply = client.join("another", alice.token, private=False, postgres_changes=filters[2:])
        assert denied(reply, "ChannelRateLimitReached: At most 2 different filters of samples")
        add(alice, "2", "1")
        for listener in (client, again):
            assert told(listener) == [("INSERT", "1")]


# Who hears


@pytest.fixture
def show(alice, bob):
    """Make an event of Alice's that Bob is a member of, with two tasks of which one waits for the other."""
    with as_person(alice):
        [event] = services.add_events(alice.id, [{"name": "Show"}], by=alice.id)
        tasks = services.add_tasks(event.id, [{"title": "a"}, {"title": "b"}], by=alice.id)
        services.link_tasks(tasks[1], tasks[0].id, kind="FS", lag_minutes=0)
    with acting(Role.SYSTEM):
        services.add_member(event.id, bob.id)
    return event


INSIDE = ("events", "event_tasks", "event_members", "task_dependencies", "status_changes")


def test_members_hear_what_happens_in_their_event_and_strangers_do_not(
    connect, alice, bob, sam, show
):
    people = [subscribe(connect(), person.token, *map(binding, INSIDE)) for person in (alice, bob)]
    stranger = subscribe(connect(), sam.token, *map(binding, INSIDE))
    with as_person(bob):
        mine = EventTask.objects.for_user(bob).filter(title="a")
        services.change_tasks(mine, {"status": "in_progress"}, by=bob.id)
    for client in people:
        changes = {heard(client)[1]["table"] for _ in range(2)}
        assert changes == {"event_tasks", "status_changes"}
        assert client.hears_nothing(0.2)
    assert stranger.hears_nothing(0)


def test_what_goes_with_an_event_is_told_to_those_who_were_in_it(connect, alice, bob, sam, show):
    clients = [subscribe(connect(), p.token, *map(binding, INSIDE)) for p in (alice, bob)]
    stranger = subscribe(connect(), sam.token, *map(binding, INSIDE))
    with as_person(alice):
        services.remove_events(Event.objects.for_user(alice))
    for client in clients:
        changes = [heard(client)[1] for _ in range(9)]
        assert {change["type"] for change in changes} == {"DELETE"}
        tables = [change["table"] for change in changes]
        assert [tables.count(table) for table in INSIDE] == [1, 2, 2, 1, 3]
        assert client.hears_nothing(0.2)
    assert stranger.hears_nothing(0)


def test_who_is_removed_from_an_event_hears_that_and_then_nothing(connect, alice, bob, show):
    client = subscribe(connect(), bob.token, *map(binding, INSIDE))
    with acting(Role.SYSTEM):
        services.remove_members(EventMember.objects.filter(user_id=bob.id))
    _, change = heard(client)
    assert (change["table"], change["type"]) == ("event_members", "DELETE")
    with as_person(alice):
        services.change_tasks(EventTask.objects.for_user(alice), {"title": "secret"}, by=alice.id)
        services.remove_tasks(EventTask.objects.for_user(alice))
    assert client.hears_nothing(0.4)


def test_an_audience_that_fits_no_notification_hears_everything_once(connect, alice, bob, show):
    """A user's id takes 40 bytes of the 8,000 of a notification."""
    with acting(Role.AUTH):
        users = User.objects.bulk_create(User(email=f"{n}@example.com") for n in range(200))
    with acting(Role.SYSTEM):
        EventMember.objects.bulk_create(EventMember(event=show, user=user) for user in users)
    clients = [subscribe(connect(), p.token, binding("event_tasks")) for p in (alice, bob)]
    clients.append(subscribe(connect(key=SECRET), None, binding("event_tasks")))
    with as_person(alice):
        rows = [{"title": str(n)} for n in range(200)]
        services.add_tasks(show.id, rows, by=alice.id)
    for client in clients:
        titles = [heard(client)[1]["record"]["title"] for _ in rows]
        assert titles == [row["title"] for row in rows]
        assert client.hears_nothing(0.2)


def test_who_may_not_read_a_row_hears_nothing_whatever_a_notification_says(connect, alice, bob):
    """The audience saves reads; what decides is the read."""
    [sample] = add(alice, "Gown")
    stranger = subscribe(connect(), bob.token, binding())
    keys = {"to": [str(bob.id)], "keys": [str(sample.id)]}
    forged = {"table": "samples", "type": "INSERT", "at": "2026-11-23T09:00:00.000000Z", **keys}
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        for text in ("{", json.dumps({"table": "samples"}), json.dumps(forged)):
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANGES_CHANNEL, text])
    [own] = add(bob, "Cape")
    assert heard(stranger)[1]["record"]["id"] == str(own.id)
    assert stranger.hears_nothing(0.2)


# From everywhere, in order, once


def test_every_way_to_change_rows_is_heard_and_what_is_undone_is_not(server, connect, alice):
    client = subscribe(connect(), alice.token, binding())
    ask(server, alice, "POST", "samples", {"name": "rest"})
    ask(server, None, "POST", "samples", {"name": "backend", "user_id": str(alice.id)})
    add(alice, "service")
    with as_person(alice):
        Sample.objects.create(user_id=alice.id, name="model")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Sample.objects.create(user_id=alice.id, name="never")
            raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), as_person(alice):
        Sample.objects.create(user_id=alice.id, name="never")
        raise ZeroDivisionError
    with login() as other, other.transaction():
        become(other, Role.WEB, alice)
        other.execute("INSERT INTO samples (user_id, name) VALUES (%s, 'sql')", [alice.id])
    names = ["rest", "backend", "service", "model", "sql"]
    assert told(client, 5) == [("INSERT", name) for name in names]
    with login() as other, other.transaction():
        become(other, Role.ERASER)
        other.execute("DELETE FROM samples WHERE name = 'sql'")
    assert told(client) == [("DELETE", "")]
    assert client.hears_nothing(0.2)


def test_a_thousand_rows_of_one_statement_are_told_in_order_and_once(server, connect, alice):
    client = subscribe(connect(), alice.token, binding())
    names = [str(number) for number in range(1000)]
    ask(server, alice, "POST", "samples", [{"name": name} for name in names])
    assert told(client, 1000) == [("INSERT", name) for name in names]
    assert client.hears_nothing(0.2)


def test_two_changes_of_a_row_in_one_transaction_are_two(connect, alice):
    client = subscribe(connect(), alice.token, binding())
    with as_person(alice):
        sample = Sample.objects.create(user_id=alice.id, name="a")
        for name in ("b", "c"):
            sample.name = name
            sample.save()
        key = sample.id
        sample.delete()
        Sample.objects.create(id=key, user_id=alice.id, name="d")
    assert told(client, 5) == [
        *(("INSERT", "d"), ("UPDATE", "d"), ("UPDATE", "d")),
        *(("DELETE", ""), ("INSERT", "d")),
    ]


def test_a_row_that_is_gone_before_it_is_read_is_told_as_gone(connect, alice):
    client = subscribe(connect(), alice.token, binding())
    with as_person(alice):
        sample = Sample.objects.create(user_id=alice.id, name="a")
        sample.delete()
    assert told(client) == [("DELETE", "")]
    assert client.hears_nothing(0.2)


def test_changes_of_another_process_are_heard(connect, alice):
    with server_process() as one, server_process() as other:
        client = subscribe(connect(one), alice.token, binding())
        ask(other, alice, "POST", "samples", {"name": "there"})
        assert told(client) == [("INSERT", "there")]


def test_many_channels_of_one_user_hear_the_same_and_cost_one_read(connect, alice):
    with server_process() as process:
        clients = [connect(process) for _ in range(3)]
        for client in clients:
            for name in ("one", "two"):
                subscribe(client, alice.token, binding(), binding(event="INSERT"), name=name)
        add(alice, "Gown")
        for client in clients:
            topics = {client.hear("postgres_changes").topic for _ in range(2)}
            assert topics == {"realtime:one", "realtime:two"}
            assert client.hears_nothing(0)


# As long as somebody listens


def holders():
    """Return of which tables somebody says that it listens."""
    with login() as other:
        rows = other.execute(
            "SELECT objid::regclass::text FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [LOCK],
        ).fetchall()
    return sorted(table for (table,) in rows)


def test_while_nobody_listens_to_a_table_nothing_is_sent(connect, alice):
    with server_process() as process, login() as other:
        until(lambda: holders() == [])  # of the process that other tests share
        other.execute(f"LISTEN {CHANGES_CHANNEL}")
        add(alice, "unheard")
        client = subscribe(connect(process), alice.token, binding("assets"))
        assert holders() == ["assets"]
        add(alice, "unheard")
        client.join("more", alice.token, private=False, postgres_changes=[binding()])
        add(alice, "heard")
        [notification] = other.notifies(timeout=20, stop_after=1)
        assert json.loads(notification.payload)["to"] == [str(alice.id)]
        client.socket.close()
        until(lambda: holders() == [])
        add(alice, "unheard")
        assert list(other.notifies(timeout=0.3)) == []


def test_who_wrote_before_anybody_listened_and_commits_later_is_waited_for(connect, alice):
    with server_process() as process, login() as other:
        until(lambda: holders() == [])  # as above
        client = connect(process)
        with other.transaction():
            become(other, Role.WEB, alice)
            other.execute("INSERT INTO samples (user_id, name) VALUES (%s, 'x')", [alice.id])
            ref = client.ask_join(ROOM, alice.token, private=False, postgres_changes=[binding()])
            until(lambda: holders() == ["samples"])
            with pytest.raises(TimeoutError):
                client.hear(timeout=0.3)
            add(alice, "meanwhile")  # is not waited for: it sees that somebody listens
        assert client.hear("phx_reply").ref == ref
        client.hear("system")
        add(alice, "after")
        assert told(client) == [("INSERT", "after")]


# Tokens, leaving, joining again


def test_leaving_ends_it_and_joining_again_begins_anew(connect, alice):
    client = subscribe(connect(), alice.token, binding())
    client.say(ROOM, "phx_leave", {})
    client.hear("phx_reply")
    client.hear("phx_close")
    add(alice, "unheard")
    assert client.hears_nothing(0.3)
    subscribe(client, alice.token, binding())
    former = client.join_refs[ROOM]
    reply = client.join(
        ROOM, alice.token, private=False, postgres_changes=[binding(event="UPDATE")]
    )
    assert reply["response"]["postgres_changes"] == [binding(event="UPDATE", id=1)]
    assert client.hear("phx_close").ref == former
    client.hear("system")
    add(alice, "unheard")
    with as_person(alice):
        services.change_samples(Sample.objects.for_user(alice), {"name": "heard"}, by=None)
    assert told(client)[0] == ("UPDATE", "heard")


def test_a_fact_and_a_change_come_on_one_channel(connect, alice):
    client = subscribe(connect(), alice.token, binding(), name=f"samples:{alice.id}", private=True)
    add(alice, "Gown")
    assert {client.hear().event, client.hear().event} == {"broadcast", "postgres_changes"}


def test_a_new_token_of_the_same_user_goes_on(connect, alice):
    client = connect()
    expires = join_for(5, client, alice, ROOM, private=False, postgres_changes=[binding()])
    client.hear("system")
    client.say(ROOM, "access_token", {"access_token": alice.token})
    assert client.hears_nothing(expires - time.time() + 1.5)
    add(alice, "Gown")
    assert told(client) == [("INSERT", "Gown")]


@pytest.mark.parametrize("which", ["anon key", "another user", "server", "garbage"])
def test_a_token_of_anybody_else_closes_the_channel(connect, alice, bob, which):
    token = {
        "anon key": legacy_api_key("anon", now=int(time.time())),
        "another user": bob.token,
        "server": SECRET,
        "garbage": "x",
    }[which]
    client = subscribe(connect(), alice.token, binding())
    client.say(ROOM, "access_token", {"access_token": token})
    assert client.hear("system").payload["status"] == "error"
    assert client.hear("phx_close").ref == client.join_refs[ROOM]
    for person in (alice, bob):
        add(person, "unheard")
    assert client.hears_nothing(0.3)


def test_a_channel_ends_with_its_token(connect, alice):
    client = connect()
    join_for(2, client, alice, ROOM, private=False, postgres_changes=[binding()])
    client.hear("system")
    assert client.hear("system").payload["message"] == "Token has expired"
    client.hear("phx_close")


def test_a_session_that_has_ended_hears_nothing_more_and_others_of_the_user_do(connect, alice):
    with server_process(REALTIME_REVIEW_SECONDS="600") as process:
        here = subscribe(connect(process), alice.token, binding())
        there = subscribe(connect(process), sign_in(alice.user.email).token, binding())
        alice.post("/auth/v1/logout?scope=local", {})
        add(alice, "Gown")
        assert told(there) == [("INSERT", "Gown")]
        assert here.hear("system").payload["message"] == "The session has ended"
        here.hear("phx_close")
        assert here.hears_nothing(0.2)


def test_signing_out_closes_a_channel_to_which_nothing_happens(connect, alice):
    client = subscribe(connect(), alice.token, binding())
    alice.post("/auth/v1/logout?scope=local", {})
    assert client.hear("system").payload["message"] == "The session has ended"


# Faults


def test_after_a_gap_clients_join_again(connect, alice):
    with server_process() as process:
        client = subscribe(connect(process), alice.token, binding())
        end_listeners()
        error = client.hear("phx_error")
        assert (error.topic, error.ref) == (f"realtime:{ROOM}", client.join_refs[ROOM])
        until(lambda: joins(client, alice))
        client.hear("system")
        add(alice, "Gown")
        assert told(client) == [("INSERT", "Gown")]


def joins(client, person):
    reply = client.join(ROOM, person.token, private=False, postgres_changes=[binding()])
    return reply["status"] == "ok"


def test_every_exposed_table_tells_its_changes(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, array_agg(tgname::text ORDER BY tgname) FROM pg_trigger"
            " WHERE tgname LIKE 'tell\\_%%' GROUP BY 1"
        )
        tables = dict(cursor.fetchall())
    told = ["tell_delete", "tell_insert", "tell_update"]
    assert tables == dict.fromkeys(TABLES, told)

"""What clients say to each other, and servers over HTTP: to whom it goes, who may, what it makes stale."""

import http.client
import json
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from fashionos.kit.owned import Role, acting
from fashionos.testing.sockets import server_process
from fashionos.workspace import services
from fashionos.workspace.models import Event, EventMember

pytestmark = pytest.mark.django_db(transaction=True)

VERSIONS = pytest.mark.parametrize("vsn", ["1.0.0", "2.0.0"])
PATH = "/realtime/v1/api/broadcast"
PUBLISHABLE = settings.PUBLISHABLE_KEYS[0]
SECRET = settings.SECRET_API_KEYS[0]


@pytest.fixture
def post(server):
    def post(path, body, *, key=PUBLISHABLE, token=None, port=None, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"content-type": "application/json", **headers}
        if key:
            headers["apikey"] = key
        if token:
            headers["authorization"] = f"Bearer {token}"
        remote = http.client.HTTPConnection("127.0.0.1", port or server.port, timeout=10)
        try:
            remote.request("POST", path, content, headers)
            answer = remote.getresponse()
            text = answer.read()
        finally:
            remote.close()
        return answer.status, json.loads(text) if text else None

    return post


def add_event(owner, *members):
    with acting(Role.WEB, user_id=owner.id):
        event = Event.objects.create(user_id=owner.id, name="Show")
        EventMember.objects.get_or_create(event_id=event.id, user_id=owner.id, role="owner")
    with acting(Role.SYSTEM):
        for member in members:
            services.add_member(event.id, member.id)
    return event


# Between clients


@pytest.mark.parametrize("speaks", ["1.0.0", "2.0.0"])
@VERSIONS
def test_a_broadcast_reaches_the_others_in_their_own_serialiser(connect, speaks, vsn):
    speaker, listener = connect(vsn=speaks), connect(vsn=vsn)
    for client in (speaker, listener):
        client.join("lobby", private=False)
    speaker.broadcast("lobby", "move", {"id": 1, "é": "✓"})
    heard = listener.hear("broadcast")
    assert heard.payload == {"type": "broadcast", "event": "move", "payload": {"id": 1, "é": "✓"}}
    assert isinstance(heard.raw, bytes) == (vsn == "2.0.0")
    assert speaker.hears_nothing(0.2)


@VERSIONS
def test_self_is_heard_before_the_ack(connect, vsn):
    client = connect(vsn=vsn)
    client.join("lobby", private=False, broadcast={"self": True, "ack": True})
    ref = client.broadcast("lobby", "move", {})
    assert client.hear_broadcast() == ("move", {})
    reply = client.hear("phx_reply")
    assert (reply.ref, reply.payload) == (ref, {"status": "ok", "response": {}})


def test_octets_arrive_as_they_are_and_as_nothing_where_they_cannot(connect):
    speaker, modern, old = connect(), connect(), connect(vsn="1.0.0")
    for client in (speaker, modern, old):
        client.join("lobby", private=False)
    speaker.broadcast("lobby", "frame", b"\x00\xff\x01")
    assert modern.hear_broadcast() == ("frame", b"\x00\xff\x01")
    assert old.hear_broadcast() == ("frame", {})


def test_a_text_broadcast_of_the_newer_serialiser_is_understood(connect):
    speaker, listener = connect(), connect()
    for client in (speaker, listener):
        client.join("lobby", private=False)
    speaker.say("lobby", "broadcast", {"type": "broadcast", "event": "e", "payload": [1, "a"]})
    assert listener.hear_broadcast() == ("e", [1, "a"])


def test_many_messages_keep_their_order(connect):
    with server_process(REALTIME_MESSAGES_PER_SECOND="100000") as process:
        speaker, listener = connect(process), connect(process, vsn="1.0.0")
        for client in (speaker, listener):
            client.join("lobby", private=False)
        for number in range(2000):
            speaker.broadcast("lobby", "n", number)
        assert [listener.hear_broadcast()[1] for _ in range(2000)] == list(range(2000))


def test_members_write_to_their_event_and_strangers_hear_nothing(connect, alice, bob, sam):
    event = add_event(alice, bob)
    name = f"events:{event.id}"
    owner, member, stranger = connect(), connect(), connect()
    owner.join(name, alice.token)
    member.join(name, bob.token, broadcast={"ack": True})
    assert stranger.join(name, sam.token)["status"] == "error"
    member.broadcast(name, "cursor", {"x": 1})
    assert member.hear("phx_reply").payload["status"] == "ok"
    assert owner.hear_broadcast() == ("cursor", {"x": 1})
    stranger.broadcast(name, "cursor", {"x": 2})  # not joined
    assert stranger.hear("phx_reply").payload["status"] == "error"
    assert owner.hears_nothing(0.2)


# Over HTTP


def test_one_event_by_its_address(connect, post, alice):
    room, own = connect(), connect(vsn="1.0.0")
    room.join("a/b c", private=False)
    own.join(f"samples:{alice.id}", alice.token)
    address = f"{PATH}/{quote('a/b c', safe='')}/events/{quote('x/y', safe='')}"
    assert post(f"{address}?vsn=2.0.0", {"a": 1}) == (202, None)
    assert room.hear_broadcast() == ("x/y", {"a": 1})
    octets = post(address, b"\x00\x01", content_type="application/octet-stream")
    assert octets == (202, None)
    assert room.hear_broadcast() == ("x/y", b"\x00\x01")
    address = f"{PATH}/samples%3A{alice.id}/events/sample_added?private=true"
    assert post(address, {"sku": "1"}, token=alice.token) == (202, None)
    assert post(address, {"sku": "2"}, key=SECRET) == (202, None)
    assert post(address, {"sku": "3"}, key=None, token=SECRET) == (202, None)
    heard = [own.hear_broadcast() for _ in range(3)]
    assert heard == [("sample_added", {"sku": sku}) for sku in "123"]


@pytest.mark.parametrize("query", ["", "?private=true"])
def test_strangers_support_and_the_anonymous_cannot_write(connect, post, alice, bob, sam, query):
    event = add_event(alice)
    names = [f"samples:{alice.id}", f"assets:{alice.id}", f"events:{event.id}"]
    client = connect()
    for name in names:
        client.join(name, alice.token)
    for name in names:
        for token in (None, bob.token, sam.token):
            address = f"{PATH}/{quote(name)}/events/sample_added{query}"
            assert post(address, {}, token=token) == (403, {"message": "Unauthorized"})
            message = {"topic": name, "event": "sample_added", "payload": {}, "private": True}
            assert post(PATH, {"messages": [message]}, token=token) == (202, None)
    assert client.hears_nothing()


def test_a_batch_is_told_in_order_without_what_is_not_allowed(connect, post, alice, bob):
    client, other = connect(), connect()
    client.join(f"samples:{alice.id}", alice.token)
    client.join("lobby", private=False)
    other.join(f"samples:{bob.id}", bob.token)
    messages = [
        {"topic": "lobby", "event": "a", "payload": {"n": 1}},
        {"topic": f"samples:{bob.id}", "event": "b", "payload": {}, "private": True},
        {"topic": "lobby", "event": "c", "payload": {}, "private": True},
        {"topic": f"samples:{alice.id}", "event": "d", "payload": {"n": 2}, "private": True},
    ]
    assert post(PATH, {"messages": messages}, token=alice.token) == (202, None)
    assert [client.hear_broadcast() for _ in range(2)] == [("a", {"n": 1}), ("d", {"n": 2})]
    assert client.hears_nothing(0.2)
    assert other.hears_nothing(0)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {"key": ""}, 401),
        (b"{}", {"key": "sb_secret_wrong"}, 401),
        (b"{}", {"token": "a.b.c"}, 401),
        (b"{", {}, 422),
        (b'{"a":' * 2000, {}, 422),
        (b'"' + b"x" * 3_000_001 + b'"', {}, 422),
        (b"x" * 5_000_001, {}, 413),
        (b"{}", {"content_type": "text/html"}, 415),
    ],
    ids=["no key", "bad key", "bad token", "syntax", "depth", "large", "very large", "type"],
)
def test_what_is_wrong_is_named(post, body, headers, status):
    answered, document = post(f"{PATH}/lobby/events/e", body, **headers)
    assert answered == status
    assert document.keys() & {"message", "errors", "error"}


@pytest.mark.parametrize(
    "document",
    [
        *([], {}, {"messages": []}, {"messages": [1]}, {"messages": [{"topic": "", "event": "e"}]}),
        *({"messages": [{"topic": "t", "event": ""}]}, {"messages": [{"topic": "t"}] * 1001}),
    ],
    ids=range(7),
)
def test_a_malformed_batch_is_422(post, document):
    status, answer = post(PATH, document)
    assert status == 422
    assert answer["errors"]


def test_the_anonymous_are_counted_and_servers_are_not(post, alice):
    with server_process(REALTIME_HTTP_RATE="3/60s") as process:
        address = f"{PATH}/lobby/events/e"
        statuses = [post(address, {}, port=process.port)[0] for _ in range(5)]
        assert sorted(statuses) == [202, 202, 202, 429, 429]
        assert post(address, {}, port=process.port, key=SECRET)[0] == 202
        assert post(address, {}, port=process.port, token=alice.token)[0] == 202


def test_other_methods_are_405(server):
    remote = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    remote.request("GET", PATH, headers={"apikey": PUBLISHABLE})
    assert remote.getresponse().status == 405
    remote.close()


# What a declared event makes stale, whoever says it


def generation(user, family):
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        cursor.execute("SELECT fashionos_insight_generation(%s, %s)", [user.id, family])
        return cursor.fetchone()[0]


def test_a_declared_event_makes_insights_stale_before_it_is_heard(connect, post, alice, bob):
    event = add_event(alice, bob)
    owner, member = connect(), connect()
    owner.join(f"samples:{alice.id}", alice.token, broadcast={"self": True})
    member.join(f"events:{event.id}", bob.token, broadcast={"self": True})
    before = {
        (who.id, family): generation(who, family)
        for who in (alice, bob)
        for family in ("logistics", "event", "media")
    }
    owner.broadcast(f"samples:{alice.id}", "sample_added", {})
    owner.hear("broadcast")
    assert generation(alice, "logistics") == before[alice.id, "logistics"] + 1
    owner.broadcast(f"samples:{alice.id}", "wave", {})  # means nothing to the caches
    owner.hear("broadcast")
    address = f"{PATH}/{quote(f'samples:{alice.id}')}/events/sample_removed"
    assert post(address, {}, key=SECRET)[0] == 202
    owner.hear("broadcast")
    assert generation(alice, "logistics") == before[alice.id, "logistics"] + 2
    member.broadcast(f"events:{event.id}", "task_assigned", {})
    member.hear("broadcast")
    for who in (alice, bob):
        assert generation(who, "event") == before[who.id, "event"] + 1
        assert generation(who, "media") == before[who.id, "media"]
    assert generation(bob, "logistics") == before[bob.id, "logistics"]


def test_a_full_batch_asks_and_makes_stale_once_for_each_topic(connect, post, alice):
    client = connect()
    client.join(f"samples:{alice.id}", alice.token)
    before = generation(alice, "logistics")
    messages = [
        {"topic": f"samples:{alice.id}", "event": "sample_added", "payload": {"n": n}}
        for n in range(1_000)
    ]
    assert post(PATH, {"messages": messages}, token=alice.token) == (202, None)
    assert [client.hear_broadcast()[1]["n"] for _ in messages] == list(range(1_000))
    assert generation(alice, "logistics") == before + 1


def test_an_event_about_nobody_is_passed_on_to_nobody(post):
    address = f"{PATH}/{quote(f'samples:{uuid4()}')}/events/sample_added"
    assert post(address, {}, key=SECRET) == (202, None)

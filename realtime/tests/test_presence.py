"""Presence over real sockets: state for who comes, diffs for who is there."""

import sys
from uuid import uuid4

import pytest

ROOM = "lobby"

pytestmark = pytest.mark.django_db(transaction=True)

VERSIONS = pytest.mark.parametrize("vsn", ["1.0.0", "2.0.0"])


@pytest.fixture(autouse=True)
def room(monkeypatch):
    """Give each test a room of its own: what the test before left may leave late."""
    monkeypatch.setattr(sys.modules[__name__], "ROOM", f"lobby {uuid4()}")


def enter(client, name=None, token=None, key="", **config):
    name = name or ROOM
    presence = {"key": key, "enabled": True}
    reply = client.join(name, token, private=":" in name, presence=presence, **config)
    assert reply["status"] == "ok"
    return client.hear("presence_state").payload


def track(client, payload, name=None):
    client.say(name or ROOM, "presence", {"type": "presence", "event": "track", "payload": payload})
    assert client.hear("phx_reply").payload == {"status": "ok", "response": {}}
    return client.hear("presence_diff").payload


def untrack(client):
    client.say(ROOM, "presence", {"type": "presence", "event": "untrack"})
    return client.hear()


def metas(entries):
    return {
        key: [{n: v for n, v in meta.items() if n != "phx_ref"} for meta in entry["metas"]]
        for key, entry in entries.items()
    }


@VERSIONS
def test_who_comes_is_told_who_is_there_and_the_others_that_they_came(connect, vsn):
    first, second = connect(vsn=vsn), connect(vsn=vsn)
    assert enter(first, key="ann") == {}
    diff = track(first, {"online": 1})
    assert metas(diff["joins"]) == {"ann": [{"online": 1}]}
    assert diff["leaves"] == {}
    assert metas(enter(second, key="ben")) == {"ann": [{"online": 1}]}
    track(second, {"online": 2})
    assert metas(first.hear("presence_diff").payload["joins"]) == {"ben": [{"online": 2}]}


def test_a_second_track_replaces_the_first_in_one_diff(connect):
    client = connect()
    enter(client, key="ann")
    ref = track(client, {"n": 1})["joins"]["ann"]["metas"][0]["phx_ref"]
    diff = track(client, {"n": 2})
    assert metas(diff["joins"]) == {"ann": [{"n": 2}]}
    assert diff["leaves"]["ann"]["metas"] == [{"n": 1, "phx_ref": ref}]


@pytest.mark.parametrize("how", ["untrack", "leave", "hang up", "rejoin"])
def test_who_goes_leaves(connect, how):
    stays, goes = connect(), connect()
    enter(stays, key="ann")
    enter(goes, key="ben")
    track(goes, {"n": 1})
    stays.hear("presence_diff")
    if how == "untrack":
        assert untrack(goes).event == "presence_diff"
    elif how == "leave":
        goes.say(ROOM, "phx_leave", {})
    elif how == "rejoin":
        goes.join(ROOM, private=False)
    else:
        goes.socket.close()
    diff = stays.hear("presence_diff").payload
    assert metas(diff["leaves"]) == {"ben": [{"n": 1}]}
    assert diff["joins"] == {}
    assert enter(connect(), key="cid") == {}


def test_an_empty_key_becomes_one_of_its_own(connect):
    first, second = connect(), connect()
    enter(first)
    enter(second)
    [key] = track(first, {})["joins"]
    second.hear("presence_diff")
    [other] = track(second, {})["joins"]
    assert len(key) == 32
    assert key != other


def test_who_did_not_ask_for_presence_is_not_told(connect):
    listener, client = connect(), connect()
    listener.join(ROOM, private=False)
    enter(client)
    track(client, {})
    assert listener.hears_nothing(0.2)


@pytest.mark.parametrize("payload", [[], "x", 1])
def test_what_is_no_object_is_an_error(connect, payload):
    client = connect()
    enter(client)
    client.say(ROOM, "presence", {"type": "presence", "event": "track", "payload": payload})
    assert client.hear("phx_reply").payload["status"] == "error"


def test_a_track_that_is_too_large_closes_the_channel(connect):
    client = connect()
    enter(client)
    payload = {"x": "y" * 70_000}
    client.say(ROOM, "presence", {"type": "presence", "event": "track", "payload": payload})
    assert client.hear("system").payload["message"] == "Track message size exceeded"
    client.hear("phx_close")


def test_private_presence_is_for_those_who_may_join(connect, alice, bob):
    owner, stranger = connect(), connect()
    name = f"samples:{alice.id}"
    enter(owner, name, alice.token)
    presence = {"key": "bob", "enabled": True}
    assert stranger.join(name, bob.token, presence=presence)["status"] == "error"
    stranger.say(name, "presence", {"type": "presence", "event": "track", "payload": {}})
    assert stranger.hear("phx_reply").payload["status"] == "error"
    track(owner, {"page": "tracker"}, name)
    assert stranger.hears_nothing(0.2)
    assert owner.hears_nothing(0)

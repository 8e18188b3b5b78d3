"""The protocol over a real server process: who may join what, and what a socket may do."""

import contextlib
import time

import jwt
import pytest
from django.conf import settings

from fashionos.accounts.tokens import legacy_api_key, signing_key
from fashionos.testing.people import PASSWORD, sign_in
from fashionos.testing.sockets import (
    PATIENCE,
    Closed,
    FrameClient,
    Refused,
    WebSocket,
    server_process,
)

pytestmark = pytest.mark.django_db(transaction=True)

OK = {"status": "ok", "response": {"postgres_changes": []}}
VERSIONS = pytest.mark.parametrize("vsn", ["1.0.0", "2.0.0"])


def denied(reply, reason="Unauthorized: "):
    return reply["status"] == "error" and reply["response"]["reason"].startswith(reason)


def token_of(person, **claims):
    """Sign a genuine token of this person, with other claims."""
    payload = jwt.decode(person.token, options={"verify_signature": False}) | claims
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, signing_key(), algorithm="ES256")


# Handshake


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        ({"key": ""}, 401, "API key is missing"),
        ({"key": "sb_publishable_made_up"}, 401, "Invalid API key"),
        ({"vsn": "3.0.0"}, 400, "vsn is one of 1.0.0, 2.0.0"),
    ],
)
def test_a_handshake_is_refused_with_a_reason(connect, options, status, said):
    with pytest.raises(Refused) as refused:
        connect(**options)
    assert (refused.value.status, refused.value.document) == (status, {"error": said})


def test_the_key_may_be_a_header_or_a_legacy_key(server):
    legacy = legacy_api_key("anon", now=int(time.time()))
    for options in ({"x_api_key": settings.PUBLISHABLE_KEYS[0], "key": ""}, {"key": legacy}):
        with FrameClient(server.port, **options) as client:
            assert client.join("lobby", private=False) == OK


def test_an_origin_is_checked_if_there_is_one(connect):
    with server_process(CORS_ORIGINS="https://app.example") as process:
        connect(process)
        connect(process, Origin="https://app.example")
        with pytest.raises(Refused) as refused:
            connect(process, Origin="https://evil.example")
    assert refused.value.status == 403


def test_only_one_address_is_a_socket(server):
    with pytest.raises(Refused) as refused:
        WebSocket(server.port, f"/elsewhere?apikey={settings.PUBLISHABLE_KEYS[0]}", headers={})
    assert refused.value.status == 404


# Frames


@VERSIONS
def test_a_heartbeat_is_answered_with_its_ref(connect, vsn):
    client = connect(vsn=vsn)
    client.push("phoenix", "heartbeat", {}, ref="10")
    heard = client.hear("phx_reply")
    assert (heard.topic, heard.ref, heard.join_ref) == ("phoenix", "10", None)
    assert heard.payload == {"status": "ok", "response": {}}


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "[]",
        "null",
        '["1","1","realtime:x","phx_join"]',
        "[" * 100_000,
        b"",
        b"\x03",
        b"\x09ab",
    ],
    ids=range(9),
)
def test_garbage_closes_its_socket_and_no_other(connect, frame):
    neighbour, client = connect(), connect()
    client.socket.send(frame)
    assert client.is_closed().code == 1003
    assert neighbour.hears_nothing(0)


def test_a_frame_over_five_megabytes_closes_its_socket_and_no_other(connect):
    neighbour, client = connect(), connect()
    # It hangs up once it has read how long the frame is, while that is still being sent.
    with contextlib.suppress(ConnectionError):
        client.socket.send("x" * 5_000_001)
    assert client.is_closed().code in {1009, None}
    assert neighbour.hears_nothing(0)


@pytest.mark.parametrize("topic", ["realtime:nobody", "elsewhere"])
def test_a_push_to_what_was_not_joined_is_an_error(connect, topic):
    client = connect()
    client.push(topic, "presence", {"type": "presence", "event": "track"})
    assert client.hear("phx_reply").payload["status"] == "error"


# Who may join what


@VERSIONS
def test_owners_join_their_own_channels(connect, alice, vsn):
    client = connect(vsn=vsn)
    for name in (f"samples:{alice.id}", f"assets:{alice.id}"):
        assert client.join(name, alice.token) == OK


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("kind", ["samples", "assets", "events"])
def test_strangers_and_support_are_denied(connect, alice, bob, sam, kind, private):
    client = connect()
    for person in (bob, sam):
        assert denied(client.join(f"{kind}:{alice.id}", person.token, private=private))


def test_without_a_user_nobody_joins_a_private_channel(connect, alice):
    name = f"samples:{alice.id}"
    for key in (settings.PUBLISHABLE_KEYS[0], settings.SECRET_API_KEYS[0]):
        client = connect(key=key)
        for token in (None, "", "sb_publishable_x", legacy_api_key("anon", now=int(time.time()))):
            assert denied(client.join(name, token))
        assert client.join(name, alice.token) == OK


@pytest.mark.parametrize(
    "name",
    [
        "Samples:{id}",
        " samples:{id}",
        "samples :{id}",
        "samples:{upper}",
        "samples:{hex}",
        "samples:{{{id}}}",
        "samples:",
        "samples",
        "samples:{id} ",
        "samples:urn:uuid:{id}",
    ],
)
def test_a_name_that_only_looks_like_a_private_topic_is_no_room(connect, alice, name):
    name = name.format(id=alice.id, upper=str(alice.id).upper(), hex=alice.id.hex)
    for private in (True, False):
        assert denied(connect().join(name, alice.token, private=private))


def test_other_names_are_public_rooms_or_nothing(connect, alice):
    client = connect()
    assert client.join("lobby", private=False) == OK
    assert denied(client.join("lobby2", alice.token, private=True))
    assert denied(client.join("", alice.token), "TopicNameRequired: ")
    assert denied(client.join("x" * 300, alice.token))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda p: token_of(p, exp=int(time.time()) - 5), "InvalidJWTToken: Token has expired"),
        (lambda p: p.token[:-6] + "AAAAAA", "JwtSignatureError: "),
        (lambda p: "not.a.jwt", "MalformedJWT: "),
        (lambda p: "x", "MalformedJWT: "),
        (lambda p: token_of(p, exp=None), "InvalidJWTToken: Fields"),
        (
            lambda p: jwt.encode({"sub": str(p.id), "role": "service_role"}, "", algorithm="none"),
            "InvalidJWTToken: Fields",
        ),
    ],
    ids=["expired", "signature", "dots", "no dots", "no exp", "no algorithm"],
)
def test_a_bad_token_is_named(connect, alice, make, reason):
    assert denied(connect().join(f"samples:{alice.id}", make(alice)), reason)


def test_a_session_that_was_signed_out_joins_nothing(connect, alice):
    alice.post("/auth/v1/logout?scope=local", {})
    assert denied(connect().join(f"samples:{alice.id}", alice.token))


@pytest.mark.parametrize(
    "payload", [[], "x", 1, {"config": 1}, {"config": {"broadcast": 5}}, {"access_token": 7}]
)
def test_a_malformed_join_is_an_error_reply(connect, payload):
    client = connect()
    client.push("realtime:lobby", "phx_join", payload)
    assert denied(client.hear("phx_reply").payload, "InvalidJoinPayload: ")


def test_what_is_null_is_as_good_as_absent(connect):
    client = connect()
    config = {"broadcast": None, "presence": {"key": None, "enabled": None}, "private": None}
    client.push("realtime:lobby", "phx_join", {"config": config, "access_token": None}, ref="1")
    assert client.hear("phx_reply").payload == OK


# Leaving, rejoining, ending


@VERSIONS
def test_leaving_is_answered_and_closes_the_channel(connect, alice, vsn):
    client = connect(vsn=vsn)
    name = f"samples:{alice.id}"
    client.join(name, alice.token)
    ref = client.say(name, "phx_leave", {})
    assert client.hear("phx_reply").ref == ref
    closed = client.hear("phx_close")
    assert (closed.topic, closed.ref) == (f"realtime:{name}", client.join_refs[name])
    assert client.say(name, "phx_leave", {})
    assert client.hear("phx_reply").payload["status"] == "ok"  # again: it is not there, as asked


def test_joining_again_closes_the_old_channel_with_its_ref(connect, alice):
    client = connect()
    name = f"samples:{alice.id}"
    client.join(name, alice.token)
    old = client.join_refs[name]
    assert client.join(name, alice.token) == OK
    assert client.hear("phx_close").ref == old
    assert client.join_refs[name] != old
    assert client.hears_nothing(0.2)


def test_a_denied_rejoin_leaves_the_channel_as_it_was(connect, alice):
    client = connect(vsn="1.0.0")
    name = "lobby"
    client.join(name, private=False, broadcast={"self": True})
    assert denied(client.join(name, "x.y.z", private=False), "MalformedJWT")
    client.broadcast(name, "hello", {"a": 1})
    assert client.hear_broadcast() == ("hello", {"a": 1})


# Tokens on open channels


def test_a_new_token_of_the_same_user_goes_on(connect, alice):
    client = connect()
    name = f"samples:{alice.id}"
    client.join(name, alice.token)
    for token in (token_of(alice, iat=1), None):
        client.say(name, "access_token", {"access_token": token})
    assert client.hears_nothing()


@pytest.mark.parametrize("which", ["anon key", "publishable", "another user", "expired", "garbage"])
def test_a_token_that_may_not_read_closes_the_channel(connect, alice, bob, which):
    token = {
        "anon key": legacy_api_key("anon", now=int(time.time())),
        "publishable": settings.PUBLISHABLE_KEYS[0],
        "another user": bob.token,
        "expired": token_of(alice, exp=int(time.time()) - 1),
        "garbage": "x",
    }[which]
    client = connect()
    name = f"samples:{alice.id}"
    client.join(name, alice.token)
    client.say(name, "access_token", {"access_token": token})
    system = client.hear("system")
    assert system.payload["status"] == "error"
    assert system.payload["channel"] == name
    assert client.hear("phx_close").ref == client.join_refs[name]
    client.broadcast(name, "hello", {})
    assert client.hear("phx_reply").payload["status"] == "error"  # it is not joined any more


def test_a_public_room_does_not_mind_who_speaks(connect, alice):
    client = connect()
    client.join("lobby", alice.token, private=False)
    client.say("lobby", "access_token", {"access_token": settings.PUBLISHABLE_KEYS[0]})
    assert client.hears_nothing()


def join_for(seconds, client, person, name, **config):
    """Join with a token that lives so long, or longer where the machine is too slow for that; return its end."""
    while True:
        expires = int(time.time()) + seconds
        if client.join(name, token_of(person, exp=expires), **config)["status"] == "ok":
            return expires
        seconds *= 2


def test_a_channel_ends_with_its_token(connect, alice):
    client = connect()
    name = f"samples:{alice.id}"
    join_for(2, client, alice, name)
    assert client.hear("system").payload["message"] == "Token has expired"
    assert client.hear("phx_close").ref == client.join_refs[name]


def test_a_renewed_channel_outlives_its_first_token(connect, alice):
    client = connect()
    name = f"samples:{alice.id}"
    expires = join_for(5, client, alice, name)
    client.say(name, "access_token", {"access_token": alice.token})
    assert client.hears_nothing(expires - time.time() + 1.5)


def test_signing_out_closes_the_channels_of_the_session(connect, alice):
    client = connect()
    name = f"samples:{alice.id}"
    client.join(name, alice.token)
    client.join("lobby", private=False)
    alice.post("/auth/v1/logout?scope=local", {})
    assert client.hear("system").payload["message"] == "The session has ended"
    assert client.hear("phx_close").topic == f"realtime:{name}"


def test_erasing_oneself_closes_the_channels_of_every_session_and_of_nobody_else(
    connect, alice, bob
):
    names = (f"samples:{alice.id}", f"assets:{alice.id}")
    clients = [connect() for _ in names]
    for client, name, token in zip(
        clients, names, (alice.token, sign_in(alice.user.email).token), strict=True
    ):
        client.join(name, token)
    stranger = connect()
    stranger.join(f"samples:{bob.id}", bob.token)
    erased = alice.post(
        "/privacy/v1/erasure", {"confirm": "erase my account", "password": PASSWORD}
    )
    assert erased.status == 200
    for client, name in zip(clients, names, strict=True):
        assert client.hear("system").payload["status"] == "error"
        assert client.hear("phx_close").topic == f"realtime:{name}"
        assert denied(client.join(name, alice.token))
    assert stranger.hears_nothing()


# Limits


def test_limits_are_named(connect):
    environment = {
        "REALTIME_CHANNELS": "2",
        "REALTIME_JOINS_PER_SECOND": "4",
        "REALTIME_MESSAGES_PER_SECOND": "5",
        "REALTIME_SOCKETS": "3",
        "REALTIME_PUBLIC_CHANNELS": "1",
        "REALTIME_BROADCAST_BYTES": "1000",
        "REALTIME_PRESENCE_CALLS": "2",
    }
    with server_process(**environment) as process:
        client, other, third = (connect(process) for _ in range(3))
        with pytest.raises(Refused) as refused:
            connect(process)
        assert (refused.value.status, refused.value.document) == (
            429,
            {"error": "Too many connected users"},
        )
        third.socket.close()

        for name in ("a", "b"):
            client.join(name, private=False, broadcast={"ack": True})
        assert denied(client.join("c", private=False), "ChannelRateLimitReached: ")
        client.join("a", private=False, broadcast={"ack": True})  # again is no other
        client.hear("phx_close")
        client.broadcast("a", "large", "x" * 1000)
        assert client.hear("phx_reply").payload["status"] == "error"

        # What comes at once is counted in one second, however slow this machine is.
        time.sleep(1.1)
        refs = [client.ask_join("c", private=False) for _ in range(8)]
        reasons = [client.hear("phx_reply").payload["response"]["reason"] for _ in refs]
        assert reasons[0].startswith("ChannelRateLimitReached: ")
        assert reasons[-1].startswith("ClientJoinRateLimitReached: ")
        time.sleep(1.1)
        for _ in range(10):
            client.broadcast("a", "e", {})
        while (heard := client.hear()).event == "phx_reply":
            assert heard.payload["status"] == "ok"
        assert heard.payload["message"] == "Too many messages per second"
        assert client.hear("phx_close").topic == "realtime:a"
        for _ in range(4):  # of the ten, what came after the end
            assert client.hear("phx_reply").payload["status"] == "error"
        time.sleep(1.1)

        for _ in range(2):
            client.say("b", "presence", {"type": "presence", "event": "track", "payload": {}})
            client.hear("phx_reply")
            client.hear("presence_diff")
        client.say("b", "presence", {"type": "presence", "event": "track", "payload": {}})
        assert client.hear("system").payload["message"] == "Client presence rate limit exceeded"
        assert client.hear("phx_close").topic == "realtime:b"

        for _ in range(30):
            client.push("phoenix", "heartbeat", {})
        assert client.is_closed().code == 1008
        assert other.hears_nothing(0)


def test_public_rooms_can_be_switched_off(connect):
    with server_process(REALTIME_PUBLIC_CHANNELS="0") as process:
        assert denied(connect(process).join("lobby", private=False), "PrivateOnly: ")


def test_a_silent_client_is_closed_and_a_beating_one_is_not(connect):
    with server_process(REALTIME_IDLE_SECONDS="4") as process:
        silent, beating = connect(process), connect(process)
        code = None
        while code is None:
            assert beating.hears_nothing(0.2)
            try:
                silent.socket.receive(timeout=0.1)
            except TimeoutError:
                continue
            except Closed as closed:
                code = closed.code
        assert code == 1000
        assert beating.hears_nothing(0.2)


def test_a_stop_tells_the_sockets(connect):
    with server_process() as process:
        client = connect(process)
        client.join("lobby", private=False)
        process.process.terminate()
        assert client.is_closed().code in {1001, 1012}
        assert process.process.wait(PATIENCE) == 0
        assert "Traceback" not in process.log
        assert "destroyed" not in process.log

"""Frames: what is written can be read, and nothing that a client sends raises anything but ProtocolError."""

import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.protocol import (
    LONGEST_EVENT,
    LONGEST_OTHER,
    LONGEST_PRESENCE_KEY,
    LONGEST_REF,
    VERSIONS,
    Broadcast,
    Frame,
    Join,
    NewToken,
    PresenceCall,
    ProtocolError,
    read_binary,
    read_payload,
    read_text,
    write_broadcast,
    write_text,
)

words = st.text(st.characters(codec="utf-8"), max_size=60)
names = words.filter(lambda text: 0 < len(text.encode()) <= 200)
refs = st.none() | st.integers(0, 10**6).map(str)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=10,
)
objects = st.dictionaries(words, values, max_size=4)


def client_binary(frame, said, meta=b""):
    parts = [(frame.join_ref or "").encode(), (frame.ref or "").encode()]
    parts += [frame.topic.encode(), said.event.encode(), meta]
    head = bytes([3, *map(len, parts), int(said.is_json)])
    return head + b"".join(parts) + said.payload


@given(st.sampled_from(VERSIONS), refs, refs, names, names, objects)
def test_a_text_frame_is_read_as_it_was_written(vsn, join_ref, ref, topic, event, payload):
    if event == "broadcast":
        return
    text = write_text(vsn, topic, event, payload, ref=ref, join_ref=join_ref)
    frame = read_text(text, vsn)
    assert frame[:4] == (join_ref, ref, topic, event)
    assert json.loads(frame.payload) == payload


@given(st.sampled_from(VERSIONS), names, names, values)
def test_a_broadcast_in_text_is_read(vsn, topic, event, payload):
    said = {"type": "broadcast", "event": event, "payload": payload}
    frame = read_text(write_text(vsn, topic, "broadcast", said, ref="1"), vsn)
    assert frame.payload.event == event
    assert json.loads(frame.payload.payload) == payload


@given(refs, refs, names, names, st.binary(max_size=100), words.map(str.encode))
def test_a_binary_broadcast_is_read(join_ref, ref, topic, event, octets, meta):
    for said in (Broadcast(event, octets, is_json=False), Broadcast(event, b'{"a":1}')):
        frame = Frame(join_ref, ref, topic, "broadcast", said)
        assert read_binary(client_binary(frame, said, meta[:255])) == frame


@given(names, names, values, st.sampled_from(["", "m2"]))
def test_a_broadcast_down_says_the_same_in_all_forms(topic, event, payload, fact_id):
    said = Broadcast(event, msgspec.json.encode(payload), id=fact_id)
    text = json.loads(write_broadcast("1.0.0", topic, said))
    expected = {"type": "broadcast", "event": event, "payload": payload}
    if fact_id:
        expected["meta"] = {"id": fact_id}
    assert (text["topic"], text["event"], text["payload"]) == (topic, "broadcast", expected)
    data = write_broadcast("2.0.0", topic, said)
    kind, *lengths, encoding = data[:5]
    parts, at = [], 5
    for length in lengths:
        parts.append(data[at : at + length].decode())
        at += length
    assert (kind, encoding, parts[:2]) == (4, 1, [topic, event])
    assert json.loads(parts[2] or "{}") == expected.get("meta", {})
    assert json.loads(data[at:]) == payload


def test_the_frames_of_the_specification():
    up = bytes.fromhex("030101350c0001") + b"67realtime:samples:" + b"U" * 36
    up += b"sample_added" + '{"id":1,"é":"✓"}'.encode()
    frame = read_binary(up)
    assert frame[:4] == ("6", "7", f"realtime:samples:{'U' * 36}", "broadcast")
    assert frame.payload == Broadcast("sample_added", '{"id":1,"é":"✓"}'.encode())
    said = Broadcast("sample_removed", b'{"id":8}', id="m2")
    down = write_broadcast("2.0.0", frame.topic, said)
    assert down[:5] == bytes([4, 53, 14, len(b'{"id": "m2"}'), 1])
    assert write_broadcast("1.0.0", "t", Broadcast("e", b"\xff", is_json=False)) == (
        '{"join_ref":null,"ref":null,"topic":"t","event":"broadcast",'
        '"payload":{"type":"broadcast","event":"e","payload":{}}}'
    )


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda rest: b"\x03" + rest))
def test_octets_never_raise_anything_else(data):
    with contextlib.suppress(ProtocolError):
        read_binary(data)


json_like = st.one_of(values, st.lists(values, min_size=5, max_size=5)).map(json.dumps)


@given(st.sampled_from(VERSIONS), st.text() | json_like)
def test_texts_never_raise_anything_else(vsn, text):
    with contextlib.suppress(ProtocolError):
        read_text(text, vsn)


@given(st.sampled_from([Join, NewToken, PresenceCall]), st.binary() | json_like.map(str.encode))
def test_payloads_never_raise_anything_else(kind, payload):
    with contextlib.suppress(ProtocolError):
        read_payload(payload, kind)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '["1","2","t","broadcast",{"event":"e","payload":' + "[" * 100_000 + "]" * 100_000 + "}]",
        '["1","2","t","broadcast",{"event":"","payload":1}]',
        '["1","2","t","broadcast",{"event":"' + "x" * (LONGEST_EVENT + 1) + '","payload":1}]',
        '["1","2","t","broadcast",{"event":"e","payload":"\\ud800"}]',
        '["1","2","t","broadcast",null]',
        '[1,2,"t","e",{}]',
        '["' + "1" * (LONGEST_REF + 1) + '","2","t","phx_join",{}]',
        '["1","' + "2" * (LONGEST_REF + 1) + '","t","phx_join",{}]',
        '["1","2","t","phx_join",{"config":{"x":"' + "x" * LONGEST_OTHER + '"}}]',
    ],
    ids=range(10),
)
def test_hostile_texts_are_refused(text):
    with pytest.raises(ProtocolError):
        read_text(text, "2.0.0")


def test_what_a_channel_keeps_of_its_join_is_short():
    config = {"config": {"presence": {"key": "k" * (LONGEST_PRESENCE_KEY + 1)}}}
    with pytest.raises(ProtocolError):
        read_payload(json.dumps(config).encode(), Join)


def test_a_broadcast_may_be_long():
    said = {"event": "e", "payload": "x" * LONGEST_OTHER}
    frame = read_text(json.dumps(["1", "2", "t", "broadcast", said]), "2.0.0")
    assert isinstance(frame.payload, Broadcast)

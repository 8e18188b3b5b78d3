"""The frames of the client's realtime library: Phoenix messages, serialisers 1.0.0 (objects) and 2.0.0 (arrays).

Text frames carry `join_ref, ref, topic, event, payload`. Broadcasts may also be binary in 2.0.0: kind 3 from the
client, kind 4 to it.
"""

import json
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import msgspec

_T = TypeVar("_T")
Vsn = Literal["1.0.0", "2.0.0"]
VERSIONS: tuple[Vsn, ...] = ("1.0.0", "2.0.0")

_CLIENT_BROADCAST = 3
_SERVER_BROADCAST = 4
_CLIENT_HEADER = 7  # bytes: kind, five lengths, encoding
_JSON = 1
LONGEST_EVENT = 255  # bytes: what a length of a binary frame can say
# Characters. Of a join much is kept for as long as the channel is: what a socket may say is more than it may keep here.
LONGEST_REF = LONGEST_PRESENCE_KEY = 255
LONGEST_OTHER = 131_072  # of a frame that is no broadcast


class ProtocolError(ValueError):
    """The bytes are no frame of this protocol."""


class Broadcast(NamedTuple):
    """What somebody said: `payload` is JSON text, or octets if not `is_json`; `id` names one fact, for ever."""

    event: str
    payload: bytes
    is_json: bool = True
    id: str = ""


class Frame(NamedTuple):
    """What a client sent; `payload` is JSON text, a Broadcast for broadcasts."""

    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: bytes | Broadcast


class _Message(msgspec.Struct):
    topic: str
    event: str
    payload: msgspec.Raw = msgspec.Raw(b"{}")
    ref: str | None = None
    join_ref: str | None = None


class _Said(msgspec.Struct):
    event: str
    payload: msgspec.Raw = msgspec.Raw(b"{}")


class BroadcastOptions(msgspec.Struct):
    self: bool | None = None
    ack: bool | None = None


class PresenceOptions(msgspec.Struct):
    key: Annotated[str, msgspec.Meta(max_length=LONGEST_PRESENCE_KEY)] | None = None
    enabled: bool | None = None


class JoinConfig(msgspec.Struct):
    broadcast: BroadcastOptions | None = None
    presence: PresenceOptions | None = None
    postgres_changes: list[Any] | None = None
    private: bool | None = None


class Join(msgspec.Struct):
    config: JoinConfig | None = None
    access_token: str | None = None


class NewToken(msgspec.Struct):
    access_token: str | None = None


class PresenceCall(msgspec.Struct):
    event: str
    payload: Any = None


_objects = msgspec.json.Decoder(_Message)
_arrays = msgspec.json.Decoder(tuple[str | None, str | None, str, str, msgspec.Raw])
_said = msgspec.json.Decoder(_Said)
_any = msgspec.json.Decoder()


def read_text(text: str, vsn: Vsn) -> Frame:
    """Read a text frame. Raises ProtocolError, and nothing else."""
    try:
        if vsn == "1.0.0":
            message = _objects.decode(text)
            join_ref, ref, topic = message.join_ref, message.ref, message.topic
            event, raw = message.event, message.payload
        else:
            join_ref, ref, topic, event, raw = _arrays.decode(text)
        if event == "broadcast":
            said = _said.decode(raw)
            broadcast = Broadcast(said.event, bytes(said.payload))
            check_broadcast(broadcast)
            return Frame(join_ref, ref, topic, event, broadcast)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(str(error)) from None
    if len(text) > LONGEST_OTHER:
        raise ProtocolError(f"only broadcasts take more than {LONGEST_OTHER} characters")
    if max(len(join_ref or ""), len(ref or "")) > LONGEST_REF:
        raise ProtocolError(f"a ref takes at most {LONGEST_REF} characters")
    return Frame(join_ref, ref, topic, event, bytes(raw))


def read_binary(data: bytes) -> Frame:
    """Read a binary broadcast of serialiser 2.0.0. Raises ProtocolError, and nothing else."""
    if len(data) < _CLIENT_HEADER or data[0] != _CLIENT_BROADCAST:
        raise ProtocolError("not a broadcast")
    lengths, at = data[1:6], _CLIENT_HEADER
    if sum(lengths) + at > len(data):
        raise ProtocolError("shorter than its header says")
    parts = []
    for length in lengths:
        parts.append(data[at : at + length])
        at += length
    try:
        join_ref, ref, topic, event, _ = (part.decode() for part in parts)
    except UnicodeDecodeError:
        raise ProtocolError("not UTF-8") from None
    said = Broadcast(event, data[at:], is_json=data[6] == _JSON)
    check_broadcast(said)
    return Frame(join_ref or None, ref or None, topic, "broadcast", said)


def read_payload(payload: bytes, kind: type[_T]) -> _T:
    """Read a payload as one of the shapes above. Raises ProtocolError."""
    try:
        return msgspec.json.decode(payload, type=kind)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(str(error)) from None


def check_broadcast(said: Broadcast) -> None:
    """Raise ProtocolError unless every client can be told this."""
    if not 0 < len(said.event.encode()) <= LONGEST_EVENT:
        raise ProtocolError(f"an event's name takes 1 to {LONGEST_EVENT} bytes")
    if said.is_json:
        try:
            _any.decode(said.payload)
        except (ValueError, RecursionError) as error:
            raise ProtocolError(str(error)) from None


def write_text(
    vsn: Vsn,
    topic: str,
    event: str,
    payload: Any,
    *,
    ref: str | None = None,
    join_ref: str | None = None,
) -> str:
    """Make a text frame; `topic` as on the wire, `payload` an object (or its JSON text as msgspec.Raw)."""
    frame: Any = [join_ref, ref, topic, event, payload]
    if vsn == "1.0.0":
        names = ("join_ref", "ref", "topic", "event", "payload")
        frame = dict(zip(names, frame, strict=True))
    return msgspec.json.encode(frame).decode()


def write_broadcast(vsn: Vsn, topic: str, said: Broadcast) -> str | bytes:
    """Make the frame in which clients of this serialiser hear a broadcast: the same for all of them.

    Octets have no form in 1.0.0: its clients get an empty object.
    """
    meta = _meta(said)
    if vsn == "2.0.0":
        name, event = topic.encode(), said.event.encode()
        lengths = bytes([_SERVER_BROADCAST, len(name), len(event), len(meta), int(said.is_json)])
        return b"".join((lengths, name, event, meta, said.payload))
    payload = {
        "type": "broadcast",
        "event": said.event,
        "payload": msgspec.Raw(said.payload if said.is_json else b"{}"),
    }
    if meta:
        payload["meta"] = msgspec.Raw(meta)
    return write_text(vsn, topic, "broadcast", payload)


def _meta(said: Broadcast) -> bytes:
    return json.dumps({"id": said.id}).encode() if said.id else b""

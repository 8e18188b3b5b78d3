"""Broadcast over HTTP: for servers with the secret key, for owners on their own topics, for public rooms."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any
from urllib.parse import unquote

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from fashionos.kit.throttles import door
from fashionos.kit.wire import WireError, read_json, write_json
from realtime.access import Refused, Speaker, read_key, read_token
from realtime.consumers import Realtime
from realtime.protocol import Broadcast, ProtocolError, check_broadcast
from realtime.topics import BadTopic, fact_topic

logger = logging.getLogger("realtime")

_MESSAGES = 1_000  # in one batch

Handler = Callable[[HttpRequest, Speaker], Coroutine[Any, Any, HttpResponse]]


class Problem(Exception):  # noqa: N818 -- a fact, named as one
    def __init__(self, status: int, document: dict[str, Any], *, retry_after: int = 0) -> None:
        self.status = status
        self.document = document
        self.retry_after = retry_after


def endpoint(handler: Handler) -> Callable[..., Coroutine[Any, Any, HttpResponse]]:
    """Make a view of a handler: method, key, token, rate and error shape in one place."""

    @csrf_exempt
    @wraps(handler)
    async def view(request: HttpRequest, **_: str) -> HttpResponse:
        try:
            speaker = _speaker(request)
            await _pass_door(request, speaker)
            return await handler(request, speaker)
        except Problem as problem:
            response = _json(problem.document, problem.status)
            if problem.retry_after:
                response["Retry-After"] = str(problem.retry_after)
            return response
        except Exception:
            logger.exception("a broadcast over HTTP was not passed on")
            return _json({"message": "The broadcast could not be passed on, try again"}, 503)

    return view


def _json(document: Any, status: int) -> HttpResponse:
    return HttpResponse(write_json(document), status=status, content_type="application/json")


async def _pass_door(request: HttpRequest, speaker: Speaker) -> None:
    """Count users by their id, others by address, and servers not at all."""
    if speaker.role == "service_role":
        return
    key = str(speaker.user.id) if speaker.user else ""
    wait = await asyncio.to_thread(door, request, "broadcast", settings.REALTIME_HTTP_RATE, key)
    if wait:
        raise Problem(429, {"message": "Too many requests"}, retry_after=wait)


def _speaker(request: HttpRequest) -> Speaker:
    if request.method != "POST":
        raise Problem(405, {"message": "Method not allowed"})
    given = request.headers.get("apikey") or request.GET.get("apikey") or ""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    # A server may send its secret key as bearer alone.
    key = read_key(given) if given else read_key(bearer)
    if key is None:
        message = "Invalid API key" if given else "API key is missing"
        raise Problem(401, {"message": message})
    try:
        return read_token(bearer or None, key)
    except Refused as refusal:
        raise Problem(401, {"message": str(refusal)}) from refusal


@endpoint
async def single(request: HttpRequest, speaker: Speaker) -> HttpResponse:
    """Tell one event: the body is its payload, JSON or octets."""
    topic, event = _address(request)
    kind = (request.content_type or "").lower()
    if kind not in {"", "application/json", "application/octet-stream"}:
        raise Problem(415, {"message": "Send application/json or application/octet-stream"})
    said = Broadcast(event, request.body or b"{}", is_json=kind != "application/octet-stream")
    errors = _faults(topic, said)
    if errors:
        raise Problem(422, {"errors": errors})
    private = request.GET.get("private", "") == "true"
    if not await _allowed(request, speaker, topic, private=private):
        raise Problem(403, {"message": "Unauthorized"})
    await _realtime(request).say(topic, said)
    return HttpResponse(status=202)


@endpoint
async def batch(request: HttpRequest, speaker: Speaker) -> HttpResponse:
    """Tell several events; those that the speaker may not tell are left out in silence, as the client expects."""
    try:
        document = read_json(request.body, max_depth=settings.JSON_DEPTH)
    except WireError as error:
        raise Problem(422, {"errors": {"messages": [error.message]}}) from error
    messages = document.get("messages") if isinstance(document, dict) else None
    if not isinstance(messages, list) or not 0 < len(messages) <= _MESSAGES:
        raise Problem(422, {"errors": {"messages": [f"1 to {_MESSAGES} messages are expected"]}})
    read = [_message(message) for message in messages]
    faults = [faults for topic, said, _ in read if (faults := _faults(topic, said))]
    if faults:
        raise Problem(422, {"errors": faults})
    told: dict[tuple[str, bool], list[Broadcast]] = {}
    for topic, said, private in read:
        told.setdefault((topic, private), []).append(said)
    for (topic, private), of_topic in told.items():
        if await _allowed(request, speaker, topic, private=private):
            await _realtime(request).say(topic, *of_topic)
    return HttpResponse(status=202)


def _message(message: Any) -> tuple[str, Broadcast, bool]:
    fields = message if isinstance(message, dict) else {}
    topic, event = fields.get("topic"), fields.get("event")
    payload = msgspec.json.encode(fields.get("payload", {}))
    said = Broadcast(event if isinstance(event, str) else "", payload)
    return (topic if isinstance(topic, str) else "", said, fields.get("private") is True)


def _address(request: HttpRequest) -> tuple[str, str]:
    scope: dict[str, Any] = request.scope  # type: ignore[attr-defined]  # of an ASGI request
    path = scope.get("raw_path") or b""
    _, _, rest = path.decode("latin-1").partition("/api/broadcast/")
    topic, _, event = rest.partition("/events/")
    return unquote(topic), unquote(event)


def _faults(topic: str, said: Broadcast) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    try:
        fact_topic(topic)
    except BadTopic as error:
        faults["topic"] = [str(error)]
    try:
        check_broadcast(said)
    except ProtocolError as error:
        faults["event" if not said.event else "payload"] = [str(error)]
    if len(said.payload) > settings.REALTIME_BROADCAST_BYTES:
        faults["payload"] = ["Payload size exceeds the limit"]
    return faults


async def _allowed(request: HttpRequest, speaker: Speaker, topic: str, *, private: bool) -> bool:
    realtime = _realtime(request)
    place = fact_topic(topic)
    if place is None:
        return realtime.public_channels and not private
    if speaker.role == "service_role":
        return True
    return speaker.user is not None and await realtime.may_join(speaker.user, place)


def _realtime(request: HttpRequest) -> Realtime:
    found: Realtime = request.scope["realtime"]  # type: ignore[attr-defined]  # of an ASGI request
    return found

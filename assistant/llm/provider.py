"""An OpenAI-compatible endpoint, asked over plain HTTP: within a deadline, and not while it keeps failing."""

import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import httpx

_MOST_BYTES = 256 * 1024  # of one answer
_MOST_TOKENS = 600
_AT_ONCE = 8  # calls of one process: more people than that are answered without the model
_MOST_FAILURES, _WINDOW_SECONDS, _OPEN_SECONDS = 5, 60, 60
_OK = 200
_OF_ONE_REQUEST = {"http_400", "http_413", "http_422"}  # which say nothing about the endpoint


class Refused(Exception):  # noqa: N818 -- not an error of ours: the embedded answer stands
    """The model gives no answer that can be used; `reason` is what `meta.llm` says."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the model is: `base_url` ends before `/chat/completions`."""

    base_url: str
    model: str
    api_key: str = ""


class Function(msgspec.Struct, frozen=True):
    """What a model wants called; `arguments` are JSON in a string, or the object itself."""

    name: str
    arguments: str | dict[str, Any] | None = None


class ToolCall(msgspec.Struct, frozen=True):
    function: Function
    id: str | None = None


class ModelMessage(msgspec.Struct, frozen=True):
    content: str | None = None
    tool_calls: list[ToolCall] | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: ModelMessage


class _Completion(msgspec.Struct, frozen=True):
    choices: list[_Choice]


class Breaker:
    """Leaves an endpoint alone for a minute after five failures within one. Moments are seconds of any clock."""

    def __init__(self) -> None:
        self._failures: deque[float] = deque(maxlen=_MOST_FAILURES)
        self._open_until = float("-inf")
        self._lock = Lock()

    def is_open(self, now: float) -> bool:
        with self._lock:
            return now < self._open_until

    def note_failure(self, now: float) -> None:
        with self._lock:
            self._failures.append(now)
            if len(self._failures) == _MOST_FAILURES and now - self._failures[0] < _WINDOW_SECONDS:
                self._open_until = now + _OPEN_SECONDS
                self._failures.clear()


breaker = Breaker()
_free = BoundedSemaphore(_AT_ONCE)
_threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="llm")


def complete(
    endpoint: Endpoint,
    messages: Sequence[dict[str, Any]],
    tools: Sequence[dict[str, Any]],
    *,
    deadline: float,
) -> ModelMessage:
    """Ask for the next message, by a deadline of the monotonic clock. Raises Refused."""
    if breaker.is_open(time.monotonic()):
        raise Refused("circuit_open")
    if deadline <= time.monotonic():
        raise Refused("timeout")
    if not _free.acquire(blocking=False):
        raise Refused("busy")
    body: dict[str, Any] = {
        "model": endpoint.model,
        "messages": messages,
        "temperature": 0,
        "max_tokens": _MOST_TOKENS,
    }
    if tools:
        body["tools"] = tools
    # A timeout of httpx is one of each read: an endpoint that drips would never reach it. The thread that waits for
    # such a one gives up at its next drop.
    future = _threads.submit(_post, endpoint, msgspec.json.encode(body), deadline)
    future.add_done_callback(lambda _: _free.release())
    try:
        return _read(future.result(timeout=max(0, deadline - time.monotonic())))
    except TimeoutError as error:
        breaker.note_failure(time.monotonic())
        raise Refused("timeout") from error
    except Refused as refusal:
        if refusal.reason not in _OF_ONE_REQUEST:
            breaker.note_failure(time.monotonic())
        raise


def _post(endpoint: Endpoint, body: bytes, deadline: float) -> bytes:
    import httpx  # noqa: PLC0415 -- a tenth of a second and megabytes, for those who have a model

    headers = {"content-type": "application/json", "accept-encoding": "identity"}
    if endpoint.api_key:
        headers["authorization"] = f"Bearer {endpoint.api_key}"
    url = f"{endpoint.base_url.rstrip('/')}/chat/completions"
    left = max(0.001, deadline - time.monotonic())
    try:
        with _client().stream("POST", url, content=body, headers=headers, timeout=left) as response:
            if response.status_code != _OK:
                raise Refused(f"http_{response.status_code}")
            received = bytearray()
            for chunk in response.iter_raw():
                received += chunk
                if len(received) > _MOST_BYTES:
                    raise Refused("too_large")
                if time.monotonic() > deadline:
                    raise Refused("timeout")
            return bytes(received)
    except httpx.TimeoutException as error:
        raise Refused("timeout") from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise Refused("unreachable") from error


@cache
def _client() -> "httpx.Client":
    import httpx  # noqa: PLC0415 -- as above

    return httpx.Client(follow_redirects=False)


def _read(body: bytes) -> ModelMessage:
    try:
        completion = msgspec.json.decode(body, type=_Completion)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Refused("bad_json") from error
    if not completion.choices:
        raise Refused("bad_json")
    return completion.choices[0].message

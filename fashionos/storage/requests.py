"""One HTTP request of the storage protocol, and what is answered."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qs, quote, unquote_to_bytes

import msgspec

from fashionos.kit.shell import Receive, Scope
from fashionos.kit.wire import WireError, read_json
from fashionos.storage.names import is_prefix
from fashionos.storage.problems import Problem, bad_key, bad_request, missing, too_large
from fashionos.storage.stores import Reader

T = TypeVar("T")

PREFIX = "/storage/v1/"
_JSON = "application/json; charset=utf-8"
_DOCUMENT_BYTES = 1_000_000


class Gone(Exception):  # noqa: N818 -- a fact, named as one
    """The client hung up, or took too long: nobody reads an answer."""


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes = b""


def answer(document: Any, status: int = 200) -> Answer:
    return Answer(status, {"Content-Type": _JSON}, msgspec.json.encode(document))


class Stream(NamedTuple):
    """An answer whose body is read from the store as it goes out; `reader` is closed by whoever sends it."""

    status: int
    headers: Mapping[str, str]
    reader: Reader


def refusal(problem: Problem) -> Answer:
    shown = answer(problem.document(), problem.http_status)
    return shown._replace(headers={**shown.headers, **problem.headers})


class Request:
    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.receive = receive
        self.method: str = "GET" if scope["method"] == "HEAD" else scope["method"]
        raw = scope.get("raw_path") or quote(scope["path"]).encode()
        self.parts = raw.decode("latin-1").removeprefix(PREFIX).split("/")
        self.query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        self.headers: dict[str, str] = {}
        self.seen = scope.get("seen")  # what measures requests wants to know which route it was
        for name, value in scope["headers"]:
            self.headers.setdefault(name.decode("latin-1"), value.decode("latin-1"))

    def parameter(self, name: str) -> str | None:
        """Return the first value in the query, None if there is none."""
        values = self.query.get(name)
        return values[0] if values else None

    def told(self, route: str) -> None:
        if self.seen is not None:
            self.seen.route = route

    @property
    def upsert(self) -> bool:
        return self.headers.get("x-upsert", "").lower() == "true"

    @property
    def length(self) -> int:
        """Return the bytes of the body, 0 if nobody said so; the shell has read it, so it is a number."""
        return int(self.headers.get("content-length") or 0)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body piece by piece. Raises Gone."""
        more = True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Gone
            more = message.get("more_body", False)
            yield message.get("body", b"")

    async def document(self, kind: type[T]) -> T:
        """Read the body as JSON of this shape. Raises Problem and Gone."""
        body = bytearray()
        async for chunk in self.chunks():
            body += chunk
            if len(body) > _DOCUMENT_BYTES:
                raise too_large()
        try:
            return msgspec.convert(read_json(bytes(body)), kind)
        except WireError as error:
            raise bad_request(f"The body is not JSON: {error.message}") from error
        except msgspec.ValidationError as error:
            raise bad_request(str(error)) from error


def decode(parts: Sequence[str]) -> str:
    """Return the text of a percent-encoded path. Raises Problem."""
    raw = "/".join(parts)
    try:
        name = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError as error:
        raise bad_key(raw) from error
    if not is_prefix(name):  # what no name can hold, PostgreSQL may not even look for
        raise bad_key(raw)
    return name


def required(value: str | None, name: str) -> str:
    if not value:
        raise missing(name)
    return value

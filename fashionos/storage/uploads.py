"""Bodies of uploads: raw or a form, taken piece by piece, and written as they come."""

import base64
import binascii
import re
from collections.abc import Mapping
from threading import Lock
from typing import Any, Protocol
from uuid import UUID

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from fashionos.kit.wire import WireError, read_json
from fashionos.storage.names import is_content_type
from fashionos.storage.problems import bad_request, too_large, wrong_type
from fashionos.storage.services import NewFile
from fashionos.storage.stores import Store, Writer

_FIELD_BYTES = 65_536  # of all fields of a form together
_ENCODINGS = frozenset(("", "gzip", "br", "deflate", "zstd", "compress"))
_CACHE_CONTROL = re.compile(r"[\x20-\x7e]{1,200}")
_DEFAULT_TYPE = "application/octet-stream"


class Reading(Protocol):
    """What a body of one of the two kinds says; `file` once it is read to its end. Both raise Problem."""

    @property
    def mimetype(self) -> str | None:
        """Return the type of the file, None before that is known."""

    def feed(self, data: bytes) -> bytes:
        """Return what of this piece is the file's."""

    def file(self, version: UUID, size: int) -> NewFile: ...


def reading(headers: Mapping[str, str]) -> Reading:
    """Choose how to read a body by its headers. Raises Problem."""
    content_type = headers.get("content-type", "")
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        return Raw(headers)
    return Form(options.get(b"boundary", b""))


class Raw:
    """The body is the file, the headers describe it."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.described = describe(
            headers.get("content-type", "") or _DEFAULT_TYPE,
            headers.get("cache-control", ""),
            headers.get("content-encoding", ""),
            _from_base64(headers.get("x-metadata", "")),
        )

    @property
    def mimetype(self) -> str | None:
        return self.described.mimetype

    def feed(self, data: bytes) -> bytes:
        return data

    def file(self, version: UUID, size: int) -> NewFile:
        return self.described._replace(version=version, size=size)


class Form:
    """A multipart form: fields, and one part with a file name, whose own name is empty. Further files are ignored."""

    def __init__(self, boundary: bytes) -> None:
        self.fields: dict[str, bytearray] = {}
        self.field_bytes = 0
        self.mimetype: str | None = None  # of the file, once its part has begun
        self.pieces: list[bytes] = []
        self.is_complete = False
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._into: bytearray | None = None
        self._in_file = False
        try:
            self.parser = MultipartParser(
                boundary or b"-",
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._data,
                    "on_part_end": self._end,
                    "on_end": self._complete,
                },
            )
        except FormParserError as error:
            raise bad_request("The boundary of the form is too long") from error
        if not boundary:
            raise bad_request("The form has no boundary")

    def feed(self, data: bytes) -> bytes:
        self.pieces = []
        try:
            self.parser.write(data)
        except FormParserError as error:
            raise bad_request(f"This is no multipart form: {error}") from error
        return b"".join(self.pieces)

    def file(self, version: UUID, size: int) -> NewFile:
        if not self.is_complete:
            raise bad_request("The form ends before its last boundary")
        if self.mimetype is None:
            raise bad_request("The form holds no file")
        seconds = self._field("cacheControl")
        described = describe(
            self.mimetype,
            f"max-age={seconds}" if seconds else "",
            self._field("contentEncoding"),
            self._field("metadata").encode(),
        )
        return described._replace(version=version, size=size)

    def _field(self, name: str) -> str:
        try:
            return bytes(self.fields.get(name, b"")).decode()
        except UnicodeDecodeError as error:
            raise bad_request(f"The field {name} is not UTF-8") from error

    # Called by the parser

    def _begin(self) -> None:
        self._headers = {}
        self._into, self._in_file = None, False

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if b"filename" in options:
            if self.mimetype is None:
                self._in_file = True
                said = self._headers.get(b"content-type", b"").decode("latin-1")
                self.mimetype = said or _DEFAULT_TYPE
        else:
            name = options.get(b"name", b"").decode("utf-8", "replace")
            self._into = self.fields.setdefault(name, bytearray())
            self.field_bytes += len(name)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self.pieces.append(data[start:end])
        elif self._into is not None:
            self.field_bytes += end - start
            if self.field_bytes > _FIELD_BYTES:
                raise too_large()
            self._into += data[start:end]

    def _end(self) -> None:
        self._into, self._in_file = None, False

    def _complete(self) -> None:
        self.is_complete = True


def describe(
    mimetype: str, cache_control: str, content_encoding: str, metadata: bytes = b""
) -> NewFile:
    """Return what is known of a file before it is one. Raises Problem."""
    if not is_content_type(mimetype):
        raise wrong_type(mimetype)
    cache_control = cache_control or "no-cache"
    if not _CACHE_CONTROL.fullmatch(cache_control):
        raise bad_request("cacheControl holds what no header may")
    content_encoding = content_encoding.strip().lower().removeprefix("identity")
    if content_encoding not in _ENCODINGS:
        raise bad_request(f"Content-Encoding {content_encoding[:40]} is not known")
    if len(metadata) > _FIELD_BYTES:
        raise too_large()
    nothing_yet = UUID(int=0), 0
    return NewFile(
        *nothing_yet, mimetype, cache_control, content_encoding, _read_metadata(metadata)
    )


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_request("x-metadata is not base64") from error


def _read_metadata(text: bytes) -> dict[str, Any]:
    try:
        metadata = read_json(text) if text else {}
    except WireError as error:
        raise bad_request(f"metadata is not JSON: {error.message}") from error
    if not isinstance(metadata, dict):
        raise bad_request("metadata has to be an object")
    return metadata


class Dropped(Exception):  # noqa: N818 -- a fact, named as one
    """Nobody waits for this file any more."""


class Draft:
    """A file that is being written, in the thread of whoever calls; `drop` may come from another at any moment."""

    def __init__(self, store: Store, version: UUID) -> None:
        self.store = store
        self.version = version
        self.lock = Lock()
        self.writer: Writer | None = None
        self.is_dropped = False

    def write(self, data: bytes) -> None:
        with self.lock:
            self._open().write(data)

    def finish(self, data: bytes) -> None:
        """Write the last piece and make the file last."""
        with self.lock:
            writer = self._open()
            writer.write(data)
            writer.finish()

    def _open(self) -> Writer:
        if self.is_dropped:
            raise Dropped
        self.writer = self.writer or self.store.write(self.version)
        return self.writer

    def drop(self) -> None:
        """Leave nothing behind, finished or not. Never raises."""
        with self.lock:
            self.is_dropped = True
            if self.writer is not None:
                self.writer.abort()

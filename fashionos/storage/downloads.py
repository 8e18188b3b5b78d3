"""How an object goes out: headers, ranges, conditions; and nothing that a browser would run."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import unquote

from django.utils.http import content_disposition_header

from fashionos.storage.documents import etag
from fashionos.storage.models import StoredObject
from fashionos.storage.names import essence, is_content_type
from fashionos.storage.problems import Problem
from fashionos.storage.ranges import (
    Range,
    Unsatisfiable,
    is_range_valid,
    is_unchanged,
    read_range,
)

_SHOWN_KINDS = frozenset(("image", "audio", "video", "font"))
_SHOWN = frozenset(
    (
        "text/plain",
        "text/csv",
        "text/markdown",
        "application/json",
        "application/pdf",
        "application/octet-stream",
    )
)
_SVG = "image/svg+xml"
_PLAIN = "text/plain; charset=utf-8"
_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


class Head(NamedTuple):
    """What is answered: the status, the headers, and which bytes (None: none)."""

    status: int
    headers: dict[str, str]
    range: Range | None


def head(
    row: StoredObject,
    asked: Mapping[str, str],
    *,
    download: str | None = None,
    is_private: bool = False,
) -> Head:
    """Answer a request with these headers. `download` asks to save the file, "" under its own name. Raises Problem."""
    tag, modified_at = etag(row), row.updated_at
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(_second(modified_at), usegmt=True),
        "Cache-Control": row.cache_control,
    }
    if is_private:
        # A browser must not show one person's file to the next who signs in.
        headers["Vary"] = "Authorization"
    if is_unchanged(
        etag=tag,
        modified_at=modified_at,
        if_none_match=asked.get("if-none-match", ""),
        if_modified_since=asked.get("if-modified-since", ""),
    ):
        return Head(304, headers, None)
    headers |= content_headers(row, download=download)
    headers["Accept-Ranges"] = "bytes"
    part = None
    if is_range_valid(etag=tag, modified_at=modified_at, if_range=asked.get("if-range", "")):
        try:
            part = read_range(asked.get("range", ""), row.size)
        except Unsatisfiable as error:
            whole = {"Content-Range": f"bytes */{row.size}"}
            message = "The requested range is not satisfiable"
            raise Problem(416, "InvalidRange", message, headers=whole) from error
    shown = part or Range(0, row.size)
    headers["Content-Length"] = str(shown.stop - shown.start)
    if part:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{row.size}"
    return Head(206 if part else 200, headers, shown)


def content_headers(row: StoredObject, *, download: str | None) -> dict[str, str]:
    """Return type, encoding and disposition: what could run script goes out as text, or as something to save."""
    kind = essence(row.mimetype)
    headers = {"Content-Type": row.mimetype}
    if row.content_encoding:
        headers["Content-Encoding"] = row.content_encoding
    is_known = kind in _SHOWN or (kind.partition("/")[0] in _SHOWN_KINDS and "xml" not in kind)
    # What is no one type, a browser may read as another one.
    if not (is_known and is_content_type(row.mimetype)):
        headers["Content-Security-Policy"] = _SANDBOX
        if kind != _SVG and _is_source(kind):
            headers["Content-Type"] = _PLAIN
        elif download is None:
            # Pictures inside a page are drawn all the same: there an SVG runs nothing.
            download = ""
    if download is not None:
        # The client encodes the name once more than a query needs.
        name = unquote(download) or row.name.rpartition("/")[2]
        printable = "".join(letter for letter in name if letter.isprintable())
        value = content_disposition_header(as_attachment=True, filename=printable)
        headers["Content-Disposition"] = value or "attachment"
    return headers


def _is_source(kind: str) -> bool:
    """Tell whether a browser would read it as a page, a script or a style sheet."""
    return kind.startswith("text/") or "xml" in kind or "script" in kind or "html" in kind


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)

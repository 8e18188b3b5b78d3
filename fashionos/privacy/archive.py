"""All that is held on a user as one JSON document, made while it is sent: docs/privacy.md describes it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from fashionos.accounts.tokens import Caller
from fashionos.kit.encryption import Unreadable
from fashionos.kit.owned import Role, acting
from fashionos.kit.wire import write_json
from fashionos.privacy.sections import SECTIONS, Section

FORMAT, VERSION = "fashionos-archive", 1
_PAGE = 500  # rows


def archive(caller: Caller, *, now: datetime) -> Iterator[bytes]:
    """Yield the document in parts, each read in a transaction of its own while the caller's session lives.

    Raises SessionEnded; what was yielded by then is no whole document, and does not end with `"complete": true`.
    """
    head = {"format": FORMAT, "version": VERSION, "generatedAt": now, "userId": caller.id}
    yield write_json(head)[:-1]
    for section in SECTIONS:
        yield b',"%s":[' % section.name.encode()
        first = True
        for rows in _pages(caller, section):
            yield (b"" if first else b",") + b",".join(map(msgspec.json.encode, rows))
            first = False
        yield b"]"
    yield b',"complete":true}'


def _pages(caller: Caller, section: Section) -> Iterator[list[dict[str, Any]]]:
    last: Any = None
    while True:
        # As the eraser, who alone may read all of somebody's rows; the session says that it is their own.
        with acting(Role.ERASER, user_id=caller.id, session_id=caller.session_id):
            found = list(section.rows(caller.id, after=last)[:_PAGE])
            shown = [_shown(section, row) for row in found]
        if shown:
            yield shown
        if len(found) < _PAGE:
            return
        last = found[-1]


def _shown(section: Section, row: Any) -> dict[str, Any]:
    shown = {column: getattr(row, column) for column in section.columns}
    for column, attribute in section.opened.items():
        try:
            shown[column] = getattr(row, attribute)
        except Unreadable:
            shown[column] = None
    if section.name == "files":
        shown["path"] = f"/storage/v1/object/authenticated/{quote(f'{row.bucket_id}/{row.name}')}"
    return shown

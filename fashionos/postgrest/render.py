"""From what the database gave to what the client reads: bodies, CSV, ranges."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from fashionos.postgrest.expressions import Field
from fashionos.postgrest.headers import Shape
from fashionos.postgrest.problems import not_one
from fashionos.postgrest.registry import Cells
from fashionos.postgrest.tree import Step

Opener = Callable[[Sequence[Cells]], Sequence[Mapping[str, bytes | None]]]

_read_arrays = msgspec.json.Decoder(list[list[msgspec.Raw]])
_NULL = b"null"
# PostgreSQL quotes these in a row's text.
_QUOTED = frozenset(',"\\() \t\n\r\v\f')


def rows_body(
    rows: bytes, fields: Sequence[Field], shape: Shape, opener: Opener | None = None
) -> bytes:
    """Return all rows as the shape shows them; the arrays that `fields` describe become objects or lines.

    With sealed fields it opens ciphertext, which may ask the database for a key.
    """
    if not fields:
        return rows
    arrays = [[bytes(cell) for cell in row] for row in _read_arrays.decode(rows)]
    if any(field.sealed for field in fields):
        assert opener is not None  # noqa: S101 -- a table with sealed columns has one
        arrays = _opened(arrays, fields, opener)
    if shape.csv:
        return _csv(arrays, fields)
    names = [msgspec.json.encode(field.name) + b":" for field in fields]
    objects = [
        b"{" + b",".join(name + cell for name, cell in zip(names, row, strict=True)) + b"}"
        for row in arrays
    ]
    body = b"[" + b",\n ".join(objects) + b"]"
    return (
        msgspec.json.encode(_without_nulls(msgspec.json.decode(body))) if shape.stripped else body
    )


def one_object(body: bytes, count: int) -> bytes:
    """Return the one row of an array of one. Raises Problem (PGRST116) for any other number."""
    if count != 1:
        raise not_one(count)
    return body.strip()[1:-1].strip()


def _opened(
    arrays: Sequence[list[bytes]], fields: Sequence[Field], opener: Opener
) -> list[list[bytes]]:
    columns = {field.sealed: n for n, field in enumerate(fields) if field.sealed}
    cells = []
    for row in arrays:
        *_, key, owner = row
        sealed = {name: bytes.fromhex(_text(row[n]) or "") for name, n in columns.items()}
        cells.append((_text(key) or "", _text(owner) or "", sealed))
    shown = []
    for row, opened in zip(arrays, opener(cells), strict=True):
        shown.append(
            [
                _shown(opened[field.sealed], field) if field.sealed else row[n]
                for n, field in enumerate(fields)
            ]
        )
    return shown


def _text(cell: bytes) -> str | None:
    value: str | None = msgspec.json.decode(cell)
    return value


def _shown(plain: bytes | None, field: Field) -> bytes:
    """Return an opened value as JSON: a text, or a document and what a path finds in it."""
    if plain is None:
        return _NULL
    if not field.is_json and not field.steps:
        return msgspec.json.encode(plain.decode())
    if not field.steps:
        return plain
    value = _walk(msgspec.json.decode(plain), field.steps)
    if value is None:
        return _NULL
    if field.steps[-1].as_text or not field.is_json:
        is_text = isinstance(value, str) and field.steps[-1].as_text
        return msgspec.json.encode(value if is_text else jsonb_text(value))
    return msgspec.json.encode(value)


def _walk(value: Any, steps: Sequence[Step]) -> Any:
    for step in steps:
        if isinstance(value, dict):
            value = value.get(str(step.key))
        elif isinstance(value, list) and isinstance(step.key, int):
            inside = -len(value) <= step.key < len(value)
            value = value[step.key] if inside else None
        else:
            return None
    return value


def jsonb_text(value: Any) -> str:
    """Return a document as jsonb prints it: keys by length, then bytes; a blank after comma and colon."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        parts = (f"{msgspec.json.encode(key).decode()}: {jsonb_text(value[key])}" for key in keys)
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, list):
        return f"[{', '.join(jsonb_text(item) for item in value)}]"
    return msgspec.json.encode(value).decode()


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _csv(arrays: Sequence[list[bytes]], fields: Sequence[Field]) -> bytes:
    if not arrays:
        return b""
    lines = [",".join(_csv_cell(field.name) for field in fields)]
    lines += [",".join(_csv_cell(_csv_text(cell)) for cell in row) for row in arrays]
    return "\n".join(lines).encode()


def _csv_text(cell: bytes) -> str | None:
    value = msgspec.json.decode(cell)
    return value if value is None or isinstance(value, str) else jsonb_text(value)


def _csv_cell(text: str | None) -> str:
    if text is None:
        return ""
    if text and not _QUOTED.intersection(text):
        return text
    doubled = text.replace("\\", "\\\\").replace('"', '""')
    return f'"{doubled}"'


def page_range(offset: int, count: int, total: int | None) -> str:
    """Return the Content-Range of a page of `count` rows."""
    rows = f"{offset}-{offset + count - 1}" if count else "*"
    return f"{rows}/{'*' if total is None else total}"

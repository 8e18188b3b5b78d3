"""A team's spreadsheet of samples, as CSV: every line read leniently, and every one that cannot be taken named."""

import csv
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from fashionos.workspace.documents import split_document
from fashionos.workspace.models import Sample
from insights.analysis.intake import SAMPLE_NAMES, read_samples
from insights.schemas.logistics import Sample as TypedSample

_LISTS = {name for name in TypedSample.__struct_fields__ if name.endswith("_ids")} | {"tags"}
# What people write above columns, besides the fields' own names and their aliases.
_HEADERS = {
    "hero": "is_hero",
    "needed": "needed_at",
    "needed_by": "needed_at",
    "expected": "expected_at",
    "arrives": "expected_at",
    "return_by": "return_due_at",
    "colour": "color",
    "look": "look_ids",
    "looks": "look_ids",
    "brand": "designer",
}
_SAMPLE_OF_TEXT = 64 * 1024  # bytes that tell the delimiter


class UnreadableFile(ValueError):  # noqa: N818 -- a fact, named as one
    """There is no table of samples in the file."""


class LineError(NamedTuple):
    line: int
    message: str


class ImportedSamples(NamedTuple):
    """`rows` are columns of samples; `extra` the headers that are kept among the details."""

    rows: list[dict[str, Any]]
    errors: list[LineError]
    extra: list[str]


def read_csv(text: str, *, zone: ZoneInfo) -> ImportedSamples:
    """Read a table with a header line; commas, semicolons or tabs between the columns, whichever it has.

    Headers are the names of sample fields in any spelling ("Expected at", `expected_at`, "ETA"). Lists are written
    with semicolons or bars inside a cell. `zone` is that of moments without an offset. Raises UnreadableFile.
    """
    lines = csv.reader(text.splitlines(keepends=True), delimiter=_delimiter(text))
    try:
        header = [_field_name(cell) for cell in next(lines, [])]
        if not set(header) & SAMPLE_NAMES:
            raise UnreadableFile(
                "the first line names no column that is known, such as id, sku, name or status"
            )
        table = [(lines.line_num, cells) for cells in lines if any(map(str.strip, cells))]
    except csv.Error as error:
        raise UnreadableFile(f"line {lines.line_num}: {error}") from error
    rows, errors = list[dict[str, Any]](), list[LineError]()
    first_line: dict[str, int] = {}
    for line, cells in table:
        row, found = _read_line(header, cells, zone)
        errors += (LineError(line, message) for message in found)
        if not row:
            continue
        first = first_line.setdefault(row["reference"], line)
        if first != line:
            errors.append(LineError(line, f"the same sample as in line {first}"))
        rows.append(row)
    extra = [name for name in header if name and name not in SAMPLE_NAMES]
    return ImportedSamples(rows, errors, extra)


def _delimiter(text: str) -> str:
    head = text[:_SAMPLE_OF_TEXT].partition("\n")[0]
    return max(",;\t", key=head.count)


def _field_name(header: str) -> str:
    name = re.sub(r"[\W_]+", "_", header).strip("_").lower()
    return _HEADERS.get(name, name)


def _read_line(
    header: list[str], cells: list[str], zone: ZoneInfo
) -> tuple[dict[str, Any], list[str]]:
    """Return the columns of one sample, and what is wrong with the line."""
    if len(cells) > len(header):
        return {}, [f"{len(cells)} cells under {len(header)} headers"]
    given: dict[str, Any] = {
        name: re.split(r"\s*[;|]\s*", cell.strip()) if name in _LISTS else cell.strip()
        for name, cell in zip(header, cells, strict=False)
        if name and cell.strip()
    }
    samples, cautions = read_samples([given], zone=zone, path="")
    messages = [
        f"{caution.path.removeprefix('[0]').lstrip('.')}: {caution.message}".removeprefix(": ")
        for caution in cautions
        if caution.code != "missing_status"
    ]
    if not samples:
        return {}, messages
    extra = {name: value for name, value in given.items() if name not in SAMPLE_NAMES}
    return _columns(samples[0], extra), messages


def _columns(sample: TypedSample, extra: Mapping[str, Any]) -> dict[str, Any]:
    defaults = TypedSample(id=sample.id, status=sample.status)
    document = msgspec.to_builtins(sample)
    plain = msgspec.to_builtins(defaults)
    said = {name: value for name, value in document.items() if value != plain[name]}
    return split_document(Sample, {**extra, **said, "id": sample.id, "status": sample.status})

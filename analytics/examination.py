"""How well redaction finds what a person marked, and nothing else: on the lines of `evaluation/`.

A line is a text, a route (it begins with "/") or a document (it begins with "{"); «kind:value» marks personal data.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from analytics.identifiers import PLACEHOLDER
from analytics.redaction import redact_data, redact_route, redact_text

HALVES = {
    name: Path(__file__).parent / "evaluation" / f"redaction_{name}.txt"
    for name in ("train", "held_out")
}
_MARK = re.compile(r"«([a-z_]+):(.*?)»")
_ENOUGH = 0.99  # of a marked value that has to be gone


class Span(NamedTuple):
    kind: str
    start: int
    end: int


class Line(NamedTuple):
    text: str
    marked: tuple[Span, ...]


class Score(NamedTuple):
    """Of the `marked` values, `found` went, `typed` as what they are; `false` placeholders stand on nothing marked."""

    marked: int = 0
    found: int = 0
    typed: int = 0
    false: int = 0

    @property
    def recall(self) -> float:
        return self.found / self.marked if self.marked else 1.0

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.false) if self.found + self.false else 1.0


def read_lines(path: Path) -> list[Line]:
    lines = path.read_text().splitlines()
    return [_read(line) for line in lines if line and not line.startswith("#")]


def _read(line: str) -> Line:
    text, spans, at = "", [], 0
    for mark in _MARK.finditer(line):
        text += line[at : mark.start()]
        spans.append(Span(mark[1], len(text), len(text) + len(mark[2])))
        text += mark[2]
        at = mark.end()
    return Line(text + line[at:], tuple(spans))


def redacted(text: str) -> str:
    if text.startswith("{"):
        return json.dumps(redact_data(json.loads(text)), ensure_ascii=False)
    return redact_route(text) if text.startswith("/") else redact_text(text)


def spans_of(text: str, clean: str) -> Iterator[Span]:
    """Yield what of the text became which placeholder."""
    literals = re.split(PLACEHOLDER.pattern, clean)
    whole = re.fullmatch("(.+?)".join(map(re.escape, literals)), text, re.DOTALL)
    assert whole, (text, clean)  # noqa: S101 -- redaction replaces, and leaves the rest alone
    for number, placeholder in enumerate(PLACEHOLDER.findall(clean), start=1):
        yield Span(placeholder[1:-1], *whole.span(number))


def score(lines: Iterable[Line]) -> dict[str, Score]:
    """Score the lines by kind, and all kinds together under "all"; a false placeholder counts where it claims to be."""
    counts: dict[str, Counter[str]] = {"all": Counter()}
    for line, missed, false in examine(lines):
        for span in line.marked:
            for kind in (span.kind, "all"):
                counts.setdefault(kind, Counter())["marked"] += 1
                counts[kind]["found"] += span not in missed
                counts[kind]["typed"] += span in _typed(line)
        for span in false:
            for kind in (span.kind, "all"):
                counts.setdefault(kind, Counter())["false"] += 1
    return {kind: Score(**count) for kind, count in sorted(counts.items())}


def examine(lines: Iterable[Line]) -> Iterator[tuple[Line, list[Span], list[Span]]]:
    """Yield each line with the marked values that stayed, and the placeholders that stand on nothing marked."""
    for line in lines:
        gone = list(_gone(line))
        missed = [span for span in line.marked if not any(_covers(one, span) for one in gone)]
        false = [one for one in gone if not any(_touches(one, span) for span in line.marked)]
        yield line, missed, false


def _gone(line: Line) -> Iterator[Span]:
    return spans_of(line.text, redacted(line.text))


def _typed(line: Line) -> set[Span]:
    gone = list(_gone(line))
    return {
        span
        for span in line.marked
        if any(_covers(one, span) and one.kind == span.kind for one in gone)
    }


def _covers(one: Span, span: Span) -> bool:
    return min(one.end, span.end) - max(one.start, span.start) >= _ENOUGH * (span.end - span.start)


def _touches(one: Span, span: Span) -> bool:
    return one.start < span.end and span.start < one.end

"""Reading a text of the dialect from left to right."""

import re
from collections.abc import Callable
from typing import NoReturn, TypeVar

from fashionos.postgrest.literals import ESCAPE, QUOTE, quoted
from fashionos.postgrest.problems import Problem

T = TypeVar("T")

_NAME = re.compile(r"(?:[\w $]|-(?!>))+")


class Reader:
    """A text, and how far it was read."""

    def __init__(self, text: str, what: str) -> None:
        self.text = text
        self.what = what
        self.at = 0

    def fail(self, expecting: str) -> NoReturn:
        found = quoted(self.text[self.at]) if self.at < len(self.text) else "end of input"
        raise Problem(
            400,
            "PGRST100",
            f'"failed to parse {self.what} ({self.text})" (line 1, column {self.at + 1})',
            details=f"unexpected {found} expecting {expecting}",
        )

    def done(self) -> bool:
        return self.at >= len(self.text)

    def sees(self, token: str) -> bool:
        return self.text.startswith(token, self.at)

    def take(self, token: str) -> bool:
        if self.sees(token):
            self.at += len(token)
            return True
        return False

    def expect(self, token: str) -> None:
        if not self.take(token):
            self.fail(quoted(token))

    def match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    def rest(self) -> str:
        rest, self.at = self.text[self.at :], len(self.text)
        return rest

    def until(self, stops: str) -> str:
        start = self.at
        while not self.done() and self.text[self.at] not in stops:
            self.at += 1
        return self.text[start : self.at]

    def end(self) -> None:
        if not self.done():
            self.fail("end of input")

    def quoted(self) -> str | None:
        """Read a text in double quotes, None if what is here is none."""
        at, text = self.at, self.text
        if not text.startswith(QUOTE, at):
            return None
        at += 1
        parts: list[str] = []
        while at < len(text):
            character = text[at]
            if character == QUOTE:
                self.at = at + 1
                return "".join(parts)
            if character == ESCAPE:
                at += 1
                if at >= len(text):
                    return None
                character = text[at]
            parts.append(character)
            at += 1
        return None

    def listed(self, stops: str) -> str:
        """Read a value that ends at one of `stops`, perhaps in quotes.

        The client does not escape the quotes inside a value: what only starts with one is taken as it is.
        """
        start = self.at
        value = self.quoted()
        if value is not None and (self.done() or self.text[self.at] in stops):
            return value
        self.at = start
        return self.until(stops)

    def name(self) -> str:
        name = self.quoted()
        if name is None:
            name = self.match(_NAME).strip(" ")
        if not name:
            self.fail("field name (* or [a..z0..9_$])")
        return name

    def separated(self, one: Callable[["Reader"], T], *, most: int) -> tuple[T, ...]:
        parts = [one(self)]
        while self.take(","):
            parts.append(one(self))
            if len(parts) > most:
                self.fail(f"at most {most} parts")
        return tuple(parts)

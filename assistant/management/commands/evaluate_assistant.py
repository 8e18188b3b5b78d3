"""Measure how well the assistant understands messages that its model has not been trained on."""

import secrets
import statistics
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from typing import Any
from uuid import UUID

import msgspec
from django.core.management.base import BaseCommand
from django.db import connection

from assistant.examination import (
    Ask,
    Case,
    Readings,
    Result,
    Summary,
    examine,
    read_examination,
    read_messages,
    summarise,
    summarise_readings,
)
from assistant.services import answer
from assistant.understanding import intent_of
from assistant.understanding.corpus import KITS, REGISTERS, Pattern, read_corpus
from assistant.understanding.evaluation import (
    FOLDS,
    Outcome,
    confusions,
    leave_pattern_out,
    leave_voice_out,
    score,
)
from assistant.understanding.model import Model
from assistant.understanding.training import train
from fashionos.accounts.services import add_user, sign_in
from fashionos.accounts.tokens import Caller
from fashionos.kit.owned import Role, acting
from insights import hits

_WAYS = {"voice": leave_voice_out, "pattern": leave_pattern_out}


class Command(BaseCommand):
    help = (
        "Train on a part of the corpus and read the rest: without one voice (writer) at a time, and "
        f"without one of {FOLDS} folds of the patterns. Takes some minutes."
    )

    requires_system_checks = ()  # it needs no database and no secrets

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--leave-out", choices=[*_WAYS, "both"], default="both", help="(%(default)s)"
        )
        parser.add_argument("--confusions", type=int, default=20, help="(%(default)s)")
        parser.add_argument(
            "--cases",
            action="store_true",
            help="instead: put the examination's cases and stories to the service, in a database of their own",
        )
        parser.add_argument(
            "--messages",
            choices=["open", "sealed"],
            help="instead: put one half of the examination's messages to the service; of the sealed "
            "half nothing but the totals is shown",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["cases"] or options["messages"]:
            with _database_of_its_own():
                if options["cases"]:
                    self._examine()
                if options["messages"]:
                    self._read(options["messages"])
            return
        patterns = read_corpus()
        chosen = [*_WAYS] if options["leave_out"] == "both" else [options["leave_out"]]
        for name in chosen:
            everything: list[Outcome] = []
            for outcomes in _WAYS[name](patterns, self._fit):
                everything += outcomes
                self.stderr.write(f"judged {len(outcomes)} messages")
            self._report(name, everything, options["confusions"])

    def _fit(self, patterns: Sequence[Pattern]) -> Model:
        self.stderr.write(f"training on {len(patterns)} patterns ...")
        return train(patterns)

    def _report(self, name: str, outcomes: Sequence[Outcome], most: int) -> None:
        self.stdout.write(f"\nLeave one {name} out\n")
        self._scores("all", outcomes)
        for voice in sorted({one.pattern.voice for one in outcomes}):
            self._line(f"voice {voice}", (one for one in outcomes if one.pattern.voice == voice))
        for register in REGISTERS:
            self._line(register, (one for one in outcomes if one.pattern.register == register))
        for kit in KITS:
            self._line(f"only by kit {kit}", (one for one in outcomes if one.pattern.kit == kit))
        taken = statistics.quantiles((one.milliseconds for one in outcomes), n=100)
        self.stdout.write(f"  latency: p50 {taken[49]:.2f} ms, p99 {taken[98]:.2f} ms")
        self.stdout.write("  mistaken most (meant, read):")
        for (meant, read), count in confusions(outcomes, most):
            self.stdout.write(f"    {count:4d}  {meant}, {read}")

    def _scores(self, name: str, outcomes: Sequence[Outcome]) -> None:
        scores = score(outcomes, intent_of)
        for field in fields(scores):
            value = getattr(scores, field.name)
            shown = f"{value}" if isinstance(value, int) else f"{value:.4f}"
            self.stdout.write(f"  {name}: {field.name.replace('_', ' ')} {shown}")

    def _line(self, name: str, outcomes: Iterable[Outcome]) -> None:
        counted = list(outcomes)
        if counted:
            right = sum(one.right for one in counted) / len(counted)
            self.stdout.write(f"  {name}: skill {right:.4f} of {len(counted)}")

    def _examine(self) -> None:
        examination = read_examination()
        turns = [turn for story in examination.stories for turn in story]
        for name, cases in (("cases", examination.cases), ("stories", turns)):
            results = _answered(cases, examination.contexts, name)
            for result in results:
                if not result.passed:
                    self._wrong(result)
            self._totals(name, summarise(results))

    def _read(self, half: str) -> None:
        turns = [turn for message in read_messages(half) for turn in message]
        everything = _answered(turns, read_examination().contexts, half)
        results = [result for result in everything if result.case.expect]
        if half == "open":
            for result in results:
                if not result.passed:
                    self._wrong(result)
        self._totals(f"messages, {half} half", summarise_readings(results, intent_of))

    def _totals(self, name: str, summary: Summary | Readings) -> None:
        self.stdout.write(f"\n{name}")
        for field, value in asdict(summary).items():
            shown = f"{value:.4f}" if isinstance(value, float) else f"{value}"
            self.stdout.write(f"  {field}: {shown}")

    def _wrong(self, result: Result) -> None:
        case, answer = result.case, result.answer
        where = case.story or f"{case.context}, {case.kit}, {case.wording}"
        self.stdout.write(f"- [{where}] {case.say}")
        for rule, found in result.wrong.items():
            self.stdout.write(f"    {rule}: {found}")
        self.stdout.write(f"    {answer['meta']['skill']}: {answer['content']}")


def _answered(
    cases: Sequence[Case], contexts: Mapping[str, Mapping[str, Any]], name: str
) -> list[Result]:
    """Ask as somebody new for each context: what the others have sent is nobody's insights here."""
    results: list[Result] = []
    for context, rows in contexts.items():
        ask = _examinee(f"{name}-{context}@fashionos.example")
        results += examine(
            (case for case in cases if case.context == context), {context: rows}, ask
        )
    return results


@contextmanager
def _database_of_its_own() -> Iterator[None]:
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        hits.settle()
        connection.creation.destroy_test_db(name, verbosity=0)


def _examinee(email: str) -> Ask:
    """Add a person, and return the function that asks as that person."""
    password = secrets.token_urlsafe()
    with acting(Role.AUTH):
        add_user(email, password, confirmed=True)
    grant = sign_in(email, password, user_agent="examination")
    caller = Caller(grant.user.id, UUID(grant.access["session_id"]), email)
    return lambda request: msgspec.json.decode(answer(caller, msgspec.json.encode(request)))

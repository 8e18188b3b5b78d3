"""Measure how much of the personal data that people marked redaction finds, and what it takes for some."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from analytics.examination import HALVES, examine, read_lines, redacted, score


class Command(BaseCommand):
    help = "Print precision and recall of the redaction of analytics, on both halves of the marked lines."

    requires_system_checks = ()  # it needs no database and no secrets

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--lines", action="store_true", help="name each line that went wrong")

    def handle(self, *_args: Any, **options: Any) -> None:
        self.stdout.write(f"{'half':9} {'kind':12} marked  recall  precision")
        for half, path in HALVES.items():
            lines = read_lines(path)
            for kind, figures in score(lines).items():
                self.stdout.write(
                    f"{half:9} {kind:12} {figures.marked:6}   {figures.recall:.3f}   {figures.precision:.3f}"
                )
            if not options["lines"]:
                continue
            for line, missed, false in examine(lines):
                if missed or false:
                    what = "missed" if missed else "false"
                    self.stdout.write(f"{half:9} {what:7} {line.text} -> {redacted(line.text)}")

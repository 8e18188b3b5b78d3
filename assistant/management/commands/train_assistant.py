"""Train the assistant's model on its corpus, or tell whether the committed model is up to date."""

import time
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assistant.understanding.corpus import CorpusError, digest, read_corpus
from assistant.understanding.model import PATH, load, save
from assistant.understanding.training import train


class Command(BaseCommand):
    help = (
        "Train the assistant's model on assistant/corpus and write it where the assistant reads it. "
        "The same corpus and code give the same bytes."
    )

    requires_system_checks = ()  # it needs no database and no secrets

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="train nothing: fail unless the model is of this corpus and this code",
        )
        parser.add_argument(
            "--output", type=Path, default=PATH, help="where to write the model (%(default)s)"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["check"]:
            check(options["output"])
            self.stdout.write("The model is of this corpus and this code.")
            return
        started = time.process_time()
        try:
            patterns = read_corpus()
            counts = Counter(pattern.voice for pattern in patterns)
            voices = ", ".join(f"{voice} {count}" for voice, count in sorted(counts.items()))
            self.stdout.write(f"patterns by voice: {voices}")
            model = train(patterns, self.stdout.write)
        except CorpusError as error:
            raise CommandError(str(error)) from error
        save(model, options["output"])
        size = options["output"].stat().st_size
        taken = time.process_time() - started
        self.stdout.write(f"{options['output']}: {size / 1e6:.2f} MB in {taken:.0f} s of CPU")


def check(path: Path) -> None:
    """Raise CommandError unless the model at `path` is of the corpus and the code as they stand."""
    if not path.exists():
        raise CommandError(f"{path} does not exist: run manage.py train_assistant")
    if load(path).digest != digest():
        raise CommandError(
            f"{path} is of another corpus or of other code: run manage.py train_assistant"
        )

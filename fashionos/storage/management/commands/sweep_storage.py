from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import islice
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from fashionos.management.progress import Progress
from fashionos.storage.models import StoredObject
from fashionos.storage.services import (
    broken_objects,
    is_lost,
    orphans,
    remove_broken,
    remove_orphans,
)
from fashionos.storage.stores import StoredFile

T = TypeVar("T")

_BATCH = 500
_SHOWN = 20  # of each kind; the rest is counted


class Command(BaseCommand):
    help = (
        "Find files that no object names (uploads that broke off), and objects whose file is missing or cut. Safe"
        " beside running uploads."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--mend", action="store_true", help="remove both: without this they are only reported"
        )
        parser.add_argument(
            "--grace",
            type=float,
            default=24,
            metavar="HOURS",
            help="leave younger files alone: their upload may not be finished (24)",
        )

    def handle(self, *, mend: bool, grace: float, **_: Any) -> None:
        try:
            if is_lost():
                raise CommandError(
                    "The store holds no file at all, while objects are known: it is not the one that they were stored"
                    " in, or it is not mounted."
                )
            before = timezone.now() - timedelta(hours=max(0, grace))
            files = self._sweep(orphans(before), mend, remove_orphans, self._show_file)
            rows = self._sweep(broken_objects(), mend, remove_broken, self._show_object)
        except OSError as error:
            raise CommandError(f"The store is not available: {error}") from error
        done = "removed" if mend else "found"
        self.stdout.write(
            f"{files} files without an object, {rows} objects without their file {done}."
        )
        if (files or rows) and not mend:
            self.stdout.write("Remove them with --mend.")

    def _sweep(
        self,
        found: Iterable[T],
        mend: bool,  # noqa: FBT001 -- of the two calls above
        remove: Callable[[list[T]], Any],
        show: Callable[[T], None],
    ) -> int:
        """Show the first ones, and remove all if that was asked for; return how many there were."""
        progress = Progress(self.stdout)
        iterator = iter(found)
        while batch := list(islice(iterator, _BATCH)):
            for one in batch[: max(0, _SHOWN - progress.total)]:
                show(one)
            if mend:
                remove(batch)
            progress.add(len(batch), "found")
        return progress.total

    def _show_file(self, file: StoredFile) -> None:
        self.stdout.write(
            f"file {file.version}, {filesizeformat(file.size)}, written {file.written_at:%Y-%m-%d %H:%M}"
        )

    def _show_object(self, row: StoredObject) -> None:
        self.stdout.write(f"object {row} ({row.id})")

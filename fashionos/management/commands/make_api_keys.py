import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fashionos.accounts.tokens import legacy_api_key
from fashionos.development import new_api_keys, read_env, write_env


class Command(BaseCommand):
    help = (
        "Print a publishable and a secret api key, and the legacy anon and service_role keys (HS256, signed with"
        " JWT_SECRET), as environment variables. With --write, keep them in a file of mode 600; keys that are there"
        " already stay."
    )

    requires_system_checks = []  # they ask for what this command makes

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", type=Path, metavar="FILE", help="the file to keep them in")

    def handle(self, *, write: Path | None, verbosity: int, **_: Any) -> None:
        if not settings.JWT_SECRET:
            raise CommandError("Set JWT_SECRET first: the legacy keys are signed with it.")
        now = int(time.time())
        keys = {
            **new_api_keys(),
            "FASHIONOS_ANON_KEY": legacy_api_key("anon", now=now),
            "FASHIONOS_SERVICE_ROLE_KEY": legacy_api_key("service_role", now=now),
        }
        if write:
            there = read_env(write)
            if keys.keys() <= there.keys():
                said = f"{write} holds all keys already; nothing changed."
            else:
                write_env(write, {**keys, **there})
                said = f"Wrote {', '.join(sorted(keys.keys() - there.keys()))} to {write}."
            if verbosity:
                self.stdout.write(said)
            return
        for name, value in keys.items():
            self.stdout.write(f"{name}={value}")

from typing import Any

from django.core.management.base import BaseCommand

from fashionos.development import new_secrets


class Command(BaseCommand):
    help = "Print a fresh set of the secrets that production needs, as environment variables."
    requires_system_checks = []  # they ask for what this command makes

    def handle(self, **_: Any) -> None:
        for name, value in new_secrets().items():
            self.stdout.write(f"{name}={value}")

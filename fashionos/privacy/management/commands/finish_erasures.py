from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from fashionos.privacy.services import erase_user, finish, resurrected, unfinished


class Command(BaseCommand):
    help = (
        "Finish the erasures that were interrupted, and erase again whom a restored backup brought back (by"
        " ERASURE_LEDGER). Run it after each restore, before serving, and every few minutes; it may run beside itself."
    )

    def handle(self, **_: Any) -> None:
        try:
            again = resurrected()
        except OSError as error:
            raise CommandError(f"ERASURE_LEDGER cannot be read: {error}") from error
        for user_id in again:
            erase_user(user_id)
        begun, failed = unfinished(), 0
        for erasure_id in begun:
            try:
                finish(erasure_id)
            except (OSError, DatabaseError) as error:
                failed += 1
                self.stderr.write(f"{erasure_id}: {error}")
        self.stdout.write(f"{len(begun) - failed} erasures finished, {len(again)} done again.")
        if failed:
            raise CommandError(f"{failed} erasures are left; run it again.")

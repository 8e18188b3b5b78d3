import secrets
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from fashionos.accounts.models import User
from fashionos.accounts.services import add_user
from fashionos.demo import files
from fashionos.development import read_env, write_env
from fashionos.kit.owned import Role, acting
from fashionos.kit.wire import write_json

ZONE = ZoneInfo("Europe/Paris")
# Variable prefix, address, support staff.
PEOPLE = (
    ("DEMO", "noor@maison-orsel.example", False),
    ("DEMO2", "tomas@maison-orsel.example", False),
    ("SUPPORT", "support@fashionos.example", True),
)


class Command(BaseCommand):
    help = (
        "Make two demo users and one of support, and write a demo production as ready-to-post JSON. Passwords are"
        " printed once and kept in demo.env (mode 600) in the data folder. People and documents that are there stay;"
        " documents of another day are written anew, since they are dated around today."
    )

    def handle(self, **_: Any) -> None:
        folder: Path = settings.DATA_DIR
        self._add_people(folder / "demo.env")
        self._write_documents(folder / "demo", timezone.now().astimezone(ZONE))

    def _add_people(self, path: Path) -> None:
        known = read_env(path)
        fresh: dict[str, str] = {}
        for prefix, email, _ in PEOPLE:
            if f"{prefix}_PASSWORD" not in known:
                fresh |= {f"{prefix}_EMAIL": email, f"{prefix}_PASSWORD": secrets.token_urlsafe(12)}
        if fresh:
            # Before the users are made: interrupted here, the next run makes them with these passwords.
            path.parent.mkdir(parents=True, exist_ok=True)
            write_env(path, known | fresh)
        for prefix, email, is_staff in PEOPLE:
            password = (known | fresh)[f"{prefix}_PASSWORD"]
            with acting(Role.AUTH):
                user = User.objects.filter(email=email).first()
                if user is None:
                    add_user(email, password, confirmed=True, is_staff=is_staff)
                elif f"{prefix}_PASSWORD" in fresh:
                    user.set_password(password)
                    user.save(update_fields=["password"])
            if f"{prefix}_PASSWORD" in fresh:
                kind = "support" if is_staff else "user"
                self.stdout.write(f"{kind:<8} {email:<30} {password}")

    def _write_documents(self, folder: Path, now: datetime) -> None:
        stamp = folder / ".date"
        today = now.date().isoformat()
        if stamp.exists() and stamp.read_text() == today:
            return
        folder.mkdir(parents=True, exist_ok=True)
        for name, document in files(now, ZONE).items():
            (folder / name).write_bytes(write_json(document))
        stamp.write_text(today)
        self.stdout.write(f"demo production of {today} written to {folder}")

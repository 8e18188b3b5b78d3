import secrets
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from analytics.models import AnalyticsEvent
from analytics.rollups import roll_up
from fashionos.accounts.models import User
from fashionos.accounts.services import add_user
from fashionos.demo import Production, files, production
from fashionos.demo.usage import usage
from fashionos.development import read_env, write_env
from fashionos.kit.owned import Role, acting
from fashionos.kit.wire import write_json
from fashionos.workspace import services
from fashionos.workspace.documents import split_document
from fashionos.workspace.models import Asset, Event, EventTask, Sample, Shot

ZONE = ZoneInfo("Europe/Paris")
# Variable prefix, address, support staff.
PEOPLE = (
    ("DEMO", "noor@maison-orsel.example", False),
    ("DEMO2", "tomas@maison-orsel.example", False),
    ("SUPPORT", "support@fashionos.example", True),
)
# Whose production it is, and who works on its event.
EMAILS = (PEOPLE[0][1], PEOPLE[1][1])


class Command(BaseCommand):
    help = (
        "Make two demo users and one of support, and a demo production: in the workspace of the first, who shares its"
        " event with the second, and as ready-to-post JSON. Passwords are printed once and kept in demo.env (mode 600)"
        " in the data folder. What is there stays; a production of another day is made anew, since it is dated around"
        " today."
    )

    def handle(self, **_: Any) -> None:
        folder: Path = settings.DATA_DIR
        now = timezone.now().astimezone(ZONE)
        self._add_people(folder / "demo.env")
        stamp = folder / "demo" / ".date"
        today = now.date().isoformat()
        is_new = not stamp.exists() or stamp.read_text() != today
        self._fill_workspace(production(now, ZONE), again=is_new)
        if is_new:
            self._fill_analytics(now)
            self._write_documents(folder / "demo", now)
            stamp.write_text(today)
            self.stdout.write(f"demo production of {today} written to {folder / 'demo'}")

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

    def _fill_workspace(self, show: Production, *, again: bool) -> None:
        with acting(Role.AUTH):
            ids = dict(User.objects.filter(email__in=EMAILS).values_list("email", "id"))
        owner_id, colleague_id = (ids[email] for email in EMAILS)
        with acting(Role.WEB, user_id=owner_id):
            events = Event.objects.filter(user_id=owner_id, reference=show.event["id"])
            if events.exists() and not again:
                return
            services.remove_events(events)
            for model, rows, remove, add in (
                (Sample, show.samples, services.remove_samples, services.add_samples),
                (Asset, show.assets, services.remove_assets, services.add_assets),
                (Shot, show.shot_list, services.remove_shots, services.add_shots),
            ):
                references = [row["id"] for row in rows]
                remove(model.objects.filter(user_id=owner_id, reference__in=references))
                add(owner_id, [split_document(model, row) for row in rows], by=None)
            event_id = add_event(owner_id, show.event)
            services.add_member(event_id, colleague_id)

    def _fill_analytics(self, now: datetime) -> None:
        """Add what the two did in the weeks before today; of days that have it already, it is the same."""
        with acting(Role.AUTH):
            ids = dict(User.objects.filter(email__in=EMAILS).values_list("email", "id"))
        for person, email in enumerate(EMAILS):
            events = [
                AnalyticsEvent(user_id=ids[email], **used._asdict())
                for used in usage(person, now, ZONE)
            ]
            calls = [event for event in events if event.event_type == "function_called"]
            deeds = [event for event in events if event.event_type != "function_called"]
            with acting(Role.SYSTEM):
                AnalyticsEvent.objects.bulk_create(calls, ignore_conflicts=True)
            with acting(Role.WEB, user_id=ids[email]):
                AnalyticsEvent.objects.bulk_create(deeds, ignore_conflicts=True)
        for _ in roll_up(now):
            pass

    def _write_documents(self, folder: Path, now: datetime) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, document in files(now, ZONE).items():
            (folder / name).write_bytes(write_json(document))


def add_event(owner_id: UUID, document: dict[str, Any]) -> UUID:
    """Add the event, its tasks, and what they wait for."""
    about = {name: value for name, value in document.items() if name != "tasks"}
    [event] = services.add_events(owner_id, [split_document(Event, about)], by=None)
    rows = []
    for task in document["tasks"]:
        columns = {name: value for name, value in task.items() if name not in {"name", "dependsOn"}}
        rows.append(split_document(EventTask, {**columns, "title": task["name"]}))
    tasks = {task.reference: task for task in services.add_tasks(event.id, rows, by=None)}
    for task in document["tasks"]:
        for link in task["dependsOn"]:
            services.link_tasks(
                tasks[task["id"]],
                tasks[link["taskId"]].id,
                kind=link["type"],
                lag_minutes=link["lagMinutes"],
            )
    return event.id

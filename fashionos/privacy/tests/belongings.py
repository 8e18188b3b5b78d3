"""Somebody with a row in every table that refers to users; a table that is missing here fails test_everything.py."""

from uuid import uuid4

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone

from analytics.models import UserDay
from fashionos.accounts.models import AuthCode, Purpose, User
from fashionos.accounts.services.one_time import issue
from fashionos.kit.owned import Role, acting
from fashionos.storage.models import Bucket, StoredObject
from fashionos.storage.stores import store
from fashionos.tests.test_walls import add_rows
from fashionos.workspace import services
from fashionos.workspace.models import Sample
from insights.generations import make_stale

# Who may read every row of a table.
READERS = (Role.ERASER, Role.AUTH, Role.SUPPORT, Role.SYSTEM)


def give_everything(person, friend, support):
    """Give the person a row in each table, some in what is the friend's, and a file; return the file's version."""
    add_rows(person.user)
    with acting(Role.AUTH):
        issue(User.objects.get(id=person.id), Purpose.RECOVERY)
        AuthCode.objects.create(
            digest=uuid4().bytes,
            user_id=person.id,
            challenge="x",
            challenge_method="s256",
            session_method="oauth",
            created_at=timezone.now(),
        )
    with acting(Role.SUPPORT):
        kind = ContentType.objects.get_for_model(User).pk
        # What she did, what was done to her account, and to what is called after her.
        for who, on in ((person, person), (support, person), (support, support)):
            LogEntry.objects.create(
                user_id=who.id,
                content_type_id=kind,
                object_id=str(on.id),
                object_repr=f"of {person.user.email}",
                action_flag=CHANGE,
            )
    with acting(Role.SYSTEM):
        UserDay.objects.create(
            day=timezone.now().date(), user_id=person.id, kit="x", features=["x"], opens=1, events=1
        )
        make_stale([person.id], "logistics")
        [sample] = services.add_samples(person.id, [{"name": "Coat", "holder": "Ivo"}], by=None)
        services.change_samples(Sample.objects.filter(pk=sample.pk), {"status": "received"}, by=person.id)  # fmt: skip
        services.add_assets(person.id, [{"file_name": "look.jpg"}], by=person.id)
        services.add_shots(person.id, [{"name": "Shot"}], by=person.id)
        [mine] = services.add_events(person.id, [{"name": "Show"}], by=person.id)
        [theirs] = services.add_events(friend.id, [{"name": "Theirs"}], by=friend.id)
        services.add_member(mine.pk, friend.id)
        services.add_member(theirs.pk, person.id)
        first, second = services.add_tasks(mine.pk, [{"title": "One"}, {"title": "Two"}], by=None)
        services.link_tasks(second, first.pk)
        [task] = services.add_tasks(
            theirs.pk, [{"title": "Press", "owner_id": str(person.id)}], by=person.id
        )
        services.change_tasks(
            type(task).objects.filter(pk=task.pk), {"status": "in_progress"}, by=person.id
        )
        Bucket.objects.get_or_create(id="gallery")
        file = StoredObject.objects.create(
            bucket_id="gallery",
            name=f"{person.id}/look.jpg",
            user_id=person.id,
            size=3,
            mimetype="image/jpeg",
        )
    with acting(Role.SUPPORT):
        for row in (sample, mine, task, file):
            LogEntry.objects.create(
                user_id=support.id,
                content_type_id=kind,
                object_id=str(row.pk),
                object_repr=str(row),
                action_flag=CHANGE,
            )
    writer = store().write(file.version)
    writer.write(b"jpg")
    writer.finish()
    return file.version


def tables():
    """Return all tables, and those of them that refer to users: by a foreign key, or a column that is named so."""
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
        )
        all_of_them = {name for (name,) in cursor.fetchall()}
        cursor.execute(
            """
            WITH RECURSIVE refers(oid) AS (
                SELECT 'accounts_user'::regclass::oid
                UNION SELECT c.conrelid FROM pg_constraint c JOIN refers r ON c.confrelid = r.oid WHERE c.contype = 'f'
            )
            SELECT r.oid::regclass::text FROM refers r JOIN pg_class c ON c.oid = r.oid WHERE NOT c.relispartition
            UNION SELECT a.attrelid::regclass::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
              AND a.atttypid = 'uuid'::regtype AND a.attname ~ '(user|owner|person|by)(_id)?$'
            """
        )
        return all_of_them, {name for (name,) in cursor.fetchall()}


def mentions(table, *words):
    """Count the rows of a table that contain one of the words anywhere, as whoever may read it."""
    for role in READERS:
        with acting(role), connection.cursor() as cursor:
            cursor.execute("SELECT has_table_privilege(%s, 'SELECT')", [table])
            if cursor.fetchone() == (True,):
                found = " OR ".join(["t::text ILIKE %s"] * len(words))
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" t WHERE {found}',
                    [f"%{word}%" for word in words],
                )
                return cursor.fetchone()[0]
    return 0


def count(table):
    return mentions(table, "")

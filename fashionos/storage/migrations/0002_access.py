"""Whose files these are: a user's own folder, the house's buckets, and what everybody may read."""

from django.db import migrations

from fashionos.kit.owned import OWN, Policy, Role, acting, row_security

# A folder that is named as a user is that user's, and nobody owns anything elsewhere.
OWN_FOLDER = """
ALTER TABLE storage_objects ADD CONSTRAINT storage_objects_owner
    CHECK (user_id IS NULL OR starts_with(name, user_id::text || '/'));
"""
NO_OWN_FOLDER = "ALTER TABLE storage_objects DROP CONSTRAINT storage_objects_owner"

# Who calls without being signed in sees public buckets alone.
VISIBLE_BUCKET = "public OR (SELECT fashionos_user_id()) IS NOT NULL"
READABLE = f"{OWN} OR bucket_id IN (SELECT id FROM storage_buckets WHERE public)"
COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def add_gallery(apps, schema_editor):
    bucket = apps.get_model("storage", "Bucket")
    with acting(Role.SYSTEM):
        bucket.objects.get_or_create(
            id="gallery",
            defaults={
                "public": False,
                "file_size_limit": 100_000_000,
                "allowed_mime_types": ["image/*"],
            },
        )


class Migration(migrations.Migration):
    # acting() opens a transaction of its own.
    atomic = False
    dependencies = [("storage", "0001_initial"), ("accounts", "0002_access")]
    operations = [
        migrations.RunSQL(OWN_FOLDER, NO_OWN_FOLDER),
        row_security(
            "storage_buckets",
            Policy(Role.WEB, "SELECT", VISIBLE_BUCKET),
            *(Policy(Role.SYSTEM, command) for command in COMMANDS),
            Policy(Role.SUPPORT, "SELECT"),
            Policy(Role.ERASER, "SELECT"),
        ),
        row_security(
            "storage_objects",
            Policy(Role.WEB, "SELECT", READABLE),
            *(Policy(Role.WEB, command, OWN) for command in COMMANDS[1:]),
            *(Policy(Role.SYSTEM, command) for command in COMMANDS),
            Policy(Role.SUPPORT, "SELECT"),
            Policy(Role.SUPPORT, "DELETE"),
            Policy(Role.ERASER, "SELECT"),
            Policy(Role.ERASER, "DELETE"),
        ),
        migrations.RunPython(add_gallery, migrations.RunPython.noop),
    ]

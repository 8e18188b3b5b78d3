"""What the roles may do with accounts, and the two things that everybody may ask the owner.

Users (fashionos_web) have no privilege on any of these tables.
"""

from django.db import migrations

from fashionos.kit.owned import Role, grant

SESSION_LIVES = """
CREATE FUNCTION fashionos_session_lives(session uuid, owner uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT 1 FROM accounts_session s JOIN accounts_user u ON u.id = s.user_id
        WHERE s.id = session AND u.id = owner AND u.is_active
          AND (u.banned_until IS NULL OR u.banned_until <= now())
    )
$$;
"""

# Users get their own key alone; the roles that stand for the server get any.
DATA_KEY = """
CREATE FUNCTION fashionos_data_key(owner uuid) RETURNS TABLE (wrapped_by varchar, wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT k.wrapped_by, k.wrapped FROM accounts_datakey k
    WHERE k.user_id = owner
      AND (current_setting('role') <> 'fashionos_web' OR owner = fashionos_user_id())
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("kit", "0001_roles"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("sessions", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.RunSQL(SESSION_LIVES, "DROP FUNCTION fashionos_session_lives(uuid, uuid)"),
        migrations.RunSQL(DATA_KEY, "DROP FUNCTION fashionos_data_key(uuid)"),
        *(
            grant(table, Role.AUTH, "SELECT", "INSERT", "UPDATE", "DELETE")
            for table in (
                "accounts_user",
                "accounts_session",
                "accounts_refreshtoken",
                "accounts_datakey",
            )
        ),
        grant("accounts_user", Role.SUPPORT, "SELECT", "UPDATE"),
        grant("accounts_session", Role.SUPPORT, "SELECT"),
        grant("accounts_user", Role.SYSTEM, "SELECT"),
        grant("accounts_user", Role.ERASER, "SELECT"),
        grant("django_session", Role.SUPPORT, "SELECT", "INSERT", "UPDATE", "DELETE"),
        grant("django_admin_log", Role.SUPPORT, "SELECT", "INSERT"),
        grant("django_content_type", Role.SUPPORT, "SELECT"),
    ]

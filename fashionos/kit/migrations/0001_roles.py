"""The database roles, and the two functions that policies and transactions stand on.

Roles belong to the whole server, so they may be there already; they are never dropped. `fashionos_server` is the group
whose members (the login that serves) may become the others; the login that migrates becomes a member as well.
"""

from django.db import migrations

ROLES = """
DO $$
DECLARE
    name text;
    acting text[] := ARRAY['fashionos_web', 'fashionos_auth', 'fashionos_system', 'fashionos_support', 'fashionos_eraser'];
    options text := CASE WHEN current_setting('server_version_num')::int >= 160000
                    THEN ' WITH INHERIT FALSE, SET TRUE' ELSE '' END;
BEGIN
    FOREACH name IN ARRAY acting || ARRAY['fashionos_server'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
    -- Becoming a role is a deliberate act; before version 16 it is the member, not the grant, that says so.
    IF options = '' THEN
        ALTER ROLE fashionos_server NOINHERIT;
    END IF;
    FOREACH name IN ARRAY acting LOOP
        EXECUTE format('GRANT %I TO fashionos_server%s', name, options);
        IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            EXECUTE format('GRANT %I TO %I%s', name, current_user, options);
        END IF;
    END LOOP;
END
$$;
"""

USER_ID = """
CREATE FUNCTION fashionos_user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('app.user_id', true), '')::uuid $$;
"""

READ_MIGRATIONS = "GRANT SELECT ON django_migrations TO fashionos_server, fashionos_support"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(ROLES, migrations.RunSQL.noop),
        migrations.RunSQL(USER_ID, "DROP FUNCTION fashionos_user_id()"),
        migrations.RunSQL(READ_MIGRATIONS, migrations.RunSQL.noop),
    ]

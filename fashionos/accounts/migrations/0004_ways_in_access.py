"""What the roles may do with identities, links and codes; the identity of those who signed up with a mail address."""

from django.db import migrations

from fashionos.kit.owned import Role, grant

# None of them has been asked to show that the address is theirs: that is what email_verified says.
IDENTITIES = """
INSERT INTO accounts_identity (id, user_id, provider, subject, data, last_sign_in_at, created_at, updated_at)
SELECT gen_random_uuid(), id, 'email', id::text,
       jsonb_build_object('sub', id::text, 'email', email, 'email_verified', false, 'phone_verified', false),
       last_login, created_at, updated_at
FROM accounts_user WHERE email IS NOT NULL;
UPDATE accounts_user SET app_metadata = '{"provider": "email", "providers": ["email"]}' WHERE email IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_ways_in"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]
    operations = [
        migrations.RunSQL(IDENTITIES, migrations.RunSQL.noop),
        *(
            grant(table, Role.AUTH, "SELECT", "INSERT", "UPDATE", "DELETE")
            for table in ("accounts_identity", "accounts_onetimetoken", "accounts_authcode")
        ),
        grant("accounts_identity", Role.SUPPORT, "SELECT"),
        grant("accounts_user", Role.ERASER, "DELETE"),
        *(
            grant(table, Role.ERASER, "SELECT", "DELETE")
            for table in (
                "accounts_session",
                "accounts_refreshtoken",
                "accounts_datakey",
                "accounts_identity",
                "accounts_onetimetoken",
                "accounts_authcode",
                "django_admin_log",
            )
        ),
    ]

from django.db import migrations

from fashionos.kit.owned import OWN, Policy, Role, row_security

DEFAULTS = """
ALTER TABLE analytics_events ALTER id SET DEFAULT gen_random_uuid(), ALTER created_at SET DEFAULT now(),
    ALTER event_data SET DEFAULT '{}', ALTER user_id SET DEFAULT fashionos_user_id();
"""
NO_DEFAULTS = """
ALTER TABLE analytics_events ALTER id DROP DEFAULT, ALTER created_at DROP DEFAULT,
    ALTER event_data DROP DEFAULT, ALTER user_id DROP DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies = [("analytics", "0001_initial"), ("accounts", "0002_access")]
    operations = [
        migrations.RunSQL(DEFAULTS, NO_DEFAULTS),
        row_security(
            "analytics_events",
            Policy(Role.WEB, "INSERT", OWN),
            Policy(Role.SUPPORT, "SELECT"),
            Policy(Role.SYSTEM, "SELECT"),
            Policy(Role.ERASER, "SELECT"),
            Policy(Role.ERASER, "DELETE"),
        ),
    ]

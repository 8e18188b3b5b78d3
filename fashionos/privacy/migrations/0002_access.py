"""Who may begin an erasure, who carries it out, and what erasing needs beyond what the other rooms grant."""

from django.db import migrations

from fashionos.kit.owned import Policy, Role, grant, row_security


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0001_initial"),
        ("accounts", "0004_ways_in_access"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]
    operations = [
        row_security(
            "privacy_erasures",
            Policy(Role.AUTH, "SELECT"),
            Policy(Role.AUTH, "INSERT"),
            Policy(Role.ERASER, "SELECT"),
            Policy(Role.ERASER, "INSERT"),
            Policy(Role.ERASER, "UPDATE", columns=("user_id", "finished_at")),
            Policy(Role.SUPPORT, "SELECT"),
        ),
        # The log of the admin names accounts by their addresses.
        grant("django_admin_log", Role.AUTH, "SELECT", "DELETE"),
        grant("django_session", Role.AUTH, "SELECT", "DELETE"),
    ]

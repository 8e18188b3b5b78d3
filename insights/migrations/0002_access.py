from django.db import migrations

from fashionos.kit.owned import OWN, Policy, Role, row_security


class Migration(migrations.Migration):
    dependencies = [("insights", "0001_initial"), ("accounts", "0002_access")]
    operations = [
        row_security(
            "assistant_insights",
            Policy(Role.WEB, "SELECT", OWN),
            Policy(Role.SYSTEM, "SELECT"),
            Policy(Role.SYSTEM, "INSERT"),
            Policy(Role.SYSTEM, "UPDATE"),
            Policy(Role.SYSTEM, "DELETE"),
            Policy(Role.SUPPORT, "SELECT"),
            Policy(Role.SUPPORT, "UPDATE", columns=("expires_at",)),
            Policy(Role.ERASER, "SELECT"),
            Policy(Role.ERASER, "DELETE"),
        ),
    ]

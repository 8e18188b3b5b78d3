from django.db import migrations

from fashionos.kit.owned import Role, grant


class Migration(migrations.Migration):
    dependencies = [("operating", "0001_initial"), ("kit", "0001_roles")]
    operations = [
        grant("function_rollouts", Role.SUPPORT, "SELECT", "INSERT", "UPDATE"),
        grant("function_rollouts", Role.SYSTEM, "SELECT"),
        grant("alert_states", Role.SUPPORT, "SELECT"),
        grant("alert_states", Role.SYSTEM, "SELECT", "INSERT", "UPDATE"),
    ]

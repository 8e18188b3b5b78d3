from django.db import migrations

from fashionos.kit.owned import OWN, Policy, Role, row_security

# However a user comes to be, the row of preferences comes along: no service can forget it.
WITH_THE_USER = """
CREATE FUNCTION user_preferences_with_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO user_preferences (user_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER user_preferences_with_user AFTER INSERT ON accounts_user
FOR EACH ROW EXECUTE FUNCTION user_preferences_with_user();
"""
WITHOUT = """
DROP TRIGGER user_preferences_with_user ON accounts_user;
DROP FUNCTION user_preferences_with_user();
"""


class Migration(migrations.Migration):
    dependencies = [("preferences", "0001_initial"), ("accounts", "0002_access")]
    operations = [
        row_security(
            "user_preferences",
            Policy(Role.WEB, "SELECT", OWN),
            Policy(Role.WEB, "UPDATE", OWN),
            # The client's upsert() is an INSERT first, even where the row is there.
            Policy(Role.WEB, "INSERT", OWN),
            Policy(Role.AUTH, "INSERT"),
            Policy(Role.SUPPORT, "SELECT"),
            Policy(Role.SUPPORT, "UPDATE"),
            Policy(Role.SYSTEM, "SELECT"),
            Policy(Role.ERASER, "SELECT"),
            Policy(Role.ERASER, "DELETE"),
        ),
        migrations.RunSQL(WITH_THE_USER, WITHOUT),
    ]

"""An audit log: users add to it and may set their thumb; nobody else writes, and only the eraser deletes.

Privileges and policies say so to our own roles. The triggers say so to everybody, the owner and superusers included.
"""

from django.db import migrations

from fashionos.kit.owned import OWN, Policy, Role, row_security

IMMUTABLE = """
CREATE FUNCTION assistant_conversations_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Compared as documents, so that a column added later is guarded too.
    IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - 'helpful') = (to_jsonb(OLD) - 'helpful') THEN
        RETURN NEW;
    END IF;
    -- The eraser names whose rows it came for: a user, or 'retention' for what has outlived its days.
    IF TG_OP = 'DELETE' AND current_user = 'fashionos_eraser'
       AND current_setting('app.erase', true) IN (OLD.user_id::text, 'retention') THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'conversations are immutable: % refused', TG_OP USING ERRCODE = '42501';
END
$$;
CREATE TRIGGER assistant_conversations_immutable BEFORE UPDATE OR DELETE ON assistant_conversations
FOR EACH ROW EXECUTE FUNCTION assistant_conversations_immutable();
CREATE TRIGGER assistant_conversations_keep BEFORE TRUNCATE ON assistant_conversations
FOR EACH STATEMENT EXECUTE FUNCTION assistant_conversations_immutable();
"""
MUTABLE = """
DROP TRIGGER assistant_conversations_keep ON assistant_conversations;
DROP TRIGGER assistant_conversations_immutable ON assistant_conversations;
DROP FUNCTION assistant_conversations_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("assistant", "0001_initial"), ("accounts", "0002_access")]
    operations = [
        row_security(
            "assistant_conversations",
            Policy(Role.WEB, "SELECT", OWN),
            Policy(Role.WEB, "INSERT", OWN),
            Policy(Role.WEB, "UPDATE", OWN, columns=("helpful",)),
            Policy(Role.SUPPORT, "SELECT"),
            Policy(Role.ERASER, "SELECT"),
            Policy(Role.ERASER, "DELETE"),
        ),
        migrations.RunSQL(IMMUTABLE, MUTABLE),
    ]

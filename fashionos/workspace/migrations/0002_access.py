"""Who reaches which rows: owners their own, members those of their events, support all.

An event's owner is a member of it, by a trigger; so membership alone decides about everything inside an event.
"""

from django.db import migrations

from fashionos.kit.owned import OWN, Policy, Role, row_security

MY_EVENTS = """
CREATE FUNCTION fashionos_my_events() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT m.event_id FROM event_members m WHERE m.user_id = fashionos_user_id() $$;
-- The function asks as the owner of the table, whom row level security binds as well.
CREATE POLICY definer_select ON event_members FOR SELECT TO CURRENT_USER USING (true);
"""
NOT_MY_EVENTS = """
DROP POLICY definer_select ON event_members;
DROP FUNCTION fashionos_my_events();
"""
OWNER_IS_MEMBER = """
CREATE FUNCTION event_members_with_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_members (event_id, user_id, role) VALUES (NEW.id, NEW.user_id, 'owner');
    RETURN NULL;
END
$$;
CREATE TRIGGER event_members_with_event AFTER INSERT ON events
FOR EACH ROW EXECUTE FUNCTION event_members_with_event();
"""
NO_MEMBER = """
DROP TRIGGER event_members_with_event ON events;
DROP FUNCTION event_members_with_event();
"""
# What lies inside an event goes with it; both ends of a link lie in the event that it names.
INSIDE = """
ALTER TABLE event_members ADD CONSTRAINT event_members_event
    FOREIGN KEY (event_id) REFERENCES events ON DELETE CASCADE;
ALTER TABLE event_tasks ADD CONSTRAINT event_tasks_event
    FOREIGN KEY (event_id) REFERENCES events ON DELETE CASCADE;
ALTER TABLE status_changes ADD CONSTRAINT status_changes_event
    FOREIGN KEY (event_id) REFERENCES events ON DELETE CASCADE;
ALTER TABLE task_dependencies
    ADD CONSTRAINT task_dependencies_task FOREIGN KEY (event_id, task_id)
        REFERENCES event_tasks (event_id, id) ON DELETE CASCADE,
    ADD CONSTRAINT task_dependencies_predecessor FOREIGN KEY (event_id, predecessor_id)
        REFERENCES event_tasks (event_id, id) ON DELETE CASCADE;
"""
NOT_INSIDE = """
ALTER TABLE event_members DROP CONSTRAINT event_members_event;
ALTER TABLE task_dependencies
    DROP CONSTRAINT task_dependencies_task, DROP CONSTRAINT task_dependencies_predecessor;
ALTER TABLE event_tasks DROP CONSTRAINT event_tasks_event;
ALTER TABLE status_changes DROP CONSTRAINT status_changes_event;
"""

MY_EVENT = "event_id IN (SELECT fashionos_my_events())"
OWNED_EVENT = "event_id IN (SELECT id FROM events WHERE user_id = (SELECT fashionos_user_id()))"
COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def server(*commands: str) -> list[Policy]:
    """The roles that work for everybody: the server's own, support, retention."""
    return [
        *(Policy(role, command) for role in (Role.SYSTEM, Role.SUPPORT) for command in commands),
        Policy(Role.ERASER, "SELECT"),
        Policy(Role.ERASER, "DELETE"),
    ]


class Migration(migrations.Migration):
    dependencies = [("workspace", "0001_initial"), ("accounts", "0002_access")]
    operations = [
        *(
            row_security(
                table, *(Policy(Role.WEB, command, OWN) for command in COMMANDS), *server(*COMMANDS)
            )
            for table in ("samples", "assets", "shots")
        ),
        migrations.RunSQL(MY_EVENTS, NOT_MY_EVENTS),
        row_security(
            "event_members",
            Policy(Role.WEB, "SELECT", MY_EVENT),
            # Owners add and remove members; a member may leave. The trigger adds the owner, whom nobody removes.
            Policy(Role.WEB, "INSERT", OWNED_EVENT),
            Policy(Role.WEB, "DELETE", f"({OWNED_EVENT} OR {OWN}) AND role <> 'owner'"),
            *server("SELECT", "INSERT", "DELETE"),
        ),
        row_security(
            "events",
            # One's own by the column: at INSERT the membership is not there yet.
            Policy(Role.WEB, "SELECT", f"{OWN} OR id IN (SELECT fashionos_my_events())"),
            Policy(Role.WEB, "INSERT", OWN),
            Policy(Role.WEB, "UPDATE", OWN),
            Policy(Role.WEB, "DELETE", OWN),
            *server(*COMMANDS),
        ),
        migrations.RunSQL(OWNER_IS_MEMBER, NO_MEMBER),
        row_security(
            "event_tasks",
            *(Policy(Role.WEB, command, MY_EVENT) for command in COMMANDS),
            *server(*COMMANDS),
            # A user who is erased leaves the tasks of others' events without an owner.
            Policy(Role.ERASER, "UPDATE", columns=("owner_id",)),
        ),
        row_security(
            "task_dependencies",
            *(Policy(Role.WEB, command, MY_EVENT) for command in COMMANDS),
            *server(*COMMANDS),
        ),
        migrations.RunSQL(INSIDE, NOT_INSIDE),
        row_security(
            "status_changes",
            Policy(Role.WEB, "SELECT", f"{OWN} OR {MY_EVENT}"),
            Policy(Role.WEB, "INSERT", f"{OWN} OR {MY_EVENT}"),
            *server("SELECT", "INSERT"),
            Policy(Role.ERASER, "UPDATE", columns=("changed_by_id",)),
        ),
    ]

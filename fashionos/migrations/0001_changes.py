"""Every change of an exposed table is told when it commits, if anybody listens: for `postgres_changes`.

A trigger of each statement groups its rows by those who could see them and sends their keys, never their values, by
pg_notify. What a notification holds, `realtime.changes.Change` reads.

A process that listens to a table holds a shared advisory lock of the table's name (`realtime.listener`). While nobody
does, a statement costs its writer no more than to find that out: it takes the lock alone and gives it back, in one
expression, which nothing interrupts.
"""

from django.db import migrations

CHANNEL = "fashionos_changes"
LOCK = (
    0x63686E67  # the first of the two numbers of the advisory locks; the other is the table's oid
)

# A notification takes 8,000 bytes: so many keys and people of 40 bytes each leave room for the rest.
PAGE = 90

AUDIENCE = f"""
CREATE FUNCTION fashionos_audience(owner uuid, event uuid) RETURNS TABLE (people uuid[], is_rest boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT array_agg(person ORDER BY person), page > 0
    FROM (
        SELECT person, (row_number() OVER (ORDER BY person) - 1) / {PAGE} AS page
        FROM (
            SELECT $1 WHERE $1 IS NOT NULL
            UNION SELECT m.user_id FROM event_members m WHERE m.event_id = $2
            UNION SELECT jsonb_array_elements_text(
                nullif(current_setting('app.ended_events', true), '')::jsonb -> $2::text)::uuid
        ) AS among(person)
    ) AS paged
    GROUP BY page
$$;
"""

# What lies inside an event goes with it, the members first or last as the database pleases: who they were is kept for
# the rest of the transaction.
MEMBERS_AT_THE_END = """
CREATE FUNCTION fashionos_remember_members() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM set_config('app.ended_events', (
        coalesce(nullif(current_setting('app.ended_events', true), '')::jsonb, '{}') || jsonb_build_object(
            OLD.id, (SELECT coalesce(jsonb_agg(m.user_id), '[]') FROM event_members m WHERE m.event_id = OLD.id))
    )::text, true);
    RETURN OLD;
END
$$;
CREATE TRIGGER remember_members BEFORE DELETE ON events
FOR EACH ROW EXECUTE FUNCTION fashionos_remember_members();
"""
NO_MEMBERS = """
DROP TRIGGER remember_members ON events;
DROP FUNCTION fashionos_remember_members();
"""

# Arguments: the columns of the key, of the owner, of the event that a row lies in ('' for none). The moment makes each
# statement's notifications its own: PostgreSQL sends equal ones of a transaction once.
TELL = f"""
CREATE FUNCTION fashionos_tell_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (CASE WHEN pg_try_advisory_lock({LOCK}, TG_RELID::int)
             THEN pg_advisory_unlock({LOCK}, TG_RELID::int) ELSE false END) THEN
        RETURN NULL;
    END IF;
    EXECUTE format($sql$
        SELECT pg_notify('{CHANNEL}', json_build_object(
            'table', $1, 'type', $2, 'at', to_char($3 AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'to', coalesce(audience.people, '{{}}'), 'is_rest', coalesce(audience.is_rest, false),
            'keys', told.keys)::text)
        FROM (
            SELECT owner, event, json_agg(key ORDER BY number) AS keys, min(number) AS first
            FROM (
                SELECT *, (row_number() OVER (PARTITION BY owner, event ORDER BY number) - 1) / {PAGE} AS page
                FROM (
                    SELECT row_number() OVER () AS number, c.%1$I AS key, %2$s::uuid AS owner, %3$s::uuid AS event
                    FROM changed c
                ) AS numbered
            ) AS paged
            GROUP BY owner, event, page
        ) AS told
        LEFT JOIN LATERAL fashionos_audience(told.owner, told.event) AS audience ON true
        ORDER BY told.first, audience.is_rest
    $sql$, TG_ARGV[0],
        CASE TG_ARGV[1] WHEN '' THEN 'NULL' ELSE format('c.%I', TG_ARGV[1]) END,
        CASE TG_ARGV[2] WHEN '' THEN 'NULL' ELSE format('c.%I', TG_ARGV[2]) END)
    USING TG_TABLE_NAME, TG_OP, clock_timestamp();
    RETURN NULL;
END
$$;
"""

# Table: the columns of its key, of the owner of a row, of the event whose members see it.
TOLD = {
    "assistant_conversations": ("id", "user_id", ""),
    "assistant_insights": ("id", "user_id", ""),
    "user_preferences": ("user_id", "user_id", ""),
    "analytics_events": ("id", "user_id", ""),
    "samples": ("id", "user_id", ""),
    "assets": ("id", "user_id", ""),
    "shots": ("id", "user_id", ""),
    "events": ("id", "user_id", "id"),
    "event_tasks": ("id", "", "event_id"),
    "event_members": ("id", "user_id", "event_id"),
    "task_dependencies": ("id", "", "event_id"),
    "status_changes": ("id", "user_id", "event_id"),
}


def tell_changes(table: str, *columns: str) -> migrations.RunSQL:
    """Make the operation by which the changes of a table are told."""
    arguments = ", ".join(f"'{column}'" for column in columns)
    rows = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}
    return migrations.RunSQL(
        [
            f"CREATE TRIGGER tell_{command.lower()} AFTER {command} ON {table} REFERENCING {which} TABLE AS changed"
            f" FOR EACH STATEMENT EXECUTE FUNCTION fashionos_tell_changes({arguments})"
            for command, which in rows.items()
        ],
        [f"DROP TRIGGER tell_{command.lower()} ON {table}" for command in rows],
    )


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("accounts", "0002_access"),
        ("analytics", "0003_partitions"),
        ("assistant", "0002_access"),
        ("insights", "0002_access"),
        ("preferences", "0002_access"),
        ("workspace", "0002_access"),
    ]
    operations = [
        migrations.RunSQL(AUDIENCE, "DROP FUNCTION fashionos_audience(uuid, uuid)"),
        migrations.RunSQL(MEMBERS_AT_THE_END, NO_MEMBERS),
        migrations.RunSQL(TELL, "DROP FUNCTION fashionos_tell_changes()"),
        *(tell_changes(table, *columns) for table, columns in TOLD.items()),
    ]

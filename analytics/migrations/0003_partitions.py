"""Events by month: a month is dropped in milliseconds, and indexes stay as small as a month.

No primary key over all partitions could do without `created_at`, and would let an event in twice that a client sends
again: each partition has its own on `id`. The default partition takes what no month takes, so that nothing is refused.
"""

from django.db import migrations

from fashionos.kit.owned import OWN, Policy, Role, row_security

# The owner moves the rows, whom row level security shows none.
APART = """
SET LOCAL statement_timeout = 0;
ALTER TABLE analytics_events NO FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics_events RENAME TO analytics_events_unsorted;
DROP INDEX analytics_events_type, analytics_events_user, analytics_events_created;
CREATE TABLE analytics_events (LIKE analytics_events_unsorted INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
    PARTITION BY RANGE (created_at);
CREATE INDEX analytics_events_type ON analytics_events (event_type, created_at DESC);
CREATE INDEX analytics_events_user ON analytics_events (user_id, created_at DESC);
CREATE INDEX analytics_events_created ON analytics_events (created_at DESC);
CREATE TABLE analytics_events_default (LIKE analytics_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (id));
ALTER TABLE analytics_events_default ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics_events_default FORCE ROW LEVEL SECURITY;
ALTER TABLE analytics_events ATTACH PARTITION analytics_events_default DEFAULT;
"""

# Runs as the owner of the table, for roles that own nothing. Nobody may read a partition but through the table: no
# grants, and row level security that lets nothing through, not even to the owner.
ADD_MONTH = """
CREATE FUNCTION fashionos_add_analytics_month(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s'
AS $$
DECLARE
    starts timestamptz := date_trunc('month', day::timestamp) AT TIME ZONE 'UTC';
    ends timestamptz := (date_trunc('month', day::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
    leaf text := to_char(day, '"analytics_events_"YYYY_MM');
BEGIN
    IF to_regclass(leaf) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('analytics_events'));
    IF to_regclass(leaf) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE analytics_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (id))',
                   leaf);
    -- What came while the month was missing. The table stays locked until it is attached: nothing slips in between.
    ALTER TABLE analytics_events_default NO FORCE ROW LEVEL SECURITY;
    EXECUTE format('WITH moved AS (DELETE FROM analytics_events_default WHERE created_at >= %L AND created_at < %L'
                   ' RETURNING *) INSERT INTO %I SELECT * FROM moved', starts, ends, leaf);
    ALTER TABLE analytics_events_default FORCE ROW LEVEL SECURITY;
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', leaf);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', leaf);
    EXECUTE format('ALTER TABLE analytics_events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', leaf, starts, ends);
    RETURN true;
END
$$;
"""

DROP_MONTHS = """
CREATE FUNCTION fashionos_drop_analytics_months(before date) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s'
AS $$
DECLARE
    leaf text;
BEGIN
    FOR leaf IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'analytics_events'::regclass AND c.relname ~ '^analytics_events_\\d{4}_\\d\\d$'
          AND to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= before
        ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE %I', leaf);
        RETURN NEXT leaf;
    END LOOP;
END
$$;
"""

# Months from the first event on, ten years at most; what is older goes where everything else goes.
MOVE = """
SELECT fashionos_add_analytics_month(month::date) FROM generate_series(
    date_trunc('month', greatest(coalesce((SELECT min(created_at) FROM analytics_events_unsorted), now()),
                                 now() - interval '10 years') AT TIME ZONE 'UTC'),
    (now() + interval '2 months') AT TIME ZONE 'UTC', interval '1 month') AS month;
INSERT INTO analytics_events SELECT * FROM analytics_events_unsorted;
DROP TABLE analytics_events_unsorted;
ALTER TABLE analytics_events ADD CONSTRAINT analytics_events_user_id_fk_accounts_user_id
    FOREIGN KEY (user_id) REFERENCES accounts_user (id) DEFERRABLE INITIALLY DEFERRED;
"""

GRANTS = """
REVOKE EXECUTE ON FUNCTION fashionos_add_analytics_month(date), fashionos_drop_analytics_months(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fashionos_add_analytics_month(date) TO fashionos_system;
GRANT EXECUTE ON FUNCTION fashionos_drop_analytics_months(date) TO fashionos_eraser;
"""

TOGETHER = """
SET LOCAL statement_timeout = 0;
SET CONSTRAINTS ALL IMMEDIATE;
CREATE TABLE analytics_events_unsorted (LIKE analytics_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (id));
INSERT INTO analytics_events_unsorted SELECT * FROM analytics_events;
DROP TABLE analytics_events;
ALTER TABLE analytics_events_unsorted RENAME TO analytics_events;
ALTER TABLE analytics_events ADD CONSTRAINT analytics_events_user_id_fk_accounts_user_id
    FOREIGN KEY (user_id) REFERENCES accounts_user (id) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX analytics_events_type ON analytics_events (event_type, created_at DESC);
CREATE INDEX analytics_events_user ON analytics_events (user_id, created_at DESC);
CREATE INDEX analytics_events_created ON analytics_events (created_at DESC);
"""
AS_BEFORE = row_security(
    "analytics_events",
    Policy(Role.WEB, "INSERT", OWN),
    Policy(Role.SUPPORT, "SELECT"),
    Policy(Role.SYSTEM, "SELECT"),
    Policy(Role.ERASER, "SELECT"),
    Policy(Role.ERASER, "DELETE"),
).sql


class Migration(migrations.Migration):
    dependencies = [("analytics", "0002_access")]
    operations = [
        migrations.RunSQL(APART, AS_BEFORE),
        migrations.RunSQL(ADD_MONTH, "DROP FUNCTION fashionos_add_analytics_month(date)"),
        migrations.RunSQL(DROP_MONTHS, "DROP FUNCTION fashionos_drop_analytics_months(date)"),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
        migrations.RunSQL(MOVE, TOGETHER),
        row_security(
            "analytics_events",
            # That a function was called is the server's word.
            Policy(Role.WEB, "INSERT", f"{OWN} AND event_type IS DISTINCT FROM 'function_called'"),
            Policy(Role.SUPPORT, "SELECT"),
            Policy(Role.SYSTEM, "SELECT"),
            Policy(Role.SYSTEM, "INSERT", "event_type = 'function_called'"),
            Policy(Role.ERASER, "SELECT"),
            Policy(Role.ERASER, "DELETE"),
        ),
    ]

"""What makes kept insights stale at once: a count of the changes to a user's data, by family of insights.

An insight notes the count that its computing began with, and is served only while the count stands there. So one
that was begun before a change and kept after it is stale as well, whichever process computed it.
"""

from django.conf import settings
from django.db import migrations, models

from fashionos.kit.owned import Role, grant

FUNCTIONS = """
CREATE FUNCTION fashionos_insight_generation(owner uuid, family text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT coalesce((
        SELECT g.generation FROM insight_generations g WHERE g.user_id = $1 AND g.family = $2
    ), 0)
$$;
CREATE FUNCTION fashionos_make_insights_stale(owners uuid[], family text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    INSERT INTO insight_generations (user_id, family, generation)
    -- In one order, so that two changes that concern the same people wait for each other and never deadlock.
    SELECT owner, $2, 1 FROM (SELECT DISTINCT unnest($1) AS owner ORDER BY owner) AS owners
    ON CONFLICT ON CONSTRAINT insight_generations_pkey
    DO UPDATE SET generation = insight_generations.generation + 1
$$;
"""
NO_FUNCTIONS = """
DROP FUNCTION fashionos_make_insights_stale(uuid[], text);
DROP FUNCTION fashionos_insight_generation(uuid, text);
"""


class Migration(migrations.Migration):
    dependencies = [("insights", "0005_catalogue"), ("accounts", "0002_access")]
    operations = [
        migrations.CreateModel(
            name="Generation",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id",
                        "family",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("family", models.CharField(max_length=20)),
                ("generation", models.BigIntegerField(db_default=1, default=1)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"db_table": "insight_generations"},
        ),
        grant("insight_generations", Role.ERASER, "SELECT", "DELETE"),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.AddField(
            "insight", "generation", models.BigIntegerField(db_default=0, default=0)
        ),
    ]

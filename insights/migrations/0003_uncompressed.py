"""Large analyses go in uncompressed: pglz costs more than everything else that keeping one does."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("insights", "0002_access")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE assistant_insights ALTER COLUMN data SET STORAGE EXTERNAL",
            "ALTER TABLE assistant_insights ALTER COLUMN data SET STORAGE EXTENDED",
        ),
    ]

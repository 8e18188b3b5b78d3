from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workspace", "0002_access")]
    operations = [
        migrations.AddField("asset", "measure_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "asset",
            "measure_tries",
            models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            "asset",
            "measure_error",
            models.CharField(blank=True, db_default="", default="", editable=False, max_length=200),
        ),
        migrations.AddIndex(
            "asset",
            models.Index(
                models.F("measure_at"),
                condition=models.Q(("measure_at", None), _negated=True),
                name="assets_to_measure",
            ),
        ),
    ]

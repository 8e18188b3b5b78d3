import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("user_id", models.UUIDField(null=True, unique=True)),
                ("requested_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "privacy_erasures",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("user_id", None), ("finished_at", None), _connector="XOR"
                        ),
                        name="privacy_erasures_finished_of_nobody",
                    )
                ],
            },
        ),
    ]

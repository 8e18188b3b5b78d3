"""A migration runs beside the version before it: what that version could not live with comes one version later.

docs/operations.md has the rule. RELEASED names each app's last migration of the newest release; what comes after it is
looked at.
"""

from functools import partial

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

RELEASED: dict[str, str] = {}

BREAKS_THE_OLD_CODE = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.DeleteModel,
    migrations.AlterModelTable,
)


def faults(operations):
    """Return what the version before, or a large table, could not live with."""
    new_tables = {
        operation.name_lower
        for operation in operations
        if isinstance(operation, migrations.CreateModel)
    }
    found = []
    for operation in operations:
        model = getattr(operation, "model_name", "").lower()
        if isinstance(operation, BREAKS_THE_OLD_CODE):
            found.append(f"{operation.describe()}: the version before still asks for it")
        elif model in new_tables:
            continue
        elif isinstance(operation, migrations.AddField):
            field = operation.field
            if not (field.null or field.has_db_default() or field.many_to_many):
                found.append(
                    f"{operation.describe()}: the version before leaves it out (db_default)"
                )
        elif isinstance(operation, migrations.AddIndex) and not isinstance(
            operation, AddIndexConcurrently
        ):
            found.append(f"{operation.describe()}: writers wait for it (AddIndexConcurrently)")
        elif isinstance(operation, migrations.AddConstraint):
            found.append(
                f"{operation.describe()}: every row is read under a lock (NOT VALID first)"
            )
    return found


def unreleased():
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        if app in RELEASED and name > RELEASED[app]:
            yield migration


def test_migrations_after_the_release_let_the_version_before_serve_on():
    assert {str(m): found for m in unreleased() if (found := faults(m.operations))} == {}


def test_what_is_looked_at_came_after_the_release(monkeypatch):
    monkeypatch.setitem(RELEASED, "accounts", "0003_ways_in")
    looked_at = {migration.name for migration in unreleased()}
    assert "0004_ways_in_access" in looked_at
    assert not {"0001_initial", "0003_ways_in"} & looked_at


number = models.IntegerField
index = partial(models.Index, fields=["x"], name="x")


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        (migrations.RemoveField("sample", "x"), "still asks for it"),
        (migrations.RenameField("sample", "x", "y"), "still asks for it"),
        (migrations.RenameModel("Sample", "Piece"), "still asks for it"),
        (migrations.AlterModelTable("sample", "pieces"), "still asks for it"),
        (migrations.DeleteModel("Sample"), "still asks for it"),
        (migrations.AddField("sample", "x", number()), "db_default"),
        (migrations.AddField("sample", "x", number(default=3)), "db_default"),
        (migrations.AddField("sample", "x", number(db_default=3)), None),
        (migrations.AddField("sample", "x", number(null=True)), None),
        (migrations.AddField("sample", "x", models.ManyToManyField("accounts.User")), None),
        (migrations.AddIndex("sample", index()), "AddIndexConcurrently"),
        (AddIndexConcurrently("sample", index()), None),
        (
            migrations.AddConstraint(
                "sample", models.CheckConstraint(condition=models.Q(x=1), name="x")
            ),
            "NOT VALID",
        ),
    ],
)
def test_what_the_rule_says_of_an_operation(operation, fault):
    found = faults([operation])
    assert bool(found) == bool(fault)
    assert fault is None or fault in found[0]
    if hasattr(operation, "model_name"):
        made = migrations.CreateModel("Sample", fields=[])
        assert not faults([made, operation]) or "still asks" in fault

"""Who may do what with the catalogue, and the packages that a new installation starts with."""

from django.db import migrations

from fashionos.kit.owned import Role, acting, grant
from insights.catalogue import packages


def add_packages(apps, schema_editor):
    model = apps.get_model("insights", "Package")
    rows = []
    for package in packages():
        capacity = package["capacity"] or {}
        price = package.get("price")
        rows.append(
            model(
                id=package["id"],
                name=package["name"],
                price_min=price if price is not None else package["priceMin"],
                price_max=price if price is not None else package["priceMax"],
                currency=package["currency"],
                lead_days=package["leadDays"],
                tags=package["tags"],
                roles=package["roles"],
                event_types=package["eventTypes"],
                capacity_min=capacity.get("min"),
                capacity_max=capacity.get("max"),
                rating=package["rating"],
                rating_count=package["ratingCount"],
                includes=package["includes"],
            )
        )
    with acting(Role.SUPPORT):
        model.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    # acting() opens a transaction of its own.
    atomic = False
    dependencies = [("insights", "0004_package")]
    operations = [
        grant("insights_package", Role.SUPPORT, "SELECT", "INSERT", "UPDATE", "DELETE"),
        grant("insights_package", Role.SYSTEM, "SELECT"),
        grant("insights_package", Role.WEB, "SELECT"),
        migrations.RunPython(add_packages, migrations.RunPython.noop),
    ]

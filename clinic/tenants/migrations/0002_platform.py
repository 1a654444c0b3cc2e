"""The hidden hospital under which what belongs to no hospital is recorded."""

from uuid import UUID

from django.db import migrations

PLATFORM_ID = UUID("00000000-0000-7000-8000-000000000001")


def put_in(apps, schema_editor):
    apps.get_model("tenants", "Hospital").objects.get_or_create(
        pk=PLATFORM_ID, defaults={"name": "Platform", "slug": "platform", "hidden": True}
    )


def take_out(apps, schema_editor):
    apps.get_model("tenants", "Hospital").objects.filter(pk=PLATFORM_ID).delete()


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [migrations.RunPython(put_in, take_out)]

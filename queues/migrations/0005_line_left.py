from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("queues", "0004_display_rooms"),
    ]

    operations = [
        migrations.AddField(
            model_name="queue",
            name="left_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]

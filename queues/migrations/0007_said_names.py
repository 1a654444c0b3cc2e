from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("queues", "0006_appointments"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="said_family",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="appointment",
            name="said_given",
            field=models.CharField(blank=True, max_length=80),
        ),
    ]

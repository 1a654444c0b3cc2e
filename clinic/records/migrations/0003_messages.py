from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0002_whole_day'),
    ]

    operations = [
        migrations.AddField(
            model_name='patient',
            name='message_opt_out',
            field=models.BooleanField(default=False, verbose_name='takes no messages'),
        ),
    ]

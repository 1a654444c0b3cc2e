import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('directory', '0004_appointments'),
        ('records', '0003_messages'),
        ('tenants', '0005_appointments'),
    ]

    operations = [
        migrations.CreateModel(
            name='PatientMessage',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('about', models.CharField(max_length=80)),
                ('occasion', models.CharField(choices=[('requested', 'Appointment asked for'), ('booked', 'Appointment booked'), ('accepted', 'Appointment accepted'), ('rejected', 'Appointment declined'), ('rescheduled', 'Appointment moved'), ('cancelled', 'Appointment cancelled'), ('reminder_day', 'Reminder, the day before'), ('reminder_hour', 'Reminder, the hour before'), ('two_before', 'Nearly your turn'), ('your_turn', 'Your turn'), ('please_wait', 'Please wait'), ('late', 'Doctor late'), ('on_break', 'Doctor on a break'), ('away', 'Doctor away'), ('carried_over', 'Carried over'), ('waitlist_offer', 'A place is free'), ('code', 'Code')], max_length=16, verbose_name='occasion')),
                ('nth', models.BigIntegerField(default=0)),
                ('copy', models.PositiveSmallIntegerField(default=0)),
                ('channel', models.CharField(choices=[('mail', 'E-mail'), ('sms', 'Text message')], max_length=4, verbose_name='by')),
                ('address', models.CharField(max_length=254, verbose_name='to')),
                ('language', models.CharField(max_length=8, verbose_name='language')),
                ('subject', models.CharField(blank=True, max_length=200, verbose_name='subject')),
                ('body', models.TextField(blank=True, verbose_name='text')),
                ('link', models.CharField(blank=True, max_length=120)),
                ('secret', models.CharField(blank=True, max_length=16)),
                ('state', models.CharField(choices=[('pending', 'waits'), ('sending', 'on its way'), ('sent', 'sent'), ('unknown', 'not known whether it was sent'), ('failed', 'not sent'), ('cancelled', 'taken back'), ('skipped', 'left out')], default='pending', max_length=10, verbose_name='state')),
                ('why', models.CharField(blank=True, choices=[('quiet', 'quiet hours'), ('late', 'too late to be of use'), ('opted_out', 'the patient takes no messages'), ('untrue', 'no longer true'), ('no_way', 'no way to send it is set up')], max_length=10, verbose_name='why')),
                ('created_at', models.DateTimeField(verbose_name='made')),
                ('not_before', models.DateTimeField(verbose_name='not before')),
                ('valid_until', models.DateTimeField(blank=True, null=True, verbose_name='of use until')),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('provider_id', models.CharField(blank=True, max_length=120)),
                ('error', models.CharField(blank=True, max_length=200, verbose_name='error')),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.department', verbose_name='department')),
                ('hospital', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.hospital')),
                ('patient', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='records.patient', verbose_name='patient')),
            ],
            options={
                'verbose_name': 'message to a patient',
                'verbose_name_plural': 'messages to patients',
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(condition=models.Q(('state__in', ('pending', 'sending'))), fields=['hospital', 'not_before'], name='patientmessage_due'), models.Index(fields=['hospital', 'patient', 'created_at'], name='patientmessage_of_patient'), models.Index(condition=models.Q(('state__in', ('failed', 'unknown'))), fields=['hospital', 'created_at'], name='patientmessage_look')],
                'constraints': [models.UniqueConstraint(fields=('hospital', 'about', 'occasion', 'channel', 'nth', 'copy'), name='patientmessage_once'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'sending'), _negated=True), ('lease_until__isnull', False), _connector='OR'), name='patientmessage_sending_has_lease')],
            },
        ),
    ]

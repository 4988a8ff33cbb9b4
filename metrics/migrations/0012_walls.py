"""Screens on walls, and those that ask to be one."""

import datetime
import django.db.models.deletion
import django.db.models.functions.datetime
import mis_dashboard.lib.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metrics', '0011_alert_filters'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='WallPairing',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=6, unique=True)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('expires_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'screen that waits',
                'verbose_name_plural': 'screens that wait',
                'indexes': [models.Index(fields=['expires_at'], name='pairing_expires')],
            },
        ),
        migrations.CreateModel(
            name='WallScreen',
            fields=[
                ('id', models.UUIDField(default=mis_dashboard.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(help_text='Where it hangs: it stands on the screen.', max_length=60, verbose_name='name')),
                ('location', models.CharField(blank=True, default='', help_text='Empty: all locations.', max_length=64, verbose_name='location')),
                ('language', models.CharField(choices=[('pt-br', 'Portuguese'), ('en', 'English')], default='pt-br', max_length=8, verbose_name='language')),
                ('theme', models.CharField(choices=[('dark', 'dark'), ('light', 'light')], default='dark', max_length=8, verbose_name='theme')),
                ('night_from', models.TimeField(blank=True, default=datetime.time(22, 0), help_text='Empty: never dimmed.', null=True, verbose_name='dimmed from')),
                ('night_until', models.TimeField(blank=True, default=datetime.time(6, 0), null=True, verbose_name='dimmed until')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='added')),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='revoked')),
                ('last_seen_at', models.DateTimeField(editable=False, null=True, verbose_name='last seen')),
                ('edition', models.CharField(blank=True, default='', editable=False, max_length=12, verbose_name='version')),
                ('size', models.CharField(blank=True, default='', editable=False, max_length=11, verbose_name='size')),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='added by')),
            ],
            options={
                'verbose_name': 'wall screen',
                'verbose_name_plural': 'wall screens',
                'ordering': ['name', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('night_from', None), ('night_until', None)), models.Q(('night_from__isnull', False), ('night_until__isnull', False)), _connector='OR'), name='nights_begin_and_end', violation_error_message='A night has a beginning and an end, or there is none.')],
            },
        ),
        migrations.CreateModel(
            name='WrongCode',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'wrong code',
                'verbose_name_plural': 'wrong codes',
                'indexes': [models.Index(fields=['user', 'at'], name='wrong_code_user')],
            },
        ),
    ]

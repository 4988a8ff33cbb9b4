"""Targets and business hours as versions, and on an issue the version that it began with.

Cheap however many issues there are: an empty column without index or default is added in the catalogue only, and its
foreign key is not checked against rows that cannot refer to anything.
"""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import issues.models.sla
import mis_dashboard.lib.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('issues', '0011_history_is_told_anew'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Calendar',
            fields=[
                ('id', models.UUIDField(default=mis_dashboard.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('note', models.CharField(blank=True, default='', max_length=200, verbose_name='what changed')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('number', models.PositiveIntegerField(editable=False, verbose_name='version')),
                ('zone', models.CharField(default=issues.models.sla.this_zone, max_length=64, verbose_name='time zone')),
                ('week', models.JSONField(verbose_name='business hours')),
                ('holidays', models.BooleanField(default=True, help_text="Brazil's public holidays. Carnival and the holidays of a city are none of them: name them below.", verbose_name='closed on holidays')),
                ('state', models.CharField(blank=True, choices=[('AC', 'Acre'), ('AL', 'Alagoas'), ('AP', 'Amapá'), ('AM', 'Amazonas'), ('BA', 'Bahia'), ('CE', 'Ceará'), ('DF', 'Distrito Federal'), ('ES', 'Espírito Santo'), ('GO', 'Goiás'), ('MA', 'Maranhão'), ('MT', 'Mato Grosso'), ('MS', 'Mato Grosso do Sul'), ('MG', 'Minas Gerais'), ('PA', 'Pará'), ('PB', 'Paraíba'), ('PR', 'Paraná'), ('PE', 'Pernambuco'), ('PI', 'Piauí'), ('RJ', 'Rio de Janeiro'), ('RN', 'Rio Grande do Norte'), ('RS', 'Rio Grande do Sul'), ('RO', 'Rondônia'), ('RR', 'Roraima'), ('SC', 'Santa Catarina'), ('SP', 'São Paulo'), ('SE', 'Sergipe'), ('TO', 'Tocantins')], default='', help_text='Empty: the national ones only.', max_length=2, verbose_name='holidays of the state')),
                ('days_off', models.JSONField(blank=True, default=list, verbose_name='other days off')),
                ('made_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
            ],
            options={
                'verbose_name': 'business calendar',
                'verbose_name_plural': 'business calendars',
                'ordering': ['name', '-number'],
                'default_permissions': ('add', 'view'),
            },
        ),
        migrations.CreateModel(
            name='SlaPolicy',
            fields=[
                ('id', models.UUIDField(default=mis_dashboard.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('note', models.CharField(blank=True, default='', max_length=200, verbose_name='what changed')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('priority', models.CharField(choices=[('critical', 'critical'), ('high', 'high'), ('medium', 'medium'), ('low', 'low')], max_length=8, verbose_name='priority')),
                ('location', models.CharField(blank=True, default='', help_text='Empty: every location.', max_length=64, verbose_name='location')),
                ('response_s', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(31622400)], verbose_name='first response within')),
                ('response_in_hours', models.BooleanField(default=False, help_text='Automation answers day and night: this is for those whom only people answer.', verbose_name='first response counts in business hours')),
                ('resolution_s', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(31622400)], verbose_name='resolution within')),
                ('resolution_in_hours', models.BooleanField(default=False, verbose_name='resolution counts in business hours')),
                ('since', models.DateTimeField(verbose_name='in force from')),
                ('withdrawn', models.BooleanField(default=False, help_text='The location has no targets of its own any more: those for every location hold.', verbose_name='withdrawn')),
                ('calendar', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='policies', to='issues.calendar', verbose_name='business hours')),
                ('made_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='author')),
            ],
            options={
                'verbose_name': 'SLA policy',
                'verbose_name_plural': 'SLA policies',
                'ordering': ['location', 'priority', '-since', '-id'],
                'default_permissions': ('add', 'view'),
            },
        ),
        migrations.AddField(
            model_name='issue',
            name='sla_policy',
            field=models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issues.slapolicy', verbose_name='SLA policy'),
        ),
        migrations.AddConstraint(
            model_name='calendar',
            constraint=models.UniqueConstraint(models.F('name'), models.F('number'), name='one_calendar_per_number'),
        ),
        migrations.AddConstraint(
            model_name='calendar',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['', 'AC', 'AL', 'AP', 'AM', 'BA', 'CE', 'DF', 'ES', 'GO', 'MA', 'MT', 'MS', 'MG', 'PA', 'PB', 'PR', 'PE', 'PI', 'RJ', 'RN', 'RS', 'RO', 'RR', 'SC', 'SP', 'SE', 'TO'])), name='calendar_state_known'),
        ),
        migrations.AddIndex(
            model_name='slapolicy',
            index=models.Index(fields=['location', 'priority', '-since'], name='sla_in_force'),
        ),
        migrations.AddConstraint(
            model_name='slapolicy',
            constraint=models.CheckConstraint(condition=models.Q(('priority__in', ['critical', 'high', 'medium', 'low'])), name='sla_priority_known'),
        ),
        migrations.AddConstraint(
            model_name='slapolicy',
            constraint=models.CheckConstraint(condition=models.Q(('resolution_s__gt', 0), ('response_s__gt', 0)), name='sla_targets_are_positive'),
        ),
        migrations.AddConstraint(
            model_name='slapolicy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('resolution_in_hours', False), ('response_in_hours', False)), ('calendar__isnull', False), _connector='OR'), name='sla_hours_are_of_a_calendar'),
        ),
        migrations.AddConstraint(
            model_name='slapolicy',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn', False), models.Q(('location', ''), _negated=True), _connector='OR'), name='only_own_sla_policies_are_withdrawn'),
        ),
    ]

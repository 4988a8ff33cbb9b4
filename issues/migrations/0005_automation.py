# What automation needs to be never late, never silent, and to speak once.

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import mis_dashboard.lib.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('issues', '0004_action_is_append_only'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Breaker',
            fields=[
                ('model', models.CharField(max_length=100, primary_key=True, serialize=False, verbose_name='model')),
                ('failures', models.PositiveIntegerField(db_default=0, default=0, verbose_name='failures in a row')),
                ('reason', models.CharField(blank=True, db_default='', default='', max_length=32, verbose_name='reason')),
                ('opened_at', models.DateTimeField(null=True, verbose_name='open since')),
                ('probed_at', models.DateTimeField(null=True, verbose_name='last probed')),
                ('busy_until', models.DateTimeField(null=True, verbose_name='busy until')),
            ],
            options={
                'verbose_name': 'circuit breaker',
                'verbose_name_plural': 'circuit breakers',
            },
        ),
        migrations.CreateModel(
            name='ChannelState',
            fields=[
                ('instance', models.CharField(max_length=100, primary_key=True, serialize=False, verbose_name='account')),
                ('state', models.CharField(choices=[('open', 'connected'), ('connecting', 'connecting'), ('close', 'not connected'), ('unknown', 'not known')], max_length=12, verbose_name='state')),
                ('changed_at', models.DateTimeField(verbose_name='since')),
                ('checked_at', models.DateTimeField(verbose_name='last heard of')),
            ],
            options={
                'verbose_name': 'WhatsApp connection',
                'verbose_name_plural': 'WhatsApp connections',
            },
        ),
        migrations.CreateModel(
            name='KnowledgeNote',
            fields=[
                ('id', models.UUIDField(default=mis_dashboard.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('location', models.CharField(blank=True, db_index=True, default='', help_text='Empty: every location.', max_length=64, verbose_name='location')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('text', models.TextField(max_length=4000, verbose_name='text')),
                ('active', models.BooleanField(default=True, verbose_name='in use')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
            ],
            options={
                'verbose_name': 'knowledge note',
                'verbose_name_plural': 'knowledge notes',
                'ordering': ['location', 'title'],
            },
        ),
        migrations.CreateModel(
            name='Token',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('budget', models.CharField(max_length=16)),
                ('number', models.PositiveSmallIntegerField()),
                ('free_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.DeleteModel(
            name='Bucket',
        ),
        migrations.AlterModelOptions(
            name='replytemplate',
            options={'ordering': ['occasion', 'issue_type', 'language'], 'verbose_name': 'reply template', 'verbose_name_plural': 'reply templates'},
        ),
        migrations.RemoveConstraint(
            model_name='replytemplate',
            name='one_template_per_type_and_language',
        ),
        migrations.RemoveConstraint(
            model_name='response',
            name='response_state_known',
        ),
        migrations.RemoveConstraint(
            model_name='response',
            name='responses_in_flight_are_claimed',
        ),
        migrations.RemoveIndex(
            model_name='response',
            name='response_waiting',
        ),
        migrations.RemoveIndex(
            model_name='response',
            name='response_in_flight',
        ),
        migrations.AddField(
            model_name='aicall',
            name='issue',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='ai_calls', to='issues.issue'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='trusted',
            field=models.BooleanField(default=False, help_text='This program speaks to customers by its own means: what it says it has sent counts as sent.', verbose_name='sends by itself'),
        ),
        migrations.AddField(
            model_name='customer',
            name='lid',
            field=models.CharField(blank=True, max_length=64, null=True, verbose_name="WhatsApp's hidden id"),
        ),
        migrations.AddField(
            model_name='customer',
            name='opted_out_at',
            field=models.DateTimeField(blank=True, help_text='Empty: automation may answer.', null=True, verbose_name='wants no automatic messages since'),
        ),
        migrations.AddField(
            model_name='issue',
            name='automation_attempted_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='automation attempted'),
        ),
        migrations.AddField(
            model_name='issue',
            name='rated_resolver',
            field=models.CharField(blank=True, default='', help_text='Who had resolved what was rated.', max_length=100, verbose_name='rating is of'),
        ),
        migrations.AddField(
            model_name='issue',
            name='resolution_basis',
            field=models.CharField(blank=True, choices=[('customer_confirmed', 'the customer confirmed it'), ('silence', 'the customer wrote nothing more'), ('human', 'a person resolved it'), ('program', 'another program resolved it')], default='', max_length=20, verbose_name='resolution rests on'),
        ),
        migrations.AddField(
            model_name='issue',
            name='silent_since',
            field=models.DateTimeField(blank=True, null=True, verbose_name='silent since'),
        ),
        migrations.AddField(
            model_name='policy',
            name='ask_csat',
            field=models.BooleanField(default=True, help_text='After a resolution, ask the customer once for 1 to 5.', verbose_name='ask for a rating'),
        ),
        migrations.AddField(
            model_name='policy',
            name='auto_resolve_after_minutes',
            field=models.PositiveIntegerField(default=120, help_text='How long a customer must have written nothing more before the AI judges whether it is solved.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(43200)], verbose_name='resolve after silence (min)'),
        ),
        migrations.AddField(
            model_name='replytemplate',
            name='occasion',
            field=models.CharField(blank=True, choices=[('', 'reply'), ('person', 'the customer wants a person'), ('opt_out', 'the customer wants no automatic messages'), ('legal', 'the customer speaks of lawyers or authorities'), ('self_harm', 'the customer may be in danger'), ('unreadable', 'the customer sent no text'), ('survey', 'question for a rating')], default='', max_length=12, verbose_name='occasion'),
        ),
        migrations.AddField(
            model_name='response',
            name='location',
            field=models.CharField(blank=True, default='', max_length=64, verbose_name='location'),
        ),
        migrations.AddField(
            model_name='response',
            name='purpose',
            field=models.CharField(choices=[('reply', 'reply'), ('follow_up', 'follow-up'), ('handover', 'notice that a person takes over'), ('survey', 'satisfaction question')], default='reply', max_length=12, verbose_name='purpose'),
        ),
        migrations.AlterField(
            model_name='action',
            name='kind',
            field=models.CharField(choices=[('received', 'received'), ('joined', 'customer wrote again'), ('fell_back', 'fell back'), ('replied', 'replied'), ('delivered', 'delivered'), ('read', 'read'), ('failed', 'failed'), ('unsure', 'may have been sent'), ('escalated', 'escalated'), ('assigned', 'assigned'), ('resolved', 'resolved'), ('reopened', 'reopened'), ('rated', 'rated'), ('reviewed', 'reviewed'), ('edited', 'edited'), ('surveyed', 'asked for a rating'), ('triaged', 'looked over'), ('noted', 'noted')], max_length=16, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='aicall',
            name='response',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='ai_calls', to='issues.response'),
        ),
        migrations.AlterField(
            model_name='response',
            name='kind',
            field=models.CharField(blank=True, choices=[('ai', 'AI'), ('cached', 'reused'), ('template', 'template'), ('human', 'person'), ('program', 'another program')], default='', max_length=8, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='response',
            name='state',
            field=models.CharField(choices=[('waiting', 'waiting'), ('thinking', 'thinking'), ('writing', 'being written'), ('speaking', 'being sent'), ('unsure', 'may have been sent'), ('sent', 'sent'), ('handed_over', 'handed to a person'), ('cancelled', 'cancelled')], default='waiting', max_length=12, verbose_name='state'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(condition=models.Q(('lid__isnull', False)), fields=['lid'], name='customer_lid'),
        ),
        migrations.AddIndex(
            model_name='issue',
            index=models.Index(condition=models.Q(('silent_since__isnull', False)), fields=['silent_since'], name='issue_silent'),
        ),
        migrations.AddIndex(
            model_name='response',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['location', 'rank', 'deadline_at'], name='response_waiting'),
        ),
        migrations.AddIndex(
            model_name='response',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['deadline_at'], name='response_urgent'),
        ),
        migrations.AddIndex(
            model_name='response',
            index=models.Index(condition=models.Q(('state', 'waiting'), models.Q(('text', ''), _negated=True)), fields=['rank', 'deadline_at'], name='response_said'),
        ),
        migrations.AddIndex(
            model_name='response',
            index=models.Index(condition=models.Q(('state__in', ['thinking', 'writing', 'speaking'])), fields=['claimed_by'], name='response_in_flight'),
        ),
        migrations.AddConstraint(
            model_name='aicall',
            constraint=models.CheckConstraint(condition=models.Q(('response__isnull', False), ('issue__isnull', False), _connector='OR'), name='ai_calls_are_about_something'),
        ),
        migrations.AddConstraint(
            model_name='replytemplate',
            constraint=models.UniqueConstraint(models.F('occasion'), models.F('issue_type'), models.F('language'), name='one_template_per_type_and_language'),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'thinking', 'writing', 'speaking', 'unsure', 'sent', 'handed_over', 'cancelled'])), name='response_state_known'),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['thinking', 'writing', 'speaking']), _negated=True), models.Q(('claimed_at__isnull', False), ('claimed_by__isnull', False)), _connector='OR'), name='responses_in_flight_are_claimed'),
        ),
        migrations.AddField(
            model_name='knowledgenote',
            name='updated_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='token',
            constraint=models.UniqueConstraint(fields=('budget', 'number'), name='one_token_per_number'),
        ),
    ]

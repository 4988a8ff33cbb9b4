"""People look: they judge a reply, and ask to see contact data. Both are written down like everything else."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('issues', '0014_sla_shipped'),
    ]

    operations = [
        migrations.AlterField(
            model_name='action',
            name='kind',
            field=models.CharField(choices=[('received', 'received'), ('joined', 'customer wrote again'), ('fell_back', 'fell back'), ('replied', 'replied'), ('delivered', 'delivered'), ('read', 'read'), ('failed', 'failed'), ('unsure', 'may have been sent'), ('escalated', 'escalated'), ('assigned', 'assigned'), ('resolved', 'resolved'), ('reopened', 'reopened'), ('rated', 'rated'), ('reviewed', 'reviewed'), ('edited', 'edited'), ('surveyed', 'asked for a rating'), ('triaged', 'looked over'), ('noted', 'noted'), ('assessed', 'reply judged by us'), ('disclosed', 'contact data shown')], max_length=16, verbose_name='kind'),
        ),
    ]

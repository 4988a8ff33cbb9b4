# Who gave an issue its first response stands on the issue: the figures ask for it again and again.

from django.db import migrations, models

FILL = """
UPDATE issues_issue i SET answered_by = first.kind
FROM (
    SELECT DISTINCT ON (issue_id) issue_id, kind FROM issues_response
    WHERE state = 'sent' AND purpose <> 'survey' ORDER BY issue_id, sent_at, turn
) AS first
WHERE first.issue_id = i.id AND i.first_response_at IS NOT NULL;
"""


class Migration(migrations.Migration):

    dependencies = [('issues', '0008_partitions')]

    operations = [
        migrations.AddField(
            model_name='issue',
            name='answered_by',
            field=models.CharField(blank=True, choices=[('ai', 'AI'), ('cached', 'reused'), ('template', 'template'), ('human', 'person'), ('program', 'another program')], db_default='', default='', max_length=8, verbose_name='first answered by'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.CheckConstraint(condition=models.Q(('answered_by', ''), ('first_response_at__isnull', False), _connector='OR'), name='only_answered_issues_say_by_whom'),
        ),
        migrations.AddIndex(
            model_name='issue',
            index=models.Index(fields=['type', 'detected_at'], name='issue_type_detected'),
        ),
    ]

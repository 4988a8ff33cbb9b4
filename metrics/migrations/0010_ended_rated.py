"""It is known how many of those whose issue ended have rated it.

The issues tell it of every time. Measuring the cells again would not do: actions of some of them may have been dropped, and
what the cells say of those is all that is known.
"""

from django.conf import settings
from django.db import migrations, models

# As `measures.counted` has it, and a cell is one of UTC, but for days.
FILL = """
    UPDATE metrics_happened AS cell SET ended_rated = LEAST(found.n, cell.ended) FROM (
        SELECT grain, start, 7 - GROUPING(priority, location, type) AS dims, COALESCE(priority, '') AS priority,
            COALESCE(location, '') AS location, COALESCE(type, '') AS type, count(*) AS n
        FROM (
            SELECT each.grain, date_trunc(each.unit, i.resolved_at, each.zone) AS start, i.priority, i.location, i.type
            FROM issues_issue i CROSS JOIN (VALUES (1, 'minute', 'UTC'), (2, 'hour', 'UTC'), (3, 'day', %(zone)s))
                AS each (grain, unit, zone)
            WHERE i.resolved_at IS NOT NULL AND i.customer_satisfaction IS NOT NULL
                AND (%(demo)s OR i.source <> 'demo' AND NOT i.metadata @> '{"probe": true}')
        ) AS ends GROUP BY grain, start, CUBE (priority, location, type)
    ) AS found
    WHERE (cell.grain, cell.start, cell.dims, cell.location, cell.priority, cell.type)
        = (found.grain, found.start, found.dims, found.location, found.priority, found.type)"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(FILL, {"zone": settings.TIME_ZONE, "demo": settings.DEMO})


class Migration(migrations.Migration):
    dependencies = [("metrics", "0009_alert_rules")]

    operations = [
        migrations.AddField("happened", "ended_rated", models.IntegerField(default=0), preserve_default=False),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

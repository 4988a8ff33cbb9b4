"""It is known how many of those whose issue ended have rated it. What happened is measured anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metrics", "0009_alert_rules")]

    operations = [
        migrations.RunSQL(
            "TRUNCATE metrics_happened; DELETE FROM metrics_covered WHERE cells = 'happened'; "
            "DELETE FROM metrics_stale WHERE cells = 'happened'",
            migrations.RunSQL.noop,
        ),
        migrations.AddField("happened", "ended_rated", models.IntegerField()),
    ]

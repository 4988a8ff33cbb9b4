"""How far back the cells go is known, and no longer looked up. There are none to begin with: they are measured anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metrics", "0005_told_anew")]

    operations = [
        migrations.RunSQL(
            "TRUNCATE metrics_detected, metrics_happened, metrics_covered, metrics_stale", migrations.RunSQL.noop
        ),
        migrations.AddField("covered", "first", models.DateTimeField()),
    ]

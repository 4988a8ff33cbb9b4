"""There are cells of all issues together, and how far back the cells go is known. All of them are measured anew."""

from django.db import migrations, models

DIMS = [(0, "All"), (1, "Type"), (2, "Location"), (4, "Priority"), (5, "Type Priority"), (7, "Each")]


class Migration(migrations.Migration):
    dependencies = [("metrics", "0005_told_anew")]

    operations = [
        migrations.RunSQL(
            "TRUNCATE metrics_detected, metrics_happened, metrics_covered, metrics_stale", migrations.RunSQL.noop
        ),
        migrations.AddField("covered", "first", models.DateTimeField()),
        *(migrations.AlterField(model, "dims", models.PositiveSmallIntegerField(choices=DIMS)) for model in ("detected", "happened")),
    ]

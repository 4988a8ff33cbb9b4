from django.db import migrations, models

# Django cannot declare partitions. The primary key has to hold the column that the partitions go by.
MAKE = """
    CREATE TABLE metrics_timing (
        starts_at timestamptz NOT NULL,
        process uuid NOT NULL,
        grain_s integer NOT NULL CHECK (grain_s > 0),
        n integer NOT NULL CHECK (n > 0),
        redirected integer NOT NULL CHECK (redirected >= 0),
        refused integer NOT NULL CHECK (refused >= 0),
        failed integer NOT NULL CHECK (failed >= 0),
        route varchar(200) NOT NULL,
        packed bytea NOT NULL,
        PRIMARY KEY (grain_s, starts_at, route, process)
    ) PARTITION BY RANGE (starts_at);
    CREATE TABLE metrics_timing_strays PARTITION OF metrics_timing DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_uptime")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(MAKE, "DROP TABLE metrics_timing")],
            state_operations=[
                migrations.CreateModel(
                    name="Timing",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "grain_s",
                                "starts_at",
                                "route",
                                "process",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("grain_s", models.PositiveIntegerField(choices=[(60, "Minute"), (3600, "Hour"), (86400, "Day")])),
                        ("starts_at", models.DateTimeField()),
                        ("route", models.CharField(max_length=200)),
                        ("process", models.UUIDField(default="00000000-0000-0000-0000-000000000000")),
                        ("n", models.PositiveIntegerField()),
                        ("redirected", models.PositiveIntegerField(default=0)),
                        ("refused", models.PositiveIntegerField(default=0)),
                        ("failed", models.PositiveIntegerField(default=0)),
                        ("packed", models.BinaryField()),
                    ],
                ),
            ],
        ),
        migrations.CreateModel(
            name="Total",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("labels", models.JSONField()),
                ("value", models.FloatField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(models.F("name"), models.F("labels"), name="one_total_per_name_and_labels")
                ],
            },
        ),
    ]

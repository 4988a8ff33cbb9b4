"""An imported issue keeps the name that it has in the other system, so that it is known when it comes again."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("issues", "0008_partitions")]

    operations = [
        migrations.AddField(
            model_name="issue",
            name="external_source",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64, verbose_name="imported from"
            ),
        ),
        migrations.AddField(
            model_name="issue",
            name="external_id",
            field=models.CharField(blank=True, editable=False, max_length=128, null=True, verbose_name="its name there"),
        ),
        migrations.AddConstraint(
            model_name="issue",
            constraint=models.UniqueConstraint(
                condition=Q(("external_id__isnull", False)),
                fields=("external_source", "external_id"),
                name="one_issue_per_external_id",
            ),
        ),
    ]

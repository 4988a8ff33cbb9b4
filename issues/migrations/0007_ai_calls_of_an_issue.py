"""Finds the calls that judged whether an issue is solved: for the issue's page, and when an issue is deleted."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("issues", "0006_words")]

    operations = [
        migrations.AddIndex(
            model_name="aicall",
            index=models.Index(condition=Q(("issue__isnull", False)), fields=["issue"], name="aicall_issue"),
        ),
    ]

"""From when on a promise is at risk is stored with its deadline."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("issues", "0015_people_look")]

    operations = [
        migrations.AddField(
            "issue",
            f"{promise}_risk_at",
            models.DateTimeField(f"{'first ' if promise == 'response' else ''}{promise} at risk", null=True, editable=False),
        )
        for promise in ("response", "resolution")
    ]

"""Every issue says from when on its promises are at risk."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("issues", "0017_risk_fill")]

    operations = [
        migrations.AlterField(
            "issue",
            f"{promise}_risk_at",
            models.DateTimeField(f"{'first ' if promise == 'response' else ''}{promise} at risk", editable=False),
        )
        for promise in ("response", "resolution")
    ]

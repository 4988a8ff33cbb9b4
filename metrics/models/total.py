"""What has happened since counting began, in numbers that only grow."""

from django.db import models


class Total(models.Model):
    """How often something of one kind had happened until a moment a while ago (`totals`), for programs that watch us.

    The row named `UNTIL` holds that moment, in seconds since 1970: it and the others are moved on together. Some hundred
    rows in all, however much happens.
    """

    UNTIL = "until"

    name = models.CharField(max_length=40)
    labels = models.JSONField()
    value = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint("name", "labels", name="one_total_per_name_and_labels")]

"""How long our answers to requests took."""

from django.db import models

NOBODY = "00000000-0000-0000-0000-000000000000"


class Timing(models.Model):
    """The requests for one route that were answered in one minute, hour or day, and how long that took.

    A minute has a row for each `process` that answered; each writes its own rows whole, again and again until the
    minute is over. Hours and days (of the product's time zone) are added up (`timing.grains`) over all processes;
    their `process` is NOBODY. `packed` are the durations (`histogram`); statuses 3xx, 4xx and 5xx are counted in
    `redirected`, `refused` and `failed`.

    Partitioned by month. A row of a minute takes about 370 bytes with its index, of an hour or day 1.2 KB. Two processes
    that both answer 15 routes in every minute of the day make 43,200 rows of minutes a day (16 MB, kept 35 days), 360
    of hours (0.4 MB, kept 190 days) and 15 of days; where a route is quiet there is no row.
    """

    class Grain(models.IntegerChoices):
        MINUTE = 60
        HOUR = 3_600
        DAY = 86_400

    pk = models.CompositePrimaryKey("grain_s", "starts_at", "route", "process")
    grain_s = models.PositiveIntegerField(choices=Grain)
    starts_at = models.DateTimeField()
    route = models.CharField(max_length=200)
    process = models.UUIDField(default=NOBODY)
    n = models.PositiveIntegerField()
    redirected = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    packed = models.BinaryField()

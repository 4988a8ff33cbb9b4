"""What happened, added up in advance: so many rows for a time, however many issues there were."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Grain(models.IntegerChoices):
    """How long a time a cell is about. A day is one of the product's time zone, the others are UTC's."""

    MINUTE = 1, _("minute")
    HOUR = 2, _("hour")
    DAY = 3, _("day")


class Dims(models.IntegerChoices):
    """Of what a cell is: of the issues of one priority, location and type, or of more. What is added up in it stands as ''.

    A bit for each: 1 type, 2 location, 4 priority. `cells.DIMS` says which of them there are.
    """

    ALL = 0
    TYPE = 1
    LOCATION = 2
    PRIORITY = 4
    TYPE_PRIORITY = 5
    EACH = 7


class Cell(models.Model):
    """The counts, sums and durations of `start <= t < start + grain`. `rollup` alone writes, and may write it again.

    A `bytea` is a packed histogram (`histogram`) of codes `who * 1000 + bin`, who being the place in `measures.WHO`.
    Rows per time: one per combination that occurs, as often as `cells.DIMS` says. Minutes and hours are dropped
    (`rollup.KEPT`); of 50 locations, 12 types and 9,000 issues a day, days take a tenth of what they took.
    """

    pk = models.CompositePrimaryKey("grain", "start", "dims", "location", "priority", "type")
    grain = models.PositiveSmallIntegerField(choices=Grain)
    start = models.DateTimeField()
    dims = models.PositiveSmallIntegerField(choices=Dims)
    location = models.CharField(max_length=64)
    priority = models.CharField(max_length=8)
    type = models.CharField(max_length=100)

    class Meta:
        abstract = True


class Detected(Cell):
    """The issues detected in that time, and what has become of them since: it changes as long as they do.

    An issue costs 0.8 kB for half a year; over ten million, most of them older, 0.2 kB each. 9,000 a day, as everywhere here.
    """

    detected = models.IntegerField()
    ended_unanswered = models.IntegerField()
    ttfr_untrusted = models.IntegerField()
    ttfr_sum_s = models.FloatField()
    resolved = models.IntegerField()
    unresolved = models.IntegerField()
    ttr_untrusted = models.IntegerField()
    ttr_sum_s = models.FloatField()
    escalated = models.IntegerField()
    reviewed = models.IntegerField()
    false_positives = models.IntegerField()
    response_met = models.IntegerField()
    response_late = models.IntegerField()
    resolution_met = models.IntegerField()
    resolution_late = models.IntegerField()
    ttfr = models.BinaryField(null=True)
    ttr = models.BinaryField(null=True)
    reasons = models.JSONField(null=True)


class Happened(Cell):
    """What was done, said, ended, rated and asked in that time, on whatever issue.

    An issue costs 1.4 kB for half a year; over ten million, most of them older, 0.3 kB each.
    """

    actions = models.IntegerField()
    automated_actions = models.IntegerField()
    ended = models.IntegerField()
    ended_untouched = models.IntegerField()
    ended_rated = models.IntegerField()
    ai_ended = models.IntegerField()
    ai_ended_rated = models.IntegerField()
    rated = models.IntegerField()
    rated_well = models.IntegerField()
    rated_sum = models.IntegerField()
    ai_rated = models.IntegerField()
    ai_rated_well = models.IntegerField()
    replies_ai = models.IntegerField()
    replies_cached = models.IntegerField()
    replies_template = models.IntegerField()
    replies_human = models.IntegerField()
    replies_program = models.IntegerField()
    accepted = models.IntegerField()
    delivered = models.IntegerField()
    undelivered = models.IntegerField()
    ai_calls = models.IntegerField()
    ai_calls_failed = models.IntegerField()
    ai_calls_counted = models.IntegerField()
    ai_calls_priced = models.IntegerField()
    ai_calls_uncounted = models.IntegerField()
    ai_calls_unpriced = models.IntegerField()
    tokens_in = models.BigIntegerField()
    tokens_out = models.BigIntegerField()
    tokens_thought = models.BigIntegerField()
    tokens_cached = models.BigIntegerField()
    cost_usd = models.DecimalField(max_digits=20, decimal_places=8)
    causes = models.JSONField(null=True)


class Stale(models.Model):
    """A time whose cells of `grain`, and the longer ones around them, no longer are what the rows say.

    Written by triggers in the transaction that changes a row, so that nobody ever reads an old cell for a new one; a time
    may stand here many times. `rollup.refresh` measures it again and takes the marks away.

    An issue that goes well makes some ten marks of 100 bytes, each for some minutes.
    """

    id = models.BigAutoField(primary_key=True)
    cells = models.CharField(max_length=8)
    grain = models.PositiveSmallIntegerField(choices=Grain)
    start = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["cells", "start"], name="stale_start")]


class Covered(models.Model):
    """The stretch `since <= t < until` of which there are cells of `grain`, but for what is stale.

    `first` is the earliest time that anything is known of: as far back the cells will go.
    """

    pk = models.CompositePrimaryKey("cells", "grain")
    cells = models.CharField(max_length=8)
    grain = models.PositiveSmallIntegerField(choices=Grain)
    since = models.DateTimeField()
    until = models.DateTimeField()
    first = models.DateTimeField()


class Touched(models.Model):
    """An issue that a person has handled (`measures.HANDLING`), as the actions say. Written by a trigger; never taken back.

    60 bytes and 50 in the index for each such issue.
    """

    issue_id = models.UUIDField(primary_key=True)


class Reopened(models.Model):
    """When an issue was opened again, as the actions say. Written by a trigger.

    60 bytes and 60 in the index for each time.
    """

    pk = models.CompositePrimaryKey("issue_id", "at")
    issue_id = models.UUIDField()
    at = models.DateTimeField()

"""The tables that the running of the product needs. They hold no business of either app."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .lib.ids import uuid7


class Job(models.Model):
    """Something to be done, soon or at `due_at`, by any worker. `lib.broker` takes, leases and ends jobs.

    A job is seen by workers when the transaction that queued it commits. It is run at least
    once: `leased_until` in the past means that its worker was lost, and it is taken again, up to
    `MAX_ATTEMPTS` times, then `dead`. `key`, when set, lets one waiting job of that key exist.
    """

    MAX_ATTEMPTS = 3

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=64)
    args = models.JSONField(_("arguments"), default=list)
    key = models.CharField(_("key"), max_length=128, null=True)
    rank = models.PositiveSmallIntegerField(_("rank"), default=2)
    due_at = models.DateTimeField(_("due"), db_default=Now())
    created_at = models.DateTimeField(_("created"), db_default=Now())
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    leased_by = models.UUIDField(_("taken by"), null=True)
    leased_until = models.DateTimeField(_("taken until"), null=True)
    started_at = models.DateTimeField(_("started"), null=True)
    dead = models.BooleanField(_("given up"), default=False, db_default=False)
    error = models.CharField(_("error"), max_length=500, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            models.Index(fields=["rank", "due_at", "id"], name="job_ready", condition=Q(dead=False)),
            models.Index(fields=["leased_by"], name="job_leased", condition=Q(leased_by__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint("key", condition=Q(leased_by=None, dead=False), name="one_waiting_job_per_key"),
        ]


class Process(models.Model):
    """A running process of ours, and when it was last seen. Others take over from one that is not."""

    class Role(models.TextChoices):
        WEB = "web"
        WORKER = "worker"
        CLOCK = "clock"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    role = models.CharField(max_length=8, choices=Role)
    host = models.CharField(max_length=100)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now(), db_index=True)


class Span(models.Model):
    """A stretch of time in which one component was seen to be in one state, without a break.

    The `number`-th of its component, counted from 1, so that two that write at the same moment write one row. It grows
    while the component is seen (`until` is the last time) and the next one begins after a break: a few rows per
    incident, which are kept for ever. What they mean is said in `metrics.uptime`.
    """

    class State(models.TextChoices):
        UP = "up"
        DOWN = "down"

    id = models.BigAutoField(primary_key=True)
    component = models.CharField(max_length=16)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=4, choices=State)
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        # None on `until`: it is written every two seconds, which without an index costs next to nothing.
        indexes = [models.Index(fields=["component", "since"], name="span_since")]
        constraints = [
            models.UniqueConstraint(fields=["component", "number"], name="one_span_per_number"),
            models.CheckConstraint(name="spans_end_after_they_begin", condition=Q(since__lte=models.F("until"))),
        ]

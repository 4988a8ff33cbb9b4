"""What arrived, before we made anything of it."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mis_dashboard.lib.ids import uuid7


class InboundEvent(models.Model):
    """One accepted delivery from outside, kept 30 days for diagnosis.

    `key` names the event, not the delivery. Whoever stores what may be delivered twice stores its EventKey with it, in
    one statement: see there. `payload` holds personal data and no secrets.

    A row takes 750 bytes, most of it the payload, and 100 in the indexes; an issue has one for each message, for 30 days.

    Kept in months by `received_at` (`lib.partitions`): the database's primary key is (id, received_at).
    """

    class Source(models.TextChoices):
        GHL_APP = "ghl_app", "GoHighLevel (app)"
        GHL_WORKFLOW = "ghl_workflow", "GoHighLevel (workflow)"
        EVOLUTION = "evolution", "Evolution"
        API = "api", "API"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.CharField(_("source"), max_length=16, choices=Source)
    key = models.CharField(_("key"), max_length=128)
    kind = models.CharField(_("kind"), max_length=64)
    location = models.CharField(_("location"), max_length=64, blank=True, default="")
    payload = models.JSONField(_("payload"))
    issue = models.ForeignKey("Issue", models.SET_NULL, null=True, blank=True, related_name="events")
    received_at = models.DateTimeField(_("received"), db_default=Now(), db_index=True, editable=False)

    class Meta:
        verbose_name = _("inbound event")
        verbose_name_plural = _("inbound events")

    def __str__(self):
        return f"{self.source} {self.kind}"


class EventKey(models.Model):
    """That an event has come, so that a second delivery is known as a repeat: it meets the unique constraint.

    A table of its own, as one that is kept in months cannot tell what another month holds. Forgotten with the event.
    A row takes 70 bytes and 90 in the indexes.
    """

    key = models.CharField(max_length=128, primary_key=True)
    received_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["received_at"], name="eventkey_received")]

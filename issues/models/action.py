"""The spine: what happened."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mis_dashboard.lib.ids import uuid7


class Action(models.Model):
    """One thing that happened to an issue: who did it, whether a machine did, and whether it worked.

    Append-only: `actions.record` alone writes here, and the database refuses changes. `by` is a
    user name, "system", "customer" or the name of an API key. `detail` has no customer text.

    A row takes 126 bytes and 127 in the indexes; an issue that goes well has six, which is 1.5 kB.

    Kept in months by `at` (`lib.partitions`), for ever unless ACTIONS_KEPT_DAYS says less: the database's primary key is
    (id, at), so there is no ON CONFLICT (id), and GROUP BY must name every column that it shows.
    """

    class Kind(models.TextChoices):
        RECEIVED = "received", _("received")
        JOINED = "joined", _("customer wrote again")
        FELL_BACK = "fell_back", _("fell back")
        REPLIED = "replied", _("replied")
        DELIVERED = "delivered", _("delivered")
        READ = "read", _("read")
        FAILED = "failed", _("failed")
        UNSURE = "unsure", _("may have been sent")
        ESCALATED = "escalated", _("escalated")
        ASSIGNED = "assigned", _("assigned")
        RESOLVED = "resolved", _("resolved")
        REOPENED = "reopened", _("reopened")
        RATED = "rated", _("rated")
        REVIEWED = "reviewed", _("reviewed")
        EDITED = "edited", _("edited")
        SURVEYED = "surveyed", _("asked for a rating")
        TRIAGED = "triaged", _("looked over")
        NOTED = "noted", _("noted")
        ASSESSED = "assessed", _("reply judged by us")
        DISCLOSED = "disclosed", _("contact data shown")

    CUSTOMER_FACING = [Kind.REPLIED, Kind.RESOLVED, Kind.ESCALATED]

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    issue = models.ForeignKey("Issue", models.CASCADE, related_name="actions", db_index=False)
    response = models.ForeignKey("Response", models.CASCADE, null=True, blank=True, related_name="actions")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=150)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    automated = models.BooleanField(_("automated"))
    success = models.BooleanField(_("success"), default=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)

    class Meta:
        verbose_name = _("action")
        verbose_name_plural = _("actions")
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                name="a_person_is_not_automation", condition=Q(user__isnull=True) | Q(automated=False)
            ),
        ]
        indexes = [
            models.Index(fields=["issue", "at"], name="action_issue_at"),
            models.Index(fields=["kind", "at"], name="action_kind_at"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.issue_id}"

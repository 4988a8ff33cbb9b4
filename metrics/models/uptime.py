"""What availability leaves out. The spans that it is measured by are the floor's (`mis_dashboard.models.Span`)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mis_dashboard.lib.ids import uuid7

# Who is about to begin presses "now", and fills in the rest of the form.
FILLED_IN_WITHIN = timedelta(minutes=5)


class Maintenance(models.Model):
    """A time in which MIS may be down because somebody planned it: neither up nor down, for all components.

    It must be planned before it begins: what was down unplanned cannot be explained away afterwards.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, verbose_name=_("planned by")
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("planned maintenance")
        verbose_name_plural = _("planned maintenance")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(name="maintenance_ends_after_it_begins", condition=Q(starts_at__lt=F("ends_at"))),
        ]

    def __str__(self):
        return self.reason

    def clean(self) -> None:
        """Raises ValidationError, by field, when it ends before it begins or changes what is past."""
        if self.starts_at and self.ends_at:
            before = Maintenance.objects.filter(pk=self.pk).first()
            if refused := self._refused(before, timezone.now()):
                raise ValidationError(refused)

    def _refused(self, before: "Maintenance | None", now: datetime) -> dict:
        if self.ends_at <= self.starts_at:
            return {"ends_at": _("It ends after it begins.")}
        begun = before is not None and before.starts_at <= now
        if begun and self.starts_at != before.starts_at:
            return {"starts_at": _("It has begun already: its beginning stays as it was planned.")}
        if begun and self.ends_at != before.ends_at and min(self.ends_at, before.ends_at) < now - FILLED_IN_WITHIN:
            return {"ends_at": _("What is past stays as it was planned.")}
        if not begun and self.starts_at < now - FILLED_IN_WITHIN:
            return {
                "starts_at": _("Maintenance is planned before it begins. What was down without a plan counts as down.")
            }
        return {}

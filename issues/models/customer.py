"""Who writes to us."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mis_dashboard.lib.ids import uuid7

from .. import phones, wording


class Customer(models.Model):
    """A person at one location (the CRM's name for one client of the agency).

    `phone` is E.164 in one canonical form, Brazilian mobiles with their ninth digit, so that
    equality is enough to match: `phones.canonical` makes it. Null while the CRM has not told us. `lid` is
    WhatsApp's hidden name for the same person, which some messages bring instead of the phone. Who
    has `opted_out_at` hears nothing from automation any more, only from people.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    location = models.CharField(_("location"), max_length=64, blank=True, default="")
    contact_id = models.CharField(_("CRM contact"), max_length=64, null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=16, null=True, blank=True)
    lid = models.CharField(_("WhatsApp's hidden id"), max_length=64, null=True, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    language = models.CharField(_("language"), max_length=8, blank=True, default="")
    opted_out_at = models.DateTimeField(
        _("wants no automatic messages since"), null=True, blank=True, help_text=_("Empty: automation may answer.")
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    # Made in this very transaction: nothing can be known of it yet.
    is_new = False

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        indexes = [
            models.Index(fields=["phone"], name="customer_phone"),
            models.Index(fields=["lid"], name="customer_lid", condition=Q(lid__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint("location", "phone", name="one_customer_per_phone"),
            models.UniqueConstraint("location", "contact_id", name="one_customer_per_contact"),
            models.CheckConstraint(
                name="customer_phone_is_e164",
                condition=Q(phone__isnull=True) | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
            ),
        ]

    def __str__(self):
        return wording.initials(self.name) or phones.masked(self.phone) or str(self.pk)[-6:]

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.strip() else ""

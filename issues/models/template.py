"""What we say without the AI."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from mis_dashboard.lib.ids import uuid7

from ..wording import PLACEHOLDERS, issue_type, unknown_placeholders


class Language(models.TextChoices):
    PT_BR = "pt-BR", _("Portuguese")
    EN = "en", _("English")


class ReplyTemplate(models.Model):
    """The reply for one type of issue in one language, when no better one can be had in time.

    An empty `issue_type` serves every type that has no template of its own.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    issue_type = models.CharField(
        _("issue type"), max_length=100, blank=True, default="", help_text=_("Empty: any type.")
    )
    language = models.CharField(_("language"), max_length=8, choices=Language, default=Language.PT_BR)
    text = models.TextField(_("text"), help_text=_("Placeholders: {name}, {type}."))

    class Meta:
        verbose_name = _("reply template")
        verbose_name_plural = _("reply templates")
        ordering = ["issue_type", "language"]
        constraints = [models.UniqueConstraint("issue_type", "language", name="one_template_per_type_and_language")]

    def __str__(self):
        kind = issue_type(self.issue_type) if self.issue_type else _("any type")
        return f"{kind} ({self.get_language_display()})"

    def clean(self):
        if unknown := unknown_placeholders(self.text):
            allowed = ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
            raise ValidationError({
                "text": _("%(unknown)s cannot be filled in. Use %(allowed)s.") % {"unknown": unknown, "allowed": allowed}
            })  # fmt: skip

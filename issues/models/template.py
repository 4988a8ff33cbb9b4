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

    An empty `issue_type` serves every type that has no template of its own. An `occasion` other than the
    empty one is not about a problem's type: it says that a person takes over, and why, or asks for a rating.
    """

    class Occasion(models.TextChoices):
        REPLY = "", _("reply")
        PERSON = "person", _("the customer wants a person")
        OPT_OUT = "opt_out", _("the customer wants no automatic messages")
        LEGAL = "legal", _("the customer speaks of lawyers or authorities")
        SELF_HARM = "self_harm", _("the customer may be in danger")
        UNREADABLE = "unreadable", _("the customer sent no text")
        SURVEY = "survey", _("question for a rating")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    occasion = models.CharField(_("occasion"), max_length=12, choices=Occasion, blank=True, default="")
    issue_type = models.CharField(
        _("issue type"), max_length=100, blank=True, default="", help_text=_("Empty: any type.")
    )
    language = models.CharField(_("language"), max_length=8, choices=Language, default=Language.PT_BR)
    text = models.TextField(_("text"), help_text=_("Placeholders: {name}, {type}."))

    class Meta:
        verbose_name = _("reply template")
        verbose_name_plural = _("reply templates")
        ordering = ["occasion", "issue_type", "language"]
        constraints = [
            models.UniqueConstraint("occasion", "issue_type", "language", name="one_template_per_type_and_language")
        ]

    def __str__(self):
        kind = issue_type(self.issue_type) if self.issue_type else _("any type")
        return f"{kind} ({self.get_language_display()})"

    def clean(self):
        if unknown := unknown_placeholders(self.text):
            allowed = ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
            raise ValidationError({
                "text": _("%(unknown)s cannot be filled in. Use %(allowed)s.") % {"unknown": unknown, "allowed": allowed}
            })  # fmt: skip

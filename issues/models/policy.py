"""How automation behaves."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mis_dashboard.lib.recent import recent


class Policy(models.Model):
    """The automation's settings: one row, edited in the admin or with `manage.py policy`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    max_parallel = models.PositiveSmallIntegerField(
        _("issues at a time"), default=5, validators=[MinValueValidator(1), MaxValueValidator(256)],
        help_text=_("How many issues are answered at the same time, over all workers."),
    )  # fmt: skip
    critical_per_minute = models.PositiveSmallIntegerField(
        _("critical AI replies per minute"), default=5, help_text=_("0: no limit. Above it, the template answers.")
    )
    ai_per_minute = models.PositiveSmallIntegerField(
        _("AI replies per minute"), default=60, help_text=_("0: no limit. Above it, the template answers.")
    )
    attempts = models.PositiveSmallIntegerField(
        _("AI attempts"), default=3, validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text=_("How often the AI is asked for one reply before the template answers."),
    )  # fmt: skip
    debounce_seconds = models.PositiveSmallIntegerField(
        _("wait for more words (s)"), default=3, validators=[MaxValueValidator(8)],
        help_text=_("How long to wait whether the customer goes on writing, before answering."),
    )  # fmt: skip
    muted = models.BooleanField(
        _("muted"), default=False, help_text=_("No automatic reply at all: every issue goes to a person.")
    )

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policy")
        constraints = [models.CheckConstraint(name="there_is_one_policy", condition=Q(id=1))]

    def __str__(self):
        return str(_("Automation policy"))

    @staticmethod
    @recent(seconds=1)
    def current() -> "Policy":
        """The policy in force, at most a second old."""
        policy, _created = Policy.objects.get_or_create(pk=1)
        return policy

    @classmethod
    def names(cls) -> list[str]:
        return [field.name for field in cls._meta.concrete_fields if field.name != "id"]


class Bucket(models.Model):
    """What is left of a budget per minute; `budget.spend` fills and empties it."""

    name = models.CharField(primary_key=True, max_length=16)
    tokens = models.FloatField(default=0)
    filled_at = models.DateTimeField(db_default=Now())

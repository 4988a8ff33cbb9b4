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
    auto_resolve_after_minutes = models.PositiveIntegerField(
        _("resolve after silence (min)"), default=120, validators=[MinValueValidator(1), MaxValueValidator(43_200)],
        help_text=_("How long a customer must have written nothing more before the AI judges whether it is solved."),
    )  # fmt: skip
    ask_csat = models.BooleanField(
        _("ask for a rating"), default=True, help_text=_("After a resolution, ask the customer once for 1 to 5.")
    )
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


class Token(models.Model):
    """The right to ask the AI once. A budget of n a minute is n rows, each free again a minute after it was spent.

    So no minute ever sees more than n, wherever it begins; over all workers, and over restarts. `budget.spend` takes them.
    """

    id = models.BigAutoField(primary_key=True)
    budget = models.CharField(max_length=16)
    number = models.PositiveSmallIntegerField()
    free_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["budget", "number"], name="one_token_per_number")]


class Breaker(models.Model):
    """Whether a model is asked at the moment. `breaker` alone writes here; no row means that nothing was ever wrong.

    Open from `opened_at` (null: closed) on: then the model is asked once each 30 s, last at `probed_at`, until it
    answers. `busy_until` is how long it has asked to be left alone. `reason` is the outcome of the last failure.
    """

    model = models.CharField(_("model"), primary_key=True, max_length=100)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, db_default=0)
    reason = models.CharField(_("reason"), max_length=32, blank=True, default="", db_default="")
    opened_at = models.DateTimeField(_("open since"), null=True)
    probed_at = models.DateTimeField(_("last probed"), null=True)
    busy_until = models.DateTimeField(_("busy until"), null=True)

    class Meta:
        verbose_name = _("circuit breaker")
        verbose_name_plural = _("circuit breakers")

    def __str__(self):
        return self.model


class ChannelState(models.Model):
    """How the connection of one WhatsApp account stands, as it was last told or asked."""

    class State(models.TextChoices):
        OPEN = "open", _("connected")
        CONNECTING = "connecting", _("connecting")
        CLOSE = "close", _("not connected")
        UNKNOWN = "unknown", _("not known")

    instance = models.CharField(_("account"), primary_key=True, max_length=100)
    state = models.CharField(_("state"), max_length=12, choices=State)
    changed_at = models.DateTimeField(_("since"))
    checked_at = models.DateTimeField(_("last heard of"))

    class Meta:
        verbose_name = _("WhatsApp connection")
        verbose_name_plural = _("WhatsApp connections")

    def __str__(self):
        return self.instance

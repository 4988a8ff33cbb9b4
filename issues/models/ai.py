"""What the AI is told, what it was asked, and what that cost."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mis_dashboard.lib.ids import uuid7

from .. import wording


class PromptVersion(models.Model):
    """One wording of a prompt. A used wording is never changed: a change is a new version.

    Exactly one version per name is active. `text` is the system instruction, with the
    placeholders of `ai.prompts`; the customer's words never enter it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=32, default="reply")
    number = models.PositiveIntegerField(_("version"), editable=False)
    text = models.TextField(_("text"))
    active = models.BooleanField(_("active"), default=False)
    note = models.CharField(_("what changed"), max_length=200, blank=True, default="")
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("prompt version")
        verbose_name_plural = _("prompt versions")
        ordering = ["name", "-number"]
        constraints = [
            models.UniqueConstraint("name", "number", name="one_prompt_per_number"),
            models.UniqueConstraint("name", condition=Q(active=True), name="one_active_prompt"),
        ]

    def __str__(self):
        return f"{wording.PROMPTS.get(self.name, self.name)} v{self.number}"


class KnowledgeNote(models.Model):
    """Facts that the AI may use and repeat: opening hours, prices, rules. An empty `location` serves every one.

    What is not written here, and was not said by the customer, the AI must not claim (`ai.guard`).
    """

    LONGEST = 4000

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    location = models.CharField(
        _("location"), max_length=64, blank=True, default="", db_index=True, help_text=_("Empty: every location.")
    )
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"), max_length=LONGEST)
    active = models.BooleanField(_("in use"), default=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("knowledge note")
        verbose_name_plural = _("knowledge notes")
        ordering = ["location", "title"]

    def __str__(self):
        return self.title

    def as_block(self) -> str:
        """The note as the AI reads it, among others."""
        return f"# {self.title.strip()}\n{self.text.strip()}"


class AICall(models.Model):
    """One question to a model, answered or not. Latency in seconds, cost in US dollars. Without a `response`
    the question was whether `issue` is solved.

    `outcome` is "answered" or the name of the failure (`ai.base`). Tokens are null when the
    model did not say. `tokens_in` includes cached ones; thought tokens are billed as output.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    response = models.ForeignKey("Response", models.CASCADE, null=True, blank=True, related_name="ai_calls")
    issue = models.ForeignKey("Issue", models.CASCADE, null=True, blank=True, related_name="ai_calls", db_index=False)
    prompt = models.ForeignKey(PromptVersion, models.PROTECT, related_name="calls")
    model = models.CharField(_("model"), max_length=100)
    started_at = models.DateTimeField(_("started"))
    latency_s = models.FloatField(_("latency (s)"))
    outcome = models.CharField(_("outcome"), max_length=32)
    tokens_in = models.PositiveIntegerField(_("tokens in"), null=True)
    tokens_out = models.PositiveIntegerField(_("tokens out"), null=True)
    tokens_thought = models.PositiveIntegerField(_("tokens thought"), null=True)
    tokens_cached = models.PositiveIntegerField(_("tokens cached"), null=True)
    cost_usd = models.DecimalField(_("cost (US$)"), max_digits=12, decimal_places=8, null=True)

    class Meta:
        verbose_name = _("AI call")
        verbose_name_plural = _("AI calls")
        ordering = ["started_at"]
        indexes = [
            models.Index(fields=["started_at"], name="aicall_started"),
            # Most calls are for a response: only the others have to be found by their issue.
            models.Index(fields=["issue"], name="aicall_issue", condition=Q(issue__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="ai_calls_are_about_something", condition=Q(response__isnull=False) | Q(issue__isnull=False)
            ),
        ]

    def __str__(self):
        return self.model


class ModelPrice(models.Model):
    """What a model costs from a day on, in US dollars per million tokens. `model` matches as a prefix."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    model = models.CharField(_("model"), max_length=100)
    valid_from = models.DateField(_("valid from"))
    usd_in = models.DecimalField(_("US$ per 1M in"), max_digits=8, decimal_places=4, validators=[MinValueValidator(0)])
    usd_out = models.DecimalField(
        _("US$ per 1M out"), max_digits=8, decimal_places=4, validators=[MinValueValidator(0)]
    )
    usd_cached = models.DecimalField(
        _("US$ per 1M cached in"), max_digits=8, decimal_places=4, validators=[MinValueValidator(0)]
    )

    class Meta:
        verbose_name = _("model price")
        verbose_name_plural = _("model prices")
        ordering = ["model", "-valid_from"]
        constraints = [models.UniqueConstraint("model", "valid_from", name="one_price_per_model_and_day")]

    def __str__(self):
        return f"{self.model} {self.valid_from}"

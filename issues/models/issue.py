"""A customer's problem, and the words it was told in."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mis_dashboard.lib.ids import uuid7

from .. import wording


class Priority(models.TextChoices):
    CRITICAL = "critical", _("critical")
    HIGH = "high", _("high")
    MEDIUM = "medium", _("medium")
    LOW = "low", _("low")

    @property
    def rank(self) -> int:
        """0 for critical to 3 for low: what is answered first."""
        return list(Priority).index(self)


class Status(models.TextChoices):
    OPEN = "open", _("open")
    IN_PROGRESS = "in_progress", _("in progress")
    ESCALATED = "escalated", _("escalated")
    RESOLVED = "resolved", _("resolved")
    CLOSED = "closed", _("closed")


UNRESOLVED = [Status.OPEN, Status.IN_PROGRESS, Status.ESCALATED]


class Basis(models.TextChoices):
    """What a resolution rests on: the customer said so, the customer said nothing more, or a person or program did it."""

    CONFIRMED = "customer_confirmed", _("the customer confirmed it")
    SILENCE = "silence", _("the customer wrote nothing more")
    HUMAN = "human", _("a person resolved it")
    PROGRAM = "program", _("another program resolved it")


class AnsweredBy(models.TextChoices):
    """Who gave the first response: the kinds of `Response`. Empty while nobody has, or where it is not known."""

    AI = "ai", _("AI")
    CACHED = "cached", _("reused")
    TEMPLATE = "template", _("template")
    HUMAN = "human", _("person")
    PROGRAM = "program", _("another program")


class Issue(models.Model):
    """One problem of one customer, from the first word about it to its end.

    All times are UTC. `detected_at` is when the problem showed itself outside, `received_at`
    when we heard of it. `first_response_at` is when the channel accepted the first reply to the
    customer (by us, or by a person outside of MIS), and nothing else sets it; `answered_by` tells whose it was. Deadlines, and from when
    on they are at risk (`…_risk_at`: a fifth of the time that counts is left), are stored when the issue is made, by the `sla_policy` then in
    force, which it keeps (null: they were told by another system, or are older than policies); a raised priority moves them,
    to what was promised at detection for the priority that it turned out to have. A reopening does not move them.

    `silent_since` is when we last answered in substance, while nothing else keeps the issue from being resolved by
    itself: null while the customer waits for us, and once a person is in charge. `automation_attempted_at` is when a
    program that calls our API last had its try at answering, whatever came of it.

    An imported issue is the record of another system, which names it `external_id`; `external_source` is the name that
    was given to that system. Nothing is done about it by itself, and nothing new joins it: see `issues.history`.
    """

    class Source(models.TextChoices):
        GHL = "ghl", "GoHighLevel"
        WHATSAPP = "whatsapp", "WhatsApp"
        API = "api", "API"
        IMPORT = "import", _("import")
        DEMO = "demo", _("demonstration")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(
        "Customer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="issues",
        db_index=False,
        verbose_name=_("customer"),
    )
    location = models.CharField(_("location"), max_length=64, blank=True, default="")
    source = models.CharField(_("source"), max_length=16, choices=Source, default=Source.GHL)
    type = models.CharField(_("type"), max_length=100, default="other")
    priority = models.CharField(_("priority"), max_length=8, choices=Priority, default=Priority.MEDIUM)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.OPEN)
    text = models.TextField(_("the customer's words"), blank=True, default="")
    sentiment = models.CharField(_("sentiment"), max_length=16, blank=True, default="")
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    external_source = models.CharField(
        _("imported from"), max_length=64, blank=True, default="", db_default="", editable=False
    )
    external_id = models.CharField(_("its name there"), max_length=128, null=True, blank=True, editable=False)

    detected_at = models.DateTimeField(_("detected"))
    received_at = models.DateTimeField(_("received"), db_default=Now())
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    response_risk_at = models.DateTimeField(_("first response at risk"), editable=False)
    response_due_at = models.DateTimeField(_("first response due"))
    resolution_risk_at = models.DateTimeField(_("resolution at risk"), editable=False)
    resolution_due_at = models.DateTimeField(_("resolution due"))
    sla_policy = models.ForeignKey(
        "SlaPolicy", models.PROTECT, null=True, blank=True, related_name="+", db_index=False, editable=False,
        verbose_name=_("SLA policy"),
    )  # fmt: skip
    first_response_at = models.DateTimeField(_("first response"), null=True, blank=True)
    answered_by = models.CharField(
        _("first answered by"), max_length=8, choices=AnsweredBy, blank=True, default="", db_default=""
    )

    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    resolved_by = models.CharField(_("resolved by"), max_length=100, blank=True, default="")
    resolution_basis = models.CharField(_("resolution rests on"), max_length=20, choices=Basis, blank=True, default="")
    resolution_notes = models.TextField(_("resolution notes"), blank=True, default="")
    silent_since = models.DateTimeField(_("silent since"), null=True, blank=True)
    automation_attempted_at = models.DateTimeField(_("automation attempted"), null=True, blank=True)

    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)
    escalation_reason = models.CharField(_("escalation reason"), max_length=200, blank=True, default="")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="issues",
        verbose_name=_("assignee"),
    )  # fmt: skip

    customer_satisfaction = models.PositiveSmallIntegerField(
        _("satisfaction"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    rated_at = models.DateTimeField(_("rated at"), null=True, blank=True)
    rated_resolver = models.CharField(
        _("rating is of"), max_length=100, blank=True, default="", help_text=_("Who had resolved what was rated.")
    )
    false_positive = models.BooleanField(
        _("not a problem"), null=True, blank=True, help_text=_("Empty until a person has looked.")
    )

    class Meta:
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        ordering = ["-detected_at"]
        permissions = [
            ("reply_issue", _("Can reply to a customer by hand")),
            ("escalate_issue", _("Can escalate and assign an issue")),
            ("resolve_issue", _("Can resolve an issue")),
            ("review_issue", _("Can mark an issue as not a problem")),
        ]
        indexes = [
            models.Index(fields=["detected_at"], name="issue_detected"),
            models.Index(fields=["priority", "detected_at"], name="issue_priority_detected"),
            models.Index(fields=["status", "detected_at"], name="issue_status_detected"),
            models.Index(fields=["location", "detected_at"], name="issue_location_detected"),
            models.Index(fields=["type", "detected_at"], name="issue_type_detected"),
            models.Index(fields=["resolved_at"], name="issue_resolved", condition=Q(resolved_at__isnull=False)),
            models.Index(fields=["rated_at"], name="issue_rated", condition=Q(rated_at__isnull=False)),
            models.Index(
                fields=["response_due_at"], name="issue_unanswered",
                condition=Q(first_response_at__isnull=True, status__in=UNRESOLVED),
            ),
            models.Index(fields=["resolution_due_at"], name="issue_unresolved", condition=Q(status__in=UNRESOLVED)),
            models.Index(fields=["customer", "-detected_at"], name="issue_customer_recent"),
            models.Index(fields=["silent_since"], name="issue_silent", condition=Q(silent_since__isnull=False)),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(
                fields=["external_source", "external_id"],
                name="one_issue_per_external_id",
                condition=Q(external_id__isnull=False),
            ),
            models.CheckConstraint(name="issue_priority_known", condition=Q(priority__in=Priority.values)),
            models.CheckConstraint(name="issue_status_known", condition=Q(status__in=Status.values)),
            models.CheckConstraint(
                name="only_answered_issues_say_by_whom",
                condition=Q(answered_by="") | Q(first_response_at__isnull=False),
            ),
            models.CheckConstraint(
                name="resolved_issues_have_a_time",
                condition=~Q(status=Status.RESOLVED) | Q(resolved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="unresolved_issues_have_none", condition=~Q(status__in=UNRESOLVED) | Q(resolved_at__isnull=True)
            ),
            models.CheckConstraint(
                name="escalated_issues_have_a_time",
                condition=~Q(status=Status.ESCALATED) | Q(escalated_at__isnull=False),
            ),
            models.CheckConstraint(
                name="satisfaction_is_1_to_5_and_dated",
                condition=Q(customer_satisfaction__isnull=True, rated_at__isnull=True)
                | Q(customer_satisfaction__range=(1, 5), rated_at__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{wording.issue_type(self.type)} {self.short}"

    @property
    def company(self) -> str:
        """The name of the client's company, as the CRM told it; "" where it did not."""
        name = self.metadata.get("company")
        return name if isinstance(name, str) else ""

    @property
    def short(self) -> str:
        """Its name on screens: the end of its id, which is the random part."""
        return str(self.pk)[-6:]

    @property
    def is_unresolved(self) -> bool:
        return self.status in UNRESOLVED

    @property
    def language(self) -> str:
        """The one the customer is known to speak, else the one the words look like."""
        return (self.customer and self.customer.language) or wording.language_of(self.text)


class Message(models.Model):
    """What a customer wrote to us, in one turn of an issue. Our words are in `Response`.

    `external_id` is the channel's own id, so that one message told to us twice (by the CRM and
    by WhatsApp, say) is one message. `text` is untrusted.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="messages", db_index=False)
    turn = models.PositiveSmallIntegerField(_("turn"))
    text = models.TextField(_("text"))
    external_id = models.CharField(max_length=128, null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"))
    received_at = models.DateTimeField(_("received"), db_default=Now())

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["sent_at", "id"]
        indexes = [models.Index(fields=["issue", "turn"], name="message_issue_turn")]
        constraints = [models.UniqueConstraint(fields=["external_id"], name="one_message_per_external_id")]

    def __str__(self):
        return f"{self.issue_id} #{self.turn}"

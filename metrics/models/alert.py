"""When somebody must be told, what came of it, and what was said to whom. No personal data of customers."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from issues.models.issue import Priority
from mis_dashboard.lib.ids import uuid7

from .. import standing
from ..window import FILTERS


class Severity(models.TextChoices):
    CRITICAL = "critical", _("critical")
    WARNING = "warning", _("warning")
    INFO = "info", _("information")


class Condition(models.TextChoices):
    ABOVE = "above", _("above")
    AT_LEAST = "at_least", _("at least")
    BELOW = "below", _("below")


class State(models.TextChoices):
    """The states of `alerts.life`, in words."""

    INACTIVE = "inactive", _("all well")
    PENDING = "pending", _("pending")
    FIRING = "firing", _("firing")
    RECOVERING = "recovering", _("recovering")
    RESOLVED = "resolved", _("resolved")
    NO_DATA = "no_data", _("no data")
    ERROR = "error", _("cannot be read")


class Cause(models.TextChoices):
    CONDITION = "condition", _("what the rule asks for")
    BLIND = "blind", _("it cannot be judged")


class Outlet(models.TextChoices):
    """How people are told."""

    SLACK = "slack", "Slack"
    EMAIL = "email", _("e-mail")
    WEBHOOK = "webhook", _("webhook")


def everywhere() -> list[str]:
    return list(Outlet.values)


class AlertRule(models.Model):
    """What is watched, when it is wrong, and who is told what about it. `alerts.watch` looks at each every few seconds.

    A shipped rule has its texts in `alerts.words`, under its `code`; what is written here takes their place. Durations are seconds.
    `clear_threshold` null is the threshold itself. Of issues, it watches those of its `location`, `priority` and `type` (empty: all).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(_("name"), max_length=40, unique=True)
    shipped = models.BooleanField(_("shipped"), default=False, editable=False)
    enabled = models.BooleanField(_("enabled"), default=True)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity, default=Severity.WARNING)

    signal = models.CharField(_("figure or signal"), max_length=40)
    window_s = models.PositiveIntegerField(
        _("over the last (s)"), default=3600, validators=[MinValueValidator(60), MaxValueValidator(30 * 86400)],
        help_text=_("For what is measured over a time. Whole minutes."),
    )  # fmt: skip
    location = models.CharField(
        _("location"), max_length=64, blank=True, default="", help_text=_("Empty: every location.")
    )
    priority = models.CharField(
        _("priority"), max_length=8, choices=Priority, blank=True, default="", help_text=_("Empty: every priority.")
    )
    type = models.CharField(_("type"), max_length=100, blank=True, default="", help_text=_("Empty: every type."))
    condition = models.CharField(_("when it is"), max_length=8, choices=Condition, default=Condition.ABOVE)
    threshold = models.FloatField(_("threshold"), help_text=_("Seconds, US$, a number, or a share from 0 to 1."))
    clear_threshold = models.FloatField(
        _("until it is no longer beyond"), null=True, blank=True, help_text=_("Empty: the threshold itself.")
    )
    min_n = models.PositiveIntegerField(
        _("of at least so many cases"), default=0, help_text=_("Fewer say nothing, neither good nor bad.")
    )
    min_count = models.PositiveIntegerField(_("with at least so many bad ones"), default=0)
    for_s = models.PositiveIntegerField(_("for at least (s)"), default=0)
    clear_for_s = models.PositiveIntegerField(_("ended after being well for (s)"), default=60)
    patience_s = models.PositiveIntegerField(
        _("without data for (s)"), default=300, help_text=_("After so long without an answer, that is an alert itself.")
    )

    outlets = models.JSONField(_("told by"), default=everywhere, blank=True)
    emails = models.JSONField(
        _("e-mails go to"), default=list, blank=True, help_text=_("Empty: to whom all alerts are sent (ALERT_EMAILS).")
    )
    inhibited_by = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="inhibits", verbose_name=_("follows from"),
        help_text=_("While one of these fires, nobody is told of this one."),
    )  # fmt: skip
    title = models.CharField(_("title"), max_length=120, blank=True, default="")
    meaning = models.TextField(_("what it means"), max_length=600, blank=True, default="")
    todo = models.TextField(_("what to do"), max_length=1200, blank=True, default="")

    class Meta:
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")
        ordering = ["code"]
        permissions = [("handle_alerts", _("Can acknowledge and silence alerts"))]
        constraints = [
            models.CheckConstraint(name="alert_condition_known", condition=Q(condition__in=Condition.values)),
            models.CheckConstraint(name="alert_severity_known", condition=Q(severity__in=Severity.values)),
            models.CheckConstraint(name="alert_priority_known", condition=Q(priority__in=["", *Priority.values])),
            models.CheckConstraint(
                name="alert_clears_on_the_good_side",
                condition=Q(clear_threshold__isnull=True)
                | Q(condition=Condition.BELOW, clear_threshold__gte=F("threshold"))
                | (~Q(condition=Condition.BELOW) & Q(clear_threshold__lte=F("threshold"))),
            ),
        ]

    def __str__(self):
        return (
            self.title or str(standing.ALERTS.get(self.code, {}).get("title", self.code)).replace("{about}", "").strip()
        )

    @property
    def filters(self) -> dict[str, str]:
        """What it is narrowed down to, by the names of `window.FILTERS`."""
        return {name: value for name in FILTERS if (value := getattr(self, name))}

    def clean(self) -> None:
        """Raises ValidationError, by field, for a rule that could never end or has nothing to say."""
        if self.threshold is not None and self.clear_threshold is not None and not self._clears():
            raise ValidationError({"clear_threshold": _("It must lie on the good side of the threshold.")})
        if self.window_s is not None and self.window_s % 60:
            raise ValidationError({"window_s": _("Write whole minutes, such as 5 min.")})
        if not self.shipped and not self.title:
            raise ValidationError({"title": _("Say what has happened when it fires.")})

    def _clears(self) -> bool:
        below = self.condition == Condition.BELOW
        return self.clear_threshold >= self.threshold if below else self.clear_threshold <= self.threshold

    @property
    def clear(self) -> float:
        return self.threshold if self.clear_threshold is None else self.clear_threshold


class Incident(models.Model):
    """One time that a rule was in trouble, from `fired_at` until `resolved_at`. `worst` is the value farthest beyond the threshold."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rule = models.ForeignKey(AlertRule, models.PROTECT, related_name="incidents", verbose_name=_("alert rule"))
    cause = models.CharField(_("cause"), max_length=12, choices=Cause)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity)
    began_at = models.DateTimeField(_("began"))
    fired_at = models.DateTimeField(_("told since"))
    resolved_at = models.DateTimeField(_("resolved at"), null=True)
    value = models.FloatField(_("value at first"), null=True)
    worst = models.FloatField(_("worst value"), null=True)
    n = models.PositiveIntegerField(_("cases"), default=0)
    about = models.CharField(_("about"), max_length=200, blank=True, default="")
    link = models.CharField(_("rows behind it"), max_length=2500, blank=True, default="")
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("acknowledged by")
    )

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-fired_at"]
        indexes = [models.Index(fields=["-fired_at"], name="incident_fired")]
        constraints = [
            models.UniqueConstraint("rule", condition=Q(resolved_at=None), name="one_open_incident_per_rule"),
            models.CheckConstraint(
                name="incidents_end_after_they_begin",
                condition=Q(began_at__lte=F("fired_at"))
                & (Q(resolved_at__isnull=True) | Q(fired_at__lte=F("resolved_at"))),
            ),
        ]

    def __str__(self):
        return f"{self.rule} {self.short}"

    @property
    def short(self) -> str:
        """Its name in notices and on screens: the end of its id, which is the random part."""
        return str(self.id)[-6:]


class AlertState(models.Model):
    """Where a rule stands (`alerts.life.Life`), and what was last seen of it. `alerts.watch` alone writes here.

    `read_at` is the moment that the last look was about, `seen_at` when anybody last looked.
    """

    rule = models.OneToOneField(AlertRule, models.CASCADE, primary_key=True, related_name="state")
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.INACTIVE)
    since = models.DateTimeField(_("since"))
    incident = models.OneToOneField(Incident, models.SET_NULL, null=True, related_name="+")
    value = models.FloatField(_("value"), null=True)
    n = models.PositiveIntegerField(_("cases"), default=0)
    about = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    muted = models.CharField(max_length=60, blank=True, default="")
    read_at = models.DateTimeField(_("read"), null=True)
    seen_at = models.DateTimeField(_("looked at"), null=True)

    class Meta:
        verbose_name = _("alert state")
        verbose_name_plural = _("alert states")
        constraints = [models.CheckConstraint(name="alert_state_known", condition=Q(state__in=State.values))]

    def __str__(self):
        return f"{self.rule.code}: {self.state}"


class AlertEvent(models.Model):
    """One change of a rule's state, or of who is told: with the value that caused it, and a link to the rows behind that value.

    Append-only: the database refuses changes. `by` is a user's name, or empty for the watch.
    """

    class Kind(models.TextChoices):
        STATE = "state", _("state")
        BLIND = "blind", _("blind for too long")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        SILENCED = "silenced", _("silenced")
        MUTED = "muted", _("nobody is told")
        UNMUTED = "unmuted", _("told again")
        WITHDRAWN = "withdrawn", _("rule switched off")

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(AlertRule, models.CASCADE, related_name="log", db_index=False)
    incident = models.ForeignKey(Incident, models.CASCADE, null=True, related_name="log", db_index=False)
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("what"), max_length=12, choices=Kind, default=Kind.STATE)
    state = models.CharField(_("state"), max_length=12, choices=State)
    value = models.FloatField(_("value"), null=True)
    n = models.PositiveIntegerField(_("cases"), default=0)
    window_s = models.PositiveIntegerField(_("over the last (s)"), default=0)
    link = models.CharField(_("rows behind it"), max_length=2500, blank=True, default="")
    by = models.CharField(_("by"), max_length=150, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("alert event")
        verbose_name_plural = _("alert events")
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["rule", "at"], name="alertevent_rule_at"),
            models.Index(fields=["incident", "at"], name="alertevent_incident", condition=Q(incident__isnull=False)),
        ]

    def __str__(self):
        return f"{self.kind} {self.state}"


class Silence(models.Model):
    """A time in which nobody is told of a rule, or of any where `rule` is null. It always ends, and says who wanted it and why."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rule = models.ForeignKey(
        AlertRule, models.CASCADE, null=True, blank=True, related_name="silences", verbose_name=_("alert rule"),
        help_text=_("Empty: all rules."),
    )  # fmt: skip
    reason = models.CharField(_("reason"), max_length=200)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("silence")
        verbose_name_plural = _("silences")
        ordering = ["-starts_at"]
        indexes = [models.Index(fields=["ends_at"], name="silence_ends")]
        constraints = [
            models.CheckConstraint(name="silence_ends_after_it_begins", condition=Q(starts_at__lt=F("ends_at"))),
            models.CheckConstraint(name="silences_say_why", condition=~Q(reason="")),
        ]

    def __str__(self):
        return self.reason

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("It ends after it begins.")})


class Notice(models.Model):
    """One thing to say through one outlet: the outbox. Written in the transaction of what it tells; `notify.send` sends it.

    `facts` are numbers and names of ours, of which the text is made when it is sent. A row in SENDING whose sender died may have been
    heard: it is said again, marked as a possible repeat, because a doubled alert is better than a lost one.
    """

    class Kind(models.TextChoices):
        FIRING = "firing", _("firing")
        UPDATE = "update", _("update")
        RESOLVED = "resolved", _("resolved")
        TEST = "test", _("test")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("refused")
        GAVE_UP = "gave_up", _("given up")

    UNSENT = [State.WAITING, State.SENDING]

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, models.CASCADE, null=True, related_name="notices", db_index=False)
    rule = models.ForeignKey(AlertRule, models.CASCADE, related_name="+", db_index=False)
    outlet = models.CharField(_("outlet"), max_length=8, choices=Outlet)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    key = models.CharField(max_length=80, unique=True)
    facts = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    answer = models.CharField(_("answer"), max_length=40, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    maybe_heard = models.BooleanField(_("may have been heard before"), default=False)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    due_at = models.DateTimeField(_("due"), db_default=Now())
    claimed_by = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["outlet", "due_at"], name="notice_unsent", condition=Q(state__in=["waiting", "sending"])
            ),
            models.Index(fields=["incident"], name="notice_incident", condition=Q(incident__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="sent_notices_have_a_time", condition=~Q(state="sent") | Q(sent_at__isnull=False)
            ),
            models.CheckConstraint(
                name="notices_being_sent_are_claimed",
                condition=~Q(state="sending") | Q(claimed_by__isnull=False, claimed_at__isnull=False),
            ),
        ]

    def __str__(self):
        return self.key


class OutletState(models.Model):
    """How an outlet stands: whether it takes what we say, since when not and why, and when it may be spoken to again.

    `address` is a digest of where it leads: with a new address the trouble with the old one is forgotten.
    """

    outlet = models.CharField(primary_key=True, max_length=8, choices=Outlet)
    address = models.CharField(max_length=64, blank=True, default="")
    failing_since = models.DateTimeField(_("failing since"), null=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    reason = models.CharField(_("reason"), max_length=40, blank=True, default="")
    stopped = models.BooleanField(_("stopped"), default=False)
    resume_at = models.DateTimeField(_("resumes"), null=True)
    sent_at = models.DateTimeField(_("last sent"), null=True)

    class Meta:
        verbose_name = _("outlet")
        verbose_name_plural = _("outlets")

    def __str__(self):
        return self.get_outlet_display()

    @property
    def is_failing(self) -> bool:
        """Whether people should know that they are not told: it is stopped, or has failed for more than a moment."""
        return self.stopped or (self.failing_since is not None and self.failures >= 3)

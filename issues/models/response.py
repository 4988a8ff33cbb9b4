"""What we say."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mis_dashboard.lib.ids import uuid7

from .issue import AnsweredBy


class State(models.TextChoices):
    WAITING = "waiting", _("waiting")
    THINKING = "thinking", _("thinking")
    WRITING = "writing", _("being written")
    SPEAKING = "speaking", _("being sent")
    UNSURE = "unsure", _("may have been sent")
    SENT = "sent", _("sent")
    HANDED_OVER = "handed_over", _("handed to a person")
    CANCELLED = "cancelled", _("cancelled")


IN_HAND = [State.THINKING, State.WRITING]  # claimed, and certainly not said
IN_FLIGHT = [*IN_HAND, State.SPEAKING]
PENDING = [State.WAITING, *IN_HAND]


class Delivery(models.TextChoices):
    """What became of a sent message. The order is the order in which it may only move on."""

    SENDING = "sending", _("sending")
    SENT = "sent", _("one tick")
    DELIVERED = "delivered", _("delivered")
    READ = "read", _("read")
    FAILED = "failed", _("not delivered")


class Response(models.Model):
    """What we say to a customer in one turn of an issue, and what became of it.

    One row per turn, claimed before it is worked on, so that two workers cannot both speak.
    Waiting rows are the queue (`queries.claim`): by `location` in turn, by `rank` (0 is critical; who waits too
    long is moved up) and by `deadline_at`, when the turn breaches its first-response target. THINKING is claimed to
    ask the AI, WRITING to say what needs no thought: words that stand already, or a template when time is short. `due_at` is when work may begin: a customer who types
    in short messages is let finish. `spoken_to` and `spoken_at` are whom we turned to through the
    channel and when, `sent_at` when it accepted. Times are UTC.

    A row is written five times on its way, so it has no index that nothing reads. A row in SPEAKING whose worker died may have been heard: it becomes UNSURE, never WAITING.
    """

    Kind = AnsweredBy

    class Purpose(models.TextChoices):
        """What it is said for. Only replies and follow-ups may answer in substance; a survey answers nothing."""

        REPLY = "reply", _("reply")
        FOLLOW_UP = "follow_up", _("follow-up")
        HANDOVER = "handover", _("notice that a person takes over")
        SURVEY = "survey", _("satisfaction question")

    ANSWERS = [Purpose.REPLY, Purpose.FOLLOW_UP]

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    issue = models.ForeignKey("Issue", models.CASCADE, related_name="responses", db_index=False)
    turn = models.PositiveSmallIntegerField(_("turn"))
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose, default=Purpose.REPLY)
    location = models.CharField(_("location"), max_length=64, blank=True, default="")
    rank = models.PositiveSmallIntegerField()
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, blank=True, default="")
    text = models.TextField(_("text"), blank=True, default="")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("author"),
    )
    verdict = models.JSONField(_("what the AI understood"), null=True, blank=True)

    created_at = models.DateTimeField(_("created"), db_default=Now())
    due_at = models.DateTimeField(_("due"), db_default=Now())
    deadline_at = models.DateTimeField(_("deadline"))
    claimed_by = models.UUIDField(null=True, blank=True)
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)

    spoken_to = models.CharField(_("spoken to"), max_length=16, blank=True, default="")
    spoken_at = models.DateTimeField(_("spoken at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    channel_id = models.CharField(_("WhatsApp message"), max_length=128, null=True, blank=True)
    delivery = models.CharField(_("delivery"), max_length=12, choices=Delivery, blank=True, default="")
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    failure = models.CharField(_("failure"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        ordering = ["turn"]
        constraints = [
            models.UniqueConstraint(fields=["issue", "turn"], name="one_response_per_turn"),
            models.UniqueConstraint(fields=["channel_id"], name="one_response_per_channel_id"),
            models.CheckConstraint(name="response_state_known", condition=Q(state__in=State.values)),
            models.CheckConstraint(
                name="sent_responses_have_time_text_and_kind",
                condition=~Q(state=State.SENT) | (Q(sent_at__isnull=False) & ~Q(text="") & ~Q(kind="")),
            ),
            models.CheckConstraint(
                name="responses_in_flight_are_claimed",
                condition=~Q(state__in=IN_FLIGHT) | Q(claimed_by__isnull=False, claimed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["location", "rank", "deadline_at"], name="response_waiting", condition=Q(state=State.WAITING)
            ),
            models.Index(fields=["deadline_at"], name="response_urgent", condition=Q(state=State.WAITING)),
            models.Index(
                fields=["rank", "deadline_at"], name="response_said", condition=Q(state=State.WAITING) & ~Q(text="")
            ),
            models.Index(fields=["claimed_by"], name="response_in_flight", condition=Q(state__in=IN_FLIGHT)),
            models.Index(fields=["due_at"], name="response_unsure", condition=Q(state=State.UNSURE)),
            models.Index(fields=["sent_at"], name="response_sent", condition=Q(sent_at__isnull=False)),
        ]

    def __str__(self):
        return f"{self.issue_id} #{self.turn}"

    @property
    def is_survey(self) -> bool:
        return self.purpose == self.Purpose.SURVEY

    @property
    def is_substantive(self) -> bool:
        """Whether these words deal with the customer's matter, and do not only say that somebody will."""
        return self.purpose in self.ANSWERS and self.kind != self.Kind.TEMPLATE

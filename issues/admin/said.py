"""The conversation as the admin shows it: what the customer wrote, what we said, and all that is known of each reply."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import wording
from ..models import Action, Message, Response
from ..models.issue import Priority
from ..models.response import PENDING, Delivery, State
from . import words
from .words import duration, failure


@dataclass(frozen=True)
class Judgement:
    """What one of us thinks of a reply."""

    good: bool
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Said:
    """Something the customer wrote, or something we said, were about to say, or have yet to say (`response`)."""

    at: datetime
    turn: int
    text: str
    response: Response | None = None
    judgement: Judgement | None = None

    @property
    def state(self) -> str:
        """The one word for where the response stands; what WhatsApp could not deliver is not "sent"."""
        if self.unsent:
            return gettext("not sent")
        return str(self.response.get_delivery_display() if self.undelivered else self.response.get_state_display())

    @property
    def undelivered(self) -> bool:
        return self.response.delivery == Delivery.FAILED

    @property
    def unsent(self) -> bool:
        """Whether somebody wrote these words to the customer, and they never went out."""
        written = self.response.kind in (Response.Kind.HUMAN, Response.Kind.PROGRAM)
        return written and self.response.state in (State.HANDED_OVER, State.CANCELLED)

    @property
    def failed(self) -> bool:
        return self.undelivered or self.unsent

    @property
    def latest(self) -> datetime | None:
        """Until when it is to be said, while it may still be."""
        return self.response.deadline_at if self.response.state in PENDING else None

    @property
    def receipts(self) -> list[tuple[str, datetime | None]]:
        """What WhatsApp told of a sent response, each with its time; without any time, the word alone."""
        response = self.response
        told = [(Delivery.DELIVERED, response.delivered_at), (Delivery.READ, response.read_at)]
        timed = [(str(word.label), at) for word, at in told if at]
        if timed or not response.delivery or self.undelivered:
            return timed
        return [(str(response.get_delivery_display()), None)]

    @property
    def failure(self) -> str:
        """Why the response has not gone out, in words; empty when there is nothing to say."""
        return failure(self.response.failure) if self.response and self.response.failure else ""

    @property
    def calls(self) -> list:
        return list(self.response.ai_calls.all()) if self.response else []

    @property
    def model(self) -> str:
        """The model whose words these are; empty when they are not a model's."""
        return next((call.model for call in self.calls if call.outcome == "answered"), "")

    @property
    def prompt(self) -> str:
        """The version of the prompt that these words answer; empty when they are not a model's."""
        return next((str(call.prompt) for call in self.calls if call.outcome == "answered"), "")

    @property
    def cost_usd(self):
        """US dollars over all calls of this turn; None when no price is known."""
        known = [call.cost_usd for call in self.calls if call.cost_usd is not None]
        return sum(known) if known else None

    @property
    def thought(self) -> str:
        """For how long the AI was asked, over all calls of this turn; empty when it was not."""
        return duration(timedelta(seconds=sum(call.latency_s for call in self.calls))) if self.calls else ""

    @property
    def went_out_after(self) -> str:
        """How long after the moment from which on there was something to say; empty where that tells nothing."""
        response = self.response
        by_hand = response is None or response.kind == Response.Kind.HUMAN
        if by_hand or not response.sent_at or response.sent_at < response.created_at:
            return ""
        return duration(response.sent_at - response.created_at)

    @property
    def can_be_judged(self) -> bool:
        """As `assess.judged` has it."""
        response = self.response
        if response is None or response.state != State.SENT:
            return False
        return not response.is_survey and response.kind != Response.Kind.HUMAN

    @property
    def understood(self) -> list[tuple[str, str]]:
        """What the AI understood of the customer's words when it wrote this: names and values."""
        return understood((self.response and self.response.verdict) or {})


PRIORITIES, LANGUAGES = dict(Priority.choices), {"pt-BR": _("Portuguese"), "en": _("English")}


def understood(verdict: dict) -> list[tuple[str, str]]:
    """A verdict of the AI's in words, as far as it says anything."""
    why = verdict.get("human_reason") or (verdict.get("why") and gettext(verdict["why"]))
    told = [
        (_("type"), wording.issue_type(verdict.get("issue_type", ""))),
        (_("priority"), PRIORITIES.get(verdict.get("priority"), "")),
        (_("sentiment"), words.SENTIMENTS.get(verdict.get("sentiment"), "")),
        (_("language"), LANGUAGES.get(verdict.get("language"), "")),
        (_("a problem"), _told(verdict.get("is_issue"))),
        (_("needs a person"), _told(verdict.get("needs_human"))),
        (_("because"), why or ""),
    ]
    return [(str(name), str(value)) for name, value in told if value]


def _told(answer: bool | None) -> str:
    return "" if answer is None else gettext("yes") if answer else gettext("no")


def judgements(happened: Iterable[Action]) -> dict:
    """The last judgement of each reply, by its id; `happened` is in order."""
    return {
        action.response_id: Judgement(action.detail["good"], action.detail.get("reason", ""), action.by, action.at)
        for action in happened
        if action.kind == Action.Kind.ASSESSED
    }


def conversation(messages: list[Message], responses: list[Response], judged: dict | None = None) -> list[Said]:
    """Everything said or to be said, in order. A response that was dropped before it had words is left out."""
    said = [Said(message.sent_at, message.turn, message.text) for message in messages]
    said += [
        Said(_when(response), response.turn, response.text, response, (judged or {}).get(response.pk))
        for response in responses
        if response.text or response.state != State.CANCELLED
    ]
    return sorted(said, key=lambda each: each.at)


def _when(response: Response) -> datetime:
    return response.sent_at or response.claimed_at or response.created_at

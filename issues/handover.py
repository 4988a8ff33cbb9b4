"""Handover: when a person takes over at once, without a model being asked, and what the customer is told then."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import translation

from . import actions, escalate, queries, wording
from .ai import guard
from .models import Action, Customer, Issue, Policy, ReplyTemplate, Response
from .models.issue import Status
from .models.response import State
from .wishes import Wish, wish

REASONS = {
    Wish.SELF_HARM: escalate.IN_DANGER,
    Wish.LEGAL: escalate.LEGAL,
    Wish.OPT_OUT: escalate.OPTS_OUT,
    Wish.PERSON: escalate.ASKS_FOR_A_PERSON,
}


@dataclass(frozen=True)
class Handover:
    """Why a person takes over, and the occasion on which the customer is told so; an empty one: nothing is said."""

    reason: str
    occasion: str = ""


def called_for(text: str, customer: Customer | None, policy: Policy) -> Handover | None:
    """Why the message `text` of this customer must go to a person. None when automation may answer it."""
    if asked := wish(text):
        return Handover(REASONS[asked], asked)
    if policy.muted:
        return Handover(escalate.MUTED)
    if customer and customer.opted_out_at:
        return Handover(escalate.OPTED_OUT)
    if not text:
        return Handover(escalate.UNREADABLE, ReplyTemplate.Occasion.UNREADABLE)
    if guard.manipulates(text):
        return Handover(escalate.GIVES_ORDERS, ReplyTemplate.Occasion.UNREADABLE)
    return None if _reachable(customer) else Handover(escalate.NO_PHONE)


def notice(handover: Handover, issue: Issue, text: str, policy: Policy) -> str:
    """What the customer is told now; empty when there is nothing to tell, or nobody to tell it to.

    The customer is told once in an issue that a person takes over. Opting out is confirmed once whatever went before.
    """
    customer = issue.customer
    if policy.muted or not handover.occasion or not _reachable(customer) or customer.opted_out_at:
        return ""
    if handover.occasion != Wish.OPT_OUT and _knows_already(issue):
        return ""
    language = customer.language or wording.language_of(f"{issue.text} {text}")
    template = queries.notice_for(handover.occasion, language)
    return _filled(template, issue) if template else ""


def _reachable(customer: Customer | None) -> bool:
    """Whether we know the phone, or whom to ask for it."""
    return bool(customer and (customer.phone or customer.contact_id))


def _knows_already(issue: Issue) -> bool:
    return issue.status == Status.ESCALATED or (not issue._state.adding and queries.was_told_of_handover(issue))


def _filled(template: ReplyTemplate, issue: Issue) -> str:
    with translation.override(template.language.lower()):
        kind = wording.issue_type(issue.type).lower()
    return wording.fill(template.text, name=issue.customer.first_name, type=kind)


def say(response: Response, text: str, now: datetime) -> None:
    """Makes the notice `text` the answer of this turn, due at once; the caller stores it."""
    response.purpose = Response.Purpose.HANDOVER
    response.kind = Response.Kind.TEMPLATE
    response.state = State.WAITING
    response.text, response.verdict, response.due_at = text, None, now


def hand_over(issue: Issue, handover: Handover, now: datetime) -> None:
    """Gives the stored issue to a person. One that has a person already is only told of what is graver."""
    if handover.occasion == Wish.OPT_OUT and issue.customer:
        _opt_out(issue, now)
    if issue.status != Status.ESCALATED or _is_graver(issue, handover):
        escalate.escalate(issue, handover.reason)


def _is_graver(issue: Issue, handover: Handover) -> bool:
    known = escalate.GRAVE.get(issue.escalation_reason, 0)
    return escalate.GRAVE.get(handover.reason, 0) > known


def _opt_out(issue: Issue, now: datetime) -> None:
    """From now on automation says nothing to this customer. Doing it again changes nothing."""
    customer = issue.customer
    if customer.opted_out_at:
        return
    customer.opted_out_at = now
    customer.save(update_fields=["opted_out_at"])
    if issue.status == Status.ESCALATED:
        actions.record(issue, Action.Kind.NOTED, by=actions.CUSTOMER, at=now, reason=escalate.OPTS_OUT)

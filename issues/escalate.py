"""Escalate: a person takes over, and automation is silent on the issue from then on."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from . import actions, queries
from .models import Action, Issue, Response
from .models.issue import Status
from .models.response import State

# Reasons are stored in English and translated when they are shown.
NO_PHONE = gettext_noop("No phone number is known")
UNREADABLE = gettext_noop("The customer sent something that is not text")
MUTED = gettext_noop("Automation is muted")
UNCERTAIN = gettext_noop("An answer may or may not have reached the customer")
ASKS_FOR_A_PERSON = gettext_noop("The customer asks for a person")
OPTS_OUT = gettext_noop("The customer asks to get no more automatic messages")
OPTED_OUT = gettext_noop("The customer wants no automatic messages")
LEGAL = gettext_noop("The customer speaks of lawyers or authorities")
IN_DANGER = gettext_noop("The customer may be in danger")
WANTS_A_PERSON = gettext_noop("The AI asks for a person")
REFUSED_BY_AI = gettext_noop("The AI refused to answer")
NO_CHANNEL = gettext_noop("WhatsApp is not configured")
NOT_DELIVERED = gettext_noop("WhatsApp could not deliver the answer")
BROKEN = gettext_noop("MIS could not prepare an answer")
NOT_CHECKED = gettext_noop("The AI wanted to say what nobody has written down")
GIVES_ORDERS = gettext_noop("The message tries to give the AI orders")
NO_ANSWER = gettext_noop("There is no template to answer with")
ASKED_BY_PROGRAM = gettext_noop("Another program asks for a person")
CRITICAL = gettext_noop("A critical issue is closed by a person")
PROMISED = gettext_noop("We promised to come back")
NOT_SOLVED = gettext_noop("The customer is silent, and it may not be solved")
NOT_JUDGED = gettext_noop("The AI could not judge whether it is solved")
NOT_CONTENT = gettext_noop("The customer was not content")
ONLY_A_TEMPLATE = gettext_noop("The customer has only heard a template, and the AI is not there")

# Every reason of automation's. Others are in somebody's own words.
REASONS = [
    NO_PHONE, UNREADABLE, MUTED, UNCERTAIN, ASKS_FOR_A_PERSON, OPTS_OUT, OPTED_OUT, LEGAL, IN_DANGER, WANTS_A_PERSON,
    REFUSED_BY_AI, NO_CHANNEL, NOT_DELIVERED, BROKEN, NOT_CHECKED, GIVES_ORDERS, NO_ANSWER, ASKED_BY_PROGRAM, CRITICAL,
    PROMISED, NOT_SOLVED, NOT_JUDGED, NOT_CONTENT, ONLY_A_TEMPLATE,
]  # fmt: skip

# What the person in charge must not lose sight of, whatever else goes wrong later; the higher, the graver.
GRAVE = {LEGAL: 1, IN_DANGER: 2}


def escalate(
    issue: Issue,
    reason: str,
    *,
    user: AbstractBaseUser | None = None,
    by: str = actions.SYSTEM,
    to: AbstractBaseUser | None = None,
    words: str = "",
    ended_too: bool = False,
    **detail,
) -> None:
    """Hands the issue to a person (`to`, or whoever takes it), with the reason; the AI's answers still waiting are dropped.

    `words` say more than the reason and may be the AI's own: they are shown on the issue and stay
    out of the log of actions. Escalating again changes owner and reason, unless the one it has is
    grave and this one is automation's and less so; it keeps the first time.
    An ended issue is left alone, unless `ended_too`: then it is open again.
    """
    with transaction.atomic():
        issue = queries.locked(issue)
        if not issue.is_unresolved:
            if not ended_too:
                return
            issue.resolved_at, issue.resolved_by, issue.resolution_basis = None, "", ""
            queries.unspoken(issue).filter(purpose=Response.Purpose.SURVEY).update(state=State.CANCELLED)
            actions.record(issue, Action.Kind.REOPENED)
        if user or not _has_a_graver_reason(issue, reason):
            issue.escalation_reason = (words or reason)[:200]
        issue.status = Status.ESCALATED
        issue.escalated_at = issue.escalated_at or timezone.now()
        issue.assignee = to or issue.assignee
        issue.silent_since = None
        issue.save()
        # The customer is still told that a person takes over.
        queries.unspoken(issue).exclude(purpose=Response.Purpose.HANDOVER).update(state=State.HANDED_OVER)
        owner = {"to": to.get_username()} if to else {}
        actions.record(issue, Action.Kind.ESCALATED, by=by, user=user, reason=reason[:200], **owner, **detail)


def _has_a_graver_reason(issue: Issue, reason: str) -> bool:
    return issue.status == Status.ESCALATED and GRAVE.get(issue.escalation_reason, 0) > GRAVE.get(reason, 0)


def assign(issue: Issue, to: AbstractBaseUser, *, user: AbstractBaseUser) -> None:
    """Makes `to` the owner of the issue. Its state stays."""
    with transaction.atomic():
        Issue.objects.filter(pk=issue.pk).update(assignee=to, updated_at=timezone.now())
        actions.record(issue, Action.Kind.ASSIGNED, user=user, to=to.get_username())

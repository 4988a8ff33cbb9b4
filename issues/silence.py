"""Silence: an issue whose customer only thanks, or says nothing more, ends by itself. What must not goes to a person."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone

from mis_dashboard.lib import rows

from . import actions, budget, escalate, queries, reading, resolve, think
from .ai import prompts
from .ai.base import Blocked, Turn
from .ai.forms import Judgement
from .claim import Claimed
from .models import Action, AICall, Issue, Policy, Response
from .models.issue import Basis, Priority, Status
from .models.response import IN_HAND, Delivery, State

log = logging.getLogger("mis.silence")

JUDGING_TAKES_AT_MOST = timedelta(seconds=20)
GIVE_UP_JUDGING_AFTER = timedelta(minutes=15)


# --- Thanks -----------------------------------------------------------------------------------


def confirmed(claimed: Claimed) -> bool:
    """Whether this turn needs no answer: the customer only thanks us for one, or takes note. Then it is dealt with.

    Words that confirm end the issue. When it must not end by itself, or when they only take note of what we said, its
    silence begins. To whoever has not been answered in substance, or was asked something, we answer.
    """
    words = _latest_words(claimed.conversation)
    if claimed.response.text or claimed.response.purpose != Response.Purpose.REPLY or not reading.thanks(words):
        return False
    with transaction.atomic():
        issue = queries.locked(claimed.response.issue)
        said = queries.said(issue)
        if not _was_answered(issue, said) or (_asks(said[-1]) and not reading.confirms(words)):
            return False
        if _cancelled(claimed.response):
            _take_note(issue, claimed.response, why_a_person(issue, said), ends=reading.confirms(words))
    return True


def _latest_words(conversation: Sequence[tuple[str, str]]) -> str:
    """All that the customer has said since our last word."""
    words: list[str] = []
    for who, text in reversed(conversation):
        if who != "customer":
            break
        words.insert(0, text)
    return " ".join(words)


def _was_answered(issue: Issue, said: Sequence[Response]) -> bool:
    in_charge = issue.is_unresolved and issue.status != Status.ESCALATED
    return in_charge and any(response.is_substantive for response in said)


def _asks(response: Response) -> bool:
    return "?" in response.text


def _cancelled(response: Response) -> bool:
    """False when the row is no longer the caller's: then somebody else has dealt with it."""
    mine = Response.objects.filter(pk=response.pk, state__in=IN_HAND, claimed_by=response.claimed_by)
    return bool(mine.update(state=State.CANCELLED))


def _take_note(issue: Issue, response: Response, why: str, *, ends: bool) -> None:
    if ends and not why and not queries.waits_for_us(issue):
        resolve.resolve(issue, basis=Basis.CONFIRMED)
        return
    issue.silent_since = timezone.now()
    issue.save(update_fields=["silent_since", "updated_at"])
    reason = {"reason": why} if why else {}
    actions.record(issue, Action.Kind.TRIAGED, response=response, why="only_thanks", **reason)


# --- What must not end by itself --------------------------------------------------------------


def why_a_person(issue: Issue, said: Sequence[Response]) -> str:
    """The reason for which `issue`, in which we have `said` that, must be ended by a person; empty when it need not."""
    if issue.priority == Priority.CRITICAL:
        return escalate.CRITICAL
    if _was_not_delivered(said):
        return escalate.NOT_DELIVERED
    return escalate.PROMISED if _promise_is_open(said) else ""


def _was_not_delivered(said: Sequence[Response]) -> bool:
    """Whether something never arrived, and nothing later did."""
    arrived = [response.delivery in (Delivery.DELIVERED, Delivery.READ) for response in said]
    return any(response.delivery == Delivery.FAILED and not any(arrived[at:]) for at, response in enumerate(said))


def _promise_is_open(said: Sequence[Response]) -> bool:
    """Whether we have promised something, and no person has spoken since. A person's own promise is open too.

    What a template promises is kept by the next answer in substance.
    """
    people = [at for at, response in enumerate(said) if response.kind == Response.Kind.HUMAN]
    said = said[people[-1] :] if people else said
    return any(
        reading.promises(response.text)
        and not (_only_bridges(response) and any(later.is_substantive for later in said[at:]))
        for at, response in enumerate(said)
    )


def _only_bridges(response: Response) -> bool:
    return response.kind == Response.Kind.TEMPLATE and response.purpose == Response.Purpose.REPLY


# --- Silence ----------------------------------------------------------------------------------


def triage(issue_id: UUID, *, now: datetime | None = None) -> None:
    """Ends an issue that has been silent for long enough, hands it to a person, or leaves it to be asked about again.

    The AI judges, outside of any transaction; what it judged is void when the customer has written meanwhile. Without
    an AI for 15 minutes a person judges. Twice is as good as once.
    """
    now = now or timezone.now()
    issue = _still_silent(issue_id, now)
    if issue is None or not budget.spend_on_triage(Policy.current()):
        return
    judgement, calls, failures = _ask(issue)
    with transaction.atomic():
        if calls:
            rows.insert(*calls)
        if _still_silent(issue_id, now, since=issue.silent_since) is None:
            return
        if judgement:
            _judged(issue, judgement)
        else:
            _not_judged(issue, failures, now)


def _still_silent(issue_id: UUID, now: datetime, since: datetime | None = None) -> Issue | None:
    """The issue, if it is to be judged: silent for long enough, and (`since`) all the time since it was last looked at.

    One that a rule gives to a person is handed over here, and one that ended is not looked at again.
    """
    with transaction.atomic():
        issue = queries.silent(now).filter(pk=issue_id).select_for_update(no_key=True).first()
        if issue is None or queries.waits_for_us(issue) or since not in (None, issue.silent_since):
            return None
        if not issue.is_unresolved or issue.status == Status.ESCALATED:
            Issue.objects.filter(pk=issue.pk).update(silent_since=None)
            return None
        if reason := why_a_person(issue, queries.said(issue)):
            _hand_over(issue, reason)
            return None
    return issue


def _ask(issue: Issue) -> tuple[Judgement | None, list[AICall], list[str]]:
    """The AI's judgement, calls still to be written down, and what went wrong. Our own errors go wrong like the AI's."""
    try:
        thinking = _question(issue)
        answer = think.think(thinking)
    except DatabaseError:
        raise
    except Exception:
        log.exception("judging failed", extra={"issue": issue.pk})
        return None, [], ["error"]
    return answer and answer.verdict, thinking.unsaved, thinking.failures


def _question(issue: Issue) -> think.Thinking:
    version = queries.active_prompt("triage")
    prompt = prompts.review(
        prompts.compile(version.pk, version.text),
        conversation=[Turn(who, text) for who, text in queries.conversation(issue)],
        customer_name=issue.customer.first_name if issue.customer else "",
        company=issue.company,
        knowledge=queries.knowledge(issue.location),
    )
    until = timezone.now() + JUDGING_TAKES_AT_MOST
    return think.Thinking(issue=issue, prompt=prompt, version=version, until=until, policy=Policy.current())


def _judged(issue: Issue, judgement: Judgement) -> None:
    actions.record(issue, Action.Kind.TRIAGED, resolved=judgement.resolved)
    if judgement.resolved:
        resolve.resolve(issue, basis=Basis.SILENCE)
    else:
        escalate.escalate(issue, escalate.NOT_SOLVED, words=judgement.reason)


def _not_judged(issue: Issue, failures: list[str], now: datetime) -> None:
    """It is asked again within a minute. The first failure of a silence is written down, and the 15 minutes count from it."""
    failed = issue.actions.filter(kind=Action.Kind.TRIAGED, success=False, at__gte=issue.silent_since).first()
    if failed is None:
        actions.record(issue, Action.Kind.TRIAGED, success=False, at=now, why=failures)
    if Blocked.outcome in failures or (failed and now - failed.at >= GIVE_UP_JUDGING_AFTER):
        _hand_over(issue, escalate.NOT_JUDGED)


def _hand_over(issue: Issue, reason: str) -> None:
    actions.record(issue, Action.Kind.TRIAGED, reason=reason)
    escalate.escalate(issue, reason)

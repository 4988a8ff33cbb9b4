"""Resolve: an issue ends, is open again, or turns out never to have been one."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from mis_dashboard.lib import jobs

from . import actions, escalate, promises, queries, reading, survey
from .models import Action, Issue, Response
from .models.issue import Basis, Status
from .models.response import State

# What changes when an issue ends or is open again.
ENDING = ["status", "resolved_at", "resolved_by", "resolution_basis", "silent_since", "updated_at"]


def resolve(
    issue: Issue,
    *,
    user: AbstractBaseUser | None = None,
    by: str = actions.SYSTEM,
    basis: Basis | None = None,
    notes: str = "",
) -> bool:
    """Ends the issue as solved; answers not yet given are dropped, and the customer is asked how it was.

    `basis` is what it rests on: unless said, the word of `user`, or of whom `by` names: a person or a program.
    False when it had ended already, unchanged.
    """
    with transaction.atomic():
        issue = queries.locked(issue)
        if not issue.is_unresolved:
            return False
        issue.status = Status.RESOLVED
        issue.resolved_at = timezone.now()
        issue.resolved_by = user.get_username() if user else by
        issue.resolution_basis = basis or _ground(user, by)
        issue.resolution_notes = notes
        issue.silent_since = None
        issue.save(update_fields=[*ENDING, "resolution_notes"])
        queries.unspoken(issue).update(state=State.CANCELLED)
        actions.record(issue, Action.Kind.RESOLVED, by=by, user=user, basis=str(issue.resolution_basis))
        survey.plan(issue)
    return True


def _ground(user: AbstractBaseUser | None, by: str) -> Basis:
    return Basis.PROGRAM if user is None and actions.is_automation(by) else Basis.HUMAN


def reopen(issue: Issue, *, user: AbstractBaseUser | None = None, by: str = actions.SYSTEM) -> bool:
    """Makes an ended issue unresolved again: the earlier success no longer counts. False when it was not ended.

    A customer whom nobody had answered is answered then; one who has just written again (no `user`) is anyway.
    """
    with transaction.atomic():
        issue = queries.locked(issue)
        if issue.is_unresolved:
            return False
        issue.status = Status.IN_PROGRESS if issue.first_response_at else Status.OPEN
        issue.resolved_at, issue.resolved_by, issue.resolution_basis = None, "", ""
        issue.false_positive = None
        issue.save(update_fields=[*ENDING, "false_positive"])
        _ask_nothing(issue)
        actions.record(issue, Action.Kind.REOPENED, by=by, user=user)
        if user:
            _owe_again(issue, user)
    return True


def _ask_nothing(issue: Issue) -> None:
    """A question for a rating that nobody has heard yet is dropped."""
    queries.unspoken(issue).filter(purpose=Response.Purpose.SURVEY).update(state=State.CANCELLED)


def _owe_again(issue: Issue, user: AbstractBaseUser) -> None:
    """The end had dropped an answer: it waits again, or is a person's again who had it, or who must know whether it was heard."""
    dropped = queries.unanswered(issue)
    if dropped is None or (issue.first_response_at and _only_thanks(issue, dropped)):
        return
    if dropped.spoken_at or issue.escalated_at:
        escalate.escalate(issue, issue.escalation_reason or escalate.UNCERTAIN, user=user)
        return
    now = timezone.now()
    dropped.state, dropped.created_at, dropped.due_at, dropped.attempts = State.WAITING, now, now, 0
    dropped.deadline_at = promises.answer_due(issue, now)
    dropped.save(update_fields=["state", "created_at", "due_at", "attempts", "deadline_at"])
    jobs.wake("respond")


def _only_thanks(issue: Issue, response: Response) -> bool:
    """Whether nobody owes an answer to what the customer wrote: it had ended the issue."""
    texts = issue.messages.filter(turn=response.turn).order_by("sent_at", "id").values_list("text", flat=True)
    return reading.thanks(" ".join(texts))


def review(issue: Issue, *, user: AbstractBaseUser, false_positive: bool) -> None:
    """A person has looked whether this was a problem at all. One that was not is closed, without counting as resolved."""
    with transaction.atomic():
        issue = queries.locked(issue)
        issue.false_positive = false_positive
        if false_positive and issue.is_unresolved:
            issue.status, issue.silent_since = Status.CLOSED, None
            queries.unspoken(issue).update(state=State.CANCELLED)
        if false_positive:
            _ask_nothing(issue)
        issue.save(update_fields=["false_positive", "status", "silent_since", "updated_at"])
        actions.record(issue, Action.Kind.REVIEWED, user=user, problem=not false_positive)

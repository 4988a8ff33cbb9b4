"""Resolve: an issue ends, or turns out never to have been one."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from . import actions, queries
from .models import Action, Issue
from .models.issue import Basis, Status
from .models.response import State


def resolve(
    issue: Issue,
    *,
    user: AbstractBaseUser | None = None,
    by: str = actions.SYSTEM,
    notes: str = "",
    basis: Basis | None = None,
) -> bool:
    """Ends the issue as solved; answers not yet given are dropped. False when it had ended already, unchanged.

    `basis` is what that rests on: a person's word, unless said.
    """
    with transaction.atomic():
        issue = queries.locked(issue)
        if not issue.is_unresolved:
            return False
        issue.status = Status.RESOLVED
        issue.resolved_at = timezone.now()
        issue.resolved_by = user.get_username() if user else by
        issue.resolution_basis = basis or (Basis.HUMAN if user else "")
        issue.resolution_notes = notes
        issue.save(
            update_fields=[
                "status", "resolved_at", "resolved_by", "resolution_basis", "resolution_notes", "updated_at",
            ]
        )  # fmt: skip
        queries.unspoken(issue).update(state=State.CANCELLED)
        actions.record(issue, Action.Kind.RESOLVED, by=by, user=user)
    return True


def reopen(issue: Issue, *, user: AbstractBaseUser) -> bool:
    """Makes an ended issue unresolved again. False when it was not ended."""
    with transaction.atomic():
        issue = queries.locked(issue)
        if issue.is_unresolved:
            return False
        issue.status = Status.IN_PROGRESS if issue.first_response_at else Status.OPEN
        issue.resolved_at = None
        issue.resolved_by = ""
        issue.false_positive = None
        issue.save(update_fields=["status", "resolved_at", "resolved_by", "false_positive", "updated_at"])
        actions.record(issue, Action.Kind.REOPENED, user=user)
    return True


def review(issue: Issue, *, user: AbstractBaseUser, false_positive: bool) -> None:
    """A person has looked whether this was a problem at all. One that was not is closed, without counting as resolved."""
    with transaction.atomic():
        issue = queries.locked(issue)
        issue.false_positive = false_positive
        if false_positive and issue.is_unresolved:
            issue.status = Status.CLOSED
            queries.unspoken(issue).update(state=State.CANCELLED)
        issue.save(update_fields=["false_positive", "status", "updated_at"])
        actions.record(issue, Action.Kind.REVIEWED, user=user, problem=not false_positive)

"""Assess: one of us says whether a reply was good. It is no customer's rating, and counts in none of their figures."""

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from . import actions
from .models import Action, Issue, Response
from .models.response import State


def judged(issue: Issue) -> QuerySet[Response]:
    """The replies of the issue that can be judged: what was really said, and not by a person of ours."""
    said = issue.responses.filter(state=State.SENT).exclude(purpose=Response.Purpose.SURVEY)
    return said.exclude(kind=Response.Kind.HUMAN)


def assess(issue: Issue, response: Response, *, user: AbstractBaseUser, good: bool, reason: str = "") -> None:
    """Writes the judgement down. A later one of the same reply takes the place of an earlier one; both stay in the history."""
    why = {"reason": reason} if reason else {}
    actions.record(issue, Action.Kind.ASSESSED, user=user, response=response, good=good, **why)

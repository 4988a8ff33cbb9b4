"""The one writer of the spine."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from mis_dashboard.lib import live, rows

from .models import Action, Issue, Response

SYSTEM = "system"
CUSTOMER = "customer"


def record(issue: Issue, kind: Action.Kind, **what) -> Action:
    """Writes down that something happened to `issue`, and tells the open screens when the transaction commits.

    `what` is as in `unsaved`.
    """
    action = unsaved(issue, kind, **what)
    rows.insert(action, calls=[live.CALL])
    return action


def unsaved(
    issue: Issue,
    kind: Action.Kind,
    *,
    by: str = SYSTEM,
    user: AbstractBaseUser | None = None,
    response: Response | None = None,
    success: bool = True,
    at: datetime | None = None,
    **detail,
) -> Action:
    """The row that `record` writes, for whoever stores it together with others and announces them.

    A `user` makes it that person's doing. `detail` must be JSON and hold no customer text.
    """
    return Action(
        issue=issue,
        response=response,
        kind=kind,
        at=at or timezone.now(),
        by=user.get_username() if user else by,
        user=user,
        automated=user is None and by == SYSTEM,
        success=success,
        detail=detail,
    )

"""The one writer of the spine."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.utils import timezone
from psycopg.types.json import Jsonb

from mis_dashboard.lib import live, rows

from .models import Action, Issue, Response

SYSTEM = "system"
CUSTOMER = "customer"
OURS = {SYSTEM, CUSTOMER, "person", "whatsapp"}  # what else stands in `by` and is nobody's name
IMPORTED = "imported"  # what stands in the detail of an action that another system told us of
PROGRAM = "SYSTEM_"  # how the programs that call our API sign: SYSTEM_AUTO, SYSTEM_AI_AGENT, …


def is_automation(by: str) -> bool:
    """Whether this is how a machine signs."""
    return by == SYSTEM or by.startswith(PROGRAM)


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
    automated: bool | None = None,
    **detail,
) -> Action:
    """The row that `record` writes, for whoever stores it together with others and announces them.

    A `user` makes it that person's doing; else `automated` says whether a machine did it, and `by` if it does not.
    `detail` must be JSON and hold no customer text.
    """
    return Action(
        issue=issue,
        response=response,
        kind=kind,
        at=at or timezone.now(),
        by=user.get_username() if user else by,
        user=user,
        automated=user is None and (is_automation(by) if automated is None else automated),
        success=success,
        detail=detail,
    )


def tell_anew(issues: Sequence[UUID], history: Sequence[Action]) -> None:
    """Puts `history`, which another system tells of its issues, in the place of what it told of `issues` before.

    `history` is of these issues and of new ones. Call it in a transaction. What was done in MIS stays.
    """
    with connection.cursor() as cursor:
        if issues:
            cursor.execute("SELECT set_config('mis.telling_anew', 'on', true)")
            cursor.execute(
                "DELETE FROM issues_action WHERE issue_id = ANY(%s) AND detail ? %s", [list(issues), IMPORTED]
            )
            cursor.execute("SELECT set_config('mis.telling_anew', '', true)")
        _copy(cursor, history)
    live.announce()


def _copy(cursor, history: Sequence[Action]) -> None:
    """Stores many actions as PostgreSQL takes them fastest. Every field must have a value of its own."""
    fields = Action._meta.concrete_fields
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = attrgetter(*(field.attname for field in fields))
    with cursor.copy(f"COPY {Action._meta.db_table} ({names}) FROM STDIN") as copy:
        for action in history:
            copy.write_row([Jsonb(value) if isinstance(value, dict) else value for value in values(action)])

"""Actions: what a program, or a person through it, says was done to an issue."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from .. import programs
from ..models import Action
from . import examples
from .fields import Text, Told, Word, find, unless_null
from .issues import signed
from .rows import iso

router = Router(tags=["issues"])


class AddAction(Schema):
    """What was done. Who signs as SYSTEM_… is a program; any other name is a person's.

    `automated_response` ends the issue's turn in the queue of `open`; the customer counts as answered when MIS has sent
    the answer, or when the key may send by itself (then `message`, if given, is what the customer heard).
    `no_phone_available` ends it too. `escalation_needed` hands the issue to a person. A person's `message_sent` or
    `call_made` is an answer. Any other type, up to 100 characters, is written down.
    """

    issue_id: UUID
    action_type: Word
    action_description: Told
    taken_by: Annotated[Word, unless_null("SYSTEM_AUTO")] = "SYSTEM_AUTO"
    success: Annotated[bool, unless_null(True)] = True
    customer_response: Text | None = None
    message: Text | None = None


@router.post(
    "/issues/action",
    summary="Write down what was done",
    response=dict[str, Any],
    openapi_extra=examples.of("/issues/action"),
)
def add_action(request: HttpRequest, body: AddAction) -> dict[str, Any]:
    """The same type and description for the same issue within ten minutes is the same action."""
    report = programs.Report(
        kind=body.action_type,
        text=body.action_description,
        by=signed(request, body.taken_by),
        success=body.success,
        payload=body.model_dump(mode="json", exclude_none=True),
        words=body.message or "",
    )
    action, repeated = programs.note(find(body.issue_id), report, trusted=request.auth.trusted)
    return {
        "success": True,
        "action": _row(action, body),
        "message": "Action added successfully",
        "repeated": repeated,
    }


def _row(action: Action, body: AddAction) -> dict[str, Any]:
    return {
        "id": str(action.pk),
        "issue_id": str(action.issue_id),
        "action_type": body.action_type,
        "action_description": body.action_description,
        "taken_by": action.by,
        "taken_at": iso(action.at),
        "success": action.success,
        "customer_response": body.customer_response,
        "created_at": iso(action.at),
    }

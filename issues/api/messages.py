"""Messages: what customers have written and nobody has answered."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from .. import phones, programs
from ..models import Message
from ..models.issue import Priority, Status
from . import examples
from .rows import iso

router = Router(tags=["messages"])

# As the old guide maps them: critical from 9, high from 7.
URGENCY = {Priority.CRITICAL: 9, Priority.HIGH: 7, Priority.MEDIUM: 5, Priority.LOW: 3}


@router.get(
    "/messages/unprocessed",
    summary="The latest ten messages without an answer",
    response=dict[str, Any],
    openapi_extra=examples.of("/messages/unprocessed"),
)
def unprocessed(request: HttpRequest) -> dict[str, Any]:
    """A message counts as processed when something was said in its turn or later, or its issue has ended."""
    rows = [_row(message) for message in programs.unanswered()[:10]]
    return {
        "success": True,
        "total": len(rows),
        "stats": {
            "high_urgency": sum(row["urgency_score"] >= 7 for row in rows),
            "needs_attention": sum(row["needs_attention"] for row in rows),
            "group_messages": 0,
        },
        "messages": rows,
    }


def _row(message: Message) -> dict[str, Any]:
    """MIS takes no messages of groups, so their columns are empty."""
    issue, customer, metadata = message.issue, message.issue.customer, message.issue.metadata
    urgency = URGENCY[Priority(issue.priority)]
    return {
        "id": str(message.pk),
        "created_at": iso(message.sent_at),
        "sender_name": (customer and customer.name) or None,
        "sender_phone": customer and customer.phone and phones.digits(customer.phone),
        "sender_type": "lead",
        "message_body": message.text,
        "sentiment": issue.sentiment or metadata.get("sentiment"),
        "urgency_score": urgency,
        "needs_attention": urgency >= 7 or issue.status == Status.ESCALATED,
        "keywords": metadata.get("keywords") or [],
        "is_group_message": False,
        "group_type": None,
        "group_name": None,
        "group_sender_phone": None,
        "group_sender_name": None,
        "team_analysis": metadata.get("team_analysis"),
        "workflow_name": None,
        "location_name": issue.company or None,
    }

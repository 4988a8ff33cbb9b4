"""WhatsApp: what a program wants said to a customer."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from .. import phones, programs
from ..models import Response
from ..models.response import PENDING, State
from . import examples
from .fields import Phone, Said, Word, find

router = Router(tags=["whatsapp"])


class Send(Schema):
    """Words for the customer of an issue. `to` must be the customer's number; `ai_model` is who wrote them."""

    to: Phone
    message: Said
    issue_id: UUID
    ai_model: Word | None = None


@router.post(
    "/whatsapp/send",
    summary="Say something to an issue's customer, once",
    response=dict[str, Any],
    openapi_extra=examples.of("/whatsapp/send"),
)
def send(request: HttpRequest, body: Send) -> dict[str, Any]:
    """Queued at once, and sent within seconds; repeating it returns the same `delivery_id` and how far it has come.

    403: the number is not the customer's. 409: answered already, ended, or a person is in charge.
    422: the number is not on WhatsApp. 503: WhatsApp is not connected.

    The answer repeats what was asked, because n8n's next node sees nothing else: `id`, `ai_response`, `ai_model` and
    `response_length` are there for the node that logs the send.
    """
    issue = find(body.issue_id)
    response = programs.say(issue, body.message, to=body.to, by=request.auth.name)
    return {
        "success": True,
        "id": str(issue.pk),
        "issue_id": str(issue.pk),
        "delivery_id": str(response.pk),
        "status": _status(response),
        "to": phones.digits(body.to),
        "ai_response": response.text,
        "ai_model": body.ai_model or "n8n",
        "response_length": len(response.text),
        "message": "Message queued",
    }


def _status(response: Response) -> str:
    """How far it has come: queued, unsure (it may have been sent), accepted, then what WhatsApp's receipts say."""
    if response.state in [*PENDING, State.SPEAKING]:
        return "queued"
    if response.state == State.UNSURE:
        return "unsure"
    return response.delivery if response.delivery in {"delivered", "read", "failed"} else "accepted"

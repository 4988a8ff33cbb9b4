"""Issues: noticed by another system, resolved by another program, and asked for by those that poll."""

import hashlib
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from ninja.errors import HttpError
from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field, StringConstraints

from mis_dashboard.lib import wire

from .. import actions, programs
from ..ingest import Inbound, ingest
from ..models import EventKey, InboundEvent, Issue
from ..models.issue import Basis, Priority
from ..resolve import resolve
from . import examples
from .fields import Level, Object, Phone, Text, Word, find, unless_null
from .rows import iso, issue_row

router = Router(tags=["issues"])

NOTES = "Issue resolvido"
SAME_WITHIN = timedelta(minutes=10)  # the same body again is the same issue
ALL_REFUSED = (
    "priority=all is refused: old auto-resolve workflows ask for it, and would close issues after two hours of silence. "
    "Leave priority out for all issues. Once those workflows are gone, say so with OLD_AUTO_RESOLVE_GONE=1"
)


# --- Create -------------------------------------------------------------------------------------


class CreateIssue(Schema):
    """An issue that another system has noticed. `message_id` (or the header Idempotency-Key) makes repeats harmless."""

    model_config = ConfigDict(extra="ignore")

    issue_type: Word
    priority: Annotated[Level, unless_null(Priority.MEDIUM.value)] = Priority.MEDIUM.value
    customer_name: Annotated[str, StringConstraints(max_length=200)] | None = None
    customer_phone: Annotated[Phone | None, BeforeValidator(lambda phone: phone or None)] = Field(
        None, description="in any form, with country code; without one the issue goes to a person"
    )
    location: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        None, description="the CRM's identifier of the client's account"
    )
    message_id: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        None, description="your own identifier of the message: the same one makes no second issue"
    )
    message: Text | None = Field(None, description="what the customer wrote")
    description: Text | None = Field(None, description="the same, where there is no `message`")
    alert_id: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        None, description="kept, and given back with the issue"
    )
    detected_at: AwareDatetime | None = Field(None, description="when it was noticed; without it, now")
    metadata: Object | None = Field(None, description="kept with the issue; may be sent as text that holds JSON")


@router.post(
    "/issues/create",
    summary="Create an issue, answered like any other",
    response=dict[str, Any],
    openapi_extra=examples.of("/issues/create"),
)
def create_issue(request: HttpRequest, body: CreateIssue) -> dict[str, Any]:
    """A customer with an unresolved issue is not given a second one: the words join it as a new turn."""
    outcome = ingest(_inbound(request, body))
    if outcome.issue_id is None:
        return {"success": True, "issue": None, "message": "This was told before, too long ago", "repeated": True}
    return {
        "success": True,
        "issue": issue_row(find(outcome.issue_id)),
        "message": "Issue created successfully",
        "repeated": outcome.repeated,
    }


def _inbound(request: HttpRequest, body: CreateIssue) -> Inbound:
    metadata = body.metadata or {}
    if not isinstance(metadata.get("company", ""), str):
        raise HttpError(400, "metadata.company is not valid: write a text")
    preview = metadata.get("message_preview")
    text = body.message or body.description or (preview if isinstance(preview, str) else "")
    return Inbound(
        source=InboundEvent.Source.API,
        key=_key(request, body),
        kind="issues/create",
        payload=body.model_dump(mode="json", exclude_unset=True),
        location=body.location or "",
        phone=body.customer_phone,
        name=body.customer_name or "",
        text=text or body.issue_type.replace("_", " "),
        message_id=wire.key("api", request.auth.pk.hex, body.message_id) if body.message_id else None,
        issue_type=body.issue_type,
        priority=body.priority,
        occurred_at=body.detected_at,
        message=True,
        issue_source=Issue.Source.API,
        metadata=metadata | ({"alert_id": body.alert_id} if body.alert_id else {}),
    )


def _key(request: HttpRequest, body: CreateIssue) -> str:
    """What makes a repeat a repeat: the caller's own word, else this very body within ten minutes."""

    def key(said: str) -> str:
        return "api:" + hashlib.sha256(f"{request.auth.pk}:{said}".encode()).hexdigest()

    if own := request.headers.get("Idempotency-Key") or body.message_id:
        return key(own)
    now = timezone.now()
    place, text = int(now.timestamp() // SAME_WITHIN.total_seconds()), request.body.hex()
    before = key(f"{place - 1}:{text}")
    known = EventKey.objects.filter(key=before, received_at__gt=now - SAME_WITHIN).exists()
    return before if known else key(f"{place}:{text}")


# --- Resolve --------------------------------------------------------------------------------------


class ResolveIssue(Schema):
    """That an issue is solved. Who signs as SYSTEM_… is a program; any other name is a person's.

    A given `customer_satisfaction` is checked and then ignored: a rating comes from the customer, whom MIS asks.
    """

    issue_id: UUID
    resolution_notes: Annotated[Text, unless_null(NOTES)] = NOTES
    customer_satisfaction: Annotated[int, Field(ge=1, le=5)] | None = None
    resolved_by: Annotated[Word, unless_null("SYSTEM_AUTO")] = "SYSTEM_AUTO"


@router.post(
    "/issues/resolve", summary="Resolve an issue", response=dict[str, Any], openapi_extra=examples.of("/issues/resolve")
)
def resolve_issue(request: HttpRequest, body: ResolveIssue) -> dict[str, Any]:
    """Resolving what has ended already changes nothing, and returns how it ended."""
    by = signed(request, body.resolved_by)
    basis = Basis.PROGRAM if actions.is_automation(by) else Basis.HUMAN
    resolved = resolve(find(body.issue_id), by=by, notes=body.resolution_notes, basis=basis)
    ignored = ["customer_satisfaction"] if body.customer_satisfaction else []
    return {
        "success": True,
        "issue": issue_row(find(body.issue_id)),
        "message": "Issue resolved successfully",
        "repeated": not resolved,
        "ignored": ignored,
    }


def signed(request: HttpRequest, name: str) -> str:
    """Who did it, by the caller's word. Names that mean something in MIS are not for others: then it is the program."""
    return f"{actions.PROGRAM}{request.auth.name}"[:100] if name.lower() in actions.OURS else name


# --- Open -----------------------------------------------------------------------------------------


class Wanted(Schema):
    """Which unresolved issues to list."""

    priority: str = Field("", description="low, medium, high or critical; empty: any")
    limit: int = Field(50, ge=1, le=200, description="how many at most")
    include: Literal["attempted"] | None = Field(
        None, description="attempted: also those that a program has tried to answer, and that wait for MIS or a person"
    )


@router.get(
    "/issues/open",
    summary="Unresolved issues, newest first",
    response=dict[str, Any],
    openapi_extra=examples.of("/issues/open"),
)
def open_issues(request: HttpRequest, wanted: Query[Wanted]) -> dict[str, Any]:
    """An issue without `first_response_at` may be answered by the caller. One that a program has tried is left out."""
    attempted = wanted.include == "attempted"
    found = programs.unresolved(_priority(wanted.priority), attempted=attempted)[: wanted.limit]
    issues = [issue_row(issue) | {"automation_attempted_at": iso(issue.automation_attempted_at)} for issue in found]
    return {"success": True, "count": len(issues), "issues": issues}


def _priority(asked: str) -> str:
    if asked == "all":
        if settings.OLD_AUTO_RESOLVE_GONE:
            return ""
        raise HttpError(400, ALL_REFUSED)
    if asked and asked not in Priority.values:
        raise HttpError(400, "priority is not valid: write low, medium, high or critical")
    return asked

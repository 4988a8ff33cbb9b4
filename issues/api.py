"""The API for programs: described at /api/docs, opened by an API key."""

import hashlib
import json
from typing import Annotated, Any, Literal

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import APIKeyHeader, HttpBearer
from pydantic import AwareDatetime, BeforeValidator, ConfigDict, StringConstraints

from mis_dashboard.lib import wire

from . import phones
from .ingest import Inbound, ingest
from .models import ApiKey, InboundEvent, Issue
from .models.issue import Priority


class Bearer(HttpBearer):
    """`Authorization: Bearer KEY`."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        return ApiKey.find(token)


class Header(APIKeyHeader):
    """`X-API-Key: KEY`."""

    param_name = "X-API-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> ApiKey | None:
        return ApiKey.find(key) if key else None


api = NinjaAPI(title="MIS", version="1.0", auth=[Bearer(), Header()], urls_namespace="api", docs_url="/docs")


def _no(request: HttpRequest, status: int, error: str) -> HttpResponse:
    return api.create_response(request, {"success": False, "error": error}, status=status)


@api.exception_handler(AuthenticationError)
def unauthorized(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return _no(request, 401, "Send an API key: Authorization: Bearer KEY, or X-API-Key: KEY")


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The first thing that is wrong, by field, in the words that callers of the old API know."""
    first = error.errors[0]
    field = ".".join(str(part) for part in first["loc"][2:]) or "body"
    problem = "is required" if first["type"] == "missing" else f"is not valid: {first['msg']}"
    return _no(request, 400, f"{field} {problem}")


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _no(request, error.status_code, str(error))


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def away(request: HttpRequest, error: Exception) -> HttpResponse:
    response = _no(request, 429, "Not stored: please send again.")
    response["Retry-After"] = "30"
    return response


# What PostgreSQL cannot hold is left out before anything is looked at.
Storable = BeforeValidator(wire.storable)
Short = Annotated[str, Storable, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Text = Annotated[str, Storable, StringConstraints(max_length=20_000)]
Id = Annotated[str, Storable, StringConstraints(max_length=100)]


class CreateIssue(Schema):
    """An issue that another system has noticed. `message_id` (or the header Idempotency-Key) makes repeats harmless."""

    model_config = ConfigDict(extra="ignore")

    issue_type: Short
    priority: Literal["low", "medium", "high", "critical"] = Priority.MEDIUM.value
    customer_name: Annotated[str, Storable, StringConstraints(max_length=200)] | None = None
    customer_phone: Annotated[str, Storable, StringConstraints(max_length=50)] | None = None
    location: Annotated[str, Storable, StringConstraints(max_length=64)] | None = None
    message_id: Id | None = None
    message: Text | None = None
    description: Text | None = None
    alert_id: Id | None = None
    detected_at: AwareDatetime | None = None
    metadata: Annotated[dict[str, Any], Storable] | None = None


@api.post("/issues/create", summary="Create an issue, answered like any other", response=dict[str, Any])
def create_issue(request: HttpRequest, body: CreateIssue) -> dict[str, Any]:
    """A customer with an unresolved issue is not given a second one: the words join it as a new turn."""
    phone = phones.canonical(body.customer_phone) if body.customer_phone else None
    if body.customer_phone and phone is None:
        raise HttpError(400, "customer_phone is not a phone number: write it with country code, +5511900000001")
    outcome = ingest(_inbound(request, body, phone))
    issue = Issue.objects.select_related("customer", "assignee").get(pk=outcome.issue_id)
    return {
        "success": True,
        "issue": issue_row(issue),
        "message": "Issue created successfully",
        "repeated": outcome.repeated,
    }


def _inbound(request: HttpRequest, body: CreateIssue, phone: str | None) -> Inbound:
    metadata = body.metadata or {}
    preview = metadata.get("message_preview")
    text = body.message or body.description or (preview if isinstance(preview, str) else "")
    return Inbound(
        source=InboundEvent.Source.API,
        key=_key(request, body),
        kind="issues/create",
        payload=wire.storable(json.loads(request.body)),
        location=body.location or "",
        phone=phone,
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
    """What makes a repeat a repeat: the caller's own word, else this very body within the same minute."""
    own = request.headers.get("Idempotency-Key") or body.message_id
    said = f"{own}" if own else f"{timezone.now():%Y%m%d%H%M}{request.body.hex()}"
    return "api:" + hashlib.sha256(f"{request.auth.pk}:{said}".encode()).hexdigest()


def issue_row(issue: Issue) -> dict[str, Any]:
    """An issue as callers of the old API know it. Times are ISO 8601 in UTC, durations whole minutes or null."""
    customer = issue.customer
    return {
        "id": str(issue.pk),
        "alert_id": issue.metadata.get("alert_id"),
        "issue_type": issue.type,
        "priority": issue.priority,
        "status": issue.status,
        "customer_name": (customer and customer.name) or None,
        "customer_phone": customer and customer.phone and phones.digits(customer.phone),
        "assigned_to": issue.assignee and issue.assignee.get_username(),
        "escalated_to": issue.assignee.get_username() if issue.assignee and issue.escalated_at else None,
        "escalated_at": _iso(issue.escalated_at),
        "detected_at": _iso(issue.detected_at),
        "first_response_at": _iso(issue.first_response_at),
        "resolved_at": _iso(issue.resolved_at),
        "time_to_first_response": _minutes(issue.detected_at, issue.first_response_at),
        "time_to_resolution": _minutes(issue.detected_at, issue.resolved_at),
        "resolution_notes": issue.resolution_notes or None,
        "customer_satisfaction": issue.customer_satisfaction,
        "metadata": issue.metadata,
        "created_at": _iso(issue.received_at),
        "updated_at": _iso(issue.updated_at),
    }


def _iso(moment) -> str | None:
    return moment.isoformat() if moment else None


def _minutes(start, end) -> int | None:
    return int((end - start).total_seconds() // 60) if end else None

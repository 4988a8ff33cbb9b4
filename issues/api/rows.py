"""Rows as callers of the old API know them. Times are ISO 8601 in UTC, durations whole minutes or null."""

from datetime import datetime
from typing import Any

from .. import phones
from ..models import Issue


def issue_row(issue: Issue) -> dict[str, Any]:
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
        "escalated_at": iso(issue.escalated_at),
        "detected_at": iso(issue.detected_at),
        "first_response_at": iso(issue.first_response_at),
        "resolved_at": iso(issue.resolved_at),
        "time_to_first_response": _minutes(issue.detected_at, issue.first_response_at),
        "time_to_resolution": _minutes(issue.detected_at, issue.resolved_at),
        "resolution_notes": issue.resolution_notes or None,
        "customer_satisfaction": issue.customer_satisfaction,
        "metadata": issue.metadata,
        "created_at": iso(issue.received_at),
        "updated_at": iso(issue.updated_at),
    }


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _minutes(start: datetime, end: datetime | None) -> int | None:
    return int((end - start).total_seconds() // 60) if end else None

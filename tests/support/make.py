"""Rows for tests: everything has a believable default, and a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count

from issues.deadlines import at_risk_before
from issues.ingest import Inbound
from issues.models import Customer, InboundEvent, Issue, PromptVersion, Response, SlaPolicy
from issues.models.issue import Priority
from mis_dashboard.lib.ids import uuid7

NOW = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
_numbers = count(1)


def inbound(**changes) -> Inbound:
    """A customer's message as GoHighLevel's workflow reports it."""
    number = next(_numbers)
    given = {
        "source": InboundEvent.Source.GHL_WORKFLOW,
        "key": f"ghl:event-{number}",
        "kind": "workflow",
        "payload": {"contact_id": "ct1"},
        "location": "loc1",
        "contact_id": "ct1",
        "phone": "+5511900000001",
        "name": "Ana Exemplo",
        "text": "Não consigo entrar na plataforma",
        "message_id": f"ghl:message-{number}",
        "message": True,
    }
    return Inbound(**(given | changes))


def customer(**changes) -> Customer:
    number = next(_numbers)
    given = {"location": "loc1", "contact_id": f"ct{number}", "phone": f"+55119{number:08d}", "name": "Ana Exemplo"}
    return Customer.objects.create(**(given | changes))


def issue(*, at: datetime = NOW, **changes) -> Issue:
    """An open issue, detected at `at`, of a customer of its own."""
    given = {
        "location": "loc1",
        "type": "technical_issue",
        "text": "Não consigo entrar na plataforma",
        "detected_at": at,
        "received_at": at,
        "response_due_at": at + timedelta(seconds=120),
        "resolution_due_at": at + timedelta(hours=4),
    } | changes
    if "customer" not in changes:
        given["customer"] = customer()
    risks = {f"{name}_risk_at": at_risk_before(given[f"{name}_due_at"], at) for name in ("response", "resolution")}
    return Issue.objects.create(**(risks | given))


def response(issue: Issue, *, at: datetime = NOW, turn: int = 1, **changes) -> Response:
    """A response that waits for its turn to be answered, unless `changes` say more."""
    given = {
        "issue": issue,
        "turn": turn,
        "rank": Priority(issue.priority).rank,
        "created_at": at,
        "due_at": at,
        "deadline_at": at + timedelta(seconds=120),
    }
    if changes.get("state") in ("thinking", "speaking"):
        given |= {"claimed_by": uuid7(), "claimed_at": at}
    return Response.objects.create(**(given | changes))


def promises() -> None:
    """The targets that are shipped, unless some are there."""
    shipped = import_module("issues.migrations.0014_sla_shipped")
    for priority, (response_s, resolution_s) in shipped.SHIPPED.items():
        targets = {"response_s": response_s, "resolution_s": resolution_s, "since": shipped.ALWAYS}
        SlaPolicy.objects.get_or_create(priority=priority, location="", defaults=targets)


def prompt(name: str = "reply") -> PromptVersion:
    """The wording in force of a prompt."""
    return PromptVersion.objects.get(name=name, active=True)

"""What the fields of the bodies may hold. What PostgreSQL cannot hold was left out before (`door.Parser`)."""

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import Http404
from pydantic import BeforeValidator, StringConstraints

from mis_dashboard.lib import wire

from .. import phones
from ..models import Issue

LONGEST_SAID = 4096  # what one WhatsApp message can hold

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Told = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_SAID)]
Level = Literal["low", "medium", "high", "critical"]


def _phone(raw: Any) -> Any:
    """The number in its one form. Raises ValueError with what to write."""
    phone = phones.canonical(raw) if isinstance(raw, str) else None
    if phone is None:
        raise ValueError("not a phone number: write it with country code, +5511900000001")
    return phone


def _object(raw: Any) -> Any:
    """n8n sends objects also as text. Raises ValueError with what to write."""
    if not isinstance(raw, str):
        return raw
    try:
        return wire.storable(json.loads(raw))
    except (ValueError, RecursionError):
        raise ValueError("not valid: write an object, or JSON of one that is not nested too deeply") from None


Phone = Annotated[str, BeforeValidator(_phone)]
Object = Annotated[dict[str, Any], BeforeValidator(_object)]


def unless_null(default: Any) -> BeforeValidator:
    """A field sent as null is one that was not sent: workflows send both."""
    return BeforeValidator(lambda value: default if value is None else value)


def find(issue_id: UUID) -> Issue:
    """The issue with all that a row shows of it. Raises Http404."""
    issue = Issue.objects.select_related("customer", "assignee").filter(pk=issue_id).first()
    if issue is None:
        raise Http404("issue_id: there is no such issue")
    return issue

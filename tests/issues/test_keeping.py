"""What is kept, for how long, and what can never be changed."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone

from issues import actions, jobs
from issues.models import Action, InboundEvent
from tests.support import make

pytestmark = pytest.mark.django_db


def test_inbound_events_are_kept_for_30_days_and_their_issues_longer():
    now, issue = timezone.now(), make.issue()
    for days in (29, 31):
        InboundEvent.objects.create(
            source="ghl_app", key=f"{days}", kind="x", payload={}, issue=issue, received_at=now - timedelta(days=days)
        )
    jobs.forget()
    assert [event.key for event in InboundEvent.objects.all()] == ["29"]
    issue.refresh_from_db()


def test_what_happened_can_be_neither_changed_nor_removed():
    action = actions.record(make.issue(), Action.Kind.RECEIVED)
    for change in (lambda: Action.objects.update(success=False), lambda: Action.objects.all()._raw_delete("default")):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
    action.refresh_from_db()
    assert action.success


def test_a_user_who_leaves_stays_named_in_what_they_did():
    ana = get_user_model().objects.create_user("ana")
    action = actions.record(make.issue(), Action.Kind.ESCALATED, user=ana, reason="x")
    ana.delete()
    action.refresh_from_db()
    assert (action.user, action.by, action.automated) == (None, "ana", False)

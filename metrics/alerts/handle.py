"""What people do about an incident. It changes who is told, never the state; each deed is in the log under its author's name."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from mis_dashboard.lib import live

from ..models import AlertEvent, AlertState, Incident, Silence


class Over(Exception):
    """The incident has ended: there is nothing left to do about it."""


def acknowledge(incident: UUID, user: AbstractBaseUser, now: datetime) -> Incident:
    """`user` has taken it up: nobody else is told any more, but of the end. Whoever was first stays; twice is once. Raises Over."""
    with transaction.atomic():
        found = _open(incident)
        if found.acknowledged_at is None:
            found.acknowledged_at, found.acknowledged_by = now, user
            found.save(update_fields=["acknowledged_at", "acknowledged_by"])
            _note(found, AlertEvent.Kind.ACKNOWLEDGED, user, now)
        return found


def silence(incident: UUID, user: AbstractBaseUser, now: datetime, *, until: datetime, reason: str) -> Silence:
    """Nobody is told of the incident's rule until then. `until` is after `now`, `reason` not empty. Raises Over."""
    with transaction.atomic():
        found = _open(incident)
        made = Silence.objects.create(
            rule_id=found.rule_id, reason=reason, starts_at=now, ends_at=until, author=user, created_at=now
        )
        _note(found, AlertEvent.Kind.SILENCED, user, now, reason)
        return made


def _open(incident: UUID) -> Incident:
    """The incident, kept from the watch until this transaction ends. Raises Over, and Incident.DoesNotExist."""
    if AlertState.objects.select_for_update(of=("self",)).filter(incident=incident).first() is None:
        Incident.objects.get(pk=incident)
        raise Over
    return Incident.objects.select_related("rule").get(pk=incident)


def _note(incident: Incident, kind: str, user: AbstractBaseUser, now: datetime, reason: str = "") -> None:
    state = AlertState.objects.get(incident=incident)
    AlertEvent.objects.create(
        rule=incident.rule, incident=incident, at=now, kind=kind, state=state.state, value=state.value, n=state.n,
        link=incident.link, by=user.get_username(), reason=reason,
    )  # fmt: skip
    live.announce()

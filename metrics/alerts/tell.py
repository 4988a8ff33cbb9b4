"""Writes notices into the outbox, in the transaction of what they are about. `notify` sends them."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from mis_dashboard.lib.ids import uuid7

from ..models import AlertRule, AlertState, Incident, Notice, Outlet
from . import overlays
from .signals import SIGNALS


def outlets(rule: AlertRule) -> list[str]:
    """The outlets of the rule that lead anywhere: e-mail to its own addresses, where it has any, else to everybody's."""
    addresses = {
        Outlet.SLACK: settings.SLACK_WEBHOOK_URL,
        Outlet.EMAIL: rule.emails or settings.ALERT_EMAILS,
        Outlet.WEBHOOK: settings.ALERT_WEBHOOK_URL,
    }
    return [str(outlet) for outlet, address in addresses.items() if address and outlet in rule.outlets]


def quiet_until(now: datetime) -> datetime | None:
    """When the quiet hours that it is at `now` end; None when it is none, or there are none."""
    if not settings.ALERT_QUIET_HOURS:
        return None
    return overlays.QuietHours(*settings.ALERT_QUIET_HOURS, timezone.get_default_timezone()).until(now)


def owe(
    incident: Incident, rule: AlertRule, state: AlertState | None, now: datetime, muted: overlays.Why | None = None
) -> list[Notice]:
    """The notices of an incident that are owed as of now, stored. `state` is None when it has ended. To owe twice stores nothing more."""
    made = []
    for outlet, told in _told(incident, rule).items():
        for kind in overlays.owed(
            told,
            ended=incident.resolved_at is not None,
            firing=state is not None and state.state in ("firing", "no_data", "error"),
            acknowledged=incident.acknowledged_at is not None,
            muted=muted,
        ):
            due_at = now if kind == "firing" else _due_at(rule, now)
            made.append(_notice(incident, rule, outlet, kind, now, due_at))
    return Notice.objects.bulk_create(made, ignore_conflicts=True) if made else []


def _told(incident: Incident, rule: AlertRule) -> dict[str, overlays.Told]:
    """By outlet, what has been said or is about to be. An outlet that was taken away still hears of the end."""
    kinds: dict[str, set[str]] = {outlet: set() for outlet in outlets(rule)}
    if not incident._state.adding:
        for outlet, kind in incident.notices.values_list("outlet", "kind"):
            kinds.setdefault(outlet, set()).add(kind)
    return {
        outlet: overlays.Told("firing" in of_one, "update" in of_one, "resolved" in of_one)
        for outlet, of_one in kinds.items()
    }


def _due_at(rule: AlertRule, now: datetime) -> datetime:
    """What is not critical waits for the morning."""
    return now if rule.severity == "critical" else quiet_until(now) or now


def _notice(incident: Incident, rule: AlertRule, outlet: str, kind: str, now: datetime, due_at: datetime) -> Notice:
    key = f"{incident.pk}:{outlet}:{kind}"
    facts = _facts(rule, now) | _of(incident)
    return Notice(
        incident=incident, rule=rule, outlet=outlet, kind=kind, key=key, facts=facts, created_at=now, due_at=due_at
    )


def _facts(rule: AlertRule, now: datetime) -> dict[str, Any]:
    """Of a rule, as it is now: numbers and names of ours."""
    signal = SIGNALS.get(rule.signal)
    return {
        "at": now.isoformat(),
        "threshold": rule.threshold,
        "window_s": rule.window_s if signal and signal.windowed else 0,
        "filters": rule.filters,
    }


def _of(incident: Incident) -> dict[str, Any]:
    return {
        "cause": incident.cause,
        "value": incident.value,
        "worst": incident.worst,
        "n": incident.n,
        "about": incident.about,
        "link": incident.link,
        "began_at": incident.began_at.isoformat(),
        "resolved_at": incident.resolved_at and incident.resolved_at.isoformat(),
        "acknowledged_by": incident.acknowledged_by.get_username() if incident.acknowledged_by else "",
    }


def test(rule: AlertRule, now: datetime) -> list[Notice]:
    """A test notice through every outlet of the rule, stored. Nothing else changes."""
    facts = _facts(rule, now) | {"cause": "condition"}
    return Notice.objects.bulk_create(
        Notice(
            rule=rule, outlet=outlet, kind="test", key=f"test:{uuid7()}", facts=facts, created_at=now, due_at=now
        )
        for outlet in outlets(rule)
    )  # fmt: skip

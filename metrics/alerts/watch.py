"""Looks at every rule, and lives its life on: what changed, the log of it and the notices are written in one transaction.

The clock calls `look` every few seconds. It may be killed at any moment and may run twice at once: each rule is locked while
it is looked at, and what was not written is found again by the next look. A rule that goes wrong is an "error" of that rule alone.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from mis_dashboard.lib import live
from mis_dashboard.lib.logs import name_of

from .. import cells
from ..models import AlertEvent, AlertRule, AlertState, Incident, Notice, Silence
from . import overlays, signals, tell
from .life import Failed, Life, Look, Reading, Terms, step

log = logging.getLogger("mis.alerts")

LOOK_S = 5.0
# A signal that takes longer is an error of its rule: the others are waiting.
SIGNAL_MS = 4000
# Of what was so before a pause that long, nobody knows whether it lasted.
UNSEEN = timedelta(minutes=1)
LASTING = ("pending", "recovering", "no_data", "error")
LOG_KEPT = timedelta(days=400)


@dataclass(frozen=True)
class Round:
    """What one round knows: the silences in force, and which rules fire, by code."""

    silences: list[Silence]
    firing: set[str]


def look(now: datetime | None = None) -> None:
    """Looks at every rule once. `now` fixes the moment; without it, each rule is looked at as of its own."""
    about = Round(list(Silence.objects.filter(ends_at__gt=now or timezone.now())), set())
    for rule in _causes_first(watched()):
        try:
            if _look_at(rule, now or timezone.now(), about):
                about.firing.add(rule.code)
        except DatabaseError:
            log.exception("a rule could not be looked at", extra={"rule": rule.code})


def watched() -> list[AlertRule]:
    """The rules that are enabled, and those that were switched off in the middle of something."""
    busy = Q(state__incident__isnull=False)
    return list(AlertRule.objects.filter(Q(enabled=True) | busy).prefetch_related("inhibited_by").order_by("code"))


def _causes_first(rules: Iterable[AlertRule]) -> list[AlertRule]:
    """So that nobody is told what follows from something before that is known. Rules that follow from each other stay as they came."""
    waiting = {rule.code: rule for rule in rules}
    ordered: list[AlertRule] = []
    while waiting:
        free = [rule for rule in waiting.values() if not waiting.keys() & _causes(rule)] or list(waiting.values())
        ordered += free
        for rule in free:
            del waiting[rule.code]
    return ordered


def _causes(rule: AlertRule) -> set[str]:
    return {cause.code for cause in rule.inhibited_by.all()}


def _look_at(rule: AlertRule, now: datetime, about: Round) -> bool:
    """One rule in one transaction. Whether it fires afterwards, so that what follows from it need not be told."""
    with transaction.atomic():
        state = _locked(rule, now)
        if state is None:
            return AlertState.objects.filter(rule=rule, incident__cause="condition").exists()
        moment = _moment(rule, now)
        if not rule.enabled:
            _withdraw(rule, state, now)
        elif state.read_at is None or moment > state.read_at:
            _live_on(rule, state, _life(rule, state, moment), read(rule, moment), moment)
        state.seen_at = now
        if state.incident:
            _tell(rule, state, now, about)
        state.save()
        return state.incident is not None and state.incident.cause == "condition"


def _locked(rule: AlertRule, now: datetime) -> AlertState | None:
    """The rule's state, for this transaction alone; None while somebody else looks at it."""
    rows = AlertState.objects.select_related("incident").select_for_update(skip_locked=True, of=("self",))
    if (found := rows.filter(rule=rule).first()) is None:
        AlertState.objects.bulk_create([AlertState(rule=rule, since=now)], ignore_conflicts=True)
        found = rows.filter(rule=rule).first()
    return found


def _moment(rule: AlertRule, now: datetime) -> datetime:
    signal = signals.SIGNALS.get(rule.signal)
    return signal.moment(now, rule.window_s) if signal else now


def read(rule: AlertRule, moment: datetime) -> Look:
    """What the rule's signal says. Never raises: what goes wrong is a `Failed`, and undone."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {SIGNAL_MS}; {cells.BY_INDEX}")
            found = signals.SIGNALS[rule.signal].read(moment, rule.window_s)
            cursor.execute("SET LOCAL statement_timeout = DEFAULT")
            return found
    except Exception as error:
        log.warning("a signal cannot be read", exc_info=error, extra={"rule": rule.code})
        return Failed(name_of(error))


def terms(rule: AlertRule) -> Terms:
    return Terms(
        rule.condition, rule.threshold, rule.clear, rule.min_n, rule.min_count, rule.for_s, rule.clear_for_s, rule.patience_s
    )  # fmt: skip


def _life(rule: AlertRule, state: AlertState, moment: datetime) -> Life:
    """The rule's life so far. What must last begins anew where nobody has looked for a while."""
    unseen = state.read_at is not None and moment - state.read_at > UNSEEN + timedelta(
        seconds=signals.step_s(rule.window_s)
    )
    since = moment if unseen and state.state in LASTING else state.since
    return Life(state.state, since, state.incident.cause if state.incident else "")


def _live_on(rule: AlertRule, state: AlertState, before: Life, found: Look, moment: datetime) -> None:
    """The state after one look, with its incident and log. `state` is not saved here."""
    after = step(before, found, terms(rule), moment)
    state.state, state.since, state.read_at = after.state, after.since, moment
    value, n = (found.value, found.n) if isinstance(found, Reading) else (None, 0)
    state.value, state.n = value, n
    state.about = found.about[:200] if isinstance(found, Reading) else ""
    state.reason = "" if isinstance(found, Reading) else found.reason[:200]
    ended = state.incident if before.open and not after.open else None
    if after.open:
        state.incident = _incident(rule, state, before, after, found, moment)
    elif ended:
        _end(ended, moment)
        state.incident = None
    if after.state != before.state or after.open != before.open:
        kind = AlertEvent.Kind.STATE if after.state != before.state else AlertEvent.Kind.BLIND
        _note(rule, state, moment, kind, ended or state.incident, found)


def _incident(rule: AlertRule, state: AlertState, before: Life, after: Life, found: Look, moment: datetime) -> Incident:
    """The open incident: made, or told what is new of it."""
    incident = state.incident
    if incident is None:
        began_at = before.since if before.state in ("pending", "no_data", "error") else moment
        incident = Incident(
            rule=rule, severity=rule.severity, began_at=min(began_at, moment), fired_at=moment, value=state.value
        )
    is_new, was = incident._state.adding, (incident.cause, incident.worst)
    incident.cause = after.open
    if isinstance(found, Reading) and after.state == "firing" and is_worse(rule, found.value, incident.worst):
        incident.worst, incident.n, incident.link, incident.about = found.value, found.n, found.link, state.about
    if is_new:
        incident.save()
    elif was != (incident.cause, incident.worst):
        # Not all of it: somebody may be taking it up at this moment.
        incident.save(update_fields=["cause", "worst", "n", "link", "about"])
    return incident


def is_worse(rule: AlertRule, value: float | None, worst: float | None) -> bool:
    """Whether `value` is farther beyond the rule's threshold than the worst so far."""
    if value is None or worst is None:
        return value is not None
    return value < worst if rule.condition == "below" else value > worst


def _end(incident: Incident, moment: datetime) -> None:
    incident.resolved_at = max(moment, incident.fired_at)
    incident.save(update_fields=["resolved_at"])
    tell.owe(incident, incident.rule, None, moment)


def _withdraw(rule: AlertRule, state: AlertState, now: datetime) -> None:
    """A rule that was switched off has no incident any more."""
    if state.incident is None:
        return
    incident, state.incident = state.incident, None
    state.state, state.since, state.muted = "inactive", now, ""
    _note(rule, state, now, AlertEvent.Kind.WITHDRAWN, incident)
    _end(incident, now)


def _tell(rule: AlertRule, state: AlertState, now: datetime, about: Round) -> None:
    """Writes the notices that are owed, and down when people cease to be told or are told again."""
    muted, by = _muted(rule, now, about)
    told = f"{muted or ''} {by}".strip()[:60]
    if told != state.muted:
        kind = AlertEvent.Kind.MUTED if muted else AlertEvent.Kind.UNMUTED
        _note(rule, state, now, kind, state.incident, reason=told)
        state.muted = told
    tell.owe(state.incident, rule, state, now, muted)


def _muted(rule: AlertRule, now: datetime, about: Round) -> tuple[overlays.Why | None, str]:
    """Why nobody is told of the rule now, and which one explains it."""
    cause = overlays.inhibitor(_causes(rule), about.firing)
    muted = overlays.muted(
        silenced=overlays.silence(rule.pk, about.silences, now) is not None,
        inhibited=cause,
        quiet=tell.quiet_until(now) is not None,
        critical=rule.severity == "critical",
    )
    return muted, cause if muted == "inhibited" else ""


def _note(
    rule: AlertRule,
    state: AlertState,
    at: datetime,
    kind: str,
    incident: Incident | None,
    found: Look | None = None,
    reason: str = "",
) -> None:
    """Writes the log, and rings for the open screens."""
    AlertEvent.objects.create(
        rule=rule,
        incident=incident,
        at=at,
        kind=kind,
        state=state.state,
        value=state.value,
        n=state.n,
        window_s=rule.window_s if _is_windowed(rule) else 0,
        link=found.link if isinstance(found, Reading) else "",
        reason=reason or state.reason,
    )
    live.announce()
    log.info("alert", extra={"rule": rule.code, "kind": str(kind), "state": state.state})


def _is_windowed(rule: AlertRule) -> bool:
    return rule.signal in signals.SIGNALS and signals.SIGNALS[rule.signal].windowed


def forget(now: datetime | None = None) -> int:
    """Removes what is older than LOG_KEPT from the log and the outbox; how many rows."""
    before = (now or timezone.now()) - LOG_KEPT
    events, _each = AlertEvent.objects.filter(at__lt=before).delete()
    notices, _each = Notice.objects.filter(created_at__lt=before).exclude(state__in=Notice.UNSENT).delete()
    return events + notices

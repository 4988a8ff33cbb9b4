"""Looks at every rule, and lives its life on: what changed, the log of it and the notices are written in one transaction.

The clock calls `look` every few seconds. It may be killed at any moment and may run twice at once: what is seen is written with its rule
locked, and only if nobody saw it later; what was not written is found again by the next look. Rules of which there is
nothing to tell are noted together in one statement. A rule that goes wrong is an "error" of that rule alone.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error, connection, transaction
from django.db.models import Q
from django.utils import timezone

from mis_dashboard.lib import live

from ..models import AlertEvent, AlertRule, AlertState, Incident, Notice, Silence
from . import overlays, read, signals, tell
from .asked import step_s
from .life import Life, Look, Reading, Terms, step
from .read import Seen

log = logging.getLogger("mis.alerts")

LOOK_S = 5.0
# Of what was so before a pause that long, nobody knows whether it lasted.
UNSEEN = timedelta(minutes=1)
LASTING = ("pending", "recovering", "no_data", "error")
LOG_KEPT = timedelta(days=400)


@dataclass(frozen=True)
class Round:
    """What one round knows: the silences in force, what was seen of which rule, and which rules fire, by code."""

    silences: list[Silence]
    seen: dict[str, Seen]
    firing: set[str]


def look(now: datetime | None = None) -> None:
    """Looks at every rule once, as of `now`."""
    now = now or timezone.now()
    rules = watched()
    silences = list(Silence.objects.filter(ends_at__gt=now))
    seen = read.looks((rule for rule in rules if rule.enabled and _is_due(rule, now)), now)
    about, quiet = Round(silences, seen, set()), []
    for rule in _causes_first(rules):
        if _is_quiet(rule, seen.get(rule.code)):
            quiet.append(rule)
        elif _lives_on(rule, now, about):
            about.firing.add(rule.code)
    _note_quiet(quiet, seen, now)


def watched() -> list[AlertRule]:
    """The rules that are enabled, and those that were switched off in the middle of something; each with its state, if it has one."""
    busy = Q(state__incident__isnull=False)
    rules = AlertRule.objects.filter(Q(enabled=True) | busy).select_related("state").order_by("code")
    return list(rules.prefetch_related("inhibited_by"))


def _state(rule: AlertRule) -> AlertState | None:
    """As it was read with the rule; None for one that nobody has looked at."""
    return getattr(rule, "state", None)


def _is_due(rule: AlertRule, now: datetime) -> bool:
    """Whether there is anything new to see."""
    state = _state(rule)
    return state is None or _is_later(rule, read.moment_of(rule, now), state.read_at)


def _is_later(rule: AlertRule, moment: datetime, read_at: datetime | None) -> bool:
    """Whether a look at `moment` follows one at `read_at`. One that lies far ahead is from before the clock was set back."""
    return read_at is None or moment > read_at or read_at - moment > _longest(rule)


def _longest(rule: AlertRule) -> timedelta:
    """The longest time between two looks in a row."""
    return UNSEEN + timedelta(seconds=step_s(rule.window_s))


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


# --- Rules of which there is nothing to tell ---------------------------------------------------------


def _is_quiet(rule: AlertRule, seen: Seen | None) -> bool:
    """Whether the rule is in no trouble, and what was seen changes nothing about that."""
    state = _state(rule)
    if state is None or state.incident_id is not None or not rule.enabled:
        return False
    before = Life(state.state, state.since)
    return seen is None or _after(rule, state, "", seen) == before


def _after(rule: AlertRule, state: AlertState, open_cause: str, seen: Seen) -> Life:
    return step(_life(rule, state, open_cause, seen.moment), seen.look, terms(rule), seen.moment)


# Whoever looked meanwhile has seen it later, and whoever is at it has the row locked: both are left alone.
NOTE_QUIET = """
    WITH seen AS (
        SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::float8[], %s::int[], %s::text[], %s::text[])
            AS each (rule_id, before, read_at, value, n, about, reason)
    ), mine AS (
        SELECT rule_id FROM metrics_alertstate s JOIN seen USING (rule_id)
        WHERE s.read_at IS NOT DISTINCT FROM seen.before AND s.incident_id IS NULL
        ORDER BY rule_id FOR UPDATE OF s SKIP LOCKED
    )
    UPDATE metrics_alertstate s
    SET seen_at = %s, read_at = seen.read_at, value = seen.value, n = seen.n, about = seen.about, reason = seen.reason
    FROM seen JOIN mine USING (rule_id) WHERE s.rule_id = seen.rule_id"""


def _note_quiet(rules: list[AlertRule], seen: dict[str, Seen], now: datetime) -> None:
    """Writes down that the rules were looked at, and what was seen of them. One statement."""
    rows = []
    for rule in rules:
        state = rule.state
        before = state.read_at
        if found := seen.get(rule.code):
            _see(state, found)
        rows.append((rule.pk, before, state.read_at, state.value, state.n, state.about, state.reason))
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(NOTE_QUIET, [*(list(column) for column in zip(*rows, strict=True)), now])


def _see(state: AlertState, seen: Seen) -> None:
    """What was seen, as the state keeps it. Nothing is saved here."""
    look = seen.look
    is_read = isinstance(look, Reading)
    state.read_at = seen.moment
    state.value, state.n = (look.value, look.n) if is_read else (None, 0)
    state.about = look.about[:200] if is_read else ""
    state.reason = "" if is_read else look.reason[:200]


# --- Rules in trouble, or about to be ----------------------------------------------------------------


def _lives_on(rule: AlertRule, now: datetime, about: Round) -> bool:
    """The rule's life after what was seen, and whether it fires. What goes wrong is logged, and leaves it as it was."""
    try:
        return _look_at(rule, now, about)
    except Exception:
        log.exception("a rule could not be looked at", extra={"rule": rule.code})
    return _fires(rule)


def _fires(rule: AlertRule) -> bool:
    try:
        return AlertState.objects.filter(rule=rule, incident__cause="condition").exists()
    except Error:
        return False


def _look_at(rule: AlertRule, now: datetime, about: Round) -> bool:
    """One rule in one transaction. Whether it fires afterwards, so that what follows from it need not be told."""
    with transaction.atomic():
        state = _locked(rule, now)
        if state is None:
            return _fires(rule)
        seen = about.seen.get(rule.code)
        if not rule.enabled:
            _withdraw(rule, state, now)
        elif seen and _is_later(rule, seen.moment, state.read_at):
            _live_on(rule, state, seen, now)
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


def terms(rule: AlertRule) -> Terms:
    return Terms(
        rule.condition, rule.threshold, rule.clear, rule.min_n, rule.min_count, rule.for_s, rule.clear_for_s, rule.patience_s
    )  # fmt: skip


def _life(rule: AlertRule, state: AlertState, open_cause: str, moment: datetime) -> Life:
    """The rule's life so far. What must last begins anew where nobody has looked for a while."""
    unseen = state.read_at is not None and not timedelta() <= moment - state.read_at <= _longest(rule)
    since = moment if unseen and state.state in LASTING else state.since
    return Life(state.state, since, open_cause)


def _live_on(rule: AlertRule, state: AlertState, seen: Seen, now: datetime) -> None:
    """The state after one look, with its incident and log. `state` is not saved here."""
    moment, found = seen.moment, seen.look
    before = _life(rule, state, state.incident.cause if state.incident else "", moment)
    after = step(before, found, terms(rule), moment)
    state.state, state.since = after.state, after.since
    _see(state, seen)
    # That nobody could tell, and that it is wrong, are two troubles: people were told of the first only.
    is_over = before.open and (not after.open or (before.open, after.open) == ("blind", "condition"))
    ended = state.incident if is_over else None
    if ended:
        _end(ended, moment, now)
        state.incident, state.muted = None, ""
    if after.open:
        state.incident = _incident(rule, state, before, after, found, moment)
    if after.state != before.state or after.open != before.open:
        kind = AlertEvent.Kind.STATE if after.state != before.state else AlertEvent.Kind.BLIND
        _note(rule, state, moment, kind, state.incident or ended, found)


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


def _end(incident: Incident, moment: datetime, now: datetime) -> None:
    """It was over at `moment`, and that is told as of `now`."""
    incident.resolved_at = max(moment, incident.fired_at)
    incident.save(update_fields=["resolved_at"])
    tell.owe(incident, incident.rule, None, now)


def _withdraw(rule: AlertRule, state: AlertState, now: datetime) -> None:
    """A rule that was switched off has no incident any more."""
    if state.incident is None:
        return
    incident, state.incident = state.incident, None
    state.state, state.since, state.muted = "inactive", now, ""
    _note(rule, state, now, AlertEvent.Kind.WITHDRAWN, incident)
    _end(incident, now, now)


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

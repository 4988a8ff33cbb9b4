"""Circuit breakers: a model that fails three times in a row is left alone, but for one question every 30 seconds.

The state is in the database: all workers share it, and it outlives them. It is read at most twice a second
and written only when something goes wrong, or right again.
"""

import logging
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from mis_dashboard.lib import live
from mis_dashboard.lib.recent import recent

from .ai.base import AIError, Blocked, Busy, Misconfigured
from .models import Breaker

log = logging.getLogger("mis.breaker")

FAILURES_TO_OPEN = 3
PROBE_EACH = timedelta(seconds=30)
# What a model is believed to take before it was asked often enough.
FIRST_GUESS_S = 3.0
ENOUGH_CALLS = 5
RECENT_CALLS = 50
RECENTLY = timedelta(minutes=15)

# A failure that no repetition cures opens it at once. Whoever opens it lets the first probe wait its 30 seconds.
FAILED = """
    INSERT INTO issues_breaker AS b (model, failures, reason, opened_at, probed_at)
    VALUES (%(model)s, 1, %(reason)s, CASE WHEN %(open_at)s <= 1 THEN statement_timestamp() END, statement_timestamp())
    ON CONFLICT (model) DO UPDATE SET
        failures = b.failures + 1, reason = excluded.reason,
        probed_at = CASE WHEN b.opened_at IS NULL THEN statement_timestamp() ELSE b.probed_at END,
        opened_at = COALESCE(b.opened_at, CASE WHEN b.failures + 1 >= %(open_at)s THEN statement_timestamp() END)
    RETURNING opened_at = statement_timestamp()
"""
PROBE = """
    UPDATE issues_breaker SET probed_at = clock_timestamp()
    WHERE model = %s AND opened_at IS NOT NULL AND (probed_at IS NULL OR probed_at <= clock_timestamp() - %s)
"""
BUSY = """
    INSERT INTO issues_breaker AS b (model, reason, busy_until) VALUES (%s, 'busy', clock_timestamp() + %s)
    ON CONFLICT (model) DO UPDATE SET reason = 'busy', busy_until = GREATEST(b.busy_until, excluded.busy_until)
"""
USUAL = """
    SELECT count(*), percentile_cont(0.9) WITHIN GROUP (ORDER BY latency_s) FROM (
        SELECT latency_s FROM issues_aicall
        WHERE started_at > %s AND model = %s AND outcome IN ('answered', 'late') ORDER BY started_at DESC LIMIT %s
    ) AS latest
"""


def may_ask(model: str) -> bool:
    """Whether to ask `model` now. While it is left alone, True for one caller in all workers every 30 seconds."""
    state = _states().get(model)
    if state is None or _is_well(state, timezone.now()):
        return True
    if _is_busy(state, timezone.now()):
        return False
    with connection.cursor() as cursor:
        cursor.execute(PROBE, [model, PROBE_EACH])
        return cursor.rowcount == 1


def is_closed(model: str) -> bool:
    """Whether `model` is asked like any other: it was not left alone, as far as we know."""
    state = _states().get(model)
    return state is None or _is_well(state, timezone.now())


def may_probe(model: str) -> bool:
    """Whether it is time to ask a model that is left alone; nothing is claimed by asking this."""
    state = _states().get(model)
    now = timezone.now()
    return state is not None and not _is_busy(state, now) and (state.probed_at or now) <= now - PROBE_EACH


def busy_for_s(model: str) -> float:
    """For how many seconds `model` has asked to be left alone yet; 0 when it has not."""
    state = _states().get(model)
    return max(0.0, (state.busy_until - timezone.now()).total_seconds()) if state and state.busy_until else 0.0


def failed(model: str, error: AIError) -> None:
    """`model` gave no usable answer. What is refused for its content says nothing about the model."""
    if isinstance(error, Blocked):
        return
    if isinstance(error, Busy) and error.retry_after_s:
        _write(BUSY, [model, timedelta(seconds=error.retry_after_s)])
        live.announce()
        return
    open_at = 1 if isinstance(error, Misconfigured) else FAILURES_TO_OPEN
    [opened] = _write(FAILED, {"model": model, "reason": error.outcome, "open_at": open_at})
    if opened:
        say = log.error if isinstance(error, Misconfigured) else log.warning
        say("model left alone", extra={"model": model, "outcome": error.outcome})
        live.announce()


def worked(model: str) -> bool:
    """`model` has answered. True when it had been left alone until now."""
    state = _states().get(model)
    if state is None or (state.failures == 0 and state.opened_at is None):
        return False
    was_open = Breaker.objects.filter(model=model, opened_at__isnull=False).update(opened_at=None, failures=0) > 0
    if was_open:
        log.warning("model answers again", extra={"model": model})
        live.announce()
    else:
        Breaker.objects.filter(model=model).update(failures=0)
    _states.forget()
    return was_open


@recent(seconds=5)
def usual_s(model: str) -> float:
    """What nine in ten calls to `model` have lately taken at most, in seconds; those given up count as what they took."""
    with connection.cursor() as cursor:
        cursor.execute(USUAL, [timezone.now() - RECENTLY, model, RECENT_CALLS])
        calls, p90_s = cursor.fetchone()
    return p90_s if calls >= ENOUGH_CALLS else FIRST_GUESS_S


def _is_well(state: Breaker, now: datetime) -> bool:
    return state.opened_at is None and not _is_busy(state, now)


def _is_busy(state: Breaker, now: datetime) -> bool:
    return state.busy_until is not None and state.busy_until > now


@recent(seconds=0.5)
def _states() -> dict[str, Breaker]:
    return {state.model: state for state in Breaker.objects.all()}


def _write(statement: str, values) -> tuple | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone() if cursor.description else None
    _states.forget()
    return row

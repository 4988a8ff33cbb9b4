"""All that a screen shows, at one moment: whole, small, and without a word about any person."""

import json
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from issues import ai, channels, promises
from issues.models import SlaPolicy
from issues.models.issue import Priority

from . import cells, facts, kpis, queries, systems
from .alerts import shown
from .facts import Facts
from .tally import Answers, Tally
from .window import UTC, Scope, Window

PROMISES = {"first_response": "response", "resolution": "resolution"}  # as a policy and the measures call it


def build(scope: Scope, now: datetime, *, seq: int = 0, boot: str = "") -> dict:
    """The snapshot of `scope` at `now`, ready for JSON. Some thirty statements, which all see the same state of the tables.

    Instants are ISO 8601 in UTC with a Z, durations are seconds, rates 0 to 1; null is "nothing to
    measure" or "never". `seq` numbers the snapshots of the hub `boot`; 0 and "" when none sent it.

        filters location, priority, type: those that it is narrowed down to
        kpis    NAME → value, unit, n, target, interim, better, state, lower_bound, before, change, extra (`kpis`)
        now     open, waiting, waiting_since, waiting_by_priority (PRIORITY → n), thinking, speaking,
                unsure, escalated_unassigned, at_risk, breached (promises, of either kind), last_reply_at,
                models: [{model, state, reason, since, until, failures}], channel: {state, since},
                queue: {waiting, oldest_due_at, follow_ups, surveys}, budget: NAME → size, left (`systems`)
        sla     PRIORITY → "first_response" | "resolution" → target_s and hours ("business" or "always": as promised now), pending,
                at_risk, met, met_late, breached, next_deadlines: [{issue, risk_at, due_at, priority}], the nearest first, last_breaches: those of
                open issues that have passed, the latest first, and changes_at: when the next one comes to be at risk, or is breached
        alerts  [{id, severity, title, about, since, incident, state, acknowledged_at and _by (a user name), silenced_until,
                inhibited_by, value, unit, n, link, work, filters, own}], what is wrong, the worst first: `incident` is null where no
                rule watches it, `link` leads to the rows behind the value, `work` is the query of the administration's list in which
                staff act on it, or "", `filters` are what its rule is narrowed down to, `own` are a rule's own words (title, means,
                repair), null where it has none
        series  starts, received, resolved, ttfr_p50, ttfr_p90, cost_usd: one entry per bucket, and
                unfinished: whether the last bucket is still being filled; and target_s, the shortest that is promised
                for a first response. The first bucket is whole, and so may begin before the window does.
        feed    [{at, kind, how, priority, type, took_s}], the newest first; how is "ai", "cached",
                "template", "human", "program", "follow_up" or "handover" for a reply, "system", "confirmed",
                "silence", "program" or "human" for a resolution, "system" or "human" for the rest
    """
    zone = timezone.get_default_timezone()
    window = scope.at(now, zone)
    with one_state():
        found = facts.read(window, zone)
        open_ones = queries.open_ones(window)
        in_force = promises.all_in_force(window.location or "", now)
        sla = _sla(facts.by(window, "priority", zone, KEPT), open_ones, in_force)
        standing, wrong = _systems(window)
        return {
            "v": 1,
            "seq": seq,
            "boot": boot,
            "as_of": _z(now),
            "window": window.name,
            "start": _z(window.start),
            "end": _z(window.end),
            "filters": window.filters,
            "kpis": kpis.figures(found),
            "now": _now(window, open_ones, sla) | _dated(standing),
            "sla": sla,
            "alerts": _dated(wrong),
            "series": _series(found, sla),
            "feed": [_feed_line(row) for row in queries.feed(window)],
        }


def text(snapshot: dict) -> str:
    """The snapshot as it goes over the wire."""
    return json.dumps(snapshot, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def changes_at(snapshot: dict) -> datetime | None:
    """The first instant after the snapshot at which a promise comes to be at risk, or is breached; None when none is open."""
    each = (promise["changes_at"] for kinds in snapshot["sla"].values() for promise in kinds.values())
    return min(map(datetime.fromisoformat, filter(None, each)), default=None)


def short(issue: UUID) -> str:
    """An issue's name on screens: the end of its id, which is the random part."""
    return str(issue)[-6:]


@contextmanager
def one_state():
    """Figures that are read one after the other agree. Inside another transaction, that one decides."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; {cells.BY_INDEX}")
        yield


def _now(window: Window, open_ones: dict[str, dict], sla: dict) -> dict:
    row, each = queries.hands(window), open_ones.values()
    both = [promise for kinds in sla.values() for promise in kinds.values()]
    return row | {
        **{name: sum(of[name] for of in each) for name in ("open", "waiting", "escalated_unassigned")},
        "waiting_since": _z(min((of["waiting_since"] for of in each if of["waiting"]), default=None)),
        "waiting_by_priority": {p.value: open_ones[p]["waiting"] if p in open_ones else 0 for p in Priority},
        "at_risk": sum(promise["at_risk"] for promise in both),
        "breached": sum(promise["breached"] for promise in both),
        "last_reply_at": _z(row["last_reply_at"]),
    }


def alerts(window: Window) -> list[dict]:
    """What is wrong, as in the snapshot of that window. Two queries."""
    return _dated(_systems(window)[1])


def _systems(window: Window) -> tuple[dict, list[dict]]:
    """How what we depend on stands, and what is wrong."""
    names = list(dict.fromkeys(filter(None, [settings.GEMINI_MODEL, settings.GEMINI_FALLBACK_MODEL])))
    row = queries.systems(window, names)
    breakers = {breaker["model"]: breaker for breaker in row["breakers"]}
    asked = names if ai.configured() else []
    standing = {
        "models": [systems.model(name, breakers.get(name), window.as_of) for name in asked],
        "channel": systems.channel(row, window.as_of, configured=channels.configured()),
        "queue": systems.queue(row),
        "budget": systems.budget(row),
    }
    seen = systems.alerts(standing["models"], standing["channel"], systems.proofs(row))
    return standing, shown.alerts(seen, row, window.as_of)


def _sla(priorities: dict[str, Tally], open_ones: dict[str, dict], in_force: dict[str, SlaPolicy]) -> dict:
    """What was kept and missed among the issues of the window, and where all open ones stand."""
    nothing = Tally(Answers([]), 0, 0)
    return {
        priority.value: {
            promise: _target(in_force[priority.value], called)
            | _promise(priority, promise, priorities.get(priority.value, nothing), open_ones.get(priority.value))
            for promise, called in PROMISES.items()
        }
        for priority in Priority
    }


def _target(policy: SlaPolicy, called: str) -> dict:
    """What is promised, and whether that is business time."""
    in_hours = getattr(policy, f"{called}_in_hours")
    return {"target_s": getattr(policy, f"{called}_s"), "hours": "business" if in_hours else "always"}


KEPT = {f"{name}_{how}" for name in PROMISES.values() for how in ("met", "late")}


def _promise(priority: Priority, promise: str, tally: Tally, row: dict | None) -> dict:
    standing = {state: row[f"{promise}_{state}"] if row else 0 for state in ("pending", "at_risk", "breached")}
    return {
        "pending": standing["pending"],
        "at_risk": standing["at_risk"],
        "met": tally[f"{PROMISES[promise]}_met"],
        "met_late": tally[f"{PROMISES[promise]}_late"],
        "breached": standing["breached"],
        "changes_at": _z(row and row[f"{promise}_changes_at"]),
        "next_deadlines": _deadlines(priority, row, f"{promise}_next"),
        "last_breaches": _deadlines(priority, row, f"{promise}_missed"),
    }


def _deadlines(priority: Priority, row: dict | None, which: str) -> list[dict]:
    columns = [(row and row[f"{which}_{each}"]) or [] for each in ("ids", "risks", "dues")]
    return [
        {"issue": short(issue), "risk_at": _z(risk), "due_at": _z(due), "priority": priority.value}
        for issue, risk, due in zip(*columns, strict=True)
    ]


def _series(found: Facts, sla: dict) -> dict:
    starts = found.starts
    ttfr = [bucket.times("ttfr").percentiles([0.5, 0.9]) for bucket in found.buckets]
    return {
        "starts": [start.strftime("%Y-%m-%dT%H:%M:%SZ") for start in starts],
        "received": [bucket["detected"] for bucket in found.buckets],
        "resolved": [bucket["ended"] for bucket in found.buckets],
        "ttfr_p50": [_seconds(median) for median, _high in ttfr],
        "ttfr_p90": [_seconds(high) for _median, high in ttfr],
        "cost_usd": [round(b["cost_usd"], 6) if b["ai_calls_priced"] else None for b in found.buckets],
        "unfinished": found.unfinished,
        "target_s": min(kinds["first_response"]["target_s"] for kinds in sla.values()),
    }


def _feed_line(row: dict) -> dict:
    return {
        "at": _z(row["at"]),
        "kind": row["kind"],
        "how": _how(row),
        "priority": row["priority"],
        "type": row["type"],
        "took_s": _seconds(row["took_s"]),
    }


BASES = {"customer_confirmed": "confirmed", "silence": "silence", "program": "program"}


def _how(row: dict) -> str:
    """In which way it came about, as the docstring of `build` lists them."""
    if row["kind"] == "replied" and row["spoken_by"]:
        told = row["purpose"] in ("follow_up", "handover") and row["automated"]
        return row["purpose"] if told else row["spoken_by"]
    if not row["automated"]:
        return "human"
    return (row["kind"] == "resolved" and BASES.get(row["basis"])) or "system"


def _dated(found):
    """`found` with its instants written as the snapshot writes them."""
    if isinstance(found, dict):
        return {key: _dated(value) for key, value in found.items()}
    if isinstance(found, list):
        return [_dated(each) for each in found]
    return _z(found) if isinstance(found, datetime) else found


def _seconds(value: float | None) -> float | None:
    """Rounded to milliseconds. An end before its beginning cannot be timed."""
    return round(value, 3) if value is not None and value >= 0 else None


def _z(at: datetime | None) -> str | None:
    return at and at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

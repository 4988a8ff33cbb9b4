"""What Prometheus is told at /metrics: how it stands now, what has happened so far, and what this process knows.

Nothing here names a person, an issue or a location, and what is told apart has few kinds: so the answer stays small.
Two queries, which look only at what is unfinished, by its index, and at the last quarter of an hour.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import product

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder

from issues import ai, channels
from issues.models import Action, ChannelState, Response
from issues.models.issue import UNRESOLVED, Priority
from issues.models.response import IN_FLIGHT, State
from mis_dashboard.models import Process

from . import systems, totals
from .live import hub
from .views import SEEN_LATELY, VERSION
from .wall.consumer import Wall

CLOSED = "Nobody may look: set METRICS_TOKEN, restart MIS, and let Prometheus send it.\n"
WRONG = "Send Authorization: Bearer TOKEN with the token that is set as METRICS_TOKEN.\n"

# name, labels, value of what is unfinished or was seen lately at the instant `now`.
STANDING = """
    WITH waiting AS (
        SELECT purpose, due_at, due_at <= %(now)s AS due FROM issues_response WHERE state = 'waiting'
    ), jobs AS (
        SELECT state, count(*) AS n, count(*) FILTER (WHERE attempts > 0) AS begun, min(due_at) AS due_at FROM (
            SELECT due_at, attempts, CASE
                WHEN dead THEN 'dead' WHEN leased_until > %(now)s THEN 'running' WHEN due_at <= %(now)s THEN 'due' ELSE 'later'
            END AS state
            FROM mis_dashboard_job
        ) AS each GROUP BY state
    )
    SELECT 'answers' AS name, jsonb_build_object('state', CASE WHEN due THEN 'due' ELSE 'later' END, 'purpose', purpose) AS labels,
        count(*)::float8 AS value
    FROM waiting GROUP BY due, purpose
    UNION ALL
    SELECT 'answers', jsonb_build_object('state', state, 'purpose', purpose), count(*)
    FROM issues_response WHERE state IN ('thinking', 'writing', 'speaking') OR state = 'unsure' GROUP BY state, purpose
    UNION ALL
    SELECT 'oldest_due_answer_age_seconds', '{}', EXTRACT(EPOCH FROM %(now)s - min(due_at))
    FROM waiting WHERE due AND purpose IN ('reply', 'handover')
    UNION ALL
    SELECT 'jobs', jsonb_build_object('state', state), n FROM jobs
    UNION ALL
    SELECT 'jobs_retrying', '{}', COALESCE(sum(begun), 0) FROM jobs WHERE state IN ('due', 'later')
    UNION ALL
    SELECT 'oldest_due_job_age_seconds', '{}', EXTRACT(EPOCH FROM %(now)s - min(due_at)) FROM jobs WHERE state = 'due'
    UNION ALL
    SELECT 'issues', jsonb_build_object('status', status), count(*)
    FROM issues_issue WHERE status = ANY(%(unresolved)s) AND source <> 'import' GROUP BY status
    UNION ALL
    SELECT 'issues_waiting', jsonb_build_object('priority', priority), count(*)
    FROM issues_issue
    WHERE first_response_at IS NULL AND status IN ('open', 'in_progress', 'escalated') AND source <> 'import' GROUP BY priority
    UNION ALL
    SELECT 'processes', jsonb_build_object('role', role), count(*)
    FROM mis_dashboard_process WHERE seen_at >= %(seen_since)s GROUP BY role
    UNION ALL
    SELECT 'model', to_jsonb(b), 1 FROM issues_breaker b WHERE model = ANY(%(models)s)
    UNION ALL
    SELECT 'channel', to_jsonb(c), 1 FROM issues_channelstate c WHERE instance = %(instance)s
"""

PURPOSES = Response.Purpose.values
# What is told at all times, 0 where there is none: name: (help, the labels' values).
GAUGES = {
    "answers": (
        "Answers that are not at their end: due, later, in hand, or not known whether they were heard.",
        {"state": ["due", "later", *map(str, IN_FLIGHT), State.UNSURE.value], "purpose": PURPOSES},
    ),
    "jobs": ("Jobs of the queue; dead ones are kept for a week.", {"state": ["due", "later", "running", "dead"]}),
    "jobs_retrying": ("Jobs that have been begun before and will be run again.", {}),
    "issues": ("Issues that are not resolved.", {"status": list(map(str, UNRESOLVED))}),
    "issues_waiting": ("Issues whose customer waits for the first response.", {"priority": Priority.values}),
    "processes": ("Processes seen in the last ten seconds.", {"role": Process.Role.values}),
}
# What is told only while there is any.
AGES = {
    "oldest_due_answer_age_seconds": "For how long the oldest reply or notice that nobody has taken up has been due.",
    "oldest_due_job_age_seconds": "For how long the oldest job that nobody has taken up has been due.",
}
COUNTERS = {
    "replies": (
        "Messages that WhatsApp accepted, by who made the words and what they were for.",
        {"kind": Response.Kind.values, "purpose": PURPOSES},
    ),
    "deliveries": (
        "What we were told of our messages: delivered, read, or failed to go out or to arrive.",
        {"outcome": [Action.Kind.DELIVERED.value, Action.Kind.READ.value, Action.Kind.FAILED.value]},
    ),
}
MODEL_STATES = ["closed", "open", "probing", "busy"]
CHANNEL_STATES = [*ChannelState.State.values, "not_configured"]

Row = tuple[str, str, float | None]  # name, labels in JSON, value


@require_safe
def scrape(request: HttpRequest) -> HttpResponse:
    """All that Prometheus is told, in the format that it asks for. 404 while no token is set, 401 without it."""
    if not settings.METRICS_TOKEN:
        return _plain(CLOSED, status=404)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not constant_time_compare(token.strip(), settings.METRICS_TOKEN):
        return _plain(WRONG, status=401, headers={"WWW-Authenticate": "Bearer"})
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return _plain(encode(registry), content_type=content_type)


def _plain(body: str | bytes, content_type: str = "text/plain; charset=utf-8", **more) -> HttpResponse:
    response = HttpResponse(body, content_type=content_type, **more)
    response["Cache-Control"] = "no-store"
    return response


class Collector:
    """All metrics of ours, read anew each time. Without the database, `mis_database_up` is 0 and its metrics are absent."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        yield InfoMetricFamily("mis_build", "The version that runs.", {"version": VERSION})
        yield _gauge("sockets", "Open screens of this process.", hub.sockets + Wall.hub.sockets)
        try:
            standing, happened = _standing(now), totals.read(now)
        except (OperationalError, InterfaceError):
            standing = happened = None
        yield _gauge("database_up", "Whether the database answers.", 0 if standing is None else 1)
        if standing is not None and happened is not None:
            yield from _told_now(standing, now)
            yield from _told_so_far(happened)


registry = CollectorRegistry()
registry.register(Collector())
ProcessCollector(registry=registry)


def _standing(now: datetime) -> list[Row]:
    values = {
        "now": now,
        "seen_since": now - SEEN_LATELY,
        "unresolved": list(map(str, UNRESOLVED)),
        "models": _models(),
        "instance": settings.EVOLUTION_INSTANCE,
    }
    with connection.cursor() as cursor:
        cursor.execute(STANDING, values)
        return cursor.fetchall()


def _models() -> list[str]:
    return list(dict.fromkeys(filter(None, [settings.GEMINI_MODEL, settings.GEMINI_FALLBACK_MODEL])))


def _told_now(rows: list[Row], now: datetime) -> Iterator[Metric]:
    found = _by_name(rows)
    for name, (text, labels) in GAUGES.items():
        yield _filled(GaugeMetricFamily(f"mis_{name}", text, labels=list(labels)), labels, found[name])
    for name, text in AGES.items():
        [(_, age)] = found[name]
        yield _gauge(name, text, max(0.0, age) if age is not None else None)
    yield _model_states({row["model"]: row for row, _ in found["model"]}, now)
    yield _channel_state([row for row, _ in found["channel"]], now)


def _told_so_far(rows: list[Row]) -> Iterator[Metric]:
    found = _by_name(rows)
    for name, (text, labels) in COUNTERS.items():
        yield _filled(CounterMetricFamily(f"mis_{name}", text, labels=list(labels)), labels, found[name])
    calls = CounterMetricFamily(
        "mis_ai_calls", "Questions to the AI, by what came of them.", labels=["model", "outcome"]
    )
    answered = {"model": _models(), "outcome": ["answered"]}
    yield _filled(calls, answered, found["ai_calls"])
    yield _latencies(found)


def _latencies(found: dict[str, list]) -> Metric:
    family = HistogramMetricFamily("mis_ai_latency_seconds", "How long questions to the AI took.", labels=["model"])
    sums = {labels["model"]: value for labels, value in found["ai_latency_sum"]}
    counts: dict[str, dict[int, float]] = defaultdict(dict)
    for labels, value in found["ai_latency"]:
        counts[labels["model"]][labels["bucket"]] = value
    for model in sorted({*_models(), *counts}):
        so_far, buckets = 0.0, []
        for number, limit in enumerate([*totals.LATENCIES_S, "+Inf"]):
            so_far += counts[model].get(number, 0)
            buckets.append((str(limit), so_far))
        family.add_metric([model], buckets, sums.get(model, 0))
    return family


def _model_states(breakers: dict[str, dict], now: datetime) -> Metric:
    text = "1 for the state that the AI model is in: closed is asked, open is left alone, probing is tried, busy asked to wait."
    family = GaugeMetricFamily("mis_ai_model_state", text, labels=["model", "state"])
    for name in _models() if ai.configured() else []:
        state = systems.model(name, breakers.get(name), now)["state"]
        for each in MODEL_STATES:
            family.add_metric([name, each], float(each == state))
    return family


def _channel_state(rows: list[dict], now: datetime) -> Metric:
    row = rows[0] if rows else {"state": None, "changed_at": None, "checked_at": None}
    dates = {key: row[key] and datetime.fromisoformat(row[key]) for key in ("changed_at", "checked_at")}
    known = {
        "channel_state": row["state"],
        "channel_since": dates["changed_at"],
        "channel_checked_at": dates["checked_at"],
    }
    state = systems.channel(known, now, configured=channels.configured())["state"]
    family = GaugeMetricFamily(
        "mis_channel_state", "1 for the state that the line to WhatsApp is in.", labels=["state"]
    )
    for each in CHANNEL_STATES:
        family.add_metric([each], float(each == state))
    return family


def _filled(family, labels: dict[str, list], rows: Iterable[tuple[dict, float]]) -> Metric:
    """`family` with what `rows` say, and 0 for all else that `labels` may be: a number must be seen before it grows."""
    values = dict.fromkeys(product(*labels.values()), 0.0)
    values |= {tuple(str(found[label]) for label in labels): value for found, value in rows}
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _gauge(name: str, text: str, value: float | None) -> Metric:
    """Without a value, a metric without a sample."""
    return GaugeMetricFamily(f"mis_{name}", text, value=value)


def _by_name(rows: list[Row]) -> dict[str, list[tuple[dict, float | None]]]:
    found = defaultdict(list)
    for name, labels, value in rows:
        found[name].append((json.loads(labels), value))
    return found

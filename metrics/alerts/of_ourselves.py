"""Signals of ourselves and of what we depend on: the AI, WhatsApp, the queue, workers and clock, and the webhooks that come."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from issues import ai, channels
from issues.line import KNOWN_FOR

from .. import systems
from ..window import DAY, HOUR, MINUTE
from .asked import Asked, age_s
from .life import Look, NoData, Reading

WEEKS = 4


def _breakers(asked: Asked) -> list[dict[str, Any]]:
    """Of the models that we ask, those that something was ever wrong with."""
    if not ai.configured():
        return []
    return asked.together.once("breakers", _read_breakers)


def _read_breakers() -> list[dict[str, Any]]:
    models = [name for name in (settings.GEMINI_MODEL, settings.GEMINI_FALLBACK_MODEL) if name]
    with connection.cursor() as cursor:
        cursor.execute("SELECT model, failures, reason, opened_at FROM issues_breaker WHERE model = ANY(%s)", [models])
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


LASTING = (systems.MODEL_GONE, systems.MISCONFIGURED)


def ai_failures_in_a_row(asked: Asked) -> Look:
    """How often a model has failed in a row, as it passes by itself; three, and the other model is asked. An answer makes it 0."""
    failing = [each for each in _breakers(asked) if each["failures"] and each["reason"] not in LASTING]
    worst = max(failing, key=lambda each: each["failures"], default=None)
    failures, about = (worst["failures"], worst["model"]) if worst else (0, "")
    link = asked.link("ai_tokens", list="ai_calls_failed", start=asked.now - HOUR)
    return Reading(failures, failures, failures, link, about)


def left_alone(reason: str) -> Callable[[Asked], Look]:
    def read(asked: Asked) -> Look:
        models = sorted(b["model"] for b in _breakers(asked) if b["opened_at"] is not None and b["reason"] == reason)
        n, link = len(models), asked.link("ai_tokens", list="ai_calls_failed", window="24h")
        return Reading(n, n, n, link, ", ".join(models))

    return read


LINE = (
    "SELECT max(state) AS state, max(checked_at) AS checked_at FROM issues_channelstate WHERE instance = %(instance)s"
)


def channel_closed(asked: Asked) -> Look:
    """1 while WhatsApp is not connected. It cannot tell when nothing was heard of the line lately."""
    link = asked.link("delivery_rate", window="24h")
    if not channels.configured():
        return Reading(0, link=link)
    row = asked.row(LINE, instance=settings.EVOLUTION_INSTANCE)
    if row["checked_at"] is None or row["checked_at"] < asked.now - KNOWN_FOR:
        return NoData("not_heard_of")
    closed = int(row["state"] == "close")
    return Reading(closed, 1, closed, link, "WhatsApp" if closed else "")


def figures_differ(asked: Asked) -> Look:
    """How many proofs of the figures have failed."""
    n = asked.row("SELECT count(*) AS n FROM metrics_proof WHERE since IS NOT NULL")["n"]
    return Reading(n, n, n, asked.link("received", window="30d"))


QUEUE = """
    SELECT LEAST(
        (SELECT min(due_at) FROM issues_response WHERE state = 'waiting' AND due_at <= %(now)s AND purpose IN ('reply', 'handover')),
        (SELECT min(due_at) FROM mis_dashboard_job WHERE NOT dead AND leased_by IS NULL AND due_at <= %(now)s)
    ) AS since"""


def queue_age(asked: Asked) -> Look:
    """For how long the oldest answer or job that is due has been waiting for a worker."""
    since = asked.row(QUEUE, now=asked.now)["since"]
    return Reading(age_s(since, asked.now), 1, 1, asked.link("availability", window="1h"))


WORKER = """
    SELECT seen_at, GREATEST(seen_at, (
        SELECT since FROM mis_dashboard_span WHERE component = 'clock' ORDER BY number DESC LIMIT 1
    )) AS since
    FROM (SELECT max(seen_at) AS seen_at FROM mis_dashboard_process WHERE role = 'worker') AS last"""


def worker_silence(asked: Asked) -> Look:
    """How long ago a worker was last seen, or the clock came back: who starts with it may take as long as usual."""
    row = asked.row(WORKER)
    if row["seen_at"] is None:
        return NoData("never_seen")
    return Reading(age_s(row["since"], asked.now), 1, 1, asked.link("availability", window="1h"))


CLOCK = """
    SELECT max(since) FILTER (WHERE place = 1) AS back_at, max(until) FILTER (WHERE place = 2) AS gone_at FROM (
        SELECT since, until, row_number() OVER (ORDER BY number DESC) AS place FROM mis_dashboard_span
        WHERE component = 'clock' AND number > (SELECT max(number) - 2 FROM mis_dashboard_span WHERE component = 'clock')
    ) AS latest"""
REMEMBERED = timedelta(minutes=10)


def clock_gap(asked: Asked) -> Look:
    """How long no clock ran, when it is back since less than ten minutes. While none runs, nobody looks: the screens say so."""
    row = asked.row(CLOCK)
    back_at, gone_at = row["back_at"], row["gone_at"]
    gap_s = (back_at - gone_at).total_seconds() if gone_at and back_at >= asked.now - REMEMBERED else 0.0
    return Reading(max(0.0, gap_s), 1, 1, asked.link("availability", window="1h"))


# An issue that no program made tells the same as its event, and is there also where history was told without any.
LAST = """
    SELECT GREATEST(
            (SELECT max(received_at) FROM issues_inboundevent WHERE source <> 'api' AND received_at >= %(since)s),
            (SELECT max(detected_at) FROM issues_issue WHERE source NOT IN ('api', 'import') AND detected_at BETWEEN %(since)s AND %(now)s)
        ) AS last,
        (SELECT max(since) FROM metrics_covered WHERE cells = 'detected' AND grain = 2) AS known_since"""
USUAL = """
    SELECT start, detected FROM metrics_detected
    WHERE grain = 2 AND dims = 0 AND start = ANY(%(starts)s::timestamptz[])"""


def missed_webhooks(asked: Asked) -> Look:
    """How many issues would usually have come since the last webhook: at the same hours of the last four weeks, on average.

    Were arrivals independent, a silence with λ expected had the chance e^-λ: 10 are one in 20,000. Where traffic is thin it takes long to
    get there. `count` are the minutes of silence, `n` the weeks that are known. A silence is looked back at for a day.
    """
    now = asked.now
    row, link = asked.row(LAST, since=now - DAY, now=now), asked.link("received", window="24h")
    since = max(row["last"] or now - DAY, now - DAY)
    weeks = min(WEEKS, (now - row["known_since"]) // timedelta(days=7)) if row["known_since"] else 0
    if not weeks:
        return Reading(None, 0, 0, link)
    return Reading(_usual(since, now, weeks), weeks, int((now - since) / MINUTE), link)


def _usual(since: datetime, until: datetime, weeks: int) -> float:
    hours = list(_hours(since, until))
    back = [timedelta(weeks=week) for week in range(1, weeks + 1)]
    with connection.cursor() as cursor:
        cursor.execute(USUAL, {"starts": [start - each for start, _share in hours for each in back]})
        came = dict(cursor.fetchall())
    return sum(share * came.get(start - each, 0) for start, share in hours for each in back) / weeks


def _hours(since: datetime, until: datetime) -> Iterable[tuple[datetime, float]]:
    """Each hour that has a part in the time, and how much of the hour that is."""
    start = since.replace(minute=0, second=0, microsecond=0)
    while start < until:
        yield start, (min(until, start + HOUR) - max(since, start)) / HOUR
        start += HOUR

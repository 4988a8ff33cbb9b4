"""What can be watched: every key figure, and signals of their own. Each look costs a query or a few, and tells of no person.

A figure is measured at whole minutes (`moment`), each window by the same rows as its page; so what a rule saw can be
seen again, and a backtest sees the same. A signal of its own is read as it is now.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from issues import ai, channels
from issues.line import KNOWN_FOR

from .. import facts, kpis, queries, systems, uptime
from ..kpis import KPI, KPIS, Evidence, Measure
from ..measures import OVERDUE_RESOLUTION, OVERDUE_RESPONSE, counted
from ..tally import Tally
from ..window import BUCKETS, CUSTOM, DAY, HOUR, MINUTE, MOST_BUCKETS, Window
from . import links
from .life import Look, NoData, Reading

# What happened right before a whole minute has been committed so long after it.
SETTLED = timedelta(seconds=3)
WEEKS = 4


@dataclass(frozen=True, eq=False)
class Signal:
    """Something to watch. Units are those of `kpis.KPI`. `read(now, window_s)` looks at it; `kpi` is the figure that it is, if any.

    `windowed`: it is measured over the rule's window, and else stands as it is now. `stepped`: at whole steps, so that it can be
    seen again.
    """

    name: str
    label: str | Promise
    unit: str
    read: Callable[[datetime, int], Look]
    windowed: bool = False
    stepped: bool = False
    kpi: KPI | None = None

    def moment(self, now: datetime, window_s: int) -> datetime:
        """Which moment a look at `now` is about."""
        return moment(now, window_s) if self.stepped else now


def step_s(window_s: int) -> int:
    """How often a figure over a window is measured: a sixtieth of it in whole minutes, one at least."""
    return max(1, window_s // 3600) * 60


def moment(now: datetime, window_s: int) -> datetime:
    """The last step of a figure's watch that is settled at `now`."""
    step, at = step_s(window_s), (now - SETTLED).timestamp()
    return datetime.fromtimestamp(at // step * step, UTC)


# --- Key figures -------------------------------------------------------------------------------------


def window_of(now: datetime, window_s: int) -> Window:
    """The time right before `now` as a window."""
    length = timedelta(seconds=window_s)
    bucket = next(each for each in BUCKETS if length / each <= MOST_BUCKETS)
    return Window(CUSTOM, now - length, now, bucket, now)


def _figure(kpi: KPI) -> Callable[[datetime, int], Look]:
    def read(now: datetime, window_s: int) -> Look:
        window = window_of(now, window_s)
        tally = facts.total(window, timezone.get_default_timezone(), kpis.needs(kpi))
        seen = uptime.measure_each([window])[0] if kpi.rows == "downtime" else None
        return reading(kpi, kpi.measure(Evidence(tally, window, seen)), window)

    return read


def reading(kpi: KPI, measure: Measure, window: Window) -> Reading:
    """A measured figure as a look. Of a share, the bad ones are counted."""
    link = links.rows(kpi.name, window.end, start=window.start)
    return Reading(measure.value, measure.n, _bad_ones(kpi, measure), link)


def _bad_ones(kpi: KPI, measure: Measure) -> int:
    if kpi.unit != "rate" or measure.value is None:
        return measure.n
    return round((1 - measure.value if kpi.better == "higher" else measure.value) * measure.n)


# --- Signals of their own ----------------------------------------------------------------------------


def _row(sql: str, **params: Any) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("{open}", f"{queries.OPEN} AND {counted()}").replace("{counted}", counted()), params)
        names = [column.name for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))


def _age_s(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


WAITING = (
    "SELECT count(*) AS n, min(i.detected_at) AS since FROM issues_issue i WHERE {open} AND i.first_response_at IS NULL"
)


def longest_wait(now: datetime, window_s: int) -> Look:
    """How long the customer has waited for a first response who has waited longest; 0 when nobody waits."""
    row = _row(WAITING)
    return Reading(
        _age_s(row["since"], now), row["n"], row["n"], links.rows("ttfr_p50", now, list="waiting", window="30d")
    )


def _overdue(figure: str, name: str, condition: str) -> Callable[[datetime, int], Look]:
    sql = f"SELECT count(*) AS n FROM issues_issue i WHERE {{open}} AND {condition}"

    def read(now: datetime, window_s: int) -> Look:
        n = _row(sql, now=now)["n"]
        return Reading(n, n, n, links.rows(figure, now, list=name, window="30d"))

    return read


# Each response once, however often it was tried: those that were said, and those that were not or did not arrive.
TRIED = """
    SELECT count(DISTINCT a.response_id) AS n, count(DISTINCT a.response_id) FILTER (WHERE a.kind = 'failed') AS failed
    FROM issues_action a JOIN issues_response r ON r.id = a.response_id JOIN issues_issue i ON i.id = a.issue_id
    WHERE a.kind IN ('replied', 'failed') AND a.at >= %(start)s AND a.at < %(now)s AND {counted}"""
# Automation's own replies, and of their failures those that were the last.
AUTOMATIC = "r.kind <> 'human' AND r.purpose <> 'survey' AND a.automated AND a.detail ->> 'again' IS NULL"
# What we turned to WhatsApp with.
SPOKEN = "r.spoken_at IS NOT NULL"


def success_rate(now: datetime, window_s: int) -> Look:
    """Of the replies that automation was to give, the share that went out and were not refused later."""
    n, failed, start = _tried(AUTOMATIC, now, window_s)
    link = links.rows("delivery_rate", now, list="undelivered", start=start)
    return Reading((n - failed) / n if n else None, n, failed, link)


def whatsapp_failures(now: datetime, window_s: int) -> Look:
    """Of the messages given to WhatsApp, the share that it did not take, or did not deliver."""
    n, failed, start = _tried(SPOKEN, now, window_s)
    link = links.rows("delivery_rate", now, list="undelivered", start=start)
    return Reading(failed / n if n else None, n, failed, link)


def _tried(which: str, now: datetime, window_s: int) -> tuple[int, int, datetime]:
    start = now - timedelta(seconds=window_s)
    row = _row(f"{TRIED} AND {which}", start=start, now=now)
    return row["n"], row["failed"], start


def _breakers() -> list[dict[str, Any]]:
    """Of the models that we ask, those that something was ever wrong with."""
    if not ai.configured():
        return []
    models = [name for name in (settings.GEMINI_MODEL, settings.GEMINI_FALLBACK_MODEL) if name]
    with connection.cursor() as cursor:
        cursor.execute("SELECT model, failures, reason, opened_at FROM issues_breaker WHERE model = ANY(%s)", [models])
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


LASTING = (systems.MODEL_GONE, systems.MISCONFIGURED)


def ai_failures_in_a_row(now: datetime, window_s: int) -> Look:
    """How often a model has failed in a row, as it passes by itself; three, and the other model is asked. An answer makes it 0."""
    failing = [each for each in _breakers() if each["failures"] and each["reason"] not in LASTING]
    worst = max(failing, key=lambda each: each["failures"], default=None)
    failures, about = (worst["failures"], worst["model"]) if worst else (0, "")
    link = links.rows("ai_tokens", now, list="ai_calls_failed", start=now - HOUR)
    return Reading(failures, failures, failures, link, about)


def _left_alone(reason: str) -> Callable[[datetime, int], Look]:
    def read(now: datetime, window_s: int) -> Look:
        models = sorted(b["model"] for b in _breakers() if b["opened_at"] is not None and b["reason"] == reason)
        n, link = len(models), links.rows("ai_tokens", now, list="ai_calls_failed", window="24h")
        return Reading(n, n, n, link, ", ".join(models))

    return read


LINE = (
    "SELECT max(state) AS state, max(checked_at) AS checked_at FROM issues_channelstate WHERE instance = %(instance)s"
)


def channel_closed(now: datetime, window_s: int) -> Look:
    """1 while WhatsApp is not connected. It cannot tell when nothing was heard of the line lately."""
    link = links.rows("delivery_rate", now, window="24h")
    if not channels.configured():
        return Reading(0, link=link)
    row = _row(LINE, instance=settings.EVOLUTION_INSTANCE)
    if row["checked_at"] is None or row["checked_at"] < now - KNOWN_FOR:
        return NoData("not_heard_of")
    closed = int(row["state"] == "close")
    return Reading(closed, 1, closed, link, "WhatsApp" if closed else "")


def figures_differ(now: datetime, window_s: int) -> Look:
    """How many proofs of the figures have failed."""
    n = _row("SELECT count(*) AS n FROM metrics_proof WHERE since IS NOT NULL")["n"]
    return Reading(n, n, n, links.rows("received", now, window="30d"))


QUEUE = """
    SELECT LEAST(
        (SELECT min(due_at) FROM issues_response WHERE state = 'waiting' AND due_at <= %(now)s AND purpose IN ('reply', 'handover')),
        (SELECT min(due_at) FROM mis_dashboard_job WHERE NOT dead AND leased_by IS NULL AND due_at <= %(now)s)
    ) AS since"""


def queue_age(now: datetime, window_s: int) -> Look:
    """For how long the oldest answer or job that is due has been waiting for a worker."""
    return Reading(_age_s(_row(QUEUE, now=now)["since"], now), 1, 1, links.rows("availability", now, window="1h"))


def worker_silence(now: datetime, window_s: int) -> Look:
    """How long ago a worker was last seen."""
    seen_at = _row("SELECT max(seen_at) AS seen_at FROM mis_dashboard_process WHERE role = 'worker'")["seen_at"]
    if seen_at is None:
        return NoData("never_seen")
    return Reading(_age_s(seen_at, now), 1, 1, links.rows("availability", now, window="1h"))


CLOCK = """
    SELECT max(since) FILTER (WHERE place = 1) AS back_at, max(until) FILTER (WHERE place = 2) AS gone_at FROM (
        SELECT since, until, row_number() OVER (ORDER BY number DESC) AS place FROM mis_dashboard_span
        WHERE component = 'clock' AND number > (SELECT max(number) - 2 FROM mis_dashboard_span WHERE component = 'clock')
    ) AS latest"""
REMEMBERED = timedelta(minutes=10)


def clock_gap(now: datetime, window_s: int) -> Look:
    """How long no clock ran, when it is back since less than ten minutes. While none runs, nobody looks: the screens say so."""
    row = _row(CLOCK)
    back_at, gone_at = row["back_at"], row["gone_at"]
    gap_s = (back_at - gone_at).total_seconds() if gone_at and back_at >= now - REMEMBERED else 0.0
    return Reading(max(0.0, gap_s), 1, 1, links.rows("availability", now, window="1h"))


LAST_EVENT = "SELECT max(received_at) AS at FROM issues_inboundevent WHERE source <> 'api' AND received_at >= %(since)s"
USUAL = """
    SELECT start, detected FROM metrics_detected
    WHERE grain = 2 AND dims = 0 AND start = ANY(%(starts)s::timestamptz[])"""
KNOWN_SINCE = "SELECT max(since) AS since FROM metrics_covered WHERE cells = 'detected' AND grain = 2"


def missed_webhooks(now: datetime, window_s: int) -> Look:
    """How many issues would usually have come since the last webhook: at the same hours of the last four weeks, on average.

    Were arrivals independent, a silence with λ expected had the chance e^-λ: 10 are one in 20,000. Where traffic is thin it takes long to
    get there. `count` are the minutes of silence, `n` the weeks that are known. A silence is looked back at for a day.
    """
    last = _row(LAST_EVENT, since=now - DAY)["at"]
    since = max(last or now - DAY, now - DAY)
    weeks = _weeks_known(now)
    link = links.rows("received", now, window="24h")
    if not weeks:
        return Reading(None, 0, 0, link)
    return Reading(_usual(since, now, weeks), weeks, int((now - since) / MINUTE), link)


def _weeks_known(now: datetime) -> int:
    since = _row(KNOWN_SINCE)["since"]
    return min(WEEKS, (now - since) // timedelta(days=7)) if since else 0


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


def ai_spend(now: datetime, window_s: int) -> Look:
    """US dollars for the AI since midnight, of the calls with a price."""
    zone = timezone.get_default_timezone()
    start = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    if start == now:
        return Reading(0.0)
    tally = facts.total(Window(CUSTOM, start, now, HOUR, now), zone, {"cost_usd", "ai_calls_priced"})
    calls = int(tally["ai_calls_priced"])
    return Reading(float(tally["cost_usd"]), calls, calls, links.rows("ai_cost_usd", now, start=start))


def backlog_growth(now: datetime, window_s: int) -> Look:
    """By how many issues those that came are more than those that were solved, over the window."""
    window = window_of(now, window_s)
    return grown(facts.total(window, timezone.get_default_timezone(), GROWTH), window)


GROWTH = frozenset({"detected", "ended"})


def grown(tally: Tally, window: Window) -> Reading:
    came = int(tally["detected"])
    link = links.rows("resolution_rate", window.end, list="unresolved", start=window.start)
    return Reading(came - int(tally["ended"]), came, came, link)


OWN = [
    Signal("longest_wait", _("Longest wait for a first response"), "s", longest_wait),
    Signal(
        "response_overdue", _("First responses overdue"), "count",
        _overdue("sla_response", "response_overdue", OVERDUE_RESPONSE),
    ),
    Signal(
        "resolution_overdue", _("Resolutions overdue"), "count",
        _overdue("sla_resolution", "resolution_overdue", OVERDUE_RESOLUTION),
    ),
    Signal("success_rate", _("Automatic replies that worked"), "rate", success_rate, windowed=True),
    Signal("whatsapp_failures", _("WhatsApp failures"), "rate", whatsapp_failures, windowed=True),
    Signal("ai_failures_in_a_row", _("Failures of an AI model in a row"), "count", ai_failures_in_a_row),
    Signal("model_gone", _("Retired AI models"), "count", _left_alone(systems.MODEL_GONE)),
    Signal("misconfigured", _("AI models that refuse our key"), "count", _left_alone(systems.MISCONFIGURED)),
    Signal("channel_closed", _("WhatsApp not connected"), "count", channel_closed),
    Signal("figures_differ", _("Proofs of the figures that failed"), "count", figures_differ),
    Signal("queue_age", _("Oldest answer or job that is due"), "s", queue_age),
    Signal("worker_silence", _("Time since a worker was seen"), "s", worker_silence),
    Signal("clock_gap", _("Time that no clock ran"), "s", clock_gap),
    Signal("missed_webhooks", _("Issues that would usually have come since the last webhook"), "count", missed_webhooks),
    Signal("ai_spend", _("AI cost today"), "usd", ai_spend),
    Signal("backlog_growth", _("Growth of the backlog"), "count", backlog_growth, windowed=True, stepped=True),
]  # fmt: skip

SIGNALS: dict[str, Signal] = {
    **{
        kpi.name: Signal(kpi.name, kpi.label, kpi.unit, _figure(kpi), windowed=True, stepped=True, kpi=kpi)
        for kpi in KPIS
    },
    **{signal.name: signal for signal in OWN},
}


def choices() -> list[tuple[str, list[tuple[str, Any]]]]:
    """The signals by name and label, for a form."""
    figures, own = ([(s.name, s.label) for s in SIGNALS.values() if bool(s.kpi) is figure] for figure in (True, False))
    return [(str(_("Signals")), own), (str(_("Key figures")), figures)]

"""What a rule would have done: its life over past readings of its signal, looked at as `watch` looks.

Key figures are measured at the very steps at which they are watched, from cells where there are any. So where a figure counts what
happened when it happened, a backtest of an unchanged rule says what its log says. What has changed since is seen as it
is now: who was still waiting then, and has been answered since, counts as answered. A signal of its own is looked at once a minute.
"""

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count, takewhile

from django.db import connection, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .. import cells, facts, kpis
from ..kpis import KPI, Evidence
from ..measures import LISTS, UNRESOLVED_NOW, counted
from ..models import AlertRule
from ..tally import Tally
from ..window import CUSTOM, DAY, EXACT_UP_TO, Window
from . import of_issues, signals, watch
from .asked import moment, step_s, window_of
from .life import Life, Look, Reading, step

DAYS = 30
MINUTE_S = 60
QUERY_MS = 20_000

Past = Iterator[tuple[datetime, Look]]


@dataclass(frozen=True)
class Firing:
    """One time that the rule would have fired. `until` is None where it still would."""

    since: datetime
    until: datetime | None
    worst: float


@dataclass(frozen=True)
class Backtest:
    """When the rule would have fired in `start <= t < end`, the oldest first."""

    start: datetime
    end: datetime
    firings: list[Firing]

    @property
    def total(self) -> timedelta:
        """How long it would have been firing, all together."""
        return sum(((each.until or self.end) - each.since for each in self.firings), timedelta())


def run(rule: AlertRule, now: datetime, days: int = DAYS) -> Backtest | None:
    """What `rule`, which need not be stored, would have done in the last `days`. None: its signal leaves nothing to look back at."""
    past = _past(rule.signal)
    if past is None:
        return None
    moments = _moments(rule, now, now - timedelta(days=days))
    if not moments:
        return Backtest(now, now, [])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {QUERY_MS}; {cells.BY_INDEX}")
        firings = list(lived(rule, past(rule, moments, now)))
        cursor.execute("SET LOCAL statement_timeout = DEFAULT")
    return Backtest(moments[0], moments[-1], firings)


def lived(rule: AlertRule, past: Iterable[tuple[datetime, Look]]) -> Iterator[Firing]:
    """The rule's life over past looks, in order. Pure."""
    life, terms = Life("inactive", datetime.min.replace(tzinfo=timezone.get_default_timezone())), watch.terms(rule)
    since, worst = None, None
    for at, look in past:
        life = step(life, look, terms, at)
        if life.open == "condition" and since is None:
            since = at
        if isinstance(look, Reading) and life.state == "firing" and watch.is_worse(rule, look.value, worst):
            worst = look.value
        if since and not life.open:
            yield Firing(since, at, worst)
            since, worst = None, None
    if since:
        yield Firing(since, None, worst)


def _moments(rule: AlertRule, now: datetime, start: datetime) -> list[datetime]:
    """When the rule would have been looked at since `start`, in order."""
    every_s = step_s(rule.window_s) if signals.SIGNALS[rule.signal].stepped else MINUTE_S
    last = moment(now, rule.window_s if every_s > MINUTE_S else 0)
    back = (last - timedelta(seconds=every_s * number) for number in count())
    return list(takewhile(lambda at: at >= start, back))[::-1]


def _past(name: str) -> Callable[[AlertRule, list[datetime], datetime], Past] | None:
    signal = signals.SIGNALS.get(name)
    if signal and signal.kpi and signal.kpi.rows in LISTS:
        return _figures
    return OWN.get(name)


# Why there is nothing to look back at. A figure that is not made of issues is measured in another way.
STANDS = _("There is nothing to look back at: of this signal, only how it stands now is kept.")
DONE = _("There is nothing to look back at: how long it waited is not kept once it is done.")
MEASURED = _("This is not looked back at: it is measured of heartbeats, requests or webhooks, and not of issues.")
WHY_NOT: dict[str, str | Promise] = {
    **dict.fromkeys(
        ("ai_failures_in_a_row", "model_gone", "misconfigured", "channel_closed", "figures_differ"), STANDS
    ),
    "queue_age": DONE,
    **dict.fromkeys(("worker_silence", "clock_gap", "missed_webhooks", "availability", "api_p95"), MEASURED),
}


def why_not(signal: str) -> str | Promise:
    """What to say of a signal of which `run` gives None."""
    return WHY_NOT.get(signal, STANDS)


# --- Figures -----------------------------------------------------------------------------------------


def _figures(rule: AlertRule, moments: list[datetime], now: datetime) -> Past:
    kpi: KPI = signals.SIGNALS[rule.signal].kpi
    for window, tally in _tallies(rule, moments, now, kpis.needs(kpi)):
        yield window.end, signals.reading(kpi, kpi.measure(Evidence(tally, window)), window)


def _backlog(rule: AlertRule, moments: list[datetime], now: datetime) -> Past:
    for window, tally in _tallies(rule, moments, now, of_issues.GROWTH):
        yield window.end, of_issues.grown(tally, window)


def _tallies(
    rule: AlertRule, moments: list[datetime], now: datetime, names: frozenset[str]
) -> Iterator[tuple[Window, Tally]]:
    """The rule's window as it was at each moment, and what it said."""
    length = timedelta(seconds=rule.window_s)
    cuts = sorted({*moments, *(at - length for at in moments)})
    between = _moving(rule, cuts, now, names, exact=length <= EXACT_UP_TO)
    for at in moments:
        window = window_of(at, rule.window_s, rule.filters)
        yield window, between(bisect_left(cuts, window.start), bisect_left(cuts, at))


def _moving(
    rule: AlertRule, cuts: list[datetime], now: datetime, names: frozenset[str], *, exact: bool
) -> Callable[[int, int], Tally]:
    whole = Window(CUSTOM, cuts[0], cuts[-1], DAY, now, **rule.filters)
    return facts.moving(whole, cuts, timezone.get_default_timezone(), names, exact=exact)


def _spend(rule: AlertRule, moments: list[datetime], now: datetime) -> Past:
    begins = {at: of_issues.midnight(at) for at in moments}
    cuts = sorted({*moments, *begins.values()})
    between = _moving(rule, cuts, now, of_issues.SPEND, exact=False)
    for at, start in begins.items():
        window = Window(CUSTOM, start, at, DAY, at, **rule.filters)
        tally = between(bisect_left(cuts, start), bisect_left(cuts, at))
        yield at, of_issues.spent(tally, window)


# --- Signals of their own ----------------------------------------------------------------------------

# From when until when each issue was what the signal is about.
SPANS = """
    SELECT {since} AS since, COALESCE({until}, CASE WHEN {unresolved} THEN NULL ELSE COALESCE(i.resolved_at, i.updated_at) END) AS until
    FROM issues_issue i
    WHERE {counted} AND {scope} AND i.source <> 'import' AND i.detected_at >= %(start)s AND ({until} IS NULL OR {until} > {since})
    ORDER BY 1"""
ASKED_BACK = timedelta(days=3)  # who waited longer than that was not waiting for us


def _spans(rule: AlertRule, since: str, until: str, start: datetime) -> list[tuple[datetime, datetime | None]]:
    parts = {
        "since": since,
        "until": until,
        "unresolved": UNRESOLVED_NOW,
        "counted": counted(),
        "scope": cells.narrowed(rule.filters),
    }
    with connection.cursor() as cursor:
        cursor.execute(SPANS.format(**parts), {"start": start - ASKED_BACK} | rule.filters)
        return cursor.fetchall()


def _open_at(spans: list[tuple[datetime, datetime | None]], moments: list[datetime]) -> Iterator[tuple[datetime, list]]:
    """At each moment, the spans that hold it, in a heap by their beginnings whose first is among them."""
    heap: list[tuple[datetime, datetime | None]] = []
    coming = deque(spans)
    for at in moments:
        while coming and coming[0][0] <= at:
            since, until = coming.popleft()
            heappush(heap, (since, until or datetime.max.replace(tzinfo=at.tzinfo)))
        while heap and heap[0][1] <= at:
            heappop(heap)
        yield at, heap


def _longest_wait(rule: AlertRule, moments: list[datetime], now: datetime) -> Past:
    spans = _spans(rule, "i.detected_at", "i.first_response_at", moments[0])
    for at, heap in _open_at(spans, moments):
        yield at, Reading((at - heap[0][0]).total_seconds() if heap else 0.0, len(heap), len(heap))


def _overdue(since: str, until: str) -> Callable[[AlertRule, list[datetime], datetime], Past]:
    def past(rule: AlertRule, moments: list[datetime], now: datetime) -> Past:
        for at, heap in _open_at(_spans(rule, since, until, moments[0]), moments):
            n = sum(end > at for _since, end in heap)
            yield at, Reading(n, n, n)

    return past


TRIED = """
    SELECT a.at, a.response_id, a.kind = 'failed'
    FROM issues_action a JOIN issues_response r ON r.id = a.response_id JOIN issues_issue i ON i.id = a.issue_id
    WHERE a.kind IN ('replied', 'failed') AND a.at >= %(start)s AND a.at < %(end)s AND {counted} AND {scope} AND {which} ORDER BY a.at"""


def _tried(which: str, *, worked: bool) -> Callable[[AlertRule, list[datetime], datetime], Past]:
    """The share of the responses that worked, or failed, over the window before each moment."""

    def past(rule: AlertRule, moments: list[datetime], now: datetime) -> Past:
        length = timedelta(seconds=rule.window_s)
        with connection.cursor() as cursor:
            text = TRIED.format(counted=counted(), scope=cells.narrowed(rule.filters), which=which)
            cursor.execute(text, {"start": moments[0] - length, "end": moments[-1]} | rule.filters)
            rows = cursor.fetchall()
        coming, inside = deque(rows), deque()
        tried, failures = Counter(), Counter()
        for at in moments:
            while coming and coming[0][0] < at:
                row = coming.popleft()
                inside.append(row)
                tried[row[1]] += 1
                failures[row[1]] += row[2]
            while inside and inside[0][0] < at - length:
                _at, response, failed = inside.popleft()
                tried[response] -= 1
                failures[response] -= failed
                if not tried[response]:
                    del tried[response], failures[response]
            n, failed = len(tried), sum(map(bool, failures.values()))
            share = ((n - failed) if worked else failed) / n if n else None
            yield at, Reading(share, n, failed)

    return past


OWN: dict[str, Callable[[AlertRule, list[datetime], datetime], Past]] = {
    "backlog_growth": _backlog,
    "ai_spend": _spend,
    "longest_wait": _longest_wait,
    "response_overdue": _overdue("i.response_due_at", "i.first_response_at"),
    "resolution_overdue": _overdue("i.resolution_due_at", "i.resolved_at"),
    "success_rate": _tried(of_issues.AUTOMATIC, worked=True),
    "whatsapp_failures": _tried(of_issues.SPOKEN, worked=False),
}

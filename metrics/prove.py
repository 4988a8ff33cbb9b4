"""Measures every figure a second time, from the rows alone, and says where that differs from what is shown.

No cell, no histogram and no percentile of ours is used: PostgreSQL counts the rows of each list (`measures.LISTS`), adds
them up and takes `percentile_cont` of them. Both measurements see the same state of the tables.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from . import facts, histogram, kpis, rollup, rows, snapshot, uptime
from .cells import TABLES
from .kpis import BY_NAME, KPI
from .measures import LISTS, MEASURES, TTFR_S, TTR_S, WAITING, Count, Durations, Names, Sum, epoch
from .models import Grain, Proof
from .plan import Known, Stretch, after, floor
from .tally import Tally
from .timing import grains as timing
from .window import CUSTOM, DAY, Scope, Window

# A percentile that is read of bins is within 2 % (`histogram`).
OF_BINS = 0.02
# Sums of fractions depend on their order, and durations are shown to the millisecond.
OF_FRACTIONS, MILLISECOND = 1e-9, 0.0011

WAITED_S = f"CASE WHEN {WAITING.condition} THEN {epoch('%(now)s - i.detected_at')} ELSE {TTFR_S} END"


@dataclass(frozen=True)
class Line:
    """One number: as it is `shown` and as the rows have it. `n` is how many rows; `allowed` the share that it may differ by."""

    figure: str
    unit: str
    shown: float | None
    proved: float | None
    n: int
    allowed: float = 0.0

    @property
    def difference(self) -> float | None:
        """Shown − proved; None where either is nothing."""
        return None if self.shown is None or self.proved is None else self.shown - self.proved

    @property
    def differs(self) -> bool:
        if self.difference is None or self.proved is None:
            return self.shown is not self.proved
        slack = MILLISECOND if self.unit == "s" else 0.0
        return abs(self.difference) > slack + abs(self.proved) * max(self.allowed, OF_FRACTIONS)


def prove(window: Window) -> Iterator[Line]:
    """Every figure of the window with what stands beside it, one after the other, as they are proved."""
    zone = timezone.get_default_timezone()
    with snapshot.one_state():
        every = BY_NAME.values()
        figures = kpis.figures(facts.read(window, zone), every)
        counted = Rows(window)
        for kpi in every:
            if kpi.name in PROOFS:
                yield from _lines(kpi, figures[kpi.name], counted, window)
        yield from _of_uptime(figures["availability"], window)
        yield from _of_requests(figures["api_p95"], window)


def _lines(kpi: KPI, shown: dict, counted: "Rows", window: Window) -> Iterator[Line]:
    n = counted(kpi.rows)
    of_bins = 0.0 if window.is_exact else OF_BINS
    proofs = PROOFS[kpi.name](counted)
    yield Line(kpi.name, kpi.unit, shown["value"], proofs.pop(""), n, of_bins if kpi.unit == "s" else 0.0)
    yield Line(f"{kpi.name}.n", "count", shown["n"], n, n)
    for part, name in kpi.parts.items():
        if part not in proofs:
            yield Line(f"{kpi.name}.{part}", "count", shown["extra"][part], counted(name), counted(name))
    for part, proved in proofs.items():
        allowed = of_bins if part == "p95" else 0.0
        yield Line(f"{kpi.name}.{part}", _unit(kpi, part), shown["extra"][part], proved, n, allowed)


def _unit(kpi: KPI, part: str) -> str:
    return kpi.unit if kpi.unit != "rate" or part.endswith(("share", "rate")) else "count"


# --- The numbers of the rows --------------------------------------------------------------------------


class Rows:
    """Numbers of the window's lists, each asked for once: `counted("ttfr")`, `counted("ttfr", "sum(…)")`."""

    def __init__(self, window: Window):
        self.window = window
        self._known: dict[tuple[str, str], float | None] = {}

    def __call__(self, name: str, expression: str = "count(*)"):
        if (name, expression) not in self._known:
            with connection.cursor() as cursor:
                cursor.execute(*rows.Listed(LISTS[name]).counting(self.window, expression))
                (self._known[name, expression],) = cursor.fetchone()
        return self._known[name, expression]

    def share(self, part: str, whole: str) -> float | None:
        return self(part) / self(whole) if self(whole) else None


Prover = Callable[[Rows], dict[str, float | None]]


def _durations(name: str, seconds: str, share: float) -> Prover:
    def proof(counted: Rows) -> dict:
        def percentile(at: float):
            return counted(name, f"percentile_cont({at}) WITHIN GROUP (ORDER BY {seconds})")

        return {"": percentile(share), "p95": percentile(0.95), "mean": counted(name, f"avg({seconds})")}

    return proof


def _share(part: str, whole: str, **beside: tuple[str, str]) -> Prover:
    def proof(counted: Rows) -> dict:
        return {"": counted.share(part, whole)} | {name: counted.share(*both) for name, both in beside.items()}

    return proof


def _received(counted: Rows) -> dict:
    return {"": counted("detected") or None}


def _tokens(counted: Rows) -> dict:
    kinds = {kind: counted("ai_calls", f"COALESCE(sum(c.tokens_{kind}), 0)::bigint") for kind in ("in", "out", "thought", "cached")}  # fmt: skip
    total = kinds["in"] + kinds["out"] + kinds["thought"]
    return {"": total if counted("ai_calls_counted") else None, **kinds}


def _cost(counted: Rows) -> dict:
    cost = float(counted("ai_calls", "COALESCE(sum(c.cost_usd), 0)"))
    any_priced, replies, ended = counted("ai_calls_priced"), counted("replies_ai"), counted("ended")
    per_reply = cost / replies if replies and any_priced else None
    return {
        "": cost if any_priced else None,
        "per_reply": per_reply,
        "per_resolved": cost / ended if ended and any_priced else None,
        "avoided": per_reply * counted("replies_cached") if per_reply is not None else None,
    }


def _satisfaction(counted: Rows) -> dict:
    return {
        "": counted("rated", "avg(i.customer_satisfaction)::float8"),
        "well_share": counted.share("rated_well", "rated"),
        "response_rate": counted.share("ended_rated", "ended"),
    }


PROOFS: dict[str, Prover] = {
    "ttfr_p50": _durations("ttfr", WAITED_S, 0.5),
    "ttfr_p90": _durations("ttfr", WAITED_S, 0.9),
    "ttr_p50": _durations("ttr", TTR_S, 0.5),
    "ttr_p90": _durations("ttr", TTR_S, 0.9),
    "automation_rate": _share("automated_actions", "actions", untouched_share=("ended_untouched", "ended")),
    "ai_precision": _share("ai_rated_well", "ai_rated", response_rate=("ai_ended_rated", "ai_ended")),
    "delivery_rate": _share("delivered", "accepted"),
    "resolution_rate": _share("resolved", "detected"),
    "escalation_rate": _share("escalated", "detected"),
    "false_positive_rate": _share("false_positives", "reviewed"),
    "sla_response": _share("response_met", "response_judged"),
    "sla_resolution": _share("resolution_met", "resolution_judged"),
    "ai_tokens": _tokens,
    "ai_cost_usd": _cost,
    "cache_hit_rate": _share("replies_cached", "replies_known"),
    "received": _received,
    "satisfaction": _satisfaction,
}


# The spans of each role, of which none reaches beyond the beginning of the next; then what PostgreSQL's multiranges make of
# them: up is when all are, down is when any has a break, and planned maintenance is neither. See `uptime`.
UPTIME = """
    WITH spans AS (
        SELECT component, state, since, GREATEST(since, LEAST(until, lead(since) OVER (PARTITION BY component ORDER BY number))) AS until
        FROM mis_dashboard_span WHERE component = ANY(%(roles)s)
    ), up AS (
        SELECT component, range_agg(tstzrange(since, until)) AS up, min(since) AS first, max(until) AS last
        FROM spans WHERE state = 'up' GROUP BY component
        UNION ALL SELECT 'database', range_agg(tstzrange(CASE WHEN since - before <= %(apart)s THEN LEAST(since, before) ELSE since END, until)),
            min(since), max(until) FROM (
                SELECT *, max(until) OVER (ORDER BY since ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                FROM spans WHERE state = 'up'
            ) AS signs
    ), known AS (
        SELECT tstzmultirange(tstzrange(%(start)s, GREATEST(%(start)s, LEAST(%(end)s, %(now)s)))) - COALESCE((
            SELECT range_agg(tstzrange(starts_at, ends_at)) FROM metrics_maintenance
        ), '{}') AS known
    ), shares AS (
        SELECT known * range_agg(tstzmultirange(
                tstzrange(first, CASE WHEN %(now)s - last <= %(late)s THEN last ELSE GREATEST(first, %(now)s) END)) - up) AS down,
            known * CASE WHEN count(up) > %(others)s THEN range_intersect_agg(up) ELSE '{}' END AS up
        FROM up CROSS JOIN known WHERE up IS NOT NULL GROUP BY known
    )
    SELECT (SELECT COALESCE(sum(date_part('epoch', upper(r) - lower(r))), 0) FROM unnest(up - down) AS r),
        (SELECT COALESCE(sum(date_part('epoch', upper(r) - lower(r))), 0) FROM unnest(down) AS r)
    FROM shares"""


def _of_uptime(shown: dict, window: Window) -> Iterator[Line]:
    params = {
        "roles": uptime.ROLES, "others": len(uptime.ROLES), "late": uptime.LATE, "apart": uptime.APART,
        "start": window.start, "end": window.end, "now": window.as_of,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(UPTIME, params)
        up_s, down_s = cursor.fetchone() or (0.0, 0.0)
    counted_s = up_s + down_s
    value = up_s / counted_s if counted_s else None
    yield Line("availability", "rate", shown["value"], value, round(counted_s))
    yield Line("availability.n", "count", shown["n"], round(counted_s), round(counted_s))


# Requests are counted as they are answered, minute by minute: there is nothing finer to prove hours and days by.
REQUESTS = """
    SELECT COALESCE(sum(n), 0)::bigint, string_agg(packed, '') FROM metrics_timing
    WHERE grain_s = %s AND starts_at >= %s AND starts_at < %s"""


def _of_requests(shown: dict, window: Window) -> Iterator[Line]:
    """Of windows whose minutes are all kept."""
    if window.start < window.as_of - timing.KEPT[timing.MINUTE]:
        return
    with connection.cursor() as cursor:
        cursor.execute(REQUESTS, [timing.seconds(timing.MINUTE), window.start, window.end])
        n, packed = cursor.fetchone()
    (p95,) = histogram.percentiles(histogram.unpack(packed or b""), [0.95])
    yield Line("api_p95", "s", shown["value"], p95, n)
    yield Line("api_p95.n", "count", shown["n"], n, n)


# --- Every night --------------------------------------------------------------------------------------


def nightly(now: datetime, told: Callable[[str, Line], None] = lambda name, line: None) -> list[str]:
    """Proves yesterday and the last 30 days, notes the outcome, and has measured again what differs. Returns which figures do."""
    zone = timezone.get_default_timezone()
    found: list[str] = []
    for name, window in _nightly(now, zone).items():
        differing = []
        for line in prove(window):
            told(name, line)
            differing += [line] if line.differs else []
        _note(name, now, differing)
        if differing:
            heal(window, zone, now)
        found += [line.figure for line in differing]
    return sorted(set(found))


def _nightly(now: datetime, zone: ZoneInfo) -> dict[str, Window]:
    yesterday = (now.astimezone(zone).date() - DAY).isoformat()
    return {
        "yesterday": Scope(CUSTOM, start=yesterday, end=yesterday).at(now, zone),
        "30d": Scope("30d").at(now, zone),
    }


def _note(name: str, now: datetime, differing: list[Line]) -> None:
    """Since when it differs stays, as long as it does."""
    before = Proof.objects.filter(name=name).first()
    since = ((before and before.since) or now) if differing else None
    figures = sorted({line.figure.partition(".")[0] for line in differing})
    Proof.objects.update_or_create(name=name, defaults={"at": now, "since": since, "figures": figures})


def heal(window: Window, zone: ZoneInfo, now: datetime) -> None:
    """Marks the days of the window as stale whose cells say otherwise than the rows; all of it, where no day does."""
    with snapshot.one_state():
        wrong = [day for day in _days(window, zone) if _is_wrong(day, zone, now)]
    for start, end in wrong or [(window.start, window.end)]:
        rollup.doubt(start, end, now)


def _days(window: Window, zone: ZoneInfo) -> Iterator[Stretch]:
    start = floor(Grain.DAY, window.start, zone)
    while start < window.end:
        yield start, after(Grain.DAY, start, zone)
        start = after(Grain.DAY, start, zone)


def _is_wrong(day: Stretch, zone: ZoneInfo, now: datetime) -> bool:
    """Whether the cells of any grain add up to anything but the rows of the day."""
    window = Window(CUSTOM, *day, DAY, now)
    known = facts.known(day[0], window, zone)
    truth = _told(facts.of_cells(window, {table: Known(zone) for table in TABLES}))
    return any(_told(facts.of_cells(window, _only(grain, known))) != truth for grain in Grain)


def _only(grain: Grain, known: dict[str, Known]) -> dict[str, Known]:
    return {
        table: Known(of.zone, {g: stretch for g, stretch in of.covered.items() if g == grain}, of.stale)
        for table, of in known.items()
    }


NUMBERS = [measure.name for measure in MEASURES if isinstance(measure, Count | Sum)]
DURATIONS = [measure.name for measure in MEASURES if isinstance(measure, Durations)]
NAMES = [measure.name for measure in MEASURES if isinstance(measure, Names)]


def _told(tallies: dict[str, Tally]) -> dict:
    """All that the tallies say. Sums of fractions depend on their order."""
    return {key: _told_of(tally) for key, tally in tallies.items() if any(tally[name] for name in NUMBERS)}


def _told_of(tally: Tally) -> list:
    return [
        [round(tally[name], 3) for name in NUMBERS],
        [{who: bins.tolist() for who, bins in tally.bins_by_who(name).items()} for name in DURATIONS],
        [tally.names(name) for name in NAMES],
    ]

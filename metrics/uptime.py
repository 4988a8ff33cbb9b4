"""How much of the time MIS was there, and what it depends on: from the spans in which each component was seen.

Ours are web, worker and clock, whose processes beat every two seconds (`lib.processes`), and the database, which took
down those beats and was there between two of them, as long as they are no further apart than those of one role may be.
What lies between two spans of ours is down: whoever was not there could not say so. The models of Gemini and the line
to WhatsApp are others'; the clock notes how they stand, up or down, and while nobody looked it is not known, which
counts as neither. Planned maintenance is neither, too.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import chain

from django.conf import settings
from django.db import connection
from django.utils import timezone

from issues import ai, channels
from issues.line import KNOWN_FOR
from issues.models import ChannelState
from mis_dashboard.lib.processes import APART_S, LATE_S
from mis_dashboard.models import Process, Span

from .stretches import Stretch, bridged, common, merged, seconds, touches, without
from .window import Window

ROLES = [str(role) for role in Process.Role]
DATABASE, GEMINI, WHATSAPP = "database", "gemini", "whatsapp"
OURS = [*ROLES, DATABASE]
OTHERS = [GEMINI, WHATSAPP]
MIS = "mis"  # ours together

TARGET = 0.999
LATE = timedelta(seconds=LATE_S)
APART = timedelta(seconds=APART_S)
RECORD_S = 5.0
# So long after it was last noted, others are believed to stand as they did.
BELIEVED = timedelta(seconds=3 * RECORD_S)
# A model that is left alone is asked each 30 s while anybody waits for an answer; after that nobody knows.
ASKED_LATELY = timedelta(minutes=2)
GAPS_SHOWN = 10
FOREVER = datetime.max.replace(tzinfo=UTC)


# --- Noting how others stand --------------------------------------------------------------------


@dataclass(frozen=True)
class Sign:
    """How a component stands, and since when as far as is known."""

    state: str
    since: datetime


LOOK = """
    SELECT
        (SELECT COALESCE(json_agg(b), '[]')::text FROM issues_breaker b WHERE model = ANY(%(models)s)) AS breakers,
        line.state, line.changed_at, line.checked_at,
        gemini.number, gemini.state, gemini.since, gemini.until,
        whatsapp.number, whatsapp.state, whatsapp.since, whatsapp.until
    FROM (SELECT) AS once
        LEFT JOIN issues_channelstate line ON line.instance = %(instance)s
        LEFT JOIN LATERAL (
            SELECT * FROM mis_dashboard_span WHERE component = 'gemini' ORDER BY number DESC LIMIT 1
        ) gemini ON TRUE
        LEFT JOIN LATERAL (
            SELECT * FROM mis_dashboard_span WHERE component = 'whatsapp' ORDER BY number DESC LIMIT 1
        ) whatsapp ON TRUE"""

NOTE = """
    INSERT INTO mis_dashboard_span (component, number, state, since, until)
    SELECT * FROM unnest(%s::text[], %s::int[], %s::text[], %s::timestamptz[], %s::timestamptz[])
    ON CONFLICT (component, number) DO UPDATE SET since = excluded.since, until = excluded.until"""


def record(now: datetime | None = None) -> None:
    """Notes how Gemini and WhatsApp stand, as far as we know and are told to use them. Two statements; asks nobody.

    The clock calls it every RECORD_S. To call it twice at the same moment changes nothing.
    """
    now = now or timezone.now()
    models = [name for name in (settings.GEMINI_MODEL, settings.GEMINI_FALLBACK_MODEL) if name]
    with connection.cursor() as cursor:
        cursor.execute(LOOK, {"models": models, "instance": settings.EVOLUTION_INSTANCE})
        breakers, *row = cursor.fetchone()
        line, latest = row[:3], [_span(GEMINI, row[3:7]), _span(WHATSAPP, row[7:])]
        signs = [
            ai.configured() and gemini(json.loads(breakers), models, now),
            channels.configured() and whatsapp(*line, now),
        ]
        told = [(name, span, sign) for name, span, sign in zip(OTHERS, latest, signs, strict=True) if sign]
        spans = [new for name, span, sign in told for new in noted(name, span, sign, now)]
        if spans:
            rows = [(s.component, s.number, str(s.state), s.since, s.until) for s in spans]
            cursor.execute(NOTE, [list(column) for column in zip(*rows, strict=True)])


def _span(component: str, row: list) -> Span | None:
    number, state, since, until = row
    return number and Span(component=component, number=number, state=state, since=since, until=until)


def gemini(breakers: list[dict], models: list[str], now: datetime) -> Sign | None:
    """Up while any of `models` is asked; down while each is left alone, and lately was asked in vain; else not known.

    `breakers` are rows of the table as JSON. One that never failed has none.
    """
    trouble = {breaker["model"]: breaker for breaker in breakers if _left_alone(breaker, now)}
    if not models or set(models) - trouble.keys():
        return Sign(Span.State.UP, now) if models else None
    opened = [_instant(breaker["opened_at"]) or now for breaker in trouble.values()]
    asked = [_instant(breaker[key]) for breaker in trouble.values() for key in ("opened_at", "probed_at", "busy_until")]
    if max(filter(None, asked)) < now - ASKED_LATELY:
        return None
    return Sign(Span.State.DOWN, max(opened))


def _left_alone(breaker: dict, now: datetime) -> bool:
    busy_until = _instant(breaker["busy_until"])
    return breaker["opened_at"] is not None or (busy_until is not None and busy_until > now)


def _instant(iso: str | None) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None


def whatsapp(state: str | None, changed_at: datetime, checked_at: datetime, now: datetime) -> Sign | None:
    """Up while the line is open; not known when nothing was heard lately. That Evolution cannot be asked is down, too."""
    if state is None or checked_at < now - KNOWN_FOR:
        return None
    return Sign(Span.State.UP if state == ChannelState.State.OPEN else Span.State.DOWN, changed_at)


def noted(component: str, latest: Span | None, sign: Sign, now: datetime) -> list[Span]:
    """The spans to store, new or changed, after a `sign` of a component whose `latest` span is known."""
    if latest is None or latest.until < now - BELIEVED:
        return [_next(component, latest, sign.state, now, now)]
    was_until = min(latest.until, now)  # later is from before the clock was set back
    latest.since = min(latest.since, was_until)
    if latest.state == sign.state:
        latest.until = now
        return [latest]
    latest.until = min(max(was_until, sign.since), now)
    return [latest, _next(component, latest, sign.state, latest.until, now)]


def _next(component: str, latest: Span | None, state: str, since: datetime, until: datetime) -> Span:
    number = latest.number + 1 if latest else 1
    return Span(component=component, number=number, state=state, since=since, until=until)


# --- Measuring ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gap:
    """A time in which a component was down, or MIS as a whole: then `parts` are those of ours that were."""

    component: str
    since: datetime
    until: datetime
    parts: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()


@dataclass(frozen=True)
class Share:
    """How a window is shared out: up, down, planned maintenance, and not known. `gaps`: when it was down, in order."""

    up_s: float
    down_s: float
    planned_s: float
    unknown_s: float
    gaps: list[Gap]

    @property
    def counted_s(self) -> float:
        return self.up_s + self.down_s

    @property
    def value(self) -> float | None:
        """Up ÷ (up + down); None when nothing was seen in the window."""
        return self.up_s / self.counted_s if self.counted_s else None


@dataclass(frozen=True)
class Uptime:
    """MIS as a `whole`, which is up when all of ours are; and each of the `components`, ours and others'."""

    whole: Share
    components: dict[str, Share]

    @property
    def value(self) -> float | None:
        return self.whole.value

    @property
    def n(self) -> int:
        """Seconds in which it is known whether MIS was up."""
        return round(self.whole.counted_s)

    @property
    def down_minutes(self) -> float:
        return self.whole.down_s / 60

    @property
    def budget_minutes(self) -> float:
        """How long MIS may have been down at the target: a share of the time that counts, not of the whole window.

        So something of the budget is left exactly as long as the target is reached.
        """
        return (1 - TARGET) * self.whole.counted_s / 60

    @property
    def budget_left_minutes(self) -> float:
        """Below zero when more was used than there was."""
        return self.budget_minutes - self.down_minutes

    @property
    def extra(self) -> dict:
        """What the key figure tells beside its value, ready for JSON: minutes, and each component's own figure."""
        known = self.value is not None
        return {
            "down_minutes": round(self.down_minutes, 3) if known else None,
            "budget_minutes": round(self.budget_minutes, 3) if known else None,
            "budget_left_minutes": round(self.budget_left_minutes, 3) if known else None,
            "components": {
                name: {"value": share.value, "down_minutes": round(share.down_s / 60, 3)}
                for name, share in self.components.items()
            },
        }

    def longest(self, most: int = GAPS_SHOWN) -> list[Gap]:
        """When MIS was down, the longest first."""
        return sorted(self.whole.gaps, key=lambda gap: gap.seconds, reverse=True)[:most]


# The first span of each component tells since when it is known at all. Of the others, those from the last one that
# began before the window on: three looks into an index, however many spans there are.
READ = """
    SELECT span.component, span.number, span.state, span.since, span.until
    FROM unnest(%(components)s::text[]) AS one (component)
    CROSS JOIN LATERAL (
        SELECT COALESCE(max(since), '-infinity') AS since FROM mis_dashboard_span
        WHERE component = one.component AND since <= %(start)s
    ) AS first
    CROSS JOIN LATERAL (
        SELECT * FROM mis_dashboard_span WHERE component = one.component AND number = 1 AND since < first.since
        UNION ALL
        SELECT * FROM mis_dashboard_span
        WHERE component = one.component AND since >= first.since AND since < %(end)s
    ) AS span
    UNION ALL
    SELECT 'planned', 0, 'planned', starts_at, ends_at FROM metrics_maintenance
    WHERE starts_at < %(end)s AND ends_at > %(start)s
    ORDER BY component, number"""
COLUMNS = ["component", "number", "state", "since", "until"]


def measure(start: datetime, end: datetime, now: datetime) -> Uptime:
    """How it was for `start <= t < end`, as far as `now` is known. One query."""
    return reckon(*read(start, end), start, end, now)


def measure_each(windows: list[Window]) -> list[Uptime]:
    """How it was in each window, whatever issues it is narrowed down to. One query."""
    spans, planned = read(min(window.start for window in windows), max(window.end for window in windows))
    return [reckon(spans, planned, window.start, window.end, window.as_of) for window in windows]


def read(start: datetime, end: datetime) -> tuple[list[Span], list[Stretch]]:
    """The spans and the planned maintenance that `reckon` needs for this window, and for any within it."""
    with connection.cursor() as cursor:
        cursor.execute(READ, {"components": [*ROLES, *OTHERS], "start": start, "end": end})
        found = cursor.fetchall()
    spans = [Span(**dict(zip(COLUMNS, row, strict=True))) for row in found if row[0] != "planned"]
    return spans, [(since, until) for component, *_, since, until in found if component == "planned"]


def rows(start: datetime, end: datetime, now: datetime, component: str = MIS) -> list[Gap]:
    """What makes the figure: each time that `component` was down in the window, the newest first.

    Their seconds add up to `down_s` of the same component in `measure`. One query.
    """
    found = measure(start, end, now)
    share = found.whole if component == MIS else found.components[component]
    return share.gaps[::-1]


def reckon(spans: Iterable[Span], planned: Iterable[Stretch], start: datetime, end: datetime, now: datetime) -> Uptime:
    """The window's `Uptime`, from `spans` of each component in the order of their numbers. Pure."""
    by_component: dict[str, list[Span]] = {name: [] for name in [*ROLES, *OTHERS]}
    for span in spans:
        by_component[span.component].append(span)
    up = {name: _in_state(of_one, Span.State.UP) for name, of_one in by_component.items()}
    up[DATABASE] = bridged((stretch for role in ROLES for stretch in up[role]), APART)
    down = {name: _breaks(up[name], now) for name in OURS}
    down[DATABASE] = without(down[DATABASE], chain(*(_awaited(up[role], now) for role in ROLES)))
    down |= {name: _in_state(by_component[name], Span.State.DOWN) for name in OTHERS}
    share = Sharer(start, end, now, list(planned))
    ours_up, ours_down = reduce(common, (up[name] for name in OURS)), {name: down[name] for name in OURS}
    return Uptime(
        share(MIS, ours_up, merged(chain(*ours_down.values())), ours_down),
        {name: share(name, up[name], down[name]) for name in [*OURS, *OTHERS]},
    )


def _in_state(spans: list[Span], state: str) -> list[Stretch]:
    """None reaches beyond the beginning of the next: where a clock was set back, the later one is right."""
    begins = [*(following.since for following in spans[1:]), FOREVER]
    return [
        (span.since, max(span.since, min(span.until, begins[place])))
        for place, span in enumerate(spans)
        if span.state == state
    ]


def _breaks(up: list[Stretch], now: datetime) -> list[Stretch]:
    """What lies between, from the first sign on."""
    return without([(up[0][0], now)], [*up, *_awaited(up, now)]) if up else []


def _awaited(up: list[Stretch], now: datetime) -> list[Stretch]:
    """The time since the last sign, as long as the next one is not late: it will tell."""
    seen_at = max((until for _, until in up), default=now)
    return [(seen_at, now)] if timedelta(0) < now - seen_at <= LATE else []


@dataclass(frozen=True)
class Sharer:
    """Shares out the window `start <= t < end`, of which nothing after `now` is known."""

    start: datetime
    end: datetime
    now: datetime
    planned: list[Stretch]

    def __call__(
        self, name: str, up: list[Stretch], down: list[Stretch], parts: dict[str, list[Stretch]] | None = None
    ) -> Share:
        window = [(self.start, self.end)]
        planned = common(window, self.planned)
        known = without([(self.start, min(self.end, self.now))], planned)
        gaps = common(known, down)
        up_s = seconds(without(common(known, up), gaps))
        left_s = seconds(window) - seconds(planned) - seconds(gaps) - up_s
        parts = parts or {}
        return Share(up_s, seconds(gaps), seconds(planned), left_s, [_gap(name, gap, parts) for gap in gaps])


def _gap(name: str, gap: Stretch, parts: dict[str, list[Stretch]]) -> Gap:
    return Gap(name, *gap, [part for part, down in parts.items() if touches(down, gap)])

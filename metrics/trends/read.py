"""What the trends of a window are measured of. A few queries more than a snapshot, so screens ask for them once a minute."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from issues.models import Issue
from mis_dashboard.lib.recent import recent

from .. import breakdown, facts, snapshot, timing
from ..facts import Facts
from ..kpis import KPI, KPIS, Evidence, Measure, measured, uptimes
from ..uptime import Uptime
from ..window import DAY, HOUR, Scope, Window

log = logging.getLogger("mis.figures")

DAYS_OF_WEEK = 7
HOURS_OF_DAY = 24
# A heat map looks so far back: a whole number of weeks, so that every day of the week is in it as often.
HEAT_UP_TO = 91 * DAY
TYPES_SHOWN = 8


@dataclass(frozen=True)
class Kind:
    """A type of issue ("" for none): how many, its share of all, and how many there were in the time before; None where that is not known."""

    type: str
    n: int
    share: float
    before: int | None


@dataclass(frozen=True)
class Trends:
    """A window over time and taken apart. Rates are 0 to 1, durations seconds; None is nothing to measure.

    points  KPI → one measure for each bucket; the first bucket is whole, and `unfinished` tells of the last
    resolved  how many issues were resolved in each bucket
    spread  how many first responses took less than each of `breakdown.EDGES`, and how many longer
    heat    weekday (Monday first) → hour of the day → issues received; None where the window has no such hour
    kinds   the most frequent types
    """

    window: Window
    starts: list[datetime]
    unfinished: bool
    points: dict[str, list[Measure]]
    resolved: list[int]
    spread: list[int]
    heat: list[list[int | None]]
    kinds: list[Kind]
    whole: Uptime | None


def read(scope: Scope, now: datetime) -> Trends:
    """The trends of `scope` up to the last whole minute: all who look within it see the same, measured once in each process."""
    return _read(scope, now.replace(second=0, microsecond=0))


@recent(seconds=60)
def _read(scope: Scope, now: datetime) -> Trends:
    zone = timezone.get_default_timezone()
    window = scope.at(now, zone)
    with snapshot.one_state():
        found = facts.read(window, zone)
        return Trends(
            window=window,
            starts=found.starts,
            unfinished=found.unfinished,
            points=points(found),
            resolved=[tally["ended"] for tally in found.buckets],
            spread=breakdown.spread(found.total.times("ttfr")),
            heat=_heat(window, zone),
            kinds=_kinds(found, zone),
            whole=uptimes([window])[0],
        )


def points(found: Facts, kpis: Sequence[KPI] = KPIS) -> dict[str, list[Measure]]:
    """Each of the figures in every bucket. Two queries, for what is not made of issues, where it is asked for."""
    edges = [*found.starts, found.window.end]
    windows = [replace(found.window, start=start, end=end) for start, end in pairwise(edges)]
    wanted = {kpi.rows for kpi in kpis}
    ups = uptimes(windows) if "downtime" in wanted else [None] * len(windows)
    evidence = [Evidence(*each) for each in zip(found.buckets, windows, ups, strict=True)]
    requests = _requests(found) if "requests" in wanted else []
    return {
        kpi.name: requests if kpi.rows == "requests" else [measured(kpi, each) for each in evidence] for kpi in kpis
    }


def _requests(found: Facts) -> list[Measure]:
    """The answers of our server by bucket, in one query."""
    try:
        with transaction.atomic():
            return _answered(found)
    except Exception:
        log.exception("the times of our answers cannot be read")
        return [Measure(None, 0)] * len(found.starts)


def _answered(found: Facts) -> list[Measure]:
    known = timing.by_bucket(found.starts, found.window.end, found.window.as_of)
    return [
        Measure(known[start]["p95"], known[start]["n"]) if start in known else Measure(None, 0)
        for start in found.starts
    ]


def _heat(window: Window, zone: ZoneInfo) -> list[list[int | None]]:
    """By weekday and hour; None where the window has no such hour, or only before there was any issue at all."""
    began = Issue.objects.aggregate(at=Min("detected_at"))["at"] or window.end
    start = min(window.end, max(window.start, window.end - HEAT_UP_TO, began))
    cuts = list(_hours(start, window.end))
    between = facts.moving(window, cuts, zone, {"detected"}, exact=False)
    heat: list[list[int | None]] = [[None] * HOURS_OF_DAY for _day in range(DAYS_OF_WEEK)]
    for place, at in enumerate(cuts[:-1]):
        local = at.astimezone(zone)
        before = heat[local.weekday()][local.hour] or 0
        heat[local.weekday()][local.hour] = before + between(place, place + 1)["detected"]
    return heat


def _hours(start: datetime, end: datetime) -> Iterable[datetime]:
    """`start`, each whole hour after it, and `end`. Zones that are half an hour apart share an hour's cell with the next."""
    yield start
    at = start.replace(minute=0, second=0, microsecond=0) + HOUR
    while at < end:
        yield at
        at += HOUR
    yield end


def _kinds(found: Facts, zone: ZoneInfo) -> list[Kind]:
    """The types that occur most, as far as `TYPES_SHOWN`."""
    window = found.window
    present = _received(window, zone)
    before = _received(window.previous(zone), zone) if found.has_previous else None
    total = sum(present.values())
    most = sorted(present.items(), key=lambda one: (-one[1], one[0]))[:TYPES_SHOWN]
    return [Kind(name, n, n / total, None if before is None else before.get(name, 0)) for name, n in most if n]


def _received(window: Window, zone: ZoneInfo) -> dict[str, int]:
    return {name: tally["detected"] for name, tally in facts.by(window, "type", zone, {"detected"}).items()}

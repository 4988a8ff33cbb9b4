"""How long requests took, in any window: the coarsest rows that fit it, and finer ones at its edges.

A row belongs to the window that holds its beginning, so windows that meet share none. Since 35 days ago a window is
exact to the minute, since 190 days ago to the hour, before that to the day.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from psycopg.pq import Format

from mis_dashboard.lib.recent import recent

from .. import histogram
from ..window import Window
from .grains import DAY, FINER, HOUR, KEPT, MINUTE, ceil, floor, made_until, seconds

TOP = 5
SHARES = [0.5, 0.95, 0.99]
Piece = tuple[timedelta, datetime, datetime]  # rows of this grain that begin at or after the one, and before the other

READ = """
    SELECT {bucket} AS bucket, route, sum(n)::bigint, sum(refused)::bigint, sum(failed)::bigint, string_agg(packed, '')
    FROM metrics_timing WHERE {pieces} GROUP BY bucket, route ORDER BY bucket DESC, 3 DESC, route
"""
PIECE = "grain_s = %s AND starts_at >= %s AND starts_at < %s"


def measure(start: datetime, end: datetime, now: datetime) -> dict | None:
    """All requests answered in `start <= t < end`, as `_figures` says, and `routes`: each, the most frequent first.

    None when there were none. Seconds; to 2 %. One query, and another one every half a minute.
    """
    found = list(_read("0", [], start, end, now, DAY))
    if not found:
        return None
    routes = [{"route": route, **_figures(n, refused, failed, bins)} for _, route, n, refused, failed, bins in found]
    _, _, ns, refuseds, faileds, each = zip(*found, strict=True)
    return _figures(sum(ns), sum(refuseds), sum(faileds), sum(each)) | {"routes": routes}


def figure(window: Window) -> dict | None:
    """What the key figure shows: n, p95, and as `extra` p50, p99, errors and the main `routes`. None without requests."""
    found = measure(window.start, window.end, window.as_of)
    if not found:
        return None
    extra = {"p50": found["p50"], "p99": found["p99"], "errors": found["errors"], "routes": found["routes"][:TOP]}
    return {"n": found["n"], "p95": found["p95"], "extra": extra}


def by_bucket(starts: list[datetime], end: datetime, now: datetime) -> dict[datetime, dict]:
    """The start of each bucket that has any request → `_figures` of all its routes. One query."""
    found = defaultdict(list)
    for bucket, _route, *row in _by_bucket(starts, end, now):
        found[starts[bucket - 1]].append(row)
    return {start: _figures(*map(sum, zip(*of_routes, strict=True))) for start, of_routes in found.items()}


def rows(starts: list[datetime], end: datetime, now: datetime) -> Iterator[dict]:
    """For each bucket and route that has any request: start, route and `_figures`; the newest first, then the most frequent.

    `starts` are the buckets' beginnings in order, the last one ends at `end`. Together they are what `measure` of
    starts[0] to `end` is made of.
    """
    for bucket, route, n, refused, failed, bins in _by_bucket(starts, end, now):
        yield {"start": starts[bucket - 1], "route": route, **_figures(n, refused, failed, bins)}


def _by_bucket(starts: list[datetime], end: datetime, now: datetime) -> Iterator:
    return _read("width_bucket(starts_at, %s::timestamptz[])", [starts], starts[0], end, now, _fitting(starts))


def pieces(
    start: datetime, end: datetime, now: datetime, made: dict[timedelta, datetime], coarsest: timedelta = DAY
) -> list[Piece]:
    """Which rows make up the window: none twice, and nothing left out that is still kept."""
    return _cover(ceil(start, _kept(start, now)), ceil(end, _kept(end, now)), made, coarsest)


def _cover(start: datetime, end: datetime, made: dict[timedelta, datetime], grain: timedelta) -> list[Piece]:
    if start >= end:
        return []
    if grain == MINUTE:
        return [(grain, start, end)]
    first, last = ceil(start, grain), floor(min(end, made[grain]), grain)
    if first >= last:
        return _cover(start, end, made, FINER[grain])
    before, after = _cover(start, first, made, FINER[grain]), _cover(last, end, made, FINER[grain])
    return [*before, (grain, first, last), *after]


def _kept(at: datetime, now: datetime) -> timedelta:
    """The finest grain of which there are still rows at that moment."""
    return next((grain for grain, kept in KEPT.items() if at >= now - kept), DAY)


def _fitting(starts: list[datetime]) -> timedelta:
    """The coarsest grain whose rows never lie in two of the buckets."""
    return next((grain for grain in (DAY, HOUR) if all(floor(at, grain) == at for at in starts[1:])), MINUTE)


def _read(bucket: str, values: list, start: datetime, end: datetime, now: datetime, coarsest: timedelta) -> Iterator:
    chosen = pieces(start, end, now, _made(now.replace(second=0, microsecond=0)), coarsest)
    if not chosen:
        return
    text = READ.format(bucket=bucket, pieces=" OR ".join([PIECE] * len(chosen)))
    wanted = [value for grain, *edges in chosen for value in (seconds(grain), *edges)]
    with connection.cursor() as cursor:
        cursor.cursor.format = Format.BINARY  # bytes would be written out in hexadecimal digits otherwise
        cursor.execute(text, [*values, *wanted])
        for *row, packed in cursor.fetchall():
            yield *row, histogram.unpack(packed)


@recent(seconds=30)
def _made(now: datetime) -> dict[timedelta, datetime]:
    """What was made stays made, so an old answer is as right as a new one."""
    return made_until(now)


def _figures(n: int, refused: int, failed: int, bins) -> dict:
    """n, p50, p95, p99 (seconds), refused (answered 4xx, or not waited for) and errors (5xx)."""
    p50, p95, p99 = (round(value, 4) for value in histogram.percentiles(bins, SHARES))
    return {"n": n, "p50": p50, "p95": p95, "p99": p99, "refused": refused, "errors": failed}

"""Minutes are added up to hours, and hours to days: the same histograms, so that nothing but the moment is lost.

An hour counts as made once there is any row of it or of a later one; whoever stores a minute of an hour that is over
makes that hour again, in the same transaction. So a made hour is always the sum of its minutes, however late a
process stores them, and readers may take whichever they like. Hours and days are those of the product's time zone, as
charts cut them.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, repeat, takewhile

from django.db import connection, transaction
from django.utils import timezone

from .. import histogram
from ..models import Timing

MINUTE, HOUR, DAY = (timedelta(seconds=grain) for grain in Timing.Grain)
FINER = {HOUR: MINUTE, DAY: HOUR}
# Days go with their partition (`settings.PARTITIONED`).
KEPT = {MINUTE: timedelta(days=35), HOUR: timedelta(days=190)}
LOCK = 0x4D4953_74696D  # "MIS tim"

KEY = ["grain_s", "starts_at", "route", "process"]
COUNTS = ["n", "redirected", "refused", "failed", "packed"]

LAST = "(SELECT max(starts_at) FROM metrics_timing WHERE grain_s = %s AND starts_at >= %s)"
FINE = """
    SELECT width_bucket(starts_at, %s::timestamptz[]) AS number, route, sum(n)::bigint, sum(redirected)::bigint, sum(refused)::bigint,
        sum(failed)::bigint, string_agg(packed, '')
    FROM metrics_timing WHERE grain_s = %s AND starts_at >= %s AND starts_at < %s GROUP BY number, route
"""
DROP = "DELETE FROM metrics_timing WHERE grain_s = %s AND starts_at < %s"


def floor(at: datetime, grain: timedelta) -> datetime:
    """The beginning of the minute, or of the hour or day on the wall clock of the product's time zone, that holds `at`."""
    local = at.astimezone(timezone.get_default_timezone())
    whole = {MINUTE: {}, HOUR: {"minute": 0}, DAY: {"minute": 0, "hour": 0}}[grain]
    return local.replace(second=0, microsecond=0, **whole).astimezone(UTC)


def following(start: datetime, grain: timedelta) -> datetime:
    """When the minute, hour or day that begins at `start` is over. A day may have 23 or 25 hours."""
    return floor(start + DAY + DAY / 2, DAY) if grain == DAY else start + grain


def ceil(at: datetime, grain: timedelta) -> datetime:
    """The first beginning of a minute, hour or day at `at` or after it."""
    start = floor(at, grain)
    return start if start == at else following(start, grain)


def seconds(grain: timedelta) -> int:
    """The grain as the table holds it."""
    return grain // timedelta(seconds=1)


def store(rows: list[Timing], now: datetime) -> None:
    """Writes rows of minutes, in place of what stood there. Hours that are over are made again."""
    oldest = min(row.starts_at for row in rows)
    with transaction.atomic():
        is_late = oldest < floor(now, HOUR)
        if is_late:
            _queue_up()
        _put(rows)
        if is_late:
            _make(now, since=oldest)


def coarsen(now: datetime | None = None) -> None:
    """Makes the hours and days that are over and not made yet, and the last one of each again. Twice does no harm."""
    with transaction.atomic():
        _queue_up()
        _make(now or timezone.now())


def forget(now: datetime | None = None) -> int:
    """Removes minutes after 35 days and hours after 190; how many rows."""
    now, gone = now or timezone.now(), 0
    with connection.cursor() as cursor:
        for grain, kept in KEPT.items():
            cursor.execute(DROP, [seconds(grain), now - kept])
            gone += cursor.rowcount
    return gone


def made_until(now: datetime) -> dict[timedelta, datetime]:
    """Up to when there are whole hours, and whole days, of all that is stored."""
    return {grain: following(at, grain) if at else now - KEPT[FINER[grain]] for grain, at in _last(now).items()}


def _queue_up() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _make(now: datetime, since: datetime | None = None) -> None:
    for grain, last in _last(now).items():
        # What has begun to be removed cannot be added up again.
        whole_since = ceil(now - KEPT[FINER[grain]], grain)
        first = last or whole_since
        if since:
            first = min(first, floor(since, grain))
        _put(_added_up(grain, max(first, whole_since), floor(now, grain)))


def _last(now: datetime) -> dict[timedelta, datetime | None]:
    """The beginnings of the last hour and the last day that were made, None when none was for as long as finer ones are kept."""
    values = [value for grain in FINER for value in (seconds(grain), now - KEPT[FINER[grain]])]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join([LAST] * len(FINER))}", values)
        return dict(zip(FINER, cursor.fetchone(), strict=True))


def _added_up(grain: timedelta, first: datetime, end: datetime) -> Iterator[Timing]:
    starts = list(takewhile(lambda at: at < end, accumulate(repeat(grain), following, initial=first)))
    if not starts:
        return
    with connection.cursor() as cursor:
        cursor.execute(FINE, [starts, seconds(FINER[grain]), first, end])
        for number, route, n, redirected, refused, failed, packed in cursor.fetchall():
            yield Timing(
                grain_s=seconds(grain),
                starts_at=starts[number - 1],
                route=route,
                n=n,
                redirected=redirected,
                refused=refused,
                failed=failed,
                packed=histogram.compact(packed),
            )


def _put(rows: Iterable[Timing]) -> None:
    Timing.objects.bulk_create(rows, batch_size=1000, update_conflicts=True, unique_fields=KEY, update_fields=COUNTS)

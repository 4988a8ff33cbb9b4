"""Keeps the cells: what happened in each minute, hour and day, added up in advance, and measured again when it changes.

A cell is a copy of what the rows say. Triggers mark the minute of every change as stale in the transaction that makes it
(migration 0003), and whoever reads takes the rows themselves wherever a cell is stale or missing (`plan`): a figure is
right at any moment, whether or not anybody has refreshed. Refreshing makes it cheap. Doing it twice, or again from
nothing, gives the same cells.

What has changed is measured again whenever another five minutes, another hour, or another day has become complete: the
longer a time, the more changes are waited for, so that all of it costs little beside what it is about.
"""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone

from mis_dashboard.lib import partitions

from . import cells
from .cells import TABLES, Table
from .measures import HANDLED
from .models import Covered, Detected, Grain, Happened, Stale
from .plan import after, before, floor
from .window import UTC

log = logging.getLogger("mis.rollup")

# A send is judged ten minutes later (`measures.JUDGED`): younger times have no cells.
SETTLED = timedelta(minutes=10)
# A window of 90 days, and the 90 days before it, may begin at any moment of a day.
KEPT = {Grain.MINUTE: timedelta(days=190), Grain.HOUR: timedelta(days=190), Grain.DAY: None}
# So much more must have become complete, or so many marks wait, before anything is measured again.
STEP = {Grain.MINUTE: timedelta(minutes=5), Grain.HOUR: timedelta(hours=1), Grain.DAY: timedelta(hours=23)}
MANY_MARKS = 2_000
# How many are measured in one transaction.
AT_ONCE = {Grain.MINUTE: 720, Grain.HOUR: 96, Grain.DAY: 28}
MARKS_AT_ONCE = 50_000
# "MIS det" and "MIS hap": advisory locks, so that one process at a time measures a table.
LOCKS: dict[Table, int] = {"detected": 0x4D4953_646574, "happened": 0x4D4953_686170}
# Sorting on disk takes longer than all the rest.
ROOM = "SET LOCAL work_mem = '128MB'"
LONGER = {Grain.MINUTE: Grain.HOUR, Grain.HOUR: Grain.DAY}
MODELS = {"detected": Detected, "happened": Happened}


# What triggers note of the actions (migration 0003), for actions that no trigger saw. What is noted stays: the actions
# may be gone.
NOTED = [
    f"INSERT INTO metrics_touched (issue_id) SELECT DISTINCT issue_id FROM issues_action WHERE {HANDLED} ON CONFLICT DO NOTHING",
    "INSERT INTO metrics_reopened (issue_id, at) SELECT DISTINCT issue_id, at FROM issues_action WHERE kind = 'reopened' "
    "ON CONFLICT DO NOTHING",
]

Progress = Callable[[Table, Grain, datetime], None]


def refresh(grain: Grain, now: datetime | None = None, tables: Iterable[Table] = TABLES) -> int:
    """Measures again what is stale of `grain`, goes on to the present, and one step back into the past.

    Returns how many times' cells were measured. Does nothing where another process refreshes. An error leaves all as it was.
    """
    now, zone = now or timezone.now(), timezone.get_default_timezone()
    return sum(_refresh(table, grain, now, zone) for table in tables)


def due(now: datetime | None = None) -> list[tuple[Table, Grain]]:
    """What there is to measure. One query, and another the first time."""
    now, zone = now or timezone.now(), timezone.get_default_timezone()
    with connection.cursor() as cursor:
        cursor.execute("SELECT cells, grain, count(*) FROM metrics_stale GROUP BY 1, 2")
        marks = {(table, grain): number for table, grain, number in cursor.fetchall()}
    covered = {(each.cells, each.grain): each for each in Covered.objects.all()}
    return [
        (table, grain)
        for grain in Grain
        for table in TABLES
        if _is_due(covered.get((table, grain)), grain, now, zone) or marks.get((table, grain), 0) >= MANY_MARKS
    ]


def _is_due(covered: Covered | None, grain: Grain, now: datetime, zone: ZoneInfo) -> bool:
    if covered is None or covered.since > _beginning(covered, now, zone):
        return True
    return floor(grain, now - SETTLED, zone) - covered.until >= STEP[grain]


def catch_up(now: datetime | None = None, progress: Progress = lambda table, grain, since: None) -> None:
    """Refreshes every grain until nothing is stale and everything is covered. The tables are worked on side by side."""
    now = now or timezone.now()
    if connection.in_atomic_block:  # of which another connection knows nothing
        for table in TABLES:
            _catch_up(table, now, progress)
        return
    with ThreadPoolExecutor(len(TABLES)) as pool:
        for done in [pool.submit(_catch_up_apart, table, now, progress) for table in TABLES]:
            done.result()


def _catch_up_apart(table: Table, now: datetime, progress: Progress) -> None:
    try:
        _catch_up(table, now, progress)
    finally:
        connection.close()


def _catch_up(table: Table, now: datetime, progress: Progress) -> None:
    for grain in Grain:
        while refresh(grain, now, [table]):
            progress(table, grain, Covered.objects.get(cells=table, grain=grain).since)


def rebuild(now: datetime | None = None, progress: Progress = lambda table, grain, since: None) -> None:
    """Forgets every cell and measures all of them again. Figures stay right meanwhile, and take longer."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCKS[table]])
        cursor.execute("TRUNCATE metrics_detected, metrics_happened, metrics_covered, metrics_stale")
        for statement in NOTED:
            cursor.execute(statement)
    catch_up(now, progress)


def doubt(start: datetime, end: datetime, now: datetime) -> None:
    """Marks all cells of that time as stale: whoever reads takes the rows, until they have been measured again."""
    zone = timezone.get_default_timezone()
    grain = next(grain for grain, kept in KEPT.items() if kept is None or start >= now - kept)
    at, marks = floor(grain, start, zone), []
    while at < end:
        marks += [Stale(cells=table, grain=grain, start=at) for table in TABLES]
        at = after(grain, at, zone)
    Stale.objects.bulk_create(marks, batch_size=5000)


def _refresh(table: Table, grain: Grain, now: datetime, zone: ZoneInfo) -> int:
    with transaction.atomic(), _alone(table) as mine, connection.cursor() as cursor:
        if not mine:
            return 0
        cursor.execute(f"{cells.BY_INDEX}; {ROOM}")
        covered = _covered(table, grain, now, zone)
        starts = _stale(covered, zone) | _next(covered, now, zone)
        for text, params in cells.stored(table, grain, sorted(starts), now, zone) if starts else ():
            cursor.execute(text, params)
        covered.save(update_fields=["since", "until", "first"])
    return len(starts)


def _covered(table: Table, grain: Grain, now: datetime, zone: ZoneInfo) -> Covered:
    """The stretch there is, cut to what is kept; an empty one at the present when there is none."""
    end = floor(grain, now - SETTLED, zone)
    covered = Covered.objects.filter(cells=table, grain=grain).first()
    if covered is None:
        covered = Covered.objects.create(cells=table, grain=grain, since=end, until=end, first=_first(table) or end)
    if (kept := KEPT[grain]) and covered.since < (oldest := floor(grain, now - kept, zone)):
        MODELS[table].objects.filter(grain=grain, start__lt=oldest).delete()
        covered.since, covered.until = oldest, max(oldest, covered.until)
    return covered


def _stale(covered: Covered, zone: ZoneInfo) -> set[datetime]:
    """What is marked, to be measured now; the marks go on to the next longer grain."""
    table, grain = covered.cells, Grain(covered.grain)
    marks = list(Stale.objects.filter(cells=table, grain=grain).values_list("id", "start")[:MARKS_AT_ONCE])
    if not marks:
        return set()
    covered.first = min(covered.first, *(start for _id, start in marks))
    starts = {floor(grain, start, zone) for _id, start in marks}
    if grain == Grain.DAY:  # an hour of UTC may lie in two days
        starts |= {floor(grain, start + timedelta(minutes=59), zone) for _id, start in marks}
    Stale.objects.filter(id__in=[mark for mark, _start in marks]).delete()
    if longer := LONGER.get(grain):
        marked = {floor(longer, start, zone) if longer != Grain.DAY else start for start in starts}
        Stale.objects.bulk_create(Stale(cells=table, grain=longer, start=start) for start in sorted(marked))
    return {start for start in starts if max(covered.since, _whole(table)) <= start < covered.until}


def _whole(table: Table) -> datetime:
    """Since when all rows are there. Of a time before, of which actions were dropped, the cells are all that is known."""
    age = partitions.kept("issues_action") if table == "happened" else None
    return partitions.month_of(timezone.now() - age) if age else datetime.min.replace(tzinfo=UTC)


def _next(covered: Covered, now: datetime, zone: ZoneInfo) -> set[datetime]:
    """The times that follow on what is covered, up to the present; when there are none, those before it."""
    grain = Grain(covered.grain)
    found, end = set(), floor(grain, now - SETTLED, zone)
    while covered.until < end and len(found) < AT_ONCE[grain]:
        found.add(covered.until)
        covered.until = after(grain, covered.until, zone)
    if found:
        return found
    beginning = _beginning(covered, now, zone)
    while covered.since > beginning and len(found) < AT_ONCE[grain]:
        covered.since = before(grain, covered.since, zone)
        found.add(covered.since)
    return found


def _beginning(covered: Covered, now: datetime, zone: ZoneInfo) -> datetime:
    """Where the cells of the grain begin: with the first row, or with what is kept."""
    grain, kept = Grain(covered.grain), KEPT[covered.grain]
    first = floor(grain, covered.first, zone)
    return max(first, floor(grain, now - kept, zone)) if kept else first


# The first row of each index; the earliest of all is where history begins.
OLDEST = {
    "detected": "SELECT min(detected_at) FROM issues_issue",
    "happened": """
        SELECT min(at) FROM (
            SELECT min(resolved_at) AS at FROM issues_issue UNION ALL SELECT min(rated_at) FROM issues_issue
            UNION ALL (SELECT min(at) FROM issues_action WHERE kind = 'replied')
            UNION ALL (SELECT min(at) FROM issues_action WHERE kind = 'resolved')
            UNION ALL (SELECT min(at) FROM issues_action WHERE kind = 'escalated')
            UNION ALL SELECT min(sent_at) FROM issues_response UNION ALL SELECT min(started_at) FROM issues_aicall
        ) AS firsts""",
}


def _first(table: Table) -> datetime | None:
    """When the first row there is counts."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST[table])
        return cursor.fetchone()[0]


@contextmanager
def _alone(table: Table):
    """Whether this transaction is the one that measures."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCKS[table]])
        yield cursor.fetchone()[0]

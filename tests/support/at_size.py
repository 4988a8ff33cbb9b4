"""What is measured in a database with many issues (`loaded`). Needs a Django that knows it."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

import psutil
from django.apps import apps
from django.db import connection
from django.utils import timezone

from metrics import figure, rollup, snapshot
from metrics.crt import period, urgent
from metrics.kpis import BY_NAME, KPI
from metrics.models import Covered, Detected, Grain, Happened
from metrics.plan import floor
from metrics.trends import read as trends
from metrics.window import Scope, Window

from .history import story
from .history.live import Step, coming
from .loaded import UNTIL
from .measure import quantile
from .sized import Line

WINDOWS = ["1h", "24h", "30d", "90d"]
ONE_LOCATION = story.LOCATIONS[0]  # the biggest: a quarter of all
FILTERS: dict[str, dict[str, str]] = {
    "": {},
    "location": {"location": ONE_LOCATION},
    "location, priority, type": {"location": ONE_LOCATION, "priority": "high", "type": "billing"},
    "priority": {"priority": "high"},
    "type": {"type": "billing"},
}
REPEATS, WARM = 40, 3
LOOKS = 3

# The new issues whose keeping up is measured come after others, whose later changes share the turns of the clock with them.
BEFORE, NEW = 1_500, 2_000
A_SECOND, A_MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def lines(count: int, took: dict[str, float], *, keep: bool) -> Iterator[Line]:
    """Everything there is to know about `count` issues; `took` is what loading them took. With `keep` it leaves no trace."""
    yield Line("load", [took["load_s"]], "s", f"{count / took['load_s']:,.0f} issues a second")
    yield Line("rollup, rebuilt", [took["rebuild_s"]], "s")
    yield from disk(count)
    yield from snapshots("", moments())
    yield from first_pages()
    yield from other_pages()
    with coming(BEFORE + 2 * NEW, UNTIL) as steps:
        try:
            end = nth_new(steps, BEFORE + NEW)
            yield keep_up(steps[:end])
            yield from snapshots(", busy", changes(steps[end:]))
        finally:
            if keep:
                forget()


# --- Disk ---------------------------------------------------------------------------------------

SIZE = """
    SELECT COALESCE(sum(pg_table_size(relid)), pg_table_size(%(table)s::regclass)),
        COALESCE(sum(pg_indexes_size(relid)), pg_indexes_size(%(table)s::regclass))
    FROM pg_partition_tree(%(table)s::regclass)
"""


def disk(count: int) -> list[Line]:
    """Bytes for each issue, by table and in all: rows and indexes."""
    sizes = {}
    for name in ("issues", "metrics"):
        for model in apps.get_app_config(name).get_models():
            with connection.cursor() as cursor:
                cursor.execute(SIZE, {"table": model._meta.db_table})
                sizes[model._meta.db_table] = [int(size) / count for size in cursor.fetchone()]
    worth = {table: size for table, size in sizes.items() if sum(size) >= 1}
    lines = [
        Line(f"disk: {table}", [sum(size)], "bytes", f"{size[0]:,.0f} rows, {size[1]:,.0f} indexes")
        for table, size in worth.items()
    ]
    return [Line("disk of an issue", [sum(map(sum, sizes.values()))], "bytes"), *lines]


# --- Snapshots ----------------------------------------------------------------------------------


def moments(apart: timedelta = timedelta(milliseconds=50)) -> Iterator[datetime]:
    """Later and later, while nothing changes."""
    at = UNTIL
    while True:
        at += apart
        yield at


def changes(steps: list[Step]) -> Iterator[datetime]:
    """Later and later, with one more change each time; the cells are refreshed as the clock would."""
    clock = Clock(steps[0].at)
    for step in steps:
        clock.turn(step.at)
        step.take()
        yield step.at + A_SECOND


def snapshots(name: str, at: Iterator[datetime]) -> Iterator[Line]:
    """How long each kind of snapshot takes, each at another moment of `at`, in ms."""
    for filter_name, given in FILTERS.items():
        for window in WINDOWS:
            scope = Scope(window, **given)
            title = f"snapshot{name} {window}" + (f" of one {filter_name}" if filter_name else "")
            yield timed(title, (partial(snapshot.build, scope, moment) for moment in islice(at, WARM + REPEATS)))


def timed(name: str, works: Iterable[Callable]) -> Line:
    """How long each of the works takes, but for the first ones; beside it what it costs the processor, whoever else uses it."""
    times, processor_s = [], 0.0
    for n, work in enumerate(works):
        begun, before_s = time.perf_counter(), _processor_s()
        work()
        if n >= WARM:
            times.append((time.perf_counter() - begun) * 1000)
            processor_s += _processor_s() - before_s
    note = f"{processor_s * 1000 / len(times):.0f} ms of processor"
    return Line(name, [quantile(times, 0.5), quantile(times, 0.95)], "ms", note)


def _processor_s() -> float:
    """What this process and its server process have used; a tick is 10 ms."""
    server = psutil.Process(connection.connection.info.backend_pid).cpu_times()
    return time.process_time() + server.user + server.system


# --- Pages --------------------------------------------------------------------------------------


def first_pages() -> Iterator[Line]:
    """What a figure's own page is made of, with the first of its rows: every figure's, each at another moment."""
    at = moments()
    for filter_name, given in (("", {}), ("location, priority, type", FILTERS["location, priority, type"])):
        for window in WINDOWS:
            title = f"figure's page {window}" + (f" of one {filter_name}" if filter_name else "")
            yield _slowest(
                title,
                {
                    name: [_look_ms(kpi, window, given, next(at)) for _ in range(1 + LOOKS)][1:]
                    for name, kpi in BY_NAME.items()
                },
            )


def _look_ms(kpi: KPI, window: str, given: dict[str, str], now: datetime) -> float:
    begun = time.perf_counter()
    figure.look(figure.Asked.parse(kpi, {"window": window} | given, now))
    return (time.perf_counter() - begun) * 1000


def _slowest(name: str, times: dict[str, list[float]]) -> Line:
    """All of the times, and whose are the longest."""
    slowest = max(times, key=lambda each: min(times[each]))
    every = [ms for each in times.values() for ms in each]
    return Line(
        name, [quantile(every, 0.5), quantile(every, 0.95)], "ms", f"slowest: {slowest}, {min(times[slowest]):.0f} ms"
    )


def other_pages() -> Iterator[Line]:
    """What the trends and /crt are made of, each time in another minute: within one, all who look have the same trends."""
    at, zone = moments(A_MINUTE), timezone.get_default_timezone()
    for filter_name, given in (("", {}), ("location, priority, type", FILTERS["location, priority, type"])):
        narrowed = f" of one {filter_name}" if filter_name else ""
        now = [scope_at("1h", given, moment) for moment in islice(at, WARM + REPEATS)]
        yield timed(f"needs action{narrowed}", (partial(urgent.read, window) for window in now))
        for window in WINDOWS:
            scope, then = Scope(window, **given), list(islice(at, WARM + REPEATS))
            yield timed(f"trends {window}{narrowed}", (partial(trends.read, scope, moment) for moment in then))
            windows = [scope_at(window, given, moment) for moment in then]
            yield timed(f"/crt {window}{narrowed}", (partial(period.read, each, zone) for each in windows))


def scope_at(window: str, given: dict[str, str], moment: datetime) -> Window:
    return Scope(window, **given).at(moment, timezone.get_default_timezone())


# --- Keeping up ---------------------------------------------------------------------------------


class Clock:
    """Refreshes the cells whenever the product would, in the time that the history has."""

    def __init__(self, now: datetime):
        self.next = now
        self.took_s = dict.fromkeys(Grain, 0.0)
        self.took = dict.fromkeys(Grain, 0)
        self.looking_s = 0.0

    def turn(self, now: datetime) -> None:
        """Does what was due up to `now`: of several turns that came meanwhile, one."""
        if now < self.next:
            return
        self.next = now + A_MINUTE
        begun = time.perf_counter()
        due = rollup.due(now)
        self.looking_s += time.perf_counter() - begun
        for table, grain in due:
            self._refresh(table, grain, now)

    def _refresh(self, table: str, grain: Grain, now: datetime) -> None:
        begun = time.perf_counter()
        while rollup.refresh(grain, now, [table]):
            pass
        self.took_s[grain] += time.perf_counter() - begun
        self.took[grain] += 1


def nth_new(steps: list[Step], n: int) -> int:
    """Where among the steps the `n`-th new issue is."""
    return [index for index, step in enumerate(steps) if step.is_new][n - 1]


def keep_up(steps: list[Step]) -> Line:
    """What the rollup costs for each of the last NEW issues that begin in `steps`: refreshing, and the triggers, in ms.

    Each change is a transaction or more, as the product makes them, at its own time; the clock turns between them. Nothing waits
    for the time to pass. What happens meanwhile to the BEFORE issues before them is part of it, as is what
    later happens to these ones of what comes afterwards. Time in the triggers is what PostgreSQL counts for their functions.
    """
    begins = nth_new(steps, BEFORE)
    clock = Clock(UNTIL)
    _take(steps[:begins], clock)
    clock.took_s, clock.took, clock.looking_s = dict.fromkeys(Grain, 0.0), dict.fromkeys(Grain, 0), 0.0
    triggers_s, begun = _triggers_s(), time.perf_counter()
    _take(steps[begins:], clock)
    took_s, triggers_s = time.perf_counter() - begun, _triggers_s() - triggers_s
    refreshing_s = sum(clock.took_s.values()) + clock.looking_s
    each = [
        f"{grain.name.lower()}s {clock.took_s[grain] * 1000 / NEW:.2f} in {clock.took[grain]} turns" for grain in Grain
    ]
    each.append(f"looking whether {clock.looking_s * 1000 / NEW:.2f}")
    note = f"refresh: {', '.join(each)}; triggers {triggers_s * 1000 / NEW:.2f}; beside {(took_s - refreshing_s) * 1000 / NEW:.1f} of all else"
    return Line("keep-up of an issue", [(refreshing_s + triggers_s) * 1000 / NEW], "ms", note)


def _take(steps: list[Step], clock: Clock) -> None:
    with _counting_functions():
        for step in steps:
            clock.turn(step.at)
            step.take()


@contextmanager
def _counting_functions() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET track_functions = 'pl'")
        yield
        cursor.execute("RESET track_functions")


TRIGGERS = """
    SELECT COALESCE(sum(f.total_time), 0) / 1000 FROM pg_stat_user_functions f
    WHERE f.funcid IN (SELECT tgfoid FROM pg_trigger) AND f.funcname LIKE 'metrics%%'
"""


def _triggers_s() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(TRIGGERS)
        return cursor.fetchone()[0]


def forget() -> None:
    """Takes the new issues away again, and the cells that they are in, so that the next measuring begins at the same place."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM issues_eventkey WHERE key IN (SELECT key FROM next_inboundevent)")
        for table in ("response", "message", "aicall", "action", "inboundevent", "issue"):
            key = "id" if table == "issue" else "issue_id"
            cursor.execute(f"DELETE FROM issues_{table} WHERE {key} IN (SELECT id FROM next_issue)")
        cursor.execute("DELETE FROM issues_aicall WHERE response_id IN (SELECT id FROM next_response)")
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("TRUNCATE metrics_stale")
    for grain in Grain:
        since = floor(grain, UNTIL - rollup.SETTLED, timezone.get_default_timezone())
        for cells in (Detected, Happened):
            cells.objects.filter(grain=grain, start__gte=since).delete()
        Covered.objects.filter(grain=grain, until__gt=since).update(until=since)
    rollup.catch_up(UNTIL)

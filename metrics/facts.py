"""What a window says, before it is made into figures: counts, sums and durations, in all, by bucket and taken apart.

Cells and rows are read together (`plan`), so it is exact at any moment: to the row where something is counted, and to
the last digit of percentiles of windows up to a day; those of longer ones are within 2 %.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection
from psycopg.pq import Format

from . import cells
from .cells import SEGMENT
from .measures import (
    MEASURES,
    OVERDUE_RESOLUTION,
    OVERDUE_RESPONSE,
    TTFR_KNOWN,
    TTFR_S,
    TTR_KNOWN,
    TTR_S,
    UNRESOLVED_NOW,
    WAITING,
    Durations,
    Names,
    counted,
    epoch,
)
from .models import Grain
from .plan import Known, plan
from .tally import Answer, Answers, Tally
from .window import DAY, Window

WHO_ANSWERED = "answered_by"

# The names of what there is to ask a tally for: of what depends on the moment, of durations, of names, and all.
STILL_OPEN = {"ttfr", "response_overdue", "resolution_overdue"}
TIMED = {measure.name for measure in MEASURES if isinstance(measure, Durations)}
NAMED = {measure.name for measure in MEASURES if isinstance(measure, Names)}
ALL = STILL_OPEN | {measure.name for measure in MEASURES}


@dataclass
class Facts:
    """A window in all, the one before it, and the window by bucket (of the charts: the first is whole).

    `has_previous`: all of the time before lies within history.
    """

    window: Window
    total: Tally
    previous: Tally
    starts: list[datetime]
    buckets: list[Tally]
    has_previous: bool

    @property
    def unfinished(self) -> bool:
        """Whether the last bucket is still being filled."""
        return self.window.end < self.starts[-1] + self.window.bucket


def read(window: Window, zone: ZoneInfo, names: Set[str] = ALL) -> Facts:
    """The facts of a window and of the one before, as far as they have those `names`. A dozen queries, whose cost does not grow with history."""
    before, starts = window.previous(zone), window.buckets(zone)
    cuts = sorted({before.start, *starts, window.start, window.end})
    answers = _answers(window, cuts, known(cuts[0], window, zone), names, exact=window.is_exact)
    segment = {start: number for number, start in enumerate(cuts, 1)}
    start, end = segment[window.start], segment[window.end]
    ends = [segment[each] for each in starts[1:]] + [end]
    return Facts(
        window=window,
        total=Tally(answers, start, end),
        previous=Tally(answers, 1, start),
        starts=starts,
        buckets=[Tally(answers, segment[each], until) for each, until in zip(starts, ends, strict=True)],
        has_previous=_began_by(before.start),
    )


def _began_by(at: datetime) -> bool:
    """Whether there was any issue yet, of anybody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM issues_issue WHERE detected_at <= %s)", [at])
        return cursor.fetchone()[0]


def total(window: Window, zone: ZoneInfo, names: Set[str]) -> Tally:
    """What the window says in all, of those names."""
    cuts = [window.start, window.end]
    return Tally(_answers(window, cuts, known(cuts[0], window, zone), names, exact=window.is_exact), 1, 2)


def moving(
    window: Window, cuts: list[datetime], zone: ZoneInfo, names: Set[str], *, exact: bool
) -> Callable[[int, int], Tally]:
    """What has been settled of `window` between any two of the `cuts`, by their places: who still waited then is not known."""
    answers = _answers(window, cuts, known(cuts[0], window, zone), names, exact=exact, still_open=False)
    return lambda first, end: Tally(answers, first + 1, end + 1)


def by(window: Window, dimension: str, zone: ZoneInfo, names: Set[str] = ALL) -> dict[str, Tally]:
    """The window's issues by "location", "priority" or "type": a tally for each value that occurs."""
    return apart(window, [dimension], zone, names)[dimension]


def apart(window: Window, dimensions: list[str], zone: ZoneInfo, names: Set[str] = ALL) -> dict[str, dict[str, Tally]]:
    """The same by each of the dimensions; and by "answered_by", of which there is nothing but durations one by one."""
    cuts, found = [window.start, window.end], known(window.start, window, zone)
    values = _values_by(dimensions, window, cuts) if names & TIMED and window.is_exact else {}
    parts = {}
    for by in dimensions:
        answers = [] if by == WHO_ANSWERED else _added_up(window, cuts, found, by, names, binned=not window.is_exact)
        parts[by] = _by_key(Answers(answers + ([values[by]] if values else [])))
    return parts


def of_cells(window: Window, found: dict[str, Known]) -> dict[str, Tally]:
    """The window's issues by priority, and all as "", of no other cells than `found`: what is counted, summed, named and binned."""
    cuts = [window.start, window.end]
    whole, by_priority = (Answers(_added_up(window, cuts, found, by, ALL, binned=True)) for by in (SEGMENT, "priority"))
    return {"": Tally(whole, 1, 2)} | _by_key(by_priority)


@dataclass
class Trend:
    """How many issues were detected: in the time before the window, and in each bucket of its charts."""

    before: int
    buckets: list[int]


def trends(window: Window, dimension: str, zone: ZoneInfo) -> dict[str, Trend]:
    """The window's issues by "location", "priority" or "type", of each value that occurs. Three queries at most."""
    before, starts = window.previous(zone), window.buckets(zone)
    cuts = sorted({before.start, *starts, window.start, window.end})
    found: dict[str, list[int]] = {}
    for statement in cells.received(dimension, plan(cuts, known(cuts[0], window, zone)["detected"]), cuts, window):
        for value, segment, number in _fetched(*statement)[1]:
            numbers = found.setdefault(value, [0] * (len(cuts) + 1))
            numbers[segment] += number
    at = {cut: place for place, cut in enumerate(cuts, 1)}
    ends = [*(at[start] for start in starts[1:]), at[window.end]]
    stretches = [slice(at[start], end) for start, end in zip(starts, ends, strict=True)]
    return {
        value: Trend(sum(numbers[1 : at[window.start]]), [sum(numbers[stretch]) for stretch in stretches])
        for value, numbers in found.items()
    }


def _by_key(answers: Answers) -> dict[str, Tally]:
    # Between a text and the same one with a zero byte lies no other.
    return {key: Tally(answers, key, f"{key}\0") for key in answers.places}


def known(start: datetime, window: Window, zone: ZoneInfo) -> dict[str, Known]:
    """What there is of cells since `start`, by table. One query."""
    query = """
        SELECT cells, grain, since, until FROM metrics_covered
        UNION ALL (SELECT DISTINCT cells, grain, start, NULL::timestamptz FROM metrics_stale WHERE start >= %s AND start < %s)
    """
    found = {table: Known(zone) for table in cells.TABLES}
    with connection.cursor() as cursor:
        cursor.execute(query, [start - DAY, window.end])
        for table, grain, since, until in cursor.fetchall():
            if until is None:
                found[table].mark(Grain(grain), since)
            else:
                found[table].covered[Grain(grain)] = (since, until)
    return found


def _answers(
    window: Window,
    cuts: list[datetime],
    found: dict[str, Known],
    names: Set[str],
    *,
    exact: bool,
    still_open: bool = True,
) -> Answers:
    """What cells and rows say of each segment between the cuts, durations one by one or in bins."""
    answers = _added_up(window, cuts, found, SEGMENT, names, binned=not exact, still_open=still_open)
    if names & TIMED and exact:
        answers.append(_asked(*_of_issues(VALUES, window, cuts, *_place(SEGMENT))))
    return Answers(answers)


def _added_up(
    window: Window,
    cuts: list[datetime],
    found: dict[str, Known],
    by: str,
    names: Set[str],
    *,
    binned: bool,
    still_open: bool = True,
) -> list[Answer]:
    """What is counted, summed and named of each segment, or of all the time by `by`; if they are to be binned, durations too."""
    statements = []
    for table in cells.TABLES:
        wanted = [
            measure
            for measure in cells.measures_of(table)
            if measure.name in names and (binned or not isinstance(measure, Durations))
        ]
        if wanted:
            statements += cells.read(wanted, plan(cuts, found[table]), cuts, window, by)
    if still_open and names & STILL_OPEN:
        statements.append(_of_issues(OPEN, window, cuts, *_place(by)))
    return [_asked(*statement) for statement in statements]


# What still goes on: who waits and for how long, and what is overdue.
OPEN = f"""
    SELECT {{place}},
        string_agg(float8send({epoch("%(now)s - i.detected_at")}), ''::bytea) FILTER (WHERE {WAITING.condition}) AS ages,
        count(*) FILTER (WHERE {OVERDUE_RESPONSE}) AS response_overdue,
        count(*) FILTER (WHERE {OVERDUE_RESOLUTION}) AS resolution_overdue
    FROM issues_issue i
    WHERE {UNRESOLVED_NOW} AND {{scope}} AND i.detected_at >= %(start)s AND i.detected_at < %(end)s
    GROUP BY {{group}}"""

# The very durations, in place of their bins.
VALUES = f"""
    SELECT {{place}},
        string_agg(float8send({TTFR_S}), ''::bytea) FILTER (WHERE {TTFR_KNOWN}) AS ttfr_values,
        string_agg(float8send({TTR_S}), ''::bytea) FILTER (WHERE {TTR_KNOWN}) AS ttr_values
    FROM issues_issue i
    WHERE {{scope}} AND i.detected_at >= %(start)s AND i.detected_at < %(end)s
    GROUP BY {{group}}"""


def _of_issues(text: str, window: Window, cuts: list[datetime], place: str, group: str) -> cells.Statement:
    scope = f"{cells.scoped(window)} AND {counted()}"
    params = {"cuts": cells.instants(cuts), "start": cuts[0], "end": cuts[-1], "now": window.as_of} | window.filters
    return text.format(place=place, group=group, scope=scope), params


def _place(by: str) -> tuple[str, str]:
    return f"{cells.place(by, 'i.detected_at', 'i.')} AS place", "1"


def _values_by(dimensions: list[str], window: Window, cuts: list[datetime]) -> dict[str, Answer]:
    """The very durations by each of the dimensions. One look at the rows."""
    columns = [f"i.{name}" for name in dimensions]
    listed = ", ".join(columns)
    # Each row is of one of them: the others are added up in it, and null.
    place = f"GROUPING({listed}) AS which, COALESCE({listed}) AS place"
    names, rows = _fetched(*_of_issues(VALUES, window, cuts, place, f"GROUPING SETS (({'), ('.join(columns)}))"))
    every = 2 ** len(columns) - 1
    return {
        name: Answer(names[1:], [row[1:] for row in rows if row[0] == every - 2 ** (len(columns) - 1 - number)])
        for number, name in enumerate(dimensions)
    }


def _asked(text: str, params: dict) -> Answer:
    return Answer(*_fetched(text, params))


def _fetched(text: str, params: dict) -> tuple[list[str], list[tuple]]:
    """The names of the columns, and the rows."""
    with connection.cursor() as cursor:
        cursor.cursor.format = Format.BINARY  # as text, histograms are twice as long
        cursor.execute(text, params)
        return [column.name for column in cursor.description], cursor.fetchall()

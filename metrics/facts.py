"""What a window says, before it is made into figures: counts, sums and durations, in all, by bucket and by priority.

Cells and rows are read together (`plan`), so it is exact at any moment: to the row where something is counted, and to
the last digit of percentiles of windows up to a day; those of longer ones are within 2 %.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection
from psycopg.pq import Format

from . import cells, histogram
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
    WHO,
    Durations,
    Names,
    counted,
    epoch,
)
from .models import Grain
from .plan import Known, plan
from .window import DAY, Window

CODES = len(WHO) * histogram.BINS
FLOATS = np.dtype(">f8")

WHO_ANSWERED = "answered_by"

# The names of what there is to ask a tally for: of what depends on the moment, of durations, of names, and all.
STILL_OPEN = {"ttfr", "response_overdue", "resolution_overdue"}
TIMED = {measure.name for measure in MEASURES if isinstance(measure, Durations)}
NAMED = {measure.name for measure in MEASURES if isinstance(measure, Names)}
ALL = STILL_OPEN | {measure.name for measure in MEASURES}


class Times:
    """How long things took: one by one, or in bins; and how long those have taken so far that still wait."""

    def __init__(self, values: np.ndarray | None, bins: np.ndarray | None, waiting: np.ndarray):
        self._values = values
        self._bins = bins
        self.waiting = waiting

    @property
    def done(self) -> int:
        return int(self._bins.sum()) if self._values is None else len(self._values)

    @property
    def n(self) -> int:
        """How many, with those who wait."""
        return self.done + len(self.waiting)

    def percentiles(self, shares: list[float]) -> list[float | None]:
        """The value at each share (0 to 1), those who wait counting as they are now. None without any."""
        if self._values is not None:
            return _interpolated(self._all_in_order, shares)
        return histogram.percentiles(self.counts(), shares)

    def at_worst(self, shares: list[float]) -> list[float | None]:
        """The same, were none of those who wait ever served: infinite where a percentile falls among them."""
        if self._values is not None:
            endless = np.full(len(self.waiting), np.inf)
            return _interpolated(np.concatenate([self._done_in_order, endless]), shares)
        return histogram.percentiles_before(self._bins, shares, self.n)

    @cached_property
    def _done_in_order(self) -> np.ndarray:
        return np.sort(self._values)

    @cached_property
    def _all_in_order(self) -> np.ndarray:
        return np.sort(np.concatenate([self._values, self.waiting])) if len(self.waiting) else self._done_in_order

    def only_waiting(self) -> "Times | None":
        """Of those alone who still wait; None without any."""
        return Times(np.empty(0), np.empty(0), self.waiting) if len(self.waiting) else None

    def mean(self) -> float | None:
        """The mean of all, those who wait counting as they are now; None without any."""
        if not self.n:
            return None
        done = histogram.total(self._bins) if self._values is None else self._values.sum()
        return float(done + self.waiting.sum()) / self.n

    def between(self, edges: list[float]) -> list[int]:
        """How many are shorter than the first edge (seconds), how many between each and the next, how many longer."""
        places = np.arange(len(edges) + 1)
        exact = self.waiting if self._values is None else np.concatenate([self._values, self.waiting])
        found = np.bincount(np.searchsorted(edges, exact, side="right"), minlength=len(places))
        if self._values is None:
            found = found + histogram.between(self._bins, edges)
        return [int(number) for number in found]

    def counts(self) -> np.ndarray:
        """How many by bin, those who wait included."""
        done = _binned(self._values) if self._bins is None else self._bins
        return done + _binned(self.waiting) if len(self.waiting) else done


def _binned(seconds: np.ndarray) -> np.ndarray:
    return np.bincount([histogram.bin_of(each) for each in seconds], minlength=histogram.BINS)


def _interpolated(ordered: np.ndarray, shares: list[float]) -> list[float | None]:
    """As PostgreSQL's `percentile_cont` has it, of values in order."""
    if not len(ordered):
        return [None] * len(shares)
    places = np.asarray(shares) * (len(ordered) - 1)
    low, high = ordered[np.floor(places).astype(int)], ordered[np.ceil(places).astype(int)]
    with np.errstate(invalid="ignore"):  # between two that are infinite lies nothing
        between = np.where(low == high, 0.0, (high - low) * (places - np.floor(places)))
    return [float(value) for value in low + between]


class Answer:
    """The answer to one statement: a row for each place, in order, by column. A place is a segment, or what is looked at apart."""

    def __init__(self, names: list[str], rows: list[tuple]):
        rows.sort(key=lambda row: row[0])
        columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
        self.places = columns.pop("place")
        self.columns = columns

    def rows(self, first: int | str, end: int | str) -> slice:
        """Which rows are of the places `first <= place < end`."""
        return slice(bisect_left(self.places, first), bisect_left(self.places, end))


class Answers:
    """The answers to all statements of one time."""

    def __init__(self, answers: list[Answer]):
        self.places = sorted({place for answer in answers for place in answer.places})
        self._by_name: dict[str, list[Answer]] = defaultdict(list)
        for answer in answers:
            for name in answer.columns:
                self._by_name[name].append(answer)

    def of(self, name: str) -> list[Answer]:
        """Those that have a column of that name."""
        return self._by_name.get(name, [])


class Tally:
    """What was counted of the places `first <= place < end`, by the names of `measures`."""

    def __init__(self, answers: Answers, first: int | str, end: int | str):
        self._answers = answers
        self._parts = [(first, end)]
        self._times: dict[str, Times] = {}

    def __or__(self, other: "Tally") -> "Tally":
        """What was counted of two places of the same time."""
        both = Tally(self._answers, 0, 0)
        both._parts = self._parts + other._parts
        return both

    def __getitem__(self, name: str) -> int | float:
        """The count or sum of that name; 0 where nothing was counted."""
        return sum(self._values(name))

    def names(self, name: str) -> Counter:
        """How many have which name."""
        found: Counter = Counter()
        for part in self._values(name):
            for each in part:
                found.update(each if isinstance(each, dict) else [each])
        return found

    def times(self, name: str) -> Times:
        """The durations of that name; of "ttfr", with those who still wait."""
        if name not in self._times:
            self._times[name] = self._timed(name)
        return self._times[name]

    def _timed(self, name: str) -> Times:
        waiting = self._floats("ages") if name == "ttfr" else np.empty(0)
        if self._is_exact:
            return Times(self._floats(f"{name}_values"), None, waiting)
        return Times(None, histogram.unpack(self._packed(name), histogram.BINS), waiting)

    def bins_by_who(self, name: str) -> dict[str, np.ndarray]:
        """The bins of the durations of that name, by who gave the first response; only whom there is any of."""
        codes = histogram.unpack(self._packed(name), CODES, wrapped=False)
        by_who = codes.reshape(len(WHO), histogram.BINS)
        return {who: bins for who, bins in zip(WHO, by_who, strict=True) if bins.any()}

    @property
    def _is_exact(self) -> bool:
        return bool(self._answers.of("ttfr_values"))

    def _packed(self, name: str) -> bytes:
        return b"".join(self._values(name))

    def _floats(self, name: str) -> np.ndarray:
        return np.frombuffer(self._packed(name), FLOATS)

    def _values(self, name: str) -> Iterator:
        """What the rows say of that name, of those that say anything."""
        for answer in self._answers.of(name):
            column = answer.columns[name]
            for part in self._parts:
                yield from (value for value in column[answer.rows(*part)] if value is not None)


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

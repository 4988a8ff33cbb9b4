"""What a window says, before it is made into figures: counts, sums and durations, in all, by bucket and by priority.

Cells and rows are read together (`plan`), so it is exact at any moment: to the row where something is counted, and to
the last digit of percentiles of windows up to a day; those of longer ones are within 2 %.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from . import cells, histogram
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

KINDS = {measure.name: type(measure) for measure in MEASURES}
CODES = len(WHO) * histogram.BINS
EXACT_FLOATS = np.dtype(">f8")


class Times:
    """How long things took: one by one, or in bins; and how long those have taken so far that still wait."""

    def __init__(self, values: np.ndarray | None, bins: np.ndarray, waiting: np.ndarray):
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
            return _interpolated(np.sort(np.concatenate([self._values, self.waiting])), shares)
        return histogram.percentiles(self._bins + _binned(self.waiting), shares)

    def at_worst(self, shares: list[float]) -> list[float | None]:
        """The same, were none of those who wait ever served: infinite where a percentile falls among them."""
        endless = np.full(len(self.waiting), np.inf)
        if self._values is not None:
            return _interpolated(np.concatenate([np.sort(self._values), endless]), shares)
        if not len(endless):
            return histogram.percentiles(self._bins, shares)
        return histogram.percentiles_before(self._bins, shares, self.n)

    def counts(self) -> np.ndarray:
        """How many by bin, those who wait included."""
        done = self._bins if self._values is None else _binned(self._values)
        return done + _binned(self.waiting)


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


@dataclass
class Tally:
    """What was counted of some rows, by the names of `measures`. Two of them add up."""

    numbers: dict = field(default_factory=lambda: defaultdict(int))
    bins: dict = field(default_factory=lambda: defaultdict(lambda: np.zeros(CODES, np.int64)))
    names: dict = field(default_factory=lambda: defaultdict(Counter))
    values: dict = field(default_factory=lambda: defaultdict(list))
    waiting: list = field(default_factory=list)
    exact: bool = False

    def __getitem__(self, name: str):
        return self.numbers[name]

    def count(self, name: str, value) -> None:
        """Adds what one row of an answer says for a measure."""
        if value is None:
            return
        if KINDS[name] is Durations:
            self.bins[name] += histogram.unpack(value, CODES)
        elif KINDS[name] is Names:
            for each in json.loads(value) if isinstance(value, str) else value:
                self.names[name].update(each if isinstance(each, dict) else [each])
        else:
            self.numbers[name] += value

    def __iadd__(self, other: "Tally") -> "Tally":
        for name, number in other.numbers.items():
            self.numbers[name] += number
        for name, bins in other.bins.items():
            self.bins[name] = self.bins[name] + bins
        for name, names in other.names.items():
            self.names[name] += names
        for name, values in other.values.items():
            self.values[name] += values
        self.waiting += other.waiting
        self.exact = other.exact
        return self

    def times(self, name: str) -> Times:
        """The durations of that name; of "ttfr", with those who still wait."""
        waiting = np.concatenate(self.waiting) if name == "ttfr" and self.waiting else np.empty(0)
        exact = np.concatenate(self.values[name]) if self.values[name] else np.empty(0)
        return Times(exact if self.exact else None, self._collapsed(name), waiting)

    def times_by_who(self, name: str) -> dict[str, np.ndarray]:
        """The bins of the durations of that name, by who gave the first response; only whom there is any of."""
        by_who = self.bins[name].reshape(len(WHO), histogram.BINS)
        return {who: bins for who, bins in zip(WHO, by_who, strict=True) if bins.any()}

    def _collapsed(self, name: str) -> np.ndarray:
        return self.bins[name].reshape(len(WHO), histogram.BINS).sum(axis=0)


@dataclass
class Facts:
    """A window in all, the one before it, and the window by bucket (of the charts: the first is whole) and by priority."""

    window: Window
    total: Tally
    previous: Tally
    starts: list[datetime]
    buckets: list[Tally]
    priorities: dict[str, Tally]


def read(window: Window, zone: ZoneInfo) -> Facts:
    """The facts of a window and of the one before. About ten queries, of a cost that does not grow with history."""
    before, starts = window.previous(zone), window.buckets(zone)
    cuts = sorted({before.start, *starts, window.start, window.end})
    tallies = _tallies(window, cuts, known(cuts[0], window, zone))
    segments = [tallies.get(number, {}) for number in range(1, len(cuts))]
    at = {start: number for number, start in enumerate(cuts)}
    inside = segments[at[window.start] :]
    ends = [at[start] for start in starts[1:]] + [len(segments)]
    return Facts(
        window=window,
        total=_together(inside),
        previous=_together(segments[: at[window.start]]),
        starts=starts,
        buckets=[_together(segments[at[start] : end]) for start, end in zip(starts, ends, strict=True)],
        priorities=_by_key(inside),
    )


def by(window: Window, dimension: str, zone: ZoneInfo) -> dict[str, Tally]:
    """The window's issues by "location", "priority" or "type": a tally for each value that occurs."""
    cuts = [window.start, window.end]
    return _tallies(window, cuts, known(window.start, window, zone), by=dimension).get(1, {})


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


Segments = dict[int, dict[str, Tally]]


def _tallies(window: Window, cuts: list[datetime], found: dict[str, Known], by: str = "priority") -> Segments:
    """A tally for each segment between the cuts and each key that occurs in it."""
    segments: Segments = defaultdict(lambda: defaultdict(lambda: Tally(exact=window.is_exact)))
    for table in cells.TABLES:
        for statement in cells.read(table, plan(cuts, found[table]), cuts, window, by):
            for names, row in _rows(*statement):
                segment, key, *values = row
                tally = segments[segment][key]
                for name, value in zip(names[2:], values, strict=True):
                    tally.count(name, value)
    _add_open(segments, window, cuts, by)
    if window.is_exact:
        _add_values(segments, window, cuts, by)
    return segments


OPEN = f"""
    SELECT width_bucket(i.detected_at, %(cuts)s::timestamptz[]) AS segment, {{by}} AS key,
        string_agg(float8send({epoch("%(now)s - i.detected_at")}), ''::bytea) FILTER (WHERE {WAITING.condition}),
        count(*) FILTER (WHERE {OVERDUE_RESPONSE}), count(*) FILTER (WHERE {OVERDUE_RESOLUTION})
    FROM issues_issue i
    WHERE {UNRESOLVED_NOW} AND {{scope}} AND i.detected_at >= %(start)s AND i.detected_at < %(end)s
    GROUP BY 1, 2"""

VALUES = f"""
    SELECT width_bucket(i.detected_at, %(cuts)s::timestamptz[]) AS segment, {{by}} AS key,
        string_agg(float8send({TTFR_S}), ''::bytea) FILTER (WHERE {TTFR_KNOWN}),
        string_agg(float8send({TTR_S}), ''::bytea) FILTER (WHERE {TTR_KNOWN})
    FROM issues_issue i
    WHERE {{scope}} AND i.detected_at >= %(start)s AND i.detected_at < %(end)s GROUP BY 1, 2"""


def _add_open(segments: Segments, window: Window, cuts: list[datetime], by: str) -> None:
    """What still goes on: who waits and for how long, and what is overdue."""
    for _names, (segment, key, ages, no_response, no_resolution) in _rows(*_of_issues(OPEN, window, cuts, by)):
        tally = segments[segment][key]
        tally.waiting.append(np.frombuffer(ages or b"", EXACT_FLOATS))
        tally.numbers["response_overdue"] += no_response
        tally.numbers["resolution_overdue"] += no_resolution


def _add_values(segments: Segments, window: Window, cuts: list[datetime], by: str) -> None:
    """The very durations, in place of their bins."""
    for _names, (segment, key, ttfr, ttr) in _rows(*_of_issues(VALUES, window, cuts, by)):
        for name, packed in (("ttfr", ttfr), ("ttr", ttr)):
            segments[segment][key].values[name].append(np.frombuffer(packed or b"", EXACT_FLOATS))


def _of_issues(text: str, window: Window, cuts: list[datetime], by: str) -> cells.Statement:
    scope = f"{cells.scoped(window)} AND {counted()}"
    params = {"cuts": cuts, "start": cuts[0], "end": cuts[-1], "now": window.as_of} | window.filters
    return text.replace("{by}", cells.BY[by]).replace("{scope}", scope), params


def _rows(text: str, params: dict) -> Iterable[tuple[list[str], tuple]]:
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        names = [column.name for column in cursor.description]
        for row in cursor.fetchall():
            yield names, row


def _together(segments: Iterable[dict[str, Tally]]) -> Tally:
    added = Tally()
    for keys in segments:
        for tally in keys.values():
            added += tally
    return added


def _by_key(segments: Iterable[dict[str, Tally]]) -> dict[str, Tally]:
    added: dict[str, Tally] = defaultdict(Tally)
    for keys in segments:
        for key, tally in keys.items():
            added[key] += tally
    return dict(added)

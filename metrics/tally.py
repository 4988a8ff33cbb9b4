"""Answers of the database added up: counts, sums, names and durations, by the names of `measures`. Pure."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from . import histogram
from .measures import WHO

CODES = len(WHO) * histogram.BINS
FLOATS = np.dtype(">f8")


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

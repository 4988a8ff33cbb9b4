"""Durations counted in bins: small, and two counted apart can be added up.

A bin is 3.5 % wide, and stands for its middle: whatever percentile is read of it is within 2 %. Counted ones are
packed as records of a code (int2) and a number (int4), big-endian, so that PostgreSQL writes them with `int2send`
and `int4send`, and adds up any number of them by `string_agg(packed, '')`: a code may stand more than once.
"""

from math import log

import numpy as np

WIDTH = 1.035
SHORTEST_S = 0.001  # shorter ones share bin 0
BINS = 1000  # the last one begins at 25,000 years
RECORD = np.dtype([("code", ">i2"), ("n", ">i4")])

# The bin of a duration {0} in seconds, 0 or more, as SQL. `bin_of` says the same.
SQL_BIN = (
    f"CASE WHEN {{0}} < {SHORTEST_S} THEN 0 "
    f"ELSE LEAST({BINS - 1}, 1 + floor(ln(({{0}}) / {SHORTEST_S}) / ln({WIDTH})))::int END"
)

_LOG_WIDTH = log(WIDTH)
_MIDDLES = np.concatenate([[0.0], SHORTEST_S * WIDTH ** (np.arange(BINS - 1) + 0.5)])


def bin_of(seconds: float) -> int:
    """The bin of a duration of 0 s or more."""
    if seconds < SHORTEST_S:
        return 0
    return min(BINS - 1, 1 + int(log(seconds / SHORTEST_S) / _LOG_WIDTH))


def pack(counts: dict[int, int]) -> bytes:
    """Code → number as bytes, the smallest code first."""
    return np.array(sorted(counts.items()), dtype=RECORD).tobytes()


def unpack(packed: bytes, size: int = BINS, *, wrapped: bool = True) -> np.ndarray:
    """How many of each code, 0 to size - 1. Records of the same code are added up; `wrapped`, those of code modulo size."""
    records = np.frombuffer(packed, dtype=RECORD)
    codes = records["code"] % size if wrapped else records["code"]
    return np.bincount(codes, weights=records["n"], minlength=size).astype(np.int64)


def compact(packed: bytes) -> bytes:
    """The same counts with one record for each code."""
    counts = unpack(packed)
    codes = np.flatnonzero(counts)
    records = np.empty(len(codes), dtype=RECORD)
    records["code"], records["n"] = codes, counts[codes]
    return records.tobytes()


def total(counts: np.ndarray) -> float:
    """The seconds of all that are counted, to 2 %."""
    return float(counts @ _MIDDLES)


def between(counts: np.ndarray, edges: list[float]) -> np.ndarray:
    """How many lie below the first of the `edges` (seconds), between each and the next, and beyond the last."""
    places = np.searchsorted(edges, _MIDDLES, side="right")
    return np.bincount(places, weights=counts, minlength=len(edges) + 1).astype(np.int64)


def percentiles(counts: np.ndarray, shares: list[float]) -> list[float | None]:
    """The value below which each share (0 to 1) of the counted durations lies, in seconds; None of nothing.

    Between two durations it is interpolated, as PostgreSQL's `percentile_cont` does.
    """
    return percentiles_before(counts, shares, int(counts.sum()))


def percentiles_before(counts: np.ndarray, shares: list[float], n: int) -> list[float | None]:
    """The same, where up to `n` there are others besides, which last for ever."""
    if not n:
        return [None] * len(shares)
    up_to, middles = np.cumsum(counts), np.append(_MIDDLES, np.inf)
    places = np.asarray(shares) * (n - 1)
    low, high = (middles[np.searchsorted(up_to, place, side="right")] for place in (np.floor(places), np.ceil(places)))
    with np.errstate(invalid="ignore"):  # between two that last for ever lies nothing
        between = np.where(low == high, 0.0, (high - low) * (places - np.floor(places)))
    return [float(value) for value in low + between]

"""Stretches of time, and what remains of them when others are put together or taken away. Pure.

A stretch is (since, until), half-open. A list of stretches that comes out of here is in order, and no two of them touch.
"""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime, timedelta

Stretch = tuple[datetime, datetime]


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """All the time that is in any of them; they may be in any order, overlap, and be empty."""
    found: list[Stretch] = []
    for since, until in sorted(stretches):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        elif since < until:
            found.append((since, until))
    return found


def bridged(stretches: Iterable[Stretch], most: timedelta) -> list[Stretch]:
    """All of them, also those that are but a moment, and what lies between two where that is no longer than `most`."""
    found: list[Stretch] = []
    for since, until in sorted(stretches):
        if found and since <= found[-1][1] + most:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((since, until))
    return found


def without(stretches: Iterable[Stretch], others: Iterable[Stretch]) -> list[Stretch]:
    """The time that is in `stretches` and in none of `others`."""
    found, holes, place = [], merged(others), 0
    for since, until in merged(stretches):
        while place < len(holes) and holes[place][0] < until:
            if since < holes[place][0]:
                found.append((since, holes[place][0]))
            since = max(since, holes[place][1])
            if since >= until:
                break  # this hole may go on into the next stretch
            place += 1
        if since < until:
            found.append((since, until))
    return found


def common(stretches: Iterable[Stretch], others: Iterable[Stretch]) -> list[Stretch]:
    """The time that is in both."""
    found, mine, theirs = [], merged(stretches)[::-1], merged(others)[::-1]
    while mine and theirs:
        since, until = max(mine[-1][0], theirs[-1][0]), min(mine[-1][1], theirs[-1][1])
        if since < until:
            found.append((since, until))
        (mine if mine[-1][1] == until else theirs).pop()
    return found


def touches(stretches: list[Stretch], other: Stretch) -> bool:
    """Whether any of `stretches`, in order and apart, has time in common with `other`."""
    place = bisect_left(stretches, (other[1],)) - 1  # the last one that begins before it ends
    return place >= 0 and stretches[place][1] > other[0]


def seconds(stretches: Iterable[Stretch]) -> float:
    """How long they are together. No two may overlap."""
    return sum((until - since for since, until in stretches), timedelta(0)).total_seconds()

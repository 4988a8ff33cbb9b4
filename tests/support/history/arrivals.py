"""When issues arrive: how many in each hour, by the hour of the day and the day of the week."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mis_dashboard.demo.history import BY_HOUR

ZONE = ZoneInfo("America/Sao_Paulo")
HOUR = timedelta(hours=1)
PER_DAY = 9_000
WEEKEND = 0.35
PER_WEEKDAY = PER_DAY * 7 / (5 + 2 * WEEKEND)


class Hour(NamedTuple):
    """A stretch of at most an hour, with the issues `first` to `first + n - 1`; the first of them is its newest."""

    first: int
    n: int
    starts_at: datetime
    ends_at: datetime


def before(until: datetime, issues: int) -> list[Hour]:
    """The hours in which at least the last `issues` before `until` arrived, the newest first. Issue 0 is the newest."""
    found, first = list[Hour](), 0
    for starts_at, ends_at in _hours(until, -1):
        if first >= issues:
            return found
        n = _expected(starts_at, ends_at)
        found.append(Hour(first, n, starts_at, ends_at))
        first += n
    raise AssertionError("time has no end")


def after(until: datetime, issues: int) -> list[Hour]:
    """The hours in which at least the next `issues` from `until` on arrive, the first one first. Issue -1 is the oldest of them."""
    found, first = list[Hour](), 0
    for starts_at, ends_at in _hours(until, 1):
        if -first >= issues:
            return found
        n = _expected(starts_at, ends_at)
        first -= n
        found.append(Hour(first, n, starts_at, ends_at))
    raise AssertionError("time has no end")


def _hours(until: datetime, step: int) -> Iterator[tuple[datetime, datetime]]:
    """Hours from `until` on, backwards or forwards; the first one is the part of its hour on that side of it."""
    floor = until.replace(minute=0, second=0, microsecond=0)
    for n in count():
        starts_at = floor + step * n * HOUR
        ends_at = starts_at + HOUR
        yield (starts_at, min(ends_at, until)) if step < 0 else (max(starts_at, until), ends_at)


def _expected(starts_at: datetime, ends_at: datetime) -> int:
    local = starts_at.astimezone(ZONE)
    a_day = PER_WEEKDAY * (WEEKEND if local.weekday() >= 5 else 1)
    luck = random.Random(starts_at.replace(minute=0, second=0, microsecond=0).timestamp()).uniform(0.85, 1.15)
    return round(a_day * BY_HOUR[local.hour] / sum(BY_HOUR) * luck * ((ends_at - starts_at) / HOUR))

"""Which cells, and which rows, a stretch of time is read from. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from .models import Grain
from .window import DAY, HOUR, MINUTE, UTC

Stretch = tuple[datetime, datetime]
COARSE_FIRST = (Grain.DAY, Grain.HOUR, Grain.MINUTE)
LENGTHS = {Grain.MINUTE: MINUTE, Grain.HOUR: HOUR, Grain.DAY: DAY}


def floor(grain: Grain, at: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the minute or hour (of UTC), or of the day of `zone`, that holds `at`; in UTC."""
    if grain == Grain.DAY:
        return datetime.combine(at.astimezone(zone).date(), time(), zone).astimezone(UTC)
    seconds = LENGTHS[grain] // timedelta(seconds=1)
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)


def after(grain: Grain, start: datetime, zone: ZoneInfo) -> datetime:
    """Where the next one begins. A day has 23, 24 or 25 hours."""
    return floor(grain, start + DAY + 2 * HOUR, zone) if grain == Grain.DAY else start + LENGTHS[grain]


def before(grain: Grain, start: datetime, zone: ZoneInfo) -> datetime:
    """Where the one before it begins."""
    return floor(grain, start - HOUR, zone) if grain == Grain.DAY else start - LENGTHS[grain]


@dataclass
class Known:
    """What is known of the cells of one table: of which stretch there are any, by grain, and which are stale."""

    zone: ZoneInfo
    covered: dict[Grain, Stretch] = field(default_factory=dict)
    stale: dict[Grain, set[datetime]] = field(default_factory=lambda: {grain: set() for grain in Grain})

    def mark(self, grain: Grain, start: datetime) -> None:
        """The cell of `grain` is stale that holds `start`, and with it every longer one.

        A mark of a day stands at the hour that it is about, which is a part of two days where a zone is half an hour apart.
        """
        end = start + min(LENGTHS[grain], HOUR) - timedelta(microseconds=1)
        for longer in (each for each in Grain if each >= grain):
            self.stale[longer] |= {floor(longer, start, self.zone), floor(longer, end, self.zone)}

    def usable(self, grain: Grain, start: datetime, end: datetime) -> Iterator[Stretch]:
        """The stretches of whole cells of `grain` within `start` and `end` that say what the rows say, in order."""
        if grain not in self.covered:
            return
        since, until = self.covered[grain]
        at, end = self._next(grain, max(start, since)), floor(grain, min(end, until), self.zone)
        for stale in sorted(each for each in self.stale[grain] if at <= each < end):
            if at < stale:
                yield at, stale
            at = after(grain, stale, self.zone)
        if at < end:
            yield at, end

    def _next(self, grain: Grain, at: datetime) -> datetime:
        """The first cell that does not begin before."""
        cell = floor(grain, at, self.zone)
        return cell if cell == at else after(grain, cell, self.zone)


@dataclass
class Plan:
    """The stretches that are read of cells, by grain, and those whose rows are."""

    cells: dict[Grain, list[Stretch]] = field(default_factory=lambda: {grain: [] for grain in Grain})
    rows: list[Stretch] = field(default_factory=list)

    def __iadd__(self, other: "Plan") -> "Plan":
        """Of two times that share none."""
        for grain, stretches in other.cells.items():
            self.cells[grain] += stretches
        self.rows += other.rows
        return self


def plan(cuts: list[datetime], known: Known, grains: tuple[Grain, ...] = COARSE_FIRST) -> Plan:
    """How to read the time between the first and the last cut, so that no cell lies across a cut."""
    found = Plan()
    for start, end in pairwise(cuts):
        _fill(found, known, start, end, grains)
    found.cells = {grain: merged(stretches) for grain, stretches in found.cells.items()}
    found.rows = merged(found.rows)
    return found


def _fill(found: Plan, known: Known, start: datetime, end: datetime, grains: tuple[Grain, ...]) -> None:
    if start >= end:
        return
    if not grains:
        found.rows.append((start, end))
        return
    grain, *finer = grains
    at = start
    for since, until in known.usable(grain, start, end):
        _fill(found, known, at, since, tuple(finer))
        found.cells[grain].append((since, until))
        at = until
    _fill(found, known, at, end, tuple(finer))


def starts(grain: Grain, stretches: Iterable[Stretch], zone: ZoneInfo) -> list[datetime]:
    """Where each cell of whole ones begins."""
    found = []
    for at, end in stretches:
        while at < end:
            found.append(at)
            at = after(grain, at, zone)
    return found


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same time in as few stretches as there can be."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined

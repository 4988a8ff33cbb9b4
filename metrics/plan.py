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

    def usable(self, grain: Grain, start: datetime, end: datetime) -> Iterator[datetime]:
        """The cells of `grain` that lie within `start` and `end` and say what the rows say."""
        if grain not in self.covered:
            return
        since, until = self.covered[grain]
        cell, end = floor(grain, max(start, since), self.zone), min(end, until)
        if cell < max(start, since):
            cell = after(grain, cell, self.zone)
        while (next_one := after(grain, cell, self.zone)) <= end:
            if cell not in self.stale[grain]:
                yield cell
            cell = next_one


@dataclass
class Plan:
    """The cells to be read, by grain, and the stretches whose rows are."""

    cells: dict[Grain, list[datetime]] = field(default_factory=lambda: {grain: [] for grain in Grain})
    rows: list[Stretch] = field(default_factory=list)

    def __iadd__(self, other: "Plan") -> "Plan":
        """Of two times that share none."""
        for grain, starts in other.cells.items():
            self.cells[grain] += starts
        self.rows += other.rows
        return self


def plan(cuts: list[datetime], known: Known, grains: tuple[Grain, ...] = COARSE_FIRST) -> Plan:
    """How to read the time between the first and the last cut, so that no cell lies across a cut."""
    found = Plan()
    for start, end in pairwise(cuts):
        _fill(found, known, start, end, grains)
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
    for cell in known.usable(grain, start, end):
        _fill(found, known, at, cell, tuple(finer))
        found.cells[grain].append(cell)
        at = after(grain, cell, known.zone)
    _fill(found, known, at, end, tuple(finer))


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same time in as few stretches as there can be."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined

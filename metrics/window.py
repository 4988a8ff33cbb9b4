"""Which stretch of time and which issues a figure is about, and how a chart cuts it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import count, takewhile
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# name: (length, bucket)
WINDOWS = {
    "1h": (HOUR, 5 * MINUTE),
    "24h": (DAY, HOUR),
    "7d": (7 * DAY, 6 * HOUR),
    "30d": (30 * DAY, DAY),
    "90d": (90 * DAY, DAY),
}
DEFAULT = "24h"
CUSTOM = "custom"
LONGEST = 3660 * DAY
YEARS = range(1970, 2201)  # the time before a window, and its charts, must be times as well

# A chart has at most so many buckets, of the shortest of these lengths that does.
BUCKETS = [5 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 28 * DAY, 364 * DAY]
MOST_BUCKETS = 93

# Durations of so short a window are measured one by one. The day on which the clocks go back has 25 hours.
EXACT_UP_TO = 25 * HOUR

FILTERS = ("location", "priority", "type")
PRIORITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True)
class Window:
    """The issues of `location`, `priority` and `type` (None: all) and the time `start <= t < end`, in UTC.

    `bucket` is the length of a bucket of its charts. What still goes on is measured up to `now`; without it, up to
    the end. Everything that is measured is measured of a window.
    """

    name: str
    start: datetime
    end: datetime
    bucket: timedelta
    now: datetime | None = None
    location: str | None = None
    priority: str | None = None
    type: str | None = None

    @classmethod
    def parse(cls, text: str, now: datetime) -> "Window":
        """The window of that name that ends `now`. Raises ValueError, whose text names the windows there are."""
        return Scope.parse({"window": text}).at(now)

    @property
    def as_of(self) -> datetime:
        return self.now or self.end

    @property
    def is_over(self) -> bool:
        """Whether it lies in the past, so that nothing is added to it any more."""
        return self.end < self.as_of

    @property
    def is_exact(self) -> bool:
        """Whether its percentiles are those of the very durations, and not within 2 % of them."""
        return self.end - self.start <= EXACT_UP_TO

    @property
    def filters(self) -> dict[str, str]:
        """What it is narrowed down to, by name."""
        return {name: value for name in FILTERS if (value := getattr(self, name)) is not None}

    def previous(self, zone: ZoneInfo) -> "Window":
        """The time of the same length right before it. Whole days stay whole days when the clocks change."""
        start, end = (at.astimezone(zone).replace(tzinfo=None) for at in (self.start, self.end))
        if start.time() == end.time() == time():
            before = (start - (end - start)).replace(tzinfo=zone).astimezone(UTC)
        else:
            before = self.start - (self.end - self.start)
        return replace(self, start=before, end=self.start, now=self.as_of)

    def buckets(self, zone: ZoneInfo) -> list[datetime]:
        """Where each bucket starts, in UTC and in order. The first holds `start`; the last may still be being filled.

        Buckets begin on round local times. Those above an hour follow the wall clock, so that a
        day stays a day when the clocks change and is then 23 or 25 hours long.
        """
        floor = _floor(self.start.astimezone(zone), self.bucket)
        if self.bucket > HOUR:
            steps = ((floor.replace(tzinfo=None) + n * self.bucket).replace(tzinfo=zone) for n in count())
        else:
            steps = (floor.astimezone(UTC) + n * self.bucket for n in count())
        return list(takewhile(lambda start: start < self.end, (step.astimezone(UTC) for step in steps)))


class BadScope(ValueError):
    """What was asked for cannot be looked at. `field` is the parameter, the text says what to write, of what is `allowed`."""

    def __init__(self, field: str, text: str, allowed: Sequence[str] = ()):
        super().__init__(text)
        self.field = field
        self.allowed = list(allowed)


def one_of(field: str, allowed: Sequence[str]) -> BadScope:
    return BadScope(field, f"{field} must be one of {', '.join(allowed)}", allowed)


@dataclass(frozen=True)
class Scope:
    """What a screen looks at. Screens of equal scope share one snapshot.

    `start` and `end` belong to a custom window: local days, the last one included, or local times of day.
    """

    window: str = DEFAULT
    start: str = ""
    end: str = ""
    location: str | None = None
    priority: str | None = None
    type: str | None = None

    @classmethod
    def parse(cls, params: Mapping[str, str]) -> "Scope":
        """The scope of an address's parameters; an empty filter is none. Raises BadScope."""
        window = params.get("window", DEFAULT)
        if window not in WINDOWS and window != CUSTOM:
            raise one_of("window", [*WINDOWS, CUSTOM])
        given: dict[str, Any] = {name: params.get(name) or None for name in FILTERS}
        if given["priority"] and given["priority"] not in PRIORITIES:
            raise BadScope("priority", f"priority must be one of {', '.join(PRIORITIES)}, or left out", PRIORITIES)
        for name, longest in (("location", 64), ("type", 100)):
            if "\0" in (given[name] or ""):
                raise BadScope(name, f"{name} must be without NUL")
            if len(given[name] or "") > longest:
                raise BadScope(name, f"{name} must be at most {longest} characters")
        if window != CUSTOM:
            return cls(window, **given)
        scope = cls(CUSTOM, params.get("start", ""), params.get("end", ""), **given)
        scope._stretch(UTC)
        return scope

    def at(self, now: datetime, zone: ZoneInfo | None = None) -> Window:
        """The window it is at `now`. Custom ones are read on the clocks of `zone` (UTC unless told), and end now at the latest."""
        filters = {name: getattr(self, name) for name in FILTERS}
        if self.window != CUSTOM:
            length, bucket = WINDOWS[self.window]
            return Window(self.window, now - length, now, bucket, now, **filters)
        start, end = self._stretch(zone or UTC)
        if start < now < end:
            end = now  # what is to come is not nothing
        bucket = next(length for length in BUCKETS if (end - start) / length <= MOST_BUCKETS)
        return Window(CUSTOM, start, end, bucket, now, **filters)

    @property
    def filters(self) -> dict[str, str]:
        """What it is narrowed down to, by name."""
        return {name: value for name in FILTERS if (value := getattr(self, name))}

    @property
    def query(self) -> str:
        """Its parameters as an address has them, without those that say nothing."""
        pairs = {name: getattr(self, name) for name in ("window", "start", "end", *FILTERS)}
        return urlencode({name: value for name, value in pairs.items() if value})

    def _stretch(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        start, end = _instant("start", self.start, zone), _instant("end", self.end, zone, last=True)
        if not start < end:
            raise BadScope("end", "end must be after start")
        if end - start > LONGEST:
            raise BadScope("start", f"a window may be {LONGEST.days} days long")
        return start, end


def _instant(field: str, text: str, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """A local day's beginning (of the `last` one, its end), or a local time, in UTC."""
    try:
        if len(text) == len("2026-01-31"):
            at = datetime.combine(date.fromisoformat(text) + (DAY if last else timedelta()), time(), zone)
        else:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo else at.replace(tzinfo=zone)
        if at.year in YEARS:
            return at.astimezone(UTC)
        raise BadScope(field, f"{field} must lie between {YEARS.start} and {YEARS.stop - 1}")
    except BadScope:
        raise
    except (ValueError, OverflowError):
        raise BadScope(field, f"{field} must be a day as 2026-01-31, or a time as 2026-01-31T14:00") from None


def _floor(local: datetime, bucket: timedelta) -> datetime:
    """The round local time at or before `local`, counted from its midnight on the wall clock."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    into = (local.replace(tzinfo=None) - midnight.replace(tzinfo=None)) % bucket
    return local - into if bucket > HOUR else (local.astimezone(UTC) - into).astimezone(local.tzinfo)

"""Which stretch of time a figure is about, and how a chart cuts it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, takewhile
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# name: (length, bucket)
WINDOWS = {
    "1h": (HOUR, timedelta(minutes=5)),
    "24h": (DAY, HOUR),
    "7d": (7 * DAY, 6 * HOUR),
    "30d": (30 * DAY, DAY),
}
DEFAULT = "24h"


@dataclass(frozen=True)
class Window:
    """The time `start <= t < end`, in UTC, and the length of a bucket of its charts."""

    name: str
    start: datetime
    end: datetime
    bucket: timedelta

    @classmethod
    def parse(cls, text: str, now: datetime) -> "Window":
        """The window of that name that ends `now`. Raises ValueError, whose text names the windows there are."""
        name = Scope.parse(text).window
        length, bucket = WINDOWS[name]
        return cls(name, now - length, now, bucket)

    def buckets(self, zone: ZoneInfo) -> list[datetime]:
        """Where each bucket starts, in UTC and in order. The first holds `start`; the last is still being filled.

        Buckets begin on round local times. Those above an hour follow the wall clock, so that a
        day stays a day when the clocks change and is then 23 or 25 hours long.
        """
        floor = _floor(self.start.astimezone(zone), self.bucket)
        if self.bucket > HOUR:
            steps = ((floor.replace(tzinfo=None) + n * self.bucket).replace(tzinfo=zone) for n in count())
        else:
            steps = (floor.astimezone(UTC) + n * self.bucket for n in count())
        return list(takewhile(lambda start: start < self.end, (step.astimezone(UTC) for step in steps)))


@dataclass(frozen=True)
class Scope:
    """What a screen looks at. Screens of equal scope share one snapshot."""

    window: str = DEFAULT

    @classmethod
    def parse(cls, window: str) -> "Scope":
        """The scope of a window's name. Raises ValueError, whose text names the windows there are."""
        if window not in WINDOWS:
            raise ValueError(f"window must be one of {', '.join(WINDOWS)}")
        return cls(window)


def _floor(local: datetime, bucket: timedelta) -> datetime:
    """The round local time at or before `local`, counted from its midnight on the wall clock."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    into = (local.replace(tzinfo=None) - midnight.replace(tzinfo=None)) % bucket
    return local - into if bucket > HOUR else (local.astimezone(UTC) - into).astimezone(local.tzinfo)

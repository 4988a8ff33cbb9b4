"""Who is told of an incident. Pure: what people do about it, and what else is going on, changes that and never its state."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

Why = Literal["silenced", "inhibited", "quiet_hours"]


class Silenced(Protocol):
    """A silence: of one rule, or of all where `rule_id` is None; `starts_at <= t < ends_at`."""

    rule_id: object
    starts_at: datetime
    ends_at: datetime


def silence(rule_id: object, silences: Iterable[Silenced], now: datetime) -> Silenced | None:
    """The silence that lies over a rule: of several, the one that lasts longest."""
    over = [s for s in silences if s.rule_id in (None, rule_id) and s.starts_at <= now < s.ends_at]
    return max(over, key=lambda each: each.ends_at, default=None)


def inhibitor(inhibited_by: Iterable[str], firing: set[str]) -> str:
    """The code of a firing rule that explains this one; "" when there is none."""
    return min(firing.intersection(inhibited_by), default="")


@dataclass(frozen=True)
class QuietHours:
    """From `start` to `end` on the clocks of `zone`, over midnight where it ends earlier than it starts."""

    start: time
    end: time
    zone: ZoneInfo

    def until(self, now: datetime) -> datetime | None:
        """When the quiet that it is at `now` ends; None when it is not quiet."""
        local = now.astimezone(self.zone)
        for begun in (local.date() - timedelta(days=1), local.date()):
            ends = begun if self.start < self.end else begun + timedelta(days=1)
            since, until = (datetime.combine(*at, self.zone) for at in ((begun, self.start), (ends, self.end)))
            if since <= local < until:
                return until.astimezone(now.tzinfo)
        return None


@dataclass(frozen=True)
class Told:
    """What has been said of an incident so far, through one channel."""

    firing: bool = False
    acknowledged: bool = False
    resolved: bool = False


def muted(*, silenced: bool, inhibited: str, quiet: bool, critical: bool) -> Why | None:
    """Why nobody is told that something is wrong; None when they are."""
    if silenced:
        return "silenced"
    if inhibited:
        return "inhibited"
    return "quiet_hours" if quiet and not critical else None


def owed(told: Told, *, ended: bool, firing: bool, acknowledged: bool, muted: Why | None) -> list[str]:
    """The notices that are to be written now: "firing", "update" or "resolved".

    That something is wrong is told once, and only while it is and nobody has taken it up; so what ends while nobody may be told
    is never told. An end is told to who heard of the beginning, muted or not: they still believe it.
    """
    if told.resolved:
        return []
    if ended:
        return ["resolved"] if told.firing else []
    if muted:
        return []
    if acknowledged:
        return ["update"] if told.firing and not told.acknowledged else []
    return ["firing"] if firing and not told.firing else []

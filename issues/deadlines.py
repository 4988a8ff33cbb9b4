"""Deadlines: when a promise falls due, in plain time or in business hours. Nothing is read, and nothing is written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

A_DAY = timedelta(days=1)
MIDNIGHT = 24 * 60
# Hours without an opening for so long are none. Calendars have too few days off to come near it.
LONGEST_CLOSED = 10 * 366
MOST_DAYS_OFF = 300

# The share of a promise's time at which what is left of it counts as little.
AT_RISK_SHARE = 0.2

TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")

# Minutes of the day: open from the first to before the last; 1440 is the midnight that ends the day.
Interval = tuple[int, int]
Stretch = tuple[datetime, datetime]


class BadHours(ValueError):
    """Hours that nobody can keep. The text says to a person what is wrong with them."""


class NeverOpen(ValueError):
    """There is no business time in which the promise could be kept."""


@dataclass(frozen=True)
class Hours:
    """When people work: open whenever the wall clock of `zone` shows a time of its `week`, Monday first.

    Closed on `days_off`, and with `holidays` on Brazil's, which are those of its `state` too ("SP") unless that is empty.
    """

    zone: ZoneInfo
    week: tuple[tuple[Interval, ...], ...]
    holidays: bool = False
    state: str = ""
    days_off: frozenset[date] = frozenset()

    def on(self, day: date) -> tuple[Interval, ...]:
        """The intervals of this very day."""
        closed = day in self.days_off or (self.holidays and day in holidays_of(self.state, day.year))
        return () if closed else self.week[day.weekday()]


def due(began: datetime, target: timedelta, hours: Hours | None = None) -> datetime:
    """When a promise made at `began` for `target` falls due, in UTC; without `hours`, time counts day and night.

    Business time alone counts as far as there are hours: what begins outside of them starts with the next opening, and what
    is used up exactly when they close is due at that very moment. Raises NeverOpen.
    """
    began = began.astimezone(UTC)
    if hours is None:
        return began + target
    left = target
    for opens, closes in _openings(hours, began):
        start = max(opens, began)
        if left <= closes - start:
            return start + left
        left -= closes - start
    raise NeverOpen("there is no business time after this moment")


def at_risk(began: datetime, target: timedelta, hours: Hours | None = None) -> datetime:
    """From when on a promise made at `began` for `target` is at risk: when a fifth of the time that counts is left. Raises NeverOpen."""
    return due(began, (1 - AT_RISK_SHARE) * target, hours)


def at_risk_before(deadline: datetime, began: datetime) -> datetime:
    """The same where only the deadline is known, and so all of the time counts."""
    return deadline - AT_RISK_SHARE * (deadline - began)


def _openings(hours: Hours, began: datetime) -> Iterator[Stretch]:
    """The stretches of business time that are not over at `began`, in order, until there is none for ten years."""
    day, closed_for = began.astimezone(hours.zone).date(), 0
    while closed_for < LONGEST_CLOSED:
        stretches = _open_on(hours, day)
        yield from (stretch for stretch in stretches if stretch[1] > began)
        closed_for = 0 if stretches else closed_for + 1
        day += A_DAY


def _open_on(hours: Hours, day: date) -> list[Stretch]:
    """The business time of a local day. An interval that the clocks skip a part of is shorter, one that they repeat is longer."""
    found = []
    for opens, closes in hours.on(day):
        for offset, since, until in _clocks(hours.zone, day):
            start, end = max(_instant(day, opens, offset), since), min(_instant(day, closes, offset), until)
            if start < end:
                found.append((start, end))
    return sorted(found)


def _instant(day: date, minute: int, offset: timedelta) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(minutes=minute) - offset


@lru_cache(maxsize=1024)
def _clocks(zone: ZoneInfo, day: date) -> list[tuple[timedelta, datetime, datetime]]:
    """How far the clocks are ahead of UTC, from when until when, around a local day: one stretch, or two where they change."""
    noon = datetime.combine(day, time(12), UTC)
    since, until = noon - 2 * A_DAY, noon + 2 * A_DAY
    before, after = _offset(zone, since), _offset(zone, until)
    if before == after:
        return [(before, since, until)]
    change = _change(zone, since, until)
    return [(before, since, change), (after, change, until)]


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _change(zone: ZoneInfo, since: datetime, until: datetime) -> datetime:
    """The first second with another offset than at `since`; there is one, before `until`."""
    before, low, high = _offset(zone, since), int(since.timestamp()), int(until.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == before:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


@cache
def holidays_of(state: str, year: int) -> frozenset[date]:
    """Brazil's public holidays, with those of a state unless it is empty. Carnival and local ones are not among them."""
    from holidays import country_holidays  # 50 ms that most processes never need

    return frozenset(country_holidays("BR", subdiv=state or None, years=year))


# --- As people write them -----------------------------------------------------------------------------


def week(days: Sequence[Sequence[Sequence[str]]]) -> tuple[tuple[Interval, ...], ...]:
    """Seven days, Monday first, each a list of ("09:00", "12:00"), as the `week` of Hours. Raises BadHours."""
    if len(days) != 7:
        raise BadHours(_("A week has seven days."))
    found = tuple(day(intervals) for intervals in days)
    if not any(found):
        raise BadHours(_("There are no business hours in this week."))
    return found


def day(intervals: Sequence[Sequence[str]]) -> tuple[Interval, ...]:
    """The intervals of one day in order. Raises BadHours for one that overlaps another, or ends before it begins."""
    found = sorted(_interval(*each) for each in intervals)
    for (_opens, closes), (opens, _closes) in pairwise(found):
        if opens < closes:
            raise BadHours(
                _("Two intervals overlap: one ends at %(end)s, the next begins at %(start)s.")
                % {"end": written(closes), "start": written(opens)}
            )
    return tuple(found)


def _interval(opens: str, closes: str) -> Interval:
    start, end = _minute(opens), _minute(closes)
    if end <= start:
        raise BadHours(
            _(
                "%(start)s–%(end)s ends before it begins. Across midnight it is two: until 24:00, and from 00:00 the next day."
            )
            % {"start": opens, "end": closes}
        )
    return start, end


def _minute(text: str) -> int:
    if not TIME.fullmatch(text):
        raise BadHours(_("“%(text)s” is no time of day: write 09:00.") % {"text": text})
    return int(text[:2]) * 60 + int(text[3:])


def written(minute: int) -> str:
    """A minute of the day as people write it: "09:00"."""
    return f"{minute // 60:02}:{minute % 60:02}"


def zone(name: str) -> ZoneInfo:
    """The time zone of that name. Raises BadHours."""
    if name not in _zones():
        raise BadHours(_("There is no time zone “%(name)s”: write America/Sao_Paulo.") % {"name": name})
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())

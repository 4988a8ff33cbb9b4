"""The clocks of an issue: what was promised, by when, and how it stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import deadlines, sla
from ..models import Issue
from ..models.sla import Calendar
from .words import duration

# A promise that was not kept before the issue ended, and that nobody is held to any more.
OVER = "over"
WORDS = {
    "pending": _("In time"),
    "at_risk": _("At risk"),
    "breached": _("Breached"),
    "met": _("Met"),
    "met_late": _("Met late"),
    OVER: _("No longer owed"),
}
SHAPES = {"pending": "○", "at_risk": "▲", "breached": "◆", "met": "●", "met_late": "◐", OVER: "×"}
LEFT, LATE = _("{time} left"), _("{time} late")


@dataclass(frozen=True)
class Promise:
    """One of an issue's promises, at risk from `risk` on. `target_s` is None where nobody knows it; `calendar`: only its hours count."""

    label: str
    risk: datetime
    due: datetime
    achieved: datetime | None
    target_s: int | None
    calendar: Calendar | None


@dataclass(frozen=True)
class Clock:
    """How a promise stands. `told` is how far it is; `counts` how its time is counted; `runs` while a countdown makes sense.

    `due` is until when, with its day where that is another one than the issue's.
    """

    promise: Promise
    due: str
    state: str
    told: str
    counts: str
    runs: bool

    @property
    def word(self) -> str:
        return str(WORDS[self.state])

    @property
    def shape(self) -> str:
        return SHAPES[self.state]


def clocks(issue: Issue, now: datetime) -> list[Clock]:
    """Those of the first response and of the resolution."""
    return [_clock(promise, issue, now) for promise in _promises(issue)]


WORST_FIRST = ("breached", "at_risk", "pending", "met_late", "met", OVER)


def worst(issue: Issue, now: datetime) -> Clock:
    """Of its clocks the one that is worst off; of two alike the one that is due first."""
    return min(clocks(issue, now), key=lambda clock: (WORST_FIRST.index(clock.state), clock.promise.due))


def _promises(issue: Issue) -> list[Promise]:
    policy = issue.sla_policy
    response = (policy.response_s, policy.calendar if policy.response_in_hours else None) if policy else (None, None)
    solution = (
        (policy.resolution_s, policy.calendar if policy.resolution_in_hours else None) if policy else (None, None)
    )
    return [
        Promise(
            gettext("First response"), issue.response_risk_at, issue.response_due_at, issue.first_response_at, *response
        ),
        Promise(gettext("Resolution"), issue.resolution_risk_at, issue.resolution_due_at, issue.resolved_at, *solution),
    ]


def _clock(promise: Promise, issue: Issue, now: datetime) -> Clock:
    is_open = promise.achieved is None and issue.is_unresolved
    if promise.achieved is None and not is_open:
        return Clock(promise, _due(promise, issue), OVER, "", _counts(promise), False)
    state = sla.state(promise.risk, promise.due, promise.achieved, now)
    opens = _opens(promise, now) if is_open else None
    told, runs = _told(promise, issue, now, opens), is_open and opens is None
    return Clock(promise, _due(promise, issue), state, told, _counts(promise), runs)


def _due(promise: Promise, issue: Issue) -> str:
    """Of promises that are kept in seconds the seconds count, too."""
    due, begun = localtime(promise.due), localtime(issue.detected_at)
    time = date_format(due, "H:i:s" if due - begun < timedelta(hours=1) else "H:i")
    return time if due.date() == begun.date() else f"{date_format(due, 'SHORT_DATE_FORMAT')} {time}"


def _opens(promise: Promise, now: datetime) -> datetime | None:
    """When the business hours by which it counts begin again; None while they go on, or where it is late already."""
    if promise.calendar is None or now > promise.due:
        return None
    opens = deadlines.due(now, timedelta(), promise.calendar.hours)
    return opens if opens > now else None


def _told(promise: Promise, issue: Issue, now: datetime, opens: datetime | None) -> str:
    if promise.achieved:
        took = duration(promise.achieved - issue.detected_at)
        return gettext("after {time}").format(time=took)
    if opens:
        when = date_format(localtime(opens), "SHORT_DATETIME_FORMAT")
        return gettext("stands still until {when}").format(when=when)
    left = promise.due - now
    return str(LEFT if left > timedelta() else LATE).format(time=duration(abs(left)))


def _counts(promise: Promise) -> str:
    """ "within 2 min, day and night"; empty where another system promised it, or nobody knows."""
    if promise.target_s is None:
        return ""
    within = duration(timedelta(seconds=promise.target_s))
    if promise.calendar:
        return gettext("within {time} of the hours of {calendar}").format(time=within, calendar=promise.calendar.name)
    return gettext("within {time}, day and night").format(time=within)

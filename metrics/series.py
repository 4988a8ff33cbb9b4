"""The charts in words: the names of their buckets, and a sentence of each. `static/js/series.js` says the same.

`tests/js/words.json` holds examples that both must give.
"""

from datetime import timedelta
from typing import Literal

from django.utils.translation import gettext_lazy as _

from . import format
from .words import say

# The days on which the clocks change have 23 and 25 hours.
SHORTEST_DAY, LONGEST_DAY = timedelta(hours=23), timedelta(hours=25)
SAME_YEAR = timedelta(days=330)

Naming = Literal["date", "day", "time", "day and time"]
NAMED = {
    "date": format.date,
    "day": format.day,
    "time": format.time,
    "day and time": lambda start: f"{format.day(start)} {format.time(start)}",
}


def naming(starts: list[str]) -> Naming:
    """What tells the buckets of a series apart: as little as does."""
    moments = [format.instant(start) for start in (starts[0], starts[1] if starts[1:] else starts[0], starts[-1])]
    first, second, last = moments
    if second - first >= SHORTEST_DAY:
        return "day" if last - first <= SAME_YEAR else "date"
    return "time" if last - first <= LONGEST_DAY else "day and time"


def labels(starts: list[str]) -> list[str]:
    """The names of the buckets."""
    name = NAMED[naming(starts)]
    return [name(start) for start in starts]


def volume_summary(series: dict) -> str:
    """The volume chart in a sentence."""
    received = series["received"]
    if not any(received):
        return say("nothing_received")
    most = max(received)
    return say(
        "volume_summary",
        most=format.count(most),
        when=labels(series["starts"])[received.index(most)],
        received=format.count(received[-1]),
        resolved=format.count(series["resolved"][-1]),
    )


def ttfr_summary(series: dict) -> str:
    """The first-response chart in a sentence."""
    measured = _known(series["ttfr_p90"])
    if not measured:
        return say("nothing_answered")
    slowest = max(measured, key=lambda place: series["ttfr_p90"][place])
    return say(
        "ttfr_summary",
        slowest=format.duration(series["ttfr_p90"][slowest]),
        when=labels(series["starts"])[slowest],
        median=format.duration(series["ttfr_p50"][measured[-1]]),
        high=format.duration(series["ttfr_p90"][measured[-1]]),
    )


def spend_summary(series: dict) -> str:
    """The spend chart in a sentence."""
    cost = series["cost_usd"]
    spent = _known(cost)
    if not spent:
        return say("nothing_spent")
    most = max(spent, key=lambda place: cost[place])
    return say("spend_summary", most=format.money(cost[most]), when=labels(series["starts"])[most])


# Each chart: its title and its sentence.
CHARTS = {
    "volume": (_("Issues received and resolved"), volume_summary),
    "ttfr": (_("Time to first response"), ttfr_summary),
    "spend": (_("Spent on the AI"), spend_summary),
}


def charts(series: dict) -> list[dict]:
    """The charts in words: name, title and summary."""
    return [{"name": name, "title": title, "summary": sum_up(series)} for name, (title, sum_up) in CHARTS.items()]


def _known(values: list) -> list[int]:
    """The places of those that there are."""
    return [place for place, value in enumerate(values) if value is not None]

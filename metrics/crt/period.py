"""What a period says: its figures, and its issues by type, priority and location. Nothing here is in words."""

from dataclasses import dataclass
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from .. import facts, kpis, queries, snapshot
from ..kpis import BY_NAME, Evidence, Measure
from ..tally import Tally
from ..window import PRIORITIES, Window

# The figures with a goal, in the order in which they are told.
GOALS = [
    "ttr_p50", "ttr_p90", "ttfr_p50", "ttfr_p90", "resolution_rate", "satisfaction", "ai_precision", "sla_response",
    "sla_resolution",
]  # fmt: skip
# Those that some of the issues are told by.
OF_SOME = ["received", "ttr_p50", "ttfr_p50", "resolution_rate"]
BY = ("type", "priority", "location")
MOST = 8


@dataclass(frozen=True)
class Group:
    """The issues of one type, priority or location: `key`, or of all the `others` together.

    `figures` are those of OF_SOME, `share` is of all issues of the period. `before` is how many there were in the time
    before, and `trend` in each bucket.
    """

    key: str
    figures: dict[str, Measure]
    share: float
    before: int
    trend: list[int]
    others: bool = False


@dataclass(frozen=True)
class Period:
    """`figures` as the snapshot has them; `groups` by BY, the largest first (priorities in their order); `open` by priority.

    `has_before`: all of the time before lies within history, so that numbers can be compared.
    """

    window: Window
    figures: dict[str, dict]
    groups: dict[str, list[Group]]
    open: dict[str, dict]
    has_before: bool
    unfinished: bool


def read(window: Window, zone: ZoneInfo) -> Period:
    """Measures the period, all of it at one state of the tables."""
    chosen = [BY_NAME[name] for name in GOALS]
    names = frozenset().union(*(kpis.needs(kpi) for kpi in chosen))
    with snapshot.one_state():
        found = facts.read(window, zone, names)
        return Period(
            window=window,
            figures=kpis.figures(found, chosen),
            groups=_groups(window, zone, found.total["detected"]),
            open=queries.open_ones(window),
            has_before=found.has_previous,
            unfinished=found.unfinished,
        )


def _groups(window: Window, zone: ZoneInfo, total: int) -> dict[str, list[Group]]:
    dimensions = [by for by in BY if by not in window.filters]
    if not total or not dimensions:
        return {}
    names = frozenset().union(*(kpis.needs(BY_NAME[name]) for name in OF_SOME))
    tallies = facts.apart(window, dimensions, zone, names)
    return {by: _few(by, tallies[by], facts.trends(window, by, zone), window, total) for by in dimensions}


def _few(by: str, tallies: dict[str, Tally], trends: dict[str, facts.Trend], window: Window, total: int) -> list[Group]:
    """The largest, and all others as one."""
    known = sorted((key for key in tallies if tallies[key]["detected"]), key=_order(by, tallies))
    shown = known if len(known) <= MOST else known[: MOST - 1]
    groups = [_group(key, tallies[key], [trends[key]], window, total) for key in shown]
    if rest := known[len(shown) :]:
        others = reduce(or_, (tallies[key] for key in rest))
        groups.append(_group("", others, [trends[key] for key in rest], window, total, others=True))
    return groups


def _order(by: str, tallies: dict[str, Tally]):
    if by == "priority":
        return PRIORITIES.index
    return lambda key: (-tallies[key]["detected"], key)


def _group(key: str, tally: Tally, trends: list[facts.Trend], window: Window, total: int, *, others=False) -> Group:
    of = Evidence(tally, window)
    return Group(
        key=key,
        figures={name: BY_NAME[name].measure(of) for name in OF_SOME},
        share=tally["detected"] / total,
        before=sum(trend.before for trend in trends),
        trend=[sum(numbers) for numbers in zip(*(trend.buckets for trend in trends), strict=True)],
        others=others,
    )

"""A figure by priority, type, location and who answered, and how its durations are spread out."""

from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from . import facts
from .facts import WHO_ANSWERED as WHO
from .kpis import KPI, PERCENTILES, Evidence, needs
from .measures import LISTS
from .tally import Tally, Times
from .window import PRIORITIES, BadScope, Window, one_of

BY = ("priority", "type", "location")
MOST = 12
# Seconds, so that each is about three times the one before and means something to people.
EDGES = [1.0, 3.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1800.0, 7200.0, 21_600.0, 86_400.0, 259_200.0]


@dataclass(frozen=True)
class Part:
    """A figure of some of the issues: of those that share the value `key`, of "others" together, or of who is "waiting".

    Durations have `p50`, `p90`, `p95` and `mean` in seconds, and `waiting`, how many of `n` still wait; other figures a
    `value`.
    """

    key: str
    n: int
    kind: Literal["value", "others", "waiting"] = "value"
    value: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    mean: float | None = None
    waiting: int | None = None


def dimensions(kpi: KPI) -> list[str]:
    """By what the figure can be taken apart."""
    if kpi.rows not in LISTS:
        return []
    return [*BY, WHO] if timed(kpi) else list(BY)


def timed(kpi: KPI) -> bool:
    """Whether it is a percentile of issues' durations."""
    return kpi.rows in ("ttfr", "ttr")


def of(kpi: KPI, by: str, window: Window, zone: ZoneInfo) -> list[Part]:
    """The parts of the figure, the largest first (priorities in their order): `MOST` of them, the last of the others together.

    Raises BadScope where the figure has no such parts.
    """
    known = dimensions(kpi)
    if by not in known:
        raise one_of("by", known) if known else BadScope("by", f"{kpi.name} has no breakdown")
    total = facts.read(window, zone, needs(kpi)).total if by == WHO else None
    return each(kpi, [by], window, zone, total)[by]


def each(kpi: KPI, dimensions: list[str], window: Window, zone: ZoneInfo, total: Tally | None) -> dict[str, list[Part]]:
    """The parts by each of the figure's dimensions. `total` is what is known of the window, for those who answered."""
    asked = [by for by in dimensions if by != WHO or window.is_exact]
    # Of a part nobody is told which names it has.
    tallies = facts.apart(window, asked, zone, needs(kpi) - facts.NAMED) if asked else {}
    parts = {by: _few(_measured(tallies[by], kpi, window), kpi, window) for by in asked if by != WHO}
    if WHO in dimensions and total:
        parts[WHO] = _by_who(kpi, total, _times_by_who(kpi, total, tallies.get(WHO)))
    return parts


def _measured(tallies: dict[str, Tally], kpi: KPI, window: Window) -> list[tuple[str, Tally]]:
    """Those of which there is anything to measure."""
    return [(key, tally) for key, tally in tallies.items() if kpi.measure(Evidence(tally, window)).n]


def spread(times: Times) -> list[int]:
    """How many durations are shorter than the first of the `EDGES`, between each and the next, and longer than the last."""
    return times.between(EDGES)


def _few(tallies: list[tuple[str, Tally]], kpi: KPI, window: Window) -> list[Part]:
    parts = [_part(kpi, window, key, tally) for key, tally in tallies]
    if all(part.key in PRIORITIES for part in parts):
        return sorted(parts, key=lambda part: PRIORITIES.index(part.key))
    parts.sort(key=lambda part: (-part.n, part.key))
    if len(parts) <= MOST:
        return parts
    shown = {part.key for part in parts[: MOST - 1]}
    rest = reduce(or_, (tally for key, tally in tallies if key not in shown))
    return [*parts[: MOST - 1], replace(_part(kpi, window, "", rest), kind="others")]


def _part(kpi: KPI, window: Window, key: str, tally: Tally) -> Part:
    measured = kpi.measure(Evidence(tally, window))
    if timed(kpi):
        return replace(_durations(kpi, key, tally.times(kpi.rows)), mean=measured.extra["mean"])
    return Part(key, measured.n, value=measured.value)


def _durations(kpi: KPI, key: str, times: Times) -> Part:
    p50, p90, p95 = (value and round(value, 3) for value in times.percentiles(PERCENTILES))
    waiting = len(times.waiting) if kpi.rows == "ttfr" else None
    return Part(key, times.n, p50=p50, p90=p90, p95=p95, mean=times.mean(), waiting=waiting)


def _times_by_who(kpi: KPI, total: Tally, tallies: dict[str, Tally] | None) -> dict[str, Times]:
    """The durations by who gave the first response; only whom there is any of. Who waits has nobody yet."""
    if tallies is None:
        return {who: Times(None, bins, np.empty(0)) for who, bins in total.bins_by_who(kpi.rows).items()}
    found = {who: tally.times(kpi.rows) for who, tally in tallies.items()}
    return {who: times for who, times in found.items() if times.done}


def _by_who(kpi: KPI, total: Tally, by_who: dict[str, Times]) -> list[Part]:
    parts = [_durations(kpi, who, times) for who, times in by_who.items()]
    parts.sort(key=lambda part: (-part.n, part.key))
    if waiting := total.times(kpi.rows).only_waiting():
        parts.append(replace(_durations(kpi, "", waiting), kind="waiting"))
    return parts

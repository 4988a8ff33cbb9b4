"""What a key figure is: its declaration, what it is measured of, and when it is good enough."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from django.utils.functional import Promise

from ..measures import LISTS
from ..tally import Answers, Tally, Times
from ..window import MINUTE, Window

if TYPE_CHECKING:
    from ..uptime import Uptime

log = logging.getLogger("mis.figures")

# Fewer than these on either side say nothing about a change.
COMPARED_FROM = 20
PERCENTILES = [0.5, 0.9, 0.95]

State = Literal["good", "warn", "bad", "none"]


@dataclass
class Evidence:
    """What the figures of one window are made of."""

    tally: Tally
    window: Window
    uptime: "Uptime | None" = None  # of MIS itself, whichever issues are looked at


@dataclass(frozen=True)
class Measure:
    """One figure. `n` is how many it is made of. `lower_bound`: it can still only grow, so show "≥"."""

    value: float | None
    n: int
    lower_bound: bool = False
    extra: dict = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class KPI:
    """A figure's declaration. Units: "s", "rate" (0 to 1), "count", "tokens", "usd". Without a target it is never bad.

    `rows` names the list (`measures.LISTS`) that `n` counts, or what else it is made of (`rows.MADE`), `parts` the list that each number of `extra` counts, and
    `also` lists that nobody counts beside the figure and who looks into it asks for.
    """

    name: str
    label: str | Promise
    question: str | Promise
    formula: str | Promise
    unit: str
    better: Literal["higher", "lower"]
    measure: Callable[[Evidence], Measure]
    rows: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    target: float | None = None
    interim: float | None = None

    @property
    def lists(self) -> list[str]:
        """Every list that the figure opens, its own rows first."""
        return list(dict.fromkeys(filter(None, [self.rows, *self.parts.values(), *self.also])))

    def state(self, value: float | None) -> State:
        """Good at the target or beyond, warn up to the interim target, then bad; "none" without a value."""
        if value is None:
            return "none"
        if self.target is None or self._reaches(value, self.target):
            return "good"
        return "warn" if self._reaches(value, self.interim) else "bad"

    def _reaches(self, value: float, target: float) -> bool:
        return value >= target if self.better == "higher" else value <= target


def measured(kpi: KPI, of: Evidence) -> Measure:
    """The figure, which is nothing where it cannot be measured."""
    try:
        return kpi.measure(of)
    except Exception:
        log.exception("a figure cannot be measured", extra={"figure": kpi.name})
        return Measure(None, 0)


NO_TIME = Window("", datetime.min, datetime.min, MINUTE)


@cache
def needs(kpi: KPI) -> frozenset[str]:
    """The names of `facts` that the figure is measured of; none where it is not made of issues."""
    if kpi.rows not in LISTS:
        return frozenset()
    asked = _Asked()
    kpi.measure(Evidence(asked, NO_TIME))
    return frozenset(asked.noted)


class _Asked(Tally):
    """One of everything; notes the names that it is asked for."""

    def __init__(self):
        super().__init__(Answers([]), 0, 0)
        self.noted: set[str] = set()

    def __getitem__(self, name: str) -> int:
        self.noted.add(name)
        return 1

    def names(self, name: str) -> Counter:
        return Counter({"": self[name]})

    def times(self, name: str) -> Times:
        return Times(np.array([float(self[name])]), None, np.empty(0))


def change(kpi: KPI, present: Measure, before: Measure) -> float | None:
    """How much it differs from the time before: rates in points (0.01 is one), all else as a share of what it was.

    None where either has too few cases to tell, or there was nothing.
    """
    if present.value is None or before.value is None or min(present.n, before.n) < COMPARED_FROM:
        return None
    if kpi.unit == "rate":
        return present.value - before.value
    return present.value / before.value - 1 if before.value else None

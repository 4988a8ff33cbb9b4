"""The key figures: what each asks, how it is measured, which rows are behind it, and when it is good enough.

Every figure on a screen, in the API, in an export and in a proof is one of these. It is a pure function of the
`Evidence` of a window. Measuring a window again gives the same numbers. Nothing to measure is None, which is not zero.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from math import sqrt
from typing import Literal

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import facts, timing, uptime
from .facts import Facts
from .measures import LISTS
from .tally import Answers, Tally, Times
from .window import MINUTE, Window

log = logging.getLogger("mis.figures")

# The 97.5 % point of the normal distribution: an interval of 95 %.
Z95 = 1.959963984540054

# Fewer than these on either side say nothing about a change.
COMPARED_FROM = 20
PERCENTILES = [0.5, 0.9, 0.95]

State = Literal["good", "warn", "bad", "none"]


@dataclass
class Evidence:
    """What the figures of one window are made of."""

    tally: Tally
    window: Window
    uptime: "uptime.Uptime | None" = None  # of MIS itself, whichever issues are looked at


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


def measure(window: Window) -> dict[str, dict]:
    """Every figure of the window by name, as the snapshot shows it."""
    return figures(facts.read(window, timezone.get_default_timezone()))


def figures(found: Facts, chosen: "Iterable[KPI]" = ()) -> dict[str, dict]:
    """Every figure of what was read, or the chosen ones, by name. Two queries, for what is no issue's, where it is asked for.

    One that cannot be measured is "failed", has no value, and leaves the others alone.
    """
    window, previous = found.window, found.window.previous(timezone.get_default_timezone())
    wanted = list(chosen or KPIS)
    ups = uptimes([window, previous]) if any(kpi.rows == "downtime" for kpi in wanted) else [None, None]
    present, before = Evidence(found.total, window, ups[0]), Evidence(found.previous, previous, ups[1])
    return {kpi.name: _figure(kpi, present, before, compared=found.has_previous) for kpi in wanted}


def uptimes(windows: list[Window]) -> list["uptime.Uptime | None"]:
    """How each window was; None of all where that cannot be read."""
    try:
        with transaction.atomic():  # what goes wrong here undoes nothing else
            return [*uptime.measure_each(windows)]
    except Exception:
        log.exception("uptime cannot be measured")
        return [None] * len(windows)


def _figure(kpi: KPI, present: Evidence, before: Evidence, *, compared: bool) -> dict:
    try:
        with transaction.atomic() if kpi.rows == "requests" else nullcontext():
            return _shown(kpi, kpi.measure(present), kpi.measure(before), compared=compared)
    except Exception:
        log.exception("a figure cannot be measured", extra={"figure": kpi.name})
        nothing = Measure(None, 0)
        return _shown(kpi, nothing, nothing, compared=False) | {"failed": True}


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


def wilson(good: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share `good / n`, n > 0 (E. B. Wilson, 1927). Holds for few and for extreme shares."""
    share, z2 = good / n, Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def change(kpi: KPI, present: Measure, before: Measure) -> float | None:
    """How much it differs from the time before: rates in points (0.01 is one), all else as a share of what it was.

    None where either has too few cases to tell, or there was nothing.
    """
    if present.value is None or before.value is None or min(present.n, before.n) < COMPARED_FROM:
        return None
    if kpi.unit == "rate":
        return present.value - before.value
    return present.value / before.value - 1 if before.value else None


def _shown(kpi: KPI, found: Measure, before: Measure, *, compared: bool) -> dict:
    return {
        "value": found.value,
        "unit": kpi.unit,
        "n": found.n,
        "target": kpi.target,
        "interim": kpi.interim,
        "better": kpi.better,
        "state": kpi.state(found.value),
        "lower_bound": found.lower_bound,
        "before": before.value,
        "change": change(kpi, found, before) if compared else None,
        "extra": found.extra,
        "failed": False,
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


# A figure that those still waiting could move by less than this is shown as it is.
VISIBLE_SHARE = 0.02


def _may_grow(value: float, at_worst: float) -> bool:
    """Whether the waiting could still raise it: `at_worst` is what it were if none of them were ever answered."""
    return not at_worst <= value * (1 + VISIBLE_SHARE)


def _ttfr(share: float) -> Callable[[Evidence], Measure]:
    def ttfr(of: Evidence) -> Measure:
        times = of.tally.times("ttfr")
        value, *others = times.percentiles([share, *PERCENTILES])
        (at_worst,) = times.at_worst([share])
        extra = {
            "waiting": len(times.waiting),
            "unanswered": of.tally["ended_unanswered"],
            "untrusted": of.tally["ttfr_untrusted"],
            "p95": _ms(others[2]),
            "mean": _ms((of.tally["ttfr_sum_s"] + times.waiting.sum()) / times.n) if times.n else None,
        }
        return Measure(_ms(value), times.n, bool(times.n) and _may_grow(value, at_worst), extra)

    return ttfr


def _ttr(share: float) -> Callable[[Evidence], Measure]:
    def ttr(of: Evidence) -> Measure:
        times = of.tally.times("ttr")
        value, p95 = times.percentiles([share, 0.95])
        extra = {
            "unresolved": of.tally["unresolved"],
            "untrusted": of.tally["ttr_untrusted"],
            "p95": _ms(p95),
            "mean": _ms(of.tally["ttr_sum_s"] / times.n) if times.n else None,
        }
        return Measure(_ms(value), times.n, False, extra)

    return ttr


def _ms(seconds: float | None) -> float | None:
    """Rounded to milliseconds."""
    return None if seconds is None else round(seconds, 3)


def _satisfaction(of: Evidence) -> Measure:
    """Only what customers answered counts: nobody who said nothing is given a number."""
    n, well, ended = of.tally["rated"], of.tally["rated_well"], of.tally["ended"]
    extra = {
        "well_share": well / n if n else None,
        "interval": list(wilson(well, n)) if n else None,
        "response_rate": of.tally["ended_rated"] / ended if ended else None,
    }
    return Measure(of.tally["rated_sum"] / n if n else None, n, False, extra)


def _received(of: Evidence) -> Measure:
    n = of.tally["detected"]
    return Measure(n or None, n)


def _automation(of: Evidence) -> Measure:
    ended, actions = of.tally["ended"], of.tally["actions"]
    extra = {"resolved": ended, "untouched_share": _share(of.tally["ended_untouched"], ended)}
    return Measure(_share(of.tally["automated_actions"], actions), actions, False, extra)


def _precision(of: Evidence) -> Measure:
    good, n = of.tally["ai_rated_well"], of.tally["ai_rated"]
    extra = {
        "interval": list(wilson(good, n)) if n else None,
        "response_rate": _share(of.tally["ai_ended_rated"], of.tally["ai_ended"]),
    }
    return Measure(_share(good, n), n, False, extra)


def _availability(of: Evidence) -> Measure:
    return Measure(of.uptime.value, of.uptime.n, False, of.uptime.extra)


def _delivery(of: Evidence) -> Measure:
    accepted = of.tally["accepted"]
    extra = {"failed": of.tally["undelivered"], "causes": dict(of.tally.names("causes").most_common(NAMES_SHOWN))}
    return Measure(_share(of.tally["delivered"], accepted), accepted, False, extra)


NAMES_SHOWN = 5


def _false_positives(of: Evidence) -> Measure:
    return Measure(_share(of.tally["false_positives"], of.tally["reviewed"]), of.tally["reviewed"])


def _escalation(of: Evidence) -> Measure:
    detected = of.tally["detected"]
    extra = {
        "escalated": of.tally["escalated"],
        "reasons": dict(of.tally.names("reasons").most_common(NAMES_SHOWN)),
    }
    return Measure(_share(of.tally["escalated"], detected), detected, False, extra)


def _resolution(of: Evidence) -> Measure:
    extra = {"unresolved": of.tally["unresolved"]}
    return Measure(_share(of.tally["resolved"], of.tally["detected"]), of.tally["detected"], False, extra)


def _sla(promise: str) -> Callable[[Evidence], Measure]:
    """Kept ÷ all whose deadline is known to be kept or missed. An overdue open one is missed."""

    def sla(of: Evidence) -> Measure:
        met, late = of.tally[f"{promise}_met"], of.tally[f"{promise}_late"]
        overdue = of.tally[f"{promise}_overdue"]
        n = met + late + overdue
        return Measure(_share(met, n), n, False, {"late": late, "overdue": overdue})

    return sla


def _tokens(of: Evidence) -> Measure:
    kinds = {kind: of.tally[f"tokens_{kind}"] for kind in ("in", "out", "thought", "cached")}
    extra = kinds | {"calls": of.tally["ai_calls"], "uncounted": of.tally["ai_calls_uncounted"]}
    total = kinds["in"] + kinds["out"] + kinds["thought"]  # the cached ones are among those that went in
    counted = of.tally["ai_calls_counted"]
    return Measure(total if counted else None, counted, of.tally["ai_calls_uncounted"] > 0, extra)


def _cost(of: Evidence) -> Measure:
    cost, priced, unpriced = of.tally["cost_usd"], of.tally["ai_calls_priced"], of.tally["ai_calls_unpriced"]
    replies = of.tally["replies_ai"]
    per_reply = cost / replies if replies and priced else None
    extra = {
        "unpriced": unpriced,
        "per_reply": per_reply,
        "per_resolved": cost / of.tally["ended"] if of.tally["ended"] and priced else None,
        # What the replies that were used again would have cost, had the AI been asked.
        "avoided": per_reply * of.tally["replies_cached"] if per_reply is not None else None,
    }
    return Measure(cost if priced else None, priced, unpriced > 0, extra)


def _cache_hits(of: Evidence) -> Measure:
    cached = of.tally["replies_cached"]
    n = cached + of.tally["replies_ai"]
    return Measure(_share(cached, n), n)


def _api(of: Evidence) -> Measure:
    """Of the server, whoever the issues are narrowed down to."""
    found = timing.figure(of.window)
    return Measure(found["p95"], found["n"], False, found["extra"]) if found else Measure(None, 0)


TTFR = _(
    "First response − detected, over all issues detected in the window; a customer still waiting counts with the "
    "time waited so far. Issues that ended without any response are counted beside it."
)
TTFR_PARTS = {"waiting": "waiting", "unanswered": "ended_unanswered", "untrusted": "ttfr_untrusted"}
TTR = _("Resolved − detected, over the issues detected in the window and resolved. A reopened issue is unresolved.")
TTR_PARTS = {"unresolved": "unresolved", "untrusted": "ttr_untrusted"}

KPIS = [
    KPI(
        "ttfr_p50", _("First response, median"), _("How long does a customer wait for the first response?"),
        TTFR, "s", "lower", _ttfr(0.5), "ttfr", TTFR_PARTS, target=30, interim=300,
    ),
    KPI(
        "ttfr_p90", _("First response, 9 in 10"), _("How long do nine in ten customers wait at most?"),
        TTFR, "s", "lower", _ttfr(0.9), "ttfr", TTFR_PARTS, target=30, interim=300,
    ),
    KPI(
        "ttr_p50", _("Resolution, median"), _("How long does it take to solve an issue?"),
        TTR, "s", "lower", _ttr(0.5), "ttr", TTR_PARTS, target=7_200, interim=14_400,
    ),
    KPI(
        "ttr_p90", _("Resolution, 9 in 10"), _("Within what time are nine in ten issues solved?"),
        TTR, "s", "lower", _ttr(0.9), "ttr", TTR_PARTS, target=7_200, interim=14_400,
    ),
    KPI(
        "automation_rate", _("Automation rate"), _("How much of what customers notice is done without a person?"),
        _(
            "Automated actions ÷ all actions, over the replies, resolutions and escalations of the window that worked. "
            "Other programs are automation too; a resolution that was undone did not work."
        ),
        "rate", "higher", _automation, "actions", {"resolved": "ended", "untouched_share": "ended_untouched"},
        also=("actions_by_people", "ended_touched"), target=0.95, interim=0.70,
    ),
    KPI(
        "ai_precision", _("AI precision"), _("Are customers content with what the AI answered?"),
        _(
            "Ratings of 4 or 5 ÷ all ratings given in the window, over issues that only the AI answered and that "
            "automation had resolved."
        ),
        "rate", "higher", _precision, "ai_rated", {"response_rate": "ai_ended_rated"}, also=("ai_rated_badly",),
        target=0.90, interim=0.70,
    ),
    KPI(
        "availability", _("Availability"), _("How much of the time is MIS there?"),
        _(
            "Time up ÷ (time up + time down) in the window. Up is when web, workers, clock and database are; a gap in "
            "their heartbeats is down. Planned maintenance and the time before the first heartbeat are left out. "
            "Gemini and WhatsApp are told apart."
        ),
        "rate", "higher", _availability, "downtime", target=uptime.TARGET, interim=0.99,
    ),
    KPI(
        "delivery_rate", _("Delivery rate"), _("Do our messages arrive?"),
        _("Delivered or read ÷ accepted by WhatsApp, over the messages sent in the window and more than 10 minutes ago."),
        "rate", "higher", _delivery, "accepted", {"failed": "undelivered"}, also=("undecided",), target=0.95, interim=0.90,
    ),
    KPI(
        "resolution_rate", _("Resolution rate"), _("How many issues are solved?"),
        _("Resolved ÷ detected, over the issues detected in the window."),
        "rate", "higher", _resolution, "detected", {"unresolved": "unresolved"}, target=0.90, interim=0.70,
    ),
    KPI(
        "escalation_rate", _("Escalation rate"), _("How many issues need a person?"),
        _("Issues escalated at least once ÷ issues, over the issues detected in the window."),
        "rate", "lower", _escalation, "detected", {"escalated": "escalated"}, target=0.10, interim=0.20,
    ),
    KPI(
        "false_positive_rate", _("False positives"), _("How many issues were none?"),
        _("Reviewed as not a problem ÷ reviewed, over the issues detected in the window."),
        "rate", "lower", _false_positives, "reviewed", also=("false_positives",), target=0.05, interim=0.10,
    ),
    KPI(
        "sla_response", _("First responses in time"), _("Do we answer by the deadline?"),
        _(
            "Answered by the deadline ÷ answered or overdue, over the issues detected in the window. "
            "An open issue is overdue at once when its deadline has passed."
        ),
        "rate", "higher", _sla("response"), "response_judged", {"late": "response_late", "overdue": "response_overdue"},
        target=0.95, interim=0.90,
    ),
    KPI(
        "sla_resolution", _("Resolutions in time"), _("Do we solve by the deadline?"),
        _(
            "Resolved by the deadline ÷ resolved or overdue, over the issues detected in the window. "
            "An open issue is overdue at once when its deadline has passed."
        ),
        "rate", "higher", _sla("resolution"), "resolution_judged",
        {"late": "resolution_late", "overdue": "resolution_overdue"}, target=0.95, interim=0.90,
    ),
    KPI(
        "ai_tokens", _("AI tokens"), _("How much does the AI read and write?"),
        _("Tokens in + out + thought, over the AI calls begun in the window."),
        "tokens", "lower", _tokens, "ai_calls_counted", {"calls": "ai_calls", "uncounted": "ai_calls_uncounted"},
        also=("ai_calls_failed",),
    ),
    KPI(
        "ai_cost_usd", _("AI cost"), _("What does the AI cost?"),
        _(
            "Sum of the cost of the AI calls begun in the window, at the price of their day. Per reply: ÷ the replies that the "
            "AI wrote. Per resolution: ÷ the issues resolved in the window. Avoided: the replies used again × the cost per reply."
        ),
        "usd", "lower", _cost, "ai_calls_priced", {"unpriced": "ai_calls_unpriced"},
    ),
    KPI(
        "cache_hit_rate", _("Replies reused"), _("How many replies needed no AI, because one like it had been given?"),
        _("Replies used again ÷ replies used again or written by the AI, over the replies of the window."),
        "rate", "higher", _cache_hits, "replies_known", also=("replies_cached", "replies_ai"),
    ),
    KPI(
        "received", _("Issues"), _("How many problems did customers tell us of?"),
        _("The issues detected in the window."),
        "count", "lower", _received, "detected",
    ),
    KPI(
        # GoHighLevel's webhook must be stored within a second, so that is the interim; half of it leaves room for the way.
        "api_p95", _("Our answers, 19 in 20"), _("How long do browsers and other programs wait for our server?"),
        _(
            "From the arrival of a request to the last byte of its answer, over all requests answered in the window; "
            "static files, sockets and health checks are left out. 95 in 100 took no longer."
        ),
        "s", "lower", _api, "requests", target=0.5, interim=1.0,
    ),
]  # fmt: skip

# What customers say of us themselves: a figure, but no card of the live screen.
SATISFACTION = KPI(
    "satisfaction", _("Satisfaction, 1 to 5"), _("How content are customers when their issue is solved?"),
    _(
        "Mean of the ratings from 1 to 5 that customers gave in the window, whoever answered them. Customers who rated: "
        "issues resolved in the window that have a rating ÷ all issues resolved in the window. The interval is that of the "
        "share of ratings of 4 or 5."
    ),
    "stars", "higher", _satisfaction, "rated", {"well_share": "rated_well", "response_rate": "ended_rated"},
    also=("rated_badly",), target=4.0, interim=3.5,
)  # fmt: skip

BY_NAME = {kpi.name: kpi for kpi in [*KPIS, SATISFACTION]}

"""The key figures: what each asks, how it is measured, and when it is good enough.

A figure is a pure function of `Facts`, which three queries read for all of them. Measuring a
window again gives the same numbers. Nothing to measure is None, which is not zero.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import sqrt
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import queries
from .window import Window

# The 97.5 % point of the normal distribution: an interval of 95 %.
Z95 = 1.959963984540054

Facts = dict
State = Literal["good", "warn", "bad", "none"]


@dataclass(frozen=True)
class Measure:
    """One figure. `n` is how many it is made of. `lower_bound`: it can still only grow, so show "≥"."""

    value: float | None
    n: int
    lower_bound: bool = False
    extra: dict = field(default_factory=dict)


@dataclass(frozen=True)
class KPI:
    """A figure's declaration. Units: "s", "rate" (0 to 1), "tokens", "usd". Without a target it is never bad."""

    name: str
    label: str | Promise
    question: str | Promise
    formula: str | Promise
    unit: str
    better: Literal["higher", "lower"]
    measure: Callable[[Facts], Measure]
    target: float | None = None
    interim: float | None = None

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
    """Every figure of the window by name, as the snapshot shows it. Three queries."""
    facts = queries.cohort(window) | queries.work(window) | queries.outside(window)
    return {kpi.name: _shown(kpi, kpi.measure(facts)) for kpi in KPIS}


def wilson(good: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share `good / n`, n > 0 (E. B. Wilson, 1927). Holds for few and for extreme shares."""
    share, z2 = good / n, Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _shown(kpi: KPI, found: Measure) -> dict:
    return {
        "value": found.value,
        "unit": kpi.unit,
        "n": found.n,
        "target": kpi.target,
        "interim": kpi.interim,
        "better": kpi.better,
        "state": kpi.state(found.value),
        "lower_bound": found.lower_bound,
        "extra": found.extra,
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


# A figure that those still waiting could move by less than this is shown as it is.
VISIBLE_SHARE = 0.02


def _may_grow(value: float, at_worst: float) -> bool:
    """Whether the waiting could still raise it: `at_worst` is what it were if none of them were ever answered."""
    return not at_worst <= value * (1 + VISIBLE_SHARE)  # also for "not a number", between two infinities


def _ttfr(index: int) -> Callable[[Facts], Measure]:
    def ttfr(facts: Facts) -> Measure:
        n = facts["ttfr_n"]
        value = round(facts["ttfr"][index], 3) if n else None
        return Measure(
            value,
            n,
            bool(n) and _may_grow(value, facts["ttfr_at_worst"][index]),
            {
                "waiting": facts["waiting"],
                "unanswered": facts["ended_unanswered"],
                "untrusted": facts["ttfr_untrusted"],
            },
        )

    return ttfr


def _ttr(index: int) -> Callable[[Facts], Measure]:
    def ttr(facts: Facts) -> Measure:
        n = facts["ttr_n"]
        extra = {"unresolved": facts["unresolved"], "untrusted": facts["ttr_untrusted"]}
        return Measure(round(facts["ttr"][index], 3) if n else None, n, False, extra)

    return ttr


def _automation(facts: Facts) -> Measure:
    extra = {"resolved": facts["ended"], "untouched_share": _share(facts["ended_untouched"], facts["ended"])}
    return Measure(_share(facts["automated_actions"], facts["actions"]), facts["actions"], False, extra)


def _precision(facts: Facts) -> Measure:
    good, n = facts["ai_rated_well"], facts["ai_rated"]
    extra = {
        "interval": list(wilson(good, n)) if n else None,
        "response_rate": _share(facts["ai_ended_rated"], facts["ai_ended"]),
    }
    return Measure(_share(good, n), n, False, extra)


def _delivery(facts: Facts) -> Measure:
    extra = {"failed": facts["undelivered"], "causes": facts["causes"]}
    return Measure(_share(facts["delivered"], facts["accepted"]), facts["accepted"], False, extra)


def _false_positives(facts: Facts) -> Measure:
    return Measure(_share(facts["false_positives"], facts["reviewed"]), facts["reviewed"])


def _escalation(facts: Facts) -> Measure:
    return Measure(_share(facts["escalated"], facts["detected"]), facts["detected"])


def _resolution(facts: Facts) -> Measure:
    extra = {"unresolved": facts["unresolved"]}
    return Measure(_share(facts["resolved"], facts["detected"]), facts["detected"], False, extra)


def _tokens(facts: Facts) -> Measure:
    kinds = {kind: facts[f"tokens_{kind}"] or 0 for kind in ("in", "out", "thought", "cached")}
    extra = kinds | {"calls": facts["ai_calls"], "uncounted": facts["ai_calls_uncounted"]}
    total = kinds["in"] + kinds["out"] + kinds["thought"]  # the cached ones are among those that went in
    counted = facts["ai_calls_counted"]
    return Measure(total if counted else None, counted, facts["ai_calls_uncounted"] > 0, extra)


def _cost(facts: Facts) -> Measure:
    unpriced = facts["ai_calls_unpriced"]
    return Measure(facts["cost_usd"], facts["ai_calls_priced"], unpriced > 0, {"unpriced": unpriced})


TTFR = _(
    "First response − detected, over all issues detected in the window; a customer still waiting counts with the "
    "time waited so far. Issues that ended without any response are counted beside it."
)
TTR = _("Resolved − detected, over the issues detected in the window and resolved. A reopened issue is unresolved.")

KPIS = [
    KPI(
        "ttfr_p50", _("First response, median"), _("How long does a customer wait for the first response?"),
        TTFR, "s", "lower", _ttfr(0), target=30, interim=300,
    ),
    KPI(
        "ttfr_p90", _("First response, 9 in 10"), _("How long do nine in ten customers wait at most?"),
        TTFR, "s", "lower", _ttfr(1), target=30, interim=300,
    ),
    KPI(
        "ttr_p50", _("Resolution, median"), _("How long does it take to solve an issue?"),
        TTR, "s", "lower", _ttr(0), target=7_200, interim=14_400,
    ),
    KPI(
        "ttr_p90", _("Resolution, 9 in 10"), _("Within what time are nine in ten issues solved?"),
        TTR, "s", "lower", _ttr(1), target=7_200, interim=14_400,
    ),
    KPI(
        "automation_rate", _("Automation rate"), _("How much of what customers notice is done without a person?"),
        _(
            "Automated actions ÷ all actions, over the replies, resolutions and escalations of the window that worked. "
            "Other programs are automation too; a resolution that was undone did not work."
        ),
        "rate", "higher", _automation, target=0.95, interim=0.70,
    ),
    KPI(
        "ai_precision", _("AI precision"), _("Are customers content with what the AI answered?"),
        _(
            "Ratings of 4 or 5 ÷ all ratings given in the window, over issues that only the AI answered and that "
            "automation had resolved."
        ),
        "rate", "higher", _precision, target=0.90, interim=0.70,
    ),
    KPI(
        "delivery_rate", _("Delivery rate"), _("Do our messages arrive?"),
        _("Delivered or read ÷ accepted by WhatsApp, over the messages sent in the window and more than 10 minutes ago."),
        "rate", "higher", _delivery, target=0.95, interim=0.90,
    ),
    KPI(
        "resolution_rate", _("Resolution rate"), _("How many issues are solved?"),
        _("Resolved ÷ detected, over the issues detected in the window."),
        "rate", "higher", _resolution, target=0.90, interim=0.70,
    ),
    KPI(
        "escalation_rate", _("Escalation rate"), _("How many issues need a person?"),
        _("Issues escalated at least once ÷ issues, over the issues detected in the window."),
        "rate", "lower", _escalation, target=0.10, interim=0.20,
    ),
    KPI(
        "false_positive_rate", _("False positives"), _("How many issues were none?"),
        _("Reviewed as not a problem ÷ reviewed, over the issues detected in the window."),
        "rate", "lower", _false_positives, target=0.05, interim=0.10,
    ),
    KPI(
        "ai_tokens", _("AI tokens"), _("How much does the AI read and write?"),
        _("Tokens in + out + thought, over the AI calls begun in the window."),
        "tokens", "lower", _tokens,
    ),
    KPI(
        "ai_cost_usd", _("AI cost"), _("What does the AI cost?"),
        _("Sum of the cost of the AI calls begun in the window, at the price of their day."),
        "usd", "lower", _cost,
    ),
]  # fmt: skip

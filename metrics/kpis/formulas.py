"""How each key figure is measured: pure functions of the `Evidence` of one window."""

from collections.abc import Callable
from math import sqrt

from .. import timing
from .base import PERCENTILES, Evidence, Measure

# The 97.5 % point of the normal distribution: an interval of 95 %.
Z95 = 1.959963984540054


def wilson(good: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share `good / n`, n > 0 (E. B. Wilson, 1927). Holds for few and for extreme shares."""
    share, z2 = good / n, Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


# A figure that those still waiting could move by less than this is shown as it is.
VISIBLE_SHARE = 0.02


def _may_grow(value: float, at_worst: float) -> bool:
    """Whether the waiting could still raise it: `at_worst` is what it were if none of them were ever answered."""
    return not at_worst <= value * (1 + VISIBLE_SHARE)


def ttfr(share: float) -> Callable[[Evidence], Measure]:
    def measure(of: Evidence) -> Measure:
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

    return measure


def ttr(share: float) -> Callable[[Evidence], Measure]:
    def measure(of: Evidence) -> Measure:
        times = of.tally.times("ttr")
        value, p95 = times.percentiles([share, 0.95])
        extra = {
            "unresolved": of.tally["unresolved"],
            "untrusted": of.tally["ttr_untrusted"],
            "p95": _ms(p95),
            "mean": _ms(of.tally["ttr_sum_s"] / times.n) if times.n else None,
        }
        return Measure(_ms(value), times.n, False, extra)

    return measure


def _ms(seconds: float | None) -> float | None:
    """Rounded to milliseconds."""
    return None if seconds is None else round(seconds, 3)


def satisfaction(of: Evidence) -> Measure:
    """Only what customers answered counts: nobody who said nothing is given a number."""
    n, well, ended = of.tally["rated"], of.tally["rated_well"], of.tally["ended"]
    extra = {
        "well_share": well / n if n else None,
        "interval": list(wilson(well, n)) if n else None,
        "response_rate": of.tally["ended_rated"] / ended if ended else None,
    }
    return Measure(of.tally["rated_sum"] / n if n else None, n, False, extra)


def received(of: Evidence) -> Measure:
    n = of.tally["detected"]
    return Measure(n or None, n)


def automation(of: Evidence) -> Measure:
    ended, actions = of.tally["ended"], of.tally["actions"]
    extra = {"resolved": ended, "untouched_share": _share(of.tally["ended_untouched"], ended)}
    return Measure(_share(of.tally["automated_actions"], actions), actions, False, extra)


def precision(of: Evidence) -> Measure:
    good, n = of.tally["ai_rated_well"], of.tally["ai_rated"]
    extra = {
        "interval": list(wilson(good, n)) if n else None,
        "response_rate": _share(of.tally["ai_ended_rated"], of.tally["ai_ended"]),
    }
    return Measure(_share(good, n), n, False, extra)


def availability(of: Evidence) -> Measure:
    return Measure(of.uptime.value, of.uptime.n, False, of.uptime.extra)


def delivery(of: Evidence) -> Measure:
    accepted = of.tally["accepted"]
    extra = {"failed": of.tally["undelivered"], "causes": dict(of.tally.names("causes").most_common(NAMES_SHOWN))}
    return Measure(_share(of.tally["delivered"], accepted), accepted, False, extra)


NAMES_SHOWN = 5


def false_positives(of: Evidence) -> Measure:
    return Measure(_share(of.tally["false_positives"], of.tally["reviewed"]), of.tally["reviewed"])


def escalation(of: Evidence) -> Measure:
    detected = of.tally["detected"]
    extra = {
        "escalated": of.tally["escalated"],
        "reasons": dict(of.tally.names("reasons").most_common(NAMES_SHOWN)),
    }
    return Measure(_share(of.tally["escalated"], detected), detected, False, extra)


def resolution(of: Evidence) -> Measure:
    extra = {"unresolved": of.tally["unresolved"]}
    return Measure(_share(of.tally["resolved"], of.tally["detected"]), of.tally["detected"], False, extra)


def sla(promise: str) -> Callable[[Evidence], Measure]:
    """Kept ÷ all whose deadline is known to be kept or missed. An overdue open one is missed."""

    def measure(of: Evidence) -> Measure:
        met, late = of.tally[f"{promise}_met"], of.tally[f"{promise}_late"]
        overdue = of.tally[f"{promise}_overdue"]
        n = met + late + overdue
        return Measure(_share(met, n), n, False, {"late": late, "overdue": overdue})

    return measure


def tokens(of: Evidence) -> Measure:
    kinds = {kind: of.tally[f"tokens_{kind}"] for kind in ("in", "out", "thought", "cached")}
    extra = kinds | {"calls": of.tally["ai_calls"], "uncounted": of.tally["ai_calls_uncounted"]}
    total = kinds["in"] + kinds["out"] + kinds["thought"]  # the cached ones are among those that went in
    counted = of.tally["ai_calls_counted"]
    return Measure(total if counted else None, counted, of.tally["ai_calls_uncounted"] > 0, extra)


def cost(of: Evidence) -> Measure:
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


def cache_hits(of: Evidence) -> Measure:
    cached = of.tally["replies_cached"]
    n = cached + of.tally["replies_ai"]
    return Measure(_share(cached, n), n)


def api(of: Evidence) -> Measure:
    """Of the server, whoever the issues are narrowed down to."""
    found = timing.figure(of.window)
    return Measure(found["p95"], found["n"], False, found["extra"]) if found else Measure(None, 0)

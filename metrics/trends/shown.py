"""Trends in words and as tables, in the active language; and as numbers, for the script that draws them."""

from collections.abc import Callable
from dataclasses import replace

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from issues import wording

from .. import breakdown, format, series
from ..kpis import BY_NAME, Measure
from ..sentences import FEW, SHORT_S
from ..uptime import Uptime
from ..window import Scope
from .read import HOURS_OF_DAY, Trends

LEVELS = 5  # shades of the heat map
TARGET_S = BY_NAME["ttfr_p50"].target

# What is drawn over time: its title, and the figures in it.
OVER_TIME = {
    "handling": (gettext_lazy("Automation and escalation"), ["automation_rate", "escalation_rate"]),
    "delivery": (gettext_lazy("Messages delivered"), ["delivery_rate"]),
    "tokens": (gettext_lazy("AI tokens"), ["ai_tokens"]),
}
COLUMNS = [
    "received", "ttfr_p50", "ttfr_p90", "automation_rate", "escalation_rate", "delivery_rate", "availability", "ai_cost_usd",
    "ai_tokens",
]  # fmt: skip


def shown(trends: Trends, scope: Scope) -> dict:
    """The page's context.

    charts  name, title and summary of each that a script draws; data (`drawn`), for it
    heat    summary, any (whether anything was received), hours, rows of name, and cells of n and level (0 to 5; "" where there is no such hour)
    uptime  summary, cells of label and state, and, of an hour and more, the share of the error budget that is left;
            None where nothing was seen
    kinds   summary, and rows of label, query, n, share, width and before
    table   everything over time: heads, rows of label, unfinished and cells
    """
    names = series.labels([start.isoformat() for start in trends.starts])
    return {
        "charts": [
            *({"name": name, "title": title, "summary": SUMMARIES[name](trends, names)} for name, (title, _kpis) in OVER_TIME.items()),
            {"name": "spread", "title": _("How long first responses took"), "summary": _spread_summary(trends)},
        ],
        "data": drawn(trends),
        "heat": _heat(trends),
        "uptime": _uptime(trends, names),
        "kinds": _kinds(trends, scope),
        "table": _table(trends, names),
    }  # fmt: skip


def drawn(trends: Trends) -> dict:
    """The numbers: starts, unfinished, points (KPI → values), n (KPI → how many each is made of) and the spread with the names of its bars and of the `edges` between them."""
    return {
        "starts": [start.isoformat().replace("+00:00", "Z") for start in trends.starts],
        "unfinished": trends.unfinished,
        "points": {name: [measure.value for measure in measures] for name, measures in trends.points.items()},
        "n": {name: [measure.n for measure in measures] for name, measures in trends.points.items()},
        "spread": {
            "names": format.stretches(breakdown.EDGES),
            "edges": [format.age(edge) for edge in breakdown.EDGES],
            "spread": trends.spread,
        },
    }


# --- Over time ------------------------------------------------------------------------------------------


def _table(trends: Trends, names: list[str]) -> dict:
    last = len(names) - 1
    return {
        "heads": [_("Received"), _("Resolved"), *(BY_NAME[name].label for name in COLUMNS[1:])],
        "rows": [
            {
                "label": label,
                "unfinished": trends.unfinished and place == last,
                "cells": [
                    format.count(trends.points["received"][place].n),
                    format.count(trends.resolved[place]),
                    *(_cell(name, trends.points[name][place]) for name in COLUMNS[1:]),
                ],
            }
            for place, label in enumerate(names)
        ],
    }


def _cell(name: str, measure: Measure) -> str:
    return format.measure(measure.value, BY_NAME[name].unit)


def _extreme(trends: Trends, kpi: str, names: list[str], of: Callable = min) -> dict | None:
    """Where the figure was lowest, or highest: value and when, as text; None where there was nothing to measure.

    A share of a few cases is only told of where there is no other, and then with their number.
    """
    unit, known = BY_NAME[kpi].unit, [one for one in enumerate(trends.points[kpi]) if one[1].value is not None]
    told = [one for one in known if unit != "rate" or one[1].n >= FEW] or known
    if not told:
        return None
    place, measure = of(told, key=lambda one: one[1].value)
    value = format.measure(measure.value, unit)
    if unit == "rate" and measure.n < FEW:
        value = f"{value} (n = {format.count(measure.n)})"
    return {"value": value, "when": names[place]}


def _handling_summary(trends: Trends, names: list[str]) -> str:
    low, high = _extreme(trends, "automation_rate", names), _extreme(trends, "escalation_rate", names, max)
    if not low or not high:
        return _("Nothing was done for customers in this time.")
    text = _("Least automated: {low} at {low_when}. Most escalated: {high} at {high_when}.")
    return text.format(low=low["value"], low_when=low["when"], high=high["value"], high_when=high["when"])


def _delivery_summary(trends: Trends, names: list[str]) -> str:
    low = _extreme(trends, "delivery_rate", names)
    if not low:
        return _("No message of this time has had long enough to arrive.")
    failed = sum(measure.extra.get("failed", 0) for measure in trends.points["delivery_rate"])
    return _("Lowest: {value} at {when}. Not delivered in all: {failed}.").format(**low, failed=format.count(failed))


def _tokens_summary(trends: Trends, names: list[str]) -> str:
    most = _extreme(trends, "ai_tokens", names, max)
    return _("Most: {value} at {when}.").format(**most) if most else _("The AI was not asked in this time.")


SUMMARIES = {"handling": _handling_summary, "delivery": _delivery_summary, "tokens": _tokens_summary}


# --- How long first responses took ----------------------------------------------------------------------


def _spread_summary(trends: Trends) -> str:
    total = sum(trends.spread)
    if not total:
        return _("Nothing to time in this window yet.")
    within = sum(trends.spread[: breakdown.EDGES.index(TARGET_S) + 1])
    text = _("{share} of {n} took less than {target}; who still waits counts with the time so far.")
    return text.format(share=format.rate(within / total), n=format.count(total), target=format.age(TARGET_S))


# --- By hour of the week --------------------------------------------------------------------------------


def _heat(trends: Trends) -> dict:
    most = max((n for row in trends.heat for n in row if n is not None), default=0)
    return {
        "summary": _heat_summary(trends, most),
        "any": most > 0,
        "hours": list(range(HOURS_OF_DAY)),
        "rows": [
            {
                "name": WEEKDAYS[day],
                "short": WEEKDAYS_ABBR[day],
                "cells": [{"n": format.count(n), "level": _level(n, most)} for n in row],
            }
            for day, row in enumerate(trends.heat)
        ],
    }


def _level(n: int | None, most: int) -> int | str:
    """None at all is 0, and any is 1 at least."""
    if n is None:
        return ""
    return -(-n * LEVELS // most) if n else 0


def _heat_summary(trends: Trends, most: int) -> str:
    if not most:
        return _("Nothing was received in this time.")
    day, hour = next((day, row.index(most)) for day, row in enumerate(trends.heat) if most in row)
    text = _("Busiest: {day} from {hour}:00 to {until}:00, {n} issues.")
    return text.format(day=WEEKDAYS[day], hour=hour, until=hour + 1, n=format.count(most))


# --- Whether MIS was there ------------------------------------------------------------------------------


def _uptime(trends: Trends, names: list[str]) -> dict | None:
    whole = trends.whole
    if whole is None or whole.value is None:
        return None
    bars = [_bar(measure, name) for measure, name in zip(trends.points["availability"], names, strict=True)]
    return {"summary": _uptime_summary(whole), "cells": bars} | ({} if whole.n < SHORT_S else _budget(whole))


def _uptime_summary(whole: Uptime) -> str:
    share, gaps = format.rate(whole.value), len(whole.whole.gaps)
    if whole.n < SHORT_S:
        return _("Up {share} of {known}: too short a time to say much.").format(
            share=share, known=format.duration(whole.n)
        )
    if not gaps:
        return _("Up {share} of the time that is known, without an interruption.").format(share=share)
    text = ngettext(
        "Up {share} of the time that is known. Down {down}, in {n} interruption.",
        "Up {share} of the time that is known. Down {down}, in {n} interruptions.",
        gaps,
    )
    return text.format(share=share, down=_minutes(whole.down_minutes), n=format.count(gaps))


def _budget(whole: Uptime) -> dict:
    """How much of the time that MIS may be down is left: in words, as a percentage of it, and as a state."""
    left, budget = whole.budget_left_minutes, whole.budget_minutes
    text = _("Error budget: {left} of {budget} left") if left >= 0 else _("Error budget: {budget}, overdrawn by {left}")
    return {
        "budget": text.format(left=_minutes(abs(left)), budget=_minutes(budget)),
        "left": f"{max(0.0, 100 * left / budget):.1f}",
        "state": "good" if left > budget / 4 else "warn" if left >= 0 else "bad",
    }


def _minutes(minutes: float) -> str:
    return format.duration(minutes * 60)


def _bar(measure: Measure, name: str) -> dict:
    """A bucket: up all the time, nearly, or not; or not known."""
    state = BY_NAME["availability"].state(measure.value)
    is_dented = state == "good" and measure.value != 1
    return {"label": f"{name}: {format.rate(measure.value)}", "state": "warn" if is_dented else state}


# --- By type --------------------------------------------------------------------------------------------


def _kinds(trends: Trends, scope: Scope) -> dict:
    kinds = trends.kinds
    if not kinds:
        return {"summary": _("Nothing was received in this time."), "rows": []}
    most = kinds[0].n
    text = _("Most frequent: {type}, {share} of the issues.")
    return {
        "summary": text.format(type=_named(kinds[0].type), share=format.rate(kinds[0].share)),
        "rows": [
            {
                "label": _named(kind.type),
                "query": replace(scope, type=kind.type).query if kind.type else "",
                "n": format.count(kind.n),
                "share": format.rate(kind.share),
                "width": f"{100 * kind.n / most:.1f}",
                "before": _against(kind.n, kind.before),
            }
            for kind in kinds
        ],
    }


def _against(n: int, before: int | None) -> str:
    """How many more or less than before, and how many there were: "+15 (47)"."""
    if before is None:
        return format.NOTHING
    sign = "+" if n > before else "−" if n < before else "±"
    return f"{sign}{format.count(abs(n - before))} ({format.count(before)})"


def _named(type: str) -> str:
    return wording.issue_type(type) if type else _("no type")

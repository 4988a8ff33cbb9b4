"""A period, and what needs somebody now, in words: what the templates write as it is."""

from dataclasses import replace
from datetime import datetime
from math import log

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from issues import wording

from .. import figure, format, kpis, lists, sentences, snapshot, words
from ..columns import plain
from ..kpis import BY_NAME, KPI, Measure
from ..window import Scope
from .period import BY, GOALS, OF_SOME, Group, Period
from .urgent import Found, Urgent

HEADLINES = ["ttr_p50", "ttr_p90", "ttfr_p50", "ttfr_p90", "resolution_rate", "sla_resolution", "satisfaction"]
BY_TITLES = {"type": _("Top issue types"), "priority": _("By priority"), "location": _("By location")}
OTHERS = {"type": _("other types"), "location": _("other locations"), "priority": ""}

WHYS = {
    "unanswered": (_("Not answered in time"), "bad"),
    "unsolved": (_("Not solved in time"), "bad"),
    "ownerless": (_("Escalated, no owner"), "warn"),
    "answer_near": (_("Answer due soon"), "warn"),
    "solution_near": (_("Solution due soon"), "warn"),
    "with_a_person": (_("With a person"), "none"),
}
# Where the administration lists them all.
LISTED = {
    "unanswered": "deadline=response_breached",
    "unsolved": "deadline=resolution_breached",
    "ownerless": "status=escalated&owner=none",
    "answer_near": "deadline=response_at_risk",
    "solution_near": "deadline=resolution_at_risk",
    "with_a_person": "status=escalated&owner=some",
}
SLA_STATES = {"breached": "bad", "at_risk": "warn"}


# --- A period -------------------------------------------------------------------------------------------


def period(found: Period, scope: Scope) -> dict:
    """cards (`words.card` with its declaration), goals, tables of groups, and backlog (label, value, below)."""
    window = found.window
    return {
        "cards": [_card(name, found) for name in HEADLINES],
        "goals": [_goal(name, found, scope) for name in GOALS],
        "tables": [_table(by, found, scope) for by in BY if by in found.groups],
        "backlog": _backlog(found),
        "has_before": found.has_before,
        "before": words.BEFORE[window.name],
    }


def _card(name: str, found: Period) -> dict:
    kpi = BY_NAME[name]
    about = {part: getattr(kpi, part) for part in ("name", "label", "question", "formula", "rows")}
    return about | found.figures[name] | {"window": found.window.name}


def _goal(name: str, found: Period, scope: Scope) -> dict:
    kpi, shown = BY_NAME[name], found.figures[name]
    card = words.card(shown, name, found.window.name)
    return {
        "label": kpi.label,
        "url": _address(kpi, scope),
        "goal": words.goal(kpi.target, shown),
        "interim": words.goal(kpi.interim, shown),
        "now": card["figure"],
        "before": format.measure(shown["before"] if found.has_before else None, kpi.unit),
        "change": card["change"],
        "state": card["state"],
        "word": card["word"],
        "cases": " · ".join(words.cases(shown, name)),
        "scale": scale(kpi, shown["value"], shown["before"] if found.has_before else None),
    }


def _address(kpi: KPI, scope: Scope) -> str:
    return f"{reverse('figure', args=[kpi.name])}?{scope.query}"


SCALE = 160  # how wide it is drawn


def scale(kpi: KPI, now: float | None, before: float | None) -> dict:
    """Where the goals, the value and the one before lie on a line from bad to good or from good to bad, of SCALE units.

    Durations lie by their logarithm, from a tenth of the target to four times the interim goal. What lies outside is at the end.
    """
    assert kpi.target is not None
    assert kpi.interim is not None
    if kpi.unit == "s":
        low, high = log(kpi.target / 10), log(kpi.interim * 4)

        def at(value: float) -> float:
            return (log(max(value, 1e-6)) - low) / (high - low)
    else:
        high = 1.0 if kpi.unit == "rate" else 5.0
        low = max(0.0, kpi.interim - 2 * (kpi.target - kpi.interim))

        def at(value: float) -> float:
            return (value - low) / (high - low)

    def place(value: float | None) -> str:
        return "" if value is None else f"{SCALE * min(max(at(value), 0.0), 1.0):.1f}"

    first, second = sorted((kpi.target, kpi.interim))
    return {
        "first": place(first),
        "between": f"{float(place(second)) - float(place(first)):.1f}",
        "second": place(second),
        "rest": f"{SCALE - float(place(second)):.1f}",
        "target": place(kpi.target),
        "now": place(now),
        "before": place(before),
        "better": kpi.better,
    }


def _backlog(found: Period) -> dict:
    """All that is open now, whenever it was detected."""
    each = found.open.values()
    names = ("open", "waiting", "escalated_unassigned")
    sums = {name: sum(of[name] for of in each) for name in names}
    oldest = min((of["waiting_since"] for of in each if of["waiting"]), default=None)
    return {name: format.count(number) for name, number in sums.items()} | {
        "any_waiting": bool(sums["waiting"]),
        "oldest": plain(oldest) if oldest else "",
        "unresolved": format.count(found.figures["ttr_p50"]["extra"]["unresolved"]),
    }


def _table(by: str, found: Period, scope: Scope) -> dict:
    """title, heads, and rows: label and cells (text, url, and the words for who cannot see a drawing)."""
    heads = [_("Issues"), *(str(BY_NAME[name].label) for name in OF_SOME[1:])]
    rows = [_row(by, group, found, scope) for group in found.groups[by]]
    return {"by": by, "title": BY_TITLES[by], "label": figure.BY_LABELS[by], "heads": heads, "rows": rows}


def _row(by: str, group: Group, found: Period, scope: Scope) -> dict:
    narrowed = replace(scope, **{by: group.key}) if group.key and not group.others else None
    cells = [
        {"text": _written(BY_NAME[name], group.figures[name]), "url": narrowed and _address(BY_NAME[name], narrowed)}
        for name in OF_SOME
    ]
    return {
        "label": str(OTHERS[by]) if group.others else figure._value(by, group.key),
        "cells": cells,
        "share": format.rate(group.share),
        "open": format.count(found.open[group.key]["open"] if group.key in found.open else 0)
        if by == "priority"
        else "",
        "before": format.count(group.before) if found.has_before else format.NOTHING,
        "change": _change(group, found),
        "trend": trend(group.trend, unfinished=found.unfinished),
    }


def _written(kpi: KPI, measured: Measure) -> str:
    return words.figure({"value": measured.value, "unit": kpi.unit, "lower_bound": measured.lower_bound})


def _change(group: Group, found: Period) -> dict:
    """As the figure of all issues is compared: way, text, and the amount by itself."""
    now, before = (Measure(n or None, n) for n in (group.figures["received"].n, group.before))
    received = BY_NAME["received"]
    shown = {
        "change": kpis.change(received, now, before) if found.has_before else None,
        "lower_bound": False, "unit": received.unit, "target": None, "better": received.better,
    }  # fmt: skip
    told = words.changed(shown, found.window.name)
    amount = words.percent(format.rounded(abs(shown["change"]) * 1000)) if told["way"] else ""
    return {"way": told["way"], "text": told["text"], "amount": amount}


TREND_HEIGHT, BAR = 20, 4


def trend(numbers: list[int], *, unfinished: bool) -> dict:
    """Bars of equal width, the highest as high as the drawing; and the same in words. The last one may still grow."""
    most = max(numbers)
    bars = [
        {
            "x": str(place * BAR),
            "y": f"{TREND_HEIGHT - height:.1f}",
            "height": f"{height:.1f}",
            "unfinished": unfinished and place == len(numbers) - 1,
        }
        for place, n in enumerate(numbers)
        for height in [max(TREND_HEIGHT * n / most, 1.0) if n else 0.0]
    ]
    sentence = TREND_UNFINISHED if unfinished else TREND
    text = str(sentence).format(
        least=format.count(min(numbers[:-1] if unfinished and numbers[1:] else numbers)),
        most=format.count(most),
        last=format.count(numbers[-1]),
    )
    return {"bars": bars, "width": str(len(numbers) * BAR - 1), "text": text}


TREND = _("between {least} and {most} at a time, {last} at the end")
TREND_UNFINISHED = _("between {least} and {most} at a time, {last} so far at the end")


# --- What needs somebody now ----------------------------------------------------------------------------


def urgent(found: Found, scope: Scope, now: datetime, *, address: str = "", me: str = "") -> dict:
    """n, shown, counts (label, n, state, url) and issues. `overlap`: some count under several reasons.

    `address` is that of the administration's list, for who may open it.
    """
    return {
        "n": format.count(found.n),
        "any": bool(found.n),
        "shown": format.count(len(found.issues)),
        "is_cut": found.n > len(found.issues),
        "overlap": sum(found.counts.values()) > found.n,
        "all": _listed("status=unresolved", scope, address),
        "counts": [_count(why, n, scope, address) for why, n in found.counts.items()],
        "issues": [_issue(issue, now, address, me) for issue in found.issues],
        "as_of": plain(now),
    }


def _count(why: str, n: int, scope: Scope, address: str) -> dict:
    label, state = WHYS[why]
    return {"label": label, "n": format.count(n), "state": state, "url": _listed(LISTED[why], scope, address)}


def _listed(which: str, scope: Scope, address: str) -> str:
    """The same issues in the administration's list."""
    return f"{address}?{lists.query(which, scope.filters)}" if address else ""


def _issue(issue: Urgent, now: datetime, address: str, me: str) -> dict:
    label, state = WHYS[issue.why]
    return {
        "id": issue.id,
        "name": snapshot.short(issue.id),
        "url": f"{address}{issue.id}/change/" if address else "",
        "why": label,
        "state": state,
        "type": wording.issue_type(issue.type),
        "priority": words.PRIORITIES[issue.priority],
        "priority_code": issue.priority,
        "location": issue.location,
        "since": plain(issue.detected_at),
        "owner": issue.owner,
        "is_mine": bool(me) and issue.owner == me,
        "promises": [
            {
                "promise": words.PROMISES[promise],
                "word": sentences.SLA_STATES[standing],
                "state": SLA_STATES.get(standing, "none"),
                "due": plain(due),
            }
            for promise, standing, due in issue.states(now)
        ],
    }

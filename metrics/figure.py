"""One figure looked into: how it is made up, how its durations are spread, and the rows that it counts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from issues import wording
from issues.models.issue import AnsweredBy

from . import breakdown, charts, columns, facts, format, kpis, rows, series, snapshot, words
from .breakdown import EDGES, WHO, Part
from .columns import plain
from .facts import Facts
from .kpis import KPI, Measure
from .measures import LISTS
from .rows import Page, Place
from .tally import Times
from .trends.read import points
from .window import FILTERS, LONGEST, BadScope, Scope, Window, one_of

LIST_LABELS = {
    "detected": _("All issues"),
    "ttfr": _("Answered or waiting"),
    "waiting": _("Still waiting"),
    "ended_unanswered": _("Ended without a response"),
    "ttfr_untrusted": _("Impossible times"),
    "ttr": _("Resolved"),
    "ttr_untrusted": _("Impossible times"),
    "unresolved": _("Not resolved"),
    "actions": _("All actions"),
    "actions_by_people": _("By people"),
    "ended": _("Issues resolved"),
    "ended_untouched": _("Resolved, no person touched them"),
    "ended_touched": _("Resolved, a person touched them"),
    "rated": _("Ratings"),
    "rated_well": _("Ratings of 4 or 5"),
    "rated_badly": _("Ratings of 3 or less"),
    "ended_rated": _("Resolved and rated"),
    "ai_rated": _("Ratings"),
    "ai_rated_badly": _("Ratings of 3 or less"),
    "ai_ended_rated": _("Resolved by the AI and rated"),
    "accepted": _("Accepted messages"),
    "undelivered": _("Not delivered"),
    "undecided": _("No receipt yet"),
    "not_taken": _("Not taken or not delivered"),
    "automatic_failed": _("Automatic replies that failed"),
    "escalated": _("Escalated"),
    "reviewed": _("Reviewed"),
    "false_positives": _("Not a problem"),
    "response_judged": _("Answered or overdue"),
    "response_late": _("Answered late"),
    "response_overdue": _("Overdue"),
    "resolution_judged": _("Resolved or overdue"),
    "resolution_late": _("Resolved late"),
    "resolution_overdue": _("Overdue"),
    "ai_calls": _("All AI calls"),
    "ai_calls_counted": _("With a token count"),
    "ai_calls_uncounted": _("Without a token count"),
    "ai_calls_failed": _("Without an answer"),
    "ai_calls_priced": _("With a price"),
    "ai_calls_unpriced": _("Without a price"),
    "replies_known": _("Written by the AI or reused"),
    "replies_cached": _("Reused"),
    "replies_ai": _("Written by the AI"),
    "downtime": _("Times down"),
    "requests": _("Requests, by time and what was asked for"),
}
BY_LABELS = {"priority": _("Priority"), "type": _("Type"), "location": _("Location"), WHO: _("First answered by")}
KINDS = {"others": _("others"), "waiting": _("nobody yet, still waiting")}
NO_VALUE = {"location": _("no location"), "type": _("no type"), WHO: _("not known")}


# --- What is asked for ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """A figure of a scope at a moment, one of its lists, and the place from which on it is read."""

    kpi: KPI
    scope: Scope
    list: str
    now: datetime
    after: Place | None = None

    @classmethod
    def parse(cls, kpi: KPI, params: Mapping[str, str], now: datetime) -> "Asked":
        """What an address's parameters ask for. Raises BadScope.

        `as_of` keeps the moment while somebody turns pages or saves the list, so that all of them are of the same rows.
        """
        chosen = params.get("list") or kpi.lists[0]
        if chosen not in kpi.lists:
            raise one_of("list", kpi.lists)
        moment = _moment(params.get("as_of", ""), now)
        return cls(kpi, Scope.parse(params), chosen, moment, Place.parse(params.get("after", "")))

    @property
    def window(self) -> Window:
        return self.scope.at(self.now, timezone.get_default_timezone())

    def address(self, name: str = "figure", *, moment: bool = True, **changes: Any) -> str:
        """The address of this, with those changes, at the same moment or at that when it is followed."""
        asked = replace(self, **{"after": None, **changes})
        rest = {
            "list": asked.list if asked.list != self.kpi.lists[0] else "",
            "as_of": plain(asked.now) if moment else "",
            "after": str(asked.after or ""),
        }
        query = "&".join(filter(None, [asked.scope.query, urlencode({k: v for k, v in rest.items() if v})]))
        return f"{reverse(name, args=[self.kpi.name])}?{query}"


def _moment(text: str, now: datetime) -> datetime:
    """The moment that was asked for, or the present one; to the millisecond, as addresses have it."""
    try:
        at = datetime.fromisoformat(text) if text else now
        if at.tzinfo and now - LONGEST <= at <= now + timedelta(minutes=1):
            return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)
    except (ValueError, OverflowError):
        pass
    raise BadScope("as_of", "as_of must be a time in the past, such as 2026-01-31T14:00:00Z, or left out")


# --- What is found --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """What there is to see: the figure as the snapshot has it, its facts, its lists with their counts, a page of one, and its points over time."""

    asked: Asked
    window: Window
    figure: dict
    found: Facts
    counts: dict[str, int]
    page: Page
    parts: dict[str, list[Part]]
    points: list[Measure]


def look(asked: Asked) -> Look:
    """Measures the figure, takes it apart and reads a page of its rows, all of it at one state of the tables."""
    zone, window = timezone.get_default_timezone(), asked.window
    with snapshot.one_state():
        found = facts.read(window, zone, _names(asked.kpi))
        counts = {name: count(name, window, found) for name in asked.kpi.lists}
        dimensions = [by for by in breakdown.dimensions(asked.kpi) if by not in window.filters]
        parts = breakdown.each(asked.kpi, dimensions, window, zone, found.total)
        figure = kpis.figures(found, [asked.kpi])[asked.kpi.name]
        over_time = points(found, [asked.kpi])[asked.kpi.name]
        return Look(asked, window, figure, found, counts, page(asked, window, counts[asked.list]), parts, over_time)


def _names(kpi: KPI) -> set[str]:
    """All that the page says of the figure."""
    return kpis.needs(kpi).union(*(rows.names(name) for name in kpi.lists if name in LISTS))


def count(name: str, window: Window, found: Facts) -> int:
    """How many rows the list has, without reading them where the figures know."""
    return rows.shown(found.total, name) if name in LISTS else rows.source(name).count(window)


def page(asked: Asked, window: Window, known: int) -> Page:
    return rows.source(asked.list).page(window, asked.after) if known else Page([], None)


def times(seen: Look) -> Times | None:
    """The durations of the figure, where it is a percentile of some."""
    return seen.found.total.times(seen.asked.kpi.rows) if breakdown.timed(seen.asked.kpi) else None


# --- In words -------------------------------------------------------------------------------------------


def shown(seen: Look) -> dict:
    """The page's context: everything as text, in the active language.

    card (`words.card`), goals, start, end, as_of (local),
    over_time (rows of label, value, n and unfinished; and drawn, for the script that draws it), percentiles (label, value), spread (label, n, share, width), breakdowns, tabs, heads, lines, and the addresses next,
    newest, csv and present.
    """
    asked, kpi = seen.asked, seen.asked.kpi
    durations = times(seen)
    return {
        "kpi": kpi,
        "scope": asked.scope,
        "window": seen.window,
        "card": words.card(seen.figure, kpi.name, seen.window.name),
        "target": words.goal(kpi.target, seen.figure),
        "start": columns.moment(seen.window.start),
        "end": columns.moment(seen.window.end),
        "as_of": columns.moment(asked.now),
        "is_exact": seen.window.is_exact,
        "percentiles": _percentiles(durations) if durations else [],
        "spread": _spread(durations) if durations else [],
        "over_time": _over_time(seen),
        "breakdowns": [_breakdown(asked, by, parts) for by, parts in seen.parts.items() if parts],
        "tabs": [_tab(asked, name, n) for name, n in seen.counts.items()],
        "list_label": LIST_LABELS.get(asked.list, kpi.label),
        "count": format.count(seen.counts[asked.list]),
        "heads": rows.source(asked.list).columns,
        "lines": [_line(asked, row) for row in seen.page.rows],
        "next": asked.address(after=seen.page.next) if seen.page.next else "",
        "newest": asked.address() if asked.after else "",
        "csv": asked.address("figure_csv"),
        "present": asked.address(moment=False),
        "home": f"{reverse('performance')}?{asked.scope.query}",
    }


def _over_time(seen: Look) -> dict:
    kpi, found = seen.asked.kpi, seen.found
    names = series.labels([start.isoformat() for start in found.starts])
    last = len(names) - 1
    return {
        "rows": [
            {
                "label": name,
                "value": format.measure(measure.value, kpi.unit),
                "n": format.count(measure.n),
                "unfinished": found.unfinished and place == last,
            }
            for place, (name, measure) in enumerate(zip(names, seen.points, strict=True))
        ],
        "drawn": {
            "figure": charts.of(kpi.name, get_language()),
            "series": {
                "starts": [plain(start) for start in found.starts],
                "unfinished": found.unfinished,
                kpi.name: [measure.value for measure in seen.points],
                "n": {kpi.name: [measure.n for measure in seen.points]},
            },
        },
    }


def _value(by: str, value: str) -> str:
    """A location, priority, type or who answered, in words."""
    if not value:
        return str(NO_VALUE[by])
    if by == "priority":
        return str(words.PRIORITIES[value])
    if by == WHO:
        return str(AnsweredBy(value).label)
    return wording.issue_type(value) if by == "type" else value


PERCENTILE_LABELS = [_("Median"), _("9 in 10"), _("95 in 100")]


def _percentiles(durations: Times) -> list[dict]:
    found = [*durations.percentiles(kpis.PERCENTILES), durations.mean()]
    return [
        {"label": label, "value": format.duration(value)}
        for label, value in zip([*PERCENTILE_LABELS, _("Mean")], found, strict=True)
    ]


def _spread(durations: Times) -> list[dict]:
    """Widths are shares of the longest bar, in percent; a bar of any is to be seen."""
    counts = breakdown.spread(durations)
    most = max(counts)
    return [
        {
            "label": label,
            "n": format.count(n),
            "share": format.rate(n / durations.n),
            "width": f"{max(100 * n / most, 0.5 if n else 0):.1f}",
        }
        for label, n in zip(format.stretches(EDGES), counts, strict=True)
        if most
    ]


def _breakdown(asked: Asked, by: str, parts: list[Part]) -> dict:
    """A table: by, label, heads, and lines of label, url (empty where it cannot be narrowed down to) and cells."""
    return {
        "by": by,
        "label": BY_LABELS[by],
        "heads": _heads(asked.kpi),
        "lines": [{"label": _named(by, part), "url": _narrowed(asked, by, part), "cells": _cells(asked.kpi, part)} for part in parts],
    }  # fmt: skip


def _heads(kpi: KPI) -> list[str | Promise]:
    if not breakdown.timed(kpi):
        return [kpi.label, _("Cases")] if kpi.unit != "count" else [_("Cases")]
    waiting = [_("Still waiting")] if kpi.rows == "ttfr" else []
    return [_("Cases"), *PERCENTILE_LABELS, _("Mean"), *waiting]


def _cells(kpi: KPI, part: Part) -> list[str]:
    n = format.count(part.n)
    if not breakdown.timed(kpi):
        return [format.measure(part.value, kpi.unit), n] if kpi.unit != "count" else [n]
    durations = [format.duration(value) for value in (part.p50, part.p90, part.p95, part.mean)]
    return [n, *durations, *([] if part.waiting is None else [format.count(part.waiting)])]


def _named(by: str, part: Part) -> str:
    return _value(by, part.key) if part.kind == "value" else str(KINDS[part.kind])


def _narrowed(asked: Asked, by: str, part: Part) -> str:
    """Nothing can be asked for by an empty value, nor by several."""
    if by not in FILTERS or part.kind != "value" or not part.key:
        return ""
    return asked.address(scope=replace(asked.scope, **{by: part.key}))


def _tab(asked: Asked, name: str, n: int) -> dict:
    return {
        "label": LIST_LABELS.get(name, asked.kpi.label),
        "count": format.count(n),
        "url": asked.address(list=name),
        "current": name == asked.list,
    }


def _line(asked: Asked, row: tuple) -> list[dict]:
    """The row's cells: text, whether it is a number, and the id where it is an issue's."""
    return [
        {
            "text": columns.written(column, value),
            "is_number": column.is_number,
            "issue": column.kind == "issue" and value,
        }
        for column, value in zip(rows.source(asked.list).columns, row, strict=True)
    ]


# --- For programs ---------------------------------------------------------------------------------------


def told(seen: Look) -> dict:
    """A page of the list as JSON has it: instants in ISO 8601 with a Z, durations in seconds, codes and not words."""
    names = [column.name for column in rows.source(seen.asked.list).columns]
    return _about(seen.asked) | {
        "list": seen.asked.list,
        "count": seen.counts[seen.asked.list],
        "rows": [dict(zip(names, map(plain, row), strict=True)) for row in seen.page.rows],
        "next": str(seen.page.next) if seen.page.next else None,
    }


def taken_apart(asked: Asked, by: str) -> dict:
    """The figure by `by`, as JSON has it; who answered is "answered_by". Raises BadScope."""
    zone, window = timezone.get_default_timezone(), asked.window
    with snapshot.one_state():
        parts = breakdown.of(asked.kpi, by, window, zone)
    return _about(asked) | {"unit": asked.kpi.unit, "by": by, "parts": [_part(asked.kpi, part) for part in parts]}


def _part(kpi: KPI, part: Part) -> dict:
    named = {"key": part.key if part.kind == "value" else None, "kind": part.kind, "n": part.n}
    if not breakdown.timed(kpi):
        return named | {"value": part.value}
    return named | {name: getattr(part, name) for name in ("p50", "p90", "p95", "mean", "waiting")}


def _about(asked: Asked) -> dict:
    window = asked.window
    return {
        "kpi": asked.kpi.name,
        "as_of": plain(asked.now),
        "window": window.name,
        "start": plain(window.start),
        "end": plain(window.end),
        "filters": window.filters,
    }

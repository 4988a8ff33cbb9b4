"""How templates write figures: the words and numbers of `metrics.words` and `metrics.format`."""

import json
import re
from collections.abc import Iterable

from django import template
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from metrics import format, lists, sentences, series, standing, words

register = template.Library()

register.filter("count", format.count)
register.filter("duration", format.duration)
register.filter("rate", format.rate)
register.filter("money", format.money)
register.filter("measure", format.measure)
register.simple_tag(words.deadlines, name="deadlines")
register.simple_tag(series.charts, name="charts")


@register.simple_tag
def is_demo() -> bool:
    """Whether this is a demonstration; for pages that are shown without a request, such as that of an error."""
    return settings.DEMO


# What would end a script, or begin one, inside of a script.
UNSAFE = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&"}


@register.filter
def as_json(value, name: str) -> str:
    """`value` for the page's script, as a JSON of that id: like Django's `json_script`, without what a reader would need."""
    text = json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
    safe = mark_safe(text.translate(UNSAFE))  # noqa: S308 (no sign is left that HTML would read)
    return format_html('<script id="{}" type="application/json">{}</script>', name, safe)


@register.filter
def figure(text: str) -> str:
    """`text` as HTML whose units are set smaller than its numbers."""
    parts = re.findall(r"[\d.,]*\d|[^\d]+", text)
    return format_html_join("", "{}", ((part if part[-1].isdigit() else unit(part),) for part in parts))


def unit(text: str) -> str:
    return format_html('<span class="figure-unit">{}</span>', text)


@register.filter
def window_name(name: str) -> str:
    """A window's name in words."""
    return str(sentences.WINDOWS[name])


@register.filter
def clock(iso: str) -> str:
    """The time of day with seconds, "14:32:05"."""
    return format.time(iso, seconds=True)


@register.filter
def age(since: str, as_of: str) -> str:
    """The time from `since` to `as_of`, both ISO 8601; "—" without a beginning."""
    return format.age((parse_datetime(as_of) - parse_datetime(since)).total_seconds() if since else None)


@register.simple_tag
def countdown(due: str, as_of: str, risk: str = "") -> str:
    """The time left until `due`, or the time gone by since; from `risk` on it is at risk."""
    left = (parse_datetime(due) - parse_datetime(as_of)).total_seconds()
    if left <= 0:
        return words.say("overdue", time=format.age(-left))
    is_near = risk and parse_datetime(risk) <= parse_datetime(as_of)
    return words.say("due_soon" if is_near else "due_in", time=format.age(-(-left // 1)))


@register.filter
def card(kpi: dict) -> dict:
    """A figure with its declaration, and what it shows in words."""
    goals = {"target": words.goal(kpi["target"], kpi), "interim": words.goal(kpi["interim"], kpi)}
    return {"about": kpi, **goals, **words.card(kpi, kpi["name"], kpi["window"])}


@register.simple_tag
def now_cells(snapshot: dict) -> list[dict]:
    """The strip of what is happening now, in its order; `list` leads to the issues that a cell counts, where it counts some."""
    return [
        {"name": name, "label": sentences.NOW[name], "list": _listed(name, snapshot["filters"]), **cell}
        for name, cell in words.now_cells(snapshot).items()
    ]


def _listed(name: str, filters: dict[str, str]) -> str:
    which = sentences.NOW_LISTS.get(name)
    return lists.query(which, filters) if which else ""


register.simple_tag(standing.systems, name="systems")


@register.simple_tag
def alerts(found: list[dict]) -> list[dict]:
    """What a person must repair, in words."""
    return [standing.alert(each) | {"where": words.narrowed(each["filters"])} for each in found]


@register.simple_tag
def sla_tables(snapshot: dict, is_over: bool) -> list[dict]:
    """One table per promise: heads, and rows by priority with the counts by state. What is over has no open states."""
    states = {state: word for state, word in sentences.SLA_STATES.items() if not is_over or state in KEPT}
    return [
        {
            "promise": promise,
            "label": label,
            "heads": list(states.values()),
            "rows": [sla_row(promise, priority, states, snapshot["sla"]) for priority in snapshot["sla"]],
        }
        for promise, label in words.PROMISES.items()
    ]


def sla_row(promise: str, priority: str, states: Iterable[str], sla: dict) -> dict:
    found = sla[priority][promise]
    return {
        "key": f"{priority}:{promise}",
        "priority": words.PRIORITIES[priority],
        "target": words.promised(found),
        "cells": [
            {"state": state, "n": found[state], "badge": SLA_BADGES.get(state, "none") if found[state] else "none"}
            for state in states
        ],
    }


SLA_BADGES = {"at_risk": "warn", "breached": "bad"}
KEPT = ("met", "met_late")


@register.simple_tag
def events(feed: list[dict]) -> list[dict]:
    """The feed in words."""
    return [words.event(line) for line in feed]

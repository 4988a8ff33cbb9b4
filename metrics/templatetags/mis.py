"""How templates write figures: the words and numbers of `metrics.words` and `metrics.format`."""

import re

from django import template
from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join

from metrics import format, series, standing, words

register = template.Library()

register.filter("count", format.count)
register.filter("duration", format.duration)
register.filter("rate", format.rate)
register.filter("money", format.money)
register.filter("measure", format.measure)
register.simple_tag(words.texts, name="texts")
register.simple_tag(words.deadlines, name="deadlines")
register.simple_tag(series.charts, name="charts")


@register.simple_tag
def is_demo() -> bool:
    """Whether this is a demonstration; for pages that are shown without a request, such as that of an error."""
    return settings.DEMO


@register.filter
def figure(text: str) -> str:
    """`text` as HTML whose units are set smaller than its numbers."""
    parts = re.findall(r"[\d.,]*\d|[^\d]+", text)
    return format_html_join("", "{}", ((part if part[-1].isdigit() else unit(part),) for part in parts))


def unit(text: str) -> str:
    return format_html('<span class="figure-unit">{}</span>', text)


@register.filter
def clock(iso: str) -> str:
    """The time of day with seconds, "14:32:05"."""
    return format.time(iso, seconds=True)


@register.filter
def age(since: str, as_of: str) -> str:
    """The time from `since` to `as_of`, both ISO 8601; "—" without a beginning."""
    return format.age((parse_datetime(as_of) - parse_datetime(since)).total_seconds() if since else None)


@register.filter
def countdown(due: str, as_of: str) -> str:
    """The time left until `due`, or the time gone by since."""
    left = (parse_datetime(due) - parse_datetime(as_of)).total_seconds()
    return words.say("due_in" if left > 0 else "overdue", time=format.age(-(-left // 1) if left > 0 else -left))


@register.filter
def card(kpi: dict) -> dict:
    """A figure with its declaration, and what it shows in words."""
    goals = {"target": words.goal(kpi["target"], kpi), "interim": words.goal(kpi["interim"], kpi)}
    return {"about": kpi, **goals, **words.card(kpi, kpi["name"])}


@register.simple_tag
def now_cells(snapshot: dict) -> list[dict]:
    """The strip of what is happening now, in its order."""
    return [
        {"name": name, "label": words.NOW[name], "list": words.NOW_LISTS.get(name, ""), **cell}
        for name, cell in words.now_cells(snapshot).items()
    ]


register.simple_tag(standing.systems, name="systems")


@register.simple_tag
def alerts(found: list[dict]) -> list[dict]:
    """What a person must repair, in words."""
    return [standing.alert(each) for each in found]


@register.simple_tag
def sla_tables(sla: dict) -> list[dict]:
    """One table per promise: its rows by priority, and in each the counts by state."""
    return [
        {"promise": promise, "label": label, "rows": [sla_row(promise, priority, sla) for priority in sla]}
        for promise, label in words.PROMISES.items()
    ]


def sla_row(promise: str, priority: str, sla: dict) -> dict:
    found = sla[priority][promise]
    return {
        "key": f"{priority}:{promise}",
        "priority": words.PRIORITIES[priority],
        "target": format.duration(found["target_s"]),
        "cells": [
            {"state": state, "n": found[state], "badge": SLA_BADGES.get(state, "none") if found[state] else "none"}
            for state in words.SLA_STATES
        ],
    }


SLA_BADGES = {"at_risk": "warn", "breached": "bad"}


@register.simple_tag
def sla_states() -> dict:
    """The states of a promise with their words, in the order of the columns."""
    return words.SLA_STATES


@register.simple_tag
def events(feed: list[dict]) -> list[dict]:
    """The feed in words."""
    return [words.event(line) for line in feed]

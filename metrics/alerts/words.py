"""What alerts say: what rules mean, and values in words. In the language that is active."""

from dataclasses import astuple, dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .. import format, standing
from ..models.alert import AlertRule
from .signals import SIGNALS


@dataclass(frozen=True)
class Text:
    """What a rule says when it fires: what has happened, what that means, and what to do. "{about}" is what it concerns."""

    title: str | Promise
    meaning: str | Promise = ""
    todo: str | Promise = ""


def text(rule: AlertRule, cause: str = "condition", about: str = "") -> Text:
    """What the rule says of an incident: its own words, where it has any, else those it was shipped with."""
    own = _of_rule(rule)
    if cause == "blind":
        own, about = _shipped("blind"), f"{own.title} ({rule.code})"
    return Text(*(str(part).replace("{about}", about) for part in (own.title, own.meaning, own.todo)))


def shipped(rule: AlertRule) -> Text:
    """What it says as long as it has no words of its own."""
    return Text(*(str(part).replace("{about}", "…") for part in astuple(_shipped(rule.code))))


def _of_rule(rule: AlertRule) -> Text:
    shipped = _shipped(rule.code)
    return Text(rule.title or shipped.title, rule.meaning or shipped.meaning, rule.todo or shipped.todo)


def _shipped(code: str) -> Text:
    told = standing.ALERTS.get(code, {"title": code})
    return Text(told["title"], told.get("means", ""), told.get("repair", ""))


def value(rule: AlertRule, number: float | None) -> str:
    """A value or threshold of the rule as people read it, with its unit."""
    signal = SIGNALS.get(rule.signal)
    return format.measure(number, signal.unit) if signal else str(number)


CONDITIONS = {"above": _("above {threshold}"), "at_least": _("at least {threshold}"), "below": _("below {threshold}")}


def condition(rule: AlertRule) -> str:
    """When it is wrong: "above 5 min"."""
    return str(CONDITIONS[rule.condition]).format(threshold=value(rule, rule.threshold))

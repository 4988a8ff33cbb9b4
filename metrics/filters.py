"""The bar above a screen: what can be looked at, what is, and what is wrong with what was asked for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import format, queries, sentences, words
from .window import CUSTOM, FILTERS, LONGEST, WINDOWS, BadScope, Scope, Window

ALL = {"location": _("all locations"), "priority": _("all priorities"), "type": _("all types")}

# What to write, by the parameter that is not understood.
REFUSED = {
    "window": _("There is no such time window. Choose one of these."),
    "start": _("“From” must be a day, such as 2026-01-31, and the window at most {days} days long."),
    "end": _("“To” must be a day, such as 2026-01-31, and not before “From”."),
    "location": _("A location is at most 64 characters long. Choose one of the list."),
    "priority": _("There is no such priority. Choose one of the list."),
    "type": _("A type is at most 100 characters long. Choose one of the list."),
}


def understood(params: Mapping[str, str]) -> tuple[Scope, dict[str, str]]:
    """The scope of an address's parameters without those that are not understood, and what to write in their place."""
    params, wrong = dict(params), {}
    while True:
        try:
            return Scope.parse(params), wrong
        except BadScope as error:
            wrong[error.field] = str(REFUSED[error.field]).format(days=format.count(LONGEST.days))
            # Dates are only read for a custom window.
            params.pop("window" if error.field in ("start", "end") else error.field)


def bar(
    scope: Scope,
    window: Window,
    asked: Mapping[str, str],
    wrong: Mapping[str, str],
    keeps: Mapping[str, str] | None = None,
) -> dict:
    """What the bar shows. `asked` are the parameters as they came, `wrong` what is wrong with which of them.

    Whatever is chosen in it keeps the parameters `keeps`.

    windows  name, label and query of each
    window   the name of the one that is chosen
    dates    name, label, value, is_day and error of both ends; none unless the window is custom
    choices  name, label, all, options (value, label, is_chosen), is_cut and error of each filter
    chips    label, and the query without it, of each filter that is on
    none     the query without any filter
    keeps    as given, and `kept`: what to put behind a query for it
    """
    is_custom = asked.get("window") == CUSTOM
    offered = queries.offered()
    return {
        "windows": [_window(scope, name) for name in WINDOWS] + [_custom(scope, window)],
        "window": CUSTOM if is_custom else scope.window,
        "dates": [_date("start", _("From"), asked, wrong), _date("end", _("To"), asked, wrong)] if is_custom else [],
        "choices": [_choice(name, getattr(scope, name), offered, wrong) for name in FILTERS],
        "chips": [
            {
                "label": f"{words.FILTERS[name]}: {words.named(name, value)}",
                "query": replace(scope, **{name: None}).query,
            }
            for name, value in window.filters.items()
        ],
        "none": replace(scope, **dict.fromkeys(FILTERS)).query,
        "keeps": keeps or {},
        "kept": f"&{urlencode(keeps)}" if keeps else "",
    }


def title(window: Window) -> str:
    """The window in words: "24 hours", "11/01/2025 – 11/23/2025"."""
    if window.name != CUSTOM:
        return str(sentences.WINDOWS[window.name])
    start, end = timezone.localtime(window.start), timezone.localtime(window.end)
    midnight = datetime.min.time()
    if start.time() == midnight and (end.time() == midnight or window.end == window.as_of):
        days = dict.fromkeys(format.date(at.isoformat()) for at in (start, end - timedelta(microseconds=1)))
        return " – ".join(days)
    return " – ".join(f"{format.date(at.isoformat())} {format.time(at.isoformat())}" for at in (start, end))


def _window(scope: Scope, name: str) -> dict:
    query = replace(scope, window=name, start="", end="").query
    return {"name": name, "label": sentences.WINDOWS[name], "query": query}


def _custom(scope: Scope, window: Window) -> dict:
    """Leads to the days of the window that is looked at, from where others are chosen."""
    if scope.window == CUSTOM:
        query = scope.query
    else:
        start, end = (timezone.localtime(at).date().isoformat() for at in (window.start, window.end))
        query = replace(scope, window=CUSTOM, start=start, end=end).query
    return {"name": CUSTOM, "label": sentences.WINDOWS[CUSTOM], "query": query}


def _date(name: str, label, asked: Mapping[str, str], wrong: Mapping[str, str]) -> dict:
    value = asked.get(name, "")
    return {"name": name, "label": label, "value": value, "is_day": _is_day(value), "error": wrong.get(name, "")}


def _is_day(text: str) -> bool:
    """Whether a browser's field for days can hold it. A time of day, or what is no day at all, it would drop."""
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _choice(name: str, chosen: str | None, offered: dict[str, list[str]], wrong: Mapping[str, str]) -> dict:
    values = list(words.PRIORITIES) if name == "priority" else offered[name]
    known = values if chosen is None or chosen in values else [chosen, *values]
    options = [{"value": value, "label": words.named(name, value), "is_chosen": value == chosen} for value in known]
    if name == "type":
        options.sort(key=lambda option: str(option["label"]))
    is_cut = len(values) == queries.MOST_OFFERED
    return {
        "name": name,
        "label": words.FILTERS[name],
        "all": ALL[name],
        "options": options,
        "is_cut": is_cut,
        "error": wrong.get(name, ""),
    }

"""All that a wall shows, at one moment: picked from what /performance shows, in words, without a name, a phone or a text.

Nothing reaches a wall that is not named here.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connections
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from .. import facts, format, sentences, standing, words
from .. import snapshot as whole
from ..alerts.shown import is_quiet
from ..columns import plain
from ..live import Composed
from ..window import HOUR, MINUTE, Scope, Window
from . import trend
from .edition import EDITION

TREND, BUCKET = 4 * HOUR, 10 * MINUTE
FIGURES = ["ttfr_p50", "ttfr_p90", "automation_rate", "sla_response", "delivery_rate"]
TOLD = ["value", "unit", "n", "target", "better", "state", "lower_bound", "change"]
NOW = ["waiting", "waiting_since", "at_risk", "breached", "escalated_unassigned", "open"]
SYSTEMS = ["label", "state", "word", "below", "since"]
SYSTEMS_SHOWN = 6

SENTENCES = {
    "at_risk": _("at risk: {n}"),
    "all_in_time": _("all in time"),
    "overdue": _("overdue"),
    "soon_due": _("soon due"),
    "waits": _("take one up"),
    "all_owned": _("all taken up"),
    "open": _("{n} open"),
    "median": _("median {value}"),
    "target": _("target {value}"),
    "most": _("most: {value} at {time}"),
    "nothing": _("nothing in these hours"),
    "more_alerts": _("and {n} more"),
}
# What stands on a wall must be short.
LABELS = {
    "ttfr_p90": _("First reply, 9 in 10"),
    "automation_rate": _("Automation"),
    "delivery_rate": _("Delivery"),
}


@dataclass(frozen=True)
class Look:
    """What a wall looks at: the issues of a location ("": all), in a language. Walls of equal look share one snapshot."""

    location: str = ""
    language: str = "pt-br"

    @property
    def scope(self) -> Scope:
        return Scope("24h", location=self.location or None)

    @property
    def window(self) -> str:
        return self.scope.window


def build(look: Look, now: datetime, *, seq: int = 0, boot: str = "") -> dict:
    """The snapshot of a wall at `now`, ready for JSON. Its numbers are those of `metrics.snapshot.build` at one state of the tables.

    Instants and units are as there.

        edition of the page that the server has
        kpis    NAME → value, unit, n, target, better, state, lower_bound, change, of the last 24 hours
        now     waiting, waiting_since, at_risk, breached, escalated_unassigned, open
        tiles   NAME → label, figure, state, word, below, since (a time that runs), change (amount, verdict, state; or
                null): the same in words
        systems six at most: label, state, word, below, since
        alert   the worst: id, state, title, text, since, takes_over, more; null without any
        trend   of four hours: starts, received, ttfr_p90, unfinished, and as drawn (`trend`): bars, open_bar, line,
                goal, received_most, ttfr_most (sentences), labels
    """
    return _built(look, now, seq, boot)[0]


def compose(look: Look, seq: int, boot: str) -> Composed:
    """A new snapshot, which is another one when a promise comes to be at risk or is breached. As `live.compose` otherwise."""
    try:
        found, next_at = _built(look, timezone.now(), seq, boot)
        return Composed(whole.text(found), next_at)
    finally:
        connections.close_all()


def _built(look: Look, now: datetime, seq: int, boot: str) -> tuple[dict, datetime | None]:
    with whole.one_state(), translation.override(look.language):
        found = whole.build(look.scope, now)
        told = {
            "v": 1,
            "seq": seq,
            "boot": boot,
            "as_of": found["as_of"],
            "edition": EDITION,
            "kpis": {name: {key: found["kpis"][name][key] for key in TOLD} for name in FIGURES},
            "now": {key: found["now"][key] for key in NOW},
            "tiles": tiles(found),
            "systems": systems(found),
            "alert": alert(found["alerts"], look.location),
            "trend": _trend(look, now, found["series"]["target_s"]),
        }
    return told, whole.changes_at(found)


# --- The six figures in words -------------------------------------------------------------------------------


def tiles(found: dict) -> dict[str, dict]:
    """Each figure of the wall in words, in their order."""
    now, measured = found["now"], found["kpis"]
    median = _say("median", value=format.measure(measured["ttfr_p50"]["value"], "s"))
    return {
        "waiting": _waiting(now),
        "breached": _breached(now),
        "unowned": _unowned(now),
        "ttfr": _figure("ttfr_p90", found, median),
        "automation": _figure("automation_rate", found),
        "delivery": _figure("delivery_rate", found),
    }


def _tile(
    label, figure: str, state: str, word, below: str, since: str | None = None, change: dict | None = None
) -> dict:
    told = {"label": str(label), "figure": figure, "state": state, "word": str(word), "below": below}
    return told | {"since": since or "", "change": change}


def _waiting(now: dict) -> dict:
    since = now["waiting_since"]
    below = words.say("oldest") if since else words.say("nobody_waits")
    return _tile(sentences.NOW["waiting"], format.count(now["waiting"]), "none", "", below, since)


def _breached(now: dict) -> dict:
    state, word = (
        ("bad", "overdue") if now["breached"] else ("warn", "soon_due") if now["at_risk"] else ("good", "all_in_time")
    )
    below = _say("at_risk", n=format.count(now["at_risk"]))
    return _tile(sentences.NOW["breached"], format.count(now["breached"]), state, _say(word), below)


def _unowned(now: dict) -> dict:
    state, word = ("warn", "waits") if now["escalated_unassigned"] else ("good", "all_owned")
    below = _say("open", n=format.count(now["open"]))
    return _tile(sentences.NOW["escalated"], format.count(now["escalated_unassigned"]), state, _say(word), below)


def _figure(name: str, found: dict, below: str = "") -> dict:
    kpi = found["kpis"][name]
    card = words.card(kpi, name, found["window"])
    if not below and kpi["target"] is not None:
        below = _say("target", value=words.goal(kpi["target"], kpi))
    return _tile(LABELS[name], card["figure"], card["state"], card["word"], below, change=_change(card["change"]))


def _change(told: dict) -> dict | None:
    """How it differs from the day before: amount, verdict, state. None where that cannot be told, or it does not."""
    if told["way"] not in (words.WAYS["up"], words.WAYS["down"]):
        return None
    return {"amount": f"{told['way']} {told['short']}", "verdict": told["verdict"], "state": told["state"]}


# --- Systems ------------------------------------------------------------------------------------------------


def systems(found: dict) -> list[dict]:
    """What MIS leans on, in words. Budgets only when they are spent: how much is left of them is no matter from afar."""
    budgets = {str(label) for label in standing.BUDGETS.values()}
    told = [
        each
        for each in standing.systems(found)
        if each["label"] not in budgets or each["state"] not in ("good", "none")
    ]
    return [{key: each[key] for key in SYSTEMS} for each in told[:SYSTEMS_SHOWN]]


# --- Alerts -------------------------------------------------------------------------------------------------


def alert(found: list[dict], location: str = "") -> dict | None:
    """The worst alert in words. One that customers feel and nobody has taken up takes the screen over, now and then.

    What a rule says of another location alone is nothing to the wall of a `location`.
    """
    alerts = [each for each in found if not location or each["filters"].get("location") in (None, location)]
    if not alerts:
        return None
    worst = next((each for each in alerts if takes_over(each)), alerts[0])
    told = standing.alert(worst)
    others = sum(not is_quiet(each) for each in alerts if each is not worst)
    more = _say("more_alerts", n=format.count(others)) if others else ""
    only = words.narrowed(worst["filters"])
    return {
        "id": worst["id"],
        "takes_over": takes_over(worst),
        "more": more,
        "title": f"{told['title']} · {only}" if only else told["title"],
        "text": told["measured"] or told["text"],
        **{key: told[key] for key in ("state", "since")},
    }


def takes_over(found: dict) -> bool:
    return found["severity"] == "critical" and found["state"] == "firing" and not is_quiet(found)


# --- The trend ----------------------------------------------------------------------------------------------


def _trend(look: Look, now: datetime, target_s: float) -> dict:
    zone = timezone.get_default_timezone()
    window = Window("4h", now - TREND, now, BUCKET, now, location=look.location or None)
    found = facts.read(window, zone, {"detected", "ttfr"})
    received = [bucket["detected"] for bucket in found.buckets]
    slow = [bucket.times("ttfr").percentiles([0.9])[0] for bucket in found.buckets]
    starts = [plain(start) for start in found.starts]
    return drawn(starts, received, slow, target_s, unfinished=now < found.starts[-1] + BUCKET)


def drawn(
    starts: list[str], received: list[int], slow: list[float | None], target_s: float, *, unfinished: bool
) -> dict:
    """The series as numbers, as drawings and in a sentence each."""
    slow = [None if value is None or value < 0 else round(value, 3) for value in slow]
    top = trend.scale(slow, target_s)
    bars, open_bar = trend.bars(received, unfinished=unfinished)
    return {
        "starts": starts,
        "received": received,
        "ttfr_p90": slow,
        "unfinished": unfinished,
        "bars": bars,
        "open_bar": open_bar,
        "line": trend.line(slow, top),
        "goal": trend.level(target_s, top),
        "received_most": _most(starts, received, format.count),
        "ttfr_most": _most(starts, slow, format.duration),
        "labels": [format.time(starts[place]) for place in (0, len(starts) // 2, -1)],
    }


def _most(starts: list, values: list, write) -> str:
    known = [place for place, value in enumerate(values) if value]
    if not known:
        return _say("nothing")
    place = max(known, key=lambda each: values[each])
    return _say("most", value=write(values[place]), time=format.time(starts[place]))


def _say(sentence: str, **values: str) -> str:
    return str(SENTENCES[sentence]).format(**values)

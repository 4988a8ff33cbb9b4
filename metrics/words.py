"""What the screen says about a snapshot. `static/js/words.js` says the same when the figures change.

`texts()` holds every sentence, in the language of the reader; the page carries it to the script.
`tests/js/words.json` holds examples that both must give.
"""

from django.utils.translation import gettext_lazy as _

from issues import escalate, wording

from . import format, standing
from .measures import OTHER_REASON

WINDOWS = {
    "1h": _("1 hour"),
    "24h": _("24 hours"),
    "7d": _("7 days"),
    "30d": _("30 days"),
    "90d": _("90 days"),
    "custom": _("Custom"),
}

KPI_STATES = {"good": _("on target"), "warn": _("near target"), "bad": _("off target"), "none": _("no data")}

FILTERS = {"location": _("Location"), "priority": _("Priority"), "type": _("Type")}

PRIORITIES = {"critical": _("critical"), "high": _("high"), "medium": _("medium"), "low": _("low")}

PROMISES = {"first_response": _("First response"), "resolution": _("Resolution")}

SLA_STATES = {
    "pending": _("In time"),
    "at_risk": _("At risk"),
    "breached": _("Breached"),
    "met": _("Met"),
    "met_late": _("Met late"),
}

# How many cases a figure rests on, named by what it counts.
COUNTED = {
    "issues": {"one": _("{n} issue"), "many": _("{n} issues")},
    "actions": {"one": _("{n} action"), "many": _("{n} actions")},
    "ratings": {"one": _("{n} rating"), "many": _("{n} ratings")},
    "messages": {"one": _("{n} message"), "many": _("{n} messages")},
    "reviews": {"one": _("{n} review"), "many": _("{n} reviews")},
    "calls": {"one": _("{n} AI call"), "many": _("{n} AI calls")},
    "replies": {"one": _("{n} reply"), "many": _("{n} replies")},
    "requests": {"one": _("{n} request"), "many": _("{n} requests")},
    "time": {"one": _("{n} observed"), "many": _("{n} observed")},
    "cases": {"one": _("{n} case"), "many": _("{n} cases")},
}
COUNTED_BY = {
    "ttfr_p50": "issues",
    "ttfr_p90": "issues",
    "ttr_p50": "issues",
    "ttr_p90": "issues",
    "automation_rate": "actions",
    "ai_precision": "ratings",
    "satisfaction": "ratings",
    "availability": "time",
    "delivery_rate": "messages",
    "resolution_rate": "issues",
    "escalation_rate": "issues",
    "false_positive_rate": "reviews",
    "ai_tokens": "calls",
    "ai_cost_usd": "calls",
    "sla_response": "issues",
    "sla_resolution": "issues",
    "cache_hit_rate": "replies",
    "received": "issues",
    "api_p95": "requests",
}
# A share of fewer cases than this says little.
FEW = 20

# The cards in their order: as many in each row, so that none stands alone.
GROUPS = {
    "answering": (
        _("Answering and solving"),
        ["ttfr_p50", "ttfr_p90", "sla_response", "ttr_p50", "ttr_p90", "sla_resolution"],
    ),
    "quality": (
        _("Automation and quality"),
        ["automation_rate", "ai_precision", "resolution_rate", "escalation_rate", "false_positive_rate", "received"],
    ),
    "service": (
        _("Service and cost"),
        ["availability", "api_p95", "delivery_rate", "cache_hit_rate", "ai_cost_usd", "ai_tokens"],
    ),
}

# What a figure does not tell by itself, by its key in `extra`: how to write it, and the sentence.
BESIDE = {
    "waiting": ("count", _("still waiting: {value}")),
    "unanswered": ("count", _("ended without a response: {value}")),
    "unresolved": ("count", _("not resolved: {value}")),
    "mean": ("s", _("mean: {value}")),
    "p50": ("s", _("median: {value}")),
    "p95": ("s", _("95 in 100: {value}")),
    "p99": ("s", _("99 in 100: {value}")),
    "late": ("count", _("late: {value}")),
    "overdue": ("count", _("overdue: {value}")),
    "untouched_share": ("rate", _("resolved issues that no person touched: {value}")),
    "response_rate": ("rate", _("customers who rated: {value}")),
    "escalated": ("count", _("handed to a person: {value}")),
    "failed": ("count", _("not delivered: {value}")),
    "per_reply": ("usd", _("per reply: {value}")),
    "per_resolved": ("usd", _("per resolved issue: {value}")),
    "avoided": ("usd", _("avoided: {value}")),
    "uncounted": ("count", _("calls without a token count: {value}")),
    "unpriced": ("count", _("calls without a price: {value}")),
    "down_minutes": ("minutes", _("down: {value}")),
    "budget_left_minutes": ("minutes", _("error budget left: {value}")),
    "errors": ("count", _("errors: {value}")),
    "untrusted": ("count", _("left out, impossible times: {value}")),
}
# What the card next to it tells already.
TOLD_NEXT_TO = {
    "ttfr_p50": ["p95"],
    "ttfr_p90": ["unanswered", "untrusted", "mean"],
    "ttr_p50": ["p95"],
    "ttr_p90": ["unresolved", "untrusted", "mean"],
}

# What only who asks how a figure is measured wants to know.
EXPLAINED = {
    "interval": ("interval", _("95% interval: {value}")),
    "in": ("count", _("tokens in: {value}")),
    "cached": ("count", _("of these, remembered by the AI service: {value}")),
    "thought": ("count", _("tokens thought: {value}")),
    "out": ("count", _("tokens out: {value}")),
}
# Lists of names with a number each: why issues were handed over, why messages did not arrive, the parts of the service.
LISTED = {"reasons": "count", "causes": "count", "components": "rate", "routes": "s"}
NAMES = {
    **{reason: _(reason) for reason in escalate.REASONS},
    OTHER_REASON: _("a reason in somebody's own words"),
    "refused_by_whatsapp": _("WhatsApp could not deliver the answer"),
    "web": _("pages and API"),
    "worker": _("workers"),
    "clock": _("clock"),
    "database": _("database"),
    "gemini": "Gemini",
    "whatsapp": "WhatsApp",
}

# The time before a window, of the same length.
BEFORE = {
    "1h": _("the hour before"),
    "24h": _("the 24 h before"),
    "7d": _("the 7 days before"),
    "30d": _("the 30 days before"),
    "90d": _("the 90 days before"),
    "custom": _("the period before"),
}
WAYS = {"up": "▲", "down": "▼", "same": "="}
CHANGED = {
    "up": _("{amount} more than {before}"),
    "down": _("{amount} less than {before}"),
    "same": _("the same as {before}"),
}
# Less than this, in points or as a share, is neither better nor worse.
NOTABLE = {"rate": 0.005, "other": 0.01}
POINTS = {"one": _("{n} point"), "many": _("{n} points")}
VERDICTS = {"good": _("better"), "bad": _("worse"), "none": ""}

HAPPENED = {
    "replied": {
        "ai": _("AI replied"),
        "cached": _("Reply reused"),
        "template": _("Template reply"),
        "human": _("A person replied"),
        "program": _("Another program replied"),
        "follow_up": _("AI followed up"),
        "handover": _("Notice that a person takes over"),
        "system": _("Replied"),
    },
    "resolved": {
        "confirmed": _("Resolved, the customer confirmed"),
        "silence": _("Resolved after silence"),
        "program": _("Resolved by another program"),
        "system": _("Resolved automatically"),
        "human": _("Resolved by a person"),
    },
    "escalated": {"system": _("Handed to a person"), "human": _("Escalated by hand")},
}

PHASES = {
    "connecting": _("connecting…"),
    "live": _("live"),
    "silent": _("{age} ago"),
    "reconnecting": _("reconnecting…"),
    "failing": _("no figures since {time}"),
    "lost": _("no connection since {time}"),
    "paused": _("paused"),
    "held": _("paused at {time}"),
    "ended": _("session ended"),
}

NOW = {
    "waiting": _("Waiting for a reply"),
    "answering": _("Being answered"),
    "at_risk": _("Deadlines at risk"),
    "breached": _("Deadlines breached"),
    "escalated": _("Escalated, no owner"),
    "unsure": _("May have been sent"),
}

# Which issues of the administration's list a cell counts; without one, the list does not tell.
NOW_LISTS = {
    "waiting": "answer=waiting",
    "at_risk": "deadline=at_risk",
    "breached": "deadline=breached",
    "escalated": "status=escalated&owner=none",
    "unsure": "answer=unsure",
}

SENTENCES = {
    "no_target": _("no target"),
    "failed": _("cannot be measured now"),
    "was": _("{before}: {value}"),
    "few": _("few cases"),
    "oldest": _("oldest:"),
    "nobody_waits": _("nobody waits"),
    "last_reply": _("since the last reply:"),
    "no_reply": _("no reply yet"),
    "of_each": _("response {first_response} · resolution {resolution}"),
    "of_open": _("open issues: {n}"),
    "looked_up": _("looked up before speaking again"),
    "nothing_unsure": _("every send is certain"),
    "due_in": _("{time} left"),
    "due_soon": _("at risk: {time} left"),
    "business": _("{time}, business hours"),
    "overdue": _("{time} late"),
    "took": _("in {time}"),
    "nothing_received": _("Nothing was received in this time."),
    "nothing_answered": _("Nothing to time in this window yet."),
    "nothing_spent": _("No AI call of this time has a price."),
    "volume_summary": _("Most received: {most} at {when}. Last period: {received} received, {resolved} resolved."),
    "ttfr_summary": _("Slowest: 9 in 10 within {slowest} at {when}. Last measured: median {median}, 9 in 10 {high}."),
    "spend_summary": _("Most spent: {most} at {when}."),
    "updated": _("as of {time}"),
    "unchanged": _("unchanged"),
    "pause": _("Pause"),
    "resume": _("Resume"),
}


def texts() -> dict:
    """Every sentence of the screen, for its script."""
    return {
        "states": KPI_STATES,
        "filters": FILTERS,
        "priorities": PRIORITIES,
        "types": wording.TYPES,
        "promises": PROMISES,
        "counted": COUNTED,
        "counted_by": COUNTED_BY,
        "few_below": FEW,
        "beside": {key: {"format": how, "text": text} for key, (how, text) in BESIDE.items()},
        "explained": {key: {"format": how, "text": text} for key, (how, text) in EXPLAINED.items()},
        "told_next_to": TOLD_NEXT_TO,
        "listed": LISTED,
        "names": NAMES,
        "before": BEFORE,
        "ways": WAYS,
        "changed": CHANGED,
        "notable": NOTABLE,
        "points": POINTS,
        "verdicts": VERDICTS,
        "happened": HAPPENED,
        "phases": PHASES,
        **SENTENCES,
        **standing.texts(),
    }


def say(sentence: str, **values: str) -> str:
    """A sentence of this module with its blanks filled."""
    return str(SENTENCES[sentence]).format(**values)


def card(kpi: dict, name: str, window: str) -> dict:
    """The figure `name` in words: figure, state, word, change (`changed`), beside, and the lines that explain it.

    Without a target there is nothing to be good at: the state is then "none", and says why.
    """
    judged = kpi["target"] is not None or kpi["value"] is None
    beside = {key: said for key, said in BESIDE.items() if key not in TOLD_NEXT_TO.get(name, [])}
    return {
        "figure": figure(kpi),
        "state": kpi["state"] if judged else "none",
        "word": say("failed")
        if kpi.get("failed")
        else str(KPI_STATES[kpi["state"]] if judged else SENTENCES["no_target"]),
        "change": changed(kpi, window),
        "beside": "" if kpi.get("failed") else " · ".join([*cases(kpi, name), *told(kpi["extra"], beside)]),
        "explained": [*was(kpi, window), *told(kpi["extra"], EXPLAINED), *listed(kpi["extra"])],
    }


def cases(kpi: dict, name: str) -> list[str]:
    """On how many cases the figure rests, "164 issues", and whether they are too few for a share to say much."""
    if kpi["unit"] == "count":
        return []  # the figure says it
    counted = COUNTED_BY.get(name, "cases")
    number = format.duration(kpi["n"]) if counted == "time" else format.count(kpi["n"])
    said = str(COUNTED[counted]["one" if kpi["n"] == 1 else "many"]).format(n=number)
    few = kpi["unit"] == "rate" and kpi["value"] is not None and kpi["n"] < FEW
    return [said, say("few")] if few else [said]


def changed(kpi: dict, window: str) -> dict:
    """How it differs from the time before: way ("▲", "▼", "="; "" where that cannot be told), short, text, state and verdict.

    Of a figure that may still grow nothing is known but that it has grown. Without a target no way is better, and a little
    (`NOTABLE`) is neither.
    """
    change, bound = kpi["change"], kpi["lower_bound"]
    if change is None or (bound and change <= 0):
        return {"way": "", "short": "", "text": "", "state": "none", "verdict": ""}
    tenths = format.rounded(abs(change) * 1000)
    way = "same" if tenths == 0 else "up" if change > 0 else "down"
    better = "up" if kpi["better"] == "higher" else "down"
    is_little = abs(change) < NOTABLE["rate" if kpi["unit"] == "rate" else "other"]
    state = "none" if is_little or kpi["target"] is None else "good" if way == better else "bad"
    amount = (points if kpi["unit"] == "rate" else percent)(tenths)
    amount = f"≥{format.SPACE}{amount}" if bound else amount
    return {
        "way": WAYS[way],
        "short": amount if tenths else say("unchanged"),
        "text": str(CHANGED[way]).format(amount=amount, before=BEFORE[window]),
        "state": state,
        "verdict": str(VERDICTS[state]),
    }


def points(tenths: int) -> str:
    """Tenths of a percentage point as "2.3 points"."""
    return str(POINTS["one" if tenths == 10 else "many"]).format(n=format.decimal(tenths, 1))


def percent(tenths: int) -> str:
    """Tenths of a percent: "12%", and "2.3%" below ten."""
    return (format.decimal(tenths, 1) if tenths < 100 else format.count(tenths / 10)) + "%"


def was(kpi: dict, window: str) -> list[str]:
    """What the figure was in the time before."""
    if kpi["before"] is None:
        return []
    said = say("was", before=str(BEFORE[window]), value=format.measure(kpi["before"], kpi["unit"]))
    return [said[0].upper() + said[1:]]


def listed(extra: dict) -> list[str]:
    """Each name of the lists in `extra` with its number."""
    return [
        f"{NAMES.get(name) or name.replace('_', ' ')}: {format.measure(number, how)}"
        for key, how in LISTED.items()
        for name, number in numbered(extra.get(key) or {})
    ]


def numbered(found: dict | list) -> list[tuple]:
    """The names of a list, and the number that counts of each."""
    if isinstance(found, list):
        return [(row["route"], row["p95"]) for row in found]
    return [(name, each["value"] if isinstance(each, dict) else each) for name, each in found.items()]


def figure(kpi: dict) -> str:
    """The value in its unit; "≥" stands before one that can only grow."""
    value = format.measure(kpi["value"], kpi["unit"])
    return f"≥{format.SPACE}{value}" if kpi["lower_bound"] and kpi["value"] is not None else value


def goal(value: float | None, kpi: dict) -> str:
    """What the figure should reach, "≤ 30 s"; empty without a goal."""
    if value is None:
        return ""
    return f"{'≥' if kpi['better'] == 'higher' else '≤'}{format.SPACE}{round_figure(value, kpi['unit'])}"


def round_figure(value: float, unit: str) -> str:
    """A value that people chose, such as a target: a whole percentage has no decimals."""
    percent = value * 100
    if unit == "rate" and abs(percent - round(percent)) < 1e-9:
        return format.rate(1).replace("100", format.count(percent))
    return format.measure(value, unit)


def told(extra: dict, sentences: dict) -> list[str]:
    """Those of `sentences` for which there is a value; nothing of what is absent, or an amount of none."""
    known = ((key, how, text) for key, (how, text) in sentences.items() if tells(extra.get(key), how))
    return [str(text).format(value=written(extra[key], how)) for key, how, text in known]


def tells(value, how: str) -> bool:
    return bool(value) if how in AMOUNTS else value is not None


AMOUNTS = ("count", "usd", "minutes")


def written(value, how: str) -> str:
    if how == "interval":
        return f"{format.rate(value[0])} – {format.rate(value[1])}"
    if how == "minutes":
        return ("−" if value < 0 else "") + format.duration(abs(value) * 60)
    return format.measure(value, how)


def now_cells(snapshot: dict) -> dict[str, dict]:
    """How it stands at this moment: per cell its value, state, what is said below, and a time that runs from `since`."""
    now, sla = snapshot["now"], snapshot["sla"]
    waits, spoke = now["waiting_since"], now["last_reply_at"]
    return {
        "waiting": cell(now["waiting"], "none", say("oldest" if waits else "nobody_waits"), waits),
        "answering": cell(now["thinking"] + now["speaking"], "none", say("last_reply" if spoke else "no_reply"), spoke),
        "at_risk": cell(now["at_risk"], "warn", of_each(sla, "at_risk")),
        "breached": cell(now["breached"], "bad", of_each(sla, "breached")),
        "escalated": cell(now["escalated_unassigned"], "warn", say("of_open", n=format.count(now["open"]))),
        "unsure": cell(now["unsure"], "warn", say("looked_up" if now["unsure"] else "nothing_unsure")),
    }


def cell(value: int, state: str, below: str, since: str | None = None) -> dict:
    """`state` is what any number above none means."""
    return {"value": format.count(value), "state": state if value else "none", "below": below, "since": since or ""}


def of_each(sla: dict, state: str) -> str:
    sums = {promise: sum(kinds[promise][state] for kinds in sla.values()) for promise in PROMISES}
    return say("of_each", **{promise: format.count(n) for promise, n in sums.items()})


def deadlines(sla: dict, most: int = 6) -> list[dict]:
    """The deadlines of open issues that matter most: issue, risk_at, due_at, priority and promise in words.

    The latest that have passed, as far as half of the list, then the nearest to come.
    """
    missed = sorted(_due(sla, "last_breaches"), key=lambda due: (due["due_at"], due["issue"]), reverse=True)
    nearest = sorted(_due(sla, "next_deadlines"), key=lambda due: (due["due_at"], due["issue"]))
    missed = missed[: max(most // 2, most - len(nearest))]
    return missed + nearest[: most - len(missed)]


def _due(sla: dict, which: str) -> list[dict]:
    return [
        due | {"priority": str(PRIORITIES[due["priority"]]), "promise": str(PROMISES[promise])}
        for kinds in sla.values()
        for promise in PROMISES
        for due in kinds[promise][which]
    ]


def narrowed(filters: dict[str, str]) -> str:
    """What is narrowed down to: "Location: São Paulo · Priority: high"; "" where nothing is."""
    return " · ".join(f"{FILTERS[name]}: {named(name, value)}" for name, value in filters.items())


def named(name: str, value: str) -> str:
    """A value of a filter in words."""
    if name == "priority":
        return str(PRIORITIES[value])
    return wording.issue_type(value) if name == "type" else value


def promised(promise: dict) -> str:
    """What is promised, "2 h"; and whether only business hours count."""
    time = format.duration(promise["target_s"])
    return say("business", time=time) if promise.get("hours") == "business" else time


def event(line: dict) -> dict:
    """One line of the feed in words: at, kind, text, priority, type, took."""
    ways = HAPPENED[line["kind"]]
    return {
        "at": line["at"],
        "kind": line["kind"],
        "text": str(ways.get(line["how"], ways["system"])),
        "priority": str(PRIORITIES[line["priority"]]),
        "type": wording.issue_type(line["type"]),
        "took": "" if line["took_s"] is None else say("took", time=format.duration(line["took_s"])),
    }

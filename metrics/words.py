"""What the screen says about a snapshot. `static/js/words.js` says the same when the figures change.

`texts()` holds every sentence, in the language of the reader; the page carries it to the script.
`tests/js/words.json` holds examples that both must give.
"""

from django.utils.translation import gettext_lazy as _

from issues import wording

from . import format, standing

KPI_STATES = {"good": _("on target"), "warn": _("near target"), "bad": _("off target"), "none": _("no data")}

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
    "seconds": {"one": _("{n} second observed"), "many": _("{n} seconds observed")},
    "requests": {"one": _("{n} request"), "many": _("{n} requests")},
    "cases": {"one": _("{n} case"), "many": _("{n} cases")},
}
COUNTED_BY = {
    "ttfr_p50": "issues",
    "ttfr_p90": "issues",
    "ttr_p50": "issues",
    "ttr_p90": "issues",
    "automation_rate": "actions",
    "ai_precision": "ratings",
    "availability": "seconds",
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

# What a figure does not tell by itself, by its key in `extra`: how to write it, and the sentence.
BESIDE = {
    "waiting": ("count", _("still waiting: {value}")),
    "unanswered": ("count", _("ended without a response: {value}")),
    "unresolved": ("count", _("not resolved: {value}")),
    "untouched_share": ("rate", _("resolved issues that no person touched: {value}")),
    "response_rate": ("rate", _("customers who rated: {value}")),
    "failed": ("count", _("not delivered: {value}")),
    "uncounted": ("count", _("calls without a token count: {value}")),
    "unpriced": ("count", _("calls without a price: {value}")),
    "down_minutes": ("minutes", _("down: {value}")),
    "budget_left_minutes": ("minutes", _("error budget left: {value}")),
    "errors": ("count", _("errors: {value}")),
    "untrusted": ("count", _("left out, impossible times: {value}")),
}

# What only who asks how a figure is measured wants to know.
EXPLAINED = {"interval": ("interval", _("95% interval: {value}"))}

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
    "overdue": _("{time} late"),
    "took": _("in {time}"),
    "received": _("Received"),
    "resolved": _("Resolved"),
    "median": _("Median"),
    "nine_in_ten": _("9 in 10"),
    "unfinished": _("unfinished"),
    "nothing_received": _("Nothing was received in this time."),
    "nothing_answered": _("Nothing to time in this window yet."),
    "nothing_spent": _("No AI call of this time has a price."),
    "volume_summary": _("Most received: {most} at {when}. Last period: {received} received, {resolved} resolved."),
    "ttfr_summary": _("Slowest: 9 in 10 within {slowest} at {when}. Last measured: median {median}, 9 in 10 {high}."),
    "spend_summary": _("Most spent: {most} at {when}."),
    "updated": _("as of {time}"),
}


def texts() -> dict:
    """Every sentence of the screen, for its script."""
    return {
        "states": KPI_STATES,
        "priorities": PRIORITIES,
        "types": wording.TYPES,
        "promises": PROMISES,
        "counted": COUNTED,
        "counted_by": COUNTED_BY,
        "few_below": FEW,
        "beside": {key: {"format": how, "text": text} for key, (how, text) in BESIDE.items()},
        "explained": {key: {"format": how, "text": text} for key, (how, text) in EXPLAINED.items()},
        "happened": HAPPENED,
        "phases": PHASES,
        **SENTENCES,
        **standing.texts(),
    }


def say(sentence: str, **values: str) -> str:
    """A sentence of this module with its blanks filled."""
    return str(SENTENCES[sentence]).format(**values)


def card(kpi: dict, name: str) -> dict:
    """The figure `name` in words: figure, state, word, beside, and explained, which is empty where nothing is to add.

    Without a target there is nothing to be good at: the state is then "none", and says why.
    """
    judged = kpi["target"] is not None or kpi["value"] is None
    return {
        "figure": figure(kpi),
        "state": kpi["state"] if judged else "none",
        "word": str(KPI_STATES[kpi["state"]] if judged else SENTENCES["no_target"]),
        "beside": " · ".join([*cases(kpi, name), *told(kpi["extra"], BESIDE)]),
        "explained": " · ".join(told(kpi["extra"], EXPLAINED)),
    }


def cases(kpi: dict, name: str) -> list[str]:
    """On how many cases the figure rests, "164 issues", and whether they are too few for a share to say much."""
    counted = COUNTED[COUNTED_BY.get(name, "cases")]["one" if kpi["n"] == 1 else "many"]
    number = str(counted).format(n=format.count(kpi["n"]))
    few = kpi["unit"] == "rate" and kpi["value"] is not None and kpi["n"] < FEW
    return [number, say("few")] if few else [number]


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
    return bool(value) if how in ("count", "minutes") else value is not None


def written(value, how: str) -> str:
    if how == "interval":
        return f"{format.rate(value[0])} – {format.rate(value[1])}"
    if how == "minutes":
        return ("−" if value < 0 else "") + format.duration(abs(value) * 60)
    return format.rate(value) if how == "rate" else format.count(value)


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
    """The nearest open deadlines of every priority and promise: issue, due_at, priority, promise in words."""
    every = (
        due | {"priority": str(PRIORITIES[due["priority"]]), "promise": str(PROMISES[promise])}
        for kinds in sla.values()
        for promise in PROMISES
        for due in kinds[promise]["next_deadlines"]
    )
    return sorted(every, key=lambda due: (due["due_at"], due["issue"]))[:most]


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

"""The sentences of the screen, and which of them belongs to what. `words` makes them into what is said of a snapshot."""

from django.utils.translation import gettext_lazy as _

from issues import escalate

from .measures import OTHER_REASON

WINDOWS = {
    "1h": _("1 hour"),
    "24h": _("24 hours"),
    "7d": _("7 days"),
    "30d": _("30 days"),
    "90d": _("90 days"),
    "custom": _("Custom"),
}

KPI_STATES = {"good": _("on target"), "warn": _("interim target met"), "bad": _("off target"), "none": _("no data")}

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
# A share of less time than this, too.
SHORT_S = 3600

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
    "short": _("too short a time to say much"),
    "oldest": _("oldest:"),
    "nobody_waits": _("nobody waits"),
    "last_reply": _("since the last reply:"),
    "no_reply": _("no reply yet"),
    "of_each": _("response {first_response} · resolution {resolution}"),
    "of_open": _("of {n} open"),
    "looked_up": _("looked up before speaking again"),
    "nothing_unsure": _("none in doubt"),
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
    "other_addresses": _("all other addresses"),
    "updated": _("as of {time}"),
    "unchanged": _("unchanged"),
    "pause": _("Pause"),
    "resume": _("Resume"),
}

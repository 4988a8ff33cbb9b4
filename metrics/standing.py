"""What the screen says about the systems that MIS depends on, and about what a person must repair.

`static/js/standing.js` says the same when something changes; `tests/js/words.json` holds examples that both must give.
"""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from . import format
from .alerts import texts as texts_of_rules

MODEL_STATES = {"closed": _("active"), "open": _("paused"), "probing": _("being tried"), "busy": _("busy")}

# The last failure of a model, by the outcome of the call.
REASONS = {
    "late": _("answers came too late"),
    "unavailable": _("not available"),
    "busy": _("asked to slow down"),
    "empty": _("answers were empty"),
    "cut": _("answers were cut off"),
    "malformed": _("answers were malformed"),
    "misconfigured": _("refuses our key or question"),
    "model_gone": _("no longer exists"),
}

CHANNEL_STATES = {
    "open": {"state": "good", "word": _("connected")},
    "connecting": {"state": "warn", "word": _("connecting")},
    "close": {"state": "bad", "word": _("not connected")},
    "unknown": {"state": "none", "word": _("not known")},
    "not_configured": {"state": "none", "word": _("not configured")},
}

BUDGETS = {"ai": _("AI replies per minute"), "critical": _("critical AI replies per minute")}

# An answer that is due and not taken up for this long is not on its way: there is too much to do, or nobody does it.
LONG_DUE = timedelta(seconds=30)

ALERTS = {
    "model_gone": {
        "title": _("An AI model no longer exists"),
        "means": _("The AI service does not know {about}."),
        "meanwhile": {
            "warning": _("The other model answers meanwhile."),
            "critical": _("Templates answer customers meanwhile."),
        },
        "repair": _("Name models that exist in GEMINI_MODEL and GEMINI_FALLBACK_MODEL, and restart MIS."),
    },
    "misconfigured": {
        "title": _("The AI service refuses MIS"),
        "means": _("The key or the question is not accepted by {about}."),
        "meanwhile": {
            "warning": _("The other model answers meanwhile."),
            "critical": _("Templates answer customers meanwhile."),
        },
        "repair": _("Check GEMINI_API_KEY, and restart MIS."),
    },
    "channel_closed": {
        "title": _("WhatsApp is disconnected"),
        "means": _("No message goes out or comes in. Replies wait, and go to a person when that takes too long."),
        "meanwhile": {},
        "repair": _("Scan the QR code of the number in Evolution again."),
    },
    "figures_differ": {
        "title": _("Figures differ from their rows"),
        "means": _("Measured again from the rows, these came out otherwise: {about}."),
        "meanwhile": {},
        "repair": _("Their days are being measured again. To see that they agree now, run manage.py prove --nightly."),
    },
    **texts_of_rules.SHIPPED,
}

STANDING = {
    "ai_model": _("AI {model}"),
    "ai": _("AI"),
    "queue": _("Queue"),
    "for_so_long": _("for"),
    "because_for": _("{reason}, for"),
    "until": _("until {time}"),
    "failures": _("failures in a row: {n}"),
    "last_heard": _("not heard of for"),
    "nothing_due": _("nothing due"),
    "due": _("{n} waiting"),
    "follow_ups": _("follow-ups: {n}"),
    "oldest_due": _("oldest:"),
    "left": _("{left} of {size} left"),
    "no_limit": _("no limit"),
    "spent": _("templates answer until some return"),
    "templates": _("templates answer"),
    "nobody_answered": _("nobody can be answered"),
    "since": _("alert since {when}"),
    "recovering": _("recovering"),
    "no_data": _("no data"),
    "error": _("cannot be read"),
    "acknowledged": _("{who} takes care of it since {time}"),
    "acknowledged_by_nobody": _("somebody takes care of it since {time}"),
    "silenced_until": _("silenced until {time}"),
    "follows_from": _("follows from: {what}"),
}


def texts() -> dict:
    """The sentences of this module, for the page's script."""
    return {
        "model_states": MODEL_STATES,
        "reasons": REASONS,
        "channel_states": CHANNEL_STATES,
        "budgets": BUDGETS,
        "long_due_s": LONG_DUE.total_seconds(),
        "alerts": ALERTS,
        "standing": STANDING,
    }


def systems(snapshot: dict) -> list[dict]:
    """Each system in words: name, label, state, word, below, and a time that runs from `since`."""
    now = snapshot["now"]
    return [
        *(
            _models(now["models"])
            or [_cell("ai", say("ai"), "none", CHANNEL_STATES["not_configured"]["word"], _without_ai(now["channel"]))]
        ),
        _channel(now["channel"]),
        _queue(now["queue"], snapshot["as_of"]),
        *(_budget(name, label, now["budget"][name]) for name, label in BUDGETS.items()),
    ]


def say(sentence: str, **values: str) -> str:
    return str(STANDING[sentence]).format(**values)


def _cell(name: str, label, state: str, word, below: str = "", since: str | None = None) -> dict:
    return {"name": name, "label": str(label), "state": state, "word": str(word), "below": below, "since": since or ""}


def _models(models: list[dict]) -> list[dict]:
    """One that is left alone is worse when no other one is asked."""
    stopped = "warn" if any(model["state"] == "closed" for model in models) else "bad"
    states = {"closed": "good", "busy": "warn"}
    return [
        _cell(
            model["model"],
            say("ai_model", model=model["model"]),
            states.get(model["state"], stopped),
            MODEL_STATES[model["state"]],
            _about(model),
            model["since"],
        )
        for model in models
    ]


def _without_ai(channel: dict) -> str:
    """What customers are told instead: nothing, where there is no WhatsApp either."""
    return "" if channel["state"] == "not_configured" else say("templates")


def _about(model: dict) -> str:
    reason = str(REASONS.get(model["reason"]) or model["reason"].replace("_", " "))
    if model["since"]:
        return say("because_for", reason=reason)
    if model["until"]:
        return say("until", time=format.time(model["until"], seconds=True))
    return say("failures", n=format.count(model["failures"])) if model["failures"] else ""


def _channel(channel: dict) -> dict:
    told = CHANNEL_STATES[channel["state"]]
    since = "last_heard" if channel["state"] == "unknown" else "for_so_long"
    below = say(since) if channel["since"] else say("nobody_answered") if channel["state"] == "not_configured" else ""
    return _cell("whatsapp", "WhatsApp", told["state"], told["word"], below, channel["since"])


def _queue(queue: dict, as_of: str) -> dict:
    oldest = queue["oldest_due_at"]
    late = oldest and datetime.fromisoformat(as_of) - datetime.fromisoformat(oldest) > LONG_DUE
    word = say("due", n=format.count(queue["waiting"])) if queue["waiting"] else say("nothing_due")
    follow_ups = [say("follow_ups", n=format.count(queue["follow_ups"]))] if queue["follow_ups"] else []
    below = " · ".join([*follow_ups, *([say("oldest_due")] if oldest else [])])
    return _cell("queue", say("queue"), "warn" if late else "good", word, below, oldest)


def _budget(name: str, label, budget: dict) -> dict:
    if not budget["size"]:
        return _cell(name, label, "none", say("no_limit"))
    word = say("left", left=format.count(budget["left"]), size=format.count(budget["size"]))
    return _cell(name, label, "good", word) if budget["left"] else _cell(name, label, "warn", word, say("spent"))


SEVERITIES = {"critical": "bad", "warning": "warn", "info": "none"}


def alert(found: dict) -> dict:
    """One alert in words: id, state, title, `measured` (how bad it is), a text of what it means and what to do, status, whether it is
    acknowledged, silenced, or quiet for any reason, where its rows and its incident are, and where staff act on it (`work`). An unknown one is named at least.

    A rule that people have made, or put in their own words, brings them along in `own`.
    """
    told = ALERTS.get(found["title"], {"title": found["title"].replace("_", " ")}) | (found.get("own") or {})
    parts = [told.get("means", ""), told.get("meanwhile", {}).get(found["severity"], ""), told.get("repair", "")]
    when = f"{format.day(found['since'])} {format.time(found['since'])}" if found["since"] else ""
    return {
        "id": found["id"],
        "state": SEVERITIES[found["severity"]],
        "title": _counted(told, found),
        "measured": _measured(told, found),
        "text": " ".join(str(part) for part in parts if part).replace("{about}", found["about"]),
        "since": say("since", when=when) if when else "",
        "status": " · ".join(_status(found)),
        "acknowledged": bool(found.get("acknowledged_at")),
        "silenced": bool(found.get("silenced_until")),
        "quiet": bool(found.get("acknowledged_at") or found.get("silenced_until") or found.get("inhibited_by")),
        "link": found.get("link", ""),
        "work": found.get("work", ""),
        "incident": found.get("incident") or "",
    }


def _counted(told: dict, found: dict) -> str:
    """The title, with the number where there are several of what it names."""
    n = found.get("n") or 0
    several = "" if (found.get("own") or {}).get("title") else told.get("several", "")
    return str(several).format(n=format.count(n)) if several and n > 1 else str(told["title"])


def _measured(told: dict, found: dict) -> str:
    """How bad it is, where that can be said: "5.4% of 111 messages."."""
    if found.get("value") is None or "measured" not in told:
        return ""
    n = found["n"]
    value = format.measure(found["value"], found["unit"])
    return str(told["measured"]["one" if n == 1 else "many"]).format(value=value, n=format.count(n))


def _acknowledged(found: dict) -> str:
    at, who = found.get("acknowledged_at"), found.get("acknowledged_by")
    if not at:
        return ""
    time = format.time(at)
    return say("acknowledged", who=who, time=time) if who else say("acknowledged_by_nobody", time=time)


def _status(found: dict) -> list[str]:
    """What is to be said of an incident beside its trouble: that it is about to end, and what people have done."""
    cause = found.get("inhibited_by")
    silenced_until = found.get("silenced_until")
    parts = [
        say(found["state"]) if found.get("state") in ("recovering", "no_data", "error") else "",
        _acknowledged(found),
        say("silenced_until", time=format.time(silenced_until)) if silenced_until else "",
        say("follows_from", what=str(ALERTS.get(cause, {"title": cause})["title"])) if cause else "",
    ]
    return [part for part in parts if part]

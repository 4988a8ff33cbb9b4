"""How what we depend on stands, and what a person must repair. Pure: rows and the moment in, parts of the snapshot out."""

from datetime import datetime, timedelta

from issues.line import KNOWN_FOR
from issues.models import ChannelState, Policy

# A call takes no longer than this: afterwards a probe has failed, or the model is back.
PROBE_TAKES = timedelta(seconds=8)

# What repeating does not cure.
MODEL_GONE, MISCONFIGURED = "model_gone", "misconfigured"


def model(name: str, row: dict | None, now: datetime) -> dict:
    """Whether the model is asked: "closed" (it is), "open" (left alone), "probing" (asked once, to see) or "busy".

    `row` is its breaker, with instants as ISO 8601; None when nothing was ever wrong. `since` is when it was
    left alone, `until` when it wants to be asked again.
    """
    opened_at, busy_until = (_instant(row and row[key]) for key in ("opened_at", "busy_until"))
    state = _model_state(opened_at, _instant(row and row["probed_at"]), busy_until, now)
    return {
        "model": name,
        "state": state,
        "reason": row["reason"] if row and (state != "closed" or row["failures"]) else "",
        "since": opened_at if state in ("open", "probing") else None,
        "until": busy_until if state == "busy" else None,
        "failures": row["failures"] if row else 0,
    }


def _model_state(opened_at, probed_at, busy_until, now: datetime) -> str:
    if busy_until and busy_until > now:
        return "busy"
    if opened_at is None:
        return "closed"
    return "probing" if probed_at and opened_at < probed_at and now < probed_at + PROBE_TAKES else "open"


def channel(row: dict, now: datetime, *, configured: bool) -> dict:
    """How WhatsApp is connected, a `ChannelState.State` or "not_configured", and since when as far as is known."""
    if not configured:
        return {"state": "not_configured", "since": None}
    checked_at = row["channel_checked_at"]
    if checked_at is None or checked_at < now - KNOWN_FOR:
        return {"state": ChannelState.State.UNKNOWN.value, "since": checked_at}
    return {"state": row["channel_state"], "since": row["channel_since"]}


def queue(row: dict) -> dict:
    """How many answers are due and not taken up, since when, and what waits for a better moment."""
    return {name: row[name] for name in ("waiting", "oldest_due_at", "follow_ups", "surveys")}


def budget(row: dict) -> dict:
    """What is left of each budget of this minute. A `size` of 0 is no limit, of which nothing is "left"."""
    return {name: _left(row[f"{name}_per_minute"], row[f"{name}_spent"], name) for name in ("critical", "ai")}


def _left(size: int | None, spent: int, name: str) -> dict:
    size = Policy._meta.get_field(f"{name}_per_minute").default if size is None else size
    return {"size": size, "left": max(0, size - spent) if size else None}


def proofs(row: dict) -> list[dict]:
    """Of each window whose figures differed from their rows when they were last proved: which figures, and since when."""
    return [{"figures": proof["figures"], "since": _instant(proof["since"])} for proof in row["proofs"]]


def alerts(models: list[dict], channel: dict, proofs: list[dict]) -> list[dict]:
    """What is wrong until a person repairs it: id, severity, title, about, since; the worst first.

    `id` stays the same as long as the trouble lasts, `title` names what kind it is, `about` what is concerned.
    "critical" is what customers feel, "warning" what something else makes up for.
    """
    found = [*_model_alerts(models), *_channel_alerts(channel), *_proof_alerts(proofs)]
    return sorted(found, key=lambda alert: (alert["severity"] != "critical", alert["id"]))


def _model_alerts(models: list[dict]) -> list[dict]:
    left_alone = [model for model in models if model["state"] in ("open", "probing")]
    severity = "critical" if len(left_alone) == len(models) else "warning"
    gone = [model for model in left_alone if model["reason"] == MODEL_GONE]
    refused = [model for model in left_alone if model["reason"] == MISCONFIGURED]
    found = [_alert(f"{MODEL_GONE}:{m['model']}", MODEL_GONE, severity, m["model"], m["since"]) for m in gone]
    if refused:  # one key serves all models
        about = ", ".join(model["model"] for model in refused)
        found.append(_alert(MISCONFIGURED, MISCONFIGURED, severity, about, min(m["since"] for m in refused)))
    return found


def _channel_alerts(channel: dict) -> list[dict]:
    closed = channel["state"] == ChannelState.State.CLOSE
    return [_alert("channel_closed", "channel_closed", "critical", "WhatsApp", channel["since"])] if closed else []


def _proof_alerts(proofs: list[dict]) -> list[dict]:
    if not proofs:
        return []
    figures = sorted({figure for proof in proofs for figure in proof["figures"]})
    since = min(proof["since"] for proof in proofs)
    return [_alert("figures_differ", "figures_differ", "warning", ", ".join(figures), since)]


def _alert(key: str, title: str, severity: str, about: str, since: datetime) -> dict:
    return {"id": key, "severity": severity, "title": title, "about": about, "since": since}


def _instant(iso: str | None) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None

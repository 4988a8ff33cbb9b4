"""What screens show of alerts: what must be repaired, and the incidents that are open. Pure: rows and the moment in.

What can be seen at once (`systems.alerts`) is shown at once; the rule that watches the same thing adds what people have done about it.
"""

from datetime import datetime, timedelta
from typing import Any

from .. import lists
from ..window import FILTERS
from .signals import SIGNALS

# So long after the last look, nobody is watching: it is due every few seconds.
WATCHED_WITHIN = timedelta(seconds=30)
# Where staff act on what stands so: the issues of the administration's list.
WORK = {
    "longest_wait": "answer=waiting",
    "response_overdue": "deadline=response_breached",
    "resolution_overdue": "deadline=resolution_breached",
}
SEVERITIES = ("critical", "warning", "info")
# Of the rules whose trouble `systems.alerts` tells by itself.
SEEN_AT_ONCE = {"model_gone", "misconfigured", "channel_closed", "figures_differ"}
NO_INCIDENT: dict[str, Any] = {
    "incident": None, "state": "firing", "acknowledged_at": None, "acknowledged_by": "", "silenced_until": None,
    "inhibited_by": "", "value": None, "unit": "", "n": 0, "link": "", "work": "", "filters": {}, "own": None,
}  # fmt: skip


def alerts(seen: list[dict], row: dict, now: datetime) -> list[dict]:
    """All alerts in the shape of the snapshot, the worst first. `seen` are those of `systems.alerts`, `row` is that of `queries.systems`."""
    incidents = {each["code"]: each for each in row["incidents"]}
    told = [alert | _of(incidents.get(alert["title"])) for alert in seen]
    told += [_shown(each) for code, each in incidents.items() if code not in SEEN_AT_ONCE or each["cause"] == "blind"]
    told += [*_outlets(row["outlets"]), *_watch(row["watched_at"], now)]
    return sorted(told, key=lambda each: (SEVERITIES.index(each["severity"]), is_quiet(each), each["id"]))


def is_quiet(alert: dict) -> bool:
    """Whether somebody takes care of it, or it was silenced, or follows from another one: nobody else need look up."""
    return bool(alert["acknowledged_at"] or alert["silenced_until"] or alert["inhibited_by"])


def _shown(incident: dict) -> dict:
    blind = incident["cause"] == "blind"
    about = f"{incident['title'] or incident['code']}" if blind else incident["about"]
    return _alert(incident["code"], "blind" if blind else incident["code"], incident["severity"], about, incident["fired_at"]) | _of(
        incident
    )  # fmt: skip


def _of(incident: dict | None) -> dict[str, Any]:
    """What an incident says beside its name."""
    if incident is None:
        return NO_INCIDENT
    own = {"title": incident["title"], "means": incident["meaning"], "repair": incident["todo"]}
    signal = SIGNALS.get(incident["signal"])
    filters = {name: incident[name] for name in FILTERS if incident[name]}
    return {
        "incident": incident["id"],
        "state": incident["state"],
        "acknowledged_at": _instant(incident["acknowledged_at"]),
        "acknowledged_by": incident["acknowledged_by"] or "",
        "silenced_until": _instant(incident["silenced_until"]),
        "inhibited_by": incident["muted"].partition("inhibited ")[2],
        "value": incident["value"],
        "unit": signal.unit if signal else "",
        "n": incident["n"],
        "link": incident["link"],
        "work": lists.query(WORK[incident["signal"]], filters) if incident["signal"] in WORK else "",
        "filters": filters,
        "own": {name: text for name, text in own.items() if text} or None if incident["cause"] == "condition" else None,
    }


def _outlets(outlets: list[dict]) -> list[dict]:
    """The outlets that do not take what we say, as `OutletState.is_failing` has it."""
    failing = [each for each in outlets if each["stopped"] or each["failures"] >= 3]
    return [
        _alert(f"notices_failing:{each['outlet']}", "notices_failing", "warning", each["outlet"], each["failing_since"])
        | NO_INCIDENT
        for each in failing
    ]


def _watch(watched_at: datetime | None, now: datetime) -> list[dict]:
    if watched_at is None or now - watched_at <= WATCHED_WITHIN:
        return []
    return [_alert("nobody_watches", "nobody_watches", "critical", "", watched_at) | NO_INCIDENT]


def _alert(key: str, title: str, severity: str, about: str, since: str | datetime | None) -> dict:
    return {"id": key, "severity": severity, "title": title, "about": about, "since": _instant(since)}


def _instant(at: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(at) if isinstance(at, str) else at

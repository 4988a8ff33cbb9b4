"""What a notice says, in the product's language: made when it is sent, of the facts that were noted when it was written."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from .. import format
from ..alerts import words
from ..columns import moment
from ..models import Notice
from ..words import narrowed
from .base import Letter

# The headline, by what is told.
HEADLINES = {
    "firing": _("{severity}: {title}"),
    "update": _("{who} has taken it up: {title}"),
    "resolved": _("Over: {title}"),
    "test": _("Test, nothing is wrong: {title}"),
}
SEVERITIES = {"critical": _("CRITICAL"), "warning": _("Warning"), "info": _("Note")}
SOMEBODY = _("Somebody")
VALUE, THRESHOLD, WINDOW, CASES, ABOUT = _("Value"), _("Alert when"), _("Over the last"), _("Cases"), _("About")
ONLY = _("Only of")
WORST, SINCE, LASTED = _("Worst value"), _("Since"), _("It lasted")
REFERENCE = _("MIS · alert {code} · incident {incident}")
REPEAT = _("(possible repeat: an earlier attempt may have arrived)")
OPEN = _("Open in MIS")


def letter(notice: Notice) -> Letter:
    """The notice in words, in LANGUAGE_CODE whoever caused it."""
    with translation.override(settings.LANGUAGE_CODE):
        return _letter(notice)


def _letter(notice: Notice) -> Letter:
    rule, facts = notice.rule, notice.facts
    incident = notice.incident.short if notice.incident else ""
    text = words.text(rule, facts["cause"], facts.get("about", ""))
    severity = notice.incident.severity if notice.incident else rule.severity
    summary = str(HEADLINES[notice.kind]).format(
        severity=SEVERITIES[severity], title=text.title, who=facts.get("acknowledged_by") or SOMEBODY
    )
    reference = str(REFERENCE).format(code=rule.code, incident=incident or "—")
    if notice.maybe_heard:
        reference += f" {REPEAT}"
    fields = _fields(notice)
    return Letter(
        kind=notice.kind,
        severity=severity if notice.kind == "firing" else "",
        title=summary,
        summary=f"{summary} [{incident}]" if incident else summary,
        fields=[(str(label), value) for label, value in fields if value],
        paragraphs=[str(each) for each in (text.meaning, text.todo) if each and notice.kind in ("firing", "test")],
        link=link(facts.get("link") or reverse("performance")),
        link_text=str(OPEN),
        reference=reference,
        at=moment(datetime.fromisoformat(facts["at"])),
        key=notice.key,
        to=rule.emails,
        data=_data(notice, summary),
    )


def link(relative: str) -> str:
    """The absolute address; "" where nobody has said where MIS is."""
    return f"{settings.PUBLIC_URL}{relative}" if settings.PUBLIC_URL else ""


def _fields(notice: Notice) -> list[tuple[Any, str]]:
    rule, facts = notice.rule, notice.facts
    limit = [(THRESHOLD, words.condition(rule))]
    window = [(WINDOW, format.duration(facts["window_s"]) if facts["window_s"] else "")]
    only = [(ONLY, narrowed(facts.get("filters", {})))]
    if notice.kind == "test" or facts["cause"] == "blind":
        return limit + window + only
    if notice.kind == "resolved":
        return [(WORST, _value(notice, "worst")), *limit, *only, (LASTED, _lasted(facts))]
    cases = format.count(facts["n"]) if facts["n"] > 1 else ""
    return [(VALUE, _value(notice, "worst")), *limit, *window, *only, (CASES, cases), (ABOUT, facts["about"])]


def _value(notice: Notice, name: str) -> str:
    number = notice.facts[name]
    return "" if number is None else words.value(notice.rule, number)


def _lasted(facts: dict) -> str:
    if not facts["resolved_at"]:
        return ""
    lasted: timedelta = datetime.fromisoformat(facts["resolved_at"]) - datetime.fromisoformat(facts["began_at"])
    return format.duration(lasted.total_seconds())


def _data(notice: Notice, summary: str) -> dict:
    """For programs: instants in ISO 8601, values as they are."""
    names = (
        "at",
        "value",
        "worst",
        "n",
        "threshold",
        "window_s",
        "filters",
        "about",
        "cause",
        "began_at",
        "resolved_at",
    )
    return {
        "id": notice.key,
        "kind": notice.kind,
        "rule": notice.rule.code,
        "severity": notice.incident.severity if notice.incident else notice.rule.severity,
        "incident": str(notice.incident_id) if notice.incident_id else None,
        "title": summary,
        **{name: notice.facts.get(name) for name in names},
        "link": link(notice.facts.get("link") or reverse("performance")),
        "maybe_repeated": notice.maybe_heard,
    }

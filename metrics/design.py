"""The design page: every part that pages are put together from, in each of its states, from examples made up here."""

from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from . import words
from .alerts.shown import NO_INCIDENT
from .api import fresh
from .kpis import BY_NAME
from .window import Scope

AS_OF = "2026-11-20T13:00:00.000Z"
STATES = ("good", "warn", "bad", "none")
SURFACES = (
    "ground",
    "surface",
    "sunken",
    "line",
    "edge",
    "accent-ground",
    "good-ground",
    "warn-ground",
    "bad-ground",
    "none-ground",
)
INKS = ("ink", "ink-soft", "accent", "good", "warn", "bad", "none")
CHARTS = (
    "chart-main",
    "chart-good",
    "chart-warn",
    "chart-quiet",
    "heat-0",
    "heat-1",
    "heat-2",
    "heat-3",
    "heat-4",
    "heat-5",
)
PHASES = {
    "live": _("live"),
    "connecting": _("connecting…"),
    "silent": _("14 s ago"),
    "reconnecting": _("reconnecting…"),
    "lost": _("no connection since {time}"),
    "failing": _("no figures since {time}"),
    "held": _("paused at {time}"),
    "ended": _("session ended"),
}
SHAPES = {"live": "phase-live", "lost": "phase-lost", "failing": "phase-lost", "ended": "phase-lost"}

BLANK = {"n": 0, "state": "none", "value": None, "lower_bound": False, "before": None, "change": None, "extra": {}}


def _figure(name: str, **measured) -> dict:
    """A card's figure, as the snapshot has it, with its declaration."""
    kpi = BY_NAME[name]
    told = {
        part: getattr(kpi, part)
        for part in ("name", "label", "question", "formula", "rows", "unit", "target", "interim", "better")
    }
    return told | BLANK | {"window": "24h"} | measured


CARDS = [
    _figure("ttfr_p50", value=6.2, n=410, state="good", before=6.5, change=-0.046, extra={"mean": 6.8}),
    _figure("automation_rate", value=0.904, n=986, state="warn", before=0.89, change=0.014, extra={"untouched_share": 0.835}),
    _figure("ttfr_p90", value=1260, n=214, state="bad", lower_bound=True, before=42, change=29.0, extra={"waiting": 31, "p95": 1800}),
    _figure("ai_precision", value=0.75, n=4, state="warn", extra={"interval": [0.3, 0.95], "response_rate": 0.31}),
    _figure("ai_cost_usd", value=0.3178, n=653, state="good", change=-0.16, before=0.38, extra={"per_reply": 0.0007}),
    _figure("delivery_rate"),
]  # fmt: skip

SLA = {
    "critical": {
        "first_response": {"target_s": 30, "pending": 1, "at_risk": 1, "breached": 1, "met": 21, "met_late": 2,
                           "next_deadlines": [{"issue": "a1d4e5", "risk_at": "2026-11-20T12:59:58.000Z", "due_at": "2026-11-20T13:00:06.000Z", "priority": "critical"}],
                           "last_breaches": [{"issue": "6fecd4", "risk_at": "2026-11-20T12:59:58.000Z", "due_at": "2026-11-20T12:58:40.000Z", "priority": "critical"}]},
        "resolution": {"target_s": 7200, "pending": 4, "at_risk": 0, "breached": 0, "met": 19, "met_late": 1,
                       "next_deadlines": [{"issue": "fe395f", "risk_at": "2026-11-20T13:50:00.000Z", "due_at": "2026-11-20T14:12:00.000Z", "priority": "critical"}],
                       "last_breaches": []},
    },
}  # fmt: skip
FEED = [
    {
        "at": "2026-11-20T12:59:50.000Z",
        "kind": "replied",
        "how": "ai",
        "priority": "high",
        "type": "billing",
        "took_s": 5.1,
    },
    {
        "at": "2026-11-20T12:58:10.000Z",
        "kind": "resolved",
        "how": "confirmed",
        "priority": "low",
        "type": "question",
        "took_s": 600,
    },
    {
        "at": "2026-11-20T12:57:30.000Z",
        "kind": "escalated",
        "how": "human",
        "priority": "critical",
        "type": "technical_issue",
        "took_s": None,
    },
]
SOME = {"incident": "01890000-0000-7000-8000-000000000000", "about": "WhatsApp", "link": "#banners"}
ALERTS = [
    NO_INCIDENT | SOME | {"id": "channel_closed", "severity": "critical", "title": "channel_closed", "since": "2026-11-20T12:40:00Z"},
    NO_INCIDENT | SOME | {"id": "whatsapp_failing", "severity": "critical", "title": "whatsapp_failing", "since": "2026-11-20T12:41:00Z", "value": 0.054, "unit": "rate", "n": 111, "inhibited_by": "channel_closed"},
    NO_INCIDENT | SOME | {"id": "response_overdue", "severity": "warning", "title": "response_overdue", "since": "2026-11-20T12:30:00Z", "value": 2, "unit": "count", "n": 2, "acknowledged_by": "ana", "acknowledged_at": "2026-11-20T12:52:00Z"},
    NO_INCIDENT | SOME | {"id": "ai_budget", "severity": "warning", "title": "ai_budget", "since": "2026-11-20T11:00:00Z", "value": 11.2, "unit": "usd", "n": 900, "silenced_until": "2026-11-20T16:00:00Z"},
]  # fmt: skip


@staff_member_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """For who changes the screens: what there is already."""
    context = {
        "snapshot": {"as_of": AS_OF, "sla": SLA, "feed": FEED, "alerts": ALERTS},
        "nothing": {"as_of": AS_OF, "sla": {}, "feed": []},
        "scope": Scope(),
        "may_handle": True,
        "states": [{"state": state, "word": words.KPI_STATES[state]} for state in STATES],
        "colours": [(_("Surfaces"), SURFACES), (_("Inks"), INKS), (_("Charts"), CHARTS)],
        "phases": [
            {"phase": phase, "word": str(word).format(time="09:12"), "shape": SHAPES.get(phase, "phase-waiting")}
            for phase, word in PHASES.items()
        ],
        "cards": CARDS,
        "levels": range(6),
        "chart": {"name": "example", "title": _("Time to first response"), "summary": _("Slowest: 12 s at 09:00.")},
    }
    return fresh(render(request, "design.html", context))

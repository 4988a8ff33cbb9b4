"""Every key figure, declared once: card, page, export, API, wall and proof read it here."""

from django.utils.translation import gettext_lazy as _

from .. import uptime
from . import formulas
from .base import KPI

TTFR = _(
    "First response − detected, over all issues detected in the window; a customer still waiting counts with the "
    "time waited so far. Issues that ended without any response are counted beside it."
)
TTFR_PARTS = {"waiting": "waiting", "unanswered": "ended_unanswered", "untrusted": "ttfr_untrusted"}
TTR = _("Resolved − detected, over the issues detected in the window and resolved. A reopened issue is unresolved.")
TTR_PARTS = {"unresolved": "unresolved", "untrusted": "ttr_untrusted"}

KPIS = [
    KPI(
        "ttfr_p50", _("First response, median"), _("How long does a customer wait for the first response?"),
        TTFR, "s", "lower", formulas.ttfr(0.5), "ttfr", TTFR_PARTS, target=30, interim=300,
    ),
    KPI(
        "ttfr_p90", _("First response, 9 in 10"), _("How long do nine in ten customers wait at most?"),
        TTFR, "s", "lower", formulas.ttfr(0.9), "ttfr", TTFR_PARTS, target=30, interim=300,
    ),
    KPI(
        "ttr_p50", _("Resolution, median"), _("How long does it take to solve an issue?"),
        TTR, "s", "lower", formulas.ttr(0.5), "ttr", TTR_PARTS, target=7_200, interim=14_400,
    ),
    KPI(
        "ttr_p90", _("Resolution, 9 in 10"), _("Within what time are nine in ten issues solved?"),
        TTR, "s", "lower", formulas.ttr(0.9), "ttr", TTR_PARTS, target=7_200, interim=14_400,
    ),
    KPI(
        "automation_rate", _("Automation rate"), _("How much of what customers notice is done without a person?"),
        _(
            "Automated actions ÷ all actions, over the replies, resolutions and escalations of the window that worked. "
            "Other programs are automation too; a resolution that was undone did not work."
        ),
        "rate", "higher", formulas.automation, "actions", {"resolved": "ended", "untouched_share": "ended_untouched"},
        also=("actions_by_people", "ended_touched"), target=0.95, interim=0.70,
    ),
    KPI(
        "ai_precision", _("AI precision"), _("Are customers content with what the AI answered?"),
        _(
            "Ratings of 4 or 5 ÷ all ratings given in the window, over issues that only the AI answered and that "
            "automation had resolved."
        ),
        "rate", "higher", formulas.precision, "ai_rated", {"response_rate": "ai_ended_rated"}, also=("ai_rated_badly",),
        target=0.90, interim=0.70,
    ),
    KPI(
        "availability", _("Availability"), _("How much of the time is MIS there?"),
        _(
            "Time up ÷ (time up + time down) in the window. Up is when web, workers, clock and database are; a gap in "
            "their heartbeats is down. Planned maintenance and the time before the first heartbeat are left out. "
            "Gemini and WhatsApp are told apart."
        ),
        "rate", "higher", formulas.availability, "downtime", target=uptime.TARGET, interim=0.99,
    ),
    KPI(
        "delivery_rate", _("Delivery rate"), _("Do our messages arrive?"),
        _("Delivered or read ÷ accepted by WhatsApp, over the messages sent in the window and more than 10 minutes ago."),
        "rate", "higher", formulas.delivery, "accepted", {"failed": "undelivered"}, also=("undecided", "not_taken", "automatic_failed"), target=0.95, interim=0.90,
    ),
    KPI(
        "resolution_rate", _("Resolution rate"), _("How many issues are solved?"),
        _("Resolved ÷ detected, over the issues detected in the window."),
        "rate", "higher", formulas.resolution, "detected", {"unresolved": "unresolved"}, target=0.90, interim=0.70,
    ),
    KPI(
        "escalation_rate", _("Escalation rate"), _("How many issues need a person?"),
        _("Issues escalated at least once ÷ issues, over the issues detected in the window."),
        "rate", "lower", formulas.escalation, "detected", {"escalated": "escalated"}, target=0.10, interim=0.20,
    ),
    KPI(
        "false_positive_rate", _("False positives"), _("How many issues were none?"),
        _("Reviewed as not a problem ÷ reviewed, over the issues detected in the window."),
        "rate", "lower", formulas.false_positives, "reviewed", also=("false_positives",), target=0.05, interim=0.10,
    ),
    KPI(
        "sla_response", _("First responses in time"), _("Do we answer by the deadline?"),
        _(
            "Answered by the deadline ÷ answered or overdue, over the issues detected in the window. "
            "An open issue is overdue at once when its deadline has passed."
        ),
        "rate", "higher", formulas.sla("response"), "response_judged", {"late": "response_late", "overdue": "response_overdue"},
        target=0.95, interim=0.90,
    ),
    KPI(
        "sla_resolution", _("Resolutions in time"), _("Do we solve by the deadline?"),
        _(
            "Resolved by the deadline ÷ resolved or overdue, over the issues detected in the window. "
            "An open issue is overdue at once when its deadline has passed."
        ),
        "rate", "higher", formulas.sla("resolution"), "resolution_judged",
        {"late": "resolution_late", "overdue": "resolution_overdue"}, target=0.95, interim=0.90,
    ),
    KPI(
        "ai_tokens", _("AI tokens"), _("How much does the AI read and write?"),
        _("Tokens in + out + thought, over the AI calls begun in the window."),
        "tokens", "lower", formulas.tokens, "ai_calls_counted", {"calls": "ai_calls", "uncounted": "ai_calls_uncounted"},
        also=("ai_calls_failed",),
    ),
    KPI(
        "ai_cost_usd", _("AI cost"), _("What does the AI cost?"),
        _(
            "Sum of the cost of the AI calls begun in the window, at the price of their day. Per reply: ÷ the replies that the "
            "AI wrote. Per resolution: ÷ the issues resolved in the window. Avoided: the replies used again × the cost per reply."
        ),
        "usd", "lower", formulas.cost, "ai_calls_priced", {"unpriced": "ai_calls_unpriced"},
    ),
    KPI(
        "cache_hit_rate", _("Replies reused"), _("How many replies needed no AI, because one like it had been given?"),
        _("Replies used again ÷ replies used again or written by the AI, over the replies of the window."),
        "rate", "higher", formulas.cache_hits, "replies_known", also=("replies_cached", "replies_ai"),
    ),
    KPI(
        "received", _("Issues"), _("How many problems did customers tell us of?"),
        _("The issues detected in the window."),
        "count", "lower", formulas.received, "detected",
    ),
    KPI(
        # GoHighLevel's webhook must be stored within a second, so that is the interim; half of it leaves room for the way.
        "api_p95", _("Response time of the system, 19 in 20"), _("How long do browsers and other programs wait for our server?"),
        _(
            "From the arrival of a request to the last byte of its answer, over all requests answered in the window; "
            "static files, sockets and health checks are left out. 95 in 100 took no longer."
        ),
        "s", "lower", formulas.api, "requests", target=0.5, interim=1.0,
    ),
]  # fmt: skip

# What customers say of us themselves: a figure, but no card of the live screen.
SATISFACTION = KPI(
    "satisfaction", _("Satisfaction, 1 to 5"), _("How content are customers when their issue is solved?"),
    _(
        "Mean of the ratings from 1 to 5 that customers gave in the window, whoever answered them. Customers who rated: "
        "issues resolved in the window that have a rating ÷ all issues resolved in the window. The interval is that of the "
        "share of ratings of 4 or 5."
    ),
    "stars", "higher", formulas.satisfaction, "rated", {"well_share": "rated_well", "response_rate": "ended_rated"},
    also=("rated_badly",), target=4.0, interim=3.5,
)  # fmt: skip

BY_NAME = {kpi.name: kpi for kpi in [*KPIS, SATISFACTION]}

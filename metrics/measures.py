"""What is counted, declared once. The cells, the rows behind a figure and its proof are all made of these.

A `Basis` is a kind of row with an instant at which it counts; a measure counts or sums the rows of its basis that meet
its condition. In SQL `i` is always the issue. Durations are seconds.
"""

from dataclasses import dataclass
from typing import Literal

from django.conf import settings

from issues import escalate
from issues.actions import CUSTOMER, SYSTEM
from issues.models import Action, Response
from issues.models.issue import UNRESOLVED, AnsweredBy

from . import histogram

# Our own probes and demonstration data are no customers, except where the whole product is a demonstration.
REAL = "i.source <> 'demo' AND NOT i.metadata @> '{\"probe\": true}'"
EVERYTHING = "TRUE"

# Whoever does one of these on an issue has handled it. Looking, rating and reviewing is not handling.
HANDLING = [
    Action.Kind.REPLIED,
    Action.Kind.ESCALATED,
    Action.Kind.ASSIGNED,
    Action.Kind.RESOLVED,
    Action.Kind.REOPENED,
    Action.Kind.EDITED,
    Action.Kind.NOTED,
]

# Who gave the first response; "" where that is not known.
WHO = ["", *AnsweredBy.values]

OTHER_REASON = "other"


def counted() -> str:
    """The condition for an issue to be counted."""
    return EVERYTHING if settings.DEMO else REAL


def listed(words) -> str:
    """Words of our own as an SQL list. `%` is doubled, because the text meets parameters."""
    return "(" + ", ".join("'" + str(word).replace("'", "''").replace("%", "%%") + "'" for word in words) + ")"


def epoch(interval: str) -> str:
    """An interval in seconds. EXTRACT says the same in decimals, which takes three times as long."""
    return f"date_part('epoch', {interval})"


# Whether an action is a person's handling of an issue.
HANDLED = f"NOT automated AND by <> '{CUSTOMER}' AND kind IN {listed(HANDLING)}"


@dataclass(frozen=True)
class Basis:
    """Rows that count at the instant `at`: `rows` is the FROM clause, `key` names one, `only` is what all must meet.

    `in_months`: the table is kept in months, so that the planner wants to know which.
    """

    name: str
    cells: Literal["detected", "happened"]
    rows: str
    at: str
    key: str
    only: str = "TRUE"
    in_months: bool = False


@dataclass(frozen=True)
class Count:
    """How many rows meet the condition."""

    name: str
    basis: Basis
    condition: str = "TRUE"


@dataclass(frozen=True)
class Sum:
    """The sum of an expression over the rows where it is not null, as a number of the type `kind` of PostgreSQL."""

    name: str
    basis: Basis
    expression: str
    kind: str


@dataclass(frozen=True)
class Durations:
    """How long it took, as far as the condition holds; `who` is the place in WHO."""

    name: str
    basis: Basis
    seconds: str
    condition: str
    who: str = "0"

    @property
    def code(self) -> str:
        """The packed histogram's code of one row; null where the condition does not hold."""
        bins = histogram.SQL_BIN.format(self.seconds)
        return f"CASE WHEN {self.condition} THEN ({self.who}) * {histogram.BINS} + {bins} END"


@dataclass(frozen=True)
class Names:
    """How many rows have which of few names; null is none."""

    name: str
    basis: Basis
    expression: str


Measure = Count | Sum | Durations | Names

UNRESOLVED_NOW = f"i.status IN {listed(UNRESOLVED)}"
ANSWERS = listed(Response.ANSWERS)

# Whose an end is: of who resolved what was rated, and that automation of ours did. An issue that only the AI answered.
HOW_IT_WENT = f"""
    issues_issue i CROSS JOIN LATERAL (
        SELECT COALESCE(bool_and(r.kind IN ('ai', 'cached')), FALSE)
            AND CASE WHEN i.rated_at IS NULL THEN i.resolved_by ELSE i.rated_resolver END IN ('', '{SYSTEM}') AS by_ai
        FROM issues_response r WHERE r.issue_id = i.id AND r.state = 'sent' AND r.purpose IN {ANSWERS}
    ) AS went"""

# Both are asked of every end, and of every action: a look into each month of the actions is too much for that. So triggers
# note them in tables of their own (migration 0003).
# Not EXISTS, for which the planner would now and then read that table whole.
TOUCHED = "COALESCE((SELECT TRUE FROM metrics_touched t WHERE t.issue_id = i.id), FALSE)"
# A resolution that was undone did not work.
UNDONE = """a.kind = 'resolved' AND EXISTS (
    SELECT 1 FROM metrics_reopened o WHERE o.issue_id = a.issue_id AND o.at >= a.at)"""

ISSUE = Basis("issue", "detected", "issues_issue i", "i.detected_at", "i.id")
ENDED = Basis("ended", "happened", HOW_IT_WENT, "i.resolved_at", "i.id")
RATED = Basis("rated", "happened", HOW_IT_WENT, "i.rated_at", "i.id")
ACTION = Basis(
    "action", "happened", "issues_action a JOIN issues_issue i ON i.id = a.issue_id", "a.at", "a.id",
    only=f"a.success AND a.kind IN {listed(Action.CUSTOMER_FACING)} AND NOT ({UNDONE})", in_months=True,
)  # fmt: skip
SEND = Basis(
    "send", "happened", "issues_response r JOIN issues_issue i ON i.id = r.issue_id", "r.sent_at", "r.id",
    only="r.state = 'sent'",
)  # fmt: skip
CALL = Basis(
    "call", "happened",
    "issues_aicall c LEFT JOIN issues_response r ON r.id = c.response_id "
    "JOIN issues_issue i ON i.id = COALESCE(r.issue_id, c.issue_id)",
    "c.started_at", "c.id",
)  # fmt: skip
# The last failure of a response: of those that failed, one row each.
FAILURE = Basis(
    "failure", "happened",
    "issues_action a JOIN issues_response r ON r.id = a.response_id JOIN issues_issue i ON i.id = a.issue_id", "a.at", "a.id",
    only="a.kind = 'failed'", in_months=True,
)  # fmt: skip
BASES = [ISSUE, ENDED, RATED, ACTION, SEND, CALL]

# An answer, or an end, before its beginning cannot be timed.
TTFR_S, TTR_S = epoch("i.first_response_at - i.detected_at"), epoch("i.resolved_at - i.detected_at")
TTFR_KNOWN, TTR_KNOWN = "i.first_response_at >= i.detected_at", "i.resolved_at >= i.detected_at"
WHO_ANSWERED = " ".join(
    ["CASE i.answered_by", *(f"WHEN '{who}' THEN {place}" for place, who in enumerate(WHO) if who), "ELSE 0 END"]
)

# A receipt may take a while, so a send is judged ten minutes later. Imported ones were not sent by us, nor were those
# without a delivery: a person said them outside of MIS.
JUDGED = "r.delivery <> '' AND i.source <> 'import' AND r.sent_at <= %(now)s - interval '10 minutes'"
REPLY = "r.purpose <> 'survey'"
ANSWERED_CALL = "c.outcome = 'answered'"

MEASURES = [
    Count("detected", ISSUE),
    Count("ended_unanswered", ISSUE, f"i.first_response_at IS NULL AND NOT {UNRESOLVED_NOW}"),
    Count("ttfr_untrusted", ISSUE, "i.first_response_at < i.detected_at"),
    Sum("ttfr_sum_s", ISSUE, f"CASE WHEN {TTFR_KNOWN} THEN {TTFR_S} END", "float8"),
    Count("resolved", ISSUE, "i.resolved_at IS NOT NULL"),
    Count("unresolved", ISSUE, UNRESOLVED_NOW),
    Count("ttr_untrusted", ISSUE, "i.resolved_at < i.detected_at"),
    Sum("ttr_sum_s", ISSUE, f"CASE WHEN {TTR_KNOWN} THEN {TTR_S} END", "float8"),
    Count("escalated", ISSUE, "i.escalated_at IS NOT NULL"),
    Count("reviewed", ISSUE, "i.false_positive IS NOT NULL"),
    Count("false_positives", ISSUE, "i.false_positive"),
    Count("response_met", ISSUE, "i.first_response_at <= i.response_due_at"),
    Count("response_late", ISSUE, "i.first_response_at > i.response_due_at"),
    Count("resolution_met", ISSUE, "i.resolved_at <= i.resolution_due_at"),
    Count("resolution_late", ISSUE, "i.resolved_at > i.resolution_due_at"),
    Durations("ttfr", ISSUE, TTFR_S, TTFR_KNOWN, WHO_ANSWERED),
    Durations("ttr", ISSUE, TTR_S, TTR_KNOWN, WHO_ANSWERED),
    Names(
        "reasons", ISSUE,
        f"CASE WHEN i.escalated_at IS NULL THEN NULL WHEN i.escalation_reason IN {listed(escalate.REASONS)} "
        f"THEN i.escalation_reason ELSE '{OTHER_REASON}' END",
    ),
    Count("actions", ACTION),
    Count("automated_actions", ACTION, "a.automated"),
    Count("ended", ENDED),
    Count("ended_untouched", ENDED, f"NOT {TOUCHED}"),
    Count("ended_rated", ENDED, "i.customer_satisfaction IS NOT NULL"),
    Count("ai_ended", ENDED, "went.by_ai"),
    Count("ai_ended_rated", ENDED, "went.by_ai AND i.customer_satisfaction IS NOT NULL"),
    Count("rated", RATED),
    Count("rated_well", RATED, "i.customer_satisfaction >= 4"),
    Sum("rated_sum", RATED, "i.customer_satisfaction", "bigint"),
    Count("ai_rated", RATED, "went.by_ai"),
    Count("ai_rated_well", RATED, "went.by_ai AND i.customer_satisfaction >= 4"),
    *(Count(f"replies_{kind}", SEND, f"r.kind = '{kind}' AND {REPLY}") for kind in AnsweredBy.values),
    Count("accepted", SEND, JUDGED),
    Count("delivered", SEND, f"r.delivery IN ('delivered', 'read') AND {JUDGED}"),
    Count("undelivered", SEND, f"r.delivery = 'failed' AND {JUDGED}"),
    Names("causes", SEND, f"CASE WHEN r.delivery = 'failed' AND {JUDGED} THEN r.failure END"),
    Count("ai_calls", CALL),
    Count("ai_calls_failed", CALL, f"NOT {ANSWERED_CALL}"),
    Count("ai_calls_counted", CALL, "c.tokens_in IS NOT NULL"),
    Count("ai_calls_priced", CALL, "c.cost_usd IS NOT NULL"),
    Count("ai_calls_uncounted", CALL, f"{ANSWERED_CALL} AND c.tokens_in IS NULL"),
    Count("ai_calls_unpriced", CALL, f"{ANSWERED_CALL} AND c.cost_usd IS NULL"),
    *(Sum(f"tokens_{kind}", CALL, f"c.tokens_{kind}", "bigint") for kind in ("in", "out", "thought", "cached")),
    Sum("cost_usd", CALL, "c.cost_usd", "numeric"),
]  # fmt: skip


# What depends on the moment: who still waits for a first response, and which open issues are overdue. No cell holds it
# (`facts.OPEN`).
UNANSWERED = f"i.first_response_at IS NULL AND {UNRESOLVED_NOW}"
OVERDUE_RESPONSE = f"{UNANSWERED} AND i.response_due_at < %(now)s"
OVERDUE_RESOLUTION = f"{UNRESOLVED_NOW} AND i.resolution_due_at < %(now)s"
WAITING = Count("waiting", ISSUE, f"{UNANSWERED} AND i.detected_at <= %(now)s")

# Of what became of a response (`issues_action a`): automation's own replies, where it was not tried again; and what we turned to
# WhatsApp with, unless the customer has none.
AUTOMATIC = "r.kind <> 'human' AND r.purpose <> 'survey' AND a.automated AND a.detail ->> 'again' IS NULL"
SPOKEN = "r.spoken_at IS NOT NULL AND a.detail ->> 'code' IS DISTINCT FROM 'not_on_whatsapp'"


def last_failures(name: str, condition: str) -> Count:
    """The responses of which a failure meets the condition, each by the last one that does."""
    again = condition.replace("a.", "later.")
    return Count(
        name, FAILURE,
        f"{condition} AND NOT EXISTS (SELECT FROM issues_action later WHERE later.response_id = a.response_id "
        f"AND later.kind = 'failed' AND {again} AND (later.at, later.id) > (a.at, a.id) AND later.at < %(end)s)",
    )  # fmt: skip


# What failed, which no figure counts and an alert does.
FAILURES = {
    count.name: count for count in (last_failures("not_taken", SPOKEN), last_failures("automatic_failed", AUTOMATIC))
}

# What a number may count besides what is measured: the rows behind it, by the name that it has.
LISTS = {
    measure.name: measure
    for measure in [
        *(measure for measure in MEASURES if isinstance(measure, Count)),
        WAITING,
        Count("ttfr", ISSUE, f"{TTFR_KNOWN} OR ({WAITING.condition})"),
        Count("ttr", ISSUE, TTR_KNOWN),
        Count("response_overdue", ISSUE, OVERDUE_RESPONSE),
        Count("response_judged", ISSUE, f"i.first_response_at IS NOT NULL OR ({OVERDUE_RESPONSE})"),
        Count("resolution_overdue", ISSUE, OVERDUE_RESOLUTION),
        Count("resolution_judged", ISSUE, f"i.resolved_at IS NOT NULL OR ({OVERDUE_RESOLUTION})"),
        Count("actions_by_people", ACTION, "NOT a.automated"),
        Count("ended_touched", ENDED, TOUCHED),
        Count("rated_badly", RATED, "i.customer_satisfaction < 4"),
        Count("ai_rated_badly", RATED, "went.by_ai AND i.customer_satisfaction < 4"),
        Count("replies", SEND, REPLY),
        Count("replies_known", SEND, f"r.kind IN ('ai', 'cached') AND {REPLY}"),
        Count("undecided", SEND, f"r.delivery NOT IN ('delivered', 'read', 'failed') AND {JUDGED}"),
    ]
}


def of(basis: Basis, kind: type) -> list:
    """The measures of that kind over the rows of `basis`."""
    return [measure for measure in MEASURES if measure.basis is basis and isinstance(measure, kind)]

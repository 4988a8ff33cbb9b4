"""What is shown of a row behind a figure: which columns, read by which SQL, written how. Nothing that a customer said.

No names, phones or words of people: who did something is told as "automation" or "a person". In SQL `i` is the issue,
`a` an action, `r` a response, `c` an AI call (`measures`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from issues import escalate, wording
from issues.models import Action, Response
from issues.models.issue import UNRESOLVED, AnsweredBy, Basis, Priority, Status
from issues.models.response import Delivery

from . import format, measures, standing
from .measures import (
    ACTION,
    CALL,
    ENDED,
    FAILURE,
    ISSUE,
    OTHER_REASON,
    RATED,
    SEND,
    TOUCHED,
    TTFR_S,
    TTR_S,
    epoch,
    listed,
)

Kind = Literal["issue", "instant", "words", "several", "type", "text", "seconds", "count", "usd", "number"]
YES_NO = {True: _("yes"), False: _("no")}
WHO_DID = {True: _("automation"), False: _("a person")}


@dataclass(frozen=True)
class Column:
    """`kind` says what its values are: an issue's id, a UTC instant, a code with `words` or a list of several, a type, text, or a number."""

    name: str
    label: Any
    sql: str
    kind: Kind
    words: Mapping[Any, Any] | None = None

    @property
    def is_number(self) -> bool:
        return self.kind in ("seconds", "count", "usd", "number")


def _reason(sql: str) -> str:
    """A reason of automation's as it is; what somebody wrote in words of their own is told to nobody."""
    return f"CASE WHEN {sql} IN {listed(escalate.REASONS)} THEN {sql} WHEN {sql} <> '' THEN '{OTHER_REASON}' END"


# They are stored in English, and marked for translation where they are made.
REASONS = {reason: _(reason) for reason in escalate.REASONS} | {OTHER_REASON: _("in a person's own words")}
OUTCOMES = {"answered": _("answered"), "blocked": _("refused to answer"), **standing.REASONS}

ABOUT = [
    Column("priority", _("Priority"), "i.priority", "words", dict(Priority.choices)),
    Column("type", _("Type"), "i.type", "type"),
    Column("location", _("Location"), "i.location", "text"),
]
SHORT_ID = Column("issue", _("Issue"), "i.id", "issue")
ANSWERED_BY = Column("answered_by", _("First answered by"), "i.answered_by", "words", dict(AnsweredBy.choices))
RESOLVED_AFTER = Column("resolved_after_s", _("Resolved after"), TTR_S, "seconds")
SATISFACTION = Column("satisfaction", _("Rating"), "i.customer_satisfaction", "count")
ONLY_AI = Column("only_ai", _("Only the AI answered"), "went.by_ai", "words", YES_NO)

COLUMNS: dict[str, list[Column]] = {
    ISSUE.name: [
        SHORT_ID,
        Column("detected_at", _("Detected"), "i.detected_at", "instant"),
        *ABOUT,
        Column("status", _("Status"), "i.status", "words", dict(Status.choices)),
        Column("first_response_after_s", _("First response after"), TTFR_S, "seconds"),
        ANSWERED_BY,
        RESOLVED_AFTER,
    ],
    ENDED.name: [
        SHORT_ID,
        Column("resolved_at", _("Resolved at"), "i.resolved_at", "instant"),
        *ABOUT,
        RESOLVED_AFTER,
        Column("basis", _("Rests on"), "i.resolution_basis", "words", dict(Basis.choices)),
        ANSWERED_BY,
        ONLY_AI,
        Column("touched", _("Touched by a person"), TOUCHED, "words", YES_NO),
        SATISFACTION,
    ],
    RATED.name: [
        SHORT_ID,
        Column("rated_at", _("Rated"), "i.rated_at", "instant"),
        SATISFACTION,
        *ABOUT,
        ANSWERED_BY,
        ONLY_AI,
    ],
    ACTION.name: [
        SHORT_ID,
        Column("at", _("At"), "a.at", "instant"),
        Column("kind", _("Action"), "a.kind", "words", dict(Action.Kind.choices)),
        Column("automated", _("Done by"), "a.automated", "words", WHO_DID),
        *ABOUT,
    ],
    SEND.name: [
        SHORT_ID,
        Column("sent_at", _("Sent"), "r.sent_at", "instant"),
        Column("kind", _("Written by"), "r.kind", "words", dict(AnsweredBy.choices)),
        Column("purpose", _("Purpose"), "r.purpose", "words", dict(Response.Purpose.choices)),
        Column("delivery", _("Delivery"), "r.delivery", "words", dict(Delivery.choices)),
        Column("failure", _("Cause of the failure"), "r.failure", "words", wording.FAILURES),
        *ABOUT,
    ],
    FAILURE.name: [
        SHORT_ID,
        Column("at", _("At"), "a.at", "instant"),
        Column("kind", _("Written by"), "r.kind", "words", dict(AnsweredBy.choices)),
        Column("purpose", _("Purpose"), "r.purpose", "words", dict(Response.Purpose.choices)),
        Column(
            "failure", _("Cause of the failure"), "COALESCE(a.detail ->> 'code', r.failure)", "words", wording.FAILURES
        ),
        *ABOUT,
    ],
    CALL.name: [
        SHORT_ID,
        Column("started_at", _("Begun"), "c.started_at", "instant"),
        Column("model", _("Model"), "c.model", "text"),
        Column("outcome", _("Outcome"), "c.outcome", "words", OUTCOMES),
        Column("latency_s", _("Took"), "c.latency_s", "seconds"),
        Column("tokens_in", _("Tokens in"), "c.tokens_in", "count"),
        Column("tokens_out", _("Tokens out"), "c.tokens_out", "count"),
        Column("tokens_thought", _("Tokens thought"), "c.tokens_thought", "count"),
        Column("tokens_cached", _("Tokens cached"), "c.tokens_cached", "count"),
        Column("cost_usd", _("Cost"), "c.cost_usd", "usd"),
        *ABOUT,
    ],
}

PARTS = {"web": _("pages and API"), "worker": _("workers"), "clock": _("clock"), "database": _("database")}

# Of rows that are no table's, and so without SQL (`rows.MADE`).
DOWNTIME = [
    Column("since", _("Down since"), "", "instant"),
    Column("until", _("Until"), "", "instant"),
    Column("down_s", _("For"), "", "seconds"),
    Column("parts", _("What was down"), "", "several", PARTS),
]
REQUESTS = [
    Column("start", _("From"), "", "instant"),
    Column("route", _("What was asked for"), "", "text"),
    Column("n", _("Requests"), "", "count"),
    Column("p50_s", _("Median"), "", "seconds"),
    Column("p95_s", _("95 in 100"), "", "seconds"),
    Column("p99_s", _("99 in 100"), "", "seconds"),
    Column("refused", _("Refused"), "", "count"),
    Column("errors", _("Errors"), "", "count"),
]

RESPONSE_DUE = Column(
    "response_due_s", _("First response due after"), epoch("i.response_due_at - i.detected_at"), "seconds"
)
RESOLUTION_DUE = Column(
    "resolution_due_s", _("Resolution due after"), epoch("i.resolution_due_at - i.detected_at"), "seconds"
)
REASON = Column("reason", _("Escalated because"), _reason("i.escalation_reason"), "words", REASONS)
VERDICT = Column(
    "false_positive", _("Reviewed as"), "i.false_positive", "words", {True: _("not a problem"), False: _("a problem")}
)
WAITS = Column(
    "waiting_s", _("Waiting for"),
    f"CASE WHEN {measures.WAITING.condition} THEN {epoch('%(now)s - i.detected_at')} END", "seconds",
)  # fmt: skip
OPEN_FOR = Column(
    "open_s", _("Open for"),
    f"CASE WHEN i.status IN {listed(UNRESOLVED)} THEN {epoch('%(now)s - i.detected_at')} END", "seconds",
)  # fmt: skip

# What a list is about, besides what is shown of all such rows.
MORE = {
    "ttfr": [WAITS], "waiting": [WAITS], "unresolved": [OPEN_FOR],
    "response_judged": [WAITS, RESPONSE_DUE], "response_met": [RESPONSE_DUE], "response_late": [RESPONSE_DUE],
    "response_overdue": [WAITS, RESPONSE_DUE],
    "resolution_judged": [OPEN_FOR, RESOLUTION_DUE], "resolution_met": [RESOLUTION_DUE],
    "resolution_late": [RESOLUTION_DUE], "resolution_overdue": [OPEN_FOR, RESOLUTION_DUE],
    "escalated": [REASON], "reviewed": [VERDICT], "false_positives": [VERDICT],
}  # fmt: skip


def of(count: measures.Count) -> list[Column]:
    """The columns of a list of `measures.LISTS`."""
    return [*COLUMNS[count.basis.name], *MORE.get(count.name, [])]


def written(column: Column, value: Any) -> str:
    """A value as people read it, in the active language and the product's time zone. An issue is the end of its id."""
    if value is None or value == "" or value == []:
        return format.NOTHING
    match column.kind:
        case "issue":
            return str(value)[-6:]
        case "instant":
            return moment(value)
        case "seconds":
            return ("−" if value < 0 else "") + format.duration(abs(value))
        case "count" | "usd":
            return format.measure(float(value), column.kind)
    return worded(column, value)


def worded(column: Column, value: Any) -> str:
    """A code, type or text in words; one that is not known is shown as it is named, "vip_lead" as "vip lead"."""
    if column.kind == "type":
        return wording.issue_type(value)
    if column.kind == "several":
        return ", ".join(str((column.words or {}).get(each, each)) for each in value)
    if column.words is None:
        return str(value)
    return str(column.words.get(value) or str(value).replace("_", " "))


def plain(value: Any) -> Any:
    """A value as JSON has it: instants in ISO 8601 with a Z, ids as text, money as a number."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return float(value)
    return str(value) if isinstance(value, UUID) else value


def moment(at: datetime) -> str:
    """A local date and time, "23/11/2026 14:32:05" in Portuguese and "11/23/2026 14:32:05" in English."""
    return localtime(at).strftime("%m/%d/%Y %H:%M:%S" if get_language() == "en" else "%d/%m/%Y %H:%M:%S")

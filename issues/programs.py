"""Programs: what another program wants said to a customer, and what it tells us was done by it or by a person.

A program is automation, like ours: of the two, one answers. What it asks for goes out the ordinary way, through
`respond` and `deliver`; what it tells is written down, and believed as far as it is known to be true.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from mis_dashboard.lib import jobs, wire

from . import actions, channels, escalate, line, phones, promises, queries
from .models import Action, InboundEvent, Issue, Message, Policy, Response
from .models.issue import UNRESOLVED, Priority, Status
from .models.response import PENDING, State

SAME_WITHIN = timedelta(minutes=10)


class CannotSay(Exception):
    """A program's words are not taken. The text says why, for the program's author."""


class NotTheCustomer(CannotSay):
    """The number is not that of the issue's customer."""


class NotNow(CannotSay):
    """The customer is answered already, or not to be answered by a program."""


class NotOnWhatsApp(CannotSay):
    """WhatsApp has told us that it does not know the customer's number."""


class NoChannel(CannotSay):
    """WhatsApp is not connected. The same may work later."""


# --- What a program wants said ------------------------------------------------------------------


def say(issue: Issue, text: str, *, to: str, by: str) -> Response:
    """The Response that says `text` to the customer, whose phone is `to`, in the name of the program `by`.

    It is due now; answers of the AI not yet given are dropped. The same words in the same turn are the same Response.
    Raises a CannotSay. Either way the program has had its try, and the issue is not offered to programs again, unless
    the phone was wrong or there is no channel.
    """
    if not issue.customer or not issue.customer.phone or to not in phones.forms(issue.customer.phone):
        raise NotTheCustomer("to is not the number of this issue's customer")
    with transaction.atomic():
        outcome = _try(queries.locked(issue), text, by)
        if not isinstance(outcome, NoChannel):
            _attempted(issue)
    if isinstance(outcome, CannotSay):
        raise outcome
    return outcome


def _try(issue: Issue, text: str, by: str) -> Response | CannotSay:
    """Locks our own answers first: none of them begins to be spoken while we look whether one was."""
    ours = list(queries.unspoken(issue).select_for_update(no_key=True))
    return _same_words(issue, text) or _obstacle(issue) or _queue(issue, text, by, instead_of=ours)


def _said_in_turn(issue: Issue) -> QuerySet[Response]:
    """What was said, or is about to be said by a person or a program, since the customer's last word."""
    asked = issue.messages.aggregate(last=Max("turn"))["last"] or 1
    spoken = Q(state__in=[State.SPEAKING, State.UNSURE, State.SENT])
    written = Q(state__in=PENDING, kind__in=[Response.Kind.HUMAN, Response.Kind.PROGRAM])
    said = issue.responses.filter(spoken | written, turn__gte=asked)
    return said.exclude(purpose=Response.Purpose.SURVEY)


def _same_words(issue: Issue, text: str) -> Response | None:
    return _said_in_turn(issue).filter(kind=Response.Kind.PROGRAM, text=text).first()


def _obstacle(issue: Issue) -> CannotSay | None:
    """Why nothing can be said in this issue now by a program."""
    if not issue.is_unresolved:
        return NotNow(f"the issue is {issue.status}")
    if queries.happened(issue).filter(detail__code="not_on_whatsapp").exists():
        return NotOnWhatsApp("the customer's number is not on WhatsApp")
    if why := _who_speaks_instead(issue):
        return NotNow(why)
    lost = not channels.configured() or line.is_closed()
    return NoChannel("WhatsApp is not connected: nothing was sent") if lost else None


def _who_speaks_instead(issue: Issue) -> str:
    if issue.status == Status.ESCALATED:
        return "a person is in charge of the issue"
    if issue.customer.opted_out_at:
        return "the customer wants no automatic messages"
    if Policy.current().muted:
        return "automation is muted"
    return "the customer is answered already" if _said_in_turn(issue).exists() else ""


def _queue(issue: Issue, text: str, by: str, *, instead_of: list[Response]) -> Response:
    """The program's words take the place of ours: the customer has waited since the turn began that they answer."""
    now = timezone.now()
    queries.unspoken(issue).update(state=State.CANCELLED)
    response = Response.objects.create(
        issue=issue,
        turn=queries.next_turn(issue),
        location=issue.location,
        rank=Priority(issue.priority).rank,
        kind=Response.Kind.PROGRAM,
        text=text,
        verdict={"program": by},
        created_at=min((r.created_at for r in instead_of), default=now),
        due_at=now,
        deadline_at=min((r.deadline_at for r in instead_of), default=promises.answer_due(issue, now)),
    )
    jobs.wake("respond")
    return response


# --- What a program tells -------------------------------------------------------------------------

# The kinds that have consequences, by what they say. All others are written down and no more.
REPLIED_BY_PROGRAM = {"automated_response", "message_sent"}
REPLIED_BY_PERSON = {"message_sent", "call_made"}
GIVEN_UP = {"no_phone_available"}
FOR_A_PERSON = {"escalation_needed", "escalated"}


@dataclass(frozen=True)
class Report:
    """What was done to an issue, as a program tells it.

    `by` is a person's name, or a program's as `actions.is_automation` knows them. `text` describes it; `words` are
    what the customer heard, where that is known. Both may quote people. `payload` is the whole report.
    """

    kind: str
    text: str
    by: str
    success: bool
    payload: dict
    words: str = ""

    @property
    def automated(self) -> bool:
        return actions.is_automation(self.by)

    @property
    def tells_of_a_reply(self) -> bool:
        """Whether it says that the customer has heard something."""
        return self.success and self.kind in (REPLIED_BY_PROGRAM if self.automated else REPLIED_BY_PERSON)


def note(issue: Issue, report: Report, *, trusted: bool) -> tuple[Action, bool]:
    """The action that `report` is kept as, and whether it was told before: the same within ten minutes is the same.

    A reply by a person counts as one. A reply by a program counts if MIS itself has sent it, and has its own record
    then, or if the program is `trusted` to send by itself; else only the issue is not offered to programs again.
    The description is in the action as a digest only: what it may quote is kept with the inbound events, for 30 days.
    """
    now = timezone.now()
    with transaction.atomic():
        issue = queries.locked(issue)
        if report.automated and (report.tells_of_a_reply or report.kind in GIVEN_UP):
            _attempted(issue)
        if action := _told_before(issue, report, now):
            if report.kind in FOR_A_PERSON:
                _attempted(issue)
            return action, True
        action = _write_down(issue, report, now)
        _follow(issue, report, trusted, now)
    return action, False


def _attempted(issue: Issue) -> None:
    """A program has had its try."""
    Issue.objects.filter(pk=issue.pk).update(automation_attempted_at=timezone.now(), updated_at=timezone.now())


def _digest(report: Report) -> str:
    return wire.digest(report.kind, report.text)


def _told_before(issue: Issue, report: Report, now: datetime) -> Action | None:
    lately = issue.actions.filter(kind=Action.Kind.NOTED, at__gt=now - SAME_WITHIN)
    return lately.filter(detail__said=_digest(report)).first()


def _write_down(issue: Issue, report: Report, now: datetime) -> Action:
    detail = {"type": report.kind, "said": _digest(report)}
    action = actions.record(issue, Action.Kind.NOTED, by=report.by, success=report.success, at=now, **detail)
    InboundEvent.objects.create(
        source=InboundEvent.Source.API,
        key=f"api:action:{action.pk}",
        kind="issues/action",
        location=issue.location,
        payload=report.payload,
        issue=issue,
        received_at=now,
    )
    return action


def _follow(issue: Issue, report: Report, trusted: bool, now: datetime) -> None:
    """What follows from a report of something new."""
    if not issue.is_unresolved:
        return
    if report.kind in FOR_A_PERSON:
        if issue.status == Status.ESCALATED:
            _attempted(issue)
        else:
            escalate.escalate(issue, escalate.ASKED_BY_PROGRAM, by=report.by, words=report.text)
    elif report.tells_of_a_reply and (trusted or not report.automated) and not _is_known(issue, report, now):
        _take_turn(issue, report, now)


def _is_known(issue: Issue, report: Report, now: datetime) -> bool:
    """Whether MIS has a record of its own of this reply. A person may speak after us; a program is one voice with us."""
    if report.automated:
        return _said_in_turn(issue).exists()
    return bool(issue.customer) and queries.said_already(issue.customer, report.words or report.text, now)


def _take_turn(issue: Issue, report: Report, now: datetime) -> None:
    """The customer was answered outside of MIS: that turn is done, and ours is dropped."""
    queries.unspoken(issue).update(state=State.CANCELLED)
    kind = Response.Kind.PROGRAM if report.automated else Response.Kind.HUMAN
    response = Response.objects.create(
        issue=issue,
        turn=queries.next_turn(issue),
        location=issue.location,
        rank=Priority(issue.priority).rank,
        state=State.SENT,
        kind=kind,
        text=report.words or report.text,
        created_at=now,
        deadline_at=issue.response_due_at,
        sent_at=now,
    )
    if issue.first_response_at is None:
        issue.first_response_at, issue.answered_by = now, kind
    if issue.status == Status.OPEN:
        issue.status = Status.IN_PROGRESS
    issue.silent_since = now if issue.status == Status.IN_PROGRESS else None
    issue.save(update_fields=["first_response_at", "answered_by", "status", "silent_since", "updated_at"])
    actions.record(issue, Action.Kind.REPLIED, by=report.by, response=response, at=now, how=str(kind))


# --- What programs ask ----------------------------------------------------------------------------


def unresolved(priority: str = "", *, attempted: bool = False) -> QuerySet[Issue]:
    """Unresolved issues, newest first, with all that a row shows of them.

    A program that polls takes an issue without a first response for one to answer. One that a program has tried is
    left out until it is answered, or goes to a person; unless `attempted` ones are wanted too. Imported ones are left
    out always: what another system left open, maybe years ago, is not for automation.
    """
    issues = Issue.objects.filter(status__in=UNRESOLVED).exclude(source=Issue.Source.IMPORT)
    issues = issues.select_related("customer", "assignee")
    if priority:
        issues = issues.filter(priority=priority)
    if not attempted:
        news = Q(escalated_at__isnull=False, escalated_at__gt=F("automation_attempted_at"))
        issues = issues.filter(Q(automation_attempted_at=None) | Q(first_response_at__isnull=False) | news)
    return issues.order_by("-detected_at", "-pk")


def unanswered() -> QuerySet[Message]:
    """Messages of unresolved issues since which nothing was said, newest first, with their issue and customer."""
    said = Response.objects.filter(issue=OuterRef("issue"), turn__gte=OuterRef("turn"), state=State.SENT)
    waiting = Message.objects.filter(~Exists(said), issue__status__in=UNRESOLVED)
    return waiting.select_related("issue__customer").order_by("-sent_at", "-pk")

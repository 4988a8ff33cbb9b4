"""Ingest: from something that arrived to an issue with an answer waiting to be given."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from mis_dashboard.lib import jobs, live, rows

from . import actions, customers, handover, promises, queries, reading, resolve, survey
from .models import Action, Customer, EventKey, InboundEvent, Issue, Message, Policy, Response
from .models.issue import Priority, Status
from .models.response import State
from .wishes import wish

OLDEST = timedelta(hours=48)
LONGEST_DEBOUNCE = timedelta(seconds=8)
# WhatsApp tells times in whole seconds: what came later may look a second earlier.
WHOLE_SECONDS = timedelta(seconds=1)

# The unique constraints that a repeat meets, and those that two first messages of one customer meet.
SAID_BEFORE = {
    "one_event_per_key",
    "one_message_per_external_id",
    "one_response_per_channel_id",
}
SAME_CUSTOMER = {"one_customer_per_phone", "one_customer_per_contact"}


@dataclass(frozen=True)
class Inbound:
    """What an entry point understood of one delivery. `key` names the event, so that a repeat is known.

    `occurred_at` is the outside's own time. A `message` has something a customer said; with
    `text` empty it was a recording or a picture. An `answer` was said to the customer by a person.
    """

    source: InboundEvent.Source
    key: str
    kind: str
    payload: dict
    location: str = ""
    contact_id: str | None = None
    phone: str | None = None
    lid: str | None = None
    name: str = ""
    language: str = ""
    text: str = ""
    message_id: str | None = None
    issue_type: str = ""
    priority: str = ""
    occurred_at: datetime | None = None
    message: bool = False
    answer: bool = False
    issue_source: Issue.Source = Issue.Source.GHL
    metadata: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a delivery: the issue it belongs to, if any, and whether we had it already."""

    issue_id: UUID | None
    repeated: bool = False


def ingest(inbound: Inbound, *, now: datetime | None = None) -> Outcome:
    """Stores the delivery and all that follows from it in one transaction; a repeat changes nothing.

    Raises django.db.OperationalError when the database is away; then nothing is stored.
    """
    now = now or timezone.now()
    for _attempt in range(3):
        try:
            with transaction.atomic():
                return _store(inbound, now)
        except IntegrityError as error:
            # The event is stored last, so a repeat undoes whatever was written before it.
            constraint = error.__cause__.diag.constraint_name
            if constraint in SAID_BEFORE:
                return Outcome(_issue_of(inbound), repeated=True)
            if constraint not in SAME_CUSTOMER:
                raise
            # Two first messages of one new customer met; by now the other one is stored.
    raise RuntimeError("A customer could not be stored after three attempts.")


def _issue_of(inbound: Inbound) -> UUID | None:
    """The issue of what was told before; None where that is not known any more."""
    event = queries.event(inbound.key)
    if event or not inbound.message_id:
        return event and event.issue_id
    return Message.objects.filter(external_id=inbound.message_id).values_list("issue_id", flat=True).first()


def _store(inbound: Inbound, now: datetime) -> Outcome:
    customer = _customer(inbound, now)
    issue = None
    if inbound.message:
        issue = _receive(inbound, customer, now)
    elif inbound.answer and customer:
        issue = _person_answered(inbound, customer, now)
    if issue is None:
        rows.insert(*_event(inbound, None, now))
    return Outcome(issue and issue.pk)


def _event(inbound: Inbound, issue: Issue | None, now: datetime) -> tuple[EventKey, InboundEvent]:
    event = InboundEvent(
        source=inbound.source,
        key=inbound.key,
        kind=inbound.kind,
        location=inbound.location,
        payload=inbound.payload,
        issue=issue,
        received_at=now,
    )
    return EventKey(key=inbound.key, received_at=now), event


def _customer(inbound: Inbound, now: datetime) -> Customer | None:
    """The customer, made or brought up to date, and locked until the transaction ends."""
    names = {"phone": inbound.phone, "contact_id": inbound.contact_id, "lid": inbound.lid}
    if not any(names.values()):
        return None
    customer = queries.customer_for_update(inbound.location, **names)
    if customer:
        _update(customer, inbound)
        return customer
    if inbound.answer:
        return None  # people write from the company's phone to others than customers, too
    customer = Customer(
        location=inbound.location,
        contact_id=inbound.contact_id,
        phone=inbound.phone,
        lid=None if inbound.phone else inbound.lid,
        name=inbound.name[:200],
        language=inbound.language,
        created_at=now,
    )
    customer.is_new = True
    rows.insert(customer)
    if inbound.phone and inbound.lid:
        customers.know_lid(customer, inbound.lid)
    return customer


def _update(customer: Customer, inbound: Inbound) -> None:
    news = {"phone": inbound.phone, "language": inbound.language}
    if not customer.name or inbound.source != InboundEvent.Source.EVOLUTION:
        news["name"] = inbound.name[:200]  # what people call themselves on WhatsApp says less than the CRM
    if not customer.location:
        news["location"] = inbound.location
    if customer.contact_id is None:
        news["contact_id"] = inbound.contact_id
    changed = [name for name, value in news.items() if value and value != getattr(customer, name)]
    if (
        "contact_id" in changed
        and Customer.objects.filter(
            location=customer.location or inbound.location, contact_id=inbound.contact_id
        ).exists()
    ):
        changed.remove("contact_id")  # the CRM has this person twice; the phone decides
    for name in changed:
        setattr(customer, name, news[name])
    if changed:
        customer.save(update_fields=changed)
    if inbound.phone and inbound.lid:
        customers.know_lid(customer, inbound.lid, new_phone="phone" in changed)


def _receive(inbound: Inbound, customer: Customer | None, now: datetime) -> Issue:
    """Stores a message: in the customer's issue, or in a new one, with its turn waiting to be answered.

    An issue that ended lately is open again, unless the message leaves it ended.
    """
    sent_at = _sane(inbound.occurred_at, now)
    if customer and (told := queries.told_elsewhere(customer, inbound.text, inbound.message_id, sent_at)):
        rows.insert(*_event(inbound, told, now))
        return told
    known = _known_issue(customer, now)
    if known and not known.is_unresolved:
        if _leaves_it_ended(inbound, known, sent_at, now):
            return known
        known = _reopened(known)
    if known and known.silent_since:
        known.silent_since = None
        known.save(update_fields=["silent_since", "updated_at"])
    issue = known or _new_issue(inbound, customer, now)
    policy = Policy.current()
    debounce = timedelta(seconds=policy.debounce_seconds)
    waiting = known and _turn_still_open(issue, debounce, now)
    response = waiting or _new_turn(issue, queries.next_turn(issue) if known else 1, debounce, now)
    message = _message(inbound, issue, response.turn, sent_at, now)
    kind = Action.Kind.JOINED if known else Action.Kind.RECEIVED
    action = actions.unsaved(issue, kind, by=actions.CUSTOMER, response=response, at=now)
    new = [*([] if known else [issue]), *([] if waiting else [response])]
    to_person = handover.called_for(inbound.text, customer, policy)
    notice = handover.notice(to_person, issue, inbound.text, policy) if to_person else ""
    if notice:
        handover.say(response, notice, now)
    answered = notice or not to_person
    wake = jobs.call("respond", response.due_at) if response.state == State.WAITING and answered else []
    rows.insert(*new, message, action, *_event(inbound, issue, now), calls=[live.CALL, *wake])
    if notice and waiting:
        response.save(update_fields=["purpose", "kind", "state", "text", "verdict", "due_at"])
    if to_person:
        handover.hand_over(issue, to_person, now)
    return issue


def _known_issue(customer: Customer | None, now: datetime) -> Issue | None:
    if customer is None or customer.is_new:
        return None
    return queries.unresolved_issue(customer) or queries.ended_lately(customer, now)


def _leaves_it_ended(inbound: Inbound, issue: Issue, sent_at: datetime, now: datetime) -> bool:
    """Whether a message to a resolved issue is a rating that we asked for, or nothing but thanks: then it is stored.

    A rating that comes with a wish of which a person must know is taken, and the wish goes the ordinary way.
    """
    stars = reading.rating(inbound.text) if survey.awaits_rating(issue) else None
    if stars is None and not reading.thanks(inbound.text):
        return False
    if stars is not None:
        survey.rate(issue, stars, now)
    if wish(inbound.text):
        return False
    if stars is None:
        actions.record(issue, Action.Kind.JOINED, by=actions.CUSTOMER, at=now)
    turn = max(1, queries.next_turn(issue) - 1)
    rows.insert(_message(inbound, issue, turn, sent_at, now), *_event(inbound, issue, now))
    return True


def _reopened(issue: Issue) -> Issue:
    resolve.reopen(issue, by=actions.CUSTOMER)
    return queries.locked(issue)


def _message(inbound: Inbound, issue: Issue, turn: int, sent_at: datetime, now: datetime) -> Message:
    return Message(
        issue=issue,
        turn=turn,
        text=inbound.text,
        external_id=inbound.message_id,
        sent_at=sent_at,
        received_at=now,
    )


def _new_issue(inbound: Inbound, customer: Customer | None, now: datetime) -> Issue:
    priority = inbound.priority or Priority.MEDIUM
    detected_at = _sane(inbound.occurred_at, now)
    location = inbound.location or (customer.location if customer else "")
    return Issue(
        customer=customer,
        location=location,
        source=inbound.issue_source,
        type=inbound.issue_type[:100] or "other",
        priority=priority,
        text=inbound.text,
        metadata=inbound.metadata,
        detected_at=detected_at,
        received_at=now,
        **promises.made(priority, location, detected_at).kept_on_issue,
    )


def _sane(occurred_at: datetime | None, now: datetime) -> datetime:
    """The event's own time, unless it lies after its receipt or more than 48 hours before."""
    return occurred_at if occurred_at and now - OLDEST <= occurred_at <= now else now


def _turn_still_open(issue: Issue, debounce: timedelta, now: datetime) -> Response | None:
    """The turn that nobody has heard an answer in. Who types in short messages is let finish, for 8 s at the most.

    An answer that could not be said yet is forgotten: the customer has more to say, and gets one answer to all.
    """
    waiting = issue.responses.select_for_update(no_key=True).filter(state=State.WAITING)
    waiting.filter(purpose=Response.Purpose.FOLLOW_UP).update(state=State.CANCELLED)
    ours = waiting.exclude(kind=Response.Kind.HUMAN).exclude(purpose=Response.Purpose.HANDOVER)
    response = ours.first()
    if response:
        response.due_at = max(response.due_at, min(now + debounce, response.created_at + LONGEST_DEBOUNCE))
        response.text, response.kind, response.verdict = "", "", None
        response.save(update_fields=["due_at", "text", "kind", "verdict"])
    return response


def _new_turn(issue: Issue, turn: int, debounce: timedelta, now: datetime) -> Response:
    """A Response for the customer's next turn; with a person in charge of the issue, one that waits for that person."""
    return Response(
        issue=issue,
        turn=turn,
        location=issue.location,
        rank=Priority(issue.priority).rank,
        state=State.HANDED_OVER if issue.status == Status.ESCALATED else State.WAITING,
        created_at=now,
        due_at=now + debounce,
        deadline_at=issue.response_due_at if turn == 1 else promises.answer_due(issue, now),
    )


def _person_answered(inbound: Inbound, customer: Customer, now: datetime) -> Issue | None:
    """Somebody of the company has answered outside of MIS: that turn is theirs, and ours is dropped.

    A report that comes late, when the customer has written again since, changes nothing any more.
    """
    issue = queries.unresolved_issue(customer)
    if issue is None:
        return None
    rows.insert(*_event(inbound, issue, now))
    sent_at = _sane(inbound.occurred_at, now)
    stale = queries.asked_after(issue, sent_at + WHOLE_SECONDS)
    if inbound.text and not stale and not queries.said_already(customer, inbound.text, sent_at):
        _take_turn(issue, inbound, max(sent_at, issue.detected_at))
    return issue


def _take_turn(issue: Issue, inbound: Inbound, sent_at: datetime) -> None:
    queries.unspoken(issue).update(state=State.CANCELLED)
    response = Response.objects.create(
        issue=issue,
        turn=queries.next_turn(issue),
        location=issue.location,
        rank=Priority(issue.priority).rank,
        state=State.SENT,
        kind=Response.Kind.HUMAN,
        text=inbound.text,
        deadline_at=issue.response_due_at,
        sent_at=sent_at,
        channel_id=inbound.message_id,
    )
    if issue.first_response_at is None or sent_at < issue.first_response_at:
        issue.first_response_at, issue.answered_by = sent_at, response.kind
    if issue.status == Status.OPEN:
        issue.status = Status.IN_PROGRESS
    if issue.status != Status.ESCALATED:
        issue.silent_since = sent_at
    issue.save(update_fields=["first_response_at", "answered_by", "status", "silent_since", "updated_at"])
    actions.record(issue, Action.Kind.REPLIED, by="person", response=response, at=sent_at, how="human")

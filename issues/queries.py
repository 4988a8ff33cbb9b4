"""Reads that span tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import CharField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat, Now

from mis_dashboard.lib.recent import recent
from mis_dashboard.models import Job

from .channels import MISCONFIGURED
from .models import (
    Action,
    ChannelState,
    Customer,
    EventKey,
    InboundEvent,
    Issue,
    KnowledgeNote,
    Message,
    ModelPrice,
    Policy,
    PromptVersion,
    ReplyTemplate,
    Response,
)
from .models.issue import UNRESOLVED, Status
from .models.response import PENDING, State

# Issues made by our own probes.
PROBES = Q(metadata__contains={"probe": True})

A_DAY = timedelta(days=1)
SAME_WORDS_WITHIN = timedelta(seconds=90)
LATELY = timedelta(minutes=10)
REOPENED_WITHIN = timedelta(days=7)


def counted() -> Q:
    """The issues that the screens count: no probes and demonstrations, except where all is a demonstration.

    What another system left open is told as history, and is no work of ours now.
    """
    ours = ~Q(source=Issue.Source.IMPORT)
    return ours if settings.DEMO else ours & ~Q(source=Issue.Source.DEMO) & ~PROBES


@dataclass(frozen=True)
class Line:
    """How the line to WhatsApp stands, since when, and when that was last heard. `reason` is a code for why it does not."""

    state: str
    since: datetime | None = None
    checked_at: datetime | None = None
    reason: str = ""


def channel_state() -> Line:
    """How the line to WhatsApp stands; "unknown" when nobody has told yet. One query while all is well."""
    row = ChannelState.objects.filter(instance=settings.EVOLUTION_INSTANCE).first()
    if row is None:
        return Line(ChannelState.State.UNKNOWN, reason=_misconfigured())
    return Line(row.state, row.changed_at, row.checked_at, _reason(row.state))


def _reason(state: str) -> str:
    reasons = {ChannelState.State.OPEN: "", ChannelState.State.CLOSE: "not_connected"}
    return reasons[state] if state in reasons else _misconfigured()


def _misconfigured() -> str:
    """Why nothing can be sent before a person repairs the set-up, as far as answers have failed from it lately."""
    lately = Action.objects.filter(kind=Action.Kind.ESCALATED, at__gte=Now() - LATELY)
    codes = lately.filter(detail__code__in=sorted(MISCONFIGURED)).order_by("-at").values_list("detail__code", flat=True)
    return codes.first() or ""


def event(key: str) -> InboundEvent | None:
    """The event of that key, if it has come. Its key tells when, and so in which month's part it is."""
    came = EventKey.objects.filter(key=key).values("received_at")
    return InboundEvent.objects.filter(key=key, received_at=Subquery(came)).first()


def anything_unsure() -> bool:
    """Whether there is any answer of which we do not know that it was heard."""
    return Response.objects.filter(state=State.UNSURE).exists()


def customer_for_update(
    location: str, *, phone: str | None, contact_id: str | None, lid: str | None = None
) -> Customer | None:
    """The customer with this phone, else with this contact, else with WhatsApp's hidden id, locked so that their messages queue up here.

    WhatsApp does not say which location is meant: then it is the customer of that phone who had an issue last. A
    hidden id stands for the phone that it was once met with. Whom only WhatsApp told of belongs to the first location
    that names the same phone.
    """
    if lid:
        _queue_up(lid)
        phone = phone or phone_behind(lid)
    if phone:
        _queue_up(phone)
    return _customer(location, phone, contact_id, lid)


def _customer(location: str, phone: str | None, contact_id: str | None, lid: str | None) -> Customer | None:
    if not location and phone and (customer := _customer_by_phone(phone)):
        return customer
    here = Q(phone=phone) if phone else Q()
    here |= Q(contact_id=contact_id) if contact_id else Q()
    here |= Q(lid=lid, phone=None) if lid else Q()
    same = Q(here, location=location)
    if phone:
        same |= Q(phone=phone, location="", contact_id=None)
    found = Customer.objects.select_for_update(no_key=True).filter(same).order_by("created_at")
    return min(found, key=lambda c: (c.location != location, c.phone != phone), default=None)


def phone_behind(lid: str) -> str | None:
    """The phone of whoever WhatsApp hides behind `lid`, as far as it was ever told."""
    return Customer.objects.filter(lid=lid, phone__isnull=False).values_list("phone", flat=True).first()


def _queue_up(name: str) -> None:
    """Makes messages of one phone or hidden id wait for each other: of a stranger there is no row yet to wait for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('customer'), hashtext(%s))", [name])


def _customer_by_phone(phone: str) -> Customer | None:
    recent = F("last").desc(nulls_last=True)
    same = Customer.objects.filter(phone=phone).annotate(last=Max("issues__detected_at")).order_by(recent, "created_at")
    customer = same.first()
    return customer and Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)


def locked(issue: Issue) -> Issue:
    """The issue as it is now, nobody else's to change until the transaction ends.

    Whoever changes an issue and its responses locks the issue first, so that no two wait for each other.
    """
    return Issue.objects.select_for_update(no_key=True).get(pk=issue.pk)


def happened(issue: Issue) -> QuerySet[Action]:
    """All that happened to the issue, in order.

    MIS writes of nothing that was before the issue (a day is left for clocks), so that older months are not looked into.
    What is imported may be of any time.
    """
    if issue.source == Issue.Source.IMPORT:
        return issue.actions.all()
    return issue.actions.filter(at__gte=min(issue.detected_at, issue.received_at) - A_DAY)


def unresolved_issue(customer: Customer) -> Issue | None:
    """The customer's newest issue that is not at its end, locked. What another system has not ended is none of ours."""
    unresolved = customer.issues.filter(status__in=UNRESOLVED).exclude(source=Issue.Source.IMPORT)
    return unresolved.select_for_update(no_key=True).order_by("-detected_at").first()


def ended_lately(customer: Customer, now: datetime) -> Issue | None:
    """The customer's issue that was resolved last, at most 7 days ago, locked. One that was closed is no such issue."""
    resolved = customer.issues.filter(status=Status.RESOLVED, resolved_at__gte=now - REOPENED_WITHIN)
    resolved = resolved.exclude(source=Issue.Source.IMPORT)
    return resolved.select_for_update(no_key=True).order_by("-resolved_at").first()


def silent(now: datetime) -> QuerySet[Issue]:
    """Issues whose customer has been silent for as long as the policy in force wants, the longest first.

    With automation muted none: nothing ends by itself then.
    """
    policy = Policy.current()
    since = now - timedelta(minutes=policy.auto_resolve_after_minutes)
    found = Issue.objects.filter(silent_since__lte=since).order_by("silent_since")
    return found.none() if policy.muted else found


def unjudged(now: datetime) -> QuerySet[Issue]:
    """Silent issues that no job is about to look at."""
    key = Concat(Value("triage "), Cast("pk", CharField()), output_field=CharField())
    return silent(now).annotate(job=key).exclude(Exists(Job.objects.filter(dead=False, key=OuterRef("job"))))


def said(issue: Issue) -> list[Response]:
    """What was really said to the customer about the issue, in order; questions for a rating aside."""
    sent = issue.responses.filter(state=State.SENT).exclude(purpose=Response.Purpose.SURVEY)
    return list(sent.order_by("sent_at"))


# A question that is handed over is one of which it is not known whether it was heard.
HEARD = [State.SPEAKING, State.UNSURE, State.SENT, State.HANDED_OVER]


def asked_for_rating(issue: Issue, *, since: datetime) -> bool:
    """Whether the customer was or will be asked to rate this issue, or any other one `since` then."""
    surveys = Response.objects.filter(issue__customer=issue.customer_id, purpose=Response.Purpose.SURVEY)
    return surveys.filter(Q(issue=issue) | Q(created_at__gt=since)).exclude(state=State.CANCELLED).exists()


def asked_before(question: Response, *, since: datetime) -> bool:
    """Whether the same customer has heard another question for a rating `since` then, or is about to hear an older one."""
    customer = question.issue.customer_id
    others = Response.objects.filter(issue__customer=customer, purpose=Response.Purpose.SURVEY, created_at__gt=since)
    first = Q(state__in=HEARD) | Q(state__in=PENDING, pk__lt=question.pk)
    return others.filter(first).exclude(pk=question.pk).exists()


def was_asked(issue: Issue) -> bool:
    """Whether the customer has heard, or may have heard, the question for a rating."""
    return issue.responses.filter(purpose=Response.Purpose.SURVEY, state__in=HEARD).exists()


def unspoken(issue: Issue) -> QuerySet[Response]:
    """Answers of the automation's that nobody has heard yet. What a person wrote is not among them."""
    return issue.responses.filter(state__in=PENDING).exclude(kind=Response.Kind.HUMAN)


def was_told_of_handover(issue: Issue) -> bool:
    """Whether the customer has heard, or is about to hear, that a person takes over the issue."""
    notices = issue.responses.filter(purpose=Response.Purpose.HANDOVER)
    return notices.exclude(state__in=[State.HANDED_OVER, State.CANCELLED]).exists()


def waits_for_us(issue: Issue) -> bool:
    """Whether something is still to be said to the customer."""
    return issue.responses.filter(state__in=[*PENDING, State.SPEAKING, State.UNSURE]).exists()


def unanswered(issue: Issue) -> Response | None:
    """The answer that the customer's last words were to get and did not; None when they were answered, or will be."""
    turn = issue.messages.aggregate(last=Max("turn"))["last"]
    if turn is None:
        return None
    since = list(issue.responses.filter(turn__gte=turn).exclude(purpose=Response.Purpose.SURVEY).order_by("turn"))
    over = all(response.state in (State.CANCELLED, State.HANDED_OVER) for response in since)
    return since[0] if since and over else None


def answered_after(response: Response) -> bool:
    """Whether in a later turn a person has said something, or automation, which had then read all that came before."""
    later = response.issue.responses.filter(turn__gt=response.turn)
    by_person = Q(kind=Response.Kind.HUMAN) & ~Q(state=State.CANCELLED)
    by_us = Q(state__in=[State.SPEAKING, State.UNSURE, State.SENT], purpose__in=Response.ANSWERS)
    return later.filter(by_person | by_us).exists()


def said_already(customer: Customer, text: str, sent_at: datetime) -> bool:
    """Whether these words, reported from outside as a person's, are ones that we know to have been said."""
    near = (sent_at - SAME_WORDS_WITHIN, sent_at + SAME_WORDS_WITHIN)
    said = Response.objects.filter(issue__customer=customer, state__in=[State.SPEAKING, State.UNSURE, State.SENT])
    told = said.filter(Q(sent_at__range=near) | Q(spoken_at__range=near)).values_list("text", flat=True)
    return any(words.split() == text.split() for words in told)


def asked_after(issue: Issue, moment: datetime) -> bool:
    """Whether the customer has written since `moment`."""
    return issue.messages.filter(sent_at__gt=moment).exists()


def told_elsewhere(customer: Customer, text: str, external_id: str | None, sent_at: datetime) -> Issue | None:
    """The issue that holds these words already: the CRM and WhatsApp both report a message, each with its id.

    It may have ended in the meantime, and the two may know the customer by different locations.
    """
    if not text or not external_id:
        return None
    way = external_id.split(":")[0] + ":"
    near = (sent_at - SAME_WORDS_WITHIN, sent_at + SAME_WORDS_WITHIN)
    theirs = {"issue__customer__phone": customer.phone} if customer.phone else {"issue__customer": customer}
    told = Message.objects.filter(**theirs, text=text, sent_at__range=near, external_id__isnull=False)
    message = told.exclude(external_id__startswith=way).select_related("issue").first()
    return message and message.issue


def twin(issue: Issue) -> Issue | None:
    """Another issue of the customer's phone that holds the same words, told another way."""
    told = (told_elsewhere(issue.customer, m.text, m.external_id, m.sent_at) for m in issue.messages.all())
    return next((other for other in told if other and other != issue), None)


def next_turn(issue: Issue) -> int:
    """The number of the turn that begins now, from 1."""
    return (issue.responses.aggregate(last=Max("turn"))["last"] or 0) + 1


CONVERSATION = """
    SELECT who, text FROM (
        SELECT sent_at, 'customer' AS who, text FROM issues_message WHERE issue_id = %s
        UNION ALL
        SELECT sent_at, 'us', text FROM issues_response WHERE issue_id = %s AND state = 'sent' AND purpose <> 'survey'
    ) AS said ORDER BY sent_at
"""


def conversation(issue: Issue) -> list[tuple[str, str]]:
    """Who said what, in order: ("customer" | "us", text). Only what was really sent counts as said by us."""
    with connection.cursor() as cursor:
        cursor.execute(CONVERSATION, [issue.pk, issue.pk])
        return cursor.fetchall()


def channel_ids(customer: Customer) -> list[str]:
    """The ids of all messages that we know to have gone to this customer. One that was only overheard is not known yet."""
    sent = Response.objects.filter(issue__customer=customer, state=State.SENT, channel_id__isnull=False)
    return list(sent.values_list("channel_id", flat=True))


@recent(seconds=1)
def active_prompt(name: str = "reply") -> PromptVersion:
    """The prompt version in force, at most a second old. Raises PromptVersion.DoesNotExist when none is active."""
    return PromptVersion.objects.get(name=name, active=True)


MOST_KNOWLEDGE_CHARS = 12_000


@recent(seconds=1)
def knowledge(location: str) -> str:
    """What the AI may use and repeat at this location, at most a second old: see `as_knowledge`."""
    return as_knowledge(notes_for(location))


def notes_for(location: str) -> list[KnowledgeNote]:
    """The notes in use at this location: its own first, then those for every location; always in the same order."""
    notes = KnowledgeNote.objects.filter(active=True, location__in={location, ""})
    return list(notes.order_by(F("location").desc(), "title", "pk"))


def as_knowledge(notes: Iterable[KnowledgeNote]) -> str:
    """The notes as the AI reads them, each a block "# title" and its text; 12,000 characters at the most."""
    return "\n\n".join(note.as_block() for note in with_room(notes))


def with_room(notes: Iterable[KnowledgeNote]) -> list[KnowledgeNote]:
    """Those of the notes that the AI is told of. One that has no room is left out whole: half a price is worse than none."""
    told: list[KnowledgeNote] = []
    left = MOST_KNOWLEDGE_CHARS
    for note in notes:
        size = len(note.as_block())
        if size <= left:
            told.append(note)
            left -= size + 2
    return told


def template_for(issue_type: str, language: str) -> ReplyTemplate | None:
    """The template for this type, else the one for any; in this language, else in Portuguese."""
    wanted = ReplyTemplate.objects.filter(
        occasion="", issue_type__in=["", issue_type], language__in=[language, "pt-BR"]
    )
    order = sorted(wanted, key=lambda t: (t.language != language, t.issue_type == ""))
    return order[0] if order else None


def notice_for(occasion: str, language: str) -> ReplyTemplate | None:
    """What is said on this occasion: in this language, else in Portuguese. None when people have left no words for it."""
    wanted = ReplyTemplate.objects.filter(occasion=occasion, issue_type="", language__in=[language, "pt-BR"])
    return min(wanted, key=lambda template: template.language != language, default=None)


def price_of(model: str, day: date) -> ModelPrice | None:
    """The price in force on that day; of several that fit the model's name, the one with the longest name."""
    fitting = [p for p in _prices() if model.startswith(p.model) and p.valid_from <= day]
    return max(fitting, key=lambda p: (len(p.model), p.valid_from), default=None)


@recent(seconds=60)
def _prices() -> list[ModelPrice]:
    """All prices: they are few, and asked for at every call."""
    return list(ModelPrice.objects.all())

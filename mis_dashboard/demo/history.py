"""History for the demonstration: what the tables would hold had MIS run for a month. Same seed, same month."""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from issues import queries
from issues.models import Action, AICall, Customer, Issue, Message, PromptVersion, Response
from issues.models.issue import Priority, Status
from issues.models.response import Delivery, State
from mis_dashboard.lib.ids import uuid7
from mis_dashboard.sandbox import customers

DAYS = 30
PER_WEEKDAY = 420
BATCH = 2000

# Share of a day's messages by hour of the day in Brazil: quiet nights, two peaks around lunch.
BY_HOUR = [1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 18, 13, 15, 19, 20, 18, 15, 11, 9, 7, 5, 3, 2]
# A bad afternoon, so that the charts have something to tell: days ago, from hour, to hour.
OUTAGE = (9, 15, 16)


@dataclass
class Rows:
    """The rows of a stretch of history, by table, in the order in which they must be stored."""

    issues: list[Issue] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    calls: list[AICall] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    def store(self) -> None:
        for rows in (self.issues, self.messages, self.responses, self.calls, self.actions):
            if rows:
                type(rows[0]).objects.bulk_create(rows, batch_size=BATCH)
                rows.clear()


def load(now: datetime, *, seed: int, progress: Callable[[list], Iterator] = iter) -> int:
    """Stores `DAYS` days of history up to `now`, in one transaction, and returns the number of issues."""
    rng = random.Random(seed)  # noqa: S311  (a story, not a secret)
    moments = list(_moments(rng, now))
    with transaction.atomic():
        teller = Teller(rng, now, _customers(seed, now), PromptVersion.objects.get(name="reply", active=True))
        for number, moment in enumerate(progress(moments)):
            teller.tell(moment)
            if number % 500 == 499:
                teller.rows.store()
        teller.rows.store()
    return len(moments)


def _customers(seed: int, now: datetime) -> list[tuple[Customer, customers.Person]]:
    """The sandbox's people as our customers; those who are known already stay as they are."""
    people = customers.population(seed)
    rows = [
        Customer(
            location=person.location.id,
            contact_id=person.contact_id,
            phone=person.phone,
            name=person.name,
            created_at=now - timedelta(days=DAYS + 1),
        )
        for person in people
    ]
    Customer.objects.bulk_create(rows, ignore_conflicts=True)
    known = {c.contact_id: c for c in Customer.objects.filter(contact_id__in=[p.contact_id for p in people])}
    return [(known[p.contact_id], p) for p in people if p.contact_id in known]


def _moments(rng: random.Random, now: datetime) -> Iterator[datetime]:
    """When problems showed themselves, oldest first, by the hour of the day and the day of the week."""
    zone = ZoneInfo(settings.TIME_ZONE)
    first = (now - timedelta(days=DAYS)).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range(DAYS + 1):
        midnight = first + timedelta(days=day)
        volume = PER_WEEKDAY * (0.35 if midnight.weekday() >= 5 else 1) * rng.uniform(0.85, 1.15)
        hours = rng.choices(range(24), BY_HOUR, k=int(volume))
        moments = sorted(midnight + timedelta(hours=h, seconds=rng.uniform(0, 3600)) for h in hours)
        yield from (m.astimezone(now.tzinfo) for m in moments if m < now - timedelta(minutes=2))


class Teller:
    """Tells one issue after another, each a row of every table it would have left behind."""

    def __init__(self, rng: random.Random, now: datetime, people: list, prompt: PromptVersion):
        self.rng, self.now, self.people, self.prompt = rng, now, people, prompt
        self.rows = Rows()

    def tell(self, detected_at: datetime) -> None:
        customer, person = self.rng.choice(self.people)
        complaint = customers.complaint(self.rng, person.location.business, person.mood)
        issue = self._issue(customer, complaint, detected_at)
        self.rows.issues.append(issue)
        self._act(issue, Action.Kind.RECEIVED, detected_at, by="customer")
        how, took_s = self._answered_by(detected_at)
        response = self._response(issue, complaint, customer, how, detected_at + timedelta(seconds=took_s))
        self._deliver(issue, response)
        self._end(issue, response)

    def _issue(self, customer: Customer, complaint, at: datetime) -> Issue:
        issue = Issue(
            id=uuid7(at),
            customer=customer,
            location=customer.location,
            source=Issue.Source.DEMO,
            type=complaint.type,
            priority=complaint.priority,
            text=complaint.text,
            sentiment=self.rng.choices(["negative", "angry", "neutral"], [6, 2, 2])[0],
            detected_at=at,
            received_at=at + timedelta(milliseconds=self.rng.uniform(20, 300)),
            response_due_at=at + queries.response_target(complaint.priority),
            resolution_due_at=at + queries.resolution_target(complaint.priority),
        )
        self.rows.messages.append(
            Message(id=uuid7(at), issue=issue, turn=1, text=complaint.text, sent_at=at, received_at=issue.received_at)
        )
        return issue

    def _answered_by(self, at: datetime) -> tuple[str, float]:
        """Who answered first, and after how many seconds."""
        days_ago, start, end = OUTAGE
        local = at.astimezone(ZoneInfo(settings.TIME_ZONE))
        if local.date() == (self.now - timedelta(days=days_ago)).date() and start <= local.hour < end:
            return Response.Kind.TEMPLATE, self.rng.uniform(18, 29)
        how = self.rng.choices([Response.Kind.AI, Response.Kind.TEMPLATE, Response.Kind.HUMAN], [0.935, 0.045, 0.02])[0]
        median_s, spread = {"ai": (5.2, 0.35), "template": (14, 0.3), "human": (260, 0.8)}[how]
        return how, median_s * math.exp(self.rng.gauss(0, spread))

    def _response(self, issue: Issue, complaint, customer: Customer, how: str, sent_at: datetime) -> Response:
        response = Response(
            id=uuid7(issue.detected_at),
            issue=issue,
            turn=1,
            rank=Priority(issue.priority).rank,
            state=State.SENT,
            kind=how,
            text=customers.reply_for(complaint, customer.first_name),
            created_at=issue.received_at,
            due_at=issue.received_at,
            deadline_at=issue.response_due_at,
            attempts=1,
            sent_at=sent_at,
            delivery=Delivery.SENDING,
            channel_id=f"DEMO{uuid7(sent_at).hex.upper()}",
        )
        self.rows.responses.append(response)
        issue.first_response_at, issue.status = sent_at, Status.IN_PROGRESS
        self._calls(response, how)
        person = how == Response.Kind.HUMAN
        self._act(
            issue, Action.Kind.REPLIED, sent_at, response=response, by="ana" if person else "system", how=str(how)
        )
        return response

    def _calls(self, response: Response, how: str) -> None:
        if how == Response.Kind.AI:
            self._call(response, "answered", self.rng.uniform(0.9, 3.2))
        elif how == Response.Kind.TEMPLATE:
            for outcome in self.rng.choices(["unavailable", "late"], k=3):
                self._call(response, outcome, self.rng.uniform(2, 8))
            self._act(response.issue, Action.Kind.FELL_BACK, response.sent_at, response=response, success=False)

    def _call(self, response: Response, outcome: str, latency_s: float) -> None:
        answered = outcome == "answered"
        tokens_in, tokens_out = self.rng.randint(680, 980), self.rng.randint(90, 190)
        cost = (Decimal(tokens_in) * Decimal("0.30") + Decimal(tokens_out) * Decimal("2.50")) / 1_000_000
        self.rows.calls.append(
            AICall(
                id=uuid7(response.created_at),
                response=response,
                prompt=self.prompt,
                model=settings.GEMINI_MODEL,
                started_at=response.created_at + timedelta(seconds=3),
                latency_s=latency_s,
                outcome=outcome,
                tokens_in=tokens_in if answered else None,
                tokens_out=tokens_out if answered else None,
                tokens_thought=0 if answered else None,
                tokens_cached=0 if answered else None,
                cost_usd=cost if answered else None,
            )
        )

    def _deliver(self, issue: Issue, response: Response) -> None:
        if self.rng.random() < 0.012:
            response.delivery = Delivery.FAILED
            self._act(issue, Action.Kind.FAILED, response.sent_at + timedelta(seconds=2), by="whatsapp", success=False)
            self._escalate(issue, response.sent_at + timedelta(seconds=2), "WhatsApp could not deliver the answer")
            return
        response.delivered_at = response.sent_at + timedelta(seconds=self.rng.uniform(0.8, 6))
        response.delivery = Delivery.DELIVERED
        self._act(issue, Action.Kind.DELIVERED, response.delivered_at, response=response, by="whatsapp")
        if self.rng.random() < 0.72:
            response.read_at = response.delivered_at + timedelta(seconds=self.rng.uniform(3, 900))
            response.delivery = Delivery.READ
            self._act(issue, Action.Kind.READ, response.read_at, response=response, by="whatsapp")

    def _end(self, issue: Issue, response: Response) -> None:
        escalated = issue.status == Status.ESCALATED
        if not escalated and self.rng.random() < 0.06:
            self._escalate(issue, response.sent_at + timedelta(seconds=1), "The AI asks for a person")
            escalated = True
        resolved_at, by = response.sent_at + timedelta(minutes=self._minutes_to_resolve(escalated)), "system"
        if escalated or self.rng.random() < 0.05:
            by = "ana"
        if self.rng.random() < 0.02:  # forgotten over night, found in the morning
            resolved_at, by = resolved_at + timedelta(hours=self.rng.uniform(5, 16)), "ana"
        if resolved_at < self.now:
            self._resolve(issue, resolved_at, by)

    def _minutes_to_resolve(self, escalated: bool) -> float:
        return (95 if escalated else 46) * math.exp(self.rng.gauss(0, 0.55))

    def _escalate(self, issue: Issue, at: datetime, reason: str) -> None:
        issue.status, issue.escalated_at, issue.escalation_reason = Status.ESCALATED, at, reason
        self._act(issue, Action.Kind.ESCALATED, at, reason=reason)

    def _resolve(self, issue: Issue, at: datetime, by: str) -> None:
        issue.status, issue.resolved_at, issue.resolved_by = Status.RESOLVED, at, by
        self._act(issue, Action.Kind.RESOLVED, at, by=by)
        if self.rng.random() < 0.44:
            issue.customer_satisfaction = self.rng.choices([5, 4, 3, 2, 1], [58, 34, 4, 2, 2])[0]
            issue.rated_at = min(at + timedelta(minutes=self.rng.uniform(1, 90)), self.now)
            self._act(issue, Action.Kind.RATED, issue.rated_at, by="customer", stars=issue.customer_satisfaction)
        if self.rng.random() < 0.12:
            issue.false_positive = self.rng.random() < 0.04
            self._act(issue, Action.Kind.REVIEWED, at, by="ana", problem=not issue.false_positive)

    def _act(
        self, issue: Issue, kind: str, at: datetime, *, by="system", response=None, success=True, **detail
    ) -> None:
        at = min(at, self.now)
        self.rows.actions.append(
            Action(
                id=uuid7(at),
                issue=issue,
                response=response,
                kind=kind,
                at=at,
                by=by,
                automated=by == "system",
                success=success,
                detail=detail,
            )
        )

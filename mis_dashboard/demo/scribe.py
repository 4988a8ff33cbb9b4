"""Writes down the demonstration's history: the rows that MIS leaves behind when something happens to an issue."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings

from issues import actions, promises, wording
from issues.models import Action, AICall, Customer, Issue, Message, PromptVersion, ReplyTemplate, Response
from issues.models.issue import Priority, Status
from issues.models.response import Delivery, State
from mis_dashboard.lib.ids import uuid7
from mis_dashboard.sandbox.customers import Complaint

BATCH = 2000
A_MOMENT = timedelta(milliseconds=1)
USD_PER_TOKEN = (Decimal("0.30") / 1_000_000, Decimal("2.50") / 1_000_000)  # in, out


class NotYet(Exception):
    """What is to be told lies in the future: the issue stays as it is."""


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


class Scribe:
    """Each method is one thing that happened at `at`; it raises NotYet, and writes nothing, when that is after `now`."""

    def __init__(self, rng: random.Random, now: datetime):
        self.rng, self.now, self.rows = rng, now, Rows()
        self._last: tuple[Issue | None, datetime] = (None, now)
        self.prompts = {prompt.name: prompt for prompt in PromptVersion.objects.filter(active=True)}
        self.templates = {(t.occasion, t.issue_type, t.language): t.text for t in ReplyTemplate.objects.all()}

    def past(self, at: datetime) -> None:
        if at >= self.now:
            raise NotYet

    def words(self, issue: Issue, language: str, *, occasion: str = "") -> str:
        """The template's words for this issue, with the customer's name filled in."""
        wanted = [(occasion, kind, lang) for lang in (language, "pt-BR") for kind in ([issue.type, ""])]
        text = next(self.templates[key] for key in wanted if key in self.templates)
        return wording.fill(text, name=issue.customer.name.split()[0], type=issue.type)

    def issue(self, customer: Customer, complaint: Complaint, at: datetime) -> Issue:
        """A new issue with the customer's first message."""
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
            **promises.made(complaint.priority, customer.location, at).kept_on_issue,
        )
        self.rows.issues.append(issue)
        self.hear(issue, 1, complaint.text, at)
        return issue

    def hear(self, issue: Issue, turn: int, text: str, at: datetime) -> None:
        """The customer writes, and waits for us again."""
        self.past(at)
        issue.silent_since = None
        heard = Message(id=uuid7(at), issue=issue, turn=turn, text=text, sent_at=at, received_at=at)
        self.rows.messages.append(heard)
        self.act(issue, Action.Kind.RECEIVED if turn == 1 else Action.Kind.JOINED, at, by=actions.CUSTOMER)

    def say(
        self,
        issue: Issue,
        turn: int,
        kind: str,
        text: str,
        at: datetime,
        *,
        asked_at: datetime | None = None,
        purpose: str = Response.Purpose.REPLY,
        by: str = actions.SYSTEM,
    ) -> Response:
        """We speak, `asked_at` being when the turn began, and WhatsApp accepts it."""
        self.past(at)
        asked_at = asked_at or at
        response = Response(
            id=uuid7(asked_at),
            issue=issue,
            turn=turn,
            purpose=purpose,
            location=issue.location,
            rank=Priority(issue.priority).rank,
            state=State.SENT,
            kind=kind,
            text=text,
            created_at=asked_at,
            due_at=asked_at,
            deadline_at=promises.answer_due(issue, asked_at),
            attempts=1,
            spoken_to=issue.customer.phone,
            spoken_at=at,
            sent_at=at,
            delivery=Delivery.SENDING,
            channel_id=f"DEMO{uuid7(at).hex.upper()}",
        )
        self.rows.responses.append(response)
        self._answered(issue, response, at, by)
        return response

    def _answered(self, issue: Issue, response: Response, at: datetime, by: str) -> None:
        if response.purpose == Response.Purpose.SURVEY:
            self.act(issue, Action.Kind.SURVEYED, at, response=response)
            return
        if issue.first_response_at is None:
            issue.first_response_at, issue.answered_by = at, response.kind
        if issue.status == Status.OPEN:
            issue.status = Status.IN_PROGRESS
        if response.is_substantive and issue.status == Status.IN_PROGRESS:
            issue.silent_since = at
        said_for = {} if response.purpose == Response.Purpose.REPLY else {"purpose": str(response.purpose)}
        self.act(issue, Action.Kind.REPLIED, at, response=response, by=by, how=str(response.kind), **said_for)

    def receipts(self, response: Response) -> datetime:
        """The message arrives, and most are read. When that was; or when it was sent, as long as no receipt has come."""
        delivered_at = response.sent_at + timedelta(seconds=self.rng.lognormvariate(0.8, 0.5))
        read_at = delivered_at + timedelta(seconds=self.rng.lognormvariate(2.0, 0.8))
        if delivered_at >= self.now:
            return response.sent_at
        response.delivery, response.delivered_at = Delivery.DELIVERED, delivered_at
        self.act(response.issue, Action.Kind.DELIVERED, delivered_at, response=response, by="whatsapp")
        if self.rng.random() < 0.75 and read_at < self.now:
            response.delivery, response.read_at = Delivery.READ, read_at
            self.act(response.issue, Action.Kind.READ, read_at, response=response, by="whatsapp")
        return response.read_at or delivered_at

    def undelivered(self, response: Response, at: datetime) -> None:
        self.past(at)
        response.delivery, response.failure = Delivery.FAILED, "refused_by_whatsapp"
        self.act(response.issue, Action.Kind.FAILED, at, response=response, by="whatsapp", success=False)

    def ask(self, about: Response | Issue, outcome: str, at: datetime, latency_s: float) -> None:
        """A question to the AI: what to say in a response's turn, or whether an issue is solved."""
        reply = isinstance(about, Response)
        read, wrote = ((680, 980), (90, 190)) if reply else ((420, 640), (18, 40))
        tokens = (self.rng.randint(*read), self.rng.randint(*wrote))
        answered = outcome == "answered"
        cost = sum(price * n for price, n in zip(USD_PER_TOKEN, tokens, strict=True))
        self.rows.calls.append(
            AICall(
                id=uuid7(at),
                response=about if reply else None,
                issue=None if reply else about,
                prompt=self.prompts["reply" if reply else "triage"],
                model=settings.GEMINI_MODEL,
                started_at=at,
                latency_s=latency_s,
                outcome=outcome,
                tokens_in=tokens[0] if answered else None,
                tokens_out=tokens[1] if answered else None,
                tokens_thought=0 if answered else None,
                tokens_cached=0 if answered else None,
                cost_usd=cost if answered else None,
            )
        )

    def fall_back(self, response: Response, outcomes: Sequence[str]) -> None:
        """The AI was asked in vain before this template went out."""
        each = (response.sent_at - response.created_at) / (len(outcomes) + 1)
        for number, outcome in enumerate(outcomes, 1):
            self.ask(response, outcome, response.created_at + each * (number - 0.5), each.total_seconds() * 0.9)
        why, at = list(dict.fromkeys(outcomes)), response.sent_at - each / 10
        self.act(response.issue, Action.Kind.FELL_BACK, at, response=response, success=False, why=why, to="template")

    def escalate(self, issue: Issue, at: datetime, reason: str) -> None:
        self.past(at)
        if not issue.is_unresolved:
            issue.resolved_at, issue.resolved_by, issue.resolution_basis = None, "", ""
            self.act(issue, Action.Kind.REOPENED, at)
        issue.status, issue.escalated_at, issue.silent_since = Status.ESCALATED, issue.escalated_at or at, None
        issue.escalation_reason = reason
        self.act(issue, Action.Kind.ESCALATED, at, reason=reason)

    def resolve(self, issue: Issue, at: datetime, by: str, basis: str) -> None:
        self.past(at)
        issue.status, issue.silent_since = Status.RESOLVED, None
        issue.resolved_at, issue.resolved_by, issue.resolution_basis = at, by, basis
        self.act(issue, Action.Kind.RESOLVED, at, by=by, basis=str(basis))

    def rate(self, issue: Issue, stars: int, at: datetime) -> None:
        issue.customer_satisfaction, issue.rated_at, issue.rated_resolver = stars, at, issue.resolved_by
        self.act(issue, Action.Kind.RATED, at, by=actions.CUSTOMER, stars=stars, of=issue.resolved_by)

    def act(
        self, issue: Issue, kind: str, at: datetime, *, by=actions.SYSTEM, response=None, success=True, **detail
    ) -> None:
        self.past(at)
        at = self._after(issue, at)
        self.rows.actions.append(
            Action(
                id=uuid7(at),
                issue=issue,
                response=response,
                kind=kind,
                at=at,
                by=by,
                automated=by == actions.SYSTEM,
                success=success,
                detail=detail,
            )
        )

    def _after(self, issue: Issue, at: datetime) -> datetime:
        """`at`, or a moment later where the issue's last action is of the same instant: they are read in this order."""
        told, last = self._last
        if told is issue and abs(at - last) < A_MOMENT:
            at = last + A_MOMENT
        self._last = (issue, at)
        return at

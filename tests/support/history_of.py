"""Random issues, and what happens to them: whatever figures are measured of it must agree with one another."""

import random
from datetime import timedelta
from decimal import Decimal

from issues.models import Action, AICall, Issue
from issues.models.issue import UNRESOLVED, Priority

from . import make
from .make import NOW


class History:
    """Random issues of the days before NOW, and what happens to them, in any order and at any time."""

    def __init__(self, seed: int):
        self.chance = random.Random(seed)
        self.prompt = make.prompt()
        self.issues: list[Issue] = []

    def moment(self, after=None):
        """Mostly lately, and sometimes weeks ago."""
        if after:
            return after + timedelta(seconds=self.chance.choice([0, 0.5, 7, 60, 3600, 9000, 90_000]))
        return NOW - timedelta(seconds=self.chance.choice([1, 30]) * self.chance.uniform(0, 100_000))

    def begin(self):
        at, chance = self.moment(), self.chance
        answered = chance.random() < 0.8
        self.issues.append(
            make.issue(
                at=at, customer=None, location=chance.choice(["loc1", "loc2", ""]), priority=chance.choice(Priority.values),
                type=chance.choice(["billing", "other"]),
                first_response_at=self.moment(at) - timedelta(seconds=chance.choice([0, 0, 1])) if answered else None,
                answered_by=chance.choice(["ai", "template", "human", ""]) if answered else "",
                source=chance.choice(["ghl", "whatsapp", "import"] if chance.random() < 0.9 else ["demo"]),
            )
        )  # fmt: skip

    def happen(self):
        issue = self.chance.choice(self.issues)
        getattr(
            self, self.chance.choice(["act", "say", "receipt", "ask", "end", "reopen", "rate", "change", "escalate"])
        )(issue)

    def act(self, issue, kind=None, at=None, **changes):
        by = self.chance.choice(["system", "system", "ana", "customer"])
        Action.objects.create(
            issue=issue, kind=kind or self.chance.choice(Action.Kind.values), at=at or self.moment(issue.detected_at),
            **{"by": by, "automated": by == "system", "success": self.chance.random() < 0.9} | changes,
        )  # fmt: skip

    def say(self, issue):
        at = self.moment(issue.detected_at)
        make.response(
            issue, at=at, turn=issue.responses.count() + 1, state=self.chance.choice(["sent", "sent", "unsure"]), sent_at=at,
            text="Olá", kind=self.chance.choice(["ai", "cached", "template", "human", "program"]),
            purpose=self.chance.choice(["reply", "reply", "follow_up", "survey"]), delivery=self.chance.choice(["", "sending"]),
        )  # fmt: skip

    def receipt(self, issue):
        for response in issue.responses.all():
            response.delivery = self.chance.choice(["delivered", "read", "failed"])
            response.failure = "refused" if response.delivery == "failed" else ""
            response.save()

    def ask(self, issue):
        answered = self.chance.random() < 0.8
        AICall.objects.create(
            issue=issue, prompt=self.prompt, model="m", started_at=self.moment(issue.detected_at), latency_s=self.chance.random(),
            outcome="answered" if answered else "late", tokens_in=self.chance.choice([None, 10]), tokens_out=3,
            cost_usd=self.chance.choice([None, Decimal("0.00012345")]),
        )  # fmt: skip

    def end(self, issue):
        if issue.status in UNRESOLVED:
            at = self.moment(issue.detected_at)
            issue.status, issue.resolved_at, issue.resolved_by = "resolved", at, self.chance.choice(["system", "ana"])
            issue.save()
            self.act(issue, "resolved", at)

    def reopen(self, issue):
        if issue.status == "resolved":
            self.act(issue, "reopened", self.moment(issue.resolved_at))
            issue.status, issue.resolved_at, issue.resolved_by = "in_progress", None, ""
            issue.save()

    def rate(self, issue):
        issue.customer_satisfaction, issue.rated_at = self.chance.randint(1, 5), self.moment(issue.detected_at)
        issue.rated_resolver = self.chance.choice(["system", "ana"])
        issue.save()

    def change(self, issue):
        """A person corrects what it is about, or finds that it is nothing."""
        issue.type, issue.priority = self.chance.choice(["billing", "other"]), self.chance.choice(Priority.values)
        issue.location, issue.false_positive = (
            self.chance.choice(["loc1", "loc2"]),
            self.chance.choice([True, False, None]),
        )
        issue.save()

    def escalate(self, issue):
        if issue.status in UNRESOLVED:
            issue.status, issue.escalated_at = "escalated", issue.escalated_at or self.moment(issue.detected_at)
            issue.escalation_reason = self.chance.choice(["The AI asks for a person", "Alguém pediu"])
            issue.save()

    def go(self, begun: int, happened: int):
        """So many issues, and so many things that happen to any of them."""
        for _ in range(begun):
            self.begin()
        for _ in range(happened):
            self.happen()
        return self

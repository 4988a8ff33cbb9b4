"""How the issues of the demonstration's history go: the same customers, staff and policy as in its live part."""

import math
import random
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from issues import actions, escalate, reading
from issues.models import Action, Customer, Issue, Response
from issues.models.issue import Basis, Priority
from mis_dashboard.sandbox import customers
from mis_dashboard.sandbox.customers import Complaint, Person

from . import team
from .furnish import SILENCE
from .scribe import NotYet, Scribe

# A bad afternoon, so that the charts have something to tell: days ago, from hour, to hour.
OUTAGE = (9, 15, 16)
FOLLOW_UP_AFTER = timedelta(seconds=32)
FOLLOW_UP_WITHIN = timedelta(minutes=10)
SURVEY_AFTER = timedelta(seconds=60)
ASKED_AT_MOST_EACH = timedelta(hours=24)
TRIAGED_AS_OPEN = 0.02
FORGOTTEN = 0.02


class Teller:
    """Tells one issue after another, up to `now`."""

    def __init__(self, rng: random.Random, now: datetime, people: list[tuple[Customer, Person]]):
        self.rng, self.now, self.people = rng, now, people
        self.scribe = Scribe(rng, now)
        self._surveyed: dict[UUID, datetime] = {}
        self._promised: set[UUID] = set()
        self._deck: list[tuple[Customer, Person]] = []

    def tell(self, detected_at: datetime) -> bool:
        """One issue with all that became of it. False when it has no answer yet: such ones are left to the live part."""
        customer, person = self._somebody()
        complaint = customers.complaint(self.rng, person.location.business, person.mood, person.language)
        how, answered_at = self._answered_by(detected_at)
        if answered_at >= self.now:
            return False
        issue = self.scribe.issue(customer, complaint, detected_at)
        with suppress(NotYet):
            self._answer(issue, complaint, person, how, answered_at)
        return True

    def _somebody(self) -> tuple[Customer, Person]:
        """Everybody has a problem once before anybody has the next."""
        if not self._deck:
            self._deck = self.rng.sample(self.people, len(self.people))
        return self._deck.pop()

    def _answered_by(self, at: datetime) -> tuple[str, datetime]:
        """Who answers first, and when."""
        how = self.rng.choices([Response.Kind.AI, Response.Kind.TEMPLATE, Response.Kind.HUMAN], [0.96, 0.03, 0.01])[0]
        if self._is_out(at):
            return Response.Kind.TEMPLATE, at + timedelta(seconds=self.rng.uniform(18, 29))
        median_s, spread = {"ai": (5.2, 0.35), "template": (14, 0.3), "human": (260, 0.8)}[how]
        return how, at + timedelta(seconds=self._around(median_s, spread))

    def _is_out(self, at: datetime) -> bool:
        days_ago, start, end = OUTAGE
        local = at.astimezone(ZoneInfo(settings.TIME_ZONE))
        return local.date() == (self.now - timedelta(days=days_ago)).date() and start <= local.hour < end

    def _around(self, median: float, spread: float) -> float:
        return median * math.exp(self.rng.gauss(0, spread))

    def _answer(self, issue: Issue, complaint: Complaint, person: Person, how: str, at: datetime) -> None:
        asked_at = issue.received_at
        if how == Response.Kind.HUMAN:
            hand = self.rng.choice(team.STAFF)
            self._by_hand(issue, person, 1, at, hand, asked_at)
            self._person_ends(issue, person, 2, at, hand)
        elif how == Response.Kind.TEMPLATE:
            said = self.scribe.say(issue, 1, how, self.scribe.words(issue, person.language), at, asked_at=asked_at)
            self.scribe.fall_back(said, self.rng.choices(["unavailable", "late"], k=3))
            self.scribe.receipts(said)
            self._follow_up(issue, complaint, person, said)
        else:
            self._ai_answers(issue, complaint, person, 1, at, asked_at)

    def _follow_up(self, issue: Issue, complaint: Complaint, person: Person, template: Response) -> None:
        """The AI comes back in time, except in the bad afternoon and now and then."""
        if self._is_out(issue.detected_at) or self.rng.random() < 0.2:
            self._to_person(issue, person, 2, template.sent_at + FOLLOW_UP_WITHIN, escalate.ONLY_A_TEMPLATE)
            return
        at = template.sent_at + FOLLOW_UP_AFTER + timedelta(seconds=self.rng.uniform(2, 60))
        self._ai_answers(issue, complaint, person, 2, at, template.sent_at, purpose=Response.Purpose.FOLLOW_UP)

    def _ai_answers(
        self, issue: Issue, complaint: Complaint, person: Person, turn: int, at: datetime, asked_at: datetime, **more
    ) -> None:
        text = customers.reply_for(complaint, person.first_name)
        if reading.promises(text):
            self._promised.add(issue.pk)
        said = self.scribe.say(issue, turn, Response.Kind.AI, text, at, asked_at=asked_at, **more)
        latency_s = min(self.rng.uniform(0.9, 2.6), (at - asked_at).total_seconds() * 0.8)
        self.scribe.ask(said, "answered", at - timedelta(seconds=latency_s), latency_s)
        if self.rng.random() < 0.008:
            failed_at = at + timedelta(seconds=2)
            self.scribe.undelivered(said, failed_at)
            self._to_person(issue, person, turn + 1, failed_at, escalate.NOT_DELIVERED)
        else:
            self._customer_reacts(issue, complaint, person, said)

    def _customer_reacts(self, issue: Issue, complaint: Complaint, person: Person, said: Response) -> None:
        read_at, turn = self.scribe.receipts(said), said.turn + 1
        answer = customers.reaction(self.rng, person, said.text, said.turn)
        if answer is None:
            self._silence(issue, person, turn, said.sent_at)
            return
        at = read_at + timedelta(seconds=answer.after_s)
        self.scribe.hear(issue, turn, answer.text, at)
        if answer.kind == "more":
            self._ai_answers(issue, complaint, person, turn, at + timedelta(seconds=self._around(5.2, 0.35)), at)
        elif answer.kind == "person":
            self._wants_a_person(issue, person, turn, at)
        elif self._why_a_person(issue):
            self._silence(issue, person, turn + 1, at)
        else:
            self._end(issue, person, turn + 1, at + timedelta(seconds=3.2), actions.SYSTEM, Basis.CONFIRMED)

    def _wants_a_person(self, issue: Issue, person: Person, turn: int, at: datetime) -> None:
        notice = self.scribe.words(issue, person.language, occasion="person")
        self.scribe.escalate(issue, at, escalate.ASKS_FOR_A_PERSON)
        told_at = at + timedelta(seconds=self.rng.uniform(0.8, 2))
        kind, purpose = Response.Kind.TEMPLATE, Response.Purpose.HANDOVER
        self.scribe.receipts(self.scribe.say(issue, turn, kind, notice, told_at, asked_at=at, purpose=purpose))
        self._person_takes(issue, person, turn + 1, at, words=True)

    def _silence(self, issue: Issue, person: Person, turn: int, since: datetime) -> None:
        """Nothing more is heard: the AI judges whether it is solved, unless that is for a person to say."""
        at = since + SILENCE + timedelta(seconds=self.rng.uniform(0, 1.5))
        if why := self._why_a_person(issue):
            self.scribe.act(issue, Action.Kind.TRIAGED, at, reason=why)
            self._to_person(issue, person, turn, at, why, words=False)
            return
        if self.rng.random() < 1 / team.BY_CHANCE:
            seen_at = since + team.CHANCE_AFTER + timedelta(seconds=self.rng.uniform(0, team.LOOK_S))
            self._end(issue, person, turn, seen_at, self.rng.choice(team.STAFF), Basis.HUMAN)
            return
        self.scribe.past(at)
        latency_s = self.rng.uniform(0.7, 2)
        self.scribe.ask(issue, "answered", at, latency_s)
        at, solved = at + timedelta(seconds=latency_s), self.rng.random() >= TRIAGED_AS_OPEN
        self.scribe.act(issue, Action.Kind.TRIAGED, at, resolved=solved)
        if solved:
            self._end(issue, person, turn, at, actions.SYSTEM, Basis.SILENCE)
        else:
            self._to_person(issue, person, turn, at, escalate.NOT_SOLVED, words=False)

    def _why_a_person(self, issue: Issue) -> str:
        """Why the issue does not end by itself; empty when it may."""
        if issue.priority == Priority.CRITICAL:
            return escalate.CRITICAL
        return escalate.PROMISED if issue.pk in self._promised else ""

    def _to_person(
        self, issue: Issue, person: Person, turn: int, at: datetime, reason: str, *, words: bool = True
    ) -> None:
        self.scribe.escalate(issue, at, reason)
        self._person_takes(issue, person, turn, at, words=words and reason != escalate.NOT_DELIVERED)

    def _person_takes(self, issue: Issue, person: Person, turn: int, since: datetime, *, words: bool) -> None:
        """Somebody of the staff makes it theirs, writes to the customer where something is left to say, and ends it."""
        hand = self.rng.choice(team.STAFF)
        taken_at = since + timedelta(minutes=self._around(team.TAKEN_AFTER_MIN, 0.5))
        if self.rng.random() < FORGOTTEN:  # over night, and found in the morning
            taken_at += timedelta(hours=self.rng.uniform(5, 14))
        self.scribe.act(issue, Action.Kind.ASSIGNED, taken_at, by=hand, to=hand)
        if words:
            self._by_hand(issue, person, turn, taken_at + timedelta(seconds=20), hand, taken_at)
            turn += 1
        self._person_ends(issue, person, turn, taken_at, hand)

    def _by_hand(self, issue: Issue, person: Person, turn: int, at: datetime, hand: str, asked_at: datetime) -> None:
        text = team.words(hand, person.first_name, person.language)
        said = self.scribe.say(issue, turn, Response.Kind.HUMAN, text, at, asked_at=asked_at, by=hand)
        issue.silent_since = None  # a person is in charge
        self.scribe.receipts(said)

    def _person_ends(self, issue: Issue, person: Person, turn: int, since: datetime, hand: str) -> None:
        at = since + timedelta(minutes=self._around(team.SOLVED_AFTER_MIN, 0.55))
        self._end(issue, person, turn, at, hand, Basis.HUMAN)

    def _end(self, issue: Issue, person: Person, turn: int, at: datetime, by: str, basis: str) -> None:
        self.scribe.resolve(issue, at, by, basis)
        if self.rng.random() < 0.12:
            issue.false_positive = self.rng.random() < 0.04
            self.scribe.act(issue, Action.Kind.REVIEWED, at, by="ana", problem=not issue.false_positive)
        if issue.rated_at is None and not issue.false_positive:
            self._survey(issue, person, turn, at + SURVEY_AFTER + timedelta(seconds=self.rng.uniform(0.5, 2)))

    def _survey(self, issue: Issue, person: Person, turn: int, at: datetime) -> None:
        """Asked once, and nobody more than once a day. Who gives one or two stars hears from a person."""
        asked = self._surveyed.get(issue.customer_id)
        if asked and at < asked + ASKED_AT_MOST_EACH:
            return
        text = self.scribe.words(issue, person.language, occasion="survey")
        said = self.scribe.say(issue, turn, Response.Kind.TEMPLATE, text, at, purpose=Response.Purpose.SURVEY)
        self._surveyed[issue.customer_id] = at
        read_at = self.scribe.receipts(said)
        answer = customers.reaction(self.rng, person, text, turn)
        if answer is None:
            return
        rated_at, stars = read_at + timedelta(seconds=answer.after_s), int(answer.text[-1])
        self.scribe.hear(issue, turn, answer.text, rated_at)
        self.scribe.rate(issue, stars, rated_at)
        if stars <= 2:
            self._to_person(issue, person, turn + 1, rated_at, escalate.NOT_CONTENT)

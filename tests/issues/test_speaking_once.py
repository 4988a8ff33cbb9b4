"""Whatever happens around one customer, in any order and however often, ends in one right state.

A machine plays customers, people, WhatsApp, workers that die and time that passes, on the real stages and the real
database; after each step it looks whether all that must always hold does hold.
"""

import os
import sys
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from issues import jobs
from issues.models import Policy
from mis_dashboard.lib import recent
from tests.support import right
from tests.support.line import Line, Mind, nothing
from tests.support.world import World, meet

# The same examples each time, so that a failure is that of a change. `PROPERTY_EXAMPLES=2000` looks further afield.
WANTED = int(os.environ.get("PROPERTY_EXAMPLES", 0))
HOW = settings(
    max_examples=WANTED or 80,
    derandomize=not WANTED,
    stateful_step_count=12,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)

ABOUT = st.sampled_from([*["matter"] * 6, "thanks", "person", "legal", "voice", "rating", "stop"])
DOORS = st.sampled_from(["whatsapp", "crm"])
WORKS = st.sampled_from(["reply", "escalate", "assign", "resolve", "reopen", "no-problem", "problem"])
RECEIPTS = st.sampled_from(["PENDING", "SERVER_ACK", "DELIVERY_ACK", "READ", "PLAYED", "ERROR"])
REPORTS = st.sampled_from(["automated_response", "no_phone_available", "escalation_needed", "manual_action"])
PAUSES = st.sampled_from([1, 12, 40, 130, 700, 3 * 3600, 8 * 86400]).map(lambda s: timedelta(seconds=s))
CIRCUMSTANCES = st.sampled_from(
    [{}, {"blind": 1}, {"blind": 1}, {"line": "close"}, {"line": "connecting"}, {"muted": 1}]
)
MINDS = st.sampled_from(["answers", "answers", *Mind.OUTCOMES])
LINES = st.sampled_from(["accepts", *Line.OUTCOMES])
DECISIONS = ["reply", "escalate", "resolve", "no-problem"]
MEANWHILE = st.sampled_from(
    [*["nothing"] * 6, *DECISIONS, "customer", "person outside", "echo", "taken over", "sweep", "program"]
)


class Conversation(RuleBasedStateMachine):
    line: Line
    mind: Mind

    def __init__(self):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        recent.forget()
        self.line, self.mind = LINE, MIND
        self.line.__init__()
        self.mind.__init__()
        self.world = World(self.line, self.mind)
        self.line.on_speaking = right.to_speak_now
        self.before = right.Before()
        jobs.to_judge.clear()

    def teardown(self):
        try:
            if sys.exc_info()[0] is None:
                self._settle()
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    def _settle(self):
        """Everything outside works again, and enough time passes: for answers, and then for issues to end by themselves."""
        self.line.blind, self.line.then, self.mind.then = False, "accepts", "answers"
        Policy.objects.update(muted=False)
        self.world.line_is("open")
        self._until(right.nothing_is_owed, timedelta(seconds=20))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        right.at_last()
        self.world.pass_time(timedelta(hours=3))
        self._until(right.nothing_is_silent, timedelta(seconds=70))
        assert right.nothing_is_silent()
        right.at_last()

    def _until(self, quiet, step):
        for _ in range(40):
            self.world.pass_time(step)
            self.world.sweep()
            self.world.run_due_jobs()
            while self.world.work():
                pass
            right.always(self.line, self.before)
            if quiet():
                break

    @initialize(door=DOORS, about=ABOUT, mind=MINDS, line=LINES, thinking=MEANWHILE, speaking=MEANWHILE)
    def begin(self, door, about, mind, line, thinking, speaking):
        self.world.customer_writes(about, door)
        self.a_worker_works(mind, line, thinking, speaking)

    # --- The customer -----------------------------------------------------------------------

    @rule(about=ABOUT, door=DOORS, stars=st.integers(1, 5))
    def customer_writes(self, about, door, stars):
        self.world.pass_time(timedelta(seconds=2))
        self.world.customer_writes(about, door, stars)

    @rule(number=st.integers(0, 30))
    def an_event_is_delivered_again(self, number):
        door, body = self.world.told[number % len(self.world.told)]
        before = self.world.everything()
        self.world.deliver(door, body)
        assert self.world.everything() == before

    @precondition(lambda self: self.world.last_said[0] and self.world.said_ago < timedelta(seconds=60))
    @rule()
    def the_other_way_tells_of_it_too(self):
        before = right.asked()
        self.world.customer_is_told_of_again()
        assert right.asked() == before

    # --- People -----------------------------------------------------------------------------

    @rule(names=st.lists(WORKS, min_size=1, max_size=3))
    def staff_works(self, names):
        for name in names:
            self.world.staff_does(name, self.world.newest())
            right.always(self.line, self.before)

    @rule(door=st.sampled_from(["phone", "crm"]), ago_s=st.sampled_from([0, 0, 6, 30]))
    def a_person_answers_outside(self, door, ago_s):
        self.world.pass_time(timedelta(seconds=2))
        self.world.person_answers_outside(door, ago_s)

    # --- Other programs -----------------------------------------------------------------------

    @rule(again=st.booleans())
    def a_program_wants_something_said(self, again):
        self.world.program_says(self.world.newest(), again=again)

    @rule(kind=REPORTS, trusted=st.booleans())
    def a_program_reports(self, kind, trusted):
        self.world.program_reports(self.world.newest(), kind, trusted=trusted)

    # --- Workers ----------------------------------------------------------------------------

    @rule(mind=MINDS, line=LINES, thinking=MEANWHILE, speaking=MEANWHILE)
    def a_customer_writes_and_a_worker_works(self, mind, line, thinking, speaking):
        self.world.customer_writes()
        self.a_worker_works(mind, line, thinking, speaking)

    @rule(mind=MINDS, line=LINES, thinking=MEANWHILE, speaking=MEANWHILE)
    def a_worker_works(self, mind, line, thinking, speaking):
        """Once whoever was typing has finished."""
        self.world.pass_time(timedelta(seconds=4))
        self.mind.then, self.line.then = mind, line
        self.mind.meanwhile, self.line.meanwhile = self._soon(thinking), self._soon(speaking)
        self.world.work()
        self._as_usual()

    @rule()
    def a_worker_works_well_at_once(self):
        self.world.work()
        self._as_usual()

    def _as_usual(self):
        self.mind.then, self.line.then = "answers", "accepts"
        self.mind.meanwhile = self.line.meanwhile = nothing

    def _soon(self, what):
        return nothing if what == "nothing" else lambda: self._meanwhile(what)

    def _meanwhile(self, what):
        mind, line = self.mind.then, (self.line.then, self.line.meanwhile)
        self._as_usual()
        self._happens(what)
        self.mind.then, (self.line.then, self.line.meanwhile) = mind, line

    def _happens(self, what):
        if what == "customer":
            self.world.customer_writes()
        elif what == "person outside":
            self.world.person_answers_outside()
        elif what == "echo":
            for heard in self.line.heard[-1:]:
                self.world.echo(heard)
        elif what == "sweep":
            self.world.sweep()
        elif what == "program":
            self.world.program_says(self.world.newest())
        elif what == "taken over":
            if not self.line.speaking:
                self._taken_over()
        else:
            self.world.staff_does(what, self.world.newest())

    def _taken_over(self):
        """The worker hangs for so long that others believe it dead and do its work; then it goes on."""
        self.world.pass_time(timedelta(seconds=130))
        self.world.sweep()
        self.world.work()

    @rule(sweep=st.booleans(), twice=st.booleans())
    def what_is_due_is_done(self, sweep, twice):
        if sweep:
            self.world.sweep()
        self.world.run_due_jobs(twice=twice)

    @rule(mind=MINDS, thinking=MEANWHILE)
    def a_customer_is_silent_and_that_is_judged(self, mind, thinking):
        self.world.pass_time(timedelta(hours=3))
        self.world.sweep()
        self.mind.then, self.mind.meanwhile = mind, self._soon(thinking)
        self.world.run_due_jobs()
        self._as_usual()

    @rule(by=PAUSES)
    def time_passes(self, by):
        self.world.pass_time(by)

    # --- WhatsApp ---------------------------------------------------------------------------

    @rule(what=CIRCUMSTANCES)
    def the_circumstances_change(self, what):
        self.world.line_is(what.get("line", "open"))
        self.line.blind = "blind" in what
        Policy.objects.update(muted="muted" in what)
        recent.forget()

    @precondition(lambda self: self.line.heard)
    @rule(number=st.integers(0, 30), status=RECEIPTS)
    def a_receipt_comes(self, number, status):
        self.world.receipt(self.line.heard[number % len(self.line.heard)], status)

    @precondition(lambda self: self.line.heard)
    @rule(number=st.integers(0, 30))
    def our_own_message_is_told_of(self, number):
        before = right.humans()
        self.world.echo(self.line.heard[number % len(self.line.heard)])
        assert right.humans() == before

    @invariant()
    def all_that_must_always_hold_holds(self):
        right.always(self.line, self.before)


LINE, MIND = Line(), Mind()


@pytest.fixture
def outside(monkeypatch, settings):
    meet(LINE, MIND, monkeypatch, settings)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


@pytest.mark.django_db
@pytest.mark.timeout(0)  # a failure takes its time to be made small
def test_whatever_happens_a_customer_is_answered_once_or_is_with_a_person(outside):
    run_state_machine_as_test(Conversation, settings=HOW)

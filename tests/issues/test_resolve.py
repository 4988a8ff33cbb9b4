"""How an issue ends and is open again: who ended it and on what ground, and what a customer's next words mean."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from issues import deliver, escalate, resolve
from issues.ingest import ingest
from issues.models import Action, Issue, Message, Response
from issues.models.issue import Basis
from mis_dashboard.models import Job
from tests.support import make
from tests.support.make import NOW

pytestmark = pytest.mark.django_db

SEVEN_DAYS = timedelta(days=7)


@pytest.fixture
def ana():
    return get_user_model().objects.create(username="ana")


def answered(**changes) -> Issue:
    """An issue that we answered 10 seconds after it was told, at NOW."""
    issue = make.issue(status="in_progress", first_response_at=NOW + timedelta(seconds=10), **changes)
    issue.messages.create(turn=1, text=issue.text, sent_at=NOW)
    make.response(issue, state="sent", sent_at=issue.first_response_at, kind="ai", text="Redefina a senha pelo link.")
    return issue


def ended(at=NOW, **changes) -> Issue:
    """One that is resolved at `at`, by silence."""
    given = {"status": "resolved", "resolved_at": at, "resolved_by": "system", "resolution_basis": "silence"}
    issue = answered()
    Issue.objects.filter(pk=issue.pk).update(**(given | changes))
    issue.refresh_from_db()
    return issue


def writes(issue: Issue, text: str, at=NOW, **changes) -> Issue:
    """The issue to which the customer's words belong, as it is then."""
    given = {"phone": issue.customer.phone, "contact_id": issue.customer.contact_id, "text": text} | changes
    return Issue.objects.get(pk=ingest(make.inbound(**given), now=at).issue_id)


def kinds(issue: Issue) -> list[str]:
    return list(issue.actions.values_list("kind", flat=True))


class TestResolving:
    def test_a_persons_resolution_rests_on_that_person(self, ana):
        issue = answered(silent_since=NOW)
        assert resolve.resolve(issue, user=ana, notes="Trocada")
        issue.refresh_from_db()
        assert (issue.status, issue.resolved_by, issue.resolution_basis) == ("resolved", "ana", "human")
        assert issue.silent_since is None
        action = issue.actions.get(kind="resolved")
        assert (action.detail, action.automated, action.user) == ({"basis": "human"}, False, ana)

    @pytest.mark.parametrize(
        ("words", "basis", "automated"),
        [
            ({"by": "SYSTEM_AUTO"}, "program", True),
            ({"by": "Bia"}, "human", False),
            ({"basis": Basis.SILENCE}, "silence", True),
            ({"basis": Basis.CONFIRMED}, "customer_confirmed", True),
        ],
    )
    def test_every_resolution_says_what_it_rests_on(self, words, basis, automated):
        issue = answered()
        resolve.resolve(issue, **words)
        issue.refresh_from_db()
        assert (issue.resolution_basis, issue.resolved_by) == (basis, words.get("by", "system"))
        action = issue.actions.get(kind="resolved")
        assert (action.detail["basis"], action.automated) == (basis, automated)

    def test_what_had_ended_stays_as_it_ended(self, ana):
        issue = ended()
        assert not resolve.resolve(issue, user=ana)
        issue.refresh_from_db()
        assert (issue.resolved_by, issue.resolution_basis) == ("system", "silence")

    def test_a_reopened_issue_was_never_a_success(self, ana):
        issue = ended()
        assert resolve.reopen(issue, user=ana)
        issue.refresh_from_db()
        assert (issue.status, issue.resolved_at, issue.resolved_by, issue.resolution_basis) == (
            "in_progress",
            None,
            "",
            "",
        )

    def test_an_escalation_that_opens_an_ended_issue_takes_back_its_success(self):
        issue = ended()
        escalate.escalate(issue, escalate.NOT_CONTENT, ended_too=True)
        issue.refresh_from_db()
        assert (issue.status, issue.resolved_at, issue.resolution_basis) == ("escalated", None, "")

    def test_what_was_no_problem_is_not_silent_any_more(self, ana):
        issue = answered(silent_since=NOW)
        resolve.review(issue, user=ana, false_positive=True)
        issue.refresh_from_db()
        assert (issue.status, issue.silent_since) == ("closed", None)


class TestTheCustomerWritesAfterTheEnd:
    def test_more_words_within_seven_days_open_the_issue_again_with_a_new_turn(self):
        first = ended(at=NOW)
        issue = writes(first, "Continua igual", at=NOW + timedelta(hours=1))
        assert issue == first
        assert (issue.status, issue.resolved_at, issue.resolution_basis) == ("in_progress", None, "")
        turn = issue.responses.get(turn=2)
        assert (turn.state, turn.purpose, turn.deadline_at) == (
            "waiting",
            "reply",
            NOW + timedelta(hours=1, seconds=120),
        )
        assert sorted(kinds(issue)) == ["joined", "reopened"]
        reopened = issue.actions.get(kind="reopened")
        assert (reopened.by, reopened.automated, reopened.user) == ("customer", False, None)

    @pytest.mark.parametrize(("late", "same"), [(timedelta(), True), (timedelta(seconds=1), False)])
    def test_after_seven_days_and_a_second_it_is_a_new_issue(self, late, same):
        first = ended(at=NOW)
        issue = writes(first, "Não consigo entrar de novo", at=NOW + SEVEN_DAYS + late)
        assert (issue == first) is same
        first.refresh_from_db()
        assert (first.status == "resolved") is not same

    def test_thanks_are_kept_and_open_nothing(self):
        first = ended(at=NOW)
        issue = writes(first, "Muito obrigada, resolveu!", at=NOW + timedelta(minutes=5))
        assert (issue, issue.status, issue.resolved_at) == (first, "resolved", NOW)
        message = Message.objects.exclude(text=first.text).get()
        assert (message.issue, message.turn, message.text) == (first, 1, "Muito obrigada, resolveu!")
        assert kinds(issue) == ["joined"]
        assert issue.responses.count() == 1
        assert not Job.objects.filter(name="respond").exists()

    def test_thanks_that_say_more_open_it(self):
        assert writes(ended(), "Obrigada, mas ainda não funciona").status == "in_progress"

    def test_thanks_told_by_the_crm_and_by_whatsapp_are_one_message(self):
        first = ended()
        writes(first, "Valeu!", message_id="ghl:m7")
        writes(first, "Valeu!", message_id="wa:3A7", at=NOW + timedelta(seconds=4), source="evolution")
        assert Message.objects.filter(text="Valeu!").count() == 1

    def test_a_voice_note_opens_it_for_a_person(self):
        issue = writes(ended(), "")
        assert (issue.status, issue.escalation_reason) == ("escalated", "The customer sent something that is not text")

    def test_a_number_that_nobody_asked_for_is_no_rating(self):
        issue = writes(ended(), "5")
        assert (issue.status, issue.customer_satisfaction) == ("in_progress", None)

    def test_what_was_closed_as_no_problem_is_not_opened(self):
        first = ended(status="closed", resolved_at=None)
        assert writes(first, "Oi, voltei") != first

    def test_of_two_ended_issues_the_later_one_goes_on(self):
        early = ended(at=NOW - timedelta(days=2))
        late = answered(customer=early.customer)
        Issue.objects.filter(pk=late.pk).update(status="resolved", resolved_at=NOW - timedelta(days=1))
        assert writes(early, "Voltou a dar erro") == late

    def test_an_open_issue_goes_on_before_an_ended_one(self):
        first = ended()
        open_one = answered(customer=first.customer)
        assert writes(first, "E agora?") == open_one

    def test_a_repeated_delivery_opens_nothing_twice(self):
        first = ended()
        for _ in range(2):
            issue = writes(first, "Continua igual", key="ghl:same", message_id="ghl:m8")
        assert kinds(issue).count("reopened") == 1
        assert issue.responses.count() == 2

    def test_whoever_writes_again_is_not_silent(self):
        issue = writes(answered(silent_since=NOW), "E outra coisa", at=NOW + timedelta(minutes=1))
        assert issue.silent_since is None

    def test_the_silence_after_a_persons_answer_by_phone_counts_too(self):
        issue = answered()
        at = NOW + timedelta(minutes=2)
        issue = writes(issue, "Ana, troque a senha no site", at=at, message=False, answer=True)
        assert (issue.silent_since, issue.responses.get(turn=2).kind) == (at, "human")

    def test_a_person_in_charge_keeps_an_issue_from_ending_by_silence(self, box):
        issue = answered()
        escalate.escalate(issue, escalate.WANTS_A_PERSON)
        issue = writes(issue, "Ana, já vi aqui", message=False, answer=True)
        assert issue.silent_since is None


def test_a_persons_words_from_the_admin_begin_a_silence(box, ana):
    issue = answered()
    deliver.reply_by_hand(issue, "Troque a senha no site", user=ana)
    Response.objects.filter(turn=2).update(state="speaking", claimed_by=make.uuid7(), claimed_at=timezone.now())
    at = NOW + timedelta(minutes=9)
    deliver.record_sent(Response.objects.get(turn=2), deliver.Sent("wa:1"), at=at)
    issue.refresh_from_db()
    assert issue.silent_since == at
    assert Action.objects.filter(kind="replied").count() == 1

"""The customer is asked once for 1 to 5, the next message is read, and nobody else can give a rating."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from issues import claim, escalate, jobs, look, resolve, respond, survey
from issues.ingest import ingest
from issues.models import Action, Issue, Message, Policy, ReplyTemplate, Response
from issues.models.issue import Basis
from mis_dashboard.lib import recent
from mis_dashboard.models import Job
from tests.support import make

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ana():
    return get_user_model().objects.create(username="ana")


def answered(**changes) -> Issue:
    """An issue that we answered a minute ago."""
    at = timezone.now() - MINUTE
    given = {"status": "in_progress", "first_response_at": at} | changes
    issue = make.issue(at=at, **given)
    issue.messages.create(turn=1, text=issue.text, sent_at=at)
    make.response(issue, state="sent", sent_at=at, kind="ai", text="Redefina a senha pelo link.")
    return issue


def resolved(issue: Issue | None = None, **how) -> Issue:
    issue = issue or answered()
    assert resolve.resolve(issue, **(how or {"basis": Basis.SILENCE}))
    return Issue.objects.get(pk=issue.pk)


def question(issue: Issue) -> Response | None:
    return issue.responses.filter(purpose="survey").exclude(state="cancelled").first()


def speak() -> None:
    """A minute later the workers say what waits."""
    Response.objects.filter(state="waiting").update(due_at=timezone.now() - MINUTE)
    while claimed := claim.claim(make.uuid7()):
        respond.respond(claimed)


def asked(**how) -> Issue:
    """A resolved issue whose customer has been asked."""
    issue = resolved(**how)
    speak()
    assert question(issue).state == "sent"
    return issue


def writes(issue: Issue, text: str, **changes) -> Issue:
    given = {"phone": issue.customer.phone, "contact_id": issue.customer.contact_id, "text": text} | changes
    return Issue.objects.get(pk=ingest(make.inbound(**given)).issue_id)


def rating(issue: Issue) -> tuple:
    return issue.customer_satisfaction, issue.rated_resolver


class TestAsking:
    def test_a_minute_after_the_resolution_the_customer_is_asked_for_one_to_five(self, box):
        before = timezone.now()
        issue = resolved()
        planned = question(issue)
        assert (
            planned.text
            == "Ana, como foi o nosso atendimento? Responda com uma nota de 1 a 5, em que 1 é péssimo e 5 é ótimo."
        )
        assert (planned.state, planned.kind, planned.turn, planned.rank) == ("waiting", "template", 2, 3)
        assert timedelta(0) <= planned.due_at - before - MINUTE < timedelta(seconds=5)
        assert planned.deadline_at - planned.created_at == timedelta(hours=1)
        assert abs(Job.objects.get(name="respond").due_at - planned.due_at) <= timedelta(seconds=0.1)
        speak()
        assert [sent.text for sent in box.sent] == [planned.text]
        assert box.gemini_calls == 0

    def test_the_question_is_no_reply(self, box):
        issue = asked()
        after = Issue.objects.get(pk=issue.pk)
        assert (after.status, after.first_response_at, after.silent_since) == (
            "resolved",
            issue.first_response_at,
            None,
        )
        assert list(issue.actions.values_list("kind", flat=True)) == ["resolved", "surveyed"]

    def test_a_customer_without_a_name_is_asked_all_the_same(self):
        issue = resolved(answered(customer=make.customer(name="")))
        assert question(issue).text.startswith("Como foi o nosso atendimento?")

    def test_an_english_customer_is_asked_in_english(self):
        issue = resolved(answered(customer=make.customer(language="en")))
        assert question(issue).text.startswith("Ana, how did we do?")

    @pytest.mark.parametrize("policy", [{"ask_csat": False}, {"muted": True}])
    def test_the_policy_may_say_that_nobody_is_asked(self, policy):
        Policy.objects.update(**policy)
        recent.forget()
        assert question(resolved()) is None

    def test_without_a_template_nobody_is_asked(self):
        ReplyTemplate.objects.filter(occasion="survey").delete()
        assert question(resolved()) is None

    @pytest.mark.parametrize(
        "changes",
        [
            {"first_response_at": None},
            {"false_positive": True},
            {"customer": None},
            {"customer_satisfaction": 4, "rated_at": make.NOW},
        ],
    )
    def test_where_there_is_nothing_to_rate_nobody_is_asked(self, changes):
        assert question(resolved(answered(**changes))) is None

    @pytest.mark.parametrize("customer", [{"phone": None}, {"opted_out_at": make.NOW}])
    def test_who_cannot_or_will_not_hear_us_is_not_asked(self, customer):
        assert question(resolved(answered(customer=make.customer(**customer)))) is None

    def test_nobody_is_asked_twice_about_one_issue(self, box, ana):
        issue = asked()
        resolve.reopen(issue, user=ana)
        resolved(issue)
        assert issue.responses.filter(purpose="survey").count() == 1

    def test_nobody_is_asked_twice_in_a_day(self, box):
        first = asked()
        second = resolved(answered(customer=first.customer))
        assert question(second) is None
        Response.objects.filter(purpose="survey").update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
        assert question(resolved(answered(customer=first.customer))) is not None

    def test_of_two_questions_planned_at_once_one_is_asked(self, box):
        first = resolved()
        second = resolved(answered(customer=first.customer))
        twin = Response.objects.get(pk=question(first).pk)
        twin.pk, twin.issue, twin._state.adding = make.uuid7(), second, True
        twin.save()
        Response.objects.filter(state="waiting").update(due_at=timezone.now() - MINUTE)
        both = sorted((claim.claim(make.uuid7()) for _ in range(2)), key=lambda claimed: claimed.response.pk)
        assert [survey.outdated(claimed.response) for claimed in both] == ["", "asked before"]
        for claimed in reversed(both):
            respond.respond(claimed)
        assert len(box.sent) == 1


class TestSecondThoughts:
    def test_an_issue_reopened_within_the_minute_asks_nothing(self, box, ana):
        issue = resolved()
        resolve.reopen(issue, user=ana)
        speak()
        assert box.sent == []
        resolved(issue)
        speak()
        assert len(box.sent) == 1

    def test_the_customer_who_goes_on_within_the_minute_is_answered_and_not_asked(self, box):
        issue = writes(resolved(), "Continua sem funcionar")
        states = dict(issue.responses.values_list("purpose", "state"))
        assert (issue.status, states["survey"]) == ("in_progress", "cancelled")
        speak()
        assert ["1 a 5" in sent.text for sent in box.sent] == [False]

    def test_a_question_that_could_not_be_sent_while_the_issue_was_reopened_is_not_tried_again(self, box, ana):
        issue = resolved()
        surveys = Response.objects.filter(purpose="survey")
        surveys.update(state="speaking", claimed_by=make.uuid7(), claimed_at=timezone.now())
        resolve.reopen(issue, user=ana)
        surveys.update(state="waiting")
        speak()
        assert (box.sent, surveys.get().state) == ([], "cancelled")

    def test_what_turns_out_to_be_no_problem_is_not_asked_about(self, box, ana):
        issue = resolved()
        resolve.review(issue, user=ana, false_positive=True)
        speak()
        assert box.sent == []

    @pytest.mark.parametrize("change", [{"opted_out_at": make.NOW}, None])
    def test_whatever_changed_before_it_is_said_counts(self, box, change):
        issue = resolved()
        if change:
            type(issue.customer).objects.update(**change)
        else:
            Policy.objects.update(ask_csat=False)
            recent.forget()
        speak()
        assert (box.sent, question(issue)) == ([], None)

    def test_a_question_that_could_not_be_sent_within_an_hour_is_dropped_and_calls_nobody(self, box):
        issue = resolved()
        Response.objects.filter(purpose="survey").update(deadline_at=timezone.now() - MINUTE)
        speak()
        issue.refresh_from_db()
        assert (box.sent, issue.status, question(issue)) == ([], "resolved", None)
        assert not issue.actions.filter(kind="escalated").exists()

    def test_while_whatsapp_is_away_it_is_tried_for_the_whole_hour(self, box):
        box.set_evolution(connection_closed=1)
        issue = resolved()
        Response.objects.filter(purpose="survey").update(
            created_at=timezone.now() - timedelta(minutes=30), due_at=make.NOW - timedelta(days=999)
        )
        respond.respond(claim.claim(make.uuid7()))
        assert question(issue).state == "waiting"

    def test_a_number_that_is_not_on_whatsapp_calls_nobody(self, box):
        box.set_evolution(not_on_whatsapp=1)
        issue = resolved()
        speak()
        issue.refresh_from_db()
        assert (issue.status, question(issue)) == ("resolved", None)

    def test_a_receipt_that_it_was_not_delivered_calls_nobody(self, box):
        issue = asked()
        writes(issue, "Ainda não deu")
        channel_id = question(issue).channel_id
        jobs.receipt(channel_id, "failed", timezone.now().isoformat())
        issue.refresh_from_db()
        assert (issue.status, question(issue).delivery) == ("in_progress", "failed")

    def test_of_one_that_may_have_been_heard_the_answer_is_read(self, box):
        issue = resolved()
        planned = question(issue)
        Response.objects.filter(pk=planned.pk).update(
            state="unsure", spoken_at=timezone.now() - timedelta(minutes=11), spoken_to=issue.customer.phone
        )
        look.look(planned.pk, 0)
        assert Response.objects.get(pk=planned.pk).state == "handed_over"
        issue = writes(issue, "5")
        assert (issue.status, *rating(issue)) == ("resolved", 5, "system")

    def test_replies_go_before_questions(self):
        resolved()
        waiting = make.response(answered(), turn=2, at=timezone.now(), kind="template", text="Olá!")
        Response.objects.filter(state="waiting").update(due_at=timezone.now() - MINUTE)
        Response.objects.filter(pk=waiting.pk).update(rank=4)
        order = [claim.claim(make.uuid7()).response.purpose for _ in range(2)]
        assert order == ["reply", "survey"]


class TestTheAnswer:
    @pytest.mark.parametrize(
        ("words", "stars"), [("5", 5), ("nota 4", 4), ("⭐⭐⭐", 3), ("Perfeito, obrigado!", 5), ("4, mas demorou", 4)]
    )
    def test_it_is_stored_to_the_credit_of_who_had_resolved(self, box, ana, words, stars):
        issue = asked(user=ana)
        issue = writes(issue, words)
        assert (issue.status, issue.resolved_by, *rating(issue)) == ("resolved", "ana", stars, "ana")
        assert timezone.now() - issue.rated_at < MINUTE
        action = issue.actions.get(kind="rated")
        assert (action.by, action.automated, action.detail) == ("customer", False, {"stars": stars, "of": "ana"})
        assert Message.objects.filter(issue=issue, text=words).exists()
        speak()
        assert len(box.sent) == 1  # the question: a rating is not answered

    @pytest.mark.parametrize(("words", "stars"), [("1", 1), ("2, ninguém resolveu nada", 2), ("péssimo", 1)])
    def test_who_is_not_content_gets_a_person_and_the_rating_stays(self, box, ana, words, stars):
        issue = writes(asked(user=ana), words)
        assert (issue.status, issue.escalation_reason) == ("escalated", escalate.NOT_CONTENT)
        assert (issue.resolved_at, issue.resolution_basis, *rating(issue)) == (None, "", stars, "ana")
        assert Message.objects.filter(issue=issue, text=words).exists()
        kinds = list(issue.actions.values_list("kind", flat=True))
        assert kinds == ["resolved", "surveyed", "rated", "reopened", "escalated"]
        assert "text" not in str(list(issue.actions.values_list("detail", flat=True)))

    @pytest.mark.parametrize(
        ("words", "stars"), [("5, mas quero falar com uma pessoa", 5), ("1, vou processar vocês", 1)]
    )
    def test_a_rating_with_a_wish_of_which_a_person_must_know_is_both(self, box, words, stars):
        issue = writes(asked(), words)
        assert (issue.status, *rating(issue)) == ("escalated", stars, "system")
        assert issue.escalation_reason != escalate.NOT_CONTENT
        assert issue.responses.order_by("turn").last().purpose in ("handover", "reply")

    def test_a_rating_told_twice_is_one(self, box):
        issue = asked()
        writes(issue, "5", message_id="ghl:m5")
        issue = writes(issue, "5", message_id="wa:3A5", source="evolution")
        assert (issue.status, Action.objects.filter(kind="rated").count()) == ("resolved", 1)

    def test_a_second_rating_is_a_message_like_any_other(self, box):
        issue = writes(asked(), "5")
        issue = writes(issue, "1")
        assert (issue.status, *rating(issue)) == ("in_progress", 5, "system")
        assert Action.objects.filter(kind="rated").count() == 1

    def test_thanks_first_and_the_rating_afterwards(self, box):
        issue = writes(asked(), "Obrigada!")
        assert (issue.status, *rating(issue)) == ("resolved", None, "")
        assert rating(writes(issue, "5")) == (5, "system")

    def test_no_answer_stays_null(self, box):
        issue = asked()
        for _ in range(3):
            jobs.sweep()
        issue.refresh_from_db()
        assert rating(issue) == (None, "")

    def test_a_new_problem_is_no_rating_and_after_it_a_number_is_none_either(self, box):
        issue = writes(asked(), "Agora o pedido 5 não chegou")
        assert (issue.status, *rating(issue)) == ("in_progress", None, "")
        assert rating(writes(issue, "5")) == (None, "")

    def test_a_rating_before_the_question_is_none(self, box):
        assert rating(writes(resolved(), "5")) == (None, "")

    def test_what_is_rated_again_after_another_end_is_to_the_credit_of_the_later_one(self, box, ana):
        issue = asked()
        writes(issue, "Ainda não deu")
        Response.objects.filter(state="waiting").update(state="cancelled")
        resolved(issue, user=ana)
        assert rating(writes(issue, "4")) == (4, "ana")

    def test_seven_days_later_a_number_opens_a_new_issue(self, box):
        issue = asked()
        Issue.objects.update(resolved_at=timezone.now() - timedelta(days=7, seconds=1))
        assert writes(issue, "5") != issue


def test_the_question_is_planned_with_the_resolution_or_not_at_all(monkeypatch):
    issue = answered()
    monkeypatch.setattr(survey.rows, "insert", lambda *rows, **calls: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        resolve.resolve(issue, basis=Basis.SILENCE)
    issue.refresh_from_db()
    assert issue.status == "in_progress"

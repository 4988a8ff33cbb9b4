"""A customer who needs a person gets one at once, and is told so in one message."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from issues import deliver, escalate, resolve, respond
from issues.claim import claim
from issues.ingest import ingest
from issues.models import AICall, Customer, Issue, Policy, ReplyTemplate, Response
from mis_dashboard.models import Job
from tests.support import make
from tests.support.make import NOW, inbound

pytestmark = pytest.mark.django_db

PERSON = "quero falar com uma pessoa"


def arrives(text, now=NOW, **changes) -> Issue:
    return Issue.objects.get(pk=ingest(inbound(text=text, **changes), now=now).issue_id)


def answered() -> Response | None:
    """What a worker does with the next waiting response, if there is one."""
    claimed = claim(make.uuid7())
    if claimed is None:
        return None
    respond.respond(claimed)
    claimed.response.refresh_from_db()
    return claimed.response


def states(issue) -> list[tuple[str, str]]:
    return list(issue.responses.order_by("turn").values_list("purpose", "state"))


@pytest.mark.parametrize(
    ("text", "reason", "said"),
    [
        (PERSON, escalate.ASKS_FOR_A_PERSON, "Uma pessoa da nossa equipe vai continuar"),
        ("vou no Procon", escalate.LEGAL, "uma pessoa responsável"),
        ("quero morrer", escalate.IN_DANGER, "188"),
        ("parar", escalate.OPTS_OUT, "não vai mais receber mensagens automáticas"),
        ("", escalate.UNREADABLE, "Recebemos o que você enviou"),
    ],
)
def test_a_person_takes_over_at_once_and_the_customer_is_told(text, reason, said):
    issue = arrives(text)
    assert (issue.status, issue.escalation_reason) == ("escalated", reason)
    assert [a.kind for a in issue.actions.all()] == ["received", "escalated"]
    notice = issue.responses.get()
    assert (notice.purpose, notice.kind, notice.state) == ("handover", "template", "waiting")
    assert (notice.due_at, notice.deadline_at) == (NOW, issue.response_due_at)
    assert said.lower() in notice.text.lower()
    assert "Ana" in notice.text
    assert issue.messages.get().text == text


def test_the_worker_is_woken_without_waiting_for_more_words():
    with CaptureQueriesContext(connection) as statements:
        arrives(PERSON, now=timezone.now())
    assert any("'mis_job', 'respond'" in each["sql"] for each in statements)
    assert not Job.objects.exists()  # none that would wait for a later moment


def test_the_notice_is_sent_without_asking_a_model_and_is_the_first_response(box):
    issue = arrives(PERSON, now=timezone.now())
    notice = answered()
    assert [sent.text for sent in box.sent] == [notice.text]
    issue.refresh_from_db()
    assert (notice.state, issue.first_response_at, issue.status) == ("sent", notice.sent_at, "escalated")
    assert not AICall.objects.exists()
    assert answered() is None


def test_a_customer_who_writes_english_is_told_in_english():
    assert "A person of our team" in arrives("I want to talk to a human please").responses.get().text


def test_a_language_without_its_own_words_gets_the_portuguese_ones():
    ReplyTemplate.objects.filter(occasion="person", language="en").delete()
    assert "Uma pessoa" in arrives("I want to talk to a human please").responses.get().text


def test_without_any_words_the_person_is_there_all_the_same():
    ReplyTemplate.objects.filter(occasion="person").delete()
    issue = arrives(PERSON)
    assert (issue.status, states(issue)) == ("escalated", [("reply", "handed_over")])


def test_a_wish_in_a_turn_that_still_waits_takes_the_place_of_its_answer():
    issue = arrives("meu pedido não chegou")
    issue = arrives(PERSON, now=NOW + timedelta(seconds=2))
    assert states(issue) == [("handover", "waiting")]
    notice = issue.responses.get()
    assert (notice.due_at, notice.verdict) == (NOW + timedelta(seconds=2), None)
    assert [a.kind for a in issue.actions.all()] == ["received", "joined", "escalated"]
    assert issue.messages.count() == 2


def test_an_answer_that_is_still_being_thought_is_never_given(box):
    issue = arrives("meu pedido não chegou", now=timezone.now() - timedelta(seconds=10))
    thinking = claim(make.uuid7())
    arrives(PERSON, now=timezone.now())
    assert not deliver.deliver(thinking.response, deliver.Draft("Olá!", Response.Kind.AI))
    assert answered().purpose == "handover"
    assert len(box.sent) == 1
    assert states(issue) == [("reply", "handed_over"), ("handover", "sent")]


def test_what_the_customer_adds_leaves_the_notice_as_it_is():
    arrives(PERSON)
    issue = arrives("é urgente!!", now=NOW + timedelta(seconds=1))
    assert states(issue) == [("handover", "waiting"), ("reply", "handed_over")]
    assert issue.responses.first().text


def test_the_customer_is_told_once(box):
    arrives(PERSON, now=timezone.now())
    answered()
    issue = arrives("quero falar com o gerente", now=timezone.now())
    assert states(issue) == [("handover", "sent"), ("reply", "handed_over")]
    assert issue.actions.filter(kind="escalated").count() == 1


def test_a_reopened_issue_in_which_the_customer_was_told_gets_its_person_in_silence(box):
    user = User.objects.create(username="bia")
    issue = arrives(PERSON, now=timezone.now())
    answered()
    resolve.resolve(issue, user=user)
    resolve.reopen(issue, user=user)
    issue = arrives("quero falar com o gerente", now=timezone.now())
    told = [("handover", "sent"), ("survey", "cancelled"), ("reply", "handed_over")]
    assert (issue.status, states(issue)) == ("escalated", told)


def test_a_person_who_answers_first_makes_the_notice_needless(box):
    issue = arrives(PERSON, now=timezone.now())
    deliver.reply_by_hand(issue, "Oi, aqui é a Bia", user=User.objects.create(username="bia"))
    assert answered().text == "Oi, aqui é a Bia"
    assert answered() is None
    assert states(issue) == [("handover", "cancelled"), ("reply", "sent")]


def test_an_issue_that_is_resolved_first_needs_no_notice():
    issue = arrives(PERSON)
    resolve.resolve(issue)
    assert states(issue) == [("handover", "cancelled")]


def test_escalating_by_hand_lets_the_notice_go_out(box):
    issue = arrives(PERSON, now=timezone.now())
    escalate.escalate(issue, "VIP", user=User.objects.create(username="bia"))
    assert answered().state == "sent"


def test_muted_automation_gives_no_notice_and_names_the_wish():
    Policy.objects.update(muted=True)
    issue = arrives(PERSON)
    assert (issue.escalation_reason, states(issue)) == (escalate.ASKS_FOR_A_PERSON, [("reply", "handed_over")])


def test_automation_muted_before_the_notice_went_out_stays_silent(box):
    issue = arrives("quero morrer", now=timezone.now())
    Policy.objects.update(muted=True)
    Policy.current.forget()
    answered()
    issue.refresh_from_db()
    assert (box.sent, states(issue)) == ([], [("handover", "handed_over")])
    assert issue.escalation_reason == escalate.IN_DANGER


def test_who_cannot_be_reached_is_not_told():
    issue = arrives(PERSON, phone=None, contact_id=None)
    assert (issue.status, states(issue)) == ("escalated", [("reply", "handed_over")])
    assert not Job.objects.exists()


def test_something_graver_is_told_to_the_person_in_charge_and_nothing_lighter_hides_it():
    arrives(PERSON)
    issue = arrives("quero morrer", now=NOW + timedelta(minutes=1))
    assert issue.escalation_reason == escalate.IN_DANGER
    issue = arrives("vou processar vocês", now=NOW + timedelta(minutes=2))
    escalate.escalate(issue, escalate.NOT_DELIVERED)
    issue.refresh_from_db()
    assert issue.escalation_reason == escalate.IN_DANGER
    assert issue.actions.filter(kind="escalated").count() == 3
    escalate.escalate(issue, "Falei com a família", user=User.objects.create(username="bia"))
    issue.refresh_from_db()
    assert issue.escalation_reason == "Falei com a família"


class TestOptOut:
    def test_from_then_on_automation_says_nothing_to_that_customer(self, box):
        issue = arrives("parar", now=timezone.now())
        assert issue.customer.opted_out_at
        assert answered().state == "sent"
        resolve.resolve(issue)
        issue = arrives("meu pedido não chegou", now=timezone.now())
        assert (issue.status, issue.escalation_reason) == ("escalated", escalate.OPTED_OUT)
        again = arrives("não me mande mais mensagens", now=timezone.now())
        assert again == issue
        assert states(again) == [("handover", "sent"), ("reply", "handed_over"), ("reply", "handed_over")]
        assert answered() is None
        assert len(box.sent) == 1

    def test_it_is_confirmed_also_when_a_person_is_in_charge_but_only_once(self):
        arrives(PERSON)
        arrives("parar", now=NOW + timedelta(minutes=1))
        issue = arrives("parar", now=NOW + timedelta(minutes=2))
        assert states(issue) == [("handover", "waiting"), ("handover", "waiting"), ("reply", "handed_over")]
        assert issue.actions.filter(kind="noted", detail__reason=escalate.OPTS_OUT).count() == 1

    def test_an_answer_that_waits_in_another_issue_is_dropped(self, box):
        customer = make.customer()
        issue = make.issue(at=timezone.now(), customer=customer)
        make.response(issue, at=timezone.now())
        Customer.objects.update(opted_out_at=timezone.now())
        assert answered().state == "handed_over"
        issue.refresh_from_db()
        assert (issue.status, issue.escalation_reason, box.sent) == ("escalated", escalate.OPTED_OUT, [])

    def test_an_ordinary_word_with_the_same_letters_is_none(self):
        issue = arrives("quero parar de pagar o plano")
        assert (issue.customer.opted_out_at, states(issue)) == (None, [("reply", "waiting")])


def test_a_wish_told_twice_is_answered_once():
    arrives(PERSON, message_id="ghl:m1")
    arrives(
        PERSON, message_id="wa:3A", source="evolution", location="", contact_id=None, now=NOW + timedelta(seconds=4)
    )
    assert Response.objects.count() == 1

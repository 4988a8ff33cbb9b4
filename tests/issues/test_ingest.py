from datetime import timedelta

import pytest
from django.utils import timezone

from issues.ingest import ingest
from issues.models import Action, Customer, InboundEvent, Issue, Message, Policy, Response, SlaPolicy
from mis_dashboard.models import Job
from tests.support.make import NOW, inbound

pytestmark = pytest.mark.django_db


def arrives(now=NOW, **changes):
    outcome = ingest(inbound(**changes), now=now)
    return outcome, outcome.issue_id and Issue.objects.get(pk=outcome.issue_id)


def test_a_message_becomes_an_issue_with_an_answer_waiting():
    Policy.objects.update(debounce_seconds=3)
    _outcome, issue = arrives(priority="critical", occurred_at=NOW - timedelta(seconds=2))

    assert (issue.status, issue.priority, issue.text) == ("open", "critical", "Não consigo entrar na plataforma")
    assert issue.detected_at == NOW - timedelta(seconds=2)
    assert issue.response_due_at == issue.detected_at + timedelta(seconds=30)
    assert issue.resolution_due_at == issue.detected_at + timedelta(hours=2)
    response = issue.responses.get()
    assert (response.turn, response.state, response.rank) == (1, "waiting", 0)
    assert (response.due_at, response.deadline_at) == (NOW + timedelta(seconds=3), issue.response_due_at)
    assert [a.kind for a in issue.actions.all()] == ["received"]


def test_the_worker_is_woken_when_the_customer_has_had_time_to_go_on():
    Policy.objects.update(debounce_seconds=3)
    _outcome, issue = arrives(now=timezone.now())
    job = Job.objects.get()
    assert job.name == "respond"
    assert timedelta() <= job.due_at - issue.responses.get().due_at <= timedelta(seconds=0.1)


def test_a_repeated_event_is_one_issue():
    first, _issue = arrives(key="ghl:same")
    second, _issue = arrives(key="ghl:same")

    assert second.repeated
    assert second.issue_id == first.issue_id
    counts = [model.objects.count() for model in (Issue, Message, Response, Action, InboundEvent)]
    assert counts == [1] * 5


def test_one_message_told_in_two_events_is_one_issue():
    arrives(key="ghl:app", message_id="ghl:m1")
    second, _issue = arrives(key="ghl:workflow", message_id="ghl:m1")
    assert second.repeated
    assert (Issue.objects.count(), Message.objects.count()) == (1, 1)


def test_one_message_told_by_the_crm_and_by_whatsapp_is_one_turn():
    arrives(message_id="ghl:m1")
    arrives(message_id="wa:3A", source="evolution", location="", contact_id=None, now=NOW + timedelta(seconds=4))
    assert (Message.objects.count(), Response.objects.count(), Customer.objects.count()) == (1, 1, 1)
    assert InboundEvent.objects.filter(issue__isnull=False).count() == 2


def test_one_message_told_by_whatsapp_first_is_one_turn_and_tells_where_the_customer_belongs():
    arrives(message_id="wa:3A", source="evolution", location="", contact_id=None)
    arrives(message_id="ghl:m1", now=NOW + timedelta(seconds=4))
    assert (Message.objects.count(), Response.objects.count()) == (1, 1)
    customer = Customer.objects.get()
    assert (customer.location, customer.contact_id) == ("loc1", "ct1")


@pytest.mark.parametrize("end", ["resolved", "closed"])
def test_a_message_that_is_told_another_way_after_its_issue_has_ended_is_not_answered_again(end):
    _outcome, issue = arrives(message_id="wa:3A", source="evolution", location="", contact_id=None)
    Issue.objects.update(status=end, resolved_at=NOW if end == "resolved" else None)
    _outcome, again = arrives(message_id="ghl:m1", now=NOW + timedelta(seconds=40))
    assert again == issue
    assert Response.objects.count() == 1


def test_what_whatsapp_tells_of_a_customer_is_an_issue_of_their_location():
    _outcome, earlier = arrives(message_id="ghl:m1", location="loc1", now=NOW - timedelta(days=9))
    Issue.objects.filter(pk=earlier.pk).update(status="closed")
    _outcome, issue = arrives(message_id="wa:3A", source="evolution", location="", contact_id=None)
    assert issue.pk != earlier.pk
    assert issue.customer == earlier.customer
    assert (issue.location, issue.responses.get().location) == ("loc1", "loc1")


def test_a_message_told_by_two_locations_of_one_phone_is_one_turn():
    arrives(message_id="ghl:m0", location="loc2", text="Bom dia", now=NOW - timedelta(days=1))
    arrives(message_id="wa:3A", source="evolution", location="", contact_id=None)
    arrives(message_id="ghl:m1", location="loc1", now=NOW + timedelta(seconds=4))
    assert Message.objects.count() == 2


def test_the_earliest_answer_is_the_first_response_in_whatever_order_they_are_told_of():
    _outcome, issue = arrives(now=NOW)
    for told, said in [(20, 15), (30, 10), (40, 35)]:
        at = NOW + timedelta(seconds=said)
        arrives(message=False, answer=True, text=f"Oi, {said}", occurred_at=at, now=NOW + timedelta(seconds=told))
    issue.refresh_from_db()
    assert issue.first_response_at == NOW + timedelta(seconds=10)


def test_the_same_word_twice_on_one_way_is_two_messages():
    arrives(text="oi", message_id="ghl:m1")
    arrives(text="oi", message_id="ghl:m2", now=NOW + timedelta(seconds=4))
    assert Message.objects.count() == 2


def test_short_messages_in_a_row_are_one_turn_that_waits_for_the_last_but_for_8_seconds_at_most():
    Policy.objects.update(debounce_seconds=3)
    for seconds in (0, 2, 4, 6):
        _outcome, issue = arrives(text=f"parte {seconds}", now=NOW + timedelta(seconds=seconds))
    response = Response.objects.get()
    assert response.due_at == NOW + timedelta(seconds=8)
    assert issue.messages.count() == 4
    assert [a.kind for a in issue.actions.all()] == ["received", "joined", "joined", "joined"]


def test_a_message_after_our_answer_began_is_a_new_turn_of_the_same_issue():
    _outcome, issue = arrives()
    issue.responses.update(state="sent", sent_at=NOW, text="Olá", kind="ai")
    _outcome, again = arrives(text="Ainda não funciona", now=NOW + timedelta(minutes=5))
    assert again == issue
    second = issue.responses.get(turn=2)
    assert (second.state, second.deadline_at) == ("waiting", NOW + timedelta(minutes=7))


def test_a_brazilian_number_without_its_ninth_digit_is_the_same_customer():
    from issues.phones import canonical

    arrives(contact_id=None, phone=canonical("+55 11 8888-7777"))
    arrives(contact_id=None, phone=canonical("5511988887777"))
    assert Customer.objects.count() == 1


def test_a_contact_without_a_phone_is_an_issue_all_the_same_and_the_phone_is_learnt_later():
    _outcome, issue = arrives(phone=None)
    assert issue.customer.phone is None
    assert issue.responses.get().state == "waiting"
    arrives(message=False, kind="ContactUpdate", text="", message_id=None)
    issue.customer.refresh_from_db()
    assert issue.customer.phone == "+5511900000001"


def test_without_a_phone_and_a_contact_the_issue_goes_to_a_person():
    _outcome, issue = arrives(phone=None, contact_id=None)
    assert (issue.status, issue.escalation_reason) == ("escalated", "No phone number is known")
    assert issue.responses.get().state == "handed_over"
    assert not Job.objects.exists()


def test_a_voice_note_goes_to_a_person():
    _outcome, issue = arrives(text="")
    assert issue.escalation_reason == "The customer sent something that is not text"


def test_muted_automation_hands_every_issue_to_a_person():
    Policy.objects.update(muted=True)
    _outcome, issue = arrives()
    assert (issue.status, issue.escalation_reason) == ("escalated", "Automation is muted")


def test_an_escalated_issue_stays_with_its_person_when_the_customer_writes_again():
    Policy.objects.update(muted=True)
    arrives()
    Policy.objects.update(muted=False)
    _outcome, issue = arrives(text="Alguém aí?")
    assert [r.state for r in issue.responses.all()] == ["handed_over", "handed_over"]
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("hours", "believed"), [(-0.1, False), (0, True), (47.9, True), (48.1, False)], ids=str
)  # hours before receipt
def test_the_time_of_the_event_is_believed_when_it_is_sane(hours, believed):
    occurred_at = NOW - timedelta(hours=hours)
    _outcome, issue = arrives(occurred_at=occurred_at)
    assert issue.detected_at == (occurred_at if believed else NOW)


def test_an_event_that_is_no_message_is_stored_and_opens_nothing():
    outcome, _issue = arrives(message=False, kind="TaskCreate", text="", message_id=None)
    assert outcome.issue_id is None
    assert InboundEvent.objects.get().kind == "TaskCreate"
    assert not Issue.objects.exists()


def test_a_person_who_answers_first_silences_the_ai_for_that_turn():
    _outcome, issue = arrives()
    arrives(message=False, answer=True, text="Oi Ana, já vejo isso", now=NOW + timedelta(seconds=9))
    issue.refresh_from_db()
    assert [(r.state, r.kind) for r in issue.responses.all()] == [("cancelled", ""), ("sent", "human")]
    assert (issue.status, issue.first_response_at) == ("in_progress", NOW + timedelta(seconds=9))
    reply = issue.actions.get(kind="replied")
    assert (reply.by, reply.automated) == ("person", False)


def test_nothing_is_stored_when_a_part_of_it_cannot_be():
    with pytest.raises(SlaPolicy.DoesNotExist):
        ingest(inbound(priority="not-a-priority"), now=NOW)
    assert not InboundEvent.objects.exists()
    assert not Customer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_first_messages_of_a_new_customer_at_once_are_one_customer_and_one_issue():
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    def one(number):
        try:
            return ingest(inbound(text=f"mensagem {number}"), now=NOW).issue_id
        finally:
            connection.close()

    Policy.objects.get_or_create(pk=1)
    with ThreadPoolExecutor(8) as pool:
        issues = set(pool.map(one, range(8)))
    assert len(issues) == 1
    assert (Customer.objects.count(), Message.objects.count(), Response.objects.count()) == (1, 8, 1)


def test_an_ingest_costs_few_queries(django_assert_max_num_queries):
    with django_assert_max_num_queries(10):  # the test's own savepoint and its release included
        ingest(inbound(), now=NOW)


def test_a_persons_answer_reported_three_times_is_one_answer():
    _outcome, issue = arrives()
    for _ in range(2):
        arrives(key="ghl:out", message=False, answer=True, text="Oi Ana", message_id="ghl:m9", now=NOW)
    arrives(source="evolution", location="", contact_id=None, message=False, answer=True, text="Oi Ana",
            message_id="3EB0", now=NOW + timedelta(seconds=3))  # fmt: skip
    assert issue.responses.filter(state="sent").count() == 1
    assert issue.actions.filter(kind="replied").count() == 1


def test_a_late_report_of_an_old_answer_does_not_silence_the_ai_on_a_new_question():
    _outcome, issue = arrives()
    arrives(message=False, answer=True, text="Bom dia", occurred_at=NOW - timedelta(hours=3), message_id="3EB0")
    issue.refresh_from_db()
    assert (issue.first_response_at, issue.responses.get().state) == (None, "waiting")


def test_an_answer_that_could_not_be_said_yet_is_thought_anew_when_the_customer_goes_on():
    _outcome, issue = arrives()
    issue.responses.update(text="Olá!", kind="ai", verdict={"priority": "low"})
    arrives(text="E outra coisa", now=NOW + timedelta(seconds=20))
    response = issue.responses.get()
    assert (response.state, response.text, response.kind, response.verdict) == ("waiting", "", "", None)


def test_a_contact_without_a_location_may_change_its_phone():
    arrives(location="", phone="+5511900000001")
    _outcome, issue = arrives(location="", phone="+5511900000002")
    assert issue.customer.phone == "+5511900000002"
    assert Customer.objects.count() == 1


def test_the_name_that_the_crm_knows_is_not_replaced_by_what_people_call_themselves():
    ingest(inbound(name="Luciana Xavier"))
    ingest(inbound(source=InboundEvent.Source.EVOLUTION, location="", contact_id=None, name="Lu ✨"))
    assert Customer.objects.get().name == "Luciana Xavier"

"""Customers whose phone WhatsApp hides behind an id of its own (`…@lid`)."""

from datetime import timedelta

import pytest

from issues import queries
from issues.ingest import ingest
from issues.models import Action, Customer, InboundEvent, Issue, Response
from tests.support import make
from tests.support.make import NOW

pytestmark = pytest.mark.django_db

LID, PHONE = "100000000000001@lid", "+5511900000001"


def writes(minutes: float = 0, *, phone=None, lid=None, **changes) -> Issue:
    """A message by WhatsApp; the issue it belongs to."""
    number = Action.objects.count()
    given = {"source": "evolution", "location": "", "contact_id": None, "text": f"mensagem {number}"}
    at = NOW + timedelta(minutes=minutes)
    outcome = ingest(make.inbound(**(given | {"phone": phone, "lid": lid, "occurred_at": at} | changes)), now=at)
    return outcome.issue_id and Issue.objects.get(pk=outcome.issue_id)


def test_a_stranger_behind_a_hidden_id_has_one_issue_which_goes_to_a_person():
    first, second = writes(lid=LID), writes(9, lid=LID)
    assert (first, first.messages.count()) == (second, 2)
    assert (second.status, second.escalation_reason) == ("escalated", "No phone number is known")
    customer = Customer.objects.get()
    assert (customer.phone, customer.lid) == (None, LID)


def test_who_opted_out_behind_a_hidden_id_has_opted_out_when_the_phone_is_known():
    issue = writes(lid=LID, text="parar")
    assert [response.state for response in issue.responses.all()] == ["handed_over"]  # nobody to confirm it to
    writes(1, phone=PHONE, lid=LID)
    [customer] = Customer.objects.all()
    assert (customer.phone, customer.opted_out_at) == (PHONE, NOW)


def test_another_hidden_id_is_another_customer():
    assert writes(lid=LID) != writes(lid="2@lid")


def test_once_both_were_told_the_hidden_id_is_enough():
    known = writes(phone=PHONE, lid=LID)
    again = writes(9, lid=LID)
    assert (again, again.status) == (known, "open")
    assert Customer.objects.count() == 1


def test_the_hidden_id_finds_the_customer_whom_the_crm_knows():
    crm = make.customer(phone=PHONE, location="loc1")
    issue = make.issue(customer=crm, at=NOW)
    assert writes(1, phone=PHONE, lid=LID) == issue
    assert writes(2, lid=LID) == issue
    assert (Customer.objects.get().lid, Customer.objects.get().phone) == (LID, PHONE)


def test_of_one_phone_at_two_locations_it_is_the_customer_who_had_an_issue_last():
    elder = make.issue(customer=make.customer(phone=PHONE, location="loc1"), at=NOW - timedelta(hours=2))
    assert writes(phone=PHONE, lid=LID) == elder
    newer = make.issue(customer=make.customer(phone=PHONE, location="loc2"), at=NOW + timedelta(minutes=5))
    assert writes(9, lid=LID) == newer


def test_a_strangers_phone_is_learnt_from_a_message_that_tells_both():
    strange = writes(lid=LID)
    again = writes(9, phone=PHONE, lid=LID)
    assert again == strange
    customer = Customer.objects.get()
    assert (customer.phone, customer.lid) == (PHONE, LID)
    noted = Action.objects.get(kind="noted")
    assert (noted.issue, noted.detail) == (strange, {"why": "phone_learnt"})
    # A person has it, and keeps it.
    assert (again.status, Response.objects.filter(state="handed_over").count()) == ("escalated", 2)


def test_a_stranger_who_turns_out_to_be_a_known_customer_becomes_that_customer():
    known = make.customer(phone=PHONE, location="loc1")
    strange = writes(lid=LID)
    open_one = make.issue(customer=known, at=NOW + timedelta(minutes=1))
    assert writes(9, phone=PHONE, lid=LID) == open_one
    strange.refresh_from_db()
    assert (strange.customer, strange.location, strange.status) == (known, "loc1", "escalated")
    assert Customer.objects.get().lid == LID
    assert Action.objects.get(kind="noted").issue == strange


def test_with_no_other_issue_the_known_customer_goes_on_in_the_strangers():
    make.customer(phone=PHONE, location="loc1")
    strange = writes(lid=LID)
    assert writes(9, phone=PHONE, lid=LID) == strange
    assert Issue.objects.count() == 1


def test_a_hidden_id_that_comes_with_another_phone_moves_to_it_and_the_issues_stay():
    first = writes(phone=PHONE, lid=LID)
    second = writes(1, phone="+5511900000002", lid=LID)
    assert first != second
    assert queries.phone_behind(LID) == "+5511900000002"
    assert writes(2, lid=LID) == second


def test_what_a_person_answers_to_a_hidden_id_takes_that_turn():
    issue = writes(phone=PHONE, lid=LID)
    writes(1, lid=LID, message=False, answer=True, text="Oi, aqui é a Ana", message_id="3A1")
    assert [(r.state, r.kind) for r in issue.responses.all()] == [("cancelled", ""), ("sent", "human")]


def test_what_a_person_writes_to_nobody_we_know_makes_no_customer():
    writes(lid="7@lid", message=False, answer=True, text="Oi, mãe", message_id="3A2")
    writes(phone="+5511900000077", message=False, answer=True, text="Oi, mãe", message_id="3A3")
    assert (Customer.objects.count(), InboundEvent.objects.count()) == (0, 2)


@pytest.mark.django_db(transaction=True)
def test_first_messages_of_one_hidden_id_at_once_are_one_customer_and_one_issue():
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    from issues.models import Policy

    def one(number):
        try:
            phone = PHONE if number % 2 else None
            inbound = make.inbound(
                source="evolution", location="", contact_id=None, phone=phone, lid=LID, text=f"mensagem {number}"
            )
            return ingest(inbound, now=NOW).issue_id
        finally:
            connection.close()

    Policy.objects.get_or_create(pk=1)
    with ThreadPoolExecutor(8) as pool:
        issues = set(pool.map(one, range(8)))
    customer = Customer.objects.get()
    assert (len(issues), customer.phone, customer.lid) == (1, PHONE, LID)

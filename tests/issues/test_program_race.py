"""Programs and our own workers at the same time: one of them is heard."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from issues import deliver, jobs, programs
from issues.claim import claim
from issues.ingest import ingest
from issues.models import Customer, Issue, Response
from mis_dashboard.lib.ids import uuid7
from tests.support import make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("box")]


def together(*calls) -> list:
    """What each call returned or raised, all begun at the same moment."""
    gate = Barrier(len(calls))

    def run(call):
        try:
            gate.wait()
            return call()
        except programs.CannotSay as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def told(number: int) -> Issue:
    ingest(make.inbound(phone=f"+55119000{number:05d}", contact_id=f"ct-{number}"))
    Response.objects.filter(state="waiting").update(due_at=timezone.now())
    return Issue.objects.select_related("customer").get(customer__contact_id=f"ct-{number}")


def say(issue: Issue, text: str):
    return lambda: programs.say(issue, text, to=issue.customer.phone, by="n8n")


def test_of_many_words_at_once_one_is_taken():
    issue = told(1)
    outcomes = together(*(say(issue, f"Resposta {number}") for number in range(6)))
    assert sum(isinstance(outcome, Response) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, programs.NotNow) for outcome in outcomes) == 5


def test_the_same_words_at_once_are_one_delivery():
    issue = told(1)
    outcomes = together(*(say(issue, "Resposta") for _ in range(6)))
    assert len({response.pk for response in outcomes}) == 1


def test_a_program_and_our_worker_do_not_both_speak(box):
    for number in range(1, 13):
        issue = told(number)
        ours = claim(uuid7()).response
        draft = deliver.Draft("Da nossa parte.", Response.Kind.AI)
        together(say(issue, "De um programa."), lambda ours=ours, draft=draft: deliver.deliver(ours, draft))
        while jobs.answer_next():
            pass
    assert sorted(m.phone for m in box.sent) == sorted(
        phone[1:] for phone in Customer.objects.values_list("phone", flat=True)
    )

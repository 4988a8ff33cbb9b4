"""What happens at the same moment on other connections: one speaks, none waits for ever, and all ends right."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from issues import breaker, budget, deliver, escalate, look, queries, receipts, webhooks
from issues.claim import claim, promote
from issues.models import Action, Breaker, Issue, Message, Policy, PromptVersion, ReplyTemplate, Response
from issues.models.response import Delivery, State
from mis_dashboard.lib.ids import uuid7
from mis_dashboard.models import Job
from tests.support import make, right
from tests.support.line import Line, Mind
from tests.support.moment import Gate, at_once, wait_for_lock, while_stopped
from tests.support.world import World, meet

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 6
LONG_AGO = timedelta(minutes=11)


@pytest.fixture(autouse=True)
def _seeds():
    """What migrations have put there, and tests like these leave behind empty."""
    Policy.objects.update_or_create(pk=1, defaults={"debounce_seconds": 0})
    wordings = {"text": "Responda ao cliente com clareza.", "active": True}
    PromptVersion.objects.get_or_create(name="reply", active=True, defaults={"number": 1, **wordings})
    ReplyTemplate.objects.get_or_create(issue_type="", language="pt-BR", occasion="", defaults={"text": "Recebemos."})


@pytest.fixture
def world(monkeypatch, settings):
    line, mind = Line(), Mind()
    meet(line, mind, monkeypatch, settings)
    world = World(line, mind)
    line.on_speaking = right.to_speak_now
    return world


@pytest.fixture
def issue(world):
    """Asked a moment ago, and nobody has answered yet."""
    world.customer_writes()
    return Issue.objects.get()


def states() -> list[tuple[str, str]]:
    return list(Response.objects.order_by("turn").values_list("kind", "state"))


def unsure(world, *, heard: bool) -> Response:
    world.line.then = "unsure, heard" if heard else "unsure, not heard"
    assert world.work()
    return Response.objects.get(state=State.UNSURE)


# --- Claiming -----------------------------------------------------------------------------------


def test_of_workers_that_claim_at_once_each_gets_another_answer():
    Policy.objects.update(max_parallel=20)
    for _ in range(4):
        make.response(make.issue())
    claimed = at_once(*[lambda: claim(uuid7())] * 6)
    assert sorted(c.response.pk for c in claimed if c) == sorted(Response.objects.values_list("pk", flat=True))


def test_workers_that_claim_at_once_take_no_more_places_than_there_are():
    Policy.objects.update(max_parallel=3)
    for number in range(8):
        make.response(make.issue(priority="critical", location=f"loc{number}"), location=f"loc{number}")
    Response.objects.update(deadline_at=timezone.now() + timedelta(minutes=5))
    assert sum(c is not None for c in at_once(*[lambda: claim(uuid7())] * 8)) == 3


def test_two_workers_answer_a_customer_once(world, issue):
    at_once(world.work, world.work, world.work)
    assert (len(world.line.heard), states()) == (1, [("ai", "sent")])


# --- People -------------------------------------------------------------------------------------


def test_a_person_who_answers_while_the_ai_thinks_is_the_only_one_heard(world, issue):
    gate = world.mind.meanwhile = Gate()
    while_stopped(gate, world.work, lambda: world.staff_does("reply", issue))
    assert world.work()
    assert [h.text for h in world.line.heard] == [Response.objects.get(kind="human").text]
    assert states() == [("", "cancelled"), ("human", "sent")]


@pytest.mark.parametrize("work", ["escalate", "resolve", "no-problem"])
def test_the_ai_says_nothing_once_a_person_has_decided_while_it_was_thinking(world, issue, work):
    gate = world.mind.meanwhile = Gate()
    while_stopped(gate, world.work, lambda: world.staff_does(work, issue))
    assert not world.line.heard
    assert not Response.objects.exclude(state__in=["cancelled", "handed_over"]).exists()


def test_a_person_who_answers_on_the_phone_while_the_ai_thinks_silences_it(world, issue):
    gate = world.mind.meanwhile = Gate()
    while_stopped(gate, world.work, world.person_answers_outside)
    assert (world.line.heard, states()) == ([], [("", "cancelled"), ("human", "sent")])


@pytest.mark.parametrize("work", ["reply", "escalate", "resolve", "no-problem"])
def test_what_is_under_way_when_a_person_decides_is_recorded_as_said(world, issue, work):
    gate = world.line.meanwhile = Gate()
    while_stopped(gate, world.work, lambda: world.staff_does(work, issue))
    assert Response.objects.get(turn=1).state == "sent"
    right.always(world.line, right.Before())


def test_a_customer_who_writes_while_we_speak_gets_an_answer_to_that_too(world, issue):
    gate = world.line.meanwhile = Gate()
    while_stopped(gate, world.work, world.customer_writes)
    assert world.work()
    assert (len(world.line.heard), states()) == (2, [("ai", "sent"), ("ai", "sent")])


@pytest.mark.parametrize("step", ["resolve", "escalate", "no-problem", "reply"])
def test_an_acceptance_and_a_persons_decision_at_once_are_both_recorded(world, issue, step):
    world.line.on_speaking = lambda response: None  # it may be decided a moment later
    for _ in range(ROUNDS):
        at_once(world.work, lambda: world.staff_does(step, issue))
        world.sweep()
        while world.work():
            pass
        right.always(world.line, right.Before())
        world.staff_does("reopen", issue)
        world.customer_writes()


def test_an_answer_given_up_while_it_is_recorded_waits_for_nobody(world, issue):
    """Whoever hands over holds the issue and wants the answer; who records has the answer and wants the issue."""
    response = unsure(world, heard=True)

    def give_up():
        with transaction.atomic():
            queries.locked(issue)
            wait_for_lock()
            deliver.hand_over(response, escalate.UNCERTAIN)

    at_once(give_up, lambda: look.look(response.pk, 0) if wait_until_locked(issue) else None)
    response.refresh_from_db()
    assert response.state == "handed_over"


def wait_until_locked(issue: Issue) -> bool:
    """Returns when somebody else has locked the issue."""
    while True:
        with transaction.atomic():
            if not Issue.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=issue.pk).exists():
                return True


# --- Looking and receipts -----------------------------------------------------------------------


def test_two_looks_at_once_adopt_what_was_heard_once(world, issue):
    response = unsure(world, heard=True)
    at_once(*[lambda: look.look(response.pk, 0)] * 3)
    assert (states(), Action.objects.filter(kind="replied").count()) == ([("ai", "sent")], 1)


def test_two_looks_at_once_let_it_be_said_again_once(world, issue):
    response = unsure(world, heard=False)
    at_once(*[lambda: look.look(response.pk, 1)] * 3)
    at_once(world.work, world.work)
    assert (states(), len(world.line.heard)) == ([("ai", "sent")], 1)


def test_a_look_and_an_echo_at_once_are_one_answer(world, issue):
    response = unsure(world, heard=True)
    at_once(lambda: look.look(response.pk, 0), lambda: world.echo(world.line.heard[0]))
    assert (states(), Action.objects.filter(kind="replied").count()) == ([("ai", "sent")], 1)


def test_receipts_and_the_acceptance_at_once_end_as_read(world, issue):
    gate = world.line.meanwhile = Gate()

    def tell():
        gate.opened.set()
        for status in ("DELIVERY_ACK", "READ"):
            world.receipt(world.line.heard[0], status)

    while_stopped(gate, world.work, tell)
    Job.objects.update(due_at=timezone.now())
    world.run_due_jobs()
    assert Response.objects.get().delivery == "read"
    right.always(world.line, right.Before())


def test_receipts_at_once_move_on_and_never_back(world, issue):
    assert world.work()
    heard = world.line.heard[0]
    statuses = [Delivery.READ, Delivery.SENT, Delivery.FAILED, Delivery.DELIVERED, Delivery.READ, Delivery.FAILED]
    at_once(*[lambda s=s: receipts.receipt(heard.channel_id, s, timezone.now()) for s in statuses])
    assert Response.objects.get().delivery == "read"
    assert Action.objects.filter(kind="read").count() == 1


# --- Webhooks -----------------------------------------------------------------------------------


def test_one_event_delivered_twice_at_once_is_one_message(world):
    world.customer_writes()
    [(door, body)] = world.told
    body["data"]["key"]["id"] = "3A0000000000000ANOTHER"
    body["data"]["message"]["conversation"] = "Outra coisa"
    at_once(*[lambda: world.deliver(door, body)] * 4)
    assert (Issue.objects.count(), Message.objects.count()) == (1, 2)


def test_a_new_customers_message_told_by_the_crm_and_by_whatsapp_at_once_is_answered_once(world):
    for number in range(ROUNDS):
        phone = f"+551190000010{number}"
        told = [make.inbound(message_id=f"wa:{number}", source="evolution", location="", contact_id=None, phone=phone)]
        told += [make.inbound(message_id=f"ghl:{number}", contact_id=f"new{number}", phone=phone)]
        at_once(*[lambda i=i: webhooks.ingest(i) for i in told])
    assert (Issue.objects.count(), Message.objects.count()) == (ROUNDS, ROUNDS)


# --- Budgets and breakers -----------------------------------------------------------------------


@pytest.mark.parametrize("critical", [True, False])
def test_questions_asked_at_once_stay_within_the_minute(critical):
    policy = Policy(critical_per_minute=5, ai_per_minute=7)
    budget.spend(policy, critical=critical)
    asked = at_once(*[lambda: budget.spend(policy, critical=critical)] * 12)
    assert sum(asked) <= (4 if critical else 6)
    while budget.spend(policy, critical=critical):
        asked.append(True)
    assert sum(asked) == (4 if critical else 6)


def test_a_model_that_is_left_alone_is_asked_by_one_of_all_workers():
    long_ago = timezone.now() - timedelta(seconds=31)
    Breaker.objects.create(model="m", failures=3, opened_at=long_ago, probed_at=long_ago)
    assert sum(at_once(*[lambda: breaker.may_ask("m")] * 8)) == 1
    assert not breaker.may_ask("m")


def test_moving_up_waits_for_nobody_who_changes_an_answer():
    soon = timezone.now() + timedelta(seconds=10)
    held, free = [make.response(make.issue(), deadline_at=soon) for _ in range(2)]

    def hold():
        with transaction.atomic():
            Response.objects.filter(pk=held.pk).update(due_at=soon)
            gate()

    gate = Gate()
    while_stopped(gate, hold, lambda: promote(timezone.now()))
    held.refresh_from_db()
    free.refresh_from_db()
    assert (held.rank, free.rank) == (2, 0)

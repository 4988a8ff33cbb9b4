from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from issues import deliver, escalate, jobs, look, receipts, resolve
from issues.claim import claim
from issues.ingest import ingest
from issues.models import Action, Issue, Policy, Response
from issues.models.response import Delivery
from mis_dashboard.lib.ids import uuid7
from mis_dashboard.models import Job, Process
from tests.support import make

pytestmark = pytest.mark.django_db


def thinking(**changes) -> Response:
    """A response claimed a moment ago."""
    now = timezone.now()
    make.response(make.issue(at=now, **changes), at=now)
    return claim(uuid7()).response


def spoken(response: Response, text: str = "Olá! Já estamos vendo isso.") -> Response:
    deliver.deliver(response, deliver.Draft(text, Response.Kind.AI))
    response.refresh_from_db()
    response.issue.refresh_from_db()
    return response


def asked() -> Issue:
    """An issue whose customer waits for an answer, and has finished typing."""
    Policy.objects.update(debounce_seconds=0)
    return Issue.objects.get(pk=ingest(make.inbound()).issue_id)


def kinds() -> list[str]:
    return list(Action.objects.values_list("kind", flat=True))


def test_the_first_response_counts_from_when_whatsapp_accepted_it(box):
    before = timezone.now()
    response = spoken(thinking())
    assert before < response.sent_at == response.issue.first_response_at
    later = make.response(response.issue, turn=2, at=timezone.now())
    later = spoken(claim(uuid7()).response)
    assert later.issue.first_response_at == response.sent_at < later.sent_at


def test_the_issue_keeps_who_gave_the_first_response(box):
    first = spoken(thinking())
    assert first.issue.answered_by == first.kind == "ai"
    make.response(first.issue, turn=2, at=timezone.now())
    again = claim(uuid7()).response
    deliver.deliver(again, deliver.Draft("Um instante, por favor.", Response.Kind.TEMPLATE))
    again.issue.refresh_from_db()
    assert (again.issue.answered_by, again.issue.responses.count()) == ("ai", 2)


def test_a_number_that_is_not_on_whatsapp_goes_to_a_person(box):
    box.set_evolution(not_on_whatsapp=1)
    response = spoken(thinking())
    assert (response.state, response.sent_at, response.issue.first_response_at) == ("handed_over", None, None)
    assert response.issue.status == "escalated"
    assert kinds() == ["failed", "escalated"]


def test_what_whatsapp_cannot_take_now_is_said_later_and_not_thought_again(box):
    box.set_evolution(connection_closed=1)
    response = spoken(thinking())
    assert (response.state, response.text, response.kind) == ("waiting", "Olá! Já estamos vendo isso.", "ai")
    box.set_evolution(connection_closed=0)
    Response.objects.update(due_at=timezone.now())
    assert jobs.answer_next()
    assert [m.text for m in box.sent] == ["Olá! Já estamos vendo isso."]
    assert box.gemini_calls == 0


def test_after_ten_minutes_of_trying_a_person_is_called(box):
    box.set_evolution(connection_closed=1)
    response = thinking()
    response.created_at -= timedelta(minutes=11)
    assert spoken(response).state == "handed_over"


@pytest.mark.parametrize("mode", ["drop_after", "accept_then_400"])
def test_what_may_have_been_heard_is_looked_up_and_not_said_again(box, mode):
    box.set_evolution(**{mode: 1})
    response = spoken(thinking())
    assert (response.state, len(box.sent)) == ("unsure", 1)
    box.set_evolution(**{mode: 0})
    job = Job.objects.get(name="look")
    jobs.look(*job.args)
    response.refresh_from_db()
    assert (response.state, response.channel_id) == ("sent", box.sent[0].id)
    assert Issue.objects.get().first_response_at is not None
    assert len(box.sent) == 1
    # It was heard when we said it, before we knew that we did not know.
    assert kinds() == ["replied", "unsure"]


def test_what_was_not_heard_is_said_again_after_two_looks(box):
    box.set_evolution(drop_before=1)
    response = spoken(thinking())
    assert (response.state, len(box.sent)) == ("unsure", 0)
    box.set_evolution(drop_before=0)
    look.look(response.pk, 0)
    response.refresh_from_db()
    assert response.state == "unsure"
    look.look(response.pk, 1)
    assert jobs.answer_next()
    assert len(box.sent) == 1


def test_when_nobody_can_know_a_person_decides(box):
    box.set_evolution(drop_after=1)
    response = spoken(thinking())
    box.set_evolution(down=True)
    look.look(response.pk, 0)
    response.refresh_from_db()
    assert response.state == "unsure"
    look.look(response.pk, 5, now=timezone.now() + timedelta(minutes=11))
    response.refresh_from_db()
    assert (response.state, Issue.objects.get().escalation_reason) == ("handed_over", escalate.UNCERTAIN)


def test_nothing_is_said_when_a_person_was_faster(box):
    response = thinking()
    Response.objects.update(state="cancelled")
    spoken(response)
    assert not box.sent


def test_nothing_is_said_by_a_worker_that_was_given_up(box):
    response = thinking()
    Response.objects.update(state="thinking", claimed_by=uuid4())
    spoken(response)
    assert not box.sent


def test_an_acceptance_is_recorded_once(box):
    response = thinking()
    spoken(response)
    deliver.record_sent(response, deliver.Sent("another"))
    assert kinds() == ["replied"]


@pytest.mark.parametrize(
    ("news", "ends"),
    [
        (["sent", "delivered", "read"], "read"),
        (["read", "delivered", "sent"], "read"),
        (["delivered", "delivered"], "delivered"),
        (["delivered", "failed"], "delivered"),
        (["failed", "delivered"], "delivered"),
        (["sent", "failed"], "failed"),
        (["sending"], "sending"),
    ],
)
def test_receipts_move_a_message_on_in_whatever_order_they_come(box, news, ends):
    response = spoken(thinking())
    for status in news:
        assert receipts.receipt(response.channel_id, Delivery(status), timezone.now())
    response.refresh_from_db()
    assert response.delivery == ends


def test_a_message_that_whatsapp_could_not_deliver_goes_to_a_person(box):
    response = spoken(thinking())
    receipts.receipt(response.channel_id, Delivery.FAILED, timezone.now())
    assert Issue.objects.get().escalation_reason == escalate.NOT_DELIVERED


def test_a_receipt_of_a_message_we_do_not_know_is_told_apart():
    assert receipts.receipt("3EB0UNKNOWN", Delivery.READ, timezone.now()) is False


# --- The queue --------------------------------------------------------------------------------


def test_critical_is_answered_first_then_what_is_due_first():
    order = {}
    for name, priority, wait in [
        ("low", "low", 1),
        ("later", "high", 9),
        ("sooner", "high", 5),
        ("critical", "critical", 9),
    ]:
        issue = make.issue(priority=priority)
        order[make.response(issue, deadline_at=make.NOW + timedelta(minutes=wait)).pk] = name
    taken = [order[claim(uuid7()).response.pk] for _ in range(4)]
    assert taken == ["critical", "sooner", "later", "low"]


def test_no_more_are_answered_at_a_time_than_the_policy_says():
    Policy.objects.update(max_parallel=2)
    now = timezone.now()
    for _ in range(3):
        make.response(make.issue(priority="critical"), at=now)
    first, second, third = (claim(uuid7()) for _ in range(3))
    assert (first.others, first.room, second.others, second.room, third) == (True, True, True, False, None)


def test_what_is_not_due_yet_waits():
    make.response(make.issue(), due_at=timezone.now() + timedelta(seconds=5))
    assert claim(uuid7()) is None


def test_a_dead_workers_thoughts_are_thought_again_and_its_words_looked_up():
    alive = Process.objects.create(role="worker", host="h", pid=1)
    long_ago = timezone.now() - timedelta(seconds=30)
    for state, worker in [("thinking", None), ("speaking", None), ("thinking", alive.pk)]:
        response = make.response(make.issue(), state=state, text="Olá" if state == "speaking" else "", kind="ai")
        Response.objects.filter(pk=response.pk).update(claimed_by=worker or uuid7(), claimed_at=long_ago)
    jobs.sweep()
    assert sorted(Response.objects.values_list("state", flat=True)) == ["thinking", "unsure", "waiting"]
    assert list(Job.objects.values_list("name", flat=True)) == ["look"]
    assert kinds() == ["unsure"]


def test_a_lost_wake_up_is_made_up_for():
    make.response(make.issue(), due_at=timezone.now() - timedelta(seconds=5))
    jobs.sweep()
    jobs.sweep()
    assert Job.objects.filter(name="respond").count() == 1


def test_an_error_of_our_own_puts_the_answer_back_and_at_last_calls_a_person(box, monkeypatch):
    monkeypatch.setattr("issues.respond.respond", lambda response: 1 / 0)
    make.response(make.issue())
    for _ in range(4):
        Response.objects.update(due_at=timezone.now(), created_at=timezone.now())
        assert jobs.answer_next()
    assert (Response.objects.get().state, Issue.objects.get().escalation_reason) == ("handed_over", escalate.BROKEN)


# --- People -----------------------------------------------------------------------------------


@pytest.fixture
def ana():
    return get_user_model().objects.create_user("ana")


def test_a_persons_reply_goes_out_in_their_name_and_silences_the_ai(box, ana):
    now = timezone.now()
    issue = make.issue(at=now)
    make.response(issue, at=now)
    deliver.reply_by_hand(issue, "Oi, aqui é a Ana. Já resolvi.", user=ana)
    assert jobs.answer_next()
    assert not jobs.answer_next()
    assert [m.text for m in box.sent] == ["Oi, aqui é a Ana. Já resolvi."]
    assert [(r.state, r.kind) for r in issue.responses.all()] == [("cancelled", ""), ("sent", "human")]
    reply = Action.objects.get(kind="replied")
    assert (reply.by, reply.user, reply.automated) == ("ana", ana, False)
    assert Issue.objects.get().assignee == ana


def test_a_reply_by_hand_without_a_phone_says_what_is_missing(ana):
    with pytest.raises(ValueError, match="phone"):
        deliver.reply_by_hand(make.issue(customer=None), "Oi", user=ana)


def test_an_escalation_keeps_its_first_time_and_takes_a_new_owner(ana):
    issue = make.issue()
    make.response(issue)
    escalate.escalate(issue, "cliente VIP", user=ana)
    first = Issue.objects.get().escalated_at
    escalate.escalate(issue, "agora com a Ana", user=ana, to=ana)
    issue.refresh_from_db()
    assert (issue.escalated_at, issue.assignee, issue.escalation_reason) == (first, ana, "agora com a Ana")
    assert issue.responses.get().state == "handed_over"
    assert kinds() == ["escalated", "escalated"]


def test_a_resolution_is_counted_once(ana):
    issue = make.issue()
    make.response(issue)
    assert resolve.resolve(issue, user=ana, notes="era o cache")
    assert not resolve.resolve(issue, user=ana)
    issue.refresh_from_db()
    assert (issue.status, issue.resolved_by, issue.responses.get().state) == ("resolved", "ana", "cancelled")
    assert kinds() == ["resolved"]


def test_a_reopened_issue_is_unresolved_again(ana):
    issue = make.issue()
    resolve.resolve(issue, user=ana)
    assert resolve.reopen(issue, user=ana)
    issue.refresh_from_db()
    assert (issue.status, issue.resolved_at, issue.resolved_by) == ("open", None, "")


def test_a_customer_whom_the_end_left_unanswered_is_answered_once_the_issue_is_open_again(box, ana):
    issue = asked()
    resolve.resolve(issue, user=ana)
    assert not jobs.answer_next()
    resolve.reopen(issue, user=ana)
    assert jobs.answer_next()
    assert (len(box.sent), issue.responses.get().state) == (1, "sent")


def test_what_a_person_had_and_nobody_answered_is_a_persons_again_once_it_is_open_again(ana):
    issue = asked()
    escalate.escalate(issue, "cliente VIP")
    resolve.resolve(issue, user=ana)
    resolve.reopen(issue, user=ana)
    issue.refresh_from_db()
    assert (issue.status, issue.escalation_reason) == ("escalated", "cliente VIP")
    assert kinds() == ["received", "escalated", "resolved", "reopened", "escalated"]


def test_a_customer_who_had_only_thanked_is_owed_nothing_when_a_person_opens_the_issue_again(box, ana):
    issue = asked()
    spoken(claim(uuid7()).response, "Toque em Esqueci minha senha e crie outra.")
    ingest(make.inbound(text="Deu certo, muito obrigada!"))
    assert jobs.answer_next()
    issue.refresh_from_db()
    assert issue.resolution_basis == "customer_confirmed"
    resolve.reopen(issue, user=ana)
    assert not jobs.answer_next()
    issue.refresh_from_db()
    assert (issue.status, len(box.sent)) == ("in_progress", 1)


def test_what_may_have_been_heard_is_not_said_again_because_its_issue_is_open_again(box, ana):
    issue = asked()
    long_ago = timezone.now() - timedelta(minutes=11)
    issue.responses.update(state="unsure", text="Olá", kind="ai", spoken_at=long_ago, spoken_to="+5511900000001")
    resolve.resolve(issue, user=ana)
    look.look(issue.responses.get().pk, 0)
    resolve.reopen(issue, user=ana)
    assert not jobs.answer_next()
    assert Issue.objects.get().escalation_reason == escalate.UNCERTAIN


def test_what_was_no_problem_is_closed_and_not_resolved(ana):
    issue = make.issue()
    resolve.review(issue, user=ana, false_positive=True)
    issue.refresh_from_db()
    assert (issue.status, issue.false_positive, issue.resolved_at) == ("closed", True, None)


def test_what_a_person_wrote_goes_out_whatever_becomes_of_the_issue(box, ana):
    issue = make.issue(at=timezone.now())
    deliver.reply_by_hand(issue, "Oi, aqui é a Ana.", user=ana)
    escalate.escalate(issue, "cliente VIP", user=ana)
    resolve.resolve(issue, user=ana)
    assert jobs.answer_next()
    assert [m.text for m in box.sent] == ["Oi, aqui é a Ana."]


# --- Who is in charge --------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["escalated", "resolved", "answered"])
def test_once_a_person_is_in_charge_the_ai_is_silent_also_with_what_it_could_not_say_before(box, ana, who):
    box.set_evolution(connection_closed=1)
    issue = spoken(thinking()).issue
    box.set_evolution(connection_closed=0)
    if who == "escalated":
        # As it was while the AI's words were on their way out: escalating drops what waits.
        Response.objects.update(state="speaking")
        escalate.escalate(issue, "cliente VIP", user=ana)
        Response.objects.update(state="waiting")
    elif who == "resolved":
        Response.objects.update(state="unsure")
        resolve.resolve(issue, user=ana)
        Response.objects.update(state="waiting")
    else:
        Response.objects.update(state="unsure")
        deliver.reply_by_hand(issue, "Oi, aqui é a Ana.", user=ana)
        Response.objects.filter(state="unsure").update(state="waiting")
    Response.objects.update(due_at=timezone.now())
    while jobs.answer_next():
        pass
    assert [m.text for m in box.sent] == (["Oi, aqui é a Ana."] if who == "answered" else [])


def test_muting_silences_what_is_waiting_already(box):
    make.response(make.issue())
    Policy.objects.update(muted=True)
    assert jobs.answer_next()
    assert (box.sent, Issue.objects.get().escalation_reason) == ([], escalate.MUTED)


def test_a_person_is_called_also_when_the_words_that_promise_one_went_out_later(box):
    box.set_evolution(connection_closed=1)
    response = thinking()
    verdict = {"needs_human": True, "human_reason": "pede uma pessoa", "priority": "low", "sentiment": "neutral"}
    deliver.deliver(response, deliver.Draft("Uma pessoa continua.", Response.Kind.AI, verdict))
    box.set_evolution(connection_closed=0)
    Response.objects.update(due_at=timezone.now())
    assert jobs.answer_next()
    issue = Issue.objects.get()
    assert (issue.status, issue.escalation_reason) == ("escalated", "pede uma pessoa")
    assert Action.objects.get(kind="escalated").detail == {"reason": escalate.WANTS_A_PERSON}


def test_the_turns_of_one_issue_are_answered_one_after_the_other():
    issue = make.issue()
    make.response(issue, turn=1)
    make.response(issue, turn=2)
    first = claim(uuid7()).response
    assert claim(uuid7()) is None
    Response.objects.filter(pk=first.pk).update(state="handed_over")
    assert claim(uuid7()).response.turn == 2


def test_what_nobody_looked_up_for_a_minute_is_looked_up_and_ends_with_a_person(box):
    response = spoken(thinking())
    long_ago = timezone.now() - timedelta(minutes=11)
    Response.objects.update(state="unsure", sent_at=None, channel_id=None, due_at=long_ago, spoken_at=long_ago)
    jobs.sweep()
    jobs.sweep()
    job = Job.objects.get(name="look")
    jobs.look(*job.args)
    response.refresh_from_db()
    assert (response.state, Issue.objects.get().escalation_reason) == ("handed_over", escalate.UNCERTAIN)


def test_a_thought_that_cost_three_workers_is_left_to_a_person():
    make.response(make.issue(), state="thinking")
    for _ in range(4):
        Response.objects.update(state="thinking", claimed_at=timezone.now() - timedelta(minutes=1))
        jobs.sweep()
    assert (Response.objects.get().state, Issue.objects.get().escalation_reason) == ("handed_over", escalate.BROKEN)


def test_a_persons_words_that_cannot_go_out_open_an_ended_issue_again(box, ana):
    issue = make.issue(at=timezone.now())
    deliver.reply_by_hand(issue, "Oi, aqui é a Ana.", user=ana)
    resolve.resolve(issue, user=ana)
    box.set_evolution(not_on_whatsapp=1)
    assert jobs.answer_next()
    issue.refresh_from_db()
    assert (issue.status, issue.resolved_at) == ("escalated", None)
    assert kinds() == ["assigned", "resolved", "failed", "reopened", "escalated"]


def test_a_claim_whose_answer_was_lost_is_given_back():
    make.response(make.issue(), at=timezone.now())
    me = uuid7()
    held = claim(me).response
    deliver.release_strays(me, {held.pk})
    assert Response.objects.get().state == "thinking"
    deliver.release_strays(me, set())
    assert Response.objects.get().state == "waiting"


def test_no_follow_up_comes_after_a_person_who_answered_while_it_was_looked_up_whether_the_template_was_heard(box, ana):
    box.set_evolution(drop_after=1)
    response = thinking()
    deliver.deliver(response, deliver.Draft("Recebemos.", Response.Kind.TEMPLATE, {"follow_up": True}))
    box.set_evolution(drop_after=0)
    deliver.reply_by_hand(response.issue, "Oi, aqui é a Ana.", user=ana)
    assert jobs.answer_next()
    look.look(response.pk, 0)
    assert list(response.issue.responses.values_list("state", "purpose")) == [("sent", "reply"), ("sent", "reply")]


def test_what_was_not_heard_is_not_said_any_more_once_the_customers_next_words_are_answered(box):
    box.set_evolution(drop_before=1)
    response = spoken(thinking())
    box.set_evolution(drop_before=0)
    make.response(response.issue, turn=2, at=timezone.now())
    assert jobs.answer_next()
    look.look(response.pk, 1)
    assert jobs.answer_next()
    assert list(response.issue.responses.values_list("state", flat=True)) == ["cancelled", "sent"]
    assert len(box.sent) == 1


def test_a_worker_that_was_held_up_since_its_claim_stays_silent(box, monkeypatch):
    response = thinking()
    clock = iter([0.0, deliver.STALE_AFTER_S + 1])
    monkeypatch.setattr(deliver, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    response = spoken(response)
    assert (response.state, response.failure, box.sent) == ("waiting", "held_up", [])

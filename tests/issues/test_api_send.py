"""What a program wants said goes out once, to the right customer, or is refused with a reason."""

import pytest
from django.utils import timezone

from issues import deliver, escalate, jobs, receipts, resolve
from issues.claim import claim
from issues.ingest import ingest
from issues.models import Action, ApiKey, ChannelState, Issue, Policy, Response
from mis_dashboard.lib import recent
from mis_dashboard.lib.ids import uuid7
from tests.support import make
from tests.support.programs import Program

pytestmark = pytest.mark.django_db
TEXT = "Oi Ana! Recebemos sua mensagem e já estamos verificando o seu acesso."


@pytest.fixture
def n8n(client):
    return Program(client)


@pytest.fixture
def issue(box):
    """One that a customer has just told of, with our own answer waiting."""
    ingest(make.inbound())
    return Issue.objects.select_related("customer").get()


def mute() -> None:
    Policy.objects.update(muted=True)
    recent.forget()


def answer_all() -> None:
    Response.objects.filter(state="waiting").update(due_at=timezone.now())
    while jobs.answer_next():
        pass


def test_what_a_program_says_is_sent_in_place_of_our_own_answer(box, n8n, issue):
    answer = n8n.send(issue, TEXT)
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")
    answer_all()
    assert [m.text for m in box.sent] == [TEXT]
    assert box.gemini_calls == 0
    ours, theirs = issue.responses.order_by("turn")
    assert (ours.state, theirs.state, theirs.kind) == ("cancelled", "sent", "program")
    assert str(theirs.pk) == answer.json()["delivery_id"]
    issue.refresh_from_db()
    assert (issue.status, issue.first_response_at) == ("in_progress", theirs.sent_at)


def test_it_counts_as_automation_in_the_programs_name(box, n8n, issue):
    n8n.send(issue, TEXT)
    answer_all()
    reply = Action.objects.get(kind="replied")
    assert (reply.by, reply.user, reply.automated, reply.detail) == ("n8n", None, True, {"how": "program"})


def test_the_answer_echoes_what_the_next_node_reads(n8n, issue, payload):
    answer = n8n.send(issue, TEXT, ai_model="gemini").json()
    expected = payload("mis-whatsapp-send-response-proposed")
    assert set(answer) == set(expected)
    assert (answer["id"], answer["ai_response"]) == (str(issue.pk), TEXT)
    assert (answer["response_length"], answer["ai_model"]) == (expected["response_length"], "gemini")
    assert n8n.send(issue, TEXT).json()["ai_model"] == "n8n"


def test_the_wait_is_counted_from_the_customers_turn(n8n, issue):
    turn = issue.responses.get()
    n8n.send(issue, TEXT)
    theirs = issue.responses.get(kind="program")
    assert (theirs.created_at, theirs.deadline_at) == (turn.created_at, turn.deadline_at)


def test_the_same_words_again_are_the_same_delivery(box, n8n, issue):
    first = n8n.send(issue, TEXT).json()
    again = n8n.send(issue, TEXT).json()
    answer_all()
    later = n8n.send(issue, TEXT)
    assert {first["delivery_id"], again["delivery_id"]} == {later.json()["delivery_id"]}
    assert (again["status"], later.status_code, later.json()["status"]) == ("queued", 200, "accepted")
    assert len(box.sent) == 1


def test_how_far_a_delivery_has_come_is_told_to_who_repeats_it(box, n8n, issue):
    n8n.send(issue, TEXT)
    answer_all()
    response = issue.responses.get(kind="program")
    assert receipts.receipt(response.channel_id, "read", timezone.now())
    assert n8n.send(issue, TEXT).json()["status"] == "read"


def test_other_words_in_the_same_turn_are_refused_before_and_after_the_first_went_out(box, n8n, issue):
    n8n.send(issue, TEXT)
    assert n8n.send(issue, "Oi Ana, tudo bem?").status_code == 409
    answer_all()
    refused = n8n.send(issue, "Oi Ana, tudo bem?")
    assert (refused.status_code, refused.json()["error"]) == (409, "the customer is answered already")
    assert [m.text for m in box.sent] == [TEXT]


def test_the_same_words_may_be_said_again_in_a_new_turn(box, n8n, issue):
    first = n8n.send(issue, TEXT).json()
    answer_all()
    ingest(make.inbound(text="Ainda não consigo"))
    second = n8n.send(issue, TEXT).json()
    answer_all()
    assert first["delivery_id"] != second["delivery_id"]
    assert [m.text for m in box.sent] == [TEXT, TEXT]


@pytest.mark.parametrize("state", ["speaking", "unsure"])
def test_what_we_are_saying_already_is_not_said_by_a_program_too(n8n, issue, state):
    claim_ours()
    Response.objects.update(state=state, spoken_at=timezone.now(), text="Oi", kind="ai")
    assert n8n.send(issue, TEXT).status_code == 409
    assert issue.responses.get().state == state


def claim_ours() -> Response:
    Response.objects.update(due_at=timezone.now())
    return claim(uuid7()).response


def test_our_own_thought_is_dropped_also_while_it_is_thought(box, n8n, issue):
    thought = claim_ours()
    n8n.send(issue, TEXT)
    assert deliver.deliver(thought, deliver.Draft("Outra resposta.", Response.Kind.AI)) is False
    answer_all()
    assert [m.text for m in box.sent] == [TEXT]


def test_what_a_person_wrote_goes_first(box, n8n, issue, django_user_model):
    ana = django_user_model.objects.create_user("ana")
    deliver.reply_by_hand(issue, "Oi, aqui é a Ana.", user=ana)
    assert n8n.send(issue, TEXT).status_code == 409
    answer_all()
    assert [m.text for m in box.sent] == ["Oi, aqui é a Ana."]


@pytest.mark.parametrize(
    ("ends", "error"),
    [
        (lambda issue: resolve.resolve(issue), "the issue is resolved"),
        (lambda issue: Issue.objects.filter(pk=issue.pk).update(status="closed"), "the issue is closed"),
        (lambda issue: escalate.escalate(issue, "cliente VIP"), "a person is in charge of the issue"),
        (lambda issue: mute(), "automation is muted"),
        (
            lambda issue: type(issue.customer).objects.update(opted_out_at=timezone.now()),
            "the customer wants no automatic messages",
        ),
    ],
)
def test_where_no_program_may_speak_it_is_refused(box, n8n, issue, ends, error):
    ends(issue)
    answer = n8n.send(issue, TEXT)
    assert (answer.status_code, answer.json()) == (409, {"success": False, "error": error})
    assert not issue.responses.filter(kind="program").exists()


@pytest.mark.parametrize("to", ["5511900000001", "+55 (11) 90000-0001", "11 90000-0001"])
def test_the_customers_number_may_be_written_in_any_form(n8n, issue, to):
    assert n8n.send(issue, TEXT, to=to).status_code == 200


def test_a_mobile_number_may_lack_its_ninth_digit(box, n8n):
    ingest(make.inbound(phone="+5511987654321"))
    assert n8n.send(Issue.objects.get(), TEXT, to="551187654321").status_code == 200


def test_a_number_that_is_not_the_customers_is_refused(box, n8n, issue):
    answer = n8n.send(issue, TEXT, to="5511912345678")
    assert (answer.status_code, answer.json()["success"]) == (403, False)
    answer_all()
    assert all(m.phone == "5511900000001" for m in box.sent)
    assert not Response.objects.filter(kind="program").exists()


def test_a_customer_without_a_known_number_cannot_be_written_to(n8n):
    issue = make.issue(customer=make.customer(phone=None))
    assert n8n.send(issue, TEXT, to="5511900000001").status_code == 403


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"to": "abc"}, "to is not a phone number"),
        ({"to": None}, "to is not a phone number"),
        ({"message": "  "}, "message is not valid"),
        ({"message": "x" * 4097}, "message is not valid"),
        ({"issue_id": "7"}, "issue_id is not valid"),
    ],
)
def test_a_wrong_field_is_named(n8n, issue, changes, error):
    body = {"to": "5511900000001", "message": TEXT, "issue_id": str(issue.pk)} | changes
    answer = n8n.post("/api/whatsapp/send", body)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert answer.json()["error"].startswith(error)


def test_a_missing_field_is_named(n8n):
    answer = n8n.post("/api/whatsapp/send", {"to": "5511900000001", "message": TEXT})
    assert answer.json() == {
        "success": False,
        "error": "to, message, and issue_id are required",
        "field": "issue_id",
    }


def test_an_unknown_issue_is_not_found(n8n, issue):
    body = {"to": "5511900000001", "message": TEXT, "issue_id": str(uuid7())}
    answer = n8n.post("/api/whatsapp/send", body)
    assert (answer.status_code, answer.json()["success"]) == (404, False)


def test_a_number_known_not_to_be_on_whatsapp_is_told_at_once(box, n8n, issue):
    box.set_evolution(not_on_whatsapp=1)
    assert n8n.send(issue, TEXT).status_code == 200
    answer_all()
    assert n8n.send(issue, TEXT).status_code == 422
    assert Issue.objects.get().status == "escalated"


def test_without_a_connection_nothing_is_taken_and_our_own_answer_stays(n8n, issue, settings):
    ChannelState.objects.create(
        instance=settings.EVOLUTION_INSTANCE, state="close", changed_at=timezone.now(), checked_at=timezone.now()
    )
    answer = n8n.send(issue, TEXT)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert issue.responses.get().state == "waiting"
    assert n8n.open()[0]["automation_attempted_at"] is None
    ChannelState.objects.update(state="open")
    assert n8n.send(issue, TEXT).status_code == 200


def test_without_a_channel_nothing_is_taken(n8n, issue, settings):
    settings.EVOLUTION_API_KEY = ""
    assert n8n.send(issue, TEXT).status_code == 503


def test_what_whatsapp_cannot_take_now_is_said_later_in_the_same_words(box, n8n, issue):
    box.set_evolution(connection_closed=1)
    n8n.send(issue, TEXT)
    assert jobs.answer_next()
    waiting = issue.responses.get(kind="program")
    assert (waiting.state, waiting.text, waiting.verdict) == ("waiting", TEXT, {"program": "n8n"})
    box.set_evolution(connection_closed=0)
    answer_all()
    assert [m.text for m in box.sent] == [TEXT]
    assert Action.objects.get(kind="replied").by == "n8n"


def test_after_a_try_the_issue_is_not_offered_again_until_it_is_answered(box, n8n, issue):
    assert [row["id"] for row in n8n.open()] == [str(issue.pk)]
    n8n.send(issue, TEXT)
    assert n8n.open() == []
    assert n8n.open("?include=attempted")[0]["automation_attempted_at"]
    answer_all()
    assert n8n.open()[0]["first_response_at"]


def test_a_refusal_is_a_try_too(n8n, issue):
    escalate.escalate(issue, "cliente VIP")
    assert [row["status"] for row in n8n.open()] == ["escalated"]
    assert n8n.send(issue, TEXT).status_code == 409
    assert n8n.open() == []


def test_the_words_are_in_no_action(box, n8n, issue):
    n8n.send(issue, TEXT)
    answer_all()
    assert not any("Recebemos" in str(action.detail) for action in Action.objects.all())


def test_a_key_may_have_the_name_of_a_person_and_is_a_program_all_the_same(box, client, issue):
    Program(client, "Maria").send(issue, TEXT)
    answer_all()
    assert Action.objects.get(kind="replied").automated
    assert ApiKey.objects.get().name == "Maria"

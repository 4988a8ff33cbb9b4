"""The WhatsApp door: what is old, what is ours, what another program said, and how the connection stands."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from issues import jobs, look, queries
from issues.models import Customer, InboundEvent, Issue, Policy, Response
from mis_dashboard.lib.jobs import known
from mis_dashboard.models import Job
from tests.support import make
from tests.web.receiver import until

pytestmark = pytest.mark.django_db

ANA, ID = "+5511900000001", "3EB0AAAABBBBCCCCDDDD"
UPSERTS = ["conversation", "extendedtext", "lid-with-alt", "lid-no-phone", "image", "v1"]


@pytest.fixture
def whatsapp(client, settings, payload):
    """Delivers the recorded webhook `name`, written `ago`; other changes are of its `data`."""
    settings.EVOLUTION_WEBHOOK_SECRET = "e-secret"
    settings.EVOLUTION_INSTANCE = "mis-demo"

    def deliver(name, ago=timedelta(), **data):
        body = payload(f"evolution-{name}")
        body["data"] |= {"messageTimestamp": int((timezone.now() - ago).timestamp())} | data
        answer = client.post(
            "/api/webhooks/evolution",
            json.dumps(body),
            "application/json",
            headers={"X-MIS-Webhook-Secret": "e-secret"},
        )
        assert answer.status_code == 200
        return answer.json()

    return deliver


def speaking(text: str, *, state="speaking", phone=ANA) -> Response:
    now = timezone.now()
    issue = make.issue(at=now, customer=make.customer(phone=phone, location=""))
    response = make.response(issue, at=now, state="speaking", text=text, kind="ai")
    Response.objects.filter(pk=response.pk).update(state=state, spoken_to=phone, spoken_at=now)
    response.refresh_from_db()
    return response


# --- What is old ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", UPSERTS)
def test_what_a_customer_writes_opens_an_issue_in_every_version(whatsapp, name):
    issue = Issue.objects.get(pk=whatsapp(f"messages-upsert-{name}")["issue_id"])
    assert issue.messages.count() == 1
    assert issue.customer is not None


@pytest.mark.parametrize("name", [*UPSERTS, "fromme-typed-on-phone"])
def test_what_was_said_before_a_number_was_paired_anew_is_kept_and_not_answered(whatsapp, name):
    for _ in range(2):
        assert whatsapp(f"messages-upsert-{name}", ago=timedelta(minutes=31))["issue_id"] is None
    assert not Issue.objects.exists()
    assert not Customer.objects.exists()
    assert InboundEvent.objects.get().kind == "messages.upsert history"


def test_a_webhook_that_was_delivered_again_for_twenty_minutes_is_no_history(whatsapp):
    whatsapp("messages-upsert-conversation", ago=timedelta(minutes=22))
    assert Issue.objects.get().responses.get().state == "waiting"


def test_an_old_answer_of_a_persons_silences_nobody(whatsapp):
    whatsapp("messages-upsert-conversation")
    whatsapp("messages-upsert-fromme-typed-on-phone", ago=timedelta(hours=3))
    assert Issue.objects.get().responses.get().state == "waiting"


# --- What is ours, and what is not --------------------------------------------------------------


def said(text: str) -> dict:
    return {"message": {"conversation": text}}


@pytest.mark.parametrize("name", ["send-message", "messages-upsert-fromme-typed-on-phone"])
@pytest.mark.parametrize("state", ["speaking", "unsure"])
def test_our_own_words_are_known_however_whatsapp_tells_of_them(whatsapp, name, state):
    response = speaking("Olá! Já vi o seu caso.", state=state)
    whatsapp(name, **said("Olá!  Já vi o seu caso."))
    response.refresh_from_db()
    assert response.channel_id is not None
    assert response.state == ("sent" if state == "unsure" else "speaking")
    assert not InboundEvent.objects.exists()
    assert Response.objects.count() == 1


def test_what_another_program_sends_is_no_persons_answer_and_no_issue(whatsapp):
    whatsapp("messages-upsert-conversation")
    whatsapp("send-message", **said("Seu boleto vence amanhã."))
    assert Issue.objects.get().responses.get().state == "waiting"
    assert InboundEvent.objects.get(kind="send.message by a program").issue is None


def test_what_another_program_sends_is_known_when_it_is_told_again_as_typed(whatsapp):
    whatsapp("messages-upsert-conversation")
    key = {"remoteJid": "5511900000001@s.whatsapp.net", "fromMe": True, "id": "3EB0PROGRAM"}
    whatsapp("send-message", key=key, **said("Seu boleto vence amanhã."))
    whatsapp("messages-upsert-fromme-typed-on-phone", key=key, **said("Seu boleto vence amanhã."))
    assert Issue.objects.get().responses.get().state == "waiting"


def test_what_a_person_types_in_a_chat_with_a_hidden_id_is_their_answer(whatsapp):
    whatsapp("messages-upsert-lid-with-alt")
    key = {"remoteJid": "100000000000001@lid", "fromMe": True, "id": "3ATYPED"}
    whatsapp("messages-upsert-fromme-typed-on-phone", key=key)
    assert [r.state for r in Issue.objects.get().responses.order_by("turn")] == ["cancelled", "sent"]


# --- The connection -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("connection-update-open", "open"),
        ("connection-update-connecting", "connecting"),
        ("connection-update-close", "close"),
        ("status-instance-closed", "close"),
    ],
)
def test_how_the_connection_stands_is_noted_and_asked_again(whatsapp, name, state):
    whatsapp(name)
    whatsapp(name)
    assert queries.channel_state().state == state
    assert list(Job.objects.values_list("name", flat=True)) == ["probe_channel"]


def test_what_customers_wrote_while_the_line_was_down_is_answered_and_what_we_had_heard_is_not(whatsapp):
    whatsapp("messages-upsert-conversation", key=key("3AHEARD"))
    Issue.objects.all().update(status="closed")
    InboundEvent.objects.update(received_at=timezone.now() - timedelta(hours=2))
    whatsapp("connection-update-close")
    whatsapp("connection-update-open")
    whatsapp("messages-upsert-conversation", ago=timedelta(hours=3), key=key("3AOLD"), **said("antes"))
    assert not Issue.objects.exclude(status="closed").exists()
    whatsapp("messages-upsert-conversation", ago=timedelta(hours=1), key=key("3AMISSED"), **said("Alguém aí?"))
    issue = Issue.objects.exclude(status="closed").get()
    assert (issue.text, issue.responses.get().state) == ("Alguém aí?", "waiting")


def key(message_id: str) -> dict:
    return {"remoteJid": "5511900000001@s.whatsapp.net", "fromMe": False, "id": message_id}


# --- With the stand-in, over HTTP ---------------------------------------------------------------


@pytest.fixture
def connected(box, live_server, settings):
    """The sandbox, whose webhooks reach the product."""
    settings.ALLOWED_HOSTS = ["*"]
    box.point_webhooks_to(f"{live_server.url}/api/webhooks/evolution")
    Policy.objects.get_or_create(pk=1)
    return box


def answers() -> Response:
    """Ana's question is answered, as far as the line allows."""
    now = timezone.now()
    make.response(make.issue(at=now, customer=make.customer(phone=ANA, location="")), at=now, text="Olá!", kind="ai")
    assert jobs.answer_next()
    return Response.objects.get()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", [None, "drop_after", "accept_then_400"])
def test_what_whatsapp_told_before_it_answered_is_known_and_said_once(connected, mode):
    connected.set_evolution(told_first=1, echoed=1, **({mode: 1} if mode else {}))
    response = answers()
    if mode:
        assert response.state == "unsure"
        connected.set_evolution(down=True)  # nobody needs to be asked
        look.look(response.pk, 0)
    run_jobs("receipt")
    response.refresh_from_db()
    [heard] = connected.sent
    assert (response.state, response.channel_id, response.delivery) == ("sent", heard.id, "delivered")
    assert [a.kind for a in response.actions.exclude(kind="unsure")] == ["replied", "delivered"]


@pytest.mark.django_db(transaction=True)
def test_what_a_number_tells_when_it_is_paired_anew_is_answered_by_nobody(connected):
    connected.set_evolution(closed=True, history=4)
    until(lambda: queries.channel_state().state == "close")
    connected.set_evolution(closed=False)
    until(lambda: InboundEvent.objects.count() == 4)
    assert set(InboundEvent.objects.values_list("kind", flat=True)) == {"messages.upsert history"}
    assert not Issue.objects.exists()
    until(lambda: queries.channel_state().state == "open")


@pytest.mark.django_db(transaction=True)
def test_a_customer_whom_whatsapp_hides_now_and_then_has_one_issue(connected):
    connected.set_evolution(hidden=1, nameless=1)
    connected.customer_writes("Oi")
    connected.set_evolution(nameless=0)
    connected.customer_writes("Alguém aí?")
    connected.set_evolution(nameless=1)
    connected.customer_writes("Ainda espero")
    issue = Issue.objects.get()
    assert (issue.messages.count(), issue.customer.phone) == (3, connected.people[0].phone)


def run_jobs(name: str) -> None:
    for job in Job.objects.filter(name=name):
        known(name)(*job.args)

"""The WhatsApp door: what is old, what is ours, what another program said, and how the connection stands."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from issues.models import Customer, InboundEvent, Issue, Response
from tests.support import make

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

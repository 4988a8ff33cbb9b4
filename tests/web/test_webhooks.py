import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import OperationalError
from django.utils import timezone

from issues.models import Customer, InboundEvent, Issue, Message, Response
from issues.webhooks import location_in
from mis_dashboard.models import Job
from tests.support import make

pytestmark = pytest.mark.django_db
GHL, EVOLUTION = "/api/webhooks/ghl", "/api/webhooks/evolution"


@pytest.fixture
def signer(settings):
    key = Ed25519PrivateKey.generate()
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    settings.GHL_PUBLIC_KEY = [base64.b64encode(der).decode()]
    return key


@pytest.fixture
def app_event(client, signer):
    """Delivers a signed app event."""

    def deliver(body):
        raw = json.dumps(body, ensure_ascii=False).encode()
        signature = base64.b64encode(signer.sign(raw)).decode()
        return client.post(GHL, raw, "application/json", headers={"X-GHL-Signature": signature})

    return deliver


@pytest.fixture
def workflow(client, settings):
    """Delivers a workflow action with the secret."""
    settings.GHL_WEBHOOK_SECRET = ["s3cret", "older-secret"]

    def deliver(body, secret="s3cret"):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post(GHL, raw, "application/json", headers={"X-MIS-Webhook-Secret": secret})

    return deliver


@pytest.fixture
def whatsapp(client, settings):
    """Delivers an Evolution webhook with the secret."""
    settings.EVOLUTION_WEBHOOK_SECRET = "e-secret"
    settings.EVOLUTION_INSTANCE = "mis-demo"

    def deliver(body, secret="e-secret"):
        return client.post(EVOLUTION, json.dumps(body), "application/json", headers={"X-MIS-Webhook-Secret": secret})

    return deliver


def nothing_stored():
    return not InboundEvent.objects.exists() and not Issue.objects.exists() and not Customer.objects.exists()


# --- GoHighLevel ------------------------------------------------------------------------------


def test_a_workflow_webhook_becomes_an_issue(workflow, payload):
    response = workflow(payload("ghl-workflow-webhook-customer-replied"))
    assert response.status_code == 200
    issue = Issue.objects.get(pk=response.json()["issue_id"])
    assert issue.text == "Não consigo entrar na plataforma, já tentei 3 vezes!"
    assert (issue.customer.phone, issue.customer.name) == ("+5511900000001", "Ana Exemplo")
    assert (issue.location, issue.metadata) == ("MISdemoLocation00001", {"company": "Empresa Exemplo"})


def test_a_custom_webhook_becomes_an_issue(workflow, payload):
    body = payload("ghl-workflow-custom-webhook") | {"occurred_at": timezone.now().isoformat()}
    assert workflow(body).status_code == 200
    assert Issue.objects.get().text == "Meu boleto venceu e o link não abre"


def test_a_signed_message_finds_the_customer_that_a_contact_event_told_of(app_event, payload):
    assert app_event(payload("ghl-contact-tag-update")).status_code == 200
    assert not Issue.objects.exists()
    assert app_event(payload("ghl-inbound-message")).status_code == 200
    assert Issue.objects.get().customer.phone == "+5511900000001"


def test_a_repeated_webhook_is_one_issue(app_event, payload):
    first = app_event(payload("ghl-inbound-message")).json()
    again = app_event(payload("ghl-inbound-message"))
    assert again.status_code == 200
    assert again.json() == first | {"repeated": True}
    assert [m.objects.count() for m in (Issue, Message, Response, InboundEvent)] == [1] * 4


@pytest.mark.parametrize(
    "name", ["ghl-install", "ghl-note-create", "ghl-task-create", "ghl-appointment-update", "ghl-conversation-unread"]
)
def test_known_events_that_are_not_used_are_stored(app_event, payload, name):
    assert app_event(payload(name)).status_code == 200
    assert InboundEvent.objects.count() == 1
    assert not Issue.objects.exists()


def test_an_unknown_event_is_stored_too(app_event):
    body = {"type": "SomethingNew", "locationId": "loc", "webhookId": "w1"}
    assert app_event(body).status_code == 200
    assert InboundEvent.objects.get().kind == "SomethingNew"


def test_what_is_not_signed_is_refused(client, signer, payload):
    raw = json.dumps(payload("ghl-inbound-message")).encode()
    good = base64.b64encode(signer.sign(raw)).decode()
    for headers, body in [
        ({}, raw),
        ({"X-GHL-Signature": "N/A"}, raw),
        ({"X-GHL-Signature": good}, raw + b"\n"),
        ({"X-GHL-Signature": good[:-4] + "AAA="}, raw),
    ]:
        assert client.post(GHL, body, "application/json", headers=headers).status_code == 401
    assert nothing_stored()


@pytest.mark.parametrize("secret", ["", "wrong", "S3cret", "s3cret,older-secret"])
def test_a_wrong_secret_is_refused(workflow, payload, secret):
    assert workflow(payload("ghl-workflow-custom-webhook"), secret).status_code == 401
    assert nothing_stored()


def test_an_older_secret_works_while_it_is_being_changed(workflow, payload):
    assert workflow(payload("ghl-workflow-custom-webhook"), "older-secret").status_code == 200


def test_without_a_configured_secret_nobody_gets_in(client, settings, payload):
    settings.GHL_WEBHOOK_SECRET, settings.GHL_PUBLIC_KEY = [], []
    body = json.dumps(payload("ghl-workflow-custom-webhook"))
    for secret in ("", "anything"):
        response = client.post(GHL, body, "application/json", headers={"X-MIS-Webhook-Secret": secret})
        assert response.status_code == 401
    assert nothing_stored()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b'{"message": "Ele disse "oi""}', "body"),
        (b"[1]", "body"),
        (b"\xff\xfe", "body"),
        (b"[" * 100_000, "body"),
        (json.dumps({"phone": "+5511900000001"}).encode(), "message"),
        (json.dumps({"message": "oi"}).encode(), "phone"),
        (json.dumps({"message": "oi", "phone": "+5511900000001", "priority": "sky-high"}).encode(), "priority"),
        (json.dumps({"message": "oi", "phone": ["+5511900000001"]}).encode(), "phone"),
    ],
)
def test_what_cannot_be_read_is_refused_saying_where(workflow, body, field):
    response = workflow(body)
    assert response.status_code == 400, response.content
    assert field in response.json()["field"]
    assert "Ele disse" not in response.content.decode()
    assert nothing_stored()


def test_what_a_database_cannot_hold_is_left_out(workflow):
    body = b'{"message": "oi\\u0000 tudo bem?", "phone": "+5511900000001", "odd": NaN, "half": "\\ud800"}'
    assert workflow(body).status_code == 200
    assert Issue.objects.get().text == "oi tudo bem?"


def test_the_words_under_a_picture_are_what_was_said(whatsapp, payload):
    whatsapp(now_stamped(payload("evolution-messages-upsert-image")))
    issue = Issue.objects.get()
    assert (issue.status, issue.text) == ("open", "erro na tela")


def test_a_body_over_256_kb_is_refused(workflow):
    assert workflow(b"x" * (256 * 1024 + 1)).status_code == 413
    assert nothing_stored()


@pytest.mark.parametrize(
    "name", ["ghl-inbound-message", "ghl-workflow-webhook-customer-replied", "ghl-workflow-custom-webhook"]
)
def test_whose_turn_it_is_at_the_door_is_read_from_the_body(payload, name):
    body = payload(name)
    assert location_in(json.dumps(body, indent=2).encode()) == "MISdemoLocation00001"
    assert location_in(json.dumps(body, separators=(",", ":")).encode()) == "MISdemoLocation00001"


@pytest.mark.parametrize(
    ("body", "location"),
    [
        (b'{"location": "loc1"}', "loc1"),
        (b'{"body": "\\"locationId\\": \\"loc9\\"", "locationId": "loc1"}', "loc1"),
        (b'{"location": {"name": "Cl\xc3\xadnica"}, "text": "id"}', ""),
        (b"", ""),
        (b"\xff\x00", ""),
    ],
)
def test_a_body_without_a_location_has_a_turn_all_the_same(body, location):
    assert location_in(body) == location


def test_while_the_database_is_away_the_crm_is_asked_to_come_again(workflow, payload, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("the connection is closed")

    monkeypatch.setattr("issues.webhooks.ingest", away)
    response = workflow(payload("ghl-workflow-custom-webhook"))
    assert response.status_code == 429
    assert response["Retry-After"] == "30"


def test_only_posts_are_taken(client):
    assert client.get(GHL).status_code == 405


def test_a_person_who_answers_in_the_crm_is_the_first_response(app_event, payload):
    app_event(payload("ghl-contact-tag-update"))
    app_event(payload("ghl-inbound-message"))
    app_event(payload("ghl-outbound-message"))
    issue = Issue.objects.get()
    assert issue.first_response_at is not None
    assert [r.state for r in issue.responses.all()] == ["cancelled", "sent"]


# --- Evolution --------------------------------------------------------------------------------


def now_stamped(body):
    body["data"]["messageTimestamp"] = int(timezone.now().timestamp())
    return body


def test_a_whatsapp_message_becomes_an_issue_and_its_secrets_are_not_kept(whatsapp, payload):
    assert whatsapp(now_stamped(payload("evolution-messages-upsert-conversation"))).status_code == 200
    issue = Issue.objects.get()
    assert (issue.source, issue.text) == ("whatsapp", "Não consigo entrar na plataforma")
    stored = InboundEvent.objects.get().payload
    assert not {"apikey", "server_url", "destination"} & set(stored)


def test_a_whatsapp_message_joins_the_issue_that_the_crm_opened(whatsapp, workflow, payload):
    workflow(payload("ghl-workflow-custom-webhook"))
    whatsapp(now_stamped(payload("evolution-messages-upsert-conversation")))
    assert Issue.objects.get().messages.count() == 2


def test_what_somebody_types_on_the_companys_phone_is_the_answer(whatsapp, workflow, payload):
    workflow(payload("ghl-workflow-custom-webhook"))
    whatsapp(now_stamped(payload("evolution-messages-upsert-fromme-typed-on-phone")))
    assert [r.state for r in Response.objects.order_by("turn")] == ["cancelled", "sent"]


@pytest.mark.parametrize("name", ["evolution-messages-upsert-group", "evolution-connection-update-open"])
def test_what_concerns_no_customer_is_taken_and_opens_nothing(whatsapp, payload, name):
    assert whatsapp(payload(name)).status_code == 200
    assert not Issue.objects.exists()


def test_a_receipt_moves_the_delivery_on(whatsapp, payload):
    issue = make.issue()
    sent = {"state": "sent", "text": "Olá", "kind": "ai", "sent_at": make.NOW, "delivery": "sending"}
    make.response(issue, channel_id="3EB0AAAABBBBCCCCDDDD", **sent)
    assert whatsapp(payload("evolution-messages-update-delivery-ack")).status_code == 200
    assert Response.objects.get().delivery == "delivered"


def test_a_receipt_that_is_faster_than_our_own_commit_is_looked_at_again(whatsapp, payload):
    assert whatsapp(payload("evolution-messages-update-delivery-ack")).status_code == 200
    job = Job.objects.get()
    assert (job.name, job.args[:2]) == ("receipt", ["3EB0AAAABBBBCCCCDDDD", "delivered"])
    assert job.due_at > timezone.now()


def test_whatsapp_without_the_secret_is_refused(whatsapp, payload, settings):
    body = payload("evolution-messages-upsert-conversation")
    assert whatsapp(body, "wrong").status_code == 401
    settings.EVOLUTION_WEBHOOK_SECRET = ""
    assert whatsapp(body, "").status_code == 401
    assert nothing_stored()


def test_long_ids_and_long_numbers_do_no_harm(workflow):
    message = {"body": "oi", "messageId": "m" * 128}
    assert workflow({"phone": "+5511900000001", "message": message}).status_code == 200
    assert workflow(b'{"message": "oi", "phone": "+5511900000001", "n": ' + b"9" * 5000 + b"}").status_code == 400


def test_what_is_told_of_another_instance_is_left_alone(whatsapp, payload):
    body = payload("evolution-messages-upsert-conversation")
    assert whatsapp(body | {"instance": "another"}).json() == {"success": True, "issue_id": None}
    assert nothing_stored()
    whatsapp(body)
    assert InboundEvent.objects.exists()

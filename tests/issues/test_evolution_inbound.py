import json
import warnings
from datetime import UTC, datetime

import jwt
import pytest

from issues.channels.evolution.inbound import (
    Connection,
    Ignored,
    InboundText,
    OwnMessage,
    Receipt,
    Unreadable,
    authentic,
    parse,
    stripped,
)

ANA = "+5511900000001"
SECRET = "a-secret-of-at-least-thirty-two-bytes"
WRITTEN_AT = datetime(2026, 11, 20, 13, 5, 5, tzinfo=UTC)
ANSWERED_AT = datetime(2026, 11, 20, 13, 5, 12, tzinfo=UTC)
ANSWER = "Oi Ana! Recebemos sua mensagem e já estamos verificando o seu acesso."
PROBLEM = "Não consigo entrar na plataforma"

YEAR_2100, YEAR_2001 = 4_102_444_800, 978_307_200


# --- Who speaks -----------------------------------------------------------------------------


def token(secret=SECRET, algorithm="HS256", **changes):
    claims = {"iat": YEAR_2001, "exp": YEAR_2100, "app": "evolution", "action": "webhook"} | changes
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, secret, algorithm=algorithm)


@pytest.mark.parametrize("name", ["X-MIS-Webhook-Secret", "x-mis-webhook-secret"])
def test_who_knows_the_secret_may_speak(name):
    assert authentic({name: SECRET}, SECRET)


def test_a_token_made_with_the_secret_will_do():
    assert authentic({"Authorization": f"Bearer {token()}"}, SECRET)
    assert authentic({"authorization": f"bearer {token()}"}, SECRET)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-MIS-Webhook-Secret": ""},
        {"X-MIS-Webhook-Secret": SECRET + "x"},
        {"X-MIS-Webhook-Secret": "é\udcff"},
        {"Authorization": SECRET},
        {"Authorization": f"Basic {token()}"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": f"Bearer {token(secret=SECRET[::-1])}"},
        {"Authorization": f"Bearer {token(exp=YEAR_2001)}"},
        {"Authorization": f"Bearer {token(exp=None)}"},
        {"Authorization": f"Bearer {token(app='another')}"},
        {"Authorization": f"Bearer {token(app=None)}"},
        {"Authorization": f"Bearer {token(iat=YEAR_2100)}"},
        {"Authorization": f"Bearer {token(secret=SECRET * 2, algorithm='HS512')}"},
        {"Authorization": f"Bearer {jwt.encode({'app': 'evolution', 'exp': YEAR_2100}, None, algorithm='none')}"},
    ],
)
def test_nobody_else_may(headers):
    assert not authentic(headers, SECRET)


def test_without_a_configured_secret_nobody_may_speak():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        forged = token(secret="\x00")  # to HMAC the same key as none
    for headers in ({}, {"X-MIS-Webhook-Secret": ""}, {"Authorization": f"Bearer {forged}"}):
        assert not authentic(headers, "")


# --- Messages -------------------------------------------------------------------------------


def upsert(message_id, **changes):
    facts = {
        "instance": "mis-demo",
        "message_id": message_id,
        "phone": ANA,
        "lid": None,
        "name": "Ana",
        "text": PROBLEM,
        "kind": "text",
        "sent_at": WRITTEN_AT,
        "key": f"evolution:messages.upsert:mis-demo:{message_id}:",
    }
    return InboundText(**facts | changes)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conversation", upsert("3A00000000000000A001")),
        ("extendedtext", upsert("3A00000000000000A002", text="Olhem o print: https://example.com/print.png")),
        ("lid-with-alt", upsert("3A00000000000000A003", lid="100000000000001@lid")),
        ("lid-no-phone", upsert("3A00000000000000A004", phone=None, lid="100000000000002@lid")),
        ("image", upsert("3A00000000000000A006", text="erro na tela", kind="media")),
        ("v1", upsert("3A00000000000000A008", text="Olá, alguém aí?", sent_at=WRITTEN_AT.replace(second=6))),
    ],
)
def test_a_customer_who_writes_is_understood_in_every_version(payload, name, expected):
    assert parse(payload(f"evolution-messages-upsert-{name}")) == expected


def test_a_group_is_no_customer(payload):
    assert parse(payload("evolution-messages-upsert-group")).why == "group"


def test_what_a_person_types_on_the_companys_phone_is_our_answer_to_the_customer(payload):
    assert parse(payload("evolution-messages-upsert-fromme-typed-on-phone")) == OwnMessage(
        channel_id="3A00000000000000A005",
        phone=ANA,
        lid=None,
        text="Resposta digitada no celular da empresa",
        sent_at=WRITTEN_AT,
        key="evolution:messages.upsert:mis-demo:3A00000000000000A005:",
        api_key="evolution:send.message:mis-demo:3A00000000000000A005:",
        by_api=False,
    )


def test_what_the_api_sent_is_told_apart_from_what_a_person_typed(payload):
    assert parse(payload("evolution-send-message")) == OwnMessage(
        channel_id="3EB0AAAABBBBCCCCDDDD",
        phone=ANA,
        lid=None,
        text=ANSWER,
        sent_at=ANSWERED_AT,
        key="evolution:send.message:mis-demo:3EB0AAAABBBBCCCCDDDD:",
        api_key="evolution:send.message:mis-demo:3EB0AAAABBBBCCCCDDDD:",
        by_api=True,
    )


@pytest.fixture
def written(payload):
    """The body of a customer's message, with changes to its `key` and to the rest of its `data`."""

    def make(message=None, key=None, **data):
        body = payload("evolution-messages-upsert-conversation")
        body["data"]["key"] |= key or {}
        body["data"] |= data
        if message is not None:
            body["data"]["message"] = message
        return body

    return make


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        ({"ephemeralMessage": {"message": {"extendedTextMessage": {"text": "oi"}}}}, "text", "oi"),
        ({"viewOnceMessageV2": {"message": {"imageMessage": {"caption": "olha"}}}}, "media", "olha"),
        ({"documentWithCaptionMessage": {"message": {"documentMessage": {"caption": "nota"}}}}, "media", "nota"),
        ({"viewOnceMessage": {"message": {"videoMessage": {"seconds": 2}}}}, "media", ""),
        ({"viewOnceMessageV2Extension": {"message": {"audioMessage": {"ptt": True}}}}, "media", ""),
        ({"documentMessage": {"fileName": "boleto.pdf", "caption": "segue o boleto"}}, "media", "segue o boleto"),
        ({"documentMessage": {"fileName": "boleto.pdf"}}, "media", ""),
        ({"associatedChildMessage": {"message": {"imageMessage": {"caption": "foto 2"}}}}, "media", "foto 2"),
        ({"audioMessage": {"seconds": 4}}, "media", ""),
        ({"ptvMessage": {"seconds": 4}}, "media", ""),
        ({"stickerMessage": {"mimetype": "image/webp"}}, "media", ""),
        ({"contactMessage": {"displayName": "Bia", "vcard": "BEGIN:VCARD"}}, "media", ""),
        ({"contactsArrayMessage": {"contacts": [{"displayName": "Bia"}]}}, "media", ""),
        ({"locationMessage": {"degreesLatitude": -23.5}}, "media", ""),
        ({"liveLocationMessage": {"degreesLatitude": -23.5, "caption": "estou aqui"}}, "media", "estou aqui"),
        ({"pollCreationMessageV3": {"name": "Sábado ou domingo?"}}, "media", ""),
        ({"somethingNewMessage": {"x": 1}}, "media", ""),
        ({"buttonsResponseMessage": {"selectedDisplayText": "Sim"}}, "text", "Sim"),
        ({"listResponseMessage": {"title": "Financeiro"}}, "text", "Financeiro"),
        ({"templateButtonReplyMessage": {"selectedDisplayText": "Não"}}, "text", "Não"),
        ({"interactiveResponseMessage": {"body": {"text": "Segunda via"}}}, "text", "Segunda via"),
        ({"conversation": "a\x00b\ud800 "}, "text", "ab?"),
    ],
)
def test_what_is_said_is_found_wherever_it_is_put(written, message, kind, text):
    news = parse(written(message))
    assert (news.kind, news.text) == (kind, text)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"conversation": ""},
        {"reactionMessage": {"text": "👍"}},
        {"protocolMessage": {"type": "REVOKE"}},
        {"protocolMessage": {"type": "MESSAGE_EDIT", "editedMessage": {"conversation": "corrigido"}}},
        {"editedMessage": {"message": {"protocolMessage": {"editedMessage": {"conversation": "corrigido"}}}}},
        {"encReactionMessage": {"encPayload": "x"}},
        {"pinInChatMessage": {"type": 1}},
        {"pollUpdateMessage": {"vote": {}}},
        {"messageContextInfo": {"deviceListMetadataVersion": 2}},
    ],
)
def test_where_nothing_is_said_nobody_is_answered(written, message):
    assert parse(written(message)).why == "nothing said"


def test_a_message_that_comes_after_its_empty_shell_is_no_repeat(written):
    assert parse(written({})).key != parse(written()).key


@pytest.mark.parametrize("jid", ["status@broadcast", "123@broadcast", "120363000000000001@newsletter"])
def test_broadcasts_are_no_customers(written, jid):
    assert isinstance(parse(written(key={"remoteJid": jid})), Ignored)


def test_a_hidden_number_is_found_where_older_versions_put_it(written):
    hidden = {"remoteJid": "100000000000001@lid"}
    assert parse(written(key=hidden | {"senderPn": "5511900000001@s.whatsapp.net"})).phone == ANA
    rewritten = parse(written(key={"previousRemoteJid": "100000000000001@lid"}))
    assert (rewritten.phone, rewritten.lid) == (ANA, "100000000000001@lid")


def test_our_own_number_is_not_taken_for_the_customers(written):
    ours = {"remoteJid": "100000000000001@lid", "fromMe": True, "senderPn": "5511900000099@s.whatsapp.net"}
    news = parse(written(key=ours))
    assert (news.phone, news.lid) == (None, "100000000000001@lid")


def test_a_number_without_its_ninth_digit_is_the_same_customer(written):
    assert parse(written(key={"remoteJid": "553188887777@s.whatsapp.net"})).phone == "+5531988887777"


@pytest.mark.parametrize(
    ("timestamp", "sent_at"),
    [
        (1795179905, WRITTEN_AT),
        ("1795179905", WRITTEN_AT),
        ({"low": 1795179905, "high": 0, "unsigned": True}, WRITTEN_AT),
        (None, None),
        (True, None),
        (0, None),
        (10**30, None),
        (float("nan"), None),
        ("soon", None),
    ],
)
def test_the_time_is_whatsapps_or_nothing(written, timestamp, sent_at):
    assert parse(written(messageTimestamp=timestamp)).sent_at == sent_at


# --- Receipts and the connection ------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("pending", "sending"),
        ("server-ack", "sent"),
        ("delivery-ack", "delivered"),
        ("read", "read"),
        ("played", "read"),
        ("error", "failed"),
        ("v1-read", "read"),
    ],
)
def test_a_receipt_names_our_message_and_what_became_of_it(payload, name, status):
    key = f"evolution:messages.update:mis-demo:3EB0AAAABBBBCCCCDDDD:{status}"
    assert parse(payload(f"evolution-messages-update-{name}")) == Receipt("3EB0AAAABBBBCCCCDDDD", status, key)


def test_a_business_channels_failure_is_a_receipt(payload):
    news = parse(payload("evolution-messages-update-business-failed"))
    assert (news.channel_id, news.status) == ("wamid.EXAMPLE0001", "failed")


@pytest.mark.parametrize("change", [{"status": "DELETED"}, {"status": None}, {"status": [1]}, {"fromMe": False}])
def test_receipts_that_say_nothing_of_our_messages_are_ignored(payload, change):
    body = payload("evolution-messages-update-read")
    body["data"] |= change
    assert isinstance(parse(body), Ignored)


def test_a_receipt_without_the_chat_still_counts(payload):
    body = payload("evolution-messages-update-read")
    del body["data"]["remoteJid"]
    assert parse(body).status == "read"


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("connection-update-open", "open"),
        ("connection-update-connecting", "connecting"),
        ("connection-update-close", "close"),
        ("status-instance-closed", "close"),
    ],
)
def test_the_connection_is_followed(payload, name, state):
    news = parse(payload(f"evolution-{name}"))
    assert isinstance(news, Connection)
    assert (news.instance, news.state) == ("mis-demo", state)


def test_a_pairing_code_means_that_we_are_not_connected():
    body = {"event": "qrcode.updated", "instance": "mis-demo", "data": {"qrcode": {"code": "2@x", "base64": "y"}}}
    assert parse(body).state == "close"
    assert stripped(body)["data"] == {}


def test_connecting_again_an_hour_later_is_news_and_a_second_delivery_is_not(payload):
    first, second = payload("evolution-connection-update-open"), payload("evolution-connection-update-open")
    assert parse(first).key == parse(second).key
    second["date_time"] = "2026-11-20T11:05:12.345Z"
    assert parse(first).key != parse(second).key


def test_events_we_do_not_know_are_ignored_and_never_refused():
    for data in ({"id": 1}, [], None, "x"):
        assert parse({"event": "presence.update", "instance": "mis-demo", "data": data}).why == "another event"


# --- Bodies ---------------------------------------------------------------------------------


def test_upper_case_event_names_and_lists_of_one_are_understood(payload):
    body = payload("evolution-messages-upsert-conversation")
    expected = parse(body)
    assert parse(body | {"event": "MESSAGES_UPSERT", "data": [body["data"]]}) == expected


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event": None}, "event"),
        ({"event": 1}, "event"),
        ({"instance": ""}, "instance"),
        ({"instance": "x" * 101}, "instance"),
        ({"data": None}, "data"),
        ({"data": [{}, {}]}, "data"),
        ({"data": {}}, "data.key.id"),
        ({"data": {"key": "x"}}, "data.key"),
        ({"data": {"key": {"id": 1}}}, "data.key.id"),
        ({"data": {"key": {"id": "x" * 129}}}, "data.key.id"),
        ({"data": {"key": {"id": "x", "remoteJid": 1}}}, "data.key.remoteJid"),
        ({"event": "messages.update", "data": {"status": "READ"}}, "data.keyId"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_by_field(payload, change, field):
    with pytest.raises(Unreadable) as caught:
        parse(payload("evolution-messages-upsert-conversation") | change)
    assert caught.value.field == field
    assert caught.value.problem


def test_keys_fit_their_column_and_differ(written):
    long = [parse(written(key={"id": letter * 128})) for letter in "AB"]
    assert all(len(news.key) <= 128 for news in long)
    assert long[0].key != long[1].key


def test_secrets_addresses_and_media_are_not_kept(payload):
    body = payload("evolution-messages-upsert-image")
    body["data"]["message"]["base64"] = "iVBORw0KGgo="
    body["data"]["message"]["imageMessage"]["mediaKey"] = "KEY"
    kept = stripped(body)
    assert kept["event"] == "messages.upsert"
    assert kept["data"]["message"]["imageMessage"]["caption"] == "erro na tela"
    for secret in ("EXAMPLE-INSTANCE-TOKEN", "evolution.example.com", "mis.example.com", "iVBORw0KGgo=", "KEY"):
        assert secret not in json.dumps(kept)


def test_what_is_kept_can_be_stored(written):
    deep = json.loads("[" * 300 + "]" * 300)
    kept = stripped(written(contextInfo={"a\x00": "\ud800\x00", "nan": float("inf"), "deep": deep}))
    assert kept["data"]["contextInfo"] | {"deep": None} == {"a": "?", "nan": None, "deep": None}
    text = json.dumps(kept, allow_nan=False)
    assert "\\u0000" not in text
    assert text.count("[") < 50

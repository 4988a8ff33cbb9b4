import time
from datetime import UTC, datetime, timedelta

import pytest

from issues.crm.ghl.html import plain
from issues.crm.ghl.inbound import Event, Unreadable, parse_app, parse_workflow

ANA = "+5511900000001"
NOW = datetime(2026, 11, 20, 13, 5, 20, tzinfo=UTC)
TIMESTAMP = datetime(2026, 11, 20, 13, 5, 11, 402_000, tzinfo=UTC)


# --- App webhooks ---------------------------------------------------------------------------


def webhook(number):
    return f"ghl:00000000-0000-4000-8000-{number:012d}"


def app_event(kind, number, **facts):
    common = {"location": "MISdemoLocation00001", "contact_id": "MISdemoContact000001", "occurred_at": TIMESTAMP}
    return Event(kind=kind, key=webhook(number), **common | facts)


def message(number, minute, second=0, micro=0, **facts):
    common = {"conversation_id": "MISdemoConvers000001", "direction": "inbound"}
    moment = datetime(2026, 11, 20, 13, minute, second, micro, tzinfo=UTC)
    return app_event(facts.pop("kind", "InboundMessage"), number, occurred_at=moment, **common | facts)


APP_EVENTS = {
    "inbound-message": message(
        1, 5, 9, 750_000, message_id="MISdemoMessage000001",
        text="Comprei ontem e o acesso ainda não chegou. Preciso resolver isso hoje!",
    ),
    "inbound-message-minimal-no-messageid": message(2, 6, text="alguém pode me ajudar?"),
    "inbound-message-email": message(
        3, 7, 30, text="Fui cobrada duas vezes no cartão.", message_id="MISdemoEmailMsg00001"
    ),
    "inbound-message-voicemail": message(4, 8, message_id="MISdemoMessage000002", media=True),
    "outbound-message": message(
        5, 9, kind="OutboundMessage", direction="outbound", source="app", message_id="MISdemoMessage000003",
        text="Oi Ana, já estou verificando o seu acesso.",
    ),
    "conversation-unread": app_event("ConversationUnreadUpdate", 6),
    "task-create": app_event("TaskCreate", 7, text="Cliente reclamou que o login não funciona."),
    "note-create": app_event("NoteCreate", 8, text="Cliente ligou irritada: cobrança duplicada."),
    "appointment-update": app_event("AppointmentUpdate", 9),
    "opportunity-status-update": app_event("OpportunityStatusUpdate", 10, source="checkout"),
    "contact-tag-update": app_event(
        "ContactTagUpdate", 11, phone=ANA, name="Ana Exemplo", source="checkout", tags=("cliente", "reclamacao")
    ),
    "install": app_event("INSTALL", 12, contact_id="", occurred_at=datetime(2026, 11, 20, 12, tzinfo=UTC)),
    "provider-outbound-message": Event(
        kind="SMS", key="ghl:SMS:MISdemoLocation00001:MISdemoMessage000004",
        location="MISdemoLocation00001", contact_id="MISdemoContact000001",
    ),
}  # fmt: skip
SAID = {name for name in APP_EVENTS if name.startswith("inbound-message")}


@pytest.mark.parametrize("name", APP_EVENTS)
def test_every_app_event_is_read(payload, name):
    event = parse_app(payload(f"ghl-{name}"))
    assert event == APP_EVENTS[name]
    assert event.is_message == (name in SAID)
    assert event.is_human_reply == (name == "outbound-message")


def test_an_event_inside_data_is_the_same_event(payload):
    body = payload("ghl-inbound-message")
    outside = {name: body.pop(name) for name in ("webhookId", "timestamp")}
    assert parse_app(outside | {"data": body}) == APP_EVENTS["inbound-message"]


def test_an_inbound_call_is_the_customers_although_its_type_says_otherwise(payload):
    event = parse_app(payload("ghl-inbound-message-voicemail") | {"type": "OutboundMessage"})
    assert event.is_message
    assert not event.is_human_reply


def test_a_message_without_words_or_attachment_is_nothing_to_answer(payload):
    event = parse_app(payload("ghl-inbound-message-voicemail") | {"attachments": []})
    assert not event.is_message


@pytest.mark.parametrize("source", ["workflow", "api", "campaign", "bulk_actions", ""])
def test_only_what_is_sent_from_the_app_was_written_by_a_person(payload, source):
    assert not parse_app(payload("ghl-outbound-message") | {"source": source}).is_human_reply


def test_a_phone_in_a_message_is_taken(payload):
    assert parse_app(payload("ghl-inbound-message") | {"phone": "11 90000-0001"}).phone == ANA


def test_an_install_for_a_whole_agency_needs_no_location(payload):
    body = payload("ghl-install")
    del body["locationId"]
    assert parse_app(body).location == ""


def test_events_we_do_not_know_are_events_whatever_their_fields():
    event = parse_app({"type": "SomethingNew", "locationId": "L", "webhookId": "w", "body": 5, "contactId": ["x"]})
    assert event == Event(kind="SomethingNew", key="ghl:w", location="L")
    assert not event.is_message


def test_without_an_id_the_message_or_the_whole_body_names_the_event(payload):
    body = payload("ghl-inbound-message")
    del body["webhookId"]
    assert parse_app(body).key == "ghl:InboundMessage:MISdemoLocation00001:MISdemoMessage000001"
    del body["messageId"]
    assert parse_app(body).key == parse_app(dict(reversed(body.items()))).key
    assert parse_app(body).key != parse_app(body | {"body": "outra"}).key


@pytest.mark.parametrize("moment", ["ontem", "", None, 5, "2026-13-45T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_is_none_is_none(payload, moment):
    assert parse_app(payload("ghl-inbound-message") | {"dateAdded": moment, "timestamp": moment}).occurred_at is None


def test_times_are_utc(payload):
    event = parse_app(payload("ghl-inbound-message") | {"dateAdded": "2026-11-20T10:05:09-03:00"})
    assert event.occurred_at == datetime(2026, 11, 20, 13, 5, 9, tzinfo=UTC)
    assert event.occurred_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("sample", "change", "field"),
    [
        ("inbound-message", {"type": None}, "type"),
        ("inbound-message", {"type": 5}, "type"),
        ("inbound-message", {"locationId": ""}, "locationId"),
        ("inbound-message", {"locationId": "x" * 65}, "locationId"),
        ("inbound-message", {"webhookId": 7}, "webhookId"),
        ("inbound-message", {"body": 5}, "body"),
        ("inbound-message", {"phone": [ANA]}, "phone"),
        ("inbound-message", {"contactId": {}}, "contactId"),
        ("inbound-message", {"messageId": "x" * 129}, "messageId"),
        ("contact-tag-update", {"name": ["Ana"]}, "name"),
        ("contact-tag-update", {"phone": 5}, "phone"),
    ],
)
def test_an_app_event_that_cannot_be_read_is_refused_by_field(payload, sample, change, field):
    with pytest.raises(Unreadable) as caught:
        parse_app(payload(f"ghl-{sample}") | change)
    assert caught.value.field == field
    assert caught.value.problem


# --- Workflows ------------------------------------------------------------------------------


def test_the_standard_webhook_of_a_workflow_is_read(payload):
    assert parse_workflow(payload("ghl-workflow-webhook-customer-replied"), now=NOW) == Event(
        kind="workflow",
        key="ghl:workflow:MISdemoLocation00001:00000000-0000-4000-8000-0000000000cc",
        location="MISdemoLocation00001",
        contact_id="MISdemoContact000001",
        phone=ANA,
        name="Ana Exemplo",
        text="Não consigo entrar na plataforma, já tentei 3 vezes!",
        message_id="MISdemoMessage000001",
        direction="inbound",
        source="ghl-workflow",
        tags=("cliente", "onboarding"),
    )


def test_the_custom_webhook_of_a_workflow_is_read(payload):
    event = parse_workflow(payload("ghl-workflow-custom-webhook"), now=NOW)
    assert event == Event(
        kind="workflow",
        key=event.key,
        location="MISdemoLocation00001",
        contact_id="MISdemoContact000001",
        phone=ANA,
        name="Ana Exemplo",
        text="Meu boleto venceu e o link não abre",
        conversation_id="MISdemoConvers000001",
        occurred_at=datetime(2026, 11, 20, 13, 12, tzinfo=UTC),
        direction="inbound",
        tags=("cliente",),
    )
    assert event.is_message


CUSTOM = {"contact_id": "C", "location": {"id": "L"}}


@pytest.mark.parametrize(
    "said",
    [
        {"message": {"body": "ajuda"}},
        {"message": "ajuda"},
        {"messageBody": "ajuda"},
        {"customData": {"messagebody": "ajuda"}},
        {"customData": {"message": "ajuda"}},
        {"message": {"type": 2}, "customData": {"message": "ajuda"}},
        {"message": {"type": 1, "body": "<p>aju<b>da</b></p>"}},
        {"message": {"body": "ajuda"}, "customData": {"message": "{{message.body}}"}},
    ],
)
def test_the_words_are_found_wherever_a_workflow_puts_them(said):
    assert parse_workflow(CUSTOM | said, now=NOW).text == "ajuda"


@pytest.mark.parametrize(
    "who",
    [
        {"phone": "+5511900000001"},
        {"contact": {"phone": "11 90000-0001"}},
        {"customData": {"phone": "5511900000001"}},
        {"customData": {"phone": "5511900000001"}, "phone": "+5511900000002"},
        {"customData": {"phone": "ramal 2"}, "phone": "+5511900000001"},
    ],
)
def test_the_phone_is_found_wherever_a_workflow_puts_it(who):
    assert parse_workflow({"message": "ajuda"} | who, now=NOW).phone == ANA


@pytest.mark.parametrize(
    "who",
    [
        {"full_name": " Ana   Exemplo "},
        {"contact": {"name": "Ana Exemplo"}},
        {"contactName": "Ana Exemplo"},
        {"first_name": "Ana", "last_name": "Exemplo"},
        {"customData": {"name": "Ana Exemplo"}, "full_name": "Outra"},
    ],
)
def test_the_name_is_found_wherever_a_workflow_puts_it(who):
    assert parse_workflow(CUSTOM | {"message": "ajuda"} | who, now=NOW).name == "Ana Exemplo"


def test_what_the_author_knows_of_the_problem_is_taken():
    custom = {"issue_type": "billing", "priority": " High ", "occurred_at": "2026-11-20T10:00:00-03:00"}
    event = parse_workflow(CUSTOM | {"customData": custom}, now=NOW)
    assert (event.issue_type, event.priority, event.text) == ("billing", "high", "")
    assert event.occurred_at == datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
    assert event.is_message


def test_a_message_of_ours_is_not_the_customers():
    event = parse_workflow(CUSTOM | {"message": {"body": "oi", "direction": "outbound"}}, now=NOW)
    assert not event.is_message


def test_a_very_long_text_is_cut():
    assert len(parse_workflow(CUSTOM | {"message": "á" * 50_000}, now=NOW).text) == 20_000


def test_a_message_that_another_program_passes_on_is_read_as_what_it_is(payload):
    assert parse_workflow(payload("ghl-inbound-message"), now=NOW) == APP_EVENTS["inbound-message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"contact_id": "C"}, "message"),
        ({"contact_id": "C", "message": "  "}, "message"),
        ({"contact_id": "C", "message": 5}, "message"),
        ({"contact_id": "C", "message": {"body": 5}}, "message.body"),
        ({"message": "ajuda"}, "phone"),
        ({"message": "ajuda", "phone": "sem telefone"}, "phone"),
        ({"message": "ajuda", "phone": [ANA]}, "phone"),
        ({"message": "ajuda", "contact_id": "C", "customData": "x"}, "customData"),
        ({"message": "ajuda", "contact_id": "C", "customData": {"priority": "urgente"}}, "customData.priority"),
        ({"message": "ajuda", "contact_id": "C", "priority": "alta"}, "priority"),
        ({"message": "ajuda", "contact_id": "C" * 65}, "contact_id"),
        ({"message": "ajuda", "contact_id": "C", "location": {"id": 5}}, "location.id"),
        ([], "body"),
        (None, "body"),
    ],
)
def test_a_workflow_body_that_cannot_be_read_is_refused_by_field(body, field):
    with pytest.raises(Unreadable) as caught:
        parse_workflow(body, now=NOW)
    assert caught.value.field == field
    assert caught.value.problem


def test_an_unknown_priority_is_told_the_four_that_there_are():
    with pytest.raises(Unreadable, match="critical, high, medium, low"):
        parse_workflow(CUSTOM | {"message": "x", "priority": "alta"}, now=NOW)


def test_refusals_do_not_repeat_what_was_written():
    with pytest.raises(Unreadable) as caught:
        parse_workflow({"message": "segredo", "phone": "segredo", "name": "segredo"}, now=NOW)
    assert "segredo" not in str(caught.value)


# --- Repeats --------------------------------------------------------------------------------


def key(body, now=NOW):
    return parse_workflow(body, now=now).key


def test_the_authors_event_id_comes_before_the_messages_id():
    body = CUSTOM | {"message": {"body": "x", "messageId": "m1"}}
    assert key(body) == "ghl:workflow:L:message:m1"
    assert key(body | {"customData": {"event_id": "e1"}}) == "ghl:workflow:L:e1"
    assert key(body | {"event_id": "e2"}) == "ghl:workflow:L:e2"


def test_without_any_id_the_same_words_within_the_minute_are_a_repeat():
    body = CUSTOM | {"message": "ajuda", "workflow": {"id": "W"}}
    assert key(body) == key(body, NOW + timedelta(seconds=39))  # 13:05:59
    assert key(body) != key(body, NOW + timedelta(seconds=40))  # 13:06:00
    for change in ({"message": "outra"}, {"contact_id": "D"}, {"location": {"id": "M"}}, {"workflow": {"id": "X"}}):
        assert key(body) != key(body | change)


def test_when_the_author_tells_the_time_it_is_that_which_counts():
    body = CUSTOM | {"message": "ajuda", "occurred_at": "2026-11-20T13:12:00Z"}
    assert key(body) == key(body, NOW + timedelta(hours=1))
    assert key(body) != key(body | {"occurred_at": "2026-11-20T13:12:30Z"})


def test_keys_fit_their_column():
    assert len(key(CUSTOM | {"message": "x", "event_id": "e" * 5_000})) <= 128
    assert key(CUSTOM | {"message": "x", "event_id": "e" * 5_000}) != key(
        CUSTOM | {"message": "x", "event_id": "e" * 4_999}
    )


# --- E-mails --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Ol&aacute;,</p><p>n&atilde;o   <b>abre</b></p>", "Olá,\nnão abre"),
        ("um<br>dois<br/>três", "um\ndois\ntrês"),
        ("<head><title>x</title></head><style>p{color:red}</style><script>alert(1)</script>oi", "oi"),
        ("<!-- <p>escondido</p> -->visível<!-- sem fim", "visível"),
        ("<!DOCTYPE html><div>5 &lt; 6</div>", "5 < 6"),
        ("linha um\nda mesma linha", "linha um da mesma linha"),
        ("a < b e c > d", "a < b e c > d"),
        ("sem marcação", "sem marcação"),
        ("", ""),
    ],
)
def test_an_email_is_read_as_its_reader_sees_it(markup, text):
    assert plain(markup) == text


@pytest.mark.parametrize("piece", ["<a", "<", "<!--", "<script>", "&", " \n", "</", "a", "-->", "<a "])
def test_no_email_takes_long_to_read(piece):
    started = time.process_time()
    plain("<" + piece * (200_000 // len(piece)))
    assert time.process_time() - started < 1.0

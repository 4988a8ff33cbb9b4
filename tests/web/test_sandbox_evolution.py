"""The stand-in Evolution API, over real HTTP, with a small receiver in place of the product."""

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from mis_dashboard.sandbox.thread import SandboxThread
from mis_dashboard.sandbox.whatsapp import Memory, jid_of

from .receiver import Receiver, until

PHONE = "5511900000001"
JID = f"{PHONE}@s.whatsapp.net"


@pytest.fixture
def product():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def box(product):
    """A sandbox whose receipts come without delay, where everything is read."""
    with SandboxThread(seed=3, target=product.url, pace=0.0) as box:
        box.set_evolution(never_read=0)
        yield box


def call(box, path, body=None, *, key=None, instance="mis-demo", method="POST", **options):
    headers = {"apikey": box.settings.evolution_key if key is None else key}
    return httpx.request(method, f"{box.url}{path}/{instance}", json=body, headers=headers, **options)


def send(box, text="Oi Ana!", number=PHONE, **options):
    return call(box, "/message/sendText", {"number": number, "text": text, "linkPreview": False}, **options)


def find(box, **where):
    return call(box, "/chat/findMessages", {"where": where, "page": 1, "offset": 50}).json()["messages"]


def window(around):
    at = datetime.fromtimestamp(around, UTC)
    bounds = {"gte": at - timedelta(seconds=60), "lte": at + timedelta(seconds=5)}
    return {name: bound.isoformat().replace("+00:00", "Z") for name, bound in bounds.items()}


# --- Sending ---


def test_a_sent_text_is_answered_as_recorded_and_remembered(box, payload):
    response = send(box)
    answer, recorded = response.json(), payload("evolution-sendtext-response-201")
    assert response.status_code == 201
    assert set(answer) == set(recorded)
    assert answer["key"] == {"remoteJid": JID, "fromMe": True, "id": answer["key"]["id"]}
    assert answer["status"] == "PENDING"
    assert answer["message"] == {"conversation": "Oi Ana!"}
    assert [(sent.phone, sent.text, sent.id) for sent in box.sent] == [(PHONE, "Oi Ana!", answer["key"]["id"])]
    listed = httpx.get(f"{box.url}/sandbox/sent").json()
    assert [(one["phone"], one["text"]) for one in listed] == [(PHONE, "Oi Ana!")]
    assert httpx.get(f"{box.url}/sandbox/sent/counts").json() == {PHONE: 1}


def test_refusals_are_the_recorded_ones(box, payload):
    unauthorized = send(box, key="another")
    assert (unauthorized.status_code, unauthorized.json()) == (401, payload("evolution-error-401-unauthorized"))
    empty = send(box, text="  ")
    assert (empty.status_code, empty.json()) == (400, payload("evolution-error-400-text-required"))
    old = call(box, "/message/sendText", payload("evolution-sendtext-request-v1"))
    assert (old.status_code, old.json()) == (400, payload("evolution-error-400-v1-body-on-v2"))
    assert box.sent == []


def test_an_unknown_instance_is_named_even_without_a_key(box, payload):
    response = send(box, instance="another", key="")
    recorded = payload("evolution-error-404-instance-not-found")
    recorded["response"]["message"] = ['The "another" instance does not exist']
    assert (response.status_code, response.json()) == (404, recorded)


def test_a_phone_without_whatsapp_is_refused_and_says_so_when_asked(box, payload):
    box.set_evolution(not_on_whatsapp=1)
    response = send(box, number="5511900000002")
    assert (response.status_code, response.json()) == (400, payload("evolution-error-400-number-not-on-whatsapp"))
    asked = call(box, "/chat/whatsappNumbers", {"numbers": ["5511900000002"]}).json()
    assert asked == [{"jid": "5511900000002@s.whatsapp.net", "exists": False, "number": "5511900000002"}]


def test_a_known_customer_is_on_whatsapp_with_a_name(box):
    person = box.people[0]
    asked = call(box, "/chat/whatsappNumbers", {"numbers": [person.digits]}).json()
    assert asked == [
        {"jid": f"{person.digits}@s.whatsapp.net", "exists": True, "number": person.digits, "name": person.first_name}
    ]


@pytest.mark.parametrize(("mode", "value"), [("connection_closed", 1), ("closed", True)])
def test_a_closed_connection_sends_nothing(box, payload, mode, value):
    box.set_evolution(**{mode: value})
    response = send(box)
    assert (response.status_code, response.json()) == (500, payload("evolution-error-500-connection-closed"))
    assert box.sent == []


def test_the_ninth_digit_is_dropped_as_evolution_does():
    assert jid_of("+55 (31) 98888-7777") == "553188887777@s.whatsapp.net"
    assert jid_of("5511988887777") == "5511988887777@s.whatsapp.net"
    assert jid_of("5531968887777") == "5531968887777@s.whatsapp.net"
    assert jid_of("1@lid") == "1@lid"


# --- Sends of which the product cannot know ---


def test_a_send_that_hangs_after_it_was_accepted_is_found(box):
    box.set_evolution(accept_then_hang=1, hang_s=20)
    with pytest.raises(httpx.ReadTimeout):
        send(box, "Já vi seu caso", timeout=0.3)
    records = find(box, key={"fromMe": True}, messageTimestamp=window(time.time()))["records"]
    assert [(record["message"]["conversation"], record["key"]["remoteJid"]) for record in records] == [
        ("Já vi seu caso", JID)
    ]


def test_a_send_answered_400_after_it_was_accepted_is_found(box, payload):
    box.set_evolution(accept_then_400=1)
    response = send(box)
    assert (response.status_code, response.json()) == (400, payload("evolution-error-400-connection-closed"))
    assert find(box, key={"fromMe": True})["total"] == 1


@pytest.mark.parametrize(("mode", "kept"), [("drop_after", 1), ("drop_before", 0)])
def test_a_dropped_connection_leaves_open_what_was_sent(box, mode, kept):
    box.set_evolution(**{mode: 1})
    with pytest.raises(httpx.TransportError):
        send(box)
    assert find(box, key={"fromMe": True})["total"] == kept


# --- Looking up ---


def test_a_found_message_has_the_recorded_shape(box, payload, product):
    key = send(box).json()["key"]["id"]
    until(lambda: len(product.events("messages.update")) == 3)
    found, recorded = find(box, key={"id": key}), payload("evolution-find-messages-response")["messages"]
    assert {name: found[name] for name in ("total", "pages", "currentPage")} == {
        "total": 1,
        "pages": 1,
        "currentPage": 1,
    }
    assert set(found["records"][0]) == set(recorded["records"][0])
    assert [entry["status"] for entry in found["records"][0]["MessageUpdate"]] == ["SERVER_ACK", "DELIVERY_ACK", "READ"]


def test_nothing_found_is_the_recorded_answer(box, payload):
    assert find(box, key={"id": "NONE"}) == payload("evolution-find-messages-response-empty")["messages"]


def test_messages_are_found_newest_first_page_by_page(box):
    for number in range(5):
        send(box, f"texto {number}")
    body = {"where": {"key": {"fromMe": True}}, "page": 2, "offset": 2}
    page = call(box, "/chat/findMessages", body).json()["messages"]
    assert (page["total"], page["pages"], page["currentPage"]) == (5, 3, 2)
    assert [record["message"]["conversation"] for record in page["records"]] == ["texto 2", "texto 1"]


def test_a_window_needs_both_bounds_and_from_me_false_filters_nothing():
    memory = Memory("x")
    memory.keep(JID, "cedo", 1_000.4, from_me=True, name="Você")
    memory.keep(JID, "tarde", 2_000.9, from_me=False, name="Ana")
    both = {"gte": "1970-01-01T00:16:40Z", "lte": "1970-01-01T00:20:00Z"}  # 1000 to 1200
    assert [m.text for m in memory.find({"messageTimestamp": both})] == ["cedo"]
    assert [m.text for m in memory.find({"messageTimestamp": {"gte": "1970-01-01T00:30:00Z"}})] == ["tarde", "cedo"]
    assert [m.text for m in memory.find({"key": {"fromMe": False}})] == ["tarde", "cedo"]
    assert [m.text for m in memory.find({"key": {"fromMe": True}})] == ["cedo"]
    assert memory.find({"key": {"remoteJid": "other"}}) == []


def test_memory_is_bounded():
    memory = Memory("x", kept=2)
    for number in range(4):
        memory.keep(f"{number}@s.whatsapp.net", "oi", number, from_me=True, name="Você")
    assert [message.phone for message in memory.sent()] == ["2", "3"]
    assert memory.sent_by_phone == {"2": 1, "3": 1}
    assert memory.accepted == 4


def test_the_state_and_the_version_can_be_asked(box, payload):
    assert call(box, "/instance/connectionState", method="GET").json() == payload("evolution-connection-state-response")
    assert httpx.get(box.url).json()["version"] == "2.3.7"


# --- Webhooks ---


def test_receipts_arrive_in_order_with_the_secret(box, payload, product):
    key = send(box).json()["key"]["id"]
    until(lambda: len(product.posts) == 4)
    assert [(body["event"], body["data"].get("status")) for body in product.bodies] == [
        ("send.message", "PENDING"),
        ("messages.update", "SERVER_ACK"),
        ("messages.update", "DELIVERY_ACK"),
        ("messages.update", "READ"),
    ]
    recorded = payload("evolution-messages-update-read")
    last = product.bodies[-1]
    assert set(last) == set(recorded)
    assert set(last["data"]) == set(recorded["data"])
    assert last["data"]["keyId"] == key
    assert {path for path, _, _ in product.posts} == {"/api/webhooks/evolution"}
    assert {headers["X-MIS-Webhook-Secret"] for _, headers, _ in product.posts} == {box.settings.evolution_secret}


def test_a_message_may_be_refused_later_or_never_delivered(box, product):
    box.set_evolution(refused_later=1)
    send(box)
    until(lambda: len(product.events("messages.update")) == 1)
    box.set_evolution(refused_later=0, never_delivered=1)
    send(box)
    until(lambda: len(product.events("messages.update")) == 2)
    assert [event["data"]["status"] for event in product.events("messages.update")] == ["ERROR", "SERVER_ACK"]


@pytest.mark.parametrize(("status", "deliveries"), [(503, 2), (429, 2), (400, 1), (401, 1)])
def test_a_webhook_is_repeated_unless_the_answer_is_final(box, product, status, deliveries):
    product.answers = [status]
    box.customer_writes("Oi")
    box.customer_writes("Alguém aí?")
    until(lambda: len(product.posts) == deliveries + 1)
    texts = [body["data"]["message"]["conversation"] for body in product.bodies]
    assert texts.count("Oi") == deliveries
    assert texts.count("Alguém aí?") == 1


def test_a_customers_message_has_the_recorded_shape(box, payload, product):
    box.customer_writes("Não consigo entrar", person=box.people[4])
    sent, recorded = product.bodies[0], payload("evolution-messages-upsert-conversation")
    assert set(sent) == set(recorded)
    assert set(sent["data"]) == set(recorded["data"])
    assert sent["data"]["key"]["remoteJid"] == f"{box.people[4].digits}@s.whatsapp.net"
    assert sent["data"]["pushName"] == box.people[4].first_name


def test_customers_who_are_asked_for_a_rating_give_one(box, product):
    box.set_evolution(customers_answer=True)
    for person in box.people[:20]:
        send(box, "De 1 a 5, que nota você dá para o atendimento?", number=person.digits)
    until(lambda: len(product.events("messages.update")) == 60)
    until(lambda: len(product.events("messages.upsert")) >= 5)
    for event in product.events("messages.upsert"):
        assert event["data"]["message"]["conversation"].removeprefix("Nota ") in set("12345")


def test_a_logged_out_number_is_announced(box, payload, product):
    box.set_evolution(closed=True)
    until(lambda: len(product.posts) == 2)
    first, second = product.bodies
    assert first["data"] == payload("evolution-connection-update-close")["data"]
    assert set(second["data"]) <= set(payload("evolution-status-instance-closed")["data"])
    assert second["event"] == "status.instance"


def test_the_webhook_can_be_set_and_read_back(box, payload, product):
    asked = payload("evolution-webhook-set-request")
    asked["webhook"] |= {"url": f"{product.url}/elsewhere", "events": ["MESSAGES_UPSERT"]}
    assert call(box, "/webhook/set", asked).status_code == 201
    assert call(box, "/webhook/find", method="GET").json()["url"] == f"{product.url}/elsewhere"
    send(box)
    box.customer_writes("Oi")
    until(lambda: product.posts)
    assert [(path, headers["X-MIS-Webhook-Secret"]) for path, headers, _ in product.posts] == [
        ("/elsewhere", "EXAMPLE-SHARED-SECRET")
    ]


def test_a_message_may_be_told_and_delivered_before_it_is_accepted(box, product):
    box.set_evolution(told_first=1)
    key = send(box).json()["key"]["id"]
    told = [(body["event"], body["data"].get("status")) for body in product.bodies[:3]]
    assert told == [("send.message", "PENDING"), ("messages.update", "SERVER_ACK"), ("messages.update", "DELIVERY_ACK")]
    assert product.bodies[0]["data"]["key"]["id"] == key


def test_what_was_sent_may_be_told_again_as_if_it_was_typed(box, product):
    box.set_evolution(echoed=1)
    key = send(box).json()["key"]["id"]
    until(lambda: product.events("messages.upsert"))
    assert product.events("messages.upsert")[0]["data"]["key"] == {"remoteJid": JID, "fromMe": True, "id": key}


def test_a_hidden_phone_is_told_beside_its_id_or_not_at_all(box, payload, product):
    box.set_evolution(hidden=1)
    box.customer_writes("Oi")
    box.set_evolution(nameless=1)
    box.customer_writes("Alguém aí?")
    told, alone = (body["data"]["key"] for body in product.bodies)
    recorded = payload("evolution-messages-upsert-lid-with-alt")["data"]["key"]
    assert set(recorded) - set(told) == {"participant"}
    assert told["remoteJidAlt"] == f"{box.people[0].digits}@s.whatsapp.net"
    assert (alone["remoteJid"], "remoteJidAlt" in alone) == (told["remoteJid"], False)
    [asked] = call(box, "/chat/whatsappNumbers", {"numbers": [box.people[0].digits]}).json()
    assert asked["lid"] == told["remoteJid"]


def test_what_was_sent_to_a_hidden_phone_is_not_found_by_the_phone(box):
    box.set_evolution(hidden=1)
    send(box)
    assert find(box, key={"fromMe": True, "remoteJid": JID})["total"] == 0
    assert find(box, key={"fromMe": True})["total"] == 1
    assert [sent.phone for sent in box.sent] == [PHONE]


def test_a_number_that_comes_back_tells_of_days_ago(box, product):
    box.set_evolution(closed=True, history=3)
    until(lambda: product.events("status.instance"))
    box.set_evolution(closed=False)
    old = until(lambda: len(product.events("messages.upsert")) == 3 and product.events("messages.upsert"))
    assert [body["data"]["key"]["fromMe"] for body in old] == [False, False, True]
    assert all(body["data"]["messageTimestamp"] <= time.time() - 3599 for body in old)
    assert box.sent == []

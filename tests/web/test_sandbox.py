"""The people of the sandbox, what they write, how the CRM tells the product, and the whole as a program."""

import base64
import os
import random
import re
import signal
import subprocess
import sys
from itertools import islice

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from issues.reading import promises
from mis_dashboard.sandbox import slack
from mis_dashboard.sandbox.app import Settings
from mis_dashboard.sandbox.complaints import distinct_texts
from mis_dashboard.sandbox.customers import LOCATIONS, Complaint, complaint, population, reaction, reply_for
from mis_dashboard.sandbox.modes import TrafficModes
from mis_dashboard.sandbox.reading import understand
from mis_dashboard.sandbox.replies import (
    ENGLISH,
    MAX_CHARS,
    PORTUGUESE,
    PROMISING_IN_ENGLISH,
    PROMISING_IN_PORTUGUESE,
)
from mis_dashboard.sandbox.thread import SandboxThread
from mis_dashboard.sandbox.traffic import DAY, arrivals, day_curve

from .receiver import Receiver, until

PROMISE = re.compile(
    r"R\$|\d|reembols|estorn|devol|desconto|amanh|\bhoje\b|\bminutos?\b|\bhoras?\b|\bprazo|refund|discount|tomorrow|today|\bhours?\b",
    re.IGNORECASE,
)


@pytest.fixture
def product():
    with Receiver() as receiver:
        yield receiver


# --- People and words ---


def test_everybody_is_invented_and_has_a_phone_of_their_own():
    people = population(7)
    assert (
        len({person.phone for person in people}) == len({person.contact_id for person in people}) == len(people) == 400
    )
    assert all(re.fullmatch(r"\+55[1-9][1-9]90000\d{4}", person.phone) for person in people)
    assert all(person.email.endswith("@example.com") for person in people)
    assert {person.location for person in people} == set(LOCATIONS)


def test_the_same_seed_gives_the_same_world():
    def world(seed):
        people = population(seed)
        return [*people[:20], *islice(arrivals(str(seed), people, TrafficModes()), 50)]

    assert world(11) == world(11)
    assert world(11) != world(12)


def test_there_are_enough_different_complaints():
    texts = distinct_texts()
    portuguese = {text for _, _, text, language in texts if language == "pt-BR"}
    english = {text for _, _, text, language in texts if language == "en"}
    assert len(portuguese) >= 60
    assert len(english) >= 6
    assert len({kind for kind, *_ in texts}) == 11


def test_a_complaint_is_filled_in_and_varied():
    rng = random.Random(1)
    texts = [complaint(rng).text for _ in range(500)]
    assert not any("{" in text for text in texts)
    assert len(set(texts)) > 300


@pytest.mark.parametrize(("kind", "priority", "text", "language"), distinct_texts())
def test_a_complaint_is_understood_as_what_it_is(kind, priority, text, language):
    reading = understand(text)
    assert (reading.type, reading.language) == (kind, language)
    assert reading.is_issue == (kind not in {"question", "other"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Quero falar com um atendente, por favor", "O cliente pediu para falar com uma pessoa."),
        ("Vou acionar o Procon se não resolverem", "O cliente fala em medida legal, imprensa ou fraude."),
        ("Minha mãe passou mal depois do procedimento", "Há relato de risco à saúde de uma pessoa."),
        ("I want to speak to a real person", "The customer asked for a person."),
        ("O aplicativo trava quando abro", ""),
        ("Obrigada, resolveu!", ""),
    ],
)
def test_a_person_is_called_for_with_a_reason(text, reason):
    assert understand(text).human_reason == reason
    assert understand(text).needs_human == bool(reason)


def test_replies_answer_in_substance_but_for_those_that_are_there_to_promise():
    texts = [text for kind, choices in PORTUGUESE.items() for text in choices if kind not in {"person", "grave"}]
    texts += [text for kind, choices in ENGLISH.items() for text in choices if kind != "person"]
    assert [text for text in texts if promises(text)] == []
    there_to_promise = [*PROMISING_IN_PORTUGUESE.values(), *PROMISING_IN_ENGLISH.values()]
    assert [text for text in there_to_promise if not promises(text)] == []


def test_now_and_then_the_model_promises_to_come_back():
    rng = random.Random(3)
    told = [complaint(rng, person.location.business, person.mood, person.language) for person in population(7)]
    promising = [each for each in told if promises(reply_for(each, "Ana"))]
    assert 0.005 < len(promising) / len(told) < 0.1


def test_replies_are_many_and_short_and_name_no_date_and_no_money():
    replies = [text for choices in (*PORTUGUESE.values(), *ENGLISH.values()) for text in choices]
    assert len(set(replies)) >= 25
    for text in replies:
        assert len(text) <= MAX_CHARS - 60  # room for a name
        assert not PROMISE.search(text), text


def test_a_reply_names_the_customer_and_is_the_same_each_time():
    told = Complaint("billing", "high", "Fui cobrado duas vezes este mês", "pt-BR")
    assert "Ana" in reply_for(told, "Ana Souza")
    assert "Souza" not in reply_for(told, "Ana Souza")
    assert reply_for(told, "Ana Souza") == reply_for(told, "Ana Souza")
    assert "{" not in reply_for(told)


def test_whoever_is_content_stops_writing():
    person, rng = population(7)[0], random.Random(2)
    assert all(reaction(rng, person, "Como posso ajudar?", turn=4) is None for _ in range(50))
    kinds = {answer.kind for _ in range(200) if (answer := reaction(rng, person, "Como posso ajudar?", turn=1))}
    assert kinds == {"thanks", "more", "person"}


def test_a_day_has_as_many_complaints_with_its_curve_as_without():
    assert sum(day_curve(hour) for hour in range(24)) == pytest.approx(24)
    assert max(DAY) == DAY[10]


# --- The CRM ---


def test_a_workflow_webhook_has_the_recorded_shape_and_the_secret(product, payload):
    with SandboxThread(target=product.url) as box:
        assert (
            box.post_workflow("Não consigo entrar", issue_type="access_problem", priority="high", event_id="e-1") == 200
        )
        path, headers, _ = product.posts[0]
        body, recorded = product.bodies[0], payload("ghl-workflow-webhook-customer-replied")
        assert (path, headers["X-MIS-Webhook-Secret"]) == ("/api/webhooks/ghl", box.settings.ghl_secret)
        assert set(body) == set(recorded)
        assert set(body["location"]) == set(recorded["location"])
        assert body["phone"] == box.people[0].phone
        told = {name: body["customData"][name] for name in ("event_id", "issue_type", "priority", "message")}
        assert told == {
            "event_id": "e-1",
            "issue_type": "access_problem",
            "priority": "high",
            "message": "Não consigo entrar",
        }


def test_an_app_event_is_signed_over_its_raw_body(product, payload):
    with SandboxThread(target=product.url) as box:
        box.post_app("Comprei ontem e o acesso não chegou", person=box.people[1])
        key = load_der_public_key(base64.b64decode(box.ghl_public_key))
        for _, headers, raw in product.posts:
            key.verify(base64.b64decode(headers["X-GHL-Signature"]), raw)
            with pytest.raises(InvalidSignature):
                key.verify(base64.b64decode(headers["X-GHL-Signature"]), raw + b"\n")
        created, message = product.bodies
        assert (created["type"], created["id"], created["phone"]) == (
            "ContactCreate",
            box.people[1].contact_id,
            box.people[1].phone,
        )
        assert set(message) == set(payload("ghl-inbound-message")) - {"conversationProviderId"}
        assert message["contactId"] == created["id"]


def test_a_contact_is_told_to_those_with_a_token(payload):
    with SandboxThread() as box:
        person = box.people[0]
        token = {"Authorization": f"Bearer {box.settings.ghl_token}"}
        version = {"Version": "2021-07-28"}
        url = f"{box.url}/contacts/{person.contact_id}"
        assert httpx.get(url, headers=token | version).json()["contact"]["phone"] == person.phone
        assert httpx.get(url, headers=version).json() == payload("ghl-error-401")
        assert httpx.get(url, headers=token).json()["message"] == "version header was not found."
        assert httpx.get(f"{box.url}/contacts/nobody", headers=token | version).status_code == 404


def test_traffic_waits_for_a_healthy_product_and_survives_its_restart(product):
    with SandboxThread(seed=5, target=product.url, pace=0.0) as box:
        product.healthy = False
        box.set_traffic(on=True, per_minute=6000)
        until(lambda: product.looks)
        assert product.posts == []
        product.healthy = True
        until(lambda: len(product.posts) >= 20)
        product.stop()
        until(lambda: box.webhook_statuses.get(0))
        with Receiver(product.port) as restarted:
            until(lambda: len(restarted.posts) >= 20)
            assert restarted.looks >= 1
            box.set_traffic(on=False)


def test_some_events_come_twice_and_some_in_bursts():
    coming = list(islice(arrivals("5", population(5), TrafficModes(burst=0.04, repeat=0.03)), 4000))
    assert sum(arrival.repeated for arrival in coming) / 4000 == pytest.approx(0.03, abs=0.01)
    assert 0.75 < sum(arrival.gap for arrival in coming) / 4000 < 0.98
    ways = [arrival.way for arrival in coming]
    assert ways.count("workflow") / 4000 == pytest.approx(0.65, abs=0.03)
    assert {"app", "whatsapp"} < set(ways)


# --- Slack ---


def test_slack_answers_as_its_mode_says():
    with SandboxThread() as box:
        url = box.environment()["SLACK_WEBHOOK_URL"]
        assert url == box.url + slack.PATH
        assert httpx.post(url, json={"text": "MIS: teste"}).text == "ok"
        assert httpx.post(url, json={}).text == "no_text"
        assert httpx.post(url, content=b"{").text == "invalid_payload"
        box.set_slack(status=429)
        limited = httpx.post(url, json={"text": "MIS: outro"})
        assert (limited.status_code, limited.headers["Retry-After"]) == (429, "1")
        assert box.slack_posts == [{"text": "MIS: teste"}]


# --- The whole ---


def test_ids_repeat_within_a_run_and_differ_between_runs():
    def ids(run):
        with SandboxThread(seed=4, run=run) as box:
            return [box.customer_writes("Oi") for _ in range(3)]

    assert ids("a") == ids("a")
    assert not set(ids("a")) & set(ids("b"))


def test_what_the_product_is_told_makes_the_same_sandbox_again():
    made = Settings(gemini_key="k", ghl_secret="s")
    told = made.environment("http://127.0.0.1:1")
    again = Settings.from_environment(told)
    assert again == made
    assert again.environment("http://127.0.0.1:1") == told
    with pytest.raises(ValueError, match="SANDBOX_GHL_PRIVATE_KEY"):
        Settings.from_environment({"SANDBOX_GHL_PRIVATE_KEY": "short"})


@pytest.mark.parametrize("target", ["https://mis.example.com", "http://192.0.2.1:8000", "127.0.0.1:8000"])
def test_a_target_elsewhere_is_refused(target):
    with pytest.raises(ValueError, match=re.escape("write http://127.0.0.1:PORT")):
        SandboxThread(target=target)


def test_the_program_serves_until_it_is_told_to_stop():
    command = [sys.executable, "-m", "mis_dashboard.sandbox", "--port", "0", "--calm"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "GEMINI_API_KEY": "k"}
    ) as program:
        try:
            url = re.search(r"http://127\.0\.0\.1:\d+", program.stdout.readline())[0]
            assert httpx.get(url).json()["version"] == "2.3.7"
            program.send_signal(signal.SIGTERM)
            assert program.wait(5) == 0
        finally:
            program.kill()


def test_a_taken_port_is_said():
    with SandboxThread() as box:
        port = box.url.rsplit(":", 1)[1]
        command = [sys.executable, "-m", "mis_dashboard.sandbox", "--port", port, "--calm"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "address already in use" in done.stderr

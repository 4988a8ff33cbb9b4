"""The stand-in Gemini, over real HTTP."""

import json
import math
import time

import httpx
import pytest

from issues.ai.base import Prompt, Turn
from issues.ai.genai import GenAI
from issues.ai.generativeai import GenerativeAI
from issues.ai.prompts import compile, review
from mis_dashboard.sandbox.thread import SandboxThread

MODEL = "gemini-3.5-flash-lite"
ANGRY = "Fui cobrado duas vezes este mês e ninguém me responde. Isso é um absurdo!"


@pytest.fixture(scope="module")
def running():
    with SandboxThread(seed=3) as box:
        yield box


@pytest.fixture
def box(running):
    none = {
        "503": 0,
        "429": 0,
        "500": 0,
        "504": 0,
        "slow": 0,
        "blocked": 0,
        "safety": 0,
        "cut": 0,
        "empty": 0,
        "malformed": 0,
    }
    running.set_gemini(latency_ms=0, fail=none, down=False)
    return running


def ask(box, text=ANGRY, schema=None, model=MODEL, version="v1beta", headers=None, **config):
    if schema is not None:
        config |= {"responseMimeType": "application/json", "responseSchema": schema}
    body = {"contents": [{"role": "user", "parts": [{"text": text}]}], "generationConfig": config}
    return httpx.post(
        f"{box.url}/{version}/models/{model}:generateContent?%24alt=json%3Benum-encoding%3Dint",
        json=body,
        headers={"x-goog-api-key": box.settings.gemini_key} if headers is None else headers,
    )


def said(response):
    return response.json()["candidates"][0]["content"]["parts"][0]["text"]


def filled(box, schema, text=ANGRY):
    return json.loads(said(ask(box, text, schema)))


def shape(value):
    """`value` with every text and number replaced by its type."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shape(part) for part in value]
    return type(value).__name__


# --- Schemas ---


@pytest.mark.parametrize(
    ("obj", "string", "boolean", "integer", "array"),
    [
        ("OBJECT", "STRING", "BOOLEAN", "INTEGER", "ARRAY"),
        (6, 1, 4, 3, 5),
        ("object", "string", "boolean", "integer", "array"),
    ],
)
def test_a_schema_is_filled_in_every_dialect(box, obj, string, boolean, integer, array):
    schema = {
        "type": obj,
        "properties": {
            "is_issue": {"type": boolean},
            "issue_type": {"type": string, "enum": ["delivery_complaint", "billing", "other"]},
            "sentiment": {"type": string, "enum": ["positive", "angry"]},
            "needs_human": {"type": boolean},
            "human_reason": {"type": string},
            "stars": {"type": integer, "minimum": 1, "maximum": 5},
            "tags": {"type": array, "minItems": "2", "items": {"type": string}},
        },
    }
    assert filled(box, schema) == {
        "is_issue": True,
        "issue_type": "billing",
        "sentiment": "angry",
        "needs_human": False,
        "human_reason": "",
        "stars": 3,
        "tags": ["billing", "billing"],
    }


def test_a_schema_with_references_and_alternatives_is_filled(box):
    schema = {
        "$defs": {"Kind": {"type": "string", "enum": ["acesso", "cobranca", "outro"]}},
        "type": "object",
        "properties": {
            "category": {"$ref": "#/$defs/Kind"},
            "language": {"anyOf": [{"type": "null"}, {"type": "string", "enum": ["en", "pt"]}]},
            "version": {"const": 2},
            "confidence": {"type": "number", "minimum": 0, "maximum": 100},
            "short": {"type": "string", "max_length": 10},
            "nested": {"type": "object", "properties": {"reply": {"type": ["string", "null"]}}},
        },
    }
    answer = filled(box, schema)
    assert answer["category"] == "cobranca"
    assert answer["language"] == "pt"
    assert answer["version"] == 2
    assert answer["confidence"] == 95
    assert len(answer["short"]) == 10
    assert answer["nested"]["reply"].startswith("Oi!")


def test_an_enum_that_fits_nothing_gets_its_first_value(box):
    assert filled(box, {"type": "OBJECT", "properties": {"colour": {"type": "STRING", "enum": ["red", "blue"]}}}) == {
        "colour": "red"
    }


@pytest.mark.parametrize(
    ("text", "resolved"), [("Resolveu, muito obrigada!", True), (ANGRY, False), ("Ainda não deu certo", False)]
)
def test_a_triage_follows_what_the_customer_said_last(box, text, resolved):
    schema = {
        "type": "OBJECT",
        "properties": {"resolved": {"type": "BOOLEAN"}, "verdict": {"type": "STRING", "enum": ["NÃO", "SIM"]}},
    }
    assert filled(box, schema, text) == {"resolved": resolved, "verdict": "SIM" if resolved else "NÃO"}


PROBLEM = "Não consigo entrar na plataforma"


@pytest.mark.parametrize(
    ("words", "ours", "resolved"),
    [
        (PROBLEM, "Use a opção Esqueci a senha e confira o spam.", True),
        (PROBLEM, "A equipe vai conferir o seu cadastro.", False),
        (PROBLEM, "Assim que houver novidades, aviso por aqui.", False),
        (ANGRY, "Confira na fatura se os dois lançamentos têm a mesma data.", False),
        ("Ainda não deu certo", "Tente em uma janela anônima.", False),
        ("Resolveu, muito obrigada!", "Que bom!", True),
    ],
)
def test_who_says_nothing_after_our_answer_is_content_unless_something_is_open(box, words, ours, resolved):
    triage = compile("t", "Os dados vêm em <mensagem-código>.")
    turns = [Turn("customer", words), Turn("us", ours)]
    prompt = review(triage, conversation=turns, customer_name="Ana", company="Loja")
    for backend in (GenAI, GenerativeAI):
        answer = backend(api_key=box.settings.gemini_key, base_url=box.url).think(prompt, model=MODEL, timeout_s=5)
        assert answer.verdict.resolved == resolved
        assert answer.verdict.reason


def test_snake_case_and_the_stable_version_are_understood(box):
    body = {
        "contents": [{"parts": [{"text": ANGRY}]}],
        "generation_config": {
            "response_mime_type": "application/json",
            "response_json_schema": {"type": "object", "properties": {"is_issue": {"type": "boolean"}}},
        },
    }
    key = {"x-goog-api-key": box.settings.gemini_key}
    response = httpx.post(f"{box.url}/v1/models/{MODEL}:generateContent", json=body, headers=key)
    assert json.loads(said(response)) == {"is_issue": True}


@pytest.mark.parametrize("library", [GenerativeAI, GenAI])
def test_both_client_libraries_get_a_fitting_verdict(box, library):
    name = Turn("customer", "Nome do cliente: <nome-1f>Ana Souza</nome-1f>")
    told = Turn("customer", f"<mensagem-1f>\n{ANGRY} Quero falar com uma pessoa.\n</mensagem-1f>")
    prompt = Prompt(system="Responda.", turns=(name, told))
    answer = library(box.settings.gemini_key, box.url).think(prompt, model=MODEL, timeout_s=10)
    verdict = answer.verdict
    assert (verdict.issue_type, verdict.sentiment, verdict.priority) == ("billing", "angry", "high")
    assert verdict.needs_human
    assert verdict.human_reason == "O cliente pediu para falar com uma pessoa."
    assert "Ana" in verdict.reply
    assert answer.usage.tokens_thought > 0
    assert answer.model == MODEL


def test_without_a_schema_the_answer_is_plain_text_in_the_customers_language(box):
    assert said(ask(box)).startswith("Oi!")
    assert said(ask(box, "I was charged twice this month, could you please check?")).startswith("Hi!")


def test_only_the_last_message_between_markers_counts(box):
    text = "<mensagem-a1>O aplicativo trava</mensagem-a1> <nome-a1>Bia Lima</nome-a1> <mensagem-a1>Resolveu, obrigada!</mensagem-a1>"
    reply = said(ask(box, text))
    assert "Bia" in reply
    assert "feliz" in reply or "Que bom" in reply or "Maravilha" in reply


def test_usage_adds_up(box, payload):
    response = ask(box, schema={"type": "OBJECT", "properties": {"reply": {"type": "STRING"}}}).json()
    usage = response["usageMetadata"]
    assert usage["promptTokenCount"] == math.ceil(len(ANGRY) / 4)
    assert (
        usage["totalTokenCount"]
        == usage["promptTokenCount"] + usage["candidatesTokenCount"] + usage["thoughtsTokenCount"]
    )
    assert set(response) == set(payload("gemini-generate-response-json-mode"))


def test_an_answer_longer_than_allowed_is_cut(box):
    response = ask(box, maxOutputTokens=20).json()
    assert response["candidates"][0]["finishReason"] == "MAX_TOKENS"


# --- Failures ---


@pytest.mark.parametrize(
    ("failure", "sample"),
    [
        ("429", "gemini-error-429-resource-exhausted"),
        ("500", "gemini-error-500-internal"),
        ("503", "gemini-error-503-unavailable"),
        ("504", "gemini-error-504-deadline-exceeded"),
    ],
)
def test_an_error_is_the_recorded_one(box, payload, failure, sample):
    box.set_gemini(fail={failure: 1})
    response = ask(box)
    assert response.status_code == int(failure)
    assert response.json() == payload(sample)


@pytest.mark.parametrize(
    ("failure", "sample"),
    [
        ("blocked", "gemini-response-blocked-prompt"),
        ("safety", "gemini-response-safety-candidate"),
        ("empty", "gemini-response-empty-candidates"),
    ],
)
def test_a_refusal_has_the_recorded_shape(box, payload, failure, sample):
    box.set_gemini(fail={failure: 1})
    response = ask(box)
    recorded = payload(sample)
    assert response.status_code == 200
    assert {key: shape(value) for key, value in response.json().items() if key != "usageMetadata"} == {
        key: shape(value) for key, value in recorded.items() if key != "usageMetadata"
    }


@pytest.mark.parametrize(("failure", "finish"), [("cut", "MAX_TOKENS"), ("malformed", "STOP")])
def test_a_broken_answer_is_no_json(box, failure, finish):
    box.set_gemini(fail={failure: 1})
    response = ask(box, schema={"type": "OBJECT", "properties": {"reply": {"type": "STRING"}}})
    assert response.json()["candidates"][0]["finishReason"] == finish
    with pytest.raises(json.JSONDecodeError):
        json.loads(said(response))


@pytest.mark.parametrize("headers", [{}, {"x-goog-api-key": "another"}])
def test_a_missing_or_wrong_key_is_refused(box, payload, headers):
    response = ask(box, headers=headers)
    assert response.status_code == 400
    assert response.json() == payload("gemini-error-400-api-key-invalid")


def test_a_model_that_was_shut_down_is_not_found(box, payload):
    response = ask(box, model="gemini-1.5-flash")
    assert response.status_code == 404
    assert response.json() == payload("gemini-error-404-model-gone")


def test_a_body_that_is_no_question_is_refused(box, payload):
    key = {"x-goog-api-key": box.settings.gemini_key}
    for raw in (b"{", b"[]", b'{"contents": 1}', b'{"contents": []}'):
        response = httpx.post(f"{box.url}/v1beta/models/{MODEL}:generateContent", content=raw, headers=key)
        assert response.status_code == 400
        assert shape(response.json()) == shape(payload("gemini-error-400-invalid-argument"))


def test_a_service_that_is_down_drops_the_connection(box):
    box.set_gemini(down=True)
    with pytest.raises(httpx.TransportError):
        ask(box)


def test_a_slow_call_outlasts_the_others(box):
    box.set_gemini(fail={"slow": 1}, slow_ms=400)
    started = time.perf_counter()
    ask(box)
    assert time.perf_counter() - started >= 0.4


def test_what_was_asked_and_when_is_told_also_when_it_failed(box):
    before, began = len(httpx.get(f"{box.url}/sandbox/gemini/heard").json()), time.time()
    ask(box, "Onde está o meu pedido 4711?")
    box.set_gemini(fail={"503": 1})
    ask(box, "Onde está o meu pedido 4712?", model="gemini-3.1-flash-lite")
    heard = httpx.get(f"{box.url}/sandbox/gemini/heard").json()[before:]
    assert [one["text"] for one in heard] == ["Onde está o meu pedido 4711?", "Onde está o meu pedido 4712?"]
    assert [one["model"] for one in heard] == [MODEL, "gemini-3.1-flash-lite"]
    assert began <= heard[0]["at"] <= heard[1]["at"] <= time.time()


def test_failures_are_switched_over_http_and_merged(box):
    changed = httpx.post(f"{box.url}/sandbox/gemini", json={"latency_ms": 5, "fail": {"503": 1}}).json()
    assert (changed["latency_ms"], changed["fail"]["503"], changed["fail"]["429"]) == (5, 1, 0)
    assert ask(box).status_code == 503


@pytest.mark.parametrize(
    "wrong",
    [
        {"latency": 1},
        {"latency_ms": "fast"},
        {"latency_ms": -1},
        {"fail": {"418": 1}},
        {"fail": {"503": 2}},
        {"down": 1},
        [1],
    ],
)
def test_a_switch_that_does_not_exist_is_refused(box, wrong):
    response = httpx.post(f"{box.url}/sandbox/gemini", json=wrong)
    assert response.status_code == 400
    assert response.json()["error"]
    assert ask(box).status_code == 200


# --- Embeddings ---


def embed(box, *texts):
    key = {"x-goog-api-key": box.settings.gemini_key}
    requests = [{"content": {"parts": [{"text": text}]}, "outputDimensionality": 128} for text in texts]
    url = f"{box.url}/v1beta/models/gemini-embedding-001:batchEmbedContents"
    return [one["values"] for one in httpx.post(url, json={"requests": requests}, headers=key).json()["embeddings"]]


def closeness(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def test_texts_that_mean_the_same_are_near_and_others_far(box):
    plain, polite, other = embed(
        box,
        "Meu cartão foi recusado três vezes.",
        "Oi! Meu cartão foi recusado três vezes. Podem me ajudar?",
        "Vocês abrem no feriado?",
    )
    assert len(plain) == 128
    assert closeness(plain, polite) > 0.95
    assert closeness(plain, other) < 0.5


def test_a_single_embedding_equals_the_one_in_a_batch(box):
    key = {"x-goog-api-key": box.settings.gemini_key}
    body = {"content": {"parts": [{"text": "Olá"}]}, "output_dimensionality": 128}
    single = httpx.post(f"{box.url}/v1beta/models/gemini-embedding-001:embedContent", json=body, headers=key).json()
    assert single["embedding"]["values"] == embed(box, "Olá")[0]


# --- Cost ---


def test_an_answer_and_a_send_cost_less_than_a_millisecond_of_cpu(box):
    clock = time.pthread_getcpuclockid(box._thread.ident)
    schema = {"type": "OBJECT", "properties": {"issue_type": {"type": "STRING"}, "reply": {"type": "STRING"}}}
    body = {
        "contents": [{"parts": [{"text": ANGRY}]}],
        "generationConfig": {"responseMimeType": "application/json", "responseSchema": schema},
    }
    calls = {
        f"/v1beta/models/{MODEL}:generateContent": (body, {"x-goog-api-key": box.settings.gemini_key}),
        "/message/sendText/mis-demo": (
            {"number": "5511900000001", "text": "Oi"},
            {"apikey": box.settings.evolution_key},
        ),
    }
    with httpx.Client(base_url=box.url) as client:
        for path, (asked, headers) in calls.items():
            # The best of several rounds: other work on the machine makes a round dearer, never cheaper.
            rounds = [spent(clock, client, path, asked, headers, calls=40) for _ in range(6)]
            assert min(rounds) < 0.001


def spent(clock, client, path, asked, headers, calls):
    """Seconds of the sandbox's CPU per call."""
    before = time.clock_gettime(clock)
    for _ in range(calls):
        assert client.post(path, json=asked, headers=headers).is_success
    return (time.clock_gettime(clock) - before) / calls

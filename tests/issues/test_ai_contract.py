"""Both client libraries, against a real HTTP server: whatever comes back, the outcome has the same name."""

import json
import re
import socket
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from issues.ai import base, forms
from issues.ai.base import (
    AIError,
    Blocked,
    Busy,
    Late,
    Misconfigured,
    ModelGone,
    Prompt,
    Turn,
    Unavailable,
    Unusable,
    Usage,
)
from issues.ai.genai import GenAI
from issues.ai.generativeai import GenerativeAI

from .gemini_server import GeminiServer

MODEL = "gemini-3.5-flash-lite"
RULES = "Você é do atendimento da Escola Horizonte."
WORDS = "Não consigo entrar na plataforma, palavra-chave JACARANDA"
PROMPT = Prompt(RULES, (Turn("customer", "Nome: Ana"), Turn("us", "Olá, Ana!"), Turn("customer", WORDS)))
GOOD = {
    "is_issue": True,
    "issue_type": "access_problem",
    "priority": "high",
    "sentiment": "negative",
    "needs_human": False,
    "human_reason": "none",
    "language": "pt-BR",
    "reply": "Oi, Ana! Sinto muito. Qual mensagem aparece quando você tenta entrar?",
}
COUNTS = {
    "promptTokenCount": 2610,
    "cachedContentTokenCount": 2048,
    "candidatesTokenCount": 46,
    "thoughtsTokenCount": 91,
    "totalTokenCount": 2747,
}


def good(**changes) -> dict:
    """An answer as the service gives it, with our form filled in."""
    text = json.dumps(GOOD | changes, ensure_ascii=False)
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": "STOP", "index": 0}
    return {"candidates": [candidate], "usageMetadata": COUNTS, "modelVersion": f"{MODEL}-001"}


@pytest.fixture(scope="module")
def running_server():
    with GeminiServer() as server:
        yield server


@pytest.fixture
def server(running_server):
    running_server.reset()
    return running_server


@pytest.fixture(scope="module", params=[GenerativeAI, GenAI], ids=["google-generativeai", "google-genai"])
def backend(request):
    return request.param


@pytest.fixture(scope="module")
def thinker(backend, running_server):
    return backend(api_key="key-of-the-test", base_url=running_server.url)


@pytest.fixture
def ask(thinker, server):
    def ask(prompt=PROMPT, model=MODEL, timeout_s=5):
        return thinker.think(prompt, model=model, timeout_s=timeout_s)

    return ask


def error_of(ask, **kwargs) -> AIError:
    with pytest.raises(AIError) as caught:
        ask(**kwargs)
    return caught.value


# --- Answers ----------------------------------------------------------------------------------


def test_a_good_answer_is_a_verdict_with_its_cost(ask, server):
    server.answer(good())
    before = time.perf_counter()
    answer = ask()
    assert 0 < answer.latency_s <= time.perf_counter() - before
    assert answer.verdict.model_dump() == GOOD | {"human_reason": ""}
    assert answer.model == f"{MODEL}-001"
    # 2747 - 2610 - 46 = 91 tokens of thought, which the older library does not show
    assert answer.usage == Usage(tokens_in=2610, tokens_out=46, tokens_thought=91, tokens_cached=2048)


def test_an_answer_without_counts_costs_we_do_not_know_what(ask, server):
    server.answer({key: value for key, value in good().items() if key != "usageMetadata"})
    assert ask().usage == Usage(None, None, None, None)


def test_an_answer_in_several_parts_and_a_code_fence_is_read(ask, server):
    body = good()
    text = f"```json\n{json.dumps(GOOD)}\n```"
    body["candidates"][0]["content"]["parts"] = [{"text": text[:40]}, {"text": text[40:]}]
    server.answer(body)
    assert ask().verdict.reply == GOOD["reply"]


JUDGED = {"resolved": False, "reason": "prometemos voltar com notícias"}
IS_IT_SOLVED = Prompt(
    RULES, (Turn("customer", WORDS), Turn("us", "Vou ver"), Turn("customer", "E então?")), forms.TRIAGE
)


def judged(**changes) -> dict:
    """An answer as the service gives it, with the form of a judgement filled in."""
    body = good()
    body["candidates"][0]["content"]["parts"] = [{"text": json.dumps(JUDGED | changes, ensure_ascii=False)}]
    return body


def test_each_question_is_answered_in_its_own_form(ask, server):
    for body, prompt, expected in [
        (judged(), IS_IT_SOLVED, JUDGED),
        (good(), PROMPT, GOOD | {"human_reason": ""}),
        (judged(resolved=True), IS_IT_SOLVED, JUDGED | {"resolved": True}),
    ]:
        server.answer(body)
        assert ask(prompt).verdict.model_dump() == expected
    asked = [camel(seen.body)["generationConfig"]["responseSchema"] for seen in server.seen]
    assert [set(schema["required"]) for schema in asked] == [set(JUDGED), set(GOOD), set(JUDGED)]


def test_a_reply_is_no_judgement_and_a_judgement_no_reply(ask, server):
    server.answer(good())
    assert error_of(ask, prompt=IS_IT_SOLVED).outcome == "malformed"
    server.answer(judged())
    assert error_of(ask).outcome == "malformed"


RECORDED = [
    ("gemini-generate-response", 200, Unusable, "malformed"),
    ("gemini-generate-response-json-mode", 200, Unusable, "malformed"),  # JSON, but another form
    ("gemini-response-json-mode-truncated", 200, Unusable, "cut"),
    ("gemini-response-max-tokens-empty", 200, Unusable, "cut"),
    ("gemini-response-empty-candidates", 200, Unusable, "empty"),
    ("gemini-response-blocked-prompt", 200, Blocked, "blocked"),
    ("gemini-response-safety-candidate", 200, Blocked, "blocked"),
    ("gemini-response-recitation", 200, Blocked, "blocked"),
    ("gemini-error-400-api-key-invalid", 400, Misconfigured, "misconfigured"),
    ("gemini-error-400-invalid-argument", 400, Misconfigured, "misconfigured"),
    ("gemini-error-404-model-gone", 404, ModelGone, "model_gone"),
    ("gemini-error-429-resource-exhausted", 429, Busy, "busy"),
    ("gemini-error-500-internal", 500, Unavailable, "unavailable"),
    ("gemini-error-503-unavailable", 503, Unavailable, "unavailable"),
    ("gemini-error-504-deadline-exceeded", 504, Late, "late"),
]


@pytest.mark.parametrize(("name", "status", "kind", "outcome"), RECORDED, ids=[row[0] for row in RECORDED])
def test_a_recorded_answer_has_its_outcome_after_one_request(ask, server, payload, name, status, kind, outcome):
    server.answer(payload(name), status)
    error = error_of(ask)
    assert type(error) is kind
    assert error.outcome == outcome
    assert len(server.seen) == 1


def test_what_a_refused_or_cut_answer_cost_is_known(ask, server, payload):
    server.answer(payload("gemini-response-blocked-prompt"))
    assert error_of(ask).usage == Usage(tokens_in=40, tokens_out=0, tokens_thought=0, tokens_cached=0)
    server.answer(payload("gemini-response-max-tokens-empty"))
    assert error_of(ask).usage == Usage(tokens_in=612, tokens_out=0, tokens_thought=1024, tokens_cached=0)


def test_a_used_up_quota_says_when_to_ask_again(ask, server, payload):
    body = payload("gemini-error-429-resource-exhausted")
    server.answer(body, 429)
    assert error_of(ask).retry_after_s == 27.0
    del body["error"]["details"]
    server.answer(body, 429)
    assert error_of(ask).retry_after_s is None


def test_a_bad_key_is_told_from_a_bad_request(ask, server, payload):
    server.answer(payload("gemini-error-400-api-key-invalid"), 400)
    assert "API_KEY_INVALID" in str(error_of(ask))
    server.answer(payload("gemini-error-400-invalid-argument"), 400)
    assert "API_KEY_INVALID" not in str(error_of(ask))


ODD = [
    ("not JSON", 200, b"<html>oops</html>", "malformed"),
    ("cut JSON", 200, b'{"candidates": [', "malformed"),
    ("nothing", 200, b"{}", "empty"),
    ("a proxy's page", 502, b"<html>Bad gateway</html>", "unavailable"),
    ("a proxy's JSON", 502, b'{"error": "bad gateway"}', "unavailable"),
    ("a list", 503, b'[{"error": {"code": 503}}]', "unavailable"),
    ("no login", 401, b'{"error": {"code": 401, "status": "UNAUTHENTICATED"}}', "misconfigured"),
    ("no right", 403, b'{"error": {"code": 403, "status": "PERMISSION_DENIED"}}', "misconfigured"),
]


@pytest.mark.parametrize(("status", "body", "outcome"), [row[1:] for row in ODD], ids=[row[0] for row in ODD])
def test_an_answer_that_nobody_documents_has_an_outcome_too(ask, server, status, body, outcome):
    server.answer(body, status)
    assert error_of(ask).outcome == outcome


@pytest.mark.filterwarnings("ignore:Unrecognized FinishReason", "ignore:SOMETHING_NEW is not a valid")
@pytest.mark.parametrize("reason", ["SOMETHING_NEW", 99])
def test_a_reason_younger_than_the_library_is_not_an_answer(ask, server, reason):
    body = good()
    body["candidates"][0] |= {"finishReason": reason, "content": {"role": "model"}}
    server.answer(body)
    assert error_of(ask).outcome in {"empty", "unavailable"}


@pytest.mark.parametrize(("reason", "outcome"), [(2, "cut"), (3, "blocked"), (8, "blocked")])
def test_reasons_may_be_numbers_as_the_older_library_asks_for(server, reason, outcome):
    body = good()
    body["candidates"][0]["finishReason"] = reason
    server.answer(body)
    thinker = GenerativeAI(api_key="key", base_url=server.url)
    with pytest.raises(AIError) as caught:
        thinker.think(PROMPT, model=MODEL, timeout_s=5)
    assert caught.value.outcome == outcome


# --- The line ---------------------------------------------------------------------------------


def test_a_refused_connection_is_unavailable(backend):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    thinker = backend(api_key="key", base_url=f"http://127.0.0.1:{port}")
    with pytest.raises(Unavailable):
        thinker.think(PROMPT, model=MODEL, timeout_s=2)


def test_a_dropped_connection_is_unavailable(ask, server):
    server.manner = "reset"
    assert type(error_of(ask)) is Unavailable


@pytest.mark.parametrize("manner", ["drip", "hang"])
def test_the_deadline_holds_for_the_whole_answer(ask, server, manner):
    server.answer(good())
    ask()  # the library is warm: what follows is the deadline alone
    server.manner = manner
    started = time.perf_counter()
    error = error_of(ask, timeout_s=0.5)
    assert type(error) is Late
    assert time.perf_counter() - started < 0.8
    server.manner = "whole"
    assert ask().verdict.reply == GOOD["reply"]


@pytest.mark.parametrize("timeout_s", [0, -1.5])
def test_with_no_time_left_nobody_is_asked(ask, server, timeout_s):
    assert type(error_of(ask, timeout_s=timeout_s)) is Late
    assert server.seen == []


def test_32_questions_are_in_flight_together_and_keep_their_connections(backend):
    with GeminiServer() as server, ThreadPoolExecutor(32) as callers:
        server.answer(good())
        thinker = backend(api_key="key", base_url=server.url)
        for _round in range(2):
            server.gate = threading.Barrier(32)  # no answer before all 32 have asked
            calls = [callers.submit(thinker.think, PROMPT, model=MODEL, timeout_s=5) for _ in range(32)]
            assert {call.result().verdict.reply for call in calls} == {GOOD["reply"]}
        assert len(server.seen) == 64
        assert server.connections == 32


# --- What is sent -----------------------------------------------------------------------------


def camel(value, names_are_ours=False):
    """A request in one spelling: the libraries write `propertyOrdering` and `property_ordering`, even in one body."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    spelled = (key if names_are_ours else re.sub(r"_(\w)", lambda letter: letter[1].upper(), key) for key in value)
    return {key: camel(item, key == "properties") for key, item in zip(spelled, value.values(), strict=True)}


def test_the_key_goes_in_a_header_and_the_model_in_the_address(ask, server):
    server.answer(good())
    ask()
    [seen] = server.seen
    assert seen.path.startswith(f"/v1beta/models/{MODEL}:generateContent")
    assert seen.headers["x-goog-api-key"] == "key-of-the-test"
    assert "key-of-the-test" not in seen.path + json.dumps(seen.body)


def test_rules_and_customer_are_apart_and_the_form_is_asked_for(ask, server):
    server.answer(good())
    ask()
    body = camel(server.seen[0].body)
    config = body["generationConfig"]
    assert [part["text"] for part in body["systemInstruction"]["parts"]] == [RULES]
    assert [(turn["role"], turn["parts"][0]["text"]) for turn in body["contents"]] == [
        ("user", "Nome: Ana"),
        ("model", "Olá, Ana!"),
        ("user", WORDS),
    ]
    assert config["responseMimeType"] == "application/json"
    assert config["maxOutputTokens"] == base.MAX_OUTPUT_TOKENS
    schema = config["responseSchema"]
    assert set(schema["required"]) == set(schema["properties"]) == set(GOOD)
    assert schema["properties"]["issue_type"]["enum"] == list(forms.ISSUE_TYPES)
    # BLOCK_ONLY_HIGH is 3 where enums are numbers
    assert [setting["threshold"] in {"BLOCK_ONLY_HIGH", 3} for setting in body["safetySettings"]] == [True] * 4


@pytest.mark.parametrize(
    ("model", "level"),
    [
        ("gemini-3.5-flash-lite", "MINIMAL"),
        ("gemini-3.1-flash-lite", "MINIMAL"),
        ("gemini-3.8-flash", None),
        ("gemini-2.5-flash-lite", None),
    ],
)
def test_only_models_that_allow_it_are_told_to_think_little(server, model, level):
    server.answer(good())
    GenAI(api_key="key", base_url=server.url).think(PROMPT, model=model, timeout_s=5)
    config = camel(server.seen[0].body)["generationConfig"]
    assert config.get("thinkingConfig", {}).get("thinkingLevel") == level


def test_no_error_quotes_the_conversation(ask, server):
    quoting = {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": f"cannot read {WORDS}"}}
    for status, body in [(400, quoting), (500, quoting), (200, good(priority=WORDS)), (200, WORDS.encode())]:
        server.answer(body, status)
        error = error_of(ask)
        told = "".join(traceback.format_exception(error))
        assert "JACARANDA" not in told
        assert "key-of-the-test" not in told
        assert error.__context__ is None or error.__suppress_context__


@pytest.mark.parametrize("key", ["", "chave…", "a\nb"])
def test_a_key_that_cannot_be_sent_is_refused_at_once(backend, key):
    with pytest.raises(Misconfigured):
        backend(api_key=key, base_url="http://127.0.0.1:1")
